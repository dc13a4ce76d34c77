/**
 * Questions that a node has handed to the node that owns them (docs/design.md, "Cache modes"; no RFC):
 * who waits for what the owner says, and the copy that is kept of it.
 *
 * One question is with its owner once, however many clients of this node ask it meanwhile. These are not
 * fetches: no fetch waits for one, so that two nodes never wait for each other.
 *
 * Limitations: an owner that was silent is asked again by the next query.
 */

import type { CachedAnswer } from './cache/cached-answer.ts';
import type { AnswerSource, ClientQuery } from './events.ts';
import { NO_TIMER, type Waiter } from './fetch.ts';
import type { Name } from './name/name.ts';
import type { NodeState } from './node.ts';
import { NO_TAGS, type Tags } from './policy/phases.ts';
import { type Micros, SECOND } from './time.ts';

/** A question that is with its owner. */
export interface Forwarding {
  /** The first query of those that wait, as the rules before this made it. */
  readonly query: ClientQuery;
  readonly questionId: number;
  /** The owner's number in the colo. */
  readonly owner: number;
  readonly waiters: Waiter[];
  readonly sentAt: Micros;
  /** What answers are judged by has changed meanwhile: this one is not kept. */
  isVoid: boolean;
}

/** Theirs go down from here. Queries to servers count up from 0, those of re-checks down, and never so far. */
const FIRST_TRANSACTION = -0x4000_0000;

export class Forwards {
  readonly #node: NodeState;
  /** Under way, by slot: numbers that are used again, so that nothing grows and no table is rehashed. */
  readonly #slots: (Forwarding | null)[] = [];
  readonly #free: number[] = [];
  /** Slot + 1 by dense question id, of queries without tags; 0 for none. */
  readonly #byQuestion: Int32Array;
  /** Slots of all others, by question and tags in one string. */
  readonly #byText = new Map<string, number>();

  constructor(node: NodeState) {
    this.#node = node;
    const { peers, questions } = node.ports;
    this.#byQuestion = new Int32Array(peers?.kind === 'owners' ? questions : 0);
  }

  /** How many are under way. */
  get size(): number {
    return this.#slots.length - this.#free.length;
  }

  /** True when a transaction is that of a forward. */
  isForward(transaction: number): boolean {
    return transaction <= FIRST_TRANSACTION;
  }

  /** The client waits with those that ask the same, if any do. */
  join(query: ClientQuery, questionId: number): boolean {
    const forwarding = this.#slots[this.#find(query, questionId)] ?? null;
    forwarding?.waiters.push(waiterFor(query, questionId, true));
    return forwarding !== null;
  }

  /** Hands the query to its owner; the client waits. */
  begin(query: ClientQuery, questionId: number, owner: number): void {
    const node = this.#node;
    const { question, dnssecOk, checkingDisabled, clientGroup, draw } = query;
    const { propagateTags, forwardTimeout: timeout } = node.config;
    const tags = propagateTags ? query.tags : NO_TAGS;
    const waiters = [waiterFor(query, questionId, false)];
    const sentAt = node.now;
    const forwarding = { query, questionId, owner, waiters, sentAt, isVoid: false };
    const slot = this.#free.pop() ?? this.#slots.length;
    this.#slots[slot] = forwarding;
    if (isDense(query, questionId)) this.#byQuestion[questionId] = slot + 1;
    else this.#byText.set(textKeyOf(query), slot);
    node.effects.push({
      kind: 'forward',
      transaction: FIRST_TRANSACTION - slot,
      owner,
      question,
      questionId,
      checkingDisabled,
      dnssecOk,
      tags,
      clientGroup,
      draw,
      timeout,
    });
    if (node.observe !== null) observeForward(node, query, owner, tags);
  }

  /** Ends one, answered or not; its transaction must be under way. */
  take(transaction: number): Forwarding {
    const slot = FIRST_TRANSACTION - transaction;
    const forwarding = this.#slots[slot] ?? null;
    if (forwarding === null) throw new Error(`no forward has transaction ${transaction}`);
    this.#slots[slot] = null;
    this.#free.push(slot);
    if (!forwarding.isVoid) this.#forget(forwarding);
    return forwarding;
  }

  /** Those for such names are joined by nobody any more, and what is said of them is not kept. */
  disown(isConcerned: (name: Name) => boolean): void {
    for (const forwarding of this.#slots) {
      if (forwarding === null || forwarding.isVoid) continue;
      if (!isConcerned(forwarding.query.question.name)) continue;
      forwarding.isVoid = true;
      this.#forget(forwarding);
    }
  }

  /** The slot of what others wait for, -1 for none. */
  #find(query: ClientQuery, questionId: number): number {
    if (isDense(query, questionId)) return (this.#byQuestion[questionId] as number) - 1;
    return this.#byText.get(textKeyOf(query)) ?? -1;
  }

  #forget({ query, questionId }: Forwarding): void {
    if (isDense(query, questionId)) this.#byQuestion[questionId] = 0;
    else this.#byText.delete(textKeyOf(query));
  }
}

/**
 * Of what the owner had at hand a copy is worth its place. What it had to look for may never be asked for
 * again; past its TTL an answer is the owner's alone to give.
 */
export function isCopied(source: AnswerSource): boolean {
  return source === 'hit' || source === 'joined' || source === 'failure-cached';
}

/**
 * The copy that a node keeps of what another one has in its cache: it ends with the original, or before.
 * What the owner may give past its TTL in place of a failure is not copied.
 */
export function copyOf(answer: CachedAnswer, clock: Micros, copyTtl: number): CachedAnswer {
  const { failure } = answer;
  const expiresAt = Math.min(answer.expiresAt, clock + copyTtl * SECOND);
  if (failure !== null && failure.stale !== null) {
    return { ...answer, expiresAt, failure: { ...failure, stale: null } };
  }
  return expiresAt === answer.expiresAt ? answer : { ...answer, expiresAt };
}

function isDense({ tags }: ClientQuery, questionId: number): boolean {
  return questionId >= 0 && tags === NO_TAGS;
}

function textKeyOf({ question: { name, type }, tags }: ClientQuery): string {
  return name.key + String.fromCharCode(type, tags);
}

function waiterFor(query: ClientQuery, questionId: number, joined: boolean): Waiter {
  const { client, dnssecOk, authenticData } = query;
  return { client, joined, understandsAd: dnssecOk || authenticData, questionId, timer: NO_TIMER };
}

function observeForward(
  node: NodeState,
  { question, tags }: ClientQuery,
  owner: number,
  sent: Tags,
): void {
  const names = node.ports.policy?.tagNames;
  node.observe?.({
    kind: 'forward',
    owner,
    question,
    tags: names?.namesOf(sent) ?? [],
    dropped: names?.namesOf(tags & ~sent) ?? [],
  });
}
