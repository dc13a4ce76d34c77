/**
 * What the nodes of a colo tell each other beside the DNS message when one hands a query to another, as an
 * EDNS option with a code for local use (RFC 6891 section 9: 65001 to 65534). No RFC has this option; nobody
 * outside the cluster gets to see it.
 *
 *   query     version, client group, tags          the last two as length and octets of text
 *   response  version, source, flags, age, remaining, failure TTL, subject
 *
 * Tags travel by their names, since which bit a name has is each node's own business. Records travel with
 * the TTLs that they were stored with; `age` says when that was, so that both nodes count down from one instant.
 */

import type { CachedAnswer } from '../../resolver-core/cache/cached-answer.ts';
import type { AnswerSource, OwnerAnswer } from '../../resolver-core/events.ts';
import type { EdnsOption, Message, Question } from '../../resolver-core/message.ts';
import { Name, NameError } from '../../resolver-core/name/name.ts';
import type { TagNames, Tags } from '../../resolver-core/policy/phases.ts';
import type { Micros } from '../../resolver-core/time.ts';

export const FORWARD_OPTION = 65_001;
const VERSION = 1;

/** In the order of their numbers in the option. */
const SOURCES: readonly AnswerSource[] = [
  'hit',
  'forwarded-hit',
  'miss',
  'joined',
  'failure-cached',
  'synthesised',
  'stale',
  'static-zone',
  'policy',
];

const SECURE = 1;
const FAILURE = 2;
const BOGUS = 4;
/** Version, source, flags, two doubles, the TTL of a failure. */
const RESPONSE_OCTETS = 3 + 8 + 8 + 4;

export interface ForwardedBy {
  readonly clientGroup: string;
  readonly tags: Tags;
}

export function queryOption({ clientGroup, tags }: ForwardedBy, names: TagNames): EdnsOption {
  const texts = [clientGroup, ...names.namesOf(tags)].map((text) => encoder.encode(text));
  const octets = [VERSION];
  for (const text of texts) octets.push(Math.min(text.length, 0xff), ...text.subarray(0, 0xff));
  return { code: FORWARD_OPTION, data: Uint8Array.from(octets) };
}

/** What a query from another node comes with; null when that is none of ours. */
export function readQueryOption(query: Message, names: TagNames): ForwardedBy | null {
  const data = optionOf(query);
  if (data === null || data[0] !== VERSION) return null;
  const texts: string[] = [];
  for (let at = 1; at < data.length; ) {
    const end = at + 1 + (data[at] as number);
    if (end > data.length) return null;
    texts.push(decoder.decode(data.subarray(at + 1, end)));
    at = end;
  }
  const [clientGroup, ...tags] = texts;
  if (clientGroup === undefined) return null;
  try {
    return { clientGroup, tags: tags.reduce((bits, tag) => bits | names.bit(tag), 0) };
  } catch (error) {
    if (error instanceof RangeError) return null; // more tags than there are bits
    throw error;
  }
}

/** `clock` is that of the node that answers. */
export function responseOption({ source, answer }: OwnerAnswer, clock: Micros): EdnsOption {
  const { failure, storedAt, expiresAt, secure } = answer;
  const subject = failure?.subject.wire ?? new Uint8Array(0);
  const data = new Uint8Array(RESPONSE_OCTETS + subject.length);
  const view = new DataView(data.buffer);
  data[0] = VERSION;
  data[1] = SOURCES.indexOf(source);
  data[2] = (secure ? SECURE : 0) | (failure === null ? 0 : FAILURE) | (failure?.bogus ? BOGUS : 0);
  view.setFloat64(3, clock - storedAt);
  view.setFloat64(11, expiresAt - clock);
  view.setUint32(19, failure?.ttl ?? 0);
  data.set(subject, RESPONSE_OCTETS);
  return { code: FORWARD_OPTION, data };
}

/**
 * What the owner says in a response to `question`, by the `clock` of the node that asked; null when the
 * response is not one of ours.
 */
export function readResponse(
  response: Message,
  question: Question,
  clock: Micros,
): OwnerAnswer | null {
  const data = optionOf(response);
  if (data === null || data.length < RESPONSE_OCTETS || data[0] !== VERSION) return null;
  const source = SOURCES[data[1] as number];
  const flags = data[2] as number;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const age = view.getFloat64(3);
  const remaining = view.getFloat64(11);
  if (source === undefined || Number.isNaN(age) || Number.isNaN(remaining)) return null;
  const isFailure = (flags & FAILURE) !== 0;
  const subject = isFailure ? subjectOf(data) : question.name;
  if (subject === null) return null;
  const answer: CachedAnswer = {
    question,
    checkingDisabled: response.checkingDisabled,
    rcode: response.rcode,
    secure: (flags & SECURE) !== 0,
    answer: response.answer,
    authority: response.authority,
    additional: response.additional,
    errors: response.edns?.extendedErrors ?? [],
    storedAt: clock - age,
    expiresAt: clock + remaining,
    failure: isFailure
      ? { ttl: view.getUint32(19), bogus: (flags & BOGUS) !== 0, subject, stale: null }
      : null,
  };
  return { source, answer };
}

function subjectOf(data: Uint8Array): Name | null {
  try {
    return Name.fromWire(data.slice(RESPONSE_OCTETS));
  } catch (error) {
    if (error instanceof NameError) return null;
    throw error;
  }
}

function optionOf({ edns }: Message): Uint8Array | null {
  return edns?.options.find(({ code }) => code === FORWARD_OPTION)?.data ?? null;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
