import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nsec3Hash } from '../../resolver-core/crypto/nsec3-hash.ts';
import { compareCanonical, compareOctets } from '../../resolver-core/name/canonical.ts';
import { Name } from '../../resolver-core/name/name.ts';
import { TYPE } from '../../resolver-core/wire/iana.ts';
import { smallPlan } from '../testing/small-plan.ts';
import { Catalogue } from './catalogue.ts';
import { base32hex, hexOctets } from './records.ts';
import type { Denial, Nsec3Link, Zone } from './zone.ts';
import { ZoneStore } from './zones.ts';

const plan = smallPlan();
const SALT = hexOctets('CA12B74ADB90591A');

function registry(apex: string): Zone {
  const catalogue = new Catalogue(plan);
  return new ZoneStore(plan, catalogue).planZone(catalogue.zoneOf(Name.parse(apex))).zone;
}

function nsec3(zone: Zone): Denial & { kind: 'nsec3' } {
  if (zone.denial?.kind !== 'nsec3') throw new Error('no NSEC3');
  return zone.denial;
}

function nsec(zone: Zone): Denial & { kind: 'nsec' } {
  if (zone.denial?.kind !== 'nsec') throw new Error('no NSEC');
  return zone.denial;
}

function isCovered(link: Nsec3Link, hash: Uint8Array): boolean {
  const above = compareOctets(link.hash, hash) < 0;
  const below = compareOctets(hash, link.next) < 0;
  return compareOctets(link.hash, link.next) < 0 ? above && below : above || below;
}

const HASHES = fc.uint8Array({ minLength: 20, maxLength: 20 });
const de = registry('de');

describe('NSEC3 chain of a registry', () => {
  test('every hash is matched or covered, and the neighbours join without a gap', () => {
    fc.assert(
      fc.property(HASHES, (hash) => {
        const link = nsec3(de).at(hash);
        expect(compareOctets(link.hash, hash) === 0 || isCovered(link, hash)).toBe(true);
        const next = nsec3(de).at(link.next);
        expect(compareOctets(next.hash, link.next)).toBe(0);
        const last = link.next.slice();
        for (let i = 19; i >= 0; i--) {
          last[i] = ((last[i] as number) + 255) & 255;
          if (last[i] !== 255) break;
        }
        expect(compareOctets(nsec3(de).at(last).hash, link.hash)).toBe(0);
      }),
    );
  });

  test('both ends of the hash space meet', () => {
    const first = nsec3(de).at(new Uint8Array(20));
    const last = nsec3(de).at(new Uint8Array(20).fill(255));
    expect(compareOctets(first.hash, last.hash)).toBe(0);
    expect(compareOctets(last.next, last.hash)).toBeLessThan(0);
  });

  test('the order of asking changes nothing', () => {
    fc.assert(
      fc.property(fc.array(HASHES, { minLength: 1, maxLength: 12 }), (hashes) => {
        const forwards = registry('de');
        const backwards = registry('de');
        const ask = (zone: Zone, list: readonly Uint8Array[]): string[] =>
          list.map((hash) => {
            const { hash: owner, next, types } = nsec3(zone).at(hash);
            return `${base32hex(owner)} ${base32hex(next)} ${types.join()}`;
          });
        expect(ask(backwards, hashes.toReversed()).reverse()).toEqual(ask(forwards, hashes));
      }),
      { numRuns: 10 },
    );
  });

  test('with opt-out exactly the apex and the signed delegations of the catalogue are at their true hashes', () => {
    const catalogue = new Catalogue(plan);
    const hashOf = (name: Name): Uint8Array => nsec3Hash(name, 15, SALT);
    expect(base32hex(hashOf(de.apex)).startsWith('tjlb7qbo')).toBe(true); // as on the wire
    expect(nsec3(de).link(hashOf(de.apex))?.types).toContain(TYPE.NSEC3PARAM);
    const below = catalogue.domains.filter(({ registry: { apex } }) => apex === 'de');
    expect(below.some(({ signed }) => signed)).toBe(true);
    for (const { name, signed } of below) {
      expect(nsec3(de).link(hashOf(name)) !== undefined).toBe(signed);
    }
  });

  test('there are as many fillers as the nearest power of two below the signed delegations', () => {
    const cells = 1 << 21; // 17.9 million times 0.2 lies between 2^21 and 2^22
    const link = nsec3(de).at(new Uint8Array(20).fill(0x55));
    const span =
      (new DataView(link.next.buffer).getUint32(0) - new DataView(link.hash.buffer).getUint32(0)) /
      4_294_967_296;
    expect(span).toBeLessThan(2 / cells);
    expect(span).toBeGreaterThan(0);
  });
});

describe('NSEC chain of a registry', () => {
  const se = registry('se');
  const LABELS = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,11}$/);

  test('every label is matched or covered, and the neighbours join without a gap', () => {
    fc.assert(
      fc.property(LABELS, (label) => {
        const name = se.apex.child(label);
        const link = nsec(se).at(name);
        expect(link.owner.equals(name)).toBe(se.exists(name));
        expect(compareCanonical(link.owner, name)).toBeLessThanOrEqual(0);
        expect(nsec(se).at(link.next).owner.equals(link.next)).toBe(true);
        if (!link.next.equals(se.apex)) {
          expect(compareCanonical(name, link.next)).toBeLessThan(0);
          expect(se.exists(link.next)).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('the chain begins at the apex and ends there', () => {
    expect(nsec(se).at(se.apex.child('*')).owner.equals(se.apex)).toBe(true);
    expect(nsec(se).at(se.apex.child('zzzzzzzzz')).next.equals(se.apex)).toBe(true);
  });
});

describe('delegations of a registry', () => {
  test('a tail name is delegated, and so is everything below it', () => {
    const catalogue = new Catalogue(plan);
    const { name } = catalogue.oneOff('tail', 0, 0);
    expect(de.cutAt(name.child('x').child('y'))?.equals(name)).toBe(true);
    expect(de.records(name, TYPE.NS)?.rdata.length).toBeGreaterThan(0);
    expect(de.records(name, TYPE.DS)).toBeUndefined();
  });

  test('a name that is not registered does not exist', () => {
    const name = Name.parse('nope-1.de');
    expect(de.exists(name)).toBe(false);
    expect(de.cutAt(name)).toBeUndefined();
  });

  test('a registry below a registry is a delegation', () => {
    const zones = [
      ...plan.zones,
      { ...(plan.zones[5] as (typeof plan.zones)[number]), apex: 'co.nl' },
    ];
    const nested = smallPlan({ zones });
    const catalogue = new Catalogue(nested);
    const store = new ZoneStore(nested, catalogue);
    const { zone } = store.planZone(catalogue.zoneOf(Name.parse('nl')));
    const child = Name.parse('co.nl');
    expect(zone.cutAt(child.child('shop'))?.equals(child)).toBe(true);
    expect(zone.records(child, TYPE.DS)?.rdata).toHaveLength(1);
    const link = nsec3(zone).link(nsec3Hash(child, 0, new Uint8Array(0)));
    expect(link?.types).toContain(TYPE.DS);
  });
});
