/**
 * What stands beside an answer when answers are to be more than minimal: the zone's NS RRset in the
 * authority section and addresses in the additional section (RFC 1034 section 4.3.2 steps 3 and 6).
 *
 * Nothing of it is needed by the client, and nothing of it may spoil what was validated: beside a
 * secure answer only RRsets are kept that are secure themselves (RFC 4035 section 3.2.3 asks it of the
 * authority section, Unbound asks it of the additional section too).
 */

import { MAX_RRSETS_BESIDE } from './limits.ts';
import type { Message } from './message.ts';
import type { Name } from './name/name.ts';
import type { NodeState } from './node.ts';
import type { RRset } from './rrset.ts';
import { knownZoneState } from './validate/chain.ts';
import { checkRrset } from './validate/rrset-check.ts';
import { TYPE } from './wire/iana.ts';

export interface Beside {
  readonly ns: readonly RRset[];
  readonly additional: readonly RRset[];
}

const NOTHING: Beside = { ns: [], additional: [] };

/**
 * Of a response from a server of `zone`; nothing while answers are minimal, but for the addresses of
 * the name servers that were asked for (RFC 8109 section 4: priming wants them), by type or with all.
 */
export function besideOf(node: NodeState, message: Message, zone: Name, secure: boolean): Beside {
  const minimal = node.config.minimalResponses;
  const type = message.question?.type;
  if (minimal && type !== TYPE.NS && type !== TYPE.ANY) return NOTHING;
  const kept = (rrset: RRset): boolean =>
    rrset.name.isAtOrBelow(zone) && (!secure || holds(node, rrset));
  const ns = minimal ? NOTHING.ns : message.authority.filter((rrset) => rrset.type === TYPE.NS);
  const addresses = message.additional.filter((rrset) => {
    return rrset.type === TYPE.A || rrset.type === TYPE.AAAA;
  });
  return {
    ns: ns.slice(0, MAX_RRSETS_BESIDE).filter(kept),
    additional: addresses.slice(0, MAX_RRSETS_BESIDE).filter(kept),
  };
}

/** Secure by the keys that are at hand. */
function holds(node: NodeState, rrset: RRset): boolean {
  const signer = rrset.signatures[0]?.signer;
  const cut = signer === undefined ? undefined : node.cuts.get(signer);
  const state = cut === undefined ? null : knownZoneState(node, cut);
  if (cut === undefined || state === null || state.kind !== 'secure') return false;
  const { keys, algorithms } = state.keys;
  return checkRrset(node, rrset, cut.name, keys, algorithms).kind === 'secure';
}
