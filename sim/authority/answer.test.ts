import { describe, expect, test } from 'vitest';
import { Name } from '../../resolver-core/name/name.ts';
import { soaOf, targetsOf } from '../../resolver-core/rdata.ts';
import type { RRset } from '../../resolver-core/rrset.ts';
import { DAY, HOUR } from '../../resolver-core/time.ts';
import { ALGORITHM, RCODE, TYPE, typeName } from '../../resolver-core/wire/iana.ts';
import { answerFrom, type Sections } from './answer.ts';
import { planPolicy } from './keyring.ts';
import { Publication, SignedRRsets } from './publication.ts';
import { ipv4Rdata } from './records.ts';
import { type DenialPolicy, StaticZone, type ZoneEntry } from './static-zone.ts';

const APEX = Name.parse('example');
const CLOCK = 1_000 * DAY;
const NSEC: DenialPolicy = { kind: 'nsec' };
const NSEC3: DenialPolicy = {
  kind: 'nsec3',
  iterations: 1,
  salt: Uint8Array.of(0xab),
  optOut: false,
};

function entry(text: string, type: number, rdata = ipv4Rdata('192.0.2.1')): ZoneEntry {
  return { name: Name.parse(text), type, ttl: 300, rdata: [rdata] };
}
const to = (text: string): Uint8Array => Name.parse(text).wire;

const ENTRIES = [
  entry('example', TYPE.NS, to('ns.example')),
  entry('ns.example', TYPE.A),
  entry('host.a.example', TYPE.A),
  entry('alias.example', TYPE.CNAME, to('second.example')),
  entry('second.example', TYPE.CNAME, to('ns.example')),
  entry('away.example', TYPE.CNAME, to('www.other')),
  entry('dangling.example', TYPE.CNAME, to('nowhere.example')),
  entry('loop.example', TYPE.CNAME, to('loop.example')),
  entry('*.wild.example', TYPE.A),
  entry('*.alias.wild.example', TYPE.CNAME, to('ns.example')),
  entry('tree.example', TYPE.DNAME, to('a.example')),
  entry('signed.example', TYPE.NS, to('ns.signed.example')),
  entry('signed.example', TYPE.DS, Uint8Array.of(0, 1, 8, 2, 1)),
  entry('ns.signed.example', TYPE.A),
  entry('plain.example', TYPE.NS, to('ns.signed.example')),
];

function publication(denial: DenialPolicy | null): Publication {
  const soa = {
    ttl: 3600,
    mname: Name.parse('ns.example'),
    rname: Name.parse('hostmaster.example'),
    ...{ refresh: 1, retry: 1, expire: 1, minimum: 60 },
  };
  const zone = new StaticZone({ apex: APEX, soa, entries: ENTRIES, denial });
  const key = (id: string, role: 'ksk' | 'zsk') => ({
    ...{ id, role, algorithm: ALGORITHM.ED25519, bits: 0, tag: null, copies: 1 },
    ...{ publishedFrom: null, publishedUntil: null },
  });
  const signing = {
    ...{ keys: [key('k', 'ksk'), key('z', 'zsk')], ksk: 'k', zsk: 'z', validity: 14 * DAY },
    ...{
      backdate: HOUR,
      resignEvery: 7 * DAY,
      serialEvery: HOUR,
      denial: NSEC as { kind: 'nsec' },
    },
  };
  const policy = denial === null ? null : planPolicy(APEX, signing, { dnskey: 3600, nsec: 60 }, 1);
  return new Publication(zone, policy, [], 1, new SignedRRsets());
}

function ask(
  text: string,
  type: number,
  denial: DenialPolicy | null = NSEC,
  dnssecOk = true,
): Sections {
  return answerFrom(publication(denial), Name.parse(text), type, dnssecOk, CLOCK);
}

function show(section: readonly RRset[]): string[] {
  return section.map(({ name, type }) => `${name} ${typeName(type)}`);
}

/** Types in the authority section, in order. */
function proof(sections: Sections): string {
  return sections.authority.map(({ type }) => typeName(type)).join(' ');
}

/** Owners of the NSEC records. */
function deniedBy(sections: Sections): string[] {
  return sections.authority.filter(({ type }) => type === TYPE.NSEC).map(({ name }) => `${name}`);
}

