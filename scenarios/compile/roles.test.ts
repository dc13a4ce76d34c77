/** Roles beside the public resolver in the language: what they become, and what is refused. */

import { describe, expect, it } from 'vitest';
import { MILLISECOND, SECOND } from '../../resolver-core/time.ts';
import { TYPE } from '../../resolver-core/wire/iana.ts';
import type { RolePlan } from '../../sim/plan.ts';
import { planOf } from '../compile.ts';
import { errorsOfFiles, INCIDENT, planOfFiles, withFiles } from '../testing/files.ts';

const WORLD = INCIDENT.replace('library/de-rollover-2026', 'worlds/internet-small');

/** A quiet hour in the shipped world, and what `lines` say of it. */
function filesWith(lines: string): Readonly<Record<string, string>> {
  return {
    'base.yaml': `extends: ${WORLD}
name: quiet
title: A quiet hour
time: { from: 2026-05-05T17:00Z, to: 2026-05-05T19:00Z, bucket: 1m, warmup: 1m }
variants: { a: [] }
`,
    'main.yaml': `{ extends: base.yaml,
${lines}
}
`,
  };
}

const REGIONS = 'regions: { europe: { lookups-per-second: 10 } }';
const ORIGIN = `origin: { traffic: { ${REGIONS} } }`;
const HARBOUR = `authoritative: { operators: harbourdns, traffic: { ${REGIONS}, missing: { share: 0%, names: 0 } } }`;

function role(plan: ReturnType<typeof planOfFiles>, wanted: string): RolePlan {
  const found = plan.roles.find(({ cluster }) => cluster.role === wanted);
  if (found === undefined) throw new Error(`no role ${wanted}`);
  return found;
}

describe('origin resolution', () => {
  it('is not there unless a scenario says so', () => {
    expect(planOfFiles(filesWith('seed: 3')).roles).toEqual([]);
  });

  it('is as the public resolver in all that is left out, save that servers ask', () => {
    const plan = planOfFiles(filesWith(ORIGIN));
    const { cluster, traffic } = role(plan, 'origin');
    expect(cluster).toEqual({ ...plan.cluster, role: 'origin' });
    const { regions, groups, ...asked } = traffic;
    expect(plan.traffic).toMatchObject(asked);
    expect(regions).toMatchObject([
      { name: 'europe', lookupsPerSecond: 10, catchment: [{ colo: 'fra', share: 1 }] },
    ]);
    expect(regions[0]?.day).toEqual(plan.traffic.regions[0]?.day);
    expect(groups).toEqual([
      {
        ...{ name: 'servers', share: 1, rtt: 0.5 * MILLISECOND },
        stub: { timeouts: [2 * SECOND, 2 * SECOND], failureTries: 1, failureCache: 0 },
        requests: { mean: 1, wait: [0, 0] },
      },
    ]);
  });

  it('has what it says of itself, setting by setting', () => {
    const plan = planOfFiles(
      filesWith(
        `origin: {
           cluster: {
             colos: { iad: { nodes: 3 } }, cache: { answers: 500, mode: private }, forwarding: { tags: drop },
             resolver: { serve-stale: off, max-ttl: 1h }, apps: { static-zone: on } },
           traffic: { names: 50, zipf: 0.9, types: { A: 100% }, dnssec-ok: 0%, ${REGIONS} } }`,
      ),
    );
    const { cluster, traffic } = role(plan, 'origin');
    const nodes = cluster.colos.map((colo) => [colo.name, colo.nodes]);
    expect(nodes).toEqual([
      ['fra', 0],
      ['iad', 3],
    ]);
    expect(cluster.cache).toEqual({ ...plan.cluster.cache, answers: 500, mode: 'private' });
    expect(cluster.forwarding).toEqual({ ...plan.cluster.forwarding, tags: 'drop' });
    const changed = { serveStale: null, maxTtl: 3600 };
    expect(cluster.resolver).toEqual({ ...plan.cluster.resolver, ...changed });
    expect([cluster.staticZone.use, plan.cluster.staticZone.use]).toEqual([true, false]);
    expect(traffic).toMatchObject({ names: 50, zipf: 0.9, dnssecOk: 0 });
    expect(traffic.types).toEqual([{ type: TYPE.A, share: 1 }]);
    // the nearest colo of those that have it
    expect(traffic.regions[0]?.catchment).toEqual([{ colo: 'iad', share: 1 }]);
  });

  it('grows and shrinks with --scale as the public resolver does', () => {
    const files = filesWith(`${ORIGIN}, ${HARBOUR}`);
    const [whole, half] = withFiles(files, (folder) =>
      [1, 0.5].map((scale) => planOf(`${folder}/main.yaml`, { scale })),
    );
    if (whole === undefined || half === undefined) throw new Error('two plans');
    for (const name of ['origin', 'authoritative']) {
      const [a, b] = [role(whole, name), role(half, name)];
      expect(b.cluster.cache.answers).toBe(a.cluster.cache.answers / 2);
      expect(b.traffic.regions[0]?.lookupsPerSecond).toBe(5);
      expect(b.traffic.names).toBe(half.traffic.names);
    }
  });
});

