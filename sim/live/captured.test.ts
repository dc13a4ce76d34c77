import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Name } from '../../resolver-core/name/name.ts';
import { HOUR, MINUTE } from '../../resolver-core/time.ts';
import { TYPE } from '../../resolver-core/wire/iana.ts';
import type { VariantPlan } from '../plan.ts';
import { FAULT_AT } from '../testing/small-plan.ts';
import { placeOf } from './addresses.ts';
import { LiveCluster } from './cluster.ts';
import { FRONT_ADDRESS } from './layout.ts';
import { TcpClient, UdpClient } from './testing/clients.ts';
import { livePlan } from './testing/live-plan.ts';
import { isInstalled, LoopbackCapture, tsharkOpinions } from './testing/programs.ts';
import { ednsOf, queryOctets } from './testing/queries.ts';
import { askResolver } from './testing/resolver-client.ts';

const skipped = isInstalled('tshark') ? '' : ' (skipped: tshark is not installed)';
const folder = mkdtempSync(join(tmpdir(), 'zonequake-'));
let cluster: LiveCluster;
let capture: LoopbackCapture;

describe.skipIf(skipped !== '')(`tshark looks at a live cluster${skipped}`, () => {
  beforeAll(async () => {
    const plan = livePlan('forwarded', 2);
    cluster = await LiveCluster.open({
      plan,
      variant: plan.variants[0] as VariantPlan,
      at: FAULT_AT - MINUTE,
      speed: 1,
      front: { address: FRONT_ADDRESS, port: 0 },
      beyondLoopback: false,
      onNotice: () => {},
    });
  }, 60_000);

  afterAll(async () => {
    await capture.stop();
    await cluster.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function askAll(): Promise<void> {
    const { front } = cluster;
    for (const type of ['A', 'AAAA', 'HTTPS', 'MX', 'TXT', 'NS', 'SOA', 'DNSKEY', 'DS', 'ANY']) {
      await askResolver(front, 'laden0.de', type);
      await askResolver(front, 'de', type);
    }
    for (const name of ['nobody.laden1.de', 'not-there.de', 'no-such-tld', 'www.laden2.de', '.']) {
      await askResolver(front, name);
      await askResolver(front, name, 'A', { cd: true });
    }
    await askResolver(front, 'laden4.de', 'AXFR');
    const client = new TcpClient(front);
    const question = { name: Name.root, type: TYPE.DNSKEY };
    const edns = ednsOf({ dnssecOk: true });
    client.send(queryOctets('.', 1, { question, edns }), queryOctets('laden6.de', 2));
    await client.messages(2);
    client.close();
  }

  test('and finds no malformed message: clients, nodes among each other, authoritative servers', async (context) => {
    // The authoritative servers are on the port of the front.
    const ports = [...new Set([cluster.front, ...cluster.nodes.map(({ own }) => own)])].map(
      ({ port }) => port,
    );
    capture = new LoopbackCapture(join(folder, 'live.pcapng'), ports);
    const client = new UdpClient(cluster.front);
    const reaches = (mark: string): Promise<boolean> =>
      capture.reaches(mark, () => client.send(queryOctets(`${mark}.example`, 1)));
    if (!(await reaches('first-mark'))) {
      client.close();
      return context.skip('capturing on loopback is not allowed here');
    }
    await askAll();
    // Inside the fault: stale answers, failures, and their Extended DNS Errors.
    cluster.setClock({ clock: FAULT_AT + 3 * HOUR });
    await askAll();
    expect(await reaches('last-mark')).toBe(true);
    client.close();
    await capture.stop();
    const opinions = tsharkOpinions(capture.file, ports, 'kernel');
    const messages = opinions.filter(({ protocol }) => protocol === 'dns');
    expect(opinions.filter(({ faults }) => faults !== '')).toEqual([]);
    expect(messages.filter(({ isResponse }) => isResponse).length).toBeGreaterThan(100);
    expect(messages.filter(({ isResponse }) => !isResponse).length).toBeGreaterThan(100);
    const upstream = messages.filter(({ server }) => placeOf(server) !== undefined);
    expect(upstream.length).toBeGreaterThan(20);
  }, 60_000);
});
