import { describe, expect, test } from 'vitest';
import { Name } from '../../resolver-core/name/name.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../resolver-core/time.ts';
import { TYPE } from '../../resolver-core/wire/iana.ts';
import type { TimelineEvent } from '../plan.ts';
import { DE_FAULT, FAULT_AT, REPAIR_AT, smallPlan } from '../testing/small-plan.ts';
import { Catalogue } from './catalogue.ts';
import { base32hex } from './records.ts';
import { Schedule } from './schedule.ts';
import { ZoneStore } from './zones.ts';

const plan = smallPlan();
const catalogue = new Catalogue(plan);
const store = new ZoneStore(plan, catalogue);
const DE = Name.parse('de');
const APEX_NSEC3 = Name.parse('tjlb7qbojvmlf1s6gdriru7vsms1lg16.de');

function schedule(apex: string, timeline: readonly TimelineEvent[]): Schedule {
  const { zone, policy } = store.planZone(catalogue.zoneOf(Name.parse(apex)));
  if (policy === null) throw new Error(`${apex} is not signed`);
  return new Schedule(zone, policy, timeline, plan.seed);
}

/** An NSEC3 owner at this fraction of the hash space. */
function ownerAt(place: number): Name {
  const hash = new Uint8Array(20);
  new DataView(hash.buffer).setUint32(0, place * 4_294_967_296);
  return DE.child(base32hex(hash));
}

const natural = schedule('de', []);
const faulty = schedule('de', DE_FAULT);

describe('periodic signing', () => {
  test('an RRset is signed once per period, at a phase of its own, and the instant says until when', () => {
    const ages = new Set<number>();
    for (let i = 0; i < 200; i++) {
      const { at, until } = natural.at(ownerAt(i / 200), TYPE.NSEC3, FAULT_AT);
      expect(at).toBeLessThanOrEqual(FAULT_AT);
      expect(until - at).toBe(7 * DAY);
      expect(at % SECOND).toBe(0);
      ages.add(Math.floor((FAULT_AT - at) / DAY));
    }
    expect([...ages].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  test('SOA is signed at every serial, which is Unix time rounded down', () => {
    const clock = FAULT_AT + 7 * MINUTE;
    const { at, until } = natural.at(DE, TYPE.SOA, clock);
    expect({ at, until }).toEqual({ at: FAULT_AT, until: FAULT_AT + 10 * MINUTE });
    expect(natural.serial(clock)).toBe(FAULT_AT / SECOND);
  });

  test('DNSKEY is signed by the KSK, and again at the instant when a key comes', () => {
    const published = Date.UTC(2026, 4, 2) * 1000;
    const before = natural.at(DE, TYPE.DNSKEY, published - 1);
    expect(before.until).toBeLessThanOrEqual(published);
    expect(natural.at(DE, TYPE.DNSKEY, published)).toMatchObject({ at: published, key: '26755' });
  });
});

describe('timeline', () => {
  test('sign-with changes the key of what is signed from then on, and of nothing older', () => {
    expect(faulty.at(DE, TYPE.SOA, FAULT_AT - 1).key).toBe('32911');
    expect(faulty.at(DE, TYPE.SOA, FAULT_AT).key).toBe('33834');
    expect(faulty.at(Name.parse('laden8.de'), TYPE.DS, FAULT_AT).key).toBe('32911');
    expect(faulty.at(DE, TYPE.DNSKEY, FAULT_AT + DAY).key).toBe('26755');
  });

  test('a resign event with an owner signs the NSEC3 of that owner, with the copy that it pins', () => {
    expect(faulty.at(APEX_NSEC3, TYPE.NSEC3, FAULT_AT)).toMatchObject({
      at: FAULT_AT,
      key: '33834',
      copy: 1,
    });
    expect(faulty.at(ownerAt(0.5), TYPE.NSEC3, FAULT_AT).key).toBe('32911');
  });

  test('a copy that a key has not is not made up: its own signs', () => {
    const all: TimelineEvent = {
      kind: 'resign',
      at: FAULT_AT,
      zone: 'de',
      select: { owner: null, types: [], signedWith: null },
      over: 0,
      copy: 1,
    };
    const [first] = DE_FAULT;
    const signed = schedule('de', first === undefined ? [] : [first, all]);
    expect(signed.at(DE, TYPE.SOA, FAULT_AT)).toMatchObject({ key: '33834', copy: 1 });
    expect(signed.at(DE, TYPE.DNSKEY, FAULT_AT)).toMatchObject({ key: '26755', copy: 0 });
  });

  test('a span is gone through in the order of hashed owner names', () => {
    const instants = [0.1, 0.3, 0.5, 0.7, 0.9].map(
      (place) => faulty.at(ownerAt(place), TYPE.NSEC3, FAULT_AT + 4 * HOUR - 16 * MINUTE).at,
    );
    expect(instants.toSorted((a, b) => a - b)).toEqual(instants);
    expect(instants[2]).toBe(FAULT_AT + 5 * MINUTE + 90 * MINUTE);
    const justBefore = faulty.at(ownerAt(0.5), TYPE.NSEC3, (instants[2] as number) - 1);
    expect(justBefore).toMatchObject({ key: '32911', until: instants[2] });
  });

  test('copies are used alike, and each choice is a function of owner, type and serial', () => {
    const counts = [0, 0, 0];
    for (let i = 0; i < 900; i++) {
      const owner = ownerAt(i / 900);
      const clock = FAULT_AT + 200 * MINUTE;
      const { key, copy } = faulty.at(owner, TYPE.NSEC3, clock);
      expect(key).toBe('33834');
      expect(schedule('de', DE_FAULT).at(owner, TYPE.NSEC3, clock).copy).toBe(copy);
      counts[copy] = (counts[copy] as number) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 300)).toBeLessThan(4 * 14.2);
  });

  test('the repair signs anew exactly what the faulty key had signed', () => {
    for (let i = 0; i < 50; i++) {
      expect(faulty.at(ownerAt(i / 50), TYPE.NSEC3, REPAIR_AT)).toMatchObject({
        at: REPAIR_AT,
        key: '32911',
      });
    }
    const ds = Name.parse('laden8.de');
    const inBetween = faulty.at(ds, TYPE.DS, REPAIR_AT - 1);
    expect(inBetween.key).toBe('32911');
    expect(faulty.at(ds, TYPE.DS, REPAIR_AT).at).toBe(inBetween.at);
  });

  test('events of other zones change nothing', () => {
    const owner = Name.parse('com');
    const clock = FAULT_AT + HOUR;
    expect(schedule('com', DE_FAULT).at(owner, TYPE.SOA, clock)).toEqual(
      schedule('com', []).at(owner, TYPE.SOA, clock),
    );
  });

  test('an event that names a key which the zone lacks is refused', () => {
    const event: TimelineEvent = { kind: 'sign-with', at: 0, zone: 'de', key: '1' };
    expect(() => schedule('de', [event])).toThrow('no key 1');
  });
});

test('a signer that stopped leaves its last signatures for good', () => {
  const { zone, policy } = store.planZone(catalogue.zoneOf(DE));
  if (policy === null) throw new Error('not signed');
  const stopped = new Schedule(zone, { ...policy, stoppedAt: FAULT_AT - DAY }, DE_FAULT, plan.seed);
  const span = stopped.at(DE, TYPE.SOA, FAULT_AT + 30 * DAY);
  expect(span).toEqual(stopped.at(DE, TYPE.SOA, FAULT_AT));
  expect(span).toMatchObject({ at: FAULT_AT - DAY, until: Number.POSITIVE_INFINITY });
});
