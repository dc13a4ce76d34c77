import { hash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha1, sha1Into } from './sha1.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('SHA-1', () => {
  it('FIPS 180 examples', () => {
    const ascii = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'ascii'));
    expect(hex(sha1(ascii('abc')))).toBe('a9993e364706816aba3e25717850c26c9cd0d89d');
    expect(hex(sha1(ascii('')))).toBe('da39a3ee5e6b4b0d3255bfef95601890afd80709');
    expect(hex(sha1(ascii('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq')))).toBe(
      '84983e441c3bd26ebaae4aa1f95129e5e54670f1',
    );
  });

  it('is the native one for every length over the first four block borders', () => {
    for (let length = 0; length <= 260; length++) {
      const data = Uint8Array.from({ length }, (_, i) => (i * 167 + length) & 0xff);
      expect(hex(sha1(data)), `${length} octets`).toBe(hash('sha1', data));
    }
  });

  it('is the native one for any octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (data) => {
        expect(hex(sha1(data))).toBe(hash('sha1', data));
      }),
    );
  });

  it('may write its digest over its own input, and reads no further than told', () => {
    const buffer = Uint8Array.from({ length: 40 }, (_, i) => i);
    const expected = hash('sha1', buffer.subarray(0, 33));
    sha1Into(buffer, 33, buffer);
    expect(hex(buffer.subarray(0, 20))).toBe(expected);
    expect(buffer[20]).toBe(20);
  });
});
