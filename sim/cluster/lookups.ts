/**
 * The lookups of a colo's clients that are under way, from the first try that is no plain hit to the end:
 * what an answer counts as, who tries again and when, and whose patience is over.
 */

import {
  OUTCOME_AUTHENTICATED,
  OUTCOME_RCODE_MASK,
  OUTCOME_UNVALIDATED,
} from '../../resolver-core/cache/table.ts';
import type { ExtendedError } from '../../resolver-core/message.ts';
import type { Micros } from '../../resolver-core/time.ts';
import { RCODE } from '../../resolver-core/wire/iana.ts';
import type { Audience } from '../clients/audience.ts';
import { GIVES_UP, isFailure, TIMEOUT, waitAfter } from '../clients/stub.ts';
import { type Try, TryPool } from '../clients/tries.ts';
import { Deadlines } from '../engine/deadlines.ts';
import type { Digest } from '../engine/digest.ts';
import type { EventQueue } from '../engine/queue.ts';
import { answerColumn, COLUMN, type Counter } from './counter.ts';
import { DEADLINE, type Load, NEXT_TRY } from './event-kinds.ts';

export class Lookups {
  readonly #seed: number;
  readonly #audiences: readonly Audience[];
  readonly #counter: Counter;
  readonly #queue: EventQueue<Load>;
  readonly #digest: Digest;
  /** Every timeout that there is, and the deadlines of those who wait so long. */
  readonly #timeouts: readonly Micros[];
  readonly #deadlines: readonly Deadlines<Load>[];
  readonly tries: TryPool = new TryPool();
  /** Tries that ended because the client had waited long enough. */
  timeouts = 0;

  constructor(
    seed: number,
    audiences: readonly Audience[],
    counter: Counter,
    queue: EventQueue<Load>,
    digest: Digest,
  ) {
    for (const { rtt, group } of audiences) {
      if (group.stub.timeouts.every((timeout) => timeout > rtt)) continue;
      throw new RangeError(`group ${group.name} gives up before an answer can come`);
    }
    this.#seed = seed;
    this.#audiences = audiences;
    this.#counter = counter;
    this.#queue = queue;
    this.#digest = digest;
    const isWaitedFor = (handle: number, sequence: number): boolean =>
      this.#isWaitedFor(handle, sequence);
    this.#timeouts = [...new Set(audiences.flatMap(({ group }) => group.stub.timeouts))];
    this.#deadlines = this.#timeouts.map(
      (_, place) => new Deadlines(queue, DEADLINE, place, isWaitedFor),
    );
  }

  /**
   * The node answers a try: hit or not, in time or not. `outcome` is what the client is shown, `age` how
   * long a stale answer is past its TTL, `waited` whether a node had to wait before it could answer.
   */
  answered(
    answered: Try,
    at: Micros,
    cacheColumn: number,
    outcome: number,
    errors: readonly ExtendedError[],
    age: Micros,
    waited: boolean,
  ): void {
    const counter = this.#counter;
    const { bucket, cell } = answered;
    counter.add(bucket, cell, cacheColumn === COLUMN.hits ? counter.hitColumn : cacheColumn);
    const isStale = cacheColumn === COLUMN.cacheStale;
    if (isStale && waited && at > answered.sent) counter.add(bucket, cell, COLUMN.staleWaited);
    if (answered.state === 'abandoned') {
      this.tries.release(answered);
      return;
    }
    const { rtt } = this.#audienceOf(answered);
    const latency = at - answered.sent + rtt;
    if (latency > this.#timeoutOf(answered)) {
      // Too late for the client, whose deadline is still to come.
      answered.state = 'late';
      return;
    }
    const rcode = outcome & OUTCOME_RCODE_MASK;
    counter.add(bucket, cell, answerColumn(rcode));
    if ((outcome & OUTCOME_AUTHENTICATED) !== 0) counter.add(bucket, cell, COLUMN.authenticated);
    if ((outcome & OUTCOME_UNVALIDATED) !== 0) counter.add(bucket, cell, COLUMN.unvalidated);
    if (isStale) {
      counter.add(bucket, cell, COLUMN.stale);
      counter.addStaleAge(answered.sent, cell, age);
      if (rcode === RCODE.NOERROR) counter.add(bucket, cell, COLUMN.staleNoerror);
    }
    if (errors.length > 0) counter.addErrors(bucket, cell, errors);
    counter.addLatency(answered.sent, cell, latency);
    this.#ended(answered, rcode, at + rtt);
  }

  /** A node has restarted: what it was asked is never answered, and counts as what it would have been. */
  lost(node: number): void {
    this.tries.eachAt(node, (waiting) => {
      this.#counter.add(waiting.bucket, waiting.cell, COLUMN.misses);
      // The client waits for its deadline, as when an answer comes too late.
      if (waiting.state === 'open') waiting.state = 'late';
      else this.tries.release(waiting);
    });
  }

  /** A try has ended with `rcode` (or TIMEOUT), known to the client at `at`: another one, or the end of the lookup. */
  #ended(ended: Try, rcode: number, at: Micros): void {
    if (isFailure(rcode)) {
      const { group } = this.#audienceOf(ended);
      const wait = waitAfter(this.#seed, group, ended, rcode);
      if (wait !== GIVES_UP) {
        ended.state = 'waiting';
        this.#queue.schedule(at + wait, NEXT_TRY, ended.node, ended.handle, null);
        return;
      }
    }
    const { firstBucket, cell } = ended;
    if (isFailure(rcode)) {
      this.#counter.add(firstBucket, cell, COLUMN.failedLookups);
      this.#counter.add(firstBucket, cell, COLUMN.triesOfFailedLookups, ended.attempt + 1);
    } else if (ended.attempt > 0) {
      this.#counter.add(firstBucket, cell, COLUMN.recoveredLookups);
    }
    this.tries.release(ended);
  }

  /** From now on the client of an open try waits. */
  setDeadline(sent: Try, at: Micros): void {
    const timeout = this.#timeoutOf(sent);
    const deadlines = this.#deadlines[this.#timeouts.indexOf(timeout)] as Deadlines<Load>;
    sent.deadline = deadlines.set(at + timeout, sent.handle);
  }

  /** The first of the deadlines at `place` is due. */
  runDeadline(place: number, at: Micros): void {
    const handle = (this.#deadlines[place] as Deadlines<Load>).take();
    if (handle >= 0) this.#timeOut(this.tries.get(handle), at);
  }

  #isWaitedFor(handle: number, sequence: number): boolean {
    const { deadline, state } = this.tries.get(handle);
    return deadline === sequence && (state === 'open' || state === 'late');
  }

  /** The client has waited long enough. The node may still answer, which then only counts for its cache. */
  #timeOut(expired: Try, at: Micros): void {
    this.timeouts++;
    this.#digest.add(at, DEADLINE << 16, expired.ordinal);
    this.#counter.add(expired.bucket, expired.cell, COLUMN.TIMEOUT);
    let next = expired;
    if (expired.state === 'open') {
      next = this.tries.copy(expired);
      expired.state = 'abandoned';
    }
    this.#ended(next, TIMEOUT, at);
  }

  #timeoutOf(of: Try): Micros {
    return this.#audienceOf(of).group.stub.timeouts[of.timeouts] as Micros;
  }

  #audienceOf(of: Try): Audience {
    return this.#audiences[of.audience] as Audience;
  }
}
