/**
 * Why octets are not a DNS message: a value with the offset at which reading stopped, never a throw.
 * A server answers every one of these with FORMERR (RFC 1035 section 4.1.1), a client drops them.
 */

export type ReadFailureCode =
  /** Fewer than 12 octets. */
  | 'header-truncated'
  /** More than 65,535 octets. */
  | 'message-too-long'
  /** More than one question (RFC 9619). */
  | 'question-count'
  /** A name, a record or its RDATA runs past the end; also counts that promise more than there is. */
  | 'truncated'
  /** More records than `MAX_RECORDS_PER_MESSAGE`. */
  | 'too-many-records'
  /** Label types 01 and 10 (RFC 6891 section 5 retired them). */
  | 'label-type'
  /** RFC 1035 section 4.1.4: a pointer names a prior occurrence. */
  | 'pointer-not-backward'
  | 'pointer-into-header'
  /** More than `MAX_POINTER_HOPS` in one name. */
  | 'pointer-hops'
  /** RFC 1035 section 2.3.4. */
  | 'name-too-long'
  /** The names of the message take more than `MAX_NAME_WORK`. */
  | 'name-work'
  /** RDATA of a known type that is too short, too long or inconsistent. */
  | 'bad-rdata'
  /** RFC 6891 section 6.1.1: OPT outside the additional section. */
  | 'opt-section'
  /** RFC 6891 section 6.1.1: more than one OPT. */
  | 'opt-repeated'
  /** RFC 6891 section 6.1.2: the owner of OPT is the root. */
  | 'opt-owner'
  /** An EDNS option runs past the RDATA of its OPT. */
  | 'opt-option'
  /** More EDNS options than `MAX_EDNS_OPTIONS`. */
  | 'opt-options';

export interface ReadFailure {
  readonly ok: false;
  readonly code: ReadFailureCode;
  /** Octets from the start of the message. */
  readonly offset: number;
}

export function failure(code: ReadFailureCode, offset: number): ReadFailure {
  return { ok: false, code, offset };
}
