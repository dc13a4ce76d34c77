/**
 * Everything that a plan describes, put together: names, authorities and, per colo and role, nodes and clients.
 * What does not depend on the variant is made once; what the authorities sign is signed once.
 */

import { AnswerTable } from '../resolver-core/cache/table.ts';
import { DEFAULT_CONFIG, type ResolverConfig } from '../resolver-core/config.ts';
import type { DrawKey } from '../resolver-core/events.ts';
import { Name } from '../resolver-core/name/name.ts';
import type { Peers } from '../resolver-core/node.ts';
import { TagNames } from '../resolver-core/policy/phases.ts';
import type { PolicyPorts } from '../resolver-core/policy/policy.ts';
import { Resolver } from '../resolver-core/resolver.ts';
import type { RRset } from '../resolver-core/rrset.ts';
import type { Micros } from '../resolver-core/time.ts';
import { Authorities, AuthorityMemo } from './authority/authorities.ts';
import { Catalogue } from './authority/catalogue.ts';
import { domainOf, namesServedBy } from './authority/served.ts';
import { clientsOf } from './clients/moved.ts';
import { Popularity } from './clients/popularity.ts';
import { AuthorityNode } from './cluster/authority-node.ts';
import { Cells } from './cluster/cells.ts';
import { EvictionTally } from './cluster/evictions.ts';
import { recheckKeys } from './cluster/lookup-key.ts';
import { DomainHashes, Owners } from './cluster/owners.ts';
import { type NameSource, Questions } from './cluster/questions.ts';
import { RootCopies, usesCopies } from './cluster/root-copies.ts';
import { ReadZones, RootVersions } from './cluster/root-versions.ts';
import { coreSettings, forwardingSettings } from './cluster/settings.ts';
import { type HandedOut, SignatureTally } from './cluster/signatures.ts';
import { mix, PURPOSE } from './engine/random.ts';
import { Upstream } from './net/upstream.ts';
import type { ClusterPlan, Plan, Role, TimelineAct, VariantPlan } from './plan.ts';
import type { AnchorEnded } from './result.ts';
import { placeOf, variantFor, viewOf } from './roles.ts';
import { Shard } from './shard.ts';
import { PastMemo, warmUp } from './warm/warm-start.ts';

/** Arrivals drawn at once: enough to be cheap, few enough to stay in the first-level cache. */
export const DEFAULT_BLOCK = 256;

export interface ShardSettings {
  /** Arrivals per block. */
  readonly block: number;
  readonly wire: boolean;
  /** Makes another node of the owner that node `asking` asks: to see that a check of ownership can fail. */
  readonly misplace?: (owner: number, asking: number) => number;
}

/** One role in one colo in one variant: what drives it, and what it drives. */
export interface Colo {
  readonly shard: Shard;
  /** The resolvers; authoritative servers are none. */
  readonly nodes: readonly Resolver[];
  readonly upstream: Upstream;
  /** The copies of the root zone that nodes have; null: never any. */
  readonly copies: RootCopies | null;
  /** For drivers that go on where the shard ended; null where there are no resolvers. */
  readonly workshop: Workshop | null;
}

/** What the nodes of a colo are made of. */
export interface Workshop {
  /** By number: a node with nothing in memory, told of no order of the control plane. */
  readonly openNode: (node: number) => Resolver;
  /** The copies that nodes would have if these acts happened. */
  readonly copiesFor: (timeline: readonly TimelineAct[]) => RootCopies | null;
  /** Shared by the nodes. */
  readonly tagNames: TagNames;
  /** Negative trust anchors that ended by themselves, with the driver's `now`. */
  readonly anchorEnds: readonly AnchorEnded[];
  /** From now on signatures and evictions are not counted. */
  readonly stopCounting: () => void;
}

export interface World {
  readonly catalogue: Catalogue;
  /** The authoritative servers of a variant of the plan. */
  authorities(variant: VariantPlan): Authorities;
  /** One shard (`roles.ts`) in one variant, its caches cold or warm, with its first client yet to come. */
  openShard(variant: VariantPlan, shard: number, settings: ShardSettings): Colo;
}

/** The same with empty caches at the start of the warm-up. */
export function withColdStart(plan: Plan): Plan {
  const cold = (cluster: ClusterPlan): ClusterPlan => {
    return { ...cluster, cache: { ...cluster.cache, start: 'cold' } };
  };
  const roles = plan.roles.map((role) => ({ ...role, cluster: cold(role.cluster) }));
  return { ...plan, cluster: cold(plan.cluster), roles };
}

