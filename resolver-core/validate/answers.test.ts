import { describe, expect, it } from 'vitest';
import {
  damaged,
  type Edit,
  SignedWorld,
  START,
  unsigned,
  without,
  type ZoneSpec,
} from '../../sim/testing/signed-world.ts';
import type { ResolverConfig } from '../config.ts';
import type { Message, Question } from '../message.ts';
import { Name } from '../name/name.ts';
import { RRset } from '../rrset.ts';
import { epochSeconds, HOUR } from '../time.ts';
import { DIGEST, EDE, RCODE, TYPE } from '../wire/iana.ts';
import { rrsigRdata } from '../wire/rrsets.ts';
import { Anchors } from './anchors.ts';

const SECURE = { rcode: RCODE.NOERROR, authenticated: true, codes: [] };
const INSECURE = { rcode: RCODE.NOERROR, authenticated: false, codes: [] };
const bogus = (code: number) => ({ rcode: RCODE.SERVFAIL, authenticated: false, codes: [code] });

const RECORDS = [
  'www A 203.0.113.1',
  'www TXT "www"',
  'x.deep A 203.0.113.2',
  '*.w DNAME example.net.',
  'alias CNAME www.sub',
].join('\n');

function world(spec: ZoneSpec = {}, config: Partial<ResolverConfig> = {}): SignedWorld {
  return new SignedWorld(
    {
      test: {},
      'example.test': { records: RECORDS, ...spec },
      'sub.example.test': { signed: false, servedBy: 'example.test', records: 'www A 203.0.113.9' },
    },
    { qnameMinimisation: false, ...config },
  );
}

/** Changes the responses to questions of one type only. */
function onType(
  type: number,
  edit: (message: Message, question: Question) => Message | null,
): Edit {
  return (message, question) => (question.type === type ? edit(message, question) : message);
}

describe('a question for all types (RFC 1035 section 3.2.3)', () => {
  const both = (tried: SignedWorld): readonly RRset[] =>
    [TYPE.A, TYPE.TXT].flatMap((type) => tried.ask('www.example.test', type).answer);

  it('is answered with all that came, each of it validated', () => {
    const tried = world();
    const answer = both(tried);
    tried.edit(
      'example.test',
      onType(TYPE.ANY, (message) => ({ ...message, answer })),
    );
    const outcome = tried.ask('www.example.test', TYPE.ANY);
    expect(outcome).toMatchObject(SECURE);
    expect(outcome.answer.map(({ type }) => type)).toEqual([TYPE.A, TYPE.TXT]);
  });

  it('is bogus when one RRset of the answer is', () => {
    const tried = world();
    const answer = both(tried);
    const edit = unsigned(TYPE.TXT);
    tried.edit(
      'example.test',
      onType(TYPE.ANY, (message, question) => edit({ ...message, answer }, question)),
    );
    expect(tried.ask('www.example.test', TYPE.ANY)).toMatchObject(bogus(EDE.RRSIGS_MISSING));
  });
});

describe('a question for signatures', () => {
  it('is answered, and nothing vouches for a signature (RFC 4035 section 2.2)', () => {
    const tried = world();
    const [a] = tried.ask('www.example.test').answer;
    const rdata = (a?.signatures ?? []).map(rrsigRdata);
    const answer = [new RRset(Name.parse('www.example.test'), TYPE.RRSIG, 300, rdata)];
    tried.edit(
      'example.test',
      onType(TYPE.RRSIG, (message) => ({ ...message, answer })),
    );
    const outcome = tried.ask('www.example.test', TYPE.RRSIG);
    expect(outcome).toMatchObject(INSECURE);
    expect(outcome.answer[0]?.rdata).toEqual(rdata);
  });
});

