/**
 * Denial of existence by NSEC (RFC 4034 section 4, RFC 4035 section 5.4, RFC 6840 section 4,
 * RFC 9824). Predicates over single records first, then the proofs built from them. The records
 * must have been verified with the keys of `zone`; nothing here looks at a signature but to refuse
 * records synthesised from a wildcard.
 *
 * One rule carries most of it. A record *denies a name* when the name sorts strictly between owner
 * and next name, the next name is not below it (then it is an empty non-terminal and exists), and
 * the owner is not an ancestor that hands its descendants to somebody else.
 *
 * Limitations: an RRset with several NSEC records counts by its first; no zone may have two at one
 * name (RFC 4034 section 4).
 */

import { compareCanonical } from '../name/canonical.ts';
import type { Name } from '../name/name.ts';
import { nsecOf, type TypeBitmap } from '../rdata.ts';
import type { RRset } from '../rrset.ts';
import { TYPE } from '../wire/iana.ts';
import {
  type Proven,
  type ProvenNoData,
  type ProvenNoDs,
  proven,
  provenNoData,
  provenNoDs,
  type Unproven,
  type UnprovenReason,
  unproven,
} from './proof.ts';
import { cutsOffDescendants, denyType, isWildcardExpansion } from './type-bits.ts';

export interface NsecRecord {
  readonly rrset: RRset;
  readonly owner: Name;
  readonly next: Name;
  readonly types: TypeBitmap;
}

/** The usable NSEC records of `zone` among `rrsets`, in order. */
export function nsecRecords(zone: Name, rrsets: readonly RRset[]): readonly NsecRecord[] {
  const out: NsecRecord[] = [];
  for (const rrset of rrsets) {
    if (rrset.type !== TYPE.NSEC || !rrset.name.isAtOrBelow(zone)) continue;
    const nsec = nsecOf(rrset);
    if (nsec === undefined || !nsec.next.isAtOrBelow(zone) || isWildcardExpansion(rrset)) continue;
    // The chain ascends but for its last record, which leads back to the apex (RFC 4034 section 4.1.1).
    const ascends = compareCanonical(rrset.name, nsec.next) < 0;
    if (!ascends && !nsec.next.equals(zone)) continue;
    out.push({ rrset, owner: rrset.name, next: nsec.next, types: nsec.types });
  }
  return out;
}

/** `name` (in the zone) sorts after the owner and before the next name. */
export function nsecCovers(record: NsecRecord, name: Name): boolean {
  if (compareCanonical(record.owner, name) >= 0) return false;
  const isLast = compareCanonical(record.owner, record.next) >= 0;
  return isLast || compareCanonical(name, record.next) < 0;
}

/** `name` has no records of its own but names below it (RFC 8020, RFC 4592 section 2.2.2). */
export function nsecProvesEmptyNonTerminal(record: NsecRecord, name: Name): boolean {
  return record.next.isBelow(name) && nsecCovers(record, name) && !isCutOff(record, name);
}

/** `name` does not exist, not even as an empty non-terminal. */
export function nsecDeniesName(record: NsecRecord, name: Name): boolean {
  return !record.next.isBelow(name) && nsecCovers(record, name) && !isCutOff(record, name);
}

/**
 * The closest encloser of a name that `record` denies: of the names that exist (owner, next name
 * and all their ancestors) the one that shares most labels with it (RFC 4592 section 3.3.1).
 */
export function nsecClosestEncloser(record: NsecRecord, name: Name): Name {
  const byOwner = commonAncestor(name, record.owner);
  const byNext = commonAncestor(name, record.next);
  return byOwner.labelCount >= byNext.labelCount ? byOwner : byNext;
}

