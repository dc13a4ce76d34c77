/**
 * The cases of the testbed of Nosyk, Korczynski and Duda ("Extended DNS Errors: Unlocking the Full
 * Potential of DNS Troubleshooting", IMC 2023, extended-dns-errors.com), by their names there as far as
 * they concern DNSSEC. Resolvers differ in the codes; where they do, ours is the one that says most.
 */

import { describe, expect, it, test } from 'vitest';
import {
  damaged,
  type Edit,
  eachRRset,
  key,
  type Outcome,
  SignedWorld,
  START,
  unsigned,
  without,
  type ZoneSpec,
} from '../../sim/testing/signed-world.ts';
import { Name } from '../name/name.ts';
import { ReceivedRrsig, RRset } from '../rrset.ts';
import { DAY } from '../time.ts';
import { RCODE, TYPE } from '../wire/iana.ts';

interface Case {
  readonly zone?: ZoneSpec;
  readonly edit?: Edit;
  /** For an address that is there, and for a name that is not: `N` NOERROR, `X` NXDOMAIN, `S` SERVFAIL, `+` AD, then EDE. */
  readonly there: string;
  readonly missing: string;
}

const NSEC3: ZoneSpec = { denial: 'nsec3' };
const GOOD = { there: 'N+', missing: 'X+' };
const INSECURE = { there: 'N', missing: 'X' };
const both = (outcome: string): Pick<Case, 'there' | 'missing'> => ({
  there: outcome,
  missing: outcome,
});
/** One octet of the DS set to another value. */
const ds = (at: number, change: (octet: number) => number): ZoneSpec => ({
  ds: (rdata) => [rdata.map((octet, i) => (i === at ? change(octet) : octet))],
});
/** Keys of which this one is not in the DNSKEY RRset. */
const unpublished = (id: string): ZoneSpec => ({
  keys: (['ksk', 'zsk'] as const).map((each) =>
    key(each, each, each === id ? { publishedUntil: 0 } : {}),
  ),
});
const swappedTimes = (...types: readonly number[]): Edit =>
  eachRRset(({ name, type, ttl, rdata, signatures }) => {
    const swapped = signatures.map(
      (rrsig) =>
        new ReceivedRrsig(
          { ...rrsig, inception: rrsig.expiration, expiration: rrsig.inception },
          rrsig.signature,
        ),
    );
    return new RRset(name, type, ttl, rdata, types.includes(type) ? swapped : signatures);
  });
const changedNsec3 = (change: (rrset: RRset) => RRset): Edit =>
  eachRRset((rrset) => (rrset.type === TYPE.NSEC3 ? change(rrset) : rrset));

