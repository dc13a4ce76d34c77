/** Acts on sites and routes in the language: what they become, and what is refused. */

import { describe, expect, it } from 'vitest';
import { MINUTE } from '../../resolver-core/time.ts';
import type { TimelineEvent } from '../../sim/plan.ts';
import { errorsOfFiles, INCIDENT, planOfFiles } from '../testing/files.ts';

const FROM = Date.UTC(2026, 4, 5, 17) * 1000;

function filesWith(lines: string): Readonly<Record<string, string>> {
  return {
    'names.txt': 'example.com\n',
    'main.yaml': `{ extends: ${INCIDENT}, names: names.txt, traffic: { names: 4 }, expect: [], published: [], timeline: [],
operators: { gtld-servers: { servers: [a.gtld-servers.net, b.gtld-servers.net], families: [ipv4, ipv6], sites: [europe, { name: dallas, region: north-america }, { name: tokyo, region: asia, servers: [a.gtld-servers.net] }] } },
${lines}
}
`,
  };
}

/** What the mitigation `it` does: minutes after the start of the window, and the rest of each act. */
function actsOf(events: string): (readonly [number, object])[] {
  const plan = planOfFiles(filesWith(`mitigations: { it: [${events}] }, variants: { a: [it] }`));
  const timeline = plan.variants.find(({ name }) => name === 'a')?.timeline ?? [];
  return timeline.map((event: TimelineEvent) => {
    const { at, mark: _, mitigation: __, ...rest } = event;
    return [(at - FROM) / MINUTE, rest];
  });
}

const AT = 'at: +60m, operator: gtld-servers';
const isolated = { kind: 'isolate', operator: 'gtld-servers', sites: ['dallas'], lifts: false };
const withdrawn = { ...isolated, kind: 'withdraw' };

describe('a site', () => {
  it('is isolated until its event ends, or until it is resumed', () => {
    expect(actsOf(`{ ${AT}, until: +90m, isolate: dallas }`)).toEqual([
      [60, isolated],
      [90, { ...isolated, lifts: true }],
    ]);
    const events = `{ ${AT}, isolate: [dallas, tokyo] }, { at: +2h, operator: gtld-servers, resume: tokyo }`;
    expect(actsOf(events)).toEqual([
      [60, { ...isolated, sites: ['dallas', 'tokyo'] }],
      [120, { ...isolated, sites: ['tokyo'], lifts: true }],
    ]);
  });

  it('is withdrawn as long as one event says so', () => {
    const events = `{ ${AT}, until: +90m, withdraw: [dallas, tokyo] }, { ${AT}, withdraw: dallas }`;
    expect(actsOf(events)).toEqual([
      [60, { ...withdrawn, sites: ['dallas', 'tokyo'] }],
      [60, withdrawn],
      [90, { ...withdrawn, sites: ['tokyo'], lifts: true }],
    ]);
  });
});

describe('a reroute', () => {
  it('is of all colos and addresses unless something else is said, and can be lifted', () => {
    const route = { colos: [], family: null, servers: [], site: 'dallas' };
    const act = { kind: 'reroute', operator: 'gtld-servers', route, lifts: false };
    expect(actsOf(`{ ${AT}, until: +90m, reroute: { to: dallas } }`)).toEqual([
      [60, act],
      [90, { ...act, lifts: true }],
    ]);
  });

  it('is of colos, of those of regions, of a family and of servers', () => {
    const some = 'regions: [europe], colos: [iad], family: ipv4, servers: [a.gtld-servers.net]';
    const [[, act] = []] = actsOf(`{ ${AT}, reroute: { ${some}, to: tokyo } }`);
    const servers = ['a.gtld-servers.net'];
    expect(act).toMatchObject({
      route: { colos: ['iad', 'fra'], family: 4, servers, site: 'tokyo' },
    });
  });
});

