import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Name } from '../../resolver-core/name/name.ts';
import type { RRset } from '../../resolver-core/rrset.ts';
import { timeText } from '../../resolver-core/text/time.ts';
import { writeZone } from '../../resolver-core/text/zonefile.ts';
import { DAY, epochSeconds, HOUR, MINUTE, type Micros } from '../../resolver-core/time.ts';
import { ALGORITHM, TYPE } from '../../resolver-core/wire/iana.ts';
import { planPolicy } from '../../sim/authority/keyring.ts';
import { Publication, SignedRRsets } from '../../sim/authority/publication.ts';
import { hexOctets, ipv4Rdata } from '../../sim/authority/records.ts';
import { type DenialPolicy, StaticZone, type ZoneEntry } from '../../sim/authority/static-zone.ts';
import type { Denial } from '../../sim/authority/zone.ts';
import type { KeyPlan, SigningPlan, TimelineEvent } from '../../sim/plan.ts';
import { DE_FAULT, FAULT_AT } from '../../sim/testing/small-plan.ts';

/** Debian package `ldnsutils`: somebody else's reading of what our authorities sign. */
const PROGRAM = 'ldns-verify-zone';
const absent = spawnSync(PROGRAM, ['-v']).error !== undefined;
const skipped = absent ? ` (skipped: ${PROGRAM} is not installed)` : '';

const BEFORE = FAULT_AT - HOUR;
const VALIDITY = 14 * DAY;

function key(id: string, algorithm: number, over: Partial<KeyPlan> = {}): KeyPlan {
  const role = id === 'ksk' ? 'ksk' : 'zsk';
  const always = { copies: 1, tag: null, publishedFrom: null, publishedUntil: null };
  return { id, role, algorithm, bits: 0, ...always, ...over };
}

/** As .de has them since 2 May 2026: 33834 is three key pairs, of which one is published. */
const DENIC_KEYS: readonly KeyPlan[] = [
  key('ksk', ALGORITHM.RSASHA256, { bits: 2048, tag: 26755 }),
  key('32911', ALGORITHM.RSASHA256, { bits: 1024, tag: 32911 }),
  key('33834', ALGORITHM.RSASHA256, { bits: 1024, tag: 33834, copies: 3 }),
];
const DENIC: DenialPolicy = {
  ...{ kind: 'nsec3', iterations: 15, salt: hexOctets('CA12B74ADB90591A') },
  optOut: true,
};

interface Choice {
  readonly apex?: string;
  readonly keys: readonly KeyPlan[];
  readonly denial: DenialPolicy;
  readonly timeline?: readonly TimelineEvent[];
}

/**
 * A zone of a few names, as its file stands at an instant: every RRset, then the whole chain. All its
 * delegations are signed, since ldns finds fault with those that opt-out leaves out.
 */
function zoneFile(choice: Choice, clock: Micros): string {
  const apex = Name.parse(choice.apex ?? 'de');
  const at = (label: string): Name =>
    label === '' ? apex : Name.parse(`${label}.${apex.isRoot ? '' : apex}`);
  const entry = (label: string, type: number, rdata: Uint8Array): ZoneEntry => {
    return { name: at(label), type, ttl: 3600, rdata: [rdata] };
  };
  const address = ipv4Rdata('192.0.2.1');
  const ds = Uint8Array.of(0x12, 0x34, 13, 2, ...new Array<number>(32).fill(7));
  const entries = [
    entry('', TYPE.NS, at('ns').wire),
    entry('ns', TYPE.A, address),
    entry('a.b.c', TYPE.A, address),
    entry('*.wild', TYPE.A, address),
    entry('alias', TYPE.CNAME, at('ns').wire),
    entry('signed', TYPE.NS, at('ns').wire),
    entry('signed', TYPE.DS, ds),
    entry('secure', TYPE.NS, at('ns').wire),
    entry('secure', TYPE.DS, ds),
  ];
  const soa = {
    ...{ ttl: 3600, mname: at('ns'), rname: at('hostmaster') },
    ...{ refresh: 7200, retry: 3600, expire: 604_800, minimum: 300 },
  };
  const zone = new StaticZone({ apex, soa, entries, denial: choice.denial });
  const { keys, timeline = [] } = choice;
  const signing: SigningPlan = {
    ...{ keys, ksk: 'ksk', zsk: keys[1]?.id ?? 'ksk', validity: VALIDITY, backdate: 90 * MINUTE },
    ...{ resignEvery: 7 * DAY, serialEvery: HOUR, denial: { kind: 'nsec' } },
  };
  const policy = planPolicy(apex, signing, { dnskey: 3600, nsec: 300 }, 1);
  const publication = new Publication(zone, policy, timeline, 1, new SignedRRsets());
  const span = { from: 0, until: Number.POSITIVE_INFINITY };
  const own = [
    ...[TYPE.SOA, TYPE.DNSKEY, TYPE.NSEC3PARAM].map((type) => ({ name: apex, type })),
    ...entries,
  ].map(({ name, type }) => publication.rrset(name, type, clock, span));
  const rrsets = own.filter((rrset): rrset is RRset => rrset !== undefined);
  return writeZone([...rrsets, ...chain(zone.denial as Denial, publication, clock)]);
}

