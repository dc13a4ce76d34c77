/**
 * Which clients a colo has. Clients live in regions; anycast routing carries those of a region to one colo
 * or several (its catchment). The clients of one group in one region that a colo catches are an
 * audience of it: they share a round trip, a behaviour and a rate over the day. Origin names are asked for by
 * servers of the colo itself, on behalf of those whom it catches.
 *
 * Limitations: what changes when a colo is withdrawn is told by `moved.ts`. Clients of one region are equally far from a colo.
 */

import { DAY, HOUR, type Micros } from '../../resolver-core/time.ts';
import type { ClientGroupPlan, ClientRegionPlan, Plan } from '../plan.ts';

export interface Audience {
  readonly region: ClientRegionPlan;
  readonly group: ClientGroupPlan;
  /** Round trip between client and node: access, and the way between their regions. */
  readonly rtt: Micros;
  /** New lookups per second, the mean over a day. */
  readonly rate: number;
}

/** Every audience of a colo (by its index) that asks for something, in the order of the plan: by region, then by group. */
export function audiencesOf(plan: Plan, colo: number): readonly Audience[] {
  const place = plan.cluster.colos[colo];
  if (place === undefined) throw new RangeError(`no colo ${colo}`);
  const { regions, groups } = plan.traffic;
  const shares = groups.reduce((sum, group) => sum + group.share, 0);
  const audiences: Audience[] = [];
  for (const region of regions) {
    const caught = region.catchment.find((part) => part.colo === place.name)?.share ?? 0;
    const isHere = region.name === place.region || plan.cluster.role === 'origin';
    const far = isHere ? 0 : roundTrip(plan, region.name, place.region);
    for (const group of groups) {
      const rate = (region.lookupsPerSecond * caught * group.share) / shares;
      if (rate > 0) audiences.push({ region, group, rtt: group.rtt + far, rate });
    }
  }
  return audiences;
}

/** New lookups per second that reach a colo, the mean over a day. */
export function rateOf(plan: Plan, colo: number): number {
  return audiencesOf(plan, colo).reduce((sum, { rate }) => sum + rate, 0);
}

/** How many times its mean the rate of a region is at an instant: linear between full hours of its local time. */
export function dayFactor({ day, utcOffset }: ClientRegionPlan, at: Micros): number {
  const local = (at + utcOffset) % DAY;
  const hours = (local < 0 ? local + DAY : local) / HOUR;
  const hour = Math.floor(hours);
  const from = day[hour] as number;
  return from + ((day[(hour + 1) % 24] as number) - from) * (hours - hour);
}

/** Between two regions of the network. */
export function roundTrip({ network }: Plan, from: string, to: string): Micros {
  return network.rtt[network.regions.indexOf(from)]?.[network.regions.indexOf(to)] ?? 0;
}
