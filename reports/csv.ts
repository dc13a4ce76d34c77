/**
 * series.csv (RFC 4180): tidy and long. A row is one bucket of one table of one variant; the columns
 * are what identifies it, then the counts of docs/output.md. An empty zone, colo, role or slice
 * means all of them, so rows with any of these filled in must not be added to those without.
 */

import type { Result, Series, Slice, VariantResult } from '../sim/result.ts';

const KEYS = ['scenario', 'seed', 'variant', 'zone', 'colo', 'role', 'slice'] as const;

/** The series of every table, with a header row and CRLF line ends. */
export function seriesCsv(result: Result): string {
  const columns = Object.keys(result.variants[0]?.series.columns ?? {}) as Column[];
  const rows: string[] = [[...KEYS, 'from', 'bucketSeconds', ...columns].join(',')];
  for (const variant of result.variants) {
    for (const { zone, colo, role, slice, series } of tables(variant)) {
      const key = [result.scenario, String(result.seed), variant.name, zone, colo, role, slice];
      const prefix = key.map(quote).join(',');
      for (let bucket = 0; bucket < series.columns.clientQueries.length; bucket++) {
        const counts = columns.map((column) => series.columns[column][bucket]);
        const from = bucketStart(series, bucket);
        rows.push(`${prefix},${from},${series.bucketSeconds},${counts.join(',')}`);
      }
    }
  }
  return `${rows.join('\r\n')}\r\n`;
}

type Column = keyof Series['columns'];

interface NamedSeries {
  readonly zone: string;
  readonly colo: string;
  readonly role: string;
  readonly slice: string;
  readonly series: Series;
}

function tables(variant: VariantResult): NamedSeries[] {
  const all: NamedSeries = { zone: '', colo: '', role: '', slice: '', series: variant.series };
  const by = (
    key: 'zone' | 'colo' | 'role' | 'slice',
    slices: Readonly<Record<string, Slice>>,
    base: NamedSeries = all,
  ): NamedSeries[] =>
    Object.entries(slices).map(([name, { series }]) => ({ ...base, [key]: name, series }));
  return [
    all,
    ...by('colo', variant.byColo),
    ...Object.entries(variant.byZone).flatMap(([zone, { series, bySlice }]) => {
      const whole: NamedSeries = { ...all, zone, series };
      return [whole, ...by('slice', bySlice, whole)];
    }),
    ...by('role', variant.byRole),
    ...by('slice', variant.bySlice),
  ];
}

function bucketStart(series: Series, bucket: number): string {
  const milliseconds = Date.parse(series.from) + bucket * series.bucketSeconds * 1_000;
  return new Date(milliseconds).toISOString().replace('.000Z', 'Z');
}

/** Quoted where RFC 4180 section 2 asks for it. */
function quote(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
