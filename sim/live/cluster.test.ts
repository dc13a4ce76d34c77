import { createSocket } from 'node:dgram';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { HOUR, MINUTE } from '../../resolver-core/time.ts';
import type { VariantPlan } from '../plan.ts';
import { FAULT_AT } from '../testing/small-plan.ts';
import { LiveCluster, type LiveOptions } from './cluster.ts';
import { answeredBy, droppedBy, waitingOf } from './counters.ts';
import { FRONT_ADDRESS, nodeAddress } from './layout.ts';
import { CAN_REUSE_PORT } from './listener.ts';
import { metricsText } from './metrics.ts';
import type { FromNode, ToNode } from './node-thread.ts';
import { eventually, TcpClient } from './testing/clients.ts';
import { livePlan } from './testing/live-plan.ts';
import { queryOctets, readResponse } from './testing/queries.ts';
import { askResolver } from './testing/resolver-client.ts';
import { Thread } from './thread.ts';

const notices: string[] = [];

function options(over: Partial<LiveOptions> = {}): LiveOptions {
  const plan = livePlan('forwarded', 2);
  return {
    plan,
    variant: plan.variants[0] as VariantPlan,
    at: FAULT_AT - MINUTE,
    speed: 1,
    front: { address: FRONT_ADDRESS, port: 0 },
    beyondLoopback: false,
    onNotice: (text) => notices.push(text),
    ...over,
  };
}

let cluster: LiveCluster;

beforeAll(async () => {
  cluster = await LiveCluster.open(options({ reusePort: false }));
}, 60_000);

afterAll(() => cluster.close());

/** Through the front address unless told. */
function ask(name: string, type = 'A', cd = false, at = cluster.front) {
  return askResolver(at, name, type, { cd });
}

function sumOf(count: (counters: LiveCluster['nodes'][number]['counters']) => number): number {
  return cluster.nodes.reduce((sum, { counters }) => sum + count(counters), 0);
}

