/** The tables of report.html, from the same numbers as the terminal report. */

import type { Result, Totals, VariantResult } from '../../sim/result.ts';
import { alertTable } from '../alerts.ts';
import { sharedMarks, whose } from '../marks.ts';
import { orderName, orderText, priceRows, type PriceRow as Row } from '../price.ts';
import type { RolePart } from '../roles.ts';
import { actualValue, count, decimal, milliseconds, percent } from '../text.ts';
import { html, type Markup } from './markup.ts';

const TEXTS_SHOWN = 10;
const KEY_TAGS_SHOWN = 8;

const TOTALS: readonly (readonly [label: string, cell: (totals: Totals) => string])[] = [
  ['client queries', (totals) => count(totals.clientQueries)],
  ['lookups', (totals) => count(totals.lookups)],
  ['failed lookups', (totals) => percent(totals.failedLookupRate)],
  ['answered on a retry', (totals) => percent(totals.recoveredLookupRate)],
  ['SERVFAIL', (totals) => percent(totals.servfailRate)],
  ['NOERROR', (totals) => percent(totals.noerrorRate)],
  ['NXDOMAIN', (totals) => percent(totals.nxdomainRate)],
  ['stale answers', (totals) => percent(totals.staleRate)],
  ['unvalidated answers', (totals) => count(totals.unvalidated)],
  ['cache hit ratio', (totals) => percent(totals.cacheHitRatio)],
  ['queries per lookup', (totals) => decimal(totals.retryFactor)],
  ['tries per failed lookup', (totals) => decimal(totals.triesPerFailedLookup)],
  ['upstream queries', (totals) => count(totals.upstream.queries)],
  ['bogus responses', (totals) => count(totals.upstream.bogus)],
  ['latency p50, ms', ({ latencyMs }) => (latencyMs ? milliseconds(latencyMs.p50) : '-')],
  ['latency p99, ms', ({ latencyMs }) => (latencyMs ? milliseconds(latencyMs.p99) : '-')],
];

export function totalsTable({ variants }: Result, part: RolePart): Markup {
  return byVariant(
    variants,
    TOTALS.map(([label, cell]) => [label, (variant) => cell(part.of(variant).totals)]),
  );
}

/** What was done to the world, and in which variants. */
export function marksTable(result: Result): Markup {
  const rows = sharedMarks(result).map(
    (mark) =>
      html`<tr><td class="n">${mark.at}<td class="${mark.kind}">${mark.kind}<td>${mark.text}<td>${whose(mark, result)}</tr>`,
  );
  return html`<table><thead><tr><th class="n">at<th>what<th><th>in</tr></thead><tbody>${rows}</tbody></table>`;
}

/** What stale and unvalidated answers amount to, and what caches had no room for. */
export function priceTable(result: Result, part: RolePart): Markup {
  return byVariant(result.variants, priceRows(result, part));
}

/** Override rules and negative trust anchors: how long they stood. */
export function ordersTable({ variants }: Result): Markup {
  const rows = variants.flatMap(({ name, orders }) =>
    orders.map(
      (order) =>
        html`<tr><td>${name}<td>${orderName(order)}<td class="n">${order.from}<td class="n">${order.until}<td>${orderText(order)}</tr>`,
    ),
  );
  return html`<table><thead><tr><th>variant<th>rule or anchor<th class="n">from<th class="n">until<th></tr></thead><tbody>${rows}</tbody></table>`;
}

export function phasesTable({ variants }: Result, { of }: RolePart): Markup {
  const rows = (variants[0]?.phases ?? []).flatMap(({ name }, index): Row[] => [
    [
      `${name}: SERVFAIL`,
      (variant) => percent(of(variant).phases[index]?.totals.servfailRate ?? null),
    ],
    [
      `${name}: failed lookups`,
      (variant) => percent(of(variant).phases[index]?.totals.failedLookupRate ?? null),
    ],
  ]);
  return byVariant(variants, rows);
}

