/**
 * Verifies RRSIGs and DS digests with the native back end (`node:crypto`: computation, no IO).
 * RSA: RFC 3110, RFC 5702. ECDSA: RFC 6605. Edwards curves: RFC 8080. DS: RFC 4034 section 5.1.4,
 * RFC 4509, RFC 6605.
 *
 * Only the arithmetic is here. Who may sign, key flags, protocol, revocation, the key tag, the
 * signature's times and how many tries a response may cost are the validator's affair. A key or a
 * signature that is malformed is a signature that does not verify: `false`, never an error. A back
 * end that refuses an algorithm we claim (a host policy against SHA-1) does throw: a run on such a
 * host would tell lies.
 *
 * Limitations: ECDSA signatures with a high s are good (DNSSEC has no low-s rule). For Edwards keys
 * of small order the back ends of the world disagree; ours is OpenSSL's cofactorless equation.
 *
 * Cost: a remembered verdict some 10 ns; a first one 20 to 500 us; a first look at a key 10 to 100 us.
 */

import {
  createPublicKey,
  hash,
  type JsonWebKey,
  type VerifyKeyObjectInput,
  verify,
} from 'node:crypto';
import type { Name } from '../name/name.ts';
import type { DnsKey } from '../rdata.ts';
import type { RRset, Rrsig } from '../rrset.ts';
import { ALGORITHM, DIGEST } from '../wire/iana.ts';
import { signedData } from './signed-data.ts';

/** RFC 3110 section 2 and RFC 5702 section 2. */
const RSA_MAX_MODULUS_BITS = 4096;

type Profile =
  | { readonly kind: 'rsa'; readonly digest: string; readonly minModulusBits: number }
  | {
      readonly kind: 'ecdsa';
      readonly digest: string;
      readonly crv: string;
      readonly coordinateOctets: number;
    }
  | {
      readonly kind: 'eddsa';
      readonly crv: string;
      readonly keyOctets: number;
      readonly signatureOctets: number;
    };

const PROFILES: ReadonlyMap<number, Profile> = new Map<number, Profile>([
  [ALGORITHM.RSASHA1, { kind: 'rsa', digest: 'sha1', minModulusBits: 512 }],
  [ALGORITHM.RSASHA1_NSEC3_SHA1, { kind: 'rsa', digest: 'sha1', minModulusBits: 512 }],
  [ALGORITHM.RSASHA256, { kind: 'rsa', digest: 'sha256', minModulusBits: 512 }],
  [ALGORITHM.RSASHA512, { kind: 'rsa', digest: 'sha512', minModulusBits: 1024 }],
  [
    ALGORITHM.ECDSAP256SHA256,
    { kind: 'ecdsa', digest: 'sha256', crv: 'P-256', coordinateOctets: 32 },
  ],
  [
    ALGORITHM.ECDSAP384SHA384,
    { kind: 'ecdsa', digest: 'sha384', crv: 'P-384', coordinateOctets: 48 },
  ],
  [ALGORITHM.ED25519, { kind: 'eddsa', crv: 'Ed25519', keyOctets: 32, signatureOctets: 64 }],
  [ALGORITHM.ED448, { kind: 'eddsa', crv: 'Ed448', keyOctets: 57, signatureOctets: 114 }],
]);

/** True for the signature algorithms that `verifySignature` can judge: 5, 7, 8, 10, 13, 14, 15, 16. */
export function isSupportedAlgorithm(algorithm: number): boolean {
  return PROFILES.has(algorithm);
}

/** A DNSKEY as the back end wants it. */
interface PublicKey {
  readonly algorithm: number;
  /** undefined when the key is malformed or of an unsupported algorithm: nothing verifies under it. */
  readonly input: VerifyKeyObjectInput | undefined;
  /** null where the algorithm hashes by itself. */
  readonly digest: string | null;
  readonly signatureOctets: number;
}

/**
 * Public keys by the octets object that they were read from: a DNSKEY RRset that is published anew
 * with the same RDATA brings no new key, and so makes no verdict void.
 */
const publicKeys: WeakMap<Uint8Array, PublicKey> = new WeakMap();

/**
 * True when `key` made `rrsig` over `rrset`. False too when their algorithms differ, when the
 * algorithm is not supported, and when the key or the signature is malformed.
 *
 * The verdict is remembered on the RRSIG, so a shared RRset is verified once per key, whoever asks.
 */
export function verifySignature(rrset: RRset, rrsig: Rrsig, key: DnsKey): boolean {
  const publicKey = (key.handle as PublicKey | undefined) ?? publicKeyOf(key);
  const memo = rrsig.verdicts;
  if (memo.has(rrset)) {
    const verdict = memo.get(publicKey);
    if (verdict !== undefined) return verdict;
  }
  return verifyAndRemember(rrset, rrsig, publicKey);
}

/**
 * Invariant of `Rrsig.verdicts`: its first entry is the RRset that the first verification was about
 * (the value says nothing); every other entry is a public key with its verdict about exactly those
 * octets. Another RRset object that carries the same RRSIG (a copy with another TTL, an expansion of
 * the same wildcard) shares the verdicts when it has the *same* RDATA array, type and signed owner.
 * A copy with other records, as a fault or a forger makes it, is judged afresh and leaves no trace.
 */
function verifyAndRemember(rrset: RRset, rrsig: Rrsig, publicKey: PublicKey): boolean {
  const memo = rrsig.verdicts;
  const first = memo.keys().next();
  if (first.done === true) memo.set(rrset, true);
  else if (!haveSameSignedData(first.value as RRset, rrset, rrsig.labels)) {
    return verifyOctets(rrset, rrsig, publicKey);
  }
  const known = memo.get(publicKey);
  if (known !== undefined) return known;
  const verdict = verifyOctets(rrset, rrsig, publicKey);
  memo.set(publicKey, verdict);
  return verdict;
}

