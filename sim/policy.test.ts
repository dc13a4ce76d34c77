/** Override rules and negative trust anchors in a run: what they mend, what they cost, whom they leave alone. */

import { beforeAll, describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../resolver-core/time.ts';
import type { Plan, PolicyAct, TimelineEvent, VariantPlan } from './plan.ts';
import type { Column, Result, Slice } from './result.ts';
import { run } from './run.ts';
import { DE_FAULT, FAULT_AT, smallPlan } from './testing/small-plan.ts';

const FROM = FAULT_AT - MINUTE;
/** Minutes of the window: the mitigation begins, the zone is repaired, the mitigation ends. */
const ON = 3;
const REPAIRED = 5;
const OFF = 7;
const OVER = 30 * SECOND;

const REPAIR = { kind: 'repair', text: 'de signed anew' } as const;

/** The accident of the small world with an early repair. */
const FAULT: readonly TimelineEvent[] = DE_FAULT.map((event, index) =>
  index < 3 ? event : { ...event, at: FROM + REPAIRED * MINUTE, mark: REPAIR },
);

function rule(minute: number, lifts: boolean): PolicyAct {
  const text = 'phase = validation subtree = de mark-insecure';
  return { kind: 'rule', at: FROM + minute * MINUTE, over: OVER, rule: text, lifts };
}

function variant(name: string, acts: readonly PolicyAct[]): VariantPlan {
  const timeline = [...FAULT, ...acts].sort((a, b) => a.at - b.at);
  return { name, mitigations: [], timeline };
}

/** Nothing is kept for longer than half a minute, so that everything is felt soon. */
function plan(): Plan {
  const small = smallPlan();
  const { cluster, traffic } = small;
  const anchor = { lifetime: 3600, recheck: 60, explain: true };
  return {
    ...small,
    time: { from: FROM, to: FROM + 9 * MINUTE, bucket: MINUTE, warmup: MINUTE },
    phases: [],
    cluster: {
      ...cluster,
      resolver: { ...cluster.resolver, maxTtl: 30, maxNegativeTtl: 30, failureTtlMax: 5 },
    },
    traffic: {
      ...traffic,
      regions: traffic.regions.map((region) => ({ ...region, lookupsPerSecond: 10 })),
    },
    variants: [
      variant('nothing', []),
      variant('rule', [rule(ON, false), rule(OFF, true)]),
      variant('anchor', [{ kind: 'nta', at: FROM + ON * MINUTE, over: 0, zone: 'de', anchor }]),
    ],
  };
}

let result: Result;
beforeAll(async () => {
  result = await run(plan());
}, 20_000);

function slice(name: string, zone: string): Slice {
  const found = result.variants.find((each) => each.name === name)?.byZone[zone];
  if (found === undefined) throw new Error(`no variant ${name} with zone ${zone}`);
  return found;
}

/** By minute of the window. */
function de(name: string, column: Column): readonly number[] {
  return slice(name, 'de').series.columns[column];
}

/** Shares of failed lookups by minute. */
function failing(name: string): number[] {
  const lookups = de(name, 'lookups');
  return de(name, 'failedLookups').map((failed, minute) => failed / (lookups[minute] ?? 0));
}

const all = (numbers: readonly number[], is: (number: number) => boolean): boolean =>
  numbers.length > 0 && numbers.every(is);

/** Who fetches what all zones share, such as the keys of the root, may change: upstream work is not among these. */
const SEEN: readonly Column[] = [
  ...(['clientQueries', 'lookups', 'failedLookups', 'retries', 'authenticated'] as const),
  ...(['NOERROR', 'NXDOMAIN', 'SERVFAIL', 'REFUSED', 'TIMEOUT', 'unvalidated'] as const),
];
const OTHERS = ['.', 'com', 'net', 'nl', 'org', 'se'];

describe('an override rule that marks a zone insecure', () => {
  it('brings failed lookups back to where they were as soon as it is rolled out', () => {
    const [nothing, rule] = [failing('nothing'), failing('rule')];
    expect(nothing[0]).toBeLessThan(0.05);
    expect(all(nothing.slice(2, REPAIRED), (share) => share > 0.8)).toBe(true);
    expect(rule.slice(0, ON)).not.toContain(0);
    expect(rule[ON - 1]).toBeGreaterThan(0.8);
    expect(all(rule.slice(ON + 1), (share) => share < 0.05)).toBe(true);
  });

  it('reaches the first colo at once and the last at the end of the roll-out', () => {
    const failed = (colo: string): number => {
      const rule = result.variants.find(({ name }) => name === 'rule');
      return rule?.byColo[colo]?.series.columns.failedLookups[ON] ?? Number.NaN;
    };
    expect(failed('fra')).toBeLessThan(10);
    expect(failed('iad')).toBeGreaterThan(30);
  });

  it('takes AD from the zone while it is on, and answers count as unvalidated then and only then', () => {
    const [secure, unvalidated] = [de('rule', 'authenticated'), de('rule', 'unvalidated')];
    const inForce = [ON + 1, OFF];
    expect(all(secure.slice(...inForce), (count) => count === 0)).toBe(true);
    expect(all(unvalidated.slice(...inForce), (count) => count > 0)).toBe(true);
    for (const minutes of [[0, ON], [OFF + 1]]) {
      expect(all(unvalidated.slice(...minutes), (count) => count === 0)).toBe(true);
      expect(all(secure.slice(...minutes), (count) => count > 0)).toBe(true);
    }
  });
});

describe('a negative trust anchor', () => {
  it('does the same, and is lifted by its re-check once the zone validates again', () => {
    const failed = failing('anchor');
    expect(all(failed.slice(ON), (share) => share < 0.05)).toBe(true);
    const [secure, unvalidated] = [de('anchor', 'authenticated'), de('anchor', 'unvalidated')];
    expect(all(secure.slice(ON, REPAIRED), (count) => count === 0)).toBe(true);
    expect(all(unvalidated.slice(ON, REPAIRED), (count) => count > 0)).toBe(true);
    expect(all(secure.slice(REPAIRED + 1), (count) => count > 0)).toBe(true);
    expect(all(unvalidated.slice(REPAIRED + 1), (count) => count === 0)).toBe(true);
  });
});

describe('the price of an order', () => {
  const ordersOf = (name: string): Result['variants'][number]['orders'] =>
    result.variants.find((each) => each.name === name)?.orders ?? [];
  const at = (minute: number): string =>
    new Date((FROM + minute * MINUTE) / 1_000).toISOString().replace('.000', '');
  const sum = (counts: readonly number[]): number => counts.reduce((total, each) => total + each);

  it('is the time that a rule stood, first node to last, and its unvalidated answers', () => {
    const [order, ...others] = ordersOf('rule');
    expect(others).toEqual([]);
    expect(order).toMatchObject({
      ...{ kind: 'rule', text: 'phase = validation subtree = de mark-insecure', mitigation: null },
      ...{ from: at(ON), until: at(OFF + 0.5), endedBy: 'plan' },
      ...{ secondsOn: 270, secondsAfterRepair: 150 },
      unvalidated: sum(de('rule', 'unvalidated')),
    });
    expect(order?.unvalidatedRate).toBeGreaterThan(0);
  });

  it('ends for an anchor when its last node has found that the zone validates', () => {
    const [order] = ordersOf('anchor');
    expect(order).toMatchObject({ kind: 'nta', text: 'de', endedBy: 're-check', from: at(ON) });
    // It is checked every minute; the zone was mended just when one was under way.
    expect(order?.secondsAfterRepair).toBeGreaterThan(0);
    expect(order?.secondsAfterRepair).toBeLessThanOrEqual(61);
    expect(order?.unvalidated).toBe(sum(de('anchor', 'unvalidated')));
  });

  it('is nothing where nothing was ordered', () => {
    expect(ordersOf('nothing')).toEqual([]);
  });
});

describe('rules and anchors', () => {
  it('leave what clients get of other zones alone', () => {
    for (const zone of OTHERS) {
      const untouched = slice('nothing', zone).series.columns;
      expect(all(untouched.lookups, (count) => count > 0)).toBe(true);
      for (const name of ['rule', 'anchor']) {
        const { columns } = slice(name, zone).series;
        for (const column of SEEN)
          expect([zone, columns[column]]).toEqual([zone, untouched[column]]);
      }
    }
  });
});
