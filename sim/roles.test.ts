import { describe, expect, it } from 'vitest';
import { MILLISECOND, MINUTE, SECOND } from '../resolver-core/time.ts';
import type { NodeAct, OperatorPlan, Plan, RolePlan, SitePlan, TimelineEvent } from './plan.ts';
import type { Result, RoleResult, VariantResult } from './result.ts';
import { placeOf, rolesOf, shardsOf, viewOf } from './roles.ts';
import { type RunOptions, run } from './run.ts';
import { clientsOf, DE_FAULT, FAULT_AT, smallPlan } from './testing/small-plan.ts';

const MARK = 'phase = validation subtree = de mark-insecure';
const [FROM, TO] = [FAULT_AT - MINUTE, FAULT_AT + 2 * MINUTE];

const BASE: Plan = smallPlan({
  time: { from: FROM, to: TO, bucket: MINUTE, warmup: MINUTE },
  phases: [{ name: 'during', from: FAULT_AT, to: TO }],
  variants: [variant('fault', [])],
});

function variant(name: string, acts: readonly NodeAct[]): Plan['variants'][number] {
  const timeline: TimelineEvent[] = [...acts, ...DE_FAULT];
  return { name, mitigations: [], timeline: timeline.sort((a, b) => a.at - b.at) };
}

function rule(role?: 'origin'): NodeAct {
  const act = { kind: 'rule', at: FROM - MINUTE, over: 0, rule: MARK, lifts: false } as const;
  return role === undefined ? act : { ...act, role };
}

const SERVERS = {
  ...{ name: 'servers', share: 1, rtt: MILLISECOND },
  stub: { timeouts: [2 * SECOND], failureTries: 1, failureCache: 0 },
  requests: { mean: 1, wait: [0, 0] as const },
};

/** One node in Frankfurt alone, which forgets sooner. */
function origin(plan: Plan = BASE): RolePlan {
  const { cluster, traffic } = plan;
  return {
    cluster: {
      ...{ ...cluster, role: 'origin' },
      colos: cluster.colos.map((colo) => ({ ...colo, nodes: colo.name === 'fra' ? 1 : 0 })),
      cache: { ...cluster.cache, answers: 512 },
    },
    traffic: {
      ...traffic,
      ...{
        names: Math.min(80, traffic.names),
        dnssecOk: 0,
        checkingDisabled: 0,
        groups: [SERVERS],
      },
      regions: [clientsOf('europe', 15, 'fra'), clientsOf('america', 5, 'fra')],
    },
  };
}

function authoritative(operators: readonly string[]): RolePlan {
  const { cluster, traffic } = BASE;
  return {
    cluster: {
      ...{ ...cluster, role: 'authoritative' },
      colos: cluster.colos.map((colo) => ({ ...colo, nodes: 1 })),
    },
    traffic: {
      ...traffic,
      ...{ operators, dnssecOk: 0, checkingDisabled: 0, groups: [SERVERS] },
      oneOff: { ...traffic.oneOff, share: 0 },
      regions: [clientsOf('europe', 20, 'fra')],
    },
  };
}

const BOTH: Plan = { ...BASE, roles: [origin(), authoritative(['hoster-b'])] };

