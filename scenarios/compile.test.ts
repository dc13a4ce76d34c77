import { beforeAll, describe, expect, it } from 'vitest';
import { TYPE } from '../resolver-core/wire/iana.ts';
import type { Plan } from '../sim/plan.ts';
import { numbersOf, planOf } from './compile.ts';
import { loadScenario } from './load.ts';
import { errorsOfFiles, errorsOver, INCIDENT, planOfFiles } from './testing/files.ts';
import { pathText } from './tree.ts';

const START = Date.UTC(2026, 4, 5, 19, 30) * 1000;
const REPAIR = Date.UTC(2026, 4, 5, 23, 15) * 1000;

describe('the shipped incident', () => {
  let plan: Plan;
  beforeAll(() => {
    plan = planOf(INCIDENT);
  });

  it('has the variants of the contract', () => {
    expect(plan.variants.map(({ name, mitigations }) => [name, mitigations])).toEqual([
      ['nothing-done', []],
      ['no-serve-stale', ['serve-stale-off']],
      ['as-it-happened', ['override-rule', 'origin-override-rule']],
      ['nta-within-the-hour', ['negative-trust-anchor']],
      ['non-validating', ['validation-off']],
    ]);
  });

  it('says where every number comes from', () => {
    const without = [...numbersOf(loadScenario(INCIDENT).tree)]
      .filter(([, { source }]) => source === null)
      .map(([path]) => pathText(path));
    expect(without).toEqual([]);
    expect(plan.provenance.length).toBeGreaterThan(200);
    expect(plan.provenance).toContainEqual({
      path: 'zones.de.ttl.nsec',
      value: '2h',
      provenance: 'published',
      note: 'dig transcripts of de, 2021 and July 2025',
    });
  });

  it('signs with three pairs of one tag, the first of them published', () => {
    const de = plan.zones.find(({ apex }) => apex === 'de');
    expect(de?.signing).toMatchObject({ ksk: '26755', zsk: '32911' });
    expect(de?.signing?.keys.find(({ id }) => id === '33834')).toEqual({
      id: '33834',
      role: 'zsk',
      algorithm: 8,
      bits: 1024,
      tag: 33834,
      copies: 3,
      publishedFrom: Date.UTC(2026, 4, 2) * 1000,
      publishedUntil: null,
    });
    expect(de?.signing?.denial).toEqual({
      kind: 'nsec3',
      iterations: 15,
      salt: 'ca12b74adb90591a',
      optOut: true,
    });
  });

  it('has the timeline as DENIC describes it', () => {
    expect(plan.variants[0]?.timeline).toMatchObject([
      { kind: 'sign-with', at: START, zone: 'de', key: '33834' },
      {
        kind: 'resign',
        at: START,
        zone: 'de',
        select: { owner: 'de', types: [TYPE.NSEC3], signedWith: null },
        over: 0,
        copy: 1,
      },
      { kind: 'sign-with', at: REPAIR, zone: 'de', key: '32911' },
      {
        kind: 'resign',
        at: REPAIR,
        zone: 'de',
        select: { owner: null, types: [], signedWith: '33834' },
        over: 0,
        copy: null,
      },
    ]);
  });

  it('puts mitigations into the timeline in order of time', () => {
    const [first, second, third] = plan.variants[4]?.timeline ?? [];
    expect(first).toEqual({
      kind: 'resolver',
      at: plan.time.from - plan.time.warmup,
      set: { validation: false },
      mitigation: 'validation-off',
      mark: { kind: 'mitigation', text: 'validation-off' },
    });
    expect(second).toMatchObject({ ...first, role: 'origin' });
    expect(third?.at).toBe(START);
  });

  it('tells fault from repair', () => {
    const marks = plan.variants[0]?.timeline.map(({ at, mark }) => [at, mark?.kind, mark?.text]);
    expect(marks).toEqual([
      [START, 'fault', 'de signed with 33834'],
      [START, 'fault', 'NSEC3 of de signed anew'],
      [REPAIR, 'repair', 'de signed with 32911'],
      [REPAIR, 'repair', 'de signed anew'],
    ]);
  });

  it('knows the places of its expectations, and no folder of this machine', () => {
    for (const { where } of plan.expectations) {
      expect(where).toMatch(/^de-rollover-2026\.yaml:\d+:\d+$/);
    }
  });

  it('keeps every name server and CNAME target of the untouched registries out of de', () => {
    const untouched = ['nl', 'se', 'fr', 'ch', 'uk', 'net'];
    const serves = (tlds: readonly string[], tld: string) =>
      tlds.length === 0 || tlds.includes(tld);
    const { hosters, aliases } = plan.hosting;
    for (const tld of untouched) {
      const operators = hosters
        .filter(({ tlds }) => serves(tlds, tld))
        .map(({ operator }) => operator)
        .concat(plan.zones.find(({ apex }) => apex === tld)?.operator ?? '');
      const names = plan.operators
        .filter(({ id }) => operators.includes(id))
        .flatMap(({ servers }) => servers.map(({ name }) => name))
        .concat(
          aliases.targets.filter(({ tlds }) => serves(tlds, tld)).map(({ domain }) => domain),
        );
      expect(names.filter((name) => !new RegExp(`\\.(?:${tld}|net)$`).test(name))).toEqual([]);
      expect(names.length).toBeGreaterThan(2);
    }
  });

  it('gives every server an address of its own', () => {
    const addresses = plan.operators.flatMap(({ servers }) =>
      servers.map(({ address }) => address),
    );
    expect(new Set(addresses).size).toBe(addresses.length);
  });
});

