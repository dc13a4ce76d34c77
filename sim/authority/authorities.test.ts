import { describe, expect, test } from 'vitest';
import { verifySignature } from '../../resolver-core/crypto/verify.ts';
import type { Message } from '../../resolver-core/message.ts';
import { Name } from '../../resolver-core/name/name.ts';
import { dnsKeysOf, dsOf } from '../../resolver-core/rdata.ts';
import type { RRset } from '../../resolver-core/rrset.ts';
import { DAY, epochSeconds, HOUR, MINUTE, type Micros } from '../../resolver-core/time.ts';
import {
  proveNameError,
  proveNoData,
  proveNoDs,
  proveWildcardAnswer,
} from '../../resolver-core/validate/denial.ts';
import { RCODE, TYPE } from '../../resolver-core/wire/iana.ts';
import type { TimelineEvent } from '../plan.ts';
import { DE_FAULT, FAULT_AT, REPAIR_AT, smallPlan } from '../testing/small-plan.ts';
import { Authorities, AuthorityMemo, type QueryOptions } from './authorities.ts';
import { Catalogue, type Domain } from './catalogue.ts';
import { dsRdata } from './sign.ts';

const plan = smallPlan();
const catalogue = new Catalogue(plan);
const memo = new AuthorityMemo();
const DNSSEC: QueryOptions = { dnssecOk: true, udpSize: 1232, transport: 'udp' };
const BEFORE = FAULT_AT - HOUR;

function authorities(timeline: readonly TimelineEvent[], shared = memo): Authorities {
  return new Authorities(plan, catalogue, timeline, shared);
}

function ask(
  world: Authorities,
  server: string,
  name: Name | string,
  type: number,
  clock: Micros,
  options = DNSSEC,
): Message {
  const index = world.servers.findIndex((one) => one.name === server);
  const question = { name: typeof name === 'string' ? Name.parse(name) : name, type };
  const message = world.respond(index, 0, question, options, clock);
  if (message === null) throw new Error(`${server} is silent`);
  return message;
}

/** A server of the operator. */
function serverOf(operator: string): string {
  const found = plan.operators.find(({ id }) => id === operator)?.servers[0]?.name;
  if (found === undefined) throw new Error(`no operator ${operator}`);
  return found;
}

/** Does some key of the zone that is published verify every signature on the RRset? */
function isGood(world: Authorities, rrset: RRset, server: string, clock: Micros): boolean {
  return rrset.signatures.every((rrsig) => {
    const tcp = { ...DNSSEC, transport: 'tcp' as const };
    const keys = ask(world, server, rrsig.signer, TYPE.DNSKEY, clock, tcp).answer[0];
    const now = epochSeconds(clock);
    return (
      keys !== undefined &&
      rrsig.inception <= now &&
      now <= rrsig.expiration &&
      dnsKeysOf(keys).some((key) => verifySignature(rrset, rrsig, key))
    );
  });
}

function domains(wanted: (domain: Domain) => boolean): Domain[] {
  return catalogue.domains.filter(({ role, ...rest }) =>
    role === 'catalogue' ? wanted({ role, ...rest }) : false,
  );
}

const good = authorities([]);
const faulty = authorities(DE_FAULT);

