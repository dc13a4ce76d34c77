/** `zonequake bench sim`: what a simulated client query costs, beside the least that it could cost. */

import { MINUTE } from '../../resolver-core/time.ts';
import { planOf } from '../../scenarios/compile.ts';
import { runOnPool } from '../../sim/pool/pool.ts';
import type { SimBench, SimCost, VariantCost } from '../bench/sim.ts';
import { UsageError } from './exit-codes.ts';
import { scenarioFilesOf } from './library.ts';

/** From sim/pool. */
const WORKER = '../../scripts/bench/worker';
const BARE_QUERIES = 2_000_000;

export async function benchSimCommand(
  word: string,
  options: { readonly minutes?: number; readonly json: boolean },
): Promise<string> {
  const [file, ...more] = scenarioFilesOf(word);
  if (file === undefined || more.length > 0) throw new UsageError(`${word} is not one scenario`);
  const plan = planOf(file);
  const { from, to } = plan.time;
  const { minutes = (to - from) / MINUTE, json } = options;
  const bench = { plan, minutes, bareQueries: BARE_QUERIES };
  const [cost] = await runOnPool<SimBench, SimCost>(WORKER, [bench], () => {});
  if (cost === undefined) throw new Error('a bench came to nothing');
  return json ? `${JSON.stringify(cost, null, 2)}\n` : simText(plan.name, minutes, cost);
}

/** The table that a person reads. */
export function simText(scenario: string, minutes: number, cost: SimCost): string {
  const { colo, bareNanoseconds, hitNanoseconds, variants } = cost;
  const beside = (value: number): string => (value / bareNanoseconds).toFixed(1);
  return [
    `${scenario}, colo ${colo}, one thread; Node ${process.version}. CPU time: compare ratios, not times.`,
    '',
    `bare loop  ${nanoseconds(bareNanoseconds)} a query, ${rate(bareNanoseconds)}: an arrival, one word, a counter; 10 % misses of one event`,
    `hit        ${nanoseconds(hitNanoseconds)} a query, ${rate(hitNanoseconds)}: an arrival, probe, counters; names that never expire`,
    '',
    `${minutes} simulated minutes of each variant after its warm-up. Time per query = hit + events per`,
    'query x event. The first variant signs and validates for the first time, the others find that done.',
    '',
    row(
      'variant',
      'queries',
      'misses',
      'miss',
      'events/query',
      'event',
      'garbage',
      'query',
      'rate',
      '',
    ),
    ...variants.map((each) => variantRow(each, beside)),
    togetherRow(variants, beside),
    '',
  ].join('\n');
}

function variantRow(cost: VariantCost, beside: (value: number) => string): string {
  return row(
    cost.variant,
    cost.queries.toLocaleString('en'),
    percent(1 - cost.hitRatio),
    nanoseconds(cost.nanosecondsPerMiss),
    cost.eventsPerQuery.toFixed(3),
    nanoseconds(cost.nanosecondsPerEvent),
    percent(cost.garbageShare),
    nanoseconds(cost.nanosecondsPerQuery),
    rate(cost.nanosecondsPerQuery),
    `${beside(cost.nanosecondsPerQuery)} x the bare loop`,
  );
}

function togetherRow(variants: readonly VariantCost[], beside: (value: number) => string): string {
  const queries = variants.reduce((sum, each) => sum + each.queries, 0);
  const all = variants.reduce((sum, each) => sum + each.queries * each.nanosecondsPerQuery, 0);
  const blanks = ['', '', '', '', ''];
  const cells = [nanoseconds(all / queries), rate(all / queries)];
  const bare = `${beside(all / queries)} x the bare loop`;
  return row('together', queries.toLocaleString('en'), ...blanks, ...cells, bare);
}

function row(variant: string, ...cells: readonly string[]): string {
  const widths = [11, 8, 10, 14, 10, 9, 9, 10, 0];
  const rest = cells.map((cell, index) => cell.padStart(widths[index] ?? 0));
  return `${variant.padEnd(22)}${rest.slice(0, -1).join('')}  ${rest.at(-1)}`.trimEnd();
}

function nanoseconds(value: number): string {
  return `${value.toFixed(0)} ns`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** Queries per second of a thread. */
function rate(perQuery: number): string {
  return perQuery < 1000
    ? `${(1000 / perQuery).toFixed(1)} M/s`
    : `${(1e6 / perQuery).toFixed(0)} k/s`;
}
