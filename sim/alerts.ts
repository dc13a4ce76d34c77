/**
 * When an alert would have fired: a function of a series and a bound, and of nothing else. What is
 * watched is the metric over the last `span` buckets, as a ratio of sums; it is looked at wherever a
 * bucket ends, once there are so many. Linear in buckets, whatever the span.
 *
 * Limitations: only what is counted in the window is seen, nothing of the warm-up; and what happens
 * within a bucket is seen at its end.
 */

import type { ColumnSums, Metric } from './metrics.ts';

export interface Bound {
  readonly metric: Metric;
  /** One of the two is null; a value on a bound is not above or below it. */
  readonly above: number | null;
  readonly below: number | null;
  /** Buckets, at least 1. */
  readonly span: number;
  /** With fewer client queries in the span there is no value. */
  readonly minimum: number;
}

/** In buckets from the beginning: at 5, five have ended. */
export interface Ringing {
  readonly from: number;
  /** null: it still rings where the series ends. */
  readonly to: number | null;
}

export interface Watched {
  /** In order of time; they do not touch. */
  readonly ringing: readonly Ringing[];
  /** The value that came closest to the bound, or went furthest beyond; null without any. */
  readonly extreme: number | null;
}

/**
 * `buckets` gives the sums of each bucket in turn; the same object may come again with the next. What
 * is divided over the span is the sum of what is divided in its buckets: metrics are linear, and
 * integers below 2^53 leave nothing behind when they are taken away again.
 */
export function watch(bound: Bound, buckets: Iterable<ColumnSums>): Watched {
  const { metric, span, minimum } = bound;
  const isRatio = metric.kind === 'ratio';
  const numerator = new Sliding(span);
  const denominator = new Sliding(span);
  const queries = new Sliding(span);
  const ringing: { from: number; to: number | null }[] = [];
  let extreme: number | null = null;
  let now: { from: number; to: number | null } | null = null;
  let end = 0;
  for (const sums of buckets) {
    end++;
    numerator.add(metric.numerator(sums));
    denominator.add(isRatio ? metric.denominator(sums) : 0);
    queries.add(sums.clientQueries);
    if (end < span) continue;
    const divisor = isRatio ? denominator.sum : 1;
    const hasValue = queries.sum >= minimum && divisor !== 0;
    const value = hasValue ? numerator.sum / divisor : null;
    if (value !== null) extreme = further(bound, extreme, value);
    if (value !== null && isBeyond(bound, value)) {
      if (now !== null) continue;
      now = { from: end, to: null };
      ringing.push(now);
    } else if (now !== null) {
      now.to = end;
      now = null;
    }
  }
  return { ringing, extreme };
}

/** The sum of the last so many numbers. */
class Sliding {
  readonly #last: Float64Array;
  #next = 0;
  sum = 0;

  constructor(length: number) {
    this.#last = new Float64Array(length);
  }

  add(value: number): void {
    const left = this.#last[this.#next] as number;
    this.#last[this.#next] = value;
    this.#next = (this.#next + 1) % this.#last.length;
    this.sum += value - left;
  }
}

function isBeyond({ above, below }: Bound, value: number): boolean {
  return above !== null ? value > above : below !== null && value < below;
}

/** The larger one where the bound is one to stay under, else the smaller one. */
export function further(
  { above }: Pick<Bound, 'above'>,
  known: number | null,
  value: number,
): number {
  if (known === null) return value;
  return above !== null ? Math.max(known, value) : Math.min(known, value);
}
