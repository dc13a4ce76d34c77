/** The cache modes of a colo in runs: what clients get, what tags do, and what a mode does not change. */

import { beforeAll, describe, expect, it } from 'vitest';
import { RECOMMENDED_SERVE_STALE } from '../resolver-core/config.ts';
import type { Question } from '../resolver-core/message.ts';
import { MILLISECOND, MINUTE, SECOND } from '../resolver-core/time.ts';
import { ALGORITHM, RCODE } from '../resolver-core/wire/iana.ts';
import { Cells } from './cluster/cells.ts';
import { Questions } from './cluster/questions.ts';
import type { CacheMode, Plan, TimelineEvent, VariantPlan, ZonePlan } from './plan.ts';
import type { Result, Slice, VariantResult } from './result.ts';
import { run } from './run.ts';
import { DE_FAULT, FAULT_AT, smallPlan } from './testing/small-plan.ts';
import { traceLookup } from './trace/lookup.ts';
import { trace } from './trace.ts';
import { DEFAULT_BLOCK, openWorld } from './world.ts';

const P256 = { algorithm: ALGORITHM.ECDSAP256SHA256, share: 1 };
const NODES = 4;
const FROM = FAULT_AT - 6 * MINUTE;
/** Minutes of the window: a rule comes; in one variant tags begin to travel, and in the end no more. */
const RULE = 1;
const TRAVEL = 3;
const DROPPED = 4;
const TO = 6;

/** With keys that take no search. */
function cheaper(zone: ZonePlan): ZonePlan {
  if (zone.signing === null) return zone;
  const { algorithm } = P256;
  const keys = zone.signing.keys.map((key) => ({ ...key, algorithm, bits: 0, tag: null }));
  return { ...zone, signing: { ...zone.signing, keys } };
}

function planOf(
  mode: CacheMode,
  variants: readonly VariantPlan[],
  tags: 'propagate' | 'drop',
): Plan {
  const small = smallPlan();
  const { cluster, hosting, traffic } = small;
  return {
    ...small,
    zones: small.zones.map(cheaper),
    catalogue: small.catalogue.slice(0, 24),
    hosting: {
      ...hosting,
      broken: [],
      signing: { ...hosting.signing, algorithms: [P256] },
      ttl: { ...hosting.ttl, answers: [{ seconds: 600, share: 1 }] },
    },
    traffic: {
      ...traffic,
      names: 60,
      regions: traffic.regions.map((region) => ({ ...region, lookupsPerSecond: 12 })),
    },
    time: { from: FROM, to: FROM + TO * MINUTE, bucket: MINUTE, warmup: 2 * MINUTE },
    phases: [],
    cluster: {
      ...cluster,
      colos: cluster.colos.slice(0, 1).map((colo) => ({ ...colo, nodes: NODES })),
      cache: { ...cluster.cache, mode },
      forwarding: { ...cluster.forwarding, tags },
    },
    variants,
  };
}

const at = (minute: number): number => FROM + minute * MINUTE;
const BYPASS: TimelineEvent = {
  ...{ kind: 'rule', at: at(RULE), over: 0, lifts: false },
  rule: 'phase = pre-cache subtree = de bypass-cache',
};
const SETTINGS: readonly TimelineEvent[] = [
  { kind: 'forwarding', at: at(TRAVEL), set: { tags: 'propagate' } },
  { kind: 'forwarding', at: at(DROPPED), set: { tags: 'drop' } },
];
const PLAIN: VariantPlan = { name: 'plain', mitigations: [], timeline: [] };
const RULED: VariantPlan = { ...PLAIN, name: 'ruled', timeline: [BYPASS] };
const TRAVELLING: VariantPlan = { ...RULED, name: 'travelling', timeline: [BYPASS, ...SETTINGS] };

/** Of queries for .de, by minute, those that no cache answered. */
function resolved(result: Result, variant: string): number[] {
  const slice = result.variants.find(({ name }) => name === variant)?.byZone.de as Slice;
  const { misses, joined, clientQueries } = slice.series.columns;
  return clientQueries.map((count, i) => ((misses[i] ?? 0) + (joined[i] ?? 0)) / count);
}

describe('tags on forwarded queries, with a rule by which .de bypasses the cache', () => {
  let dropped: Result;
  beforeAll(async () => {
    dropped = await run(planOf('forwarded', [PLAIN, RULED, TRAVELLING], 'drop'));
  }, 20_000);

  it('propagated: no query for .de is answered from a cache any more', async () => {
    const result = await run(planOf('forwarded', [RULED], 'propagate'));
    const shares = resolved(result, 'ruled');
    expect(shares[0]).toBeLessThan(0.4);
    // What is asked with CD=1 has a cache of its own, and bypasses it, too.
    for (const share of shares.slice(RULE)) expect(share).toBe(1);
  });

  it('dropped: only at the one node in N that the client reached and that owns the name', () => {
    const [plain, ruled] = [resolved(dropped, 'plain'), resolved(dropped, 'ruled')];
    for (let minute = RULE; minute < TO; minute++) {
      const base = plain[minute] as number;
      const effect = ((ruled[minute] as number) - base) / (1 - base);
      expect(Math.abs(effect - 1 / NODES)).toBeLessThan(0.15);
    }
  });

  it('are propagated from the instant of an act until it is lifted', () => {
    const shares = resolved(dropped, 'travelling');
    expect(shares.slice(TRAVEL, DROPPED)).toEqual([1]);
    for (const minute of [RULE, DROPPED]) expect(shares[minute]).toBeLessThan(0.7);
  });

  it('changes the same counts whatever the size of blocks', async () => {
    const other = await run(planOf('forwarded', [TRAVELLING], 'drop'), { block: 1 });
    expect(other.variants[0]).toEqual(dropped.variants[2]);
  });
});

