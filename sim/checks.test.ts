import { describe, expect, it } from 'vitest';
import { Name } from '../resolver-core/name/name.ts';
import { Resolver } from '../resolver-core/resolver.ts';
import { MINUTE } from '../resolver-core/time.ts';
import { Authorities, AuthorityMemo } from './authority/authorities.ts';
import { Catalogue } from './authority/catalogue.ts';
import { clientsOf } from './clients/moved.ts';
import { Popularity } from './clients/popularity.ts';
import { Cells } from './cluster/cells.ts';
import { EvictionTally } from './cluster/evictions.ts';
import { Questions } from './cluster/questions.ts';
import { SignatureTally } from './cluster/signatures.ts';
import { Upstream } from './net/upstream.ts';
import { Shard } from './shard.ts';
import { CheckedNode, type Watched } from './testing/checked-node.ts';
import { FAULT_AT, smallPlan } from './testing/small-plan.ts';
import { DEFAULT_BLOCK, nodeConfig, nodeDraws } from './world.ts';

/** One colo of the small world, before the fault and in it, every node of it watched. */
function watch(variantName: string, seed: number): Watched & { readonly pending: number } {
  const base = smallPlan();
  const time = { ...base.time, from: FAULT_AT - 2 * MINUTE, to: FAULT_AT + 8 * MINUTE };
  const traffic = { ...base.traffic, dnssecOk: 0.5, checkingDisabled: 0.1 };
  const plan = { ...base, seed, time, traffic };
  const variant = plan.variants.find(({ name }) => name === variantName);
  if (variant === undefined) throw new Error(variantName);
  const catalogue = new Catalogue(plan);
  const cells = new Cells(plan);
  const questions = new Questions(seed, traffic, catalogue, cells);
  const servers = new Authorities(plan, catalogue, variant.timeline, new AuthorityMemo());
  const signatures = new SignatureTally((rrsig) => servers.identityOf(rrsig)?.id);
  const ports = {
    rootHints: servers.rootHints(),
    trustAnchors: [{ zone: Name.root, ds: servers.trustAnchor(), dnskey: null }],
    maintenance: null,
    insecureDomains: [],
    fixedZones: [],
    random: nodeDraws(seed),
    signatures,
    questions: questions.count,
    policy: null,
    peers: null,
  };
  const watched: Watched = {
    ...{ breaches: new Set<string>(), queries: 0, answers: 0, authenticated: 0 },
    ...{ authenticatedHits: 0, failures: 0, brokenZones: 0 },
  };
  const openNode = (): CheckedNode => {
    const node = new Resolver(nodeConfig(plan), ports);
    return new CheckedNode(node, catalogue, (id) => questions.question(id), watched);
  };
  const nodes = Array.from({ length: 2 }, openNode);
  const reopen = (node: number): void => {
    nodes[node] = openNode();
  };
  const popularity = new Popularity(traffic, catalogue.hosts.length, catalogue.missing.length);
  const shard = new Shard({
    ...{ plan, variant, colo: 0, cells, questions, signatures, nodes, reopen, copies: null },
    ...clientsOf({ plan, popularity, colo: 0, block: DEFAULT_BLOCK }, variant.timeline),
    upstream: new Upstream(plan, variant.timeline, 0, servers, false),
    evictions: new EvictionTally(plan.time),
    anchorEnds: [],
    handedOut: () => servers.signatureCounts(),
  });
  shard.advance(plan.time.to);
  shard.settle();
  return { ...watched, pending: nodes.reduce((sum, node) => sum + node.pending, 0) };
}

describe('what holds for every answer of a run, whatever happens', () => {
  it.each(['fault', 'no-fault'])(
    'each query has one outcome, AD only what is signed and good, nothing past its time (%s)',
    (variant) => {
      const watched = watch(variant, 7);
      expect([...watched.breaches]).toEqual([]);
      expect(watched.pending).toBe(0);
      expect(watched.answers).toBe(watched.queries);
      const { queries, authenticated, authenticatedHits, failures, brokenZones } = watched;
      for (const count of [queries, authenticated, authenticatedHits, failures, brokenZones]) {
        expect(count).toBeGreaterThan(20);
      }
    },
  );
});
