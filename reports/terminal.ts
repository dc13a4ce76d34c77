/**
 * The report that a run prints: the verdict first, then what clients got with each variant side by
 * side, how it went over time, where it hurt, and why. Everything comes from the Result; the command
 * that reproduces it is added by the command line.
 *
 * Limitation: long lists are cut to what a person reads; report.json has all of it.
 */

import type { Mark, Result, Totals, VariantResult } from '../sim/result.ts';
import { alertTable } from './alerts.ts';
import { type Painter, painter, type Style } from './colour.ts';
import { sharedMarks, whose } from './marks.ts';
import { hasPrice, orderName, orderText, priceRows } from './price.ts';
import { partsOf, type RolePart, zonesTitle } from './roles.ts';
import {
  actualValue,
  clip,
  count,
  decimal,
  milliseconds,
  percent,
  printable,
  resample,
  sparkline,
  table,
  wrap,
} from './text.ts';

export interface TerminalOptions {
  readonly colour: boolean;
  /** Block characters for sparklines; plain ASCII without. */
  readonly unicode: boolean;
  /** Columns of the terminal, 80 or more; tables do not shrink below that. */
  readonly width: number;
}

const LABEL_WIDTH = 26;
const TEXTS_SHOWN = 5;
const KEY_TAGS_SHOWN = 4;

