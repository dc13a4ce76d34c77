/** Zone text of any kind: located errors or RRsets, never a throw, and work in proportion to the text. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RRset } from '../rrset.ts';
import { message as arbitraryMessage } from '../testing/arbitrary.ts';
import { readZone, writeZone, type ZoneFile } from './zonefile.ts';

/** Errors after which a reader stops. */
const MOST_ERRORS = 20;

const RUNS = 600;

/** What `readZone` promises of any text. */
function checked(text: string): ZoneFile {
  const zone = readZone(text);
  if (zone.ok) return zone;
  const lines = text.split('\n');
  expect(zone.errors.length).toBeGreaterThan(0);
  expect(zone.errors.length).toBeLessThanOrEqual(MOST_ERRORS);
  for (const { line, column, message } of zone.errors) {
    expect(line).toBeGreaterThanOrEqual(1);
    expect(line).toBeLessThanOrEqual(lines.length);
    expect(column).toBeGreaterThanOrEqual(1);
    expect(column).toBeLessThanOrEqual((lines[line - 1] as string).length + 1);
    expect(message.length).toBeGreaterThan(0);
  }
  return zone;
}

function rrsetsOf(zone: ZoneFile): readonly RRset[] {
  if (!zone.ok) throw new Error(JSON.stringify(zone.errors));
  return zone.rrsets;
}

/** Pieces that mean something to a reader of zone files. */
const piece: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...['@', '.', '*', '$ORIGIN', '$TTL', '$INCLUDE', 'IN', 'CH', '\n', '\t', ' ']),
  fc.constantFrom(
    ...['(', ')', '"', ';', '\\', '\\#', '\\032', '\\999', '\r\n', '\0', '-1', '1w2d'],
  ),
  fc.constantFrom(
    ...['A', 'AAAA', 'NS', 'SOA', 'TXT', 'RRSIG', 'DNSKEY', 'DS', 'NSEC', 'NSEC3', 'SVCB'],
  ),
  fc.constantFrom(
    ...['TYPE1', 'TYPE65535', 'TYPE65536', '0', '300', '4294967296', '192.0.2.1', '::1'],
  ),
  fc.constantFrom(...['example.', 'a.b', 'a..b', `${'x'.repeat(64)}.`, 'AQID', 'key65535="x"']),
  fc.string({ maxLength: 6 }),
);

const zoneText: fc.Arbitrary<string> = arbitraryMessage.map(({ answer, authority }) =>
  writeZone([...answer, ...authority].filter(({ type }) => type !== 0)),
);

describe('any text', () => {
  test('of characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => void checked(text)),
      { numRuns: RUNS },
    );
  });

  test('of pieces that look like a zone', () => {
    const text = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(' '));
    fc.assert(
      fc.property(text, (whole) => void checked(whole)),
      { numRuns: RUNS },
    );
  });

  test('of a zone with accidents', () => {
    const accident = fc.tuple(fc.nat(), fc.nat(8), piece);
    let read = 0;
    fc.assert(
      fc.property(
        zoneText,
        fc.array(accident, { minLength: 1, maxLength: 3 }),
        (zone, accidents) => {
          let text = zone;
          for (const [where, lost, put] of accidents) {
            const at = where % (text.length + 1);
            text = text.slice(0, at) + put + text.slice(at + lost);
          }
          if (checked(text).ok) read++;
        },
      ),
      { numRuns: RUNS },
    );
    expect(read).toBeGreaterThan(0);
    expect(read).toBeLessThan(RUNS);
  });
});

test('what can be read is written as text that is read as the same', () => {
  fc.assert(
    fc.property(zoneText, (text) => {
      const first = rrsetsOf(checked(text));
      const again = writeZone(first);
      expect(rrsetsOf(checked(again))).toEqual(first);
      expect(writeZone(rrsetsOf(checked(again)))).toBe(again);
    }),
    { numRuns: 100 },
  );
});

describe('work is in proportion to the text', () => {
  const PIECES = 50_000;
  /** Milliseconds: 60 microseconds a piece on a busy machine; with the square of them it were minutes. */
  const MOST = 3_000;

  /** Milliseconds, the fastest of several tries where the first was disturbed. */
  const time = (text: string): number => {
    let fastest = Number.POSITIVE_INFINITY;
    for (let tries = 0; tries < 3 && fastest > MOST; tries++) {
      const start = performance.now();
      checked(text);
      fastest = Math.min(fastest, performance.now() - start);
    }
    return fastest;
  };

  test.each([
    ['one endless token', 'x'],
    ['opening parentheses', '('],
    ['closing parentheses', ')'],
    ['quotation marks', '"'],
    ['backslashes', '\\'],
    ['semicolons', ';'],
    ['empty lines', '\n'],
    ['records of one owner', '\n 1 IN A 192.0.2.1'],
    ['records without RDATA', 'a 1 IN A\n'],
    ['comments', 'a 1 IN TXT x ; y\n'],
    ['character strings', ' "a"'],
    ['a parenthesis around all', ' ( a )'],
    ['numbers', '9'],
  ])('%s, 50,000 times, take three seconds at most', (_title, unit) => {
    expect(time(`a. 1 IN TXT x${unit.repeat(PIECES)}`)).toBeLessThan(MOST);
  });
});
