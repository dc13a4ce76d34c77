import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  DRAIN_TIME,
  MAX_MESSAGE_OCTETS,
  MAX_TCP_CONNECTIONS,
  MAX_TCP_PIPELINED,
  MAX_UDP_PENDING,
  MAX_UDP_RESPONSE,
  TCP_IDLE_TIME,
} from '../../resolver-core/limits.ts';
import type { Message } from '../../resolver-core/message.ts';
import { Name } from '../../resolver-core/name/name.ts';
import { RRset } from '../../resolver-core/rrset.ts';
import { MILLISECOND } from '../../resolver-core/time.ts';
import { RCODE, TYPE } from '../../resolver-core/wire/iana.ts';
import { framed } from './framing.ts';
import { ListenError } from './listen-error.ts';
import { CAN_REUSE_PORT, type Listener, type ListenerOptions, openListener } from './listener.ts';
import { type ListenerCounters, newListenerCounters } from './listener-counters.ts';
import type { WireQuery } from './received.ts';
import { eventually, TcpClient, UdpClient } from './testing/clients.ts';
import { queryMessage, queryOctets, readResponse } from './testing/queries.ts';

interface Waiting {
  readonly query: WireQuery;
  readonly reply: (message: Message | null) => void;
}

const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
);

const closing: (() => unknown)[] = [];

afterEach(async () => {
  vi.useRealTimers();
  for (const close of closing.splice(0).reverse()) await close();
});

function responseTo({ question }: WireQuery, over: Partial<Message> = {}): Message {
  return { ...queryMessage('.'), question, response: true, ...over };
}

interface Bench {
  readonly listener: Listener;
  readonly counters: ListenerCounters;
  /** Queries that were not answered at once. */
  readonly waiting: Waiting[];
}

/** A listener that answers at once, or, with `hold`, keeps queries waiting. */
async function opened(
  over: Partial<ListenerOptions> & { readonly hold?: boolean } = {},
): Promise<Bench> {
  const counters = newListenerCounters();
  const waiting: Waiting[] = [];
  const { hold = false, ...options } = over;
  const listener = await openListener({
    address: '127.0.0.1',
    port: 0,
    counters,
    onQuery: (query, reply) => {
      if (hold) waiting.push({ query, reply });
      else reply(responseTo(query));
    },
    ...options,
  });
  closing.push(() => {
    for (const { reply } of waiting.splice(0)) reply(null);
    return listener.close();
  });
  return { listener, counters, waiting };
}

function udp(to: Listener): UdpClient {
  const client = new UdpClient(to);
  closing.push(() => client.close());
  return client;
}

function tcp(to: Listener): TcpClient {
  const client = new TcpClient(to);
  closing.push(() => client.close());
  return client;
}

