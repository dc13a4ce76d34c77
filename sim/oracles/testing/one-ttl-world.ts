/**
 * The world of the closed forms (`one-ttl.ts`), made of production parts only: `openWorld`, real authoritative
 * servers, real resolver nodes and the engine, with what a test wants to put between them.
 */

import { type ArrivalSource, PoissonArrivals } from '../../clients/arrivals.ts';
import { audiencesOf } from '../../clients/audience.ts';
import { Popularity } from '../../clients/popularity.ts';
import { Cells } from '../../cluster/cells.ts';
import { EvictionTally } from '../../cluster/evictions.ts';
import { Questions } from '../../cluster/questions.ts';
import { SignatureTally } from '../../cluster/signatures.ts';
import type { Plan } from '../../plan.ts';
import { type ResolverNode, Shard } from '../../shard.ts';
import { smallPlan } from '../../testing/small-plan.ts';
import { DEFAULT_BLOCK, openWorld } from '../../world.ts';
import { type OneTtlTerms, oneTtlPlan, type Sums, sumsOf } from '../one-ttl.ts';

export interface OneTtl extends OneTtlTerms {
  /** In place of Poisson arrivals. */
  readonly arrivals?: (plan: Plan) => ArrivalSource;
  /** Puts something between the engine and each node. */
  readonly watch?: (node: ResolverNode) => ResolverNode;
}

/** An open world: `shard` drives `nodes`. */
export interface OpenOneTtl {
  readonly plan: Plan;
  readonly shard: Shard;
  readonly nodes: readonly ResolverNode[];
}

export function openOneTtl(world: OneTtl): OpenOneTtl {
  const plan = oneTtlPlan(smallPlan(), world);
  const variant = { name: 'plain', mitigations: [], timeline: [] };
  const made = openWorld(plan);
  const colo = made.openShard(variant, 0, { block: DEFAULT_BLOCK, wire: false });
  const cells = new Cells(plan);
  const { hosts, missing } = made.catalogue;
  const popularity = new Popularity(plan.traffic, hosts.length, missing.length);
  const poisson = { plan, popularity, colo: 0, block: DEFAULT_BLOCK };
  const nodes = world.watch === undefined ? colo.nodes : colo.nodes.map(world.watch);
  const shard = new Shard({
    plan,
    variant,
    colo: 0,
    copies: null,
    audiences: audiencesOf(plan, 0),
    source: world.arrivals?.(plan) ?? new PoissonArrivals(poisson),
    nodes,
    reopen: () => {
      throw new Error('nothing restarts here');
    },
    upstream: colo.upstream,
    cells,
    questions: new Questions(plan.seed, plan.traffic, made.catalogue, cells),
    signatures: new SignatureTally(() => undefined),
    evictions: new EvictionTally(plan.time),
    anchorEnds: [],
    handedOut: () => [],
  });
  return { plan, shard, nodes };
}

/** Runs the world to its end; what was counted, bucket by bucket. */
export function runOneTtl(world: OneTtl): readonly Sums[] {
  const { shard } = openOneTtl(world);
  shard.advance(Number.POSITIVE_INFINITY);
  return sumsOf(shard.finish(true));
}

/** The whole window as one bucket. */
export function runWhole(world: OneTtl): Sums {
  const [all] = runOneTtl(world);
  if (all === undefined) throw new Error('the window has no bucket');
  return all;
}
