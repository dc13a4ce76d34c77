/**
 * What the answer table remembers about one question: an answer, or the failure to get one, with
 * its cause. Immutable; one object serves clients with and without DO.
 */

import type { ExtendedError, Question } from '../message.ts';
import type { Name } from '../name/name.ts';
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
  /** null for an answer. */
  readonly failure: FailureDetail | null;
}

/** What is remembered of a failure beside its cause. */
export interface FailureDetail {
  /** Its lifetime in seconds (RFC 9520), which the next failure doubles. */
  readonly ttl: number;
  /** Data came, and did not validate. */
  readonly bogus: boolean;
  /** The name that could not be resolved or validated: that of the question, or of another that it led to. */
  readonly subject: Name;
  /**
   * The answer that had expired when it failed, made ready to be given again (`policy/stale.ts`): while
   * it may be used, clients get it in place of the failure. null when there is none.
   */
  readonly stale: CachedAnswer | null;
}

const NO_RRSETS: readonly RRset[] = [];
const LONG_AGO = Number.NEGATIVE_INFINITY;

/** A failure as remembered and answered: SERVFAIL with the cause. `ttl` is in seconds. */
export function failureOf(
  question: Question,
  checkingDisabled: boolean,
  errors: readonly ExtendedError[],
  bogus: boolean,
  clock: Micros,
  ttl: number,
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
    expiresAt: clock + ttl * SECOND,
    failure: { ttl, bogus, subject: question.name, stale: null },
  };
}

/** Takes room and is of no use to anybody, as if it had come with a TTL of 0 (RFC 8767 section 4). */
export function spentAnswer(
  question: Question,
  checkingDisabled: boolean,
  clock: Micros,
): CachedAnswer {
  return { ...failureOf(question, checkingDisabled, [], false, clock, 0), failure: null };
}

/** What remains of an entry that was flushed: nothing that anybody is given. */
export function emptied({ question, checkingDisabled, rcode }: CachedAnswer): CachedAnswer {
  return {
    ...{ question, checkingDisabled, rcode, secure: false },
    ...{ answer: NO_RRSETS, authority: NO_RRSETS, additional: NO_RRSETS, errors: [] },
    ...{ storedAt: LONG_AGO, expiresAt: LONG_AGO, failure: null },
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

export function isFailure(
  answer: CachedAnswer,
): answer is CachedAnswer & { readonly failure: FailureDetail } {
  return answer.failure !== null;
}
