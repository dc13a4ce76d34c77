/**
 * DSA with SHA-1 (RFC 2536, algorithms 3 and 6), for validation of what is long signed: no validator
 * should use it any more (RFC 8624, RFC 9905), and ours does only when told (`legacyAlgorithms`).
 *
 * `node:crypto` has no JWK for DSA, so the key is handed over as SubjectPublicKeyInfo (RFC 3279
 * section 2.3.2).
 */

import { createPublicKey, type KeyObject } from 'node:crypto';

/** RFC 2536 section 2: q has 160 bits, p 512 and 64 more for each T up to 8. */
const Q_OCTETS = 20;
const MAX_T = 8;

/** RFC 2536 section 3: T, R, S. */
const SIGNATURE_OCTETS = 1 + 2 * Q_OCTETS;

/** AlgorithmIdentifier's OID 1.2.840.10040.4.1, id-dsa. */
const ID_DSA: readonly number[] = [0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01];

/** DER tags. */
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const SEQUENCE = 0x30;

/** Reads T, Q, P, G, Y (RFC 2536 section 2); undefined when the octets are none. May throw as the back end does. */
export function readDsaKey(octets: Uint8Array): KeyObject | undefined {
  const t = octets[0];
  if (t === undefined || t > MAX_T) return undefined;
  const size = 64 + t * 8;
  if (octets.length !== 1 + Q_OCTETS + 3 * size) return undefined;
  const at = 1 + Q_OCTETS;
  const [p, g, y] = [0, 1, 2].map((i) => octets.subarray(at + i * size, at + (i + 1) * size));
  const q = octets.subarray(1, at);
  const terms = [p, q, g].flatMap((value) => integer(value as Uint8Array));
  const algorithm = der(SEQUENCE, [...ID_DSA, ...der(SEQUENCE, terms)]);
  const key = der(BIT_STRING, [0, ...integer(y as Uint8Array)]);
  const spki = Buffer.from(der(SEQUENCE, [...algorithm, ...key]));
  return createPublicKey({ key: spki, format: 'der', type: 'spki' });
}

/**
 * R and S of a signature, 20 octets each: from T, R, S (RFC 2536 section 3), or from the DER SEQUENCE
 * that older signers put there. undefined when it is neither.
 */
export function readDsaSignature(octets: Uint8Array): Uint8Array | undefined {
  // A SEQUENCE of two integers below 2^160 begins with 0x30, which no T is.
  if (octets[0] !== SEQUENCE) {
    const isOurs = octets.length === SIGNATURE_OCTETS && (octets[0] as number) <= MAX_T;
    return isOurs ? octets.subarray(1) : undefined;
  }
  if (octets[1] !== octets.length - 2) return undefined;
  const out = new Uint8Array(2 * Q_OCTETS);
  let at = 2;
  for (const end of [Q_OCTETS, 2 * Q_OCTETS]) {
    const length = octets[at + 1];
    if (octets[at] !== INTEGER || length === undefined || at + 2 + length > octets.length) {
      return undefined;
    }
    const value = withoutLeadingZeros(octets.subarray(at + 2, at + 2 + length));
    if (value.length > Q_OCTETS) return undefined;
    out.set(value, end - value.length);
    at += 2 + length;
  }
  return at === octets.length ? out : undefined;
}

/** An unsigned INTEGER: minimal, and with a zero octet before a first bit that would be a sign. */
function integer(octets: Uint8Array): number[] {
  const value = withoutLeadingZeros(octets);
  const first = value[0];
  return der(INTEGER, first === undefined || first > 0x7f ? [0, ...value] : [...value]);
}

function withoutLeadingZeros(octets: Uint8Array): Uint8Array {
  let at = 0;
  while (octets[at] === 0) at++;
  return octets.subarray(at);
}

function der(tag: number, content: readonly number[]): number[] {
  const { length } = content;
  if (length < 0x80) return [tag, length, ...content];
  return length < 0x100
    ? [tag, 0x81, length, ...content]
    : [tag, 0x82, length >> 8, length & 0xff, ...content];
}
