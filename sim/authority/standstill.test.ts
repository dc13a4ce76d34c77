/** A site that gets no updates: what it says, and how its signatures end. */

import { describe, expect, it } from 'vitest';
import type { Message } from '../../resolver-core/message.ts';
import { Name } from '../../resolver-core/name/name.ts';
import type { RRset, Rrsig } from '../../resolver-core/rrset.ts';
import { DAY, epochSeconds, HOUR, type Micros } from '../../resolver-core/time.ts';
import { TYPE } from '../../resolver-core/wire/iana.ts';
import type { TimelineEvent } from '../plan.ts';
import { FAULT_AT, smallPlan } from '../testing/small-plan.ts';
import { Authorities, AuthorityMemo } from './authorities.ts';
import { Catalogue } from './catalogue.ts';
import { Standstills } from './standstill.ts';

/** .de is signed for 14d1h30m, backdated by 1h30m, and signed anew every 7 days. */
const LIFE = 14 * DAY;
const ENDS = FAULT_AT + 9 * DAY + 5 * HOUR;

const base = smallPlan();
const plan = smallPlan({
  zones: base.zones.map((zone) =>
    zone.apex !== 'de' || zone.signing === null
      ? zone
      : { ...zone, signing: { ...zone.signing, apexNsecEnds: ENDS } },
  ),
});
const catalogue = new Catalogue(plan);
const [STUCK = '', LIVE = ''] = (
  plan.operators.find(({ id }) => id === 'denic')?.servers[0]?.sites ?? []
).map(({ name }) => name);

function isolate(at: Micros, sites: readonly string[], lifts = false): TimelineEvent {
  return { kind: 'isolate', at, operator: 'denic', sites, lifts };
}

const world = new Authorities(plan, catalogue, [isolate(FAULT_AT, [STUCK])], new AuthorityMemo());

function ask(site: string, name: string, type: number, clock: Micros, id = -1): Message {
  const server = world.servers.findIndex((each) => each.name === 'a.nic.de');
  const index = world.servers[server]?.plan.sites.findIndex((each) => each.name === site) ?? -1;
  const options = { dnssecOk: true, udpSize: 1232, transport: 'tcp' } as const;
  const question = { name: Name.parse(name), type };
  return world.respond(server, index, question, options, clock, id) as Message;
}

function signatureOf({ signatures }: RRset): Rrsig {
  const [signature] = signatures;
  if (signature === undefined) throw new Error('not signed');
  return signature;
}

/** NSEC3 records that site shows for names that do not exist, by owner: when their signatures end. */
function ends(site: string, clock: Micros): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (let i = 0; i < 60; i++) {
    for (const rrset of ask(site, `nobody${i}.de`, TYPE.A, clock).authority) {
      if (rrset.type === TYPE.NSEC3) found.set(rrset.name.key, signatureOf(rrset).expiration);
    }
  }
  return found;
}

describe('a site that stands still', () => {
  const late = FAULT_AT + 9 * DAY;

  it('goes on with the zone of the instant at which it lost its updates; the others do not', () => {
    const then = ask(LIVE, 'de', TYPE.SOA, FAULT_AT).answer[0];
    expect(ask(STUCK, 'de', TYPE.SOA, late).answer[0]).toEqual(then);
    expect(ask(LIVE, 'de', TYPE.SOA, late).answer[0]).not.toEqual(then);
  });

  it('has signatures that end one by one, from the oldest on, over the time in which all are signed anew', () => {
    const expirations = [...ends(STUCK, late).values()].sort((a, b) => a - b);
    const at = epochSeconds(FAULT_AT);
    const [first = 0, last = 0] = [expirations[0], expirations.at(-1)];
    expect(new Set(expirations).size).toBe(expirations.length);
    expect(first).toBeGreaterThan(at + (LIFE - 7 * DAY) / 1e6);
    expect(last).toBeLessThanOrEqual(at + LIFE / 1e6);
    const days = expirations.map((end) => Math.floor((end - at) / 86_400));
    expect(new Set(days).size).toBe(7);
  });

  it('has expired ones while the others have none', () => {
    const now = epochSeconds(late);
    const expired = (site: string): number =>
      [...ends(site, late).values()].filter((end) => end < now).length;
    expect(expired(STUCK)).toBeGreaterThan(5);
    expect(expired(LIVE)).toBe(0);
  });

  it('loses the NSEC3 of the apex, which all unsigned delegations share, at the instant that was given', () => {
    const apex = 'tjlb7qbojvmlf1s6gdriru7vsms1lg16.de';
    expect(ends(STUCK, late).get(Name.parse(apex).key)).toBe(epochSeconds(ENDS));
  });

  it('is not mixed up with those that go on, whoever is asked first', () => {
    for (const id of [-1, 3]) {
      const said = [LIVE, STUCK, LIVE, STUCK, LIVE].map((site) =>
        ask(site, 'laden0.de', TYPE.A, late, id),
      );
      // Of a name that comes for the first time nothing is kept.
      expect(said[3]).toBe(said[1]);
      expect(said[4]).toBe(said[2]);
      expect(said[2]).toEqual(said[0]);
      expect(said[1]).not.toEqual(said[2]);
    }
  });
});

describe('a standstill', () => {
  const servers = world.servers;
  const server = servers.findIndex((each) => each.name === 'a.nic.de');
  const shownAt = (timeline: readonly TimelineEvent[], clock: Micros): Micros =>
    new Standstills(servers, timeline).publishedAt(server, 0, clock);

  it('ends when the site gets updates again, and may come again', () => {
    const timeline = [isolate(10, [STUCK]), isolate(20, [STUCK], true), isolate(30, [STUCK, LIVE])];
    expect([5, 10, 19, 20, 29, 99].map((clock) => shownAt(timeline, clock))).toEqual([
      5, 10, 10, 20, 29, 30,
    ]);
  });

  it('is not begun anew by a second one', () => {
    expect(shownAt([isolate(10, [STUCK]), isolate(20, [STUCK])], 99)).toBe(10);
  });

  it('is that of the named sites of one operator', () => {
    expect(shownAt([isolate(10, [LIVE])], 99)).toBe(99);
    const other = { ...isolate(10, [STUCK]), operator: 'sidn' } as TimelineEvent;
    expect(shownAt([other], 99)).toBe(99);
  });
});