describe('the authoritative servers of the network', () => {
  it('are asked for names of their operators by resolvers', () => {
    const { cluster, traffic } = role(planOfFiles(filesWith(HARBOUR)), 'authoritative');
    expect(cluster.colos.map(({ nodes }) => nodes)).toEqual([1, 1]);
    expect(traffic).toMatchObject({ operators: ['harbourdns'], dnssecOk: 0, checkingDisabled: 0 });
    expect(traffic.oneOff.share).toBe(0);
    expect(traffic.groups.map(({ name }) => name)).toEqual(['resolvers']);
  });
});

describe('an act for a role', () => {
  const MARK = 'rule: phase = validation subtree = de mark-insecure';

  it('is for the public resolver unless it says otherwise', () => {
    const acts = `mitigations: { it: [{ at: +60m, until: +90m, ${MARK} }, { at: +70m, until: +80m, role: origin, ${MARK} }] }`;
    const plan = planOfFiles(filesWith(`${ORIGIN}, ${acts}, variants: { a: [it] }`));
    const timeline = plan.variants[0]?.timeline ?? [];
    expect(timeline.map((act) => ('role' in act ? act.role : null))).toEqual([
      ...[null, 'origin', 'origin', null],
    ]);
    expect(timeline.map((act) => act.kind === 'rule' && act.lifts)).toEqual([
      ...[false, false, true, true],
    ]);
  });

  it('is lifted to what that role was before, and not kept by the other', () => {
    const origin = `origin: { cluster: { resolver: { max-ttl: 1h } }, traffic: { ${REGIONS} } }`;
    const acts =
      'mitigations: { it: [{ at: +60m, until: +90m, role: origin, resolver: { max-ttl: 60s } }, { at: +10m, resolver: { max-ttl: 2h } }] }';
    const plan = planOfFiles(filesWith(`${origin}, ${acts}, variants: { a: [it] }`));
    const last = plan.variants[0]?.timeline.at(-1);
    expect(last).toMatchObject({ role: 'origin', kind: 'resolver', set: { maxTtl: 3600 } });
  });

  it('says in reports which role it is for', () => {
    const timeline = `timeline: [{ at: +60m, role: origin, resolver: { max-ttl: 60s } }]`;
    const plan = planOfFiles(filesWith(`${ORIGIN}, ${timeline}`));
    expect(plan.variants[0]?.timeline[0]?.mark?.text).toBe('max-ttl 60s (origin)');
  });
});

describe('a filter', () => {
  it('takes one role, or a list of them', () => {
    const figure = (which: string) =>
      `{ figure: f, value: 5%, variant: a, metric: servfail-rate, role: ${which}, source: s }`;
    const figures = [figure('origin'), figure('[origin, authoritative]')].join(', ');
    const plan = planOfFiles(filesWith(`${ORIGIN}, ${HARBOUR}, published: [${figures}]`));
    expect(plan.published.map(({ filter }) => filter.role)).toEqual([
      ['origin'],
      ['origin', 'authoritative'],
    ]);
  });
});

describe('refused with its place is', () => {
  it.each([
    [
      'a colo that there is not',
      `origin: { cluster: { colos: { fro: { nodes: 1 } } }, traffic: { ${REGIONS} } }`,
      /^main.yaml:2:\d+: colo "fro"; expected one of .*fra.* \(did you mean "fra"\?\)$/,
    ],
    [
      'a setting that contradicts one of the public resolver',
      `origin: { cluster: { resolver: { failure-ttl-max: 1s } }, traffic: { ${REGIONS} } }`,
      /expected at least "failure-ttl"$/,
    ],
    [
      'traffic without regions',
      'origin: { traffic: { names: 5 } }',
      /^main.yaml:2:\d+: "regions" is missing; expected /,
    ],
    [
      'a region that the network does not have',
      'origin: { traffic: { regions: { europa: { lookups-per-second: 1 } } } }',
      /region "europa"; expected one of .*europe.* \(did you mean "europe"\?\)$/,
    ],
    [
      'an unknown operator',
      `authoritative: { operators: [harbordns], traffic: { ${REGIONS} } }`,
      /operator "harbordns"; expected one of .* \(did you mean "harbourdns"\?\)$/,
    ],
    [
      'an operator that serves nothing that is asked for',
      `authoritative: { operators: [lame], traffic: { ${REGIONS} } }`,
      /expected operators that serve names of the catalogue, of those that are asked for$/,
    ],
    [
      'a role that the scenario does not have',
      'timeline: [{ at: +1h, role: origin, resolver: { max-ttl: 60s } }]',
      /^main.yaml:2:\d+: role "origin"; expected resolver/,
    ],
    [
      'a role beside an act upon a zone',
      `${ORIGIN}, timeline: [{ at: +1h, role: origin, zone: de, sign-with: "32911" }]`,
      /"role" beside "sign-with"; expected an act upon nodes$/,
    ],
    [
      'a rule for authoritative servers',
      `${HARBOUR}, timeline: [{ at: +1h, role: authoritative, resolver: { max-ttl: 60s } }]`,
      /"authoritative"; expected one of resolver, origin$/,
    ],
    [
      'a figure of a role that the scenario does not have',
      'expect: [{ role: [resolver, origin], servfail-rate: { below: 1% } }]',
      /^main.yaml:2:\d+: role "origin"; expected resolver/,
    ],
  ])('%s', (_, lines, expected) => {
    const [error = '', ...others] = errorsOfFiles(filesWith(lines));
    expect(error).toMatch(expected);
    expect(others).toEqual([]);
  });
});