describe('who answers what', () => {
  test('the root hints and the trust anchor are those of the root', () => {
    expect(good.rootHints().map(({ name, addresses }) => `${name} ${addresses}`)).toEqual([
      'a.root-servers.net. 192.0.1.1',
      'b.root-servers.net. 192.0.1.2',
    ]);
    const keys = ask(good, 'a.root-servers.net', '.', TYPE.DNSKEY, BEFORE).answer[0] as RRset;
    const anchor = dsOf(good.trustAnchor())[0];
    const ksk = dnsKeysOf(keys).find(({ keyTag }) => keyTag === anchor?.keyTag);
    if (ksk === undefined) throw new Error('the KSK is not published');
    expect(good.trustAnchor().rdata[0]).toEqual(dsRdata(Name.root, ksk, 2));
  });

  test('servers are found by their addresses', () => {
    for (const { index, address } of good.servers) {
      expect(good.serverByAddress(address)).toBe(index);
    }
    expect(good.serverByAddress('203.0.113.1')).toBe(-1);
  });

  test('a question outside all zones of the operator is refused', () => {
    const message = ask(good, 'ns1.hoster-b.de', 'site1.com', TYPE.A, BEFORE);
    expect(message).toMatchObject({ rcode: RCODE.REFUSED, authoritative: false });
  });

  test('every server name can be resolved by walking down from the root', () => {
    for (const { name, address, operator } of good.servers) {
      if (operator === 'unreachable') continue;
      expect(walk(Name.parse(name))).toContainEqual(
        Uint8Array.from(address.split('.').map(Number)),
      );
    }
  });

  test('every alias leads to a name with an address', () => {
    const aliases = catalogue.hosts.flatMap(({ name }) => {
      const domain = catalogue.domain(catalogue.registeredName(name) as Name);
      const alias = domain === undefined ? null : catalogue.traits(name, domain).alias;
      return alias === null ? [] : [alias];
    });
    expect(aliases.length).toBeGreaterThan(10);
    for (const alias of aliases) expect(walk(alias)).toHaveLength(1);
  });

  /**
   * The addresses of a name, found like a resolver finds them: referral by referral, glue or the
   * operator's server.
   */
  function walk(name: Name): readonly Uint8Array[] {
    let server = 'a.root-servers.net';
    for (let step = 0; step < 6; step++) {
      const message = ask(good, server, name, TYPE.A, BEFORE);
      const found = message.answer.find(({ type }) => type === TYPE.A);
      if (found !== undefined) return found.rdata;
      const ns = message.authority.find(({ type }) => type === TYPE.NS);
      if (message.authoritative || ns === undefined) return [];
      const target = Name.fromWire(ns.rdata[0] as Uint8Array);
      server = target.toString().slice(0, -1);
      if (target.isAtOrBelow(ns.name)) {
        expect(message.additional.map((rrset) => rrset.name.key)).toContain(target.key);
      }
    }
    return [];
  }
});

describe('an unsigned delegation of .de', () => {
  const name = (domains(({ registry, signed }) => registry.apex === 'de' && !signed)[0] as Domain)
    .name;
  const message = ask(good, 'a.nic.de', name.child('www'), TYPE.A, BEFORE);

  test('NS, the apex NSEC3, and the NSEC3 over the name, each signed by the published key', () => {
    expect(message).toMatchObject({ rcode: RCODE.NOERROR, authoritative: false, answer: [] });
    expect(message.authority.map(({ type }) => type)).toEqual([TYPE.NS, TYPE.NSEC3, TYPE.NSEC3]);
    expect(message.authority[1]?.name.toString()).toBe('tjlb7qbojvmlf1s6gdriru7vsms1lg16.de.');
    for (const rrset of message.authority.slice(1)) {
      expect(rrset.signatures[0]?.keyTag).toBe(32911);
      expect(isGood(good, rrset, 'a.nic.de', BEFORE)).toBe(true);
    }
    expect(proveNoDs(name, Name.parse('de'), message.authority)).toMatchObject({ optOut: true });
  });

  test('without DO there is no proof and no signature', () => {
    const plain = ask(good, 'a.nic.de', name, TYPE.A, BEFORE, { ...DNSSEC, dnssecOk: false });
    expect(plain.dnssec).toBe(false);
    expect(plain.authority.map(({ type }) => type)).toEqual([TYPE.NS]);
  });

  test('without OPT the response has none', () => {
    const options = { dnssecOk: false, udpSize: 0, transport: 'udp' } as const;
    expect(ask(good, 'a.nic.de', name, TYPE.A, BEFORE, options).edns).toBeNull();
    expect(message.edns).toMatchObject({ udpSize: 1232, dnssecOk: true });
  });
});

