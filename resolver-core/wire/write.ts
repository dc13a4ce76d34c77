/**
 * A `Message` into octets (RFC 1035 section 4), with compression, and cut to a size.
 *
 * What goes first when a message is too large: the text of Extended DNS Errors; then those options
 * altogether, with TC (RFC 8914 section 3); then whole RRsets from the end. Additional records go
 * without TC (RFC 2181 section 9), unless they are glue that the referral needs (RFC 9471 section
 * 3.1). An RRset and its signatures go together. Header, question and OPT always stay.
 *
 * `fitsIn` and `fitMessage` say the same of a message that is never written: they are called for
 * every simulated response, and decide most from a sum of lengths without writing anything.
 */

import { MAX_MESSAGE_OCTETS } from '../limits.ts';
import type { Edns, Message } from '../message.ts';
import type { RRset, Rrsig } from '../rrset.ts';
import { Output } from './compress.ts';
import { type EdeDetail, optSizeBound, writeOpt } from './edns.ts';
import { CLASS, TYPE } from './iana.ts';
import { fieldEnd, isWellFormed, layoutOf, type RdataLayout } from './layout.ts';
import { SIGNER_OFFSET } from './rrsets.ts';
import { FLAG, HEADER_OCTETS } from './scan.ts';

export interface WriteOptions {
  readonly id: number;
  /** Octets that the transport carries; the whole 65,535 when absent. */
  readonly maxSize?: number;
  /**
   * Question section to write in place of `message.question`, equal to it but for case and class:
   * what the query asked, octet by octet. Names compressed against it take its case.
   */
  readonly questionOctets?: Uint8Array;
}

/** The octets of a message, at most `maxSize` of them as far as header, question and OPT allow. */
export function writeMessage(message: Message, options: WriteOptions): Uint8Array {
  const records = writeRecords(message);
  const fit = fitRecords(message, records, options.maxSize ?? MAX_MESSAGE_OCTETS);
  output.at = fit.recordsEnd;
  output.reserve(fit.opt.length);
  output.copy(fit.opt, 0, fit.opt.length);
  const end = output.at;
  writeHeader(message, options.id, fit);
  const { questionOctets } = options;
  if (questionOctets !== undefined) {
    if (questionOctets.length !== records.questionEnd - HEADER_OCTETS) {
      throw new RangeError('questionOctets are not the question of the message');
    }
    output.octets.set(questionOctets, HEADER_OCTETS);
  }
  return output.octets.slice(0, end);
}

/** Octets that `writeMessage` would give if nothing bounded them. */
export function messageSize(message: Message): number {
  writeRecords(message);
  return output.at + optOctets(message, 'whole').length;
}

/** Whether the whole message, texts of Extended DNS Errors included, is written in `limit` octets. */
export function fitsIn(message: Message, limit: number): boolean {
  return sizeBound(message) <= Math.min(limit, BOUND_LIMIT) || messageSize(message) <= limit;
}

/**
 * The message that the other side reads after `writeMessage` with this `maxSize`: the same object
 * when it fits, else one with TC, fewer RRsets or less EDE.
 */
export function fitMessage(message: Message, maxSize: number): Message {
  if (fitsIn(message, maxSize)) return message;
  const fit = fitRecords(message, writeRecords(message), maxSize);
  const { answer, authority, additional, edns } = message;
  const additionalKept = fit.kept - answer.length - authority.length;
  return {
    ...message,
    truncated: message.truncated || fit.truncated,
    answer: answer.slice(0, fit.kept),
    authority: authority.slice(0, Math.max(0, fit.kept - answer.length)),
    additional: additional.slice(0, Math.max(0, additionalKept)),
    edns: edns === null ? null : { ...edns, extendedErrors: trimmedErrors(edns, fit.detail) },
  };
}

function trimmedErrors(edns: Edns, detail: EdeDetail): Edns['extendedErrors'] {
  if (detail === 'none') return [];
  if (detail === 'whole') return edns.extendedErrors;
  return edns.extendedErrors.map(({ code }) => ({ code, text: '' }));
}

// ---- records ----

/** Where one message is written at a time; nothing of it outlives the call. */
const output = new Output();

interface WrittenRecords {
  readonly questionEnd: number;
  /** Offset behind each RRset with its signatures, the sections one after another. */
  readonly ends: readonly number[];
}

