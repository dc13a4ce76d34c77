import { generatePrimeSync, hash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Name } from '../name/name.ts';
import { DnsKey } from '../rdata.ts';
import { ReceivedRrsig, RRset, Rrsig } from '../rrset.ts';
import { TYPE } from '../wire/iana.ts';
import { signedData } from './signed-data.ts';
import {
  join,
  RFC4034_KEY,
  RFC4035_ZSK,
  RFC6605_P256,
  RFC6605_P384,
  RFC8080_ED448,
  RFC8080_ED25519,
  SIGNATURE_VECTORS,
  type SignatureVector,
} from './testing/rfc-vectors.ts';
import { digestDs, isSupportedAlgorithm, isSupportedDigest, verifySignature } from './verify.ts';

const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex');

/** The vector's RRSIG with other octets in place of its signature. */
function withSignature({ rrset, rrsig }: SignatureVector, signature: Uint8Array): RRset {
  const { name, type, ttl, rdata } = rrset;
  return new RRset(name, type, ttl, rdata, [new ReceivedRrsig(rrsig, signature)]);
}

function judge(rrset: RRset, key: DnsKey): boolean {
  return verifySignature(rrset, rrset.signatures[0] as ReceivedRrsig, key);
}

function vectorOf(algorithm: number): SignatureVector {
  return SIGNATURE_VECTORS.find((v) => v.key.algorithm === algorithm) as SignatureVector;
}

describe('signatures printed in RFCs', () => {
  it.each(SIGNATURE_VECTORS)('$source: verifies', ({ rrset, rrsig, key }) => {
    expect(key.keyTag).toBe(rrsig.keyTag);
    expect(verifySignature(rrset, rrsig, key)).toBe(true);
  });

  it.each(SIGNATURE_VECTORS)('$source: not once any bit of the signature is turned', (v) => {
    const bits = v.rrsig.signature.length * 8;
    fc.assert(
      fc.property(fc.nat(bits - 1), (bit) => {
        const signature = v.rrsig.signature.slice();
        signature[bit >> 3] = (signature[bit >> 3] as number) ^ (0x80 >> (bit & 7));
        expect(judge(withSignature(v, signature), v.key)).toBe(false);
      }),
      { numRuns: 15 },
    );
  });

  it.each(SIGNATURE_VECTORS)('$source: not over other records', ({ rrset, rrsig, key }) => {
    const rdata = rrset.rdata.map((one) => one.slice());
    const first = rdata[0] as Uint8Array;
    first[first.length - 2] = (first[first.length - 2] as number) ^ 1;
    expect(judge(new RRset(rrset.name, rrset.type, 300, rdata, [rrsig]), key)).toBe(false);
  });

  it.each(SIGNATURE_VECTORS)('$source: a length other than the algorithm says is false', (v) => {
    const { signature } = v.rrsig;
    for (const wrong of [
      new Uint8Array(0),
      signature.subarray(1),
      signature.subarray(0, -1),
      join(signature, Uint8Array.of(0)),
      join(Uint8Array.of(0), signature),
    ]) {
      expect(judge(withSignature(v, wrong), v.key)).toBe(false);
    }
  });
});

describe('keys', () => {
  it('algorithms 5, 7, 8, 10, 13, 14, 15 and 16 are supported, 3 and 6 on demand, and no other', () => {
    const all = Array.from({ length: 256 }, (_, n) => n);
    const supported = (legacy: boolean) => all.filter((n) => isSupportedAlgorithm(n, legacy));
    expect(supported(false)).toEqual([5, 7, 8, 10, 13, 14, 15, 16]);
    expect(supported(true)).toEqual([3, 5, 6, 7, 8, 10, 13, 14, 15, 16]);
  });

  it('a key of another algorithm than the signature says verifies nothing', () => {
    const { rrset, key } = vectorOf(8);
    for (const algorithm of [1, 5, 7, 10, 13, 253]) {
      const rdata = key.rdata.slice();
      rdata[3] = algorithm;
      expect(judge(rrset, new DnsKey(rdata))).toBe(false);
    }
  });

  it.each([...[13, 14, 15, 16].map((n) => vectorOf(n))])(
    '$source: a public key of a wrong length verifies nothing',
    (v) => {
      for (const rdata of [
        v.key.rdata.subarray(0, 4),
        v.key.rdata.subarray(0, -1),
        join(v.key.rdata, Uint8Array.of(0)),
      ]) {
        expect(judge(withSignature(v, v.rrsig.signature), new DnsKey(rdata))).toBe(false);
      }
    },
  );

  it('a point that is not on the curve verifies nothing', () => {
    for (const algorithm of [13, 14]) {
      const v = vectorOf(algorithm);
      const rdata = v.key.rdata.slice();
      rdata[10] = (rdata[10] as number) ^ 1;
      expect(judge(withSignature(v, v.rrsig.signature), new DnsKey(rdata))).toBe(false);
    }
  });

  it('no octets at all, as key and signature of any algorithm, make it throw', () => {
    const { rrset, rrsig: fields } = vectorOf(8);
    const octetsOf = (max: number) => fc.uint8Array({ maxLength: max });
    const algorithms = fc.constantFrom(5, 7, 8, 10, 13, 14, 15, 16);
    fc.assert(
      fc.property(algorithms, octetsOf(300), octetsOf(300), (algorithm, keyOctets, signature) => {
        const key = new DnsKey(join(Uint8Array.of(1, 0, 3, algorithm), keyOctets));
        const forged = new ReceivedRrsig({ ...fields, algorithm }, signature);
        expect(verifySignature(rrset, forged, key)).toBe(false);
      }),
      { numRuns: 300 },
    );
  });
});

