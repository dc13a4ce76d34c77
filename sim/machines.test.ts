/** Restarts and wrong clocks in a run: what they cost, and whom they leave alone. */

import { beforeAll, describe, expect, it } from 'vitest';
import { DAY, MILLISECOND, MINUTE, type Micros, SECOND } from '../resolver-core/time.ts';
import { EDE, TYPE } from '../resolver-core/wire/iana.ts';
import { chosenNodes } from './cluster/machines.ts';
import type { NodeSelection, Plan, TimelineAct, TimelineEvent, VariantPlan } from './plan.ts';
import { COUNT_COLUMNS, type Column, type Result, type Totals } from './result.ts';
import { run } from './run.ts';
import { DE_FAULT, FAULT_AT, smallPlan } from './testing/small-plan.ts';
import { ONE_TRY, runToy, type ToyWorld } from './testing/toy-world.ts';
import { trace } from './trace.ts';

const FROM = FAULT_AT + 10 * MINUTE;
const minute = (at: number): Micros => FROM + at * MINUTE;
const FRA: NodeSelection = { nodes: null, colos: ['fra'] };
const ONE_OF_FRA: NodeSelection = { nodes: { kind: 'count', count: 1 }, colos: ['fra'] };

function restart(at: number, over: Micros = 0): TimelineAct {
  return { kind: 'restart', at: minute(at), over, ...FRA };
}

function clock(at: number, skew: Micros, select = ONE_OF_FRA): TimelineAct {
  return { kind: 'clock', at: minute(at), skew, ...select };
}

function rule(at: number): TimelineAct {
  const text = 'phase = validation subtree = de mark-insecure';
  return { kind: 'rule', at: minute(at), over: 0, rule: text, lifts: false };
}

function anchor(at: number, lifetime: number): TimelineAct {
  const set = { lifetime, recheck: null, explain: true };
  return { kind: 'nta', at: minute(at), over: 0, zone: 'de', anchor: set };
}

const validating = (at: number, validation: boolean): TimelineAct => ({
  ...{ kind: 'resolver', at: minute(at) },
  set: { validation },
});

const variant = (name: string, timeline: readonly TimelineEvent[]): VariantPlan => ({
  ...{ name, mitigations: [] },
  timeline: [...timeline].sort((a, b) => a.at - b.at),
});

const DAMAGE = DE_FAULT.slice(0, 3);
const VARIANTS: readonly VariantPlan[] = [
  variant('nothing', []),
  variant('restart', [restart(2)]),
  variant('fault', DAMAGE),
  variant('rule', [...DAMAGE, rule(0), restart(2)]),
  variant('anchor', [...DAMAGE, anchor(0, 180), restart(2)]),
  variant('settings', [...DAMAGE, validating(0, false), restart(2)]),
  variant('ahead', [clock(2, 15 * DAY), clock(4, -15 * DAY)]),
];

function plan(): Plan {
  const small = smallPlan();
  const { cluster } = small;
  return {
    ...small,
    time: { from: FROM, to: FROM + 6 * MINUTE, bucket: MINUTE, warmup: 2 * MINUTE },
    phases: [],
    cluster: {
      ...cluster,
      colos: cluster.colos.map((colo) => ({ ...colo, lookupsPerSecond: 8 })),
      resolver: { ...cluster.resolver, failureTtlMax: 5 },
    },
    variants: VARIANTS,
  };
}

let result: Result;
beforeAll(async () => {
  result = await run(plan());
}, 30_000);

function colo(name: string, at: string): Result['variants'][number]['byColo'][string] {
  const found = result.variants.find((each) => each.name === name)?.byColo[at];
  if (found === undefined) throw new Error(`no variant ${name} with colo ${at}`);
  return found;
}
const minutes = (name: string, column: Column, at = 'fra'): readonly number[] =>
  colo(name, at).series.columns[column];
const ede = (name: string, at: string): Totals['ede'] => colo(name, at).totals.ede;

describe('a restart', () => {
  it('loses what was cached: hits fall, and come back', () => {
    const [before, after] = [minutes('nothing', 'hits'), minutes('restart', 'hits')];
    expect(after.slice(0, 2)).toEqual(before.slice(0, 2));
    expect(after[2]).toBeLessThan(0.8 * (before[2] ?? 0));
    expect(after[5]).toBeGreaterThan(0.8 * (before[5] ?? 0));
    expect(minutes('restart', 'upstreamQueries')[2]).toBeGreaterThan(
      1.5 * (minutes('nothing', 'upstreamQueries')[2] ?? 0),
    );
  });

  it('leaves the same arrivals, and every query with one outcome', () => {
    expect(minutes('restart', 'lookups')).toEqual(minutes('nothing', 'lookups'));
    const { totals } = colo('restart', 'fra');
    const outcomes = Object.values(totals.cache).reduce((sum, each) => sum + each, 0);
    expect(outcomes).toBe(totals.clientQueries);
  });

  it('is felt at the colo that it is for, and nowhere else', () => {
    expect(colo('restart', 'iad')).toEqual(colo('nothing', 'iad'));
  });

  it('takes no rule, anchor or setting that is in force from a node', () => {
    const failing = (name: string, at: number): number =>
      (minutes(name, 'failedLookups')[at] ?? 0) / (minutes(name, 'lookups')[at] ?? 0);
    expect(failing('fault', 3)).toBeGreaterThan(0.1);
    for (const name of ['rule', 'settings']) {
      expect(failing(name, 1)).toBeLessThan(0.06);
      expect(failing(name, 3)).toBeLessThan(0.06);
    }
    expect(minutes('rule', 'unvalidated')[5]).toBeGreaterThan(100);
  });

  it('does not begin the life of an anchor anew', () => {
    const unvalidated = minutes('anchor', 'unvalidated');
    expect(unvalidated[2]).toBeGreaterThan(100);
    expect(unvalidated.slice(3)).toEqual([0, 0, 0]);
    const orders = result.variants.find(({ name }) => name === 'anchor')?.orders;
    expect(orders).toMatchObject([{ endedBy: 'lifetime', secondsOn: 180 }]);
  });

  it('is the same for every block size and on two threads', async () => {
    const other = await run(plan(), { variants: ['rule'], block: 1, threads: 2 });
    expect(other.variants).toEqual(result.variants.filter(({ name }) => name === 'rule'));
  }, 20_000);
});

