import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Bound, watch } from './alerts.ts';
import { type ColumnSums, METRICS, type Metric, metricValue } from './metrics.ts';
import { COUNT_COLUMNS } from './result.ts';
import { type Counts, plain } from './testing/counts.ts';

function metric(name: string): Metric {
  const found = METRICS[name];
  if (found === undefined) throw new Error(`no metric ${name}`);
  return found;
}

function sumsOf(counts: Counts): ColumnSums {
  return Object.fromEntries(
    COUNT_COLUMNS.map((column) => [column, counts[column] ?? 0]),
  ) as ColumnSums;
}

const BOUND: Bound = {
  metric: metric('servfail-rate'),
  above: 0.25,
  below: null,
  span: 2,
  minimum: 0,
};

/** Ten queries a bucket, of which so many fail. */
function failing(failed: readonly number[]): ColumnSums[] {
  return failed.map((count) => sumsOf(plain(10 - count, count)));
}

describe('when it rings', () => {
  test('fires where the first span ends whose ratio of sums is beyond the bound, and clears where one is not', () => {
    // spans of two: 0/20, 5/20, 8/20, 6/20, 3/20
    const { ringing, extreme } = watch(BOUND, failing([0, 0, 5, 3, 3, 0]));
    expect(ringing).toEqual([{ from: 4, to: 6 }]);
    expect(extreme).toBe(0.4);
  });

  test('a ratio of sums, not every bucket by itself: a quiet bucket between bad ones does not reset it', () => {
    expect(watch(BOUND, failing([9, 0, 9, 0])).ringing).toEqual([{ from: 2, to: null }]);
  });

  test('not before the first span is full', () => {
    expect(watch({ ...BOUND, span: 3 }, failing([10, 10])).ringing).toEqual([]);
    expect(watch({ ...BOUND, span: 3 }, failing([10, 10, 10])).ringing).toEqual([
      { from: 3, to: null },
    ]);
  });

  test('a value on the bound does not ring', () => {
    expect(watch(BOUND, failing([2, 3, 2, 3])).ringing).toEqual([]);
    const below = { ...BOUND, above: null, below: 0.25 };
    expect(watch(below, failing([2, 3, 2, 3])).ringing).toEqual([]);
    expect(watch(below, failing([2, 2, 3])).ringing).toEqual([{ from: 2, to: 3 }]);
  });

  test('with fewer client queries than the minimum it neither fires nor goes on', () => {
    const few = [...failing([10, 10]), sumsOf(plain(0, 4)), sumsOf(plain(0, 4))];
    const { ringing } = watch({ ...BOUND, minimum: 10 }, few);
    expect(ringing).toEqual([{ from: 2, to: 4 }]);
    expect(watch({ ...BOUND, minimum: 21 }, few)).toEqual({ ringing: [], extreme: null });
  });

  test('a ratio with nothing to divide by does not ring; a count of nothing may', () => {
    const silent = [sumsOf({}), sumsOf({})];
    expect(watch({ ...BOUND, above: null, below: 1 }, silent).ringing).toEqual([]);
    const count = { ...BOUND, metric: metric('client-queries'), above: null, below: 1 };
    expect(watch(count, silent).ringing).toEqual([{ from: 2, to: null }]);
  });

  test('the extreme is the value nearest to the bound when nothing rings', () => {
    expect(watch({ ...BOUND, above: 0.9 }, failing([0, 1, 3, 2])).extreme).toBe(0.25);
    expect(watch({ ...BOUND, above: null, below: 0 }, failing([4, 1, 3, 2])).extreme).toBe(0.2);
  });
});

describe('against a recomputation of every span', () => {
  const counts = fc.integer({ min: 0, max: 40 });
  const series = fc.array(
    fc
      .array(counts, { minLength: COUNT_COLUMNS.length, maxLength: COUNT_COLUMNS.length })
      .map((row) => sumsOf(Object.fromEntries(COUNT_COLUMNS.map((name, i) => [name, row[i]])))),
    { maxLength: 24 },
  );
  const bounds = fc
    .record({
      name: fc.constantFrom(...Object.keys(METRICS)),
      bound: fc.oneof(fc.double({ min: 0, max: 2, noNaN: true }), fc.integer({ max: 200 })),
      isAbove: fc.boolean(),
      span: fc.integer({ min: 1, max: 6 }),
      minimum: fc.integer({ min: 0, max: 120 }),
    })
    .map(
      ({ name, bound, isAbove, span, minimum }): Bound => ({
        ...{ metric: metric(name), span, minimum },
        above: isAbove ? bound : null,
        below: isAbove ? null : bound,
      }),
    );

  /** The value at each end of a bucket, with all the sums made anew. */
  function values({ metric: of, span, minimum }: Bound, buckets: readonly ColumnSums[]) {
    return buckets.map((_, index) => {
      if (index + 1 < span) return null;
      const sums = sumsOf(
        Object.fromEntries(
          COUNT_COLUMNS.map((column) => [
            column,
            buckets.slice(index + 1 - span, index + 1).reduce((sum, each) => sum + each[column], 0),
          ]),
        ),
      );
      return sums.clientQueries < minimum ? null : metricValue(of, sums);
    });
  }

  test('it rings at exactly the instants at which the sums over the span are beyond the bound', () => {
    fc.assert(
      fc.property(bounds, series, (bound, buckets) => {
        const found = values(bound, buckets);
        const beyond = found.map(
          (value) =>
            value !== null &&
            (bound.above === null ? value < Number(bound.below) : value > bound.above),
        );
        const { ringing, extreme } = watch(bound, buckets);
        const rings = beyond.map((_, index) =>
          ringing.some(({ from, to }) => from <= index + 1 && (to === null || index + 1 < to)),
        );
        expect(rings).toEqual(beyond);
        ringing.forEach(({ to }, i) => {
          if (to !== null) expect(to).toBeLessThan(ringing[i + 1]?.from ?? buckets.length + 1);
          else expect(i).toBe(ringing.length - 1);
        });
        const judged = found.filter((value) => value !== null);
        const best = bound.above === null ? Math.min(...judged) : Math.max(...judged);
        expect(extreme).toBe(judged.length === 0 ? null : best);
      }),
      { numRuns: 500 },
    );
  });

  test('more history before the span changes nothing but the instants', () => {
    fc.assert(
      fc.property(bounds, series, series, (bound, before, buckets) => {
        const late = watch(bound, [...before, ...buckets]).ringing.flatMap(({ from, to }) => {
          const settled = before.length + bound.span; // from here on only `buckets` are seen
          if (to !== null && to <= settled) return [];
          const begin = Math.max(from, settled) - before.length;
          return [{ from: begin, to: to === null ? null : to - before.length }];
        });
        const alone = watch(bound, buckets).ringing;
        if (buckets.length >= bound.span) expect(late).toEqual(alone);
        else expect(alone).toEqual([]);
      }),
    );
  });
});
