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
import type { ClientQuery } from './events.ts';
import { NO_TIMER, type Waiter } from './fetch.ts';
import type { Question } from './message.ts';
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

export class Forwards {
  readonly #node: NodeState;
  /** By dense question id, where there is one and no tag, else by question and tags in one string. */
  readonly #byKey = new Map<number | string, Forwarding>();
  readonly #byTransaction = new Map<number, Forwarding>();

  constructor(node: NodeState) {
    this.#node = node;
  }

  /** How many are under way. */
  get size(): number {
    return this.#byTransaction.size;
  }

  /** The client waits with those that ask the same, if any do. */
  join(query: ClientQuery, questionId: number): boolean {
    const forwarding = this.#byKey.get(keyOf(query, questionId));
    forwarding?.waiters.push(waiterFor(query, questionId, true));
    return forwarding !== undefined;
  }

  /** Hands the query to its owner; the client waits. */
  begin(query: ClientQuery, questionId: number, owner: number): void {
    const node = this.#node;
    const { question, dnssecOk, checkingDisabled, clientGroup, draw } = query;
    const { propagateTags, forwardTimeout: timeout } = node.config;
    const tags = propagateTags ? query.tags : NO_TAGS;
    const transaction = node.nextTransaction++;
    const waiters = [waiterFor(query, questionId, false)];
    const sentAt = node.now;
    const forwarding = { query, questionId, owner, waiters, sentAt, isVoid: false };
    this.#byKey.set(keyOf(query, questionId), forwarding);
    this.#byTransaction.set(transaction, forwarding);
    node.effects.push({
      kind: 'forward',
      transaction,
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

  /** Ends one, answered or not; undefined when there is none: it was answered late. */
  take(transaction: number): Forwarding | undefined {
    const forwarding = this.#byTransaction.get(transaction);
    if (forwarding === undefined) return undefined;
    this.#byTransaction.delete(transaction);
    if (!forwarding.isVoid) this.#byKey.delete(keyOf(forwarding.query, forwarding.questionId));
    return forwarding;
  }

  /** Those for such names are joined by nobody any more, and what is said of them is not kept. */
  disown(isConcerned: (name: Name) => boolean): void {
    for (const [key, forwarding] of this.#byKey) {
      if (!isConcerned(forwarding.query.question.name)) continue;
      forwarding.isVoid = true;
      this.#byKey.delete(key);
    }
  }
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

function keyOf({ question, tags }: ClientQuery, questionId: number): number | string {
  return questionId >= 0 && tags === NO_TAGS ? questionId : textKeyOf(question, tags);
}

function textKeyOf({ name, type }: Question, tags: Tags): string {
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
