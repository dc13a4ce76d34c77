import { generatePrimeSync, hash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Name } from '../name/name.ts';
import { DnsKey } from '../rdata.ts';
import { ReceivedRrsig, RRset } from '../rrset.ts';
import { ALGORITHM, TYPE } from '../wire/iana.ts';
import { readDsaSignature } from './dsa.ts';
import { signedData } from './signed-data.ts';
import { verifySignature } from './verify.ts';

const OWNER = Name.parse('www.example.com');
const ADDRESS = [Uint8Array.of(192, 0, 2, 1)];

/** A key made by the book (FIPS 186-4 section 4), since OpenSSL makes none of 512 bits any more. */
interface DsaKey {
  readonly bits: number;
  readonly p: bigint;
  readonly q: bigint;
  readonly g: bigint;
  readonly x: bigint;
}

function generate(bits: number): DsaKey {
  const q = generatePrimeSync(160, { bigint: true });
  const p = generatePrimeSync(bits, { bigint: true, add: 2n * q, rem: 1n });
  return { bits, p, q, g: power(2n, (p - 1n) / q, p), x: q - 12_345n };
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let square = base % modulus;
  for (let e = exponent; e > 0n; e >>= 1n) {
    if ((e & 1n) === 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

function octetsOf(value: bigint, size: number): Buffer {
  return Buffer.from(value.toString(16).padStart(2 * size, '0'), 'hex');
}

/** RFC 2536 section 2. */
function dnskeyOf({ bits, p, q, g, x }: DsaKey, algorithm: number, t = (bits - 512) / 64): DnsKey {
  const fixed = [Buffer.of(1, 0, 3, algorithm, t), octetsOf(q, 20)];
  const numbers = [p, g, power(g, x, p)].map((value) => octetsOf(value, bits / 8));
  return new DnsKey(new Uint8Array(Buffer.concat([...fixed, ...numbers])));
}

/** A DER integer. */
function integer(value: bigint): Buffer {
  const bare = octetsOf(value, Math.ceil(value.toString(16).length / 2));
  const sign = (bare[0] as number) > 0x7f ? Buffer.of(0) : Buffer.alloc(0);
  return Buffer.concat([Buffer.of(0x02, sign.length + bare.length), sign, bare]);
}

function signed({ p, q, g, x }: DsaKey, key: DnsKey, form: 'trs' | 'der'): RRset {
  const fields = {
    typeCovered: TYPE.A,
    algorithm: key.algorithm,
    labels: 3,
    originalTtl: 3600,
    expiration: 2000,
    inception: 1000,
    keyTag: key.keyTag,
    signer: OWNER.parent,
  };
  const data = signedData({ name: OWNER, type: TYPE.A, rdata: ADDRESS }, fields) as Uint8Array;
  const k = q - 54_321n;
  const r = power(g, k, p) % q;
  const s = (power(k, q - 2n, q) * (BigInt(`0x${hash('sha1', data)}`) + x * r)) % q;
  const numbers = Buffer.concat([integer(r), integer(s)]);
  const rdata =
    form === 'der'
      ? Buffer.concat([Buffer.of(0x30, numbers.length), numbers])
      : Buffer.concat([Buffer.of(0), octetsOf(r, 20), octetsOf(s, 20)]);
  return new RRset(OWNER, TYPE.A, 3600, ADDRESS, [
    new ReceivedRrsig(fields, new Uint8Array(rdata)),
  ]);
}

function judge(set: RRset, key: DnsKey, signature?: Uint8Array): boolean {
  const own = set.signatures[0] as ReceivedRrsig;
  const rrsig = signature === undefined ? own : new ReceivedRrsig(own, signature);
  return verifySignature(set, rrsig, key);
}

describe('DSA with SHA-1 (RFC 2536)', () => {
  const small = generate(512);
  const key = dnskeyOf(small, ALGORITHM.DSA);

  it.each([512, 1024])('%i bits: both forms of a signature verify', (bits) => {
    const pair = bits === 512 ? small : generate(bits);
    for (const algorithm of [ALGORITHM.DSA, ALGORITHM.DSA_NSEC3_SHA1]) {
      const dnskey = dnskeyOf(pair, algorithm);
      for (const form of ['trs', 'der'] as const) {
        expect(judge(signed(pair, dnskey, form), dnskey)).toBe(true);
      }
    }
  });

  it('no bit of either form can be turned but those of T, which says nothing', () => {
    for (const form of ['trs', 'der'] as const) {
      const set = signed(small, key, form);
      const { signature } = set.signatures[0] as ReceivedRrsig;
      for (let bit = form === 'trs' ? 8 : 0; bit < signature.length * 8; bit++) {
        const other = signature.slice();
        other[bit >> 3] = (other[bit >> 3] as number) ^ (0x80 >> (bit & 7));
        expect(judge(set, key, other)).toBe(false);
      }
    }
  });

  it('T above 8, or one that does not fit the length, makes no key', () => {
    const set = signed(small, key, 'trs');
    for (const t of [1, 8, 9, 255]) {
      expect(judge(set, dnskeyOf(small, ALGORITHM.DSA, t))).toBe(false);
    }
    expect(judge(set, new DnsKey(key.rdata.subarray(0, -1)))).toBe(false);
    expect(judge(set, new DnsKey(key.rdata.subarray(0, 4)))).toBe(false);
  });

  it('R and S are read from short and from padded integers', () => {
    const expected = Buffer.concat([Buffer.alloc(19), Buffer.of(5), Buffer.alloc(20, 0xff)]);
    const der = Buffer.concat([Buffer.of(0x30, 26, 2, 1, 5, 2, 21, 0), Buffer.alloc(20, 0xff)]);
    expect(readDsaSignature(der)).toEqual(new Uint8Array(expected));
  });

  it('whatever the octets: no error, and a signature has 40 of them or is none', () => {
    const octets = fc.uint8Array({ maxLength: 60 });
    const likeDer = fc.uint8Array({ maxLength: 50 }).map((rest) => {
      return Uint8Array.of(0x30, rest.length + 2, 0x02, rest.length >> 1, ...rest);
    });
    fc.assert(
      fc.property(fc.oneof(octets, likeDer), octets, (signature, publicKey) => {
        expect([undefined, 40]).toContain(readDsaSignature(signature)?.length);
        const forged = new DnsKey(Uint8Array.of(1, 0, 3, ALGORITHM.DSA, ...publicKey));
        expect(judge(signed(small, key, 'trs'), forged, signature)).toBe(false);
      }),
      { numRuns: 200 },
    );
  });
});
