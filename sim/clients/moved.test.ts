/** Clients of a colo that is withdrawn: their lookups are the same draws, at another colo. */

import { describe, expect, test } from 'vitest';
import { MINUTE, type Micros } from '../../resolver-core/time.ts';
import { Catalogue } from '../authority/catalogue.ts';
import type { ColoAct, Plan } from '../plan.ts';
import { run } from '../run.ts';
import { FAULT_AT, smallPlan } from '../testing/small-plan.ts';
import { clientsOf } from './moved.ts';
import { Popularity } from './popularity.ts';

const FROM = FAULT_AT;
const TO = FROM + 6 * MINUTE;
const OUT = FROM + 2 * MINUTE;
const BACK = FROM + 4 * MINUTE;

const PLAN: Plan = smallPlan({
  time: { from: FROM, to: TO, bucket: MINUTE, warmup: MINUTE },
  phases: [],
  variants: [{ name: 'plain', mitigations: [], timeline: [] }],
});
const { hosts, missing } = new Catalogue(PLAN);
const POPULARITY = new Popularity(PLAN.traffic, hosts.length, missing.length);

const AWAY: readonly ColoAct[] = [
  { kind: 'withdraw-colo', at: OUT, colos: ['fra'], lifts: false },
  { kind: 'withdraw-colo', at: BACK, colos: ['fra'], lifts: true },
];

interface Arrival {
  readonly at: Micros;
  /** Who asks for what, whatever the colo. */
  readonly lookup: string;
  readonly node: number;
  readonly region: string;
  readonly rtt: number;
}

function arrivalsAt(colo: number, timeline: readonly ColoAct[], block = 64): Arrival[] {
  const { source, audiences } = clientsOf(
    { plan: PLAN, popularity: POPULARITY, colo, block },
    timeline,
  );
  const out: Arrival[] = [];
  while (source.fill()) {
    for (let i = 0; i < source.length; i++) {
      const audience = audiences[source.audience[i] as number];
      if (audience === undefined) throw new Error('nobody asks');
      const { region, group, rtt } = audience;
      const who = `${source.source} ${source.firstOrdinal + i} ${region.name} ${group.name}`;
      out.push({
        at: source.time[i] as Micros,
        lookup: `${source.time[i]} ${who} ${source.question[i]} ${source.flags[i]}`,
        node: source.node[i] as number,
        region: region.name,
        rtt: rtt - group.rtt,
      });
    }
  }
  return out;
}

const isAway = ({ at }: Arrival): boolean => at >= OUT && at < BACK;
const lookups = (arrivals: readonly Arrival[]): string[] => arrivals.map(({ lookup }) => lookup);

describe('a colo that is withdrawn', () => {
  test('has none of its clients meanwhile, and the nearest one has all of them: the same lookups', () => {
    const home = arrivalsAt(0, []);
    const other = arrivalsAt(1, []);
    expect(home.filter(isAway).length).toBeGreaterThan(100);
    const left = arrivalsAt(0, AWAY);
    expect(lookups(left)).toEqual(lookups(home.filter((each) => !isAway(each))));
    const there = arrivalsAt(1, AWAY);
    expect(lookups(there).sort()).toEqual(lookups([...other, ...home.filter(isAway)]).sort());
    expect(there.every(({ at }, i) => i === 0 || (there[i - 1]?.at ?? 0) <= at)).toBe(true);
    // its own clients meet the nodes that they would have met
    const own = there.filter(({ region }) => region === other[0]?.region);
    expect(own).toEqual(other);
  });

  test('those who moved are further away, and spread over all nodes', () => {
    const moved = arrivalsAt(1, AWAY).filter(({ region }) => region === 'europe');
    const way = PLAN.network.rtt[PLAN.network.regions.indexOf('europe')];
    expect(new Set(moved.map(({ rtt }) => rtt))).toEqual(
      new Set([way?.[PLAN.network.regions.indexOf('america')]]),
    );
    expect(new Set(moved.map(({ node }) => node)).size).toBe(PLAN.cluster.colos[1]?.nodes);
  });

  test('the block size changes nothing', () => {
    expect(arrivalsAt(1, AWAY, 1)).toEqual(arrivalsAt(1, AWAY, 512));
  });

  test('keeps its clients when it is the last', () => {
    const all: ColoAct = { kind: 'withdraw-colo', at: OUT, colos: ['fra', 'iad'], lifts: false };
    expect(arrivalsAt(0, [all])).toEqual(arrivalsAt(0, []));
  });

  test('no lookup is lost or made, in a run of all colos', { timeout: 60_000 }, async () => {
    const variants = [...PLAN.variants, { name: 'away', mitigations: [], timeline: AWAY }];
    const result = await run({ ...PLAN, variants }, { threads: 1 });
    const [plain, away] = result.variants;
    expect(away?.totals.lookups).toBe(plain?.totals.lookups);
    const of = (name: string): readonly number[] | undefined =>
      away?.byColo[name]?.series.columns.lookups;
    expect(of('fra')?.slice(2, 4)).toEqual([0, 0]);
    const both = plain?.series.columns.lookups.slice(2, 4);
    expect(of('iad')?.slice(2, 4)).toEqual(both);
    expect(of('fra')?.slice(4)).toEqual(plain?.byColo.fra?.series.columns.lookups.slice(4));
  });
});
