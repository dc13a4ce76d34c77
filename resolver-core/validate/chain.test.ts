import { describe, expect, it } from 'vitest';
import {
  damaged,
  eachRRset,
  SignedWorld,
  unsigned,
  without,
} from '../../sim/testing/signed-world.ts';
import { DEFAULT_CONFIG } from '../config.ts';
import type { Answer } from '../events.ts';
import { Budget } from '../fetch.ts';
import { MAX_HIDDEN_CUTS, MAX_PROOF_RRSETS } from '../limits.ts';
import { Name } from '../name/name.ts';
import { RRset } from '../rrset.ts';
import { SECOND } from '../time.ts';
import { EDE, RCODE, TYPE } from '../wire/iana.ts';
import { securityFrom } from './chain.ts';

const WWW = { records: 'www A 203.0.113.1' };
const SECURE = { rcode: RCODE.NOERROR, authenticated: true, codes: [] };
const INSECURE = { rcode: RCODE.NOERROR, authenticated: false, codes: [] };
const bogus = (code: number) => ({ rcode: RCODE.SERVFAIL, authenticated: false, codes: [code] });

/** A TLD like .de, with an unsigned and a signed zone below. */
function registry(): SignedWorld {
  const ttl = { soa: 7200, negative: 7200, nsec: 7200, dnskey: 7200, ds: 43_200 };
  return new SignedWorld({
    de: { denial: 'opt-out', ttl },
    'plain.de': { signed: false, ...WWW },
    'signed.de': WWW,
  });
}