describe('proofs hold before the validator', () => {
  const zoneOf = (message: Message): Name => (message.authority[0] as RRset).name;

  test('for names that do not exist, in registries, in domains and in the root', () => {
    let checked = 0;
    for (const { name, zone } of catalogue.missing) {
      const servers = new Set(['a.root-servers.net']);
      const tld = plan.zones.find(({ apex }) => apex === zone);
      servers.add(serverOf(tld?.operator ?? 'root'));
      const domain = catalogue.domain(catalogue.registeredName(name) as Name);
      if (domain !== undefined && domain.broken === null) servers.add(serverOf(domain.operator));
      for (const server of servers) {
        const message = ask(good, server, name, TYPE.A, BEFORE);
        if (message.rcode !== RCODE.NXDOMAIN || message.authority.length === 1) continue;
        expect(proveNameError(name, zoneOf(message), message.authority).kind).toBe('proven');
        checked++;
      }
    }
    expect(checked).toBeGreaterThan(10);
    const junk = Name.parse('printer.lan');
    const { authority } = ask(good, 'a.root-servers.net', junk, TYPE.A, BEFORE);
    expect(proveNameError(junk, Name.root, authority).kind).toBe('proven');
  });

  test('for types that signed hosts do not own, and the answers verify', () => {
    let denied = 0;
    let answered = 0;
    for (const { name, kind } of catalogue.hosts) {
      const domain = catalogue.domain(catalogue.registeredName(name) as Name) as Domain;
      if (kind !== 'signed' || domain.broken !== null) continue;
      for (const type of [TYPE.A, TYPE.AAAA, TYPE.TXT, TYPE.MX]) {
        const message = ask(good, serverOf(domain.operator), name, type, BEFORE);
        if (message.answer.length > 0) {
          const rrset = message.answer[0] as RRset;
          expect(isGood(good, rrset, serverOf(domain.operator), BEFORE)).toBe(true);
          answered++;
        } else {
          const verdict = proveNoData(name, type, domain.name, message.authority);
          expect(verdict.kind).toBe('proven');
          denied++;
        }
      }
    }
    expect(denied).toBeGreaterThan(10);
    expect(answered).toBeGreaterThan(10);
  });

  test('for names that a signed wildcard stands in for', () => {
    const wild = domains(({ wildcard, signed, broken }) => wildcard && signed && broken === null);
    expect(wild.length).toBeGreaterThan(0);
    for (const domain of wild) {
      const name = domain.name.child('x1');
      const { answer, authority } = ask(good, serverOf(domain.operator), name, TYPE.A, BEFORE);
      expect(answer[0]?.signatures[0]?.labels).toBe(domain.name.labelCount);
      expect(isGood(good, answer[0] as RRset, serverOf(domain.operator), BEFORE)).toBe(true);
      expect(proveWildcardAnswer(name, domain.name, domain.name, authority).kind).toBe('proven');
      const nothing = ask(good, serverOf(domain.operator), name, TYPE.TXT, BEFORE);
      expect(proveNoData(name, TYPE.TXT, domain.name, nothing.authority).kind).toBe('proven');
    }
  });

  test('for delegations without DS of every registry and of the root', () => {
    for (const { name, registry } of domains(({ signed }) => !signed)) {
      const message = ask(good, serverOf(registry.operator), name, TYPE.A, BEFORE);
      const apex = Name.parse(registry.apex);
      expect(proveNoDs(name, apex, message.authority).kind).toBe('proven');
    }
    const unsigned = {
      ...plan,
      zones: plan.zones.map((z) => (z.apex === 'nl' ? { ...z, signing: null } : z)),
    };
    const world = new Authorities(unsigned, new Catalogue(unsigned), [], new AuthorityMemo());
    const { authority } = ask(world, 'a.root-servers.net', 'nl', TYPE.A, BEFORE);
    expect(proveNoDs(Name.parse('nl'), Name.root, authority).kind).toBe('proven');
  });
});

