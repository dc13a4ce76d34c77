import fc from 'fast-check';
import { expect, test } from 'vitest';
import { serialLess } from './serial.ts';

const serial = fc.nat(0xffff_ffff);

test.each([
  [0, 1, true],
  [1, 0, false],
  [5, 5, false],
  [0xffff_ffff, 0, true],
  [0, 0xffff_ffff, false],
  [0, 0x7fff_ffff, true],
  [0x7fff_ffff, 0, false],
])('RFC 1982 section 3.2: %i before %i is %s', (a, b, expected) => {
  expect(serialLess(a, b)).toBe(expected);
});

test('two serials 2^31 apart have no order', () => {
  expect(serialLess(0, 0x8000_0000)).toBe(false);
  expect(serialLess(0x8000_0000, 0)).toBe(false);
});

test('adding up to 2^31-1 always goes forward (RFC 1982 section 3.1)', () => {
  fc.assert(
    fc.property(serial, fc.integer({ min: 1, max: 0x7fff_ffff }), (start, step) => {
      const next = (start + step) % 0x1_0000_0000;
      expect(serialLess(start, next)).toBe(true);
      expect(serialLess(next, start)).toBe(false);
    }),
  );
});