describe('the chain of trust (RFC 4035 section 5)', () => {
  it('is walked from the trust anchor by DS and DNSKEY, DS coming with the referrals', () => {
    const world = new SignedWorld({ test: {}, 'example.test': WWW });
    const outcome = world.ask('www.example.test');
    expect(outcome).toMatchObject(SECURE);
    expect(outcome.asked).toEqual([
      '. test. A',
      'test. example.test. A',
      'example.test. www.example.test. A',
      '. . DNSKEY',
      'test. test. DNSKEY',
      'example.test. example.test. DNSKEY',
    ]);
  });

  it('begins at the trust anchor and nowhere else', () => {
    const stale = (ds: Uint8Array): Uint8Array[] => [ds.map((octet, i) => (i > 3 ? 0 : octet))];
    const world = new SignedWorld({ '.': { ds: stale }, test: WWW });
    const outcome = world.ask('www.test');
    expect(outcome).toMatchObject(bogus(EDE.DNSKEY_MISSING));
    expect(outcome.texts[0]).toContain('no DNSKEY of . matches its DS');
  });

  it('says that there are no keys, and why, when they cannot be fetched (RFC 8914 section 4.10)', () => {
    const world = new SignedWorld({ test: {}, 'example.test': WWW });
    world.edit('test', (message, { type }) => (type === TYPE.DNSKEY ? null : message));
    const { rcode, codes, texts } = world.ask('www.example.test');
    expect(rcode).toBe(RCODE.SERVFAIL);
    expect(codes).toEqual([EDE.DNSKEY_MISSING, EDE.NO_REACHABLE_AUTHORITY]);
    expect(texts).toEqual(['no DNSKEY RRset found for test', 'at delegation test.']);
  });

  it('asks for the DS that a referral leaves out, and takes no silence for a proof', () => {
    const world = new SignedWorld({ test: {}, 'example.test': WWW });
    const strip = without(TYPE.DS, TYPE.NSEC);
    world.edit('test', (message, question) =>
      question.type === TYPE.DS ? message : strip(message, question),
    );
    const outcome = world.ask('www.example.test');
    expect(outcome).toMatchObject(SECURE);
    expect(outcome.asked).toContain('test. example.test. DS');
  });

  it('a DS counts only with its signature, in a referral or out of it', () => {
    const world = new SignedWorld({ test: {}, 'example.test': WWW });
    world.edit('test', damaged(TYPE.DS));
    const outcome = world.ask('www.example.test');
    expect(outcome).toMatchObject(bogus(EDE.DNSSEC_BOGUS));
    expect(outcome.texts[0]).toContain('example.test/ds');
  });

  it("a DS made from a wildcard is no zone's own (RFC 4592 section 4.2): the parent is asked", () => {
    const digest = '00'.repeat(32);
    const records = `* DS 1 13 2 ${digest}`;
    const world = new SignedWorld({ test: { records }, 'example.test': WWW });
    const [wildcard] = world.ask('*.test', TYPE.DS).answer;
    if (wildcard === undefined) throw new Error('the zone has no DS at a wildcard');
    const { ttl, rdata, signatures } = wildcard;
    const made = new RRset(Name.parse('example.test'), TYPE.DS, ttl, rdata, signatures);
    const exchange = eachRRset((rrset) => (rrset.type === TYPE.DS ? made : rrset));
    world.edit('test', (message, question) =>
      question.type === TYPE.DS ? message : exchange(message, question),
    );
    const outcome = world.ask('www.example.test');
    expect(outcome).toMatchObject(SECURE);
    expect(outcome.asked).toContain('test. example.test. DS');
  });

  it('a signed zone does not become insecure by leaving out DS and signatures', () => {
    const world = new SignedWorld({ test: {}, 'example.test': WWW });
    world.edit('test', without(TYPE.DS));
    world.edit('example.test', unsigned());
    expect(world.ask('www.example.test')).toMatchObject(bogus(EDE.NSEC_MISSING));
  });

  it.each(['nsec', 'nsec3', 'opt-out'] as const)(
    'a delegation proven to have no DS is insecure, and served without AD (%s)',
    (denial) => {
      const world = new SignedWorld({ test: { denial }, 'plain.test': { signed: false, ...WWW } });
      const outcome = world.ask('www.plain.test');
      expect(outcome).toMatchObject(INSECURE);
      expect(outcome.asked).not.toContain('test. plain.test. DS'); // the referral brought the proof
      expect(world.ask('nope.plain.test').rcode).toBe(RCODE.NXDOMAIN);
    },
  );

  it.each(['nsec', 'opt-out'] as const)('without the proof it is bogus (%s)', (denial) => {
    const world = new SignedWorld({ test: { denial }, 'plain.test': { signed: false, ...WWW } });
    world.edit('test', without(TYPE.NSEC, TYPE.NSEC3));
    expect(world.ask('www.plain.test')).toMatchObject(bogus(EDE.NSEC_MISSING));
  });

  it('below an insecure zone nothing is asked for: an island has no anchor', () => {
    const world = new SignedWorld({
      test: {},
      'plain.test': { signed: false },
      'island.plain.test': WWW,
    });
    const outcome = world.ask('www.island.plain.test');
    expect(outcome).toMatchObject(INSECURE);
    expect(outcome.asked.filter((line) => /plain.*(?:DS|DNSKEY)$/.test(line))).toEqual([]);
  });

  it.each([
    ['algorithm', 2, EDE.UNSUPPORTED_DNSKEY_ALGORITHM],
    ['digest type', 3, EDE.UNSUPPORTED_DS_DIGEST],
  ])('a DS of an unsupported %s leaves the zone insecure, and says so', (_what, at, code) => {
    const ds = (octets: Uint8Array): Uint8Array[] => [octets.map((o, i) => (i === at ? 100 : o))];
    const world = new SignedWorld({ test: {}, 'example.test': { ...WWW, ds } });
    const outcome = world.ask('www.example.test');
    expect(outcome).toMatchObject({ ...INSECURE, codes: [code] });
    expect(outcome.asked).not.toContain('example.test. example.test. DNSKEY');
    world.pass(10);
    expect(world.ask('www.example.test')).toMatchObject({ source: 'hit', codes: [code] });
  });

  it('a DS for a zone that is not signed is bogus for want of keys', () => {
    const world = new SignedWorld({ test: {}, 'example.test': WWW });
    world.edit('example.test', (message, question) =>
      question.type === TYPE.DNSKEY ? { ...message, answer: [] } : unsigned()(message, question),
    );
    const outcome = world.ask('www.example.test');
    expect(outcome).toMatchObject(bogus(EDE.DNSKEY_MISSING));
    expect(outcome.texts).toEqual(['no DNSKEY RRset found for example.test']);
  });

  it('a TLD with bogus keys fails everything below it, signed or not, there or not', () => {
    const world = registry();
    world.edit('de', damaged(TYPE.DNSKEY));
    const [ksk] = world.keysOf('de');
    for (const name of ['www.signed.de', 'www.plain.de', 'nowhere.de']) {
      const outcome = world.ask(name);
      expect(outcome).toMatchObject(bogus(EDE.DNSSEC_BOGUS));
      const tag = `keytag=${ksk?.keyTag}`;
      expect(outcome.texts).toEqual([
        `RRSIG with malformed signature found for de/dnskey (${tag})`,
      ]);
    }
  });
});