/** The configuration of every node at the start of a run. */
export function nodeConfig(plan: Plan): ResolverConfig {
  const { cache, resolver, forwarding } = plan.cluster;
  return {
    ...DEFAULT_CONFIG,
    ...coreSettings(resolver),
    ...forwardingSettings(forwarding),
    forwardTimeout: forwarding.timeout,
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

/** What the shards of one role share. */
class RoleWorld {
  /** As the role sees it. */
  readonly plan: Plan;
  readonly catalogue: Catalogue;
  readonly cells: Cells;
  readonly questions: Questions;
  readonly popularity: Popularity;
  readonly domains: DomainHashes | null;
  /** By colo. */
  readonly pasts: readonly PastMemo[];

  constructor(plan: Plan) {
    const { seed, traffic, cluster } = plan;
    this.plan = plan;
    this.catalogue = new Catalogue(plan);
    this.cells = new Cells(plan);
    const names = namesOf(this.catalogue, traffic.operators);
    this.questions = new Questions(seed, traffic, names, this.cells);
    this.popularity = new Popularity(traffic, names.hosts.length, names.missing.length);
    const isForwarding = cluster.cache.mode === 'forwarded';
    this.domains = isForwarding ? new DomainHashes(plan, this.questions) : null;
    this.pasts = cluster.colos.map(() => new PastMemo());
  }
}

/** Throws an Error when the plan contradicts itself. */
export function openWorld(plan: Plan): World {
  const memo = new AuthorityMemo();
  const read = new ReadZones();
  const roles = new Map<Role, RoleWorld>();
  const worldOf = (role: Role): RoleWorld => {
    const known = roles.get(role) ?? new RoleWorld(viewOf(plan, role));
    roles.set(role, known);
    return known;
  };
  const { catalogue } = worldOf(plan.cluster.role);
  const authorities = (variant: VariantPlan, questions = 0): Authorities =>
    new Authorities(plan, catalogue, variant.timeline, memo, questions);
  const openShard = (variant: VariantPlan, shard: number, settings: ShardSettings): Colo => {
    const { role, colo } = placeOf(plan, shard);
    const world = worldOf(role);
    const own = variantFor(variant, role);
    const open = (): Authorities => authorities(own, world.questions.count);
    const parts = { world, variant: own, colo, settings, authorities: open, read };
    return role === 'authoritative' ? openAuthority(parts) : openColo(parts);
  };
  return { catalogue, authorities, openShard };
}

interface ColoParts {
  readonly world: RoleWorld;
  readonly variant: VariantPlan;
  readonly colo: number;
  readonly settings: ShardSettings;
  /** Those of the variant, with nothing handed out yet. */
  readonly authorities: () => Authorities;
  readonly read: ReadZones;
}

function openColo({ world, variant, colo, settings, authorities, read }: ColoParts): Colo {
  const { plan, catalogue, cells, questions, popularity, domains, pasts } = world;
  const { mode, answers } = plan.cluster.cache;
  const servers = authorities();
  const signatures = new SignatureTally((rrsig) => servers.identityOf(rrsig)?.id);
  const ports = {
    rootHints: servers.rootHints(),
    trustAnchors: [{ zone: Name.root, ds: servers.trustAnchor(), dnskey: null }],
    maintenance: null,
    insecureDomains: [],
    fixedZones: [],
    random: nodeDraws(plan.seed),
    signatures,
    questions: questions.count,
  };
  const { nodes: count, name } = plan.cluster.colos[colo] ?? { nodes: 0, name: '' };
  const tagNames = new TagNames();
  const owners = domains === null ? null : new Owners(plan, colo, count, domains);
  const table = mode === 'shared' ? new AnswerTable(answers * count, questions.count) : null;
  const peersOf = (node: number): Peers | null => {
    if (table !== null) return { kind: 'shared-table', table };
    if (owners === null) return null;
    const { misplace } = settings;
    const ownerOf: Owners['ownerOf'] = (question, id) => {
      const owner = owners.ownerOf(question, id);
      return misplace === undefined ? owner : misplace(owner, node);
    };
    return { kind: 'owners', self: node, ownerOf };
  };
  const evictions = new EvictionTally(plan.time);
  const anchorEnds: AnchorEnded[] = [];
  const openNode = (node: number): Resolver => {
    const draw = recheckKeys(plan, cells, colo, node);
    const anchorEnded: PolicyPorts['anchorEnded'] = (zone, why, at) =>
      anchorEnds.push({ node, zone: `${zone}`, why, at });
    const policy = { colo: name, node, tagNames, draw, anchorEnded };
    const resolver = new Resolver(nodeConfig(plan), { ...ports, policy, peers: peersOf(node) });
    resolver.evictions = (evicted, id) => {
      const isCopy = owners !== null && owners.ownerOf(evicted.question, id) !== node;
      if (isCopy) evictions.countCopy();
      else evictions.count(evicted, id >= 0, resolver.config);
    };
    return resolver;
  };
  const nodes = Array.from({ length: count }, (_, node) => openNode(node));
  const copiesFor: Workshop['copiesFor'] = (timeline) =>
    copiesOf(plan, timeline, colo, servers, read);
  const copies = copiesFor(variant.timeline);
  const renewCopy = (node: number, at: Micros): void => {
    if (copies !== null) nodes[node]?.configure({ staticZone: copies.at(node, at) });
  };
  const reopen = (node: number): void => {
    nodes[node] = openNode(node);
  };
  if (plan.cluster.cache.start === 'warm') {
    // Authorities of its own: what they hand out for the past is not counted.
    const past = new Upstream(plan, variant.timeline, colo, authorities(), settings.wire);
    const openScratch = (config: ResolverConfig): Resolver =>
      new Resolver(config, { ...ports, policy: null, peers: null });
    const memo = pasts[colo] as PastMemo;
    const world = { plan, variant, colo, catalogue, questions, popularity, nodes };
    const holderOf = holdersOf(owners, table, count);
    warmUp({ ...world, upstream: past, openScratch, memo, holderOf, renewCopy });
  }
  for (const node of nodes.keys()) renewCopy(node, plan.time.from - plan.time.warmup);
  const upstream = new Upstream(plan, variant.timeline, colo, servers, settings.wire);
  const { block } = settings;
  const clients = clientsOf({ plan, popularity, colo, block }, variant.timeline);
  const handedOut = (): readonly HandedOut[] => servers.signatureCounts();
  const told = { signatures, evictions, anchorEnds, handedOut };
  const parts = { plan, variant, colo, cells, questions, ...told };
  const shard = new Shard({ ...parts, ...clients, nodes, reopen, upstream, copies });
  const stopCounting = (): void => {
    signatures.counting = false;
    evictions.at = Number.NEGATIVE_INFINITY;
  };
  const workshop = { openNode, copiesFor, tagNames, anchorEnds, stopCounting };
  return { shard, nodes, upstream, copies, workshop };
}

/** The network's own authoritative servers in a colo. */
function openAuthority({ world, variant, colo, settings, authorities }: ColoParts): Colo {
  const { plan, catalogue, cells, questions, popularity } = world;
  const { traffic, network } = plan;
  const servers = authorities();
  const upstream = new Upstream(plan, variant.timeline, colo, servers, settings.wire);
  const serverOf = new Map(
    [...servers.servers].reverse().map(({ operator, index }) => [operator, index]),
  );
  const asked = Int32Array.from({ length: questions.count }, (_, id) => {
    const domain = domainOf(catalogue, questions.question(id));
    return serverOf.get(domain?.operator ?? '') ?? -1;
  });
  const silence = 1 + Math.max(...traffic.groups.flatMap(({ stub }) => stub.timeouts));
  const node = new AuthorityNode(upstream, questions, asked, network.udpSize, silence);
  const reopen = (): never => {
    throw new Error('authoritative servers do not restart');
  };
  const { block } = settings;
  const clients = clientsOf({ plan, popularity, colo, block }, variant.timeline);
  const evictions = new EvictionTally(plan.time);
  const signatures = new SignatureTally(() => undefined);
  const told = {
    signatures,
    evictions,
    anchorEnds: [],
    handedOut: () => servers.signatureCounts(),
  };
  const parts = { plan, variant, colo, cells, questions, ...clients, upstream, ...told };
  const shard = new Shard({ ...parts, nodes: [node], reopen, copies: null });
  return { shard, nodes: [], upstream, copies: null, workshop: null };
}

/** The names that are asked for: all of the catalogue, or those that some operators serve. */
function namesOf(catalogue: Catalogue, operators: readonly string[]): NameSource {
  if (operators.length === 0) return catalogue;
  const oneOff: NameSource['oneOff'] = (kind, a, b) => catalogue.oneOff(kind, a, b);
  return { ...namesServedBy(catalogue, operators), oneOff };
}

function copiesOf(
  plan: Plan,
  timeline: readonly TimelineAct[],
  colo: number,
  servers: Authorities,
  read: ReadZones,
): RootCopies | null {
  if (!usesCopies(plan, timeline)) return null;
  const published = (at: Micros): readonly RRset[] => servers.wholeZone(Name.root, at);
  const source = { published, anchor: servers.trustAnchor(), timeline, read };
  return new RootCopies(plan, timeline, colo, new RootVersions(source));
}

/** Which node a question's past is relived at; null when that is every node. */
function holdersOf(
  owners: Owners | null,
  table: AnswerTable | null,
  nodes: number,
): ((questionId: number) => number) | null {
  if (owners !== null) return (id) => owners.ownerOfId(id);
  return table === null ? null : (id) => id % nodes;
}
