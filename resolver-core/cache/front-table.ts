/**
 * The answer table of a node whose answers lie in memory that it shares with other nodes (`AnswerStore`): a
 * small table of its own in front of it, in which answers are objects that need no reading.
 *
 * What is in front is a copy of one version of what is in the store, and is given only as long as the
 * store holds that version: a look at one word. So nodes never disagree for longer than a look takes, an answer
 * that the store lets go is gone for all, and what is given counts as given in the store.
 *
 * What the store has no room for (`null` from `put`) is this node's alone.
 *
 * Limitations: a refresh that is due is begun by each node that is asked; a rule that overrides an entry
 * does so for the nodes that have the rule. A review reads every entry of the store.
 */

import type { Question } from '../message.ts';
import type { Name } from '../name/name.ts';
import type { Micros } from '../time.ts';
import type { HeldAnswer } from './answer-octets.ts';
import { type CachedAnswer, isFailure } from './cached-answer.ts';
import { AnswerTable, type EntryView, MISS } from './table.ts';

/** Where a version of an entry lies. */
export interface Place {
  readonly cell: number;
  readonly version: number;
}

/** A bounded store of answers that several nodes read and write at a time. */
export interface AnswerStore {
  /** Entries held, expired ones included. */
  readonly size: number;
  /** The entry for a question, fresh or expired, and where it lies; null when there is none. */
  get(question: Question, checkingDisabled: boolean): (HeldAnswer & Place) | null;
  /** Stores an entry in place of what was there for the same question; null when it cannot be held. */
  put(entry: CachedAnswer, quickUntil: Micros): Place | null;
  /** Whether a version is what the store holds; then it counts as asked for. Allocates nothing. */
  isCurrent(cell: number, version: number): boolean;
  /** Puts what `revise` makes of each entry in its place. */
  review(
    revise: (entry: CachedAnswer) => CachedAnswer,
    quickUntil: (entry: CachedAnswer) => Micros,
  ): void;
  /** Forgets everything. */
  clear(): void;
}

/** In place of a cell: the entry is this node's alone. */
const OWN = -1;

export class FrontTable extends AnswerTable {
  readonly #store: AnswerStore;
  /** By slot. */
  readonly #cells: Int32Array;
  readonly #versions: Int32Array;
  #isStaleHidden = false;
  /** Set when the driver's settings say otherwise than those by which entries were stored. */
  #quickUntil: ((entry: CachedAnswer) => Micros) | null = null;

  /** `capacity` entries in front, at most. */
  constructor(store: AnswerStore, capacity: number, questions: number) {
    super(capacity, questions);
    this.#store = store;
    this.#cells = new Int32Array(this.capacity);
    this.#versions = new Int32Array(this.capacity);
  }

  /** Entries of the store, which are all nodes'. */
  override get size(): number {
    return this.#store.size;
  }

  override probe(questionId: number, checkingDisabled: boolean, clock: Micros): number {
    const slot = super.probe(questionId, checkingDisabled, clock);
    return slot < 0 || this.#isCurrent(slot) ? slot : MISS;
  }

  override take(slot: number, clock: Micros): boolean {
    return this.#isCurrent(slot) && super.take(slot, clock);
  }

  override slotOf(name: Name, type: number, checkingDisabled: boolean): number {
    const slot = super.slotOf(name, type, checkingDisabled);
    if (slot >= 0 && this.#isCurrent(slot)) return slot;
    const held = this.#store.get({ name, type }, checkingDisabled);
    if (held === null) return MISS;
    const { entry, quickUntil } = held;
    return this.#keep(entry, -1, this.#quickFor(entry, quickUntil), held);
  }

  override slotOfId(questionId: number, checkingDisabled: boolean): number {
    const slot = super.slotOfId(questionId, checkingDisabled);
    return slot < 0 || this.#isCurrent(slot) ? slot : MISS;
  }

  override store(
    entry: CachedAnswer,
    questionId: number,
    quickUntil: Micros = entry.expiresAt,
  ): number {
    return this.#keep(entry, questionId, quickUntil, this.#store.put(entry, quickUntil));
  }

  override review(
    view: EntryView | null,
    revise: (entry: CachedAnswer) => CachedAnswer,
    quickUntil: (entry: CachedAnswer) => Micros,
    reviewer?: object,
  ): void {
    this.#store.review(revise, quickUntil);
    super.review(view, revise, quickUntil, reviewer);
  }

  override replace(revise: (entry: CachedAnswer) => CachedAnswer): void {
    this.#store.review(revise, () => Number.NEGATIVE_INFINITY);
    super.replace(revise);
  }

  override hideStale(): void {
    this.#isStaleHidden = true;
    super.hideStale();
  }

  override reschedule(quickUntil: (entry: CachedAnswer) => Micros): void {
    this.#quickUntil = quickUntil;
    super.reschedule(quickUntil);
  }

  override clear(): void {
    super.clear();
    this.#store.clear();
  }

  #keep(entry: CachedAnswer, questionId: number, quickUntil: Micros, place: Place | null): number {
    const slot = super.store(entry, questionId, quickUntil);
    this.#cells[slot] = place?.cell ?? OWN;
    this.#versions[slot] = place?.version ?? 0;
    return slot;
  }

  #isCurrent(slot: number): boolean {
    const cell = this.#cells[slot] as number;
    return cell === OWN || this.#store.isCurrent(cell, this.#versions[slot] as number);
  }

  #quickFor(entry: CachedAnswer, quickUntil: Micros): Micros {
    if (this.#isStaleHidden && entry.failure?.stale != null) return 0;
    return this.#quickUntil === null || isFailure(entry) ? quickUntil : this.#quickUntil(entry);
  }
}
