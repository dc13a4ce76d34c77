/** The answer table with the eyes of a policy: what probes find, and what they say of it. */

import { describe, expect, it } from 'vitest';
import { Name } from '../name/name.ts';
import { TYPE } from '../wire/iana.ts';
import type { CachedAnswer } from './cached-answer.ts';
import {
  AnswerTable,
  type EntryView,
  MISS,
  OUTCOME_AUTHENTICATED,
  OUTCOME_UNVALIDATED,
  OUTCOMES,
} from './table.ts';

function entry(text: string, over: Partial<CachedAnswer> = {}): CachedAnswer {
  return {
    question: { name: Name.parse(text), type: TYPE.A },
    ...{ checkingDisabled: false, rcode: 0, secure: true },
    ...{ answer: [], authority: [], additional: [], errors: [] },
    ...{ storedAt: 0, expiresAt: 100, failure: null },
    ...over,
  };
}

const DE = Name.parse('de');

function view(over: Partial<EntryView> = {}): EntryView {
  return { overrides: () => false, isCovered: () => false, ...over };
}

const UNDER_DE: Partial<EntryView> = { isCovered: ({ question }) => question.name.isAtOrBelow(DE) };
const OVERRIDE_DE: Partial<EntryView> = { overrides: ({ name }) => name.isAtOrBelow(DE) };

const same = (held: CachedAnswer): CachedAnswer => held;
const whole = (held: CachedAnswer): number => held.expiresAt;

/** Holds a.de (secure), b.de (not) and c.org (secure) under the ids 0, 1, 2. */
function filled(before: EntryView | null = null): AnswerTable {
  const table = new AnswerTable(8, 3);
  table.review(before, same, whole);
  table.store(entry('a.de'), 0, 90);
  table.store(entry('b.de', { secure: false }), 1, 90);
  table.store(entry('c.org'), 2, 90);
  return table;
}

const outcomes = (table: AnswerTable): number[] =>
  [0, 1, 2].map((id) => {
    const slot = table.probe(id, false, 50);
    return slot === MISS ? MISS : table.outcomeOf(slot);
  });

describe('entries that a view covers', () => {
  const covered = [0, OUTCOME_UNVALIDATED, OUTCOME_AUTHENTICATED];

  it('are not authenticated, and those that were not found secure are unvalidated', () => {
    const table = filled();
    expect(outcomes(table)).toEqual([OUTCOME_AUTHENTICATED, 0, OUTCOME_AUTHENTICATED]);
    table.review(view(UNDER_DE), same, whole);
    expect(outcomes(table)).toEqual(covered);
    table.review(null, same, whole);
    expect(outcomes(table)).toEqual([OUTCOME_AUTHENTICATED, 0, OUTCOME_AUTHENTICATED]);
  });

  it('are so from the moment they are stored', () => {
    expect(outcomes(filled(view(UNDER_DE)))).toEqual(covered);
  });

  it('have outcomes that a table of OUTCOMES has room for', () => {
    const errors = [{ code: 3, text: '' }];
    const table = new AnswerTable(1, 1);
    table.review(view(UNDER_DE), same, whole);
    const stale = entry('a.de', { rcode: 15, secure: false, errors });
    const failure = { ttl: 5, bogus: true, subject: DE, stale };
    table.store(entry('a.de', { rcode: 2, secure: false, failure }), 0);
    expect(table.outcomeOf(table.probe(0, false, 50))).toBeLessThan(OUTCOMES);
  });
});

describe('entries that a view overrides', () => {
  it('are found by no probe, and by probes as before when it is gone', () => {
    const table = filled();
    table.review(view(OVERRIDE_DE), same, whole);
    expect(outcomes(table)).toEqual([MISS, MISS, OUTCOME_AUTHENTICATED]);
    expect(table.find(Name.parse('a.de'), TYPE.A, false)).toBeDefined();
    table.review(view(), same, whole);
    expect(outcomes(table)).toEqual([OUTCOME_AUTHENTICATED, 0, OUTCOME_AUTHENTICATED]);
  });

  it('are neither slow nor made quick meanwhile', () => {
    const table = filled(view(OVERRIDE_DE));
    const slot = table.slotOf(Name.parse('a.de'), TYPE.A, false);
    expect(table.isSlow(slot, 95)).toBe(false);
    table.setQuick(slot, 100);
    expect(table.probe(0, false, 50)).toBe(MISS);
  });

  it('alone have their quick time taken anew: others keep theirs', () => {
    const table = filled();
    table.review(view(OVERRIDE_DE), same, whole);
    table.review(null, same, whole);
    expect(table.probe(0, false, 95)).not.toBe(MISS);
    expect(table.probe(2, false, 95)).toBe(MISS);
  });
});

describe('what a review revises', () => {
  it('takes the place of the entry, for probes as well', () => {
    const table = filled();
    const revise = (held: CachedAnswer): CachedAnswer =>
      held.question.name.isAtOrBelow(DE) ? { ...held, expiresAt: -1 } : held;
    table.review(null, revise, whole);
    expect(outcomes(table)).toEqual([MISS, MISS, OUTCOME_AUTHENTICATED]);
    expect(table.find(Name.parse('b.de'), TYPE.A, false)?.expiresAt).toBe(-1);
  });
});