describe('--seed and --scale', () => {
  it('take the place of the seed, and multiply rates, names and caches alike', () => {
    const full = planOf(INCIDENT);
    const smaller = planOf(INCIDENT, { seed: 7, scale: 0.75 });
    expect(smaller.seed).toBe(7);
    expect(smaller.catalogue).toHaveLength(Math.round(full.catalogue.length * 0.75));
    expect(smaller.traffic.names).toBe(full.traffic.names * 0.75);
    expect(smaller.traffic.regions[0]?.lookupsPerSecond).toBeCloseTo(
      (full.traffic.regions[0]?.lookupsPerSecond ?? 0) * 0.75,
    );
    expect(smaller.cluster.cache.answers).toBe(Math.round(full.cluster.cache.answers * 0.75));
    expect(smaller.scale).toBe(0.75);
    expect(smaller.expectationsLeftOut).toBeGreaterThan(0);
    expect(smaller.expectationsLeftOut).toBe(
      full.expectations.length - smaller.expectations.length,
    );
  });
});

describe('names', () => {
  const world = `extends: ${INCIDENT}\nnames: list.txt\ntraffic: { names: 8 }\n`;

  it('come from a list, with or without ranks and comments', () => {
    const list = '# top\n1,Example.COM\n\n 2, beispiel.de  # popular\n';
    expect(planOfFiles({ 'main.yaml': world, 'list.txt': list }).catalogue).toEqual([
      'example.com',
      'beispiel.de',
    ]);
  });

  it('are refused with their place in the list', () => {
    const long = Array(6).fill('a'.repeat(49)).join('.');
    const list = `good.de\nwww.bad.de\n3,x.dee\ngood.de\n${long}.de\n${'b'.repeat(64)}.de\nde\n`;
    const errors = errorsOfFiles({ 'main.yaml': world, 'list.txt': list });
    const below = /expected a domain one label below a zone of the scenario \(com, net, .*\)/;
    expect(errors).toHaveLength(6);
    expect(errors[0]).toMatch(/^list\.txt:2:1: "www\.bad\.de"; /);
    expect(errors[0]).toMatch(below);
    expect(errors[1]).toMatch(/^list\.txt:3:3: "x\.dee"; .* \(did you mean "de"\?\)$/);
    expect(errors.slice(2, 5)).toEqual([
      'list.txt:4:1: "good.de" a second time; expected each domain once',
      'list.txt:5:1: a name of 304 octets, at most 255; expected a domain name (RFC 1035 section 2.3.4)',
      'list.txt:6:1: a label of 64 octets, at most 63; expected a domain name (RFC 1035 section 2.3.4)',
    ]);
    expect(errors[5]).toMatch(/^list\.txt:7:1: "de"; /);
  });

  it('say where a missing list was named', () => {
    expect(errorsOfFiles({ 'main.yaml': world })).toEqual([
      'main.yaml:2:8: list.txt does not exist; expected a readable file',
    ]);
  });
});

