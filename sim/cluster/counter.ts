/**
 * What one shard counts in one variant, on the way to its `ShardCounts`: columns per bucket and cell,
 * Extended DNS Errors per bucket and cell, latencies and ages of stale answers per segment and cell.
 *
 * Plain hits (a first try, answered from the cache, without errors) cost one increment of `plain`; they
 * become columns when the span they belong to (within one bucket and one segment) ends.
 */

import type { ExtendedError } from '../../resolver-core/message.ts';
import { type Micros, SECOND } from '../../resolver-core/time.ts';
import { RCODE } from '../../resolver-core/wire/iana.ts';
import { DNSSEC_OK } from '../clients/arrivals.ts';
import type { Audience } from '../clients/audience.ts';
import type { ClusterPlan, Plan } from '../plan.ts';
import { type Cell, COUNT_COLUMNS, type ShardCounts, segmentsOf } from '../result.ts';
import type { Cells } from './cells.ts';
import { ValueCounts } from './values.ts';

const WIDTH = COUNT_COLUMNS.length;

export type CountColumn = (typeof COUNT_COLUMNS)[number];

/** Index of each column. */
export const COLUMN: Readonly<Record<CountColumn, number>> = Object.fromEntries(
  COUNT_COLUMNS.map((name, index) => [name, index]),
) as Record<CountColumn, number>;

/** Plain outcomes: NOERROR or NXDOMAIN, secure or not. */
export const PLAIN_OUTCOMES = 4;
export const PLAIN_NXDOMAIN = 1;
export const PLAIN_SECURE = 2;

/** The bucket of what happens before the window; nothing there is counted. */
export const UNCOUNTED = -1;

/** The column of an answer's RCODE. The core answers clients with these four only. */
export function answerColumn(rcode: number): number {
  switch (rcode) {
    case RCODE.NOERROR:
      return COLUMN.NOERROR;
    case RCODE.NXDOMAIN:
    case RCODE.YXDOMAIN: // RFC 6672 section 2.2: a final "no", too, which nobody asks for again
      return COLUMN.NXDOMAIN;
    case RCODE.SERVFAIL:
      return COLUMN.SERVFAIL;
    case RCODE.REFUSED:
      return COLUMN.REFUSED;
    default:
      throw new Error(`the resolver answered a client with RCODE ${rcode}`);
  }
}

function hitColumnOf({ role, cache }: ClusterPlan): number {
  if (role === 'authoritative') return COLUMN.authoritative;
  return cache.mode === 'shared' ? COLUMN.sharedHits : COLUMN.hits;
}

export class Counter {
  /** Plain hits of the open span, [audience][cell][PLAIN_OUTCOMES]. */
  readonly plain: Uint32Array;
  /** Where the answers count that the node that the client reached gives at once. */
  readonly hitColumn: number;
  /** Plain hits from this instant on belong to the next span. */
  spanEnd: Micros;

  readonly #time: Plan['time'];
  readonly #cells: Cells;
  /** Latency of a hit by audience: the client's round trip. */
  readonly #hitLatency: readonly Micros[];
  readonly #segments: readonly Micros[];
  readonly #buckets: number;
  readonly #rows: (Uint32Array | undefined)[];
  readonly #errorRows: (Map<number, number> | undefined)[];
  readonly #latency: ValueCounts;
  /** Seconds past its TTL of each stale answer. */
  readonly #staleAge: ValueCounts;
  readonly #errors: ExtendedError[] = [];
  readonly #errorIndex = new Map<string, number>();
  readonly #knownErrors = new WeakMap<ExtendedError, number>();
  #spanBucket = UNCOUNTED;
  #spanSegment = 0;

