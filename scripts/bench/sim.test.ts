import { expect, it } from 'vitest';
import { smallPlan } from '../../sim/testing/small-plan.ts';
import { simText } from '../cli/bench.ts';
import { measureSim } from './sim.ts';

it('splits the time of a query into a hit and its events, for every variant', async () => {
  const plan = smallPlan();
  const cost = await measureSim({ plan, minutes: 5, bareQueries: 20_000 });
  expect(cost.variants.map(({ variant }) => variant)).toEqual(
    plan.variants.map(({ name }) => name),
  );
  expect(cost.hitNanoseconds).toBeGreaterThan(0);
  for (const each of cost.variants) {
    const { nanosecondsPerQuery, nanosecondsPerEvent, eventsPerQuery, hitRatio } = each;
    expect(each.queries).toBeGreaterThan(0);
    expect(hitRatio).toBeGreaterThan(0);
    expect(hitRatio).toBeLessThan(1);
    const sum = cost.hitNanoseconds + eventsPerQuery * nanosecondsPerEvent;
    expect(sum).toBeCloseTo(nanosecondsPerQuery, 3);
    const missed = cost.hitNanoseconds + (1 - hitRatio) * each.nanosecondsPerMiss;
    expect(missed).toBeCloseTo(nanosecondsPerQuery, 3);
  }
  const text = simText(plan.name, 5, cost);
  for (const { variant } of cost.variants) expect(text).toContain(`\n${variant} `);
  const all = cost.variants.reduce((sum, each) => sum + each.queries, 0).toLocaleString('en');
  expect(text).toMatch(new RegExp(`\ntogether +${all} .* x the bare loop\n`));
});
