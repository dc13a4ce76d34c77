import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE } from '../../resolver-core/time.ts';
import type { Plan } from '../plan.ts';
import { clientsOf } from '../testing/small-plan.ts';
import { ONE_TRY, type ToyWorld, toyPlan } from '../testing/toy-world.ts';
import { PoissonArrivals } from './arrivals.ts';
import { Popularity } from './popularity.ts';

const WORLD: ToyWorld = {
  rate: 40,
  seconds: 600,
  names: 50,
  nodes: 3,
  oneOff: 0.1,
  dnssecOk: 0.3,
  checkingDisabled: 0.1,
};

interface Drawn {
  readonly time: number;
  readonly audience: number;
  readonly text: string;
}

/** Every arrival, in order. */
function draw(plan: Plan, block: number): Drawn[] {
  const popularity = new Popularity(plan.traffic, plan.traffic.names, 0);
  const source = new PoissonArrivals({ plan, popularity, colo: 0, block });
  const out: Drawn[] = [];
  while (source.fill()) {
    for (let i = 0; i < source.length; i++) {
      const { time, question, flags, node, audience } = source;
      const id = `${source.source}/${source.firstOrdinal + i}`;
      out.push({
        time: time[i] as number,
        audience: audience[i] as number,
        text: `${time[i]} ${id} ${question[i]} ${flags[i]} ${node[i]} ${audience[i]}`,
      });
    }
  }
  return out;
}

