import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  damaged,
  type Outcome,
  SignedWorld,
  type ZoneSpec,
} from '../../sim/testing/signed-world.ts';
import { DEFAULT_CONFIG, type ResolverConfig } from '../config.ts';
import { MAX_NSEC3_HASHES_PER_PROOF, MAX_NSEC3_ITERATIONS } from '../limits.ts';
import { Name } from '../name/name.ts';
import { NodeState } from '../node.ts';
import { EDE, RCODE, TYPE } from '../wire/iana.ts';
import { rememberDenial, synthesise } from './synthesis.ts';
import { nsec3 } from './testing/records.ts';

const RECORDS = [
  'b A 203.0.113.1',
  'b TXT "b"',
  'x.deep.d A 203.0.113.2',
  '*.wild A 203.0.113.3',
  'm A 203.0.113.4',
].join('\n');
const ON: Partial<ResolverConfig> = { aggressiveNsec: true, aggressiveNsec3: true };

function world(
  spec: ZoneSpec = {},
  config = ON,
  others: Record<string, ZoneSpec> = {},
): SignedWorld {
  return new SignedWorld(
    { test: {}, 'z.test': { records: RECORDS, ...spec }, 'sub.z.test': {}, ...others },
    config,
  );
}

const MADE = { source: 'synthesised', authenticated: true, asked: [] };
const types = ({ authority }: Outcome) => authority.map(({ type }) => type).sort((a, b) => a - b);

for (const denial of ['nsec', 'nsec3'] as const) {
  describe(`aggressive use of ${denial.toUpperCase()} (RFC 8198 section 5)`, () => {
    it('a name in a span that was seen does not exist, nor does the wildcard: NXDOMAIN', () => {
      const tried = world({ denial, records: '' });
      expect(tried.ask('first.z.test').source).toBe('miss');
      // Two records make the whole chain of such a zone, so that one denial shows nearly all of it.
      const outcomes = ['g', 'h', 'i', 'j'].map((label) => tried.ask(`${label}.z.test`));
      const made = outcomes.filter(({ source }) => source === 'synthesised');
      expect(made.length).toBeGreaterThan(0);
      for (const outcome of made) {
        expect(outcome).toMatchObject({ ...MADE, rcode: RCODE.NXDOMAIN });
        expect(types(outcome)[0]).toBe(TYPE.SOA);
        expect(types(outcome).length).toBeGreaterThan(1);
      }
    });

    it('a name whose record was seen has no other type: NODATA', () => {
      const tried = world({ denial });
      expect(tried.ask('b.z.test', TYPE.AAAA).source).toBe('miss');
      const outcome = tried.ask('b.z.test', TYPE.MX);
      expect(outcome).toMatchObject({ ...MADE, rcode: RCODE.NOERROR, answer: [] });
      expect(types(outcome)).toEqual([TYPE.SOA, denial === 'nsec' ? TYPE.NSEC : TYPE.NSEC3]);
      expect(tried.ask('b.z.test', TYPE.TXT)).toMatchObject({ source: 'miss' });
    });

    it('a wildcard that answered once answers for the next name (RFC 8198 section 5.3)', () => {
      const tried = world({ denial, records: '*.wild A 203.0.113.3' });
      const first = tried.ask('one.wild.z.test');
      const outcomes = ['two', 'three', 'four', 'five', 'six'].map((label) =>
        tried.ask(`${label}.wild.z.test`),
      );
      const made = outcomes.filter(({ source }) => source === 'synthesised');
      expect(made.length).toBeGreaterThan(0);
      for (const outcome of made) {
        expect(outcome).toMatchObject({ ...MADE, rcode: RCODE.NOERROR });
        expect(outcome.answer[0]?.rdata).toEqual(first.answer[0]?.rdata);
        expect(types(outcome).length).toBeGreaterThan(0);
      }
    });

    it('not when it is off', () => {
      const tried = world({ denial }, {});
      tried.ask('b.z.test', TYPE.AAAA);
      expect(tried.ask('b.z.test', TYPE.MX).source).toBe('miss');
    });
  });
}

