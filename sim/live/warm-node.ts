/**
 * A resolver as the virtual run has it at an instant: its colo is simulated from the start of its warm-up,
 * with all its nodes and clients, and what is under way is run out. Then the node is taken out of it, with
 * its caches, rules, settings and copy of the root zone.
 *
 * Every thread does so for itself: what the nodes of a colo hold is made of objects that no thread can hand
 * to another, and costs less to make again than to write and read.
 */

import { FrontTable } from '../../resolver-core/cache/front-table.ts';
import type { Resolver } from '../../resolver-core/resolver.ts';
import type { Micros } from '../../resolver-core/time.ts';
import type { Upstream } from '../net/upstream.ts';
import type { Plan, VariantPlan } from '../plan.ts';
import { shardOf } from '../roles.ts';
import { DEFAULT_BLOCK, openWorld, type Workshop, withColdStart } from '../world.ts';
import { SharedAnswers } from './shared-answers.ts';

export interface TakenNode {
  readonly resolver: Resolver;
  readonly workshop: Workshop;
  readonly upstream: Upstream;
  /** The instant of the virtual run at which everything was over: not before the one asked for. */
  readonly at: Micros;
  /** Client queries simulated on the way. */
  readonly queries: number;
}

/** Which node is taken, when and how. */
export interface Taking {
  readonly plan: Plan;
  readonly variant: VariantPlan;
  /** Index of the colo in the plan, and number of the node there. */
  readonly colo: number;
  readonly number: number;
  readonly at: Micros;
  /** With nothing in memory. */
  readonly cold: boolean;
  /** Of the `SharedAnswers` of its colo, to which its answers go; null: its answers are its own. */
  readonly answers: SharedArrayBuffer | null;
}

/** Throws a RangeError when there is no such node. */
export function takeNode({ plan, variant, colo, number, at, cold, answers }: Taking): TakenNode {
  const world = openWorld(cold ? withColdStart(plan) : plan);
  const settings = { block: DEFAULT_BLOCK, wire: false };
  const opened = world.openShard(variant, shardOf(plan, colo), settings);
  const { shard, nodes, upstream, workshop: own } = opened;
  const resolver = nodes[number];
  if (resolver === undefined || own === null) {
    throw new RangeError(`colo ${colo} has no node ${number}`);
  }
  if (!cold) shard.advance(at);
  const settled = cold ? at : Math.max(at, shard.settle());
  own.stopCounting();
  const share = sharing(plan, number, answers);
  // In the virtual run all nodes have one table: the first brings what is in it.
  share(resolver, number === 0 && !cold);
  const openNode = (node: number): Resolver => share(own.openNode(node), false);
  const workshop = { ...own, openNode };
  return { resolver, workshop, upstream, at: settled, queries: cold ? 0 : shard.queries };
}

/** Lets a resolver keep its answers where all nodes of the colo do, with a small table of its own in front. */
function sharing(
  { cluster }: Plan,
  number: number,
  answers: SharedArrayBuffer | null,
): (resolver: Resolver, bring: boolean) => Resolver {
  if (answers === null) return (resolver) => resolver;
  const store = new SharedAnswers(answers, lockOwner(number));
  const capacity = Math.max(LEAST_IN_FRONT, Math.floor(cluster.cache.answers / SHARE_IN_FRONT));
  return (resolver, bring) => {
    resolver.moveAnswers(new FrontTable(store, capacity, 0), bring);
    return resolver;
  };
}

/** As what a node takes the locks of its colo's answers. */
export function lockOwner(number: number): number {
  return number + 1;
}

/** Of the answers of a node, one in so many are in front. */
const SHARE_IN_FRONT = 8;
const LEAST_IN_FRONT = 64;
