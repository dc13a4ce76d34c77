import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseSpan, parseTime, timeText } from './time.ts';

describe('times (RFC 4034 section 3.2)', () => {
  test.each([
    [0, '19700101000000'],
    [951_782_400, '20000229000000'],
    [1_504_415_999, '20170903051959'],
    [0xffff_ffff, '21060207062815'],
  ])('%i is %s', (seconds, text) => {
    expect(timeText(seconds)).toBe(text);
    expect(parseTime(text)).toBe(seconds);
  });

  test('are those of the Gregorian calendar, as the platform knows it', () => {
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), (seconds) => {
        const iso = new Date(seconds * 1000).toISOString();
        expect(timeText(seconds)).toBe(iso.slice(0, 19).replace(/[-:T]/g, ''));
        expect(parseTime(timeText(seconds))).toBe(seconds);
        expect(parseTime(String(seconds))).toBe(seconds);
      }),
    );
  });

  test('after 2106 they count modulo 2^32', () => {
    expect(parseTime('21060207062816')).toBe(0);
  });

  test.each([
    '',
    '2017',
    '4294967296',
    '20170230000000',
    '20171301000000',
    '20170101240000',
    '19691231235959',
    '2017-01-01',
  ])('"%s" is no time', (text) => {
    // A number of at most 32 bits is seconds since 1970.
    expect(parseTime(text)).toBe(text === '2017' ? 2017 : undefined);
  });
});

test.each([
  ['0', 0],
  ['3600', 3600],
  ['1h', 3600],
  ['1H30M', 5400],
  ['1w2d3h4m5s', 788_645],
  ['4294967295', 0xffff_ffff],
])('span %s is %i seconds', (text, seconds) => {
  expect(parseSpan(text)).toBe(seconds);
});

test.each(['', 'h', '1x', '1h30', '-1', '1.5h', '4294967296', '9999999999w'])(
  '"%s" is no span',
  (text) => {
    expect(parseSpan(text)).toBeUndefined();
  },
);