function variantOf({ variants }: Result, name = 'fault'): VariantResult {
  const found = variants.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no variant ${name}`);
  return found;
}

function roleOf(result: Result, role: string, name = 'fault'): RoleResult {
  const found = variantOf(result, name).byRole[role];
  if (found === undefined) throw new Error(`no role ${role}`);
  return found;
}

describe('shards', () => {
  it('are one per role and colo that has nodes for it, numbered as if all colos had all roles', () => {
    expect(rolesOf(BOTH)).toEqual(['resolver', 'origin', 'authoritative']);
    expect(shardsOf(BOTH)).toEqual([0, 1, 2, 4, 5]);
    expect(shardsOf(BOTH).map((shard) => placeOf(BOTH, shard))).toEqual([
      { role: 'resolver', colo: 0 },
      { role: 'resolver', colo: 1 },
      { role: 'origin', colo: 0 },
      { role: 'authoritative', colo: 0 },
      { role: 'authoritative', colo: 1 },
    ]);
    expect(() => placeOf(BOTH, 6)).toThrow('no shard 6');
  });

  it('see the nodes, the traffic and the acts of their role alone, and all of the world', () => {
    const plan = { ...BOTH, variants: [variant('both', [rule(), rule('origin')])] };
    for (const role of ['resolver', 'origin', 'authoritative'] as const) {
      const view = viewOf(plan, role);
      const acts = view.variants[0]?.timeline ?? [];
      expect(view.cluster.role).toBe(role);
      expect(acts.filter(({ kind }) => kind === 'rule')).toHaveLength(
        role === 'authoritative' ? 0 : 1,
      );
      expect(acts.filter(({ kind }) => kind !== 'rule')).toHaveLength(DE_FAULT.length);
      expect(view.zones).toBe(plan.zones);
    }
    expect(() => viewOf(BASE, 'origin')).toThrow('no role origin');
  });
});

describe('a run with several roles', () => {
  it('is the same on worker threads, for another block size, and through octets', async () => {
    const time = { ...BOTH.time, to: FAULT_AT + MINUTE, warmup: 0 };
    const plan = { ...BOTH, time, phases: [] };
    const plain = await run(plan);
    expect(roleOf(plain, 'origin').totals.upstream.bogus).toBeGreaterThan(0);
    expect(roleOf(plain, 'authoritative').totals.clientQueries).toBeGreaterThan(1000);
    const others: RunOptions[] = [{ threads: 2 }, { block: 1, wire: true }];
    for (const options of others) {
      const other = await run(plan, options);
      expect(JSON.stringify(other), JSON.stringify(options)).toBe(JSON.stringify(plain));
    }
  }, 60_000);

  it('leaves public resolution as it is without them, byte for byte', async () => {
    const [alone, beside] = [await run(BASE), await run(BOTH)];
    expect(roleOf(beside, 'resolver')).toEqual(roleOf(alone, 'resolver'));
    expect(Object.keys(variantOf(alone).byRole)).toEqual(['resolver']);
    // all of it together is the sum of its roles
    const { totals, byRole, byColo } = variantOf(beside);
    const sum = (of: Readonly<Record<string, { totals: VariantResult['totals'] }>>): number =>
      Object.values(of).reduce((all, each) => all + each.totals.clientQueries, 0);
    expect(sum(byRole)).toBe(totals.clientQueries);
    expect(sum(byColo)).toBe(totals.clientQueries);
  }, 60_000);

  it('leaves public resolution as it is with warm caches and forwarding, too', async () => {
    const cache = { ...BASE.cluster.cache, mode: 'forwarded', start: 'warm' } as const;
    const traffic = { ...BASE.traffic, names: 40, missing: { share: 0.06, names: 8 } };
    const cluster = { ...BASE.cluster, cache: { ...cache, answers: 256 } };
    const time = { ...BASE.time, to: FAULT_AT, warmup: 0 };
    const plan = { ...BASE, cluster, traffic, time, phases: [] };
    const [alone, beside] = [await run(plan), await run({ ...plan, roles: [origin(plan)] })];
    expect(roleOf(beside, 'resolver')).toEqual(roleOf(alone, 'resolver'));
    const { totals } = roleOf(beside, 'origin');
    // warm: most of it was there at the beginning
    expect(totals.cacheHitRatio).toBeGreaterThan(0.6);
  }, 60_000);

  it('gives each role its own rate, colos, clients and latency', async () => {
    const result = await run(BOTH);
    const { totals } = roleOf(result, 'origin');
    const lookups = 20 * 180;
    expect(Math.abs(totals.lookups - lookups)).toBeLessThan(4 * Math.sqrt(lookups));
    // nobody asks again, from however far away those come for whom the servers ask
    expect(totals.retries).toBe(0);
    expect(totals.clientQueries).toBe(totals.lookups);
    expect(totals.latencyMs?.p50).toBe(1);
    expect(roleOf(result, 'origin').phases.map(({ name }) => name)).toEqual(['during']);
    const { iad } = variantOf(result).byColo;
    expect(iad?.totals).toEqual(variantOf(await run(BASE)).byColo.iad?.totals);
  }, 60_000);

  it('keeps rules to the role that they are for', async () => {
    const variants = [
      ...[variant('fault', []), variant('public', [rule()])],
      ...[variant('origin', [rule('origin')]), variant('both', [rule(), rule('origin')])],
    ];
    const result = await run({ ...BASE, variants, roles: [origin()] });
    const bogus = (role: string, name: string): number =>
      roleOf(result, role, name).totals.upstream.bogus;
    const most = { resolver: bogus('resolver', 'fault'), origin: bogus('origin', 'fault') };
    expect(most.origin).toBeGreaterThan(20);
    expect(roleOf(result, 'origin', 'public').totals).toEqual(roleOf(result, 'origin').totals);
    expect(roleOf(result, 'resolver', 'origin').totals).toEqual(roleOf(result, 'resolver').totals);
    expect(bogus('resolver', 'public')).toBeLessThan(most.resolver / 2);
    expect(bogus('origin', 'origin')).toBeLessThan(most.origin / 2);
    const both = variantOf(result, 'both').orders;
    expect(both.map(({ role }) => role)).toEqual(['resolver', 'origin']);
    const counted = ['resolver', 'origin'].map(
      (role) => roleOf(result, role, 'both').totals.unvalidated,
    );
    expect(both.map(({ unvalidated }) => unvalidated)).toEqual(counted);
    expect(Math.min(...counted)).toBeGreaterThan(100);
  }, 60_000);
});

describe('external queries', () => {
  /** The hoster of .de with sites that do this. */
  function operators(behaviour: SitePlan['behaviour']): readonly OperatorPlan[] {
    return BASE.operators.map((operator) =>
      operator.id !== 'hoster-b'
        ? operator
        : {
            ...operator,
            servers: operator.servers.map((server) => ({
              ...server,
              sites: server.sites.map((site) => ({ ...site, behaviour })),
            })),
          },
    );
  }

  async function answers(behaviour: SitePlan['behaviour']): Promise<VariantResult['totals']> {
    const plan = { ...BASE, operators: operators(behaviour), roles: [authoritative(['hoster-b'])] };
    const result = await run(plan);
    return roleOf(result, 'authoritative').totals;
  }

  it('are answered from the zones of the operator, whatever validators make of it', async () => {
    const {
      clientQueries,
      answers: got,
      cache,
      cacheHitRatio,
      latencyMs,
    } = await answers('answer');
    expect(got.NOERROR + got.NXDOMAIN).toBe(clientQueries);
    expect(Math.min(got.NOERROR, got.NXDOMAIN)).toBeGreaterThan(100);
    expect(cache.authoritative).toBe(clientQueries);
    expect(cacheHitRatio).toBeNull();
    expect(latencyMs?.max).toBe(1);
  }, 30_000);

  it('fail when the operator refuses, and get no answer when it is silent', async () => {
    const refused = await answers('refuse');
    expect(refused.answers.REFUSED).toBe(refused.clientQueries);
    expect(refused.failedLookupRate).toBe(1);
    const silent = await answers('silent');
    expect(silent.answers.TIMEOUT).toBe(silent.clientQueries);
    expect(silent.cache.authoritative).toBe(silent.clientQueries);
    expect(silent.latencyMs).toBeNull();
  }, 30_000);

  it('ask for names of that operator alone', async () => {
    const { byZone } = variantOf(await run({ ...BASE, roles: [authoritative(['hoster-b'])] }));
    const base = variantOf(await run(BASE)).byZone;
    for (const [zone, { totals }] of Object.entries(byZone)) {
      const isMore = totals.clientQueries > (base[zone]?.totals.clientQueries ?? 0);
      expect([zone, isMore]).toEqual([zone, zone === 'de']);
    }
  }, 30_000);
});

describe('a figure of several roles', () => {
  it('is the ratio of their sums', async () => {
    const filter = { zone: null, colo: null, role: ['origin', 'authoritative'], slice: null };
    const span = { from: FROM, to: TO, filter };
    const figure = { ...span, variant: 'fault', metric: 'servfail-rate', take: 'span' } as const;
    const published = [{ ...figure, figure: 'f', value: 0.1, fitted: false, source: 's' }];
    const result = await run({ ...BOTH, published });
    const [a, b] = ['origin', 'authoritative'].map((role) => roleOf(result, role).totals);
    if (a === undefined || b === undefined) throw new Error('two roles');
    const expected =
      (a.answers.SERVFAIL + b.answers.SERVFAIL) / (a.clientQueries + b.clientQueries);
    expect(result.published[0]?.simulated).toBe(expected);
    expect(expected).toBeGreaterThan(0);
  }, 30_000);
});
