/**
 * Threads that write and read one `SharedAnswers` as fast as they can. Each answer carries a check over all of it:
 * what a reader gets is one that somebody wrote, whole, and for the question that it asked, or a test fails.
 */

import type { CachedAnswer } from '../../../resolver-core/cache/cached-answer.ts';
import type { Question } from '../../../resolver-core/message.ts';
import { Name } from '../../../resolver-core/name/name.ts';
import { RRset } from '../../../resolver-core/rrset.ts';
import { startThread } from '../../pool/spawn.ts';
import { SharedAnswers } from '../shared-answers.ts';

export interface Stress {
  readonly threads: number;
  readonly operations: number;
  readonly names: number;
  readonly answers: number;
  /** Further threads that are killed in the middle of it, one after another. */
  readonly kills: number;
}

export interface StressTask extends Stress {
  readonly memory: SharedArrayBuffer;
  readonly owner: number;
}

export interface StressCounts {
  readonly found: number;
  readonly stored: number;
  readonly torn: number;
  readonly wrong: number;
}

const TEXT = 10; // NULL: opaque octets

export function questionOf(i: number): Question {
  return { name: Name.parse(`n${i}.example`), type: TEXT };
}

/** An answer to question `i` of a length that depends on `value`, every octet of which does, too. */
export function answerFor(i: number, value: number): CachedAnswer {
  const question = questionOf(i);
  const octets = new Uint8Array(20 + ((value * 37) % 900));
  const view = new DataView(octets.buffer);
  view.setUint32(0, i);
  view.setUint32(4, value);
  for (let at = 8; at < octets.length; at++) octets[at] = value * 31 + at;
  return {
    ...{ question, checkingDisabled: false, rcode: 0, secure: value % 2 === 0 },
    ...{ answer: [new RRset(question.name, TEXT, value, [octets])], authority: [], additional: [] },
    ...{ errors: [], storedAt: value, expiresAt: value + 1e9, failure: null },
  };
}

/** The value that an answer was made with, -1 when it is not whole, -2 when there is none. */
export function checkedAddress(found: CachedAnswer | undefined): number {
  if (found === undefined) return -2;
  const octets = found.answer[0]?.rdata[0];
  if (octets === undefined) return -1;
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  const value = view.getUint32(4);
  const whole = answerFor(view.getUint32(0), value);
  const rdata = whole.answer[0]?.rdata[0] as Uint8Array;
  const isWhole =
    rdata.length === octets.length &&
    rdata.every((octet, at) => octet === octets[at]) &&
    found.storedAt === whole.storedAt &&
    found.expiresAt === whole.expiresAt &&
    found.secure === whole.secure &&
    found.answer[0]?.ttl === value &&
    found.question.name.key === whole.question.name.key;
  return isWhole ? value : -1;
}

/** What the threads counted that ran to their end, and what they leave behind. */
export async function runStress(
  stress: Stress,
): Promise<{ threads: readonly StressCounts[]; store: SharedAnswers }> {
  const memory = SharedAnswers.room(stress.answers);
  const store = new SharedAnswers(memory, stress.threads + 2);
  const run = (owner: number): Promise<StressCounts> =>
    new Promise((resolve, reject) => {
      const task: StressTask = { ...stress, memory, owner };
      const worker = startThread('../live/testing/shared-stress-worker', { workerData: task });
      worker.on('message', (counts: StressCounts | null) => counts !== null && resolve(counts));
      worker.once('error', reject);
    });
  const running = Promise.all(Array.from({ length: stress.threads }, (_, i) => run(i + 1)));
  for (let kill = 0; kill < stress.kills; kill++) {
    const owner = stress.threads + 1;
    const task: StressTask = { ...stress, operations: Number.POSITIVE_INFINITY, memory, owner };
    const worker = startThread('../live/testing/shared-stress-worker', { workerData: task });
    await new Promise((resolve) => worker.once('message', resolve));
    await new Promise((resolve) => setTimeout(resolve, 20 + 3 * kill));
    await worker.terminate();
    store.release(owner);
  }
  return { threads: await running, store };
}
