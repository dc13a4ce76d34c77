/** One name, one cache, Poisson clients: the engine and the resolver against C1 to C4 and C6 to C8. */

import { describe, expect, it } from 'vitest';
import { SECOND } from '../../resolver-core/time.ts';
import {
  binomialError,
  coldHitRatio,
  coldHitRatioError,
  hitRatio,
  hitRatioError,
  hitRatioOfWholeSeconds,
  mean,
  missProbabilities,
  poissonCdf,
  sharesError,
  sharesWithDelay,
  upstreamRate,
  upstreamRateError,
  upstreamWithoutJoining,
  variance,
} from './closed-forms.ts';
import { expectOnly } from './testing/agreement.ts';
import { runOneTtl, runWhole } from './testing/one-ttl-world.ts';

/** A TTL that each hit begins anew: then only gaps longer than it miss. */
const renewedByHits = (x: number): number => 1 - Math.exp(-x);

describe('C1: a name of rate r and TTL T hits with probability x / (1 + x), x = r T', () => {
  it.each([
    [0.1, 1, 150_000],
    [1, 1, 100_000],
    [1, 10, 100_000],
    [5, 1, 40_000],
    [10, 10, 1_000_000],
  ])(
    '%f queries per second, TTL %i s (C4: TTLs are not counted in whole seconds)',
    (rate, ttl, queries) => {
      const x = rate * ttl;
      const seconds = queries / rate;
      const { hits, misses, upstreamQueries, clientQueries } = runWhole({
        ...{ rate, ttl, seconds, warmup: 10 * (ttl + 1 / rate) },
      });
      expect(clientQueries).toBeGreaterThan(0.95 * queries);
      const value = hits / clientQueries;
      expectOnly(
        'x/(1+x)',
        { value, standardError: hitRatioError(x, clientQueries) },
        {
          'x/(1+x)': hitRatio(x),
          'x/(2+x)': x / (2 + x),
          'a TTL that hits renew': renewedByHits(x),
          'C4: whole seconds': hitRatioOfWholeSeconds(rate, ttl),
        },
      );
      // What misses is asked for, once: delegations are known and last.
      expect(upstreamQueries).toBe(misses);
      expectOnly(
        'r/(1+x)',
        { value: upstreamQueries / seconds, standardError: upstreamRateError(rate, ttl, seconds) },
        { 'r/(1+x)': upstreamRate(rate, ttl), 'no cache': rate, 'one per TTL': 1 / ttl },
      );
    },
  );

  it('holds for signed names that are validated', () => {
    const [rate, ttl] = [1, 10];
    const { hits, authenticated, clientQueries } = runWhole({
      ...{ rate, ttl, seconds: 100_000, warmup: 100, signed: true, seed: 2 },
    });
    expect(authenticated).toBe(clientQueries);
    expectOnly(
      'x/(1+x)',
      { value: hits / clientQueries, standardError: hitRatioError(10, clientQueries) },
      {
        'x/(1+x)': hitRatio(10),
        'a TTL that hits renew': renewedByHits(10),
        'C4: whole seconds': hitRatioOfWholeSeconds(rate, ttl),
      },
    );
  });
});

describe('C2: a fetch that takes d, D = 1 + r (T + d), splits queries into miss, joined and hit', () => {
  it.each([
    [20, 1, 0.2, 200_000],
    [2, 5, 0.3, 200_000],
    [50, 2, 0.1, 500_000],
  ])(
    '%i queries per second, TTL %i s, d = %f s (C3: one fetch serves all who wait)',
    (rate, ttl, delay, queries) => {
      const { hits, joined, misses, upstreamQueries, clientQueries } = runWhole({
        ...{ rate, ttl, seconds: queries / rate, warmup: 20 * ttl, fetchDelay: delay * SECOND },
      });
      const right = sharesWithDelay(rate, ttl, delay);
      const error = sharesError(rate, ttl, delay, clientQueries);
      expect(upstreamQueries).toBe(misses);
      expectOnly(
        '1/D',
        { value: upstreamQueries / clientQueries, standardError: error.miss },
        {
          '1/D': right.miss,
          'C3: nobody joins': upstreamWithoutJoining(rate, ttl, delay, false),
          'C3: nobody joins, later answers overwrite': upstreamWithoutJoining(
            rate,
            ttl,
            delay,
            true,
          ),
          'C1: no delay': 1 / (1 + rate * ttl),
        },
      );
      expectOnly(
        'rd/D',
        { value: joined / clientQueries, standardError: error.joined },
        { 'rd/D': right.joined, 'rd/(1+x)': (rate * delay) / (1 + rate * ttl), none: 0 },
      );
      expectOnly(
        'x/D',
        { value: hits / clientQueries, standardError: error.hit },
        { 'x/D': right.hit, 'C1: no delay': hitRatio(rate * ttl) },
      );
    },
  );
});

