import { expect, test } from 'vitest';
import { Generations } from './generations.ts';

test('at most two generations are held', () => {
  const kept = new Generations<number, number>(10);
  for (let i = 0; i < 1_000; i++) {
    kept.set(i, i);
    expect(kept.size).toBeLessThanOrEqual(20);
  }
  expect(kept.get(999)).toBe(999);
  expect(kept.get(0)).toBeUndefined();
});

test('what is used once per generation stays', () => {
  const kept = new Generations<number, string>(10);
  kept.set(-1, 'used');
  for (let i = 0; i < 1_000; i++) {
    kept.set(i, 'once');
    if (i % 5 === 0) expect(kept.get(-1)).toBe('used');
  }
});

test('an entry that is set again is replaced', () => {
  const kept = new Generations<string, number>(2);
  kept.set('a', 1);
  kept.set('b', 1);
  kept.set('a', 2);
  expect([kept.get('a'), kept.size]).toEqual([2, 2]);
});
