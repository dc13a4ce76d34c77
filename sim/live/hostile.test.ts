import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { below, honestPackets, hostilePackets, mutated } from '../../scripts/dev/fuzz/packets.ts';
import { Stream } from '../engine/random.ts';
import { FAULT_AT, smallPlan } from '../testing/small-plan.ts';
import { openWorld } from '../world.ts';
import { type AuthorityServers, openAuthorityServers } from './authority-servers.ts';
import { framed } from './framing.ts';
import { type ListenerCounters, newListenerCounters } from './listener-counters.ts';
import { eventually, UdpClient } from './testing/clients.ts';
import { queryOctets, readResponse } from './testing/queries.ts';

/** What one UDP datagram carries over IPv4. */
const MAX_DATAGRAM = 65_507;

const counters: ListenerCounters = newListenerCounters();
let open: AuthorityServers;
let client: UdpClient;

beforeAll(async () => {
  const plan = smallPlan();
  const authorities = openWorld(plan).authorities(plan.variants[0] as never);
  const clock = (): number => FAULT_AT;
  open = await openAuthorityServers({ authorities, clock, port: 0, udpSize: 1232, counters });
  client = new UdpClient(there());
});

afterAll(async () => {
  client.close();
  await open.close();
});

/** The first site of the root's first server. */
function there(): { readonly address: string; readonly port: number } {
  return { address: open.servers[0]?.address ?? '', port: open.port };
}

const QUERIES = ['.', 'de', 'www.example.de', `${'a.'.repeat(120)}de`].map((name, id) =>
  queryOctets(name, id),
);
const HONEST = [...honestPackets(new Stream(7, 0, 0, 0, 0)), ...QUERIES];
const HOSTILE = hostilePackets().map(({ octets }) => octets);
const KINDS = [HOSTILE, HONEST, HONEST, QUERIES, QUERIES];

/** Queries gone wrong, whole ones, responses, and what a hostile writer would send, half of it as a query. */
function* packets(count: number, seed: number): Iterable<Uint8Array> {
  const draw = new Stream(seed, 0, 0, 0, 0);
  for (let i = 0; i < count; i++) {
    const from = KINDS[below(draw, KINDS.length)] as readonly Uint8Array[];
    const packet = from[below(draw, from.length)] as Uint8Array;
    const sent = below(draw, 4) === 0 ? packet.slice() : mutated(packet, HONEST, draw);
    if (sent.length > 2 && below(draw, 2) === 0) sent[2] = 0;
    yield sent;
  }
}

/** Those that came and were neither answered nor dropped for a reason that is counted. */
function unaccounted(before: ListenerCounters): number {
  const dropped = (each: ListenerCounters): number =>
    each.turned.short + each.turned.response + each.turned.unanswerable + each.overload;
  const received = (each: ListenerCounters): number => each.udpReceived + each.tcpReceived;
  const sent = (each: ListenerCounters): number => each.udpSent + each.tcpSent;
  return (
    received(counters) -
    received(before) -
    (sent(counters) - sent(before)) -
    (dropped(counters) - dropped(before))
  );
}

async function stillAnswers(): Promise<void> {
  const before = client.received.length;
  await eventually(() => {
    if (client.received.length > before) return true;
    client.send(queryOctets('still-there.example', 0xbeef));
    return null;
  }, 'an answer');
  const ids = client.received.slice(before).map((octets) => readResponse(octets).id);
  expect(ids).toContain(0xbeef);
}

describe('servers on sockets, sent what nobody should send', () => {
  test('as datagrams: each is answered, or dropped and counted; honest queries are answered after it', async () => {
    const before = structuredClone(counters);
    const stranger = new UdpClient(there());
    let sent = 0;
    for (const packet of packets(4_000, 1)) {
      if (packet.length > MAX_DATAGRAM) continue;
      stranger.send(packet);
      // So few that the kernel's buffer takes them all.
      if (++sent % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await eventually(
      () => (counters.udpReceived - before.udpReceived > 1_000 ? true : null),
      'a thousand datagrams',
    );
    stranger.close();
    expect(unaccounted(before)).toBe(0);
    const { turned } = counters;
    for (const reason of ['short', 'response', 'formerr', 'notimp'] as const) {
      expect(turned[reason], reason).toBeGreaterThan(0);
    }
    await stillAnswers();
  });

  test('as streams: cut anywhere, with lengths that lie, never ended', async () => {
    const before = structuredClone(counters);
    const draw = new Stream(2, 0, 0, 0, 0);
    const sockets = [...Array(40).keys()].map((seed) => {
      const socket = connect({ host: there().address, port: there().port });
      socket.on('error', () => {});
      socket.resume();
      for (const packet of packets(25, seed)) {
        const stream = framed(packet);
        if (below(draw, 12) === 0) stream[below(draw, 2)] = below(draw, 256);
        const cut = below(draw, stream.length);
        socket.write(stream.subarray(0, cut));
        socket.write(stream.subarray(cut));
      }
      if (seed % 3 === 0) socket.end();
      if (seed % 3 === 1) socket.resetAndDestroy();
      return socket;
    });
    await eventually(
      () => (counters.tcpReceived - before.tcpReceived > 100 ? true : null),
      'a hundred messages',
    );
    for (const socket of sockets) socket.destroy();
    expect(unaccounted(before)).toBe(0);
    await stillAnswers();
  });
});
