/**
 * One lookup at one node with observers, driven by itself: the queries of the node, and of the owner of
 * the question, go to the authorities over the colo's paths, nothing else happens meanwhile, and every
 * step is kept with its time.
 */

import type {
  Answer,
  Ask,
  Effect,
  Forward,
  OwnerAnswer,
  ResolverEvent,
  TraceStep,
} from '../../resolver-core/events.ts';
import type { Message, Question } from '../../resolver-core/message.ts';
import type { Resolver } from '../../resolver-core/resolver.ts';
import type { Micros } from '../../resolver-core/time.ts';
import { EventQueue } from '../engine/queue.ts';
import type { MetSite, Upstream } from '../net/upstream.ts';

export interface TracedStep {
  readonly at: Micros;
  /** The node that it happened at. */
  readonly node: number;
  readonly step: TraceStep;
  /** Of a query upstream: where it goes. */
  readonly site: MetSite | null;
}

export interface TracedLookup {
  readonly steps: readonly TracedStep[];
  readonly answer: Answer;
  /** From the query's arrival at the node to its answer. */
  readonly elapsed: Micros;
}

/** Where a lookup happens; no node may have anything in flight. */
export interface TracedPlace {
  readonly nodes: readonly Resolver[];
  readonly upstream: Upstream;
  /** One way from node to node. */
  readonly delay: Micros;
  /** By node: how far its clock is ahead. */
  readonly ahead: readonly Micros[];
}

export interface TracedQuery {
  /** The node that the client reaches. */
  readonly node: number;
  readonly question: Question;
  readonly dnssecOk: boolean;
  readonly checkingDisabled: boolean;
  /** When it reaches the node. */
  readonly at: Micros;
}

const UPSTREAM = 0;
const TIMER = 1;
const FORWARD = 2;
const FORWARD_ANSWER = 3;
const SILENCE = 4;

/** Handles: the client's, and that of the node that asks the owner. */
const CLIENT = 0;
const ENTRY = 1;

const FLAGS = { recursionDesired: true, authenticData: false };

export function traceLookup(place: TracedPlace, query: TracedQuery): TracedLookup {
  const { nodes, upstream, delay } = place;
  const aheadOf = (node: number): Micros => place.ahead[node] ?? 0;
  const queue = new EventQueue<Message | OwnerAnswer | Forward>();
  const steps: TracedStep[] = [];
  let answer: Answer | null = null;
  let clock = query.at;
  /** Forwards that neither an answer nor silence has ended; the last of them is what the owner answers. */
  const open = new Set<number>();
  let transaction = -1;
  const siteOf = (step: TraceStep): MetSite | null =>
    step.kind === 'ask' ? upstream.siteAt(step.server, clock) : null;
  const perform = (node: number, effect: Effect): void => {
    switch (effect.kind) {
      case 'observe':
        steps.push({ at: clock - query.at, node, step: effect.step, site: siteOf(effect.step) });
        break;
      case 'answer':
        if (effect.client === CLIENT) answer = effect;
        else queue.schedule(clock + delay, FORWARD_ANSWER, query.node, transaction, effect);
        break;
      case 'wake':
        queue.schedule(
          effect.at - (effect.time === 'clock' ? aheadOf(node) : 0),
          ...([TIMER, node, effect.timer, null] as const),
        );
        break;
      case 'forward':
        ({ transaction } = effect);
        open.add(transaction);
        queue.schedule(clock + delay, FORWARD, effect.owner, 0, effect);
        queue.schedule(clock + effect.timeout, SILENCE, node, transaction, null);
        break;
      case 'ask':
        ask(node, effect);
    }
  };
  const ask = (node: number, effect: Ask): void => {
    const server = upstream.server(effect.server.text);
    const wait = upstream.delay(effect, server, clock);
    const arrives = wait >= 0 && wait <= effect.timeout;
    const message = arrives
      ? upstream.response(effect, server, clock + Math.floor(wait / 2), -1)
      : null;
    const until = clock + (message === null ? effect.timeout : wait);
    queue.schedule(until, UPSTREAM, node, effect.transaction, message);
  };
  const feed = (node: number, event: ResolverEvent): void => {
    for (const effect of (nodes[node] as Resolver).handle(event, clock, clock + aheadOf(node))) {
      perform(node, effect);
    }
  };
  for (const node of nodes) node.observing = true;
  const { question, dnssecOk, checkingDisabled } = query;
  // Draws of its own: no client group has this number.
  const draw = { source: -1, ordinal: 0, attempt: 0 };
  const asked = { ...FLAGS, question, questionId: -1, dnssecOk, checkingDisabled, draw };
  const origin = { clientGroup: '', tags: 0, forwarded: false };
  feed(query.node, { kind: 'query', client: CLIENT, ...asked, ...origin });
  while (answer === null && queue.take()) {
    clock = queue.time;
    const { kind, place: node, id, load } = queue;
    if (kind === TIMER) feed(node, { kind: 'timer', timer: id });
    else if (kind === FORWARD) {
      const { tags } = load as Forward;
      const from = { clientGroup: '', tags, forwarded: true };
      feed(node, { kind: 'query', client: ENTRY, ...asked, ...from });
    } else if ((kind === FORWARD_ANSWER || kind === SILENCE) && !open.delete(id)) {
      // too late, or in time: what there was to tell has been told
    } else if (kind === FORWARD_ANSWER) {
      feed(node, { kind: 'forwarded', transaction: id, answer: load as OwnerAnswer });
    } else if (load === null) feed(node, { kind: 'timeout', transaction: id });
    else feed(node, { kind: 'response', transaction: id, message: load as Message });
  }
  for (const node of nodes) node.observing = false;
  if (answer === null) throw new Error('the traced lookup was never answered');
  return { steps, answer, elapsed: clock - query.at };
}
