import { describe, expect, it } from 'vitest';
import { Name } from '../name/name.ts';
import type { CachedAnswer } from './cached-answer.ts';
import {
  AnswerTable,
  MISS,
  OUTCOME_AUTHENTICATED,
  OUTCOME_FAILURE,
  OUTCOME_HAS_ERRORS,
  OUTCOME_RCODE_MASK,
  OUTCOME_STALE,
} from './table.ts';

function entry(text: string, type: number, over: Partial<CachedAnswer> = {}): CachedAnswer {
  return {
    question: { name: Name.parse(text), type },
    checkingDisabled: false,
    rcode: 0,
    secure: false,
    answer: [],
    authority: [],
    additional: [],
    errors: [],
    storedAt: 0,
    expiresAt: 1_000,
    failure: null,
    ...over,
  };
}

/** A failure in whose place an expired answer is given. */
function failureWithStale(text: string, expiresAt: number): CachedAnswer {
  const errors = [{ code: 3, text: '' }];
  const stale = entry(text, 1, { secure: true, errors, storedAt: 600, expiresAt: 500 });
  return entry(text, 1, {
    rcode: 2,
    expiresAt,
    failure: { ttl: 5, bogus: false, subject: Name.root, stale },
  });
}

describe('answer table', () => {
  it('is fresh up to, and not at, the instant of expiry', () => {
    const table = new AnswerTable(4, 2);
    table.store(entry('a.example', 1, { expiresAt: 500 }), 1);
    expect(table.probe(1, false, 499)).toBeGreaterThanOrEqual(0);
    expect(table.probe(1, false, 500)).toBe(MISS);
    expect(table.probe(0, false, 0)).toBe(MISS);
  });

  it('keeps validated and unvalidated answers to one question apart', () => {
    const table = new AnswerTable(4, 1);
    table.store(
      entry('a.example', 1, {
        rcode: 2,
        failure: { ttl: 5, bogus: false, subject: Name.root, stale: null },
      }),
      0,
    );
    expect(table.probe(0, true, 0)).toBe(MISS);
    table.store(entry('a.example', 1, { checkingDisabled: true }), 0);
    const validated = table.probe(0, false, 0);
    const unvalidated = table.probe(0, true, 0);
    expect(table.outcomeOf(validated)).toBe(2 | OUTCOME_FAILURE);
    expect(table.outcomeOf(unvalidated)).toBe(0);
    expect(table.size).toBe(2);
  });

  it('shows RCODE, security, failure and errors as bits', () => {
    const table = new AnswerTable(4, 1);
    table.store(
      entry('a.example', 1, { rcode: 3, secure: true, errors: [{ code: 1, text: '' }] }),
      0,
    );
    const outcome = table.outcomeOf(table.probe(0, false, 0));
    expect(outcome & OUTCOME_RCODE_MASK).toBe(3);
    expect(outcome & ~OUTCOME_RCODE_MASK).toBe(OUTCOME_AUTHENTICATED | OUTCOME_HAS_ERRORS);
  });

  it('replaces the entry of a question in place, under the id it was bound to', () => {
    const table = new AnswerTable(4, 1);
    table.store(entry('a.example', 1, { expiresAt: 10 }), 0);
    table.store(entry('a.example', 1, { expiresAt: 90 }), -1);
    expect(table.size).toBe(1);
    expect(table.probe(0, false, 50)).toBeGreaterThanOrEqual(0);
  });

  it('finds an entry that was stored without an id once it is bound to one', () => {
    const table = new AnswerTable(4, 1);
    const stored = entry('a.example', 1);
    table.store(stored, -1);
    expect(table.probe(0, false, 0)).toBe(MISS);
    table.bind(table.slotOf(stored.question.name, 1, false), 0);
    expect(table.entryAt(table.probe(0, false, 0))).toBe(stored);
  });

  it('takes the id away from an evicted entry', () => {
    const table = new AnswerTable(1, 2);
    table.store(entry('a.example', 1), 0);
    table.store(entry('b.example', 1), 1);
    expect(table.probe(0, false, 0)).toBe(MISS);
    expect(table.probe(1, false, 0)).toBe(0);
  });

  it('spares entries that were asked for since they came (SIEVE)', () => {
    const table = new AnswerTable(3, 0);
    for (const name of ['a', 'b', 'c']) table.store(entry(name, 1), -1);
    table.find(Name.parse('a'), 1, false);
    table.store(entry('d', 1), -1);
    expect(table.find(Name.parse('a'), 1, false)).toBeDefined();
    expect(table.find(Name.parse('b'), 1, false)).toBeUndefined();
    expect(table.find(Name.parse('c'), 1, false)).toBeDefined();
  });

  it('shows the answer that stands in for a failure, and that it is stale', () => {
    const table = new AnswerTable(4, 1);
    table.store(failureWithStale('a.example', 1_000), 0);
    expect(table.outcomeOf(table.probe(0, false, 999))).toBe(
      OUTCOME_STALE | OUTCOME_AUTHENTICATED | OUTCOME_HAS_ERRORS,
    );
    expect(table.probe(0, false, 1_000)).toBe(MISS);
  });

  it('hides what is stale, and nothing else, when it is told so', () => {
    const table = new AnswerTable(4, 2);
    table.store(failureWithStale('a.example', 1_000), 0);
    table.store(entry('b.example', 1), 1);
    table.hideStale();
    expect(table.probe(0, false, 700)).toBe(MISS);
    expect(table.probe(1, false, 700)).toBeGreaterThanOrEqual(0);
  });

  it('lets no probe find an entry from the instant on that it was stored with, fresh or not', () => {
    const table = new AnswerTable(4, 1);
    const stored = entry('a.example', 1);
    table.store(stored, 0, 900);
    const slot = table.slotOf(stored.question.name, 1, false);
    expect([899, 900].map((clock) => table.probe(0, false, clock))).toEqual([slot, MISS]);
    expect([899, 900].map((clock) => table.isSlow(slot, clock))).toEqual([false, true]);
    table.setQuick(slot, 1_000);
    expect(table.probe(0, false, 999)).toBe(slot);
    expect(table.find(stored.question.name, 1, false)).toBe(stored);
  });

  it('forgets everything on clear', () => {
    const table = new AnswerTable(4, 1);
    table.store(entry('a.example', 1), 0);
    table.clear();
    expect(table.size).toBe(0);
    expect(table.probe(0, false, 0)).toBe(MISS);
    expect(table.find(Name.parse('a.example'), 1, false)).toBeUndefined();
  });

  it('allocates nothing on a hit (docs/design.md, law 5)', () => {
    const table = new AnswerTable(1024, 1024);
    for (let id = 0; id < 1024; id++) {
      const text = `n${id}.example`;
      table.store(id & 1 ? failureWithStale(text, 1e12) : entry(text, 1, { expiresAt: 1e12 }), id);
    }
    const probes = 4_000_000;
    let hits = 0;
    const run = (): void => {
      for (let i = 0; i < probes; i++) {
        const slot = table.probe(i & 1023, false, i);
        if ((table.outcomeOf(slot) & OUTCOME_RCODE_MASK) === 0) hits++;
      }
    };
    run(); // compiled now
    const before = process.memoryUsage().heapUsed;
    run();
    const grown = process.memoryUsage().heapUsed - before;
    expect(hits).toBe(2 * probes);
    // One octet per probe would be 4 MB; what the runtime itself does meanwhile is far less.
    expect(grown).toBeLessThan(probes / 4);
  });

  it('tells of each entry that has to make room, and which catalogue question led to it', () => {
    const table = new AnswerTable(2, 2);
    const told: unknown[] = [];
    table.evictions = (evicted, id) => told.push([`${evicted.question.name}`, id]);
    table.store(entry('a.example', 1), 0);
    table.store(entry('b.example', 1), -1);
    table.store(entry('b.example', 1), -1); // takes its own place
    expect(told).toEqual([]);
    table.store(entry('c.example', 1, { checkingDisabled: true }), 1);
    table.store(entry('d.example', 1), -1);
    table.store(entry('e.example', 1), -1);
    expect(told).toEqual([
      ['a.example.', 0],
      ['b.example.', -1],
      ['c.example.', 1],
    ]);
  });
});
