/**
 * `--scale`: rates, names and caches multiplied together, so that the hit ratio stays about what it
 * was (it follows from queries per name) while a run costs less or more.
 */

import type { Plan, RolePlan } from '../../sim/plan.ts';
import { HOSTS_PER_DOMAIN } from './traffic.ts';

export function scalePlan(plan: Plan, scale: number): Plan {
  if (scale === 1) return plan;
  const domains = Math.min(plan.catalogue.length, scaled(plan.catalogue.length, 100, scale));
  const { cluster, traffic } = plan;
  return {
    ...plan,
    catalogue: plan.catalogue.slice(0, domains),
    ...scaleRole({ cluster, traffic }, domains, scale),
    roles: plan.roles.map((role) => scaleRole(role, domains, scale)),
  };
}

function scaleRole({ cluster, traffic }: RolePlan, domains: number, scale: number): RolePlan {
  const { cache } = cluster;
  const { names, missing } = traffic;
  const [answers, rrsets] = [scaled(cache.answers, 64, scale), scaled(cache.rrsets, 64, scale)];
  return {
    cluster: { ...cluster, cache: { ...cache, answers, rrsets } },
    traffic: {
      ...traffic,
      regions: traffic.regions.map((region) => ({
        ...region,
        lookupsPerSecond: region.lookupsPerSecond * scale,
      })),
      names: Math.min(scaled(names, 100, scale), HOSTS_PER_DOMAIN * domains),
      missing: { ...missing, names: scaled(missing.names, 10, scale) },
    },
  };
}

/** Not below `least`, unless it was. */
function scaled(value: number, least: number, scale: number): number {
  return Math.max(Math.min(value, least), Math.round(value * scale));
}
