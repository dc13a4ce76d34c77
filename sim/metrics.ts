/**
 * The metrics that expectations and published figures speak of, in one place: the language checks
 * its words against this list, and the evaluator computes with it. Every metric is a function of
 * column sums (never of rates), so that a span, a bucket and a sum of cells are all treated alike.
 * Numerators and denominators are sums and differences of columns: those of buckets add up.
 *
 * Names are the kebab-case of the fields of report.json. Latency percentiles and signature counts
 * are no sums of columns and are therefore no metrics.
 */

import { COLUMNS, type COUNT_COLUMNS } from './result.ts';

/** Sums over any set of cells and buckets, by column. */
export type ColumnSums = Readonly<Record<(typeof COUNT_COLUMNS)[number], number>>;

export interface RatioMetric {
  readonly kind: 'ratio';
  /** What it says, for lists and messages. */
  readonly text: string;
  readonly numerator: (sums: ColumnSums) => number;
  readonly denominator: (sums: ColumnSums) => number;
}

export interface CountMetric {
  readonly kind: 'count';
  readonly text: string;
  readonly numerator: (sums: ColumnSums) => number;
}

export type Metric = RatioMetric | CountMetric;

/** Answers to clients; a TIMEOUT is one that never came. Equals `clientQueries`. */
function answers(sums: ColumnSums): number {
  return sums.NOERROR + sums.NXDOMAIN + sums.SERVFAIL + sums.REFUSED + sums.TIMEOUT;
}

/** Answers that waited for no upstream query; an answer from the failure cache is none. */
function cacheHits(sums: ColumnSums): number {
  return (
    sums.hits +
    sums.forwardedHits +
    sums.sharedHits +
    sums.staticZone +
    sums.synthesised +
    (sums.cacheStale - sums.staleWaited)
  );
}

function cacheOutcomes(sums: ColumnSums): number {
  const { staleWaited, failureCached, joined, policy, misses } = sums;
  return cacheHits(sums) + staleWaited + failureCached + joined + policy + misses;
}

function ratio(
  text: string,
  numerator: (sums: ColumnSums) => number,
  denominator: (sums: ColumnSums) => number,
): RatioMetric {
  return { kind: 'ratio', text, numerator, denominator };
}

const RATIOS: Readonly<Record<string, RatioMetric>> = {
  'servfail-rate': ratio('SERVFAIL / answers', (sums) => sums.SERVFAIL, answers),
  'noerror-rate': ratio('NOERROR / answers', (sums) => sums.NOERROR, answers),
  'nxdomain-rate': ratio('NXDOMAIN / answers', (sums) => sums.NXDOMAIN, answers),
  'refused-rate': ratio('REFUSED / answers', (sums) => sums.REFUSED, answers),
  'timeout-rate': ratio('queries never answered / answers', (sums) => sums.TIMEOUT, answers),
  'stale-rate': ratio('answers past their TTL / answers', (sums) => sums.stale, answers),
  'fresh-noerror-rate': ratio(
    'NOERROR within its TTL / answers',
    (sums) => sums.NOERROR - sums.staleNoerror,
    answers,
  ),
  'authenticated-rate': ratio('answers with AD / answers', (sums) => sums.authenticated, answers),
  'unvalidated-rate': ratio(
    'answers under a negative trust anchor or mark, not found secure / answers',
    (sums) => sums.unvalidated,
    answers,
  ),
  'failed-lookup-rate': ratio(
    'lookups whose every try failed / lookups',
    (sums) => sums.failedLookups,
    (sums) => sums.lookups,
  ),
  'recovered-lookup-rate': ratio(
    'lookups answered after a failed try / lookups',
    (sums) => sums.recoveredLookups,
    (sums) => sums.lookups,
  ),
  'cache-hit-ratio': ratio(
    'answers that waited for no upstream query / answers',
    cacheHits,
    cacheOutcomes,
  ),
  'retry-factor': ratio(
    'client queries / lookups',
    (sums) => sums.clientQueries,
    (sums) => sums.lookups,
  ),
  'tries-per-failed-lookup': ratio(
    'tries of failed lookups / failed lookups',
    (sums) => sums.triesOfFailedLookups,
    (sums) => sums.failedLookups,
  ),
  'upstream-round-trip': ratio(
    'milliseconds from an upstream query to its response / responses',
    (sums) => sums.upstreamMs,
    (sums) => sums.upstreamQueries - sums.upstreamTimeouts,
  ),
};

/** `clientQueries` -> `client-queries`, `NOERROR` -> `noerror`. */
function kebab(field: string): string {
  return field === field.toUpperCase()
    ? field.toLowerCase()
    : field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Every metric by its name in the language: the ratios first, then one count per column. */
export const METRICS: Readonly<Record<string, Metric>> = {
  ...RATIOS,
  ...Object.fromEntries(
    COLUMNS.map((column): [string, CountMetric] => [
      kebab(column),
      { kind: 'count', text: `sum of ${column}`, numerator: (sums) => sums[column] },
    ]),
  ),
};

/** The metric's value; null where a ratio has nothing to divide by. */
export function metricValue(metric: Metric, sums: ColumnSums): number | null {
  const numerator = metric.numerator(sums);
  if (metric.kind === 'count') return numerator;
  const denominator = metric.denominator(sums);
  return denominator === 0 ? null : numerator / denominator;
}
