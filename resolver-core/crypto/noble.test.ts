/** The verdict must not depend on the back end: native and noble, each asked the same. */

import { createHash } from 'node:crypto';
import { ED25519_TORSION_SUBGROUP, ed25519 as ed25519Curve } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Name } from '../name/name.ts';
import { DnsKey } from '../rdata.ts';
import { ReceivedRrsig, RRset, type RrsigFields } from '../rrset.ts';
import { TYPE } from '../wire/iana.ts';
import { type CurveAlgorithm, ed448, ed25519, p256, p384 } from './noble.ts';
import { signedData } from './signed-data.ts';
import { join, SIGNATURE_VECTORS } from './testing/rfc-vectors.ts';
import { verifySignature } from './verify.ts';

interface Subject {
  readonly title: string;
  readonly algorithm: number;
  readonly curve: CurveAlgorithm;
  readonly secretOctets: number;
  /** Order of the group, and how a signature's numbers are written. */
  readonly order: bigint;
  readonly littleEndian: boolean;
}

const P256: Subject = {
  title: 'P-256',
  algorithm: 13,
  curve: p256,
  secretOctets: 32,
  order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  littleEndian: false,
};
const P384: Subject = {
  title: 'P-384',
  algorithm: 14,
  curve: p384,
  secretOctets: 48,
  order:
    0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  littleEndian: false,
};
const ED25519: Subject = {
  title: 'Ed25519',
  algorithm: 15,
  curve: ed25519,
  secretOctets: 32,
  order: (1n << 252n) + 27742317777372353535851937790883648493n,
  littleEndian: true,
};
const ED448: Subject = {
  title: 'Ed448',
  algorithm: 16,
  curve: ed448,
  secretOctets: 57,
  order: (1n << 446n) - 13818066809895115352007386748515426880336692474882178609894547503885n,
  littleEndian: true,
};
const SUBJECTS = [P256, P384, ED25519, ED448];
const ECDSA = [P256, P384];
const EDWARDS = [ED25519, ED448];

const RECORDS = { name: Name.parse('a.example'), type: TYPE.A, rdata: [Uint8Array.of(1, 2, 3, 4)] };

function fieldsFor(algorithm: number): RrsigFields {
  return {
    typeCovered: TYPE.A,
    algorithm,
    labels: 2,
    originalTtl: 300,
    expiration: 2_000_000_000,
    inception: 1_000_000_000,
    keyTag: 1,
    signer: Name.parse('example'),
  };
}

interface Signed {
  readonly data: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
}

function signWith(subject: Subject, seed: number): Signed {
  const secret = new Uint8Array(subject.secretOctets).fill(seed);
  const data = signedData(RECORDS, fieldsFor(subject.algorithm)) as Uint8Array;
  return {
    data,
    publicKey: subject.curve.publicKey(secret),
    signature: subject.curve.sign(data, secret),
  };
}

/** Both verdicts, native first. */
function verdicts(subject: Subject, publicKey: Uint8Array, signature: Uint8Array): boolean[] {
  const { algorithm, curve } = subject;
  const fields = fieldsFor(algorithm);
  const rrsig = new ReceivedRrsig(fields, signature);
  const rrset = new RRset(RECORDS.name, RECORDS.type, 300, RECORDS.rdata, [rrsig]);
  const key = new DnsKey(join(Uint8Array.of(1, 0, 3, algorithm), publicKey));
  const data = signedData(RECORDS, fields) as Uint8Array;
  return [verifySignature(rrset, rrsig, key), curve.verify(signature, data, publicKey)];
}

