import { describe, expect, it } from 'vitest';
import { verifySignature } from '../../resolver-core/crypto/verify.ts';
import { Name } from '../../resolver-core/name/name.ts';
import { DnsKey } from '../../resolver-core/rdata.ts';
import { RRset } from '../../resolver-core/rrset.ts';
import { ed25519Key, SigningKey, ZSK_FLAGS } from './keys.ts';
import { dsRdata, signRrset } from './sign.ts';

const KEY = ed25519Key({ seed: 'sign.test', flags: ZSK_FLAGS });
const TERMS = {
  signer: Name.parse('example'),
  inception: 1_000_000_000,
  expiration: 2_000_000_000,
  originalTtl: 3600,
};
const A = { name: Name.parse('a.example'), type: 1, rdata: [Uint8Array.of(192, 0, 2, 1)] };

/** KEY, with a count of the signatures made. */
function countingKey(): { readonly key: SigningKey; readonly made: () => number } {
  let made = 0;
  const key = new SigningKey(KEY.dnskey, (data) => {
    made++;
    return KEY.sign(data);
  });
  return { key, made: () => made };
}

describe('RRSIGs of an authority', () => {
  it('carry what was signed, by whom, and when', () => {
    const rrsig = signRrset(A, KEY, TERMS);
    expect(rrsig).toMatchObject({ ...TERMS, typeCovered: 1, algorithm: 15, labels: 2 });
    expect(rrsig.keyTag).toBe(KEY.keyTag);
    expect(rrsig.signature).toHaveLength(64);
  });

  it('are made when first looked at, and once', () => {
    const { key, made } = countingKey();
    const rrsig = signRrset(A, key, TERMS);
    expect(made()).toBe(0);
    const first = rrsig.signature;
    expect(made()).toBe(1);
    expect(rrsig.signature).toBe(first);
    expect(made()).toBe(1);
  });

  it('verify, whether looked at before or not', () => {
    const { key, made } = countingKey();
    const rrsig = signRrset(A, key, TERMS);
    const rrset = new RRset(A.name, A.type, 60, A.rdata, [rrsig]);
    const published = new DnsKey(KEY.dnskey.rdata);
    expect(verifySignature(rrset, rrsig, published)).toBe(true);
    expect(verifySignature(rrset, rrsig, published)).toBe(true);
    expect(made()).toBe(1);
  });

  it('over a wildcard verify for every expansion of it, and for nothing else', () => {
    const wildcard = { ...A, name: Name.parse('*.example') };
    const rrsig = signRrset(wildcard, KEY, TERMS);
    expect(rrsig.labels).toBe(1);
    for (const [owner, expected] of [
      ['*.example', true],
      ['b.example', true],
      ['c.b.example', true],
      ['b.other', false],
      ['example', false],
    ] as const) {
      const rrset = new RRset(Name.parse(owner), A.type, 60, A.rdata, [rrsig]);
      expect(verifySignature(rrset, rrsig, KEY.dnskey), owner).toBe(expected);
    }
  });

  it('of an expansion are those of the wildcard when the labels field says so', () => {
    const wildcard = signRrset({ ...A, name: Name.parse('*.example') }, KEY, TERMS);
    const expansion = signRrset(A, KEY, { ...TERMS, labels: 1 });
    expect(expansion.signature).toEqual(wildcard.signature);
  });

  it('cannot count more labels than the owner has', () => {
    expect(() => signRrset(A, KEY, { ...TERMS, labels: 3 })).toThrow(/a\.example\. has 2 labels/);
    const wildcard = { ...A, name: Name.parse('*.example') };
    expect(() => signRrset(wildcard, KEY, { ...TERMS, labels: 2 })).toThrow(RangeError);
  });
});

describe('DS records of an authority', () => {
  it('begin with tag, algorithm and digest type, and have the digest of owner and key', () => {
    const owner = Name.parse('example');
    for (const [type, octets] of [
      [1, 20],
      [2, 32],
      [4, 48],
    ] as const) {
      const rdata = dsRdata(owner, KEY.dnskey, type);
      expect([...rdata.subarray(0, 4)]).toEqual([KEY.keyTag >> 8, KEY.keyTag & 0xff, 15, type]);
      expect(rdata).toHaveLength(4 + octets);
    }
    expect(dsRdata(Name.parse('other'), KEY.dnskey, 2)).not.toEqual(dsRdata(owner, KEY.dnskey, 2));
  });

  it('RFC 6605 section 6.1', () => {
    const publicKey = Buffer.from(
      'GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==',
      'base64',
    );
    const key = new DnsKey(Uint8Array.of(1, 1, 3, 13, ...publicKey));
    expect(Buffer.from(dsRdata(Name.parse('example.net'), key, 2)).toString('hex')).toBe(
      'd9600d02b4c8c1fe2e7477127b27115656ad6256f424625bf5c1e2770ce6d6e37df61d17',
    );
  });

  it('have no digest type but 1, 2 and 4', () => {
    expect(() => dsRdata(Name.root, KEY.dnskey, 3)).toThrow(RangeError);
  });
});
