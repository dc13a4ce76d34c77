import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ed448, ed25519, p384 } from '../../resolver-core/crypto/noble.ts';
import { verifySignature } from '../../resolver-core/crypto/verify.ts';
import { Name } from '../../resolver-core/name/name.ts';
import { DnsKey, keyTagOf } from '../../resolver-core/rdata.ts';
import { RRset } from '../../resolver-core/rrset.ts';
import {
  ecdsaKey,
  ed448Key,
  ed25519Key,
  KSK_FLAGS,
  rsaKey,
  type SigningKey,
  ZSK_FLAGS,
} from './keys.ts';
import { RSA_PRIMES } from './primes.ts';
import { signRrset } from './sign.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const DATA = new Uint8Array(Buffer.from('the same octets every time', 'ascii'));

const RECORDS = { name: Name.parse('a.example'), type: 1, rdata: [Uint8Array.of(192, 0, 2, 1)] };
const TERMS = {
  signer: Name.parse('example'),
  inception: 1_000_000_000,
  expiration: 2_000_000_000,
  originalTtl: 300,
};

/** Whether the resolver accepts under `published` what `signer` signs. */
function verifies(signer: SigningKey, published: SigningKey): boolean {
  const rrsig = signRrset(RECORDS, signer, TERMS);
  const rrset = new RRset(RECORDS.name, RECORDS.type, 300, RECORDS.rdata, [rrsig]);
  return verifySignature(rrset, rrsig, new DnsKey(published.dnskey.rdata));
}

const rsa = (algorithm: number, poolIndex = 0, bits = 1024): SigningKey =>
  rsaKey({ bits, algorithm, flags: ZSK_FLAGS, poolIndex });

const KEYS: readonly (readonly [string, () => SigningKey])[] = [
  ['RSASHA1', () => rsa(5)],
  ['RSASHA1-NSEC3-SHA1', () => rsa(7)],
  ['RSASHA256, 1024 bits', () => rsa(8)],
  ['RSASHA256, 1280 bits', () => rsa(8, 5, 1280)],
  ['RSASHA256, 2048 bits', () => rsa(8, 11, 2048)],
  ['RSASHA512', () => rsa(10)],
  ['ECDSAP256SHA256', () => ecdsaKey({ algorithm: 13, seed: 'a', flags: ZSK_FLAGS })],
  ['ECDSAP384SHA384', () => ecdsaKey({ algorithm: 14, seed: 'a', flags: ZSK_FLAGS })],
  ['ED25519', () => ed25519Key({ seed: 'a', flags: ZSK_FLAGS })],
  ['ED448', () => ed448Key({ seed: 'a', flags: ZSK_FLAGS })],
];

