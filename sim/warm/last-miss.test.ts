import { describe, expect, it } from 'vitest';
import { HOUR, SECOND } from '../../resolver-core/time.ts';
import { Popularity } from '../clients/popularity.ts';
import { Stream } from '../engine/random.ts';
import { smallPlan } from '../testing/small-plan.ts';
import { lastMissAge, questionRates } from './last-miss.ts';

const SAMPLES = 40_000;

function ages(rate: number, ttl: number): number[] {
  const stream = new Stream(7, 0, 0, 0, 0);
  return Array.from({ length: SAMPLES }, () =>
    lastMissAge(rate, ttl, stream.next(), stream.next()),
  );
}

/** Five standard deviations of a share estimated from so many. */
function tolerance(share: number, samples = SAMPLES): number {
  return 5 * Math.sqrt((share * (1 - share)) / samples);
}

describe('the age of the last miss', () => {
  for (const x of [0.05, 1, 30]) {
    const ttl = 300 * SECOND;
    const rate = x / ttl;

    it(`is below the TTL with probability x/(1+x), uniformly, at x = ${x}`, () => {
      const fresh = ages(rate, ttl).filter((age) => age < ttl);
      const share = x / (1 + x);
      expect(Math.abs(fresh.length / SAMPLES - share)).toBeLessThan(tolerance(share));
      for (const quantile of [0.1, 0.5, 0.9]) {
        const below = fresh.filter((age) => age < quantile * ttl).length / fresh.length;
        expect(Math.abs(below - quantile)).toBeLessThan(tolerance(quantile, fresh.length));
      }
    });

    it(`leaves an answer stale with (1-e^(-rS))/(1+x), absent with e^(-rS)/(1+x), at x = ${x}`, () => {
      const stale = 2 * HOUR;
      const drawn = ages(rate, ttl);
      const still = drawn.filter((age) => age >= ttl && age < ttl + stale).length / SAMPLES;
      const absent = drawn.filter((age) => age >= ttl + stale).length / SAMPLES;
      const gone = Math.exp(-rate * stale);
      expect(Math.abs(still - (1 - gone) / (1 + x))).toBeLessThan(tolerance((1 - gone) / (1 + x)));
      const tail = gone / (1 + x);
      expect(Math.abs(absent - tail)).toBeLessThanOrEqual(tolerance(tail));
    });
  }

  it('is that of a cache that was followed through many queries', () => {
    const ttl = 60 * SECOND;
    const rate = 1 / (90 * SECOND);
    const stream = new Stream(3, 1, 0, 0, 0);
    const horizon = 500 * SECOND;
    const seen: number[] = [];
    for (let i = 0; i < 4_000; i++) {
      let [miss, at] = [Number.NEGATIVE_INFINITY, 0];
      for (;;) {
        at += -Math.log((stream.next() + 1) / 2 ** 32) / rate;
        if (at >= 2 * horizon) break;
        if (at >= miss + ttl) miss = at;
      }
      seen.push(2 * horizon - miss);
    }
    const drawn = ages(rate, ttl);
    for (const age of [15, 45, 60, 120, 240].map((seconds) => seconds * SECOND)) {
      const share = drawn.filter((each) => each < age).length / drawn.length;
      const followed = seen.filter((each) => each < age).length / seen.length;
      expect(Math.abs(share - followed)).toBeLessThan(tolerance(share, seen.length));
    }
  });
});

describe('the rates of questions', () => {
  it('are those with which arrivals draw them', () => {
    const plan = smallPlan();
    const [hosts, missing] = [20, 5];
    const rates = questionRates(plan, 0, hosts, missing);
    const popularity = new Popularity(plan.traffic, hosts, missing);
    const { table, types } = popularity;
    const counts = new Float64Array(rates.length);
    const stream = new Stream(5, 0, 0, 0, 0);
    for (let i = 0; i < SAMPLES; i++) {
      const name = table.pick(stream.next(), stream.next());
      if (name >= hosts + missing) continue;
      const id = name * types + popularity.typeOf(stream.next());
      counts[id] = (counts[id] as number) + 1;
    }
    for (const [id, rate] of rates.entries()) {
      const share = (rate * SECOND) / 20;
      expect(Math.abs((counts[id] as number) / SAMPLES - share)).toBeLessThan(
        tolerance(share) + 1e-4,
      );
    }
  });
});
