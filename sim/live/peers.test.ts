import { createSocket } from 'node:dgram';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CachedAnswer } from '../../resolver-core/cache/cached-answer.ts';
import type { Forward, OwnerAnswer } from '../../resolver-core/events.ts';
import { Name } from '../../resolver-core/name/name.ts';
import { TagNames } from '../../resolver-core/policy/phases.ts';
import { RRset } from '../../resolver-core/rrset.ts';
import { MILLISECOND, SECOND } from '../../resolver-core/time.ts';
import { RCODE, TYPE } from '../../resolver-core/wire/iana.ts';
import { NodeCounters } from './counters.ts';
import { type PeerQuery, Peers } from './peers.ts';
import { eventually } from './testing/clients.ts';
import { queryOctets } from './testing/queries.ts';

const CLOCK = 1_778_009_400 * SECOND;
const QUESTION = { name: Name.parse('www.example.de'), type: TYPE.A };

interface Node {
  readonly peers: Peers;
  readonly tagNames: TagNames;
  readonly counters: NodeCounters;
  readonly told: [transaction: number, answer: OwnerAnswer | null][];
  readonly asked: PeerQuery[];
  answer: OwnerAnswer | null;
}

let nodes: Node[];

async function openNode(address: string): Promise<Node> {
  const counters = new NodeCounters();
  const tagNames = new TagNames();
  const told: Node['told'] = [];
  const asked: PeerQuery[] = [];
  const peers = await Peers.open({
    ...{ address, tagNames, counters: counters.peers, clock: () => CLOCK },
    deliver: (transaction, answer) => told.push([transaction, answer]),
    onQuery: (query, reply) => {
      asked.push(query);
      reply(node.answer);
    },
  });
  const node: Node = { peers, tagNames, counters, told, asked, answer: null };
  return node;
}

beforeEach(async () => {
  nodes = [await openNode('127.54.1.1'), await openNode('127.54.1.2')];
  const at = nodes.map(({ peers }, i) => ({ address: `127.54.1.${i + 1}`, port: peers.port }));
  for (const { peers } of nodes) peers.setNodes(at);
});

afterEach(() => {
  for (const { peers } of nodes) peers.close();
});

function forward(over: Partial<Forward> = {}): Forward {
  return {
    ...{ kind: 'forward', transaction: -5, owner: 1, question: QUESTION, questionId: -1 },
    ...{ checkingDisabled: false, dnssecOk: true, tags: 0, clientGroup: 'home' },
    ...{ draw: { source: 0, ordinal: 0, attempt: 0 }, timeout: 20 * SECOND },
    ...over,
  };
}

function found(): OwnerAnswer {
  const rrset = new RRset(QUESTION.name, TYPE.A, 300, [Uint8Array.of(192, 0, 2, 1)]);
  const answer: CachedAnswer = {
    ...{ question: QUESTION, checkingDisabled: false, rcode: RCODE.NOERROR, secure: false },
    ...{ answer: [rrset], authority: [], additional: [], errors: [{ code: 3, text: 'old' }] },
    ...{ storedAt: CLOCK - 10 * SECOND, expiresAt: CLOCK + 290 * SECOND, failure: null },
  };
  return { source: 'hit', answer };
}

test('what the owner has comes back whole: records, errors, age', async () => {
  const [entry, owner] = nodes as [Node, Node];
  owner.answer = found();
  entry.peers.send(forward({ tags: entry.tagNames.bit('blue') }));
  await eventually(() => entry.told[0] ?? null, 'an answer');
  const [[transaction, said]] = entry.told as [[number, OwnerAnswer]];
  expect(transaction).toBe(-5);
  expect(said.source).toBe('hit');
  expect(said.answer).toMatchObject({
    ...{ storedAt: CLOCK - 10 * SECOND, expiresAt: CLOCK + 290 * SECOND },
    ...{ errors: [{ code: 3, text: 'old' }], failure: null },
  });
  expect(said.answer.answer[0]?.ttl).toBe(300);
  expect(owner.asked[0]).toMatchObject({ clientGroup: 'home', dnssecOk: true });
  expect(owner.tagNames.namesOf(owner.asked[0]?.tags ?? 0)).toEqual(['blue']);
  expect(entry.counters.peers).toMatchObject({ forwardsSent: 1, forwardsAnswered: 1 });
  expect(owner.counters.peers).toMatchObject({ forwardsReceived: 1, forwardsDropped: 0 });
});

test('an owner that is silent is reported after the timeout, one that is not there at once', async () => {
  const [entry] = nodes as [Node];
  entry.peers.send(forward({ owner: 7, transaction: -6, timeout: 3_600 * SECOND }));
  await eventually(() => (entry.told.length === 1 ? true : null), 'one silence');
  entry.peers.send(forward({ timeout: 20 * MILLISECOND }));
  await eventually(() => (entry.told.length === 2 ? true : null), 'two silences');
  expect(entry.told).toEqual([
    [-6, null],
    [-5, null],
  ]);
  expect(entry.counters.peers.forwardTimeouts).toBe(2);
  expect(entry.peers.inFlight).toBe(0);
});

test('nobody but a node of the colo is listened to', async () => {
  const [, owner] = nodes as [Node, Node];
  owner.answer = found();
  const stranger = createSocket('udp4');
  await new Promise<void>((resolve) => stranger.bind(0, '127.54.1.1', resolve));
  stranger.send(queryOctets('www.example.de', 1), owner.peers.port, '127.54.1.2');
  await eventually(() => (owner.counters.peers.forwardsDropped === 1 ? true : null), 'the drop');
  stranger.close();
  expect(owner.asked).toEqual([]);
});

test('what cannot be read is dropped', async () => {
  const [entry, owner] = nodes as [Node, Node];
  // as if from the other node: its port is taken over
  const { port } = entry.peers;
  entry.peers.close();
  nodes = [owner];
  const impostor = createSocket('udp4');
  await new Promise<void>((resolve) => impostor.bind(port, '127.54.1.1', resolve));
  impostor.send(Uint8Array.of(1, 2, 3), owner.peers.port, '127.54.1.2');
  impostor.send(queryOctets('www.example.de', 1), owner.peers.port, '127.54.1.2');
  await eventually(() => (owner.counters.peers.forwardsDropped === 2 ? true : null), 'the drops');
  impostor.close();
  expect(owner.asked).toEqual([]);
});
