import { hash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Name } from '../name/name.ts';
import { nsec3Hash, nsec3Params } from './nsec3-hash.ts';

const ALPHABET = '0123456789abcdefghijklmnopqrstuv';

/** Base32 with the extended hex alphabet (RFC 4648 section 7), for 20 octets. */
function base32hex(octets: Uint8Array): string {
  let value = BigInt(`0x${Buffer.from(octets).toString('hex')}`);
  let text = '';
  for (let i = 0; i < 32; i++) {
    text = (ALPHABET[Number(value & 31n)] as string) + text;
    value >>= 5n;
  }
  return text;
}

/** RFC 5155 section 5 written down again, over the native SHA-1. */
function reference(wire: Uint8Array, iterations: number, salt: Uint8Array): string {
  let digest = hash('sha1', Buffer.concat([wire, salt]), 'buffer');
  for (let i = 0; i < iterations; i++) {
    digest = hash('sha1', Buffer.concat([digest, salt]), 'buffer');
  }
  return digest.toString('hex');
}

describe('NSEC3 hashes', () => {
  it.each([
    ['example', '0p9mhaveqvm6t7vbl5lop2u3t2rp3tom'],
    ['a.example', '35mthgpgcu1qg68fab165klnsnk3dpvl'],
    ['ai.example', 'gjeqe526plbf1g8mklp59enfd789njgi'],
    ['ns1.example', '2t7b4g4vsa5smi47k61mv5bv1a22bojr'],
    ['ns2.example', 'q04jkcevqvmu85r014c7dkba38o0ji5r'],
    ['w.example', 'k8udemvp1j2f7eg6jebps17vp3n8i58h'],
    ['*.w.example', 'r53bq7cc2uvmubfu5ocmm6pers9tk9en'],
    ['x.w.example', 'b4um86eghhds6nea196smvmlo4ors995'],
    ['y.w.example', 'ji6neoaepv8b5o6k4ev33abha8ht9fgc'],
    ['x.y.w.example', '2vptu5timamqttgl4luu9kg21e0aor3s'],
    ['xx.example', 't644ebqk9bibcna874givr6joj62mlhv'],
    ['2t7b4g4vsa5smi47k61mv5bv1a22bojr.example', 'kohar7mbb8dc2ce8a9qvl8hon4k53uhi'],
  ])('RFC 5155 appendix A: %s', (owner, expected) => {
    const salt = Uint8Array.of(0xaa, 0xbb, 0xcc, 0xdd);
    expect(base32hex(nsec3Hash(Name.parse(owner), 12, salt))).toBe(expected);
    expect(base32hex(nsec3Hash(Name.parse(owner.toUpperCase()), 12, salt))).toBe(expected);
  });

  it('com and its apex hash in the NSEC3 chain that the world sees: CK0POJMG...', () => {
    const hashed = base32hex(nsec3Hash(Name.parse('com'), 0, new Uint8Array(0)));
    expect(hashed).toBe('ck0pojmg874ljref7efn8430qvit8bsm');
  });

  it('any name of up to 255 octets with any salt of up to 255', () => {
    const label = fc.string({ unit: fc.constantFrom('a', '-', '9'), minLength: 1, maxLength: 63 });
    const labels = fc.array(label, { maxLength: 4 }).filter((all) => all.join('.').length <= 253);
    const salts = fc.oneof(fc.constant(new Uint8Array(255)), fc.uint8Array({ maxLength: 255 }));
    fc.assert(
      fc.property(labels, fc.nat(20), salts, (parts, iterations, salt) => {
        const name = Name.parse(parts.join('.'));
        const hex = Buffer.from(nsec3Hash(name, iterations, salt)).toString('hex');
        expect(hex).toBe(reference(name.wire, iterations, salt));
      }),
    );
  });

  it('a name is hashed once for equal parameters, and anew for others', () => {
    const name = Name.parse('memo.example');
    const first = nsec3Hash(name, 5, Uint8Array.of(1, 2));
    expect(nsec3Hash(name, 5, Uint8Array.of(1, 2))).toBe(first);
    expect(nsec3Hash(name, 6, Uint8Array.of(1, 2))).not.toEqual(first);
    expect(nsec3Hash(name, 5, Uint8Array.of(1, 3))).not.toEqual(first);
    expect(nsec3Hash(name, 5, Uint8Array.of(1, 2))).toEqual(first);
  });

  it('equal parameters are one object, which keeps its own copy of the salt', () => {
    const salt = Uint8Array.of(7, 7);
    const params = nsec3Params(1, salt);
    salt[0] = 8;
    expect(nsec3Params(1, Uint8Array.of(7, 7))).toBe(params);
    expect(nsec3Params(1, salt)).not.toBe(params);
  });

  it('a flood of parameters forgets the oldest, and hashes stay right', () => {
    const name = Name.parse('flood.example');
    const params = nsec3Params(3, Uint8Array.of(9));
    const before = nsec3Hash(name, 3, Uint8Array.of(9)).slice();
    for (let i = 0; i < 100; i++) nsec3Params(i, Uint8Array.of(1, i));
    expect(nsec3Params(3, Uint8Array.of(9))).not.toBe(params);
    expect(nsec3Hash(name, 3, Uint8Array.of(9))).toEqual(before);
  });
});
