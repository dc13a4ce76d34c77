/**
 * Hit ratios of a colo of N nodes by what they share, x = r T of the whole colo: one cache has x/(1+x), and
 * N caches that clients reach by chance have (x/N)/(1+x/N) = x/(N+x) each.
 */

import { describe, expect, it } from 'vitest';
import type { CacheMode } from '../plan.ts';
import type { Sums } from './one-ttl.ts';
import { runWhole } from './testing/one-ttl-world.ts';

const NODES = 4;
const TTL = 20;

function count(mode: CacheMode, x: number, copyTtl = 0): Sums {
  const names = 50;
  const [rate, warmup] = [(x * names) / TTL, 10 * TTL];
  const seconds = 40_000 / rate;
  return runWhole({ names, rate, ttl: TTL, nodes: NODES, mode, copyTtl, seconds, warmup });
}

const oneCache = (x: number): number => x / (1 + x);
const alone = (x: number): number => x / (NODES + x);

/** Standard error of a hit ratio of 40,000 queries is at most 0.004 (C6 of single-name.test.ts). */
const TOLERANCE = 0.015;

function shareOf(part: number, { clientQueries }: Sums): number {
  return part / clientQueries;
}

describe.each([0.5, 3, 12])('x = %f', (x) => {
  it('private: x/(N+x), all at the node that the client reached', () => {
    const sums = count('private', x);
    expect(Math.abs(shareOf(sums.hits, sums) - alone(x))).toBeLessThan(TOLERANCE);
    expect([sums.forwardedHits, sums.sharedHits]).toEqual([0, 0]);
  });

  it('forwarded, without copies: x/(1+x), of which 1/N at the node that the client reached', () => {
    const sums = count('forwarded', x);
    const { hits, forwardedHits } = sums;
    expect(Math.abs(shareOf(hits + forwardedHits, sums) - oneCache(x))).toBeLessThan(TOLERANCE);
    expect(Math.abs(hits / (hits + forwardedHits) - 1 / NODES)).toBeLessThan(2 * TOLERANCE);
  });

  it('forwarded, with copies as long as the TTL: x/(1+x), more of it where the client was', () => {
    const [without, sums] = [count('forwarded', x), count('forwarded', x, TTL)];
    const { hits, forwardedHits } = sums;
    expect(Math.abs(shareOf(hits + forwardedHits, sums) - oneCache(x))).toBeLessThan(TOLERANCE);
    expect(hits).toBeGreaterThan(1.05 * without.hits);
  });

  it('shared: x/(1+x)', () => {
    const sums = count('shared', x);
    expect(Math.abs(shareOf(sums.sharedHits, sums) - oneCache(x))).toBeLessThan(TOLERANCE);
    expect([sums.hits, sums.forwardedHits]).toEqual([0, 0]);
  });

  it.each(['private', 'forwarded', 'shared'] as const)('%s: every query counts once', (mode) => {
    const { clientQueries, hits, forwardedHits, sharedHits, misses, joined } = count(mode, x, 5);
    expect(hits + forwardedHits + sharedHits + misses + joined).toBe(clientQueries);
  });
});