describe('delegation, DS, proof and keys live and die apart (docs/design.md)', () => {
  const nsec3 = (tag: number | undefined): RegExp =>
    new RegExp(
      `^RRSIG with malformed signature found for [0-9a-v]{32}\\.de/nsec3 \\(keytag=${tag}\\)$`,
    );

  it('an answer is refetched and good under a broken TLD as long as the proof of no DS lives', () => {
    const world = registry();
    expect(world.ask('www.plain.de')).toMatchObject(INSECURE);
    world.edit('de', damaged(TYPE.NSEC3));
    world.pass(7199);
    const last = world.ask('www.plain.de');
    expect(last).toMatchObject({ ...INSECURE, source: 'miss' });
    expect(last.asked).toEqual(['plain.de. www.plain.de. A']);
    world.pass(301);
    const first = world.ask('www.plain.de');
    expect(first).toMatchObject(bogus(EDE.DNSSEC_BOGUS));
    expect(first.texts[0]).toMatch(nsec3(world.keysOf('de')[1]?.keyTag));
    expect(first.asked).toContain('de. plain.de. DS');
  });

  it('a zone that was not known when the TLD broke fails at once, a signed one does not', () => {
    const world = registry();
    world.edit('de', damaged(TYPE.NSEC3));
    expect(world.ask('www.plain.de')).toMatchObject(bogus(EDE.DNSSEC_BOGUS));
    expect(world.ask('www.signed.de')).toMatchObject(SECURE);
  });

  it('a signed zone outlives a broken DS by the TTL of the good one', () => {
    const world = registry();
    world.ask('www.signed.de');
    world.edit('de', damaged(TYPE.DS, TYPE.NSEC3));
    world.pass(43_199);
    expect(world.ask('www.signed.de')).toMatchObject({ ...SECURE, source: 'miss' });
    world.pass(301);
    const outcome = world.ask('www.signed.de');
    expect(outcome).toMatchObject(bogus(EDE.DNSSEC_BOGUS));
    expect(outcome.texts[0]).toContain('signed.de/ds');
    expect(outcome.asked).not.toContain('de. signed.de. A'); // the delegation lives on
  });

  it('keys that are over are fetched anew from the zone, and nothing from above', () => {
    const world = new SignedWorld({ test: { ttl: { dnskey: 86_400 } }, 'example.test': WWW });
    world.ask('www.example.test');
    world.pass(3599);
    expect(world.ask('www.example.test').asked).toEqual(['example.test. www.example.test. A']);
    world.pass(301);
    const { asked } = world.ask('www.example.test');
    expect(asked.filter((line) => line.startsWith('example'))).toEqual([
      'example.test. www.example.test. A',
      'example.test. example.test. DNSKEY',
    ]);
    expect(asked.some((line) => line.startsWith('test.'))).toBe(false);
  });

  it('a delegation that is over is fetched anew; proof and keys in the referral do not matter yet', () => {
    const ttl = { delegation: 600 };
    const world = new SignedWorld({ test: { ttl }, 'example.test': WWW });
    world.ask('www.example.test');
    world.edit('test', damaged(TYPE.DS));
    world.pass(601);
    const outcome = world.ask('www.example.test');
    expect(outcome).toMatchObject(SECURE);
    expect(outcome.asked).toEqual(['test. example.test. A', 'example.test. www.example.test. A']);
  });

  /** Every DS is an object of its own, as from the wire. */
  const renewed = eachRRset((rrset) =>
    rrset.type === TYPE.DS
      ? new RRset(rrset.name, rrset.type, rrset.ttl, rrset.rdata, rrset.signatures)
      : rrset,
  );

  it('keys are judged anew under a renewed DS, without fetching them', () => {
    // The answer table is too small to have the DNSKEY RRset a second time.
    const world = new SignedWorld(
      { test: { ttl: { ds: 600 } }, 'example.test': WWW },
      { answers: 1 },
    );
    world.edit('test', renewed);
    world.ask('www.example.test');
    world.pass(601);
    world.pair.resolver.observing = true;
    const { asked } = world.ask('www.example.test');
    expect(asked).toEqual(['example.test. www.example.test. A', 'test. example.test. DS']);
    const judged = world.pair.steps.filter(
      (step) => step.kind === 'validate' && step.rrset.type === TYPE.DNSKEY,
    );
    expect(judged).toHaveLength(1);
  });

  it('judging them anew makes them no younger: they are over when their TTL is', () => {
    const world = new SignedWorld({ test: { ttl: { ds: 600 } }, 'example.test': WWW });
    world.edit('test', renewed);
    world.ask('www.example.test');
    const fetched: number[] = [];
    for (let seconds = 601; seconds < 4500; seconds += 601) {
      world.pass(601);
      const { asked } = world.ask('www.example.test');
      if (asked.includes('example.test. example.test. DNSKEY')) fetched.push(seconds);
    }
    expect(fetched).toEqual([3606]);
  });
});

