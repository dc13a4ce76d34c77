import { describe, expect, test } from 'vitest';
import { nsec3Hash } from '../../resolver-core/crypto/nsec3-hash.ts';
import { compareCanonical, compareOctets } from '../../resolver-core/name/canonical.ts';
import { Name } from '../../resolver-core/name/name.ts';
import { RRset } from '../../resolver-core/rrset.ts';
import { TYPE } from '../../resolver-core/wire/iana.ts';
import { ipv4Rdata } from './records.ts';
import { type DenialPolicy, StaticZone, type ZoneEntry } from './static-zone.ts';
import type { Denial } from './zone.ts';

const APEX = Name.parse('example');
const NO_SALT = new Uint8Array(0);

function entry(text: string, type: number, rdata = ipv4Rdata('192.0.2.1')): ZoneEntry {
  return { name: Name.parse(text), type, ttl: 300, rdata: [rdata] };
}

const ENTRIES = [
  entry('example', TYPE.NS, Name.parse('ns.example').wire),
  entry('ns.example', TYPE.A),
  entry('a.b.c.example', TYPE.A),
  entry('*.w.example', TYPE.TXT, Uint8Array.of(1, 65)),
  entry('signed.example', TYPE.NS, Name.parse('ns.signed.example').wire),
  entry('signed.example', TYPE.DS, Uint8Array.of(0, 1, 8, 2)),
  entry('ns.signed.example', TYPE.A),
  entry('plain.deep.example', TYPE.NS, Name.parse('ns.elsewhere').wire),
  entry('ns.elsewhere', TYPE.A),
];

const SOA = {
  ttl: 3600,
  mname: Name.parse('ns.example'),
  rname: Name.parse('hostmaster.example'),
  ...{ refresh: 1, retry: 1, expire: 1, minimum: 60 },
};

function zone(denial: DenialPolicy | null): StaticZone {
  return new StaticZone({ apex: APEX, soa: SOA, entries: ENTRIES, denial });
}

function nsec(): Denial & { kind: 'nsec' } {
  const { denial } = zone({ kind: 'nsec' });
  if (denial?.kind !== 'nsec') throw new Error('no NSEC');
  return denial;
}

function nsec3(optOut: boolean): Denial & { kind: 'nsec3' } {
  const { denial } = zone({ kind: 'nsec3', iterations: 2, salt: NO_SALT, optOut });
  if (denial?.kind !== 'nsec3') throw new Error('no NSEC3');
  return denial;
}

describe('a zone given by its RRsets', () => {
  test('an empty non-terminal exists and owns nothing', () => {
    const plain = zone(null);
    for (const text of ['b.c.example', 'c.example', 'w.example', 'deep.example']) {
      expect(plain.exists(Name.parse(text))).toBe(true);
      expect(plain.records(Name.parse(text), TYPE.A)).toBeUndefined();
    }
    expect(plain.exists(Name.parse('x.example'))).toBe(false);
  });

  test('addresses below a cut and outside the zone are glue and nothing else', () => {
    const plain = zone(null);
    for (const text of ['ns.signed.example', 'ns.elsewhere']) {
      expect(plain.glue(Name.parse(text), TYPE.A)).toBeDefined();
      expect(plain.exists(Name.parse(text))).toBe(false);
    }
    expect(plain.glue(Name.parse('ns.example'), TYPE.A)).toBeUndefined();
  });

  test('a lazy owner is there at once, and its RRsets when they are first asked for', () => {
    const host = Name.parse('host.lazy.example');
    const made: string[] = [];
    const lazy = {
      names: [host, Name.parse('other.example'), APEX],
      rrsetsOf: (name: Name): RRset[] => {
        made.push(`${name}`);
        return [TYPE.A, TYPE.TXT].map((type) => new RRset(name, type, 60, [NO_SALT]));
      },
    };
    const given = [entry('example', TYPE.NS), entry('host.lazy.example', TYPE.A)];
    const nsec = { kind: 'nsec' } as const;
    const own = new StaticZone({ apex: APEX, soa: SOA, entries: given, lazy, denial: nsec });
    expect([own.exists(host), own.exists(host.parent), made]).toEqual([true, true, []]);
    expect(own.records(host, TYPE.TXT)?.ttl).toBe(60);
    expect(own.records(host, TYPE.A)?.ttl).toBe(300); // the entry takes the place of the lazy one
    expect(made).toEqual(['host.lazy.example.']);
    if (own.denial?.kind !== 'nsec') throw new Error('no NSEC');
    const { A, NS, TXT, SOA: soa, DNSKEY, RRSIG, NSEC } = TYPE;
    const types = own.denial.at(APEX).types;
    expect(types.toSorted()).toEqual([A, NS, TXT, soa, DNSKEY, RRSIG, NSEC].toSorted());
  });

  test('names at and below a delegation are cut there, the apex never', () => {
    const plain = zone(null);
    expect(plain.cutAt(Name.parse('x.y.signed.example'))?.toString()).toBe('signed.example.');
    expect(plain.cutAt(Name.parse('signed.example'))?.toString()).toBe('signed.example.');
    expect(plain.cutAt(APEX)).toBeUndefined();
    expect(plain.cutAt(Name.parse('deep.example'))).toBeUndefined();
  });

  test('one name and type given twice is refused', () => {
    const { soa } = zone(null);
    const entries = [...ENTRIES, entry('ns.example', TYPE.A)];
    expect(() => new StaticZone({ apex: APEX, soa, entries, denial: null })).toThrow('twice');
  });
});

