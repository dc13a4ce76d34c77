/**
 * Queries that the nodes of a colo hand to one another, on their way to the owner and back. Both ways
 * take the same time, so these events are in the order in which they were made and need no heap.
 */

import type { ClientQuery, Forward, OwnerAnswer } from '../../resolver-core/events.ts';
import type { Micros } from '../../resolver-core/time.ts';
import { Deadlines } from '../engine/deadlines.ts';
import type { EventQueue } from '../engine/queue.ts';
import type { Load } from './event-kinds.ts';
import { FORWARD, FORWARD_ANSWER, FORWARD_TIMEOUT } from './event-kinds.ts';

/** One query from node to node; used again, so that a busy shard does not make garbage. */
export class Hop {
  /** Index among all. */
  readonly handle: number;
  /** null while it is free. */
  forward: Forward | null = null;
  /** The node that asks. */
  entry = 0;
  /** When it reached the owner. */
  arrivedAt: Micros = 0;
  /** It is with the owner, which has not answered yet. */
  isAtOwner = false;
  /** The owner has restarted, and never answers it. */
  isLost = false;
  /** The owner had to wait for something before it answered. */
  waited = false;
  /** Sequence number of its deadline; -1 when that is over. */
  deadline = -1;

  constructor(handle: number) {
    this.handle = handle;
  }
}

/** The query as it comes to the owner, which answers to the hop. */
export function queryOf(hop: Hop): ClientQuery {
  const { question, questionId, checkingDisabled, dnssecOk, tags, clientGroup, draw } =
    hop.forward as Forward;
  return {
    kind: 'query',
    client: -1 - hop.handle,
    question,
    questionId,
    recursionDesired: true,
    dnssecOk,
    authenticData: false,
    checkingDisabled,
    clientGroup,
    tags,
    forwarded: true,
    draw,
  };
}

export class Hops {
  readonly #delay: Micros;
  readonly #queue: EventQueue<Load>;
  readonly #hops: Hop[] = [];
  readonly #free: Hop[] = [];
  readonly #deadlines: Deadlines<Load>;

  constructor(delay: Micros, queue: EventQueue<Load>) {
    this.#delay = delay;
    this.#queue = queue;
    this.#deadlines = new Deadlines(queue, FORWARD_TIMEOUT, 0, (handle, sequence) => {
      return this.get(handle).deadline === sequence;
    });
  }

  /** Those under way, the ones that nobody waits for any more included. */
  get open(): number {
    return this.#hops.length - this.#free.length;
  }

  get(handle: number): Hop {
    const found = this.#hops[handle];
    if (found === undefined) throw new RangeError(`no hop ${handle}`);
    return found;
  }

  /** Sends a node's query to the owner. */
  send(entry: number, forward: Forward, at: Micros): void {
    const hop = this.#free.pop() ?? this.#newHop();
    hop.forward = forward;
    hop.entry = entry;
    hop.deadline = this.#deadlines.set(at + forward.timeout, hop.handle);
    this.#queue.scheduleInLine(at + this.#delay, FORWARD, forward.owner, hop.handle, null);
  }

  /** Sends the owner's answer back. */
  reply(hop: Hop, answer: OwnerAnswer, at: Micros): void {
    hop.isAtOwner = false;
    hop.waited = at > hop.arrivedAt;
    this.#queue.scheduleInLine(at + this.#delay, FORWARD_ANSWER, hop.entry, hop.handle, answer);
  }

  /** The answer is there: this is over. False when it came too late. */
  end(hop: Hop): boolean {
    const isInTime = hop.deadline >= 0;
    hop.forward = null;
    hop.deadline = -1;
    hop.isLost = false;
    this.#free.push(hop);
    return isInTime;
  }

  /** A deadline is due: the hop whose owner was silent; null when all were answered in time. */
  takeSilent(): Hop | null {
    const handle = this.#deadlines.take();
    if (handle < 0) return null;
    const hop = this.get(handle);
    hop.deadline = -1;
    return hop;
  }

  /** A node has restarted: what it was asked is never answered, and what it asked for it has forgotten. */
  lost(node: number): void {
    for (const hop of this.#hops) {
      if (hop.forward === null) continue;
      if (hop.entry === node) hop.deadline = -1;
      if (hop.isAtOwner && hop.forward.owner === node) {
        hop.isAtOwner = false;
        hop.isLost = true;
      }
      if (hop.isLost && hop.deadline < 0) this.end(hop);
    }
  }

  #newHop(): Hop {
    const hop = new Hop(this.#hops.length);
    this.#hops.push(hop);
    return hop;
  }
}
