import { isIP } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ipv4Text, ipv6Text, parseIpv4, parseIpv6 } from './address.ts';

test.each([
  ['::', '::'],
  ['::1', '::1'],
  ['1::', '1::'],
  ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
  ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
])('RFC 5952 section 4: %s is written %s', (text, canonical) => {
  expect(ipv6Text(parseIpv6(text) as Uint8Array)).toBe(canonical);
});

test.each([
  '',
  ':',
  ':::',
  '1',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4:5:6:7:8::',
  '12345::',
  '::g',
  '::1.2.3',
  '1.2.3.4::',
  '::1%eth0',
])('"%s" is no IPv6 address', (text) => {
  expect(parseIpv6(text)).toBeUndefined();
});

test.each(['', '1.2.3', '1.2.3.4.5', '1.2.3.256', '01.2.3.4', '1.2.3.-4', '1.2.3. 4', '0x1.2.3.4'])(
  '"%s" is no IPv4 address',
  (text) => {
    expect(parseIpv4(text)).toBeUndefined();
  },
);

test('every address survives its text, which the platform accepts too', () => {
  const octet = fc.oneof(fc.constant(0), fc.nat(255));
  fc.assert(
    fc.property(fc.array(octet, { minLength: 16, maxLength: 16 }), (octets) => {
      const address = Uint8Array.from(octets);
      expect(parseIpv6(ipv6Text(address))).toEqual(address);
      expect(isIP(ipv6Text(address))).toBe(6);
      expect(parseIpv4(ipv4Text(address))).toEqual(address.slice(0, 4));
    }),
  );
});

test('what the platform takes for an address, and only that, is one', () => {
  const piece = fc.constantFrom('0', '1', 'ffff', 'ab', '::', ':', ':', '1.2.3.4', '12345');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join('');
      expect(parseIpv6(text) !== undefined).toBe(isIP(text) === 6);
    }),
    { numRuns: 1_000 },
  );
});
