/**
 * Cached answers from octets to octets: what a socket does with a query that the answer table can answer
 * as it is. No event, no effect, no message; nothing is allocated once an answer has been given in the form asked
 * for. Everything else is SLOW, and is for `handle`; both give the same octets for the same query.
 *
 * An answer is written once per form (with and without DNSSEC records) and patched for each client: id,
 * RD, CD and AD, the question in the case in which it was asked, TTLs as they stand, OPT or none.
 *
 * SLOW is: a query that is not of the plainest (`wire/query-scan.ts`); a question without an answer that
 * a probe may find (not there, expired, due for a refresh, or a rule before the cache may change what
 * clients get); one that the copy of the root zone answers; a statement about a trust anchor (RFC 8509); an
 * answer that does not fit; everything while somebody watches.
 *
 * Cost: about 0.2 us per answer, and a few us for the first of each form.
 */

import type { CachedAnswer } from './cache/cached-answer.ts';
import { type Form, RenderedAnswers } from './cache/rendered.ts';
import { OUTCOME_AUTHENTICATED } from './cache/table.ts';
import { MAX_RENDERED_OCTETS, PLAIN_UDP_SIZE } from './limits.ts';
import type { Edns, Message } from './message.ts';
import type { NodeState } from './node.ts';
import { clientResponse } from './reply.ts';
import { type Micros, SECOND } from './time.ts';
import { isSentinel } from './validate/sentinel.ts';
import { TYPE } from './wire/iana.ts';
import { QueryScan } from './wire/query-scan.ts';
import { FLAG, HEADER_OCTETS, RECORD, RECORD_STRIDE, scanMessage } from './wire/scan.ts';
import { writeMessage } from './wire/write.ts';

/** The query is for `handle`. */
export const SLOW = -1;

/** Before its RDATA a record has TTL and RDLENGTH. */
const TTL_BEFORE_RDATA = 6;

export class FastPath {
  readonly #node: NodeState;
  readonly #rendered: RenderedAnswers;
  readonly #query = new QueryScan();
  /** The settings that what is rendered was made with. */
  #config: NodeState['config'];
  #outcome = 0;
  #slot = SLOW;

  constructor(node: NodeState) {
    this.#node = node;
    this.#config = node.config;
    this.#rendered = new RenderedAnswers(node.table.capacity, MAX_RENDERED_OCTETS);
    node.table.forms = this.#rendered;
  }

  /** RCODE and flags of the answer last given: the OUTCOME bits of `cache/table.ts`. */
  get outcome(): number {
    return this.#outcome;
  }

  /** Where it is in the answer table. */
  get slot(): number {
    return this.#slot;
  }

  /** Octets that the written answers take. */
  get octets(): number {
    return this.#rendered.octets;
  }

  /**
   * Writes the response to `packet` to the beginning of `out` and returns its length, or SLOW: then nothing is
   * known of `out`. For UDP: the response is no longer than client and node allow.
   */
  probeWire(packet: Uint8Array, out: Uint8Array, clock: Micros): number {
    const query = this.#query;
    const node = this.#node;
    const { config, table } = node;
    if (node.observe !== null || !query.read(packet)) return SLOW;
    const slot = table.slotOfWire(query, packet, query.checkingDisabled && config.validation);
    if (slot < 0 || !table.take(slot, clock)) return SLOW;
    if (node.hasCopy && node.isInCopy(table.entryAt(slot).question)) return SLOW;
    if (config !== this.#config) {
      this.#rendered.cleared();
      this.#config = config;
    }
    const form = this.#rendered.get(slot, query.dnssecOk) ?? this.#render(slot);
    if (form === null) return SLOW;
    const length = query.hasEdns ? form.octets.length : form.optAt;
    if (length > roomOf(query, config.udpSize) || form.octets.length > out.length) return SLOW;
    const outcome = table.outcomeOf(slot);
    this.#outcome = outcome;
    this.#slot = slot;
    out.set(form.octets);
    const authenticated = (outcome & OUTCOME_AUTHENTICATED) !== 0;
    patchHead(out, packet, query, authenticated && (query.dnssecOk || query.authenticData));
    const since = this.#rendered.since[slot] as number;
    const age = ((clock - since + (SECOND - 1)) / SECOND) | 0;
    if (age > 0) lowerTtls(out, form.ttls, age);
    return length;
  }

