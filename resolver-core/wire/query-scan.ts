/**
 * The plainest queries, read in one pass without making anything (RFC 1035 section 4.1, RFC 6891): one
 * question of class IN, and nothing else but an OPT without options. QNAME is hashed on the way, whatever
 * the case of its letters (RFC 4343).
 *
 * Everything else, malformed or merely rare, is for `read.ts`: compressed names, other opcodes, EDNS
 * options and versions, TSIG, octets behind the message.
 */

import { finishHash, HASH_BASIS, hashWith } from '../name/hash.ts';
import { MAX_LABEL_OCTETS, MAX_NAME_OCTETS } from '../name/name.ts';
import { OPT_OCTETS } from './edns.ts';
import { CLASS, TYPE } from './iana.ts';
import { FLAG, HEADER_OCTETS } from './scan.ts';

/** Flags that a plain query may have. */
const PLAIN = FLAG.RD | FLAG.AD | FLAG.CD;
/** DO, in the lower half of the TTL of OPT. */
const DNSSEC_OK = 0x8000;

/** What the last query that was read says; used again for the next. */
export class QueryScan {
  /** `Name.hash` of QNAME. */
  nameHash = 0;
  /** Offset behind QNAME, which begins at `HEADER_OCTETS`. */
  nameEnd = 0;
  type = 0;
  recursionDesired = false;
  authenticData = false;
  checkingDisabled = false;
  hasEdns = false;
  dnssecOk = false;
  /** Requestor's UDP payload size; 0 without EDNS. */
  udpSize = 0;

  /** Reads a query; false when it is none of the plainest, and then the fields say nothing. */
  read(packet: Uint8Array): boolean {
    if (packet.length < HEADER_OCTETS + 5) return false;
    const flags = u16(packet, 2);
    if ((flags & ~PLAIN) !== 0 || u16(packet, 4) !== 1) return false;
    // No answer, no authority; of additional records at most one.
    if (u16(packet, 6) !== 0 || u16(packet, 8) !== 0 || packet[10] !== 0) return false;
    const additional = packet[11] as number;
    if (!this.#readName(packet)) return false;
    const at = this.nameEnd;
    if (packet.length !== at + 4 + additional * OPT_OCTETS || additional > 1) return false;
    this.type = u16(packet, at);
    if (u16(packet, at + 2) !== CLASS.IN) return false;
    this.recursionDesired = (flags & FLAG.RD) !== 0;
    this.authenticData = (flags & FLAG.AD) !== 0;
    this.checkingDisabled = (flags & FLAG.CD) !== 0;
    return this.#readOpt(packet, at + 4, additional === 1);
  }

  #readName(packet: Uint8Array): boolean {
    let hash = HASH_BASIS;
    let at = HEADER_OCTETS;
    for (;;) {
      const label = packet[at];
      if (label === undefined || label > MAX_LABEL_OCTETS) return false;
      if (label === 0) break;
      const next = at + 1 + label;
      if (next >= packet.length || next - HEADER_OCTETS >= MAX_NAME_OCTETS) return false;
      hash = hashWith(hash, label);
      for (at++; at < next; at++) hash = hashWith(hash, folded(packet[at] as number));
    }
    this.nameHash = finishHash(hash);
    this.nameEnd = at + 1;
    return true;
  }

  #readOpt(packet: Uint8Array, at: number, hasEdns: boolean): boolean {
    this.hasEdns = hasEdns;
    this.dnssecOk = false;
    this.udpSize = 0;
    if (!hasEdns) return true;
    if (packet[at] !== 0 || u16(packet, at + 1) !== TYPE.OPT) return false;
    this.udpSize = u16(packet, at + 3);
    const versions = u16(packet, at + 5);
    const flags = u16(packet, at + 7);
    const rdlength = u16(packet, at + 9);
    this.dnssecOk = flags === DNSSEC_OK;
    return versions === 0 && (flags === 0 || flags === DNSSEC_OK) && rdlength === 0;
  }
}

/** A letter in lower case (ASCII only); every other octet as it is. */
export function folded(octet: number): number {
  return octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet;
}

function u16(octets: Uint8Array, at: number): number {
  return ((octets[at] as number) << 8) | (octets[at + 1] as number);
}
