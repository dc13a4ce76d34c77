import { describe, expect, it } from 'vitest';
import { MINUTE } from '../../resolver-core/time.ts';
import type { Plan } from '../plan.ts';
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

/** Every arrival as text, in order. */
function draw(plan: Plan, block: number, group = 0): { time: number; text: string }[] {
  const popularity = new Popularity(plan.traffic, plan.traffic.names, 0);
  const source = new PoissonArrivals({ plan, popularity, colo: 0, group, block });
  const out: { time: number; text: string }[] = [];
  while (source.fill()) {
    for (let i = 0; i < source.length; i++) {
      const { time, question, flags, node } = source;
      const id = `${source.source}/${source.firstOrdinal + i}`;
      out.push({
        time: time[i] as number,
        text: `${time[i]} ${id} ${question[i]} ${flags[i]} ${node[i]}`,
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

  it('of two groups are independent and share the rate of the colo', () => {
    const groups = [ONE_TRY, { ...ONE_TRY, name: 'other', share: 3 }];
    const plan = toyPlan({ ...WORLD, groups });
    const first = draw(plan, 256, 0);
    const second = draw(plan, 256, 1);
    expect(Math.abs(first.length - 6000)).toBeLessThan(4 * Math.sqrt(6000));
    expect(Math.abs(second.length - 18_000)).toBeLessThan(4 * Math.sqrt(18_000));
    const times = new Set(first.map(({ time }) => time));
    expect(second.filter(({ time }) => times.has(time)).length).toBeLessThan(20);
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
