/**
 * Where work runs: on worker threads (the one file that knows piscina) or in slices on the calling
 * thread. Tasks run to their end; none is aborted.
 */

import { Piscina } from 'piscina';
import { workerModule } from './spawn.ts';

/**
 * Runs the default export of a worker module (a path as `workerModule` takes it) for each task, each on
 * a thread of its own. Results come in the order of the tasks. When a task fails, `onFailure` is
 * told, to ask the others to end; when they have, the failure is thrown (the first in the order of
 * the tasks).
 */
export async function runOnPool<Task, Output>(
  module: string,
  tasks: readonly Task[],
  onFailure: () => void,
): Promise<Output[]> {
  const { url, execArgv } = workerModule(module);
  const pool = new Piscina<Task, Output>({
    filename: url,
    minThreads: tasks.length,
    maxThreads: tasks.length,
    execArgv: [...execArgv],
    // Most of what a miss allocates dies young: room enough that it is not copied before.
    resourceLimits: { maxYoungGenerationSizeMb: 384 },
  });
  const runOne = async (task: Task): Promise<Output> => {
    try {
      return await pool.run(task);
    } catch (error) {
      onFailure();
      throw error;
    }
  };
  try {
    const settled = await Promise.allSettled(tasks.map(runOne));
    return settled.map((each) => {
      if (each.status === 'rejected') throw each.reason;
      return each.value;
    });
  } finally {
    await pool.destroy();
  }
}

/** Runs a task that comes in slices here; the event loop turns after each of them. */
export async function runHere<Output>(slices: Generator<void, Output>): Promise<Output> {
  for (;;) {
    const next = slices.next();
    if (next.done === true) return next.value;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Calls `tell` every `milliseconds` while `work` is under way. */
export async function whileTelling<Output>(
  work: Promise<Output>,
  milliseconds: number,
  tell: () => void,
): Promise<Output> {
  const ticker = setInterval(tell, milliseconds);
  try {
    return await work;
  } finally {
    clearInterval(ticker);
  }
}
