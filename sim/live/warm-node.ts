/**
 * A resolver as the virtual run has it at an instant: its colo is simulated from the start of its warm-up,
 * with all its nodes and clients, and what is under way is run out. Then the node is taken out of it, with
 * its caches, rules, settings and copy of the root zone.
 *
 * Every thread does so for itself: what the nodes of a colo hold is made of objects that no thread can hand
 * to another, and costs less to make again than to write and read.
 */

import type { Resolver } from '../../resolver-core/resolver.ts';
import type { Micros } from '../../resolver-core/time.ts';
import type { Upstream } from '../net/upstream.ts';
import type { Plan, VariantPlan } from '../plan.ts';
import { shardOf } from '../roles.ts';
import { DEFAULT_BLOCK, openWorld, type Workshop, withColdStart } from '../world.ts';

export interface TakenNode {
  readonly resolver: Resolver;
  readonly workshop: Workshop;
  readonly upstream: Upstream;
  /** The instant of the virtual run at which everything was over: not before the one asked for. */
  readonly at: Micros;
  /** Client queries simulated on the way. */
  readonly queries: number;
}

/** Node `number` of a colo (by its index) at `at`; with nothing in memory when `cold`. */
export function takeNode(
  plan: Plan,
  variant: VariantPlan,
  colo: number,
  number: number,
  at: Micros,
  cold: boolean,
): TakenNode {
  const world = openWorld(cold ? withColdStart(plan) : plan);
  const settings = { block: DEFAULT_BLOCK, wire: false };
  const opened = world.openShard(variant, shardOf(plan, colo), settings);
  const { shard, nodes, upstream, workshop } = opened;
  const resolver = nodes[number];
  if (resolver === undefined || workshop === null) {
    throw new RangeError(`colo ${colo} has no node ${number}`);
  }
  if (cold) return { resolver, workshop, upstream, at, queries: 0 };
  shard.advance(at);
  const settled = Math.max(at, shard.settle());
  workshop.stopCounting();
  return { resolver, workshop, upstream, at: settled, queries: shard.queries };
}