describe('a trace', () => {
  it('shows the way to the owner, its steps one level down, and the tags that were dropped', () => {
    const plan = planOf('forwarded', [RULED], 'drop');
    const asked = { name: 'laden0.de', type: 1, at: at(TO - 1), variant: 'ruled', colo: 'fra' };
    const texts = Array.from({ length: NODES }, (_, node) => {
      const options = { ...asked, node, cold: true, checkingDisabled: false };
      const { steps } = trace(plan, options, () => {});
      return steps.map(({ depth, text }) => `${depth} ${text}`).join('\n');
    });
    const forwarded = texts.filter((text) =>
      / forwards laden0.de. A to node \d, dropping bypass_cache/.test(text),
    );
    expect(forwarded).toHaveLength(NODES - 1);
    for (const text of forwarded) {
      expect(text).toMatch(/^1 the owner is asked laden0.de. A$/m);
      expect(text).toMatch(/^0 answer of node \d after [\d.]+ ms: miss$/m);
    }
  });

  it('lets the node resolve when the owner is silent, and passes over what the owner says too late', () => {
    const plan = planOf('forwarded', [PLAIN], 'drop');
    const forwarding = { ...plan.cluster.forwarding, timeout: MILLISECOND };
    const hasty: Plan = { ...plan, cluster: { ...plan.cluster, forwarding } };
    const asked = { name: 'laden0.de', type: 1, at: at(0), variant: PLAIN.name, colo: 'fra' };
    const texts = Array.from({ length: NODES }, (_, node) => {
      const options = { ...asked, node, cold: true, checkingDisabled: false };
      const { steps, answer } = trace(hasty, options, () => {});
      expect(answer.rcode).toBe('NOERROR');
      return steps.map(({ text }) => text).join('\n');
    });
    const silent = texts.filter((text) => text.includes('forwards laden0.de. A to node'));
    expect(silent).toHaveLength(NODES - 1);
    for (const text of silent) {
      expect(text).toMatch(/answer to the node that asked/);
      expect(text).not.toMatch(/answer of node/);
    }
  });
});

describe('in every mode', () => {
  const stale = { ...RECOMMENDED_SERVE_STALE, maxStale: 3600 };
  const FAULT: VariantPlan = { ...PLAIN, timeline: DE_FAULT };

  it('a question has the same answer at every node', () => {
    const answers = (mode: CacheMode): Map<string, string> => {
      const plan = planOf(mode, [PLAIN], 'drop');
      const world = openWorld(plan);
      const settings = { block: DEFAULT_BLOCK, wire: false };
      const { shard, nodes, upstream } = world.openShard(PLAIN, 0, settings);
      shard.advance(at(TO - 1));
      const questions = new Questions(plan.seed, plan.traffic, world.catalogue, new Cells(plan));
      const place = { nodes, upstream, delay: plan.cluster.forwarding.delay, ahead: [] };
      const found = new Map<string, string>();
      let clock = shard.settle();
      for (let id = 0; id < questions.count; id += 17) {
        for (const node of nodes.keys()) {
          const question: Question = questions.question(id);
          const query = { node, question, dnssecOk: true, checkingDisabled: false, at: clock };
          const { answer: given, elapsed } = traceLookup(place, query);
          clock += elapsed + SECOND;
          const { rcode, answer } = given.answer;
          const records = answer.map(
            ({ name, type, rdata }) => `${name} ${type} ${rdata.join(';')}`,
          );
          const text = [rcode, given.authenticated, ...records].join(' ');
          found.set(`${question.name} ${question.type} at ${node}`, text);
        }
      }
      return found;
    };
    const alone = answers('private');
    expect(alone.size).toBeGreaterThan(50);
    expect(
      [...alone.values()].filter((text) => text.startsWith(`${RCODE.NOERROR} true`)),
    ).not.toEqual([]);
    expect(answers('forwarded')).toEqual(alone);
    expect(answers('shared')).toEqual(alone);
  });

  it.each(['private', 'forwarded', 'shared'] as const)(
    '%s: in a fault each query counts once',
    async (mode) => {
      const plan = planOf(mode, [FAULT], 'propagate');
      const { cluster, hosting } = plan;
      const short = { ...hosting.ttl, answers: [{ seconds: 30, share: 1 }] };
      const resolver = { ...cluster.resolver, maxTtl: 60, maxNegativeTtl: 60, serveStale: stale };
      const { variants } = await run({
        ...plan,
        hosting: { ...hosting, ttl: short },
        cluster: { ...cluster, resolver },
        time: { ...plan.time, from: FAULT_AT, to: FAULT_AT + 3 * MINUTE },
      });
      const [variant] = variants as [VariantResult];
      const { cache, clientQueries, staleWaited, stale: given } = variant.totals;
      const columns = Object.values(cache).reduce((sum, count) => sum + count, 0);
      expect(columns).toBe(clientQueries);
      expect(given).toBeGreaterThan(50);
      // After a failure the recheck time gives the next clients stale answers at once, at whichever node.
      expect(staleWaited).toBeLessThan(0.9 * given);
      expect(cache.forwardedHits > 0).toBe(mode === 'forwarded');
      expect(cache.sharedHits > 0).toBe(mode === 'shared');
    },
  );
});
