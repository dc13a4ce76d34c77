/**
 * What hit ratio the traffic of a plan can have, without running it: each question is a TTL cache of its
 * own under Poisson arrivals, with hit ratio x/(1+x), x being its rate times its TTL (docs/oracles.md,
 * C1); names asked once never hit. With caches that the nodes do not share (`private`), N nodes
 * divide the rate: x/(N+x).
 *
 * Limitations: caches without a bound, no failures, no client that joins a resolution under way. What is
 * a keyed hash of the name in a run (its TTL, whether it has the type, whether it is an alias) is
 * here the share of names for which it is so.
 */

import { TYPE } from '../resolver-core/wire/iana.ts';
import { zipfWeights } from './clients/popularity.ts';
import type { HostingPlan, Plan } from './plan.ts';

interface TtlShare {
  readonly seconds: number;
  readonly share: number;
}

export interface Sizing {
  /** Lookups per second that reach one cache. */
  readonly lookupsPerSecond: number;
  /** Caches among which they are divided. */
  readonly caches: number;
  readonly names: number;
  readonly missingNames: number;
  readonly oneOff: number;
}

/** The hit ratio of the catalogue's traffic under `sizing`; the rest is as the plan has it. */
export function expectedHitRatio(plan: Plan, sizing: Sizing): number {
  const { traffic, hosting } = plan;
  const { missing, checkingDisabled } = traffic;
  const missingShare = sizing.missingNames === 0 ? 0 : missing.share;
  const hosts = zipfWeights(sizing.names, traffic.zipf, 1 - missingShare - sizing.oneOff);
  const absent = zipfWeights(sizing.missingNames, traffic.zipf, missingShare);
  const types = traffic.types.reduce((sum, { share }) => sum + share, 0);
  const never = [{ seconds: hosting.ttl.negative, share: 1 }];
  let hits = 0;
  for (const { type, share } of traffic.types) {
    const ttls = ttlsOf(type, hosting);
    for (const flagged of [checkingDisabled, 1 - checkingDisabled]) {
      const part = (share / types) * flagged;
      hits += hitsOf(hosts, part, ttls, sizing) + hitsOf(absent, part, never, sizing);
    }
  }
  return hits;
}

/** The part of all lookups that hits: names with these shares, of which `part` is asked for in one way. */
function hitsOf(
  shares: Float64Array,
  part: number,
  ttls: readonly TtlShare[],
  { lookupsPerSecond, caches }: Sizing,
): number {
  let hits = 0;
  for (const share of shares) {
    for (const ttl of ttls) {
      const x = lookupsPerSecond * share * part * ttl.seconds;
      hits += ttl.share * share * part * (x / (caches + x));
    }
  }
  return hits;
}

/** How long answers to questions of a type are kept, over the names. */
function ttlsOf(type: number, { ttl, types, aliases }: HostingPlan): readonly TtlShare[] {
  const owned = new Map<number, number>([
    [TYPE.A, 1],
    [TYPE.AAAA, types.aaaa],
    [TYPE.HTTPS, types.https],
    [TYPE.TXT, types.txt],
    [TYPE.MX, types.mx],
  ]).get(type);
  const has = owned ?? 0;
  const all = ttl.answers.reduce((sum, { share }) => sum + share, 0);
  const answers = ttl.answers.map(({ seconds, share }) => ({ seconds, share: share / all }));
  return [
    ...scaled(answers, (1 - aliases.share) * has),
    ...scaled([{ seconds: ttl.negative, share: 1 }], (1 - aliases.share) * (1 - has)),
    ...scaled(
      answers.map(({ seconds, share }) => ({ seconds: Math.min(seconds, aliases.ttl), share })),
      aliases.share * has,
    ),
    ...scaled(
      [{ seconds: Math.min(ttl.negative, aliases.ttl), share: 1 }],
      aliases.share * (1 - has),
    ),
  ];
}

function scaled(ttls: readonly TtlShare[], by: number): readonly TtlShare[] {
  return ttls.map(({ seconds, share }) => ({ seconds, share: share * by }));
}
