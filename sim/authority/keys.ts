/**
 * The keys of simulated authorities. Every key is a pure function of its description (a place in the
 * pool of primes, or a seed text), and every signature a pure function of key and data: the same
 * octets on every machine and every Node. Nothing here is a secret.
 *
 * RSASSA-PKCS1-v1_5 (RFC 3110, 5702) and the Edwards curves (RFC 8080) are deterministic natively;
 * P-256 is made so by RFC 6979 over native parts; P-384 is signed by noble.
 *
 * A key tag (RFC 4034 appendix B) can be asked for, since incidents have tags that operators remember.
 * RSA reaches it by its exponent in a few milliseconds. The curves try seed after seed, 65,536 on
 * average: about a second for P-256, several for Ed25519, so a minute for the two rare curves.
 */

import { createPrivateKey, hash, type KeyObject, sign } from 'node:crypto';
import * as noble from '../../resolver-core/crypto/noble.ts';
import { DnsKey, keyTagOf } from '../../resolver-core/rdata.ts';
import { ALGORITHM } from '../../resolver-core/wire/iana.ts';
import { isP256Secret, p256PublicKey, p256Signer } from './keys-p256.ts';
import { rsaPair } from './keys-rsa.ts';

/** DNSKEY protocol field (RFC 4034 section 2.1.2). */
const DNSSEC_PROTOCOL = 3;

/** DNSKEY flags of a zone-signing key, and of a key-signing key (RFC 4034 section 2.1.1). */
export const ZSK_FLAGS = 0x0100;
export const KSK_FLAGS = 0x0101;

/** A key pair: its DNSKEY, and the hand that signs. */
export class SigningKey {
  readonly dnskey: DnsKey;
  readonly #sign: (data: Uint8Array) => Uint8Array;

  constructor(dnskey: DnsKey, signer: (data: Uint8Array) => Uint8Array) {
    this.dnskey = dnskey;
    this.#sign = signer;
  }

  get algorithm(): number {
    return this.dnskey.algorithm;
  }
  get keyTag(): number {
    return this.dnskey.keyTag;
  }
  get flags(): number {
    return this.dnskey.flags;
  }

  /** Length of its signatures: of an RSA modulus (RFC 3110), or fixed by the curve (RFC 6605, RFC 8080). */
  get signatureOctets(): number {
    const { algorithm, publicKey } = this.dnskey;
    switch (algorithm) {
      case ALGORITHM.ECDSAP256SHA256:
      case ALGORITHM.ECDSAP384SHA384:
      case ALGORITHM.ED25519:
        return algorithm === ALGORITHM.ECDSAP384SHA384 ? 96 : 64;
      case ALGORITHM.ED448:
        return 114;
      default: {
        const short = publicKey[0] as number;
        const exponent =
          short > 0 ? 1 + short : 3 + (((publicKey[1] as number) << 8) | (publicKey[2] as number));
        return publicKey.length - exponent;
      }
    }
  }

  /** The signature over `data`, as RRSIG carries it; the same octets every time. */
  sign(data: Uint8Array): Uint8Array {
    return this.#sign(data);
  }

