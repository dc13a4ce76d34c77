/**
 * A plan with fewer colos, other numbers of nodes or another cache mode: what `zonequake live` lets one choose.
 * The clients of a colo that is left out go to the other colos that catch their region, or to the nearest.
 */

import type { CacheMode, ClientRegionPlan, Plan, TimelineEvent } from '../plan.ts';

export interface Size {
  /** The first ones of the plan; left out: all. */
  readonly colos?: number;
  /** In each colo. */
  readonly nodes?: number;
  readonly cache?: CacheMode;
}

/** The plan with the flaw that loses why data is bogus switched on or off, whatever the scenario says of it. */
export function withFlaw(plan: Plan, loseBogusCause: boolean): Plan {
  const { cluster, variants } = plan;
  const corrected = (event: TimelineEvent): TimelineEvent =>
    event.kind === 'resolver' && event.set.loseBogusCause !== undefined
      ? { ...event, set: { ...event.set, loseBogusCause } }
      : event;
  return {
    ...plan,
    cluster: { ...cluster, resolver: { ...cluster.resolver, loseBogusCause } },
    variants: variants.map((variant) => ({
      ...variant,
      timeline: variant.timeline.map(corrected),
    })),
  };
}

/** Throws a RangeError for more colos than there are. */
export function sizedPlan(plan: Plan, { colos: count, nodes, cache }: Size): Plan {
  const { cluster, traffic } = plan;
  const all = cluster.colos;
  if (count !== undefined && count > all.length) {
    throw new RangeError(`${plan.name} has ${all.length} colos, not ${count}`);
  }
  const colos = all
    .slice(0, count)
    .map((colo) => (nodes === undefined ? colo : { ...colo, nodes }));
  const regions = traffic.regions.map((region) => rerouted(plan, region, colos));
  return {
    ...plan,
    cluster: {
      ...cluster,
      colos,
      cache: cache === undefined ? cluster.cache : { ...cluster.cache, mode: cache },
    },
    traffic: { ...traffic, regions },
  };
}

function rerouted(
  { network }: Plan,
  region: ClientRegionPlan,
  colos: Plan['cluster']['colos'],
): ClientRegionPlan {
  const there = region.catchment.filter(({ colo }) => colos.some(({ name }) => name === colo));
  if (there.length === region.catchment.length) return region;
  const total = there.reduce((sum, { share }) => sum + share, 0);
  if (total > 0) {
    return {
      ...region,
      catchment: there.map(({ colo, share }) => ({ colo, share: share / total })),
    };
  }
  const row = network.rtt[network.regions.indexOf(region.name)] ?? [];
  const far = (at: string): number => row[network.regions.indexOf(at)] ?? 0;
  const [nearest] = [...colos].sort((a, b) => far(a.region) - far(b.region));
  return { ...region, catchment: nearest === undefined ? [] : [{ colo: nearest.name, share: 1 }] };
}