describe('PoissonArrivals', () => {
  it('arrive at the rate of the plan, with the variance and the gaps of a Poisson process', () => {
    const arrivals = draw(toyPlan({ ...WORLD, seconds: 6000 }), 256);
    const n = 40 * 6000;
    expect(Math.abs(arrivals.length - n)).toBeLessThan(4 * Math.sqrt(n));
    const perSecond = new Map<number, number>();
    let short = 0;
    for (const [index, { time }] of arrivals.entries()) {
      const second = Math.floor(time / 1e6);
      perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
      if (index > 0 && time - (arrivals[index - 1]?.time ?? 0) < 25_000) short++;
    }
    let squares = 0;
    for (const count of perSecond.values()) squares += (count - 40) ** 2;
    const dispersion = (squares + (6000 - perSecond.size) * 1600) / 6000 / 40;
    expect(Math.abs(dispersion - 1)).toBeLessThan(4 * Math.sqrt(2 / 6000));
    // A gap is shorter than its mean with probability 1 - 1/e.
    const expected = (1 - 1 / Math.E) * arrivals.length;
    expect(Math.abs(short - expected)).toBeLessThan(4 * Math.sqrt(expected / Math.E));
  });

  it('are the same for every block size', () => {
    const plan = toyPlan(WORLD);
    const one = draw(plan, 1).map(({ text }) => text);
    expect(one.length).toBeGreaterThan(20_000);
    for (const block of [64, 512, 5000]) {
      expect(draw(plan, block).map(({ text }) => text)).toEqual(one);
    }
  });

  it('are drawn afresh in each bucket: a longer warm-up or window changes no bucket', () => {
    const short = draw(toyPlan(WORLD), 256);
    const long = draw(toyPlan({ ...WORLD, seconds: 900, warmup: 90 }), 256);
    const { from, to } = toyPlan(WORLD).time;
    const inside = long.filter(({ time }) => time >= from && time < to);
    expect(inside.map(({ text }) => text)).toEqual(short.map(({ text }) => text));
    const early = long.filter(({ time }) => time < from);
    expect(early[0]?.time).toBeGreaterThanOrEqual(from - 1.5 * MINUTE);
    expect(Math.abs(early.length - 3600)).toBeLessThan(4 * 60);
  });

  it('come in order of time, inside the window, each lookup with a name of its own', () => {
    const plan = toyPlan({ ...WORLD, warmup: 60 });
    const arrivals = draw(plan, 64);
    const names = new Set(arrivals.map(({ text }) => text.split(' ')[1]));
    expect(names.size).toBe(arrivals.length);
    let last = plan.time.from - plan.time.warmup;
    for (const { time } of arrivals) {
      expect(time).toBeGreaterThanOrEqual(last);
      last = time;
    }
    expect(last).toBeLessThan(plan.time.to);
  });

  it('belong to regions and groups by their shares, each a Poisson process of its own', () => {
    const groups = [ONE_TRY, { ...ONE_TRY, name: 'other', share: 3 }];
    const base = toyPlan({ ...WORLD, rate: 10, nodes: 3, groups });
    const far = { ...clientsOf('far', 30, 'one'), catchment: [{ colo: 'one', share: 0.5 }] };
    const traffic = { ...base.traffic, regions: [...base.traffic.regions, far] };
    const all = draw({ ...base, traffic }, 256);
    // 25 a second: 10 from here and half of 30 from afar, in groups of 1 to 3.
    const rates = [2.5, 7.5, 3.75, 11.25];
    const seen = rates.map(() => 0);
    const minutes = rates.map(() => new Float64Array(10));
    const nodes = rates.map(() => [0, 0, 0]);
    for (const { time, audience, text } of all) {
      seen[audience] = (seen[audience] ?? 0) + 1;
      const node = Number(text.split(' ')[4]);
      const byNode = nodes[audience] as number[];
      byNode[node] = (byNode[node] ?? 0) + 1;
      const byMinute = minutes[audience] as Float64Array;
      const minute = Math.floor((time - base.time.from) / MINUTE);
      byMinute[minute] = (byMinute[minute] as number) + 1;
    }
    for (const [audience, rate] of rates.entries()) {
      const n = rate * 600;
      expect(Math.abs((seen[audience] as number) - n)).toBeLessThan(4 * Math.sqrt(n));
      // Who asks says nothing about the node, although one draw decides both.
      for (const count of nodes[audience] as number[]) {
        expect(Math.abs(count - n / 3)).toBeLessThan(4 * Math.sqrt(n / 3));
      }
      for (const count of minutes[audience] as Float64Array) {
        expect(Math.abs(count - rate * 60)).toBeLessThan(5 * Math.sqrt(rate * 60));
      }
    }
    expect(seen).toHaveLength(rates.length);
  });

  it('follow the day of their region: the integral of the curve, hour by hour', () => {
    const day = Array.from({ length: 24 }, (_, hour) => (hour < 12 ? hour : 24 - hour) / 6);
    const base = toyPlan({ ...WORLD, rate: 2, seconds: 86_400 });
    const { from } = base.time;
    const here = { ...clientsOf('here', 2, 'one'), day, utcOffset: 90 * MINUTE };
    const traffic = { ...base.traffic, regions: [here] };
    const seen = new Float64Array(24);
    for (const { time } of draw({ ...base, traffic }, 256)) {
      const hour = Math.floor((time - from) / HOUR);
      seen[hour] = (seen[hour] as number) + 1;
    }
    // The triangle above, integrated by hand: 0 at midnight, 2 at noon, its mean 1.
    const upTo = (hour: number): number =>
      hour <= 12 ? hour ** 2 / 12 : 24 - (24 - hour) ** 2 / 12;
    const began = (from / HOUR) % 24;
    for (const [hour, count] of seen.entries()) {
      const start = (began + hour + 1.5) % 24;
      const wraps = start > 23 ? 24 : 0;
      const expected = 7200 * (upTo((start + 1) % 24) + wraps - upTo(start));
      expect(Math.abs(count - expected)).toBeLessThan(4 * Math.sqrt(expected) + 1);
    }
    const n = 2 * 86_400;
    const all = seen.reduce((sum, count) => sum + count, 0);
    expect(Math.abs(all - n)).toBeLessThan(4 * Math.sqrt(n));
  });

  it('pause in hours without any, and come again after them', () => {
    const day = new Array<number>(24).fill(0);
    const base = toyPlan({ ...WORLD, seconds: 86_400 });
    day[3] = 24;
    const traffic = { ...base.traffic, regions: [{ ...clientsOf('here', 1, 'one'), day }] };
    const all = draw({ ...base, traffic }, 256);
    expect(all.length).toBeGreaterThan(80_000);
    for (const { time } of all) expect(Math.floor(time / HOUR) % 24).toBeOneOf([2, 3]);
  });

  it('set DO and CD at their shares, and reach every node alike', () => {
    const fields = draw(toyPlan(WORLD), 256).map(({ text }) => text.split(' ').map(Number));
    const n = fields.length;
    const close = (count: number, share: number): void => {
      expect(Math.abs(count - n * share)).toBeLessThan(4 * Math.sqrt(n * share * (1 - share)));
    };
    close(fields.filter((each) => ((each[3] as number) & 1) !== 0).length, 0.3);
    close(fields.filter((each) => ((each[3] as number) & 2) !== 0).length, 0.1);
    close(fields.filter((each) => (each[2] as number) < 0).length, 0.1);
    for (const node of [0, 1, 2]) close(fields.filter((each) => each[4] === node).length, 1 / 3);
  });
});
