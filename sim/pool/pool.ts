/** The worker pool: the one file that knows piscina. Tasks run to their end; none is aborted. */

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
