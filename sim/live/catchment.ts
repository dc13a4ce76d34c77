/**
 * Where a client of the front address lands, as anycast and ECMP would have it: a function of its address and
 * port and of nothing else. The address decides which region and client group of the plan the client is of
 * (by their shares of the traffic) and, within its region, which colo catches it; address and port decide on
 * the node there. So one client keeps to its colo, and its flows spread over the nodes.
 */

import { fraction, hashText } from '../engine/random.ts';
import type { Plan } from '../plan.ts';

export interface Caught {
  /** Index in the plan. */
  readonly colo: number;
  readonly group: string;
}

/** Clients that are remembered; then the memory begins anew. */
const KNOWN_CLIENTS = 4_096;

export class Catchment {
  readonly #plan: Plan;
  readonly #known = new Map<string, Caught>();

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  /** The colo that catches the clients at an address, and the group that they are of. */
  of(address: string): Caught {
    const known = this.#known.get(address);
    if (known !== undefined) return known;
    const { traffic, cluster } = this.#plan;
    const place = draw('region', address);
    const region = chosen(traffic.regions, ({ lookupsPerSecond }) => lookupsPerSecond, place);
    const part = chosen(region?.catchment ?? [], ({ share }) => share, draw('colo', address));
    const colo = cluster.colos.findIndex(({ name }) => name === part?.colo);
    const group = chosen(traffic.groups, ({ share }) => share, draw('group', address))?.name ?? '';
    const caught = { colo: Math.max(0, colo), group };
    if (this.#known.size >= KNOWN_CLIENTS) this.#known.clear();
    this.#known.set(address, caught);
    return caught;
  }

  /** The number of the node of a colo that a flow reaches. */
  nodeOf(colo: number, address: string, port: number): number {
    const nodes = this.#plan.cluster.colos[colo]?.nodes ?? 1;
    return hashText(port, address) % nodes;
  }
}

function draw(what: string, address: string): number {
  return fraction(hashText(0, `${what} ${address}`));
}

/** By their weights; undefined when there is none to choose from. */
function chosen<Part>(
  parts: readonly Part[],
  weightOf: (part: Part) => number,
  at: number,
): Part | undefined {
  const total = parts.reduce((sum, part) => sum + weightOf(part), 0);
  let left = at * total;
  for (const part of parts) {
    left -= weightOf(part);
    if (left < 0) return part;
  }
  return parts.at(-1);
}
