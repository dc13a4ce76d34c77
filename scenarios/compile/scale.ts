/**
 * `--scale`: rates, names and caches multiplied together, so that the hit ratio stays about what it
 * was (it follows from queries per name) while a run costs less or more.
 */

import type { Plan } from '../../sim/plan.ts';
import { HOSTS_PER_DOMAIN } from './traffic.ts';

export function scalePlan(plan: Plan, scale: number): Plan {
  if (scale === 1) return plan;
  const count = (value: number, least: number): number =>
    Math.max(Math.min(value, least), Math.round(value * scale));
  const { cluster, traffic } = plan;
  const domains = Math.min(plan.catalogue.length, count(plan.catalogue.length, 100));
  return {
    ...plan,
    catalogue: plan.catalogue.slice(0, domains),
    cluster: {
      ...cluster,
      cache: {
        ...cluster.cache,
        answers: count(cluster.cache.answers, 64),
        rrsets: count(cluster.cache.rrsets, 64),
      },
    },
    traffic: {
      ...traffic,
      regions: traffic.regions.map((region) => ({
        ...region,
        lookupsPerSecond: region.lookupsPerSecond * scale,
      })),
      names: Math.min(count(traffic.names, 100), HOSTS_PER_DOMAIN * domains),
      missing: { ...traffic.missing, names: count(traffic.missing.names, 10) },
    },
  };
}
