/**
 * What a run counted. `ShardCounts` is what one shard (one or more whole colos) brings home for one
 * variant: integers only. `Result` is what all of it comes to, in the shape of report.json
 * (docs/output.md), made by `sim/summarise.ts`.
 */

import type { Micros } from '../resolver-core/time.ts';
import type { MarkKind, Role } from './plan.ts';

/** The integer columns of every series, in order. Each client query counts once in a cache column. */
export const COLUMNS = [
  'clientQueries',
  'lookups',
  'failedLookups',
  'retries',
  'NOERROR',
  'NXDOMAIN',
  'SERVFAIL',
  'REFUSED',
  'TIMEOUT',
  'authenticated',
  'stale',
  'staleNoerror',
  'hits',
  'forwardedHits',
  'sharedHits',
  'staticZone',
  'cacheStale',
  'failureCached',
  'joined',
  'synthesised',
  'policy',
  'misses',
  'upstreamQueries',
  'upstreamBogus',
  'upstreamTimeouts',
  'staleWaited',
  'unvalidated',
  'recoveredLookups',
  'authoritative',
  'upstreamMs',
] as const;
export type Column = (typeof COLUMNS)[number];

/** Tries of lookups that failed in the end; kept beside the columns for triesPerFailedLookup. */
export const EXTRA_COLUMNS = ['triesOfFailedLookups'] as const;

/** Columns of `ShardCounts.counts`, the extra ones last. */
export const COUNT_COLUMNS: readonly (Column | (typeof EXTRA_COLUMNS)[number])[] = [
  ...COLUMNS,
  ...EXTRA_COLUMNS,
];

/** What nodes are for; the public resolver first. */
export const ROLES: readonly Role[] = ['resolver', 'origin', 'authoritative'];

/** Lookups are counted in disjoint cells; every table of a report is a sum of cells. */
export interface Cell {
  readonly colo: string;
  /** Top zone of the QNAME: a TLD of the plan, or `.` for names under no TLD of the plan. */
  readonly zone: string;
  readonly role: string;
  /** What the name is, by how the world was made (never by what a resolver said). */
  readonly kind: 'signed' | 'unsigned' | 'missing';
  readonly oneOff: boolean;
  readonly dnssecOk: boolean;
  readonly checkingDisabled: boolean;
}

export interface ShardCounts {
  readonly shard: number;
  readonly variant: string;
  /** False when the run was stopped before the end of the window. */
  readonly complete: boolean;
  readonly cells: readonly Cell[];
  /** [bucket][cell][COUNT_COLUMNS], row-major. */
  readonly counts: Float64Array;
  /** Distinct Extended DNS Errors seen in answers. */
  readonly errors: readonly { readonly code: number; readonly text: string }[];
  /** Rows of 4: bucket, cell, index into `errors`, count. */
  readonly errorCounts: Float64Array;
  /** Rows of 4: segment (see `segmentsOf`), cell, latency in microseconds (3 significant digits), count. */
  readonly latency: Float64Array;
  /** The same of stale answers, how long they were past their TTL, in seconds. */
  readonly staleAge: Float64Array;
  readonly signatures: readonly SignatureCounts[];
  readonly evictions: EvictionCounts;
  /** Negative trust anchors of single nodes that ended by themselves. */
  readonly anchorEnds: readonly AnchorEnded[];
  /** The copies of the root zone that nodes have had; empty unless an alert watches their age. */
  readonly copies: readonly CopySpan[];
  /** FNV-style digest over (time, event, draws) of everything that happened, as two 32-bit words. */
  readonly digest: readonly [number, number];
  /** For run.json and the benches: events handled, hits, misses; not in report.json. */
  readonly work: { readonly events: number; readonly queries: number };
}

export interface SignatureCounts {
  readonly zone: string;
  readonly keyTag: number;
  /** Identities (hash of zone, owner, type, inception, copy) of distinct RRSIGs handed out; united over shards. */
  readonly made: readonly string[];
  /** Validations asked for, memoised or not. */
  readonly checked: number;
  readonly failed: number;
  /** Identities of distinct RRSIGs that failed. */
  readonly distinctFailed: readonly string[];
}

