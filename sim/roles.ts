/**
 * What a colo runs beside the public resolver. A role has nodes, caches, settings, rules and traffic of
 * its own: nothing that is done to the nodes of one reaches those of another, and no draw of one depends
 * on whether there is another. So a shard is one role in one colo, and all that drives it knows of
 * one role only: the plan as that role sees it (`viewOf`).
 */

import type { NodeAct, Plan, Role, TimelineAct, VariantPlan } from './plan.ts';
import { ROLES } from './result.ts';

/** One role in one colo (its index in the plan). */
export interface ShardPlace {
  readonly role: Role;
  readonly colo: number;
}

/** The roles that there are, the public resolver first. */
export function rolesOf(plan: Plan): readonly Role[] {
  return [plan.cluster.role, ...plan.roles.map(({ cluster }) => cluster.role)];
}

/** The plan as a role sees it: `cluster`, `traffic` and the timelines are those of the role. */
export function viewOf(plan: Plan, role: Role): Plan {
  const own = plan.roles.find(({ cluster }) => cluster.role === role);
  if (own === undefined && role !== plan.cluster.role) throw new RangeError(`no role ${role}`);
  const variants = plan.variants.map((variant) => variantFor(variant, role));
  return { ...plan, ...own, roles: [], variants };
}

/** A variant without what is done to the nodes of other roles. */
export function variantFor(variant: VariantPlan, role: Role): VariantPlan {
  const timeline = variant.timeline.filter((act) => (roleOf(act) ?? role) === role);
  return { ...variant, timeline };
}

/** Whose nodes an act is for; null: it is for no resolver's. */
export function roleOf(act: TimelineAct): Role | null {
  return isNodeAct(act) ? (act.role ?? 'resolver') : null;
}

export function isNodeAct(act: TimelineAct): act is NodeAct {
  switch (act.kind) {
    case 'resolver':
    case 'forwarding':
    case 'apps':
    case 'restart':
    case 'clock':
    case 'rule':
    case 'nta':
      return true;
    default:
      return false;
  }
}

/**
 * The number of the shard that is the role of this view in one of its colos: that of the colo for the
 * public resolver. What is drawn for the nodes of a role is named by it.
 */
export function shardOf({ cluster }: Plan, colo: number): number {
  return roleNumber(cluster.role) * cluster.colos.length + colo;
}

/** 0 for the public resolver. */
export function roleNumber(role: Role): number {
  return ROLES.indexOf(role);
}

/** The numbers of all shards, ascending: one per role and colo that has nodes for it. */
export function shardsOf(plan: Plan): readonly number[] {
  return rolesOf(plan)
    .map((role) => viewOf(plan, role))
    .flatMap((view) =>
      view.cluster.colos.flatMap(({ nodes }, colo) => (nodes > 0 ? [shardOf(view, colo)] : [])),
    )
    .sort((a, b) => a - b);
}

/** Where the shard with this number is. */
export function placeOf({ cluster }: Plan, shard: number): ShardPlace {
  const colos = cluster.colos.length;
  const role = ROLES[Math.floor(shard / colos)];
  if (role === undefined) throw new RangeError(`no shard ${shard}`);
  return { role, colo: shard % colos };
}
