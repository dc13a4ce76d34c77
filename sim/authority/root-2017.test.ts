/**
 * The real root zone of 21 August 2017, read from its master file, served as it stands, and validated
 * by the resolver from IANA's trust anchor.
 */

import { describe, expect, it } from 'vitest';
import {
  makeZonemd,
  verifyZonemd,
  ZONEMD_SHA384,
  type ZonemdVerdict,
} from '../../resolver-core/apps/zonemd.ts';
import type { Message, Question } from '../../resolver-core/message.ts';
import { Name } from '../../resolver-core/name/name.ts';
import { dnsKeysOf, nsecOf } from '../../resolver-core/rdata.ts';
import { ReceivedRrsig, RRset, type Rrsig } from '../../resolver-core/rrset.ts';
import { addressSet, Pair, response, soaSet } from '../../resolver-core/testing/pair.ts';
import { latin1, sharedData } from '../../resolver-core/testing/shared-data.ts';
import { parseRdata } from '../../resolver-core/text/presentation.ts';
import { readZone } from '../../resolver-core/text/zonefile.ts';
import { MINUTE, type Micros, SECOND } from '../../resolver-core/time.ts';
import { checkRrset, type RrsetVerdict } from '../../resolver-core/validate/rrset-check.ts';
import { EDE, RCODE, TYPE } from '../../resolver-core/wire/iana.ts';
import { answerFrom } from './answer.ts';
import { StandingPublication } from './snapshot.ts';

const file = sharedData('root-zone/root-2017082100-signed.zone.gz');
const rrsets = file === null ? [] : rrsetsOf(latin1(file));

function rrsetsOf(text: string): readonly RRset[] {
  const zone = readZone(text);
  if (!zone.ok) throw new Error(JSON.stringify(zone.errors));
  return zone.rrsets;
}

/** 2017-08-22T00:00:00Z. */
const IN_TIME: Micros = 1_503_360_000 * SECOND;
const ANCHOR = '19036 8 2 49AAC11D7B6F6446702E54A1607371607A1A41855200FD2CE1CDDE32F24E8FB5';
const ROOT_SERVER = '198.41.0.4';

const byType = (type: number): readonly RRset[] => rrsets.filter((rrset) => rrset.type === type);
const cuts = byType(TYPE.NS).filter(({ name }) => !name.isRoot);
const signed = new Set(byType(TYPE.DS).map(({ name }) => name.key));

/**
 * A resolver before a root server, and before servers of all TLDs that answer any question with an
 * address that nobody signed.
 */
class RealRoot {
  readonly pair: Pair;
  /** Signatures found good, and found bad. */
  readonly good: Set<Rrsig> = new Set();
  readonly bad: Set<Rrsig> = new Set();

  constructor(clock: Micros, served: readonly RRset[] = rrsets) {
    const publication = new StandingPublication(Name.root, served);
    const answer = ({ name, type }: Question): Message =>
      response({ name, type }, answerFrom(publication, name, type, true, clock));
    const unsigned = (question: Question): Message =>
      question.type === TYPE.A
        ? response(question, { answer: [addressSet(`${question.name}`, '192.0.2.1')] })
        : response(question, { authority: [soaSet(`${question.name.ancestor(1)}`)] });
    const servers = new Proxy(
      {},
      { get: (_, address) => (address === ROOT_SERVER ? answer : unsigned) },
    );
    const rdata = parseRdata(TYPE.DS, ANCHOR);
    if (!(rdata instanceof Uint8Array)) throw new Error(rdata.message);
    const ds = new RRset(Name.root, TYPE.DS, 0, [rdata]);
    const ports = {
      trustAnchors: [{ zone: Name.root, ds, dnskey: null }],
      signatures: {
        signatureChecked: (rrsig: Rrsig, ok: boolean) => (ok ? this.good : this.bad).add(rrsig),
      },
    };
    this.pair = new Pair(servers, { validation: true }, ports, clock);
  }

