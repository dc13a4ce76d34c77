/** The entry of the thread of the authoritative servers. */

import { parentPort, workerData } from 'node:worker_threads';
import { type AuthorityTask, runAuthorities } from './authority-thread.ts';

if (parentPort !== null) await runAuthorities(workerData as AuthorityTask, parentPort);
