/**
 * Cached answers per second over UDP, and the server's CPU time for each: servers take turns in rounds, under a
 * closed loop (`sim/load/closed-loop.ts`), so that what the machine does meanwhile falls on all of them alike. Ratios
 * are of the same round.
 */

import type { Name } from '../../resolver-core/name/name.ts';
import type { ClosedLoop, LoopCounts } from '../../sim/load/closed-loop.ts';
import type { LoopThreads } from '../../sim/load/loop-threads.ts';
import type { Contestant } from './contestants.ts';

export interface ThroughputTerms {
  readonly rounds: number;
  /** Of each turn. */
  readonly milliseconds: number;
  /** Outstanding queries per socket; each thread of the load has one for each target. */
  readonly window: number;
}

export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export interface ThroughputFigure {
  readonly name: string;
  readonly about: string;
  readonly perSecond: Spread;
  /** Microseconds of the server's CPU time per answer; null where the system does not tell. */
  readonly cpuPerAnswer: Spread | null;
  /** To the answers per second of the yardstick in the same round; null without one. */
  readonly ratio: Spread | null;
  /** The yardstick's CPU time per answer divided by this one's, in the same round. */
  readonly cpuRatio: Spread | null;
  /** Part of its time for which the load's threads used a core: near 1 the load is the limit. */
  readonly loadBusy: number;
  readonly lost: number;
  readonly late: number;
  readonly mismatched: number;
  /** Answers with an RCODE other than NOERROR. */
  readonly failed: number;
}

interface Turn {
  readonly counts: LoopCounts;
  readonly perSecond: number;
  readonly cpuPerAnswer: number;
}

/** Plain queries for addresses, with EDNS and without DO. */
export function queriesFor(names: readonly Name[]): Pick<ClosedLoop, 'octets' | 'lengths'> {
  const queries = names.map(({ wire }) => {
    const header = [0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1];
    const opt = [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0];
    return [...header, ...wire, 0, 1, 0, 1, ...opt];
  });
  return {
    octets: Uint8Array.from(queries.flat()),
    lengths: Uint16Array.from(queries, (query) => query.length),
  };
}

/** Asks until everything is cached: until a turn brings nothing but answers. Throws when none of `turns` does. */
export async function fill(
  threads: LoopThreads,
  queries: Pick<ClosedLoop, 'octets' | 'lengths'>,
  { name, targets }: Contestant,
  turns: number = FILL_TURNS,
): Promise<void> {
  const loop = { ...queries, first: 0, targets, window: FILL_WINDOW, milliseconds: FILL_TIME };
  let last: LoopCounts | null = null;
  for (let left = turns; left > 0; left--) {
    last = await threads.run(loop);
    const isWhole = last.sent > queries.lengths.length * targets.length;
    if (isWhole && last.lost === 0 && failedIn(last) === 0 && last.mismatched === 0) return;
  }
  throw new Error(`${name} does not answer everything: ${JSON.stringify(last)}`);
}

const FILL_WINDOW = 16;
const FILL_TIME = 500;
const FILL_TURNS = 60;

/** All turns of all rounds; the first contestant called `yardstick` is what ratios are to. */
export async function measureThroughput(
  threads: LoopThreads,
  queries: Pick<ClosedLoop, 'octets' | 'lengths'>,
  contestants: readonly Contestant[],
  yardstick: string,
  terms: ThroughputTerms,
  tell: (round: number, name: string) => void,
): Promise<readonly ThroughputFigure[]> {
  const { rounds, milliseconds, window } = terms;
  const turns = contestants.map((): Turn[] => []);
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < contestants.length; i++) {
      // Another begins each round: nobody always comes after the same one.
      const index = (i + round) % contestants.length;
      const contestant = contestants[index] as Contestant;
      tell(round, contestant.name);
      const loop = { ...queries, first: 0, targets: contestant.targets, window, milliseconds };
      const before = contestant.cpuSeconds();
      const counts = await threads.run(loop);
      const cpu = contestant.cpuSeconds() - before;
      turns[index]?.push({
        counts,
        perSecond: counts.received / counts.seconds,
        cpuPerAnswer: (cpu * 1e6) / counts.received,
      });
    }
  }
  const measure = turns[contestants.findIndex(({ name }) => name === yardstick)] ?? null;
  return contestants.map((contestant, i) => figureOf(contestant, turns[i] as Turn[], measure));
}

function figureOf(
  { name, about }: Contestant,
  turns: readonly Turn[],
  yardstick: readonly Turn[] | null,
): ThroughputFigure {
  const sum = (of: (counts: LoopCounts) => number): number =>
    turns.reduce((total, { counts }) => total + of(counts), 0);
  const cpu = spreadOf(turns.map(({ cpuPerAnswer }) => cpuPerAnswer));
  const ratios = (of: (turn: Turn, to: Turn) => number): Spread | null =>
    yardstick === null ? null : spreadOf(turns.map((turn, r) => of(turn, yardstick[r] as Turn)));
  return {
    ...{ name, about },
    perSecond: spreadOf(turns.map(({ perSecond }) => perSecond)),
    cpuPerAnswer: Number.isNaN(cpu.median) ? null : cpu,
    ratio: ratios((turn, to) => turn.perSecond / to.perSecond),
    cpuRatio: Number.isNaN(cpu.median)
      ? null
      : ratios((turn, to) => to.cpuPerAnswer / turn.cpuPerAnswer),
    loadBusy: sum(({ cpuSeconds }) => cpuSeconds) / sum(({ seconds }) => seconds),
    lost: sum(({ lost }) => lost),
    late: sum(({ late }) => late),
    mismatched: sum(({ mismatched }) => mismatched),
    failed: sum(failedIn),
  };
}

function failedIn({ received, rcodes }: LoopCounts): number {
  return received - (rcodes[0] as number);
}

function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  const lower = sorted[sorted.length % 2 === 0 ? middle - 1 : middle] ?? Number.NaN;
  return {
    median: (upper + lower) / 2,
    least: sorted[0] ?? Number.NaN,
    most: sorted.at(-1) ?? Number.NaN,
  };
}
