import { expect, test } from 'vitest';
import { COMPRESSION_PROBES, COMPRESSION_SLOTS } from '../limits.ts';
import { Name } from '../name/name.ts';
import { Output } from './compress.ts';

/** Where a name of one label is sought first (FNV-1a from the right, length octet last). */
function slotOf(name: Name): number {
  let hash = 0x811c9dc5 | 0;
  for (const octet of name.wire.subarray(0, -1).toReversed()) {
    hash = Math.imul(hash ^ octet, 0x01000193);
  }
  return (hash ^ (hash >>> 15)) & (COMPRESSION_SLOTS - 1);
}

/** Names of one label whose slot is as wanted, `count` of them. */
function namesWith(count: number, wanted: (slot: number) => boolean): Name[] {
  const out: Name[] = [];
  for (let i = 0; out.length < count; i++) {
    const name = Name.parse(`n${i}`);
    if (wanted(slotOf(name))) out.push(name);
  }
  return out;
}

/** True when a name written once is a pointer (two octets) the second time. */
function remembered(names: readonly Name[]): boolean[] {
  const output = new Output();
  output.reset(12);
  for (const name of names) {
    output.reserve(300);
    output.name(name.wire, 0);
  }
  return names.map((name) => {
    output.reserve(300);
    const before = output.at;
    output.name(name.wire, 0);
    return output.at - before === 2;
  });
}

test('of names chosen to collide, COMPRESSION_PROBES are remembered, and the rest is written out', () => {
  const names = namesWith(COMPRESSION_PROBES + 2, (slot) => slot === 77);
  const expected = [...new Array(COMPRESSION_PROBES).fill(true), false, false];
  expect(remembered(names)).toEqual(expected);
});

test('COMPRESSION_SLOTS names are remembered when each has a slot of its own, and no further one', () => {
  const seen = new Set<number>();
  const own = (slot: number): boolean => !seen.has(slot) && seen.add(slot).size > 0;
  const names = [...namesWith(COMPRESSION_SLOTS, own), Name.parse('one-more')];
  const found = remembered(names);
  expect(found.slice(0, COMPRESSION_SLOTS).every(Boolean)).toBe(true);
  expect(found.at(-1)).toBe(false);
});
