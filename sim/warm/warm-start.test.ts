/** Warm start in runs: what it leaves in the caches, and that it is the same however it is run. */

import { describe, expect, it } from 'vitest';
import { RECOMMENDED_SERVE_STALE } from '../../resolver-core/config.ts';
import { HOUR, MINUTE, SECOND } from '../../resolver-core/time.ts';
import { ALGORITHM } from '../../resolver-core/wire/iana.ts';
import type { Plan, ZonePlan } from '../plan.ts';
import type { Totals } from '../result.ts';
import { run } from '../run.ts';
import { DE_FAULT, FAULT_AT, smallPlan } from '../testing/small-plan.ts';

const P256 = { algorithm: ALGORITHM.ECDSAP256SHA256, share: 1 };

/** With keys that take no search. */
function cheaper(zone: ZonePlan): ZonePlan {
  if (zone.signing === null) return zone;
  const { algorithm } = P256;
  const keys = zone.signing.keys.map((key) => ({
    ...key,
    algorithm,
    bits: 0,
    tag: null,
  }));
  return { ...zone, signing: { ...zone.signing, keys } };
}

/** Ten minutes in which everything signed for .de is wrong, after a short warm-up. */
function warmPlan(start: 'cold' | 'warm', colos = 1): Plan {
  const small = smallPlan();
  const { cluster } = small;
  const fault = { name: 'fault', mitigations: [], timeline: DE_FAULT };
  const unvalidated = { kind: 'resolver', at: 0, set: { validation: false } } as const;
  return {
    ...small,
    zones: small.zones.map(cheaper),
    catalogue: small.catalogue.slice(0, 24),
    traffic: {
      ...small.traffic,
      names: 80,
      missing: { share: 0.06, names: 10 },
      regions: small.traffic.regions.map((region) => ({ ...region, lookupsPerSecond: 2 })),
    },
    hosting: { ...small.hosting, signing: { ...small.hosting.signing, algorithms: [P256] } },
    time: { from: FAULT_AT, to: FAULT_AT + 10 * MINUTE, bucket: MINUTE, warmup: 2 * MINUTE },
    phases: [],
    cluster: {
      ...cluster,
      colos: cluster.colos.slice(0, colos),
      cache: { ...cluster.cache, start },
      resolver: {
        ...cluster.resolver,
        serveStale: { ...RECOMMENDED_SERVE_STALE, maxStale: HOUR / SECOND },
      },
    },
    variants: [fault, { ...fault, name: 'non-validating', timeline: [unvalidated, ...DE_FAULT] }],
  };
}

describe('a run that starts warm', () => {
  it('has at once hits, stale answers and proofs that a cold one lacks', async () => {
    const totals = async (start: 'cold' | 'warm'): Promise<Totals> =>
      (await run(warmPlan(start), { variants: ['fault'] })).variants[0]?.totals as Totals;
    const [cold, warm] = [await totals('cold'), await totals('warm')];
    expect(warm.cache.hits).toBeGreaterThan(cold.cache.hits);
    expect(warm.stale).toBeGreaterThan(3 * cold.stale);
    expect(warm.answers.SERVFAIL).toBeLessThan(0.7 * cold.answers.SERVFAIL);
    // The same clients ask the same.
    expect(warm.lookups).toBe(cold.lookups);
  });

  it.each(['forwarded', 'shared'] as const)('does so where answers are %s', async (mode) => {
    const totals = async (start: 'cold' | 'warm'): Promise<Totals> => {
      const plan = warmPlan(start);
      const cache = { ...plan.cluster.cache, mode };
      const { variants } = await run(
        { ...plan, cluster: { ...plan.cluster, cache } },
        { variants: ['fault'] },
      );
      return variants[0]?.totals as Totals;
    };
    const [cold, warm] = [await totals('cold'), await totals('warm')];
    expect(warm.cacheHitRatio ?? 0).toBeGreaterThan(cold.cacheHitRatio ?? 1);
    expect(warm.cache.misses).toBeLessThan(cold.cache.misses);
  });

  it('is in ordinary times as after thirty hours of traffic', async () => {
    const totals = async (start: 'cold' | 'warm', warmup: number): Promise<Totals> => {
      const plan = warmPlan(start);
      const time = { ...plan.time, from: FAULT_AT - HOUR, to: FAULT_AT, warmup };
      return (await run({ ...plan, time }, { variants: ['fault'] })).variants[0]?.totals as Totals;
    };
    const long = await totals('cold', 30 * HOUR);
    const short = await totals('warm', 15 * MINUTE);
    const pairs = [
      [long.cache.hits, short.cache.hits],
      [long.cache.misses, short.cache.misses],
      [long.upstream.queries, short.upstream.queries],
    ] as const;
    // Two independent counts of rare events differ by less than this: five standard deviations.
    for (const [a, b] of pairs) expect(Math.abs(a - b)).toBeLessThan(5 * Math.sqrt(a + b));
    expect(Math.abs((long.cacheHitRatio as number) - (short.cacheHitRatio as number))).toBeLessThan(
      0.02,
    );
  });

  it('is the same for every block size, through octets, and for one variant alone', async () => {
    const whole = await run(warmPlan('warm'));
    const other = await run(warmPlan('warm'), { variants: ['fault'], block: 1, wire: true });
    expect(other.variants).toEqual(whole.variants.filter(({ name }) => name === 'fault'));
  });

  it('is the same on one thread and on two', async () => {
    const plan = warmPlan('warm', 2);
    const variants = ['fault'];
    const [one, two] = [
      await run(plan, { variants, threads: 1 }),
      await run(plan, { variants, threads: 2 }),
    ];
    expect(two).toEqual(one);
  });
});