/** NXDOMAIN: no name and no wildcard that could stand in for it (RFC 4035 section 5.4). */
export function nsecNameError(records: readonly NsecRecord[], qname: Name): Proven | Unproven {
  let reason: UnprovenReason = 'name-not-denied';
  for (const record of records) {
    // Compact denial whose response code was restored (RFC 9824 section 5).
    if (record.owner.equals(qname) && record.types.has(TYPE.NXNAME)) {
      return proven(false, record.rrset);
    }
    if (!nsecDeniesName(record, qname)) {
      if (record.owner.equals(qname)) return unproven('name-exists');
      continue;
    }
    const wildcard = nsecClosestEncloser(record, qname).wildcard;
    const denial = records.find((other) => nsecDeniesName(other, wildcard));
    if (denial !== undefined) return proven(false, record.rrset, denial.rrset);
    reason = 'wildcard-not-denied';
  }
  return unproven(reason);
}

/**
 * NODATA: the name without the type, an empty non-terminal, or a missing name whose wildcard is
 * either (RFC 4035 section 5.4, RFC 4592 section 4).
 */
export function nsecNoData(
  records: readonly NsecRecord[],
  qname: Name,
  qtype: number,
): ProvenNoData | Unproven {
  return typeDenial(records, qname, qtype) ?? wildcardNoData(records, qname, qtype);
}

/** No DS at `child`, and whether a zone cut is there (RFC 4035 section 5.2). */
export function nsecNoDs(records: readonly NsecRecord[], child: Name): ProvenNoDs | Unproven {
  for (const record of records) {
    if (record.owner.equals(child)) {
      const { types } = record;
      if (types.has(TYPE.SOA)) return unproven('wrong-side-of-cut');
      if (types.has(TYPE.DS)) return unproven('type-exists');
      const delegation = types.has(TYPE.NS) ? 'yes' : 'no';
      return provenNoDs(proven(false, record.rrset), delegation);
    }
    // Nothing at the name, so no cut; a wildcard makes no delegation (RFC 4592 section 4.2).
    if (nsecCovers(record, child) && !isCutOff(record, child)) {
      return provenNoDs(proven(false, record.rrset), 'no');
    }
  }
  return unproven('name-not-denied');
}

/** No name between `qname` and the closest encloser whose wildcard answered (RFC 4035 section 5.3.4). */
export function nsecWildcardAnswer(
  records: readonly NsecRecord[],
  nextCloser: Name,
): Proven | Unproven {
  const denial = records.find((record) => nsecDeniesName(record, nextCloser));
  return denial === undefined ? unproven('name-not-denied') : proven(false, denial.rrset);
}

/** NODATA of a name that does not exist: its wildcard must exist without the type. */
function wildcardNoData(
  records: readonly NsecRecord[],
  qname: Name,
  qtype: number,
): ProvenNoData | Unproven {
  let reason: UnprovenReason = 'name-not-denied';
  for (const record of records) {
    if (!nsecDeniesName(record, qname)) continue;
    const wildcard = nsecClosestEncloser(record, qname).wildcard;
    const denial = typeDenial(records, wildcard, qtype);
    if (denial?.kind === 'proven') {
      return provenNoData(proven(false, record.rrset, denial.records[0]), false);
    }
    reason = denial?.reason ?? 'wildcard-not-denied';
  }
  return unproven(reason);
}

/** `name` exists without `type`; undefined when no record shows that it exists. */
function typeDenial(
  records: readonly NsecRecord[],
  name: Name,
  type: number,
): ProvenNoData | Unproven | undefined {
  for (const record of records) {
    if (record.owner.equals(name)) {
      const verdict = denyType(record.types, type, name.isRoot);
      if (verdict !== 'denied') return unproven(verdict);
      return provenNoData(proven(false, record.rrset), record.types.has(TYPE.NXNAME));
    }
    if (nsecProvesEmptyNonTerminal(record, name)) {
      return provenNoData(proven(false, record.rrset), false);
    }
  }
  return undefined;
}

/** The owner is an ancestor whose descendants it may not deny. */
function isCutOff(record: NsecRecord, name: Name): boolean {
  return name.isBelow(record.owner) && cutsOffDescendants(record.types);
}

function commonAncestor(a: Name, b: Name): Name {
  let left = a.ancestor(b.labelCount);
  let right = b.ancestor(a.labelCount);
  while (left.key !== right.key) {
    left = left.parent;
    right = right.parent;
  }
  return left;
}
