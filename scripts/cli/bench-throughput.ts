/** `zonequake bench throughput`: cached answers per second over UDP, of our nodes and of real resolvers in turn. */

import type { Name } from '../../resolver-core/name/name.ts';
import { planOf } from '../../scenarios/compile.ts';
import { ListenError } from '../../sim/live/listen-error.ts';
import { RESOLVERS, type ResolverName } from '../../sim/live/resolver-kits.ts';
import { LoopThreads } from '../../sim/load/loop-threads.ts';
import { oneTtlPlan } from '../../sim/oracles/one-ttl.ts';
import type { CacheMode, Plan } from '../../sim/plan.ts';
import { openWorld } from '../../sim/world.ts';
import {
  type Contestant,
  ContestantError,
  clusterName,
  endContestants,
  openCluster,
  openEcho,
  openResolver,
} from '../bench/contestants.ts';
import {
  fill,
  measureThroughput,
  queriesFor,
  type Spread,
  type ThroughputFigure,
} from '../bench/throughput.ts';
import { EnvironmentError, EXIT, UsageError } from './exit-codes.ts';
import { scenarioFilesOf } from './library.ts';

export interface BenchThroughputOptions {
  readonly rounds: number;
  readonly seconds: number;
  readonly names: number;
  readonly window: number;
  readonly threads: number;
  /** Empty: all that are installed. */
  readonly against: readonly ResolverName[];
  readonly json: boolean;
  readonly quiet: boolean;
}

/** Nodes and what they share. One node that forwards has nobody to forward to. */
const CLUSTERS: readonly (readonly [CacheMode, number])[] = [
  ['private', 1],
  ['shared', 1],
  ['private', 2],
  ['forwarded', 2],
  ['shared', 2],
];
/** Everything is beside this one. */
const YARDSTICK: ResolverName = 'unbound';
const BASE = 'de-rollover-2026';
/** Seconds: longer than any measurement. */
const TTL = 86_400;
const COPY_TTL = 30;
/** Answers per node and name: a table in front of a shared one, which is smaller, has room for all, too. */
const ROOM = 16;

export async function benchThroughputCommand(
  options: BenchThroughputOptions,
): Promise<{ readonly text: string; readonly code: number }> {
  const { rounds, seconds, window, names, json, quiet } = options;
  const say = (text: string): void => {
    if (!quiet) process.stderr.write(`${text}\n`);
  };
  const threads = new LoopThreads(options.threads);
  const interrupted = (signal: NodeJS.Signals): void => {
    endContestants();
    process.exit(signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated);
  };
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  const open: Contestant[] = [];
  try {
    const { contestants, skipped } = await openAll(options, open, say);
    const queries = queriesFor(namesOf(names));
    for (const contestant of contestants) {
      if (contestant.name !== ECHO) await fill(threads, queries, contestant);
    }
    const terms = { rounds, milliseconds: seconds * 1_000, window };
    const figures = await measureThroughput(
      ...([threads, queries, contestants, YARDSTICK, terms] as const),
      (round, name) => say(`round ${round + 1} of ${rounds}: ${name}`),
    );
    const isSound = figures.every(({ mismatched, failed }) => mismatched === 0 && failed === 0);
    const text = json
      ? `${JSON.stringify({ node: process.version, terms, skipped, figures }, null, 2)}\n`
      : throughputText(options, skipped, figures);
    return { text, code: isSound ? EXIT.ok : EXIT.failed };
  } catch (error) {
    if (error instanceof ContestantError || error instanceof ListenError) {
      throw new EnvironmentError(error.message);
    }
    throw error;
  } finally {
    await Promise.all(open.map((contestant) => contestant.stop()));
    await threads.close();
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
  }
}

const ECHO = 'node echo';