describe('bad input', () => {
  const ZONE = `
    operator: denic
    ttl: { soa: 1h, negative: 1h, ns: 1d, delegation: 1d, ds: 1d, nsec: 2h, dnskey: 1h }
    registry: { names: 4, signed: 0 }`;

  it.each([
    [
      'an unknown key',
      'cluster: { colos: { fra: { nods: 3 } } }',
      '2:28: unknown key "nods"; expected one of region, nodes (did you mean "nodes"?)',
    ],
    [
      'an unknown metric',
      'expect: [{ servfail-rat: { below: 4% } }]',
      /^2:12: unknown key "servfail-rat"; expected one of variant, .* \(did you mean "servfail-rate"\?\)$/,
    ],
    [
      'a wrong type',
      'traffic: { zipf: [1] }',
      '2:18: a list; expected a Zipf exponent from 0 to 4',
    ],
    ['a text for a map', 'traffic: { missing: few }', '2:21: "few"; expected a map'],
    ['a number for a list', 'timeline: 3', '2:11: "3"; expected a list'],
    ['nothing', 'traffic:\n  zipf:', '3:8: nothing; expected a Zipf exponent from 0 to 4'],
    [
      'a missing key',
      'timeline: [{ zone: de }]',
      '2:12: "at" is missing; expected "at", or "from" and "to"',
    ],
    [
      'a duration without a unit',
      'time: { warmup: 90 }',
      '2:17: "90"; expected a duration such as 90s, 15m, 13d or 1h30m',
    ],
    [
      'a wrong word',
      'published: [{ figure: f, value: 1, variant: no-serve-stale, metric: lookups, take: maxx, source: s }]',
      '2:84: "maxx"; expected one of span, max, min (did you mean "max"?)',
    ],
    [
      'too many nodes',
      'cluster: { colos: { fra: { nodes: 1000 } } }',
      '2:35: "1000"; expected a whole number from 1 to 256 (each node has caches of its own)',
    ],
    [
      'a window that ends before it begins',
      'time: { to: 2026-05-05T16:00Z }',
      '2:13: "2026-05-05T16:00Z"; expected an instant after "from"',
    ],
    [
      'a window of no length',
      'time: { to: 2026-05-05T17:00Z }',
      '2:13: "2026-05-05T17:00Z"; expected an instant after "from"',
    ],
    [
      'a window without a date',
      'time: { from: 17:00 }',
      '2:15: "17:00"; expected an instant with a date, such as 2026-05-05T17:00Z',
    ],
    [
      'a bucket that does not fit',
      'time: { bucket: 7m }',
      '2:17: "7m"; expected a duration that divides the window without remainder',
    ],
    [
      'a phase backwards',
      'phases: { late: 21:00..20:00 }',
      '2:17: "21:00..20:00"; expected a span that begins before it ends',
    ],
    [
      'an event after the end',
      'timeline: [{ at: +9h, zone: de, sign-with: "33834" }]',
      '2:18: "+9h"; expected an instant before the end of the window, 2026-05-06T01:00:00Z',
    ],
    [
      'an unknown zone',
      'timeline: [{ at: 19:30, zone: dee, sign-with: "33834" }]',
      /^2:31: zone "dee"; expected one of \., com, .* \(did you mean "de"\?\)$/,
    ],
    [
      'an unknown key of a zone',
      'timeline: [{ at: 19:30, zone: de, sign-with: "33843" }]',
      '2:46: key of de "33843"; expected one of 26755, 32911, 33834 (did you mean "33834"?)',
    ],
    [
      'an unknown operator',
      'zones: { de: { operator: denik } }',
      /^2:26: operator "denik"; expected one of .* \(did you mean "denic"\?\)$/,
    ],
    [
      'an unknown region',
      'cluster: { colos: { fra: { region: europa } } }',
      '2:36: region "europa"; expected one of europe, north-america, asia (did you mean "europe"?)',
    ],
    [
      'an unknown mitigation',
      'variants: { a: [validation-of] }\nexpect: []\npublished: []',
      '2:17: mitigation "validation-of"; expected one of serve-stale-off, validation-off, override-rule, origin-override-rule, negative-trust-anchor (did you mean "validation-off"?)',
    ],
    [
      'an unknown variant',
      'expect: [{ variant: no-serv-stale, servfail-rate: { below: 1% } }]',
      '2:21: variant "no-serv-stale"; expected one of nothing-done, no-serve-stale, as-it-happened, nta-within-the-hour, non-validating (did you mean "no-serve-stale"?)',
    ],
    [
      'an unknown variant to differ from',
      'expect: [{ differs-from: non-validatin, servfail-rate: { below: 1% } }]',
      '2:26: variant "non-validatin"; expected one of nothing-done, no-serve-stale, as-it-happened, nta-within-the-hour, non-validating (did you mean "non-validating"?)',
    ],
    [
      'two comparisons in one expectation',
      'expect: [{ relative-to: non-validating, differs-from: non-validating, retries: { below: 1 } }]',
      '2:41: "differs-from" beside "relative-to"; expected one of the two',
    ],
    [
      'an unknown phase',
      'expect: [{ during: durin, servfail-rate: { below: 1% } }]',
      '2:20: phase "durin"; expected one of before, during, after (did you mean "during"?)',
    ],
    [
      'two zones with one name',
      `zones:\n  DE.:${ZONE}`,
      '3:3: zone "DE.", which is "de" again; expected each zone once',
    ],
    [
      'a zone delegating to itself',
      'zones: { nl: { parent: nl } }',
      '2:24: zone "nl" delegating to itself; expected the closest zone above, .',
    ],
    [
      'a parent that is not the closest zone above',
      'zones: { nl: { parent: com } }',
      '2:24: parent "com"; expected the closest zone above, .',
    ],
    [
      'a hoster whose name servers nobody can find',
      'operators: { hofnetz: { servers: [ns1.hofnetz.dee] } }',
      /^2:35: "ns1\.hofnetz\.dee"; expected a name below com, net, .*: nobody could find its address$/,
    ],
    [
      'a name of 300 octets',
      `zones:\n  ${Array(6).fill('a'.repeat(49)).join('.')}:${ZONE}`,
      '3:3: a name of 301 octets, at most 255; expected a domain name (RFC 1035 section 2.3.4)',
    ],
    [
      'a label of 64 octets',
      `timeline: [{ at: 19:30, zone: ${'a'.repeat(64)}, sign-with: x }]`,
      '2:31: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa..."; expected a domain name (RFC 1035 section 2.3.4: this is a label of 64 octets, at most 63)',
    ],
    [
      'shares of more than everything',
      'traffic: { types: { A: 60%, AAAA: 50%, HTTPS: 0, TXT: 0, MX: 0 } }',
      '2:19: shares of 110%; expected at most 100% in all (types of questions)',
    ],
    [
      'a share of more than everything',
      'traffic: { dnssec-ok: 120% }',
      '2:23: "120%"; expected a share such as 12% or 0.12',
    ],
    [
      'signatures that do not last until they are made anew',
      'zones: { de: { signing: { validity: 7d } } }',
      '2:37: "7d"; expected longer than "backdate" and "resign-every" together',
    ],
    [
      'a copy that there is not',
      'timeline: [{ at: 19:30, zone: de, resign: { copy: 3 } }]',
      '2:51: "3"; expected a copy from 0 (the published one) to 2',
    ],
    [
      'an event in which nothing happens',
      'timeline: [{ at: 19:30, zone: de }]',
      '2:12: an event in which nothing happens; expected one of sign-with, resign, add, resolver, forwarding, apps, rule, nta, restart, clock, isolate, resume, withdraw, reroute, withdraw-colo',
    ],
    [
      'an end of what cannot be undone',
      'timeline: [{ at: 19:30, until: 20:00, zone: de, sign-with: "33834" }]',
      '2:25: "until" beside "sign-with"; expected "until" with what can be lifted (resolver, forwarding, apps, rule, nta, clock, isolate, withdraw, reroute, withdraw-colo)',
    ],
    [
      'an end before the beginning',
      'timeline: [{ at: 19:30, until: 19:00, resolver: { validation: off } }]',
      '2:32: "19:00"; expected an instant after "at"',
    ],
    [
      'an end after the end of the window',
      'timeline: [{ at: 19:30, until: +9h, resolver: { validation: off } }]',
      '2:32: "+9h"; expected an instant before the end of the window, 2026-05-06T01:00:00Z',
    ],
    [
      'an unknown mark',
      'timeline: [{ at: 19:30, mark: repaire, zone: de, sign-with: "33834" }]',
      '2:31: "repaire"; expected one of fault, repair, none (did you mean "repair"?)',
    ],
    [
      'a shift out of the window',
      'variants: { a: [{ name: validation-off, shift: +12h }] }\nexpect: []\npublished: []',
      '2:48: "+12h"; expected a shift that leaves validation-off between 2026-05-05T16:45:00Z and 2026-05-06T01:00:00Z, not at 2026-05-06T04:45:00Z',
    ],
    [
      'a shift to before the start',
      'variants: { a: [{ name: validation-off, shift: -1m }] }\nexpect: []\npublished: []',
      /^2:48: "-1m"; expected a shift that leaves .* not at 2026-05-05T16:44:00Z$/,
    ],
    [
      'a shift that is no time',
      'variants: { a: [{ name: validation-off, shift: early }] }\nexpect: []\npublished: []',
      '2:48: "early"; expected a shift in time such as -1h or +30m',
    ],
    [
      'an unknown mitigation that is shifted',
      'variants: { a: [{ name: validation-of, shift: 1h }] }\nexpect: []\npublished: []',
      '2:25: mitigation "validation-of"; expected one of serve-stale-off, validation-off, override-rule, origin-override-rule, negative-trust-anchor (did you mean "validation-off"?)',
    ],
    [
      'an unknown key of a mitigation',
      'variants: { a: [{ name: validation-off, shfit: 1h }] }\nexpect: []\npublished: []',
      '2:41: unknown key "shfit"; expected one of name, shift (did you mean "shift"?)',
    ],
    [
      'a list of lists for mitigations',
      'variants: { a: [[validation-off]] }',
      '2:17: a list; expected a name of letters, digits, "-", "_" and "."',
    ],
    ['a number for a variant', 'variants: { a: 3 }', '2:16: "3"; expected a list'],
    [
      'a text for a DS record',
      'zones: { .: { trust-anchor: 3 } }',
      /^2:29: "3"; expected a DS record such as /,
    ],
    [
      'an unknown role',
      'expect: [{ role: resolvr, servfail-rate: { below: 1% } }]',
      '2:18: "resolvr"; expected one of resolver, origin, authoritative (did you mean "resolver"?)',
    ],
    [
      'an unknown colo',
      'expect: [{ colo: fro, servfail-rate: { below: 1% } }]',
      /^2:18: colo "fro"; expected one of .*fra.* \(did you mean "fra"\?\)$/,
    ],
    [
      'an unknown slice',
      'expect: [{ slice: unsignd, servfail-rate: { below: 1% } }]',
      '2:19: "unsignd"; expected one of signed, unsigned, missing, one-off, cd, do (did you mean "unsigned"?)',
    ],
    [
      'a figure that is half fitted',
      'published: [{ figure: f, value: 1, variant: no-serve-stale, metric: lookups, fitted: half, source: s }]',
      '2:86: "half"; expected on or off',
    ],
    [
      'a figure of an unknown metric',
      'published: [{ figure: f, value: 1, variant: no-serve-stale, metric: lookup, source: s }]',
      /^2:69: "lookup"; expected one of .* \(did you mean "lookups"\?\)$/,
    ],
    [
      'a word that JavaScript knows for a switch',
      'cluster: { resolver: { validation: constructor } }',
      '2:36: "constructor"; expected on or off',
    ],
    [
      'what is neither a switch nor a map of how to serve stale answers',
      'cluster: { resolver: { serve-stale: always } }',
      '2:37: "always"; expected one of on, off, rfc8767, big-pineapple, unbound, bind, knot-resolver, powerdns',
    ],
    [
      'a client timeout that is none',
      'cluster: { resolver: { serve-stale: { client-timeout: never } } }',
      '2:55: "never"; expected a duration such as 1800ms, or on-failure',
    ],
    [
      'a way of using NSEC records that is none',
      'timeline: [{ at: 19:30, resolver: { aggressive-nsec: nsec3 } }]',
      '2:54: "nsec3"; expected one of off, nsec, all (did you mean "nsec"?)',
    ],
    [
      'a word that JavaScript knows for an RR type',
      'timeline: [{ at: 19:30, zone: de, resign: { types: [constructor] } }]',
      '2:53: "constructor"; expected an RR type such as NSEC3 or TYPE65534',
    ],
    [
      'words that JavaScript knows for names',
      'cluster: { colos: { fra: { region: toString } } }',
      /^2:36: region "toString"; expected one of europe, /,
    ],
    [
      'bounds that nothing can meet',
      'expect: [{ servfail-rate: { above: 4%, below: 2% } }]',
      '2:36: "4%"; expected less than "below"',
    ],
  ])('%s', (_, lines, expected) => {
    const [error, ...others] = errorsOver(`${lines}\n`).map((text) =>
      text.slice('main.yaml:'.length),
    );
    if (typeof expected === 'string') expect(error).toBe(expected);
    else expect(error).toMatch(expected);
    expect(others).toEqual([]);
  });

  it('is listed all at once, in the order of its places', () => {
    const errors = errorsOver('zpif: 1\ntraffic:\n  zipf: lots\ncluster: { nodes: 3 }\n');
    expect(errors.map((error) => error.split(' ', 1)[0])).toEqual([
      'main.yaml:2:1:',
      'main.yaml:4:9:',
      'main.yaml:5:12:',
    ]);
  });
});
