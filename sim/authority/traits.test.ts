import { expect, test } from 'vitest';
import { Name } from '../../resolver-core/name/name.ts';
import { pickShare, TRAIT, traitOf } from './traits.ts';

test('a trait depends on seed, name, trait and index, and on nothing else', () => {
  const name = Name.parse('a.example');
  const draw = traitOf(1, name, TRAIT.ttl);
  expect(traitOf(1, Name.parse('A.example'), TRAIT.ttl)).toBe(draw);
  const others = [
    traitOf(2, name, TRAIT.ttl),
    traitOf(1, Name.parse('b.example'), TRAIT.ttl),
    traitOf(1, name, TRAIT.alias),
    traitOf(1, name, TRAIT.ttl, 1),
  ];
  expect(new Set([draw, ...others]).size).toBe(5);
});

test('shares are met over many names', () => {
  let below = 0;
  for (let i = 0; i < 4_000; i++) {
    if (traitOf(7, Name.parse(`n${i}.example`), TRAIT.signed) < 0.3) below++;
  }
  expect(Math.abs(below - 1_200)).toBeLessThan(4 * 29);
});

test('the shares of items are laid end to end, whatever they add up to', () => {
  const items = [
    { id: 'a', share: 1 },
    { id: 'b', share: 3 },
  ];
  expect([0, 0.24, 0.26, 0.99].map((draw) => pickShare(items, draw)?.id)).toEqual([
    'a',
    'a',
    'b',
    'b',
  ]);
  expect(pickShare([], 0.5)).toBeUndefined();
});