describe('signing keys', () => {
  it.each(KEYS)('%s: the resolver verifies what the key signs', (_, make) => {
    const key = make();
    expect(key.flags).toBe(ZSK_FLAGS);
    expect(key.dnskey.protocol).toBe(3);
    expect(key.keyTag).toBe(keyTagOf(key.dnskey.rdata));
    expect(verifies(key, key)).toBe(true);
  });

  it.each(KEYS)('%s: key and signature are the same octets each time', (_, make) => {
    const [one, two] = [make(), make()];
    expect(two.dnskey.rdata).toEqual(one.dnskey.rdata);
    expect(hex(two.sign(DATA))).toBe(hex(one.sign(DATA)));
    expect(hex(one.sign(DATA))).toBe(hex(one.sign(DATA)));
  });

  it('signatures do not depend on the Node they were made on', () => {
    const all = KEYS.map(([, make]) => make().sign(DATA));
    expect(digestOf(Buffer.concat(all))).toMatchInlineSnapshot(
      `"75de1805a0e7adf73435e4f58ec8c8bff6c51c3f67d353132894faf2fa28ca58"`,
    );
  });

  it('another seed text is another key', () => {
    const tags = ['a', 'b', 'A', ''].map((seed) =>
      hex(ed25519Key({ seed, flags: ZSK_FLAGS }).dnskey.rdata),
    );
    expect(new Set(tags).size).toBe(4);
  });

  it('a revoked key is the same pair with 128 more in its tag (RFC 5011 section 2.1)', () => {
    const ksk = rsaKey({ bits: 2048, algorithm: 8, flags: KSK_FLAGS, poolIndex: 0, tag: 20326 });
    const revoked = ksk.withFlags(KSK_FLAGS | 0x0080);
    expect(revoked.dnskey.isRevoked).toBe(true);
    expect(revoked.keyTag).toBe(20326 + 128);
    expect(revoked.dnskey.publicKey).toEqual(ksk.dnskey.publicKey);
    expect(verifies(revoked, revoked)).toBe(true);
  });

  it('what there is not is refused by name', () => {
    expect(() => rsaKey({ bits: 512, algorithm: 8, flags: 256, poolIndex: 0 })).toThrow(/RSA-512/);
    expect(() => rsa(8, 12)).toThrow(/pair 12; there are 12/);
    expect(() => rsa(13)).toThrow(/algorithm 13 is not RSA/);
    for (const tag of [-1, 65536, 1.5]) {
      expect(() => ed25519Key({ seed: 'a', flags: 256, tag })).toThrow(/key tag/);
      expect(() => rsaKey({ bits: 1024, algorithm: 8, flags: 256, poolIndex: 0, tag })).toThrow(
        /key tag/,
      );
    }
  });
});

describe('noble gives the same octets', () => {
  /** The secret that the seed text 'a' leads to, first try. */
  const secret = (octets: number): Uint8Array =>
    new Uint8Array(createHash('sha512').update('0 a').digest()).subarray(0, octets);

  it.each([
    ['Ed25519', ed25519, 32, () => ed25519Key({ seed: 'a', flags: ZSK_FLAGS })],
    ['Ed448', ed448, 57, () => ed448Key({ seed: 'a', flags: ZSK_FLAGS })],
    ['P-384', p384, 48, () => ecdsaKey({ algorithm: 14, seed: 'a', flags: ZSK_FLAGS })],
  ] as const)('%s', (_, curve, octets, make) => {
    const key = make();
    expect(hex(key.dnskey.publicKey)).toBe(hex(curve.publicKey(secret(octets))));
    expect(hex(key.sign(DATA))).toBe(hex(curve.sign(DATA, secret(octets))));
  });
});

describe('keys with a wanted key tag', () => {
  it.each([1024, 2048])(
    'three RSA-%i pairs share tag 33834, each verifies only its own',
    (bits) => {
      const keys = [0, 1, 2].map((poolIndex) =>
        rsaKey({ bits, algorithm: 8, flags: ZSK_FLAGS, poolIndex, tag: 33834 }),
      );
      for (const key of keys) {
        expect(key.keyTag).toBe(33834);
        for (const published of keys) expect(verifies(key, published)).toBe(key === published);
      }
    },
  );

  it('every pair of the pool reaches any tag, with an exponent of three octets', () => {
    for (const [bits, primes] of RSA_PRIMES) {
      for (let poolIndex = 0; poolIndex < primes.length / 2; poolIndex++) {
        for (const tag of [0, 20326, 33834, 65535]) {
          const key = rsaKey({ bits, algorithm: 8, flags: KSK_FLAGS, poolIndex, tag });
          expect(key.keyTag).toBe(tag);
          expect(key.dnskey.publicKey[0]).toBe(3);
        }
      }
    }
  });

  it('a P-256 key reaches its tag by trying seeds (here the 301st)', () => {
    const options = { algorithm: 13, seed: 'com', flags: KSK_FLAGS } as const;
    const key = ecdsaKey({ ...options, tag: 17597 });
    expect(key.keyTag).toBe(17597);
    expect(key.dnskey.rdata).not.toEqual(ecdsaKey(options).dnskey.rdata);
    expect(verifies(key, key)).toBe(true);
  });
});