describe('an RRset goes out with no longer a TTL than its own signature leaves (RFC 4035 section 5.3.3)', () => {
  it('in answers and in denials', () => {
    const ttl = { nsec: 86_400, soa: 86_400, negative: 86_400 };
    const tried = world({ records: 'www 86400 A 203.0.113.1', validity: 12 * HOUR, ttl });
    expect(tried.ask('www.example.test').answer[0]?.ttl).toBeLessThan(12 * 3600);
    const { authority } = tried.ask('www.example.test', TYPE.MX);
    expect(authority.map(({ type }) => type)).toEqual([TYPE.SOA, TYPE.NSEC]);
    for (const rrset of authority) {
      const { expiration } = rrset.signatures[0] ?? { expiration: 0 };
      expect(rrset.ttl).toBeLessThanOrEqual(expiration - epochSeconds(START));
    }
  });
});

describe('what a zone proves counts for more than the RCODE', () => {
  const wrong: Edit = (message) => ({ ...message, rcode: RCODE.NXDOMAIN });

  it.each(['nsec', 'nsec3'] as const)(
    'an empty non-terminal that is called a name error has no data, but exists (%s, RFC 8020 section 3)',
    (denial) => {
      const tried = world({ denial });
      tried.edit('example.test', wrong);
      expect(tried.ask('deep.example.test')).toMatchObject({ ...SECURE, answer: [] });
    },
  );

  it.each(['nsec', 'nsec3'] as const)(
    'and that it has no data says nothing of the names below, which are asked for (%s, RFC 9156 section 2.3)',
    (denial) => {
      const tried = world({ denial }, { qnameMinimisation: true });
      const deep = Name.parse('deep.example.test');
      tried.edit('example.test', (message, question) =>
        question.name.equals(deep) ? wrong(message, question) : message,
      );
      const outcome = tried.ask('x.deep.example.test');
      expect(outcome).toMatchObject(SECURE);
      expect(outcome.answer).toHaveLength(1);
      tried.edit('example.test', (message, question) =>
        question.name.equals(deep) ? wrong(message, question) : null,
      );
      expect(tried.ask('y.deep.example.test').rcode).toBe(RCODE.SERVFAIL);
    },
  );

  it('an opt-out span does not prove that a name exists', () => {
    const rcodes = new Set<number>();
    for (const label of ['q', 'r', 's', 't']) {
      for (let left = 0; left < 3; left++) {
        const tried = world({ denial: 'opt-out' });
        tried.edit('example.test', (message) => {
          const proofs = message.authority.filter(({ type }) => type === TYPE.NSEC3);
          return {
            ...message,
            authority: message.authority.filter((each) => each !== proofs[left]),
          };
        });
        rcodes.add(tried.ask(`${label}.example.test`).rcode);
      }
    }
    expect([...rcodes].sort()).toEqual([RCODE.SERVFAIL, RCODE.NXDOMAIN]);
  });
});

describe('DNAME at a wildcard (RFC 4592 section 4.4)', () => {
  it('makes no answer that is believed', () => {
    const tried = world();
    const [dname] = tried.ask('*.w.example.test', TYPE.DNAME).answer;
    if (dname === undefined) throw new Error('the zone has no DNAME');
    const { rdata, signatures, ttl } = dname;
    const answer = [
      new RRset(Name.parse('made.w.example.test'), TYPE.DNAME, ttl, rdata, signatures),
    ];
    tried.edit(
      'example.test',
      onType(TYPE.A, (message) => ({ ...message, rcode: 0, answer })),
    );
    const outcome = tried.ask('a.made.w.example.test');
    expect(outcome).toMatchObject(bogus(EDE.DNSSEC_BOGUS));
    expect(outcome.texts[0]).toContain('is made from a wildcard');
  });
});

describe('a DNAME that is kept (RFC 6672 section 5.3.1)', () => {
  it('does not reach into a domain below it that the operator calls insecure', () => {
    const zones = {
      test: {},
      'example.test': { records: 'tree DNAME good.test.' },
      'good.test': { records: '* A 203.0.113.7' },
    };
    const tried = new SignedWorld(zones, {}, [], [Name.parse('x.tree.example.test')]);
    expect(tried.ask('a.tree.example.test')).toMatchObject(SECURE);
    expect(tried.ask('b.tree.example.test')).toMatchObject({
      ...SECURE,
      asked: ['good.test. b.good.test. A'],
    });
    const outcome = tried.ask('c.x.tree.example.test');
    expect(outcome).toMatchObject(INSECURE);
    expect(outcome.asked.some((line) => line.startsWith('example.test. '))).toBe(true);
  });
});

