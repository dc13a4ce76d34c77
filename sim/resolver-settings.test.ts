/** What settings of the resolver do to a whole run, in virtual time and on the same draws. */

import { describe, expect, it } from 'vitest';
import { RECOMMENDED_SERVE_STALE } from '../resolver-core/config.ts';
import { MINUTE } from '../resolver-core/time.ts';
import { EDE, TYPE } from '../resolver-core/wire/iana.ts';
import type { Plan, ResolverPlan, VariantPlan } from './plan.ts';
import type { Slice, VariantResult } from './result.ts';
import { run } from './run.ts';
import type { Shard } from './shard.ts';
import { ALL_CELLS, bucketsOf, Tally } from './tally.ts';
import { damaged } from './testing/signed-world.ts';
import { DE_FAULT, FAULT_AT, smallPlan } from './testing/small-plan.ts';
import { DEFAULT_BLOCK, openWorld } from './world.ts';

function variant(name: string, set: Partial<ResolverPlan>): VariantPlan {
  return { name, mitigations: [], timeline: [{ kind: 'resolver', at: 0, set }] };
}

/** One colo for two minutes, in which nothing happens. */
function plan(variants: readonly VariantPlan[], over: Partial<Plan['traffic']> = {}): Plan {
  const { cluster, traffic } = smallPlan();
  return smallPlan({
    time: { from: FAULT_AT, to: FAULT_AT + 2 * MINUTE, bucket: MINUTE, warmup: MINUTE },
    phases: [],
    cluster: { ...cluster, colos: cluster.colos.slice(0, 1) },
    traffic: { ...traffic, ...over },
    variants,
  });
}

describe('aggressive use of NSEC', () => {
  it('answers junk as before, and with fewer upstream queries', async () => {
    const oneOff = { share: 0.3, subdomain: 1, tail: 0, unregistered: 1, junkTld: 2 };
    const variants = [
      variant('off', {}),
      variant('nsec', { aggressiveNsec: 'nsec' }),
      variant('all', { aggressiveNsec: 'all' }),
    ];
    const result = await run(plan(variants, { oneOff }));
    const [off, nsec, all] = result.variants as [VariantResult, VariantResult, VariantResult];
    const missing = ({ bySlice }: VariantResult): number =>
      bySlice.missing?.totals.upstream.queries ?? 0;
    expect(missing(nsec)).toBeLessThan(missing(off) * 0.8);
    expect(missing(all)).toBeLessThan(missing(nsec));
    expect(off.totals.cache.synthesised).toBe(0);
    for (const { totals } of [nsec, all]) {
      expect(totals.cache.synthesised).toBeGreaterThan(0);
      expect(totals.answers).toEqual(off.totals.answers);
      expect(totals.authenticated).toBe(off.totals.authenticated);
      expect(totals.ede).toEqual(off.totals.ede);
    }
  });
});

describe('a run with everything switched on', () => {
  it('is the same for every block size and through octets', async () => {
    const all = variant('all', {
      serveStale: RECOMMENDED_SERVE_STALE,
      prefetch: 0.2,
      aggressiveNsec: 'all',
      nxdomainCut: true,
      bogusRetries: 2,
      qnameMinimisation: false,
    });
    const broken = plan([{ ...all, timeline: [...all.timeline, ...DE_FAULT] }]);
    const one = await run(broken, { block: 1, wire: true });
    expect(one).toEqual(await run(broken));
    const [{ totals }] = one.variants as [VariantResult];
    expect(totals.cache.synthesised).toBeGreaterThan(0);
  });
});

describe('asking other servers for what did not validate', () => {
  /** SERVFAIL for names in org, one of whose two servers damages every signature, or neither. */
  function failures(set: Partial<ResolverPlan>, isBad: boolean): number {
    const made = plan([variant('only', set)]);
    const [only] = made.variants as [VariantPlan];
    const { shard, upstream } = openWorld(made).openShard(only, 0, {
      block: DEFAULT_BLOCK,
      wire: false,
    });
    const bad = upstream.server('192.0.5.2');
    const damage = damaged(TYPE.SOA, TYPE.DS, TYPE.NSEC3, TYPE.DNSKEY);
    const honest = upstream.response.bind(upstream);
    upstream.response = (ask, server, clock, id) => {
      const message = honest(ask, server, clock, id);
      return isBad && server === bad && message !== null ? damage(message, ask.question) : message;
    };
    return servfails(made, shard);
  }

  function servfails(made: Plan, shard: Shard): number {
    while (!shard.advance(shard.clock + MINUTE));
    const tally = new Tally(made, 'only', [shard.finish(true)]);
    const span = bucketsOf(made.time, made.time.from, made.time.to);
    return tally.table({ ...ALL_CELLS, zone: 'org' }).sums(span).SERVFAIL;
  }

  it('makes the failures vanish that one bad server of two causes', () => {
    const healthy = failures({}, false);
    expect(failures({}, true)).toBeGreaterThan(healthy + 20);
    expect(failures({ bogusRetries: 1 }, true)).toBe(healthy);
  });
});

describe('a cluster that loses the cause', () => {
  it('says EDE 22 on SERVFAIL of .de, where others name the RRset and key tag 33834', async () => {
    const broken = ({ timeline, ...rest }: VariantPlan): VariantPlan => ({
      ...rest,
      timeline: [...timeline, ...DE_FAULT],
    });
    const short = { maxTtl: 60, maxNegativeTtl: 60 };
    const made = plan([
      broken(variant('keeps', short)),
      broken(variant('loses', { ...short, loseBogusCause: true })),
    ]);
    const { variants } = await run(made);
    const [keeps, loses] = variants.map(({ byZone }) => byZone.de as Slice) as [Slice, Slice];
    const sum = (counts: Readonly<Record<string, number>>): number =>
      Object.values(counts).reduce((total, count) => total + count, 0);
    expect(keeps.totals.ede[EDE.DNSSEC_BOGUS]).toBeGreaterThan(1000);
    expect(keeps.totals.edeTexts[0]?.text).toMatch(/\.de\/nsec3 \(keytag=33834\)$/);
    // Also of names that are broken every day by DNSSEC (7, 9), but not by servers that refuse (23).
    const refused = keeps.totals.ede[EDE.NETWORK_ERROR] ?? 0;
    expect(loses.totals.ede).toEqual({
      [EDE.NO_REACHABLE_AUTHORITY]: sum(keeps.totals.ede) - refused,
      [EDE.NETWORK_ERROR]: refused,
    });
    expect(loses.totals.edeTexts.some(({ text }) => text.includes('33834'))).toBe(false);
    // Nothing else is different: who was asked, who got what, and what was remembered.
    expect(loses.series).toEqual(keeps.series);
  });
});
