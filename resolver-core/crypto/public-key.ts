/**
 * Reads the public key of a DNSKEY into what `node:crypto` verifies with. RSA: RFC 3110 section 2,
 * RFC 5702. ECDSA: RFC 6605 section 4. Edwards curves: RFC 8080 section 3. DSA: `dsa.ts`.
 *
 * Octets that are no key of their algorithm give a key under which nothing verifies, never an error.
 * What every Node must agree on is checked here, not left to its version of OpenSSL.
 */

import {
  createPublicKey,
  type JsonWebKey,
  type KeyObject,
  type VerifyKeyObjectInput,
} from 'node:crypto';
import { ALGORITHM } from '../wire/iana.ts';
import { readDsaKey, readDsaSignature } from './dsa.ts';

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
  | { readonly kind: 'dsa'; readonly digest: string }
  | EdwardsProfile;

interface EdwardsProfile {
  readonly kind: 'eddsa';
  readonly crv: string;
  readonly keyOctets: number;
  readonly signatureOctets: number;
  /** Of the field. */
  readonly prime: bigint;
  /** The y coordinates of the points whose order divides the cofactor. */
  readonly smallOrderY: readonly bigint[];
}

const ED25519_PRIME = (1n << 255n) - 19n;
const ED448_PRIME = (1n << 448n) - (1n << 224n) - 1n;
/** Of the four points of order eight on Ed25519 (with its negative). */
const ED25519_ORDER_8_Y: bigint =
  0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;

const ED25519: EdwardsProfile = {
  kind: 'eddsa',
  crv: 'Ed25519',
  keyOctets: 32,
  signatureOctets: 64,
  prime: ED25519_PRIME,
  smallOrderY: [0n, 1n, ED25519_PRIME - 1n, ED25519_ORDER_8_Y, ED25519_PRIME - ED25519_ORDER_8_Y],
};

const ED448: EdwardsProfile = {
  kind: 'eddsa',
  crv: 'Ed448',
  keyOctets: 57,
  signatureOctets: 114,
  prime: ED448_PRIME,
  smallOrderY: [0n, 1n, ED448_PRIME - 1n],
};

const PROFILES: ReadonlyMap<number, Profile> = new Map<number, Profile>([
  [ALGORITHM.DSA, { kind: 'dsa', digest: 'sha1' }],
  [ALGORITHM.DSA_NSEC3_SHA1, { kind: 'dsa', digest: 'sha1' }],
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
  [ALGORITHM.ED25519, ED25519],
  [ALGORITHM.ED448, ED448],
]);

/**
 * True for the signature algorithms that are to be judged: 5, 7, 8, 10, 13, 14, 15, 16, and with
 * `legacy` 3 and 6 too, which RFC 9905 section 3 (before it RFC 8624 section 3.1) leaves to nobody.
 */
export function isSupportedAlgorithm(algorithm: number, legacy: boolean): boolean {
  const profile = PROFILES.get(algorithm);
  return profile !== undefined && (legacy || profile.kind !== 'dsa');
}

/** A DNSKEY as the back end wants it. */
export interface PublicKey {
  readonly algorithm: number;
  /** undefined when the key is malformed or of an unknown algorithm: nothing verifies under it. */
  readonly input: VerifyKeyObjectInput | undefined;
  /** null where the algorithm hashes by itself. */
  readonly digest: string | null;
  /** The signature as the back end wants it; undefined when its form is not the algorithm's. */
  readonly signature: (octets: Uint8Array) => Uint8Array | undefined;
}

/** Reads the public key field of a DNSKEY of `algorithm`. */
export function parsePublicKey(algorithm: number, octets: Uint8Array): PublicKey {
  const profile = PROFILES.get(algorithm);
  const digest = profile === undefined || profile.kind === 'eddsa' ? null : profile.digest;
  const nothing: PublicKey = { algorithm, input: undefined, digest, signature: () => undefined };
  if (profile === undefined) return nothing;
  try {
    if (profile.kind === 'dsa') {
      const key = readDsaKey(octets);
      return key === undefined
        ? nothing
        : { algorithm, input: asInput(key), digest, signature: readDsaSignature };
    }
    const material = readMaterial(profile, octets);
    if (material === undefined) return nothing;
    const { jwk, signatureOctets } = material;
    const input = asInput(createPublicKey({ key: jwk, format: 'jwk' }));
    const signature = (all: Uint8Array) => (all.length === signatureOctets ? all : undefined);
    return { algorithm, input, digest, signature };
  } catch {
    return nothing; // the octets are no key of this algorithm, for instance a point off the curve
  }
}

/** DNSSEC writes r and s side by side; the encoding is looked at for ECDSA and DSA only. */
function asInput(key: KeyObject): VerifyKeyObjectInput {
  return { key, dsaEncoding: 'ieee-p1363' };
}

interface Material {
  readonly jwk: JsonWebKey;
  readonly signatureOctets: number;
}

function readMaterial(
  profile: Exclude<Profile, { kind: 'dsa' }>,
  octets: Uint8Array,
): Material | undefined {
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
      if (octets.length !== profile.keyOctets || !isEdwardsKey(octets, profile)) return undefined;
      return {
        jwk: { kty: 'OKP', crv: profile.crv, x: base64url(octets) },
        signatureOctets: profile.signatureOctets,
      };
  }
}

/**
 * False when the y coordinate is not below the field's prime (RFC 8032 sections 5.1.3 and 5.2.3), or
 * is that of a point of small order. Under such a point a signature holds for chance data without
 * any secret; OpenSSL 3.0 (Node 20) lets it, OpenSSL 3.5 (Node 24) does not, and a verdict must not
 * depend on the back end.
 */
function isEdwardsKey(octets: Uint8Array, curve: EdwardsProfile): boolean {
  const bigEndian = octets.slice().reverse();
  bigEndian[0] = (bigEndian[0] as number) & 0x7f; // the sign of x
  const y = BigInt(`0x${Buffer.from(bigEndian).toString('hex')}`);
  return y < curve.prime && !curve.smallOrderY.includes(y);
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