function haveSameSignedData(a: RRset, b: RRset, labels: number): boolean {
  if (a.rdata !== b.rdata || a.type !== b.type) return false;
  if (a.name.equals(b.name)) return true;
  // Fewer labels than the owner has: what was signed is the wildcard at that ancestor.
  return (
    labels < a.name.labelCount &&
    labels < b.name.labelCount &&
    a.name.ancestor(labels).equals(b.name.ancestor(labels))
  );
}

function verifyOctets(rrset: RRset, rrsig: Rrsig, key: PublicKey): boolean {
  if (key.input === undefined || key.algorithm !== rrsig.algorithm) return false;
  const signature = rrsig.signature;
  if (signature.length !== key.signatureOctets) return false;
  const data = signedData(rrset, rrsig);
  return data !== undefined && verify(key.digest, data, key.input, signature);
}

function publicKeyOf(key: DnsKey): PublicKey {
  let publicKey = publicKeys.get(key.rdata);
  if (publicKey === undefined) {
    publicKey = parsePublicKey(key.algorithm, key.publicKey);
    publicKeys.set(key.rdata, publicKey);
  }
  key.handle = publicKey;
  return publicKey;
}

function parsePublicKey(algorithm: number, octets: Uint8Array): PublicKey {
  const profile = PROFILES.get(algorithm);
  const digest = profile === undefined || profile.kind === 'eddsa' ? null : profile.digest;
  const material = profile === undefined ? undefined : readMaterial(profile, octets);
  if (material === undefined) return { algorithm, input: undefined, digest, signatureOctets: 0 };
  let input: VerifyKeyObjectInput | undefined;
  try {
    const object = createPublicKey({ key: material.jwk, format: 'jwk' });
    input = { key: object, dsaEncoding: 'ieee-p1363' }; // the encoding is looked at for ECDSA only
  } catch {
    input = undefined; // the octets are no key of this algorithm, for instance a point off the curve
  }
  return { algorithm, input, digest, signatureOctets: material.signatureOctets };
}

interface Material {
  readonly jwk: JsonWebKey;
  readonly signatureOctets: number;
}

function readMaterial(profile: Profile, octets: Uint8Array): Material | undefined {
  switch (profile.kind) {
    case 'rsa':
      return readRsa(octets, profile.minModulusBits);
    case 'ecdsa': {
      const half = profile.coordinateOctets;
      if (octets.length !== 2 * half) return undefined;
      const x = base64url(octets.subarray(0, half));
      const y = base64url(octets.subarray(half));
      return { jwk: { kty: 'EC', crv: profile.crv, x, y }, signatureOctets: 2 * half };
    }
    case 'eddsa':
      if (octets.length !== profile.keyOctets) return undefined;
      return {
        jwk: { kty: 'OKP', crv: profile.crv, x: base64url(octets) },
        signatureOctets: profile.signatureOctets,
      };
  }
}

/**
 * RFC 3110 section 2: exponent length in one octet, or a zero octet and two more; then exponent and
 * modulus. Leading zeros, which the RFC forbids to signers, are passed over as other validators do.
 * An exponent that no key can have (RFC 8017 section 3.1: even, or below 3) is refused.
 */
function readRsa(octets: Uint8Array, minModulusBits: number): Material | undefined {
  const short = octets[0];
  if (short === undefined || octets.length < 3) return undefined;
  const at = short === 0 ? 3 : 1;
  const length = short === 0 ? ((octets[1] as number) << 8) | (octets[2] as number) : short;
  if (length === 0 || at + length >= octets.length) return undefined;
  const e = withoutLeadingZeros(octets.subarray(at, at + length));
  const n = withoutLeadingZeros(octets.subarray(at + length));
  const lowest = e[e.length - 1];
  if (lowest === undefined || (lowest & 1) === 0 || (e.length === 1 && lowest === 1)) {
    return undefined;
  }
  const bits = n.length * 8 - (Math.clz32(n[0] ?? 0) - 24);
  if (bits < minModulusBits || bits > RSA_MAX_MODULUS_BITS) return undefined;
  return { jwk: { kty: 'RSA', n: base64url(n), e: base64url(e) }, signatureOctets: n.length };
}

function withoutLeadingZeros(octets: Uint8Array): Uint8Array {
  let at = 0;
  while (octets[at] === 0) at++;
  return octets.subarray(at);
}

function base64url(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('base64url');
}

const DS_DIGESTS: ReadonlyMap<number, string> = new Map<number, string>([
  [DIGEST.SHA1, 'sha1'],
  [DIGEST.SHA256, 'sha256'],
  [DIGEST.SHA384, 'sha384'],
]);

/** True for the DS digest types that `digestDs` can make: 1, 2, 4. */
export function isSupportedDigest(digestType: number): boolean {
  return DS_DIGESTS.has(digestType);
}

/**
 * The digest of a DS for the DNSKEY with this RDATA at `owner` (RFC 4034 section 5.1.4); undefined
 * for a digest type that is not supported.
 */
export function digestDs(
  owner: Name,
  dnskeyRdata: Uint8Array,
  digestType: number,
): Uint8Array | undefined {
  const digest = DS_DIGESTS.get(digestType);
  if (digest === undefined) return undefined;
  const input = new Uint8Array(owner.wire.length + dnskeyRdata.length);
  input.set(owner.wire);
  input.set(dnskeyRdata, owner.wire.length);
  return new Uint8Array(hash(digest, input, 'buffer'));
}