  constructor(plan: Plan, cells: Cells, audiences: readonly Audience[]) {
    this.#time = plan.time;
    this.#cells = cells;
    this.#hitLatency = audiences.map(({ rtt }) => rtt);
    this.#segments = segmentsOf(plan.time, plan.phases);
    this.#buckets = Math.ceil((plan.time.to - plan.time.from) / plan.time.bucket);
    this.#rows = new Array<Uint32Array | undefined>(this.#buckets).fill(undefined);
    this.#errorRows = new Array<Map<number, number> | undefined>(this.#buckets).fill(undefined);
    this.#latency = new ValueCounts(this.#segments.length * cells.count);
    this.#staleAge = new ValueCounts(this.#segments.length * cells.count);
    this.plain = new Uint32Array(audiences.length * cells.count * PLAIN_OUTCOMES);
    this.spanEnd = plan.time.from;
    this.hitColumn = hitColumnOf(plan.cluster);
  }

  /** The bucket in which something counts; what is sent after the end counts in the last one. */
  bucketOf(at: Micros): number {
    if (at < this.#time.from) return UNCOUNTED;
    const bucket = Math.floor((at - this.#time.from) / this.#time.bucket);
    return Math.min(this.#buckets - 1, bucket);
  }

  add(bucket: number, cell: number, column: number, count = 1): void {
    if (bucket === UNCOUNTED) return;
    const row = this.#rows[bucket] ?? this.#openRow(bucket);
    const index = cell * WIDTH + column;
    row[index] = (row[index] as number) + count;
  }

  /** Extended DNS Errors of one answer. */
  addErrors(bucket: number, cell: number, errors: readonly ExtendedError[]): void {
    if (bucket === UNCOUNTED) return;
    let rows = this.#errorRows[bucket];
    if (rows === undefined) {
      rows = new Map();
      this.#errorRows[bucket] = rows;
    }
    for (const error of errors) {
      const key = this.#indexOf(error) * this.#cells.count + cell;
      rows.set(key, (rows.get(key) ?? 0) + 1);
    }
  }

  /** Time from a client's query, sent at `sent`, to its answer. */
  addLatency(sent: Micros, cell: number, latency: Micros): void {
    if (sent < this.#time.from) return;
    this.#latency.add(this.#segmentOf(sent) * this.#cells.count + cell, latency, 1);
  }

  /** How long past its TTL a stale answer was given to a query sent at `sent`. */
  addStaleAge(sent: Micros, cell: number, age: Micros): void {
    if (sent < this.#time.from) return;
    const row = this.#segmentOf(sent) * this.#cells.count + cell;
    this.#staleAge.add(row, Math.max(0, Math.floor(age / SECOND)), 1);
  }

  /** Ends the open span of plain hits and opens the one that `at` lies in. */
  openSpan(at: Micros): void {
    this.flush();
    this.#spanBucket = this.bucketOf(at);
    if (this.#spanBucket === UNCOUNTED) {
      this.spanEnd = this.#time.from;
      return;
    }
    this.#spanSegment = this.#segmentOf(at);
    const bucketEnd = this.#time.from + (this.#spanBucket + 1) * this.#time.bucket;
    const segmentEnd = this.#segments[this.#spanSegment + 1] ?? this.#time.to;
    this.spanEnd = Math.min(bucketEnd, segmentEnd);
  }

  /** Turns the plain hits of the open span into columns. */
  flush(): void {
    const { plain } = this;
    for (let i = 0; i < plain.length; i++) {
      const count = plain[i] as number;
      if (count === 0) continue;
      plain[i] = 0;
      if (this.#spanBucket === UNCOUNTED) continue;
      const audienceCell = Math.floor(i / PLAIN_OUTCOMES);
      const cell = audienceCell % this.#cells.count;
      this.#addPlain(cell, i % PLAIN_OUTCOMES, count);
      const latency = this.#hitLatency[Math.floor(audienceCell / this.#cells.count)] as Micros;
      this.#latency.add(this.#spanSegment * this.#cells.count + cell, latency, count);
    }
  }

  #addPlain(cell: number, outcome: number, count: number): void {
    const bucket = this.#spanBucket;
    this.add(bucket, cell, COLUMN.clientQueries, count);
    this.add(bucket, cell, COLUMN.lookups, count);
    this.add(bucket, cell, this.hitColumn, count);
    const answer = (outcome & PLAIN_NXDOMAIN) === 0 ? COLUMN.NOERROR : COLUMN.NXDOMAIN;
    this.add(bucket, cell, answer, count);
    // AD only for clients that can make use of it (RFC 6840 section 5.8).
    if ((outcome & PLAIN_SECURE) !== 0 && (cell & DNSSEC_OK) !== 0) {
      this.add(bucket, cell, COLUMN.authenticated, count);
    }
  }

  /** The counts so far, of the first `buckets` buckets; cells that counted nothing are left out. */
  result(
    colo: string,
    buckets: number = this.#buckets,
  ): Pick<ShardCounts, 'cells' | 'counts' | 'errors' | 'errorCounts' | 'latency' | 'staleAge'> {
    this.flush();
    const used = this.#usedCells();
    const counts = new Float64Array(buckets * used.length * WIDTH);
    for (let bucket = 0; bucket < buckets; bucket++) {
      const row = this.#rows[bucket];
      if (row === undefined) continue;
      for (const [index, cell] of used.entries()) {
        const from = row.subarray(cell * WIDTH, (cell + 1) * WIDTH);
        counts.set(from, (bucket * used.length + index) * WIDTH);
      }
    }
    const indexOfCell = new Map(used.map((cell, index) => [cell, index]));
    return {
      cells: used.map((cell): Cell => this.#cells.describe(cell, colo)),
      counts,
      errors: this.#errors,
      errorCounts: this.#errorCounts(indexOfCell, buckets),
      latency: this.#valueRows(this.#latency, indexOfCell),
      staleAge: this.#valueRows(this.#staleAge, indexOfCell),
    };
  }

  #usedCells(): number[] {
    const counted = new Uint8Array(this.#cells.count);
    for (const row of this.#rows) {
      if (row === undefined) continue;
      for (let cell = 0; cell < counted.length; cell++) {
        if (counted[cell] === 1) continue;
        for (let i = cell * WIDTH; i < (cell + 1) * WIDTH; i++) {
          if (row[i] !== 0) counted[cell] = 1;
        }
      }
    }
    const used = [...counted.keys()].filter((cell) => counted[cell] === 1);
    // One at least, so that the length of `counts` tells the number of buckets.
    return used.length === 0 ? [0] : used;
  }

  #errorCounts(indexOfCell: ReadonlyMap<number, number>, buckets: number): Float64Array {
    const out: number[] = [];
    for (let bucket = 0; bucket < buckets; bucket++) {
      const rows = [...(this.#errorRows[bucket] ?? [])].sort(([a], [b]) => a - b);
      for (const [key, count] of rows) {
        const cell = indexOfCell.get(key % this.#cells.count) as number;
        out.push(bucket, cell, Math.floor(key / this.#cells.count), count);
      }
    }
    return Float64Array.from(out);
  }

  #valueRows(values: ValueCounts, indexOfCell: ReadonlyMap<number, number>): Float64Array {
    const out: number[] = [];
    for (let segment = 0; segment < this.#segments.length; segment++) {
      for (const [cell, index] of indexOfCell) {
        values.each(segment * this.#cells.count + cell, (value, count) => {
          out.push(segment, index, value, count);
        });
      }
    }
    return Float64Array.from(out);
  }

  #openRow(bucket: number): Uint32Array {
    const row = new Uint32Array(this.#cells.count * WIDTH);
    this.#rows[bucket] = row;
    return row;
  }

  /** The span between two phase instants; after the end it is the last one. */
  #segmentOf(at: Micros): number {
    let segment = 0;
    while (segment + 2 < this.#segments.length && at >= (this.#segments[segment + 1] as Micros)) {
      segment++;
    }
    return segment;
  }

  #indexOf(error: ExtendedError): number {
    const known = this.#knownErrors.get(error);
    if (known !== undefined) return known;
    const text = `${error.code} ${error.text}`;
    let index = this.#errorIndex.get(text);
    if (index === undefined) {
      index = this.#errors.length;
      this.#errors.push({ code: error.code, text: error.text });
      this.#errorIndex.set(text, index);
    }
    this.#knownErrors.set(error, index);
    return index;
  }
}
