/**
 * Where work runs: on worker threads (the one file that knows piscina) or in slices on the calling
 * thread. Tasks run to their end; none is aborted.
 */

import { Piscina } from 'piscina';
import { workerModule } from './spawn.ts';

/**
 * Runs the default export of a worker module (a path as `workerModule` takes it) for each task, on at
 * most `threads` threads. Results come in the order of the tasks. The first failure rejects.
 */
export async function runOnPool<Task, Output>(
  module: string,
  tasks: readonly Task[],
  threads: number,
): Promise<Output[]> {
  const { url, execArgv } = workerModule(module);
  const size = Math.max(1, Math.min(threads, tasks.length));
  const pool = new Piscina<Task, Output>({
    filename: url,
    minThreads: size,
    maxThreads: size,
    execArgv: [...execArgv],
  });
  try {
    return await Promise.all(tasks.map((task) => pool.run(task)));
  } finally {
    await pool.destroy();
  }
}

/** Runs a task that comes in slices here, and lets the event loop turn after each of them. */
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
