/**
 * Traits of names: pure functions of the plan's seed and the name, so that a zone of millions of
 * names needs no list of them, and asking for one changes no other.
 */

import type { Name } from '../../resolver-core/name/name.ts';
import { fraction, hashText, mix, PURPOSE } from '../engine/random.ts';

/** What a trait is about; the numbers are part of the world that a seed means, and never reused. */
export const TRAIT = {
  hoster: 1,
  signed: 2,
  broken: 3,
  wildcard: 4,
  algorithm: 5,
  ttl: 6,
  alias: 7,
  aliasTarget: 8,
  aaaa: 9,
  https: 10,
  txt: 11,
  mx: 12,
  label: 13,
  address: 14,
  resign: 16,
  copy: 17,
  poolIndex: 18,
  missing: 19,
  order: 20,
  filler: 21,
  denial: 22,
} as const;

/**
 * A 32-bit unsigned draw that belongs to `name` and `trait` (and `index`, where it has several).
 */
export function traitDraw(seed: number, name: Name, trait: number, index = 0): number {
  return mix(seed, PURPOSE.trait, hashText(seed, name.key), trait, index);
}

/** The same as a fraction in [0, 1). */
export function traitOf(seed: number, name: Name, trait: number, index = 0): number {
  return fraction(traitDraw(seed, name, trait, index));
}

/**
 * The item at `draw` (in [0, 1)) of the shares laid end to end; their sum need not be 1. undefined
 * without items.
 */
export function pickShare<T extends { readonly share: number }>(
  items: readonly T[],
  draw: number,
): T | undefined {
  let total = 0;
  for (const item of items) total += item.share;
  let left = draw * total;
  for (const item of items) {
    left -= item.share;
    if (left < 0) return item;
  }
  return items[items.length - 1];
}
