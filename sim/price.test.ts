import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE } from '../resolver-core/time.ts';
import { AgeCounts } from './ages.ts';
import type { Plan, PolicyAct, TimelineEvent, VariantPlan } from './plan.ts';
import { evictionsOf, ordersOf } from './price.ts';
import type { AnchorEnded, OrderResult, ShardCounts } from './result.ts';
import { ALL_CELLS, Tally } from './tally.ts';
import { NO_EVICTIONS, shardCounts } from './testing/counts.ts';
import { FAULT_AT, smallPlan } from './testing/small-plan.ts';

const FROM = FAULT_AT;
const BUCKETS = 60;
/** Two colos of two nodes each. */
const PLAN: Plan = {
  ...smallPlan(),
  time: { from: FROM, to: FROM + HOUR, bucket: MINUTE, warmup: 0 },
  phases: [],
};

const minute = (at: number): number => FROM + at * MINUTE;
const REPAIR: TimelineEvent = {
  ...{ kind: 'sign-with', at: minute(30), zone: 'de', key: '32911' },
  mark: { kind: 'repair', text: 'de signed anew' },
};

function rule(at: number, lifts: boolean, text = 'phase = validation subtree = de mark-insecure') {
  return { kind: 'rule', at: minute(at), over: 0, rule: text, lifts } satisfies PolicyAct;
}

function nta(at: number, set: boolean, over = 0): PolicyAct {
  const anchor = set ? { lifetime: 3600, recheck: 300, explain: true } : null;
  return { kind: 'nta', at: minute(at), over, zone: 'de', anchor };
}

/** What shards count of 10 answers in each bucket, of which one is unvalidated. */
function parts(ends: readonly (readonly AnchorEnded[])[] = [[], []], buckets = BUCKETS) {
  const bucket = () => ({ clientQueries: 10, NOERROR: 10, unvalidated: 1 });
  return ends.map((anchorEnds, shard) =>
    shardCounts(shard, 'v', buckets, [{ cell: {}, bucket }], { anchorEnds }),
  );
}

function orders(
  timeline: readonly TimelineEvent[],
  counted: readonly ShardCounts[] = parts(),
): readonly OrderResult[] {
  const variant: VariantPlan = { name: 'v', mitigations: [], timeline };
  const table = new Tally(PLAN, 'v', counted).table(ALL_CELLS);
  return ordersOf(PLAN, variant, counted, () => table);
}

describe('ordersOf', () => {
  it('gives the time that a rule stood after the repair, and the answers of its buckets', () => {
    expect(orders([rule(10, false), REPAIR, rule(40, true)])).toMatchObject([
      {
        ...{ endedBy: 'plan', secondsOn: 1800, secondsAfterRepair: 600 },
        ...{ unvalidated: 2 * 30, unvalidatedRate: 0.1 },
      },
    ]);
  });

  it('says that it is still on where nothing lifts it, and null where nothing was repaired', () => {
    expect(orders([rule(10, false)])).toMatchObject([
      { endedBy: 'still-on', secondsOn: 3000, secondsAfterRepair: null },
    ]);
  });

  it('counts no unvalidated answers for a rule that leaves validation alone', () => {
    const [order] = orders([rule(10, false, 'phase = pre-cache set-tag x')]);
    expect([order?.unvalidated, order?.unvalidatedRate]).toEqual([0, 0]);
  });

  it('leaves out what was lifted before the window', () => {
    expect(orders([rule(-10, false), rule(-5, true)])).toEqual([]);
  });

  it('ends when the roll-out of its lift has reached the last colo', () => {
    expect(orders([nta(0, true), nta(10, false, 5 * MINUTE)])).toMatchObject([
      { endedBy: 'plan', secondsOn: 900 },
    ]);
  });

  it('ends where another takes its place', () => {
    expect(orders([nta(0, true), nta(10, true), nta(30, false)])).toMatchObject([
      { secondsOn: 600 },
      { secondsOn: 1200 },
    ]);
  });

  const end = (node: number, at: number, why: AnchorEnded['why'] = 're-check'): AnchorEnded => ({
    ...{ node, zone: 'de.', why },
    at: minute(at),
  });

  it('ends when the last node of the last colo has lifted it by itself', () => {
    const ends = [
      [end(0, 31), end(1, 31)],
      [end(1, 31), end(0, 33, 'lifetime')],
    ];
    expect(orders([nta(0, true), REPAIR, nta(50, false)], parts(ends))).toMatchObject([
      { endedBy: 'lifetime', secondsOn: 33 * 60, secondsAfterRepair: 180 },
    ]);
  });

  it('ends by the plan while one node has not lifted it', () => {
    const ends = [[end(0, 31), end(1, 31)], [end(1, 31)]];
    expect(orders([nta(0, true), nta(50, false)], parts(ends))).toMatchObject([
      { endedBy: 'plan', secondsOn: 3000 },
    ]);
  });

  it('ends with what was counted of a run that was stopped', () => {
    expect(orders([rule(10, false), rule(40, true)], parts([[], []], 20))).toMatchObject([
      { endedBy: 'still-on', secondsOn: 600, unvalidated: 2 * 10 },
    ]);
  });
});

describe('evictionsOf', () => {
  it('adds shards up, and takes the median for the horizon', () => {
    const [one, other] = parts() as [ShardCounts, ShardCounts];
    const evicted = { ...NO_EVICTIONS, fresh: 10, usable: 25, expired: 5, failures: 10 };
    const result = evictionsOf([
      { ...one, evictions: { ...evicted, usableFor: Float64Array.of(60, 2, 7200, 1) } },
      { ...other, evictions: { ...evicted, usableFor: Float64Array.of(3600, 3) } },
    ]);
    expect(result).toMatchObject({ entries: 100, fresh: 20, freshShare: 0.2, usableShare: 0.5 });
    expect(result.effectiveStaleHorizonSeconds).toBe(3600);
    expect(result.pastExpirySeconds).toBeNull();
  });

  it('has no shares and no horizon where nothing was evicted', () => {
    expect(evictionsOf(parts())).toMatchObject({
      ...{ entries: 0, freshShare: null, usableShare: null },
      effectiveStaleHorizonSeconds: null,
    });
  });
});

describe('AgeCounts', () => {
  it('gives the least value that so many in a hundred do not exceed', () => {
    const ages = new AgeCounts();
    for (let age = 200; age > 0; age--) ages.add(age, 1);
    ages.add(200, 800);
    expect(ages.summary()).toEqual({ p50: 200, p90: 200, p99: 200, max: 200 });
    ages.add(1, 9_000);
    expect(ages.summary()).toEqual({ p50: 1, p90: 1, p99: 200, max: 200 });
    expect(new AgeCounts().summary()).toBeNull();
  });
});