  /** The same pair published with other flags, hence with another tag: a revoked key (RFC 5011 section 2.1). */
  withFlags(flags: number): SigningKey {
    const rdata = this.dnskey.rdata.slice();
    rdata[0] = flags >> 8;
    rdata[1] = flags;
    return new SigningKey(new DnsKey(rdata), this.#sign);
  }
}

export interface RsaKeyOptions {
  /** Modulus size: 1024, 1280 or 2048. */
  readonly bits: number;
  /** 5, 7, 8 or 10. */
  readonly algorithm: number;
  readonly flags: number;
  /** Which primes: 0 to 11, for 1280 bits 0 to 5. Other primes, another key. */
  readonly poolIndex: number;
  /** The key tag to reach. */
  readonly tag?: number;
}

const RSA_DIGESTS: ReadonlyMap<number, string> = new Map<number, string>([
  [ALGORITHM.RSASHA1, 'sha1'],
  [ALGORITHM.RSASHA1_NSEC3_SHA1, 'sha1'],
  [ALGORITHM.RSASHA256, 'sha256'],
  [ALGORITHM.RSASHA512, 'sha512'],
]);

/** Throws a RangeError for a size, a place in the pool or an algorithm that there is not. */
export function rsaKey(options: RsaKeyOptions): SigningKey {
  const { bits, algorithm, flags, poolIndex, tag } = options;
  if (tag !== undefined) checkTag(tag);
  const digest = RSA_DIGESTS.get(algorithm);
  if (digest === undefined) throw new RangeError(`algorithm ${algorithm} is not RSA`);
  const { rdata, privateKey } = rsaPair(bits, poolIndex, header(flags, algorithm), tag);
  return new SigningKey(
    new DnsKey(rdata),
    (data) => new Uint8Array(sign(digest, data, privateKey)),
  );
}

export interface CurveKeyOptions {
  /** Any text; another text, another key. */
  readonly seed: string;
  readonly flags: number;
  /** The key tag to reach; slow, see above. */
  readonly tag?: number;
}

/** An ECDSA key (RFC 6605): P-256 for algorithm 13, P-384 for 14. */
export function ecdsaKey(options: CurveKeyOptions & { readonly algorithm: 13 | 14 }): SigningKey {
  return curveKey(options.algorithm, options.algorithm === 13 ? P256 : P384, options);
}

/** An Ed25519 key, algorithm 15 (RFC 8080). */
export function ed25519Key(options: CurveKeyOptions): SigningKey {
  return curveKey(ALGORITHM.ED25519, ED25519, options);
}

/** An Ed448 key, algorithm 16 (RFC 8080). */
export function ed448Key(options: CurveKeyOptions): SigningKey {
  return curveKey(ALGORITHM.ED448, ED448, options);
}

/** How one curve turns a secret into a public key and into a signer. */
interface Curve {
  readonly secretOctets: number;
  readonly isSecret: (secret: Uint8Array) => boolean;
  readonly publicKey: (secret: Uint8Array) => Uint8Array;
  readonly signer: (secret: Uint8Array) => (data: Uint8Array) => Uint8Array;
}

const P256: Curve = {
  secretOctets: 32,
  isSecret: isP256Secret,
  publicKey: p256PublicKey,
  signer: p256Signer,
};

const P384: Curve = {
  secretOctets: 48,
  isSecret: noble.p384.isSecret,
  publicKey: noble.p384.publicKey,
  signer: (secret) => (data) => noble.p384.sign(data, secret),
};

const ED25519: Curve = edwards('Ed25519', 32);
const ED448: Curve = edwards('Ed448', 57);

function edwards(crv: string, secretOctets: number): Curve {
  // The back end works the public key out for itself; the JWK must have the field all the same.
  const x = Buffer.alloc(secretOctets).toString('base64url');
  const privateKey = (secret: Uint8Array): KeyObject => {
    const d = Buffer.from(secret).toString('base64url');
    return createPrivateKey({ key: { kty: 'OKP', crv, d, x }, format: 'jwk' });
  };
  return {
    secretOctets,
    isSecret: () => true,
    publicKey: (secret) => {
      const jwk = privateKey(secret).export({ format: 'jwk' });
      return new Uint8Array(Buffer.from(jwk.x as string, 'base64url'));
    },
    signer: (secret) => {
      const key = privateKey(secret);
      return (data) => new Uint8Array(sign(null, data, key));
    },
  };
}

/** The first of the secrets that the seed text leads to which is a key, and has the tag if one is asked for. */
function curveKey(algorithm: number, curve: Curve, options: CurveKeyOptions): SigningKey {
  const { seed, flags, tag } = options;
  if (tag !== undefined) checkTag(tag);
  for (let counter = 0; ; counter++) {
    const digest = hash('sha512', `${counter} ${seed}`, 'buffer');
    const secret = new Uint8Array(digest).subarray(0, curve.secretOctets);
    if (!curve.isSecret(secret)) continue;
    const rdata = Uint8Array.of(...header(flags, algorithm), ...curve.publicKey(secret));
    if (tag !== undefined && keyTagOf(rdata) !== tag) continue;
    return new SigningKey(new DnsKey(rdata), curve.signer(secret));
  }
}

function header(flags: number, algorithm: number): Uint8Array {
  return Uint8Array.of(flags >> 8, flags, DNSSEC_PROTOCOL, algorithm);
}

function checkTag(tag: number): void {
  if (!Number.isInteger(tag) || tag < 0 || tag > 0xffff) {
    throw new RangeError(`key tag ${tag} is not a number from 0 to 65535`);
  }
}
