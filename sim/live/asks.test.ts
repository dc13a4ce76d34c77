import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { createServer, type Server, type Socket as TcpSocket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Ask } from '../../resolver-core/events.ts';
import type { Message } from '../../resolver-core/message.ts';
import { Name } from '../../resolver-core/name/name.ts';
import { MILLISECOND, SECOND } from '../../resolver-core/time.ts';
import { RCODE, TYPE } from '../../resolver-core/wire/iana.ts';
import { readMessage } from '../../resolver-core/wire/read.ts';
import { writeMessage } from '../../resolver-core/wire/write.ts';
import { type AskCounters, Asks } from './asks.ts';
import { Framing, framed } from './framing.ts';
import { eventually } from './testing/clients.ts';
import { queryMessage } from './testing/queries.ts';

const ADDRESS = '127.54.0.1';
const SERVER = '127.54.0.2';
const CLASS_CH = 3;

let asks: Asks;
let server: Socket;
let tcp: Server;
let counters: AskCounters;
let delivered: [transaction: number, message: Message | null][];
/** What the server does with a query. */
let answer: (query: Uint8Array, from: RemoteInfo) => void;

beforeEach(async () => {
  counters = { udpAsked: 0, tcpAsked: 0, responses: 0, timeouts: 0, unexpected: 0, malformed: 0 };
  delivered = [];
  server = createSocket('udp4');
  server.on('message', (octets, from) => answer(octets, from));
  await new Promise<void>((resolve) => server.bind(0, SERVER, resolve));
  const { port } = server.address();
  tcp = createServer((socket) => echoOver(socket));
  await new Promise<void>((resolve) => tcp.listen(port, SERVER, resolve));
  asks = await Asks.open({
    ...{ address: ADDRESS, counters },
    locate: (text) => (text === '192.0.2.1' ? { address: SERVER, port } : null),
    deliver: (transaction, message) => delivered.push([transaction, message]),
  });
});

afterEach(() => {
  asks.close();
  server.close();
  tcp.close();
});

function ask(transaction: number, over: Partial<Ask> = {}): Ask {
  return {
    ...{ kind: 'ask', transaction, transport: 'udp', dnssecOk: true, checkingDisabled: true },
    server: { index: 0, text: '192.0.2.1', family: 4, hash: 0 },
    question: { name: Name.parse('www.example.de'), type: TYPE.A },
    ...{ recursionDesired: false, udpSize: 1232, timeout: 20 * SECOND, send: 0 },
    draw: { source: 0, ordinal: 0, attempt: 0 },
    ...over,
  };
}

/** The response that says nothing, to a query. */
function responseTo(query: Uint8Array, over: { id?: number; name?: string } = {}): Uint8Array {
  const read = readMessage(query);
  if (!read.ok) throw new Error('no query');
  const question = over.name === undefined ? read.message.question : undefined;
  const message = queryMessage(over.name ?? 'www.example.de', { response: true });
  return writeMessage(question === undefined ? message : { ...message, question }, {
    id: over.id ?? read.id,
  });
}

/** NXDOMAIN for the question of a message, which is its end, in class CH. */
function inChaos(message: Uint8Array): Uint8Array {
  const out = message.slice();
  out[3] = RCODE.NXDOMAIN;
  out[out.length - 1] = CLASS_CH;
  return out;
}

function echoOver(socket: TcpSocket): void {
  const framing = new Framing();
  socket.on('data', (piece: Uint8Array) => {
    framing.push(piece);
    const query = framing.next();
    if (query !== null) socket.write(framed(responseTo(query)));
  });
  socket.on('error', () => {});
}

function reply(octets: Uint8Array, { port, address }: RemoteInfo, from: Socket = server): void {
  from.send(octets, port, address);
}

const isDelivered = (): true | null => (delivered.length > 0 ? true : null);