describe('opening', () => {
  test('port 0 is one port for both transports', async () => {
    const { listener } = await opened();
    expect(listener.port).toBeGreaterThan(0);
    readResponse(await udp(listener).ask(queryOctets('a.example', 1)));
    const client = tcp(listener);
    client.send(queryOctets('a.example', 2));
    expect(readResponse((await client.messages(1))[0] as Uint8Array).id).toBe(2);
  });

  test.skipIf(!hasIpv6)('IPv6 loopback is loopback', async () => {
    const { listener } = await opened({ address: '::1' });
    const client = tcp(listener);
    client.send(queryOctets('a.example', 3));
    expect(readResponse((await client.messages(1))[0] as Uint8Array).id).toBe(3);
  });

  test('a port in use is an error with the address in words', async () => {
    const { listener } = await opened();
    const again = openListener({
      address: '127.0.0.1',
      port: listener.port,
      counters: newListenerCounters(),
      onQuery: () => {},
    });
    await expect(again).rejects.toThrow(ListenError);
    await expect(again).rejects.toThrow(
      `cannot listen on 127.0.0.1:${listener.port}: another program has this port`,
    );
  });

  test('an address that the machine does not have is an error with the address', async () => {
    const nowhere = { address: '192.0.2.1', port: 0, beyondLoopback: true };
    const counters = newListenerCounters();
    await expect(openListener({ ...nowhere, counters, onQuery: () => {} })).rejects.toMatchObject({
      code: 'no-such-address',
      message: expect.stringContaining('192.0.2.1'),
    });
  });

  test.each([
    ['EACCES', '127.0.0.1', 'cannot listen on 127.0.0.1:53: ports below 1024 are for root'],
    ['EMFILE', '::1', 'cannot listen on [::1]:53: the system allows no more open sockets'],
    ['EINVAL', '127.0.0.1', 'cannot listen on 127.0.0.1:53: as the system says it'],
  ])('what the system calls %s is said in words, with the address', (code, address, message) => {
    const cause = Object.assign(new Error('as the system says it'), { code });
    expect(new ListenError(address, 53, cause).message).toContain(message);
  });

  test('an address that is not loopback is refused unless told', async () => {
    await expect(opened({ address: '0.0.0.0' })).rejects.toThrow('0.0.0.0 is not loopback');
  });

  test.runIf(CAN_REUSE_PORT)('several share a port with reusePort', async () => {
    const first = await opened({ reusePort: true });
    const second = await opened({ reusePort: true, port: first.listener.port });
    expect(second.listener.port).toBe(first.listener.port);
  });

  test.skipIf(CAN_REUSE_PORT)(
    'this Node has no reusePort: a second listener is refused',
    async () => {
      const first = await opened({ reusePort: true });
      const again = opened({ reusePort: true, port: first.listener.port });
      await expect(again).rejects.toThrow(ListenError);
    },
  );
});

describe('UDP', () => {
  test('turns away what is no query, counted by reason, and goes on', async () => {
    const { listener, counters } = await opened();
    const client = udp(listener);
    const query = queryOctets('a.example', 9);
    client.send(query.slice(0, 5));
    client.send(Uint8Array.from(query, (octet, at) => (at === 2 ? 0x80 : octet)));
    client.send(new Uint8Array(0));
    expect(
      (await client.ask(Uint8Array.from(query, (octet, at) => (at === 2 ? 0x28 : octet))))[3],
    ).toBe(RCODE.NOTIMP);
    expect((await client.ask(query.slice(0, 20)))[3]).toBe(RCODE.FORMERR);
    expect(readResponse(await client.ask(query)).id).toBe(9);
    expect(counters.turned).toMatchObject({ short: 2, response: 1, notimp: 1, formerr: 1 });
    expect([counters.udpReceived, counters.udpSent]).toEqual([6, 3]);
  });

  test('the fast way comes first, and what it does not want goes the other', async () => {
    const seen: number[] = [];
    const { listener, counters } = await opened({
      fast: (packet, out) => {
        seen.push(out.length);
        if (packet[1] !== 1) return -1;
        out.set(packet);
        out[2] = 0x80;
        return packet.length;
      },
    });
    const client = udp(listener);
    const sped = await client.ask(queryOctets('a.example', 1));
    expect([...sped]).toEqual(
      [...queryOctets('a.example', 1)].map((octet, at) => (at === 2 ? 0x80 : octet)),
    );
    readResponse(await client.ask(queryOctets('a.example', 2)));
    expect((await client.ask(queryOctets('a.example', 3).slice(0, 14)))[3]).toBe(RCODE.FORMERR);
    expect(counters).toMatchObject({ udpReceived: 3, udpSent: 3, fast: 1 });
    expect(seen).toEqual([MAX_UDP_RESPONSE, MAX_UDP_RESPONSE, MAX_UDP_RESPONSE]);
  });

  test('null sends nothing; a second reply is a mistake', async () => {
    const { listener, waiting, counters } = await opened({ hold: true });
    const client = udp(listener);
    client.send(queryOctets('a.example', 1));
    const { reply } = await eventually(() => waiting.shift() ?? null, 'the query');
    reply(null);
    expect(() => reply(null)).toThrow('answered once');
    expect(counters.udpSent).toBe(0);
  });

  test('no more queries wait than may', async () => {
    const { listener, waiting, counters } = await opened({ hold: true });
    const client = udp(listener);
    const query = queryOctets('a.example', 1);
    await eventually(() => {
      if (counters.overload > 0) return true;
      for (let i = 0; i < 100; i++) client.send(query);
      return null;
    }, 'a dropped query');
    expect(waiting.length).toBe(MAX_UDP_PENDING);
  });
});

