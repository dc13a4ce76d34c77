import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SieveQueue } from './sieve.ts';
import { SieveModel } from './testing/sieve-model.ts';

describe('SIEVE', () => {
  it('evicts in order of insertion when nothing is visited', () => {
    const queue = new SieveQueue(3);
    for (const slot of [2, 0, 1]) queue.insert(slot);
    expect([queue.evict(), queue.evict(), queue.evict()]).toEqual([2, 0, 1]);
  });

  it('spares what was visited, once; the hand goes on from where it was', () => {
    const queue = new SieveQueue(3);
    for (const slot of [0, 1, 2]) queue.insert(slot);
    queue.visit(0);
    expect(queue.evict()).toBe(1);
    queue.insert(1);
    expect(queue.evict()).toBe(2);
    expect(queue.evict()).toBe(1);
    expect(queue.evict()).toBe(0);
  });

  it('does what the paper says, whatever the order of visits, insertions and evictions (property)', () => {
    const step = fc.record({
      kind: fc.oneof(
        { weight: 60, arbitrary: fc.constantFrom('visit', 'insert') },
        { weight: 20, arbitrary: fc.constant('evict') },
        { weight: 1, arbitrary: fc.constant('clear') },
      ),
      slot: fc.nat(7),
    });
    let evictions = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 50, maxLength: 200 }), (steps) => {
        const queue = new SieveQueue(8);
        const model = new SieveModel<number>();
        const held = new Set<number>();
        for (const { kind, slot } of steps) {
          if (kind === 'visit' && held.has(slot)) {
            queue.visit(slot);
            model.visit(slot);
          } else if (kind === 'insert' && !held.has(slot)) {
            queue.insert(slot);
            model.insert(slot);
            held.add(slot);
          } else if (kind === 'evict' && held.size > 0) {
            const victim = queue.evict();
            expect(victim).toBe(model.evict());
            held.delete(victim);
            evictions++;
          } else if (kind === 'clear') {
            queue.clear();
            model.clear();
            held.clear();
          }
        }
      }),
      { seed: 11, numRuns: 300 },
    );
    expect(evictions).toBeGreaterThan(1_000);
  });
});
