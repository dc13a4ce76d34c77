/**
 * A small world for tests: two colos, the root, six registries (.de with DENIC's parameters and its
 * rollover of May 2026), sixty domains on four hosters. Not a scenario: nothing here is calibrated.
 */

import type { Micros } from '../../resolver-core/time.ts';
import { DAY, HOUR, MILLISECOND, MINUTE } from '../../resolver-core/time.ts';
import { ALGORITHM, TYPE } from '../../resolver-core/wire/iana.ts';
import { STUBS } from '../clients/stub-profiles.ts';
import type {
  ClientRegionPlan,
  KeyPlan,
  OperatorPlan,
  Plan,
  ServerPlan,
  SigningPlan,
  TimelineEvent,
  ZonePlan,
} from '../plan.ts';

/**
 * 2026-05-05T19:30:00Z: from here on .de is signed with the key of which one copy in three is
 * published.
 */
export const FAULT_AT: Micros = 1_778_009_400 * 1_000_000;
/** 2026-05-05T23:15:00Z: everything that 33834 signed is signed anew with 32911. */
export const REPAIR_AT: Micros = FAULT_AT + 225 * MINUTE;

const REGIONS = ['europe', 'america'] as const;

/**
 * The fault as DENIC describes it: apex NSEC3 at once by an unpublished copy, the chain as it
 * comes; then the repair.
 */
export const DE_FAULT: readonly TimelineEvent[] = [
  { kind: 'sign-with', at: FAULT_AT, zone: 'de', key: '33834' },
  {
    kind: 'resign',
    at: FAULT_AT,
    zone: 'de',
    select: { owner: 'de', types: [TYPE.NSEC3], signedWith: null },
    over: 0,
    copy: 1,
  },
  {
    kind: 'resign',
    at: FAULT_AT + 5 * MINUTE,
    zone: 'de',
    select: { owner: null, types: [TYPE.NSEC3], signedWith: '32911' },
    over: 3 * HOUR,
    copy: null,
  },
  { kind: 'sign-with', at: REPAIR_AT, zone: 'de', key: '32911' },
  {
    kind: 'resign',
    at: REPAIR_AT,
    zone: 'de',
    select: { owner: null, types: [], signedWith: '33834' },
    over: 0,
    copy: null,
  },
];

/**
 * The plan of the small world, with `overrides` in place of whole top-level parts. Variants:
 * `fault` (with `DE_FAULT`), `no-fault` and `non-validating` (with `DE_FAULT`).
 */
export function smallPlan(overrides: Partial<Plan> = {}): Plan {
  return {
    format: 'zonequake.plan/1',
    name: 'small',
    title: 'A small world',
    sources: [],
    seed: 1,
    scale: 1,
    expectationsLeftOut: 0,
    time: {
      from: FAULT_AT - 15 * MINUTE,
      to: FAULT_AT + 45 * MINUTE,
      bucket: MINUTE,
      warmup: 5 * MINUTE,
    },
    phases: [
      { name: 'before', from: FAULT_AT - 15 * MINUTE, to: FAULT_AT },
      { name: 'during', from: FAULT_AT, to: FAULT_AT + 45 * MINUTE },
    ],
    operators: operators(),
    zones: zones(),
    hosting: hosting(),
    catalogue: catalogue(),
    network: {
      regions: REGIONS,
      rtt: [
        [10 * MILLISECOND, 90 * MILLISECOND],
        [90 * MILLISECOND, 10 * MILLISECOND],
      ],
      spread: 0.2,
      jitter: 2 * MILLISECOND,
      udpSize: 1232,
    },
    cluster: {
      role: 'resolver',
      colos: [
        { name: 'fra', region: 'europe', nodes: 2 },
        { name: 'iad', region: 'america', nodes: 2 },
      ],
      cache: { mode: 'private', answers: 4096, rrsets: 4096, start: 'cold' },
      forwarding: { copyTtl: 30, tags: 'propagate', delay: 250, timeout: 2_000 * MILLISECOND },
      resolver: {
        validation: true,
        maxTtl: 86_400,
        maxNegativeTtl: 3_600,
        failureTtl: 5,
        failureTtlMax: 60,
        serveStale: null,
        prefetch: 0,
        aggressiveNsec: 'off',
        nxdomainCut: false,
        bogusRetries: 0,
        ipv4Share: null,
        loseBogusCause: false,
        qnameMinimisation: true,
      },
      staticZone: {
        ...{ use: false, every: 12 * HOUR, first: 0, unknownTypes: 'refuse', zonemd: false },
        ...{ soaExpire: false, maxAge: null, signatureHorizon: null, fallback: true },
      },
    },
    traffic: traffic(),
    roles: [],
    variants: [
      { name: 'fault', mitigations: [], timeline: DE_FAULT },
      { name: 'no-fault', mitigations: [], timeline: [] },
      {
        name: 'non-validating',
        mitigations: ['non-validating'],
        timeline: [{ kind: 'resolver', at: 0, set: { validation: false } }, ...DE_FAULT],
      },
    ],
    references: [],
    alerts: [],
    expectations: [],
    alertExpectations: [],
    published: [],
    provenance: [],
    ...overrides,
  };
}