it('marks tell what happened', () => {
  const events = [
    `{ ${AT}, isolate: dallas }`,
    '{ at: +61m, operator: gtld-servers, resume: dallas, mark: repair }',
    '{ at: +62m, operator: gtld-servers, withdraw: [dallas, tokyo] }',
    '{ at: +63m, operator: gtld-servers, reroute: { colos: [fra], family: ipv6, to: europe } }',
  ];
  const plan = planOfFiles(filesWith(`variants: { a: { timeline: [${events.join(', ')}] } }`));
  const timeline = plan.variants.find(({ name }) => name === 'a')?.timeline ?? [];
  expect(timeline.map(({ mark }) => mark)).toEqual([
    { kind: 'fault', text: 'gtld-servers: dallas without updates' },
    { kind: 'repair', text: 'gtld-servers: dallas updated again' },
    { kind: 'fault', text: 'gtld-servers: dallas, tokyo withdrawn' },
    { kind: 'fault', text: 'gtld-servers over IPv6 to europe, from fra' },
  ]);
});

describe('refused with its place is', () => {
  it.each([
    [
      'a site that is none',
      `${AT}, isolate: dalas`,
      '3:64: site of gtld-servers "dalas"; expected one of europe, dallas, tokyo (did you mean "dallas"?)',
    ],
    [
      'a site of another operator',
      'at: +60m, operator: denic, withdraw: dallas',
      /^3:\d+: site of denic "dallas"; expected one of europe, north-america, asia/,
    ],
    [
      'an operator that is none',
      'at: +60m, operator: gtld-server, withdraw: dallas',
      /^3:\d+: operator "gtld-server"; .*\(did you mean "gtld-servers"\?\)$/,
    ],
    [
      'an act on sites without an operator',
      'at: +60m, withdraw: dallas',
      '3:22: "operator" is missing; expected the operator whose sites are meant',
    ],
    [
      'an operator beside another act',
      `${AT}, resolver: { validation: off }`,
      /^3:\d+: "operator" beside "resolver"; expected "operator" with isolate, resume, withdraw, reroute$/,
    ],
    ['no site', `${AT}, isolate: []`, /^3:\d+: none; expected at least one site$/],
    [
      'a zone beside an act on sites',
      `${AT}, isolate: dallas, zone: com`,
      /^3:\d+: "zone" beside "isolate"/,
    ],
    [
      'an end of what is resumed',
      `${AT}, resume: dallas, until: +2h`,
      /^3:\d+: "until" beside "resume"/,
    ],
    [
      'a reroute to where the server does not stand',
      `${AT}, reroute: { servers: [b.gtld-servers.net], to: tokyo }`,
      /^3:\d+: "tokyo"; expected a site at which one of these servers stands$/,
    ],
    [
      'a server of another operator',
      `${AT}, reroute: { servers: [c.gtld-servers.net], to: dallas }`,
      /^3:\d+: server of gtld-servers "c.gtld-servers.net"; expected one of a.gtld-servers.net, b/,
    ],
    [
      'a colo that is none',
      `${AT}, reroute: { colos: [far], to: dallas }`,
      /^3:\d+: colo "far"; .*did you mean "fra"/,
    ],
    [
      'a region without colo',
      `${AT}, reroute: { regions: [asia], to: dallas }`,
      /^3:\d+: region with a colo "asia"; expected one of europe, north-america/,
    ],
    [
      'a family in which nobody has an address',
      'at: +60m, operator: denic, reroute: { family: ipv6, to: europe }',
      /^3:\d+: no address of denic in ipv6; expected a family in which the operator has addresses$/,
    ],
  ])('%s', (_, event, message) => {
    const errors = errorsOfFiles(
      filesWith(`variants: { a: { timeline: [\n{ ${event} }] } }`.replace('\n', '')),
    );
    const [first = ''] = errors.map((error) => error.slice('main.yaml:'.length));
    if (typeof message === 'string')
      expect(first.replace(/^3:\d+/, '')).toBe(message.replace(/^3:\d+/, ''));
    else expect(first).toMatch(message);
  });
});
