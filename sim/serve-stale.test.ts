/** Serve-stale and prefetch in virtual time: what is counted, and that it is the same however it is run. */

import { beforeAll, describe, expect, it } from 'vitest';
import { RECOMMENDED_SERVE_STALE } from '../resolver-core/config.ts';
import { MINUTE } from '../resolver-core/time.ts';
import { EDE } from '../resolver-core/wire/iana.ts';
import type { Plan, ResolverPlan, VariantPlan } from './plan.ts';
import type { Result, Totals } from './result.ts';
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
