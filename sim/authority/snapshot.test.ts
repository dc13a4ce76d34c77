import { describe, expect, it } from 'vitest';
import { Name } from '../../resolver-core/name/name.ts';
import type { RRset } from '../../resolver-core/rrset.ts';
import { rrsetLines } from '../../resolver-core/text/presentation.ts';
import { readZone } from '../../resolver-core/text/zonefile.ts';
import { SECOND } from '../../resolver-core/time.ts';
import { DIGEST, RCODE, TYPE, typeNumber } from '../../resolver-core/wire/iana.ts';
import { START } from '../testing/signed-world.ts';
import { signedFile } from '../testing/zone-file.ts';
import { answerFrom } from './answer.ts';
import type { Published } from './publication.ts';
import { StandingPublication, servedData, withServersOf, withZonesOf } from './snapshot.ts';
import type { DenialPolicy } from './static-zone.ts';

const apex = Name.parse('example');

function rrsetsOf(text: string): readonly RRset[] {
  const file = readZone(`$TTL 300\n${text}`, { origin: apex });
  if (!file.ok) throw new Error(JSON.stringify(file.errors));
  return file.rrsets;
}

const RECORDS = `
@ 3600 SOA ns1 admin 1 7200 3600 604800 60
@ NS ns1
ns1 A 192.0.2.1
www CNAME a.b
a.b TXT "text"
*.wild A 192.0.2.2
d DNAME b
signed NS ns1.signed
signed DS 1 13 2 ${'00'.repeat(32)}
ns1.signed A 192.0.2.3
unsigned NS ns1.unsigned
ns1.unsigned AAAA 2001:db8::1
`;
const QUESTIONS = [
  ...['@ SOA', '@ NS', '@ DNSKEY', '@ MX', '@ NSEC3PARAM', 'ns1 A', 'ns1 AAAA', 'www A', 'www TXT'],
  ...['a.b TXT', 'b A', 'x.wild A', 'x.wild TXT', 'a.d TXT', 'nothing A', 'x.y.nothing A', 'zzz A'],
  ...['x.signed A', 'signed DS', 'x.unsigned A', 'unsigned DS', 'unsigned NS', 'ns1.unsigned AAAA'],
];

/** What is answered, as text. */
function answers(publication: Published): string[] {
  return QUESTIONS.map((question) => {
    const [owner = '', type = ''] = question.split(' ');
    const name = owner === '@' ? apex : Name.parse(`${owner}.example`);
    const sections = answerFrom(publication, name, typeNumber(type) ?? 0, true, START);
    const lines = (rrsets: readonly RRset[]): string =>
      rrsets.flatMap((rrset) => rrsetLines(rrset, true)).join('\n');
    const { rcode, authoritative, answer, authority, additional } = sections;
    const text = [answer, authority, additional].map(lines).join('\n--\n');
    return `${question} ${rcode} ${authoritative}\n${text}`;
  });
}

const NSEC: DenialPolicy = { kind: 'nsec' };
const NSEC3: DenialPolicy = {
  ...{ kind: 'nsec3', iterations: 3, salt: Uint8Array.of(1, 2), optOut: false },
};

