/** The run of `npm run fuzz` in small, and one packet of each abuse. */

import { describe, expect, it } from 'vitest';
import { readMessage } from '../../resolver-core/wire/read.ts';
import { hostilePackets } from './fuzz/packets.ts';
import { fastestReading, fuzz, MOST } from './fuzz.ts';

const PACKETS = 20_000;

describe('mutated packets', () => {
  it('throw nothing, take 2 ms at most, and what is read survives being written', () => {
    const result = fuzz(PACKETS, 7);
    expect(result.breaches).toEqual([]);
    expect(result.packets).toBe(PACKETS);
    // Neither all nothing nor all whole: both paths are walked.
    expect(result.read).toBeGreaterThan(PACKETS / 20);
    expect(result.read).toBeLessThan(PACKETS / 2);
  });
});

describe('packets as a hostile writer makes them', () => {
  it.each(hostilePackets())('$name: an answer within 2 ms, whatever it is', ({ octets }) => {
    expect(typeof readMessage(octets).ok).toBe('boolean');
    expect(fastestReading(octets)).toBeLessThan(MOST);
  });

  it.each([
    ['OPT after OPT', 'opt-repeated'],
    ['one OPT of 16,250 empty options', 'opt-options'],
    ['one OPT of 8,000 Extended DNS Errors', 'opt-options'],
    ['counts of 65,535 records in a packet of 12 octets', 'too-many-records'],
    ['65,535 questions', 'question-count'],
    ['a question that points at itself', 'pointer-not-backward'],
    ['two pointers at each other', 'pointer-not-backward'],
    ['RDATA that all points at a name of 127 labels', 'name-work'],
  ])('%s: %s', (name, code) => {
    const { octets } = hostilePackets().find((packet) => packet.name === name) as never;
    expect(readMessage(octets)).toMatchObject({ ok: false, code });
  });
});
