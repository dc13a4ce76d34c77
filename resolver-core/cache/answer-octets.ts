/**
 * Entries of the answer table as octets, for caches in memory that threads share: all that a `CachedAnswer`
 * says, and until when a probe may find it. The records are a DNS message (`wire/write.ts`), so that
 * names are compressed and RRsets keep their signatures; the rest stands around it.
 *
 *   key       QTYPE, validated or not, QNAME in lower case
 *   form      when stored, expired, due; flags; of a failure its TTL and whose it is; message;
 *             and the form of the answer that stands in for a failure, if there is one
 *
 * Not for other machines or other versions of this: nothing in it says what it is.
 */

import type { Message, Question } from '../message.ts';
import { Name } from '../name/name.ts';
import type { Micros } from '../time.ts';
import { readMessage } from '../wire/read.ts';
import { writeMessage } from '../wire/write.ts';
import type { CachedAnswer, FailureDetail } from './cached-answer.ts';

export interface HeldAnswer {
  readonly entry: CachedAnswer;
  /** A probe finds it before this instant of the clock. */
  readonly quickUntil: Micros;
}

const FLAG_SECURE = 1;
const FLAG_FAILURE = 2;
const FLAG_BOGUS = 4;
const FLAG_STALE = 8;

/** Three instants, flags, the TTL of a failure, length of the message. */
const FIXED_OCTETS = 3 * 8 + 1 + 4 + 2;

/** What two entries never share: the question, and whether it was validated. */
export function keyOctets({ name, type }: Question, checkingDisabled: boolean): Uint8Array {
  const { wire } = name;
  const out = new Uint8Array(3 + wire.length);
  out[0] = type >>> 8;
  out[1] = type;
  out[2] = checkingDisabled ? 1 : 0;
  out.set(wire, 3);
  return out;
}

/** The entry; null when it is larger than a message can be. */
export function answerOctets(entry: CachedAnswer, quickUntil: Micros): Uint8Array | null {
  const { failure } = entry;
  const message = messageOctets(entry);
  const stale = failure?.stale ?? null;
  const inner = stale === null ? NO_OCTETS : answerOctets(stale, quickUntil);
  if (message === null || inner === null) return null;
  const subject = failure?.subject.wire ?? NO_OCTETS;
  const out = new Uint8Array(FIXED_OCTETS + subject.length + message.length + inner.length);
  const view = new DataView(out.buffer);
  view.setFloat64(0, entry.storedAt);
  view.setFloat64(8, entry.expiresAt);
  view.setFloat64(16, quickUntil);
  out[24] =
    (entry.secure ? FLAG_SECURE : 0) |
    (failure === null ? 0 : FLAG_FAILURE) |
    (failure?.bogus === true ? FLAG_BOGUS : 0) |
    (stale === null ? 0 : FLAG_STALE);
  view.setUint32(25, failure?.ttl ?? 0);
  view.setUint16(29, message.length);
  out.set(subject, FIXED_OCTETS);
  out.set(message, FIXED_OCTETS + subject.length);
  out.set(inner, FIXED_OCTETS + subject.length + message.length);
  return out;
}

/** Back from `answerOctets`; throws when the octets are not from there. */
export function readAnswer(octets: Uint8Array, checkingDisabled: boolean): HeldAnswer {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  const flags = octets[24] as number;
  const isFailure = (flags & FLAG_FAILURE) !== 0;
  const subject = isFailure ? Name.fromWire(octets, FIXED_OCTETS) : null;
  const at = FIXED_OCTETS + (subject === null ? 0 : subject.key.length + 1);
  const end = at + view.getUint16(29);
  const read = readMessage(octets.subarray(at, end));
  if (!read.ok) throw new Error(`octets of an answer: ${read.code}`);
  const { question, answer, authority, additional, rcode, edns } = read.message;
  if (question === null || edns === null) throw new Error('octets of an answer without question');
  const isStale = (flags & FLAG_STALE) !== 0;
  const failure: FailureDetail | null =
    subject === null
      ? null
      : {
          ttl: view.getUint32(25),
          bogus: (flags & FLAG_BOGUS) !== 0,
          subject,
          stale: isStale ? readAnswer(octets.subarray(end), checkingDisabled).entry : null,
        };
  const entry: CachedAnswer = {
    ...{ question, checkingDisabled, rcode, secure: (flags & FLAG_SECURE) !== 0 },
    ...{ answer, authority, additional, errors: edns.extendedErrors },
    ...{ storedAt: view.getFloat64(0), expiresAt: view.getFloat64(8), failure },
  };
  return { entry, quickUntil: view.getFloat64(16) };
}

function messageOctets(entry: CachedAnswer): Uint8Array | null {
  const { question, answer, authority, additional, rcode, errors } = entry;
  const off = { truncated: false, recursionDesired: false, recursionAvailable: false };
  const message: Message = {
    ...{ response: true, opcode: 0, rcode, authoritative: false, authenticatedData: false, ...off },
    ...{ checkingDisabled: false, question, answer, authority, additional, dnssec: true },
    edns: { version: 0, udpSize: 0, dnssecOk: true, extendedErrors: errors, options: [] },
  };
  const octets = writeMessage(message, { id: 0 });
  const isCut = ((octets[2] as number) & 0x02) !== 0;
  return isCut ? null : octets;
}

const NO_OCTETS = new Uint8Array(0);