/** The report as lines of text, with a final line feed. */
export function terminalReport(result: Result, options: TerminalOptions): string {
  const paint = painter(options.colour);
  const parts = partsOf(result);
  const sections = [
    verdict(result, paint, options.width),
    ...parts.flatMap((part) => sideBySide(result.variants, part, options.width, paint)),
    ...parts.map((part) => servfailOverTime(result, part, options, paint)),
    price(result, parts, options.width, paint),
    ...parts.map((part) => phases(result, part, options.width, paint)),
    zones(result, options.width, paint),
    ...result.variants.map((variant) => errors(variant, options.width, paint)),
    signatures(result, paint),
    expectations(result, options.width, paint),
    alerts(result, options.width, paint),
    published(result, options.width, paint),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function verdict(result: Result, paint: Painter, width: number): string[] {
  const judged = result.variants.flatMap((variant) => variant.expectations);
  const failed = judged.filter((expectation) => !expectation.passed);
  const [style, word, text]: [Style, string, string] =
    failed.length > 0
      ? ['red', 'FAILED', `${failed.length} of ${judged.length} expectations failed`]
      : judged.length > 0
        ? ['green', 'PASSED', `all ${judged.length} expectations held`]
        : ['yellow', 'NOT JUDGED', 'no expectation was judged'];
  const { from, to } = result.time;
  return [
    `${paint('bold', paint(style, word))}  ${printable(result.scenario)}: ${text}`,
    ...(result.complete
      ? []
      : [paint('yellow', 'INCOMPLETE: the run was stopped; only finished buckets are counted')]),
    ...(result.expectationsLeftOut === 0
      ? []
      : [
          paint(
            'yellow',
            `scale ${result.scale}: ${result.expectationsLeftOut} expectations hold at full scale only, and were not judged`,
          ),
        ]),
    ...wrap(printable(result.title), width),
    paint(
      'dim',
      `${shortInstant(from)} to ${shortInstant(to)}, seed ${result.seed}, digest ${result.digest}`,
    ),
    ...failed.flatMap((expectation) => expectationLines(expectation, width, paint)),
  ];
}

/** Labelled rows with one column per variant, in as many tables as the width asks for. */
function byVariant(
  title: string,
  variants: readonly VariantResult[],
  rows: readonly (readonly [label: string, cell: (variant: VariantResult) => string])[],
  width: number,
  paint: Painter,
): string[][] {
  const widest = Math.max(...variants.map((variant) => variant.name.length), 12) + 2;
  const fitting = Math.max(1, Math.floor((width - LABEL_WIDTH) / widest));
  const tables: string[][] = [];
  for (let first = 0; first < variants.length; first += fitting) {
    const shown = variants.slice(first, first + fitting);
    const [head = '', ...body] = table([
      [title.padEnd(LABEL_WIDTH), ...shown.map((variant) => printable(variant.name).padStart(12))],
      ...rows.map(([label, cell]) => [`  ${label}`, ...shown.map(cell)]),
    ]);
    tables.push([paint('bold', head), ...body]);
  }
  return tables;
}

function sideBySide(
  variants: readonly VariantResult[],
  part: RolePart,
  width: number,
  paint: Painter,
): string[][] {
  const row = (
    label: string,
    read: (totals: Totals) => string,
  ): readonly [string, (variant: VariantResult) => string] => [
    label,
    (variant) => read(part.of(variant).totals),
  ];
  return byVariant(
    part.title,
    variants,
    [
      row('client queries', (totals) => count(totals.clientQueries)),
      row('lookups', (totals) => count(totals.lookups)),
      row('failed lookups', (totals) => percent(totals.failedLookupRate)),
      row('answered on a retry', (totals) => percent(totals.recoveredLookupRate)),
      row('SERVFAIL', (totals) => percent(totals.servfailRate)),
      row('NOERROR', (totals) => percent(totals.noerrorRate)),
      row('NXDOMAIN', (totals) => percent(totals.nxdomainRate)),
      row('stale answers', (totals) => percent(totals.staleRate)),
      row('unvalidated answers', (totals) => count(totals.unvalidated)),
      row('cache hit ratio', (totals) => percent(totals.cacheHitRatio)),
      row('queries per lookup', (totals) => decimal(totals.retryFactor)),
      row('tries per failed lookup', (totals) => decimal(totals.triesPerFailedLookup)),
      row('upstream queries', (totals) => count(totals.upstream.queries)),
      row('bogus responses', (totals) => count(totals.upstream.bogus)),
      row('latency p50 ms', ({ latencyMs }) => (latencyMs ? milliseconds(latencyMs.p50) : '-')),
      row('latency p99 ms', ({ latencyMs }) => (latencyMs ? milliseconds(latencyMs.p99) : '-')),
    ],
    width,
    paint,
  );
}

/** The legend of what was done stands below the first. */
function servfailOverTime(
  result: Result,
  part: RolePart,
  options: TerminalOptions,
  paint: Painter,
): string[] {
  const { variants, time } = result;
  const isFirst = part.suffix === '';
  const buckets = Math.max(0, ...variants.map(({ series }) => series.columns.SERVFAIL.length));
  if (buckets === 0) return [];
  const label = Math.max(...variants.map((variant) => variant.name.length)) + 2;
  const room = Math.max(10, options.width - label - 2 - '  peak 100.0 %'.length);
  const curves = variants.map((variant) => {
    const { name } = variant;
    const { series } = part.of(variant);
    const queries = resample(series.columns.clientQueries, room).sums;
    const failures = resample(series.columns.SERVFAIL, room).sums;
    const rates = queries.map((sum, i) => (sum === 0 ? null : (failures[i] ?? 0) / sum));
    return { name, rates, peak: Math.max(0, ...rates.map((rate) => rate ?? 0)) };
  });
  const top = Math.max(...curves.map((curve) => curve.peak));
  if (!isFirst && top === 0) return [];
  const { step } = resample(new Array<number>(buckets).fill(0), room);
  const seconds = step * time.bucketSeconds;
  const each = seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
  const drawn = Math.ceil((Date.parse(time.to) - Date.parse(time.from)) / 1_000 / seconds);
  const [from = '', to = ''] = [time.from, time.to].map((at) => shortInstant(at).slice(11));
  const ruler = marksOverTime(result, seconds, drawn, paint);
  return [
    `${paint('bold', `SERVFAIL rate over time${part.suffix}`)}, 0 to ${percent(top)}, one column = ${each}`,
    ...curves.map(({ name, rates, peak }) => {
      const line = sparkline(rates, top, options.unicode).padEnd(drawn);
      return `  ${printable(name).padEnd(label)}${paint('red', line)}  peak ${percent(peak)}`;
    }),
    ...(ruler.letters === '' ? [] : [`  ${''.padEnd(label)}${ruler.letters}`]),
    paint('dim', `  ${''.padEnd(label)}${from.padEnd(Math.max(8, drawn - to.length))}${to}`),
    ...(isFirst ? ruler.legend : []).flatMap(([head, text]) => {
      const indent = 36;
      return wrap(text, options.width - indent).map((line, index) =>
        index === 0 ? `  ${head}${line}` : ' '.repeat(indent) + line,
      );
    }),
  ];
}

const MARK_STYLE: Readonly<Record<Mark['kind'], Style>> = {
  fault: 'red',
  mitigation: 'yellow',
  repair: 'green',
  lift: 'yellow',
};

/** A letter below the column in which something was done, and what each letter stands for. */
function marksOverTime(
  result: Result,
  secondsPerColumn: number,
  columns: number,
  paint: Painter,
): { readonly letters: string; readonly legend: readonly (readonly [string, string])[] } {
  const letters = new Array<string>(columns).fill(' ');
  const free = [...'abcdefghijklmnopqrstuvwxyz'].reverse();
  const legend = sharedMarks(result).map((mark) => {
    const since = (Date.parse(mark.at) - Date.parse(result.time.from)) / 1_000;
    const column = Math.floor(since / secondsPerColumn);
    const isDrawn = column >= 0 && column < columns;
    const letter = isDrawn ? (free.pop() ?? '*') : ' ';
    if (letters[column] === ' ') letters[column] = letter;
    const kind = paint(MARK_STYLE[mark.kind], mark.kind.padEnd(10));
    const head = `${letter}  ${shortInstant(mark.at).padEnd(17)}  ${kind}  `;
    return [head, `${printable(mark.text)} (${printable(whose(mark, result))})`] as const;
  });
  return { letters: letters.join('').trimEnd(), legend };
}

function price(
  result: Result,
  parts: readonly RolePart[],
  width: number,
  paint: Painter,
): string[] {
  if (!hasPrice(result)) return [];
  const { variants } = result;
  return [
    ...parts.flatMap((part) => {
      const rows = priceRows(result, part);
      if (rows.length === 0) return [];
      return byVariant(`Price${part.suffix}`, variants, rows, width, paint).flat();
    }),
    ...variants.flatMap(({ name, orders }) =>
      orders.flatMap((order) => {
        const head = `${printable(name)}: ${printable(orderName(order))}, from ${shortInstant(order.from)}:`;
        return [
          `  ${clip(head, width - 2)}`,
          ...wrap(orderText(order), width - 4).map((line) => `    ${line}`),
        ];
      }),
    ),
  ];
}

function phases(result: Result, part: RolePart, width: number, paint: Painter): string[] {
  const names = result.variants[0]?.phases ?? [];
  if (names.length === 0) return [];
  const rows = names.flatMap(({ name }, index) => {
    const read =
      (rate: 'servfailRate' | 'failedLookupRate') =>
      (variant: VariantResult): string =>
        percent(part.of(variant).phases[index]?.totals[rate] ?? null);
    return [
      [`${printable(name)}: SERVFAIL`, read('servfailRate')],
      [`${printable(name)}: failed lookups`, read('failedLookupRate')],
    ] as const;
  });
  return byVariant(`By phase${part.suffix}`, result.variants, rows, width, paint).flat();
}

function zones(result: Result, width: number, paint: Painter): string[] {
  const first = result.variants[0];
  if (first === undefined) return [];
  const asked = Object.entries(first.byZone).filter(([, { totals }]) => totals.lookups > 0);
  const isSpared = ([zone]: readonly [string, unknown]): boolean =>
    result.variants.every(({ byZone }) => byZone[zone]?.totals.failedLookups === 0);
  const spared = asked.filter(isSpared).map(([zone]) => zone);
  const rows = asked
    .filter((each) => !isSpared(each))
    .flatMap(([zone, { bySlice }]) => [
      [
        zone,
        (variant: VariantResult) => percent(variant.byZone[zone]?.totals.failedLookupRate ?? null),
      ] as const,
      ...['signed', 'unsigned', 'missing', 'cd']
        .filter((slice) => (bySlice[slice]?.totals.lookups ?? 0) > 0)
        .map(
          (slice) =>
            [
              `  ${slice}`,
              (variant: VariantResult) =>
                percent(variant.byZone[zone]?.bySlice[slice]?.totals.failedLookupRate ?? null),
            ] as const,
        ),
    ]);
  const none = wrap(`no failed lookups: ${spared.join(', ')}`, width - 2);
  return [
    ...byVariant(zonesTitle(result), result.variants, rows, width, paint).flat(),
    ...(spared.length === 0 ? [] : none.map((line) => `  ${printable(line)}`)),
  ];
}

function errors(variant: VariantResult, width: number, paint: Painter): string[] {
  const codes = Object.entries(variant.totals.ede);
  if (codes.length === 0) return [];
  const byCode = codes.map(([code, total]) => `EDE ${code}: ${count(total)}`).join(', ');
  const texts = variant.totals.edeTexts.slice(0, TEXTS_SHOWN);
  return [
    `${paint('bold', `Extended DNS Errors, ${printable(variant.name)}`)}  ${byCode}`,
    ...texts.map(({ text, count: total }) =>
      clip(`  ${count(total).padStart(9)}  ${printable(text)}`, width),
    ),
  ];
}

/** The key tags whose signatures failed most validations. */
function signatures(result: Result, paint: Painter): string[] {
  const rows = result.variants.flatMap((variant) =>
    Object.entries(variant.totals.signatures?.byKeyTag ?? {})
      .filter(([, counts]) => counts.failed > 0)
      .sort(([, a], [, b]) => b.failed - a.failed)
      .slice(0, KEY_TAGS_SHOWN)
      .map(([key, counts]) => [
        `  ${printable(variant.name)}: ${printable(key)}`,
        count(counts.made),
        count(counts.distinctFailed),
        percent(counts.made === 0 ? null : counts.distinctFailed / counts.made),
        count(counts.checked),
        count(counts.failed),
      ]),
  );
  if (rows.length === 0) return [];
  const [head = '', ...body] = table([
    ['Signatures that fail, by key', 'made', 'found bad', 'share', 'validations', 'failed'],
    ...rows,
  ]);
  return [paint('bold', head), ...body];
}

type Expectation = VariantResult['expectations'][number];

function expectations(result: Result, width: number, paint: Painter): string[] {
  const all = result.variants.flatMap((variant) => variant.expectations);
  if (all.length === 0) return [];
  return [
    paint('bold', 'Expectations, with the actual value'),
    ...all.flatMap((expectation) => expectationLines(expectation, width, paint)),
  ];
}

/** The verdict, the actual value in the unit that the text speaks in, and the text, never cut. */
function expectationLines(
  { text, passed, actual, fired }: Expectation,
  width: number,
  paint: Painter,
): string[] {
  const [style, word]: [Style, string] = passed ? ['green', 'held  '] : ['red', 'failed'];
  const value = actualValue(text, actual);
  const shown =
    fired === undefined ? value : fired === null ? 'never' : shortInstant(fired).slice(11);
  const head = `  ${paint(style, word)}  ${shown.padStart(8)}  `;
  const indent = 20;
  return wrap(printable(text), width - indent).map(
    (line, index) => (index === 0 ? head : ' '.repeat(indent)) + line,
  );
}

/** Below each alert what became of it in each variant; long notes go on under their beginning. */
function alerts(result: Result, width: number, paint: Painter): string[] {
  const shown = alertTable(result);
  const rows = shown.flatMap((alert) => alert.rows);
  if (rows.length === 0) return [];
  const wide = (head: string, cells: readonly string[]): number =>
    Math.max(head.length, ...cells.map((cell) => cell.length));
  const name =
    wide(
      '',
      result.variants.map((variant) => variant.name),
    ) + 4;
  const fired = wide(
    'fired',
    rows.map((row) => row.fired),
  );
  const cleared = wide(
    'cleared',
    rows.map((row) => row.cleared),
  );
  const line = (...[first, second, third]: readonly [string, string, string]): string =>
    `${first.padEnd(name)}  ${second.padStart(fired)}  ${third.padStart(cleared)}`;
  const indent = name + fired + cleared + 6;
  return [
    paint('bold', line('Alerts', 'fired', 'cleared')),
    ...shown.flatMap((alert) => [
      ...wrap(printable(`${alert.name}: ${alert.text}`), width - 4).map((text, index) =>
        index === 0 ? `  ${text}` : `    ${text}`,
      ),
      ...alert.rows.flatMap(({ variant, fired: at, cleared: to, notes, isFalseAlarm }) => {
        const head = line(`    ${printable(variant)}`, at, to);
        const painted = isFalseAlarm ? paint('yellow', head) : head;
        // where instants have dates there is no room beside them
        const room = width - indent;
        if (room < 30)
          return [painted, ...wrap(printable(notes), width - 6).map((text) => `      ${text}`)];
        return wrap(printable(notes), room).map((text, index) =>
          index === 0 ? `${painted}  ${text}` : ' '.repeat(indent) + text,
        );
      }),
    ]),
  ];
}

function published(result: Result, width: number, paint: Painter): string[] {
  if (result.published.length === 0) return [];
  const [head = '', ...body] = table([
    ['Published beside simulated', 'published', 'simulated', 'ratio', ''],
    ...result.published.map((figure) => [
      `  ${clip(printable(figure.figure), width - 48)}`,
      figure.value === null ? 'no number' : String(figure.value),
      figure.simulated === null ? 'not simulated' : figure.simulated.toPrecision(3),
      decimal(figure.ratio),
      figure.fitted ? 'fitted' : '',
    ]),
  ]);
  const note = result.published.some((figure) => figure.fitted)
    ? [paint('dim', '  fitted: the scenario was calibrated on this figure, so it is no agreement')]
    : [];
  const rows = body.flatMap((line, index) => {
    const why = result.published[index]?.why ?? null;
    if (why === null) return [line];
    return [line, ...wrap(printable(why), width - 6).map((text) => paint('dim', `      ${text}`))];
  });
  return [paint('bold', head), ...rows, ...note];
}

/** Without the seconds where they are zero. */
function shortInstant(at: string): string {
  return at.replace(/:00Z$/, 'Z');
}
