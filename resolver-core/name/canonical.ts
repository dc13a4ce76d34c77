/** Canonical order of names and RDATA (RFC 4034 sections 6.1 and 6.3). */

import type { Name } from './name.ts';

/**
 * Compares label by label from the right, octets as unsigned numbers, absent before present.
 * Negative when `a` sorts first.
 */
export function compareCanonical(a: Name, b: Name): number {
  if (a.key === b.key) return 0;
  const left = a.labels();
  const right = b.labels();
  const shared = Math.min(left.length, right.length);
  for (let i = 1; i <= shared; i++) {
    const x = left[left.length - i] as string;
    const y = right[right.length - i] as string;
    if (x !== y) return x < y ? -1 : 1;
  }
  return left.length - right.length;
}

/** Left-justified unsigned octet order (RFC 4034 section 6.3). */
export function compareOctets(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Of two names, the one whose key is the smaller string sorts first (`compareCanonical`). */
export function canonicalKey(name: Name): string {
  const labels = name.labels();
  let key = '';
  for (let i = labels.length - 1; i >= 0; i--) {
    const label = labels[i] as string;
    // Octets move up by one, so that the end of a label sorts before every octet.
    for (let j = 0; j < label.length; j++) key += String.fromCharCode(label.charCodeAt(j) + 1);
    key += '\0';
  }
  return key;
}
