/** Queries that nothing is resolved for, and what their clients are told. */

import type { CachedAnswer } from './cache/cached-answer.ts';
import type { ClientQuery } from './events.ts';
import { MAX_FETCHES } from './limits.ts';
import type { ExtendedError } from './message.ts';
import { momentary } from './resolution.ts';
import { EDE, RCODE, TYPE } from './wire/iana.ts';

/**
 * Types that are no data of a name: transfers, OPT and their like are no questions for a resolver (RFC
 * 6895 section 3.1). ANY is answered with what the servers give, which may be less than all (RFC 8482).
 */
export function isMeta(type: number): boolean {
  return type === TYPE.SIG || type === TYPE.OPT || (type >= 128 && type < TYPE.ANY);
}

const REFUSED_TYPE: readonly ExtendedError[] = [
  { code: EDE.NOT_SUPPORTED, text: 'query type is not resolved' },
];
/** RFC 8914 section 4.21: what a resolver says to a query without RD. */
const NOT_AT_HAND: readonly ExtendedError[] = [
  { code: EDE.NOT_AUTHORITATIVE, text: 'not at hand, and recursion is not desired' },
];
const TOO_MUCH: readonly ExtendedError[] = [
  { code: EDE.OTHER, text: `more than ${MAX_FETCHES} resolutions under way` },
];

/** REFUSED for a type that is no data, or for want of RD. */
export function refused(query: ClientQuery): CachedAnswer {
  const errors = isMeta(query.question.type) ? REFUSED_TYPE : NOT_AT_HAND;
  return { ...momentary(query, errors), rcode: RCODE.REFUSED };
}

/** The failure of a query that came when no more could be begun. */
export function tooMuchAtOnce(query: ClientQuery): CachedAnswer {
  return momentary(query, TOO_MUCH);
}
