/**
 * Judges a scenario's expectations and sets its published figures beside the simulated ones.
 *
 * A metric over a span is the ratio of sums, not the mean of ratios. With `every: bucket` each
 * bucket is judged by itself, and `actual` is the worst one. A span that a stopped run has not
 * finished is not judged at all: no verdict is better than one about half of the traffic.
 */

import { formatInstant } from '../resolver-core/text/instant.ts';
import { DAY, epochSeconds, type Micros } from '../resolver-core/time.ts';
import type { ExpectationPlan, PublishedPlan } from './claims.ts';
import { METRICS, type Metric, metricValue } from './metrics.ts';
import type { Plan } from './plan.ts';
import type { Result, VariantResult } from './result.ts';
import { type BucketSpan, bucketsOf, type Tally } from './tally.ts';

/** The verdicts for one variant, in the scenario's order. */
export function judgeExpectations(
  plan: Plan,
  variant: string,
  tallies: ReadonlyMap<string, Tally>,
): VariantResult['expectations'] {
  return plan.expectations
    .filter((expectation) => expectation.variant === null || expectation.variant === variant)
    .flatMap((expectation) => {
      const values = valuesOf(plan, expectation, variant, tallies);
      if (values === null) return [];
      const actual = worst(expectation, values);
      return {
        text: expectationText(plan, expectation, variant),
        passed: actual !== null && margin(expectation, actual) > 0,
        // JSON has no infinity: something where the other variant has nothing.
        actual: actual !== null && Number.isFinite(actual) ? actual : null,
      };
    });
}

/** A published figure with its simulated counterpart; null when the run did not get that far. */
export function simulatePublished(
  plan: Plan,
  figure: PublishedPlan,
  tallies: ReadonlyMap<string, Tally>,
): Result['published'][number] {
  const tally = tallies.get(figure.variant ?? '');
  const span = bucketsOf(plan.time, figure.from, figure.to);
  let simulated: number | null = null;
  if (tally !== undefined && figure.metric !== null && isFinished(tally, span)) {
    const table = tally.table(figure.filter);
    const metric = metricOf(figure.metric);
    const values = split(span, figure.take === 'span' ? 'span' : 'bucket')
      .map((part) => metricValue(metric, table.sums(part)))
      .filter((value) => value !== null);
    if (values.length > 0) {
      simulated = values.reduce((a, b) =>
        figure.take === 'min' ? Math.min(a, b) : Math.max(a, b),
      );
    }
  }
  return {
    figure: figure.figure,
    value: figure.value,
    simulated,
    // Nothing can be divided by nothing, and by no number.
    ratio: simulated === null || !figure.value ? null : simulated / figure.value,
    why: figure.notSimulated ?? null,
    fitted: figure.fitted,
    source: figure.source,
  };
}

/**
 * What the expectation is about, once for the span or once per bucket; parts without anything to
 * divide by are left out. null when a variant is missing or the span is not finished.
 */
function valuesOf(
  plan: Plan,
  expectation: ExpectationPlan,
  variant: string,
  tallies: ReadonlyMap<string, Tally>,
): number[] | null {
  const span = bucketsOf(plan.time, expectation.from, expectation.to);
  const metric = metricOf(expectation.metric);
  const read = (name: string): (number | null)[] | null => {
    const tally = tallies.get(name);
    if (tally === undefined || !isFinished(tally, span)) return null;
    const table = tally.table(expectation.filter);
    return split(span, expectation.every).map((part) => metricValue(metric, table.sums(part)));
  };
  const mine = read(variant);
  const { relativeTo, differsFrom } = expectation;
  const against = differsFrom ?? relativeTo;
  if (mine === null || against === null) {
    return mine?.filter((value) => value !== null) ?? null;
  }
  const others = read(against);
  if (others === null) return null;
  return mine.flatMap((value, index) => {
    const other = others[index] ?? null;
    if (value === null || other === null) return [];
    if (differsFrom !== undefined) return Math.abs(value - other);
    return value === 0 && other === 0 ? [] : value / other;
  });
}

