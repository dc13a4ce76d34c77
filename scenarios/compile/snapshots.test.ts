import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { Name } from '../../resolver-core/name/name.ts';
import { dnsKeysOf } from '../../resolver-core/rdata.ts';
import type { RRset } from '../../resolver-core/rrset.ts';
import { latin1, sharedData } from '../../resolver-core/testing/shared-data.ts';
import { rdataText } from '../../resolver-core/text/presentation.ts';
import { type Micros, SECOND } from '../../resolver-core/time.ts';
import { DIGEST, TYPE } from '../../resolver-core/wire/iana.ts';
import { dsRdata } from '../../sim/authority/sign.ts';
import type { Plan, VariantPlan } from '../../sim/plan.ts';
import { signedFile } from '../../sim/testing/zone-file.ts';
import { trace } from '../../sim/trace.ts';
import { openWorld } from '../../sim/world.ts';
import { errorsOfFiles, planOfFiles } from '../testing/files.ts';

const WORLD = fileURLToPath(new URL('../worlds/internet-small.yaml', import.meta.url));

/** A scenario of a minute over the small Internet, with `zones` as given. */
const scenario = (zones: string, from = '2026-05-05T12:00Z'): string => `
name: snapshot
title: A zone from a file
extends: ${WORLD}
names: names.txt
traffic: { names: 8, missing: { share: 0, names: 0 } }
time: { from: ${from}, to: ${from.replace(':00Z', ':01Z')}, warmup: 1m }
variants: { plain: [] }
zones:
${zones}`;
const names = 'example.com\nsecond.de\nthird.ch\n';

/** 2026-05-05T12:00:00Z. */
const NOON: Micros = 1_777_982_400 * SECOND;

/** What one lookup gives with empty caches: RCODE, AD, data and errors. */
function lookup(plan: Plan, name: string, type: number): string {
  const at = plan.time.from;
  const where = { variant: 'plain', colo: 'fra', node: 0, cold: true, checkingDisabled: false };
  const { answer } = trace(plan, { name, type, at, ...where }, () => {});
  const data = answer.records.map((line) => line.split(/\s+/).slice(3).join(' '));
  const codes = answer.errors.map((text) => /\d+/.exec(text)?.[0]);
  return [answer.rcode, answer.authenticated ? 'AD' : '', ...codes, ...data]
    .filter(Boolean)
    .join(' ');
}

const DS = `1 13 2 ${'ab'.repeat(32)}`;
/** A root with one TLD that the small Internet has, one that it has not, and its own server. */
const ROOT = `. 86400 SOA a.root-servers.net. admin. 2017082100 1800 900 604800 300
. 518400 NS a.root-servers.net.
com. 172800 NS a.gtld-servers.net.
com. 86400 DS ${DS}
net. 172800 NS a.gtld-servers.net.
a.gtld-servers.net. 172800 A 192.0.2.30
a.root-servers.net. 172800 A 192.0.2.31
aero. 172800 NS ns1.aero.
aero. 86400 DS ${DS}
ns1.aero. 172800 A 192.0.2.32
`;

describe('a root from a file, re-signed', () => {
  let plan: Plan;
  beforeAll(() => {
    const zones = '  ".": { snapshot: data/root.zone }\n';
    plan = planOfFiles({
      'main.yaml': scenario(zones),
      'names.txt': names,
      'data/root.zone': ROOT,
    });
  });

  it("is signed by the zone's policy", () => {
    expect(plan.zones[0]?.snapshot).toMatchObject({ serve: 're-signed', trustAnchor: [] });
    expect(lookup(plan, '.', TYPE.SOA)).toMatch(
      /^NOERROR AD SOA a\.root-servers\.net\. admin\. \d+ 1800 900 604800 300$/,
    );
    expect(lookup(plan, 'nothing', TYPE.A)).toBe('NXDOMAIN AD');
  });

  it('leads to the zones of the world, those that the file has not, too', () => {
    for (const name of ['example.com', 'second.de', 'third.ch']) {
      expect(lookup(plan, name, TYPE.A)).toMatch(/^NOERROR /);
    }
    expect(lookup(plan, 'com', TYPE.DS)).toMatch(/^NOERROR AD DS /);
    expect(lookup(plan, 'com', TYPE.DS)).not.toContain(DS);
    expect(lookup(plan, 'com', TYPE.NS)).toContain('a.gtld-servers.net.');
  });

  it('has all other delegations, whose servers do not answer', () => {
    expect(lookup(plan, 'aero', TYPE.DS)).toBe(`NOERROR AD DS ${DS}`);
    expect(lookup(plan, 'www.aero', TYPE.A)).toMatch(/^SERVFAIL .*\b22\b/);
  });
});

