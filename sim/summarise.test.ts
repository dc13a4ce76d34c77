import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MINUTE } from '../resolver-core/time.ts';
import type { Plan } from './plan.ts';
import type { Result, VariantResult } from './result.ts';
import { summarise } from './summarise.ts';
import { type CellCounts, plain, shardCounts } from './testing/counts.ts';
import { FAULT_AT, smallPlan } from './testing/small-plan.ts';

/** Four buckets of a minute, the fault after the second; one variant. */
function fourMinutes(overrides: Partial<Plan> = {}): Plan {
  return smallPlan({
    time: { from: FAULT_AT - 2 * MINUTE, to: FAULT_AT + 2 * MINUTE, bucket: MINUTE, warmup: 0 },
    phases: [
      { name: 'before', from: FAULT_AT - 2 * MINUTE, to: FAULT_AT },
      { name: 'during', from: FAULT_AT, to: FAULT_AT + 2 * MINUTE },
    ],
    variants: [{ name: 'fault', mitigations: ['hope'], timeline: [] }],
    ...overrides,
  });
}

function one(result: Result): VariantResult {
  const variant = result.variants[0];
  if (variant === undefined) throw new Error('no variant');
  return variant;
}

function run(cells: readonly CellCounts[], plan: Plan = fourMinutes()): VariantResult {
  return one(summarise(plan, [[shardCounts(0, 'fault', 4, cells)]]));
}

describe('marks', () => {
  const sign = { kind: 'sign-with', zone: 'de', key: '1' } as const;

  test('events of one instant and kind are one mark; what is not marked is none', () => {
    const timeline = [
      { ...sign, at: FAULT_AT, mark: { kind: 'fault', text: 'a' } },
      { ...sign, at: FAULT_AT, mark: { kind: 'mitigation', text: 'm' }, mitigation: 'm' },
      { ...sign, at: FAULT_AT, mark: { kind: 'fault', text: 'b' } },
      { ...sign, at: FAULT_AT, mark: { kind: 'fault', text: 'a' } },
      { ...sign, at: FAULT_AT + MINUTE },
      { ...sign, at: FAULT_AT + MINUTE, mark: { kind: 'repair', text: 'c' } },
    ] as const;
    const plan = fourMinutes({ variants: [{ name: 'fault', mitigations: [], timeline }] });
    expect(run([], plan).marks).toEqual([
      { at: '2026-05-05T19:30:00Z', kind: 'fault', text: 'a; b' },
      { at: '2026-05-05T19:30:00Z', kind: 'mitigation', text: 'm' },
      { at: '2026-05-05T19:31:00Z', kind: 'repair', text: 'c' },
    ]);
  });
});

describe('totals', () => {
  test('rates are ratios of sums, and null where there is nothing to divide by', () => {
    const { totals, byColo } = run([{ cell: {}, bucket: (i) => plain(i === 0 ? 90 : 0, i) }]);
    expect(totals.servfailRate).toBe(6 / 96);
    expect(totals.noerrorRate).toBe(90 / 96);
    expect(totals.retryFactor).toBe(1);
    expect(byColo.iad?.totals).toMatchObject({
      clientQueries: 0,
      servfailRate: null,
      cacheHitRatio: null,
      triesPerFailedLookup: null,
      latencyMs: null,
    });
  });

  test('failure cache, joined and policy answers are no cache hits', () => {
    const { totals } = run([
      {
        cell: {},
        bucket: () => ({
          clientQueries: 10,
          NOERROR: 10,
          hits: 1,
          forwardedHits: 1,
          sharedHits: 1,
          staticZone: 1,
          cacheStale: 1,
          synthesised: 1,
          failureCached: 1,
          joined: 1,
          policy: 1,
          misses: 1,
        }),
      },
    ]);
    expect(totals.cacheHitRatio).toBe(0.6);
    expect(totals.cache.stale).toBe(4);
  });

  test('counts that contradict each other stop a complete run', () => {
    const cell = { cell: {}, bucket: () => ({ clientQueries: 3, NOERROR: 2, hits: 3 }) };
    expect(() => run([cell])).toThrow('3 client queries, 2 answers, 3 cache outcomes');
    const twice = {
      cell: {},
      bucket: () => ({ clientQueries: 3, NOERROR: 3, hits: 3, joined: 1 }),
    };
    expect(() => run([twice])).toThrow('4 cache outcomes');
  });

  test('latency is exact to three digits, in milliseconds, never above the largest value', () => {
    const { totals } = run([
      {
        cell: {},
        bucket: () => ({}),
        latency: [
          [0, 900, 98],
          [1, 123_456, 2],
        ],
      },
    ]);
    expect(totals.latencyMs?.p50).toBe(0.9);
    expect(totals.latencyMs?.p99).toBeCloseTo(123.456, 0);
    expect(totals.latencyMs?.p99).toBeLessThanOrEqual(totals.latencyMs?.max ?? 0);
  });

  test('EDE are counted by code and by text; the twenty most frequent texts, ties in text order', () => {
    const texts = Array.from({ length: 30 }, (_, i) => `text ${String(i).padStart(2, '0')}`);
    const { totals } = run([
      {
        cell: {},
        bucket: () => ({}),
        errors: [
          [0, 22, '', 5],
          ...texts.map((text, i) => [1, 6, text, i === 29 ? 7 : 1] as const),
        ],
      },
    ]);
    expect(totals.ede).toEqual({ 6: 36, 22: 5 });
    expect(totals.edeTexts).toHaveLength(20);
    expect(totals.edeTexts[0]).toEqual({ text: 'text 29', count: 7 });
    expect(totals.edeTexts.slice(1).map(({ text }) => text)).toEqual(texts.slice(0, 19));
  });
});

