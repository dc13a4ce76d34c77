/** What becomes of the ends of fetches in the answer table (RFC 8767 section 4, RFC 9520 section 3.2). */

import { type CachedAnswer, isFailure } from './cache/cached-answer.ts';
import type { Fetch } from './fetch.ts';
import type { NodeState } from './node.ts';
import { refreshFrom } from './policy/prefetch.ts';
import { failureAfter } from './policy/stale.ts';
import { type Micros, SECOND } from './time.ts';

/** Puts into the table what came of a fetch; `failed` tells whether nothing new came. */
export function remember(
  node: NodeState,
  fetch: Fetch,
  entry: CachedAnswer,
  failed: boolean,
): void {
  const { clock, config } = node;
  let questionId = -1;
  for (const waiter of fetch.waiters) questionId = Math.max(questionId, waiter.questionId);
  let quickUntil = refreshFrom(entry, config.prefetch);
  // A refresh that failed is not tried again by the next hit.
  if (failed) quickUntil = Math.max(quickUntil, clock + config.failureTtl * SECOND);
  store(node, entry, questionId, Math.min(quickUntil, entry.expiresAt));
}

export function store(
  node: NodeState,
  entry: CachedAnswer,
  questionId: number,
  quickUntil: Micros,
): void {
  const { table, clock, config } = node;
  if (clock < entry.expiresAt) {
    table.store(entry, questionId, quickUntil);
    return;
  }
  // A TTL of 0 and a failure of circumstances serve those who wait, and nobody after them. But data
  // with a TTL of 0 are an answer: what they replace is not to be given any more (RFC 8767 section 4).
  if (config.serveStale === null || isFailure(entry)) return;
  const { name, type } = entry.question;
  if (table.find(name, type, entry.checkingDisabled) !== undefined) table.store(entry, questionId);
}

/**
 * What stands after a failure. A fresh answer does: an alias may have become known meanwhile, from
 * another fetch, and a refresh may begin early.
 */
export function insteadOf(
  { table, clock, config }: NodeState,
  failure: CachedAnswer,
): CachedAnswer {
  const { question, checkingDisabled } = failure;
  const held = table.find(question.name, question.type, checkingDisabled);
  if (held !== undefined && !isFailure(held) && clock < held.expiresAt) return held;
  return failureAfter(held, failure, config, clock);
}