/** Writes question and records into `output`, behind room for a header. */
function writeRecords(message: Message): WrittenRecords {
  output.reset(HEADER_OCTETS);
  if (message.question !== null) {
    output.reserve(260);
    output.name(message.question.name.wire, 0);
    output.u16(message.question.type);
    output.u16(CLASS.IN);
  }
  const questionEnd = output.at;
  const ends: number[] = [];
  for (const section of [message.answer, message.authority, message.additional]) {
    for (const rrset of section) {
      writeRRset(rrset, message.dnssec);
      ends.push(output.at);
    }
  }
  return { questionEnd, ends };
}

function writeRRset(rrset: RRset, dnssec: boolean): void {
  const { type, ttl } = rrset;
  const layout = layoutOf(type);
  const compressed = layout?.compresses ? layout : undefined;
  const wire = rrset.name.wire;
  let owner = 0;
  for (const rdata of rrset.rdata) {
    owner = writeFixed(wire, owner, type, ttl, rdata.length);
    if (compressed !== undefined && isWellFormed(type, rdata)) {
      writeCompressed(compressed, rdata);
    } else {
      output.u16(rdata.length);
      output.copy(rdata, 0, rdata.length);
    }
  }
  if (!dnssec) return;
  for (const rrsig of rrset.signatures) owner = writeRrsig(wire, owner, ttl, rrsig);
}

/** Owner, type, class and TTL, with room for the RDATA; returns where the owner can be pointed at. */
function writeFixed(
  wire: Uint8Array,
  owner: number,
  type: number,
  ttl: number,
  rdlength: number,
): number {
  if (rdlength > 0xffff) throw new RangeError(`RDATA of ${rdlength} octets`);
  output.reserve(wire.length + 10 + rdlength);
  let target = owner;
  if (owner === 0) target = output.name(wire, 0);
  else output.u16(0xc000 | owner);
  output.u16(type);
  output.u16(CLASS.IN);
  output.u32(ttl);
  return target;
}

/** RDLENGTH and RDATA of a type whose names are compressed (RFC 1035 section 3.3). */
function writeCompressed(layout: RdataLayout, rdata: Uint8Array): void {
  const lengthAt = output.at;
  output.at += 2;
  let from = 0;
  for (const field of layout.fields) {
    const next = fieldEnd(field, rdata, from, rdata.length);
    if (field === 'compressed-name') output.name(rdata, from);
    else output.copy(rdata, from, next);
    from = next;
  }
  const length = output.at - lengthAt - 2;
  output.octets[lengthAt] = length >>> 8;
  output.octets[lengthAt + 1] = length;
}

function writeRrsig(wire: Uint8Array, owner: number, ttl: number, rrsig: Rrsig): number {
  const signer = rrsig.signer.wire;
  const { signature } = rrsig;
  const rdlength = SIGNER_OFFSET + signer.length + signature.length;
  const target = writeFixed(wire, owner, TYPE.RRSIG, ttl, rdlength);
  output.u16(rdlength);
  output.u16(rrsig.typeCovered);
  output.u8(rrsig.algorithm);
  output.u8(rrsig.labels);
  output.u32(rrsig.originalTtl);
  output.u32(rrsig.expiration);
  output.u32(rrsig.inception);
  output.u16(rrsig.keyTag);
  output.copy(signer, 0, signer.length);
  output.copy(signature, 0, signature.length);
  return target;
}

// ---- what stays ----

interface Fit {
  /** RRsets kept, counted through the sections. */
  readonly kept: number;
  readonly recordsEnd: number;
  /** The OPT record, empty when there is none, and how much of the errors it has. */
  readonly opt: Uint8Array;
  readonly detail: EdeDetail;
  /** Whether TC is to be set on account of what was left out. */
  readonly truncated: boolean;
}

