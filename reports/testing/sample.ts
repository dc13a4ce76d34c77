/** A Result for golden files: twelve buckets of five minutes, two variants, hand-made counts. */

import { HOUR, MILLISECOND, MINUTE } from '../../resolver-core/time.ts';
import type { AlertPlan, ExpectationPlan } from '../../sim/claims.ts';
import type { MarkKind, Plan, TimelineEvent } from '../../sim/plan.ts';
import type { Cell, Result, ShardCounts } from '../../sim/result.ts';
import { summarise } from '../../sim/summarise.ts';
import { type CellCounts, type Counts, shardCounts } from '../../sim/testing/counts.ts';
import { FAULT_AT, smallPlan } from '../../sim/testing/small-plan.ts';

const BUCKETS = 12;
const FAULT_BUCKET = 3;
const ALL = { zone: null, colo: null, role: null, slice: null };

/** A fault in two events and its repair. */
const STORY: readonly TimelineEvent[] = [
  {
    kind: 'sign-with',
    at: FAULT_AT,
    zone: 'de',
    key: '33834',
    mark: marked('fault', 'de signed with 33834'),
  },
  {
    kind: 'sign-with',
    at: FAULT_AT,
    zone: 'de',
    key: '33834',
    mark: marked('fault', 'NSEC3 of de signed anew'),
  },
  {
    kind: 'sign-with',
    at: FAULT_AT + 35 * MINUTE,
    zone: 'de',
    key: '32911',
    mark: marked('repair', 'de signed with 32911'),
  },
];
const MARK = 'phase = validation subtree = de mark-insecure';
const RULE = { kind: 'rule', mitigation: 'mark-de', over: 0, rule: MARK } as const;
const VALIDATION = { kind: 'resolver', mitigation: 'validation-off' } as const;

const BELL = {
  name: 'servfail',
  source: { kind: 'metric', metric: 'servfail-rate', filter: ALL, minimum: 0 },
  per: 'colo',
  above: 0.5,
  below: null,
  span: 10 * MINUTE,
} satisfies AlertPlan;
/** One that fires, one that never does, one that has nothing to look at, and a false alarm. */
const ALERTS: readonly AlertPlan[] = [
  BELL,
  {
    ...BELL,
    name: 'few-queries',
    source: { ...BELL.source, metric: 'client-queries' },
    above: 1e4,
  },
  { ...BELL, name: 'queries', source: { ...BELL.source, metric: 'client-queries' }, above: 2e3 },
  { ...BELL, name: 'many-queries', per: 'all', source: { ...BELL.source, minimum: 20_000 } },
];

function marked(kind: MarkKind, text: string): { kind: MarkKind; text: string } {
  return { kind, text };
}

export function sampleResult(): Result {
  return summarise(samplePlan(), [
    [counts('no-serve-stale', true), counts('non-validating', false)],
  ]);
}

/** The same run, stopped after eight buckets of the first variant. */
export function stoppedResult(): Result {
  const first = counts('no-serve-stale', true);
  const length = (first.counts.length / BUCKETS) * 8;
  return summarise(samplePlan(), [
    [{ ...first, complete: false, counts: first.counts.slice(0, length) }],
  ]);
}

