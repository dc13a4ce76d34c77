/**
 * RSA key pairs of simulated authorities: from the committed primes and a public exponent, which is
 * stepped until the key has the key tag that a scenario asks for (the way to two keys with one tag:
 * other primes, another exponent, the same tag).
 *
 * DNSKEY form: RFC 3110 section 2, exponents of one to 255 octets. Key tag: RFC 4034 appendix B.
 */

import { createPrivateKey, type KeyObject } from 'node:crypto';
import { RSA_PRIMES } from './primes.ts';

export interface RsaPair {
  readonly rdata: Uint8Array;
  readonly privateKey: KeyObject;
}

/** The exponents tried for a tag: three octets, so a verification costs at most twice the usual. */
const FIRST_EXPONENT = 0x010001;
const LAST_EXPONENT = 0xffffff;
const EXPONENT_OCTETS = 3;
/** Flags, protocol, algorithm and exponent length: where the exponent begins in the RDATA. */
const EXPONENT_AT = 5;

/**
 * Every pair made, by all that it is made from: thousands of zones share the few primes of the pool,
 * and a pair costs a millisecond. Bounded by the pool, the algorithms and the tags of the plans.
 */
const made: Map<string, RsaPair> = new Map();

/** The pair `poolIndex` of `bits`, with `header` (flags, protocol, algorithm) and, if given, the key tag `tag`. */
export function rsaPair(
  bits: number,
  poolIndex: number,
  header: Uint8Array,
  tag: number | undefined,
): RsaPair {
  const primes = RSA_PRIMES.get(bits);
  if (primes === undefined) {
    throw new RangeError(`no RSA-${bits}; there are ${[...RSA_PRIMES.keys()].join(', ')}`);
  }
  const p = primes[2 * poolIndex];
  const q = primes[2 * poolIndex + 1];
  if (p === undefined || q === undefined) {
    throw new RangeError(`no RSA-${bits} pair ${poolIndex}; there are ${primes.length / 2}`);
  }
  const description = [bits, poolIndex, ...header, tag].join();
  let pair = made.get(description);
  if (pair === undefined) {
    pair = makePair(BigInt(`0x${p}`), BigInt(`0x${q}`), header, tag);
    made.set(description, pair);
  }
  return pair;
}

function makePair(p: bigint, q: bigint, header: Uint8Array, tag: number | undefined): RsaPair {
  const n = octetsOf(p * q);
  const rdata = new Uint8Array(EXPONENT_AT + EXPONENT_OCTETS + n.length);
  rdata.set(header);
  rdata[EXPONENT_AT - 1] = EXPONENT_OCTETS;
  rdata.set(n, EXPONENT_AT + EXPONENT_OCTETS);
  const exponent = tag === undefined ? FIRST_EXPONENT : exponentForTag(rdata, tag, p, q);
  rdata.set(octetsOf(BigInt(exponent)), EXPONENT_AT);
  const e = BigInt(exponent);
  const d = inverse(e, (p - 1n) * (q - 1n));
  const privateKey = createPrivateKey({
    format: 'jwk',
    key: {
      kty: 'RSA',
      n: base64url(p * q),
      e: base64url(e),
      d: base64url(d),
      p: base64url(p),
      q: base64url(q),
      dp: base64url(d % (p - 1n)),
      dq: base64url(d % (q - 1n)),
      qi: base64url(inverse(q, p)),
    },
  });
  return { rdata, privateKey };
}

/**
 * The first exponent that fits the primes and gives the tag. The tag is a sum over the RDATA, so
 * what the exponent adds to it is known without building the key. `rdata` holds zeros in its place.
 */
function exponentForTag(rdata: Uint8Array, tag: number, p: bigint, q: bigint): number {
  const rest = keySum(rdata);
  for (let e = FIRST_EXPONENT; e <= LAST_EXPONENT; e += 2) {
    // Octets 5 and 7 are low halves of their words, octet 6 is a high one.
    const sum = rest + (e >>> 16) + (e & 0xff00) + (e & 0xff);
    if (((sum + (sum >>> 16)) & 0xffff) !== tag) continue;
    if (areCoprime(e, p - 1n) && areCoprime(e, q - 1n)) return e;
  }
  throw new RangeError(`no exponent of ${EXPONENT_OCTETS} octets gives this key the tag ${tag}`);
}

/** The sum of RFC 4034 appendix B before its carry is folded in. */
function keySum(rdata: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < rdata.length; i++) {
    sum += (i & 1) === 0 ? (rdata[i] as number) << 8 : (rdata[i] as number);
  }
  return sum;
}

function areCoprime(e: number, m: bigint): boolean {
  let a = e;
  let b = Number(m % BigInt(e));
  while (b !== 0) [a, b] = [b, a % b];
  return a === 1;
}

/** The inverse of `value` modulo `modulus`, which must have no factor in common (extended Euclid). */
export function inverse(value: bigint, modulus: bigint): bigint {
  let r0 = modulus;
  let r1 = value;
  let t0 = 0n;
  let t1 = 1n;
  while (r1 !== 0n) {
    const quotient = r0 / r1;
    const r = r0 - quotient * r1;
    r0 = r1;
    r1 = r;
    const t = t0 - quotient * t1;
    t0 = t1;
    t1 = t;
  }
  return t0 < 0n ? t0 + modulus : t0;
}

function octetsOf(value: bigint): Uint8Array {
  const hex = value.toString(16);
  return new Uint8Array(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex'));
}

function base64url(value: bigint): string {
  return Buffer.from(octetsOf(value)).toString('base64url');
}
