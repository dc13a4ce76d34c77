/**
 * The network's own authoritative servers in a colo, as a node that others ask: what an operator of the
 * plan says there, by its own site that the colo is nearest to. Nothing is kept here: an answer is
 * asked for anew with every query (`Authorities` keeps messages until something in them is signed anew),
 * so whatever breaks the operator breaks it at once.
 *
 * Limitations: asked without DO and over UDP, which changes no RCODE; an answer takes no time, and is not
 * lost on its way; a client that gets TC does not come again.
 */

import type { CachedAnswer } from '../../resolver-core/cache/cached-answer.ts';
import { failureOf } from '../../resolver-core/cache/cached-answer.ts';
import { MISS } from '../../resolver-core/cache/table.ts';
import type { Effect, ResolverEvent } from '../../resolver-core/events.ts';
import type { ExtendedError, Question } from '../../resolver-core/message.ts';
import type { Micros } from '../../resolver-core/time.ts';
import type { Asked, Upstream } from '../net/upstream.ts';
import type { ResolverNode } from '../shard.ts';
import type { Questions } from './questions.ts';

/** All that is asked here has a dense id; whatever is found is in one place. */
const FOUND = 0;

export class AuthorityNode implements ResolverNode {
  readonly #upstream: Upstream;
  readonly #questions: Questions;
  /** By dense question id: the server that is asked. */
  readonly #servers: Int32Array;
  /** Longer than any client waits. */
  readonly #silence: Micros;
  /** Used again for each query. */
  readonly #query: { question: Question } & Omit<Asked, 'question'>;
  /** By timer: what is not answered. */
  readonly #silent: Map<number, Question> = new Map();
  #rcode = 0;

  constructor(
    upstream: Upstream,
    questions: Questions,
    servers: Int32Array,
    udpSize: number,
    silence: Micros,
  ) {
    this.#upstream = upstream;
    this.#questions = questions;
    this.#servers = servers;
    this.#silence = silence;
    const question = questions.question(0);
    const terms = { dnssecOk: false, checkingDisabled: false, transport: 'udp', udpSize } as const;
    this.#query = { question, ...terms };
  }

  /** Answers: MISS when no answer comes. */
  probe(questionId: number, _checkingDisabled: boolean, clock: Micros): number {
    this.#query.question = this.#questions.question(questionId);
    const server = this.#servers[questionId] as number;
    const message = this.#upstream.response(this.#query, server, clock, questionId);
    if (message === null) return MISS;
    this.#rcode = message.rcode;
    return FOUND;
  }

  outcomeOf(_slot: number): number {
    return this.#rcode;
  }

  errorsOf(_slot: number): readonly ExtendedError[] {
    return NO_ERRORS;
  }

  answerAt(_slot: number): CachedAnswer {
    throw new Error('an authoritative server gives nothing past its TTL');
  }

  /** A query that gets no answer is let go when its client has long given up. */
  handle(event: ResolverEvent, now: Micros, clock: Micros): readonly Effect[] {
    if (event.kind === 'query') {
      const { client, question } = event;
      this.#silent.set(client, question);
      return [{ kind: 'wake', timer: client, time: 'now', at: now + this.#silence }];
    }
    const question = event.kind === 'timer' ? this.#silent.get(event.timer) : undefined;
    if (event.kind !== 'timer' || question === undefined) {
      throw new Error(`an authoritative server is not meant to get a ${event.kind}`);
    }
    this.#silent.delete(event.timer);
    const answer = failureOf(question, false, NO_ERRORS, false, clock, 0);
    const flags = { authenticated: false, unvalidated: false };
    return [{ kind: 'answer', client: event.timer, source: 'hit', ...flags, answer }];
  }

  configure(): void {
    throw new Error('an authoritative server has no settings of a resolver');
  }
}

const NO_ERRORS: readonly ExtendedError[] = [];