/** A world of its own: a root from a file, as it is, and unsigned TLDs below it. */
const small = (anchor: string, tlds: readonly string[], at: string): string => `
name: snapshot
title: A root from a file
seed: 1
time: { from: ${at}:00Z, to: ${at}:01Z, warmup: 1m }
names: names.txt
zones:
  ".": { snapshot: root.zone.gz, trust-anchor: ${anchor}, operator: root, ttl: &ttl { soa: 1d, negative: 1d, ns: 1d, delegation: 1d, ds: 1d, dnskey: 1d, nsec: 1d } }
${tlds.map((tld) => `  ${tld}: { operator: gtld, ttl: *ttl, registry: { names: 0, signed: 0 } }\n`).join('')}operators:
  root: { servers: [a.root-servers.net], sites: [europe] }
  gtld: { servers: [a.gtld-servers.${tlds[0]}], sites: [europe] }
  host: { servers: [ns1.host.${tlds[0]}], sites: [europe] }
hosting:
  hosters: { host: { share: 1 } }
  ttl: { ns: 1d, dnskey: 1h, soa: 1h, negative: 15m, answers: [{ seconds: 60, share: 1 }] }
  signing: { algorithms: [{ algorithm: ED25519, share: 1 }], validity: 14d, backdate: 1h, resign-every: 7d }
  types: { aaaa: 0, https: 0, txt: 0, mx: 0 }
  aliases: { share: 0, ttl: 5m, targets: [] }
  wildcards: 0
  broken: {}
network: { rtt: { europe: { europe: 10ms } }, spread: 0, jitter: 0s, loss: 0, udp-size: 1232 }
cluster:
  colos: { fra: { region: europe, nodes: 1 } }
  cache: { answers: 1024, rrsets: 1024 }
  resolver: { validation: on, max-ttl: 1d, max-negative-ttl: 3h, failure-ttl: 5s, failure-ttl-max: 60s }
traffic:
  names: 1
  zipf: 1
  types: { A: 1 }
  regions: { europe: { lookups-per-second: 1 } }
  missing: { share: 0, names: 0 }
  one-off: { share: 0, subdomain: 1, tail: 0, unregistered: 0, junk-tld: 0 }
  dnssec-ok: 0
  checking-disabled: 0
  clients: { home: { share: 1, rtt: 5ms, stub: dnsproxy } }
variants: { plain: [] }
`;

