/** Bounded caches in a run: what capacity leaves of the maximum stale. */

import { beforeAll, describe, expect, it } from 'vitest';
import { RECOMMENDED_SERVE_STALE } from '../resolver-core/config.ts';
import { MINUTE } from '../resolver-core/time.ts';
import type { Plan } from './plan.ts';
import type { EvictionResult } from './result.ts';
import { run } from './run.ts';
import { FAULT_AT, smallPlan } from './testing/small-plan.ts';

/** One healthy node that forgets nothing but by its TTL of 20 s, asked for a few names and many once. */
function plan(answers: number): Plan {
  const small = smallPlan();
  const { cluster, traffic } = small;
  const stale = { maxTtl: 20, maxNegativeTtl: 20, serveStale: RECOMMENDED_SERVE_STALE };
  return {
    ...small,
    time: { from: FAULT_AT, to: FAULT_AT + 2 * MINUTE, bucket: MINUTE, warmup: 3 * MINUTE },
    phases: [],
    traffic: { ...traffic, names: 200, oneOff: { ...traffic.oneOff, share: 0.3 } },
    cluster: {
      ...cluster,
      colos: cluster.colos.slice(0, 1).map((colo) => ({ ...colo, nodes: 1 })),
      cache: { ...cluster.cache, answers },
      resolver: { ...cluster.resolver, ...stale },
    },
    variants: [{ name: 'plain', mitigations: [], timeline: [] }],
  };
}

describe('the effective stale horizon', () => {
  const evictions = new Map<number, EvictionResult>();
  beforeAll(async () => {
    for (const answers of [200, 1_000, 1_500, 100_000]) {
      const { variants } = await run(plan(answers));
      evictions.set(answers, variants[0]?.evictions as EvictionResult);
    }
  }, 20_000);
  const horizon = (answers: number): number | null | undefined =>
    evictions.get(answers)?.effectiveStaleHorizonSeconds;

  it('grows with the cache, and stays below the time since something was last stored', () => {
    expect(horizon(1_000)).toBeGreaterThan(10);
    expect(horizon(1_500)).toBeGreaterThan(2 * (horizon(1_000) ?? 0));
    const { usableShare, sinceStoredSeconds } = evictions.get(1_500) as EvictionResult;
    expect(usableShare).toBeGreaterThan(0.95);
    expect(horizon(1_500)).toBeLessThanOrEqual((sinceStoredSeconds?.p50 ?? 0) - 19);
  });

  it('is nothing where answers have to go before their TTL is over', () => {
    expect(evictions.get(200)?.freshShare).toBeGreaterThan(0.9);
    expect(horizon(200)).toBe(0);
  });

  it('is not bounded by a cache that has room for everything', () => {
    const none = { entries: 0, effectiveStaleHorizonSeconds: null };
    expect(evictions.get(100_000)).toMatchObject(none);
  });
});
