/** A file of its own: what other tests do with the fast path has the runtime compile it for more than this. */

import { expect, it } from 'vitest';
import type { CachedAnswer } from './cache/cached-answer.ts';
import { AnswerTable } from './cache/table.ts';
import { Name } from './name/name.ts';
import { queryOctets } from './testing/octets.ts';
import { addressSet, Pair } from './testing/pair.ts';
import { SECOND } from './time.ts';

const STORED = 1_700_000_000 * SECOND;
const NAMES = 1_000;
const PROBES = 200_000;

function answer(text: string): CachedAnswer {
  return {
    ...{ question: { name: Name.parse(text), type: 1 }, checkingDisabled: false, rcode: 0 },
    ...{ secure: true, answer: [addressSet(text, '192.0.2.1')], authority: [], additional: [] },
    ...{ errors: [], storedAt: STORED, expiresAt: STORED + 300 * SECOND, failure: null },
  };
}

function query(text: string, i: number): Uint8Array {
  return queryOctets({
    ...{ id: i, name: Name.parse(text).wire, type: 1, recursionDesired: true },
    ...{ authenticData: false, checkingDisabled: false },
    edns: i % 3 === 0 ? null : { udpSize: 1232, dnssecOk: i % 3 === 1 },
  });
}

it('an answer allocates nothing once it has been written (docs/design.md, law 5)', () => {
  const table = new AnswerTable(NAMES, 0);
  const { resolver } = new Pair(
    {},
    { validation: true },
    { peers: { kind: 'shared-table', table } },
  );
  const names = Array.from({ length: NAMES }, (_, i) => `n${i}.example.`);
  for (const name of names) table.store(answer(name), -1);
  const packets = names.map(query);
  const { fastPath } = resolver;
  const out = new Uint8Array(512);
  const clock = STORED + 12.5 * SECOND;
  let octets = 0;
  const run = (): number => {
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < PROBES; i++) {
      octets += fastPath.probeWire(packets[i % NAMES] as Uint8Array, out, clock);
    }
    return process.memoryUsage().heapUsed - before;
  };
  run(); // written now, and compiled in the course of it
  const grown = [run(), run(), run()];
  expect(octets).toBeGreaterThan(4 * PROBES * 40);
  // Less than an octet per answer: the smallest object has sixteen.
  expect(Math.min(...grown.map(Math.abs))).toBeLessThan(PROBES);
});
