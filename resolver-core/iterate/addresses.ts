/**
 * Addresses of name servers: from glue (RFC 1034 section 4.2.1, RFC 9471), by lookups of their own, and
 * the glue of other zones when nothing else is left. Which of them are used is `select.ts`'s matter.
 *
 * Addresses that the operator does not want to be asked never come in.
 */

import type { CachedAnswer } from '../cache/cached-answer.ts';
import { boundedTtl } from '../cache/ttl.ts';
import type { NameServer, ZoneCut } from '../cache/zone-cuts.ts';
import type { ServerAddress } from '../events.ts';
import type { Fetch, Steps } from '../fetch.ts';
import {
  MAX_ADDRESS_LOOKUPS,
  MAX_ADDRESS_LOOKUPS_PER_LOOKUP,
  MAX_ADDRESSES_PER_SERVER,
  MAX_SENDS_PER_LOOKUP,
} from '../limits.ts';
import type { Name } from '../name/name.ts';
import type { NodeState } from '../node.ts';
import type { RRset } from '../rrset.ts';
import { ipv4Text, ipv6Text, isWithin } from '../text/address.ts';
import { type Micros, SECOND } from '../time.ts';
import { TYPE } from '../wire/iana.ts';

/** True when the lookup that all this is for has no more time or queries. */
export function isSpent(node: NodeState, { budget }: Fetch): boolean {
  return node.now >= budget.deadline || budget.sends >= MAX_SENDS_PER_LOOKUP;
}

/**
 * Adds the addresses of an A or AAAA RRset that came at `since`; they are used as long as the shorter-lived
 * of the two, and for this resolution in any case (RFC 1034 section 3.2.1: a TTL of 0 serves the transaction).
 */
export function addAddresses(
  node: NodeState,
  server: NameServer,
  rrset: RRset,
  since: Micros,
): void {
  const found = addressesOf(node, rrset);
  if (found.length === 0) return;
  const ends = since + boundedTtl(rrset.ttl, node.config) * SECOND;
  const expiresAt = Math.max(ends, node.clock + node.config.resolutionTimeout);
  const first = server.addresses.length === 0;
  const all = first ? found : [...server.addresses, ...found];
  server.addresses = all.slice(0, MAX_ADDRESSES_PER_SERVER);
  server.addressesExpireAt = first ? expiresAt : Math.min(server.addressesExpireAt, expiresAt);
}

function addressesOf(node: NodeState, { type, rdata }: RRset): ServerAddress[] {
  const out: ServerAddress[] = [];
  const { ipv4, ipv6, neverAsk } = node.config;
  if (type === TYPE.A ? !ipv4 : type !== TYPE.AAAA || !ipv6) return out;
  for (const octets of rdata) {
    if (octets.length !== (type === TYPE.A ? 4 : 16)) continue;
    if (neverAsk.some((prefix) => isWithin(octets, prefix))) continue;
    const text = type === TYPE.A ? ipv4Text(octets) : ipv6Text(octets);
    out.push(node.servers.intern(text, type === TYPE.A ? 4 : 6));
  }
  return out;
}

/**
 * Looks up the addresses of one name server of `servers` that has none; true when it is worth to try
 * again. `servers` are asked for anew each time: they may have been learnt anew meanwhile.
 *
 * Not validated (as in Unbound and BIND): a wrong address leads to data that does not validate.
 */
export function* lookUpAddresses(
  node: NodeState,
  fetch: Fetch,
  servers: () => readonly NameServer[],
): Steps<boolean> {
  for (const server of servers()) {
    const { name, addresses, addressesExpireAt } = server;
    const hasSome = node.clock < addressesExpireAt && addresses.length > 0;
    // A server whose data did not validate may have an address in the other family, too.
    if (hasSome && fetch.distrusted.length === 0) continue;
    if (!hasSome && node.config.glueAcrossZones && takeGlue(node, server)) return true;
    if (fetch.lookedUp(name) || fetch.lookups >= MAX_ADDRESS_LOOKUPS) continue;
    fetch.noteLookup(name);
    for (const type of [TYPE.A, TYPE.AAAA]) {
      if (type === TYPE.A ? !node.config.ipv4 : !node.config.ipv6) continue;
      const family = type === TYPE.A ? 4 : 6;
      if (hasSome && addresses.some((address) => address.family === family)) continue;
      if (isSpent(node, fetch)) return false;
      if (fetch.budget.addressLookups++ >= MAX_ADDRESS_LOOKUPS_PER_LOOKUP) return false;
      const question = { name, type };
      const answer = (yield { kind: 'lookup', question, checkingDisabled: true }) as CachedAnswer;
      if (takeAddresses(node, servers(), name, answer, hasSome)) return true;
    }
  }
  return false;
}

function takeAddresses(
  node: NodeState,
  servers: readonly NameServer[],
  name: Name,
  answer: CachedAnswer,
  keeps: boolean,
): boolean {
  let found = false;
  for (const server of servers) {
    if (server.name.key !== name.key) continue;
    const before = keeps ? server.addresses.length : 0;
    if (!keeps) server.addresses = [];
    for (const rrset of answer.answer) addAddresses(node, server, rrset, answer.storedAt);
    if (server.addresses.length === 0) server.addressesExpireAt = 0;
    else if (server.addresses.length > before) found = true;
  }
  return found;
}

/**
 * The name servers of `cut` with the addresses that referrals to other zones gave for their names: what
 * the owner of an address says about it comes first, but here that has led nowhere.
 */
export function glueElsewhere(node: NodeState, cut: ZoneCut): readonly NameServer[] {
  const out: NameServer[] = [];
  for (const servers of [cut.delegation?.nameServers, cut.fromParent]) {
    for (const { name } of servers ?? []) {
      const glue = glueOf(node, name);
      if (glue !== null) out.push(glue);
    }
  }
  return out;
}

/** True when a referral to another zone gave addresses for the name. */
function takeGlue(node: NodeState, server: NameServer): boolean {
  const glue = glueOf(node, server.name);
  if (glue === null || glue === server) return false;
  server.addresses = glue.addresses;
  server.addressesExpireAt = glue.addressesExpireAt;
  return true;
}

function glueOf(node: NodeState, name: Name): NameServer | null {
  for (let at = name; !at.isRoot; at = at.parent) {
    const cut = node.cuts.get(at);
    for (const server of cut?.fromParent ?? []) {
      const isIt = server.name.key === name.key && node.clock < server.addressesExpireAt;
      if (isIt && server.addresses.length > 0) return server;
    }
  }
  return null;
}