describe('spans', () => {
  test('a phase holds the buckets that begin in it, its EDE and its latency', () => {
    const { phases } = run([
      {
        cell: {},
        bucket: (i) => plain(10, i),
        errors: [[2, 6, 'bogus', 3]],
        latency: [
          [0, 1_000, 10],
          [1, 9_000, 10],
        ],
      },
    ]);
    expect(phases.map(({ totals }) => totals.answers.SERVFAIL)).toEqual([1, 5]);
    expect(phases.map(({ totals }) => totals.ede)).toEqual([{}, { 6: 3 }]);
    expect(phases.map(({ totals }) => totals.latencyMs?.max)).toEqual([1, 9]);
    expect(phases[1]).toMatchObject({ from: '2026-05-05T19:30:00Z', to: '2026-05-05T19:32:00Z' });
  });

  test('a series has one number per bucket and column', () => {
    const { series } = run([{ cell: {}, bucket: (i) => plain(10, i) }]);
    expect(series).toMatchObject({ from: '2026-05-05T19:28:00Z', bucketSeconds: 60 });
    expect(series.columns.SERVFAIL).toEqual([0, 1, 2, 3]);
    expect(series.columns.clientQueries).toEqual([10, 11, 12, 13]);
  });
});

describe('slices', () => {
  test('signed, unsigned, missing and cd part all lookups; oneOff and do overlap them', () => {
    const cellArbitrary = fc.record({
      zone: fc.constantFrom('de', 'com', '.'),
      colo: fc.constantFrom('fra', 'iad'),
      kind: fc.constantFrom('signed' as const, 'unsigned' as const, 'missing' as const),
      oneOff: fc.boolean(),
      dnssecOk: fc.boolean(),
      checkingDisabled: fc.boolean(),
    });
    const sliced = fc.array(fc.tuple(cellArbitrary, fc.nat(100), fc.nat(100)), { maxLength: 12 });
    fc.assert(
      fc.property(sliced, (cells) => {
        const result = run(
          cells.map(([cell, ok, bad]) => ({ cell, bucket: () => plain(ok, bad) })),
        );
        const lookups = (table: { totals: { lookups: number } } | undefined) =>
          table?.totals.lookups ?? 0;
        const parts = ['signed', 'unsigned', 'missing', 'cd'];
        const total = parts.reduce((sum, name) => sum + lookups(result.bySlice[name]), 0);
        expect(total).toBe(result.totals.lookups);
        for (const by of [result.byColo, result.byZone, result.byRole]) {
          const sum = Object.values(by).reduce((all, table) => all + table.totals.lookups, 0);
          expect(sum).toBe(result.totals.lookups);
        }
        const { de } = result.byZone;
        expect(parts.reduce((sum, name) => sum + lookups(de?.bySlice[name]), 0)).toBe(lookups(de));
        const oneOff = cells.filter(([cell]) => cell.oneOff);
        expect(lookups(result.bySlice.oneOff)).toBe(
          oneOff.reduce((sum, [, ok, bad]) => sum + 4 * (ok + bad), 0),
        );
      }),
      { numRuns: 20 },
    );
  });

  test('tables stand in the order of the plan, names that it does not know last', () => {
    const cells = ['zz', 'aa', 'com'].map((zone) => ({ cell: { zone }, bucket: () => plain(1) }));
    const zones = Object.keys(run(cells).byZone);
    expect(zones).toEqual(['.', 'de', 'com', 'net', 'nl', 'org', 'se', 'aa', 'zz']);
  });
});

