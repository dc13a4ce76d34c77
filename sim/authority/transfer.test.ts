import { describe, expect, it } from 'vitest';
import { verifyZonemd } from '../../resolver-core/apps/zonemd.ts';
import type { Message } from '../../resolver-core/message.ts';
import { Name } from '../../resolver-core/name/name.ts';
import { nsecOf } from '../../resolver-core/rdata.ts';
import type { RRset } from '../../resolver-core/rrset.ts';
import { readZone, writeZone } from '../../resolver-core/text/zonefile.ts';
import { DAY, type Micros, SECOND } from '../../resolver-core/time.ts';
import { RCODE, TYPE } from '../../resolver-core/wire/iana.ts';
import type { Plan, TimelineEvent } from '../plan.ts';
import { FAULT_AT, smallPlan } from '../testing/small-plan.ts';
import { Authorities, AuthorityMemo } from './authorities.ts';
import { Catalogue } from './catalogue.ts';

const ADDED: Micros = FAULT_AT;
const TIMELINE: readonly TimelineEvent[] = [
  { kind: 'add', at: ADDED, zone: '.', type: TYPE.ZONEMD },
];

function open(plan: Plan = smallPlan()): Authorities {
  return new Authorities(plan, new Catalogue(plan), TIMELINE, new AuthorityMemo());
}

const servers = open();

function ask(name: string, type: number, clock: Micros): Message {
  const root = servers.servers.findIndex(({ operator }) => operator === 'root');
  const terms = { dnssecOk: true, udpSize: 4096, transport: 'tcp' } as const;
  const answer = servers.respond(root, 0, { name: Name.parse(name), type }, terms, clock);
  if (answer === null) throw new Error('no answer');
  return answer;
}

const apexNsec = (rrsets: readonly RRset[]): RRset | undefined =>
  rrsets.find(({ name, type }) => type === TYPE.NSEC && name.isRoot);

describe('the whole root zone', () => {
  it('holds what the servers say, with the same signatures, and can be read back', () => {
    const rrsets = servers.wholeZone(Name.root, ADDED - 1);
    for (const { name, type, signatures } of rrsets) {
      if (signatures.length === 0 || type === TYPE.NSEC) continue;
      const [served] = ask(name.toString(), type, ADDED - 1).answer;
      expect(served?.signatures, `${name} ${type}`).toEqual(signatures);
    }
    const read = readZone(writeZone(rrsets));
    if (!read.ok) throw new Error(JSON.stringify(read.errors));
    const shown = (all: readonly RRset[]): string[] =>
      all.map(({ name, type, rdata, signatures }) =>
        [name, type, rdata.length, signatures.length].join(' '),
      );
    expect(shown(read.rrsets).sort()).toEqual(shown(rrsets).sort());
    // One NSEC for the apex and each delegation, and for nothing else.
    const count = (type: number): number => rrsets.filter((each) => each.type === type).length;
    expect(count(TYPE.NSEC)).toBe(count(TYPE.NS));
  });

  it('has no ZONEMD until it is added, and then one that verifies at every instant', () => {
    expect(ask('.', TYPE.ZONEMD, ADDED - 1)).toMatchObject({ rcode: RCODE.NOERROR, answer: [] });
    for (const clock of [ADDED, ADDED + 5000 * SECOND, ADDED + 2 * DAY]) {
      const rrsets = servers.wholeZone(Name.root, clock);
      expect(verifyZonemd(Name.root, rrsets, () => true).kind).toBe('verified');
      const [zonemd] = ask('.', TYPE.ZONEMD, clock).answer;
      expect(zonemd?.rdata).toEqual(rrsets.find(({ type }) => type === TYPE.ZONEMD)?.rdata);
      expect(zonemd?.signatures).toHaveLength(1);
    }
  });

  it('says so in the NSEC of the apex, which is signed anew for it', () => {
    const before = apexNsec(servers.wholeZone(Name.root, ADDED - 1)) as RRset;
    const after = apexNsec(ask('.', TYPE.A, ADDED).authority) as RRset;
    expect(nsecOf(before)?.types.has(TYPE.ZONEMD)).toBe(false);
    expect(nsecOf(after)?.types.has(TYPE.ZONEMD)).toBe(true);
    expect(after.signatures[0]?.inception).toBe(ADDED / SECOND - 3600);
  });

  it('may have a DNSKEY RRset whose signature lasts longer than the others', () => {
    const small = smallPlan();
    const zones = small.zones.map((zone) =>
      zone.apex === '.' && zone.signing !== null
        ? { ...zone, signing: { ...zone.signing, dnskeyValidity: 21 * DAY } }
        : zone,
    );
    const rrsets = open({ ...small, zones }).wholeZone(Name.root, ADDED);
    const lasts = (wanted: number): number | undefined => {
      const rrsig = rrsets.find(({ type }) => type === wanted)?.signatures[0];
      return rrsig && rrsig.expiration - rrsig.inception;
    };
    expect(lasts(TYPE.DNSKEY)).toBe((21 * DAY) / SECOND);
    expect(lasts(TYPE.SOA)).toBe((13 * DAY) / SECOND + 3600);
  });

  it('of a registry cannot be had', () => {
    expect(() => servers.wholeZone(Name.parse('de'), ADDED)).toThrow(/cannot be had whole/);
  });
});
