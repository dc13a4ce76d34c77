/**
 * Whether a response comes without the signatures that its zone must have (RFC 4035 section 3.1): then
 * the server does not know DNSSEC, or has lost the zone's signatures, and another may do better (RFC 4035
 * section 4.7 asks it for bogus data; Unbound calls such servers DNSSEC-lame). What signatures are worth
 * is not judged here.
 */

import type { ZoneCut } from '../cache/zone-cuts.ts';
import type { Message } from '../message.ts';
import type { NodeState } from '../node.ts';
import type { RRset } from '../rrset.ts';
import { TYPE } from '../wire/iana.ts';

/** True when the parent, or a trust anchor, vouches for keys of the zone. */
export function isExpectedSigned(node: NodeState, cut: ZoneCut): boolean {
  if (!node.config.validation) return false;
  if (node.anchors.hasNegative && node.anchors.negativeAbove(cut.name) !== null) return false;
  const { security, referralProof } = cut;
  if (security !== null && node.clock < security.expiresAt) return security.kind === 'ds';
  const given = node.anchors.given(cut.name);
  if (given !== null) return given.kind === 'ds';
  return referralProof?.rrsets.some((rrset) => rrset.type === TYPE.DS) ?? false;
}

/** True when nothing in the answer or authority section is signed, and the zone itself speaks. */
export function lacksSignatures(message: Message, cut: ZoneCut): boolean {
  if (message.dnssec && (isAnySigned(message.answer) || isAnySigned(message.authority))) {
    return false;
  }
  // A zone below, which the same servers have, may be unsigned.
  return !message.authority.some((rrset) => {
    const isOfZone = rrset.type === TYPE.SOA || rrset.type === TYPE.NS;
    return isOfZone && rrset.name.isBelow(cut.name);
  });
}

function isAnySigned(section: readonly RRset[]): boolean {
  for (const rrset of section) if (rrset.signatures.length > 0) return true;
  return false;
}
