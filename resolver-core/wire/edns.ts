/**
 * The OPT pseudo-RR (RFC 6891) and the framing of its options.
 *
 * The Z bits are ignored on reading and zero on writing (section 6.1.4). What options other than
 * Extended DNS Error contain is left to those who use them.
 */

import { MAX_EDNS_OPTIONS } from '../limits.ts';
import type { Edns, EdnsOption, ExtendedError } from '../message.ts';
import { readExtendedError, writeExtendedError } from './ede.ts';
import { failure, type ReadFailure } from './failure.ts';
import { EDNS_OPTION } from './iana.ts';

/** DO, the top bit of the lower half of the TTL (RFC 3225 section 3). */
const DNSSEC_OK = 0x8000;

/** Octets of an OPT without options: root owner, type, class, TTL, RDLENGTH. */
export const OPT_OCTETS = 11;

/** From the class, the TTL and the RDATA between `at` and `end` of an OPT record. */
export function readOpt(
  octets: Uint8Array,
  udpSize: number,
  ttl: number,
  at: number,
  end: number,
): Edns | ReadFailure {
  const extendedErrors: ExtendedError[] = [];
  const options: EdnsOption[] = [];
  let position = at;
  while (position < end) {
    if (position + 4 > end) return failure('opt-option', position);
    if (options.length + extendedErrors.length === MAX_EDNS_OPTIONS) {
      return failure('opt-options', position);
    }
    const code = u16(octets, position);
    const next = position + 4 + u16(octets, position + 2);
    if (next > end) return failure('opt-option', position);
    const data = octets.slice(position + 4, next);
    // An EDE without an INFO-CODE says nothing, and EDE never changes processing (RFC 8914
    // section 3): it is kept as an option like others.
    const error = code === EDNS_OPTION.EDE ? readExtendedError(data) : undefined;
    if (error === undefined) options.push({ code, data });
    else extendedErrors.push(error);
    position = next;
  }
  return {
    version: (ttl >>> 16) & 0xff,
    udpSize,
    dnssecOk: (ttl & DNSSEC_OK) !== 0,
    extendedErrors,
    options,
  };
}

/** The upper eight bits of the RCODE, from the TTL of an OPT record (RFC 6891 section 6.1.3). */
export function extendedRcode(ttl: number): number {
  return ttl >>> 24;
}

/** How much of the Extended DNS Errors is written. */
export type EdeDetail = 'whole' | 'codes' | 'none';

/** The whole OPT record; `rcode` is the extended RCODE of the message. */
export function writeOpt(edns: Edns, rcode: number, detail: EdeDetail): Uint8Array {
  const options: EdnsOption[] = [...edns.options];
  if (detail !== 'none') {
    for (const { code, text } of edns.extendedErrors) {
      const data = writeExtendedError({ code, text: detail === 'whole' ? text : '' });
      options.push({ code: EDNS_OPTION.EDE, data });
    }
  }
  let rdlength = 0;
  for (const option of options) rdlength += 4 + option.data.length;
  if (rdlength > 0xffff) throw new RangeError(`EDNS options of ${rdlength} octets`);
  const out = new Uint8Array(OPT_OCTETS + rdlength);
  out[2] = 41;
  putU16(out, 3, edns.udpSize);
  out[5] = rcode >>> 4;
  out[6] = edns.version;
  putU16(out, 7, edns.dnssecOk ? DNSSEC_OK : 0);
  putU16(out, 9, rdlength);
  let at = OPT_OCTETS;
  for (const { code, data } of options) {
    putU16(out, at, code);
    putU16(out, at + 2, data.length);
    out.set(data, at + 4);
    at += 4 + data.length;
  }
  return out;
}

/** At least the size of `writeOpt(edns, rcode, 'whole')`; a UTF-16 unit is at most three octets of UTF-8. */
export function optSizeBound(edns: Edns): number {
  let size = OPT_OCTETS;
  for (const option of edns.options) size += 4 + option.data.length;
  for (const error of edns.extendedErrors) size += 6 + error.text.length * 3;
  return size;
}

function u16(octets: Uint8Array, at: number): number {
  return ((octets[at] as number) << 8) | (octets[at + 1] as number);
}

function putU16(octets: Uint8Array, at: number, value: number): void {
  octets[at] = value >>> 8;
  octets[at + 1] = value;
}