/** Every link of the chain, from the apex around. */
function chain(denial: Denial, publication: Publication, clock: Micros): RRset[] {
  const span = { from: 0, until: Number.POSITIVE_INFINITY };
  const { apex } = publication.zone;
  const out: RRset[] = [];
  if (denial.kind === 'nsec') {
    let link = denial.at(apex);
    do {
      out.push(publication.nsec(link, clock, span));
      link = denial.at(link.next);
    } while (!link.owner.equals(apex));
    return out;
  }
  const start = denial.at(publication.hash(apex));
  let link = start;
  do {
    out.push(publication.nsec3(link, clock, span));
    link = denial.at(link.next);
  } while (link !== start);
  return out;
}

describe(`a zone that our signer wrote, read by ${PROGRAM}${skipped}`, () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'zonequake-ldns-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Exit status and what it said. */
  function verify(file: string, clock: Micros): { status: number | null; output: string } {
    const path = join(folder, 'zone');
    writeFileSync(path, file);
    const when = timeText(epochSeconds(clock));
    const { status, stdout, stderr } = spawnSync(PROGRAM, ['-t', when, path], { encoding: 'utf8' });
    return { status, output: stdout + stderr };
  }

  const rsa = { bits: 1024 };
  test.skipIf(absent).each<[string, Choice]>([
    ['.de: RSA, NSEC3 with opt-out', { keys: DENIC_KEYS, denial: DENIC }],
    [
      'RSA/SHA-512 and NSEC3 without opt-out',
      {
        keys: [key('ksk', 10, rsa), key('zsk', 10, rsa)],
        denial: { kind: 'nsec3', iterations: 0, salt: new Uint8Array(), optOut: false },
      },
    ],
    ...[13, 14, 15, 16].map((algorithm): [string, Choice] => [
      `algorithm ${algorithm} and NSEC`,
      { keys: [key('ksk', algorithm), key('zsk', algorithm)], denial: { kind: 'nsec' } },
    ]),
    [
      'the root',
      { apex: '.', keys: [key('ksk', 8, rsa), key('zsk', 8, rsa)], denial: { kind: 'nsec' } },
    ],
  ])('is accepted: %s', (_title, choice) => {
    expect(verify(zoneFile(choice, BEFORE), BEFORE)).toMatchObject({ status: 0 });
  });

  test.skipIf(absent)(
    'is rejected inside the .de fault: a key of the tag of a published one',
    () => {
      const during = FAULT_AT + MINUTE;
      const choice = { keys: DENIC_KEYS, denial: DENIC };
      expect(verify(zoneFile(choice, during), during).status).toBe(0);
      const { status, output } = verify(
        zoneFile({ ...choice, timeline: DE_FAULT }, during),
        during,
      );
      expect(status).not.toBe(0);
      expect(output).toMatch(/Bogus|signature/i);
    },
  );

  test.skipIf(absent)('is rejected before its signatures are valid and after', () => {
    const choice: Choice = { keys: [key('ksk', 13), key('zsk', 13)], denial: { kind: 'nsec' } };
    const file = zoneFile(choice, BEFORE);
    expect(verify(file, BEFORE + VALIDITY).status).not.toBe(0);
    expect(verify(file, BEFORE - VALIDITY).status).not.toBe(0);
  });
});
