/**
 * The answer table: one bounded table of answers and failures, keyed by (QNAME, QTYPE, validated or
 * not), with two ways to find a question: a dense id (questions of the driver's catalogue) and a
 * hash of the name (everything else, and every entry is found by it).
 *
 * Cost: a hit reads four words of typed arrays and allocates nothing. About 39 octets per slot,
 * beside the answer object itself. Eviction is SIEVE (Zhang et al., NSDI 2024).
 */

import type { Question } from '../message.ts';
import type { Name } from '../name/name.ts';
import type { Micros } from '../time.ts';
import { folded, type QueryScan } from '../wire/query-scan.ts';
import { HEADER_OCTETS } from '../wire/scan.ts';
import { type CachedAnswer, isFailure } from './cached-answer.ts';
import { SieveQueue } from './sieve.ts';

/** Nothing is here under this name, or (`probe`) nothing that can be given without more ado. */
export const MISS = -1;

/** Bits of `outcomeOf`: numbers below `OUTCOMES`. The low four bits are the RCODE. */
export const OUTCOME_AUTHENTICATED = 0x10;
export const OUTCOME_FAILURE = 0x20;
export const OUTCOME_HAS_ERRORS = 0x40;
/** An answer past its TTL, given in place of a failure; the other bits are those of the answer. */
export const OUTCOME_STALE = 0x80;
/** An answer that was not found secure, of which nothing is validated by order of the operator. */
export const OUTCOME_UNVALIDATED = 0x100;
export const OUTCOME_RCODE_MASK = 0x0f;
export const OUTCOMES = 0x200;

/** Beside the outcome: a rule before the cache may change what clients get, so no probe finds the entry. */
const OVERRIDDEN = 0x200;

/** What the policy of the node has to say about entries. */
export interface EntryView {
  /** True when a rule before the cache may change what clients get for a question. */
  overrides(question: Question): boolean;
  /** True when something in the entry is insecure by order of the operator. */
  isCovered(entry: CachedAnswer): boolean;
}

/**
 * Told of each entry that has to make room for another, while it is still whole, with the dense question
 * id under which it was found, or -1.
 */
export type EvictionObserver = (evicted: CachedAnswer, questionId: number) => void;

/** Told when what was made of the entries is of no use any more (`rendered.ts`). */
export interface FormObserver {
  /** The slot holds another entry now. */
  dropped(slot: number): void;
  /** No slot holds what it held. */
  cleared(): void;
}

export class AnswerTable {
  /** Most entries. */
  readonly capacity: number;
  /** null unless somebody counts. */
  evictions: EvictionObserver | null = null;
  /** null unless answers are kept as octets, too. */
  forms: FormObserver | null = null;
  readonly #questions: number;
  /** Slot + 1 by dense question id, the ids of unvalidated entries behind those of validated ones. */
  readonly #dense: Int32Array;
  /** Open addressing with linear probing: slot + 1, 0 where free; load at most one half. */
  readonly #index: Int32Array;
  readonly #mask: number;
  readonly #hash: Int32Array;
  readonly #denseId: Int32Array;
  /** A probe finds the entry before this instant of the clock: while it is fresh and needs no refresh. */
  readonly #quickUntil: Float64Array;
  readonly #outcome: Uint16Array;
  readonly #entries: (CachedAnswer | undefined)[] = [];
  readonly #sieve: SieveQueue;
  #used = 0;
  /** Of the nodes that have a policy: none, one, or several where they share the table. */
  readonly #views = new Map<object, EntryView>();

  /** `capacity` entries at most; dense ids run from 0 to `questions` - 1. */
  constructor(capacity: number, questions: number) {
    this.capacity = Math.max(1, capacity);
    this.#questions = questions;
    this.#dense = new Int32Array(questions * 2);
    let size = 16;
    while (size < this.capacity * 2) size *= 2;
    this.#index = new Int32Array(size);
    this.#mask = size - 1;
    this.#hash = new Int32Array(this.capacity);
    this.#denseId = new Int32Array(this.capacity).fill(-1);
    this.#quickUntil = new Float64Array(this.capacity);
    this.#outcome = new Uint16Array(this.capacity);
    this.#sieve = new SieveQueue(this.capacity);
  }

