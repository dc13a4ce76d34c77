/**
 * One name whose arrivals are a renewal process: h = M(T) / (1 + M(T)), with M(T) the mean number of
 * arrivals within T after an arrival (Jung, Berger and Balakrishnan 2003). The formula for one kind of
 * arrivals must not pass for another.
 */

import { describe, expect, it } from 'vitest';
import { SECOND } from '../../resolver-core/time.ts';
import {
  ERLANG_2,
  hitRatio,
  hyperExponential,
  POISSON,
  type RenewalFunction,
  renewalHitRatio,
  renewalHitRatioError,
} from './closed-forms.ts';
import type { Sums } from './one-ttl.ts';
import { expectOnly, type Measured } from './testing/agreement.ts';
import { runWhole } from './testing/one-ttl-world.ts';
import {
  erlang2Gap,
  fixedGap,
  type Gap,
  hyperExponentialGap,
  poissonGap,
  RenewalArrivals,
} from './testing/renewal-arrivals.ts';

const QUERIES = 60_000;

interface Arrivals {
  readonly gap: Gap;
  readonly renewal: RenewalFunction;
}

const ARRIVALS = {
  'Erlang-2': { gap: erlang2Gap, renewal: ERLANG_2 },
  Poisson: { gap: poissonGap, renewal: POISSON },
  'hyper-exponential': {
    gap: hyperExponentialGap(0.1, 0.2, 1.8),
    renewal: hyperExponential(0.1, 0.2, 1.8),
  },
} as const satisfies Readonly<Record<string, Arrivals>>;

type Kind = keyof typeof ARRIVALS;

/** Whole seconds. */
interface Gaps {
  readonly ttl: number;
  readonly meanGap: number;
}

function count(gap: Gap, { ttl, meanGap }: Gaps): Sums {
  return runWhole({
    seed: 100 * ttl + meanGap,
    rate: 1 / meanGap,
    ttl,
    seconds: QUERIES * meanGap,
    arrivals: (plan) => new RenewalArrivals(plan, gap, meanGap * SECOND),
  });
}

function measure(kind: Kind, gaps: Gaps): Measured {
  const { gap, renewal } = ARRIVALS[kind];
  const { hits, clientQueries } = count(gap, gaps);
  const standardError = renewalHitRatioError(renewal, gaps.ttl / gaps.meanGap, clientQueries);
  return { value: hits / clientQueries, standardError };
}

describe('renewal arrivals hit with probability M(T) / (1 + M(T))', () => {
  it.each<{ readonly kind: Kind; readonly t: number; readonly expected: number } & Gaps>([
    { kind: 'Poisson', t: 0.5, ttl: 1, meanGap: 2, expected: 0.3333 },
    { kind: 'Poisson', t: 1, ttl: 1, meanGap: 1, expected: 0.5 },
    { kind: 'Poisson', t: 3, ttl: 3, meanGap: 1, expected: 0.75 },
    { kind: 'Poisson', t: 10, ttl: 10, meanGap: 1, expected: 0.9091 },
    { kind: 'Erlang-2', t: 0.5, ttl: 1, meanGap: 2, expected: 0.2211 },
    { kind: 'Erlang-2', t: 1, ttl: 1, meanGap: 1, expected: 0.4301 },
    { kind: 'Erlang-2', t: 3, ttl: 3, meanGap: 1, expected: 0.7333 },
    { kind: 'Erlang-2', t: 10, ttl: 10, meanGap: 1, expected: 0.907 },
    { kind: 'hyper-exponential', t: 0.5, ttl: 1, meanGap: 2, expected: 0.4422 },
    { kind: 'hyper-exponential', t: 1, ttl: 1, meanGap: 1, expected: 0.6059 },
    { kind: 'hyper-exponential', t: 3, ttl: 3, meanGap: 1, expected: 0.8067 },
    { kind: 'hyper-exponential', t: 10, ttl: 10, meanGap: 1, expected: 0.9214 },
  ])('$kind, T = $t mean gaps', ({ kind, t, expected, ...gaps }) => {
    expect(renewalHitRatio(ARRIVALS[kind].renewal, t)).toBeCloseTo(expected, 4);
    expectOnly(kind, measure(kind, gaps), {
      'Erlang-2': renewalHitRatio(ERLANG_2, t),
      Poisson: hitRatio(t),
      'hyper-exponential': renewalHitRatio(ARRIVALS['hyper-exponential'].renewal, t),
      'Poisson with a TTL that hits renew': 1 - Math.exp(-t),
    });
  });

  it.each([
    { ttl: 16, meanGap: 5, expected: 0.75 },
    { ttl: 107, meanGap: 10, expected: 10 / 11 },
    { ttl: 3, meanGap: 4, expected: 0 },
  ])('a fixed gap of $meanGap s, TTL $ttl s, exactly', ({ expected, ...gaps }) => {
    const { hits, misses, clientQueries } = count(fixedGap, gaps);
    const t = gaps.ttl / gaps.meanGap;
    const perCycle = 1 + Math.floor(t);
    expect(1 - 1 / perCycle).toBeCloseTo(expected, 10);
    // Nothing is left to chance: a miss, floor(T/a) hits, and so on; the last cycle may be cut short.
    const missesOf = (queriesPerCycle: number): number =>
      Math.ceil(clientQueries / queriesPerCycle);
    expect(hits).toBe(clientQueries - misses);
    expect(misses).toBe(missesOf(perCycle));
    expect(misses, 'Poisson').not.toBe(missesOf(1 + t));
  });
});

describe('the sign test', () => {
  it.each([
    { ttl: 1, meanGap: 2 },
    { ttl: 10, meanGap: 1 },
  ])('bursty > Poisson > regular at equal rate and TTL: $ttl s, mean gap $meanGap s', (gaps) => {
    // Further apart than their errors: a generator that ignores the kind of gaps fails.
    const isBelow = (less: Measured, more: Measured): boolean => {
      const error = Math.sqrt(less.standardError ** 2 + more.standardError ** 2);
      return more.value - less.value > 4 * error;
    };
    const regular = measure('Erlang-2', gaps);
    const poisson = measure('Poisson', gaps);
    const bursty = measure('hyper-exponential', gaps);
    expect([isBelow(regular, poisson), isBelow(poisson, bursty)]).toEqual([true, true]);
  });
});