describe('shards', () => {
  const shard = (number: number, failed: number) =>
    shardCounts(
      number,
      'fault',
      4,
      [{ cell: { colo: number ? 'iad' : 'fra' }, bucket: () => plain(10, failed) }],
      {
        signatures: [
          {
            zone: 'de',
            keyTag: 33834,
            made: ['soa', `only ${number}`],
            checked: 5,
            failed: 2,
            distinctFailed: ['soa'],
          },
          { zone: '.', keyTag: 9, made: ['ds'], checked: 1, failed: 0, distinctFailed: [] },
        ],
      },
    );

  test('the order in which shards come home changes nothing', () => {
    const plan = fourMinutes();
    const forth = summarise(plan, [[shard(0, 1)], [shard(1, 2)]]);
    const back = summarise(plan, [[shard(1, 2)], [shard(0, 1)]]);
    expect(JSON.stringify(back)).toBe(JSON.stringify(forth));
    expect(one(forth).totals.answers.SERVFAIL).toBe(12);
    expect(one(forth).byColo.iad?.totals.answers.SERVFAIL).toBe(8);
  });

  test('distinct signatures are united over shards, validations added up', () => {
    const { totals } = one(summarise(fourMinutes(), [[shard(0, 1)], [shard(1, 2)]]));
    expect(Object.entries(totals.signatures?.byKeyTag ?? {})).toEqual([
      ['./9', { made: 1, checked: 2, failed: 0, distinctFailed: 0 }],
      ['de/33834', { made: 3, checked: 10, failed: 4, distinctFailed: 1 }],
    ]);
    expect(totals.signatures).toMatchObject({ checked: 12, failed: 4 });
  });

  test('the digest changes with any word of any shard', () => {
    const digest = (words: readonly (readonly [number, number])[]) =>
      summarise(fourMinutes(), [words.map((word, i) => ({ ...shard(i, 1), digest: word }))]).digest;
    const base = digest([[1, 2]]);
    expect(base).toMatch(/^[0-9a-f]{16}$/);
    expect(
      new Set([
        base,
        digest([[2, 1]]),
        digest([[1, 3]]),
        digest([
          [1, 2],
          [0, 0],
        ]),
      ]).size,
    ).toBe(4);
  });

  test('a stopped run holds the buckets that every shard has finished, and says so', () => {
    const stopped = shardCounts(
      1,
      'fault',
      3,
      [{ cell: { colo: 'iad' }, bucket: () => plain(1) }],
      {
        complete: false,
      },
    );
    const result = summarise(fourMinutes(), [[shard(0, 0)], [stopped]]);
    expect(result.complete).toBe(false);
    expect(one(result).series.columns.NOERROR).toEqual([11, 11, 11]);
  });

  test('of a stopped run, latency is that of finished segments', () => {
    const latency = [
      [0, 1_000, 10],
      [1, 9_000, 10],
    ] as const;
    const stopped = (buckets: number) =>
      shardCounts(0, 'fault', buckets, [{ cell: {}, bucket: () => plain(1), latency }], {
        complete: false,
      });
    const max = (buckets: number) =>
      one(summarise(fourMinutes(), [[stopped(buckets)]])).totals.latencyMs?.max;
    expect([max(1), max(2), max(3)]).toEqual([undefined, 1, 1]);
  });

  test('a variant that a shard has not begun is left out', () => {
    const plan = fourMinutes({
      variants: ['fault', 'later'].map((name) => ({ name, mitigations: [], timeline: [] })),
    });
    const later = { ...shard(0, 0), variant: 'later' };
    const result = summarise(plan, [[shard(0, 0), later], [shard(1, 0)]]);
    expect(result.variants.map(({ name }) => name)).toEqual(['fault']);
    expect(result.complete).toBe(false);
  });
});
