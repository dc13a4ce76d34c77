import { afterAll, beforeAll, expect, test } from 'vitest';
import { HOUR, MINUTE } from '../../resolver-core/time.ts';
import type { VariantPlan } from '../plan.ts';
import { FAULT_AT } from '../testing/small-plan.ts';
import { LiveCluster } from './cluster.ts';
import { FRONT_ADDRESS } from './layout.ts';
import { livePlan } from './testing/live-plan.ts';
import { askResolver } from './testing/resolver-client.ts';

let cluster: LiveCluster;

beforeAll(async () => {
  const plan = livePlan('shared', 2);
  cluster = await LiveCluster.open({
    ...{ plan, variant: plan.variants[0] as VariantPlan, at: FAULT_AT - MINUTE, speed: 1 },
    ...{ front: { address: FRONT_ADDRESS, port: 0 }, beyondLoopback: false, reusePort: false },
    onNotice: () => {},
  });
}, 60_000);

afterAll(() => cluster.close());

function counts(): readonly { readonly miss: number; readonly hit: number }[] {
  return cluster.nodes.map(({ counters: { answers } }) => {
    const { miss, hit } = answers;
    return { miss, hit };
  });
}

test('what one node has found the other one has', { timeout: 60_000 }, async () => {
  const [first, second] = cluster.nodes;
  const before = counts();
  for (const node of [first, second]) {
    expect(await askResolver(node?.own ?? cluster.front, 'laden2.de', 'NS')).toMatchObject({
      rcode: 'NOERROR',
    });
  }
  const after = counts();
  expect(after[0]?.miss).toBe((before[0]?.miss ?? 0) + 1);
  expect(after[1]).toEqual({ miss: before[1]?.miss, hit: (before[1]?.hit ?? 0) + 1 });
});

test('a killed node finds again what was in the shared memory', { timeout: 60_000 }, async () => {
  const [, second] = cluster.nodes;
  await cluster.kill('fra', 1);
  await askResolver(second?.own ?? cluster.front, '.', 'NS');
  const before = counts();
  await askResolver(second?.own ?? cluster.front, 'laden2.de', 'NS');
  expect(counts()[1]?.hit).toBe((before[1]?.hit ?? 0) + 1);
});

test('caches come from the virtual run, and age: stale in the fault', async () => {
  cluster.setClock({ clock: FAULT_AT + 3 * HOUR });
  const [first] = cluster.nodes;
  expect(await askResolver(first?.own ?? cluster.front, 'laden0.de')).toMatchObject({
    ...{ rcode: 'NOERROR', ede: [3] },
  });
});