describe('NSEC chain (RFC 4034 section 4)', () => {
  test('it goes through every owner name in canonical order and back to the apex', () => {
    const seen: string[] = [];
    let at = APEX;
    do {
      const link = nsec().at(at);
      expect(link.owner.equals(at)).toBe(true);
      seen.push(link.owner.toString());
      if (!link.next.equals(APEX)) expect(compareCanonical(link.owner, link.next)).toBeLessThan(0);
      at = link.next;
    } while (!at.equals(APEX));
    expect(seen).toEqual([
      'example.',
      'a.b.c.example.',
      'plain.deep.example.',
      'ns.example.',
      'signed.example.',
      '*.w.example.',
    ]);
  });

  test('bitmaps hold the types of the name, at cuts NS and DS only', () => {
    const types = (text: string): readonly number[] => nsec().at(Name.parse(text)).types;
    const sorted = (...list: number[]): number[] => list.sort((a, b) => a - b);
    expect(sorted(...types('signed.example'))).toEqual(
      sorted(TYPE.NS, TYPE.DS, TYPE.RRSIG, TYPE.NSEC),
    );
    expect(sorted(...types('example'))).toEqual(
      sorted(TYPE.NS, TYPE.SOA, TYPE.DNSKEY, TYPE.RRSIG, TYPE.NSEC),
    );
  });

  test('a missing name is covered by the owner before it', () => {
    expect(nsec().at(Name.parse('zzz.example')).owner.toString()).toBe('*.w.example.');
    expect(nsec().at(Name.parse('b.c.example')).owner.toString()).toBe('example.');
  });
});

describe('NSEC3 chain (RFC 5155 section 7.1)', () => {
  const hashOf = (text: string): Uint8Array => nsec3Hash(Name.parse(text), 2, NO_SALT);

  test.each([
    [false, 10],
    [true, 8],
  ])(
    'with opt-out %s it is a closed circle of all owners and empty non-terminals',
    (optOut, count) => {
      const start = hashOf('example');
      const seen: Uint8Array[] = [];
      let at = start;
      do {
        const link = nsec3(optOut).at(at);
        expect(compareOctets(link.hash, at)).toBe(0);
        seen.push(link.hash);
        at = link.next;
      } while (compareOctets(at, start) !== 0);
      expect(seen).toHaveLength(count);
      const ascents = seen.filter((hash, i) => {
        const next = seen[(i + 1) % seen.length] as Uint8Array;
        return compareOctets(hash, next) < 0;
      });
      expect(ascents).toHaveLength(count - 1);
    },
  );

  test('opt-out leaves out unsigned delegations and what is only above them', () => {
    for (const text of ['plain.deep.example', 'deep.example']) {
      expect(nsec3(false).link(hashOf(text))).toBeDefined();
      expect(nsec3(true).link(hashOf(text))).toBeUndefined();
    }
  });

  test('an empty non-terminal has an empty bitmap, an unsigned delegation NS alone', () => {
    expect(nsec3(false).link(hashOf('b.c.example'))?.types).toEqual([]);
    expect(nsec3(false).link(hashOf('plain.deep.example'))?.types).toEqual([TYPE.NS]);
    expect(nsec3(false).link(hashOf('signed.example'))?.types).toEqual([
      TYPE.NS,
      TYPE.DS,
      TYPE.RRSIG,
    ]);
  });
});
