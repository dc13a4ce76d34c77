/**
 * Consistent hashing (Karger et al. 1997): which node of a colo owns a registered domain. Each node
 * stands at many points of a circle of 2^32; a key belongs to the node of the first point at or after
 * its hash. When a node leaves, only its keys move; all others keep their owner.
 *
 * Cost: a binary search in one Uint32Array. Shares of the nodes differ by about
 * sqrt((N-1)/(N V+1)) of their mean with N nodes at V points each.
 */

import { mix, PURPOSE } from '../engine/random.ts';

/** Points per node: shares differ by about 8 % (16 nodes). */
export const POINTS_PER_NODE = 160;

export class Ring {
  readonly #points: Uint32Array;
  readonly #owners: Uint16Array;

  /** `nodes` are the numbers of the nodes that are there, each below 65536. */
  constructor(seed: number, nodes: readonly number[], pointsPerNode: number = POINTS_PER_NODE) {
    if (nodes.length === 0) throw new RangeError('a ring without nodes owns nothing');
    const placed = nodes.flatMap((node) =>
      Array.from({ length: pointsPerNode }, (_, point) => ({
        at: mix(seed, PURPOSE.ring, node, point),
        node,
      })),
    );
    // Two nodes at one point: the lower number has it, whatever the order in which they came.
    placed.sort((a, b) => a.at - b.at || a.node - b.node);
    this.#points = Uint32Array.from(placed, ({ at }) => at);
    this.#owners = Uint16Array.from(placed, ({ node }) => node);
  }

  /** The node that owns the key with this 32-bit hash. */
  ownerOf(hash: number): number {
    const points = this.#points;
    let low = 0;
    let high = points.length;
    const key = hash >>> 0;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((points[middle] as number) < key) low = middle + 1;
      else high = middle;
    }
    return this.#owners[low === points.length ? 0 : low] as number;
  }
}