/** Every server, ready to be asked; `open` has all that run, whatever happens. */
async function openAll(
  { names, against }: BenchThroughputOptions,
  open: Contestant[],
  say: (text: string) => void,
): Promise<{ readonly contestants: readonly Contestant[]; readonly skipped: readonly string[] }> {
  const started = async (opening: Promise<Contestant>): Promise<Contestant> => {
    const contestant = await opening;
    open.push(contestant);
    return contestant;
  };
  say('starting');
  const contestants = [await started(openEcho())];
  for (const [mode, nodes] of CLUSTERS) {
    const name = clusterName(mode, nodes);
    contestants.push(await started(openCluster(name, planFor(names, mode, nodes))));
  }
  // What real resolvers have cached is what a node of ours said, which had it from our authoritative servers.
  const feeder = await started(openCluster('feeder', planFor(names, 'private', 1)));
  const [upstream] = feeder.targets;
  if (upstream === undefined) throw new Error('the feeder does not listen');
  const skipped: string[] = [];
  for (const resolver of against.length === 0 ? RESOLVERS : against) {
    try {
      contestants.push(await started(openResolver(resolver, upstream)));
    } catch (error) {
      if (!(error instanceof ContestantError) || against.length > 0) throw error;
      skipped.push(error.message);
    }
  }
  return { contestants, skipped };
}

function planFor(names: number, mode: CacheMode, nodes: number): Plan {
  const [file] = scenarioFilesOf(BASE);
  if (file === undefined) throw new UsageError(`${BASE} is not here`);
  const lives = { ttl: TTL, copyTtl: COPY_TTL };
  const terms = { names, rate: 1, nodes, mode, answers: ROOM * names, seconds: 60, ...lives };
  return oneTtlPlan(planOf(file), terms);
}

function namesOf(names: number): readonly Name[] {
  const { hosts } = openWorld(planFor(names, 'private', 1)).catalogue;
  return hosts.slice(0, names).map(({ name }) => name);
}

/** The table that a person reads. */
export function throughputText(
  { rounds, seconds, names, window, threads }: BenchThroughputOptions,
  skipped: readonly string[],
  figures: readonly ThroughputFigure[],
): string {
  const unsound = figures.filter(({ mismatched, failed }) => mismatched + failed > 0);
  return [
    `Cached answers over UDP, ${names} names; ${rounds} rounds of ${seconds} s, in turn; ${window} queries outstanding per socket,`,
    `${threads} thread${threads === 1 ? '' : 's'} of load. Node ${process.version}. Median [least, most]; ratios are to ${YARDSTICK} in the same round.`,
    'What the resolvers have cached they got from a node of ours, and that from our authoritative servers.',
    '',
    row('server', '1000/s', 'ratio', 'CPU us/answer', 'CPU ratio', 'load', 'lost', 'late', ''),
    ...figures.map((figure) =>
      row(
        figure.name,
        spread(figure.perSecond, (value) => (value / 1_000).toFixed(1)),
        spread(figure.ratio, (value) => value.toFixed(2)),
        spread(figure.cpuPerAnswer, (value) => value.toFixed(1)),
        spread(figure.cpuRatio, (value) => value.toFixed(2)),
        `${(figure.loadBusy * 100).toFixed(0)} %`,
        `${figure.lost}`,
        `${figure.late}`,
        figure.about,
      ),
    ),
    '',
    ...whereItGoes(figures),
    ...skipped.map((why) => `left out: ${why}`),
    ...unsound.map(
      ({ name, mismatched, failed }) =>
        `${name}: ${mismatched} answers to nothing that was asked, ${failed} failures`,
    ),
    '',
  ].join('\n');
}

/** What of the time of one node is Node's own sockets. */
function whereItGoes(figures: readonly ThroughputFigure[]): string[] {
  const costOf = (name: string): number | null =>
    figures.find((figure) => figure.name === name)?.cpuPerAnswer?.median ?? null;
  const node = costOf(clusterName('private', 1));
  const echo = costOf(ECHO);
  if (node === null || echo === null) return [];
  const [all, sockets, rest] = [node, echo, node - echo].map((value) => value.toFixed(1));
  return [
    `One node: ${all} us of CPU time per answer, of which ${sockets} us are Node's own sockets (the echo); ${rest} us are reading the`,
    'query, the answer table, the octets of the answer, counters, and what a larger program costs in memory.',
  ];
}

function spread(of: Spread | null, text: (value: number) => string): string {
  return of === null ? '-' : `${text(of.median)} [${text(of.least)}, ${text(of.most)}]`;
}

function row(name: string, ...cells: readonly string[]): string {
  const widths = [22, 19, 22, 19, 8, 6, 6];
  const rest = cells.slice(0, -1).map((cell, i) => cell.padStart(widths[i] ?? 0));
  return `${name.padEnd(23)}${rest.join('')}  ${cells.at(-1)}`.trimEnd();
}
