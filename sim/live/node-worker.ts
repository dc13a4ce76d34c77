/** The entry of a node's thread. */

import { parentPort, workerData } from 'node:worker_threads';
import { type NodeTask, runNode } from './node-thread.ts';

if (parentPort !== null) runNode(workerData as NodeTask, parentPort);
