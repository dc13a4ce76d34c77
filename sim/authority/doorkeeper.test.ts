import { expect, test } from 'vitest';
import { hashText } from '../engine/random.ts';
import { Doorkeeper } from './doorkeeper.ts';

const hash = (key: string): number => hashText(0, key) | 0;

test('a name is admitted from its second coming on', () => {
  const door = new Doorkeeper(64);
  expect(['a', 'b', 'a', 'b', 'a'].map((key) => door.admits(hash(key)))).toEqual([
    ...[false, false],
    ...[true, true, true],
  ]);
});

test('of names that come once, next to none are admitted', () => {
  const door = new Doorkeeper(1_000);
  let admitted = 0;
  for (let i = 0; i < 50_000; i++) if (door.admits(hash(`x${i.toString(36)}`))) admitted++;
  expect(admitted).toBeLessThan(5);
});

test('names that come again soon are admitted, whatever comes between', () => {
  const door = new Doorkeeper(1_000);
  let admitted = 0;
  for (let i = 0; i < 10_000; i++) {
    door.admits(hash(`once${i}`));
    if (door.admits(hash(`again${i % 100}`))) admitted++;
  }
  expect(admitted).toBeGreaterThan(9_000);
});
