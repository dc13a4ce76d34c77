import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nsec3Hash } from '../crypto/nsec3-hash.ts';
import { canonicalKey, compareCanonical } from '../name/canonical.ts';
import { Name } from '../name/name.ts';
import { RRset } from '../rrset.ts';
import { toBase32Hex } from '../text/encoding.ts';
import { TYPE } from '../wire/iana.ts';
import { DenialCache } from './denial.ts';

const ZONE = Name.parse('zone.test');
const nsec = (owner: Name): RRset => new RRset(owner, TYPE.NSEC, 60, [new Uint8Array(0)]);

const labels = fc.array(fc.constantFrom('a', 'b', 'B', '*', 'ab', '\u0000', '\u00ff', '-'), {
  maxLength: 4,
});
const names = labels.map((path) => path.reduce((parent, label) => parent.child(label), ZONE));

describe('the key of a name in canonical order (RFC 4034 section 6.1)', () => {
  it('sorts as the names do (property)', () => {
    fc.assert(
      fc.property(names, names, (a, b) => {
        const [x, y] = [canonicalKey(a), canonicalKey(b)];
        const order = x === y ? 0 : x < y ? -1 : 1;
        expect(order).toBe(Math.sign(compareCanonical(a, b)));
      }),
    );
  });
});

describe('validated denials', () => {
  it('the record found for a name is the last at or before it (property)', () => {
    fc.assert(
      fc.property(fc.array(names, { minLength: 1, maxLength: 20 }), names, (owners, name) => {
        const cache = new DenialCache(100);
        for (const owner of owners) cache.addNsec(ZONE, nsec(owner), 10);
        const before = owners.filter((owner) => compareCanonical(owner, name) <= 0);
        const last = before.sort(compareCanonical).at(-1);
        expect(cache.zoneOf(name)?.nsecAt(name, 0)?.rrset.name.key).toBe(last?.key);
      }),
    );
  });

  it('NSEC3 records go round: before the first is the last (RFC 5155 section 3.1.7)', () => {
    const cache = new DenialCache(10);
    const salt = Uint8Array.of(1);
    const owner = (digit: string): Name => ZONE.child(digit.repeat(32));
    for (const digit of ['4', 's']) {
      cache.addNsec3(ZONE, new RRset(owner(digit), TYPE.NSEC3, 60, []), 2, salt, 10);
    }
    const zone = cache.zoneOf(ZONE);
    expect(zone?.nsec3At('0'.repeat(32), 0)?.rrset.name.key).toBe(owner('s').key);
    expect(zone?.nsec3At('5'.repeat(32), 0)?.rrset.name.key).toBe(owner('4').key);
    const name = Name.parse('www.zone.test');
    expect(zone?.hashLabelOf(name)).toBe(toBase32Hex(nsec3Hash(name, 2, salt)));
    // The zone has another chain now.
    cache.addNsec3(ZONE, new RRset(owner('9'), TYPE.NSEC3, 60, []), 3, salt, 10);
    expect(zone?.nsec3At('5'.repeat(32), 0)?.rrset.name.key).toBe(owner('9').key);
    expect(cache.size).toBe(1);
  });

  it('what has expired is not found, what came anew is', () => {
    const cache = new DenialCache(10);
    cache.addNsec(ZONE, nsec(ZONE), 10);
    const found = (clock: number) => cache.zoneOf(ZONE)?.nsecAt(ZONE, clock);
    expect([found(9) === null, found(10)]).toEqual([false, null]);
    cache.addNsec(ZONE, nsec(ZONE), 20);
    expect([found(19) === null, cache.size]).toEqual([false, 1]);
  });

  it('the bound holds over all zones; what was used is spared once, and an empty zone goes', () => {
    const cache = new DenialCache(2);
    const zones = ['a.test', 'b.test', 'c.test', 'd.test'].map((text) => Name.parse(text));
    const add = (zone: Name | undefined): void => {
      if (zone !== undefined) cache.addNsec(zone, nsec(zone), 10);
    };
    const held = (): readonly boolean[] => zones.map((zone) => cache.zoneOf(zone) !== null);
    add(zones[0]);
    add(zones[1]);
    cache.zoneOf(zones[0] as Name)?.nsecAt(zones[0] as Name, 0);
    add(zones[2]);
    expect(held()).toEqual([true, false, true, false]);
    add(zones[3]);
    expect(held()).toEqual([true, false, false, true]);
    expect(cache.size).toBe(2);
  });
});