describe('a root from a file, as it is', () => {
  const unsignedTlds = ROOT.replaceAll(/^com\. 86400 DS .*\n/gm, '');
  const { publication, text } = signedFile(Name.root, unsignedTlds, { kind: 'nsec' }, NOON);
  const span = { from: 0, until: Number.POSITIVE_INFINITY };
  const keys = publication.rrset(Name.root, TYPE.DNSKEY, NOON, span) as RRset;
  const ksk = dnsKeysOf(keys).find((key) => key.isSecureEntryPoint);
  const anchor =
    ksk === undefined ? '' : rdataText(TYPE.DS, dsRdata(Name.root, ksk, DIGEST.SHA256));

  const files = { 'names.txt': 'example.com\n', 'root.zone.gz': gzipSync(text) };
  const at = (clock: string): Plan =>
    planOfFiles({ ...files, 'main.yaml': small(anchor, ['net', 'com'], clock) });

  it('validates from the trust anchor that the scenario gives', () => {
    const plan = at('2026-05-05T12');
    expect(plan.zones[0]).toMatchObject({ signing: null, snapshot: { serve: 'as-is' } });
    expect(lookup(plan, '.', TYPE.SOA)).toContain('NOERROR AD SOA a.root-servers.net.');
    expect(lookup(plan, 'nothing', TYPE.A)).toBe('NXDOMAIN AD');
    expect(lookup(plan, 'aero', TYPE.DS)).toBe(`NOERROR AD DS ${DS}`);
    expect(lookup(plan, 'com', TYPE.DS)).toBe('NOERROR AD');
    expect(lookup(plan, 'example.com', TYPE.A)).toMatch(/^NOERROR A 198\./);
    expect(lookup(plan, 'www.aero', TYPE.A)).toMatch(/^SERVFAIL .*\b22\b/);
  });

  it('counts the signatures that it hands out, as of any zone', () => {
    const plan = at('2026-05-05T12');
    const servers = openWorld(plan).authorities(plan.variants[0] as VariantPlan);
    const root = servers.servers.findIndex(({ name }) => name === 'a.root-servers.net');
    const options = { dnssecOk: true, udpSize: 1232, transport: 'udp' } as const;
    for (const type of [TYPE.SOA, TYPE.DNSKEY, TYPE.SOA]) {
      servers.respond(root, 0, { name: Name.root, type }, options, NOON);
    }
    const made = servers.signatureCounts().map((each) => [each.zone, each.made.length]);
    expect(made).toEqual([
      ['.', 1],
      ['.', 1],
    ]);
  });

  it('expires as its signatures do', () => {
    expect(lookup(at('2026-05-12T10'), 'aero', TYPE.DS)).toBe(`NOERROR AD DS ${DS}`);
    expect(lookup(at('2026-05-19T13'), 'aero', TYPE.DS)).toMatch(/^SERVFAIL 7\b/);
  });

  it('cannot have keys of the scenario below it', () => {
    const zones = `  ".": { snapshot: root.zone, serve: as-is, trust-anchor: ${anchor} }\n`;
    const found = errorsOfFiles({
      'main.yaml': scenario(zones),
      'names.txt': names,
      'root.zone': signedFile(Name.root, ROOT, { kind: 'nsec' }, NOON).text,
    });
    const com = found.filter((error) => error.includes('zone com,'));
    expect(com).toEqual([
      expect.stringMatching(
        /zone com, for which the snapshot of \. has the DS of other keys; expected a snapshot of its own, or "serve: re-signed" at \.$/,
      ),
    ]);
    const de = found.filter((error) => error.includes('zone de,'));
    expect(de).toEqual([expect.stringContaining('which the snapshot of . does not delegate')]);
    expect(found).toHaveLength(12);
  });
});

describe('a registry from a file', () => {
  const CH = `@ 3600 SOA a.nic domains 7 900 600 1123200 300
@ 3600 NS a.nic
elsewhere 3600 NS ns1.elsewhere
ns1.elsewhere 3600 A 192.0.2.40
`;

  it('delegates what is in it and the domains of the world', () => {
    const files = { 'names.txt': names, 'ch.zone': CH };
    const plan = planOfFiles({ ...files, 'main.yaml': scenario('  ch: { snapshot: ch.zone }\n') });
    expect(plan.zones.find(({ apex }) => apex === 'ch')?.registry?.names).toBe(0);
    expect(lookup(plan, 'third.ch', TYPE.A)).toMatch(/^NOERROR /);
    expect(lookup(plan, 'nobody.ch', TYPE.A)).toMatch(/^NXDOMAIN/);
    expect(lookup(plan, 'elsewhere.ch', TYPE.A)).toMatch(/^SERVFAIL .*\b22\b/);
  });

  it('brings its own DS when it is served as it is', () => {
    const { text } = signedFile(Name.parse('ch'), CH, { kind: 'nsec' }, NOON);
    const plan = planOfFiles({
      ...{ 'names.txt': names, 'ch.zone': text },
      'main.yaml': scenario('  ch: { snapshot: ch.zone, serve: as-is }\n'),
    });
    expect(lookup(plan, 'ch', TYPE.SOA)).toMatch(/^NOERROR AD SOA a\.nic\.ch\. /);
    expect(lookup(plan, 'nobody.ch', TYPE.A)).toBe('NXDOMAIN AD');
  });
});