describe('data that does not validate is asked for elsewhere (`bogusRetries`)', () => {
  function failingOnce(type: number, edit: Edit): Edit {
    let failures = 1;
    return (message, question) =>
      question.type === type && failures-- > 0 ? edit(message, question) : message;
  }

  it('keys of the chain like the answer itself', () => {
    const edited = (bogusRetries: number): SignedWorld => {
      const tried = world({}, { bogusRetries });
      tried.edit('example.test', failingOnce(TYPE.DNSKEY, damaged(TYPE.DNSKEY)));
      return tried;
    };
    expect(edited(5).ask('www.example.test')).toMatchObject(SECURE);
    expect(edited(0).ask('www.example.test')).toMatchObject(bogus(EDE.DNSSEC_BOGUS));
  });

  it('so often and no more, and the first cause is told', () => {
    const tried = world({}, { bogusRetries: 2 });
    tried.edit('example.test', damaged(TYPE.A));
    const outcome = tried.ask('www.example.test');
    expect(outcome).toMatchObject(bogus(EDE.DNSSEC_BOGUS));
    const asked = outcome.asked.filter((each) => each === 'example.test. www.example.test. A');
    expect(asked).toHaveLength(3);
  });
});

describe('delegations without a signature of their own', () => {
  it('are insecure by what came with an alias to them (RFC 4035 section 5.2)', () => {
    const noDs = onType(TYPE.DS, () => null);
    for (const aggressiveNsec of [true, false]) {
      const tried = world({}, { aggressiveNsec });
      const { authority } = tried.ask('sub.example.test', TYPE.DS);
      const other = world({}, { aggressiveNsec });
      other.edit('example.test', (message, question) => {
        if (message.answer[0]?.type !== TYPE.CNAME) return noDs(message, question);
        return { ...message, authority: authority.filter(({ type }) => type === TYPE.NSEC) };
      });
      const { rcode, authenticated } = other.ask('alias.example.test');
      const expected = aggressiveNsec ? [RCODE.NOERROR, false] : [RCODE.SERVFAIL, false];
      expect([rcode, authenticated]).toEqual(expected);
    }
  });

  it('and the alias is kept no longer than the proofs that go with it', () => {
    const tried = world({ ttl: { nsec: 30 } }, { aggressiveNsec: true });
    const { authority } = tried.ask('sub.example.test', TYPE.DS);
    tried.edit(
      'example.test',
      onType(TYPE.A, (message) => ({ ...message, authority })),
    );
    tried.ask('alias.example.test');
    const outcome = tried.ask('alias.example.test', TYPE.CNAME);
    expect(outcome).toMatchObject({ ...SECURE, source: 'hit', ttl: 30 });
    expect(outcome.authority.map(({ type }) => type)).toEqual([TYPE.NSEC]);
  });

  it('are looked for when a denial has nothing that anybody signed', () => {
    const tried = world();
    tried.edit('sub.example.test', without(TYPE.SOA));
    expect(tried.ask('www.sub.example.test', TYPE.MX)).toMatchObject({ ...INSECURE, answer: [] });
  });
});

describe('DS of a zone that was referred to', () => {
  it('is answered from the referral, whose signature was good (RFC 4035 section 3.1.4.1)', () => {
    const tried = new SignedWorld({ test: {}, 'example.test': { records: 'www A 203.0.113.1' } });
    tried.ask('www.example.test');
    const outcome = tried.ask('example.test', TYPE.DS);
    expect(outcome).toMatchObject({ ...SECURE, asked: [] });
    expect(outcome.answer[0]?.type).toBe(TYPE.DS);
  });
});

