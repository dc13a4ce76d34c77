import { describe, expect, it } from 'vitest';
import { FrontTable } from '../../resolver-core/cache/front-table.ts';
import { sharedTableContract } from '../../resolver-core/cache/testing/shared-table-contract.ts';
import { MAX_SHARED_ANSWER } from '../../resolver-core/limits.ts';
import { Name } from '../../resolver-core/name/name.ts';
import { RRset } from '../../resolver-core/rrset.ts';
import { SharedAnswers } from './shared-answers.ts';
import { answerFor, checkedAddress, questionOf, runStress } from './testing/shared-stress.ts';

describe('memory that threads share', () => {
  sharedTableContract((answers) => {
    const memory = SharedAnswers.room(answers);
    return [
      new FrontTable(new SharedAnswers(memory, 1), answers, 2),
      new FrontTable(new SharedAnswers(memory, 2), answers, 2),
    ];
  });
});

describe('shared answers', () => {
  const open = (answers = 64): SharedAnswers => new SharedAnswers(SharedAnswers.room(answers), 1);

  it('are found in a table in front that is smaller than all there is', () => {
    const table = new FrontTable(open(1_000), 8, 0);
    for (let i = 0; i < 200; i++) table.store(answerFor(i, i), -1);
    for (let i = 0; i < 200; i++) {
      const { name, type } = questionOf(i);
      expect(checkedAddress(table.find(name, type, false))).toBe(i);
    }
  });

  it('are not given by a table in front when they were pushed out', () => {
    const store = open(16);
    const front = new FrontTable(store, 100, 0);
    const { name, type } = questionOf(0);
    const slot = front.store(answerFor(0, 0), -1);
    const other = new FrontTable(new SharedAnswers(store.memory, 2), 100, 0);
    for (let i = 1; i < 200; i++) other.store(answerFor(i, i), -1);
    expect(front.take(slot, 0)).toBe(false);
    expect(front.find(name, type, false)).toBeUndefined();
    expect(store.counts.evicted).toBeGreaterThan(100);
  });

  it('stay when they are asked for in front only', () => {
    const store = open(16);
    const front = new FrontTable(store, 100, 0);
    const slot = front.store(answerFor(0, 0), -1);
    const other = new FrontTable(new SharedAnswers(store.memory, 2), 100, 0);
    for (let i = 1; i < 500; i++) {
      other.store(answerFor(i, i), -1);
      expect(front.take(slot, 0)).toBe(true);
    }
  });

  it('that are too large are kept by the node that has them, and what they replace is gone', () => {
    const store = open();
    const one = new FrontTable(store, 100, 0);
    const other = new FrontTable(new SharedAnswers(store.memory, 2), 100, 0);
    const { name, type } = questionOf(0);
    one.store(answerFor(0, 7), -1);
    const text = Array.from({ length: 20 }, (_, i) => new Uint8Array(250).fill(i));
    const large = { ...answerFor(0, 8), answer: [new RRset(name, 10, 60, text)] };
    expect(text.length * 250).toBeGreaterThan(MAX_SHARED_ANSWER);
    one.store(large, -1);
    expect(one.find(name, type, false)).toBe(large);
    expect(other.find(name, type, false)).toBeUndefined();
    expect(store.counts).toMatchObject({ tooLarge: 1, busy: 0 });
  });

  it('with the longest name are found by all of it', () => {
    const store = open();
    const label = 'x'.repeat(63);
    const names = ['y', 'z'].map((last) =>
      Name.parse(`${label}.${label}.${label}.${'x'.repeat(60)}${last}`),
    );
    for (const [i, name] of names.entries()) {
      store.put({ ...answerFor(0, i), question: { name, type: 1 } }, 0);
    }
    for (const name of names) {
      expect(store.get({ name, type: 1 }, false)?.entry.question.name.key).toBe(name.key);
    }
  });

  it('of a set whose lock went with its thread are missed, not waited for, until it is released', () => {
    const store = open(16); // one set
    store.put(answerFor(0, 0), 0);
    const dead = 77;
    new Int32Array(store.memory)[16] = dead; // the lock of the first set
    expect(store.get(questionOf(0), false)).toBeNull();
    expect(store.put(answerFor(1, 1), 0)).toBeNull();
    expect(store.counts.busy).toBe(2);
    store.release(dead);
    expect(store.size).toBe(0);
    expect(store.put(answerFor(1, 1), 0)).not.toBeNull();
    expect(checkedAddress(store.get(questionOf(1), false)?.entry)).toBe(1);
  });
});

describe('several threads at once', () => {
  // One set, so that threads are in each other's way all the time.
  const STRESS = { threads: 3, operations: 12_000, names: 60, answers: 16, kills: 0 };

  it('read nothing torn, nothing for another question, and stay within the bound', async () => {
    const { threads, store } = await runStress(STRESS);
    for (const { torn, wrong, found, stored } of threads) {
      expect({ torn, wrong }).toEqual({ torn: 0, wrong: 0 });
      expect(found).toBeGreaterThan(500);
      expect(stored).toBeGreaterThan(500);
    }
    expect(store.counts.evicted).toBeGreaterThan(1_000);
    expect(store.size).toBeGreaterThan(3);
    expect(store.size).toBeLessThanOrEqual(32);
  });

  it('that are killed leave nothing torn behind, and no lock', async () => {
    const { threads, store } = await runStress({ ...STRESS, threads: 1, kills: 5 });
    expect(threads).toMatchObject([{ torn: 0, wrong: 0 }]);
    const { busy } = store.counts;
    for (let i = 0; i < STRESS.names; i++) {
      const held = store.get(questionOf(i), false);
      if (held !== null) expect(checkedAddress(held.entry)).toBeGreaterThanOrEqual(0);
      expect(store.put(answerFor(i, i), 0)).not.toBeNull();
    }
    expect(store.counts.busy).toBe(busy);
  });
});