function operators(): OperatorPlan[] {
  return [
    operator('root', ['a.root-servers.net', 'b.root-servers.net'], 1),
    operator('denic', ['a.nic.de', 'f.nic.de', 's.de.net'], 2),
    operator('verisign', ['a.gtld-servers.net', 'b.gtld-servers.net'], 3),
    operator('sidn', ['ns1.dns.nl', 'ns2.dns.nl'], 4),
    operator('pir', ['a0.org.afilias-nst.org', 'b0.org.afilias-nst.org'], 5),
    operator('iis', ['a.ns.se', 'b.ns.se'], 6),
    operator('hoster-a', ['ns1.hoster-a.com', 'ns2.hoster-a.com'], 7),
    operator('hoster-b', ['ns1.hoster-b.de', 'ns2.hoster-b.de'], 8),
    operator('hoster-c', ['ns1.hoster-c.nl', 'ns2.hoster-c.net'], 9),
    operator('hoster-d', ['ns1.hoster-d.org', 'ns2.hoster-d.org'], 10),
  ];
}

function operator(id: string, names: readonly string[], block: number): OperatorPlan {
  const servers = names.map(
    (name, i): ServerPlan => ({
      name,
      address: `192.0.${block}.${i + 1}`,
      sites: REGIONS.map((region) => ({
        name: region,
        region,
        loss: 0,
        delay: 0,
        behaviour: 'answer' as const,
      })),
    }),
  );
  return { id, servers, catchments: [] };
}

function zones(): ZonePlan[] {
  const { RSASHA256, ECDSAP256SHA256 } = ALGORITHM;
  const from = Date.UTC(2026, 4, 2) * 1000;
  return [
    {
      apex: '.',
      operator: 'root',
      ttl: {
        soa: 86_400,
        negative: 86_400,
        ns: 518_400,
        delegation: 172_800,
        ds: 86_400,
        dnskey: 172_800,
        nsec: 86_400,
      },
      registry: null,
      signing: {
        keys: [key('20326', 'ksk', RSASHA256, 2048), key('root-zsk', 'zsk', RSASHA256, 2048)],
        ksk: '20326',
        zsk: 'root-zsk',
        validity: 13 * DAY + HOUR,
        backdate: HOUR,
        resignEvery: 3 * DAY,
        serialEvery: 12 * HOUR,
        denial: { kind: 'nsec' },
      },
    },
    registry('de', 'denic', 17_900_000, 0.2, {
      keys: [
        { ...key('26755', 'ksk', RSASHA256, 2048), tag: 26755 },
        { ...key('32911', 'zsk', RSASHA256, 1024), tag: 32911 },
        {
          ...key('33834', 'zsk', RSASHA256, 1024),
          tag: 33834,
          copies: 3,
          publishedFrom: from,
        },
      ],
      ksk: '26755',
      zsk: '32911',
      validity: 14 * DAY + 90 * MINUTE,
      backdate: 90 * MINUTE,
      resignEvery: 7 * DAY,
      serialEvery: 10 * MINUTE,
      denial: { kind: 'nsec3', iterations: 15, salt: 'CA12B74ADB90591A', optOut: true },
    }),
    registry('com', 'verisign', 160_000_000, 0.04, signing(ECDSAP256SHA256, true)),
    registry('net', 'verisign', 13_000_000, 0.04, signing(ECDSAP256SHA256, true)),
    registry('nl', 'sidn', 6_200_000, 0.6, signing(ECDSAP256SHA256, true)),
    registry('org', 'pir', 11_000_000, 0.06, signing(RSASHA256, true)),
    registry('se', 'iis', 1_500_000, 0.6, signing(ECDSAP256SHA256, false)),
  ];
}

function registry(
  apex: string,
  operatorId: string,
  names: number,
  signed: number,
  signing: SigningPlan,
): ZonePlan {
  return {
    apex,
    operator: operatorId,
    ttl: {
      soa: 7_200,
      negative: 7_200,
      ns: 86_400,
      delegation: 86_400,
      ds: 86_400,
      dnskey: 7_200,
      nsec: 7_200,
    },
    registry: { names, signed },
    signing,
  };
}

