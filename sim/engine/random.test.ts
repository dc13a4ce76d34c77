import { describe, expect, it } from 'vitest';
import { Stream } from './random.ts';

describe('Stream', () => {
  it('fills an array with the draws that next would give, in pieces of any size', () => {
    const single = new Stream(7, 1, 2, 3, 4);
    const filled = new Stream(7, 1, 2, 3, 4);
    const out = new Uint32Array(1000);
    for (const size of [1, 64, 1000, 3]) {
      filled.fill(out, size);
      for (let i = 0; i < size; i++) expect(out[i]).toBe(single.next());
    }
    expect(filled.next()).toBe(single.next());
  });
});
