/**
 * Octets into a `Message` (RFC 1035 section 4, RFC 6891). Total: malformed octets give a failure
 * with code and offset, and cost at most a few milliseconds per 64 KiB.
 *
 * Records of classes other than IN are framed, skipped and counted: the core has no other class,
 * and neither TSIG (class ANY) nor a stray CH record is a reason to lose a message. The class of the
 * question is reported so that the rim can turn it away. TSIG and SIG(0) are not verified.
 */

import type { Edns, Message, Question } from '../message.ts';
import type { RRset } from '../rrset.ts';
import { extendedRcode, readOpt } from './edns.ts';
import { failure, type ReadFailure } from './failure.ts';
import { CLASS, TYPE } from './iana.ts';
import { NameReader } from './names.ts';
import { readRdata } from './rdata.ts';
import { RRsetGrouper } from './rrsets.ts';
import { FLAG, HEADER_OCTETS, RECORD, RECORD_STRIDE, type Scan, scanMessage } from './scan.ts';

export interface ReadMessage {
  readonly ok: true;
  readonly message: Message;
  readonly id: number;
  /** Class of the question; 0 when there is none. */
  readonly questionClass: number;
  /** The question section as it came, case included: what a response echoes. A view of the input. */
  readonly questionOctets: Uint8Array;
  /** Records of classes other than IN, which are not part of `message`. */
  readonly otherClassRecords: number;
  /** Octets behind the last record. */
  readonly trailingOctets: number;
}

/** Reads one message; nothing but `questionOctets` refers to `octets` afterwards. */
export function readMessage(octets: Uint8Array): ReadMessage | ReadFailure {
  const scan = scanMessage(octets);
  return scan.ok ? new MessageReader(scan).read() : scan;
}

class MessageReader {
  readonly #scan: Scan;
  readonly #names: NameReader;
  #edns: Edns | null = null;
  #optTtl = 0;
  #signed = false;
  #otherClassRecords = 0;

  constructor(scan: Scan) {
    this.#scan = scan;
    this.#names = new NameReader(scan.octets);
  }

  read(): ReadMessage | ReadFailure {
    const scan = this.#scan;
    let question: Question | null = null;
    if (scan.hasQuestion) {
      const name = this.#names.name(HEADER_OCTETS);
      if (name === undefined) return this.#names.failure as ReadFailure;
      question = { name, type: scan.questionType };
    }
    const additionalFrom = scan.answerCount + scan.authorityCount;
    const answer = this.#section(0, scan.answerCount, false);
    if ('ok' in answer) return answer;
    const authority = this.#section(scan.answerCount, additionalFrom, false);
    if ('ok' in authority) return authority;
    const additional = this.#section(additionalFrom, additionalFrom + scan.additionalCount, true);
    if ('ok' in additional) return additional;
    return {
      ok: true,
      message: this.#message(question, answer, authority, additional),
      id: scan.id,
      questionClass: scan.questionClass,
      questionOctets: scan.octets.subarray(HEADER_OCTETS, scan.questionEnd),
      otherClassRecords: this.#otherClassRecords,
      trailingOctets: scan.octets.length - scan.end,
    };
  }

  #message(
    question: Question | null,
    answer: readonly RRset[],
    authority: readonly RRset[],
    additional: readonly RRset[],
  ): Message {
    const { flags } = this.#scan;
    const edns = this.#edns;
    return {
      response: (flags & FLAG.QR) !== 0,
      opcode: (flags >>> 11) & 0xf,
      rcode: (extendedRcode(this.#optTtl) << 4) | (flags & 0xf),
      authoritative: (flags & FLAG.AA) !== 0,
      truncated: (flags & FLAG.TC) !== 0,
      recursionDesired: (flags & FLAG.RD) !== 0,
      recursionAvailable: (flags & FLAG.RA) !== 0,
      authenticatedData: (flags & FLAG.AD) !== 0,
      checkingDisabled: (flags & FLAG.CD) !== 0,
      question,
      answer,
      authority,
      additional,
      edns,
      dnssec: this.#signed || (edns?.dnssecOk ?? false),
    };
  }

  #section(from: number, to: number, isAdditional: boolean): RRset[] | ReadFailure {
    if (from === to) return [];
    const { records } = this.#scan;
    const grouper = new RRsetGrouper();
    for (let i = from * RECORD_STRIDE; i < to * RECORD_STRIDE; i += RECORD_STRIDE) {
      const type = records[i + RECORD.TYPE] as number;
      const ownerAt = records[i] as number;
      if (type === TYPE.OPT) {
        if (!isAdditional) return failure('opt-section', ownerAt);
        const problem = this.#opt(i);
        if (problem !== undefined) return problem;
        continue;
      }
      if (records[i + RECORD.CLASS] !== CLASS.IN) {
        this.#otherClassRecords++;
        continue;
      }
      const name = this.#names.name(ownerAt);
      if (name === undefined) return this.#names.failure as ReadFailure;
      const rdata = readRdata(
        this.#names,
        type,
        records[i + RECORD.RDATA] as number,
        records[i + RECORD.RDLENGTH] as number,
      );
      if (!(rdata instanceof Uint8Array)) return rdata;
      if (type === TYPE.RRSIG) this.#signed = true;
      grouper.add(name, type, (records[i + RECORD.TTL] as number) >>> 0, rdata);
    }
    return grouper.finish();
  }

  #opt(i: number): ReadFailure | undefined {
    const { records, octets } = this.#scan;
    const ownerAt = records[i] as number;
    if (this.#edns !== null) return failure('opt-repeated', ownerAt);
    if (octets[ownerAt] !== 0) return failure('opt-owner', ownerAt);
    const at = records[i + RECORD.RDATA] as number;
    const end = at + (records[i + RECORD.RDLENGTH] as number);
    const ttl = records[i + RECORD.TTL] as number;
    const edns = readOpt(octets, records[i + RECORD.CLASS] as number, ttl, at, end);
    if ('ok' in edns) return edns;
    this.#edns = edns;
    this.#optTtl = ttl;
    return undefined;
  }
}