describe('TCP', () => {
  test('answers pipelined queries as the answers come (RFC 7766 section 6.2.1.1)', async () => {
    const { listener, waiting } = await opened({ hold: true });
    const client = tcp(listener);
    client.send(
      queryOctets('a.example', 1),
      queryOctets('b.example', 2),
      queryOctets('c.example', 3),
    );
    await eventually(() => (waiting.length === 3 ? true : null), 'three queries');
    for (const { query, reply } of waiting.splice(0).reverse()) reply(responseTo(query));
    expect((await client.messages(3)).map((octets) => readResponse(octets).id)).toEqual([3, 2, 1]);
  });

  test('takes queries octet by octet, and sends what UDP would have cut', async () => {
    const large = { answer: [largeSet()] };
    const { listener } = await opened({
      onQuery: (query, reply) => reply(responseTo(query, large)),
    });
    const client = tcp(listener);
    for (const octet of framed(queryOctets('a.example', 5))) {
      client.socket.write(Uint8Array.of(octet));
      await new Promise((resolve) => setImmediate(resolve));
    }
    const octets = (await client.messages(1))[0] as Uint8Array;
    expect(octets.length).toBeGreaterThan(20_000);
    expect(readResponse(octets).message.truncated).toBe(false);
  });

  test('malformed messages are answered or dropped, and the connection goes on', async () => {
    const { listener, counters } = await opened();
    const client = tcp(listener);
    const query = queryOctets('a.example', 6);
    client.send(new Uint8Array(0), query.slice(0, 20), new Uint8Array(MAX_MESSAGE_OCTETS), query);
    const responses = await client.messages(3);
    expect(responses.map((octets) => octets[3])).toEqual([RCODE.FORMERR, RCODE.FORMERR, 0]);
    expect(counters.turned).toMatchObject({ short: 1, formerr: 2 });
    expect([counters.tcpReceived, counters.tcpSent]).toEqual([4, 3]);
  });

  test('a client that has ended gets what is in flight, then the end', async () => {
    const { listener, waiting } = await opened({ hold: true });
    const client = tcp(listener);
    client.send(queryOctets('a.example', 1));
    client.socket.end();
    const { query, reply } = await eventually(() => waiting.shift() ?? null, 'the query');
    expect(client.isOver).toBe(false);
    reply(responseTo(query));
    await client.over();
    expect(client.received.length).toBe(1);
  });

  test('a client that ends within a message is let go, and counted', async () => {
    const { listener, counters } = await opened();
    const client = tcp(listener);
    client.socket.end(framed(queryOctets('a.example', 1)).subarray(0, 9));
    await client.over();
    expect(counters.connectionsBroken).toBe(1);
  });

  test('no more is read while as many queries are in flight as may be', async () => {
    const { listener, waiting, counters } = await opened({ hold: true });
    const client = tcp(listener);
    const ids = Array.from({ length: MAX_TCP_PIPELINED + 20 }, (_, id) => id);
    client.send(...ids.map((id) => queryOctets('a.example', id)));
    await eventually(() => (waiting.length === MAX_TCP_PIPELINED ? true : null), 'a full line');
    expect(counters.tcpReceived).toBe(MAX_TCP_PIPELINED);
    while (counters.tcpSent < ids.length) {
      const { query, reply } = await eventually(() => waiting.shift() ?? null, 'the next query');
      reply(responseTo(query));
      expect(waiting.length).toBeLessThanOrEqual(MAX_TCP_PIPELINED);
    }
    const answered = (await client.messages(ids.length)).map((octets) => readResponse(octets).id);
    expect(answered).toEqual(ids);
  });

  test('a client that does not fetch its responses is not read any more', async () => {
    const answer = [largeSet()];
    const { listener, counters } = await opened({
      onQuery: (query, reply) => reply(responseTo(query, { answer })),
    });
    const client = tcp(listener);
    client.socket.pause();
    const query = queryOctets('a.example', 1);
    // 40 MB of responses: more than the kernel takes for a client that reads nothing.
    client.send(...Array<Uint8Array>(2_000).fill(query));
    let before = -1;
    await eventually(() => {
      const isStill = counters.tcpReceived === before && before > 0;
      before = counters.tcpReceived;
      return isStill ? true : null;
    }, 'a stand-still');
    expect(counters.tcpReceived).toBeLessThan(2_000);
    client.socket.resume();
    await client.messages(2_000);
  });

  test('more connections than may be are closed at once', async () => {
    const { listener, counters } = await opened();
    const clients = Array.from({ length: MAX_TCP_CONNECTIONS }, () => tcp(listener));
    await eventually(
      () => (counters.connections === MAX_TCP_CONNECTIONS ? true : null),
      'all connections',
    );
    await tcp(listener).over();
    expect(counters.connectionsRefused).toBe(1);
    expect(clients.some(({ isOver }) => isOver)).toBe(false);
  });

  test('a connection without a whole query for too long is closed, though octets drip', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { listener, counters } = await opened();
    const client = new TcpClient(listener);
    closing.push(() => client.close());
    const ticks = async (ready: () => boolean): Promise<void> => {
      while (!ready()) await new Promise((resolve) => setImmediate(resolve));
    };
    client.send(queryOctets('a.example', 1));
    await ticks(() => client.received.length === 1);
    vi.advanceTimersByTime(TCP_IDLE_TIME / 1000 - 1);
    client.socket.write(Uint8Array.of(0, 30, 1));
    await new Promise((resolve) => setImmediate(resolve));
    expect(client.isOver).toBe(false);
    vi.advanceTimersByTime(1);
    await ticks(() => client.isOver);
    expect(counters.connectionsIdle).toBe(1);
  });
});

