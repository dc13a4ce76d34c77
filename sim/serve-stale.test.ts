/** Serve-stale and prefetch in virtual time: what is counted, and that it is the same however it is run. */

import { beforeAll, describe, expect, it } from 'vitest';
import { RECOMMENDED_SERVE_STALE } from '../resolver-core/config.ts';
import { MINUTE } from '../resolver-core/time.ts';
import { EDE } from '../resolver-core/wire/iana.ts';
import type { Plan, ResolverPlan, TimelineEvent, VariantPlan } from './plan.ts';
import type { Column, Result, Totals } from './result.ts';
import { run } from './run.ts';
import { DE_FAULT, FAULT_AT, smallPlan } from './testing/small-plan.ts';

function variant(name: string, set: Partial<ResolverPlan>): VariantPlan {
  return { name, mitigations: [], timeline: [{ kind: 'resolver', at: 0, set }, ...DE_FAULT] };
}

/** Nothing is kept for longer than a minute, so that the fault is felt soon. */
function plan(): Plan {
  const small = smallPlan();
  const { cluster } = small;
  return {
    ...small,
    time: { from: FAULT_AT, to: FAULT_AT + 2 * MINUTE, bucket: MINUTE, warmup: MINUTE },
    phases: [],
    cluster: {
      ...cluster,
      colos: cluster.colos.slice(0, 1),
      resolver: { ...cluster.resolver, maxTtl: 60, maxNegativeTtl: 60 },
    },
    variants: [
      variant('neither', {}),
      variant('prefetch', { prefetch: 0.3 }),
      variant('both', { prefetch: 0.3, serveStale: RECOMMENDED_SERVE_STALE }),
    ],
  };
}

let result: Result;
beforeAll(async () => {
  result = await run(plan());
}, 20_000);

