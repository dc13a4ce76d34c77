/** Which version of the root zone a node has: fetched, refused, lost by a restart, switched off and on. */

import { describe, expect, it } from 'vitest';
import type { ZoneCopy } from '../../resolver-core/apps/static-zone.ts';
import { DAY, HOUR, type Micros, SECOND } from '../../resolver-core/time.ts';
import { TYPE } from '../../resolver-core/wire/iana.ts';
import { Authorities, AuthorityMemo } from '../authority/authorities.ts';
import { Catalogue } from '../authority/catalogue.ts';
import type { Plan, StaticZoneChange, StaticZonePlan, TimelineAct } from '../plan.ts';
import { FAULT_AT, smallPlan } from '../testing/small-plan.ts';
import { chosenNodes } from './machines.ts';
import { RootCopies } from './root-copies.ts';
import { ReadZones, RootVersions } from './root-versions.ts';

/** Fetches are at 00:00 and 12:00; the window begins at 19:10 on 5 May 2026. */
const MIDNIGHT: Micros = Math.floor(FAULT_AT / DAY) * DAY;
const NOON = MIDNIGHT + 12 * HOUR;

const ADD: TimelineAct = { kind: 'add', at: NOON - DAY, zone: '.', type: TYPE.ZONEMD };
const apps = (at: Micros, set: StaticZoneChange, over = 0): TimelineAct => {
  return { kind: 'apps', at, over, set };
};
const restart = (at: Micros, count: number): TimelineAct => {
  return { kind: 'restart', at, over: 0, nodes: { kind: 'count', count }, colos: [] };
};

function planWith(set: Partial<StaticZonePlan>): Plan {
  const small = smallPlan();
  const { cluster } = small;
  const staticZone = { ...cluster.staticZone, use: true, ...set };
  return { ...small, cluster: { ...cluster, staticZone } };
}

interface Opened {
  readonly copies: RootCopies;
  readonly texts: Micros[];
  readonly plan: Plan;
}

function open(set: Partial<StaticZonePlan>, timeline: readonly TimelineAct[], colo = 0): Opened {
  const plan = planWith(set);
  const servers = new Authorities(plan, CATALOGUE, timeline, new AuthorityMemo());
  const texts: Micros[] = [];
  const published: ConstructorParameters<typeof RootVersions>[0]['published'] = (at) => {
    texts.push(at);
    return servers.wholeZone(CATALOGUE.apexOf(CATALOGUE.zoneOf(ROOT)), at);
  };
  const source = { published, anchor: servers.trustAnchor(), timeline, read: READ };
  return {
    copies: new RootCopies(plan, timeline, colo, new RootVersions(source)),
    texts,
    plan,
  };
}

const PLAN = smallPlan();
const CATALOGUE = new Catalogue(PLAN);
const ROOT = CATALOGUE.apexOf(PLAN.zones[0] as Plan['zones'][number]);
const READ = new ReadZones();

/** When it was fetched, told by its SOA: serials are of the half day. */
const fetchedAt = (copy: ZoneCopy | undefined): Micros => (copy?.soa.serial ?? 0) * SECOND;

