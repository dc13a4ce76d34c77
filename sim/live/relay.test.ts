import { createSocket, type Socket } from 'node:dgram';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newRelayCounters, Relay, type RelayCounters, type RelayTarget } from './relay.ts';
import { eventually, TcpClient, UdpClient } from './testing/clients.ts';
import { queryOctets } from './testing/queries.ts';

const FRONT = '127.54.2.1';
const NODE = '127.54.2.11';
const VIAS = ['127.54.2.101', '127.54.2.102'];

let node: Socket;
let nodeTcp: Server;
let relay: Relay;
let counters: RelayCounters;
/** Datagrams that the node got, and from where. */
let came: { readonly octets: Uint8Array; readonly from: string; readonly port: number }[];
let target: RelayTarget | null;
const clients: { close(): void }[] = [];

beforeEach(async () => {
  came = [];
  node = createSocket('udp4');
  node.on('message', (octets, { address, port }) => came.push({ octets, from: address, port }));
  await new Promise<void>((resolve) => node.bind(0, NODE, resolve));
  const endpoint = { address: NODE, port: node.address().port };
  target = { endpoint, via: VIAS[0] as string };
  nodeTcp = createServer((socket) => {
    came.push({ octets: new Uint8Array(0), from: socket.remoteAddress ?? '', port: 0 });
    socket.pipe(socket);
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => nodeTcp.listen(endpoint.port, NODE, resolve));
  counters = newRelayCounters();
  const route = (): RelayTarget | null => target;
  relay = await Relay.open({ address: FRONT, port: 0, route, vias: VIAS, counters });
});

afterEach(() => {
  for (const client of clients.splice(0)) client.close();
  relay.close();
  node.close();
  nodeTcp.close();
});

function client(): UdpClient {
  const opened = new UdpClient({ address: FRONT, port: relay.port });
  clients.push(opened);
  return opened;
}

function nth(index: number): Promise<(typeof came)[number]> {
  return eventually(() => came[index] ?? null, 'a datagram at the node');
}

describe('a relay', () => {
  test('hands queries on from the address of the client group, and responses back to who asked', async () => {
    const [first, second] = [client(), client()];
    first.send(queryOctets('a.de', 500));
    const one = await nth(0);
    target = target && { ...target, via: VIAS[1] as string };
    second.send(queryOctets('b.de', 500));
    const two = await nth(1);
    expect([one.from, two.from]).toEqual(VIAS);
    // in another order than they came
    node.send(two.octets, two.port, two.from);
    node.send(one.octets, one.port, one.from);
    const answers = await eventually(
      () => (first.received[0] && second.received[0] ? [first, second] : null),
      'two responses',
    );
    expect(answers.map(({ received }) => received)).toEqual([
      [Buffer.from(queryOctets('a.de', 500))],
      [Buffer.from(queryOctets('b.de', 500))],
    ]);
    expect(counters).toMatchObject({ received: 2, relayed: 2, returned: 2, unexpected: 0 });
  });

  test('two queries of one id are told apart', async () => {
    const one = client();
    one.send(queryOctets('a.de', 7));
    one.send(queryOctets('b.de', 7));
    const ids = [await nth(0), await nth(1)].map(({ octets }) => `${octets[0]} ${octets[1]}`);
    expect(ids[0]).not.toBe(ids[1]);
  });

  test('what is no query, and what no node is there for, is counted and dropped', async () => {
    const one = client();
    one.send(Uint8Array.of(1, 2, 3));
    await eventually(() => (counters.malformed === 1 ? true : null), 'the short one');
    target = null;
    one.send(queryOctets('a.de', 1));
    await eventually(() => (counters.unreached === 1 ? true : null), 'the one that nobody takes');
    expect(came).toEqual([]);
    expect(counters).toMatchObject({ received: 2, relayed: 0 });
  });

  test('a response that nobody waits for, or that comes from elsewhere, goes nowhere', async () => {
    const one = client();
    one.send(queryOctets('a.de', 1));
    const { octets, from, port } = await nth(0);
    const stranger = createSocket('udp4');
    clients.push(stranger);
    stranger.send(octets, port, from);
    await eventually(() => (counters.unexpected === 1 ? true : null), "a stranger's");
    node.send(octets, port, from);
    await eventually(() => one.received[0] ?? null, 'the true one');
    node.send(octets, port, from);
    await eventually(() => (counters.unexpected === 2 ? true : null), 'one too many');
    expect(one.received).toHaveLength(1);
  });

  test('joins TCP connections end to end, and ends both', async () => {
    const one = new TcpClient({ address: FRONT, port: relay.port });
    clients.push(one);
    one.send(queryOctets('a.de', 9));
    expect(await one.messages(1)).toEqual([queryOctets('a.de', 9)]);
    expect(came[0]?.from).toBe(VIAS[0]);
    target = null;
    const other = new TcpClient({ address: FRONT, port: relay.port });
    clients.push(other);
    await other.over();
    expect(counters).toMatchObject({ connections: 2, unreached: 1 });
  });

  test('a TCP client that has ended its half is still answered', async () => {
    const slow = createServer({ allowHalfOpen: true }, (socket) => {
      const pieces: Uint8Array[] = [];
      socket.on('data', (piece: Uint8Array) => pieces.push(piece));
      socket.on('end', () => socket.end(Buffer.concat(pieces)));
    });
    await new Promise<void>((resolve) => slow.listen(0, NODE, resolve));
    clients.push(slow);
    const { port } = slow.address() as AddressInfo;
    target = target && { ...target, endpoint: { address: NODE, port } };
    const one = new TcpClient({ address: FRONT, port: relay.port });
    clients.push(one);
    one.send(queryOctets('a.de', 9));
    one.socket.end();
    await one.over();
    expect(one.received).toEqual([queryOctets('a.de', 9)]);
  });

  test('one that cannot be opened whole leaves nothing open', async () => {
    const { port } = relay;
    relay.close();
    const options = { address: FRONT, port, route: () => null, vias: VIAS, counters };
    // no machine's address (RFC 5737)
    const half = Relay.open({ ...options, vias: [...VIAS, '192.0.2.1'] });
    await expect(half).rejects.toMatchObject({ name: 'ListenError', code: 'no-such-address' });
    relay = await Relay.open(options);
    expect(relay.port).toBe(port);
  });

  test('a port that is taken is told with its address', async () => {
    const { port } = relay;
    const again = Relay.open({ address: FRONT, port, route: () => null, vias: [], counters });
    await expect(again).rejects.toMatchObject({ name: 'ListenError', code: 'in-use', port });
  });
});