describe('a query to a server', () => {
  test('comes from the own address of the node, with the flags of the ask', async () => {
    answer = (query, from) => {
      expect(from.address).toBe(ADDRESS);
      const read = readMessage(query);
      expect(read.ok && read.message).toMatchObject({
        ...{ response: false, recursionDesired: false, checkingDisabled: true },
        edns: { dnssecOk: true, udpSize: 1232 },
      });
      reply(responseTo(query), from);
    };
    asks.send(ask(7));
    await eventually(isDelivered, 'a response');
    expect(delivered).toEqual([[7, expect.objectContaining({ response: true })]]);
    expect(counters).toMatchObject({ udpAsked: 1, responses: 1, unexpected: 0 });
    expect(asks.inFlight).toBe(0);
  });

  test('ids and ports are drawn', async () => {
    const seen = new Set<string>();
    const ports = new Set<number>();
    answer = (query, { port }) => {
      seen.add(`${query[0]} ${query[1]} ${port}`);
      ports.add(port);
    };
    for (let i = 0; i < 100; i++) asks.send(ask(i));
    await eventually(() => (seen.size === 100 ? true : null), 'a hundred queries');
    expect(ports.size).toBeGreaterThan(4);
  });

  test('over TCP has a connection of its own', async () => {
    asks.send(ask(8, { transport: 'tcp' }));
    await eventually(isDelivered, 'a response');
    expect(delivered[0]).toEqual([8, expect.objectContaining({ response: true })]);
    expect(counters).toMatchObject({ tcpAsked: 1, responses: 1 });
  });

  test.each(['udp', 'tcp'] as const)(
    'over %s ends in silence where nobody listens',
    async (transport) => {
      const nowhere = { index: 1, text: '192.0.2.9', family: 4, hash: 0 } as const;
      asks.send(ask(9, { transport, server: nowhere, timeout: 20 * MILLISECOND }));
      await eventually(isDelivered, 'silence');
      expect(delivered).toEqual([[9, null]]);
      expect(counters.timeouts).toBe(1);
    },
  );

  test('that was forgotten is told of to nobody', async () => {
    answer = () => {};
    asks.send(ask(1, { timeout: MILLISECOND }));
    asks.forget();
    expect(asks.inFlight).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(delivered).toEqual([]);
  });
});

describe('a response counts only', () => {
  const forgeries: [what: string, forge: (query: Uint8Array, from: RemoteInfo) => void][] = [
    [
      'with the id of the query',
      (query, from) => reply(responseTo(query, { id: (query[1] as number) ^ 1 }), from),
    ],
    ['with its question', (query, from) => reply(responseTo(query, { name: 'x.de' }), from)],
    ['in its class', (query, from) => reply(inChaos(responseTo(query)), from)],
    ['when it is a response', (query, from) => reply(query, from)],
  ];
  test.each(forgeries)('%s', async (_, forge) => {
    answer = (query, from) => {
      forge(query, from);
      reply(responseTo(query), from);
    };
    asks.send(ask(1));
    await eventually(isDelivered, 'the true response');
    expect(delivered).toEqual([[1, expect.objectContaining({ rcode: RCODE.NOERROR })]]);
    expect(counters).toMatchObject({ unexpected: 1, responses: 1 });
  });

  test('from the server that was asked', async () => {
    const other = createSocket('udp4');
    await new Promise<void>((resolve) => other.bind(0, '127.54.0.3', resolve));
    answer = (query, from) => {
      reply(responseTo(query), from, other);
    };
    asks.send(ask(1, { timeout: 20 * SECOND }));
    await eventually(() => (counters.unexpected === 1 ? true : null), 'the forgery');
    other.close();
    expect(delivered).toEqual([]);
  });

  test('when it can be read', async () => {
    answer = (query, from) => {
      reply(responseTo(query).subarray(0, 14), from);
      reply(responseTo(query), from);
    };
    asks.send(ask(1));
    await eventually(isDelivered, 'the true response');
    expect(counters).toMatchObject({ malformed: 1, responses: 1 });
  });
});
