import { describe, expect, test } from 'vitest';
import { DAY, MINUTE } from '../resolver-core/time.ts';
import type { ExpectationPlan, PublishedPlan } from './claims.ts';
import type { Plan } from './plan.ts';
import type { Result, ShardCounts } from './result.ts';
import { summarise } from './summarise.ts';
import { type Counts, plain, shardCounts } from './testing/counts.ts';
import { FAULT_AT, smallPlan } from './testing/small-plan.ts';

const ALL = { zone: null, colo: null, role: null, slice: null };

const EXPECTATION: ExpectationPlan = {
  where: 'small.yaml:1:1',
  variant: 'fault',
  metric: 'failed-lookup-rate',
  from: FAULT_AT,
  to: FAULT_AT + 4 * MINUTE,
  filter: ALL,
  every: 'span',
  atScale: 'any',
  relativeTo: null,
  above: null,
  below: 0.5,
};

const PUBLISHED: PublishedPlan = {
  figure: 'peak',
  value: 0.5,
  variant: 'fault',
  metric: 'servfail-rate',
  from: FAULT_AT,
  to: FAULT_AT + 4 * MINUTE,
  filter: ALL,
  take: 'max',
  fitted: false,
  source: 'a post',
};

function plan(overrides: Partial<Plan>): Plan {
  return smallPlan({
    time: { from: FAULT_AT, to: FAULT_AT + 4 * MINUTE, bucket: MINUTE, warmup: 0 },
    phases: [],
    variants: ['fault', 'no-fault'].map((name) => ({ name, mitigations: [], timeline: [] })),
    ...overrides,
  });
}

function counts(variant: string, bucket: (index: number) => Counts, buckets = 4): ShardCounts {
  return shardCounts(0, variant, buckets, [{ cell: {}, bucket }], { complete: buckets === 4 });
}

/** `fault` has 10 good lookups a minute and then `failed` bad ones; `no-fault` has one bad one. */
function judge(changes: Partial<ExpectationPlan>, failed = [0, 10, 30, 0]): Expectation[] {
  const shards = [
    [counts('fault', (i) => plain(10, failed[i])), counts('no-fault', () => plain(10, 1))],
  ];
  const result = summarise(plan({ expectations: [{ ...EXPECTATION, ...changes }] }), shards);
  return result.variants.flatMap(({ expectations }) => expectations);
}
type Expectation = Result['variants'][number]['expectations'][number];

describe('values', () => {
  test('a span is the ratio of sums, not the mean of ratios', () => {
    expect(judge({})[0]).toMatchObject({ passed: false, actual: 0.5 });
    expect(judge({ below: 0.51 })[0]).toMatchObject({ passed: true, actual: 0.5 });
  });

  test('a value on the bound is neither above nor below it', () => {
    expect(judge({ above: 0.5, below: null })[0]?.passed).toBe(false);
    expect(judge({ above: 0.49, below: null })[0]?.passed).toBe(true);
  });

  test('every bucket: the worst one is the actual value', () => {
    expect(judge({ every: 'bucket' })[0]).toMatchObject({ passed: false, actual: 0.75 });
    expect(judge({ every: 'bucket', above: -1, below: null })[0]).toMatchObject({
      passed: true,
      actual: 0,
    });
    const span = { every: 'bucket', from: FAULT_AT + MINUTE, to: FAULT_AT + 2 * MINUTE } as const;
    expect(judge({ ...span, below: 0.6 })[0]).toMatchObject({ passed: true, actual: 0.5 });
  });

  test('both bounds: the bucket furthest outside', () => {
    const bounds = { every: 'bucket', above: 0.1, below: 0.7 } as const;
    expect(judge(bounds)[0]).toMatchObject({ passed: false, actual: 0 });
    expect(judge(bounds, [5, 5, 90, 5])[0]).toMatchObject({ passed: false, actual: 0.9 });
  });

  test('relative to another variant, bucket against the same bucket', () => {
    const relative = { metric: 'noerror', relativeTo: 'no-fault', below: null } as const;
    expect(judge({ ...relative, every: 'bucket', above: 0.9 })[0]).toMatchObject({ actual: 1 });
    expect(judge({ ...relative, metric: 'servfail', above: 9 })[0]).toMatchObject({
      passed: true,
      actual: 10,
    });
  });

  test('as far from another variant as the worst bucket, this way or that', () => {
    const apart = { metric: 'failed-lookup-rate', differsFrom: 'no-fault' } as const;
    // 1 in 11 fails without the fault; with it none, 10 in 20, 30 in 40 and none.
    const [verdict] = judge({ ...apart, every: 'bucket', below: 0.1 });
    expect(verdict).toMatchObject({ passed: false, actual: 30 / 40 - 1 / 11 });
    const less = judge({ ...apart, every: 'bucket', below: 0.1 }, [0, 0, 0, 0]);
    expect(less[0]).toMatchObject({ passed: true, actual: 1 / 11 });
    expect(judge({ ...apart, below: 0.001 }, [1, 1, 1, 1])[0]).toMatchObject({
      passed: true,
      actual: 0,
    });
    expect(judge({ ...apart, metric: 'nxdomain', below: 1 })[0]).toMatchObject({ actual: 0 });
  });

  test('something against nothing is above any bound; nothing against nothing is not judged', () => {
    const relative = { metric: 'nxdomain', relativeTo: 'no-fault', above: 1, below: null } as const;
    expect(judge(relative)[0]).toMatchObject({ passed: false, actual: null });
    const shards = [[counts('fault', () => plain(1)), counts('no-fault', () => plain(0, 1))]];
    const [first] = summarise(
      plan({ expectations: [{ ...EXPECTATION, ...relative, metric: 'noerror' }] }),
      shards,
    ).variants;
    expect(first?.expectations).toMatchObject([{ passed: true, actual: null }]);
  });

  test('a selection without lookups fails, since it shows nothing', () => {
    const [verdict] = judge({ filter: { ...ALL, zone: 'com' } });
    expect(verdict).toMatchObject({ passed: false, actual: null });
  });

  test('a span that a stopped run has not finished is not judged', () => {
    const shards = [[counts('fault', () => plain(1), 3)]];
    const early = { ...EXPECTATION, to: FAULT_AT + 3 * MINUTE };
    const result = summarise(plan({ expectations: [EXPECTATION, early] }), shards);
    expect(result.variants[0]?.expectations).toHaveLength(1);
  });

  test('without a variant, every variant is judged', () => {
    expect(judge({ variant: null }).map(({ passed }) => passed)).toEqual([false, true]);
  });
});