describe('answers (RFC 1034 section 4.3.2)', () => {
  test('what is there is answered with authority and nothing beside it', () => {
    const sections = ask('ns.example', TYPE.A);
    expect(sections).toMatchObject({ rcode: RCODE.NOERROR, authoritative: true });
    expect(show(sections.answer)).toEqual(['ns.example. A']);
    expect(sections.answer[0]?.signatures).toHaveLength(1);
    expect([...sections.authority, ...sections.additional]).toEqual([]);
  });

  test.each([TYPE.SOA, TYPE.NS, TYPE.DNSKEY])('the apex owns type %i', (type) => {
    expect(ask('example', type).answer[0]).toMatchObject({ type, name: APEX });
  });

  test('an alias is followed inside the zone, and out of it only named', () => {
    expect(show(ask('alias.example', TYPE.A).answer)).toEqual([
      'alias.example. CNAME',
      'second.example. CNAME',
      'ns.example. A',
    ]);
    const away = ask('away.example', TYPE.A);
    expect(show(away.answer)).toEqual(['away.example. CNAME']);
    expect(away.authority).toEqual([]);
  });

  test('the CNAME itself is answered when it is asked for', () => {
    expect(show(ask('alias.example', TYPE.CNAME).answer)).toEqual(['alias.example. CNAME']);
  });

  test('an alias to a name that does not exist is NXDOMAIN behind the alias (RFC 6604)', () => {
    const sections = ask('dangling.example', TYPE.A);
    expect(sections.rcode).toBe(RCODE.NXDOMAIN);
    expect(show(sections.answer)).toEqual(['dangling.example. CNAME']);
    expect(proof(sections)).toContain('SOA NSEC');
  });

  test('an alias to itself ends', () => {
    expect(show(ask('loop.example', TYPE.A).answer)).toEqual(['loop.example. CNAME']);
  });

  test('a DNAME gives its CNAME, not signed, and the target (RFC 6672)', () => {
    const sections = ask('host.tree.example', TYPE.A);
    expect(show(sections.answer)).toEqual([
      'tree.example. DNAME',
      'host.tree.example. CNAME',
      'host.a.example. A',
    ]);
    expect(sections.answer.map(({ signatures }) => signatures.length)).toEqual([1, 0, 1]);
  });

  test('a DNAME whose target would be too long is YXDOMAIN', () => {
    const deep = Array.from({ length: 4 }, () => 'a'.repeat(58)).join('.');
    const long = Name.parse(`${deep}.tree.example`);
    expect(long.key.length + 1).toBeLessThanOrEqual(255);
    const target = `${'b'.repeat(40)}.example`;
    const entries = [
      ...ENTRIES.filter(({ type }) => type !== TYPE.DNAME),
      entry('tree.example', TYPE.DNAME, to(target)),
    ];
    const { soa } = publication(null).zone;
    const zone = new StaticZone({ apex: APEX, soa, entries, denial: null });
    const made = new Publication(zone, null, [], 1, new SignedRRsets());
    expect(answerFrom(made, long, TYPE.A, false, CLOCK).rcode).toBe(RCODE.YXDOMAIN);
  });

  test('a zone that is not signed, and a query without DO, get no proof', () => {
    expect(proof(ask('nowhere.example', TYPE.A, null))).toBe('SOA');
    expect(proof(ask('nowhere.example', TYPE.A, NSEC, false))).toBe('SOA');
    expect(proof(ask('plain.example', TYPE.A, NSEC, false))).toBe('NS');
    expect(proof(ask('signed.example', TYPE.A, NSEC, false))).toBe('NS');
  });

  test('the SOA of a negative answer lives for the MINIMUM (RFC 2308 section 3)', () => {
    const soa = ask('nowhere.example', TYPE.A).authority[0];
    expect(soa?.ttl).toBe(60);
    expect(soa?.signatures[0]?.originalTtl).toBe(3600);
    expect(soa === undefined ? undefined : soaOf(soa)?.serial).toBe(CLOCK / 1_000_000);
  });

  test('ANY gets one RRset (RFC 8482 section 4.1)', () => {
    expect(ask('ns.example', TYPE.ANY).answer).toHaveLength(1);
  });
});

describe('denial with NSEC (RFC 4035 section 3.1.3)', () => {
  test('a type that is not there: the NSEC of the name', () => {
    const sections = ask('ns.example', TYPE.TXT);
    expect(sections.rcode).toBe(RCODE.NOERROR);
    expect(deniedBy(sections)).toEqual(['ns.example.']);
  });

  test('an empty non-terminal: NODATA by the NSEC that spans it', () => {
    const sections = ask('a.example', TYPE.A);
    expect(sections.rcode).toBe(RCODE.NOERROR);
    expect(deniedBy(sections)).toEqual(['example.']);
  });

  test('a name that is not there: the NSEC over it and over the wildcard', () => {
    const sections = ask('zoo.example', TYPE.A);
    expect(sections.rcode).toBe(RCODE.NXDOMAIN);
    expect(deniedBy(sections)).toEqual(['*.alias.wild.example.', 'example.']);
  });

  test('one record that proves both is there once', () => {
    expect(deniedBy(ask('b.host.a.example', TYPE.A))).toEqual(['host.a.example.']);
  });
});

