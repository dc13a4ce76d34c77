/**
 * What the control plane has in force at a node at one instant, and what has to be said to a node so that
 * it has the same. For drivers whose clock can be set: virtual time applies each act when it is due
 * (`shard.ts`), which comes to the same as long as the clock goes on.
 */

import type { ResolverConfig } from '../../resolver-core/config.ts';
import type { PolicyChange } from '../../resolver-core/policy/policy.ts';
import type { Micros } from '../../resolver-core/time.ts';
import type { Plan, PolicyAct, TimelineAct } from '../plan.ts';
import type { AnchorEnded } from '../result.ts';
import { actsInForce, policyChange } from './policy.ts';
import { coreSettings, forwardingSettings } from './settings.ts';

type RuleAct = Extract<PolicyAct, { readonly kind: 'rule' }>;
type AnchorAct = Extract<PolicyAct, { readonly kind: 'nta' }>;

export interface InForce {
  readonly settings: Partial<ResolverConfig>;
  /** By their texts, in the order in which they came. */
  readonly rules: ReadonlyMap<string, RuleAct>;
  /** By their zones, with when they came. */
  readonly anchors: ReadonlyMap<string, { readonly act: AnchorAct; readonly since: Micros }>;
}

/** What a node begins with that was told nothing. */
export function nothingInForce(plan: Plan): InForce {
  const { resolver, forwarding } = plan.cluster;
  const settings = { ...coreSettings(resolver), ...forwardingSettings(forwarding) };
  return { settings, rules: new Map(), anchors: new Map() };
}

/** `ended`: the anchors that the node has ended by itself. */
export function inForce(
  plan: Plan,
  timeline: readonly TimelineAct[],
  colo: number,
  at: Micros,
  ended: readonly AnchorEnded[],
): InForce {
  let { settings } = nothingInForce(plan);
  const rules = new Map<string, RuleAct>();
  const anchors = new Map<string, { readonly act: AnchorAct; readonly since: Micros }>();
  for (const { act, since } of actsInForce(timeline, plan, colo, at, ended)) {
    switch (act.kind) {
      case 'resolver':
        settings = { ...settings, ...coreSettings(act.set) };
        break;
      case 'forwarding':
        settings = { ...settings, ...forwardingSettings(act.set) };
        break;
      case 'rule':
        if (act.lifts) rules.delete(act.rule);
        else if (!rules.has(act.rule)) rules.set(act.rule, act);
        break;
      case 'nta':
        if (act.anchor === null) anchors.delete(act.zone);
        else anchors.set(act.zone, { act, since });
        break;
    }
  }
  return { settings, rules, anchors };
}

export interface Change {
  /** null: nothing changes. */
  readonly configure: Partial<ResolverConfig> | null;
  readonly policy: readonly PolicyChange[];
}

/** What makes `after` of `before`, at `at`. Lifts come first. */
export function changeBetween(before: InForce, after: InForce, at: Micros): Change {
  const policy: PolicyChange[] = [];
  for (const [text, act] of before.rules) {
    if (!after.rules.has(text)) policy.push(policyChange({ ...act, lifts: true }));
  }
  for (const [zone, { act }] of before.anchors) {
    if (!after.anchors.has(zone)) policy.push(policyChange({ ...act, anchor: null }));
  }
  for (const [text, act] of after.rules) {
    if (!before.rules.has(text)) policy.push(policyChange(act));
  }
  for (const [zone, { act, since }] of after.anchors) {
    const known = before.anchors.get(zone);
    if (known?.act !== act || known.since !== since) policy.push(policyChange(act, at - since));
  }
  return { configure: differing(before.settings, after.settings), policy };
}

function differing(
  before: Partial<ResolverConfig>,
  after: Partial<ResolverConfig>,
): Partial<ResolverConfig> | null {
  const keys = Object.keys(after) as (keyof ResolverConfig)[];
  const changed = keys.filter((key) => before[key] !== after[key]);
  return changed.length === 0 ? null : Object.fromEntries(changed.map((key) => [key, after[key]]));
}
