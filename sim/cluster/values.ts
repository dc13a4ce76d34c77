/**
 * Values to three significant digits, counted per row: arrays with 900 bins per decade, made when a row
 * first counts something.
 */

/** From 0 to 999 one bin per unit, then six decades. */
const BINS = 1000 + 6 * 900;

/** Latencies in microseconds up to 1000 s, ages in seconds up to 31 years. */
export class ValueCounts {
  readonly #rows: (Uint32Array | undefined)[];

  constructor(rows: number) {
    this.#rows = new Array<Uint32Array | undefined>(rows).fill(undefined);
  }

  /** Counts `count` times a value (an integer, not negative). */
  add(row: number, value: number, count: number): void {
    const bins = this.#rows[row] ?? this.#open(row);
    const bin = binOf(value);
    bins[bin] = (bins[bin] as number) + count;
  }

  /** Calls back with every value of a row that was counted, ascending. */
  each(row: number, visit: (value: number, count: number) => void): void {
    this.#rows[row]?.forEach((count, bin) => {
      if (count > 0) visit(valueIn(bin), count);
    });
  }

  #open(row: number): Uint32Array {
    const bins = new Uint32Array(BINS);
    this.#rows[row] = bins;
    return bins;
  }
}

/** The bin of a value, rounded down to three significant digits. */
function binOf(value: number): number {
  let digits = value;
  let first = 0;
  while (digits >= 1000) {
    digits = Math.floor(digits / 10);
    first += 900;
  }
  return Math.min(BINS - 1, first + digits);
}

function valueIn(bin: number): number {
  let digits = bin;
  let unit = 1;
  while (digits >= 1000) {
    digits -= 900;
    unit *= 10;
  }
  return digits * unit;
}
