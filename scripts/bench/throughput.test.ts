import { spawnSync } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Name } from '../../resolver-core/name/name.ts';
import { LoopThreads } from '../../sim/load/loop-threads.ts';
import { throughputText } from '../cli/bench-throughput.ts';
import {
  type Contestant,
  ContestantError,
  endContestants,
  openEcho,
  openResolver,
} from './contestants.ts';
import { fill, measureThroughput, queriesFor } from './throughput.ts';

const queries = queriesFor(['a.example.', 'b.example.'].map((text) => Name.parse(text)));
const TERMS = { rounds: 3, milliseconds: 40, window: 4 };

let threads: LoopThreads;
const sockets: Socket[] = [];
beforeAll(() => {
  threads = new LoopThreads(1);
});
afterAll(async () => {
  for (const socket of sockets) socket.close();
  await threads.close();
});

/** A server in this process that answers with an RCODE, after so many that it leaves without an answer. */
async function served(name: string, rcode: number, cpu = 0, silent = 0): Promise<Contestant> {
  const socket = createSocket('udp4');
  sockets.push(socket);
  let asked = 0;
  socket.on('message', (packet, { port, address }) => {
    if (asked++ < silent) return;
    const answer = Buffer.from(packet);
    answer[2] = 0x81;
    answer[3] = rcode;
    socket.send(answer, port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return {
    ...{ name, about: 'of a test', stop: async () => {} },
    targets: [{ address: '127.0.0.1', port: socket.address().port }],
    // As if each answer had cost so many microseconds.
    cpuSeconds: () => (asked * cpu) / 1e6,
  };
}

describe('throughput', () => {
  it('is told per server, with ratios to the yardstick in the same round', async () => {
    const contestants = [await served('one', 0, 10), await served('unbound', 0, 5)];
    const told: string[] = [];
    const figures = await measureThroughput(
      ...([threads, queries, contestants, 'unbound', TERMS] as const),
      (round, name) => told.push(`${round} ${name}`),
    );
    expect(told).toEqual(['0 one', '0 unbound', '1 unbound', '1 one', '2 one', '2 unbound']);
    const [one, other] = figures;
    expect(one?.perSecond.median).toBeGreaterThan(100);
    expect(one?.cpuPerAnswer?.median).toBeGreaterThan(9.9);
    expect(one?.cpuRatio?.median).toBeGreaterThan(0.3);
    expect(one?.cpuRatio?.median).toBeLessThan(0.7);
    expect(other?.ratio).toEqual({ median: 1, least: 1, most: 1 });
    for (const figure of figures) expect(figure).toMatchObject({ failed: 0, mismatched: 0 });
    const options = { ...{ rounds: 3, seconds: 0.04, names: 2, window: 4, threads: 1 } };
    const quiet = { against: [], json: false, quiet: true };
    const text = throughputText({ ...options, ...quiet }, ['kresd is not installed'], figures);
    expect(text).toMatch(/^one .* of a test$/m);
    expect(text).toContain('left out: kresd is not installed\n');
  });

  it('counts what is no answer', async () => {
    const [figure] = await measureThroughput(
      ...([threads, queries, [await served('refuses', 5)], 'unbound', TERMS] as const),
      () => {},
    );
    expect(figure?.failed).toBeGreaterThan(10);
    expect(figure?.ratio).toBeNull();
  });

  it('is measured once everything is cached', async () => {
    await fill(threads, queries, await served('slow to start', 0, 0, 3));
    const refusing = fill(threads, queries, await served('nobody', 5), 1);
    await expect(refusing).rejects.toThrow('nobody does not answer everything');
  }, 60_000);
});

describe('contestants', () => {
  it("Node's own sockets, in a process with CPU time of its own", async () => {
    const echo = await openEcho();
    try {
      const before = echo.cpuSeconds();
      const counts = await threads.run({
        ...{ ...queries, first: 0, targets: echo.targets, window: 8, milliseconds: 100 },
      });
      expect(counts.received).toBeGreaterThan(50);
      expect(counts.mismatched).toBe(0);
      if (process.platform === 'linux') expect(echo.cpuSeconds()).toBeGreaterThan(before);
    } finally {
      await echo.stop();
    }
  });

  const hasUnbound = spawnSync('unbound', ['-V']).error === undefined;

  it.skipIf(!hasUnbound)(
    'a resolver that does not answer yet is ended with the others',
    async () => {
      const silent = createSocket('udp4');
      await new Promise<void>((resolve) => silent.bind(0, '127.0.0.1', resolve));
      const opening = openResolver('unbound', {
        address: '127.0.0.1',
        port: silent.address().port,
      });
      const ending = setInterval(endContestants, 20);
      try {
        await expect(opening).rejects.toEqual(new ContestantError('unbound ended at once'));
      } finally {
        clearInterval(ending);
        silent.close();
      }
    },
  );

  it.skipIf(!hasUnbound)(
    'a real resolver gives what its upstream said (needs unbound)',
    async () => {
      const upstream = createSocket('udp4');
      sockets.push(upstream);
      let asked = 0;
      upstream.on('message', (packet, { port, address }) => {
        asked++;
        let end = 12;
        while (packet[end] !== 0) end += 1 + (packet[end] as number);
        const head = [packet[0], packet[1], 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0] as number[];
        const record = [0xc0, 12, 0, 1, 0, 1, 0, 0, 14, 16, 0, 4, 192, 0, 2, 1];
        const isAddress = packet[end + 2] === 1;
        if (!isAddress) head[7] = 0;
        const question = packet.subarray(12, end + 5);
        const answer = Uint8Array.from([...head, ...question, ...(isAddress ? record : [])]);
        upstream.send(answer, port, address);
      });
      await new Promise<void>((resolve) => upstream.bind(0, '127.0.0.1', resolve));
      const at = { address: '127.0.0.1', port: upstream.address().port };
      const unbound = await openResolver('unbound', at);
      try {
        expect(unbound.about).toMatch(/^unbound \d+\.\d+/);
        await fill(threads, queries, unbound);
        const before = asked;
        const counts = await threads.run({
          ...{ ...queries, first: 0, targets: unbound.targets, window: 8, milliseconds: 60 },
        });
        expect(counts.rcodes[0]).toBe(counts.received);
        expect(asked).toBe(before);
      } finally {
        await unbound.stop();
      }
    },
    60_000,
  );

  it('that are not installed are said to be so', async () => {
    const { PATH } = process.env;
    process.env.PATH = '/nowhere';
    try {
      const opening = openResolver('knot', { address: '127.0.0.1', port: 53 });
      await expect(opening).rejects.toThrow(new ContestantError('kresd is not installed'));
    } finally {
      process.env.PATH = PATH;
    }
  });
});