const totals = (name: string): Totals => {
  const found = result.variants.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no variant ${name}`);
  return found.totals;
};

describe('a run with serve-stale', () => {
  it('counts stale answers in their columns, once each, and says so in EDE', () => {
    const { stale, staleNoerror, cache, clientQueries, ede, answers } = totals('both');
    expect(staleNoerror).toBeGreaterThan(0);
    expect(staleNoerror).toBeLessThan(stale);
    expect(cache.stale).toBeGreaterThanOrEqual(stale);
    expect(Object.values(cache).reduce((sum, count) => sum + count, 0)).toBe(clientQueries);
    expect(ede[EDE.STALE_ANSWER]).toBe(staleNoerror);
    expect(ede[EDE.STALE_NXDOMAIN_ANSWER]).toBe(stale - staleNoerror);
    const without = totals('prefetch');
    expect(answers.SERVFAIL).toBeLessThan(without.answers.SERVFAIL);
    expect([without.stale, without.cache.stale]).toEqual([0, 0]);
  });

  it('is the same for every block size and through octets', async () => {
    const other = await run(plan(), { variants: ['both'], block: 1, wire: true });
    const { variants } = result;
    expect(other.variants).toEqual(variants.filter(({ name }) => name === 'both'));
  }, 20_000);
});

describe('a run with prefetch', () => {
  it('has more hits and fewer misses for more upstream queries', () => {
    const [without, prefetched] = [totals('neither'), totals('prefetch')];
    expect(prefetched.cache.hits).toBeGreaterThan(without.cache.hits);
    expect(prefetched.cache.misses).toBeLessThan(without.cache.misses);
    expect(prefetched.upstream.queries).toBeGreaterThan(without.upstream.queries);
  });
});

/** Variants of .de from the fault on, minute by minute; what was cached before is gone after two. */
describe('the accident of .de with serve-stale', () => {
  const MINUTES = 5;
  const turned = (set: Partial<ResolverPlan>, minute: number): TimelineEvent => ({
    kind: 'resolver',
    at: FAULT_AT + minute * MINUTE,
    set,
  });
  const on = { serveStale: RECOMMENDED_SERVE_STALE };
  const variants: readonly VariantPlan[] = [
    { name: 'healthy', mitigations: [], timeline: [] },
    variant('off', {}),
    variant('on', on),
    variant('short', { serveStale: { ...RECOMMENDED_SERVE_STALE, maxStale: 60 } }),
    variant('not-on-bogus', { serveStale: { ...RECOMMENDED_SERVE_STALE, onBogus: false } }),
    {
      ...variant('lifted', on),
      timeline: [...variant('lifted', on).timeline, turned({ serveStale: null }, 3)],
    },
  ];
  let accident: Result;
  beforeAll(async () => {
    const { time, ...rest } = plan();
    const to = FAULT_AT + MINUTES * MINUTE;
    accident = await run({ ...rest, time: { ...time, to, warmup: 3 * MINUTE }, variants });
  }, 30_000);

  /** Of unsigned names in .de, whose proofs are gone within two minutes. */
  function minutes(name: string, column: Column): readonly number[] {
    const found = accident.variants.find((each) => each.name === name);
    const { series } = found?.byZone.de?.bySlice.unsigned ?? {};
    if (series === undefined) throw new Error(`no variant ${name} with .de`);
    return series.columns[column];
  }
  const share = (name: string, minute: number): number =>
    (minutes(name, 'NOERROR')[minute] ?? 0) / (minutes('healthy', 'NOERROR')[minute] ?? 0);

  it('keeps nine tenths of the NOERROR answers in every minute, where there were none left', () => {
    for (let minute = 0; minute < MINUTES; minute++) {
      expect(share('on', minute)).toBeGreaterThan(0.9);
    }
    expect(minutes('off', 'NOERROR').slice(2)).toEqual([0, 0, 0]);
    expect(minutes('not-on-bogus', 'NOERROR')).toEqual(minutes('off', 'NOERROR'));
  });

  it('has fewer fresh answers from minute to minute, until none is', () => {
    const stale = minutes('on', 'staleNoerror');
    const fresh = minutes('on', 'NOERROR').map((count, i) => count - (stale[i] ?? 0));
    expect(fresh[0]).toBeGreaterThan(fresh[1] ?? 0);
    expect(fresh.slice(2)).toEqual([0, 0, 0]);
  });

  it('says how long past their TTL stale answers are: never longer than max-stale, none without it', () => {
    const ages = (name: string): Totals['staleAgeSeconds'] | undefined =>
      accident.variants.find((each) => each.name === name)?.totals.staleAgeSeconds;
    expect(ages('off')).toBeNull();
    expect(ages('short')?.max).toBeGreaterThan(50);
    expect(ages('short')?.max).toBeLessThan(60);
    const long = ages('on');
    expect(long?.max).toBeGreaterThan(120);
    expect(long?.max).toBeLessThan(MINUTES * 60 + 180);
    expect(long?.p50).toBeLessThan(long?.p90 ?? 0);
  });

  it('ends max-stale after the last TTL', () => {
    expect(share('short', 0)).toBeGreaterThan(0.85);
    expect(minutes('short', 'staleNoerror')[2]).toBeGreaterThan(0);
    expect(minutes('short', 'NOERROR').slice(3)).toEqual([0, 0]);
  });

  it('ends at once when it is switched off', () => {
    expect(minutes('lifted', 'NOERROR').slice(0, 3)).toEqual(minutes('on', 'NOERROR').slice(0, 3));
    expect(minutes('lifted', 'cacheStale').slice(3)).toEqual([0, 0]);
  });

  it('counts as hits only the stale answers that nobody waited for', () => {
    const found = accident.variants.find(({ name }) => name === 'on')?.totals as Totals;
    const { cache, staleWaited, clientQueries, cacheHitRatio } = found;
    expect(staleWaited).toBeGreaterThan(0);
    expect(staleWaited).toBeLessThan(cache.stale);
    const hits = cache.hits + cache.stale - staleWaited;
    expect(cacheHitRatio).toBeCloseTo(hits / clientQueries, 12);
  });
});
