import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { p256 } from '../../resolver-core/crypto/noble.ts';
import { isP256Secret, p256PublicKey, p256Signer } from './keys-p256.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));
const ascii = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'ascii'));

describe('deterministic P-256', () => {
  it.each([
    [
      'sample',
      'efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716' +
        'f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8',
    ],
    [
      'test',
      'f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367' +
        '019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083',
    ],
  ])('RFC 6979 appendix A.2.5: SHA-256, "%s"', (message, expected) => {
    const secret = unhex('c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721');
    expect(hex(p256PublicKey(secret))).toBe(
      '60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6' +
        '7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299',
    );
    expect(hex(p256Signer(secret)(ascii(message)))).toBe(expected);
  });

  it('gives the octets that noble gives, for any key and data', () => {
    const secrets = fc.uint8Array({ minLength: 32, maxLength: 32 }).filter(isP256Secret);
    fc.assert(
      fc.property(secrets, fc.uint8Array({ maxLength: 300 }), (secret, data) => {
        expect(hex(p256PublicKey(secret))).toBe(hex(p256.publicKey(secret)));
        expect(hex(p256Signer(secret)(data))).toBe(hex(p256.sign(data, secret)));
      }),
      { numRuns: 60 },
    );
  });

  it('a secret is a number from 1 to the order less one', () => {
    const order = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551';
    const last = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550';
    expect(isP256Secret(unhex('00'.repeat(32)))).toBe(false);
    expect(isP256Secret(unhex(order))).toBe(false);
    expect(isP256Secret(unhex('ff'.repeat(32)))).toBe(false);
    expect(isP256Secret(unhex('01'.repeat(31)))).toBe(false);
    for (const text of [`${'00'.repeat(31)}01`, last]) {
      const secret = unhex(text);
      expect(isP256Secret(secret)).toBe(true);
      expect(hex(p256Signer(secret)(ascii('edge')))).toBe(hex(p256.sign(ascii('edge'), secret)));
    }
  });
});