describe('aggressive use, bounds', () => {
  it('NSEC3 is used only when that is asked for', () => {
    const tried = world({ denial: 'nsec3' }, { aggressiveNsec: true });
    tried.ask('b.z.test', TYPE.AAAA);
    expect(tried.ask('b.z.test', TYPE.MX).source).toBe('miss');
  });

  it('an opt-out span denies nothing by itself (RFC 8198 section 5.1)', () => {
    const tried = world({ denial: 'opt-out' });
    for (const label of ['g', 'h', 'i', 'j', 'k']) {
      expect(tried.ask(`${label}.z.test`).source).toBe('miss');
    }
  });

  it('a denial made from others ends with them: SOA and its minimum bind (RFC 9077 section 3)', () => {
    const tried = world({ ttl: { nsec: 9000, soa: 600, negative: 400 } });
    tried.ask('b.z.test', TYPE.AAAA);
    tried.pass(100);
    const outcome = tried.ask('b.z.test', TYPE.MX);
    expect(outcome).toMatchObject({ source: 'synthesised' });
    expect(outcome.ttl).toBeLessThanOrEqual(300);
    expect(outcome.ttl).toBeGreaterThan(298);
    for (const { ttl } of outcome.authority) expect(ttl).toBeLessThanOrEqual(300);
    tried.pass(300);
    expect(tried.ask('b.z.test', TYPE.MX).source).toBe('miss');
  });

  it('names below a delegation are not denied by the zone above it (RFC 6840 section 4.1)', () => {
    const tried = world();
    tried.ask('sub.z.test', TYPE.DS);
    tried.ask('nothing.z.test');
    expect(tried.ask('ns.sub.z.test')).toMatchObject({ rcode: RCODE.NOERROR, source: 'miss' });
  });

  it('a bogus record denies nothing', () => {
    const tried = world();
    tried.edit('z.test', damaged(TYPE.NSEC));
    expect(tried.ask('g.z.test').rcode).toBe(RCODE.SERVFAIL);
    tried.edit('z.test', undefined);
    expect(tried.ask('h.z.test').source).toBe('miss');
  });

  it('serves those who want no validation, too, and does not tell them of any', () => {
    const tried = world();
    tried.ask('b.z.test', TYPE.AAAA);
    const outcome = tried.ask('b.z.test', TYPE.MX, true);
    expect(outcome).toMatchObject({ source: 'synthesised', authenticated: false });
  });

  it('says so with EDE 29 when it is told to', () => {
    const tried = world({}, { ...ON, explainSynthesis: true });
    tried.ask('b.z.test', TYPE.AAAA);
    expect(tried.ask('b.z.test', TYPE.MX).codes).toEqual([EDE.SYNTHESISED]);
  });

  it('no more records are held than allowed', () => {
    const records = Array.from({ length: 40 }, (_, i) => `n${i} A 203.0.113.1`).join('\n');
    const tried = world({ records }, { ...ON, denials: 5 });
    for (let i = 0; i < 40; i++) tried.ask(`n${i}.z.test`, TYPE.MX);
    // The last that came are there; what is asked anew takes their places.
    const made = Array.from({ length: 40 }, (_, i) => tried.ask(`n${39 - i}.z.test`, TYPE.TXT));
    const held = made.filter(({ source }) => source === 'synthesised').length;
    expect(held).toBeGreaterThan(0);
    expect(held).toBeLessThanOrEqual(5);
  });
});

describe('what a hostile zone may make of the records that are kept', () => {
  const zone = Name.parse('z.test');
  const holding = (iterations: number, hashAlgorithm = 1): NodeState => {
    const node = new NodeState(
      { ...DEFAULT_CONFIG, ...ON },
      {
        ...{ rootHints: [], trustAnchors: [], maintenance: null, insecureDomains: [] },
        ...{ fixedZones: [], random: () => 0, questions: 0, policy: null, peers: null },
        signatures: { signatureChecked: () => {} },
      },
    );
    // The only record of its chain: it covers whatever it does not match.
    const hash = '0'.repeat(32);
    const salt = new Uint8Array(0);
    const parameters = { zone: 'z.test', flags: 0, iterations, salt, hashAlgorithm };
    rememberDenial(node, zone, [nsec3(parameters, hash, hash, 'A')], null, 60);
    return node;
  };

  it('records that no proof may rest on are not held, so no name is hashed by them', () => {
    expect(holding(MAX_NSEC3_ITERATIONS).denials.size).toBe(1);
    expect(holding(MAX_NSEC3_ITERATIONS + 1).denials.size).toBe(0);
    expect(holding(0, 2).denials.size).toBe(0);
  });

  it('a long name is hashed no more often than for one proof', () => {
    const name = Name.parse(`${'a.'.repeat(100)}z.test`);
    expect(synthesise(holding(1), { name, type: TYPE.A }, false)).toBeNull();
    let hashed = 0;
    for (let at = name; !at.isRoot; at = at.parent) if (at.hashMemo !== undefined) hashed++;
    expect(hashed).toBe(MAX_NSEC3_HASHES_PER_PROOF);
  });
});

