/**
 * What the type bitmap of an NSEC or NSEC3 record allows one to conclude (RFC 4035 section 5.4,
 * RFC 5155 section 8, RFC 6840 sections 4.1 and 4.3). Both kinds of record share these rules.
 */

import { rrsigLabels } from '../crypto/signed-data.ts';
import type { TypeBitmap } from '../rdata.ts';
import type { RRset } from '../rrset.ts';
import { TYPE } from '../wire/iana.ts';

/** The record stands on the parent side of a zone cut: NS without SOA. */
export function isDelegation(types: TypeBitmap): boolean {
  return types.has(TYPE.NS) && !types.has(TYPE.SOA);
}

/**
 * The owner's descendants are out of the record's reach: they belong to a child zone, or DNAME
 * redirects them (RFC 6840 section 4.1).
 */
export function cutsOffDescendants(types: TypeBitmap): boolean {
  return isDelegation(types) || types.has(TYPE.DNAME);
}

/**
 * Whether a record that matches the name denies `type` there. A record from the parent side of a
 * cut speaks for DS only; one from the child's apex speaks for everything but DS (RFC 6840
 * section 4.1, RFC 4035 section 5.2). The root has no parent, so its apex may deny DS.
 */
export function denyType(
  types: TypeBitmap,
  type: number,
  isRoot: boolean,
): 'denied' | 'type-exists' | 'wrong-side-of-cut' {
  if (type === TYPE.DS) {
    if (types.has(TYPE.SOA) && !isRoot) return 'wrong-side-of-cut';
  } else if (isDelegation(types)) {
    return 'wrong-side-of-cut';
  }
  if (types.has(type) || types.has(TYPE.CNAME)) return 'type-exists';
  if (type === TYPE.ANY && hasData(types)) return 'type-exists';
  return 'denied';
}

/**
 * True when a signature says that the record was synthesised from a wildcard. Such an NSEC holds
 * at the wildcard, not at the name it carries, and no honest server sends one as a proof.
 */
export function isWildcardExpansion(rrset: RRset): boolean {
  const labels = rrsigLabels(rrset.name);
  for (const signature of rrset.signatures) if (signature.labels < labels) return true;
  return false;
}

/** Anything besides the records of the denial itself. */
function hasData(types: TypeBitmap): boolean {
  return types
    .types()
    .some((type) => type !== TYPE.NSEC && type !== TYPE.RRSIG && type !== TYPE.NXNAME);
}
