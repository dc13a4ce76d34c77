/**
 * What the answer table remembers about one question: an answer, or the failure to get one, with
 * its cause. Immutable; one object serves clients with and without DO.
 */

import type { ExtendedError, Question } from '../message.ts';
import type { RRset } from '../rrset.ts';
import { type Micros, SECOND } from '../time.ts';
import { RCODE } from '../wire/iana.ts';

export interface CachedAnswer {
  readonly question: Question;
  /** Kept apart from validated answers (docs/design.md): data that nobody validated. */
  readonly checkingDisabled: boolean;
  readonly rcode: number;
  /** Every RRset of answer and authority is secure (RFC 4035 section 3.2.3). */
  readonly secure: boolean;
  readonly answer: readonly RRset[];
  readonly authority: readonly RRset[];
  /** Empty unless answers are to be more than minimal. */
  readonly additional: readonly RRset[];
  /** Extended DNS Errors that travel with the answer (RFC 8914), most specific first. */
  readonly errors: readonly ExtendedError[];
  /** Instant of the clock at which it was made; TTLs count down from here. */
  readonly storedAt: Micros;
  /** Fresh before this instant of the clock. */
  readonly expiresAt: Micros;
  /** For a failure (RFC 9520): its present lifetime in seconds, which the next failure doubles; 0 for an answer. */
  readonly failureTtl: number;
}

const NO_RRSETS: readonly RRset[] = [];

/** A failure as remembered and answered: SERVFAIL with the cause. */
export function failureOf(
  question: Question,
  checkingDisabled: boolean,
  errors: readonly ExtendedError[],
  clock: Micros,
  failureTtl: number,
): CachedAnswer {
  return {
    question,
    checkingDisabled,
    rcode: RCODE.SERVFAIL,
    secure: false,
    answer: NO_RRSETS,
    authority: NO_RRSETS,
    additional: NO_RRSETS,
    errors,
    storedAt: clock,
    expiresAt: clock + failureTtl * SECOND,
    failureTtl,
  };
}

/**
 * RRsets stored at `storedAt`, with TTLs as they stand at `clock`, each by itself (RFC 1035 section 7.4):
 * whole seconds that are left, which is what goes on the wire. RRsets that have not aged are not copied.
 */
export function agedTo(
  rrsets: readonly RRset[],
  storedAt: Micros,
  clock: Micros,
): readonly RRset[] {
  const age = Math.ceil((clock - storedAt) / SECOND);
  return age <= 0 ? rrsets : rrsets.map((rrset) => rrset.withTtl(Math.max(0, rrset.ttl - age)));
}

export function isFailure(answer: CachedAnswer): boolean {
  return answer.failureTtl > 0;
}
