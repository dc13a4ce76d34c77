/**
 * What a simulated client query costs in a scenario, taken apart by the cost model of the engine:
 *
 *     time per query = hit + events per query x event
 *
 * `hit` is measured on the same traffic with nothing that misses; `event` is what is left, divided: the
 * resolver, the authorities, validation, clients and garbage of everything that is no plain hit. The
 * bare loop is measured before and after, in the same thread, as the yardstick.
 *
 * One colo, every variant in turn in one world, as a run does it: the first one pays for what is signed
 * and validated for the first time. CPU time of the process, helper threads of the garbage collector
 * included, so that a busy machine spoils less.
 */

import { PerformanceObserver } from 'node:perf_hooks';
import { MINUTE, SECOND } from '../../resolver-core/time.ts';
import type { Plan } from '../../sim/plan.ts';
import { COUNT_COLUMNS } from '../../sim/result.ts';
import type { Shard } from '../../sim/shard.ts';
import { DEFAULT_BLOCK, openWorld } from '../../sim/world.ts';
import { BareLoop } from './bare-loop.ts';
import { quietPlan } from './quiet-plan.ts';

export interface SimBench {
  readonly plan: Plan;
  /** Simulated minutes after the warm-up, of each variant. */
  readonly minutes: number;
  /** Queries per round of the bare loop. */
  readonly bareQueries: number;
}

export interface VariantCost {
  readonly variant: string;
  readonly queries: number;
  /** Answered without an upstream query, by node or failure cache. */
  readonly hitRatio: number;
  readonly eventsPerQuery: number;
  readonly nanosecondsPerQuery: number;
  readonly nanosecondsPerEvent: number;
  /** All that is no plain hit, divided by the misses. */
  readonly nanosecondsPerMiss: number;
  /** Part of the wall time spent in pauses for garbage. */
  readonly garbageShare: number;
}

export interface SimCost {
  readonly colo: string;
  readonly bareNanoseconds: number;
  readonly hitNanoseconds: number;
  readonly variants: readonly VariantCost[];
}

const SETTINGS = { block: DEFAULT_BLOCK, wire: false };
const ROUNDS = 3;
/** Simulated time of one round of hits. */
const HIT_SPAN = 15 * SECOND;
/** Pauses for garbage are told some turns of the event loop later. */
const OBSERVER_LAG_MS = 20;

/** Nanoseconds of CPU time of this process. */
function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}

export async function measureSim(bench: SimBench): Promise<SimCost> {
  const { plan } = bench;
  const [colo] = plan.cluster.colos;
  if (colo === undefined) throw new Error('the scenario has no colo');
  const bare: number[] = [];
  const loop = new BareLoop();
  loop.run(bench.bareQueries); // warms up
  const bareRounds = (): void => {
    for (let i = 0; i < ROUNDS; i++) bare.push(loop.run(bench.bareQueries));
  };
  bareRounds();
  const hitNanoseconds = measureHit(plan);
  const world = openWorld(plan);
  const variants: VariantCost[] = [];
  for (const variant of plan.variants) {
    const { shard } = world.openShard(variant, 0, SETTINGS);
    shard.advance(plan.time.from);
    const until = Math.min(plan.time.to, plan.time.from + bench.minutes * MINUTE);
    variants.push(await measureSpan(variant.name, shard, until, hitNanoseconds));
  }
  bareRounds();
  const bareNanoseconds = bare.sort((a, b) => a - b)[bare.length >> 1] as number;
  return { colo: colo.name, bareNanoseconds, hitNanoseconds, variants };
}

function measureHit(plan: Plan): number {
  const quiet = quietPlan(plan);
  const [variant] = quiet.variants;
  if (variant === undefined) throw new Error('a quiet plan has one variant');
  const { shard } = openWorld(quiet).openShard(variant, 0, SETTINGS);
  shard.advance(quiet.time.from);
  const rounds = Array.from({ length: ROUNDS }, () => {
    const before = shard.queries;
    const start = cpuTime();
    shard.advance(shard.clock + HIT_SPAN);
    return (cpuTime() - start) / (shard.queries - before);
  });
  return Math.min(...rounds);
}

async function measureSpan(
  variant: string,
  shard: Shard,
  until: number,
  hit: number,
): Promise<VariantCost> {
  let garbage = 0;
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) garbage += duration * 1e6;
  });
  observer.observe({ entryTypes: ['gc'] });
  const { queries, events } = shard;
  const begin = process.hrtime.bigint();
  const start = cpuTime();
  shard.advance(until);
  const elapsed = cpuTime() - start;
  const wall = Number(process.hrtime.bigint() - begin);
  await new Promise((resolve) => setTimeout(resolve, OBSERVER_LAG_MS));
  observer.disconnect();
  const done = shard.queries - queries;
  const eventsPerQuery = (shard.events - events) / done;
  const nanosecondsPerQuery = elapsed / done;
  const hitRatio = hitRatioOf(shard);
  return {
    variant,
    queries: done,
    hitRatio,
    eventsPerQuery,
    nanosecondsPerQuery,
    nanosecondsPerEvent: (nanosecondsPerQuery - hit) / eventsPerQuery,
    nanosecondsPerMiss: (nanosecondsPerQuery - hit) / (1 - hitRatio),
    garbageShare: garbage / wall,
  };
}

/** Of what was counted since the warm-up; ends the shard. */
function hitRatioOf(shard: Shard): number {
  const { counts } = shard.finish(false);
  const sum = (column: (typeof COUNT_COLUMNS)[number]): number => {
    let total = 0;
    const { length } = COUNT_COLUMNS;
    for (let i = COUNT_COLUMNS.indexOf(column); i < counts.length; i += length) {
      total += counts[i] as number;
    }
    return total;
  };
  return 1 - (sum('misses') + sum('joined')) / sum('clientQueries');
}
