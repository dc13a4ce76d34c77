import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mix } from '../engine/random.ts';
import { Ring } from './ring.ts';

const KEYS = 20_000;
const keys = Array.from({ length: KEYS }, (_, key) => mix(7, 99, key, 0));
const count = (nodes: number): number[] => Array.from({ length: nodes }, (_, node) => node);

describe('consistent hashing', () => {
  test('when a node leaves, its keys move and no others', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.uniqueArray(fc.nat({ max: 65_535 }), { minLength: 2, maxLength: 8 }),
        fc.array(fc.integer({ min: 0, max: 0xffffffff }), { minLength: 1 }),
        (seed, nodes, hashes) => {
          const [gone, ...left] = nodes;
          const before = new Ring(seed, nodes, 16);
          const after = new Ring(seed, left, 16);
          for (const hash of hashes) {
            const owner = before.ownerOf(hash);
            if (owner === gone) expect(left).toContain(after.ownerOf(hash));
            else expect(after.ownerOf(hash)).toBe(owner);
          }
        },
      ),
    );
  });

  test('of N nodes that become N+1, about 1/(N+1) of the keys move', () => {
    const before = new Ring(1, count(7));
    const after = new Ring(1, count(8));
    const moved = keys.filter((key) => before.ownerOf(key) !== after.ownerOf(key)).length / KEYS;
    // The share of one of 8 nodes has a standard deviation of sqrt(7/(8 V + 1)) / 8.
    const sigma = Math.sqrt(7 / (8 * 160 + 1)) / 8 + Math.sqrt((0.125 * 0.875) / KEYS);
    expect(Math.abs(moved - 1 / 8)).toBeLessThan(4 * sigma);
    expect(moved).toBeLessThan(0.5); // as hashing modulo N would not be: it moves 7/8
  });

  test.each([
    [4, 1],
    [16, 40],
    [16, 160],
    [64, 100],
  ])('shares of %i nodes at %i points differ by sqrt((N-1)/(N V+1))', (nodes, points) => {
    const rounds = 20;
    let squares = 0;
    for (let seed = 0; seed < rounds; seed++) {
      const ring = new Ring(seed, count(nodes), points);
      const owned = new Float64Array(nodes);
      // An even grid: what an arc gains or loses at its ends is small against a node's share.
      for (let key = 0; key < 65_536; key++) {
        const owner = ring.ownerOf(key * 65_536);
        owned[owner] = (owned[owner] ?? 0) + 1 / 65_536;
      }
      for (const share of owned) squares += (share * nodes - 1) * (share * nodes - 1);
    }
    const spread = Math.sqrt(squares / (rounds * nodes));
    const expected = Math.sqrt((nodes - 1) / (nodes * points + 1));
    // The spread of n shares is known to about 1/sqrt(2n); shares of one ring depend on each other.
    expect(Math.abs(spread / expected - 1)).toBeLessThan(4 / Math.sqrt(2 * rounds * (nodes - 1)));
  });

  test('a hash beyond the last point belongs to the first', () => {
    const ring = new Ring(3, [5, 9], 1);
    const owners = new Set([ring.ownerOf(0), ring.ownerOf(0xffffffff)]);
    expect(owners.size).toBe(1);
  });

  test('owns nothing without nodes', () => {
    expect(() => new Ring(1, [])).toThrow('without nodes');
  });
});