function isFinished(tally: Tally, span: BucketSpan): boolean {
  return span.end <= tally.buckets;
}

function split(span: BucketSpan, by: ExpectationPlan['every']): BucketSpan[] {
  if (by === 'span') return [span];
  const count = Math.max(0, span.end - span.first);
  return Array.from({ length: count }, (_, index) => ({
    first: span.first + index,
    end: span.first + index + 1,
  }));
}

/** Throws an Error for a name that the language would have refused. */
export function metricOf(name: string): Metric {
  const metric = METRICS[name];
  if (metric === undefined) throw new Error(`no metric is called '${name}'`);
  return metric;
}

/** How far inside the bounds a value lies; a value on a bound is not above or below it. */
function margin(expectation: ExpectationPlan, value: number): number {
  const { above, below } = expectation;
  return Math.min(
    above === null ? Number.POSITIVE_INFINITY : value - above,
    below === null ? Number.POSITIVE_INFINITY : below - value,
  );
}

function worst(expectation: ExpectationPlan, values: readonly number[]): number | null {
  let found: number | null = null;
  for (const value of values) {
    if (found === null || margin(expectation, value) < margin(expectation, found)) found = value;
  }
  return found;
}

/** `no-serve-stale: failed-lookup-rate of de/unsigned, 19:30Z..19:45Z, below 50 %` */
function expectationText(plan: Plan, expectation: ExpectationPlan, variant: string): string {
  const subject = subjectText(expectation.filter);
  const span = `${clock(plan, expectation.from)}..${clock(plan, expectation.to)}`;
  const each = expectation.every === 'bucket' ? 'every bucket ' : '';
  return `${variant}: ${expectation.metric}${subject}, ${span}, ${each}${bounds(expectation)}`;
}

/** ` of de/unsigned at fra for resolver`, or nothing. */
export function subjectText({ zone, slice, colo, role }: ExpectationPlan['filter']): string {
  const subject = [zone, slice].filter((part) => part !== null).join('/');
  return [
    subject === '' ? '' : ` of ${subject}`,
    colo === null ? '' : ` at ${colo.join(' and ')}`,
    role === null ? '' : ` for ${role.join(' and ')}`,
  ].join('');
}

function bounds(expectation: ExpectationPlan): string {
  const { relativeTo, differsFrom, metric } = expectation;
  const isShare = relativeTo !== null || isRate(metric);
  const unit = !isShare ? '' : differsFrom === undefined ? ' %' : ' percentage points';
  const bounded = boundsText(expectation, unit);
  if (differsFrom !== undefined) return `${bounded} away from ${differsFrom}`;
  return bounded + (relativeTo === null ? '' : ` of ${relativeTo}`);
}

/** `above 2 % and below 4 %`; with a `unit` bounds are fractions, and shown in hundredths. */
export function boundsText(
  { above, below }: Pick<ExpectationPlan, 'above' | 'below'>,
  unit: string,
): string {
  const shown = (bound: number): string =>
    unit === '' ? String(bound) : `${Math.round(bound * 1e6) / 1e4}${unit}`;
  const parts = [
    above === null ? '' : `above ${shown(above)}`,
    below === null ? '' : `below ${shown(below)}`,
  ];
  return parts.filter((part) => part !== '').join(' and ');
}

/** Whether a metric is a share of something, which people read in per cent. */
export function isRate(metric: string): boolean {
  return /-(?:rate|ratio)$/.test(metric);
}

/** The time of day alone where it is unique in the window, to the minute where that says all. */
export function clock(plan: Plan, at: Micros): string {
  const text = formatInstant(epochSeconds(at)).replace(/:00Z$/, 'Z');
  return plan.time.to - plan.time.from <= DAY ? text.slice('0000-00-00T'.length) : text;
}
