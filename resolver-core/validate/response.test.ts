import { describe, expect, it } from 'vitest';
import {
  damaged,
  eachRRset,
  SignedWorld,
  START,
  unsigned,
  without,
  type ZoneSpec,
} from '../../sim/testing/signed-world.ts';
import type { Message } from '../message.ts';
import { Name } from '../name/name.ts';
import { RRset } from '../rrset.ts';
import { DAY, epochSeconds, HOUR, SECOND } from '../time.ts';
import { EDE, RCODE, TYPE } from '../wire/iana.ts';

const SECURE = { rcode: RCODE.NOERROR, authenticated: true, codes: [] };
const INSECURE = { rcode: RCODE.NOERROR, authenticated: false, codes: [] };
const bogus = (code: number) => ({ rcode: RCODE.SERVFAIL, authenticated: false, codes: [code] });

const RECORDS = ['www A 203.0.113.1', 'mail A 203.0.113.2', '*.wild A 203.0.113.3'].join('\n');

function world(spec: ZoneSpec = {}, others: Record<string, ZoneSpec> = {}): SignedWorld {
  return new SignedWorld({ test: {}, 'example.test': { records: RECORDS, ...spec }, ...others });
}

const sections = ({
  answer,
  authority,
}: {
  answer: readonly RRset[];
  authority: readonly RRset[];
}) => [...answer, ...authority].map(({ name, type }) => `${name} ${type}`);

describe('checking disabled (RFC 4035 section 3.2.2, RFC 6840 section 5.9)', () => {
  it('data that is bogus is given to CD=1 and to nobody else, whoever comes first', () => {
    for (const cdFirst of [true, false]) {
      const tried = world();
      tried.edit('example.test', damaged(TYPE.A));
      const ask = (cd: boolean) => tried.ask('www.example.test', TYPE.A, cd);
      const order = [cdFirst, !cdFirst, cdFirst, !cdFirst].map((cd) => ({ cd, ...ask(cd) }));
      for (const { cd, ...outcome } of order) {
        expect(outcome).toMatchObject(cd ? INSECURE : bogus(EDE.DNSSEC_BOGUS));
        expect(outcome.answer).toHaveLength(cd ? 1 : 0);
      }
      expect(
        order
          .slice(2)
          .map(({ source }) => source)
          .sort(),
      ).toEqual(['failure-cached', 'hit']);
      tried.pass(30); // the failure is over, the unvalidated answer is not
      expect(ask(true).source).toBe('hit');
      expect(ask(false)).toMatchObject({ ...bogus(EDE.DNSSEC_BOGUS), source: 'miss' });
    }
  });

  it('data that is good is not called so for CD=1: nobody looked', () => {
    const tried = world();
    tried.ask('www.example.test');
    expect(tried.ask('www.example.test', TYPE.A, true)).toMatchObject({
      ...INSECURE,
      source: 'miss',
    });
  });
});

