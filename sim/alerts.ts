/**
 * When an alert would have fired: a function of a series and a bound, and of nothing else. What is
 * watched is the metric over the last `span` buckets, as a ratio of sums; it is looked at wherever a
 * bucket ends, once there are so many. Linear in buckets, whatever the span.
 *
 * Limitations: only what is counted in the window is seen, nothing of the warm-up; and what happens
 * within a bucket is seen at its end.
 */

import { type ColumnSums, type Metric, metricValue } from './metrics.ts';
import { COUNT_COLUMNS } from './result.ts';

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

/** `buckets[i]` are the sums of bucket i. */
export function watch(bound: Bound, buckets: readonly ColumnSums[]): Watched {
  const ringing: { from: number; to: number | null }[] = [];
  let extreme: number | null = null;
  let now: { from: number; to: number | null } | null = null;
  const sums = Object.fromEntries(COUNT_COLUMNS.map((column) => [column, 0])) as Sums;
  for (const [index, bucket] of buckets.entries()) {
    add(sums, bucket, 1);
    const left = buckets[index - bound.span];
    if (left !== undefined) add(sums, left, -1);
    const end = index + 1;
    if (end < bound.span) continue;
    const value = sums.clientQueries < bound.minimum ? null : metricValue(bound.metric, sums);
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

type Sums = { -readonly [K in keyof ColumnSums]: ColumnSums[K] };

/** Counts are integers below 2^53, so that nothing is left of a bucket that is taken away again. */
function add(sums: Sums, bucket: ColumnSums, sign: 1 | -1): void {
  for (const column of COUNT_COLUMNS) sums[column] += sign * bucket[column];
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
