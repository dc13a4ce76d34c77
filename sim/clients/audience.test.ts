import { describe, expect, it } from 'vitest';
import { HOUR, MILLISECOND } from '../../resolver-core/time.ts';
import type { Plan } from '../plan.ts';
import { clientsOf, smallPlan } from '../testing/small-plan.ts';
import { ONE_TRY } from '../testing/toy-world.ts';
import { audiencesOf, dayFactor, rateOf } from './audience.ts';

/** Europe is caught by fra but for a tenth, America by iad alone. */
function plan(): Plan {
  const base = smallPlan();
  const catchment = [
    { colo: 'fra', share: 0.9 },
    { colo: 'iad', share: 0.1 },
  ];
  return {
    ...base,
    network: { ...base.network, regions: ['europe', 'america'], rtt: RTT },
    traffic: {
      ...base.traffic,
      regions: [{ ...clientsOf('europe', 100, 'fra'), catchment }, clientsOf('america', 40, 'iad')],
      groups: [
        { ...ONE_TRY, name: 'near', share: 0.2, rtt: 5 * MILLISECOND },
        { ...ONE_TRY, name: 'mobile', share: 0.6, rtt: 40 * MILLISECOND },
      ],
    },
  };
}

const RTT = [
  [12 * MILLISECOND, 95 * MILLISECOND],
  [95 * MILLISECOND, 20 * MILLISECOND],
];

describe('the audiences of a colo', () => {
  it('are the groups of each region, at their share of what it catches', () => {
    const rates = (colo: number): unknown[] =>
      audiencesOf(plan(), colo).map(({ region, group, rate }) => [
        region.name,
        group.name,
        Number(rate.toFixed(9)),
      ]);
    expect(rates(0)).toEqual([
      ['europe', 'near', 22.5],
      ['europe', 'mobile', 67.5],
    ]);
    expect(rates(1)).toEqual([
      ['europe', 'near', 2.5],
      ['europe', 'mobile', 7.5],
      ['america', 'near', 10],
      ['america', 'mobile', 30],
    ]);
    expect(rateOf(plan(), 0)).toBeCloseTo(90);
    expect(rateOf(plan(), 1)).toBeCloseTo(50);
  });

  it('are as far as their access, and the way between the regions where these differ', () => {
    expect(audiencesOf(plan(), 1).map(({ rtt }) => rtt / MILLISECOND)).toEqual([100, 135, 5, 40]);
  });
});

describe('the factor of the day', () => {
  const day = Array.from({ length: 24 }, (_, hour) => hour);
  const region = { ...clientsOf('europe', 1, 'fra'), day };

  it('is that of the hour, linear in between, and round midnight', () => {
    const at = (hours: number): number => dayFactor(region, hours * HOUR);
    expect([0, 7, 7.25, 23, 23.5].map(at)).toEqual([0, 7, 7.25, 23, 11.5]);
    expect(at(24 * 20_000 + 7.25)).toBe(7.25);
  });

  it('goes by local time, east and west', () => {
    const at = (utcOffset: number): number => dayFactor({ ...region, utcOffset }, 2 * HOUR);
    expect(at(5.5 * HOUR)).toBe(7.5);
    expect(at(-5 * HOUR)).toBe(21);
  });

  it('is exactly 1 where nothing is said of the day', () => {
    expect(dayFactor(clientsOf('europe', 1, 'fra'), 1.7e15 + 12_345)).toBe(1);
  });
});