describe('what is refused', () => {
  const errors = (zones: string, zone: string | Uint8Array = ROOT): string[] =>
    errorsOfFiles({ 'main.yaml': scenario(zones), 'names.txt': names, 'root.zone': zone });
  const root = (rest = ''): string => `  ".": { snapshot: root.zone${rest} }\n`;

  it('a bad file, with its place', () => {
    expect(errors(root(), ROOT.replace('192.0.2.30', '192.0.2.300'))).toEqual([
      'root.zone:6:30: a value that does not parse; expected an IPv4 address',
    ]);
    expect(errors(root(), `$INCLUDE other\n${ROOT}`)).toEqual([
      'root.zone:1:1: directive $INCLUDE is not supported; expected a master file (RFC 1035 section 5)',
    ]);
    expect(errors(root(), '. 1 NS a.root-servers.net.\n')).toEqual([
      'root.zone:1:1: no SOA at .; expected the file of zone .',
    ]);
    expect(errors(root(), ROOT.replace(/^\. \d+ NS.*\n/m, ''))).toEqual([
      'root.zone:1:1: no NS at .; expected the file of zone .',
    ]);
  });

  it('a file that is not there, or does not unpack', () => {
    expect(errors('  ".": { snapshot: no.zone }\n')).toEqual([
      'main.yaml:10:20: no.zone does not exist; expected a readable file',
    ]);
    const files = { 'main.yaml': scenario('  ".": { snapshot: x.gz }\n'), 'x.gz': 'plain' };
    expect(errorsOfFiles({ ...files, 'names.txt': names })).toEqual([
      expect.stringMatching(
        /^main\.yaml:10:20: x\.gz, which does not unpack .*; expected a file packed by gzip$/,
      ),
    ]);
  });

  it('options without sense', () => {
    expect(errors('  ".": { serve: as-is }\n')).toEqual([
      'main.yaml:10:10: "serve" without "snapshot"; expected the file of a zone',
    ]);
    expect(errors(root(', trust-anchor: 1 2 3'))).toEqual([
      expect.stringContaining('; expected a DS record such as'),
    ]);
    expect(errors(root(`, trust-anchor: ${DS}`))).toEqual([
      'main.yaml:10:31: a trust anchor; expected one only for a root that is served as it is',
    ]);
    expect(errors(root(', serve: frozen'))).toEqual([
      'main.yaml:10:38: "frozen"; expected one of as-is, re-signed',
    ]);
    expect(errors(root(', serve: as-is'))).toContain(
      'main.yaml:10:3: "trust-anchor" is missing; expected the DS of a key of the snapshot',
    );
  });
});

const root2017 = sharedData('root-zone/root-2017082100-signed.zone.gz');

it.skipIf(root2017 === null)('the real root of 2017, signed anew (skipped without data)', () => {
  const zones = '  ".": { snapshot: root.zone }\n';
  const plan = planOfFiles({
    ...{ 'main.yaml': scenario(zones), 'names.txt': names },
    'root.zone': latin1(root2017 as Uint8Array),
  });
  expect(lookup(plan, 'example.com', TYPE.A)).toMatch(/^NOERROR /);
  expect(lookup(plan, 'br', TYPE.DS)).toMatch(/^NOERROR AD DS /);
  expect(lookup(plan, 'nothing-at-all', TYPE.A)).toBe('NXDOMAIN AD');
});

it.skipIf(root2017 === null)('the real root of 2017, as it is (skipped without data)', () => {
  const anchor = '19036 8 2 49AAC11D7B6F6446702E54A1607371607A1A41855200FD2CE1CDDE32F24E8FB5';
  const planAt = (clock: string): Plan =>
    planOfFiles({
      ...{ 'main.yaml': small(anchor, ['aero'], clock), 'names.txt': 'example.aero\n' },
      'root.zone.gz': gzipSync(root2017 as Uint8Array),
    });
  const plan = planAt('2017-09-03T04');
  expect(lookup(plan, '.', TYPE.SOA)).toMatch(
    /^NOERROR AD SOA a\.root-servers\.net\. .* 2017082100 /,
  );
  expect(lookup(plan, 'com', TYPE.DS)).toContain('NOERROR AD DS 30909 8 2 ');
  expect(lookup(plan, 'example.aero', TYPE.A)).toMatch(/^NOERROR A 198\./);
  expect(lookup(planAt('2017-09-03T06'), 'com', TYPE.DS)).toMatch(/^SERVFAIL 7\b/);
});
