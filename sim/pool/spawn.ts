/**
 * How a worker thread is started, whichever way the project itself was: from source through tsx (Node
 * 20), from source with type stripping (Node 24), or from dist. TypeScript rewrites the `.ts` of
 * imports but not of worker URLs, so this rule lives here and nowhere else.
 */

import { Worker, type WorkerOptions } from 'node:worker_threads';

/** The module of a worker and the arguments of its thread. */
export interface WorkerModule {
  readonly url: string;
  readonly execArgv: readonly string[];
}

/** `path` is relative to this folder, without extension: `./shard-worker`. */
export function workerModule(path: string): WorkerModule {
  const fromSource = import.meta.url.endsWith('.ts');
  const url = new URL(path + (fromSource ? '.ts' : '.js'), import.meta.url).href;
  const stripsTypes = Boolean((process.features as { typescript?: unknown }).typescript);
  // The bare name `tsx` would be looked up from the working directory.
  const execArgv = fromSource && !stripsTypes ? ['--import', import.meta.resolve('tsx')] : [];
  return { url, execArgv };
}

/**
 * A thread that runs a worker module (a path as `workerModule` takes it). Node 20 reads the entry of a
 * thread before `--import` has its way, so there the entry is a line of JavaScript that imports it.
 */
export function startThread(path: string, options: WorkerOptions): Worker {
  const { url, execArgv } = workerModule(path);
  if (execArgv.length === 0) return new Worker(new URL(url), options);
  const tsx = import.meta.resolve('tsx/esm/api');
  const entry = `import { register } from '${tsx}'; register(); await import('${url}');`;
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(entry)}`), options);
}