describe('RSA public keys (RFC 3110 section 2)', () => {
  const v = vectorOf(8);
  const modulus = v.key.publicKey.subarray(4);
  const rsa = (...parts: readonly (readonly number[] | Uint8Array)[]): DnsKey =>
    new DnsKey(join(Uint8Array.of(1, 0, 3, 8), ...parts.map((part) => Uint8Array.from(part))));
  const verdict = (key: DnsKey): boolean => judge(withSignature(v, v.rrsig.signature), key);

  it('the exponent length may take one octet, or a zero and two', () => {
    expect(verdict(rsa([3], [1, 0, 1], modulus))).toBe(true);
    expect(verdict(rsa([0, 0, 3], [1, 0, 1], modulus))).toBe(true);
  });

  it('leading zeros are passed over, as other validators do', () => {
    expect(verdict(rsa([5], [0, 0, 1, 0, 1], modulus))).toBe(true);
    expect(verdict(rsa([3], [1, 0, 1], [0, 0], modulus))).toBe(true);
  });

  it('an exponent of 0, 1 or an even number verifies nothing', () => {
    for (const e of [[0], [0, 0], [1], [2], [1, 0, 0]]) {
      expect(verdict(rsa([e.length], e, modulus))).toBe(false);
    }
  });

  it('with an exponent of 1 anyone could sign: the padded digest itself is refused', () => {
    const digestInfo = Buffer.from('003031300d060960864801650304020105000420', 'hex');
    const digest = hash('sha256', signedData(v.rrset, v.rrsig) as Uint8Array, 'buffer');
    const forged = new Uint8Array(modulus.length).fill(0xff);
    forged.set([0, 1]);
    forged.set(join(digestInfo, digest), forged.length - digestInfo.length - digest.length);
    expect(judge(withSignature(v, forged), rsa([1], [1], modulus))).toBe(false);
  });

  it('an exponent that runs to the end or past it leaves no modulus: nothing verifies', () => {
    for (const key of [rsa([0]), rsa([0, 1]), rsa([3], [1, 0, 1]), rsa([200], modulus)]) {
      expect(verdict(key)).toBe(false);
    }
    expect(verdict(rsa([0, 0xff, 0xff], modulus))).toBe(false);
    expect(verdict(rsa([0, 0, 0], modulus))).toBe(false);
  });

  it('an even modulus, a zero one, or one no longer than the exponent verifies nothing', () => {
    const even = modulus.slice();
    even[even.length - 1] = (even[even.length - 1] as number) & 0xfe;
    expect(verdict(rsa([3], [1, 0, 1], even))).toBe(false);
    expect(verdict(rsa([3], [1, 0, 1], new Uint8Array(64)))).toBe(false);
    expect(verdict(rsa([64], modulus, modulus))).toBe(false);
  });
});