describe('how long a secure answer is kept (RFC 4035 section 5.3.3)', () => {
  it('not longer than its signature is valid', () => {
    const records = 'www 86400 A 203.0.113.1\n*.wild 86400 A 203.0.113.3';
    const tried = world({ records, validity: 12 * HOUR, ttl: { nsec: 86_400, soa: 86_400 } });
    const { ttl, answer } = tried.ask('www.example.test');
    const { expiration } = answer[0]?.signatures[0] ?? { expiration: 0 };
    expect(ttl).toBe(expiration - epochSeconds(START));
    expect(ttl).toBeLessThan(86_400);
  });

  it('a denial not longer than the signature over any of its records', () => {
    const ttl = { nsec: 86_400, soa: 86_400, negative: 86_400 };
    const tried = world({ validity: 12 * HOUR, ttl }, {});
    for (const name of ['nope.example.test', 'a.b.c.example.test', 'www.example.test']) {
      const outcome = tried.ask(name, TYPE.AAAA);
      const ends = outcome.authority.map((rrset) => rrset.signatures[0]?.expiration ?? 0);
      expect(ends.length).toBeGreaterThan(1);
      expect(outcome.ttl).toBe(Math.min(10_800, Math.min(...ends) - epochSeconds(START)));
    }
  });

  it('not longer than the signature over the SOA, which may be the oldest', () => {
    const ttl = { nsec: 86_400, soa: 86_400, negative: 86_400 };
    const tried = world({ validity: 12 * HOUR, ttl });
    const [soa] = tried.ask('nope.example.test').authority;
    tried.edit(
      'example.test',
      eachRRset((rrset) => (rrset.type === TYPE.SOA ? (soa as RRset) : rrset)),
    );
    tried.pass(10 * 3600);
    const left = (soa?.signatures[0]?.expiration ?? 0) - epochSeconds(START) - 10 * 3600;
    expect(tried.ask('nothing.example.test')).toMatchObject({ authenticated: true, ttl: left });
  });

  it('not longer than the original TTL, whatever the server says', () => {
    const tried = world();
    tried.edit(
      'example.test',
      eachRRset(
        ({ name, type, rdata, signatures }) => new RRset(name, type, 86_400, rdata, signatures),
      ),
    );
    expect(tried.ask('www.example.test')).toMatchObject({ ...SECURE, ttl: 300 });
  });

  it('an answer from a wildcard not longer than the proof that goes with it', () => {
    const tried = world({ ttl: { nsec: 30 } });
    expect(tried.ask('a.wild.example.test')).toMatchObject({ ...SECURE, ttl: 30 });
  });
});

describe("signatures and the resolver's clock (RFC 4034 section 3.1.5)", () => {
  /** A response kept from one instant, served for ever. */
  function replayed(tried: SignedWorld, name: string): void {
    let kept: Message | undefined;
    tried.edit('example.test', (message, question) => {
      if (question.name.toString() !== `${name}.`) return message;
      kept ??= message;
      return kept;
    });
  }

  it('an expired one is refused with EDE 7, naming RRset and key', () => {
    const tried = world();
    replayed(tried, 'www.example.test');
    const { expiration } = tried.ask('www.example.test').answer[0]?.signatures[0] ?? {
      expiration: 0,
    };
    tried.pass(expiration - epochSeconds(START) - 10);
    expect(tried.ask('www.example.test')).toMatchObject({ ...SECURE, ttl: 10 });
    tried.pass(11);
    const outcome = tried.ask('www.example.test');
    expect(outcome).toMatchObject(bogus(EDE.SIGNATURE_EXPIRED));
    const zsk = tried.keysOf('example.test')[1]?.keyTag;
    expect(outcome.texts[0]).toMatch(
      new RegExp(`^signature expired for www.example.test/a \\(keytag=${zsk}\\), expired 20`),
    );
  });

  /** Everything in the zone is signed at the start. */
  const FRESH: ZoneSpec = {
    timeline: [
      {
        ...{ kind: 'resign', at: START, zone: 'example.test', over: 0, copy: null },
        select: { owner: null, types: [], signedWith: null },
      },
    ],
  };

  it('a clock that is slow finds them not yet valid, EDE 8', () => {
    const tried = world(FRESH);
    tried.skew = -59 * 60 * SECOND;
    expect(tried.ask('www.example.test')).toMatchObject(SECURE);
    const late = world(FRESH);
    late.skew = -2 * HOUR;
    const outcome = late.ask('www.example.test');
    expect(outcome).toMatchObject(bogus(EDE.SIGNATURE_NOT_YET_VALID));
    const ksk = late.keysOf('example.test')[0]?.keyTag;
    expect(outcome.texts[0]).toMatch(
      new RegExp(
        `^signature not yet valid for example.test/dnskey \\(keytag=${ksk}\\), valid from`,
      ),
    );
  });

  it('a clock that is fast finds them expired, first of all those of the root', () => {
    const tried = world();
    tried.skew = 20 * DAY;
    const outcome = tried.ask('www.example.test');
    expect(outcome).toMatchObject(bogus(EDE.SIGNATURE_EXPIRED));
    expect(outcome.texts[0]).toContain('./dnskey');
  });
});