describe('a zone file served as it stands', () => {
  it.each<[string, DenialPolicy]>([
    ['NSEC', NSEC],
    ['NSEC3', NSEC3],
    ['NSEC3 with opt-out', { ...NSEC3, optOut: true }],
  ])('is answered from as by the server that it was taken from (%s)', (_, denial) => {
    const { publication, text } = signedFile(apex, RECORDS, denial, START);
    const standing = new StandingPublication(apex, rrsetsOf(text));
    expect(answers(standing)).toEqual(answers(publication));
  });

  it('stays as it was when its signatures have expired', () => {
    const standing = new StandingPublication(
      apex,
      rrsetsOf(signedFile(apex, RECORDS, NSEC, START).text),
    );
    const later = answerFrom(standing, Name.parse('ns1.example'), TYPE.A, true, START * 2);
    expect(later).toMatchObject({ rcode: RCODE.NOERROR, until: Number.POSITIVE_INFINITY });
    expect(later.answer[0]?.signatures[0]?.expiration).toBeLessThan((START * 2) / SECOND);
  });

  it('proves nothing when it is not signed, and leaves out what cannot be served', () => {
    const rrsets = rrsetsOf(
      `${RECORDS}hidden.signed TXT "x"\nsigned TXT "x"\nother.test. TXT "x"\n`,
    );
    const standing = new StandingPublication(apex, rrsets);
    expect(standing.zone.denial).toBeNull();
    expect(standing.dsRdata()).toEqual([]);
    const owners = servedData(apex, rrsets, true).map(({ name, type }) => `${name} ${type}`);
    const known = servedData(apex, rrsetsOf(RECORDS), true).map(
      ({ name, type }) => `${name} ${type}`,
    );
    expect(owners).toEqual(known);
    expect(
      answerFrom(standing, Name.parse('hidden.signed.example'), TYPE.TXT, true, 0),
    ).toMatchObject({
      authoritative: false,
      answer: [],
    });
  });

  it('has the DS of the key that signs its keys, and of no other', () => {
    const { publication, text } = signedFile(apex, RECORDS, NSEC, START);
    const span = { from: 0, until: Number.POSITIVE_INFINITY };
    const keys = publication.rrset(apex, TYPE.DNSKEY, START, span);
    const standing = new StandingPublication(apex, rrsetsOf(text));
    expect(keys?.rdata).toHaveLength(2);
    const tag = keys?.signatures[0]?.keyTag ?? 0;
    expect(
      standing.dsRdata().map((rdata) => (rdata[0] as number) * 256 + (rdata[1] as number)),
    ).toEqual([tag]);
    expect(standing.dsRdata()[0]).toHaveLength(4 + 32);
    expect(standing.dsRdata()[0]?.[3]).toBe(DIGEST.SHA256);
  });
});

describe('what the world runs takes the place of what the file says', () => {
  const file = rrsetsOf(signedFile(apex, RECORDS, NSEC, START).text);
  const ours = (text: string): RRset => rrsetsOf(text)[0] as RRset;
  const delegation = (owner: string): { ns: RRset; ds: RRset } => ({
    ns: ours(`${owner} NS ns1.unsigned\n`),
    ds: ours(`${owner} DS 2 13 2 ${'11'.repeat(32)}\n`),
  });
  const address = ours('ns1.unsigned A 198.18.0.1\n');
  const world = {
    delegations: new Map(
      ['signed', 'new'].map((owner) => [Name.parse(`${owner}.example`).key, delegation(owner)]),
    ),
    addresses: new Map([[address.name.key, new Map([[address.type, address]])]]),
  };
  const lines = (rrsets: readonly RRset[], owner: string): string[] =>
    rrsets
      .filter(({ name, type }) => name.equals(Name.parse(`${owner}.example`)) && type !== TYPE.NSEC)
      .flatMap((rrset) => rrsetLines(rrset, false))
      .map((line) => line.split(/\s+/).slice(3, 6).join(' '));

  it('as it is: servers and their addresses, nothing that is signed', () => {
    const served = withServersOf(file, apex, world);
    expect(lines(served, 'signed')).toEqual(['DS 1 13', 'NS ns1.unsigned.example.']);
    expect(lines(served, 'new')).toEqual([]);
    expect(lines(served, 'ns1.unsigned')).toEqual(['A 198.18.0.1']);
    expect(lines(served, 'ns1.signed')).toEqual(['A 192.0.2.3']);
    expect(lines(served, 'ns1')).toEqual(['A 192.0.2.1']);
  });

  it('re-signed: whole delegations, also those that the file has not', () => {
    const served = servedData(apex, withZonesOf(file, apex, world), false);
    expect(lines(served, 'signed')).toEqual(['NS ns1.unsigned.example.', 'DS 2 13']);
    expect(lines(served, 'new')).toEqual(['NS ns1.unsigned.example.', 'DS 2 13']);
    expect(lines(served, 'unsigned')).toEqual(['NS ns1.unsigned.example.']);
    expect(served.some(({ type }) => type === TYPE.DNSKEY || type === TYPE.NSEC)).toBe(false);
    expect(served.every(({ signatures }) => signatures.length === 0)).toBe(true);
  });
});
