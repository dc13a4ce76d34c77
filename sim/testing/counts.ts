/** Hand-made `ShardCounts` for tests: say what differs from nothing, and per bucket. */

import { type Cell, COUNT_COLUMNS, type EvictionCounts, type ShardCounts } from '../result.ts';

export type Counts = Readonly<Partial<Record<(typeof COUNT_COLUMNS)[number], number>>>;

export interface CellCounts {
  readonly cell: Partial<Cell>;
  readonly bucket: (index: number) => Counts;
  /** EDE of this cell: [bucket, code, text, count]. */
  readonly errors?: readonly (readonly [number, number, string, number])[];
  /** Latencies of this cell: [segment, microseconds, count]. */
  readonly latency?: readonly (readonly [number, number, number])[];
  /** Stale answers of this cell: [segment, seconds past the TTL, count]. */
  readonly staleAge?: readonly (readonly [number, number, number])[];
}

export function shardCounts(
  shard: number,
  variant: string,
  buckets: number,
  cells: readonly CellCounts[],
  rest: Partial<ShardCounts> = {},
): ShardCounts {
  const width = COUNT_COLUMNS.length;
  const counts = new Float64Array(buckets * cells.length * width);
  const errors: { code: number; text: string }[] = [];
  const errorRows: number[] = [];
  const latency: number[] = [];
  const staleAge: number[] = [];
  cells.forEach((each, cell) => {
    for (let bucket = 0; bucket < buckets; bucket++) {
      const values = each.bucket(bucket);
      COUNT_COLUMNS.forEach((column, index) => {
        counts[(bucket * cells.length + cell) * width + index] = values[column] ?? 0;
      });
    }
    for (const [bucket, code, text, count] of each.errors ?? []) {
      let index = errors.findIndex((error) => error.code === code && error.text === text);
      if (index < 0) index = errors.push({ code, text }) - 1;
      errorRows.push(bucket, cell, index, count);
    }
    for (const [segment, micros, count] of each.latency ?? []) {
      latency.push(segment, cell, micros, count);
    }
    for (const [segment, seconds, count] of each.staleAge ?? []) {
      staleAge.push(segment, cell, seconds, count);
    }
  });
  return {
    shard,
    variant,
    complete: true,
    copies: [],
    cells: cells.map(({ cell }) => ({
      colo: 'fra',
      zone: 'de',
      role: 'resolver',
      kind: 'unsigned',
      oneOff: false,
      dnssecOk: false,
      checkingDisabled: false,
      ...cell,
    })),
    counts,
    errors,
    errorCounts: Float64Array.from(errorRows),
    latency: Float64Array.from(latency),
    staleAge: Float64Array.from(staleAge),
    signatures: [],
    evictions: NO_EVICTIONS,
    anchorEnds: [],
    digest: [shard + 1, 0x5eed],
    work: { events: 0, queries: 0 },
    ...rest,
  };
}

export const NO_EVICTIONS: EvictionCounts = {
  ...{ fresh: 0, usable: 0, expired: 0, failures: 0, copies: 0 },
  pastExpiry: new Float64Array(),
  usableFor: new Float64Array(),
  sinceStored: new Float64Array(),
};

/** One query per lookup, all from the cache: `ok` NOERROR hits, `failed` SERVFAIL misses. */
export function plain(ok: number, failed = 0): Counts {
  return {
    clientQueries: ok + failed,
    lookups: ok + failed,
    failedLookups: failed,
    triesOfFailedLookups: failed,
    NOERROR: ok,
    SERVFAIL: failed,
    hits: ok,
    misses: failed,
  };
}