describe('trust anchors below the root (RFC 4033 section 2)', () => {
  const ds = (digestType: number, octets: number): Uint8Array =>
    Uint8Array.from([1, 2, 13, digestType, ...new Array<number>(octets).fill(7)]);
  const anchorOf = (zone: string) => ({
    zone: Name.parse(zone),
    ds: new RRset(Name.parse(zone), TYPE.DS, 0, [ds(DIGEST.SHA256, 32)]),
    dnskey: null,
  });

  it('do not make a zone exist that the secure zone above denies', () => {
    const zones = { test: {}, 'example.test': { records: RECORDS } };
    const tried = new SignedWorld(zones, {}, [anchorOf('gone.example.test')]);
    expect(tried.ask('www.gone.example.test')).toMatchObject({
      rcode: RCODE.NXDOMAIN,
      authenticated: true,
    });
  });

  it('are not denied by a zone above that nobody vouches for', () => {
    const zones = { test: {}, 'example.test': { records: RECORDS, signed: false } };
    const tried = new SignedWorld(zones, {}, [anchorOf('gone.example.test')]);
    expect(tried.ask('www.gone.example.test').rcode).toBe(RCODE.SERVFAIL);
  });

  it('are the only ones to vouch for data below them, with or without a SOA beside it', () => {
    const zones = { test: {}, 'example.test': { records: 'www.isle A 203.0.113.1' } };
    const tried = new SignedWorld(zones, {}, [anchorOf('isle.example.test')]);
    expect(tried.ask('www.isle.example.test').rcode).toBe(RCODE.SERVFAIL);
    tried.pass(60);
    const [soa] = tried.ask('nope.example.test').authority;
    tried.edit(
      'example.test',
      onType(TYPE.A, (message) => ({ ...message, authority: [soa as RRset] })),
    );
    expect(tried.ask('www.isle.example.test').rcode).toBe(RCODE.SERVFAIL);
  });

  it('are denied by nobody where the operator has validation off', () => {
    const zones = { test: {}, 'example.test': { records: RECORDS } };
    const gone = Name.parse('gone.example.test');
    const tried = new SignedWorld(zones, {}, [], [gone]);
    expect(tried.ask('www.gone.example.test')).toMatchObject({
      rcode: RCODE.NXDOMAIN,
      authenticated: false,
    });
    expect(tried.ask('nope.example.test')).toMatchObject({ authenticated: true });
  });

  it('given as key alone count by SHA-256, beside no DS or an empty RRset of them', () => {
    const zone = Name.parse('example.test');
    const key = Uint8Array.from([1, 1, 3, 13, ...new Array<number>(64).fill(9)]);
    for (const none of [null, new RRset(zone, TYPE.DS, 0, [])]) {
      const dnskey = new RRset(zone, TYPE.DNSKEY, 0, [key]);
      const given = new Anchors([{ zone, ds: none, dnskey }], []).given(zone);
      const types = given?.kind === 'ds' ? given.ds.rdata.map((each) => each[3]) : [];
      expect(types).toEqual([DIGEST.SHA256]);
    }
  });

  it('come and go, and a domain that the operator calls insecure stays so', () => {
    const zone = Name.parse('example.test');
    const anchors = new Anchors([anchorOf('example.test')], [zone]);
    const declared = anchors.given(zone);
    expect(declared?.kind).toBe('insecure');
    for (const anchor of [anchorOf('example.test'), null]) {
      anchors.set(zone, anchor);
      expect(anchors.given(zone)).toBe(declared);
    }
  });

  it('given as key and as DS with SHA-1 count alike (RFC 4509 section 3)', () => {
    const zone = Name.parse('example.test');
    const key = Uint8Array.from([1, 1, 3, 13, ...new Array<number>(64).fill(9)]);
    const anchors = new Anchors(
      [
        {
          zone,
          ds: new RRset(zone, TYPE.DS, 0, [ds(DIGEST.SHA1, 20)]),
          dnskey: new RRset(zone, TYPE.DNSKEY, 0, [key]),
        },
      ],
      [],
    );
    const given = anchors.given(zone);
    const types = given?.kind === 'ds' ? given.ds.rdata.map((each) => each[3]) : [];
    expect(types).toEqual([DIGEST.SHA1, DIGEST.SHA1]);
  });
});