/** Failed lookups by top zone, and in each by what the names are. */
export function zonesTable({ variants }: Result): Markup {
  const zones = Object.entries(variants[0]?.byZone ?? {}).filter(
    ([, { totals }]) => totals.lookups > 0,
  );
  const rows = zones.flatMap(([zone, { bySlice }]): Row[] => [
    [zone, (variant) => percent(variant.byZone[zone]?.totals.failedLookupRate ?? null)],
    ...Object.keys(bySlice)
      .filter((slice) => (bySlice[slice]?.totals.lookups ?? 0) > 0)
      .map(
        (slice): Row => [
          `${zone}, ${slice}`,
          (variant) =>
            percent(variant.byZone[zone]?.bySlice[slice]?.totals.failedLookupRate ?? null),
        ],
      ),
  ]);
  return byVariant(variants, rows);
}

export function errorsTable({ variants }: Result): Markup {
  const rows = variants.flatMap(({ name, totals }) =>
    totals.edeTexts
      .slice(0, TEXTS_SHOWN)
      .map((each) => html`<tr><td>${name}<td class="n">${count(each.count)}<td>${each.text}</tr>`),
  );
  return html`<table><thead><tr><th>variant<th class="n">answers<th>Extended DNS Error</tr></thead>
<tbody>${rows}</tbody></table>`;
}

/** The keys whose signatures failed most validations. */
export function signaturesTable({ variants }: Result): Markup {
  const rows = variants.flatMap(({ name, totals }) =>
    Object.entries(totals.signatures?.byKeyTag ?? {})
      .filter(([, counts]) => counts.failed > 0)
      .sort(([, a], [, b]) => b.failed - a.failed)
      .slice(0, KEY_TAGS_SHOWN)
      .map(
        ([key, { made, distinctFailed, checked, failed }]) =>
          html`<tr><td>${name}<td>${key}<td class="n">${count(made)}<td class="n">${count(distinctFailed)}<td class="n">${count(checked)}<td class="n">${count(failed)}</tr>`,
      ),
  );
  return html`<table><thead><tr><th>variant<th>zone / key tag<th class="n">signatures made<th class="n">found bad<th class="n">validations<th class="n">failed</tr></thead>
<tbody>${rows}</tbody></table>`;
}

export function expectationsTable({ variants }: Result): Markup {
  const rows = variants.flatMap(({ expectations }) =>
    expectations.map(({ text, passed, actual, fired }) => {
      const shown = fired === undefined ? actualValue(text, actual) : (fired ?? 'never');
      const verdict = passed
        ? html`<td class="held">held</td>`
        : html`<td class="failed">failed</td>`;
      return html`<tr>${verdict}<td class="n">${shown}<td>${text}</tr>`;
    }),
  );
  return html`<table><thead><tr><th>verdict<th class="n">actual<th>expectation</tr></thead>
<tbody>${rows}</tbody></table>`;
}

/** What monitoring would have said, alert by alert. */
export function alertsTable(result: Result): Markup {
  const rows = alertTable(result).flatMap((alert) => [
    html`<tr><th scope="rowgroup" colspan="4">${alert.name}: ${alert.text}</tr>`,
    ...alert.rows.map(({ variant, fired, cleared, notes, isFalseAlarm }) => {
      const style = isFalseAlarm ? 'failed' : '';
      return html`<tr><td>${variant}<td class="n">${fired}<td class="n">${cleared}<td class="${style}">${notes}</tr>`;
    }),
  ]);
  return html`<table><thead><tr><th>variant<th class="n">fired<th class="n">cleared<th></tr></thead>
<tbody>${rows}</tbody></table>`;
}

export function publishedTable({ published }: Result): Markup {
  const rows = published.map(
    ({ figure, value, simulated, ratio, fitted, source, why }) =>
      html`<tr><td>${figure}<td class="n">${value ?? 'no number'}<td class="n">${simulated === null ? 'not simulated' : simulated.toPrecision(3)}<td class="n">${decimal(ratio)}<td>${fitted ? 'fitted' : (why ?? '')}<td>${source}</tr>`,
  );
  return html`<table><thead><tr><th>figure<th class="n">published<th class="n">simulated<th class="n">ratio<th><th>source</tr></thead>
<tbody>${rows}</tbody></table>`;
}

function byVariant(variants: readonly VariantResult[], rows: readonly Row[]): Markup {
  const heads = variants.map(({ name }) => html`<th class="n">${name}`);
  const body = rows.map(
    ([label, cell]) =>
      html`<tr><th scope="row">${label}${variants.map((variant) => html`<td class="n">${cell(variant)}`)}</tr>`,
  );
  return html`<table><thead><tr><th>${heads}</tr></thead><tbody>${body}</tbody></table>`;
}