describe('wildcards (RFC 4035 section 5.3.4, RFC 5155 section 8.8)', () => {
  const DENIAL = ['nsec', 'nsec3'] as const;

  it.each(DENIAL)('an expansion is secure with the proof that nothing is closer (%s)', (denial) => {
    expect(world({ denial }).ask('a.wild.example.test')).toMatchObject(SECURE);
  });

  it.each(DENIAL)('without it the answer is bogus, EDE 12 (%s)', (denial) => {
    const tried = world({ denial });
    tried.edit('example.test', without(TYPE.NSEC, TYPE.NSEC3));
    expect(tried.ask('a.wild.example.test')).toMatchObject(bogus(EDE.NSEC_MISSING));
    expect(tried.ask('www.example.test')).toMatchObject(SECURE);
  });

  it.each(DENIAL)('with a damaged one too, EDE 6 (%s)', (denial) => {
    const tried = world({ denial });
    tried.edit('example.test', damaged(TYPE.NSEC, TYPE.NSEC3));
    const outcome = tried.ask('a.wild.example.test');
    expect(outcome).toMatchObject(bogus(EDE.DNSSEC_BOGUS));
    expect(outcome.texts[0]).toContain(`example.test/${denial}`);
  });

  it('a proof from an opt-out span makes the answer insecure (RFC 5155 section 9.2)', () => {
    expect(world({ denial: 'opt-out' }).ask('a.wild.example.test')).toMatchObject(INSECURE);
  });

  it('a proof with too many iterations makes it insecure, EDE 27 (RFC 9276 section 3.2)', () => {
    const code = EDE.UNSUPPORTED_NSEC3_ITERATIONS;
    const tried = world({ denial: 'nsec3', iterations: 151 });
    expect(tried.ask('a.wild.example.test')).toMatchObject({ ...INSECURE, codes: [code] });
    const within = world({ denial: 'nsec3', iterations: 150 });
    expect(within.ask('a.wild.example.test')).toMatchObject(SECURE);
  });

  it("a wildcard's records do not stand in for a name that exists", () => {
    const records = `${RECORDS}\nreal.wild TXT "here"`;
    const tried = world({ records });
    const expanded = tried.ask('a.wild.example.test');
    const proof = tried.ask('real.wild.example.test', TYPE.AAAA).authority;
    tried.edit('example.test', (message, { name, type }) => {
      if (name.toString() !== 'real.wild.example.test.' || type !== TYPE.A) return message;
      const from = expanded.answer[0] as RRset;
      const answer = [new RRset(name, TYPE.A, from.ttl, from.rdata, from.signatures)];
      return { ...message, answer, authority: proof };
    });
    expect(tried.ask('real.wild.example.test')).toMatchObject({ rcode: RCODE.SERVFAIL });
  });
});

describe('what goes with AD (RFC 4035 section 3.2.3)', () => {
  it('nothing in answer and authority section that was not validated', () => {
    const tried = world();
    const nsec = new RRset(Name.parse('example.test'), TYPE.NSEC, 300, [
      Uint8Array.of(0, 0, 1, 64),
    ]);
    const extra = new RRset(Name.parse('extra.example.test'), TYPE.A, 300, [new Uint8Array(4)]);
    tried.edit('example.test', (message) => ({
      ...message,
      answer: [...message.answer, extra],
      authority: [...message.authority, nsec],
    }));
    const outcome = tried.ask('www.example.test');
    expect(outcome).toMatchObject(SECURE);
    expect(sections(outcome)).toEqual(['www.example.test. 1']);
    const denied = tried.ask('www.example.test', TYPE.AAAA);
    expect(sections(denied)).toEqual(['example.test. 6', 'www.example.test. 47']);
  });
});

