/**
 * Which server of a zone to ask (as Knot Resolver and BIND do): the fastest known, servers never heard of first,
 * now and then another one to keep its estimate alive. Servers that are down are left alone. Where the share of
 * IPv4 is given, the address family comes first, by chance, and all this goes for the servers in it.
 */

import type { NameServer } from '../cache/zone-cuts.ts';
import type { ServerAddress } from '../events.ts';
import type { Fetch } from '../fetch.ts';
import { EXPLORE_ONE_IN } from '../limits.ts';
import { DRAW_FAMILY, DRAW_SERVER_CHOICE, type NodeState } from '../node.ts';

/** What was tried for one question at the servers of one zone. */
export class Attempts {
  readonly #servers: ServerAddress[] = [];
  readonly #sends: number[] = [];

  sent(server: ServerAddress): void {
    const at = this.#servers.indexOf(server);
    if (at < 0) {
      this.#servers.push(server);
      this.#sends.push(1);
    } else {
      this.#sends[at] = (this.#sends[at] as number) + 1;
    }
  }

  /** Not to be asked again for this question. */
  exclude(server: ServerAddress): void {
    this.sent(server);
    this.#sends[this.#servers.indexOf(server)] = Number.POSITIVE_INFINITY;
  }

  mayAsk(server: ServerAddress, sendsPerServer: number): boolean {
    const at = this.#servers.indexOf(server);
    return at < 0 || (this.#sends[at] as number) < sendsPerServer;
  }
}

/** Of which family servers are asked; `ANY` when it does not matter. */
type Family = 0 | ServerAddress['family'];
const ANY = 0;

/** The server to ask next, or null when no address is known that may be asked. */
export function pickServer(
  node: NodeState,
  fetch: Fetch,
  servers: readonly NameServer[],
  attempts: Attempts | null,
): ServerAddress | null {
  const k = fetch.budget.draws++;
  const draw = node.ports.random(fetch.draw, DRAW_SERVER_CHOICE, k);
  const { ipv4Share } = node.config;
  const family =
    ipv4Share === null ? ANY : pickFamily(node, fetch, servers, attempts, ipv4Share, k);
  let explore = draw % EXPLORE_ONE_IN === 0 ? countUsable(node, servers, attempts, family) : 0;
  if (explore > 0) explore = 1 + ((draw >>> 8) % explore);
  let best: ServerAddress | null = null;
  let bestScore = 0;
  for (const server of servers) {
    if (node.clock >= server.addressesExpireAt) continue;
    for (const address of server.addresses) {
      if (!usable(node, address, attempts, family)) continue;
      if (explore > 0 && --explore === 0) return address;
      let score = node.servers.score(address);
      // Never heard of: before all others, in an order of this lookup's own (BIND does likewise).
      if (score < 0) score = -1 - ((draw ^ Math.imul(address.hash, 0x9e3779b1)) >>> 4);
      if (best === null || score < bestScore) {
        best = address;
        bestScore = score;
      }
    }
  }
  return best;
}

function pickFamily(
  node: NodeState,
  fetch: Fetch,
  servers: readonly NameServer[],
  attempts: Attempts | null,
  ipv4Share: number,
  k: number,
): Family {
  if (countUsable(node, servers, attempts, 4) === 0) return ANY;
  if (countUsable(node, servers, attempts, 6) === 0) return ANY;
  const draw = node.ports.random(fetch.draw, DRAW_FAMILY, k);
  return draw < ipv4Share * 0x100000000 ? 4 : 6;
}

function usable(
  node: NodeState,
  address: ServerAddress,
  attempts: Attempts | null,
  family: Family,
): boolean {
  if (family !== ANY && address.family !== family) return false;
  const { sendsPerServer } = node.config;
  if (attempts !== null && !attempts.mayAsk(address, sendsPerServer)) return false;
  return !node.servers.isDown(address, node.now);
}

function countUsable(
  node: NodeState,
  servers: readonly NameServer[],
  attempts: Attempts | null,
  family: Family,
): number {
  let count = 0;
  for (const server of servers) {
    if (node.clock >= server.addressesExpireAt) continue;
    for (const address of server.addresses) if (usable(node, address, attempts, family)) count++;
  }
  return count;
}