  /** `NOERROR secure`, `NXDOMAIN insecure`, `SERVFAIL 7`. */
  ask(name: Name | string, type: number): string {
    const { answer, authenticated } = this.pair.ask(`${name}`, type);
    if (answer.rcode === RCODE.SERVFAIL) {
      return `SERVFAIL ${answer.errors.map(({ code }) => code).join(' ')}`;
    }
    const rcode = answer.rcode === RCODE.NOERROR ? 'NOERROR' : 'NXDOMAIN';
    return `${rcode} ${authenticated ? 'secure' : 'insecure'}`;
  }
}

/** How often each of `values` comes. */
function tally(values: Iterable<string>): Record<string, number> {
  const out: Record<string, number> = {};
  for (const value of values) out[value] = (out[value] ?? 0) + 1;
  return out;
}

describe.skipIf(file === null)('the root zone of 21 August 2017 (skipped without data)', () => {
  const signatures = rrsets.flatMap((rrset) => rrset.signatures);
  // this is read without the data, too, where nothing of it runs
  const keys = byType(TYPE.DNSKEY).flatMap((rrset) => dnsKeysOf(rrset));
  const check = (rrset: RRset, clock: Micros): RrsetVerdict => {
    const context = {
      ...{ signatureTime: clock / SECOND, config: { signatureSkew: null } },
      ...{ ports: { signatures: { signatureChecked: () => {} } }, budget: { verifications: 0 } },
    };
    return checkRrset(context, rrset, Name.root, keys, null);
  };

  it('every name is secure or proven insecure, and every signature is verified', () => {
    const root = new RealRoot(IN_TIME);
    for (const type of [TYPE.SOA, TYPE.NS, TYPE.DNSKEY]) {
      expect(root.ask('.', type)).toBe('NOERROR secure');
    }
    expect([cuts.length, signed.size]).toEqual([1547, 1399]);
    // a delegation's DS, or the proof that it has none
    expect(tally(cuts.map(({ name }) => root.ask(name, TYPE.DS)))).toEqual({
      'NOERROR secure': 1547,
    });
    // between any two names there is nothing
    const gaps = byType(TYPE.NSEC).map(({ name }) =>
      name.isRoot ? Name.root.child('a') : Name.root.child(`${name.firstLabel}-`),
    );
    expect(tally(gaps.map((name) => root.ask(name, TYPE.A)))).toEqual({
      'NXDOMAIN secure': 1548,
    });
    expect([root.good.size, root.bad.size]).toEqual([signatures.length, 0]);
    expect(signatures.every((rrsig) => root.good.has(rrsig))).toBe(true);
  });

  it('what is not signed is believed below delegations without DS, and nowhere else', () => {
    const root = new RealRoot(IN_TIME);
    const found = (isSigned: boolean): Record<string, number> =>
      tally(
        cuts
          .filter(({ name }) => signed.has(name.key) === isSigned)
          .map(({ name }) => root.ask(name.child('www'), TYPE.A)),
      );
    expect(found(false)).toEqual({ 'NOERROR insecure': 148 });
    expect(found(true)).toEqual({ [`SERVFAIL ${EDE.DNSKEY_MISSING}`]: 1399 });
  });

  it('all other names are glue below a delegation', () => {
    const owners = rrsets.filter(({ name }) => !name.isRoot && name.labelCount > 1);
    const isCut = new Set(cuts.map(({ name }) => name.key));
    expect(owners.length).toBeGreaterThan(7000);
    expect(owners.filter(({ name }) => !isCut.has(name.ancestor(1).key))).toEqual([]);
  });

  it('one minute after the first expiry, what has expired is bogus with EDE 7, all else secure', () => {
    const first = Math.min(...signatures.map(({ expiration }) => expiration));
    expect(first).toBe(Date.UTC(2017, 8, 3, 5) / 1000);
    const clock = first * SECOND + MINUTE;
    const expired = (rrset: RRset): boolean =>
      rrset.signatures.every(({ expiration }) => expiration * SECOND < clock);
    const verdicts = rrsets
      .filter((rrset) => rrset.signatures.length > 0)
      .map((rrset) => {
        const verdict = check(rrset, clock);
        const text = verdict.kind === 'bogus' ? `bogus ${verdict.cause.code}` : verdict.kind;
        return `${expired(rrset) ? 'expired' : 'in time'}: ${text}`;
      });
    expect(tally(verdicts)).toEqual({ 'expired: bogus 7': 2949, 'in time: secure': 1 });

    const root = new RealRoot(clock);
    expect(root.ask('.', TYPE.DNSKEY)).toBe('NOERROR secure');
    const questions = [
      ...[TYPE.SOA, TYPE.NS].map((type) => root.ask('.', type)),
      ...cuts.map(({ name }) => root.ask(name, TYPE.DS)),
    ];
    expect(tally(questions)).toEqual({ 'SERVFAIL 7': 1549 });
    expect(new RealRoot(clock - 2 * MINUTE).ask('com', TYPE.DS)).toBe('NOERROR secure');
  });

  /** The RRset with one bit of its only signature turned over. */
  const flipped = (rrset: RRset, bit: number): RRset => {
    const rrsig = rrset.signatures[0] as Rrsig;
    const octets = rrsig.signature.slice();
    octets[bit >> 3] = (octets[bit >> 3] as number) ^ (0x80 >> (bit & 7));
    const forged = [new ReceivedRrsig(rrsig, octets)];
    return new RRset(rrset.name, rrset.type, rrset.ttl, rrset.rdata, forged);
  };

  it('a flipped bit is found in each signature', () => {
    const covered = rrsets.filter((rrset) => rrset.signatures.length > 0);
    expect(covered.map((rrset) => rrset.signatures.length).every((count) => count === 1)).toBe(
      true,
    );
    // another bit in each, so that all places of a signature have their turn
    const verdicts = covered.map((rrset, i) => {
      const bits = 8 * (rrset.signatures[0] as Rrsig).signatureOctets;
      const verdict = check(flipped(rrset, (i * 977) % bits), IN_TIME);
      return verdict.kind === 'bogus' ? `bogus ${verdict.cause.code}` : verdict.kind;
    });
    expect(tally(verdicts)).toEqual({ [`bogus ${EDE.DNSSEC_BOGUS}`]: 2950 });
  });

  it('at each bit of one', () => {
    const ds = byType(TYPE.DS)[0] as RRset;
    const bits = Array.from({ length: 2048 }, (_, bit) => check(flipped(ds, bit), IN_TIME).kind);
    expect(tally(bits)).toEqual({ bogus: 2048 });
  });

  it('and in an answer it is the end of that answer alone', () => {
    const com = Name.parse('com');
    const served = rrsets.map((rrset) =>
      rrset.type === TYPE.DS && rrset.name.equals(com) ? flipped(rrset, 5) : rrset,
    );
    const root = new RealRoot(IN_TIME, served);
    expect(root.ask('com', TYPE.DS)).toBe(`SERVFAIL ${EDE.DNSSEC_BOGUS}`);
    expect(root.ask('net', TYPE.DS)).toBe('NOERROR secure');
  });

  it('has no ZONEMD, and proves so while its signatures last', () => {
    const secureAt = (clock: Micros) => (rrset: RRset) => check(rrset, clock).kind === 'secure';
    const verdictOf = (zone: readonly RRset[], clock: Micros): ZonemdVerdict =>
      verifyZonemd(Name.root, zone, secureAt(clock));
    expect(verdictOf(rrsets, IN_TIME)).toEqual({ kind: 'absent' });
    expect(verdictOf(rrsets, 2 * IN_TIME)).toEqual({ kind: 'bogus', type: TYPE.SOA });
    const unproved = rrsets.filter(({ name, type }) => type !== TYPE.NSEC || !name.isRoot);
    expect(verdictOf(unproved, IN_TIME)).toEqual({ kind: 'missing' });
    const unsigned = makeZonemd(Name.root, rrsets, ZONEMD_SHA384);
    const forged = [...rrsets, unsigned];
    expect(verdictOf(forged, IN_TIME)).toEqual({ kind: 'bogus', type: TYPE.ZONEMD });
    expect(verifyZonemd(Name.root, forged, null)).toMatchObject({ kind: 'verified' });
  });

  it('has an unbroken chain of NSEC', () => {
    const chain = byType(TYPE.NSEC);
    const owners = new Set(chain.map(({ name }) => name.key));
    const next = new Set(chain.map((rrset) => nsecOf(rrset)?.next.key));
    expect([...next].every((key) => key !== undefined && owners.has(key))).toBe(true);
    expect(next.size).toBe(owners.size);
  });
});
