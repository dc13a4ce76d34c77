/**
 * Override rules: in which phase, for which queries, what is done (no RFC; in the form that 1.1.1.1 showed
 * in its report on 4 October 2023). The text form is read in `rule-text.ts`.
 *
 * A rule matches when each of its matches does; of one match any value will do, and a match without
 * values is none. Colo and node are those of the node that runs the rule, the client group that of the query.
 */

import { type CachedAnswer, failureOf } from '../cache/cached-answer.ts';
import type { ExtendedError, Question } from '../message.ts';
import type { Name } from '../name/name.ts';
import { RRset } from '../rrset.ts';
import type { Micros } from '../time.ts';
import { EDE, RCODE } from '../wire/iana.ts';
import type { App, Phase } from './phases.ts';

export interface Rule {
  readonly phase: Phase;
  readonly match: Match;
  readonly action: Action;
  /** As written: what a rule is known by when it is lifted. */
  readonly text: string;
}

export interface Match {
  /** Exactly these names, or … */
  readonly names: readonly Name[];
  /** … these and all below them. */
  readonly subtrees: readonly Name[];
  readonly types: readonly number[];
  readonly colos: readonly string[];
  /** Numbers of nodes within their colo, from 0. */
  readonly nodes: readonly number[];
  readonly clientGroups: readonly string[];
  /** Tags that the query came with or that rules before this one set. */
  readonly tags: readonly string[];
}

export type Action =
  | { readonly kind: 'set-tag'; readonly tag: string }
  /** Sets the tag that the app looks for. */
  | { readonly kind: 'disable-app'; readonly app: App }
  /**
   * Sets the tag of queries that cached answers are not given to; what is fetched instead is cached, and
   * when that fails, what was cached stands. Cached aliases on the way, zones and keys are used as ever.
   */
  | { readonly kind: 'bypass-cache' }
  | { readonly kind: 'answer'; readonly with: FixedAnswer }
  | { readonly kind: 'refuse' }
  /** Nothing is validated at and below the subtrees that are matched, save under a trust anchor of its own. */
  | { readonly kind: 'mark-insecure' };

/** The same for every name; questions for another type than that of the records get NODATA. */
export type FixedAnswer =
  | { readonly kind: 'nodata' }
  | { readonly kind: 'nxdomain' }
  | {
      readonly kind: 'records';
      readonly type: number;
      /** Seconds. */
      readonly ttl: number;
      readonly rdata: readonly Uint8Array[];
    };

/** What each phase can do. An answer once given and a cache once searched are not to be undone. */
export const ACTIONS_OF: Readonly<Record<Phase, readonly Action['kind'][]>> = {
  'pre-cache': ['set-tag', 'disable-app', 'bypass-cache', 'answer', 'refuse'],
  'post-cache': ['set-tag', 'disable-app', 'answer', 'refuse'],
  validation: ['mark-insecure'],
};

/** True when the rule changes what a client gets though the cache has an answer for it. */
export function overridesCache({ phase, action }: Rule): boolean {
  if (phase !== 'pre-cache') return false;
  return action.kind === 'answer' || action.kind === 'refuse' || action.kind === 'bypass-cache';
}

const NO_RRSETS: readonly RRset[] = [];
const FORGED: readonly ExtendedError[] = [{ code: EDE.FORGED_ANSWER, text: '' }];
const BLOCKED: readonly ExtendedError[] = [{ code: EDE.BLOCKED, text: '' }];

/** REFUSED with EDE 15 (RFC 8914 section 4.16). */
export function refusal(
  question: Question,
  checkingDisabled: boolean,
  clock: Micros,
): CachedAnswer {
  const refused = failureOf(question, checkingDisabled, BLOCKED, false, clock, 0);
  return { ...refused, rcode: RCODE.REFUSED };
}

/** The answer that a rule gives, with EDE 4 (RFC 8914 section 4.5), unvalidated and kept by nobody here. */
export function answerWith(
  fixed: FixedAnswer,
  question: Question,
  checkingDisabled: boolean,
  clock: Micros,
): CachedAnswer {
  const isAsked = fixed.kind === 'records' && fixed.type === question.type;
  return {
    question,
    checkingDisabled,
    rcode: fixed.kind === 'nxdomain' ? RCODE.NXDOMAIN : RCODE.NOERROR,
    secure: false,
    answer: isAsked ? [new RRset(question.name, fixed.type, fixed.ttl, fixed.rdata)] : NO_RRSETS,
    authority: NO_RRSETS,
    additional: NO_RRSETS,
    errors: FORGED,
    storedAt: clock,
    expiresAt: clock,
    failure: null,
  };
}
