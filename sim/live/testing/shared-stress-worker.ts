/** One thread of `shared-stress.ts`: says null when it begins, and what it counted in the end. */

import { parentPort, workerData } from 'node:worker_threads';
import { SharedAnswers } from '../shared-answers.ts';
import {
  answerFor,
  checkedAddress,
  questionOf,
  type StressCounts,
  type StressTask,
} from './shared-stress.ts';

function work({ memory, owner, operations, names }: StressTask): StressCounts {
  const store = new SharedAnswers(memory, owner);
  let [found, stored, torn, wrong] = [0, 0, 0, 0];
  let draw = owner * 7919;
  for (let n = 0; n < operations; n++) {
    draw = (Math.imul(draw, 1_103_515_245) + 12_345) >>> 0;
    const i = (draw >>> 8) % names;
    if (draw >>> 28 < 6) {
      if (store.put(answerFor(i, draw >>> 4), 0) !== null) stored++;
      continue;
    }
    const held = store.get(questionOf(i), false);
    if (held === null) continue;
    found++;
    if (checkedAddress(held.entry) < 0) torn++;
    if (held.entry.question.name.key !== questionOf(i).name.key) wrong++;
  }
  return { found, stored, torn, wrong };
}

parentPort?.postMessage(null);
parentPort?.postMessage(work(workerData as StressTask));