describe('a restart where nodes ask one another', () => {
  it('ends every query all the same, and fills the caches again', async () => {
    const base = plan();
    const { cluster } = base;
    const timeline: readonly TimelineEvent[] = [2, 2.5, 3, 3.5, 4].map((at) => ({
      ...restart(at, 10 * SECOND),
      nodes: { kind: 'share', share: 0.5 },
    }));
    const colos = cluster.colos
      .slice(0, 1)
      .map((each) => ({ ...each, nodes: 4, lookupsPerSecond: 60 }));
    const forwarded: Plan = {
      ...base,
      cluster: { ...cluster, colos, cache: { ...cluster.cache, mode: 'forwarded' } },
      variants: [variant('nothing', []), variant('restart', timeline)],
    };
    const [whole, cut] = (await run(forwarded)).variants.map(({ totals }) => totals) as [
      Totals,
      Totals,
    ];
    expect(whole.cache.forwardedHits).toBeGreaterThan(100);
    expect(cut.lookups).toBe(whole.lookups);
    expect(cut.upstream.queries).toBeGreaterThan(whole.upstream.queries);
    expect(cut.cacheHitRatio).toBeLessThan(whole.cacheHitRatio ?? 0);
    const outcomes = Object.values(cut.cache).reduce((sum, each) => sum + each, 0);
    expect(outcomes).toBe(cut.clientQueries);
  }, 20_000);
});

describe('a node whose clock is 15 days ahead', () => {
  it('finds signatures expired (EDE 7), until its clock is right again; others do not', () => {
    const expired = (name: string): number => ede(name, 'fra')[EDE.SIGNATURE_EXPIRED] ?? 0;
    expect(expired('ahead')).toBeGreaterThan(expired('nothing') + 100);
    const failed = minutes('ahead', 'SERVFAIL');
    const healthy = minutes('nothing', 'SERVFAIL');
    expect(failed.slice(0, 2)).toEqual(healthy.slice(0, 2));
    expect(failed[3]).toBeGreaterThan(10 * (healthy[3] ?? 0) + 100);
    expect(failed[5]).toBeLessThan((healthy[5] ?? 0) + 20);
    expect(colo('ahead', 'iad')).toEqual(colo('nothing', 'iad'));
  });

  it('judges by its own clock, while the node beside it answers', () => {
    const all = plan();
    const [ahead] = chosenNodes(all, 0, ONE_OF_FRA) as [number];
    const asked = (node: number) =>
      trace(
        all,
        {
          ...{ name: 'nl', type: TYPE.SOA, at: minute(3), variant: 'ahead', colo: 'fra', node },
          ...{ cold: true, checkingDisabled: false },
        },
        () => {},
      );
    const errors = asked(ahead).answer.errors.join();
    expect(errors).toMatch(/^EDE 7 /);
    expect(asked(1 - ahead).answer.errors.join()).toBe('');
  });
});

describe('queries under way at a node that restarts', () => {
  /** Every answer takes long, so that many are waiting when the node goes. */
  const world: ToyWorld = {
    ...{ rate: 200, seconds: 60, names: 400, nodes: 2 },
    site: { delay: 400 * MILLISECOND },
    groups: [{ ...ONE_TRY, stub: { ...ONE_TRY.stub, timeouts: [SECOND, SECOND] } }],
  };
  const timeline: readonly TimelineEvent[] = [10, 20, 30].map((second) => ({
    ...{ kind: 'restart', over: 0, nodes: null, colos: [] },
    at: smallPlan().time.from + second * SECOND,
  }));
  const sums = (of: ToyWorld): Record<string, number> => {
    const out: Record<string, number> = {};
    runToy(of).counts.forEach((count, index) => {
      const column = COUNT_COLUMNS[index % COUNT_COLUMNS.length] as string;
      out[column] = (out[column] ?? 0) + count;
    });
    return out;
  };

  it('are never answered: their clients time out, and try again', () => {
    const [whole, cut] = [sums(world), sums({ ...world, timeline })];
    expect(whole.TIMEOUT).toBe(0);
    expect(cut.TIMEOUT).toBeGreaterThan(10);
    expect(cut.retries).toBe(cut.TIMEOUT);
    expect(cut.failedLookups).toBe(0);
    expect(cut.lookups).toBe(whole.lookups);
    const outcomes = (cut.hits ?? 0) + (cut.misses ?? 0) + (cut.joined ?? 0);
    expect(outcomes).toBe(cut.clientQueries);
  });
});