describe('a live cluster', { timeout: 60_000 }, () => {
  test('resolves and validates over sockets: AD for what is secure', async () => {
    expect(await ask('.', 'NS')).toMatchObject({ rcode: 'NOERROR', ad: true, ede: [] });
    expect(await ask('laden0.de')).toMatchObject({ rcode: 'NOERROR', ede: [] });
    expect(sumOf(({ asks }) => asks.responses)).toBeGreaterThan(0);
  });

  test('hands misses to the owner over UDP: either node answers, one of them by asking the other', async () => {
    const sent = sumOf(({ peers }) => peers.forwardsSent);
    for (const { own } of cluster.nodes) {
      expect(await ask('laden2.de', 'NS', false, own)).toMatchObject({ rcode: 'NOERROR' });
    }
    expect(sumOf(({ peers }) => peers.forwardsSent)).toBe(sent + 1);
    expect(sumOf(({ peers }) => peers.forwardsAnswered)).toBeGreaterThan(0);
    expect(sumOf(({ peers }) => peers.forwardTimeouts)).toBe(0);
  });

  test('a relay spreads the clients of a colo over its nodes', async () => {
    expect(await reachesAll(cluster)).toBe(true);
  });

  test('answers over TCP, through the relay, too', async () => {
    const client = new TcpClient(cluster.front);
    client.send(queryOctets('laden0.de', 1), queryOctets('laden2.de', 2));
    const ids = (await client.messages(2)).map((octets) => readResponse(octets).id);
    client.close();
    expect(ids.sort()).toEqual([1, 2]);
  });

  test('a cached answer is given from rendered octets', async () => {
    const own = cluster.nodes[0]?.own;
    await ask('.', 'NS', false, own);
    const fast = sumOf(({ answers }) => answers.fast);
    await ask('.', 'NS', false, own);
    expect(sumOf(({ answers }) => answers.fast)).toBe(fast + 1);
  });

  test('the clock jumps into the fault: stale for what was known, bogus with its cause for what was not', async () => {
    cluster.setClock({ clock: FAULT_AT + 3 * HOUR });
    expect(await ask('laden0.de')).toMatchObject({ rcode: 'NOERROR', ede: [3], ad: false });
    const unknown = await ask('laden6.de', 'NS');
    expect(unknown).toMatchObject({ rcode: 'SERVFAIL', ede: [6] });
    expect(unknown.texts).toContain('keytag=33834');
    expect(await ask('laden6.de', 'NS', true)).toMatchObject({ rcode: 'NOERROR' });
  });

  test('a mitigation is applied at once whenever it was meant to be, and lifted again', async () => {
    cluster.orders.apply('override', cluster.clock);
    cluster.ordered();
    await until(async () => (await ask('laden6.de', 'NS')).rcode === 'NOERROR');
    cluster.orders.lift('override');
    cluster.ordered();
    // what was found meanwhile stays cached: another name tells each time
    let next = 10;
    await until(async () => {
      next += 2;
      return (await ask(`laden${next}.de`, 'NS')).rcode === 'SERVFAIL';
    });
  });

  test('a jump back empties the caches, and all is as it was then', async () => {
    cluster.setClock({ clock: FAULT_AT - MINUTE });
    await until(async () => (await ask('laden6.de', 'NS')).rcode === 'NOERROR');
  });

  test('a killed node is replaced and counted, and the other one answers meanwhile', async () => {
    const [first, second] = cluster.nodes;
    const started = nextStart();
    await cluster.kill('fra', 0);
    expect(await ask('www.laden8.de', 'A', false, second?.own)).toMatchObject({ rcode: 'NOERROR' });
    await started;
    expect(await ask('www.laden8.de', 'A', false, first?.own)).toMatchObject({ rcode: 'NOERROR' });
    expect(first?.counters.fate.replacements).toBe(1);
    expect(notices.join()).toContain('node fra/0 ended and is replaced');
  });

  test('a restarted node has nothing in memory, and is there', async () => {
    const [, second] = cluster.nodes;
    const isEmpty = (): true | null => (second?.counters.fate.cached === 0 ? true : null);
    cluster.restart('fra', 1);
    await eventually(isEmpty, 'an empty cache');
    expect(await ask('.', 'NS', false, second?.own)).toMatchObject({ rcode: 'NOERROR' });
    cluster.flush('.', true);
    await eventually(isEmpty, 'an empty cache');
    expect(() => cluster.restart('fra', 2)).toThrow(
      'there is no node fra/2; there are fra/0, fra/1',
    );
  });

  test('whatever came was answered or dropped for a reason', async () => {
    const socket = createSocket('udp4');
    const own = cluster.nodes[1]?.own;
    for (const length of [0, 3, 12, 40]) {
      socket.send(new Uint8Array(length).fill(7), own?.port ?? 0, own?.address);
    }
    const turned = (): number => sumOf((counters) => droppedBy(counters).short ?? 0);
    await eventually(() => (turned() === 2 ? true : null), 'the short ones');
    socket.close();
    await eventually(() => (sumOf(waitingOf) === 0 ? true : null), 'no query waits');
    const came = sumOf(({ listener }) => listener.udpReceived + listener.tcpReceived);
    const dropped = sumOf((counters) => Object.values(droppedBy(counters)).reduce((a, b) => a + b));
    expect(came).toBe(sumOf(answeredBy) + dropped);
  });

  test('counts are told as OpenMetrics', () => {
    const text = metricsText(cluster, 1);
    expect(text).toContain('zonequake_queries_total{colo="fra",node="0",proto="udp"} ');
    expect(text).toContain('zonequake_node_replacements_total{colo="fra",node="0"} 1\n');
    expect(text).toContain('# TYPE zonequake_waiting gauge\n');
    expect(text.endsWith('# EOF\n')).toBe(true);
  });

  test('a node whose port is taken while it is away comes back when the port is free', async () => {
    const own = cluster.nodes[0]?.own ?? cluster.front;
    const other = createSocket('udp4');
    const started = nextStart();
    await cluster.kill('fra', 0);
    await new Promise<void>((resolve) => other.bind(own.port, own.address, resolve));
    const words = `could not be replaced: cannot listen on ${own.address}:${own.port}`;
    await eventually(() => (notices.join().includes(words) ? true : null), 'the notice');
    other.close();
    await started;
    expect(await ask('www.laden8.de', 'A', false, own)).toMatchObject({ rcode: 'NOERROR' });
  });

  test('what is ordered while a node starts holds there, too', async () => {
    const own = cluster.nodes[0]?.own;
    const rule = 'phase = pre-cache name = www.laden8.de refuse';
    const started = nextStart(() => {
      cluster.orders.rule(rule, false, cluster.clock, 0);
      cluster.ordered();
    });
    await cluster.kill('fra', 0);
    await started;
    await until(async () => (await ask('www.laden8.de', 'A', false, own)).rcode === 'REFUSED');
  });

  test('a port that is taken is told with its address', async () => {
    const { port } = cluster.front;
    const other = options({ front: { address: '127.53.0.3', port } });
    await expect(LiveCluster.open(other)).rejects.toMatchObject({
      name: 'ListenError',
      message: expect.stringMatching(new RegExp(`:${port}: another program has this port`)),
    });
    expect(nodeAddress(0, 0)).toBe('127.53.1.11');
  });

  test('nothing but loopback unless told', async () => {
    const front = { address: '0.0.0.0', port: 0 };
    await expect(LiveCluster.open(options({ front }))).rejects.toThrow('0.0.0.0 is not loopback');
  });
});

/** Once a node's thread has started: the next that is told to, upon which `then` happens at once. */
function nextStart(then: () => void = () => {}): Promise<unknown> {
  const { send } = Thread.prototype;
  const spy = vi.spyOn(Thread.prototype, 'send');
  return new Promise((resolve) => {
    spy.mockImplementation(function (this: Thread<unknown, FromNode>, message: unknown) {
      send.call(this, message);
      if ((message as ToNode).kind !== 'start') return;
      spy.mockRestore();
      then();
      resolve(this.said('started'));
    });
  });
}

/** Threads hear of orders one after another. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let left = 20; left > 0; left--) if (await holds()) return;
  throw new Error('in vain');
}

/** Asks a colo's own address until each of its nodes has answered something. */
async function reachesAll(colo: LiveCluster): Promise<boolean> {
  const count = ({ counters }: LiveCluster['nodes'][number]): number => answeredBy(counters);
  const before = colo.nodes.map(count);
  const isReached = (): boolean[] => colo.nodes.map((node, i) => count(node) > Number(before[i]));
  for (let i = 0; i < 40 && isReached().includes(false); i++) {
    await askResolver(colo.coloAt(0), '.', 'NS');
  }
  return !isReached().includes(false);
}

// Node 20 has no SO_REUSEPORT
test.skipIf(!CAN_REUSE_PORT)(
  'the kernel spreads the clients of a colo over its nodes',
  { timeout: 60_000 },
  async () => {
    const colo = await LiveCluster.open(options({ reusePort: true }));
    try {
      expect(await reachesAll(colo)).toBe(true);
    } finally {
      await colo.close();
    }
  },
);
