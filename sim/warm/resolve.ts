/**
 * One question really resolved at one node at an instant of the past: every query goes to the authorities as
 * they were then, and its answer comes back at once. The node's clock stands still; its other time, by which
 * it measures its servers, goes on by the round trip. Nothing else happens meanwhile, and timers are left
 * out: no client waits.
 */

import type { CachedAnswer } from '../../resolver-core/cache/cached-answer.ts';
import type { Ask, DrawKey, ResolverEvent } from '../../resolver-core/events.ts';
import type { Question } from '../../resolver-core/message.ts';
import type { Resolver } from '../../resolver-core/resolver.ts';
import type { Micros } from '../../resolver-core/time.ts';
import type { Upstream } from '../net/upstream.ts';

export interface PastQuery {
  readonly question: Question;
  /** Dense question id, or -1. */
  readonly questionId: number;
  readonly checkingDisabled: boolean;
  readonly draw: DrawKey;
}

/** What the node answered to a query that it got at `at`. */
export function resolveAt(
  node: Resolver,
  upstream: Upstream,
  query: PastQuery,
  at: Micros,
): CachedAnswer {
  const asks: Ask[] = [];
  let answer: CachedAnswer | null = null;
  let now = at;
  const feed = (event: ResolverEvent): void => {
    for (const effect of node.handle(event, now, at)) {
      if (effect.kind === 'ask') asks.push(effect);
      else if (effect.kind === 'answer') answer = effect.answer;
    }
  };
  const flags = { recursionDesired: true, dnssecOk: true, authenticData: false };
  // Whoever owns the question: this node resolves it.
  const origin = { clientGroup: '', tags: 0, forwarded: true };
  feed({ kind: 'query', client: 0, ...query, ...flags, ...origin });
  for (let ask = asks.shift(); ask !== undefined; ask = asks.shift()) {
    const { transaction } = ask;
    const server = upstream.server(ask.server.text);
    const delay = upstream.delay(ask, server, at);
    const arrives = delay >= 0 && delay <= ask.timeout;
    const id = ask.question === query.question ? query.questionId : -1;
    const message = arrives ? upstream.response(ask, server, at, id) : null;
    now += message === null ? ask.timeout : delay;
    if (message === null) feed({ kind: 'timeout', transaction });
    else feed({ kind: 'response', transaction, message });
  }
  if (answer === null) throw new Error(`no answer for ${query.question.name} in the past`);
  return answer;
}