describe('zone cuts that no referral shows: parent and child on one server', () => {
  it('a signed child is validated by its own keys', () => {
    const world = new SignedWorld({ test: {}, 'hidden.test': { ...WWW, servedBy: 'test' } });
    const outcome = world.ask('www.hidden.test');
    expect(outcome).toMatchObject(SECURE);
    expect(outcome.asked).toContain('test. hidden.test. DS');
    expect(world.ask('www.hidden.test', TYPE.AAAA)).toMatchObject(SECURE);
    expect(world.ask('nope.hidden.test')).toMatchObject({ ...SECURE, rcode: RCODE.NXDOMAIN });
    expect(world.ask('hidden.test', TYPE.DNSKEY)).toMatchObject(SECURE);
  });

  it('a bogus child is bogus', () => {
    const world = new SignedWorld({ test: {}, 'hidden.test': { ...WWW, servedBy: 'test' } });
    world.edit('hidden.test', damaged(TYPE.A));
    const outcome = world.ask('www.hidden.test');
    expect(outcome).toMatchObject(bogus(EDE.DNSSEC_BOGUS));
    expect(outcome.texts[0]).toContain('www.hidden.test/a');
  });

  it.each(['nsec', 'nsec3', 'opt-out'] as const)(
    'an unsigned child is insecure by the proof that there is no DS (%s)',
    (denial) => {
      const world = new SignedWorld({
        test: { denial },
        'hidden.test': { ...WWW, servedBy: 'test', signed: false },
      });
      const outcome = world.ask('www.hidden.test');
      expect(outcome).toMatchObject(INSECURE);
      expect(outcome.asked).toContain('test. hidden.test. DS');
      expect(world.ask('www.hidden.test', TYPE.AAAA)).toMatchObject(INSECURE);
      expect(world.ask('nope.hidden.test')).toMatchObject({ ...INSECURE, rcode: RCODE.NXDOMAIN });
      world.edit('test', without(TYPE.NSEC, TYPE.NSEC3));
      world.pass(3601);
      expect(world.ask('www.hidden.test')).toMatchObject(bogus(EDE.NSEC_MISSING));
    },
  );

  it.each(['nsec', 'nsec3'] as const)(
    'two cuts in a row are found one after the other (%s)',
    (denial) => {
      const world = new SignedWorld({
        test: {},
        'a.test': { servedBy: 'test', denial },
        'b.a.test': { ...WWW, servedBy: 'test' },
        'c.a.test': { ...WWW, servedBy: 'test', signed: false },
      });
      expect(world.ask('www.b.a.test')).toMatchObject(SECURE);
      expect(world.ask('www.c.a.test')).toMatchObject(INSECURE);
    },
  );

  it.each(['nsec', 'nsec3', 'opt-out'] as const)(
    'a referral from the grandparent is judged by the zone between (%s)',
    (denial) => {
      const world = new SignedWorld({
        test: { servedBy: '.', denial },
        'a.test': WWW,
        'b.test': { ...WWW, signed: false },
      });
      expect(world.ask('www.a.test')).toMatchObject(SECURE);
      expect(world.ask('www.b.test')).toMatchObject(INSECURE);
      expect(world.ask('test', TYPE.DNSKEY)).toMatchObject(SECURE);
    },
  );

  it('data without signatures at a name that is no zone cut is bogus', () => {
    const world = new SignedWorld({ test: {}, 'example.test': WWW });
    world.edit('example.test', unsigned(TYPE.A));
    const outcome = world.ask('www.example.test');
    expect(outcome).toMatchObject(bogus(EDE.RRSIGS_MISSING));
    expect(outcome.texts).toEqual(['no RRSIG found for www.example.test/a']);
  });

  it('an alias without its signature is bogus for just that', () => {
    const world = new SignedWorld({ test: {}, 'example.test': { records: 'www CNAME ns' } });
    world.edit('example.test', unsigned(TYPE.CNAME));
    for (const type of [TYPE.A, TYPE.DS]) {
      expect(world.ask('www.example.test', type)).toMatchObject({
        ...bogus(EDE.RRSIGS_MISSING),
        texts: ['no RRSIG found for www.example.test/cname'],
      });
    }
  });

  it('an alias is no zone cut: DS of what it leads to says nothing about it', () => {
    const forged = new RRset(Name.parse('www.example.test'), TYPE.A, 300, [new Uint8Array(4)]);
    for (const target of ['plain.test', 'x.plain.test', 'other.test']) {
      const world = new SignedWorld({
        test: {},
        'plain.test': { signed: false, records: 'x A 203.0.113.1' },
        'other.test': {},
        'example.test': { records: `www CNAME ${target}.` },
      });
      world.edit('example.test', (message, { name, type }) =>
        type === TYPE.A && name.equals(forged.name) ? { ...message, answer: [forged] } : message,
      );
      expect(world.ask('www.example.test')).toMatchObject(bogus(EDE.RRSIGS_MISSING));
    }
  });
});

