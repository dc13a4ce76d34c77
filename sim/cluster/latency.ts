/**
 * Latencies to three significant digits, counted per row: arrays with 900 bins per decade, made when a
 * row first counts something.
 */

/** From 0 to 999 us one bin per microsecond, then six decades up to 1000 s. */
const BINS = 1000 + 6 * 900;

export class LatencyCounts {
  readonly #rows: (Uint32Array | undefined)[];

  constructor(rows: number) {
    this.#rows = new Array<Uint32Array | undefined>(rows).fill(undefined);
  }

  /** Counts `count` latencies of `latency` microseconds (an integer, not negative). */
  add(row: number, latency: number, count: number): void {
    const bins = this.#rows[row] ?? this.#open(row);
    const bin = binOf(latency);
    bins[bin] = (bins[bin] as number) + count;
  }

  /** Calls back with every latency of a row that was counted, ascending. */
  each(row: number, visit: (latency: number, count: number) => void): void {
    this.#rows[row]?.forEach((count, bin) => {
      if (count > 0) visit(latencyOf(bin), count);
    });
  }

  #open(row: number): Uint32Array {
    const bins = new Uint32Array(BINS);
    this.#rows[row] = bins;
    return bins;
  }
}

/** The bin of a latency, rounded down to three significant digits. */
function binOf(latency: number): number {
  let digits = latency;
  let first = 0;
  while (digits >= 1000) {
    digits = Math.floor(digits / 10);
    first += 900;
  }
  return Math.min(BINS - 1, first + digits);
}

function latencyOf(bin: number): number {
  let digits = bin;
  let unit = 1;
  while (digits >= 1000) {
    digits -= 900;
    unit *= 10;
  }
  return digits * unit;
}
