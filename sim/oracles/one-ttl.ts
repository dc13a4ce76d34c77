/**
 * The world of the closed forms (docs/oracles.md) as a plan: one colo, and everything that they leave out left
 * out. Every answer has the same TTL, nothing is broken, no name is an alias, and delegations, keys and servers'
 * addresses live longer than any measurement.
 *
 * The servers of the names asked for answer after `fetchDelay`; root, registries and clients are one
 * microsecond away, so that a cold delegation costs no time that could be measured.
 */

import { DAY, type Micros, SECOND } from '../../resolver-core/time.ts';
import type { CacheMode, ClientGroupPlan, ClientRegionPlan, Plan, ZonePlan } from '../plan.ts';
import { COUNT_COLUMNS, type ShardCounts } from '../result.ts';

export interface OneTtlTerms {
  readonly seed?: number;
  /** Host names asked for, and how unequally (0: all alike). */
  readonly names?: number;
  readonly zipf?: number;
  /** Queries per second, all names together. */
  readonly rate: number;
  /** Seconds. */
  readonly ttl: number;
  /** From an upstream query to its response. */
  readonly fetchDelay?: Micros;
  readonly nodes?: number;
  /** What the nodes share; by default nothing. */
  readonly mode?: CacheMode;
  /** Of mode `forwarded`. Seconds. */
  readonly copyTtl?: number;
  /** Most answers of each node; by default there is room for all. */
  readonly answers?: number;
  /** Seconds counted, seconds before that, and seconds per bucket (one bucket unless given). */
  readonly seconds: number;
  readonly warmup?: number;
  readonly bucket?: number;
  /** Signed zones, nodes that validate, and clients that set DO. */
  readonly signed?: boolean;
}

/** Ten years: outlives every test. Seconds. */
const FOR_EVER = 10 * 365 * 86_400;
/** The catalogue has more host names per domain (nearly four on average). */
const HOSTS_PER_DOMAIN = 3;

/** Clients that ask once and wait. */
const ONE_TRY: ClientGroupPlan = {
  name: 'one-try',
  share: 1,
  rtt: 1,
  stub: { timeouts: [5 * SECOND], failureTries: 1, failureCache: 0 },
  requests: { mean: 1, wait: [0, 0] },
};

/** `base` with nothing left of it but its zones, keys and servers. */
export function oneTtlPlan(base: Plan, world: OneTtlTerms): Plan {
  const names = world.names ?? 1;
  const { from } = base.time;
  const [{ operator: hoster } = { operator: '' }] = base.hosting.hosters;
  const to = from + world.seconds * SECOND;
  const signed = world.signed === true;
  return {
    ...base,
    seed: world.seed ?? 1,
    time: {
      from,
      to,
      bucket: (world.bucket ?? world.seconds) * SECOND,
      warmup: (world.warmup ?? 0) * SECOND,
    },
    phases: [{ name: 'all', from, to }],
    operators: base.operators.map((operator) => ({
      ...operator,
      servers: operator.servers.map((server) => ({
        ...server,
        sites: [
          {
            name: 'here',
            region: 'here',
            loss: 0,
            delay: operator.id === hoster ? (world.fetchDelay ?? 1) - 1 : 0,
            behaviour: 'answer' as const,
          },
        ],
      })),
    })),
    zones: base.zones.map((zone) => longLived(zone, signed)),
    hosting: {
      ...base.hosting,
      hosters: [{ operator: hoster, share: 1, tlds: [] }],
      ttl: {
        ns: FOR_EVER,
        dnskey: FOR_EVER,
        soa: FOR_EVER,
        negative: FOR_EVER,
        answers: [{ seconds: world.ttl, share: 1 }],
      },
      signing: { ...base.hosting.signing, validity: 3650 * DAY, resignEvery: 1800 * DAY },
      aliases: { share: 0, targets: [], ttl: world.ttl },
      wildcards: 0,
      broken: [],
    },
    catalogue: Array.from({ length: Math.ceil(names / HOSTS_PER_DOMAIN) }, (_, i) => `n${i}.com`),
    network: { ...base.network, regions: ['here'], rtt: [[1]], spread: 0, jitter: 0 },
    cluster: {
      ...base.cluster,
      colos: [{ name: 'one', region: 'here', nodes: world.nodes ?? 1 }],
      cache: {
        mode: world.mode ?? 'private',
        answers: world.answers ?? 4 * names + 64,
        rrsets: 4 * names + 64,
        start: 'cold',
      },
      forwarding: { ...base.cluster.forwarding, copyTtl: world.copyTtl ?? 0 },
      resolver: {
        ...base.cluster.resolver,
        validation: signed,
        maxTtl: FOR_EVER,
        maxNegativeTtl: FOR_EVER,
      },
    },
    traffic: {
      ...base.traffic,
      names,
      zipf: world.zipf ?? 0,
      types: [{ type: 1, share: 1 }],
      missing: { share: 0, names: 0 },
      oneOff: { share: 0, subdomain: 1, tail: 0, unregistered: 0, junkTld: 0 },
      dnssecOk: signed ? 1 : 0,
      checkingDisabled: 0,
      regions: [clients(world.rate)],
      groups: [ONE_TRY],
    },
    variants: [{ name: 'plain', mitigations: [], timeline: [] }],
  };
}

/** A zone whose records and signatures outlive the test; below it every domain is signed, or none. */
function longLived(zone: ZonePlan, signed: boolean): ZonePlan {
  return {
    ...zone,
    ttl: {
      soa: FOR_EVER,
      negative: FOR_EVER,
      ns: FOR_EVER,
      delegation: FOR_EVER,
      ds: FOR_EVER,
      dnskey: FOR_EVER,
      nsec: FOR_EVER,
    },
    registry: zone.registry === null ? null : { ...zone.registry, signed: signed ? 1 : 0 },
    signing:
      zone.signing === null
        ? null
        : { ...zone.signing, validity: 3650 * DAY, resignEvery: 1800 * DAY },
  };
}

/** At the same rate day and night. */
function clients(lookupsPerSecond: number): ClientRegionPlan {
  const day = new Array<number>(24).fill(1);
  const catchment = [{ colo: 'one', share: 1 }];
  return { name: 'here', lookupsPerSecond, day, utcOffset: 0, catchment };
}

export type Sums = Readonly<Record<(typeof COUNT_COLUMNS)[number], number>>;

/** Every column of every bucket, over all cells. */
export function sumsOf(counts: ShardCounts): readonly Sums[] {
  const width = COUNT_COLUMNS.length;
  const stride = counts.cells.length * width;
  return Array.from({ length: counts.counts.length / stride }, (_, bucket) => {
    const sums = Object.fromEntries(COUNT_COLUMNS.map((name) => [name, 0])) as Record<
      keyof Sums,
      number
    >;
    for (let i = 0; i < stride; i++) {
      const column = COUNT_COLUMNS[i % width] as keyof Sums;
      sums[column] += counts.counts[bucket * stride + i] as number;
    }
    return sums;
  });
}
