/**
 * Everything that a plan describes, put together: names, authorities and, per colo, nodes and clients.
 * What does not depend on the variant is made once; what the authorities sign is signed once.
 */

import { DEFAULT_CONFIG, type ResolverConfig } from '../resolver-core/config.ts';
import type { DrawKey } from '../resolver-core/events.ts';
import { Resolver } from '../resolver-core/resolver.ts';
import { Authorities, AuthorityMemo } from './authority/authorities.ts';
import { Catalogue } from './authority/catalogue.ts';
import { PoissonArrivals } from './clients/arrivals.ts';
import { Popularity } from './clients/popularity.ts';
import { Cells } from './cluster/cells.ts';
import { Questions } from './cluster/questions.ts';
import { SignatureTally } from './cluster/signatures.ts';
import { mix, PURPOSE } from './engine/random.ts';
import { Upstream } from './net/upstream.ts';
import type { Plan, VariantPlan } from './plan.ts';
import { Shard } from './shard.ts';

export interface ShardSettings {
  /** Arrivals per block. */
  readonly block: number;
  readonly wire: boolean;
}

export interface World {
  readonly catalogue: Catalogue;
  /** The authoritative servers of a variant of the plan. */
  authorities(variant: VariantPlan): Authorities;
  /** One colo in one variant, with cold caches and its first client yet to come. */
  openShard(variant: VariantPlan, colo: number, settings: ShardSettings): Shard;
}

/** The configuration of every node at the start of a run. */
export function nodeConfig(plan: Plan): ResolverConfig {
  const { cache, resolver } = plan.cluster;
  return {
    ...DEFAULT_CONFIG,
    ...resolver,
    answers: cache.answers,
    zoneCuts: cache.rrsets,
    udpSize: plan.network.udpSize,
  };
}

/** Draws of the core: counter-based, named by the lookup, its purpose there and `k`. */
export function nodeDraws(seed: number): (draw: DrawKey, purpose: number, k: number) => number {
  return ({ source, ordinal, attempt }, purpose, k) =>
    mix(seed, PURPOSE.serverChoice, source, ordinal, attempt, Math.imul(purpose, 0x10001) ^ k);
}

/** Throws an Error when the plan contradicts itself. */
export function openWorld(plan: Plan): World {
  const catalogue = new Catalogue(plan);
  const memo = new AuthorityMemo();
  const cells = new Cells(plan);
  const questions = new Questions(plan.seed, plan.traffic, catalogue, cells);
  const { hosts, missing } = catalogue;
  const popularity = new Popularity(plan.traffic, hosts.length, missing.length);
  const authorities = (variant: VariantPlan): Authorities =>
    new Authorities(plan, catalogue, variant.timeline, memo, plan.variants.indexOf(variant));
  const openShard = (variant: VariantPlan, colo: number, settings: ShardSettings): Shard => {
    const servers = authorities(variant);
    const signatures = new SignatureTally((rrsig) => servers.identityOf(rrsig)?.id);
    const ports = {
      rootHints: servers.rootHints(),
      trustAnchor: servers.trustAnchor(),
      random: nodeDraws(plan.seed),
      signatures,
      questions: questions.count,
    };
    const nodes = plan.cluster.colos[colo]?.nodes ?? 0;
    return new Shard({
      plan,
      variant,
      colo,
      sources: plan.traffic.groups.map(
        (_, group) => new PoissonArrivals({ plan, popularity, colo, group, block: settings.block }),
      ),
      nodes: Array.from({ length: nodes }, () => new Resolver(nodeConfig(plan), ports)),
      upstream: new Upstream(plan, colo, servers, settings.wire),
      cells,
      questions,
      signatures,
      handedOut: () => servers.signatureCounts(),
    });
  };
  return { catalogue, authorities, openShard };
}