describe('domains broken for ordinary reasons', () => {
  const broken = plan.hosting.broken.map((item) => ({ ...item, share: 0.25 }));
  const other = smallPlan({ hosting: { ...plan.hosting, broken } });
  const names = new Catalogue(other);
  const world = new Authorities(other, names, [], new AuthorityMemo());
  const of = (cause: Domain['broken']): Domain => {
    const found = names.domains.find((domain) => domain.broken === cause);
    if (found === undefined) throw new Error(`nothing broken by ${cause}`);
    return found;
  };

  test('refused: its hoster does not have the zone', () => {
    const { name, operator } = of('refused');
    expect(ask(world, serverOf(operator), name, TYPE.A, BEFORE).rcode).toBe(RCODE.REFUSED);
  });

  test('unreachable: the glue leads to an address where nothing answers', () => {
    const { name, registry } = of('unreachable');
    const referral = ask(world, serverOf(registry.operator), name, TYPE.A, BEFORE);
    const address = referral.additional[0]?.rdata[0]?.join('.') ?? '';
    const dead = world.serverByAddress(address);
    expect(world.servers[dead]?.operator).toBe('unreachable');
    expect(world.respond(dead, 0, { name, type: TYPE.A }, DNSSEC, BEFORE)).toBeNull();
  });

  test('expired-signatures: they ended a month before the scenario', () => {
    const { name, operator } = of('expired-signatures');
    const rrset = ask(world, serverOf(operator), name, TYPE.A, BEFORE).answer[0] as RRset;
    expect(rrset.signatures[0]?.expiration).toBeLessThan(epochSeconds(other.time.from - 30 * DAY));
  });

  test('wrong-ds: the DS in the parent belongs to no key of the zone', () => {
    const { name, operator, registry } = of('wrong-ds');
    const ds = ask(world, serverOf(registry.operator), name, TYPE.DS, BEFORE).answer[0] as RRset;
    const keys = ask(world, serverOf(operator), name, TYPE.DNSKEY, BEFORE, {
      ...DNSSEC,
      transport: 'tcp',
    }).answer[0] as RRset;
    const made = dnsKeysOf(keys).map((key) => dsRdata(name, key, 2).join());
    expect(made).not.toContain(ds.rdata[0]?.join());
  });

  test('a sound signed domain has the DS of its key', () => {
    const sound = domains(({ signed, broken: cause }) => signed && cause === null)[0] as Domain;
    const parent = serverOf(sound.registry.operator);
    const ds = ask(good, parent, sound.name, TYPE.DS, BEFORE).answer[0] as RRset;
    const options = { ...DNSSEC, transport: 'tcp' } as const;
    const server = serverOf(sound.operator);
    const keys = ask(good, server, sound.name, TYPE.DNSKEY, BEFORE, options).answer[0] as RRset;
    const made = dnsKeysOf(keys).map((key) => dsRdata(sound.name, key, 2).join());
    expect(made).toContain(ds.rdata[0]?.join());
  });
});

describe('the fault', () => {
  const apexNsec3 = (world: Authorities, clock: Micros): RRset =>
    ask(world, 'a.nic.de', 'nope-1.de', TYPE.A, clock).authority[1] as RRset;

  test('three key pairs have the tag 33834, one of them is published', () => {
    const keys = ask(faulty, 'a.nic.de', 'de', TYPE.DNSKEY, FAULT_AT).answer[0] as RRset;
    expect(dnsKeysOf(keys).map(({ keyTag }) => keyTag)).toEqual([26755, 32911, 33834]);
  });

  test('before it all signatures of .de are good, with and without the fault the same objects', () => {
    const one = ask(faulty, 'a.nic.de', 'nope-1.de', TYPE.A, BEFORE).authority;
    const other = ask(good, 'a.nic.de', 'nope-1.de', TYPE.A, BEFORE).authority;
    expect(one.map((rrset) => rrset.signatures[0])).toEqual(
      other.map((rrset) => rrset.signatures[0]),
    );
    expect(one[1]).toBe(other[1]);
    for (const rrset of one) expect(isGood(faulty, rrset, 'a.nic.de', BEFORE)).toBe(true);
  });

  test('from its first instant the apex NSEC3 does not verify, and a signed delegation does', () => {
    expect(isGood(faulty, apexNsec3(faulty, FAULT_AT - 1), 'a.nic.de', FAULT_AT - 1)).toBe(true);
    expect(isGood(faulty, apexNsec3(faulty, FAULT_AT), 'a.nic.de', FAULT_AT)).toBe(false);
    const { name } = domains(
      ({ registry, signed }) => registry.apex === 'de' && signed,
    )[0] as Domain;
    const ds = ask(faulty, 'a.nic.de', name, TYPE.A, FAULT_AT).authority[1] as RRset;
    expect(ds.type).toBe(TYPE.DS);
    expect(isGood(faulty, ds, 'a.nic.de', FAULT_AT)).toBe(true);
  });

  test('two thirds of the fresh signatures are by keys that are not published', () => {
    const clock = REPAIR_AT - MINUTE;
    const seen = new Map<string, boolean>();
    for (let i = 0; i < 240; i++) {
      const { name } = catalogue.oneOff('tail', 0, i * 16_777_259);
      for (const rrset of ask(faulty, 'a.nic.de', name, TYPE.A, clock).authority.slice(2)) {
        expect(rrset.signatures[0]?.keyTag).toBe(33834);
        seen.set(rrset.name.key, isGood(faulty, rrset, 'a.nic.de', clock));
      }
    }
    const bad = [...seen.values()].filter((verdict) => !verdict).length;
    const error = Math.sqrt((seen.size * 2) / 9);
    expect(seen.size).toBeGreaterThan(200);
    expect(Math.abs(bad - (seen.size * 2) / 3)).toBeLessThan(4 * error);
  });

  test('after the repair everything verifies', () => {
    for (const rrset of ask(faulty, 'a.nic.de', 'nope-1.de', TYPE.A, REPAIR_AT).authority) {
      expect(rrset.signatures[0]?.keyTag).toBe(32911);
      expect(isGood(faulty, rrset, 'a.nic.de', REPAIR_AT)).toBe(true);
    }
  });
});

