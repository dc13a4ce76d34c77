/** `zonequake bench cache`: hit ratios by cache mode, beside the closed forms, in virtual time and on sockets. */

import { planOf } from '../../scenarios/compile.ts';
import type { CacheMode } from '../../sim/plan.ts';
import {
  agrees,
  type CacheCell,
  type CacheFigure,
  type CacheTerms,
  deviationOf,
  measureVirtual,
  TOLERANCE,
} from '../bench/cache.ts';
import { measureLive } from '../bench/cache-live.ts';
import { EXIT, UsageError } from './exit-codes.ts';
import { scenarioFilesOf } from './library.ts';

export interface BenchCacheOptions {
  readonly names: number;
  readonly seed: number;
  readonly world: 'virtual' | 'live' | 'both';
  readonly wrongKey: boolean;
  readonly json: boolean;
}

const MODES: readonly CacheMode[] = ['private', 'forwarded', 'shared'];
const NODES = [1, 4, 16];
const EXPONENTS = [0.8, 1, 1.2];
/** Room per node, as a part of all names; null: for all. */
const ROOMS = [null, 4, 16];
/** TTLs: from empty caches names expire in step, and are far from it after this many (catalogue.test.ts). */
const WARMUP = 10;
const COUNTED = 30;
/** Of this scenario zones, keys and servers are taken, and nothing else. */
const BASE = 'de-rollover-2026';

/** Writes a row for each cell as it is measured; the exit code. */
export async function benchCacheCommand(
  options: BenchCacheOptions,
  write: (text: string) => void,
): Promise<number> {
  const { names, seed, world, wrongKey, json } = options;
  const [file] = scenarioFilesOf(BASE);
  if (file === undefined) throw new UsageError(`${BASE} is not here`);
  const base = planOf(file);
  const terms: CacheTerms = {
    ...{ seed, names, warmupTtls: WARMUP, countedTtls: COUNTED, isKeyWrong: wrongKey },
  };
  const figures: CacheFigure[] = [];
  if (!json) write(cacheHeading(terms));
  for (const cell of cellsFor(names)) {
    if (world !== 'live') figures.push(measureVirtual(base, cell, terms));
    if (world !== 'virtual') figures.push(await measureLive(base, cell, terms));
    const made = figures.slice(world === 'both' ? -2 : -1);
    if (!json) for (const figure of made) write(cacheRow(figure));
  }
  const failed = figures.filter((figure) => !agrees(figure));
  if (json) write(`${JSON.stringify(figures.map(withDeviation), null, 2)}\n`);
  else write(cacheVerdict(figures, failed.length));
  return failed.length === 0 ? EXIT.ok : EXIT.failed;
}

function cellsFor(names: number): readonly CacheCell[] {
  return ROOMS.flatMap((part) =>
    MODES.flatMap((mode) =>
      NODES.flatMap((nodes) =>
        EXPONENTS.map((zipf) => {
          const answers = part === null ? null : Math.ceil(names / part);
          return { mode, nodes, zipf, answers };
        }),
      ),
    ),
  );
}

function withDeviation(figure: CacheFigure): object {
  return { ...figure, deviation: deviationOf(figure), agrees: agrees(figure) };
}

export function cacheHeading({ names, seed, isKeyWrong, countedTtls }: CacheTerms): string {
  return [
    `${names} names, one query per name and TTL on average; ${countedTtls} TTLs are counted; seed ${seed}. Node ${process.version}.`,
    ...(isKeyWrong ? ['Who owns a name depends on who asks: forwarded must not agree.'] : []),
    'Hit ratio of a colo, fresh at the node that was asked or at the owner, beside x/(1+x) of each name (private,',
    'N nodes: x/(N+x)) and the deviation in standard errors. Room is answers per node; small rooms have no closed form.',
    '',
    row(
      'mode',
      'nodes',
      'exponent',
      'room',
      'world',
      'queries',
      'hits',
      'closed form',
      'deviation',
    ),
    '',
  ].join('\n');
}

export function cacheRow(figure: CacheFigure): string {
  const { cell, world, queries, hitRatio, expected } = figure;
  const deviation = deviationOf(figure);
  const text = row(
    cell.mode,
    `${cell.nodes}`,
    cell.zipf.toFixed(1),
    cell.answers === null ? 'all' : `${cell.answers}`,
    world,
    queries.toLocaleString('en'),
    hitRatio.toFixed(4),
    expected === null ? '' : expected.hitRatio.toFixed(4),
    deviation === null ? '' : deviation.toFixed(2),
  );
  return `${text}${agrees(figure) ? '' : '  too far'}\n`;
}

function cacheVerdict(figures: readonly CacheFigure[], failed: number): string {
  const judged = figures.filter(({ expected }) => expected !== null).length;
  return `\n${judged - failed} of ${judged} agree with their closed form within ${TOLERANCE} standard errors.\n`;
}

function row(mode: string, ...cells: readonly string[]): string {
  const widths = [6, 9, 7, 8, 9, 8, 12, 10];
  return `${mode.padEnd(10)}${cells.map((cell, i) => cell.padStart(widths[i] ?? 0)).join('')}`.trimEnd();
}