describe('denial (RFC 4035 section 5.4, RFC 5155 section 8)', () => {
  const NAME_ERROR = { rcode: RCODE.NXDOMAIN };

  it.each(['nsec', 'nsec3', 'opt-out'] as const)(
    'NXDOMAIN and NODATA are secure by their proofs, unless one is an opt-out span (%s)',
    (denial) => {
      const tried = world({ denial });
      const authenticated = denial !== 'opt-out';
      expect(tried.ask('nope.example.test')).toMatchObject({ ...NAME_ERROR, authenticated });
      expect(tried.ask('www.example.test', TYPE.AAAA)).toMatchObject(SECURE);
    },
  );

  it.each([
    ['nsec', 'left out', EDE.NSEC_MISSING],
    ['nsec', 'damaged', EDE.DNSSEC_BOGUS],
    ['nsec', 'not signed', EDE.RRSIGS_MISSING],
    ['nsec3', 'left out', EDE.NSEC_MISSING],
    ['nsec3', 'damaged', EDE.DNSSEC_BOGUS],
    ['nsec3', 'not signed', EDE.RRSIGS_MISSING],
  ] as const)('with %s records %s they are bogus, EDE %i', (denial, how, code) => {
    const edit = { 'left out': without, damaged, 'not signed': unsigned }[how];
    const tried = world({ denial });
    tried.edit('example.test', edit(TYPE.NSEC, TYPE.NSEC3));
    expect(tried.ask('nope.example.test')).toMatchObject(bogus(code));
    expect(tried.ask('www.example.test', TYPE.AAAA)).toMatchObject(bogus(code));
    expect(tried.ask('www.example.test')).toMatchObject(SECURE);
  });

  it('what exists cannot be denied with its own records', () => {
    const tried = world();
    const { authority } = tried.ask('www.example.test', TYPE.AAAA);
    for (const rcode of [RCODE.NOERROR, RCODE.NXDOMAIN]) {
      tried.edit('example.test', (message) => ({ ...message, rcode, answer: [], authority }));
      expect(tried.ask('www.example.test')).toMatchObject(bogus(EDE.DNSSEC_BOGUS));
      tried.pass(5);
    }
  });

  it('the SOA, which says how long, must be signed as well', () => {
    const tried = world();
    tried.edit('example.test', damaged(TYPE.SOA));
    const outcome = tried.ask('nope.example.test');
    expect(outcome).toMatchObject(bogus(EDE.DNSSEC_BOGUS));
    expect(outcome.texts[0]).toContain('example.test/soa');
  });

  it('more iterations than the limit: insecure with EDE 27, if the records are signed well', () => {
    const tried = world({ denial: 'nsec3', iterations: 151 });
    const codes = [EDE.UNSUPPORTED_NSEC3_ITERATIONS];
    expect(tried.ask('nope.example.test')).toMatchObject({
      ...NAME_ERROR,
      authenticated: false,
      codes,
    });
    const broken = world({ denial: 'nsec3', iterations: 151 });
    broken.edit('example.test', damaged(TYPE.NSEC3));
    expect(broken.ask('nope.example.test')).toMatchObject(bogus(EDE.DNSSEC_BOGUS));
  });
});

