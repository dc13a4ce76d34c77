/** Percentiles of counted times in seconds, by nearest rank: every one of them is a value that was counted. */

import type { Ages } from './result.ts';

export class AgeCounts {
  readonly #counts = new Map<number, number>();
  #total = 0;

  add(seconds: number, count: number): void {
    this.#counts.set(seconds, (this.#counts.get(seconds) ?? 0) + count);
    this.#total += count;
  }

  /** null when nothing was counted. */
  summary(): Ages | null {
    if (this.#total === 0) return null;
    const sorted = [...this.#counts].sort(([a], [b]) => a - b);
    const [p50, p90, p99, max] = [50, 90, 99, 100].map((percent) => {
      let before = Math.ceil((this.#total * percent) / 100);
      for (const [seconds, count] of sorted) {
        before -= count;
        if (before <= 0) return seconds;
      }
      throw new Error('fewer times than were counted');
    }) as [number, number, number, number];
    return { p50, p90, p99, max };
  }
}
