/**
 * What the nodes of a colo send upstream, and what becomes of it: each query of a node turns into one
 * event, its response or its timeout, and counts with the lookup that it is for.
 */

import type { Ask } from '../../resolver-core/events.ts';
import type { Micros } from '../../resolver-core/time.ts';
import type { Digest } from '../engine/digest.ts';
import type { EventQueue } from '../engine/queue.ts';
import type { Upstream } from '../net/upstream.ts';
import { COLUMN, type Counter } from './counter.ts';
import { ASK_TIMEOUT, type Load, RESPONSE } from './event-kinds.ts';
import { LookupKey, WHEN_SENT } from './lookup-key.ts';
import type { Machines } from './machines.ts';
import type { Questions } from './questions.ts';

export class Exchange {
  readonly #machines: Machines;
  readonly #upstream: Upstream;
  readonly #questions: Questions;
  readonly #counter: Counter;
  readonly #queue: EventQueue<Load>;
  readonly #digest: Digest;
  /** By node and server index of the core: the server of the plan plus one, 0 when not asked before. */
  readonly #serverOf: number[][];
  /** Queries whose response or timeout is still to come. */
  inFlight = 0;

  constructor(
    machines: Machines,
    upstream: Upstream,
    questions: Questions,
    counter: Counter,
    queue: EventQueue<Load>,
    digest: Digest,
  ) {
    this.#machines = machines;
    this.#upstream = upstream;
    this.#questions = questions;
    this.#counter = counter;
    this.#queue = queue;
    this.#digest = digest;
    this.#serverOf = Array.from(machines.skew, () => []);
  }

  /** A node that restarts numbers its servers anew. */
  forget(node: number): void {
    this.#serverOf[node] = [];
  }

  ask(node: number, ask: Ask, at: Micros): void {
    const { draw } = ask;
    if (!(draw instanceof LookupKey)) {
      throw new Error('an upstream query must carry the draw key of the client query it is for');
    }
    const bucket = draw.bucket === WHEN_SENT ? this.#counter.bucketOf(at) : draw.bucket;
    this.#counter.add(bucket, draw.cell, COLUMN.upstreamQueries);
    const known = this.#serverOf[node] as number[];
    let server = (known[ask.server.index] ?? 0) - 1;
    if (known[ask.server.index] === undefined) {
      server = this.#upstream.server(ask.server.text);
      known[ask.server.index] = server + 1;
    }
    this.inFlight++;
    const place = this.#machines.placeOf(node);
    const delay = this.#upstream.delay(ask, server, at);
    this.#digest.add(at + delay, server, ask.send);
    if (delay >= 0 && delay <= ask.timeout) {
      const { questionId } = draw;
      const isItself = questionId >= 0 && ask.question === this.#questions.question(questionId);
      const id = isItself ? questionId : -1;
      const message = this.#upstream.response(ask, server, at + Math.floor(delay / 2), id);
      if (message !== null) {
        this.#counter.add(bucket, draw.cell, COLUMN.upstreamMs, Math.round(delay / 1000));
        this.#queue.schedule(at + delay, RESPONSE, place, ask.transaction, message);
        return;
      }
    }
    this.#counter.add(bucket, draw.cell, COLUMN.upstreamTimeouts);
    this.#queue.schedule(at + ask.timeout, ASK_TIMEOUT, place, ask.transaction, null);
  }
}
