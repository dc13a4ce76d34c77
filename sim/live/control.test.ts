import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HOUR, MINUTE, type Micros, SECOND } from '../../resolver-core/time.ts';
import type { VariantPlan } from '../plan.ts';
import { FAULT_AT } from '../testing/small-plan.ts';
import { LiveCluster } from './cluster.ts';
import { Control } from './control.ts';
import { CONTROL_ADDRESS, FRONT_ADDRESS } from './layout.ts';
import { OrderError } from './orders.ts';
import { eventually } from './testing/clients.ts';
import { livePlan, OVERRIDE } from './testing/live-plan.ts';
import { askResolver } from './testing/resolver-client.ts';

let cluster: LiveCluster;
let control: Control;
let url: string;

const WORDS = {
  instant: (text: string): Micros => {
    const instants: Readonly<Record<string, Micros>> = {
      ...{ later: FAULT_AT + 3 * HOUR, 'before the override': FAULT_AT + 2 * HOUR - SECOND },
    };
    const at = instants[text];
    if (at !== undefined) return at;
    throw new OrderError(`"${text}" is no instant`);
  },
  duration: (): Micros => MINUTE,
};

beforeAll(async () => {
  const plan = livePlan('private', 1);
  cluster = await LiveCluster.open({
    ...{ plan, variant: plan.variants[1] as VariantPlan, at: FAULT_AT - MINUTE, speed: 1 },
    ...{ front: { address: FRONT_ADDRESS, port: 0 }, beyondLoopback: false, reusePort: false },
    onNotice: () => {},
  });
  const { port } = cluster.front;
  control = await Control.open(cluster, { address: CONTROL_ADDRESS, port }, WORDS);
  url = `http://${CONTROL_ADDRESS}:${port}`;
}, 60_000);

afterAll(async () => {
  control.close();
  await cluster.close();
});

async function post(
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<{ readonly status: number; readonly said: Record<string, unknown> }> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(`${url}${path}`, { method: 'POST', body: text, headers });
  return { status: response.status, said: (await response.json()) as Record<string, unknown> };
}

describe('the controls over HTTP', { timeout: 60_000 }, () => {
  test('GET tells what there is', async () => {
    const status = (await (await fetch(url)).json()) as Record<string, unknown>;
    expect(status).toMatchObject({
      ...{ scenario: 'small', variant: 'overridden', speed: 1, mitigations: ['override'] },
      nodes: [{ node: 'fra/0', address: `127.53.1.11:${cluster.front.port}` }],
    });
    expect(status.clock).toMatch(/^2026-05-05T19:2/);
  });

  test('metrics are OpenMetrics text', async () => {
    const response = await fetch(`${url}/metrics`);
    expect(response.headers.get('content-type')).toContain('application/openmetrics-text');
    expect(await response.text()).toMatch(/# EOF\n$/);
  });

  test('what the timeline says happens as the clock comes to it, and a jump back undoes it', async () => {
    const rcodeOf = async (name: string): Promise<string> =>
      (await askResolver(cluster.front, name, 'NS')).rcode;
    const becomes = async (rcode: string, first: number): Promise<void> => {
      // every second name: what was found once stays cached
      for (let i = first; i < first + 20; i += 2) {
        if ((await rcodeOf(`laden${i}.de`)) === rcode) return;
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
      throw new Error(`never ${rcode}`);
    };
    await post('/clock', { at: 'before the override' });
    await becomes('NOERROR', 10);
    await post('/clock', { at: 'before the override', speed: 0 });
    await becomes('SERVFAIL', 30);
  });

  test('the clock is set and its speed', async () => {
    expect((await post('/clock', { at: 'later', speed: 0 })).said).toMatchObject({
      ...{ clock: '2026-05-05T22:30:00Z', speed: 0 },
    });
  });

  test('a rule by hand changes what clients get', async () => {
    const rcodeOf = async (): Promise<string> =>
      (await askResolver(cluster.front, 'laden6.de', 'NS')).rcode;
    expect(await rcodeOf()).toBe('SERVFAIL');
    expect((await post('/rules', { rule: OVERRIDE, over: '1m' })).status).toBe(200);
    let rcode = await rcodeOf();
    // the thread of the node hears of it a little later
    for (let left = 20; left > 0 && rcode !== 'NOERROR'; left--) rcode = await rcodeOf();
    expect(rcode).toBe('NOERROR');
    expect((await post('/rules', { rule: OVERRIDE, lift: true })).status).toBe(200);
  });

  test('names are forgotten, and nodes restart', async () => {
    const [node] = cluster.nodes;
    expect((await post('/flush', { name: 'de', below: true })).status).toBe(200);
    expect((await post('/nodes/restart', { node: 'fra/0' })).status).toBe(200);
    await eventually(() => (node?.counters.fate.restarts === 1 ? true : null), 'a restart');
  });

  test.each([
    ['/clock', {}, '"at" or "speed" is missing'],
    ['/clock', { at: 'noon' }, '"noon" is no instant'],
    ['/clock', { speed: -1 }, '"speed" is a number from 0 to 100000'],
    ['/mitigations/apply', { name: 'overide' }, 'no mitigation is called "overide"'],
    ['/rules', { rule: 'phase = nowhere' }, 'column '],
    ['/flush', { name: 'a..b' }, '"a..b" is no domain name'],
    ['/nodes/kill', { node: 'fra' }, '"fra" is no node'],
    ['/nodes/kill', { node: 'fra/7' }, 'there is no node fra/7'],
    ['/else', {}, 'no /else'],
    ['/flush', '[', 'the body is no JSON object'],
    ['/flush', 'x'.repeat(20_000), 'the body is too long'],
  ])('POST %s %j is refused in words', async (path, body, words) => {
    const { status, said } = await post(path, body);
    expect(status).toBe(400);
    expect(said.error).toContain(words);
  });

  test('a page in a browser cannot give orders', async () => {
    const { status, said } = await post('/flush', { name: '.' }, { origin: 'http://example.org' });
    expect(status).toBe(400);
    expect(said.error).toBe('not from a browser');
  });

  /** The answer to a request of these lines; fetch sends no other Host, and no such paths. */
  function raw(...lines: readonly string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(cluster.front.port, CONTROL_ADDRESS);
      let text = '';
      socket.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
      socket.on('error', reject).on('close', () => resolve(text));
      socket.write(`${[...lines, 'Connection: close', '', ''].join('\r\n')}`);
    });
  }

  test.each([
    ['GET /metrics HTTP/1.1', 'rebound.example'],
    ['GET / HTTP/1.1', '203.0.113.7:5300'],
    ['GET http://rebound.example/metrics HTTP/1.1', 'rebound.example'],
    ['GET //[ HTTP/1.1', '['],
  ])('what a name that leads here is asked is not told: %s, Host: %s', async (line, host) => {
    const said = await raw(line, `Host: ${host}`);
    expect(said).toContain('HTTP/1.1 400 ');
    expect(said).toContain('"error":"not for http://');
  });

  test.each(['localhost', 'LOCALHOST:80', '127.53.0.2:5300', '[::1]:5300'])(
    'Host: %s is this machine',
    async (host) => {
      expect(await raw('GET / HTTP/1.1', `Host: ${host}`)).toContain('HTTP/1.1 200 OK');
    },
  );

  test('a path of slashes is answered', async () => {
    expect(await raw('GET // HTTP/1.1', 'Host: localhost')).toContain('"error":"no //"');
  });
});
