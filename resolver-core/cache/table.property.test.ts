/**
 * The answer table against a Map and the eviction of the paper: after any sequence of stores, lookups,
 * bindings, clearings and passing time it holds exactly what the model holds.
 */

import fc from 'fast-check';
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
import { SieveModel } from './testing/sieve-model.ts';

const NAMES = Array.from({ length: 6 }, (_, i) => Name.parse(`n${i}.example`));
const TYPES = [1, 28];
const CAPACITY = 10;

/** What a question is known by; `id` is the dense id that belongs to name and type. */
interface Key {
  readonly name: Name;
  readonly type: number;
  readonly checkingDisabled: boolean;
  readonly id: number;
}

const key = fc
  .tuple(fc.nat(NAMES.length - 1), fc.nat(TYPES.length - 1), fc.boolean())
  .map(([index, type, checkingDisabled]): Key => {
    const name = NAMES[index] as Name;
    return { name, type: TYPES[type] as number, checkingDisabled, id: index * 2 + type };
  });

/** What stands in for a failure. */
const STALE: CachedAnswer = {
  question: { name: Name.root, type: 1 },
  checkingDisabled: false,
  rcode: 0,
  secure: true,
  answer: [],
  authority: [],
  additional: [],
  errors: [{ code: 3, text: '' }],
  storedAt: 0,
  expiresAt: 0,
  failure: null,
};

const content = fc.record({
  rcode: fc.constantFrom(0, 2, 3),
  secure: fc.boolean(),
  errors: fc.constantFrom([], [{ code: 9, text: 'no DNSKEY' }]),
  failure: fc.constantFrom(
    null,
    { ttl: 5, bogus: true, subject: Name.root, stale: null },
    { ttl: 5, bogus: false, subject: Name.root, stale: STALE },
  ),
  lifetime: fc.integer({ min: 1, max: 30 }),
  /** So long before its end a probe does not find it any more. */
  early: fc.constantFrom(0, 0, 5),
});

const step = fc.oneof(
  {
    weight: 40,
    arbitrary: fc.record({ kind: fc.constant('store' as const), key, content, bind: fc.boolean() }),
  },
  { weight: 20, arbitrary: fc.record({ kind: fc.constant('find' as const), key }) },
  { weight: 40, arbitrary: fc.record({ kind: fc.constant('probe' as const), key }) },
  { weight: 15, arbitrary: fc.record({ kind: fc.constant('bind' as const), key }) },
  { weight: 15, arbitrary: fc.record({ kind: fc.constant('wait' as const), time: fc.nat(6) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('hide stale' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('clear' as const) }) },
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
type StoreStep = Extract<Step, { kind: 'store' }>;

interface Held {
  readonly entry: CachedAnswer;
  quickUntil: number;
  bound: boolean;
}

/** How often each thing happened that is worth a test. */
const seen = { evictions: 0, fresh: 0, expired: 0, unbound: 0, evicted: 0 };

/** Table and model side by side. */
class Both {
  readonly #table = new AnswerTable(CAPACITY, NAMES.length * TYPES.length);
  readonly #held = new Map<string, Held>();
  readonly #sieve = new SieveModel<string>();
  #clock = 0;

  run(next: Step): void {
    switch (next.kind) {
      case 'store':
        this.#store(next);
        break;
      case 'find':
        this.#find(next.key);
        break;
      case 'probe':
        this.#probe(next.key);
        break;
      case 'bind':
        this.#bind(next.key);
        break;
      case 'wait':
        this.#clock += next.time;
        break;
      case 'hide stale':
        this.#table.hideStale();
        for (const held of this.#held.values()) {
          if ((held.entry.failure?.stale ?? null) !== null) held.quickUntil = 0;
        }
        break;
      case 'clear':
        this.#table.clear();
        this.#held.clear();
        this.#sieve.clear();
        break;
    }
    expect(this.#table.size).toBe(this.#held.size);
    expect(this.#table.size).toBeLessThanOrEqual(CAPACITY);
  }

  #store({ key, content: { lifetime, early, ...rest }, bind }: StoreStep): void {
    const { name, type, checkingDisabled, id } = key;
    const entry: CachedAnswer = {
      question: { name, type },
      checkingDisabled,
      answer: [],
      authority: [],
      additional: [],
      storedAt: this.#clock,
      expiresAt: this.#clock + lifetime,
      ...rest,
    };
    const quickUntil = entry.expiresAt - early;
    this.#table.store(entry, bind ? id : -1, quickUntil);
    const text = textOf(key);
    const known = this.#held.get(text);
    if (known === undefined) {
      if (this.#held.size === CAPACITY) {
        this.#held.delete(this.#sieve.evict());
        seen.evictions++;
      }
      this.#sieve.insert(text);
    }
    this.#held.set(text, { entry, quickUntil, bound: bind || known?.bound === true });
  }

  #find(key: Key): void {
    const text = textOf(key);
    const known = this.#held.get(text);
    if (known !== undefined) this.#sieve.visit(text);
    expect(this.#table.find(key.name, key.type, key.checkingDisabled)).toBe(known?.entry);
  }

  #probe(key: Key): void {
    const text = textOf(key);
    const known = this.#held.get(text);
    const slot = this.#table.probe(key.id, key.checkingDisabled, this.#clock);
    if (known === undefined || !known.bound || this.#clock >= known.quickUntil) {
      expect(slot).toBe(MISS);
      if (known === undefined) seen.evicted++;
      else if (known.bound) seen.expired++;
      else seen.unbound++;
      return;
    }
    this.#sieve.visit(text);
    seen.fresh++;
    expect(this.#table.entryAt(slot)).toBe(known.entry);
    expect(this.#table.outcomeOf(slot)).toBe(outcomeOf(known.entry));
  }

  #bind(key: Key): void {
    const text = textOf(key);
    const known = this.#held.get(text);
    const slot = this.#table.slotOf(key.name, key.type, key.checkingDisabled);
    expect(slot === MISS).toBe(known === undefined);
    if (known === undefined) return;
    this.#sieve.visit(text);
    expect(this.#table.isSlow(slot, this.#clock)).toBe(this.#clock >= known.quickUntil);
    this.#table.bind(slot, key.id);
    known.bound = true;
  }
}

function textOf({ id, checkingDisabled }: Key): string {
  return `${id}/${checkingDisabled}`;
}

function outcomeOf(entry: CachedAnswer): number {
  const stale = entry.failure?.stale ?? null;
  const given = stale ?? entry;
  return (
    (given.rcode & OUTCOME_RCODE_MASK) +
    (given.secure ? OUTCOME_AUTHENTICATED : 0) +
    (given.failure !== null ? OUTCOME_FAILURE : 0) +
    (given.errors.length > 0 ? OUTCOME_HAS_ERRORS : 0) +
    (stale !== null ? OUTCOME_STALE : 0)
  );
}

describe('answer table (property)', () => {
  it('holds what a Map with SIEVE holds: no more, no other question, no wrong freshness', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 30, maxLength: 200 }), (steps) => {
        const both = new Both();
        for (const each of steps) both.run(each);
      }),
      { seed: 21, numRuns: 300 },
    );
    // Each kind of ending was reached, again and again.
    for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(100);
  });
});