function signing(algorithm: number, nsec3: boolean): SigningPlan {
  const rsa = algorithm === ALGORITHM.RSASHA256;
  return {
    keys: [
      key('ksk', 'ksk', algorithm, rsa ? 2048 : 0),
      key('zsk', 'zsk', algorithm, rsa ? 1024 : 0),
    ],
    ksk: 'ksk',
    zsk: 'zsk',
    validity: 7 * DAY,
    backdate: HOUR,
    resignEvery: 3 * DAY,
    serialEvery: 30 * MINUTE,
    denial: nsec3 ? { kind: 'nsec3', iterations: 0, salt: '', optOut: true } : { kind: 'nsec' },
  };
}

function key(id: string, role: KeyPlan['role'], algorithm: number, bits: number): KeyPlan {
  return {
    id,
    role,
    algorithm,
    bits,
    tag: null,
    copies: 1,
    publishedFrom: null,
    publishedUntil: null,
  };
}

function hosting(): Plan['hosting'] {
  const { RSASHA256, ECDSAP256SHA256, ED25519 } = ALGORITHM;
  return {
    hosters: [
      { operator: 'hoster-a', share: 4, tlds: [] },
      { operator: 'hoster-b', share: 4, tlds: ['de'] },
      { operator: 'hoster-c', share: 4, tlds: ['nl', 'com', 'net', 'se'] },
      { operator: 'hoster-d', share: 1, tlds: ['org', 'de'] },
    ],
    ttl: {
      ns: 86_400,
      dnskey: 3_600,
      soa: 3_600,
      negative: 300,
      answers: [
        { seconds: 60, share: 0.2 },
        { seconds: 300, share: 0.4 },
        { seconds: 3_600, share: 0.4 },
      ],
    },
    signing: {
      algorithms: [
        { algorithm: RSASHA256, share: 0.2 },
        { algorithm: ECDSAP256SHA256, share: 0.6 },
        { algorithm: ED25519, share: 0.2 },
      ],
      validity: 14 * DAY,
      backdate: HOUR,
      resignEvery: 7 * DAY,
    },
    types: { aaaa: 0.5, https: 0.2, txt: 0.2, mx: 0.3 },
    aliases: {
      share: 0.25,
      targets: [
        { domain: 'edge-cdn.net', share: 3, tlds: [] },
        { domain: 'wolke.de', share: 1, tlds: ['de'] },
      ],
      ttl: 300,
    },
    wildcards: 0.15,
    broken: [
      { cause: 'expired-signatures', share: 0.05 },
      { cause: 'wrong-ds', share: 0.05 },
      { cause: 'refused', share: 0.05 },
      { cause: 'unreachable', share: 0.05 },
    ],
  };
}

/** Sixty domains: half of them .de, the others in turn. */
function catalogue(): string[] {
  const others = ['com', 'nl', 'org', 'com', 'net', 'se'];
  return Array.from({ length: 60 }, (_, i) =>
    i % 2 === 0 ? `laden${i}.de` : `site${i}.${others[((i - 1) / 2) % others.length]}`,
  );
}

function traffic(): Plan['traffic'] {
  return {
    names: 200,
    operators: [],
    zipf: 0.95,
    types: [
      { type: TYPE.A, share: 0.6 },
      { type: TYPE.AAAA, share: 0.25 },
      { type: TYPE.HTTPS, share: 0.1 },
      { type: TYPE.TXT, share: 0.03 },
      { type: TYPE.MX, share: 0.02 },
    ],
    missing: { share: 0.06, names: 40 },
    oneOff: { share: 0.04, subdomain: 4, tail: 4, unregistered: 3, junkTld: 1 },
    dnssecOk: 0.2,
    checkingDisabled: 0.02,
    regions: [clientsOf('europe', 20, 'fra'), clientsOf('america', 20, 'iad')],
    groups: [
      {
        name: 'home',
        share: 1,
        rtt: 15 * MILLISECOND,
        stub: STUBS.glibc,
        requests: { mean: 1.5, wait: [500 * MILLISECOND, 2_000 * MILLISECOND] },
      },
    ],
  };
}

/** Clients of a region at the same rate day and night, caught by one colo. */
export function clientsOf(name: string, lookupsPerSecond: number, colo: string): ClientRegionPlan {
  const day = new Array<number>(24).fill(1);
  return { name, lookupsPerSecond, day, utcOffset: 0, catchment: [{ colo, share: 1 }] };
}
