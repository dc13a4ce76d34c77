/**
 * report.html: one file that needs nothing else, neither network nor other files. Charts are drawn by
 * uPlot, whose source is part of the page; without scripts the tables still say all of it.
 *
 * Everything that a scenario or a packet can name is escaped, and the page's own policy allows no
 * script or style but those it was written with (Content Security Policy Level 3, hash sources).
 */

import { createHash } from 'node:crypto';
import type { Result } from '../../sim/result.ts';
import { hasPrice, priceRows } from '../price.ts';
import { partsOf, zonesTitle } from '../roles.ts';
import type { PageAssets } from './assets.ts';
import { chartData } from './data.ts';
import { html, jsonForScript, Markup } from './markup.ts';
import {
  alertsTable,
  errorsTable,
  expectationsTable,
  marksTable,
  ordersTable,
  phasesTable,
  priceTable,
  publishedTable,
  signaturesTable,
  totalsTable,
  zonesTable,
} from './tables.ts';

/** The page as text. */
export function htmlReport(result: Result, assets: PageAssets): string {
  const style = assets.chartStyle + assets.pageStyle;
  const script = `${assets.chartScript}\n${assets.pageScript}`;
  const policy = `default-src 'none'; style-src '${sha256(style)}'; script-src '${sha256(script)}'; base-uri 'none'; form-action 'none'`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${result.scenario}: ${result.title}</title>
<style>${new Markup(style)}</style>
</head>
<body>
${header(result)}
<main>
<section id="charts" hidden>
<h2>Over time</h2>
<p><label>Names: <select id="scope"></select></label> <span id="legend"></span></p>
<div id="plots"></div>
</section>
<noscript><p class="note">The charts need scripts; the tables below have the same numbers.</p></noscript>
${sections(result)}
</main>
<script type="application/json" id="data">${new Markup(jsonForScript(chartData(result)))}</script>
<script>${new Markup(script)}</script>
</body>
</html>
`;
  return page.text;
}

function sha256(text: string): string {
  return `sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}`;
}

function header(result: Result): Markup {
  const judged = result.variants.flatMap(({ expectations }) => expectations);
  const failed = judged.filter(({ passed }) => !passed).length;
  const verdict =
    failed > 0
      ? html`<strong class="failed">Failed</strong> ${failed} of ${judged.length} expectations failed`
      : judged.length > 0
        ? html`<strong class="held">Passed</strong> all ${judged.length} expectations held`
        : html`<strong>Not judged</strong> no expectation was judged`;
  const notes: Markup[] = [];
  if (!result.complete) {
    notes.push(
      html`<p class="note">Incomplete: the run was stopped; only finished buckets are counted.</p>`,
    );
  }
  if (result.expectationsLeftOut > 0) {
    notes.push(
      html`<p class="note">Scale ${result.scale}: ${result.expectationsLeftOut} expectations hold at full scale only, and were not judged.</p>`,
    );
  }
  const { from, to } = result.time;
  return html`<header>
<h1>${result.title}</h1>
<p>${verdict}</p>
${notes}
<p class="dim">${result.scenario}, ${from} to ${to}, seed ${result.seed}, digest ${result.digest}</p>
</header>`;
}

function sections(result: Result): Markup[] {
  const { variants, published } = result;
  const parts = partsOf(result);
  const out = parts.map((part) => section(part.title, totalsTable(result, part)));
  if (variants.some(({ expectations }) => expectations.length > 0)) {
    out.push(section('Expectations', expectationsTable(result)));
  }
  if (variants.some(({ alerts }) => alerts.length > 0)) {
    out.push(section('Alerts', alertsTable(result)));
  }
  if (published.length > 0) {
    const note = published.some(({ fitted }) => fitted)
      ? html`<p class="dim">Fitted: the scenario was calibrated on this figure, so it is no agreement.</p>`
      : html``;
    out.push(section('Published beside simulated', html`${publishedTable(result)}${note}`));
  }
  if (variants.some(({ marks }) => marks.length > 0)) {
    out.push(section('What was done', marksTable(result)));
  }
  if (hasPrice(result)) {
    const orders = variants.some((variant) => variant.orders.length > 0);
    for (const part of parts) {
      if (priceRows(result, part).length === 0) continue;
      const rest = part.suffix === '' && orders ? ordersTable(result) : '';
      const price = html`${priceTable(result, part)}${rest}`;
      out.push(section(`The price of the mitigations${part.suffix}`, price));
    }
  }
  if ((variants[0]?.phases.length ?? 0) > 0) {
    for (const part of parts) {
      out.push(section(`By phase${part.suffix}`, phasesTable(result, part)));
    }
  }
  out.push(section(zonesTitle(result), zonesTable(result)));
  if (variants.some(({ totals }) => totals.edeTexts.length > 0)) {
    out.push(section('Extended DNS Errors', errorsTable(result)));
  }
  if (variants.some(({ totals }) => (totals.signatures?.failed ?? 0) > 0)) {
    out.push(section('Signatures that fail, by key', signaturesTable(result)));
  }
  return out;
}

function section(title: string, content: Markup): Markup {
  return html`<section><h2>${title}</h2><div class="scroll">${content}</div></section>
`;
}