  /** Entries held, expired ones included. */
  get size(): number {
    return this.#used;
  }

  /** Slot of an answer to a catalogue question that can be given as it is, or MISS. Allocates nothing. */
  probe(questionId: number, checkingDisabled: boolean, clock: Micros): number {
    const slot =
      (this.#dense[checkingDisabled ? questionId + this.#questions : questionId] as number) - 1;
    if (slot < 0 || clock >= (this.#quickUntil[slot] as number)) return MISS;
    this.#sieve.visit(slot);
    return slot;
  }

  /**
   * The slot of the entry, fresh or expired, for a question in octets (`packet` is what `query` was read from),
   * of the catalogue or not; or MISS.
   */
  slotOfWire(query: QueryScan, packet: Uint8Array, checkingDisabled: boolean): number {
    const hash = questionHash(query.nameHash, query.type, checkingDisabled);
    for (let i = hash & this.#mask; ; i = (i + 1) & this.#mask) {
      const slot = (this.#index[i] as number) - 1;
      if (slot < 0) return MISS;
      if (this.#hash[slot] !== hash) continue;
      const entry = this.#entries[slot] as CachedAnswer;
      if (entry.checkingDisabled === checkingDisabled && isAsked(entry, query, packet)) return slot;
    }
  }

  /** As `probe`, for a slot: whether its answer can be given as it is; then it counts as given. */
  take(slot: number, clock: Micros): boolean {
    if (clock >= (this.#quickUntil[slot] as number)) return false;
    this.#sieve.visit(slot);
    return true;
  }

  outcomeOf(slot: number): number {
    return this.#outcome[slot] as number;
  }

  entryAt(slot: number): CachedAnswer {
    return this.#entries[slot] as CachedAnswer;
  }

  /** The entry for a question, fresh or expired; undefined when there is none. */
  find(name: Name, type: number, checkingDisabled: boolean): CachedAnswer | undefined {
    const slot = this.slotOf(name, type, checkingDisabled);
    return slot < 0 ? undefined : this.#entries[slot];
  }

  /** The slot of the entry for a question, fresh or expired, or MISS. */
  slotOf(name: Name, type: number, checkingDisabled: boolean): number {
    const slot = this.#locate(hashOf(name, type, checkingDisabled), name, type, checkingDisabled);
    if (slot >= 0) this.#sieve.visit(slot);
    return slot;
  }

  /** As `slotOf` for a catalogue question, while the entry is bound to its id; else MISS, though it may be here. */
  slotOfId(questionId: number, checkingDisabled: boolean): number {
    const id = checkingDisabled ? questionId + this.#questions : questionId;
    const slot = (this.#dense[id] as number) - 1;
    if (slot >= 0) this.#sieve.visit(slot);
    return slot;
  }

  /** Makes an entry be found under a dense id as well. */
  bind(slot: number, questionId: number): void {
    const { checkingDisabled } = this.entryAt(slot);
    const id = checkingDisabled ? questionId + this.#questions : questionId;
    const before = this.#denseId[slot] as number;
    if (before >= 0 && before !== id) this.#dense[before] = 0;
    this.#denseId[slot] = id;
    this.#dense[id] = slot + 1;
  }

  /**
   * Stores an answer in place of what was there for the same question, and returns its slot. `questionId` may be -1.
   * From `quickUntil` on a probe does not find it, though it be fresh.
   */
  store(entry: CachedAnswer, questionId: number, quickUntil: Micros = entry.expiresAt): number {
    const { name, type } = entry.question;
    const hash = hashOf(name, type, entry.checkingDisabled);
    let slot = this.#locate(hash, name, type, entry.checkingDisabled);
    if (slot < 0) {
      slot = this.#takeSlot();
      this.#hash[slot] = hash;
      this.#insertIndex(slot);
      this.#sieve.insert(slot);
    }
    this.#entries[slot] = entry;
    if (this.forms !== null) this.forms.dropped(slot);
    this.#quickUntil[slot] = quickUntil;
    this.#outcome[slot] = outcomeOf(entry);
    if (this.#views.size > 0) this.#look(slot, entry);
    if (questionId >= 0) this.bind(slot, questionId);
    return slot;
  }

  /** Stores an entry that only takes room, unless there is one for the question. */
  occupy(spent: CachedAnswer): void {
    const { name, type } = spent.question;
    if (this.find(name, type, spent.checkingDisabled) === undefined) this.store(spent, -1);
  }

  /** True when a probe does not find the entry of a slot at `clock`. */
  isSlow(slot: number, clock: Micros): boolean {
    return !this.#isOverridden(slot) && clock >= (this.#quickUntil[slot] as number);
  }

  /** Lets a probe find the entry of a slot before `until`, which is not after it expires. */
  setQuick(slot: number, until: Micros): void {
    if (!this.#isOverridden(slot)) this.#quickUntil[slot] = until;
  }

  #isOverridden(slot: number): boolean {
    return ((this.#outcome[slot] as number) & OVERRIDDEN) !== 0;
  }

  /**
   * Passes every entry through `revise`, and looks at all with the eyes of a new policy. What was changed,
   * and what no rule overrides any more, is found by probes before `quickUntil`. `reviewer` tells whose
   * policy it is where several nodes share the table: what one of them says of an entry holds for all.
   */
  review(
    view: EntryView | null,
    revise: (entry: CachedAnswer) => CachedAnswer,
    quickUntil: (entry: CachedAnswer) => Micros,
    reviewer: object = this,
  ): void {
    if (view === null) this.#views.delete(reviewer);
    else this.#views.set(reviewer, view);
    for (let slot = 0; slot < this.#used; slot++) {
      const before = this.entryAt(slot);
      const entry = revise(before);
      this.#entries[slot] = entry;
      if (entry !== before) this.forms?.dropped(slot);
      if (entry !== before || this.#isOverridden(slot)) this.#quickUntil[slot] = quickUntil(entry);
      this.#outcome[slot] = outcomeOf(entry);
      if (this.#views.size > 0) this.#look(slot, entry);
    }
  }

  /** Passes every entry through `revise`; what it changes is found by no probe before it is stored again. */
  replace(revise: (entry: CachedAnswer) => CachedAnswer): void {
    for (let slot = 0; slot < this.#used; slot++) {
      const before = this.entryAt(slot);
      const entry = revise(before);
      if (entry === before) continue;
      this.#entries[slot] = entry;
      this.forms?.dropped(slot);
      this.#quickUntil[slot] = Number.NEGATIVE_INFINITY;
      this.#outcome[slot] = outcomeOf(entry);
    }
  }

  /** Stores every entry in `other`, where it is found by its name. */
  pourInto(other: AnswerTable): void {
    for (let slot = 0; slot < this.#used; slot++) {
      other.store(this.entryAt(slot), -1, this.#quickUntil[slot] as number);
    }
  }

  /** What is said of an entry while there is a policy. */
  #look(slot: number, entry: CachedAnswer): void {
    const given = entry.failure?.stale ?? entry;
    let outcome = this.#outcome[slot] as number;
    const views = [...this.#views.values()];
    if (!isFailure(given) && views.some((view) => view.isCovered(given))) {
      outcome &= ~OUTCOME_AUTHENTICATED;
      if (!given.secure) outcome |= OUTCOME_UNVALIDATED;
    }
    if (views.some((view) => view.overrides(entry.question))) {
      outcome |= OVERRIDDEN;
      this.#quickUntil[slot] = Number.NEGATIVE_INFINITY;
    }
    this.#outcome[slot] = outcome;
  }

  /** No probe finds any more what is given past its TTL. */
  hideStale(): void {
    for (let slot = 0; slot < this.#used; slot++) {
      if (((this.#outcome[slot] as number) & OUTCOME_STALE) !== 0) this.setQuick(slot, 0);
    }
  }

  /** Lets probes find each answer before `quickUntil`; what is remembered of failures stays as it is. */
  reschedule(quickUntil: (entry: CachedAnswer) => Micros): void {
    for (let slot = 0; slot < this.#used; slot++) {
      const entry = this.entryAt(slot);
      if (!isFailure(entry)) this.setQuick(slot, quickUntil(entry));
    }
  }

  /** Forgets everything. */
  clear(): void {
    this.#dense.fill(0);
    this.#index.fill(0);
    this.#denseId.fill(-1);
    this.#entries.length = 0;
    this.forms?.cleared();
    this.#used = 0;
    this.#sieve.clear();
  }

  #locate(hash: number, name: Name, type: number, checkingDisabled: boolean): number {
    for (let i = hash & this.#mask; ; i = (i + 1) & this.#mask) {
      const slot = (this.#index[i] as number) - 1;
      if (slot < 0) return -1;
      if (this.#hash[slot] !== hash) continue;
      const entry = this.#entries[slot] as CachedAnswer;
      if (
        entry.question.type === type &&
        entry.checkingDisabled === checkingDisabled &&
        entry.question.name.key === name.key
      ) {
        return slot;
      }
    }
  }

  #takeSlot(): number {
    if (this.#used < this.capacity) return this.#used++;
    const victim = this.#sieve.evict();
    const id = this.#denseId[victim] as number;
    if (this.evictions !== null) {
      this.evictions(this.entryAt(victim), id < this.#questions ? id : id - this.#questions);
    }
    this.#removeIndex(victim);
    if (id >= 0 && this.#dense[id] === victim + 1) this.#dense[id] = 0;
    this.#denseId[victim] = -1;
    this.#entries[victim] = undefined;
    return victim;
  }

  #insertIndex(slot: number): void {
    let i = (this.#hash[slot] as number) & this.#mask;
    while (this.#index[i] !== 0) i = (i + 1) & this.#mask;
    this.#index[i] = slot + 1;
  }

  /** Removes by shifting later members of the run back, so that no tombstones remain. */
  #removeIndex(slot: number): void {
    let i = (this.#hash[slot] as number) & this.#mask;
    while (this.#index[i] !== slot + 1) i = (i + 1) & this.#mask;
    for (let j = (i + 1) & this.#mask; this.#index[j] !== 0; j = (j + 1) & this.#mask) {
      const home = (this.#hash[(this.#index[j] as number) - 1] as number) & this.#mask;
      if (((j - home) & this.#mask) >= ((j - i) & this.#mask)) {
        this.#index[i] = this.#index[j] as number;
        i = j;
      }
    }
    this.#index[i] = 0;
  }
}

/** What a probe tells of an entry: of a failure that a stale answer stands in for, that answer's. */
function outcomeOf(entry: CachedAnswer): number {
  const given = entry.failure?.stale ?? entry;
  return (
    given.rcode |
    (given.secure ? OUTCOME_AUTHENTICATED : 0) |
    (isFailure(given) ? OUTCOME_FAILURE : 0) |
    (given.errors.length > 0 ? OUTCOME_HAS_ERRORS : 0) |
    (given === entry ? 0 : OUTCOME_STALE)
  );
}

/** The question of an entry is the one that was read from `packet`, but for case. */
function isAsked({ question }: CachedAnswer, query: QueryScan, packet: Uint8Array): boolean {
  const { key } = question.name;
  const length = query.nameEnd - HEADER_OCTETS - 1;
  if (question.type !== query.type || key.length !== length) return false;
  for (let i = 0; i < length; i++) {
    if (folded(packet[HEADER_OCTETS + i] as number) !== key.charCodeAt(i)) return false;
  }
  return true;
}

function hashOf(name: Name, type: number, checkingDisabled: boolean): number {
  return questionHash(name.hash, type, checkingDisabled);
}

/** 32-bit hash of (name, type, validated or not). */
export function questionHash(nameHash: number, type: number, checkingDisabled: boolean): number {
  const h = Math.imul(nameHash ^ (checkingDisabled ? ~type : type), 0x9e3779b1);
  return h ^ (h >>> 15);
}
