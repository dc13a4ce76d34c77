/** The thread of closed loops: runs one after another, as it is told. */

import { parentPort } from 'node:worker_threads';
import { type ClosedLoop, runClosedLoop } from './closed-loop.ts';

parentPort?.on('message', (loop: ClosedLoop) => {
  runClosedLoop(loop).then(
    (counts) => parentPort?.postMessage(counts),
    (error: unknown) => {
      throw error;
    },
  );
});