describe('aliases from zone to zone', () => {
  const targets: Record<string, ZoneSpec> = {
    'good.test': { records: 'x A 203.0.113.7' },
    'plain.test': { signed: false, records: 'x A 203.0.113.8\nback CNAME x.good.test.' },
  };
  const aliased = (to: string): SignedWorld => world({ records: `www CNAME ${to}.` }, targets);

  it('AD needs every zone on the way to be secure', () => {
    expect(aliased('x.good.test').ask('www.example.test')).toMatchObject(SECURE);
    const outcome = aliased('x.plain.test').ask('www.example.test');
    expect(outcome).toMatchObject(INSECURE);
    expect(sections(outcome)).toEqual(['www.example.test. 5', 'x.plain.test. 1']);
    expect(aliased('back.plain.test').ask('www.example.test')).toMatchObject(INSECURE);
    expect(aliased('nope.good.test').ask('www.example.test')).toMatchObject({
      rcode: RCODE.NXDOMAIN,
      authenticated: true,
    });
  });

  it('into a bogus zone it fails with the cause of that zone, and the alias stays known', () => {
    const tried = aliased('x.good.test');
    tried.edit('good.test', damaged(TYPE.A));
    const outcome = tried.ask('www.example.test');
    expect(outcome).toMatchObject(bogus(EDE.DNSSEC_BOGUS));
    expect(outcome.texts[0]).toContain('x.good.test/a');
    expect(tried.ask('www.example.test', TYPE.CNAME)).toMatchObject({ ...SECURE, source: 'hit' });
  });

  it('a bogus alias leads nowhere', () => {
    const tried = aliased('x.good.test');
    tried.edit('example.test', damaged(TYPE.CNAME));
    const outcome = tried.ask('www.example.test');
    expect(outcome).toMatchObject(bogus(EDE.DNSSEC_BOGUS));
    expect(outcome.texts[0]).toContain('www.example.test/cname');
    expect(outcome.asked.some((line) => line.includes('good.test'))).toBe(false);
  });

  it('a DNAME is validated in place of the CNAME made from it (RFC 6672 section 5.3.1)', () => {
    const records = 'tree DNAME good.test.';
    expect(world({ records }, targets).ask('x.tree.example.test')).toMatchObject(SECURE);
    const broken = world({ records }, targets);
    broken.edit('example.test', damaged(TYPE.DNAME));
    expect(broken.ask('x.tree.example.test')).toMatchObject(bogus(EDE.DNSSEC_BOGUS));
  });
});

describe('a bogus answer is asked for again (RFC 4035 section 4.7)', () => {
  /** A world whose server gives this many damaged answers before it gives good ones. */
  function failing(times: number, bogusRetries: number): SignedWorld {
    const zones = { test: {}, 'example.test': { records: RECORDS } };
    const tried = new SignedWorld(zones, { bogusRetries });
    let left = times;
    tried.edit('example.test', (message, question) =>
      question.type === TYPE.A && left-- > 0 ? damaged(TYPE.A)(message, question) : message,
    );
    return tried;
  }

  it('as often as is set, of the same server when there is no other', () => {
    expect(failing(2, 2).ask('www.example.test')).toMatchObject(SECURE);
    expect(failing(3, 2).ask('www.example.test')).toMatchObject(bogus(EDE.DNSSEC_BOGUS));
  });

  it('and not at all by default', () => {
    expect(failing(1, 0).ask('www.example.test')).toMatchObject(bogus(EDE.DNSSEC_BOGUS));
  });
});

describe('a failure and what is known to be good', () => {
  it('a bogus answer does not replace a fresh one that was validated', () => {
    const tried = world(
      { records: 'www CNAME x.good.test.\nmail A 203.0.113.2' },
      { 'good.test': { records: 'x A 203.0.113.7' } },
    );
    tried.ask('mail.example.test'); // the zone's keys are known
    tried.edit('example.test', (message, question) =>
      question.type === TYPE.CNAME ? damaged(TYPE.CNAME)(message, question) : message,
    );
    // Both are under way at once; the alias is known by the time the direct question fails.
    const [good, bad] = [
      tried.pair.query('www.example.test', TYPE.A),
      tried.pair.query('www.example.test', TYPE.CNAME),
    ];
    tried.pair.drain();
    for (const client of [good, bad]) {
      expect(tried.pair.answers.get(client)).toMatchObject({ authenticated: true });
    }
    expect(tried.ask('www.example.test', TYPE.CNAME)).toMatchObject({ ...SECURE, source: 'hit' });
  });
});
