/** What was done to the world, of all variants together: each mark once, with the variants that have it. */

import type { Mark, Result } from '../sim/result.ts';

export interface SharedMark extends Mark {
  /** Indices of the variants, in their order. */
  readonly variants: readonly number[];
}

/** In order of time. */
export function sharedMarks({ variants }: Result): SharedMark[] {
  const marks = new Map<string, Mark & { readonly variants: number[] }>();
  for (const [index, variant] of variants.entries()) {
    for (const { at, kind, text } of variant.marks) {
      const key = `${at} ${kind} ${text}`;
      const known = marks.get(key);
      if (known === undefined) marks.set(key, { at, kind, text, variants: [index] });
      else known.variants.push(index);
    }
  }
  // the sort is stable; ISO instants of one form sort as text
  return [...marks.values()].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

/** `all variants`, or the names of those that have it. */
export function whose(mark: SharedMark, { variants }: Result): string {
  if (mark.variants.length === variants.length) return 'all variants';
  return mark.variants.map((index) => variants[index]?.name ?? '').join(', ');
}
