import { expect, test } from 'vitest';
import { smallPlan } from '../testing/small-plan.ts';
import { sizedPlan, withFlaw } from './sized-plan.ts';

test('the clients of a colo that is left out go to the nearest that stays', () => {
  const plan = sizedPlan(smallPlan(), { colos: 1, nodes: 3, cache: 'forwarded' });
  expect(plan.cluster.colos).toEqual([{ name: 'fra', region: 'europe', nodes: 3 }]);
  expect(plan.cluster.cache.mode).toBe('forwarded');
  for (const { catchment } of plan.traffic.regions) {
    expect(catchment).toEqual([{ colo: 'fra', share: 1 }]);
  }
});

test('of a region that several colos catch, those that stay have all', () => {
  const small = smallPlan();
  const catchment = [
    { colo: 'fra', share: 0.25 },
    { colo: 'iad', share: 0.75 },
  ];
  const regions = small.traffic.regions.map((region) => ({ ...region, catchment }));
  const plan = sizedPlan({ ...small, traffic: { ...small.traffic, regions } }, { colos: 1 });
  expect(plan.traffic.regions[0]?.catchment).toEqual([{ colo: 'fra', share: 1 }]);
});

test('nothing asked for changes nothing', () => {
  expect(sizedPlan(smallPlan(), {})).toEqual(smallPlan());
});

test('more colos than there are is refused', () => {
  expect(() => sizedPlan(smallPlan(), { colos: 3 })).toThrow('small has 2 colos, not 3');
});

test('the flaw is off in the timeline, too, when it is switched off', () => {
  const small = smallPlan();
  const set = { loseBogusCause: true };
  const timeline = [{ kind: 'resolver', at: 0, set } as const];
  const plan = { ...small, variants: [{ name: 'flawed', mitigations: [], timeline }] };
  const { cluster, variants } = withFlaw(plan, false);
  expect(cluster.resolver.loseBogusCause).toBe(false);
  expect(variants[0]?.timeline).toEqual([
    { kind: 'resolver', at: 0, set: { loseBogusCause: false } },
  ]);
});
