import { expect, test } from 'vitest';
import { answeredBy, droppedBy, NodeCounters, waitingOf } from './counters.ts';
import { newListenerCounters } from './listener-counters.ts';
import type { Turned } from './received.ts';

test('two views of one memory see the same counts', () => {
  const thread = new NodeCounters();
  const main = new NodeCounters(thread.memory);
  thread.listener.udpReceived++;
  thread.listener.turned.formerr += 2;
  thread.answers.stale++;
  thread.rcodes[3] = 4;
  expect(main.listener).toMatchObject({ udpReceived: 1, turned: { formerr: 2, short: 0 } });
  expect(main.answers.stale).toBe(1);
  expect(main.rcodes[3]).toBe(4);
});

test('no column is used twice', () => {
  const counters = new NodeCounters();
  const { turned, ...listener } = counters.listener;
  let next = 1;
  const views = [listener, turned, counters.answers, counters.asks, counters.peers, counters.fate];
  for (const view of [turned, counters.answers, counters.asks, counters.peers, counters.fate]) {
    for (const key of Object.keys(view)) (view as unknown as Record<string, number>)[key] = next++;
  }
  for (const key of Object.keys(listener)) {
    (counters.listener as unknown as Record<string, number>)[key] = next++;
  }
  counters.rcodes.fill(next++);
  counters.ede.fill(next++);
  const seen = new Set(
    [counters.listener, ...views.slice(1)].flatMap((view) =>
      Object.values(view).filter((value) => typeof value === 'number'),
    ),
  );
  expect(seen.size).toBe(next - 3);
});

test('what came is answered, dropped, or waits', () => {
  const counters = new NodeCounters();
  counters.listener.udpReceived = 10;
  counters.listener.tcpReceived = 5;
  counters.answers.hit = 4;
  counters.answers.fast = 3;
  counters.answers.authenticated = 2;
  counters.answers.miss = 2;
  counters.listener.turned.formerr = 1;
  counters.listener.turned.short = 2;
  counters.fate.lostInRestart = 1;
  expect(answeredBy(counters)).toBe(7);
  expect(droppedBy(counters)).toMatchObject({ short: 2, restart: 1 });
  expect(waitingOf(counters)).toBe(5);
});

test.each(Object.keys(newListenerCounters().turned) as Turned[])(
  'what is turned away as %s does not wait',
  (reason) => {
    const counters = new NodeCounters();
    counters.listener.udpReceived = 1;
    counters.listener.turned[reason] = 1;
    expect(waitingOf(counters)).toBe(0);
  },
);