/** Entries of answer tables that had to make room within the window, by what they held then. */
export interface EvictionCounts {
  /** An answer within its TTL. */
  readonly fresh: number;
  /** An answer past its TTL that serve-stale would still have given. */
  readonly usable: number;
  /** An answer past its TTL and of no use. */
  readonly expired: number;
  /** A failure with nothing stale beside it, or what a flush had emptied. */
  readonly failures: number;
  /** What another node owns. */
  readonly copies: number;
  /** Of questions of the catalogue; rows of 2: seconds past the TTL of what had expired, count. */
  readonly pastExpiry: Float64Array;
  /** While serve-stale was on: the same, at most the maximum stale of that instant, and 0 for fresh ones. */
  readonly usableFor: Float64Array;
  /** Seconds since something was last stored for the question, count. */
  readonly sinceStored: Float64Array;
}

/** One node has had one version of the root zone from one instant until another. */
export interface CopySpan {
  /** Its number in its colo. */
  readonly node: number;
  /** When the version was fetched. */
  readonly fetched: Micros;
  readonly from: Micros;
  /** Exclusive. */
  readonly until: Micros;
}

/** A negative trust anchor that one node lifted by itself. */
export interface AnchorEnded {
  /** Its number in its colo. */
  readonly node: number;
  /** `de.` */
  readonly zone: string;
  readonly why: 'lifetime' | 're-check';
  readonly at: Micros;
}