function fitRecords(message: Message, written: WrittenRecords, limit: number): Fit {
  const { ends, questionEnd } = written;
  const all = ends.length;
  const allEnd = ends[all - 1] ?? questionEnd;
  const hasErrors = (message.edns?.extendedErrors.length ?? 0) > 0;
  const details: readonly EdeDetail[] = hasErrors ? ['whole', 'codes', 'none'] : ['whole'];
  let opt: Uint8Array = NO_OCTETS;
  let detail: EdeDetail = 'whole';
  for (detail of details) {
    opt = optOctets(message, detail);
    if (allEnd + opt.length <= limit) {
      return { kept: all, recordsEnd: allEnd, opt, detail, truncated: detail === 'none' };
    }
  }
  let kept = all;
  while (kept > 0 && (ends[kept - 1] as number) + opt.length > limit) kept--;
  return {
    kept,
    recordsEnd: kept === 0 ? questionEnd : (ends[kept - 1] as number),
    opt,
    detail,
    truncated: hasErrors || losesMeaning(message, kept),
  };
}

/** Whether keeping only the first `kept` RRsets takes away more than optional additional data. */
function losesMeaning(message: Message, kept: number): boolean {
  const { answer, authority, additional } = message;
  const keptAdditional = kept - answer.length - authority.length;
  if (keptAdditional < 0) return true;
  if (!message.response || answer.length > 0 || message.authoritative) return false;
  const cut = authority.find((rrset) => rrset.type === TYPE.NS);
  if (cut === undefined) return false;
  return additional
    .slice(keptAdditional)
    .some(
      ({ type, name }) => (type === TYPE.A || type === TYPE.AAAA) && name.isAtOrBelow(cut.name),
    );
}

function optOctets(message: Message, detail: EdeDetail): Uint8Array {
  if (message.edns !== null) return writeOpt(message.edns, message.rcode, detail);
  if (message.rcode > 0xf) throw new RangeError(`RCODE ${message.rcode} without EDNS`);
  return NO_OCTETS;
}

const NO_OCTETS = new Uint8Array(0);

function writeHeader(message: Message, id: number, fit: Fit): void {
  let flags = ((message.opcode & 0xf) << 11) | (message.rcode & 0xf);
  if (message.response) flags |= FLAG.QR;
  if (message.authoritative) flags |= FLAG.AA;
  if (message.truncated || fit.truncated) flags |= FLAG.TC;
  if (message.recursionDesired) flags |= FLAG.RD;
  if (message.recursionAvailable) flags |= FLAG.RA;
  if (message.authenticatedData) flags |= FLAG.AD;
  if (message.checkingDisabled) flags |= FLAG.CD;
  output.at = 0;
  output.u16(id);
  output.u16(flags);
  output.u16(message.question === null ? 0 : 1);
  const additional = fit.opt.length > 0 ? 1 : 0;
  let left = fit.kept;
  for (const [i, section] of [message.answer, message.authority, message.additional].entries()) {
    let count = i === 2 ? additional : 0;
    for (const rrset of section.slice(0, left)) count += recordCount(rrset, message.dnssec);
    left = Math.max(0, left - section.length);
    output.u16(count);
  }
}

function recordCount(rrset: RRset, dnssec: boolean): number {
  return rrset.rdata.length + (dnssec ? rrset.signatures.length : 0);
}

// ---- a bound without writing ----

/** Below this size every owner after the first of its RRset is a pointer, as `sizeBound` assumes. */
const BOUND_LIMIT = 0x3fff;

/** At least `messageSize`, provided that it is at most `BOUND_LIMIT`; asks for no signature. */
function sizeBound(message: Message): number {
  let size = HEADER_OCTETS;
  if (message.question !== null) size += message.question.name.key.length + 5;
  for (const rrset of message.answer) size += rrsetBound(rrset, message.dnssec);
  for (const rrset of message.authority) size += rrsetBound(rrset, message.dnssec);
  for (const rrset of message.additional) size += rrsetBound(rrset, message.dnssec);
  return message.edns === null ? size : size + optSizeBound(message.edns);
}

function rrsetBound(rrset: RRset, dnssec: boolean): number {
  const { rdata, signatures } = rrset;
  const count = recordCount(rrset, dnssec);
  let size = rrset.name.key.length + 1 + count * 12;
  for (let i = 0; i < rdata.length; i++) size += (rdata[i] as Uint8Array).length;
  if (dnssec)
    for (let i = 0; i < signatures.length; i++) size += rrsigBound(signatures[i] as Rrsig);
  return size;
}

function rrsigBound(rrsig: Rrsig): number {
  return SIGNER_OFFSET + rrsig.signer.key.length + 1 + rrsig.signatureOctets;
}
