/**
 * A run, one screen long: a plan in, a Result out. One shard per colo and role, dealt out to worker threads or
 * all here; the shards never talk, and come together in a fixed order, so that the number of threads
 * changes nothing. A run that is stopped gives what every shard has finished, marked as incomplete.
 */

import type { Micros } from '../resolver-core/time.ts';
import { rateOf } from './clients/audience.ts';
import type { Plan } from './plan.ts';
import { Control } from './pool/control.ts';
import { runHere, runOnPool, whileTelling } from './pool/pool.ts';
import type { Result, ShardCounts } from './result.ts';
import { placeOf, shardsOf, viewOf } from './roles.ts';
import { type ShardTask, taskSlices } from './shard-task.ts';
import { summarise } from './summarise.ts';
import { DEFAULT_BLOCK } from './world.ts';

export interface RunOptions {
  /** Worker threads, at most one per shard; 1 is the calling thread, which gets its turn between slices. */
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
  const control = Control.forShards(Math.max(...shardsOf(chosen)) + 1);
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

/** What each shard counts. */
async function countShards(
  plan: Plan,
  options: RunOptions,
  control: Control,
): Promise<ShardCounts[][]> {
  const { threads = 1, wire = false, block = DEFAULT_BLOCK } = options;
  const { memory } = control;
  const tasks = spread(plan, threads).map(
    (shards): ShardTask => ({ plan, shards, block, wire, memory }),
  );
  const [only] = tasks;
  if (tasks.length === 1 && only !== undefined) return runHere(taskSlices(only));
  const counted = await runOnPool<ShardTask, ShardCounts[][]>('./shard-worker', tasks, () =>
    control.stop(),
  );
  return counted.flat();
}

/** Deals the shards out to threads: the busiest first, each to the thread that has least to do. */
function spread(plan: Plan, threads: number): number[][] {
  const all = shardsOf(plan);
  const count = Math.max(1, Math.min(threads, all.length));
  const bins = Array.from({ length: count }, () => ({ load: 0, shards: [] as number[] }));
  const loads = all.map((shard) => {
    const { role, colo } = placeOf(plan, shard);
    return { shard, load: rateOf(viewOf(plan, role), colo) };
  });
  for (const { shard, load } of loads.sort((a, b) => b.load - a.load)) {
    const lightest = bins.reduce((least, bin) => (bin.load < least.load ? bin : least));
    lightest.load += load;
    lightest.shards.push(shard);
  }
  return bins.map(({ shards }) => shards);
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
  const shards = shardsOf(plan);
  for (const shard of shards) {
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
    share: sum / (variants * shards.length),
    variant: plan.variants[behind.variant]?.name ?? '',
    clock: behind.clock,
    queries,
  };
}
