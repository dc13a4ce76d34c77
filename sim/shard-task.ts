/**
 * The work of one thread: some shards, each with every variant of the plan, one after another. They
 * share a world, so that what the authorities once signed is signed and what was once verified is
 * verified. Cut into slices of simulated time, between which the rim can look at the stop flag; the
 * shard that is furthest behind goes on, so that a run that is stopped has counted much the same
 * span of each. Which shards share a thread, and how they are sliced, changes nothing that is counted.
 */

import { formatInstant } from '../resolver-core/text/instant.ts';
import { epochSeconds, type Micros } from '../resolver-core/time.ts';
import { Cells } from './cluster/cells.ts';
import { Counter } from './cluster/counter.ts';
import { EvictionTally } from './cluster/evictions.ts';
import type { Plan } from './plan.ts';
import { Control } from './pool/control.ts';
import type { ShardCounts } from './result.ts';
import { placeOf, viewOf } from './roles.ts';
import { sliceOf } from './shard.ts';
import { openWorld, type World } from './world.ts';

/** Plain data, to be cloned to a worker. */
export interface ShardTask {
  readonly plan: Plan;
  /** Their numbers (`roles.ts`). */
  readonly shards: readonly number[];
  /** Arrivals per block; changes no result. */
  readonly block: number;
  /** Every simulated message goes through its octets; changes no result. */
  readonly wire: boolean;
  /** Of a `Control`. */
  readonly memory: SharedArrayBuffer;
}

/** A shard that failed: says which, where it stood, and how to see it again. */
export class ShardError extends Error {
  override readonly name = 'ShardError';
}

/** Runs the slices one after another. */
export function runToEnd<Output>(slices: Generator<void, Output>): Output {
  for (;;) {
    const next = slices.next();
    if (next.done === true) return next.value;
  }
}

/**
 * Yields after every slice; returns what each shard counted: one entry per variant that was begun, and
 * the first at least. Throws a `ShardError`.
 */
export function* taskSlices(task: ShardTask): Generator<void, ShardCounts[][]> {
  const { plan, shards } = task;
  const control = new Control(task.memory);
  if (control.stopped) return shards.map((shard) => [nothing(plan, shard)]);
  const world = openWorld(plan);
  const work = shards.map((shard) => shardSlices(task, world, control, shard));
  const counted: (ShardCounts[] | undefined)[] = shards.map(() => undefined);
  for (;;) {
    const index = furthestBehind(control, shards, counted);
    const slices = work[index];
    if (slices === undefined) return counted.filter((counts) => counts !== undefined);
    const next = slices.next();
    if (next.done === true) counted[index] = next.value;
    yield;
  }
}

/** Of the unfinished shards the one that has simulated least, as an index into them all; -1 for none. */
function furthestBehind(
  control: Control,
  shards: readonly number[],
  counted: readonly (ShardCounts[] | undefined)[],
): number {
  let best = -1;
  let least = { variant: Number.POSITIVE_INFINITY, clock: 0 };
  for (const [index, shard] of shards.entries()) {
    if (counted[index] !== undefined) continue;
    const at = control.progress(shard);
    if (at.variant < least.variant || (at.variant === least.variant && at.clock < least.clock)) {
      best = index;
      least = at;
    }
  }
  return best;
}

function* shardSlices(
  task: ShardTask,
  world: World,
  control: Control,
  number: number,
): Generator<void, ShardCounts[]> {
  const { plan } = task;
  const position = { variant: 'none', clock: plan.time.from - plan.time.warmup };
  try {
    return yield* allVariants(task, world, control, number, position);
  } catch (error) {
    const { role, colo } = placeOf(plan, number);
    const name = `${plan.cluster.colos[colo]?.name}, ${role}`;
    const at = formatInstant(epochSeconds(position.clock));
    const message = error instanceof Error ? error.message : String(error);
    throw new ShardError(
      `shard ${number} (colo ${name}), variant ${position.variant}, seed ${plan.seed}, at about ${at}: ${message}`,
      { cause: error },
    );
  }
}

function* allVariants(
  task: ShardTask,
  world: World,
  control: Control,
  number: number,
  position: { variant: string; clock: Micros },
): Generator<void, ShardCounts[]> {
  const { plan } = task;
  const { role, colo } = placeOf(plan, number);
  const slice = sliceOf(viewOf(plan, role), colo);
  const out: ShardCounts[] = [];
  let queries = 0;
  for (const [index, variant] of plan.variants.entries()) {
    position.variant = variant.name;
    const { shard } = world.openShard(variant, number, task);
    let done = false;
    while (!done && !control.stopped) {
      done = shard.advance(shard.clock + slice);
      position.clock = shard.clock;
      const sofar = queries + shard.queries;
      control.report(number, { variant: index, clock: shard.clock, queries: sofar });
      yield;
    }
    out.push(shard.finish(done));
    queries += shard.queries;
    if (!done) return out;
  }
  control.report(number, { variant: plan.variants.length, clock: plan.time.to, queries });
  return out;
}

/** What a shard brings home that was stopped before it began. */
function nothing(plan: Plan, number: number): ShardCounts {
  const { role, colo } = placeOf(plan, number);
  const place = plan.cluster.colos[colo];
  const variant = plan.variants[0];
  if (place === undefined || variant === undefined) throw new RangeError(`no shard ${number}`);
  const view = viewOf(plan, role);
  return {
    shard: number,
    variant: variant.name,
    complete: false,
    ...new Counter(view, new Cells(view), []).result(place.name, 0),
    signatures: [],
    evictions: new EvictionTally(plan.time).result(),
    anchorEnds: [],
    copies: [],
    digest: [0, 0],
    work: { events: 0, queries: 0 },
  };
}
