/**
 * Where work runs: on worker threads (the one file that knows piscina) or in slices on the calling
 * thread. Tasks run to their end; none is aborted.
 */

import { Piscina } from 'piscina';
import { workerModule } from './spawn.ts';

/**
 * Runs the default export of a worker module (a path as `workerModule` takes it) for each task, on at
 * most `threads` threads. Results come in the order of the tasks. When a task fails, `onFailure` is
 * told, to ask the others to end; when they have, the failure is thrown (the first in the order of
 * the tasks).
 */
export async function runOnPool<Task, Output>(
  module: string,
  tasks: readonly Task[],
  threads: number,
  onFailure: () => void,
): Promise<Output[]> {
  const { url, execArgv } = workerModule(module);
  const size = Math.max(1, Math.min(threads, tasks.length));
  const pool = new Piscina<Task, Output>({
    filename: url,
    minThreads: size,
    maxThreads: size,
    execArgv: [...execArgv],
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

/**
 * Runs tasks that come in slices here. `next` says which of the unfinished ones goes on (an index into
 * them, given their places among the tasks); between slices the event loop turns.
 */
export async function runHere<Output>(
  tasks: readonly Generator<void, Output>[],
  next: (unfinished: readonly number[]) => number,
): Promise<Output[]> {
  const out = new Map<number, Output>();
  const unfinished = [...tasks.keys()];
  while (unfinished.length > 0) {
    const index = next(unfinished);
    const task = unfinished[index] as number;
    const step = (tasks[task] as Generator<void, Output>).next();
    if (step.done === true) {
      out.set(task, step.value);
      unfinished.splice(index, 1);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  return tasks.map((_, task) => out.get(task) as Output);
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
