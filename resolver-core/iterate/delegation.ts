/**
 * Learning delegations (RFC 1034 section 5.3.3, RFC 5452 section 6): from referrals, and from what a zone
 * says of its own name servers.
 */

import { boundedTtl } from '../cache/ttl.ts';
import { type Delegation, isUsable, type NameServer, type ZoneCut } from '../cache/zone-cuts.ts';
import type { Fetch } from '../fetch.ts';
import { MAX_NAME_SERVERS, MAX_PROOF_RRSETS } from '../limits.ts';
import type { Message, Question } from '../message.ts';
import type { Name } from '../name/name.ts';
import type { NodeState } from '../node.ts';
import { targetsOf } from '../rdata.ts';
import type { RRset } from '../rrset.ts';
import { SECOND } from '../time.ts';
import { TYPE } from '../wire/iana.ts';
import { addAddresses } from './addresses.ts';

/**
 * Takes in a referral from a server of `from`: the NS RRset `ns`, glue for names at or below `from`, and
 * what it says about DS, unjudged. It does not replace what the zone says itself as long as that is alive,
 * for a refresh at the end of what is refreshed. Returns the cut.
 */
export function learnReferral(
  node: NodeState,
  { leeway }: Fetch,
  from: ZoneCut,
  ns: RRset,
  message: Message,
): ZoneCut {
  const cut = node.cuts.ensure(ns.name, from);
  const { clock } = node;
  const known = cut.delegation;
  const { siblingGlue } = node.config;
  const nameServers = nameServersOf(node, siblingGlue ? from.name : ns.name, ns, message);
  if (known === null || known.rank === 'referral' || !isUsable(cut, clock + leeway)) {
    const ttl = boundedTtl(ns.ttl, node.config);
    if (known !== null) keepAddresses(nameServers, known);
    cut.delegation = { rank: 'referral', nameServers, expiresAt: clock + ttl * SECOND };
  }
  cut.fromParent = nameServers;
  cut.referralProof = { rrsets: proofOf(message, ns.name), receivedAt: clock };
  return cut;
}

/**
 * Takes in the NS RRset of the zone itself, from an authoritative answer or from beside one: it outranks
 * the parent's (RFC 2181 section 5.4.1), but ends with it (ghost domains).
 */
export function learnApexNs(
  node: NodeState,
  cut: ZoneCut,
  asked: Question,
  message: Message,
): void {
  const known = cut.delegation;
  if (known === null || known.rank === 'authoritative' || cut.name.isRoot) return;
  if (!message.authoritative) return; // hearsay (RFC 2181 section 5.4.1)
  const section = asked.type === TYPE.NS ? message.answer : message.authority;
  const ns = section.find((rrset) => rrset.type === TYPE.NS && rrset.name.key === cut.name.key);
  if (ns === undefined) return;
  const nameServers = nameServersOf(node, cut.name, ns, message);
  keepAddresses(nameServers, known);
  const expiresAt = Math.min(known.expiresAt, node.clock + ns.ttl * SECOND);
  cut.delegation = { rank: 'authoritative', nameServers, expiresAt };
  // Names without addresses in the zone itself lead nowhere: the parent would be asked again and again.
  if (!isUsable(cut, node.clock)) cut.delegation = known;
}

/** What was found out about the addresses of a name server holds, whoever names it again. */
function keepAddresses(nameServers: readonly NameServer[], known: Delegation): void {
  for (const server of nameServers) {
    const before = known.nameServers.find((each) => each.name.key === server.name.key);
    if (before === undefined || server.addresses.length > 0) continue;
    server.addresses = before.addresses;
    server.addressesExpireAt = before.addressesExpireAt;
  }
}

/** The name servers of an NS RRset, with the addresses that come with it for names at or below `bailiwick`. */
export function nameServersOf(
  node: NodeState,
  bailiwick: Name,
  ns: RRset,
  message: Message,
): NameServer[] {
  const out: NameServer[] = [];
  for (const name of targetsOf(ns)) {
    if (out.length === MAX_NAME_SERVERS) break;
    const server: NameServer = { name, addresses: [], addressesExpireAt: 0 };
    if (name.isAtOrBelow(bailiwick)) {
      for (const rrset of message.additional) {
        if (rrset.name.key === name.key) addAddresses(node, server, rrset, node.clock);
      }
    }
    out.push(server);
  }
  return out;
}

/** DS of the child, or the NSEC and NSEC3 records that should prove its absence. */
function proofOf(message: Message, child: Name): RRset[] {
  const out: RRset[] = [];
  for (const rrset of message.authority) {
    const isDenial = rrset.type === TYPE.NSEC || rrset.type === TYPE.NSEC3;
    if (isDenial ? out.length < MAX_PROOF_RRSETS : isDsOf(rrset, child)) out.push(rrset);
  }
  return out;
}

function isDsOf(rrset: RRset, child: Name): boolean {
  return rrset.type === TYPE.DS && rrset.name.key === child.key;
}
