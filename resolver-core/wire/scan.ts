/**
 * One pass over a message to offsets (RFC 1035 section 4.1): the header, the question, and where
 * each record lies. RDLENGTH is law: the next record begins where it says, whatever the RDATA means.
 *
 * Does not follow compression pointers and does not look into RDATA; `read.ts` does. Cost: about
 * 10 ns per record and one typed array per message.
 */

import { MAX_MESSAGE_OCTETS, MAX_RECORDS_PER_MESSAGE } from '../limits.ts';
import { failure, type ReadFailure } from './failure.ts';

export const HEADER_OCTETS = 12;

/** Bits of the second 16 of the header (RFC 1035 section 4.1.1, RFC 4035 section 3.2). */
export const FLAG = {
  QR: 0x8000,
  AA: 0x0400,
  TC: 0x0200,
  RD: 0x0100,
  RA: 0x0080,
  AD: 0x0020,
  CD: 0x0010,
} as const;

/** Numbers per record in `Scan.records`. */
export const RECORD_STRIDE = 6;
/** What they are, in order: offset of the owner, type, class, TTL as a signed number, offset and length of the RDATA. */
export const RECORD = { OWNER: 0, TYPE: 1, CLASS: 2, TTL: 3, RDATA: 4, RDLENGTH: 5 } as const;

export interface Scan {
  readonly ok: true;
  readonly octets: Uint8Array;
  readonly id: number;
  readonly flags: number;
  /** Whether there is a question; its name begins at `HEADER_OCTETS`. */
  readonly hasQuestion: boolean;
  /** Offset behind the question section. */
  readonly questionEnd: number;
  readonly questionType: number;
  readonly questionClass: number;
  readonly answerCount: number;
  readonly authorityCount: number;
  readonly additionalCount: number;
  /** `RECORD_STRIDE` numbers per record, the three sections one after another. */
  readonly records: Int32Array;
  /** Offset behind the last record. */
  readonly end: number;
}

/** Splits a message into its records. Total: malformed octets give a failure. */
export function scanMessage(octets: Uint8Array): Scan | ReadFailure {
  if (octets.length < HEADER_OCTETS) return failure('header-truncated', octets.length);
  if (octets.length > MAX_MESSAGE_OCTETS) return failure('message-too-long', MAX_MESSAGE_OCTETS);
  const questionCount = u16(octets, 4);
  if (questionCount > 1) return failure('question-count', 4);
  let at = HEADER_OCTETS;
  if (questionCount === 1) {
    at = skipName(octets, HEADER_OCTETS);
    if (at < 0) return failure(at === BAD_LABEL ? 'label-type' : 'truncated', HEADER_OCTETS);
    at += 4;
    if (at > octets.length) return failure('truncated', octets.length);
  }
  const answerCount = u16(octets, 6);
  const authorityCount = u16(octets, 8);
  const additionalCount = u16(octets, 10);
  const count = answerCount + authorityCount + additionalCount;
  if (count > MAX_RECORDS_PER_MESSAGE) return failure('too-many-records', 6);
  // A record has at least 11 octets: counts that lie are refused before anything is allocated.
  if (count * 11 > octets.length - at) return failure('truncated', octets.length);

  const questionEnd = at;
  const records = new Int32Array(count * RECORD_STRIDE);
  for (let i = 0; i < records.length; i += RECORD_STRIDE) {
    const fixed = skipName(octets, at);
    if (fixed < 0) return failure(fixed === BAD_LABEL ? 'label-type' : 'truncated', at);
    if (fixed + 10 > octets.length) return failure('truncated', at);
    const length = u16(octets, fixed + 8);
    const next = fixed + 10 + length;
    if (next > octets.length) return failure('truncated', fixed + 8);
    records[i] = at;
    records[i + RECORD.TYPE] = u16(octets, fixed);
    records[i + RECORD.CLASS] = u16(octets, fixed + 2);
    records[i + RECORD.TTL] = (u16(octets, fixed + 4) << 16) | u16(octets, fixed + 6);
    records[i + RECORD.RDATA] = fixed + 10;
    records[i + RECORD.RDLENGTH] = length;
    at = next;
  }
  return {
    ok: true,
    octets,
    id: u16(octets, 0),
    flags: u16(octets, 2),
    hasQuestion: questionCount === 1,
    questionEnd,
    questionType: questionCount === 1 ? u16(octets, questionEnd - 4) : 0,
    questionClass: questionCount === 1 ? u16(octets, questionEnd - 2) : 0,
    answerCount,
    authorityCount,
    additionalCount,
    records,
    end: at,
  };
}

const PAST_END = -1;
const BAD_LABEL = -2;

/** Offset behind a name as it stands (labels, then the root or a pointer); negative on failure. */
function skipName(octets: Uint8Array, from: number): number {
  let at = from;
  while (at < octets.length) {
    const label = octets[at] as number;
    if (label === 0) return at + 1;
    if (label >= 0xc0) return at + 2;
    if (label >= 0x40) return BAD_LABEL;
    at += label + 1;
  }
  return PAST_END;
}

function u16(octets: Uint8Array, at: number): number {
  return ((octets[at] as number) << 8) | (octets[at + 1] as number);
}
