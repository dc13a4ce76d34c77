/**
 * What the charts of report.html draw: rates over time per variant, for all names and for each top
 * zone. Rates are ratios of sums per bucket, null where nothing was counted.
 */

import type { Column, Mark, Result, Series, VariantResult } from '../../sim/result.ts';
import { alertMarks } from '../alerts.ts';
import { sharedMarks } from '../marks.ts';

export interface ChartData {
  /** Seconds since 1970 of the start of each bucket. */
  readonly time: readonly number[];
  readonly phases: readonly { readonly name: string; readonly from: number; readonly to: number }[];
  readonly marks: readonly {
    readonly at: number;
    /** `alert`: one fires; the text is its name. */
    readonly kind: Mark['kind'] | 'alert';
    readonly text: string;
    /** Indices; null for all of them. */
    readonly variants: readonly number[] | null;
  }[];
  readonly metrics: readonly { readonly id: string; readonly title: string; readonly unit: Unit }[];
  readonly variants: readonly string[];
  /** [scope][metric id][variant][bucket]. */
  readonly scopes: readonly {
    readonly name: string;
    readonly values: Readonly<Record<string, readonly (readonly (number | null)[])[]>>;
  }[];
}

type Unit = 'share' | 'count';
type Columns = Series['columns'];

interface Metric {
  readonly id: string;
  readonly title: string;
  readonly unit: Unit;
  readonly of: (columns: Columns, bucket: number) => number | null;
}

/** Columns whose sum is the denominator of the cache hit ratio, and those that are hits (docs/output.md). */
const HITS: readonly Column[] = [
  'hits',
  'forwardedHits',
  'sharedHits',
  'staticZone',
  'synthesised',
];
const CACHE: readonly Column[] = [
  ...HITS,
  'cacheStale',
  'failureCached',
  'joined',
  'policy',
  'misses',
];

const METRICS: readonly Metric[] = [
  share('servfail', 'SERVFAIL answers', ['SERVFAIL'], ['clientQueries']),
  share('failed', 'Failed lookups', ['failedLookups'], ['lookups']),
  share('noerror', 'NOERROR answers', ['NOERROR'], ['clientQueries']),
  share('stale', 'Stale answers', ['stale'], ['clientQueries']),
  share('authenticated', 'Answers with AD', ['authenticated'], ['clientQueries']),
  share(
    'unvalidated',
    'Unvalidated answers under an anchor or mark',
    ['unvalidated'],
    ['clientQueries'],
  ),
  share('hits', 'Cache hit ratio', [...HITS, 'cacheStale'], CACHE),
  {
    id: 'queries',
    title: 'Client queries per bucket',
    unit: 'count',
    of: (columns, bucket) => columns.clientQueries[bucket] ?? 0,
  },
];

/** Most zones with charts of their own: those with the most lookups. */
const ZONES_SHOWN = 8;

export function chartData(result: Result): ChartData {
  const { variants, time } = result;
  const first = variants[0];
  const from = Date.parse(time.from) / 1000;
  const buckets = first?.series.columns.clientQueries.length ?? 0;
  return {
    time: Array.from({ length: buckets }, (_, bucket) => from + bucket * time.bucketSeconds),
    phases: (first?.phases ?? []).map((phase) => ({
      name: phase.name,
      from: Date.parse(phase.from) / 1000,
      to: Date.parse(phase.to) / 1000,
    })),
    marks: [
      ...sharedMarks(result),
      ...alertMarks(result).map((mark) => ({ ...mark, kind: 'alert' as const })),
    ].map(({ at, kind, text, variants: having }) => ({
      at: Date.parse(at) / 1000,
      kind,
      text,
      variants: having.length === variants.length ? null : having,
    })),
    metrics: METRICS.filter((metric) => occurs(metric, variants)).map(({ id, title, unit }) => ({
      id,
      title,
      unit,
    })),
    variants: variants.map(({ name }) => name),
    scopes: [
      { name: 'all names', values: valuesOf(variants, (variant) => variant.series) },
      ...rolesShown(first).map((role) => ({
        name: `all names, role ${role}`,
        values: valuesOf(variants, (variant) => variant.byRole[role]?.series),
      })),
      ...shownZones(first).map((zone) => ({
        name: zone,
        values: valuesOf(variants, (variant) => variant.byZone[zone]?.series),
      })),
    ],
  };
}

/** A line at zero for every variant says nothing: such a chart is left out. */
function occurs({ of }: Metric, variants: readonly VariantResult[]): boolean {
  return variants.some(({ series: { columns } }) =>
    columns.clientQueries.some((_, bucket) => (of(columns, bucket) ?? 0) > 0),
  );
}

/** Roles, where there are several. */
function rolesShown(variant: VariantResult | undefined): string[] {
  const roles = Object.keys(variant?.byRole ?? {});
  return roles.length > 1 ? roles : [];
}

function shownZones(variant: VariantResult | undefined): string[] {
  return Object.entries(variant?.byZone ?? {})
    .filter(([, { totals }]) => totals.lookups > 0)
    .sort(([, a], [, b]) => b.totals.lookups - a.totals.lookups)
    .slice(0, ZONES_SHOWN)
    .map(([zone]) => zone);
}

function valuesOf(
  variants: readonly VariantResult[],
  series: (variant: VariantResult) => Series | undefined,
): Record<string, (number | null)[][]> {
  const values: Record<string, (number | null)[][]> = {};
  for (const { id, of } of METRICS) {
    values[id] = variants.map((variant) => {
      const columns = series(variant)?.columns;
      if (columns === undefined) return [];
      return columns.clientQueries.map((_, bucket) => of(columns, bucket));
    });
  }
  return values;
}

function share(
  id: string,
  title: string,
  part: readonly Column[],
  whole: readonly Column[],
): Metric {
  const sum = (columns: Columns, names: readonly Column[], bucket: number): number =>
    names.reduce((total, name) => total + (columns[name][bucket] ?? 0), 0);
  return {
    id,
    title,
    unit: 'share',
    of: (columns, bucket) => {
      const all = sum(columns, whole, bucket);
      return all === 0 ? null : Math.round((sum(columns, part, bucket) / all) * 1e5) / 1e5;
    },
  };
}
