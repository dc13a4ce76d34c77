/**
 * Denial of existence: the four questions of the validator, each answered from NSEC or NSEC3
 * records, whichever the zone has (RFC 4035 section 5.4, RFC 5155 section 8, RFC 6840 section 4,
 * RFC 9276, RFC 9824).
 *
 * `proofs` are NSEC and NSEC3 RRsets that were found secure with the keys of `zone`, in any order;
 * other RRsets among them are passed over. A zone on its way from one mechanism to the other may
 * send both: NSEC is tried first, it costs no hashes. `insecure` comes only from NSEC3 with more
 * iterations than the limit. `budget` is what the lookup may still hash; null: as much as one proof may.
 */

import { MAX_NSEC3_ITERATIONS } from '../limits.ts';
import type { Name } from '../name/name.ts';
import type { RRset } from '../rrset.ts';
import { EDE } from '../wire/iana.ts';
import { nameText } from './cause.ts';
import {
  type NsecRecord,
  nsecNameError,
  nsecNoData,
  nsecNoDs,
  nsecRecords,
  nsecWildcardAnswer,
} from './nsec.ts';
import {
  type HashBudget,
  type Nsec3Chain,
  nsec3NameError,
  nsec3NoData,
  nsec3NoDs,
  nsec3WildcardAnswer,
  selectNsec3,
} from './nsec3.ts';
import {
  type InsecureProof,
  type Proven,
  type ProvenNoData,
  type ProvenNoDs,
  type Unproven,
  unproven,
} from './proof.ts';

/** NXDOMAIN: neither `qname` nor a wildcard that would answer for it exists. */
export function proveNameError(
  qname: Name,
  zone: Name,
  proofs: readonly RRset[],
  budget: HashBudget | null = null,
): Proven | InsecureProof | Unproven {
  if (!qname.isAtOrBelow(zone)) return unproven('out-of-zone');
  return prove(
    zone,
    proofs,
    budget,
    (records) => nsecNameError(records, qname),
    (chain) => nsec3NameError(chain, qname),
  );
}

/**
 * NODATA: `qname`, or the wildcard that stands in for it, exists without `qtype` and without CNAME.
 * For DS the records must come from the parent's side of the cut, for all else from the child's.
 */
export function proveNoData(
  qname: Name,
  qtype: number,
  zone: Name,
  proofs: readonly RRset[],
  budget: HashBudget | null = null,
): ProvenNoData | InsecureProof | Unproven {
  if (!qname.isAtOrBelow(zone)) return unproven('out-of-zone');
  return prove(
    zone,
    proofs,
    budget,
    (records) => nsecNoData(records, qname, qtype),
    (chain) => nsec3NoData(chain, qname, qtype),
  );
}

/**
 * No DS at `child`, a name below the apex of `zone`; `delegation` says whether a zone cut is there.
 * Unlike NODATA this holds for a name that does not exist, too.
 */
export function proveNoDs(
  child: Name,
  zone: Name,
  proofs: readonly RRset[],
  budget: HashBudget | null = null,
): ProvenNoDs | InsecureProof | Unproven {
  if (!child.isBelow(zone)) return unproven('out-of-zone');
  return prove(
    zone,
    proofs,
    budget,
    (records) => nsecNoDs(records, child),
    (chain) => nsec3NoDs(chain, child),
  );
}

/**
 * An answer synthesised from `*.<closestEncloser>` was due: nothing exists between `qname` and the
 * closest encloser, which the labels field of the answer's signature names (RFC 4035 section 5.3.4).
 */
export function proveWildcardAnswer(
  qname: Name,
  closestEncloser: Name,
  zone: Name,
  proofs: readonly RRset[],
  budget: HashBudget | null = null,
): Proven | InsecureProof | Unproven {
  if (!closestEncloser.isAtOrBelow(zone) || !qname.isBelow(closestEncloser)) {
    return unproven('out-of-zone');
  }
  const nextCloser = qname.ancestor(closestEncloser.labelCount + 1);
  return prove(
    zone,
    proofs,
    budget,
    (records) => nsecWildcardAnswer(records, nextCloser),
    (chain) => nsec3WildcardAnswer(chain, nextCloser),
  );
}

function prove<T extends Proven>(
  zone: Name,
  proofs: readonly RRset[],
  budget: HashBudget | null,
  byNsec: (records: readonly NsecRecord[]) => T | Unproven,
  byNsec3: (chain: Nsec3Chain) => T | Unproven,
): T | InsecureProof | Unproven {
  const records = nsecRecords(zone, proofs);
  const first = records.length === 0 ? unproven('no-records') : byNsec(records);
  if (first.kind === 'proven') return first;
  const selection = selectNsec3(zone, proofs, budget);
  switch (selection.kind) {
    case 'none':
      return first;
    case 'mixed':
      return unproven('mixed-parameters');
    case 'too-many-iterations': {
      const text = `${selection.iterations} NSEC3 iterations in ${nameText(zone)}, more than ${MAX_NSEC3_ITERATIONS}`;
      return { kind: 'insecure', error: { code: EDE.UNSUPPORTED_NSEC3_ITERATIONS, text } };
    }
    case 'chain':
      return byNsec3(selection.chain);
  }
}
