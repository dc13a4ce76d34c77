/**
 * Elliptic curves by @noble/curves, under the profile of DNSSEC, spelt out in each call because the
 * library's defaults are another world's: no low-s rule for ECDSA (RFC 6605 has none, half of all
 * real signatures would fail), RFC 8032 decoding rather than ZIP-215 for the Edwards curves.
 *
 * It signs for P-384, which the native back end cannot do deterministically, and is the oracle that
 * the native code is tested against on all four curves. Ten to fifty times slower than the native
 * back end, so nothing verifies with it at run time.
 */

import { ed448 as edwards448 } from '@noble/curves/ed448.js';
import { ed25519 as edwards25519 } from '@noble/curves/ed25519.js';
import { p256 as nist256, p384 as nist384 } from '@noble/curves/nist.js';

/** One DNSSEC algorithm on a curve; octets as in DNSKEY (RFC 6605 section 4, RFC 8080 section 3) and RRSIG. */
export interface CurveAlgorithm {
  readonly isSecret: (secret: Uint8Array) => boolean;
  /** The public key as DNSKEY carries it. Throws when `isSecret` is false. */
  readonly publicKey: (secret: Uint8Array) => Uint8Array;
  /** Deterministic: RFC 6979 for ECDSA, RFC 8032 for the Edwards curves. */
  readonly sign: (data: Uint8Array, secret: Uint8Array) => Uint8Array;
  /** False for malformed keys and signatures. */
  readonly verify: (signature: Uint8Array, data: Uint8Array, publicKey: Uint8Array) => boolean;
}

const UNCOMPRESSED_POINT = 4;

function ecdsa(curve: typeof nist256): CurveAlgorithm {
  return {
    isSecret: (secret) => curve.utils.isValidSecretKey(secret),
    publicKey: (secret) => curve.getPublicKey(secret, false).slice(1),
    sign: (data, secret) =>
      curve.sign(data, secret, { prehash: true, lowS: false, format: 'compact' }),
    verify: (signature, data, publicKey) =>
      refusing(() =>
        curve.verify(signature, data, Uint8Array.of(UNCOMPRESSED_POINT, ...publicKey), {
          prehash: true,
          lowS: false,
          format: 'compact',
        }),
      ),
  };
}

function eddsa(curve: typeof edwards25519): CurveAlgorithm {
  return {
    isSecret: (secret) => curve.utils.isValidSecretKey(secret),
    publicKey: (secret) => curve.getPublicKey(secret),
    sign: (data, secret) => curve.sign(data, secret),
    verify: (signature, data, publicKey) =>
      refusing(() => curve.verify(signature, data, publicKey, { zip215: false })),
  };
}

/** The library throws on octets of a wrong length and says false to the rest; for us both are false. */
function refusing(verify: () => boolean): boolean {
  try {
    return verify();
  } catch {
    return false;
  }
}

/** Algorithm 13. */
export const p256: CurveAlgorithm = ecdsa(nist256);
/** Algorithm 14. */
export const p384: CurveAlgorithm = ecdsa(nist384);
/** Algorithm 15. */
export const ed25519: CurveAlgorithm = eddsa(edwards25519);
/** Algorithm 16. */
export const ed448: CurveAlgorithm = eddsa(edwards448);
