/**
 * Hit ratios of a colo by what its nodes share, how many they are, how unequal names are and how much each
 * node can hold; beside the closed forms where there are any (docs/oracles.md), in standard errors.
 *
 * Poisson arrivals of names under a Zipf law, each query at a node drawn by chance, one TTL. With room for
 * all names a colo that shares what it has is one cache, and one that does not is N: x/(1+x) and x/(N+x) of each name.
 */

import { zipfHitRatio, zipfHitRatioError, zipfRates } from '../../sim/oracles/closed-forms.ts';
import { type OneTtlTerms, oneTtlPlan, sumsOf } from '../../sim/oracles/one-ttl.ts';
import type { CacheMode, Plan } from '../../sim/plan.ts';
import { DEFAULT_BLOCK, openWorld } from '../../sim/world.ts';

export interface CacheCell {
  readonly mode: CacheMode;
  readonly nodes: number;
  /** Zipf exponent. */
  readonly zipf: number;
  /** Most answers per node; null: room for all. */
  readonly answers: number | null;
}

/** How much of it is measured. */
export interface CacheTerms {
  readonly seed: number;
  readonly names: number;
  /** TTLs that pass before anything is counted, and TTLs that are counted; one query per name and TTL on average. */
  readonly warmupTtls: number;
  readonly countedTtls: number;
  /** Who owns a name depends on who asks: nothing may agree with the closed form then. */
  readonly isKeyWrong: boolean;
}

export interface CacheFigure {
  readonly world: 'virtual' | 'live';
  readonly cell: CacheCell;
  readonly queries: number;
  readonly hitRatio: number;
  /** null where caches are too small for all names: there is no closed form. */
  readonly expected: { readonly hitRatio: number; readonly standardError: number } | null;
}

/** Seconds. */
export const TTL = 100;

/** Most standard errors between a figure and its closed form (`docs/oracles.md`). */
export const TOLERANCE = 4;

/** In standard errors; null without a closed form. */
export function deviationOf({ hitRatio, expected }: CacheFigure): number | null {
  return expected === null ? null : (hitRatio - expected.hitRatio) / expected.standardError;
}

export function agrees(figure: CacheFigure): boolean {
  const deviation = deviationOf(figure);
  return deviation === null || Math.abs(deviation) <= TOLERANCE;
}

export function termsOf(cell: CacheCell, terms: CacheTerms): OneTtlTerms {
  const { names, seed, warmupTtls, countedTtls } = terms;
  const { mode, nodes, zipf, answers } = cell;
  return {
    ...{ seed, names, zipf, rate: names / TTL, ttl: TTL, nodes, mode },
    ...{ copyTtl: 30, warmup: warmupTtls * TTL, seconds: countedTtls * TTL },
    ...(answers === null ? {} : { answers }),
  };
}

/** What the closed form says of a cell. */
export function expectedOf(cell: CacheCell, terms: CacheTerms): CacheFigure['expected'] {
  if (cell.answers !== null) return null;
  const { names, countedTtls } = terms;
  const rates = zipfRates(names, cell.zipf, names / TTL);
  const caches = cell.mode === 'private' ? cell.nodes : 1;
  return {
    hitRatio: zipfHitRatio(rates, TTL, caches),
    standardError: zipfHitRatioError(rates, TTL, caches, countedTtls * TTL),
  };
}

/** An owner that depends on who asks: what a hash over more than the name comes to. */
export function misplaced(nodes: number): (owner: number, asking: number) => number {
  return (owner, asking) => (owner + asking) % nodes;
}

/** The cell in virtual time; zones, keys and servers are those of `base`. */
export function measureVirtual(base: Plan, cell: CacheCell, terms: CacheTerms): CacheFigure {
  const plan = oneTtlPlan(base, termsOf(cell, terms));
  const [variant] = plan.variants;
  if (variant === undefined) throw new Error('a plan without variants');
  const settings = { block: DEFAULT_BLOCK, wire: false };
  const misplace = misplaced(cell.nodes);
  const { shard } = openWorld(plan).openShard(
    variant,
    0,
    terms.isKeyWrong ? { ...settings, misplace } : settings,
  );
  shard.advance(Number.POSITIVE_INFINITY);
  const [sums] = sumsOf(shard.finish(true));
  if (sums === undefined) throw new Error('nothing was counted');
  const hits = sums.hits + sums.forwardedHits + sums.sharedHits;
  const queries = sums.clientQueries;
  return {
    world: 'virtual',
    cell,
    queries,
    hitRatio: hits / queries,
    expected: expectedOf(cell, terms),
  };
}
