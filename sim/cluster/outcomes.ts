/** How the ways in which a node answers are counted. */

import {
  OUTCOME_AUTHENTICATED,
  OUTCOME_FAILURE,
  OUTCOME_STALE,
  OUTCOME_UNVALIDATED,
  OUTCOMES,
} from '../../resolver-core/cache/table.ts';
import type { Answer, AnswerSource } from '../../resolver-core/events.ts';
import { RCODE } from '../../resolver-core/wire/iana.ts';
import { COLUMN, PLAIN_NXDOMAIN, PLAIN_SECURE } from './counter.ts';

/** By outcome: the plain outcome that it counts as, or -1. */
export const PLAIN: Int8Array = new Int8Array(OUTCOMES).fill(-1);
PLAIN[RCODE.NOERROR] = 0;
PLAIN[RCODE.NXDOMAIN] = PLAIN_NXDOMAIN;
PLAIN[RCODE.NOERROR | OUTCOME_AUTHENTICATED] = PLAIN_SECURE;
PLAIN[RCODE.NXDOMAIN | OUTCOME_AUTHENTICATED] = PLAIN_NXDOMAIN | PLAIN_SECURE;

/** The cache column of each source. */
export const SOURCE_COLUMN: Readonly<Record<AnswerSource, number>> = {
  hit: COLUMN.hits,
  'forwarded-hit': COLUMN.forwardedHits,
  miss: COLUMN.misses,
  joined: COLUMN.joined,
  'failure-cached': COLUMN.failureCached,
  synthesised: COLUMN.synthesised,
  stale: COLUMN.cacheStale,
  'static-zone': COLUMN.staticZone,
  policy: COLUMN.policy,
};

/** The cache column of what a probe finds. */
export function columnOf(outcome: number): number {
  if ((outcome & OUTCOME_FAILURE) !== 0) return COLUMN.failureCached;
  return (outcome & OUTCOME_STALE) !== 0 ? COLUMN.cacheStale : COLUMN.hits;
}

/** How a node that answers with what a probe finds has answered. */
export function sourceOf(outcome: number): AnswerSource {
  if ((outcome & OUTCOME_FAILURE) !== 0) return 'failure-cached';
  return (outcome & OUTCOME_STALE) !== 0 ? 'stale' : 'hit';
}

/** RCODE and bits of an answer, as those of a hit. */
export function outcomeOf({ answer: { rcode }, authenticated, unvalidated }: Answer): number {
  const secure = authenticated ? OUTCOME_AUTHENTICATED : 0;
  return rcode | secure | (unvalidated ? OUTCOME_UNVALIDATED : 0);
}
