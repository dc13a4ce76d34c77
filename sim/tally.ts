/**
 * One variant's counts over all shards, ready to be asked: every table of a report, every
 * expectation and every published figure is a sum over a selection of cells and a span of buckets.
 *
 * Shards are added in the order of their numbers, so the sums do not depend on who finished first.
 * A run that was stopped early leaves shards of different length: only the buckets that all of them
 * have finished are counted.
 */

import type { Micros } from '../resolver-core/time.ts';
import { AgeCounts } from './ages.ts';
import type { ExpectationPlan } from './claims.ts';
import { LatencyHistogram } from './histogram.ts';
import type { ColumnSums } from './metrics.ts';
import type { Plan } from './plan.ts';
import {
  type Ages,
  type Cell,
  COUNT_COLUMNS,
  type ShardCounts,
  segmentsOf,
  type Totals,
} from './result.ts';

/** Which cells: null for any. */
export type CellFilter = ExpectationPlan['filter'];

export const ALL_CELLS: CellFilter = { zone: null, colo: null, role: null, slice: null };

/**
 * The slices of docs/output.md. The lookups with CD=0 are split by what the name is; together
 * with `cd` those make up all lookups. `oneOff` and `do` overlap them.
 */
export const SLICES: Readonly<Record<string, (cell: Cell) => boolean>> = {
  signed: (cell) => cell.kind === 'signed' && !cell.checkingDisabled,
  unsigned: (cell) => cell.kind === 'unsigned' && !cell.checkingDisabled,
  missing: (cell) => cell.kind === 'missing' && !cell.checkingDisabled,
  oneOff: (cell) => cell.oneOff,
  cd: (cell) => cell.checkingDisabled,
  do: (cell) => cell.dnssecOk,
};

/** Buckets `first` up to, not including, `end`. */
export interface BucketSpan {
  readonly first: number;
  readonly end: number;
}

/** The buckets that begin within [from, to). */
export function bucketsOf(time: Plan['time'], from: Micros, to: Micros): BucketSpan {
  return {
    first: Math.max(0, Math.ceil((from - time.from) / time.bucket)),
    end: Math.ceil((Math.min(to, time.to) - time.from) / time.bucket),
  };
}

const WIDTH = COUNT_COLUMNS.length;
const ROW = 4; // of errorCounts, latency and staleAge

/** A shard with its sparse rows found by cell. */
interface Part {
  readonly counts: ShardCounts;
  readonly errorRows: readonly (readonly number[])[];
  readonly latencyRows: readonly (readonly number[])[];
  readonly staleAgeRows: readonly (readonly number[])[];
}

export class Tally {
  readonly variant: string;
  /** All shards ran to the end of the window. */
  readonly complete: boolean;
  /** Buckets that every shard has finished. */
  readonly buckets: number;
  readonly cells: readonly Cell[];
  readonly #time: Plan['time'];
  readonly #segments: readonly Micros[];
  readonly #parts: readonly Part[];
  readonly #histogram = new LatencyHistogram();

