/**
 * Many names under a Zipf law, in one cache and in several that share nothing: entries alive (C9) and
 * the hit ratio of all queries, x / (N + x) for each name.
 */

import { describe, expect, it } from 'vitest';
import {
  hitRatio,
  liveEntries,
  liveEntriesError,
  zipfHitRatio,
  zipfHitRatioError,
  zipfRates,
} from './closed-forms.ts';
import { sumsOf } from './one-ttl.ts';
import { expectOnly } from './testing/agreement.ts';
import { openOneTtl } from './testing/one-ttl-world.ts';

const NAMES = 4_000;
const TTL = 100;
/** Queries per second of all names: as many per TTL as there are names. */
const RATE = NAMES / TTL;
/**
 * Seconds. From an empty cache popular names expire in step: at 12.5 TTLs what is left of that is far
 * below the error of an instant.
 */
const WARMUP = 750;
const COUNTED = 500;
const SEEDS = [1, 2, 3];

describe('the formulas, as published for 100,000 names', () => {
  it.each([
    [0.8, 33_675, 0.6633, 0.4729],
    [1, 21_272, 0.7873, 0.6775],
    [1.2, 10_005, 0.9, 0.8487],
  ])('Zipf exponent %f', (exponent, live, oneNode, fourNodes) => {
    const rates = zipfRates(100_000, exponent, 1_000);
    expect(Math.round(liveEntries(rates, 100))).toBe(live);
    expect(zipfHitRatio(rates, 100)).toBeCloseTo(oneNode, 4);
    expect(zipfHitRatio(rates, 100, 4)).toBeCloseTo(fourNodes, 4);
  });
});

interface Counted {
  /** Entries alive at the end, over all nodes. */
  readonly alive: number;
  readonly hits: number;
  readonly queries: number;
}

function count(zipf: number, nodeCount: number, seed: number): Counted {
  const { plan, shard, nodes } = openOneTtl({
    ...{ seed, names: NAMES, zipf, rate: RATE, ttl: TTL, nodes: nodeCount },
    ...{ warmup: WARMUP, seconds: COUNTED },
  });
  const end = plan.time.to;
  shard.advance(end);
  let alive = 0;
  for (const node of nodes) {
    for (let id = 0; id < NAMES; id++) if (node.probe(id, false, end) >= 0) alive++;
  }
  const [all] = sumsOf(shard.finish(true));
  if (all === undefined) throw new Error('no bucket');
  return { alive, hits: all.hits, queries: all.clientQueries };
}

describe('a Zipf catalogue', () => {
  it.each([
    [0.8, 1],
    [1, 1],
    [1.2, 1],
    [1, 4],
  ])('exponent %f, %i nodes', (exponent, nodes) => {
    const runs = SEEDS.map((seed) => count(exponent, nodes, seed));
    const total = (of: (run: Counted) => number): number =>
      runs.reduce((sum, run) => sum + of(run), 0);
    const rates = zipfRates(NAMES, exponent, RATE);
    const perNode = rates.map((rate) => rate / nodes);
    const [otherCaches, otherNodes] = nodes === 1 ? ['four caches', 4] : ['one cache', 1];
    expectOnly(
      'C9',
      {
        value: total(({ alive }) => alive) / runs.length,
        standardError: liveEntriesError(rates, TTL, nodes) / Math.sqrt(runs.length),
      },
      {
        C9: liveEntries(rates, TTL, nodes),
        'asked for within one TTL': nodes * askedFor(perNode),
        [otherCaches]: liveEntries(rates, TTL, otherNodes),
      },
    );
    expectOnly(
      'x/(N+x)',
      {
        value: total(({ hits }) => hits) / total(({ queries }) => queries),
        standardError: zipfHitRatioError(rates, TTL, nodes, COUNTED * runs.length),
      },
      {
        'x/(N+x)': zipfHitRatio(rates, TTL, nodes),
        'hits renew the TTL': renewedHitRatio(perNode),
        [otherCaches]: zipfHitRatio(rates, TTL, otherNodes),
        'all names alike': hitRatio((RATE * TTL) / NAMES / nodes),
      },
    );
  });
});

/** Names asked for within one TTL: those that would be alive if hits renewed it. */
function askedFor(rates: Float64Array): number {
  return rates.reduce((sum, rate) => sum + 1 - Math.exp(-rate * TTL), 0);
}

function renewedHitRatio(rates: Float64Array): number {
  const total = rates.reduce((a, b) => a + b, 0);
  return rates.reduce((sum, rate) => sum + (rate / total) * (1 - Math.exp(-rate * TTL)), 0);
}
