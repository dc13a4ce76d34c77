import { describe, expect, it } from 'vitest';
import { smallPlan } from '../../sim/testing/small-plan.ts';
import { cacheRow } from '../cli/bench-cache.ts';
import {
  agrees,
  type CacheCell,
  type CacheFigure,
  type CacheTerms,
  deviationOf,
  measureVirtual,
} from './cache.ts';
import { measureLive } from './cache-live.ts';

const TERMS: CacheTerms = {
  ...{ seed: 1, names: 100, warmupTtls: 8, countedTtls: 10, isKeyWrong: false },
};
const WRONG = { ...TERMS, isKeyWrong: true };
const base = smallPlan();

const cell = (over: Partial<CacheCell>): CacheCell => {
  return { mode: 'forwarded', nodes: 4, zipf: 1, answers: null, ...over };
};

const worlds = {
  virtual: async (one: CacheCell, terms: CacheTerms): Promise<CacheFigure> =>
    measureVirtual(base, one, terms),
  live: (one: CacheCell, terms: CacheTerms): Promise<CacheFigure> => measureLive(base, one, terms),
};

describe.each(['virtual', 'live'] as const)('%s hit ratios', (world) => {
  const measure = worlds[world];

  it.each([
    { mode: 'private', nodes: 4 },
    { mode: 'forwarded', nodes: 4 },
    { mode: 'shared', nodes: 4 },
  ] as const)('$mode, $nodes nodes: as the closed form says', async (over) => {
    const figure = await measure(cell(over), TERMS);
    expect(figure.queries).toBeGreaterThan(900);
    expect(Math.abs(deviationOf(figure) ?? Number.NaN)).toBeLessThanOrEqual(4);
    // A colo of four that shares nothing is not one cache, and the figure can tell.
    const { standardError } = figure.expected as { readonly standardError: number };
    expect(standardError).toBeLessThan(0.02);
  });

  it('with a hash key that has the asking node in it too: forwarded fails', async () => {
    const figure = await measure(cell({}), WRONG);
    expect(agrees(figure)).toBe(false);
    expect(deviationOf(figure)).toBeLessThan(-6);
    expect(cacheRow(figure)).toContain('too far');
  });

  it('with less room than names: fewer hits, and nothing to hold them against', async () => {
    const [all, some] = [null, 10].map((answers) => cell({ mode: 'private', nodes: 1, answers }));
    const [whole, bounded] = [
      await measure(all as CacheCell, TERMS),
      await measure(some as CacheCell, TERMS),
    ];
    expect(bounded.hitRatio).toBeLessThan(whole.hitRatio - 0.1);
    expect(bounded.hitRatio).toBeGreaterThan(0.1);
    expect([bounded.expected, deviationOf(bounded), agrees(bounded)]).toEqual([null, null, true]);
  });
});
