/**
 * Which server of a zone to ask (as Knot Resolver and BIND do): the fastest known, servers never heard of first,
 * now and then another one to keep its estimate alive. Servers that are down are left alone.
 */

import type { NameServer } from '../cache/zone-cuts.ts';
import type { ServerAddress } from '../events.ts';
import type { Fetch } from '../fetch.ts';
import { EXPLORE_ONE_IN } from '../limits.ts';
import { DRAW_SERVER_CHOICE, type NodeState } from '../node.ts';

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

/** The server to ask next, or null when no address is known that may be asked. */
export function pickServer(
  node: NodeState,
  fetch: Fetch,
  servers: readonly NameServer[],
  attempts: Attempts | null,
): ServerAddress | null {
  const draw = node.ports.random(fetch.draw, DRAW_SERVER_CHOICE, fetch.budget.draws++);
  let explore = draw % EXPLORE_ONE_IN === 0 ? countUsable(node, servers, attempts) : 0;
  if (explore > 0) explore = 1 + ((draw >>> 8) % explore);
  let best: ServerAddress | null = null;
  let bestScore = 0;
  for (const server of servers) {
    if (node.clock >= server.addressesExpireAt) continue;
    for (const address of server.addresses) {
      if (!usable(node, address, attempts)) continue;
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

function usable(node: NodeState, address: ServerAddress, attempts: Attempts | null): boolean {
  const { sendsPerServer } = node.config;
  if (attempts !== null && !attempts.mayAsk(address, sendsPerServer)) return false;
  return !node.servers.isDown(address, node.now);
}

function countUsable(
  node: NodeState,
  servers: readonly NameServer[],
  attempts: Attempts | null,
): number {
  let count = 0;
  for (const server of servers) {
    if (node.clock >= server.addressesExpireAt) continue;
    for (const address of server.addresses) if (usable(node, address, attempts)) count++;
  }
  return count;
}