describe('text', () => {
  test.each([
    [{}, 'fault: failed-lookup-rate, 19:30Z..19:34Z, below 50 %'],
    [
      {
        filter: { zone: 'de', slice: 'unsigned', colo: ['fra'], role: ['resolver'] },
        above: 0.025,
      },
      'fault: failed-lookup-rate of de/unsigned at fra for resolver, 19:30Z..19:34Z, above 2.5 % and below 50 %',
    ],
    [
      { metric: 'noerror', every: 'bucket', relativeTo: 'no-fault', above: 0.9, below: null },
      'fault: noerror, 19:30Z..19:34Z, every bucket above 90 % of no-fault',
    ],
    [
      { differsFrom: 'no-fault', below: 0.001 },
      'fault: failed-lookup-rate, 19:30Z..19:34Z, below 0.1 percentage points away from no-fault',
    ],
    [
      { metric: 'retry-factor', below: 1.5, filter: { ...ALL, slice: 'cd' } },
      'fault: retry-factor of cd, 19:30Z..19:34Z, below 1.5',
    ],
  ] satisfies [Partial<ExpectationPlan>, string][])('%j reads: %s', (changes, text) => {
    expect(judge(changes)[0]?.text).toBe(text);
  });

  test('a window of more than a day shows dates', () => {
    const expectation = { ...EXPECTATION, to: FAULT_AT + 2 * DAY };
    const time = { from: FAULT_AT, to: FAULT_AT + 2 * DAY, bucket: DAY, warmup: 0 };
    const [variant] = summarise(plan({ time, expectations: [expectation] }), [
      [shardCounts(0, 'fault', 2, [{ cell: {}, bucket: () => plain(1) }])],
    ]).variants;
    expect(variant?.expectations[0]?.text).toContain('2026-05-05T19:30Z..2026-05-07T19:30Z');
  });
});

describe('published figures', () => {
  const simulate = (changes: Partial<PublishedPlan>, buckets = 4) =>
    summarise(plan({ published: [{ ...PUBLISHED, ...changes }] }), [
      [counts('fault', (i) => plain(10, [0, 10, 30, 0][i]), buckets)],
    ]).published[0];

  test('span, least and greatest bucket', () => {
    expect(simulate({ take: 'span' })).toMatchObject({ simulated: 0.5, ratio: 1 });
    expect(simulate({ take: 'max' })).toMatchObject({ simulated: 0.75, ratio: 1.5 });
    expect(simulate({ take: 'min' })).toMatchObject({ simulated: 0, ratio: 0 });
  });

  test('null where the variant did not run, the span is not finished or nothing was asked', () => {
    expect(simulate({ variant: 'no-fault' })).toMatchObject({ simulated: null, ratio: null });
    expect(simulate({}, 3)?.simulated).toBeNull();
    expect(simulate({ filter: { ...ALL, colo: ['iad'] } })?.simulated).toBeNull();
    expect(simulate({ value: 0 })).toMatchObject({ simulated: 0.75, ratio: null });
  });
});
