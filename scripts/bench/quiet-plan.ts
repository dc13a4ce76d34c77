/** A scenario's traffic without anything that misses: what is left is the cost of a hit in the engine. */

import { HOUR, MINUTE } from '../../resolver-core/time.ts';
import type { Plan } from '../../sim/plan.ts';

/** One node, a few names with long TTLs, no failures, for an hour of simulated time. */
export function quietPlan(plan: Plan): Plan {
  const [colo] = plan.cluster.colos;
  const region = plan.traffic.regions.find(({ name }) => name === colo?.region);
  if (colo === undefined || region === undefined) throw new Error('a colo without clients near it');
  return {
    ...plan,
    time: { ...plan.time, warmup: MINUTE, to: plan.time.from + HOUR },
    cluster: { ...plan.cluster, colos: [{ ...colo, nodes: 1 }] },
    hosting: {
      ...plan.hosting,
      broken: [],
      ttl: {
        ...plan.hosting.ttl,
        negative: 10_800,
        soa: 10_800,
        answers: [{ seconds: 86_400, share: 1 }],
      },
      aliases: { ...plan.hosting.aliases, ttl: 86_400 },
    },
    traffic: {
      ...plan.traffic,
      regions: [
        { ...region, lookupsPerSecond: 20_000, catchment: [{ colo: colo.name, share: 1 }] },
      ],
      names: 200,
      missing: { ...plan.traffic.missing, share: 0 },
      oneOff: { ...plan.traffic.oneOff, share: 0 },
    },
    variants: [{ name: 'quiet', mitigations: [], timeline: [] }],
  };
}
