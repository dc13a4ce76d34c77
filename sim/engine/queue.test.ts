import { describe, expect, it } from 'vitest';
import { EventQueue } from './queue.ts';

describe('a queue with a line beside the heap', () => {
  it('gives all events by (time, sequence), whichever way they came, while the line grows and turns', () => {
    const queue = new EventQueue<string>();
    const expected: [number, number][] = [];
    const taken: [number, number][] = [];
    let id = 0;
    const take = (): void => {
      expect(queue.nextTime).toBe(Math.min(...expected.map(([time]) => time)));
      expect(queue.take()).toBe(true);
      expect(queue.load).toBe(`${queue.id}`);
      taken.push([queue.time, queue.id]);
      expected.sort(([a, i], [b, j]) => a - b || i - j);
      expect(taken.at(-1)).toEqual(expected.shift());
    };
    for (let now = 0; now < 200; now++) {
      for (let k = 0; k < 3; k++) {
        const time = k === 1 ? now + ((now * 7) % 50) : now + 60;
        if (k === 1) queue.schedule(time, 1, 0, id, `${id}`);
        else queue.scheduleInLine(time, 2, 0, id, `${id}`);
        expected.push([time, id++]);
      }
      while (queue.nextTime <= now) take();
    }
    while (queue.size > 0) take();
    expect(taken).toHaveLength(600);
    expect([queue.take(), queue.nextTime]).toEqual([false, Number.POSITIVE_INFINITY]);
  });
});