function toOctets(value: bigint, length: number, littleEndian: boolean): Uint8Array {
  const out = Uint8Array.from(Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex'));
  return littleEndian ? out.reverse() : out;
}

function toNumber(octets: Uint8Array, littleEndian: boolean): bigint {
  const bigEndian = littleEndian ? octets.slice().reverse() : octets;
  return BigInt(`0x${Buffer.from(bigEndian).toString('hex')}`);
}

describe('native and noble give the same verdict', () => {
  it.each(SUBJECTS)('$title: good for what noble signs', (subject) => {
    for (const seed of [1, 2, 3]) {
      const { publicKey, signature } = signWith(subject, seed);
      expect(verdicts(subject, publicKey, signature)).toEqual([true, true]);
    }
  });

  it.each(SUBJECTS)('$title: bad once a bit of signature or key is turned', (subject) => {
    const { publicKey, signature } = signWith(subject, 7);
    const bits = 8 * (publicKey.length + signature.length);
    fc.assert(
      fc.property(fc.nat(bits - 1), (bit) => {
        const octets = join(publicKey, signature);
        octets[bit >> 3] = (octets[bit >> 3] as number) ^ (1 << (bit & 7));
        const key = octets.subarray(0, publicKey.length);
        const both = verdicts(subject, key, octets.subarray(publicKey.length));
        expect(both).toEqual([false, false]);
      }),
      { numRuns: 25 },
    );
  });

  it.each(SUBJECTS)('$title: bad for octets of any length', (subject) => {
    const { publicKey } = signWith(subject, 7);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.boolean(), (octets, asKey) => {
        const key = asKey ? octets : publicKey;
        expect(verdicts(subject, key, octets)).toEqual([false, false]);
      }),
      { numRuns: 25 },
    );
  });

  it.each(ECDSA)(
    '$title: good with a high s and with a low s (RFC 6605 has no rule)',
    (subject) => {
      const { publicKey, signature } = signWith(subject, 9);
      const half = signature.length / 2;
      const s = toNumber(signature.subarray(half), false);
      const other = toOctets(subject.order - s, half, false);
      const twin = join(signature.subarray(0, half), other);
      expect(verdicts(subject, publicKey, signature)).toEqual([true, true]);
      expect(verdicts(subject, publicKey, twin)).toEqual([true, true]);
    },
  );

  it.each(ECDSA)('$title: bad with r or s zero, the order, above it, or all ones', (subject) => {
    const { publicKey, signature } = signWith(subject, 9);
    const half = signature.length / 2;
    const { order } = subject;
    const ones = (1n << BigInt(8 * half)) - 1n;
    for (const value of [0n, order, order + 1n, ones]) {
      const number = toOctets(value, half, false);
      for (const forged of [
        join(number, signature.subarray(half)),
        join(signature.subarray(0, half), number),
        join(number, number),
      ]) {
        expect(verdicts(subject, publicKey, forged)).toEqual([false, false]);
      }
    }
  });

  it.each(EDWARDS)(
    '$title: bad with S out of range (RFC 8032 sections 5.1.7, 5.2.7)',
    (subject) => {
      const { publicKey, signature } = signWith(subject, 9);
      const half = signature.length / 2;
      const s = toNumber(signature.subarray(half), true);
      for (const value of [subject.order, s + subject.order]) {
        const forged = join(signature.subarray(0, half), toOctets(value, half, true));
        expect(verdicts(subject, publicKey, forged)).toEqual([false, false]);
      }
    },
  );

  it('on every curve signature that an RFC prints', () => {
    for (const { rrset, rrsig, key } of SIGNATURE_VECTORS) {
      const subject = SUBJECTS.find((one) => one.algorithm === key.algorithm);
      if (subject === undefined) continue; // RSA, which noble has not
      const data = signedData(rrset, rrsig) as Uint8Array;
      expect(subject.curve.verify(rrsig.signature, data, key.publicKey)).toBe(true);
    }
  });
});

describe('Edwards keys of small order', () => {
  const ones = (octets: number): Uint8Array => new Uint8Array(octets).fill(0xff);
  const ED25519_TORSION = ED25519_TORSION_SUBGROUP.map((hex) => Buffer.from(hex, 'hex'));
  /** y = 1, -1, 0 and 0 with the other sign. */
  const ED448_TORSION = [1n, (1n << 448n) - (1n << 224n) - 2n, 0n, 0x80n << 448n].map((y) =>
    toOctets(y, 57, true),
  );

  it.each([
    ['Ed25519', ED25519, ED25519_TORSION, 8],
    ['Ed448', ED448, ED448_TORSION, 4],
  ] as const)(
    '%s: both refuse them, though S = 0 solves the equation',
    (_, subject, all, order) => {
      expect(all).toHaveLength(order);
      for (const key of all) {
        for (const r of all) {
          const signature = join(r, new Uint8Array(key.length));
          expect(verdicts(subject, Uint8Array.from(key), signature)).toEqual([false, false]);
        }
      }
    },
  );

  it.each(EDWARDS)('$title: both refuse a y that is not below the prime', (subject) => {
    const { publicKey, signature } = signWith(subject, 1);
    const size = publicKey.length;
    const prime = subject === ED25519 ? (1n << 255n) - 19n : (1n << 448n) - (1n << 224n) - 1n;
    for (const key of [toOctets(prime, size, true), toOctets(prime + 1n, size, true), ones(size)]) {
      expect(verdicts(subject, key, signature)).toEqual([false, false]);
      const neutral = toOctets(1n, size, true);
      expect(verdicts(subject, key, join(neutral, new Uint8Array(size)))).toEqual([false, false]);
    }
  });
});

describe('where the back ends are known to differ', () => {
  it('an Ed25519 key with a part of order two: noble multiplies by the cofactor, OpenSSL does not', () => {
    const { BASE } = ed25519Curve.Point;
    const order2 = ed25519Curve.Point.fromHex(ED25519_TORSION_SUBGROUP[4] as string, true);
    const key = BASE.add(order2).toBytes(); // of the secret scalar 1
    const data = signedData(RECORDS, fieldsFor(15)) as Uint8Array;
    const seen = new Set<string>();
    for (let nonce = 1n; nonce <= 8n; nonce++) {
      const r = BASE.multiply(nonce).toBytes();
      const digest = createHash('sha512').update(r).update(key).update(data).digest();
      const k = toNumber(digest, true) % ED25519.order;
      const s = toOctets((nonce + k) % ED25519.order, 32, true);
      const leavesOrder2 = (k & 1n) === 1n; // k times the part of order two is not neutral
      expect(verdicts(ED25519, key, join(r, s))).toEqual([!leavesOrder2, true]);
      seen.add(`${leavesOrder2}`);
    }
    expect(seen.size).toBe(2);
  });
});