  /** `shards` hold the same variant, in order of their numbers. */
  constructor(plan: Plan, variant: string, shards: readonly ShardCounts[]) {
    this.variant = variant;
    this.#time = plan.time;
    this.#segments = segmentsOf(plan.time, plan.phases);
    this.complete = shards.every((shard) => shard.complete);
    this.buckets = bucketsOf(plan.time, plan.time.from, plan.time.to).end;
    for (const { counts, cells } of shards) {
      if (cells.length === 0) continue;
      this.buckets = Math.min(this.buckets, Math.floor(counts.length / (WIDTH * cells.length)));
    }
    this.cells = shards.flatMap((shard) => shard.cells);
    this.#parts = shards.map((counts) => ({
      counts,
      errorRows: rowsByCell(counts.errorCounts, counts.cells.length),
      latencyRows: rowsByCell(counts.latency, counts.cells.length),
      staleAgeRows: rowsByCell(counts.staleAge, counts.cells.length),
    }));
  }

  /** Counts of the selected cells, [bucket][COUNT_COLUMNS]. */
  table(filter: CellFilter): Table {
    const sums = new Float64Array(this.buckets * WIDTH);
    for (const { counts } of this.#parts) {
      const stride = counts.cells.length * WIDTH;
      for (const cell of selectedCells(counts.cells, filter)) {
        for (let bucket = 0; bucket < this.buckets; bucket++) {
          const from = bucket * stride + cell * WIDTH;
          const to = bucket * WIDTH;
          for (let column = 0; column < WIDTH; column++) {
            // Within bounds: `buckets` is what every shard's counts hold.
            const sum = (sums[to + column] as number) + (counts.counts[from + column] as number);
            sums[to + column] = sum;
          }
        }
      }
    }
    return new Table(sums);
  }

  /** Extended DNS Errors in answers to the selected cells, by code and by text. */
  errors(
    filter: CellFilter,
    span: BucketSpan,
  ): {
    readonly byCode: ReadonlyMap<number, number>;
    readonly byText: ReadonlyMap<string, number>;
  } {
    const byCode = new Map<number, number>();
    const byText = new Map<string, number>();
    for (const { counts, errorRows } of this.#parts) {
      for (const cell of selectedCells(counts.cells, filter)) {
        for (const row of errorRows[cell] ?? []) {
          const bucket = at(counts.errorCounts, row);
          if (bucket < span.first || bucket >= Math.min(span.end, this.buckets)) continue;
          const error = counts.errors[at(counts.errorCounts, row + 2)];
          if (error === undefined) throw new Error(`shard ${counts.shard} counts an unlisted EDE`);
          const count = at(counts.errorCounts, row + 3);
          byCode.set(error.code, (byCode.get(error.code) ?? 0) + count);
          if (error.text !== '') byText.set(error.text, (byText.get(error.text) ?? 0) + count);
        }
      }
    }
    return { byCode, byText };
  }

  /**
   * Latency of answers to the selected cells, over the segments that lie within [from, to). Of a
   * stopped run, only segments that every shard has finished: a part of one cannot be told apart.
   */
  latency(filter: CellFilter, from: Micros, to: Micros): Totals['latencyMs'] {
    this.#histogram.clear();
    for (const { counts, latencyRows } of this.#parts) {
      this.#eachValue(counts, counts.latency, latencyRows, filter, from, to, (value, count) =>
        this.#histogram.record(value, count),
      );
    }
    return this.#histogram.summary();
  }

  /** How long past their TTL stale answers were, over the same segments. */
  staleAge(filter: CellFilter, from: Micros, to: Micros): Ages | null {
    const ages = new AgeCounts();
    for (const { counts, staleAgeRows } of this.#parts) {
      this.#eachValue(counts, counts.staleAge, staleAgeRows, filter, from, to, (value, count) =>
        ages.add(value, count),
      );
    }
    return ages.summary();
  }

  /** Visits the values that a shard counted for the selected cells in finished segments within [from, to). */
  #eachValue(
    { cells }: ShardCounts,
    values: Float64Array,
    rowsOfCell: readonly (readonly number[])[],
    filter: CellFilter,
    from: Micros,
    to: Micros,
    visit: (value: number, count: number) => void,
  ): void {
    const finished = this.#time.from + this.buckets * this.#time.bucket;
    for (const cell of selectedCells(cells, filter)) {
      for (const row of rowsOfCell[cell] ?? []) {
        const segment = at(values, row);
        const begin = this.#segments[segment] ?? this.#time.to;
        const end = this.#segments[segment + 1] ?? this.#time.to;
        if (begin < from || end > to || end > finished) continue;
        visit(at(values, row + 2), at(values, row + 3));
      }
    }
  }
}

type CountColumn = (typeof COUNT_COLUMNS)[number];
type Sums = Record<CountColumn, number>;

/** Counts by bucket and column of one selection of cells. */
export class Table {
  readonly #sums: Float64Array;

  constructor(sums: Float64Array) {
    this.#sums = sums;
  }

  get buckets(): number {
    return this.#sums.length / WIDTH;
  }

  /** One column, a number per bucket. */
  column(name: (typeof COUNT_COLUMNS)[number]): number[] {
    const index = COUNT_COLUMNS.indexOf(name);
    return Array.from({ length: this.buckets }, (_, bucket) =>
      at(this.#sums, bucket * WIDTH + index),
    );
  }

  /** The sums of each bucket in turn, always in the same object. */
  *each(): Generator<ColumnSums> {
    const sums = Object.fromEntries(COUNT_COLUMNS.map((name) => [name, 0])) as Sums;
    for (let from = 0; from < this.#sums.length; from += WIDTH) {
      for (let column = 0; column < WIDTH; column++) {
        sums[COUNT_COLUMNS[column] as CountColumn] = this.#sums[from + column] as number;
      }
      yield sums;
    }
  }

  /** Sums over a span; buckets that do not exist count nothing. */
  sums(span: BucketSpan): ColumnSums {
    const totals = new Array<number>(WIDTH).fill(0);
    const end = Math.min(span.end, this.buckets);
    for (let bucket = span.first; bucket < end; bucket++) {
      for (let column = 0; column < WIDTH; column++) {
        totals[column] =
          (totals[column] as number) + (this.#sums[bucket * WIDTH + column] as number);
      }
    }
    return Object.fromEntries(
      COUNT_COLUMNS.map((name, column) => [name, totals[column] ?? 0]),
    ) as ColumnSums;
  }
}

function selectedCells(cells: readonly Cell[], filter: CellFilter): number[] {
  const slice = filter.slice === null ? null : SLICES[filter.slice];
  if (slice === undefined) throw new Error(`no slice is called '${filter.slice}'`);
  const selected: number[] = [];
  cells.forEach((cell, index) => {
    if (filter.zone !== null && filter.zone !== cell.zone) return;
    if (filter.colo?.includes(cell.colo) === false) return;
    if (filter.role?.includes(cell.role) === false) return;
    if (slice === null || slice(cell)) selected.push(index);
  });
  return selected;
}

function rowsByCell(rows: Float64Array, cells: number): number[][] {
  const byCell: number[][] = Array.from({ length: cells }, () => []);
  for (let row = 0; row < rows.length; row += ROW) {
    const list = byCell[at(rows, row + 1)];
    if (list === undefined) throw new Error('a shard counts for a cell that it does not list');
    list.push(row);
  }
  return byCell;
}

function at(array: Float64Array, index: number): number {
  const value = array[index];
  if (value === undefined) throw new Error(`counts end before index ${index}`);
  return value;
}
