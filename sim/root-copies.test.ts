/** Copies of the root zone in a run: what they answer, what an old one costs, and which nodes have none. */

import { beforeAll, describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE, type Micros } from '../resolver-core/time.ts';
import { EDE, TYPE } from '../resolver-core/wire/iana.ts';
import type { Plan, StaticZoneChange, TimelineAct, VariantPlan } from './plan.ts';
import type { Column, Result, Totals } from './result.ts';
import { run } from './run.ts';
import { FAULT_AT, smallPlan } from './testing/small-plan.ts';

const FROM = FAULT_AT;
const minute = (at: number): Micros => FROM + at * MINUTE;
const MINUTES = 5;

/** So long ago that the signatures of the last version without ZONEMD are over. */
const ADD: TimelineAct = { kind: 'add', at: FROM - 20 * DAY, zone: '.', type: TYPE.ZONEMD };
const restart = (colo: string): TimelineAct => {
  return { kind: 'restart', at: FROM - DAY, over: HOUR, nodes: null, colos: [colo] };
};
const apps = (at: Micros, set: StaticZoneChange): TimelineAct => ({
  kind: 'apps',
  at,
  over: 0,
  set,
});
const rule: TimelineAct = {
  ...{ kind: 'rule', at: minute(2), over: 0, lifts: false },
  rule: 'phase = pre-cache set-tag rec_disable_static',
};

const variant = (name: string, timeline: readonly TimelineAct[]): VariantPlan => ({
  ...{ name, mitigations: [] },
  timeline: [...timeline].sort((a, b) => a.at - b.at),
});

function plan(): Plan {
  const small = smallPlan();
  const { cluster, traffic } = small;
  return {
    ...small,
    time: { from: FROM, to: minute(MINUTES), bucket: MINUTE, warmup: MINUTE },
    phases: [],
    cluster: {
      ...cluster,
      resolver: { ...cluster.resolver, maxTtl: 30, maxNegativeTtl: 30, failureTtlMax: 5 },
      staticZone: { ...cluster.staticZone, use: true },
    },
    traffic: {
      ...traffic,
      oneOff: { share: 0.1, subdomain: 0, tail: 0, unregistered: 0, junkTld: 1 },
      regions: traffic.regions.map((region) => ({ ...region, lookupsPerSecond: 4 })),
    },
    variants: [
      variant('quiet', []),
      variant('old', [ADD]),
      variant('restarted', [ADD, restart('fra')]),
      variant('tagged', [ADD, rule]),
      variant('off', [ADD, apps(minute(2), { use: false })]),
      variant('tolerant', [ADD, apps(FROM - 21 * DAY, { unknownTypes: 'rfc3597' })]),
      variant('bounded', [ADD, apps(FROM - 21 * DAY, { maxAge: 2 * DAY })]),
      variant('digest', [ADD, apps(FROM - 21 * DAY, { unknownTypes: 'rfc3597', zonemd: true })]),
    ],
  };
}

let result: Result;
beforeAll(async () => {
  result = await run(plan());
}, 60_000);

const totals = (name: string, colo: string): Totals => of(name, colo).totals;
function of(name: string, colo: string): Result['variants'][number]['byColo'][string] {
  const found = result.variants.find((each) => each.name === name)?.byColo[colo];
  if (found === undefined) throw new Error(`no variant ${name} with colo ${colo}`);
  return found;
}
const rate = (name: string, colo: string): number => totals(name, colo).servfailRate ?? 1;
const minutes = (name: string, column: Column): readonly number[] =>
  of(name, 'fra').series.columns[column];

describe('a copy of the root zone in every node', () => {
  it('answers names without a TLD, and is counted for them', () => {
    const { cache, answers, servfailRate } = totals('quiet', 'fra');
    expect(cache.staticZone).toBeGreaterThan(20);
    expect(answers.NXDOMAIN).toBeGreaterThanOrEqual(cache.staticZone);
    expect(servfailRate).toBeLessThan(0.2);
  });

  it('that has outlived its signatures fails what needs the root, and says so (EDE 7)', () => {
    const { cache, ede, edeTexts, servfailRate } = totals('old', 'fra');
    expect(cache.staticZone).toBeLessThan(10); // CD=1
    expect(servfailRate).toBeGreaterThan(0.5);
    expect(ede[EDE.SIGNATURE_EXPIRED]).toBeGreaterThan(100);
    expect(edeTexts[0]?.text).toMatch(/^signature expired for \S+\/(ds|nsec|soa|dnskey) \(keytag=/);
  });

  it('is lost by nodes that restarted: they ask the root servers, and nothing fails there', () => {
    const quiet = rate('quiet', 'fra');
    expect(totals('restarted', 'fra').servfailRate).toBeLessThan(quiet + 0.02);
    expect(totals('restarted', 'fra').cache.staticZone).toBe(0);
    expect(totals('restarted', 'iad').servfailRate).toBeGreaterThan(0.5);
  });

  it('is passed by with its tag, and done without when it is switched off', () => {
    for (const name of ['tagged', 'off']) {
      const failed = minutes(name, 'SERVFAIL');
      const queries = minutes(name, 'clientQueries');
      const share = (at: number): number => (failed[at] as number) / (queries[at] as number);
      expect(share(1), name).toBeGreaterThan(0.5);
      expect(share(4), name).toBeLessThan(0.2);
    }
  });

  it('is no danger to who reads new types, bounds its age, or wants a digest', () => {
    const quiet = rate('quiet', 'iad');
    for (const name of ['tolerant', 'bounded', 'digest']) {
      expect(totals(name, 'iad').servfailRate, name).toBeLessThan(quiet + 0.02);
    }
    expect(totals('tolerant', 'iad').cache.staticZone).toBeGreaterThan(20);
    expect(totals('digest', 'iad').cache.staticZone).toBeGreaterThan(20);
    expect(totals('bounded', 'iad').cache.staticZone).toBe(0);
  });
});