describe('C6: the hit ratio of n queries has standard error sqrt(x / ((1+x)^3 n))', () => {
  it.each([
    [1, 1, 200, 500],
    [1, 3, 400, 500],
    [1, 10, 1_000, 400],
  ])('%i queries per second, TTL %i s, %i s per bucket', (rate, ttl, bucket, buckets) => {
    const ratios = runOneTtl({
      ...{ rate, ttl, bucket, seconds: bucket * buckets, warmup: 100 * ttl },
    }).map(({ hits, clientQueries }) => hits / clientQueries);
    const average = ratios.reduce((a, b) => a + b, 0) / buckets;
    const squares = ratios.reduce((sum, ratio) => sum + (ratio - average) ** 2, 0);
    const x = rate * ttl;
    const right = hitRatioError(x, rate * bucket);
    expectOnly(
      'renewal',
      {
        value: Math.sqrt(squares / (buckets - 1)),
        // Of the deviation of a sample of so many, nearly normal: s / sqrt(2 (b - 1)).
        standardError: right / Math.sqrt(2 * (buckets - 1)),
      },
      { renewal: right, binomial: binomialError(x, rate * bucket) },
    );
  });
});

describe('C7: misses in (0, W) from an empty cache', () => {
  /** Each is a cache of its own that begins empty: as many independent runs at once. */
  const names = 2_000;

  it.each([
    [1, 10, 35, 3.735],
    [0.05, 10, 100, 3.389],
    [2, 5, 60, 11.292],
  ])('%f queries per second, TTL %i s, W = %i s', (rate, ttl, window, expected) => {
    const tails = missProbabilities(rate, ttl, window);
    expect(mean(tails)).toBeCloseTo(expected, 3);
    const { misses } = runWhole({ rate: rate * names, names, ttl, seconds: window });
    const oneTooFew = Array.from(tails, (_, k) => 1 - poissonCdf(rate * (window - k * ttl), k + 1));
    expectOnly(
      'from an empty cache',
      { value: misses / names, standardError: Math.sqrt(variance(tails) / names) },
      {
        'from an empty cache': mean(tails),
        'a miss, then the steady state': 1 + window * upstreamRate(rate, ttl),
        'one arrival more for each': mean(oneTooFew),
      },
    );
  });
});

describe('C8: P(hit at t) = 1 - e^-rt while the first TTL lasts', () => {
  const names = 2_000;

  it.each([
    [0.05, 64],
    [0.5, 16],
  ])('%f queries per second, TTL %i s', (rate, ttl) => {
    const bucket = ttl / 8;
    const buckets = runOneTtl({
      ...{ rate: rate * names, names, ttl, seconds: ttl, bucket },
    });
    const spans = buckets.map((_, i) => [i * bucket, (i + 1) * bucket] as const);
    const measured = buckets.map(({ hits, clientQueries }, i) => {
      const [from, to] = spans[i] as readonly [number, number];
      const standardError = coldHitRatioError(rate, from, to, names);
      return { value: hits / clientQueries, standardError };
    });
    expectOnly('1-e^-rt', measured, {
      '1-e^-rt': spans.map(([from, to]) => coldHitRatio(rate, from, to)),
      'steady state': spans.map(() => hitRatio(rate * ttl)),
      'rt/(1+rt)': spans.map(([from, to]) => hitRatio((rate * (from + to)) / 2)),
    });
  });
});
