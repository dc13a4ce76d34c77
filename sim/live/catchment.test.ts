import { expect, test } from 'vitest';
import { smallPlan } from '../testing/small-plan.ts';
import { Catchment } from './catchment.ts';

const small = smallPlan();
const [home] = small.traffic.groups;
const plan = {
  ...small,
  traffic: {
    ...small.traffic,
    groups: [
      { ...home, name: 'home', share: 3 },
      { ...home, name: 'office', share: 1 },
    ] as typeof small.traffic.groups,
  },
};
const ADDRESSES = Array.from({ length: 2_000 }, (_, i) => `127.9.${i >> 8}.${i & 255}`);

test('clients are spread over colos and groups by their shares, each always to the same', () => {
  const catchment = new Catchment(plan);
  const caught = ADDRESSES.map((address) => catchment.of(address));
  expect(ADDRESSES.map((address) => new Catchment(plan).of(address))).toEqual(caught);
  const first = caught.filter(({ colo }) => colo === 0).length;
  const home = caught.filter(({ group }) => group === 'home').length;
  // five standard errors
  expect(Math.abs(first - 1_000)).toBeLessThan(112);
  expect(Math.abs(home - 1_500)).toBeLessThan(97);
});

test('the flows of one client are spread over the nodes of its colo', () => {
  const catchment = new Catchment(plan);
  const nodes = Array.from({ length: 1_000 }, (_, i) => catchment.nodeOf(0, '127.0.0.1', 1024 + i));
  const first = nodes.filter((node) => node === 0).length;
  expect(Math.abs(first - 500)).toBeLessThan(80);
  expect(Math.max(...nodes)).toBe(1);
});
