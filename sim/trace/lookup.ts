/**
 * One lookup at one node with an observer, driven by itself: the node's queries go to the authorities
 * over the colo's paths, nothing else happens meanwhile, and every step is kept with its time.
 */

import type { Answer, ResolverEvent, TraceStep } from '../../resolver-core/events.ts';
import type { Message, Question } from '../../resolver-core/message.ts';
import type { Resolver } from '../../resolver-core/resolver.ts';
import type { Micros } from '../../resolver-core/time.ts';
import { EventQueue } from '../engine/queue.ts';
import type { Upstream } from '../net/upstream.ts';

export interface TracedLookup {
  readonly steps: readonly { readonly at: Micros; readonly step: TraceStep }[];
  readonly answer: Answer;
  /** From the query's arrival at the node to its answer. */
  readonly elapsed: Micros;
}

export interface TracedQuery {
  readonly question: Question;
  readonly dnssecOk: boolean;
  readonly checkingDisabled: boolean;
  /** Instant of the clock at which it reaches the node. */
  readonly at: Micros;
}

const UPSTREAM = 0;
const TIMER = 1;

/** `node` must have nothing in flight. */
export function traceLookup(node: Resolver, upstream: Upstream, query: TracedQuery): TracedLookup {
  const queue = new EventQueue<Message>();
  const steps: { at: Micros; step: TraceStep }[] = [];
  let answer: Answer | null = null;
  let clock = query.at;
  const feed = (event: ResolverEvent): void => {
    for (const effect of node.handle(event, clock, clock)) {
      if (effect.kind === 'observe') {
        steps.push({ at: clock - query.at, step: effect.step });
      } else if (effect.kind === 'answer') {
        answer = effect;
      } else if (effect.kind === 'wake') {
        queue.schedule(effect.at, TIMER, 0, effect.timer, null);
      } else {
        const server = upstream.server(effect.server.text);
        const delay = upstream.delay(effect, server);
        const arrives = delay >= 0 && delay <= effect.timeout;
        const message = arrives
          ? upstream.response(effect, server, clock + Math.floor(delay / 2), -1)
          : null;
        const wait = message === null ? effect.timeout : delay;
        queue.schedule(clock + wait, UPSTREAM, 0, effect.transaction, message);
      }
    }
  };
  node.observing = true;
  const { question, dnssecOk, checkingDisabled } = query;
  // Draws of its own: no client group has this number.
  const draw = { source: -1, ordinal: 0, attempt: 0 };
  const flags = { recursionDesired: true, dnssecOk, authenticData: false, checkingDisabled };
  const origin = { clientGroup: '', tags: 0, forwarded: false };
  feed({ kind: 'query', client: 0, question, questionId: -1, ...flags, ...origin, draw });
  while (answer === null && queue.take()) {
    clock = queue.time;
    const { kind, id: transaction, load: message } = queue;
    if (kind === TIMER) feed({ kind: 'timer', timer: transaction });
    else if (message === null) feed({ kind: 'timeout', transaction });
    else feed({ kind: 'response', transaction, message });
  }
  node.observing = false;
  if (answer === null) throw new Error('the traced lookup was never answered');
  return { steps, answer, elapsed: clock - query.at };
}
