import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Result } from '../sim/result.ts';
import { seriesCsv } from './csv.ts';
import { reportJson } from './json.ts';
import { junitReport } from './junit.ts';
import { terminalReport } from './terminal.ts';
import { sampleResult, stoppedResult } from './testing/sample.ts';
import { actualValue } from './text.ts';

const PLAIN = { colour: false, unicode: true, width: 100 };

/** Checked byte for byte. `UPDATE_GOLDEN=1 npx vitest run reports` writes them anew: read the diff. */
function expectGolden(name: string, actual: string): void {
  const file = new URL(`./golden/${name}`, import.meta.url);
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, actual);
  expect(actual).toBe(readFileSync(file, 'utf8'));
}

/** One variant without the tables by zone and colo: they repeat the same shape. */
function short(result: Result): Result {
  const variants = result.variants.slice(0, 1).map((variant) => ({
    ...variant,
    byColo: {},
    byZone: {},
    byRole: {},
    bySlice: {},
  }));
  return { ...result, variants };
}

describe('golden files', () => {
  test.each([
    ['report.json', () => reportJson(short(sampleResult()))],
    ['terminal.txt', () => terminalReport(sampleResult(), PLAIN)],
    ['terminal-colour.txt', () => terminalReport(sampleResult(), { ...PLAIN, colour: true })],
    [
      'terminal-narrow-ascii.txt',
      () => terminalReport(sampleResult(), { ...PLAIN, unicode: false, width: 80 }),
    ],
    ['terminal-stopped.txt', () => terminalReport(stoppedResult(), PLAIN)],
    ['junit.xml', () => junitReport(sampleResult())],
    ['series.csv', () => seriesCsv(short(sampleResult()))],
  ])('%s', (name, make) => {
    expectGolden(name, make());
  });
});

describe('report.json', () => {
  test('reads back as the Result it was made from', () => {
    const result = sampleResult();
    expect(JSON.parse(reportJson(result))).toEqual(result);
  });

  test('refuses a number that JSON cannot hold, and says where', () => {
    const result = { ...sampleResult(), seed: Number.NaN };
    expect(() => reportJson(result)).toThrow('result.seed is NaN');
  });
});

describe('terminal report', () => {
  test.each([80, 100, 140])('no line is wider than %i columns', (width) => {
    const lines = terminalReport(sampleResult(), { ...PLAIN, width }).split('\n');
    expect(lines.filter((line) => line.length > width)).toEqual([]);
  });

  test('colour adds escape sequences and nothing else', () => {
    const painted = terminalReport(sampleResult(), { ...PLAIN, colour: true });
    const stripped = painted.replaceAll(new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g'), '');
    expect(stripped).toBe(terminalReport(sampleResult(), PLAIN));
    expect(painted).not.toBe(stripped);
  });

  test('a name cannot move the cursor', () => {
    const result = { ...sampleResult(), title: 'before\u001b[2Jafter' };
    const text = terminalReport(result, PLAIN);
    expect(text).toContain('before\\027[2Jafter');
  });

  test('the terminal says how many expectations were left out at another scale', () => {
    const text = terminalReport({ ...sampleResult(), scale: 0.1, expectationsLeftOut: 3 }, PLAIN);
    expect(text).toContain('scale 0.1: 3 expectations hold at full scale only');
    expect(terminalReport(sampleResult(), PLAIN)).not.toContain('full scale');
  });

  test('a Result without variants is still a report', () => {
    const text = terminalReport({ ...sampleResult(), complete: false, variants: [] }, PLAIN);
    expect(text).toContain('NOT JUDGED');
    expect(text).toContain('INCOMPLETE');
  });
});

describe('the actual value of an expectation', () => {
  test('is in the unit that its text speaks in', () => {
    expect(actualValue('servfail-rate, below 5 %', 0.0625)).toBe('6.25 %');
    expect(actualValue('servfail-rate, below 0.1 percentage points away from b', 0.0911)).toBe(
      '9.11 pp',
    );
    expect(actualValue('retry-factor, above 1.1', 1.25)).toBe('1.25');
    expect(actualValue('retry-factor, above 1.1', null)).toBe('-');
  });
});

describe('junit.xml', () => {
  test('markup in names is escaped', () => {
    const xml = junitReport({ ...sampleResult(), scenario: '<a & "b">\u0007' });
    expect(xml).toContain('name="&lt;a &amp; &quot;b&quot;&gt;\u{fffd}"');
  });
});

describe('series.csv', () => {
  test('one row per table and bucket, each as long as the header', () => {
    const rows = seriesCsv(sampleResult()).trimEnd().split('\r\n');
    const fields = (rows[0] ?? '').split(',').length;
    // whole, 1 colo, 2 zones of 1 + 6 slices, 1 role, 6 slices
    expect(rows).toHaveLength(1 + 2 * 12 * (1 + 1 + 2 * 7 + 1 + 6));
    expect(rows.every((row) => row.split(',').length === fields)).toBe(true);
  });
});
