/** What an observer (a trace) is told of the caches and of the ends of lookups. */

import { type CachedAnswer, isFailure } from './cache/cached-answer.ts';
import type { ClientQuery } from './events.ts';
import type { Fetch } from './fetch.ts';
import type { NodeState } from './node.ts';
import { SECOND } from './time.ts';
import { rcodeName, typeName } from './wire/iana.ts';

export function observeLookupEnd(node: NodeState, fetch: Fetch, answer: CachedAnswer): void {
  const { question, depth } = fetch;
  const authenticated = answer.secure;
  const source = null;
  node.observe?.({ kind: 'outcome', question, depth, source, authenticated, answer });
}

export function observeQuery(node: NodeState, query: ClientQuery): void {
  const { observe, table, clock } = node;
  const { question, checkingDisabled, forwarded } = query;
  const tags = node.ports.policy?.tagNames.namesOf(query.tags) ?? [];
  observe?.({ kind: 'query', question, checkingDisabled, forwarded, tags });
  const cached = table.find(question.name, question.type, checkingDisabled);
  if (cached === undefined || clock >= cached.expiresAt) {
    const name = question.name.toString();
    const text = cached === undefined ? 'nothing cached' : 'expired';
    observe?.({ kind: 'cache', store: 'answer', found: false, name, text });
  } else {
    observeCached(node, cached);
  }
}

export function observeCached(node: NodeState, cached: CachedAnswer): void {
  const seconds = Math.floor((cached.expiresAt - node.clock) / SECOND);
  node.observe?.({
    kind: 'cache',
    store: isFailure(cached) ? 'failure' : 'answer',
    found: true,
    name: cached.question.name.toString(),
    text: `${typeName(cached.question.type)} ${rcodeName(cached.rcode)} cached for ${seconds} s more`,
  });
}