const CASES: Readonly<Record<string, Case>> = {
  valid: { ...GOOD },
  ...Object.fromEntries(
    [5, 7, 8, 10, 14, 15, 16].map((algorithm) => [
      `algorithm ${algorithm}`,
      { zone: { algorithm }, ...GOOD },
    ]),
  ),
  unsigned: { zone: { signed: false }, ...INSECURE },
  'no-ds': { zone: { ds: () => [] }, ...INSECURE },
  'ds-bad-tag': { zone: ds(1, (octet) => octet ^ 1), ...both('S9') },
  'ds-bad-key-algo': { zone: ds(2, () => 8), ...both('S9') },
  'ds-bogus-digest-value': { zone: ds(35, (octet) => octet ^ 1), ...both('S9') },
  'ds-unassigned-key-algo': { zone: ds(2, () => 100), there: 'N1', missing: 'X1' },
  'ds-reserved-key-algo': { zone: ds(2, () => 200), there: 'N1', missing: 'X1' },
  'ds-unassigned-digest-algo': { zone: ds(3, () => 100), there: 'N2', missing: 'X2' },
  'rrsig-exp-all': { zone: { stoppedAt: START - 15 * DAY }, ...both('S7') },
  'rrsig-exp-before-all': { edit: swappedTimes(TYPE.A, TYPE.DNSKEY), ...both('S25') },
  'rrsig-exp-before-a': { edit: swappedTimes(TYPE.A), there: 'S25', missing: 'X+' },
  'rrsig-no-all': { edit: unsigned(), ...both('S10') },
  'rrsig-no-a': { edit: unsigned(TYPE.A), there: 'S10', missing: 'X+' },
  'no-rrsig-dnskey': { edit: unsigned(TYPE.DNSKEY), ...both('S10') },
  'bad-rrsig-dnskey': { edit: damaged(TYPE.DNSKEY), ...both('S6') },
  'bad-rrsig-a': { edit: damaged(TYPE.A), there: 'S6', missing: 'X+' },
  'no-zsk': { zone: unpublished('zsk'), ...both('S9') },
  'no-ksk': { zone: unpublished('ksk'), ...both('S9') },
  'no-dnskey-256-257': {
    edit: (message, question) =>
      question.type === TYPE.DNSKEY ? { ...message, answer: [] } : message,
    ...both('S9'),
  },
  'nsec3-missing': { zone: NSEC3, edit: without(TYPE.NSEC3), there: 'N+', missing: 'S12' },
  'nsec3-rrsig-missing': { zone: NSEC3, edit: unsigned(TYPE.NSEC3), there: 'N+', missing: 'S10' },
  'bad-rrsig-nsec3': { zone: NSEC3, edit: damaged(TYPE.NSEC3), there: 'N+', missing: 'S6' },
  'bad-nsec3-hash': {
    zone: NSEC3,
    edit: changedNsec3(({ type, ttl, rdata, signatures }) => {
      const owner = Name.parse(`${'0'.repeat(32)}.example.test`);
      return new RRset(owner, type, ttl, rdata, signatures);
    }),
    there: 'N+',
    missing: 'S6',
  },
  'bad-nsec3-next': {
    zone: NSEC3,
    edit: changedNsec3(({ name, type, ttl, rdata, signatures }) => {
      // Flags, iterations and salt of 8 octets are before the next hashed owner name.
      const changed = rdata.map((octets) =>
        octets.map((octet, i) => (i === 20 ? octet ^ 1 : octet)),
      );
      return new RRset(name, type, ttl, changed, signatures);
    }),
    there: 'N+',
    missing: 'S6',
  },
  ...Object.fromEntries(
    [50, 150, 151, 2000].map((iterations) => [
      `nsec3-iter-${iterations}`,
      { zone: { ...NSEC3, iterations }, there: 'N+', missing: iterations > 150 ? 'X27' : 'X+' },
    ]),
  ),
};

const LETTER = new Map<number, string>([
  [RCODE.NOERROR, 'N'],
  [RCODE.NXDOMAIN, 'X'],
  [RCODE.SERVFAIL, 'S'],
]);

function shown({ rcode, authenticated, codes }: Outcome): string {
  return `${LETTER.get(rcode)}${authenticated ? '+' : ''}${codes.join()}`;
}

describe('the cases of extended-dns-errors.com', () => {
  test.each(Object.entries(CASES))('%s', (_name, { zone, edit, there, missing }) => {
    const world = new SignedWorld({
      test: {},
      'example.test': { records: 'www A 203.0.113.1', ...zone },
    });
    world.edit('example.test', edit);
    expect([world.ask('www.example.test'), world.ask('nope.example.test')].map(shown)).toEqual([
      there,
      missing,
    ]);
  });
});

describe('a node that loses the cause (`loseBogusCause`)', () => {
  const zones = { test: {}, 'example.test': { records: 'www A 203.0.113.1' } };
  /** What the first client and the one after it are told; the second from the failure cache. */
  function told(loseBogusCause: boolean, edit: Edit): readonly unknown[] {
    const world = new SignedWorld(zones, { loseBogusCause });
    world.edit('example.test', edit);
    return [1, 2].map(() => {
      const { source, rcode, codes, texts } = world.ask('www.example.test');
      return [source, rcode, codes.join(), texts.join()];
    });
  }

  it.each([
    ['of the answer', TYPE.A, 'RRSIG with malformed signature found for www.example.test/a'],
    ['of the keys', TYPE.DNSKEY, 'RRSIG with malformed signature found for example.test/dnskey'],
  ])(
    'says EDE 22 without text where a signature %s is bad, also when it is remembered',
    (_, type, text) => {
      const lost = ['miss', 'failure-cached'].map((source) => [source, RCODE.SERVFAIL, '22', '']);
      expect(told(true, damaged(type))).toEqual(lost);
      const kept = told(false, damaged(type)) as readonly (readonly [
        string,
        number,
        string,
        string,
      ])[];
      for (const [, rcode, code, said] of kept) {
        expect([rcode, code]).toEqual([RCODE.SERVFAIL, '6']);
        expect(said).toContain(text);
      }
    },
  );

  it('says what it always said of everything else', () => {
    const insecure = {
      ...zones,
      'example.test': { ...zones['example.test'], ...ds(3, () => 100) },
    };
    const world = new SignedWorld(insecure, { loseBogusCause: true });
    expect(shown(world.ask('www.example.test'))).toBe('N2');
  });
});
