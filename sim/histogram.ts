/**
 * Latency percentiles over counted values: the one place that knows hdr-histogram-js.
 *
 * The library takes fractions and values beyond its range without a word and answers with nonsense
 * later, so values are rounded and clamped here. Its WebAssembly flavour is not used.
 */

import { build } from 'hdr-histogram-js';
import { MILLISECOND, MINUTE, type Micros } from '../resolver-core/time.ts';
import type { Totals } from './result.ts';

/** No stub waits longer for one answer; a longer wait counts as this long. */
const LONGEST: Micros = 10 * MINUTE;
const SIGNIFICANT_DIGITS = 3;

/** Gathers latencies with their counts; cleared and used again, since each costs some 200 kB. */
export class LatencyHistogram {
  readonly #histogram = build({
    bitBucketSize: 64,
    autoResize: false,
    lowestDiscernibleValue: 1,
    highestTrackableValue: LONGEST,
    numberOfSignificantValueDigits: SIGNIFICANT_DIGITS,
  });

  record(latency: Micros, count: number): void {
    const value = Math.min(Math.max(Math.round(latency), 0), LONGEST);
    this.#histogram.recordValueWithCount(value, count);
  }

  clear(): void {
    this.#histogram.reset();
  }

  /** Percentiles in milliseconds, exact to three significant digits; null when nothing was recorded. */
  summary(): Totals['latencyMs'] {
    if (this.#histogram.totalCount === 0) return null;
    return {
      p50: this.#percentile(50),
      p90: this.#percentile(90),
      p99: this.#percentile(99),
      p999: this.#percentile(99.9),
      max: this.#histogram.maxValue / MILLISECOND,
    };
  }

  /** The library answers with the upper end of a bin, which may lie beyond the largest value. */
  #percentile(percent: number): number {
    const value = this.#histogram.getValueAtPercentile(percent);
    return Math.min(value, this.#histogram.maxValue) / MILLISECOND;
  }
}
