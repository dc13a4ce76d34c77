import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DelayLine } from './delay-line.ts';
import { EventHeap } from './heap.ts';
import { EventQueue } from './queue.ts';

describe('EventHeap', () => {
  it('gives events back in the order of (time, sequence), whatever is pushed and popped between', () => {
    const step = fc.oneof(fc.integer({ min: 0, max: 6 }), fc.constant('pop' as const));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const heap = new EventHeap(2);
        const model: { time: number; sequence: number }[] = [];
        let sequence = 0;
        const popBoth = (): void => {
          model.sort((a, b) => a.time - b.time || a.sequence - b.sequence);
          expect(heap.nextTime).toBe(model[0]?.time ?? Number.POSITIVE_INFINITY);
          expect(heap.pop()).toBe(model.shift()?.sequence ?? -1);
        };
        for (const what of steps) {
          if (what === 'pop') popBoth();
          else {
            heap.push(what, sequence, sequence);
            model.push({ time: what, sequence });
            sequence++;
          }
        }
        while (heap.size > 0) popBoth();
        expect(model).toHaveLength(0);
      }),
    );
  });
});

describe('EventQueue', () => {
  it('keeps each event with its payload, through growth and reuse of slots', () => {
    const queue = new EventQueue<string>();
    const expected: string[] = [];
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 1500; i++) queue.schedule(1e6 - i, i % 7, i, -i, `${round}/${i}`);
      for (let i = 1499; i >= 0; i--) expected.push(`${1e6 - i} ${i % 7} ${i} ${-i} ${round}/${i}`);
      while (queue.take()) {
        const { time, kind, place, id, load } = queue;
        expect(`${time} ${kind} ${place} ${id === 0 ? '0' : id} ${load}`).toBe(expected.shift());
      }
    }
    expect(expected).toHaveLength(0);
  });

  it('runs events of one instant in the order in which they were scheduled or reserved', () => {
    const queue = new EventQueue<string>();
    const early = queue.reserve();
    queue.schedule(5, 0, 0, 0, 'second');
    queue.scheduleAs(early, 5, 0, 0, 0, 'first');
    const order = [];
    while (queue.take()) order.push(queue.load);
    expect(order).toEqual(['first', 'second']);
  });
});

describe('DelayLine', () => {
  it('is first in, first out, across growth and wrap-around', () => {
    const step = fc.boolean();
    fc.assert(
      fc.property(fc.array(step, { minLength: 300, maxLength: 600 }), (steps) => {
        const line = new DelayLine();
        const model: number[] = [];
        let next = 0;
        for (const push of steps) {
          if (push) {
            line.push(next * 10, next * 2, next);
            model.push(next++);
          } else if (model.length > 0) {
            const first = model.shift() as number;
            expect([line.time, line.sequence, line.item]).toEqual([first * 10, first * 2, first]);
            line.shift();
          }
          expect(line.size).toBe(model.length);
        }
      }),
      { numRuns: 30 },
    );
  });
});
