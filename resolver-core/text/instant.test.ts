import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatInstant } from './instant.ts';

test('known instants', () => {
  expect(formatInstant(0)).toBe('1970-01-01T00:00:00Z');
  expect(formatInstant(1_696_402_800)).toBe('2023-10-04T07:00:00Z');
  expect(formatInstant(951_782_400)).toBe('2000-02-29T00:00:00Z');
  expect(formatInstant(4_107_542_399)).toBe('2100-02-28T23:59:59Z');
  expect(formatInstant(4_107_542_400)).toBe('2100-03-01T00:00:00Z');
  expect(formatInstant(-1)).toBe('1969-12-31T23:59:59Z');
  expect(formatInstant(0xffff_ffff)).toBe('2106-02-07T06:28:15Z');
});

test('agrees with the platform calendar from year 0 to 9999', () => {
  fc.assert(
    fc.property(fc.integer({ min: -62_167_219_200, max: 253_402_300_799 }), (seconds) => {
      const expected = new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
      expect(formatInstant(seconds)).toBe(expected);
    }),
    { numRuns: 2000 },
  );
});
