/**
 * A world for tests of the engine: a plan with one colo and one server, names without content, and
 * `ToyNode`s.
 */

import type { Message, Question } from '../../resolver-core/message.ts';
import { Name } from '../../resolver-core/name/name.ts';
import { MILLISECOND, MINUTE, SECOND } from '../../resolver-core/time.ts';
import { RCODE } from '../../resolver-core/wire/iana.ts';
import { PoissonArrivals } from '../clients/arrivals.ts';
import { audiencesOf } from '../clients/audience.ts';
import { Popularity } from '../clients/popularity.ts';
import { Cells } from '../cluster/cells.ts';
import { EvictionTally } from '../cluster/evictions.ts';
import { type NameSource, Questions } from '../cluster/questions.ts';
import { SignatureTally } from '../cluster/signatures.ts';
import { type AuthorityNetwork, Upstream } from '../net/upstream.ts';
import type { ClientGroupPlan, Plan, ServerPlan, SitePlan, TimelineEvent } from '../plan.ts';
import type { ShardCounts } from '../result.ts';
import { type ResolverNode, Shard } from '../shard.ts';
import { clientsOf, smallPlan } from './small-plan.ts';
import { ToyNode, type ToySettings } from './toy-node.ts';

const ADDRESS = '192.0.2.1';

export interface ToyWorld {
  readonly seed?: number;
  /** Names asked for; one unless given. */
  readonly names?: number;
  readonly zipf?: number;
  readonly oneOff?: number;
  /** New lookups per second, and nodes of the one colo. */
  readonly rate: number;
  readonly nodes?: number;
  /** Seconds counted, and before that. */
  readonly seconds: number;
  readonly warmup?: number;
  readonly dnssecOk?: number;
  readonly checkingDisabled?: number;
  readonly groups?: readonly ClientGroupPlan[];
  readonly site?: Partial<SitePlan>;
  /** RCODE of the server's responses to a question. */
  readonly rcode?: (question: Question) => number;
  readonly node?: Partial<ToySettings>;
  readonly block?: number;
  readonly timeline?: readonly TimelineEvent[];
}

/** A client that does not try again and is one microsecond away. */
export const ONE_TRY: ClientGroupPlan = {
  name: 'one-try',
  share: 1,
  rtt: 1,
  stub: { timeouts: [5 * SECOND], failureTries: 1, failureCache: 0 },
  requests: { mean: 1, wait: [0, 0] },
};

export function toyPlan(world: ToyWorld): Plan {
  const base = smallPlan();
  const { from } = base.time;
  const to = from + world.seconds * SECOND;
  return {
    ...base,
    seed: world.seed ?? 1,
    time: { from, to, bucket: MINUTE, warmup: (world.warmup ?? 0) * SECOND },
    phases: [{ name: 'all', from, to }],
    network: { ...base.network, regions: ['here'], rtt: [[1]], spread: 0, jitter: 0 },
    cluster: {
      ...base.cluster,
      colos: [{ name: 'one', region: 'here', nodes: world.nodes ?? 1 }],
    },
    traffic: {
      ...base.traffic,
      names: world.names ?? 1,
      zipf: world.zipf ?? 1,
      types: [{ type: 1, share: 1 }],
      missing: { share: 0, names: 0 },
      oneOff: { share: world.oneOff ?? 0, subdomain: 1, tail: 0, unregistered: 0, junkTld: 0 },
      dnssecOk: world.dnssecOk ?? 0,
      checkingDisabled: world.checkingDisabled ?? 0,
      regions: [clientsOf('here', world.rate, 'one')],
      groups: world.groups ?? [ONE_TRY],
    },
    variants: [{ name: 'plain', mitigations: [], timeline: [] }],
  };
}

/** One shard of the world, ready to advance; nothing in it was used before. */
export function toyShard(world: ToyWorld): Shard {
  const plan = toyPlan(world);
  const cells = new Cells(plan);
  const questions = new Questions(plan.seed, plan.traffic, toyNames(plan.traffic.names), cells);
  const popularity = new Popularity(plan.traffic, plan.traffic.names, 0);
  const openNode = (): ResolverNode =>
    new ToyNode({
      ttl: 10,
      failureTtl: 0,
      capacity: Number.POSITIVE_INFINITY,
      server: ADDRESS,
      timeout: 500 * MILLISECOND,
      questions: questions.count,
      ...world.node,
    });
  const nodes = Array.from({ length: world.nodes ?? 1 }, openNode);
  return new Shard({
    plan,
    copies: null,
    variant: { name: 'plain', mitigations: [], timeline: world.timeline ?? [] },
    colo: 0,
    audiences: audiencesOf(plan, 0),
    source: new PoissonArrivals({ plan, popularity, colo: 0, block: world.block ?? 256 }),
    nodes,
    reopen: (node) => {
      nodes[node] = openNode();
    },
    upstream: new Upstream(plan, [], 0, toyNetwork(world), false),
    cells,
    questions,
    signatures: new SignatureTally(() => undefined),
    evictions: new EvictionTally(plan.time),
    anchorEnds: [],
    handedOut: () => [],
  });
}

/** The whole window at once. */
export function runToy(world: ToyWorld): ShardCounts {
  const shard = toyShard(world);
  shard.advance(Number.POSITIVE_INFINITY);
  return shard.finish(true);
}

function toyNames(count: number): NameSource {
  return {
    hosts: Array.from({ length: count }, (_, i) => ({
      name: Name.parse(`n${i}.de`),
      zone: 'de',
      kind: 'unsigned' as const,
    })),
    missing: [],
    oneOff: (_kind, a, b) => ({
      name: Name.parse(`x${a}-${b}.de`),
      zone: 'de',
      kind: 'missing' as const,
    }),
  };
}

function toyNetwork(world: ToyWorld): AuthorityNetwork {
  const site: SitePlan = {
    name: 'here',
    region: 'here',
    loss: 0,
    delay: 0,
    behaviour: 'answer',
    ...world.site,
  };
  const server: ServerPlan = { name: 'ns.example', address: ADDRESS, sites: [site] };
  return {
    servers: [{ operator: 'toy', plan: server }],
    serverByAddress: (address) => (address === ADDRESS ? 0 : -1),
    publishedAt: (_server, _site, clock) => clock,
    respond: (_server, _site, question) => ({
      ...BLANK,
      rcode: world.rcode?.(question) ?? RCODE.NOERROR,
      question,
    }),
  };
}

const BLANK: Message = {
  response: true,
  opcode: 0,
  rcode: 0,
  authoritative: true,
  truncated: false,
  recursionDesired: false,
  recursionAvailable: false,
  authenticatedData: false,
  checkingDisabled: false,
  question: null,
  answer: [],
  authority: [],
  additional: [],
  edns: null,
  dnssec: false,
};