describe('messages', () => {
  test('a question asked again gets the same message, until a signature in it is made anew', () => {
    const world = authorities(DE_FAULT);
    const at = (clock: Micros): Message => ask(world, 'a.nic.de', 'laden0.de', TYPE.A, clock);
    at(FAULT_AT - MINUTE); // the first message for a name is not kept
    expect(at(FAULT_AT - MINUTE)).toBe(at(FAULT_AT - 1));
    expect(at(FAULT_AT)).not.toBe(at(FAULT_AT - 1));
  });

  test('a clock that jumps back gets what was served then', () => {
    const world = authorities(DE_FAULT);
    const tag = (clock: Micros): number | undefined =>
      ask(world, 'a.nic.de', 'laden0.de', TYPE.A, clock).authority[1]?.signatures[0]?.keyTag;
    expect([FAULT_AT, FAULT_AT - 1, REPAIR_AT, FAULT_AT].map(tag)).toEqual([
      33834, 32911, 32911, 33834,
    ]);
  });

  test('the order of asking changes nothing', () => {
    const names = Array.from(
      { length: 20 },
      (_, i) => catalogue.oneOff('tail', 0, i * 99_991).name,
    );
    const text = (world: Authorities, list: readonly Name[]): string[] =>
      list.map((name) =>
        ask(world, 'a.nic.de', name, TYPE.A, FAULT_AT + HOUR)
          .authority.map(({ name: owner, signatures: [rrsig] }) =>
            [owner, rrsig?.keyTag, rrsig?.inception, rrsig?.signature.join('')].join(' '),
          )
          .join(),
      );
    const forwards = text(authorities(DE_FAULT, new AuthorityMemo()), names);
    const backwards = text(authorities(DE_FAULT, new AuthorityMemo()), names.toReversed());
    expect(backwards.reverse()).toEqual(forwards);
  });

  test('what is too large for UDP comes truncated, over TCP whole', () => {
    const small = { ...DNSSEC, udpSize: 512 };
    const cut = ask(good, 'a.nic.de', 'de', TYPE.DNSKEY, BEFORE, small);
    expect(cut.truncated).toBe(true);
    const whole = ask(good, 'a.nic.de', 'de', TYPE.DNSKEY, BEFORE, { ...small, transport: 'tcp' });
    expect(whole).toMatchObject({ truncated: false });
    expect(whole.answer).toHaveLength(1);
    expect(ask(good, 'a.nic.de', 'de', TYPE.DNSKEY, BEFORE).truncated).toBe(false);
  });

  test('the path limits UDP below what the requestor offers', () => {
    const narrow = smallPlan({ network: { ...plan.network, udpSize: 600 } });
    const world = new Authorities(narrow, catalogue, [], new AuthorityMemo());
    expect(ask(world, 'a.nic.de', 'de', TYPE.DNSKEY, BEFORE).truncated).toBe(true);
  });

  test('a site that refuses refuses, one that is silent is silent', () => {
    const site = (behaviour: 'refuse' | 'silent') => ({
      name: behaviour,
      region: 'europe',
      loss: 0,
      delay: 0,
      behaviour,
    });
    const operators = plan.operators.map((operator) =>
      operator.id !== 'denic'
        ? operator
        : {
            ...operator,
            servers: operator.servers.map((server) => ({
              ...server,
              sites: [site('refuse'), site('silent')],
            })),
          },
    );
    const world = new Authorities(smallPlan({ operators }), catalogue, [], new AuthorityMemo());
    const index = world.servers.findIndex(({ name }) => name === 'a.nic.de');
    const question = { name: Name.parse('de'), type: TYPE.SOA };
    expect(world.respond(index, 0, question, DNSSEC, BEFORE)?.rcode).toBe(RCODE.REFUSED);
    expect(world.respond(index, 1, question, DNSSEC, BEFORE)).toBeNull();
  });
});

