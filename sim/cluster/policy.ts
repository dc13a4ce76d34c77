/**
 * The control plane: override rules and negative trust anchors of the timeline, as the nodes of a colo
 * get them. Rules travel as text and are read here. A roll-out goes from colo to colo in the order of the
 * plan at even distances: the first has a change at once, the last after all of `over`; lifting goes
 * the same way. All nodes of a colo have it at one instant.
 */

import { Name } from '../../resolver-core/name/name.ts';
import type { PolicyChange } from '../../resolver-core/policy/policy.ts';
import { parseRule } from '../../resolver-core/policy/rule-text.ts';
import { type Micros, SECOND } from '../../resolver-core/time.ts';
import type { Plan, PolicyAct, TimelineAct } from '../plan.ts';
import type { AnchorEnded } from '../result.ts';

/** What the control plane tells nodes. */
export type ControlAct =
  | Extract<TimelineAct, { readonly kind: 'resolver' | 'forwarding' }>
  | PolicyAct;

export function isPolicy(act: TimelineAct): act is PolicyAct {
  return act.kind === 'rule' || act.kind === 'nta';
}

/** When an act for resolvers is there in colo `colo` of `colos`; null for one that is not for them. */
export function arrivalAt(act: TimelineAct, colo: number, colos: number): Micros | null {
  if (act.kind === 'resolver' || act.kind === 'forwarding' || act.kind === 'clock') return act.at;
  if (!isPolicy(act) && act.kind !== 'apps') return null;
  return act.at + (colos < 2 ? 0 : Math.floor((act.over * colo) / (colos - 1)));
}

/**
 * The change as a node gets it that is given an order which has stood for `elapsed`: the life of an anchor
 * goes on (to the next whole second). Throws an Error when the text of a rule is none.
 */
export function policyChange(act: PolicyAct, elapsed: Micros = 0): PolicyChange {
  if (act.kind === 'rule') {
    const rule = parseRule(act.rule);
    if ('column' in rule) throw new Error(`${rule.message} in the rule '${act.rule}'`);
    return { kind: act.lifts ? 'lift-rule' : 'apply-rule', rule };
  }
  const zone = Name.parse(act.zone);
  if (act.anchor === null) return { kind: 'lift-anchor', zone };
  const lifetime = Math.ceil(act.anchor.lifetime - elapsed / SECOND);
  return { kind: 'apply-anchor', anchor: { zone, ...act.anchor, lifetime } };
}

/** True when an anchor that was set at `since` has come to the end of its life. */
export function isOver(act: PolicyAct, since: Micros, at: Micros): boolean {
  return act.kind === 'nta' && act.anchor !== null && since + act.anchor.lifetime * SECOND <= at;
}

/**
 * What a node is told that begins at `at`: settings, and rules and anchors with their lifts, in their order.
 * Left out are anchors whose life is over, and those that the node has `ended` by itself.
 */
export function actsInForce(
  timeline: readonly TimelineAct[],
  plan: Plan,
  colo: number,
  at: Micros,
  ended: readonly AnchorEnded[],
): readonly { readonly act: ControlAct; readonly since: Micros }[] {
  return timeline.flatMap((act) => {
    if (act.kind !== 'resolver' && act.kind !== 'forwarding' && !isPolicy(act)) return [];
    const since = arrivalAt(act, colo, plan.cluster.colos.length) as Micros;
    if (since > at) return [];
    if (isPolicy(act) && (isOver(act, since, at) || hasEnded(act, since, ended))) return [];
    return [{ act, since }];
  });
}

function hasEnded(act: PolicyAct, since: Micros, ended: readonly AnchorEnded[]): boolean {
  if (act.kind !== 'nta' || act.anchor === null) return false;
  const zone = `${Name.parse(act.zone)}`;
  return ended.some((end) => end.zone === zone && end.at > since);
}