function samplePlan(): Plan {
  const small = smallPlan();
  const from = FAULT_AT - 15 * MINUTE;
  const during = {
    where: 'sample.yaml:9:5',
    variant: 'no-serve-stale',
    metric: 'failed-lookup-rate',
    from: FAULT_AT,
    to: FAULT_AT + 15 * MINUTE,
    filter: { ...ALL, zone: 'de', slice: 'unsigned' },
    every: 'span',
    atScale: 'any',
    relativeTo: null,
    above: null,
    below: 0.5,
  } satisfies ExpectationPlan;
  return {
    ...small,
    name: 'sample',
    title: 'A sample: .de fails for one variant and not for the other',
    time: { from, to: from + HOUR, bucket: 5 * MINUTE, warmup: 0 },
    phases: [
      { name: 'before', from, to: FAULT_AT },
      { name: 'during', from: FAULT_AT, to: from + HOUR },
    ],
    zones: small.zones.slice(0, 2),
    cluster: { ...small.cluster, colos: small.cluster.colos.slice(0, 1) },
    variants: [
      { name: 'no-serve-stale', mitigations: [], timeline: STORY },
      {
        name: 'non-validating',
        mitigations: ['validation-off', 'mark-de'],
        timeline: [
          ...STORY.slice(0, 2),
          {
            ...VALIDATION,
            at: FAULT_AT + 5 * MINUTE,
            set: { validation: false },
            mark: marked('mitigation', 'validation-off'),
          },
          { ...RULE, at: FAULT_AT + 10 * MINUTE, lifts: false },
          ...STORY.slice(2),
          {
            ...VALIDATION,
            at: FAULT_AT + 40 * MINUTE,
            set: { validation: true },
            mark: marked('lift', 'validation-off'),
          },
          { ...RULE, at: FAULT_AT + 40 * MINUTE, lifts: true },
        ],
      },
    ],
    expectations: [
      during,
      { ...during, filter: { ...ALL, zone: 'de', slice: 'signed' }, every: 'bucket', below: 0.01 },
      {
        ...during,
        metric: 'noerror',
        filter: ALL,
        every: 'bucket',
        relativeTo: 'non-validating',
        above: 0.9,
        below: null,
      },
    ],
    references: [{ name: 'somebody called', at: FAULT_AT + 40 * MINUTE }],
    alerts: ALERTS,
    alertExpectations: [
      {
        ...{ where: 'sample.yaml:12:5', variant: null, alert: 'servfail', atScale: 'any' },
        ...{ from, to: from + HOUR, fires: { kind: 'before', at: FAULT_AT + 25 * MINUTE } },
      },
    ],
    published: [
      {
        figure: 'peak SERVFAIL rate',
        value: 0.15,
        variant: 'no-serve-stale',
        metric: 'servfail-rate',
        from,
        to: from + HOUR,
        filter: ALL,
        take: 'max',
        fitted: true,
        source: 'a post-mortem',
      },
      {
        figure: 'minutes until somebody noticed',
        value: null,
        notSimulated: 'people notice, and no alert of this scenario stands for them',
        variant: null,
        metric: null,
        from,
        to: from + HOUR,
        filter: ALL,
        take: 'span',
        fitted: false,
        source: 'a post-mortem',
      },
      {
        figure: 'SERVFAIL rate before',
        value: 0.03,
        variant: 'no-serve-stale',
        metric: 'servfail-rate',
        from,
        to: FAULT_AT,
        filter: ALL,
        take: 'span',
        fitted: false,
        source: 'a post-mortem',
      },
    ],
  };
}

function counts(variant: string, validating: boolean): ShardCounts {
  const failing = (bucket: number): number =>
    validating && bucket >= FAULT_BUCKET ? Math.min(90, 10 * (bucket - FAULT_BUCKET + 1)) : 0;
  const cell = (what: Partial<Cell>, rest: Omit<CellCounts, 'cell'>): CellCounts => ({
    cell: what,
    ...rest,
  });
  const unsigned = cell(
    { kind: 'unsigned' },
    {
      bucket: (i) => ({
        ...traffic(1_000, 10 * failing(i)),
        unvalidated: !validating && i >= 5 && i < 11 ? 900 : 0,
      }),
      errors: validating
        ? [
            [4, 6, 'NSEC3 tjlb7qbo.de: signature by 33834 does not verify', 1_200],
            [5, 6, 'SOA de: signature by 33834 does not verify', 40],
          ]
        : [],
      latency: [
        [0, 16 * MILLISECOND, 3_000],
        [1, 16 * MILLISECOND, 8_000],
        [1, 250 * MILLISECOND, 1_000],
      ],
    },
  );
  const signed = cell({ kind: 'signed', dnssecOk: true }, { bucket: () => traffic(100, 0) });
  const root = cell(
    { zone: '.', kind: 'missing', oneOff: true },
    { bucket: () => ({ clientQueries: 20, lookups: 20, NXDOMAIN: 20, synthesised: 20 }) },
  );
  return shardCounts(0, variant, BUCKETS, [unsigned, signed, root], {
    evictions: {
      ...{ fresh: 300, usable: 0, expired: 500, failures: 20, copies: 0 },
      pastExpiry: Float64Array.of(600, 100, 21_600, 250),
      usableFor: Float64Array.of(),
      sinceStored: Float64Array.of(900, 150, 25_200, 250),
    },
    signatures: [
      {
        zone: 'de',
        keyTag: 33834,
        made: ['a', 'b', 'c'],
        checked: validating ? 1_500 : 0,
        failed: validating ? 1_240 : 0,
        distinctFailed: validating ? ['a', 'b'] : [],
      },
    ],
  });
}

/** `lookups` of which `failed` fail after three tries; four in five of the others are hits. */
function traffic(lookups: number, failed: number): Counts {
  const ok = lookups - failed;
  const hits = Math.floor((ok * 4) / 5);
  return {
    clientQueries: ok + 3 * failed,
    lookups,
    failedLookups: failed,
    retries: 2 * failed,
    triesOfFailedLookups: 3 * failed,
    NOERROR: ok,
    SERVFAIL: 3 * failed,
    hits,
    failureCached: 2 * failed,
    misses: ok - hits + failed,
    upstreamQueries: ok - hits + failed,
    upstreamBogus: failed,
  };
}
