/** Learning delegations from referrals (RFC 1034 section 5.3.3, RFC 5452 section 6). */

import { type Delegation, isUsable, type NameServer, type ZoneCut } from '../cache/zone-cuts.ts';
import type { ServerAddress } from '../events.ts';
import { MAX_ADDRESSES_PER_SERVER, MAX_NAME_SERVERS, MAX_PROOF_RRSETS } from '../limits.ts';
import type { Message } from '../message.ts';
import type { Name } from '../name/name.ts';
import type { NodeState } from '../node.ts';
import { targetsOf } from '../rdata.ts';
import type { RRset } from '../rrset.ts';
import { SECOND } from '../time.ts';
import { TYPE } from '../wire/iana.ts';

/**
 * Takes in a referral from a server of `from`: the NS RRset `ns` of its authority section, glue for
 * names at or below `from`, and what it says about DS, unjudged. Returns the cut.
 */
export function learnReferral(
  node: NodeState,
  from: ZoneCut,
  ns: RRset,
  message: Message,
): ZoneCut {
  const cut = node.cuts.ensure(ns.name, from);
  const { clock } = node;
  const known = cut.delegation;
  if (
    cut.fixed === null &&
    (known === null || known.rank === 'referral' || !isUsable(cut, clock))
  ) {
    const ttl = Math.min(ns.ttl, node.config.maxTtl);
    const nameServers = nameServersOf(node, from.name, ns, message);
    if (known !== null) keepAddresses(nameServers, known);
    cut.delegation = { rank: 'referral', nameServers, expiresAt: clock + ttl * SECOND };
  }
  cut.referralProof = { rrsets: proofOf(message, ns.name), receivedAt: clock };
  return cut;
}

/**
 * Takes in the NS RRset that the zone itself puts into the authority section of an authoritative
 * answer: it outranks the parent's (RFC 2181 section 5.4.1), but ends with it (ghost domains).
 */
export function learnApexNs(node: NodeState, cut: ZoneCut, message: Message): void {
  const known = cut.delegation;
  if (known === null || known.rank === 'authoritative' || cut.name.isRoot) return; // fixed ones are
  const ns = message.authority.find(
    (rrset) => rrset.type === TYPE.NS && rrset.name.key === cut.name.key,
  );
  if (ns === undefined) return;
  const nameServers = nameServersOf(node, cut.name, ns, message);
  keepAddresses(nameServers, known);
  const expiresAt = Math.min(known.expiresAt, node.clock + ns.ttl * SECOND);
  cut.delegation = { rank: 'authoritative', nameServers, expiresAt };
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

function nameServersOf(
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
        if (rrset.name.key === name.key) addAddresses(node, server, rrset);
      }
    }
    out.push(server);
  }
  return out;
}

/**
 * Adds the addresses of an A or AAAA RRset; they are used as long as the shorter-lived of the two, and
 * for this resolution in any case (RFC 1034 section 3.2.1: a TTL of 0 serves the transaction).
 */
export function addAddresses(node: NodeState, server: NameServer, rrset: RRset): void {
  const found = addressesOf(node, rrset);
  if (found.length === 0) return;
  const expiresAt = node.clock + Math.max(rrset.ttl * SECOND, node.config.resolutionTimeout);
  const first = server.addresses.length === 0;
  const all = first ? found : [...server.addresses, ...found];
  server.addresses = all.slice(0, MAX_ADDRESSES_PER_SERVER);
  server.addressesExpireAt = first ? expiresAt : Math.min(server.addressesExpireAt, expiresAt);
}

function addressesOf(node: NodeState, rrset: RRset): ServerAddress[] {
  const out: ServerAddress[] = [];
  for (const rdata of rrset.rdata) {
    if (rrset.type === TYPE.A && rdata.length === 4) {
      out.push(node.servers.intern(rdata.join('.'), 4));
    } else if (rrset.type === TYPE.AAAA && rdata.length === 16) {
      const groups: string[] = [];
      for (let i = 0; i < 16; i += 2) {
        groups.push((((rdata[i] as number) << 8) | (rdata[i + 1] as number)).toString(16));
      }
      out.push(node.servers.intern(groups.join(':'), 6));
    }
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
