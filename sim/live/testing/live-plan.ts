/** The small world as a live cluster needs it: one colo, stale answers, a mitigation to be ordered. */

import { RECOMMENDED_SERVE_STALE } from '../../../resolver-core/config.ts';
import { HOUR, MINUTE } from '../../../resolver-core/time.ts';
import type { CacheMode, Plan } from '../../plan.ts';
import { DE_FAULT, FAULT_AT, smallPlan } from '../../testing/small-plan.ts';
import { sizedPlan } from '../sized-plan.ts';

export const OVERRIDE = 'phase = validation subtree = de mark-insecure';

/** With `fault`, and `overridden`, which has the mitigation `override` from two hours after it on. */
export function livePlan(cache: CacheMode, nodes: number): Plan {
  const whole = smallPlan();
  const { cluster, time } = whole;
  const apply = {
    ...({ kind: 'rule', at: FAULT_AT + 2 * HOUR, over: 0, rule: OVERRIDE, lifts: false } as const),
    ...{ mitigation: 'override' },
  };
  const lift = { ...apply, at: apply.at + 30 * MINUTE, lifts: true };
  const plan = {
    ...whole,
    time: { ...time, to: FAULT_AT + 6 * HOUR },
    cluster: {
      ...cluster,
      resolver: { ...cluster.resolver, serveStale: RECOMMENDED_SERVE_STALE },
    },
    variants: [
      { name: 'fault', mitigations: [], timeline: DE_FAULT },
      {
        name: 'overridden',
        mitigations: ['override'],
        timeline: [...DE_FAULT, apply, lift].sort((a, b) => a.at - b.at),
      },
    ],
  };
  return sizedPlan(plan, { colos: 1, nodes, cache });
}
