/** Sections of messages as sets of records, and what differs between two of them. */

import type { RRset } from '../../resolver-core/rrset.ts';
import { rdataText } from '../../resolver-core/text/presentation.ts';
import { TYPE, typeName } from '../../resolver-core/wire/iana.ts';
import { type Field, layoutOf } from '../../resolver-core/wire/layout.ts';
import { rrsigRdata } from '../../resolver-core/wire/rrsets.ts';

/** The records of a section, each as one line; names are compared without regard to case. */
export function recordSet(
  section: readonly RRset[],
  withSignatures: boolean,
  withTtls: boolean,
): ReadonlySet<string> {
  const out = new Set<string>();
  for (const { name, type, ttl, rdata, signatures } of section) {
    const prefix = `${name.toString().toLowerCase()} ${withTtls ? `${ttl} ` : ''}`;
    for (const octets of rdata) out.add(prefix + recordText(type, octets));
    if (!withSignatures) continue;
    for (const rrsig of signatures) out.add(prefix + recordText(TYPE.RRSIG, rrsigRdata(rrsig)));
  }
  return out;
}

/** What one set has and the other has not; undefined when they are equal. */
export function setDifference(
  section: string,
  expected: ReadonlySet<string>,
  actual: ReadonlySet<string>,
): string | undefined {
  for (const record of expected) {
    if (!actual.has(record)) return `${section}: missing ${record}`;
  }
  for (const record of actual) {
    if (!expected.has(record)) return `${section}: not expected ${record}`;
  }
  return undefined;
}

function recordText(type: number, rdata: Uint8Array): string {
  const text = rdataText(type, rdata);
  const fields = layoutOf(type)?.fields ?? [];
  // Base64 is told apart by case; in the types that have names and base64, the name is the signer's.
  if (type === TYPE.RRSIG) return `RRSIG ${lowerSigner(text)}`;
  return `${typeName(type)} ${fields.some(isName) ? text.toLowerCase() : text}`;
}

function isName(field: Field): boolean {
  return field === 'name' || field === 'compressed-name' || field === 'decompressed-name';
}

/** The signer's name is the eighth word (RFC 4034 section 3.2). */
function lowerSigner(text: string): string {
  const words = text.split(' ');
  words[7] = (words[7] ?? '').toLowerCase();
  return words.join(' ');
}