describe('what an answer to a DS query says', () => {
  it('secure, and silent about the name: that is no proof of an insecure delegation', () => {
    const world = new SignedWorld({
      test: {},
      'example.test': {},
      'plain.test': { signed: false },
    });
    world.ask('plain.test', TYPE.DS);
    const { answer } = world.pair.answers.get(0) as Answer;
    const [plain, other] = ['plain.test', 'example.test'].map(Name.parse) as [Name, Name];
    const node = { config: DEFAULT_CONFIG, budget: new Budget(0) };
    expect(securityFrom(node, plain, Name.parse('test'), answer)).toMatchObject({
      kind: 'insecure',
    });
    expect(securityFrom(node, other, Name.parse('test'), answer)).toBe('no-cut');
  });
});

describe('work for the chain is shared', () => {
  it('two clients below one zone: each of its DNSKEY RRsets is fetched once', () => {
    const world = new SignedWorld({
      test: {},
      'example.test': { records: 'a A 192.0.2.1\nb A 192.0.2.2' },
    });
    const clients = ['a.example.test', 'b.example.test'].map((name) => world.pair.query(name));
    world.pair.drain();
    for (const client of clients) expect(world.pair.answers.get(client)?.authenticated).toBe(true);
    expect(world.pair.asked.filter((line) => line.includes(` ${TYPE.DNSKEY} `))).toHaveLength(3);
  });

  it('a failed DS lookup holds for all names of the zone, for 5 s doubling to 60 (RFC 9520)', () => {
    const world = registry();
    world.edit('de', damaged(TYPE.NSEC3));
    const askedAt: number[] = [];
    for (let second = 0; second < 270; second++) {
      world.pair.now = second * SECOND;
      const outcome = world.ask(`n${second}.plain.de`);
      expect(outcome).toMatchObject(bogus(EDE.DNSSEC_BOGUS));
      if (outcome.asked.includes('de. plain.de. DS')) askedAt.push(second);
    }
    // Each lifetime begins after the round trips of the lookup, so it ends within the next second.
    const lives = askedAt.slice(1).map((second, i) => second - (askedAt[i] as number) - 1);
    expect(lives).toEqual([5, 10, 20, 40, 60, 60, 60]);
  });
});

describe('work for a hostile zone', () => {
  it('an unseen zone cut is searched for MAX_HIDDEN_CUTS labels below the zone, and no further', () => {
    const ask = (labels: number) => {
      const zone = `${Array.from({ length: labels }, (_, i) => `l${i}`).join('.')}.example.test`;
      const world = new SignedWorld({
        test: {},
        'example.test': {},
        [zone]: { signed: false, servedBy: 'example.test', ...WWW },
      });
      return world.ask(`www.${zone}`);
    };
    expect(ask(MAX_HIDDEN_CUTS)).toMatchObject(INSECURE);
    expect(ask(MAX_HIDDEN_CUTS + 1)).toMatchObject({ rcode: RCODE.SERVFAIL });
  });

  it('MAX_PROOF_RRSETS records of a denial are looked at, and none behind them', () => {
    const ask = (others: number) => {
      const world = new SignedWorld({ test: {}, 'example.test': WWW });
      const decoys = Array.from({ length: others }, (_, i) => {
        const name = Name.parse(`d${i}.example.test`);
        return new RRset(name, TYPE.NSEC, 300, [Uint8Array.of(...name.wire, 0, 1, 0x40)]);
      });
      world.edit('example.test', (message) => {
        const isDenial = message.authority.some(({ type }) => type === TYPE.NSEC);
        return isDenial ? { ...message, authority: [...decoys, ...message.authority] } : message;
      });
      return world.ask('www.example.test', TYPE.AAAA);
    };
    expect(ask(MAX_PROOF_RRSETS - 1)).toMatchObject({ rcode: RCODE.NOERROR, authenticated: true });
    expect(ask(MAX_PROOF_RRSETS)).toMatchObject({ rcode: RCODE.SERVFAIL });
  });
});
