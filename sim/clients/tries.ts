/**
 * The client queries that are under way: one object each, used again, so that a busy shard does not
 * make garbage. A lookup keeps its object from try to try, unless a try ended in TIMEOUT while the
 * node still owes an answer: then the old object waits for that, and a copy goes on.
 */

import type { Question } from '../../resolver-core/message.ts';
import { Name } from '../../resolver-core/name/name.ts';
import type { Micros } from '../../resolver-core/time.ts';

/**
 * `open`: at the node; `late`: answered too late, the client does not know yet; `abandoned`: the client
 * has given up, the node has not; `waiting`: between two tries; `free`: in the pool.
 */
export type TryState = 'open' | 'late' | 'abandoned' | 'waiting' | 'free';

export class Try {
  /** Index in the pool: the client handle of the query. */
  readonly handle: number;
  state: TryState = 'free';
  /** Whose lookup it is: an index among the audiences of the colo. */
  audience = 0;
  /** The draw key: who asks, and which lookup. */
  source = 0;
  ordinal = 0;
  /** Number of the try, from 0. */
  attempt = 0;
  /** How the earlier tries of the present request ended. */
  failures = 0;
  timeouts = 0;
  node = 0;
  flags = 0;
  /** -1 for a name asked once. */
  questionId = -1;
  question: Question = NO_QUESTION;
  cell = 0;
  /** When this try reached the node, and the bucket of that. */
  sent: Micros = 0;
  bucket = 0;
  /** The bucket of the lookup's first try. */
  firstBucket = 0;
  /** Sequence number of the deadline of this try. */
  deadline = -1;

  constructor(handle: number) {
    this.handle = handle;
  }
}

const NO_QUESTION: Question = { name: Name.root, type: 0 };

export class TryPool {
  readonly #tries: Try[] = [];
  readonly #free: Try[] = [];

  /** Tries that are not free. */
  get open(): number {
    return this.#tries.length - this.#free.length;
  }

  take(): Try {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const made = new Try(this.#tries.length);
    this.#tries.push(made);
    return made;
  }

  get(handle: number): Try {
    const found = this.#tries[handle];
    if (found === undefined) throw new RangeError(`no try ${handle}`);
    return found;
  }

  /** Visits the tries that wait for an answer of a node. */
  eachAt(node: number, visit: (waiting: Try) => void): void {
    for (const each of this.#tries) {
      if (each.node === node && (each.state === 'open' || each.state === 'abandoned')) visit(each);
    }
  }

  /** Another try with the same fields and a handle of its own. */
  copy(from: Try): Try {
    const to = this.take();
    to.state = from.state;
    to.audience = from.audience;
    to.source = from.source;
    to.ordinal = from.ordinal;
    to.attempt = from.attempt;
    to.failures = from.failures;
    to.timeouts = from.timeouts;
    to.node = from.node;
    to.flags = from.flags;
    to.questionId = from.questionId;
    to.question = from.question;
    to.cell = from.cell;
    to.sent = from.sent;
    to.bucket = from.bucket;
    to.firstBucket = from.firstBucket;
    return to;
  }

  release(free: Try): void {
    if (free.state === 'free') throw new Error(`client query ${free.handle} was answered twice`);
    free.state = 'free';
    free.deadline = -1;
    free.question = NO_QUESTION;
    this.#free.push(free);
  }
}
