/**
 * What to do with octets that somebody sent to a server: the pure half of a listener. A query is
 * handed on; what is none is answered with the RCODE that the RFCs have for it, or dropped; each with a
 * reason that is counted.
 *
 * RFC 1035 section 4.1.1 (FORMERR, NOTIMP), RFC 6891 sections 6.1.1, 6.1.3 and 7 (one OPT of the root,
 * BADVERS, an OPT only for those who sent one), RFC 9619 (one question). What cannot be read is answered with
 * a header alone, so nobody is sent more than somebody sent in his name.
 *
 * Limitations: no cookies (RFC 7873), so a query without a question is malformed; TSIG and SIG(0) are not
 * looked at. Types that are no data (AXFR, OPT) are for the server behind to refuse.
 */

import { PLAIN_UDP_SIZE } from '../../resolver-core/limits.ts';
import type { Edns, Message, Question } from '../../resolver-core/message.ts';
import { CLASS, OPCODE, RCODE } from '../../resolver-core/wire/iana.ts';
import { type ReadMessage, readMessage } from '../../resolver-core/wire/read.ts';
import { FLAG, HEADER_OCTETS } from '../../resolver-core/wire/scan.ts';
import { writeMessage } from '../../resolver-core/wire/write.ts';

export type Transport = 'udp' | 'tcp';

/** Why something is not handed on. */
export type Turned =
  /** Dropped: no header, or a response. Answering either would only help those who forge addresses. */
  | 'short'
  | 'response'
  /** Dropped: from port 0, to which nothing can be sent. */
  | 'unanswerable'
  /** Answered. */
  | 'formerr'
  | 'notimp'
  | 'badvers'
  | 'refused';

/** A query as it came: class IN, one question, EDNS version 0 or no EDNS. */
export interface WireQuery {
  readonly message: Message;
  readonly question: Question;
  readonly id: number;
  /** The question section as it came, case included: what the response echoes. */
  readonly questionOctets: Uint8Array;
  readonly transport: Transport;
  /** The address that it came from, as text, and the port. */
  readonly client: Client;
}

export interface Client {
  readonly address: string;
  readonly port: number;
}

/** A message as it came or went, malformed or not; `octets` are only good as long as the call. */
export interface Passed {
  readonly transport: Transport;
  readonly from: Client;
  readonly to: Client;
  readonly octets: Uint8Array;
}

export type Received =
  | { readonly kind: 'query'; readonly query: WireQuery }
  /** Send these octets. */
  | { readonly kind: 'answer'; readonly reason: Turned; readonly octets: Uint8Array }
  | { readonly kind: 'drop'; readonly reason: Turned };

/** Total: whatever the octets are, it costs no more than reading a message of 64 KiB. */
export function receive(octets: Uint8Array, transport: Transport, client: Client): Received {
  if (octets.length < HEADER_OCTETS) return { kind: 'drop', reason: 'short' };
  const flags = ((octets[2] as number) << 8) | (octets[3] as number);
  if ((flags & FLAG.QR) !== 0) return { kind: 'drop', reason: 'response' };
  if (((flags >>> 11) & 0xf) !== OPCODE.QUERY) return headerOnly(octets, 'notimp', RCODE.NOTIMP);
  const read = readMessage(octets);
  if (!read.ok) return headerOnly(octets, 'formerr', RCODE.FORMERR);
  const { message, questionClass } = read;
  const { question, edns } = message;
  if (edns !== null && edns.version > 0) return turned(read, 'badvers', RCODE.BADVERS);
  if (question === null) return headerOnly(octets, 'formerr', RCODE.FORMERR);
  if (questionClass !== CLASS.IN) return turned(read, 'refused', RCODE.REFUSED);
  const { id, questionOctets } = read;
  return { kind: 'query', query: { message, question, id, questionOctets, transport, client } };
}

/**
 * The octets of a response to `query`: its id and question, RD and CD (RFC 4035 section 3.2.2), an OPT if
 * and only if it had one. Over UDP cut with TC to what the client takes, and to `udpSize`.
 */
export function responseOctets(query: WireQuery, message: Message, udpSize: number): Uint8Array {
  const { message: asked, id, questionOctets, transport } = query;
  const response = {
    ...message,
    recursionDesired: asked.recursionDesired,
    checkingDisabled: asked.checkingDisabled,
    edns: asked.edns === null ? null : (message.edns ?? optOf(asked.edns, udpSize)),
  };
  if (transport === 'tcp') return writeMessage(response, { id, questionOctets });
  const offered = Math.max(asked.edns?.udpSize ?? 0, PLAIN_UDP_SIZE);
  return writeMessage(response, { id, questionOctets, maxSize: Math.min(offered, udpSize) });
}

/** The header that came, as a response without records. */
function headerOnly(octets: Uint8Array, reason: Turned, rcode: number): Received {
  const out = new Uint8Array(HEADER_OCTETS);
  out[0] = octets[0] as number;
  out[1] = octets[1] as number;
  // QR, and the OPCODE and RD that came.
  out[2] = 0x80 | ((octets[2] as number) & 0x79);
  out[3] = rcode;
  return { kind: 'answer', reason, octets: out };
}

/** An answer to what could be read, with its question. */
function turned(read: ReadMessage, reason: Turned, rcode: number): Received {
  const { message, id, questionOctets } = read;
  const response: Message = {
    ...message,
    response: true,
    rcode,
    authoritative: false,
    truncated: false,
    recursionAvailable: false,
    authenticatedData: false,
    answer: [],
    authority: [],
    additional: [],
    edns: message.edns === null ? null : optOf(message.edns, PLAIN_UDP_SIZE),
    dnssec: false,
  };
  return { kind: 'answer', reason, octets: writeMessage(response, { id, questionOctets }) };
}

function optOf({ dnssecOk }: Edns, udpSize: number): Edns {
  return { version: 0, udpSize, dnssecOk, extendedErrors: [], options: [] };
}