describe('signatures made', () => {
  test('each RRSIG handed out counts once in its variant, and only with DO', () => {
    const shared = new AuthorityMemo();
    const one = authorities(DE_FAULT, shared);
    const other = authorities([], shared);
    ask(one, 'a.nic.de', 'laden0.de', TYPE.A, BEFORE, { ...DNSSEC, dnssecOk: false });
    expect(one.signatureCounts()).toEqual([]);
    const { authority } = ask(one, 'a.nic.de', 'laden0.de', TYPE.A, BEFORE);
    ask(one, 'f.nic.de', 'laden0.de', TYPE.AAAA, BEFORE);
    const [counts] = one.signatureCounts();
    expect(counts).toMatchObject({ zone: 'de', keyTag: 32911 });
    const ids = authority.slice(1).map(({ signatures: [rrsig] }) => {
      if (rrsig === undefined) throw new Error('not signed');
      return one.identityOf(rrsig)?.id;
    });
    expect(counts?.made).toEqual(ids.sort());
    expect(other.signatureCounts()).toEqual([]);
    ask(other, 'a.nic.de', 'laden0.de', TYPE.A, BEFORE);
    expect(other.signatureCounts()).toEqual(one.signatureCounts());
  });

  test('a signature that TC cut off was not handed out', () => {
    const world = authorities([], new AuthorityMemo());
    ask(world, 'a.nic.de', 'de', TYPE.DNSKEY, BEFORE, { ...DNSSEC, udpSize: 512 });
    expect(world.signatureCounts()).toEqual([]);
  });
});

test('two servers with one address are refused', () => {
  const operators = plan.operators.map((operator) => ({
    ...operator,
    servers: operator.servers.map((server) => ({ ...server, address: '192.0.2.1' })),
  }));
  const twice = smallPlan({ operators });
  expect(() => new Authorities(twice, catalogue, [], new AuthorityMemo())).toThrow('one address');
});

describe('questions with a dense id', () => {
  test('get what they get without it, at every instant and whoever is asked', () => {
    const [plain, dense] = [authorities(DE_FAULT), authorities(DE_FAULT)];
    const { name } = domains(({ registry }) => registry.apex === 'de')[0] as Domain;
    const servers = [serverOf('denic'), serverOf(catalogue.domain(name)?.operator ?? '')];
    const question = { name, type: TYPE.A };
    const forms: QueryOptions[] = [DNSSEC, { ...DNSSEC, dnssecOk: false }];
    const clocks = [FAULT_AT + HOUR, BEFORE, REPAIR_AT + HOUR, FAULT_AT + HOUR];
    for (const clock of clocks) {
      for (const form of forms) {
        for (const server of servers) {
          const index = plain.servers.findIndex((one) => one.name === server);
          const message = dense.respond(index, 0, question, form, clock, 3);
          expect(message).toEqual(plain.respond(index, 0, question, form, clock));
          expect(dense.respond(index, 0, question, form, clock, 3)).toBe(message);
        }
      }
    }
    expect(dense.signatureCounts()).toEqual(plain.signatureCounts());
  });
});
