/** Settings of a plan in the words of the core. */

import type { ResolverConfig } from '../../resolver-core/config.ts';
import type { ForwardingChange, ResolverPlan } from '../plan.ts';

/** What a plan sets, or changes, as the core takes it. */
export function coreSettings(set: Partial<ResolverPlan>): Partial<ResolverConfig> {
  const { aggressiveNsec, ...same } = set;
  if (aggressiveNsec === undefined) return same;
  return {
    ...same,
    aggressiveNsec: aggressiveNsec !== 'off',
    aggressiveNsec3: aggressiveNsec === 'all',
  };
}

export function forwardingSettings({ copyTtl, tags }: ForwardingChange): Partial<ResolverConfig> {
  return {
    ...(copyTtl === undefined ? {} : { copyTtl }),
    ...(tags === undefined ? {} : { propagateTags: tags === 'propagate' }),
  };
}
