/**
 * The octets that an RRSIG covers: RFC 4034 section 3.1.8.1 over the canonical form of sections
 * 6.2 and 6.3, with the list of types whose RDATA names are folded to lower case as RFC 6840
 * section 5.1 left it (NSEC and HINFO struck out, RRSIG kept). Types younger than RFC 3597 are never
 * folded (RFC 3597 section 7), so SVCB, HTTPS and NSEC keep the case in which they came.
 *
 * Used by both sides: the authority signs these octets, the resolver verifies them. RDATA must be
 * uncompressed. RDATA that does not parse is taken as it is: the signature then says whether it is
 * what the signer signed.
 */

import { compareOctets } from '../name/canonical.ts';
import type { Name } from '../name/name.ts';
import type { RRset, RrsigFields } from '../rrset.ts';
import { CLASS, TYPE } from '../wire/iana.ts';

/** What of an RRset a signature covers; its TTL comes from the RRSIG. */
export type SignedRecords = Pick<RRset, 'name' | 'type' | 'rdata'>;

/** The label that a wildcard's owner begins with, as octets of the wire form. */
const WILDCARD_LABEL: readonly number[] = [1, 0x2a];
/** RRSIG RDATA before the signer's name (RFC 4034 section 3.1). */
const RRSIG_FIXED_OCTETS = 18;
/** Type, class, TTL and RDLENGTH. */
const RR_FIXED_OCTETS = 10;

/** Labels of an owner as the RRSIG labels field counts them (RFC 4034 section 3.1.3): without a leading `*`. */
export function rrsigLabels(owner: Name): number {
  return owner.isWildcard ? owner.labelCount - 1 : owner.labelCount;
}

/**
 * The octets to sign or to verify for `records` under the RRSIG `fields`. undefined when the labels
 * field counts more labels than the owner has: nothing can be signed so (RFC 4035 section 5.3.2).
 */
export function signedData(records: SignedRecords, fields: RrsigFields): Uint8Array | undefined {
  if (fields.labels > rrsigLabels(records.name)) return undefined;
  const wildcard = fields.labels < records.name.labelCount;
  const name = (wildcard ? records.name.ancestor(fields.labels) : records.name).wire;
  const prefix = wildcard ? WILDCARD_LABEL : [];
  const rdata = canonicalOrder(records.type, records.rdata);

  const signer = fields.signer.wire;
  let size = RRSIG_FIXED_OCTETS + signer.length;
  for (const one of rdata) size += prefix.length + name.length + RR_FIXED_OCTETS + one.length;
  const out = new Uint8Array(size);
  const view = new DataView(out.buffer);
  writeFields(view, fields);
  out.set(signer, RRSIG_FIXED_OCTETS);

  let at = RRSIG_FIXED_OCTETS + signer.length;
  for (const one of rdata) {
    out.set(prefix, at);
    at += prefix.length;
    out.set(name, at);
    at += name.length;
    view.setUint16(at, records.type);
    view.setUint16(at + 2, CLASS.IN);
    view.setUint32(at + 4, fields.originalTtl);
    view.setUint16(at + 8, one.length);
    out.set(one, at + RR_FIXED_OCTETS);
    at += RR_FIXED_OCTETS + one.length;
  }
  return out;
}

function writeFields(view: DataView, fields: RrsigFields): void {
  view.setUint16(0, fields.typeCovered);
  view.setUint8(2, fields.algorithm);
  view.setUint8(3, fields.labels);
  view.setUint32(4, fields.originalTtl);
  view.setUint32(8, fields.expiration);
  view.setUint32(12, fields.inception);
  view.setUint16(16, fields.keyTag);
}

/** Canonical RDATA in canonical order, each once (RFC 4034 section 6.3). */
function canonicalOrder(type: number, rdata: readonly Uint8Array[]): readonly Uint8Array[] {
  const canonical = rdata.map((one) => canonicalRdata(type, one));
  if (canonical.length < 2) return canonical;
  canonical.sort(compareOctets);
  return canonical.filter(
    (one, i) => i === 0 || compareOctets(canonical[i - 1] as Uint8Array, one) !== 0,
  );
}

/** How many names the RDATA of a type holds, and where the first begins. */
interface EmbeddedNames {
  readonly at: number;
  readonly count: number;
}

/** RFC 4034 section 6.2 item 3; types without a mnemonic in `iana.ts` are named beside their number. */
const EMBEDDED_NAMES: ReadonlyMap<number, EmbeddedNames> = new Map([
  [TYPE.NS, { at: 0, count: 1 }],
  [3 /* MD */, { at: 0, count: 1 }],
  [4 /* MF */, { at: 0, count: 1 }],
  [TYPE.CNAME, { at: 0, count: 1 }],
  [TYPE.SOA, { at: 0, count: 2 }],
  [7 /* MB */, { at: 0, count: 1 }],
  [8 /* MG */, { at: 0, count: 1 }],
  [9 /* MR */, { at: 0, count: 1 }],
  [TYPE.PTR, { at: 0, count: 1 }],
  [14 /* MINFO */, { at: 0, count: 2 }],
  [TYPE.MX, { at: 2, count: 1 }],
  [TYPE.RP, { at: 0, count: 2 }],
  [TYPE.AFSDB, { at: 2, count: 1 }],
  [21 /* RT */, { at: 2, count: 1 }],
  [TYPE.SIG, { at: RRSIG_FIXED_OCTETS, count: 1 }],
  [26 /* PX */, { at: 2, count: 2 }],
  [30 /* NXT */, { at: 0, count: 1 }],
  [TYPE.KX, { at: 2, count: 1 }],
  [TYPE.SRV, { at: 6, count: 1 }],
  [TYPE.DNAME, { at: 0, count: 1 }],
  [TYPE.RRSIG, { at: RRSIG_FIXED_OCTETS, count: 1 }],
]);
const TYPE_A6 = 38;

/** RDATA in canonical form; the same array when nothing has to be folded. Never written into. */
export function canonicalRdata(type: number, rdata: Uint8Array): Uint8Array {
  const names = EMBEDDED_NAMES.get(type);
  if (names !== undefined) return foldNames(rdata, names.at, names.count);
  if (type === TYPE.NAPTR) return foldNames(rdata, naptrReplacement(rdata), 1);
  if (type === TYPE_A6) return foldNames(rdata, a6Prefix(rdata), 1);
  return rdata;
}

/** RFC 3403 section 4.1: order, preference and three character strings come before the name. */
function naptrReplacement(rdata: Uint8Array): number {
  let at = 4;
  for (let i = 0; i < 3; i++) at += 1 + (rdata[at] ?? 0);
  return at;
}

/** RFC 2874 section 3.1: the prefix length says how many octets of address suffix come before the name. */
function a6Prefix(rdata: Uint8Array): number {
  return 1 + ((135 - (rdata[0] ?? 0)) >> 3);
}

function foldNames(rdata: Uint8Array, start: number, count: number): Uint8Array {
  let out = rdata;
  let at = start;
  for (let left = count; left > 0; ) {
    const length = rdata[at];
    if (length === undefined || length > 63 || at + length >= rdata.length) return rdata;
    if (length === 0) left--;
    for (let i = at + 1; i <= at + length; i++) {
      const octet = rdata[i] as number;
      if (octet < 0x41 || octet > 0x5a) continue;
      if (out === rdata) out = rdata.slice();
      out[i] = octet + 0x20;
    }
    at += length + 1;
  }
  return out;
}