describe('the size of an RSA modulus (RFC 3110 section 2, RFC 5702 section 2)', () => {
  /** DigestInfo of RFC 8017 section 9.2, up to the digest. */
  const DIGEST_INFO: Readonly<Record<number, readonly [string, string]>> = {
    5: ['sha1', '3021300906052b0e03021a05000414'],
    7: ['sha1', '3021300906052b0e03021a05000414'],
    8: ['sha256', '3031300d060960864801650304020105000420'],
    10: ['sha512', '3051300d060960864801650304020305000440'],
  };
  const E = 65537n;

  /** Small primes whose product has so many bits: a modulus that is quickly made and signed with. */
  function primesOf(bits: number): readonly bigint[] {
    const primes: bigint[] = [];
    let product = 1n;
    while (product.toString(2).length < bits) {
      const missing = bits - product.toString(2).length;
      const size = missing > 400 ? 200 : missing > 200 ? missing >> 1 : missing;
      const prime = generatePrimeSync(size, { bigint: true });
      const next = product * prime;
      const isLast = missing <= 200;
      if ((prime - 1n) % E === 0n || primes.includes(prime)) continue;
      if (isLast && next.toString(2).length !== bits) continue;
      primes.push(prime);
      product = next;
    }
    return primes;
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

  /** The verdict about a right signature under a key of so many bits. */
  function verdictFor(algorithm: number, bits: number): boolean {
    const primes = primesOf(bits);
    const n = primes.reduce((a, b) => a * b);
    const octetsOf = (value: bigint): Buffer =>
      Buffer.from(value.toString(16).padStart(2 * Math.ceil(bits / 8), '0'), 'hex');
    const { rrset, rrsig } = vectorOf(8);
    const [digest, info] = DIGEST_INFO[algorithm] as readonly [string, string];
    const data = signedData(rrset, { ...rrsig, algorithm }) as Uint8Array;
    const tail = `00${info}${hash(digest, data)}`;
    const padded = `0001${tail.padStart(2 * Math.ceil(bits / 8) - 4, 'f')}`;
    let signature = 0n; // put together from its residues (Chinese remainder theorem)
    for (const p of primes) {
      let d = 1n; // the inverse of E modulo p - 1
      while ((d * (p - 1n) + 1n) % E !== 0n) d++;
      const residue = power(BigInt(`0x${padded}`), (d * (p - 1n) + 1n) / E, p);
      const others = n / p;
      signature += residue * others * power(others, p - 2n, p);
    }
    const key = join(Uint8Array.of(1, 0, 3, algorithm, 3, 1, 0, 1), octetsOf(n));
    const signed = new ReceivedRrsig({ ...rrsig, algorithm }, octetsOf(signature % n));
    return verifySignature(rrset, signed, new DnsKey(key));
  }

  it.each([5, 7, 8])('algorithm %i: 512 to 4096 bits', (algorithm) => {
    const sizes = [511, 512, 513, 4096, 4097];
    expect(sizes.map((bits) => verdictFor(algorithm, bits))).toEqual([
      false,
      true,
      true,
      true,
      false,
    ]);
  });

  it('algorithm 10: 1024 to 4096 bits', () => {
    const sizes = [1023, 1024, 4096, 4097];
    expect(sizes.map((bits) => verdictFor(10, bits))).toEqual([false, true, true, false]);
  });
});

/** An RRSIG that counts how often its octets are looked at: once for each verification that is made. */
class CountingRrsig extends Rrsig {
  looks = 0;
  readonly #octets: Uint8Array;
  constructor(original: Rrsig) {
    super(original);
    this.#octets = original.signature;
  }
  get signature(): Uint8Array {
    this.looks++;
    return this.#octets;
  }
  get signatureOctets(): number {
    return this.#octets.length;
  }
}

describe('the memo of verdicts', () => {
  const wildcard = SIGNATURE_VECTORS.find((v) => v.rrset.name.labelCount === 4) as SignatureVector;
  const { name, type, rdata } = wildcard.rrset;
  const key = RFC4035_ZSK;

  it('a signature is verified once per key, good or bad', () => {
    const rrsig = new CountingRrsig(wildcard.rrsig);
    const rrset = new RRset(name, type, 60, rdata, [rrsig]);
    const other = RFC4034_KEY;
    for (let i = 0; i < 3; i++) {
      expect(verifySignature(rrset, rrsig, key)).toBe(true);
      expect(verifySignature(rrset, rrsig, other)).toBe(false);
    }
    expect(rrsig.looks).toBe(2);
  });

  it('a key read anew from the same RDATA object is the same key', () => {
    const rrsig = new CountingRrsig(wildcard.rrsig);
    const rrset = new RRset(name, type, 60, rdata, [rrsig]);
    expect(verifySignature(rrset, rrsig, key)).toBe(true);
    expect(verifySignature(rrset, rrsig, new DnsKey(key.rdata))).toBe(true);
    expect(rrsig.looks).toBe(1);
    expect(verifySignature(rrset, rrsig, new DnsKey(key.rdata.slice()))).toBe(true);
    expect(rrsig.looks).toBe(2);
  });

  it('a copy with another TTL, and another expansion of the same wildcard, share the verdict', () => {
    const rrsig = new CountingRrsig(wildcard.rrsig);
    for (const owner of ['a.z.w.example', 'A.Z.w.example', 'b.w.example', '*.w.example']) {
      const rrset = new RRset(Name.parse(owner), type, 30, rdata, [rrsig]);
      expect(verifySignature(rrset, rrsig, key)).toBe(true);
    }
    expect(rrsig.looks).toBe(1);
  });

  it('a copy with other records, type or owner inherits nothing and leaves nothing behind', () => {
    const rrsig = new CountingRrsig(wildcard.rrsig);
    const good = new RRset(name, type, 60, rdata, [rrsig]);
    const forged = [
      new RRset(name, type, 60, [...rdata, ...rdata.map((one) => one.map((octet) => octet ^ 1))]),
      new RRset(name, TYPE.TXT, 60, rdata),
      new RRset(Name.parse('a.z.other.example'), type, 60, rdata),
      new RRset(Name.parse('w.example'), type, 60, rdata),
      new RRset(Name.parse('example'), type, 60, rdata),
    ];
    expect(verifySignature(good, rrsig, key)).toBe(true);
    for (const rrset of forged) expect(verifySignature(rrset, rrsig, key)).toBe(false);
    expect(verifySignature(good, rrsig, key)).toBe(true);
    expect(rrsig.looks).toBe(1 + forged.length);
  });

  it('a good RRset inherits nothing from a forged one that was judged first', () => {
    const rrsig = new CountingRrsig(wildcard.rrsig);
    const forged = new RRset(name, type, 60, [new Uint8Array(4)]);
    const good = new RRset(name, type, 60, rdata, [rrsig]);
    expect(verifySignature(forged, rrsig, key)).toBe(false);
    expect(verifySignature(good, rrsig, key)).toBe(true);
    expect(verifySignature(forged, rrsig, key)).toBe(false);
  });
});

describe('DS digests', () => {
  it('RFC 4034 section 5.4 (SHA-1) and RFC 4509 section 2.3 (SHA-256)', () => {
    const owner = Name.parse('dskey.example.com');
    expect(RFC4034_KEY.keyTag).toBe(60485);
    expect(hex(digestDs(owner, RFC4034_KEY.rdata, 1))).toBe(
      '2bb183af5f22588179a53b0a98631fad1a292118',
    );
    expect(hex(digestDs(owner, RFC4034_KEY.rdata, 2))).toBe(
      'd4b7d520e7bb5f0f67674a0cceb1e3e0614b93c4f9e99b8383f6a1e4469da50a',
    );
  });

  it('RFC 6605 section 6 (SHA-256 and SHA-384)', () => {
    const owner = Name.parse('Example.NET');
    expect(hex(digestDs(owner, RFC6605_P256.rdata, 2))).toBe(
      'b4c8c1fe2e7477127b27115656ad6256f424625bf5c1e2770ce6d6e37df61d17',
    );
    expect(hex(digestDs(owner, RFC6605_P384.rdata, 4))).toBe(
      '72d7b62976ce06438e9c0bf319013cf801f09ecc84b8d7e9495f27e305c6a9b0563a9b5f4d288405c3008a946df983d6',
    );
  });

  it('RFC 8080 section 6 (SHA-256)', () => {
    const owner = Name.parse('example.com');
    expect(hex(digestDs(owner, RFC8080_ED25519.rdata, 2))).toBe(
      '3aa5ab37efce57f737fc1627013fee07bdf241bd10f3b1964ab55c78e79a304b',
    );
    expect(hex(digestDs(owner, RFC8080_ED448.rdata, 2))).toBe(
      '6ccf18d5bc5d7fc2fceb1d59d17321402f2aa8d368048db93dd811f5cb2b19c7',
    );
  });

  it('digest types other than 1, 2 and 4 give nothing', () => {
    const known = Array.from({ length: 256 }, (_, n) => n).filter(isSupportedDigest);
    expect(known).toEqual([1, 2, 4]);
    for (const type of [0, 3, 5, 255]) {
      expect(digestDs(Name.root, RFC4034_KEY.rdata, type)).toBeUndefined();
    }
  });
});
