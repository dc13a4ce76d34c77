import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromBase32Hex, fromBase64, fromHex, toBase32Hex, toBase64, toHex } from './encoding.ts';

const octetsOf = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('RFC 4648 section 10: test vectors', () => {
  test.each([
    ['', '', '', ''],
    ['f', '66', 'co', 'Zg=='],
    ['fo', '666f', 'cpng', 'Zm8='],
    ['foo', '666f6f', 'cpnmu', 'Zm9v'],
    ['foob', '666f6f62', 'cpnmuog', 'Zm9vYg=='],
    ['fooba', '666f6f6261', 'cpnmuoj1', 'Zm9vYmE='],
    ['foobar', '666f6f626172', 'cpnmuoj1e8', 'Zm9vYmFy'],
  ])('%s', (text, hex, base32, base64) => {
    const octets = octetsOf(text);
    expect(toHex(octets)).toBe(hex);
    expect(toBase32Hex(octets)).toBe(base32);
    expect(toBase64(octets)).toBe(base64);
    expect(fromHex(hex.toUpperCase())).toEqual(octets);
    expect(fromBase32Hex(base32.toUpperCase())).toEqual(octets);
    expect(fromBase64(base64)).toEqual(octets);
  });
});

test('every octet string survives every encoding, and base64 is that of the platform', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (octets) => {
      expect(fromHex(toHex(octets))).toEqual(octets);
      expect(fromBase32Hex(toBase32Hex(octets))).toEqual(octets);
      expect(fromBase64(toBase64(octets))).toEqual(octets);
      expect(toBase64(octets)).toBe(Buffer.from(octets).toString('base64'));
    }),
  );
});

test.each(['a', 'zz', '6 6', '0x66'])('hex: "%s" is no encoding', (text) => {
  expect(fromHex(text)).toBeUndefined();
});

test.each(['w', 'c', 'cp', 'cpn', 'co======', 'cé'])('base32hex: "%s" is no encoding', (text) => {
  expect(fromBase32Hex(text)).toBeUndefined();
});

test.each(['Zg', 'Zg=', 'Z===', 'Zh==', 'Zm9=v', '====', 'Zm-_'])(
  'base64: "%s" is no encoding',
  (text) => {
    expect(fromBase64(text)).toBeUndefined();
  },
);
