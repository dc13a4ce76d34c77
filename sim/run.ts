/**
 * A run, one screen long: a plan in, a Result out. One shard per colo, on worker threads or here;
 * the shards never talk, and come together in a fixed order, so that the number of threads changes
 * nothing. A run that is stopped gives what every shard has finished, marked as incomplete.
 */

import type { Micros } from '../resolver-core/time.ts';
import type { Plan } from './plan.ts';
import { Control } from './pool/control.ts';
import { runHere, runOnPool, whileTelling } from './pool/pool.ts';
import type { Result, ShardCounts } from './result.ts';
import { type ShardTask, shardSlices } from './shard-task.ts';
import { summarise } from './summarise.ts';
import { DEFAULT_BLOCK } from './world.ts';

export interface RunOptions {
  /** Worker threads; 1 runs on the calling thread, and yields to it every few milliseconds. */
  readonly threads?: number;
  /** Every simulated message goes through its octets. */
  readonly wire?: boolean;
  /** Arrivals drawn at once. */
  readonly block?: number;
  /** Names of the variants to run; all when left out. */
  readonly variants?: readonly string[];
}

export interface Progress {
  /** Of the whole run, from 0 to 1. */
  readonly share: number;
  /** The variant of the shard that is furthest behind, and its simulated clock. */
  readonly variant: string;
  readonly clock: Micros;
  /** Client queries simulated so far. */
  readonly queries: number;
}

export interface RunHooks {
  readonly onProgress?: (progress: Progress) => void;
  /** Ends the run early; the Result is then partial. */
  readonly stop?: AbortSignal;
}

/** How often progress is told. */
const PROGRESS_MS = 100;

/** Throws a RangeError for an unknown variant, a `ShardError` when a shard fails. */
export async function run(
  plan: Plan,
  options: RunOptions = {},
  hooks: RunHooks = {},
): Promise<Result> {
  const chosen = withVariants(plan, options.variants);
  const control = Control.forShards(chosen.cluster.colos.length);
  const stop = (): void => control.stop();
  if (hooks.stop?.aborted === true) stop();
  hooks.stop?.addEventListener('abort', stop, { once: true });
  const tell = (): void => hooks.onProgress?.(progressOf(chosen, control));
  try {
    const work = countShards(chosen, options, control);
    const shards = await whileTelling(work, PROGRESS_MS, tell);
    tell();
    return summarise(chosen, shards);
  } finally {
    hooks.stop?.removeEventListener('abort', stop);
  }
}

/** What each shard counts, in the order of the colos. */
async function countShards(
  plan: Plan,
  options: RunOptions,
  control: Control,
): Promise<ShardCounts[][]> {
  const { threads = 1, wire = false, block = DEFAULT_BLOCK } = options;
  const tasks = plan.cluster.colos.map(
    (_, colo): ShardTask => ({ plan, colo, block, wire, memory: control.memory }),
  );
  if (threads > 1) {
    return runOnPool('./shard-worker', tasks, threads, () => control.stop());
  }
  return runHere(tasks.map(shardSlices), (unfinished) => furthestBehind(control, unfinished));
}

/** Of these shards the one that has simulated least, as an index into them. */
function furthestBehind(control: Control, shards: readonly number[]): number {
  let best = 0;
  for (const [index, shard] of shards.entries()) {
    const at = control.progress(shard);
    const least = control.progress(shards[best] as number);
    if (at.variant < least.variant || (at.variant === least.variant && at.clock < least.clock)) {
      best = index;
    }
  }
  return best;
}

function withVariants(plan: Plan, names: readonly string[] | undefined): Plan {
  if (names === undefined) return plan;
  for (const name of names) {
    if (!plan.variants.some((variant) => variant.name === name)) {
      const known = plan.variants.map((variant) => variant.name).join(', ');
      throw new RangeError(`no variant is called '${name}'; there are: ${known}`);
    }
  }
  return { ...plan, variants: plan.variants.filter(({ name }) => names.includes(name)) };
}

function progressOf(plan: Plan, control: Control): Progress {
  const { from, to, warmup } = plan.time;
  const start = from - warmup;
  const variants = plan.variants.length;
  let sum = 0;
  let queries = 0;
  let least = Number.POSITIVE_INFINITY;
  let behind = { variant: 0, clock: start };
  for (const shard of plan.cluster.colos.keys()) {
    const at = control.progress(shard);
    const clock = Math.min(Math.max(at.clock, start), to);
    const done = Math.min(variants, at.variant + (clock - start) / (to - start));
    sum += done;
    queries += at.queries;
    if (done < least) {
      least = done;
      behind = { variant: Math.min(at.variant, variants - 1), clock };
    }
  }
  return {
    share: sum / (variants * plan.cluster.colos.length),
    variant: plan.variants[behind.variant]?.name ?? '',
    clock: behind.clock,
    queries,
  };
}