describe('an NXDOMAIN holds for all names below (RFC 8020 section 2)', () => {
  const cut: Partial<ResolverConfig> = { nxdomainCut: true };

  it('when it is secure, whatever type is asked for', () => {
    const tried = world({ denial: 'nsec3' }, cut);
    tried.ask('gone.z.test');
    for (const type of [TYPE.A, TYPE.TXT]) {
      expect(tried.ask('a.b.gone.z.test', type)).toMatchObject({ ...MADE, rcode: RCODE.NXDOMAIN });
    }
    tried.pass(4000);
    expect(tried.ask('a.b.gone.z.test').source).toBe('miss');
  });

  it('not when nobody vouches for it', () => {
    const tried = world({ signed: false }, cut, { 'sub.z.test': { signed: false } });
    tried.ask('gone.z.test');
    expect(tried.ask('a.gone.z.test').source).toBe('miss');
  });
});

describe('what is synthesised is what the zone would have said (property)', () => {
  const NAMES = ['b', 'a.b', 'd', 'deep.d', 'x.deep.d', 'y.deep.d', 'wild', 'q.wild', 'r.s.wild'];
  const OTHERS = ['a', 'c', 'k.c', 'm', 'n', 'zz', 'sub', 'ns.sub', 'u.sub', '*.wild', '*'];
  const questions = fc.array(
    fc.record({
      label: fc.constantFrom(...NAMES, ...OTHERS),
      type: fc.constantFrom(TYPE.A, TYPE.TXT, TYPE.DS, TYPE.MX),
    }),
    { minLength: 10, maxLength: 40 },
  );

  for (const denial of ['nsec', 'nsec3', 'opt-out'] as const) {
    it(`in a zone with ${denial}`, () => {
      let made = 0;
      fc.assert(
        fc.property(questions, (sequence) => {
          const aggressive = world({ denial });
          const plain = world({ denial }, {});
          for (const { label, type } of sequence) {
            const got = aggressive.ask(`${label}.z.test`, type);
            const truth = plain.ask(`${label}.z.test`, type);
            if (got.source === 'synthesised') made++;
            expect([got.rcode, got.authenticated]).toEqual([truth.rcode, truth.authenticated]);
            const data = ({ answer }: Outcome) =>
              answer.map(({ name, rdata }) => [name.key, rdata]);
            expect(data(got)).toEqual(data(truth));
          }
        }),
        { numRuns: 10 },
      );
      if (denial !== 'opt-out') expect(made).toBeGreaterThan(0);
    });
  }
});

describe('a flood of random names at a signed zone', () => {
  it('costs (M+1)n/(M+n) upstream queries on average: each that is answered shows one span', () => {
    const size = 60;
    const floods = 200;
    let total = 0;
    const rounds = 8;
    for (let round = 0; round < rounds; round++) {
      // Names at random places of the NSEC3 chain: the hash is the randomness.
      const records = Array.from({ length: size - 2 }, (_, i) => `r${round}x${i} A 203.0.113.1`);
      const tried = new SignedWorld(
        { 'z.': { records: records.join('\n'), denial: 'nsec3' } },
        { ...ON, qnameMinimisation: false },
      );
      tried.ask('z', TYPE.DNSKEY);
      for (let i = 0; i < floods; i++) {
        const { asked } = tried.ask(`q${round}-${i}.z`);
        total += asked.filter((query) => query.startsWith('z. q')).length;
      }
    }
    const expected = ((size + 1) * floods) / (size + floods);
    // A little less: the first response shows the spans of the apex and of the wildcard, too.
    expect(total / rounds / expected).toBeGreaterThan(0.92);
    expect(total / rounds / expected).toBeLessThan(1.03);
  });
});