describe('closing', () => {
  test('what nobody answers is given up in the end', async () => {
    const { listener, waiting } = await opened({ hold: true });
    udp(listener).send(queryOctets('a.example', 1));
    tcp(listener).send(queryOctets('a.example', 2));
    await eventually(() => (waiting.length === 2 ? true : null), 'both queries');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    let isClosed = false;
    const closed = listener.close().then(() => {
      isClosed = true;
    });
    vi.advanceTimersByTime(DRAIN_TIME / MILLISECOND - 1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(isClosed).toBe(false);
    vi.advanceTimersByTime(1);
    await closed;
    // A reply that comes too late goes nowhere, and hurts nobody.
    for (const { query, reply } of waiting.splice(0)) reply(responseTo(query));
  });

  test('what is in flight is answered first, on both transports; nothing new is taken', async () => {
    const { listener, waiting, counters } = await opened({ hold: true });
    const [datagrams, stream] = [udp(listener), tcp(listener)];
    datagrams.send(queryOctets('a.example', 1));
    stream.send(queryOctets('a.example', 2));
    await eventually(() => (waiting.length === 2 ? true : null), 'both queries');
    let isClosed = false;
    const closed = listener.close().then(() => {
      isClosed = true;
    });
    datagrams.send(queryOctets('late.example', 3));
    await eventually(() => (counters.overload === 1 ? true : null), 'the late query');
    expect(isClosed).toBe(false);
    for (const { query, reply } of waiting.splice(0)) reply(responseTo(query));
    await stream.over();
    stream.close();
    await closed;
    await eventually(() => datagrams.received[0] ?? null, 'the answer over UDP');
    expect(stream.received.length).toBe(1);
    const again = await opened({ port: listener.port });
    expect(again.listener.port).toBe(listener.port);
  });
});

function largeSet(): RRset {
  const rdata = Array.from({ length: 80 }, (_, i) =>
    Uint8Array.of(255, ...new Uint8Array(255).fill(i)),
  );
  return new RRset(Name.parse('a.example'), TYPE.TXT, 60, rdata);
}