describe('wildcards (RFC 4592)', () => {
  test('an answer from a wildcard keeps its signature, and proves that the name is not there', () => {
    const sections = ask('x.y.wild.example', TYPE.A);
    expect(show(sections.answer)).toEqual(['x.y.wild.example. A']);
    expect(sections.answer[0]?.signatures[0]?.labels).toBe(2);
    expect(deniedBy(sections)).toEqual(['*.alias.wild.example.']);
    expect(proof(ask('x.y.wild.example', TYPE.A, NSEC3))).toBe('NSEC3');
  });

  test('a wildcard CNAME is followed', () => {
    expect(show(ask('x.alias.wild.example', TYPE.A).answer)).toEqual([
      'x.alias.wild.example. CNAME',
      'ns.example. A',
    ]);
  });

  test('a type that the wildcard does not own is NODATA with both proofs', () => {
    const sections = ask('x.wild.example', TYPE.TXT);
    expect(sections.rcode).toBe(RCODE.NOERROR);
    expect(deniedBy(sections)).toEqual(['*.alias.wild.example.', '*.wild.example.']);
  });

  test('a name that exists is not the wildcard’s, nor is what is below it', () => {
    expect(ask('alias.wild.example', TYPE.A)).toMatchObject({ rcode: RCODE.NOERROR, answer: [] });
    expect(show(ask('q.alias.wild.example', TYPE.CNAME).answer)).toEqual([
      'q.alias.wild.example. CNAME',
    ]);
  });
});

describe('denial with NSEC3 (RFC 5155 section 7.2)', () => {
  test('NODATA and empty non-terminals are matched by one record', () => {
    expect(proof(ask('ns.example', TYPE.TXT, NSEC3))).toBe('SOA NSEC3');
    expect(proof(ask('a.example', TYPE.A, NSEC3))).toBe('SOA NSEC3');
  });

  test('NXDOMAIN has at most three records: closest encloser, next closer name, wildcard', () => {
    const { rcode, authority } = ask('b.zoo.example', TYPE.A, NSEC3);
    expect(rcode).toBe(RCODE.NXDOMAIN);
    const owners = authority.filter(({ type }) => type === TYPE.NSEC3).map(({ name }) => name.key);
    expect(owners.length).toBeGreaterThanOrEqual(2);
    expect(owners.length).toBeLessThanOrEqual(3);
    const apex = ask('example', TYPE.TXT, NSEC3).authority[1];
    expect(owners[0]).toBe(apex?.name.key);
  });
});

describe('referrals', () => {
  test('a signed delegation: NS without signature, DS with, glue, no authority', () => {
    const sections = ask('x.signed.example', TYPE.A);
    expect(sections).toMatchObject({ rcode: RCODE.NOERROR, authoritative: false, answer: [] });
    expect(show(sections.authority)).toEqual(['signed.example. NS', 'signed.example. DS']);
    expect(sections.authority.map(({ signatures }) => signatures.length)).toEqual([0, 1]);
    expect(show(sections.additional)).toEqual(['ns.signed.example. A']);
  });

  test('an unsigned delegation: the NSEC or NSEC3 that shows no DS, and glue of a sibling', () => {
    const sections = ask('plain.example', TYPE.A);
    expect(show(sections.authority)).toEqual(['plain.example. NS', 'plain.example. NSEC']);
    expect(show(sections.additional)).toEqual(['ns.signed.example. A']);
    expect(proof(ask('plain.example', TYPE.A, NSEC3))).toBe('NS NSEC3');
  });

  test('with opt-out: the closest encloser and the record over the delegation', () => {
    const sections = ask('x.plain.example', TYPE.A, { ...NSEC3, optOut: true });
    expect(proof(sections)).toBe('NS NSEC3 NSEC3');
    const ds = ask('plain.example', TYPE.DS, { ...NSEC3, optOut: true });
    expect(proof(ds)).toBe('SOA NSEC3 NSEC3');
  });

  test('DS is answered on the parent side of the cut', () => {
    const sections = ask('signed.example', TYPE.DS);
    expect(sections.authoritative).toBe(true);
    expect(show(sections.answer)).toEqual(['signed.example. DS']);
    expect(proof(ask('plain.example', TYPE.DS))).toBe('SOA NSEC');
  });

  test('an NS at a cut names the child’s servers', () => {
    const ns = ask('plain.example', TYPE.NS).authority[0];
    expect(ns === undefined ? [] : targetsOf(ns).map(String)).toEqual(['ns.signed.example.']);
  });
});

test('an answer says for how long it stays: until the first of its signatures is made anew', () => {
  const made = publication(NSEC);
  const first = answerFrom(made, Name.parse('nowhere.example'), TYPE.A, true, CLOCK);
  expect(first.until).toBe(CLOCK + HOUR); // the next serial
  const same = answerFrom(made, Name.parse('nowhere.example'), TYPE.A, true, first.until - 1);
  expect(same.authority.map(({ signatures }) => signatures[0])).toEqual(
    first.authority.map(({ signatures }) => signatures[0]),
  );
  const next = answerFrom(made, Name.parse('nowhere.example'), TYPE.A, true, first.until);
  expect(next.authority[0]?.signatures[0]).not.toBe(first.authority[0]?.signatures[0]);
});
