/** One colo of a plan, opened by name: for those who want to look at its nodes (`trace.ts`). */

import type { Plan } from './plan.ts';
import { type Colo, DEFAULT_BLOCK, openWorld } from './world.ts';

/** Caches are cold and the shard stands at the start of its warm-up. Throws a RangeError for an unknown name. */
export function openColo(plan: Plan, variant: string, colo: string): Colo {
  const chosen = plan.variants.find(({ name }) => name === variant);
  if (chosen === undefined) throw new RangeError(`no variant is called '${variant}'`);
  const index = plan.cluster.colos.findIndex(({ name }) => name === colo);
  if (index < 0) throw new RangeError(`no colo is called '${colo}'`);
  return openWorld(plan).openColo(chosen, index, { block: DEFAULT_BLOCK, wire: false });
}
