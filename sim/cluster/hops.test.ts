import { describe, expect, it } from 'vitest';
import type { Forward } from '../../resolver-core/events.ts';
import { Name } from '../../resolver-core/name/name.ts';
import { MILLISECOND, SECOND } from '../../resolver-core/time.ts';
import { EventQueue } from '../engine/queue.ts';
import { FORWARD, FORWARD_ANSWER, FORWARD_TIMEOUT, type Load } from './event-kinds.ts';
import { type Hop, Hops } from './hops.ts';

const [ENTRY, OWNER, OTHER] = [0, 1, 2] as const;
const FORWARDED: Forward = {
  ...{ kind: 'forward', transaction: 7, owner: OWNER, questionId: -1, tags: 0 },
  question: { name: Name.parse('a.example'), type: 1 },
  ...{ dnssecOk: false, checkingDisabled: false, clientGroup: '', timeout: SECOND },
  draw: { source: 0, ordinal: 0, attempt: 0 },
};
const ANSWER = { source: 'hit', answer: null as never } as const;

/** A query that has come to its owner. */
function atOwner(): { readonly queue: EventQueue<Load>; readonly hops: Hops; readonly hop: Hop } {
  const queue = new EventQueue<Load>();
  const hops = new Hops(MILLISECOND, queue);
  hops.send(ENTRY, FORWARDED, 0);
  expect([queue.take(), queue.kind, queue.place]).toEqual([true, FORWARD, OWNER]);
  const hop = hops.get(queue.id);
  hop.isAtOwner = true;
  return { queue, hops, hop };
}

describe('a query that one node has handed to another', () => {
  it('is silent until its deadline when the owner restarts, and then over', () => {
    const { queue, hops, hop } = atOwner();
    hops.lost(OWNER);
    expect(hops.open).toBe(1);
    expect([queue.take(), queue.kind, queue.time]).toEqual([true, FORWARD_TIMEOUT, SECOND]);
    expect(hops.takeSilent()).toBe(hop);
    expect(hop.isLost).toBe(true);
    hops.end(hop);
    expect([hops.open, queue.size]).toEqual([0, 0]);
  });

  it('is answered to nobody when the node that asked restarts', () => {
    const { queue, hops, hop } = atOwner();
    hops.lost(ENTRY);
    hops.reply(hop, ANSWER, 5);
    expect([queue.take(), queue.kind]).toEqual([true, FORWARD_ANSWER]);
    expect(hops.end(hop)).toBe(false);
    expect(hops.open).toBe(0);
  });

  it('is over at once when both have restarted', () => {
    for (const order of [
      [ENTRY, OWNER],
      [OWNER, ENTRY],
    ]) {
      const { hops } = atOwner();
      for (const node of order) hops.lost(node);
      expect(hops.open).toBe(0);
    }
  });

  it('is safe on its way: the owner that is there when it comes answers it', () => {
    const { hops, hop } = atOwner();
    hops.reply(hop, ANSWER, 5);
    hops.lost(OWNER);
    hops.lost(OTHER);
    expect(hops.end(hop)).toBe(true);
  });
});
