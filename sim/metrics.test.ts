import { describe, expect, it } from 'vitest';
import { type ColumnSums, METRICS, metricValue } from './metrics.ts';
import { COLUMNS, COUNT_COLUMNS } from './result.ts';

function sums(set: Partial<Record<keyof ColumnSums, number>>): ColumnSums {
  const zero = Object.fromEntries(COUNT_COLUMNS.map((column) => [column, 0]));
  return { ...zero, ...set } as ColumnSums;
}

function value(name: string, set: Partial<Record<keyof ColumnSums, number>>): number | null {
  const metric = METRICS[name];
  if (metric === undefined) throw new Error(`no metric ${name}`);
  return metricValue(metric, sums(set));
}

describe('metrics', () => {
  it('offers every column as a count and every rate of report.json, in kebab-case', () => {
    expect(Object.keys(METRICS)).toHaveLength(15 + COLUMNS.length);
    expect(Object.keys(METRICS)).toEqual(expect.arrayContaining(['client-queries', 'noerror']));
    expect(Object.keys(METRICS)).toContain('failed-lookup-rate');
  });

  it('counts a query that was never answered in the denominator of servfail-rate', () => {
    expect(value('servfail-rate', { NOERROR: 6, SERVFAIL: 2, TIMEOUT: 2 })).toBe(0.2);
  });

  it('takes answers from the failure cache for no hits, and stale ones for hits', () => {
    expect(value('cache-hit-ratio', { hits: 5, cacheStale: 1, failureCached: 2, misses: 2 })).toBe(
      0.6,
    );
  });

  it('takes the mean round trip of upstream queries over those that were answered', () => {
    const counts = { upstreamQueries: 5, upstreamTimeouts: 1, upstreamMs: 100 };
    expect(value('upstream-round-trip', counts)).toBe(25);
  });

  it('has no value where nothing was counted', () => {
    expect(value('failed-lookup-rate', {})).toBeNull();
    expect(value('failed-lookups', {})).toBe(0);
  });
});
