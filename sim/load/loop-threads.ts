/** Closed loops on threads of their own, so that the load does not wait for whoever asked for it. */

import type { Worker } from 'node:worker_threads';
import { startThread } from '../pool/spawn.ts';
import type { ClosedLoop, LoopCounts } from './closed-loop.ts';

export class LoopThreads {
  readonly #threads: readonly Worker[];

  constructor(count: number) {
    this.#threads = Array.from({ length: count }, () => startThread('../load/loop-worker', {}));
  }

  /**
   * Runs the loop on every thread at a time, each beginning with another query; what they counted, summed up.
   * Rejects when a thread fails.
   */
  async run(loop: ClosedLoop): Promise<LoopCounts> {
    const all = await Promise.all(
      this.#threads.map((thread, i) => {
        const first = Math.floor((i * loop.lengths.length) / this.#threads.length);
        return runOn(thread, { ...loop, first });
      }),
    );
    return all.reduce(sumOf);
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }
}

function runOn(thread: Worker, loop: ClosedLoop): Promise<LoopCounts> {
  return new Promise((resolve, reject) => {
    const onError = (error: unknown): void => reject(error as Error);
    thread.once('error', onError);
    thread.once('message', (counts: LoopCounts) => {
      thread.off('error', onError);
      resolve(counts);
    });
    thread.postMessage(loop);
  });
}

/** Both ran at the same time: seconds are those of the longer one. */
function sumOf(a: LoopCounts, b: LoopCounts): LoopCounts {
  return {
    sent: a.sent + b.sent,
    received: a.received + b.received,
    lost: a.lost + b.lost,
    late: a.late + b.late,
    mismatched: a.mismatched + b.mismatched,
    rcodes: a.rcodes.map((count, rcode) => count + (b.rcodes[rcode] as number)),
    seconds: Math.max(a.seconds, b.seconds),
    cpuSeconds: a.cpuSeconds + b.cpuSeconds,
  };
}