/** Of times in seconds, rounded down to three significant digits. */
export interface Ages {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

export interface Totals {
  readonly clientQueries: number;
  readonly lookups: number;
  readonly failedLookups: number;
  /** Answered after at least one try that ended in SERVFAIL, REFUSED or TIMEOUT. */
  readonly recoveredLookups: number;
  readonly retries: number;
  readonly triesPerFailedLookup: number | null;
  readonly answers: {
    readonly NOERROR: number;
    readonly NXDOMAIN: number;
    readonly SERVFAIL: number;
    readonly REFUSED: number;
    readonly TIMEOUT: number;
  };
  readonly authenticated: number;
  readonly stale: number;
  readonly staleNoerror: number;
  /** Of `cache.stale`. */
  readonly staleWaited: number;
  /** Not found secure, at or below a negative trust anchor or a mark. */
  readonly unvalidated: number;
  /** How long past their TTL stale answers were; null without any. */
  readonly staleAgeSeconds: Ages | null;
  readonly ede: Readonly<Record<string, number>>;
  readonly edeTexts: readonly { readonly text: string; readonly count: number }[];
  readonly cache: {
    readonly hits: number;
    readonly forwardedHits: number;
    readonly sharedHits: number;
    readonly staticZone: number;
    readonly stale: number;
    readonly failureCached: number;
    readonly joined: number;
    readonly synthesised: number;
    readonly policy: number;
    readonly misses: number;
    readonly authoritative: number;
  };
  readonly upstream: {
    readonly queries: number;
    readonly bogus: number;
    readonly timeouts: number;
  };
  readonly signatures: {
    readonly checked: number;
    readonly failed: number;
    readonly byKeyTag: Readonly<
      Record<
        string,
        {
          readonly made: number;
          readonly checked: number;
          readonly failed: number;
          readonly distinctFailed: number;
        }
      >
    >;
  } | null;
  readonly servfailRate: number | null;
  readonly noerrorRate: number | null;
  readonly nxdomainRate: number | null;
  readonly staleRate: number | null;
  readonly unvalidatedRate: number | null;
  readonly failedLookupRate: number | null;
  readonly recoveredLookupRate: number | null;
  readonly cacheHitRatio: number | null;
  readonly retryFactor: number | null;
  readonly latencyMs: {
    readonly p50: number;
    readonly p90: number;
    readonly p99: number;
    readonly p999: number;
    readonly max: number;
  } | null;
}

export interface Series {
  readonly from: string;
  readonly bucketSeconds: number;
  readonly columns: Readonly<Record<Column, readonly number[]>>;
}

export interface Slice {
  readonly totals: Totals;
  readonly series: Series;
}

export interface PhaseResult {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly totals: Totals;
}

/** What the nodes of one role did. */
export interface RoleResult extends Slice {
  readonly phases: readonly PhaseResult[];
  readonly evictions: EvictionResult;
}

/** An instant at which something was done to the world, for charts; in order of time. */
export interface Mark {
  readonly at: string;
  readonly kind: MarkKind;
  readonly text: string;
}

export interface VariantResult {
  readonly name: string;
  readonly mitigations: readonly string[];
  readonly marks: readonly Mark[];
  readonly expectations: readonly {
    readonly text: string;
    readonly passed: boolean;
    readonly actual: number | null;
    /** Of an expectation about an alert, when it fired; null when it did not. */
    readonly fired?: string | null;
  }[];
  readonly alerts: readonly AlertResult[];
  readonly totals: Totals;
  readonly phases: readonly PhaseResult[];
  /** Override rules and negative trust anchors, in the order in which they came into force. */
  readonly orders: readonly OrderResult[];
  readonly evictions: EvictionResult;
  readonly series: Series;
  readonly byColo: Readonly<Record<string, Slice>>;
  readonly byZone: Readonly<
    Record<string, Slice & { readonly bySlice: Readonly<Record<string, Slice>> }>
  >;
  readonly byRole: Readonly<Record<string, RoleResult>>;
  readonly bySlice: Readonly<Record<string, Slice>>;
}

/** When an alert would have fired, in one variant. */
export interface AlertResult {
  readonly name: string;
  /** What it watches, in words. */
  readonly text: string;
  /** Of the first firing that is no false alarm; null when there is none. */
  readonly firedAt: string | null;
  /** From then on it is quiet everywhere; null when it has not fired, or still rings at the end. */
  readonly clearedAt: string | null;
  /** Firings before any fault. */
  readonly falseAlarms: number;
  /** The value that came closest to the threshold, or went furthest beyond; null without any. */
  readonly extreme: number | null;
  /** How long before what happened it fired; empty when it has not fired. */
  readonly leads: readonly AlertLead[];
  /** In order of time. */
  readonly firings: readonly AlertFiring[];
}

export interface AlertFiring {
  /** null: all colos together. */
  readonly colo: string | null;
  readonly from: string;
  /** null: it still rings at the end of what was counted. */
  readonly to: string | null;
  readonly falseAlarm: boolean;
}

export interface AlertLead {
  readonly kind: 'fault' | 'mitigation' | 'reference';
  readonly text: string;
  readonly at: string;
  /** Negative when the alert fired later. */
  readonly leadSeconds: number;
}

/** An override rule or a negative trust anchor within the window: how long it stood, and what it cost. */
export interface OrderResult {
  /** Whose nodes it was for. */
  readonly role: Role;
  readonly kind: 'rule' | 'nta';
  /** The text of the rule, the zone of the anchor. */
  readonly text: string;
  /** null: the scenario's own timeline. */
  readonly mitigation: string | null;
  /** From its first node to its last; `until` is the end of the window where it is `still-on`. */
  readonly from: string;
  readonly until: string;
  readonly endedBy: 'plan' | 'lifetime' | 're-check' | 'still-on';
  readonly secondsOn: number;
  /** Of these, after the last repair of the timeline; null when nothing was repaired. */
  readonly secondsAfterRepair: number | null;
  /** Answers that count as unvalidated in the buckets from `from` to `until`, and their share of all there. */
  readonly unvalidated: number;
  readonly unvalidatedRate: number | null;
}

/** What the answer caches had no room for. */
export interface EvictionResult
  extends Omit<EvictionCounts, 'pastExpiry' | 'usableFor' | 'sinceStored'> {
  readonly entries: number;
  readonly freshShare: number | null;
  readonly usableShare: number | null;
  readonly pastExpirySeconds: Ages | null;
  readonly sinceStoredSeconds: Ages | null;
  /** docs/output.md defines it; null when nothing was evicted under serve-stale. */
  readonly effectiveStaleHorizonSeconds: number | null;
}

/** report.json */
export interface Result {
  readonly format: 'zonequake.report/1';
  readonly scenario: string;
  readonly title: string;
  readonly seed: number;
  /** Of rates, names and caches; at another scale than 1 some expectations are left out. */
  readonly scale: number;
  readonly expectationsLeftOut: number;
  readonly digest: string;
  readonly complete: boolean;
  readonly time: { readonly from: string; readonly to: string; readonly bucketSeconds: number };
  readonly variants: readonly VariantResult[];
  readonly published: readonly {
    readonly figure: string;
    /** null: told without a number. */
    readonly value: number | null;
    readonly simulated: number | null;
    /** Why it is not simulated; null: it is, or the run did not get so far. */
    readonly why: string | null;
    readonly ratio: number | null;
    readonly fitted: boolean;
    readonly source: string;
  }[];
}

/** The instants at which any phase begins or ends, clipped to the window: latency is kept per span between two of them. */
export function segmentsOf(
  time: { readonly from: Micros; readonly to: Micros },
  phases: readonly { readonly from: Micros; readonly to: Micros }[],
): Micros[] {
  const cuts = new Set<Micros>([time.from, time.to]);
  for (const phase of phases) {
    for (const at of [phase.from, phase.to]) if (at > time.from && at < time.to) cuts.add(at);
  }
  return [...cuts].sort((a, b) => a - b);
}