describe('the copy of a node', () => {
  it('is the latest that was fetched, and shared by all nodes', () => {
    const { copies, texts } = open({}, []);
    const first = copies.at(0, NOON + HOUR);
    expect(fetchedAt(first?.copy)).toBe(NOON);
    expect(copies.at(1, NOON + HOUR)?.copy).toBe(first?.copy);
    expect(copies.at(0, NOON + 11 * HOUR)).toBe(first);
    expect(fetchedAt(copies.at(0, NOON + 12 * HOUR)?.copy)).toBe(MIDNIGHT + DAY);
    expect(texts).toEqual([NOON, MIDNIGHT + DAY]);
    expect(copies.fetches(NOON, NOON + DAY)).toEqual([NOON, MIDNIGHT + DAY]);
  });

  it('stays what it was when the parser refuses a type (ZONEMD), and one text tells for all', () => {
    const { copies, texts } = open({ unknownTypes: 'refuse' }, [ADD]);
    const old = copies.at(0, NOON + HOUR);
    expect(fetchedAt(old?.copy)).toBe(NOON - DAY - 12 * HOUR);
    expect(copies.at(1, NOON + 13 * HOUR)?.copy).toBe(old?.copy);
    // Of four versions with ZONEMD the latest was read, and refused.
    expect(texts).toEqual([NOON, NOON - DAY - 12 * HOUR]);
    const tolerant = open({ unknownTypes: 'rfc3597' }, [ADD]).copies;
    expect(fetchedAt(tolerant.at(0, NOON + HOUR)?.copy)).toBe(NOON);
  });

  it('is lost by a restart: then there is none until a version is accepted', () => {
    const timeline = [ADD, restart(NOON - HOUR, 1)];
    const { copies, plan } = open({ unknownTypes: 'refuse' }, timeline);
    const [restarted] = chosenNodes(plan, 0, { nodes: { kind: 'count', count: 1 }, colos: [] });
    const other = restarted === 0 ? 1 : 0;
    const at = (node: number, when: Micros): Micros => fetchedAt(copies.at(node, when)?.copy);
    expect(at(restarted as number, NOON - 2 * HOUR)).toBe(at(other, NOON + HOUR));
    expect(copies.at(restarted as number, NOON + HOUR)).toBeNull();
    expect(copies.at(restarted as number, NOON + 20 * HOUR)).toBeNull();
    // A node that starts takes the latest version at once, if it is one.
    const before = open({}, [restart(NOON - HOUR, 2)]).copies;
    expect(fetchedAt(before.at(0, NOON - HOUR)?.copy)).toBe(MIDNIGHT);
  });

  it('is gone when the app is switched off, colo by colo, and taken anew when it is back on', () => {
    const timeline = [
      apps(NOON + HOUR, { use: false }, HOUR),
      apps(NOON + 3 * HOUR, { use: true }, HOUR),
    ];
    const [first, last] = [open({}, timeline).copies, open({}, timeline, 1).copies];
    const has = (copies: RootCopies): boolean[] =>
      [1, 2, 3, 4].map((hour) => copies.at(0, NOON + hour * HOUR) !== null);
    expect(has(first)).toEqual([false, false, true, true]);
    expect(has(last)).toEqual([true, false, false, true]);
  });

  it('is read by the parser that the node has when it comes', () => {
    const change = apps(NOON - HOUR, { unknownTypes: 'rfc3597' });
    const { copies } = open({ unknownTypes: 'refuse' }, [ADD, change]);
    expect(fetchedAt(copies.at(0, NOON - 1)?.copy)).toBe(NOON - DAY - 12 * HOUR);
    expect(fetchedAt(copies.at(0, NOON)?.copy)).toBe(NOON);
  });
});

describe('guards', () => {
  const until = (set: Partial<StaticZonePlan>): Micros | undefined =>
    open(set, []).copies.at(0, NOON + HOUR)?.usableUntil;

  it('end the use of a copy by SOA EXPIRE, by its age, or before its signatures end', () => {
    expect(until({})).toBe(Number.POSITIVE_INFINITY);
    expect(until({ soaExpire: true })).toBe(NOON + 1_209_600 * SECOND);
    expect(until({ soaExpire: true, maxAge: 2 * DAY })).toBe(NOON + 2 * DAY);
    const first = until({ signatureHorizon: 0 }) as Micros;
    expect(until({ signatureHorizon: DAY })).toBe(first - DAY);
    // Signed within three days before, for 13 days and an hour, back-dated by an hour.
    expect(first).toBeGreaterThan(NOON + 10 * DAY);
    expect(first).toBeLessThan(NOON + 13 * DAY);
  });

  it('may ask for a digest that verifies (RFC 8976): without one there is no copy', () => {
    const set = { zonemd: true, unknownTypes: 'rfc3597' } as const;
    expect(open(set, []).copies.at(0, NOON + HOUR)).toBeNull();
    const { copies } = open(set, [ADD]);
    expect(fetchedAt(copies.at(0, NOON + HOUR)?.copy)).toBe(NOON);
  });

  it('has a history without gaps that says what `at` says', () => {
    const timeline = [ADD, restart(NOON + HOUR, 1), apps(NOON + 4 * HOUR, { use: false })];
    const { copies, plan } = open({ unknownTypes: 'refuse' }, timeline);
    const end = NOON + 6 * HOUR;
    const history = copies.history(end);
    const fetched = (node: number, at: Micros): Micros | undefined =>
      history.find((span) => span.node === node && span.from <= at && at < span.until)?.fetched;
    for (let node = 0; node < (plan.cluster.colos[0]?.nodes ?? 0); node++) {
      for (let at = NOON; at < end; at += HOUR / 2) {
        expect(fetched(node, at) ?? 0).toBe(fetchedAt(copies.at(node, at)?.copy));
      }
    }
    // one refused version after another is no change
    const unbroken = history.filter(({ until }) => until === NOON + 4 * HOUR);
    expect(unbroken.map(({ from, fetched: last }) => from - last)).toEqual(unbroken.map(() => 0));
    expect(unbroken.length).toBeGreaterThan(0);
  });
});
