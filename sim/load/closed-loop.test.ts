import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { afterEach, describe, expect, it } from 'vitest';
import { Name } from '../../resolver-core/name/name.ts';
import { queryOctets } from '../../resolver-core/testing/octets.ts';
import { type ClosedLoop, runClosedLoop, type Target } from './closed-loop.ts';
import { LoopThreads } from './loop-threads.ts';

const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close();
});

/** A server that does with the n-th packet what it is told to. */
async function serve(
  behave: (n: number, packet: Buffer, reply: (packet: Uint8Array) => void) => void,
): Promise<Target> {
  const socket = createSocket('udp4');
  sockets.push(socket);
  let n = 0;
  socket.on('message', (packet: Buffer, { port, address }: RemoteInfo) => {
    packet[2] = 0x81;
    behave(n++, packet, (octets) => socket.send(octets, port, address));
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return { address: '127.0.0.1', port: socket.address().port };
}

function loop(targets: readonly Target[], over: Partial<ClosedLoop> = {}): ClosedLoop {
  const queries = ['a.example.', 'b.example.', 'long.name.example.'].map((name) =>
    queryOctets({
      ...{ id: 0, name: Name.parse(name).wire, type: 1, recursionDesired: true },
      ...{
        authenticData: false,
        checkingDisabled: false,
        edns: { udpSize: 1232, dnssecOk: false },
      },
    }),
  );
  return {
    octets: Uint8Array.from(queries.flatMap((query) => [...query])),
    lengths: Uint16Array.from(queries, (query) => query.length),
    ...{ first: 0, targets, window: 8, milliseconds: 150, ...over },
  };
}

describe('a closed loop', () => {
  it('counts what comes back, by RCODE, and asks every query in turn', async () => {
    const asked = new Map<string, number>();
    const target = await serve((n, packet, reply) => {
      const name = packet.toString('latin1', 13, 14);
      asked.set(name, (asked.get(name) ?? 0) + 1);
      packet[3] = n % 2 === 0 ? 0 : 3;
      reply(packet);
    });
    const counts = await runClosedLoop(loop([target]));
    const { received, sent, lost, late, mismatched, rcodes } = counts;
    expect(received).toBeGreaterThan(50);
    expect({ lost, late, mismatched }).toEqual({ lost: 0, late: 0, mismatched: 0 });
    expect(sent - received).toBeLessThanOrEqual(8);
    expect((rcodes[0] ?? 0) + (rcodes[3] ?? 0)).toBe(received);
    expect(Math.abs((rcodes[0] ?? 0) - (rcodes[3] ?? 0))).toBeLessThan(8);
    const [a = 0, b = 0, l = 0] = ['a', 'b', 'l'].map((name) => asked.get(name));
    expect(Math.max(a, b, l) - Math.min(a, b, l)).toBeLessThanOrEqual(1);
  });

  it('never has more outstanding than its window', async () => {
    let outstanding = 0;
    let most = 0;
    const target = await serve((_, packet, reply) => {
      outstanding++;
      most = Math.max(most, outstanding);
      setTimeout(() => {
        outstanding--;
        reply(packet);
      }, 2);
    });
    await runClosedLoop(loop([target], { window: 5 }));
    expect(most).toBe(5);
  });

  it('gives up what gets no answer, and goes on', async () => {
    let dropped = 0;
    const target = await serve((n, packet, reply) => {
      if (n % 10 === 0 && dropped < 4) dropped++;
      else reply(packet);
    });
    const counts = await runClosedLoop(loop([target]));
    expect(counts.lost).toBe(dropped);
    expect(dropped).toBe(4);
    expect(counts.received).toBeGreaterThan(50);
  });

  it('counts what is late, and what was not asked, apart', async () => {
    const target = await serve((n, packet, reply) => {
      if (n === 0) {
        setTimeout(() => reply(packet), 1_200);
      } else if (n === 1) {
        const other = Buffer.from(packet);
        other[14] = 0x7a; // another QNAME
        reply(other);
        reply(packet);
      } else if (n === 2) {
        reply(packet);
        reply(packet); // twice: the second is nobody's
      } else if (n < 400) {
        reply(packet);
      } else {
        setTimeout(() => reply(packet), 5);
      }
    });
    const counts = await runClosedLoop(loop([target], { milliseconds: 1_500, window: 4 }));
    expect({ lost: counts.lost, late: counts.late }).toEqual({ lost: 1, late: 1 });
    expect(counts.mismatched).toBe(2);
  });

  it('loses everything where nobody listens, and ends', async () => {
    const target = await serve(() => {});
    const counts = await runClosedLoop(loop([target], { milliseconds: 20 }));
    expect([counts.received, counts.lost]).toEqual([0, 8]);
  });
});

describe('closed loops on threads', () => {
  it('run at a time, again and again, on every target', async () => {
    const perTarget = [0, 0];
    const targets = await Promise.all(
      [0, 1].map((i) =>
        serve((_, packet, reply) => {
          perTarget[i] = (perTarget[i] as number) + 1;
          reply(packet);
        }),
      ),
    );
    const threads = new LoopThreads(2);
    try {
      for (const _ of [1, 2]) {
        const counts = await threads.run(loop(targets, { milliseconds: 60 }));
        expect(counts.received).toBeGreaterThan(20);
        expect(counts.rcodes[0]).toBe(counts.received);
        expect(counts.mismatched + counts.lost).toBe(0);
      }
      for (const count of perTarget) expect(count).toBeGreaterThan(20);
    } finally {
      await threads.close();
    }
  });
});