  /** Writes an answer in the form that the query at hand asks for; null where that is not possible. */
  #render(slot: number): Form | null {
    const { config, table } = this.#node;
    const entry = table.entryAt(slot);
    const stale = entry.failure?.stale ?? null;
    const given = stale ?? entry;
    const { question } = given;
    if (given.rcode > 0xf || (config.rootKeySentinel && isSentinel(question))) return null;
    const { dnssecOk } = this.#query;
    const answer = {
      ...({ kind: 'answer', client: 0, source: 'hit', answer: given } as const),
      ...{ authenticated: false, unvalidated: false },
    };
    const query = plainQuery(question, dnssecOk);
    const octets = writeMessage(clientResponse(query, answer, given.storedAt, config), { id: 0 });
    const form = formOf(octets);
    // A stale answer is given with the same TTL for as long as it is given (RFC 8767 section 5).
    const counts = stale === null && !config.serveOriginalTtl;
    this.#rendered.put(slot, dnssecOk, form, counts ? given.storedAt : Number.POSITIVE_INFINITY);
    return form;
  }
}

/** Octets that a response may have. */
function roomOf({ hasEdns, udpSize }: QueryScan, ours: number): number {
  // RFC 6891 section 6.2.3: values below 512 are 512.
  return hasEdns ? Math.min(Math.max(udpSize, PLAIN_UDP_SIZE), ours) : PLAIN_UDP_SIZE;
}

function plainQuery(question: CachedAnswer['question'], dnssecOk: boolean): Message {
  const edns: Edns = { version: 0, udpSize: 0, dnssecOk, extendedErrors: [], options: [] };
  const flags = {
    ...{ response: false, opcode: 0, rcode: 0, authoritative: false, truncated: false },
    ...{ recursionDesired: false, recursionAvailable: false, authenticatedData: false },
  };
  const sections = { answer: [], authority: [], additional: [] };
  return { ...flags, checkingDisabled: false, question, ...sections, edns, dnssec: dnssecOk };
}

function formOf(octets: Uint8Array): Form {
  const scan = scanMessage(octets);
  if (!scan.ok) throw new Error(`a response of our own is ${scan.code}`);
  const { records } = scan;
  const ttls: number[] = [];
  let optAt = octets.length;
  for (let i = 0; i < records.length; i += RECORD_STRIDE) {
    if (records[i + RECORD.TYPE] === TYPE.OPT) optAt = records[i + RECORD.OWNER] as number;
    else ttls.push((records[i + RECORD.RDATA] as number) - TTL_BEFORE_RDATA);
  }
  return { octets, ttls: Uint16Array.from(ttls), optAt };
}

/** Id, flags, ARCOUNT and question, as the query has them. */
function patchHead(out: Uint8Array, packet: Uint8Array, query: QueryScan, secure: boolean): void {
  out[0] = packet[0] as number;
  out[1] = packet[1] as number;
  if (query.recursionDesired) out[2] = (out[2] as number) | (FLAG.RD >> 8);
  if (query.checkingDisabled) out[3] = (out[3] as number) | FLAG.CD;
  if (secure) out[3] = (out[3] as number) | FLAG.AD;
  if (!query.hasEdns) {
    const additional = (((out[10] as number) << 8) | (out[11] as number)) - 1;
    out[10] = additional >>> 8;
    out[11] = additional;
  }
  for (let at = HEADER_OCTETS; at < query.nameEnd; at++) out[at] = packet[at] as number;
}

/** Takes `age` seconds from each TTL, down to 0. */
function lowerTtls(out: Uint8Array, ttls: Uint16Array, age: number): void {
  for (let i = 0; i < ttls.length; i++) {
    const at = ttls[i] as number;
    const high = ((out[at] as number) << 8) | (out[at + 1] as number);
    const low = ((out[at + 2] as number) << 8) | (out[at + 3] as number);
    // TTLs have 31 bits (RFC 2181 section 8).
    const ttl = Math.max(0, ((high << 16) | low) - age);
    out[at] = ttl >>> 24;
    out[at + 1] = ttl >>> 16;
    out[at + 2] = ttl >>> 8;
    out[at + 3] = ttl;
  }
}
