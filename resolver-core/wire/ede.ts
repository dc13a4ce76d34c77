/**
 * Extended DNS Errors (RFC 8914): the option's octets, and the names of its INFO-CODEs.
 */

import type { ExtendedError } from '../message.ts';

// RFC 8914 section 2: EXTRA-TEXT is UTF-8. What is not becomes U+FFFD: the text is for people only.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

/** From the data of option 15; undefined when it is too short to hold an INFO-CODE. */
export function readExtendedError(data: Uint8Array): ExtendedError | undefined {
  if (data.length < 2) return undefined;
  // RFC 8914 section 2: the text may end in NUL; only the option's length counts.
  let end = data.length;
  while (end > 2 && data[end - 1] === 0) end--;
  const text = end === 2 ? '' : decoder.decode(data.subarray(2, end));
  return { code: ((data[0] as number) << 8) | (data[1] as number), text };
}

/** The data of option 15. */
export function writeExtendedError(error: ExtendedError): Uint8Array {
  const text = error.text === '' ? new Uint8Array(0) : encoder.encode(error.text);
  const data = new Uint8Array(2 + text.length);
  data[0] = error.code >>> 8;
  data[1] = error.code;
  data.set(text, 2);
  return data;
}

/** Registry "Extended DNS Error Codes", in order from 0. */
const PURPOSES = [
  'Other Error',
  'Unsupported DNSKEY Algorithm',
  'Unsupported DS Digest Type',
  'Stale Answer',
  'Forged Answer',
  'DNSSEC Indeterminate',
  'DNSSEC Bogus',
  'Signature Expired',
  'Signature Not Yet Valid',
  'DNSKEY Missing',
  'RRSIGs Missing',
  'No Zone Key Bit Set',
  'NSEC Missing',
  'Cached Error',
  'Not Ready',
  'Blocked',
  'Censored',
  'Filtered',
  'Prohibited',
  'Stale NXDOMAIN Answer',
  'Not Authoritative',
  'Not Supported',
  'No Reachable Authority',
  'Network Error',
  'Invalid Data',
  'Signature Expired before Valid',
  'Too Early',
  'Unsupported NSEC3 Iterations Value',
  'Unable to conform to policy',
  'Synthesized',
  'Invalid Query Type',
] as const;

/** Purpose of an INFO-CODE as registered; undefined for numbers that we do not know. */
export function edeName(code: number): string | undefined {
  return PURPOSES[code];
}
