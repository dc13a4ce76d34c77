import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nsec3Hash } from '../crypto/nsec3-hash.ts';
import { Name } from '../name/name.ts';
import { TypeBitmap } from '../rdata.ts';
import { RRset } from '../rrset.ts';
import { latin1, sharedData, untar } from '../testing/shared-data.ts';
import { toBase32Hex, toHex } from '../text/encoding.ts';
import { readZone } from '../text/zonefile.ts';
import { TYPE } from '../wire/iana.ts';
import {
  makeZonemd,
  verifyZonemd,
  ZONEMD_SHA384,
  ZONEMD_SHA512,
  type ZonemdVerdict,
  zoneDigest,
} from './zonemd.ts';

const apex = Name.parse('example');

function zone(text: string): readonly RRset[] {
  const file = readZone(`$TTL 3600\n${text}`, { origin: apex });
  if (!file.ok) throw new Error(JSON.stringify(file.errors));
  return file.rrsets;
}

const SOA = '@ 86400 SOA ns1 admin 2018031900 1800 900 604800 86400\n';
/** RFC 8976 appendix A.1. */
const SIMPLE = `${SOA}@ 86400 NS ns1\n@ 86400 NS ns2\nns1 A 203.0.113.63\nns2 AAAA 2001:db8::63\n`;
const SIMPLE_DIGEST =
  'c68090d90a7aed716bc459f9340e3d7c1370d4d24b7e2fc3' +
  'a1ddc0b9a87153b9a9713b3c9ae5cc27777f98b8e730044c';

/** Digest of a zone by SHA-384, in hexadecimal. */
const digest = (text: string): string => toHex(zoneDigest(apex, zone(text), ZONEMD_SHA384));
const zonemd = (serial: number, scheme: number, hash: number, octets: string): string =>
  `@ 86400 ZONEMD ${serial} ${scheme} ${hash} ${octets}\n`;
const GOOD = zonemd(2018031900, 1, 1, SIMPLE_DIGEST);
const verdict = (text: string): ZonemdVerdict => verifyZonemd(apex, zone(text), null);

const RRSIG = (covered: string, labels = 1): string =>
  `RRSIG ${covered} 13 ${labels} 3600 20260101000000 20250101000000 1 example. AAAA`;

describe('the digest (RFC 8976 section 3)', () => {
  it('of appendix A.1', () => {
    expect(digest(SIMPLE)).toBe(SIMPLE_DIGEST);
    expect(verdict(SIMPLE + GOOD)).toEqual({ kind: 'verified', scheme: 1, hash: 1 });
  });

  it('does not depend on the order of records, on case, nor on duplicates', () => {
    const lines = `${SIMPLE}mail MX 10 mx\nmail MX 20 ns1\nmail TXT "x"\n*.mail TXT "y"\n`;
    const records = lines.trim().split('\n');
    const upper = records.map((line) => line.replace(/^(\w+)/, (owner) => owner.toUpperCase()));
    const mixed = upper.map((line) => line.replace('MX 10 mx', 'MX 10 Mx'));
    const all = fc.shuffledSubarray([...records, ...mixed], {
      minLength: 2 * records.length,
    });
    fc.assert(
      fc.property(all, (shuffled) => {
        expect(digest(`${shuffled.join('\n')}\n`)).toBe(digest(lines));
      }),
      { numRuns: 20 },
    );
  });

  it('leaves out the ZONEMD of the apex and its signatures, and no other', () => {
    const signed = `@ ${RRSIG('ZONEMD')}\n`;
    expect(digest(SIMPLE + GOOD)).toBe(SIMPLE_DIGEST);
    expect(digest(SIMPLE + GOOD + signed)).toBe(SIMPLE_DIGEST);
    expect(digest(SIMPLE + signed)).toBe(SIMPLE_DIGEST);
    expect(digest(`${SIMPLE}below ${RRSIG('ZONEMD', 2)}\n`)).not.toBe(SIMPLE_DIGEST);
    expect(digest(SIMPLE + GOOD.replace('@', 'below'))).not.toBe(SIMPLE_DIGEST);
    expect(digest(`${SIMPLE}@ ${RRSIG('SOA')}\n`)).not.toBe(SIMPLE_DIGEST);
  });

  it('covers glue and what a cut hides, and nothing outside the zone', () => {
    const cut = `${SIMPLE}sub NS ns1.sub\n`;
    expect(digest(`${cut}ns1.sub A 192.0.2.1\n`)).not.toBe(digest(cut));
    expect(digest(`${cut}deep.sub TXT "hidden"\n`)).not.toBe(digest(cut));
    expect(digest(`${SIMPLE}example.org. A 192.0.2.1\n`)).toBe(SIMPLE_DIGEST);
  });

  it('covers owner, type, TTL, RDATA and each signature', () => {
    const base = `${SIMPLE}a 300 A 192.0.2.1\na 300 ${RRSIG('A', 2)}\n`;
    const others = ['b 300', 'a 301', 'a.a 300'].map((head) => base.replaceAll('a 300', head));
    const changes = [...others, base.replace('.2.1', '.2.2'), base.replace('AAAA\n', 'AAAB\n')];
    expect(new Set([base, ...changes].map(digest)).size).toBe(6);
  });

  it('by SHA-512 has 64 octets', () => {
    expect(zoneDigest(apex, zone(SIMPLE), ZONEMD_SHA512)).toHaveLength(64);
  });
});

describe('verification (RFC 8976 section 4)', () => {
  it('of a record that was made for the zone', () => {
    for (const hash of [ZONEMD_SHA384, ZONEMD_SHA512]) {
      const rrsets = zone(SIMPLE);
      const made = makeZonemd(apex, rrsets, hash);
      expect([made.type, made.ttl]).toEqual([TYPE.ZONEMD, 86_400]);
      const found = verifyZonemd(apex, [...rrsets, made], null);
      expect(found).toEqual({ kind: 'verified', scheme: 1, hash });
    }
    expect(() => makeZonemd(apex, [], ZONEMD_SHA384)).toThrow('has no SOA');
    expect(() => makeZonemd(apex, zone(SIMPLE), 3)).toThrow(RangeError);
  });

  const other = '00'.repeat(48);
  it.each<[string, string, ZonemdVerdict]>([
    ['no record', '', { kind: 'absent' }],
    ['another digest', zonemd(2018031900, 1, 1, other), { kind: 'mismatch', reason: 'digest' }],
    ['another serial', zonemd(1, 1, 1, SIMPLE_DIGEST), { kind: 'mismatch', reason: 'serial' }],
    ['a short digest', zonemd(2018031900, 1, 1, 'c680'), { kind: 'mismatch', reason: 'length' }],
    ['an unknown hash', zonemd(2018031900, 1, 241, other), { kind: 'unsupported' }],
    ['an unknown scheme', zonemd(2018031900, 240, 1, other), { kind: 'unsupported' }],
    [
      'two of one scheme and hash, one of them right',
      GOOD + zonemd(2018031900, 1, 1, other),
      { kind: 'mismatch', reason: 'duplicate' },
    ],
    [
      'one that is right beside others that are not',
      zonemd(2018031900, 1, 2, other.slice(0, 96)) + zonemd(1, 240, 1, other) + GOOD,
      { kind: 'verified', scheme: 1, hash: 1 },
    ],
    [
      'the failure that came nearest',
      zonemd(2018031900, 1, 2, 'c680') + zonemd(1, 1, 1, other) + zonemd(1, 9, 9, other),
      { kind: 'mismatch', reason: 'length' },
    ],
  ])('%s', (_, records, expected) => {
    expect(verdict(SIMPLE + records)).toEqual(expected);
  });

  it('wants one SOA at the apex', () => {
    expect(verdict(`ns1 A 192.0.2.1\n${GOOD}`)).toEqual({ kind: 'no-soa' });
    expect(verdict(SIMPLE + SOA.replace('1800', '1801') + GOOD)).toEqual({ kind: 'no-soa' });
  });
});

describe('where signatures are expected (RFC 8976 section 4, steps 1 to 3)', () => {
  const check = (text: string, bogus: readonly number[] = []): ZonemdVerdict =>
    verifyZonemd(apex, zone(text), ({ type }) => !bogus.includes(type));
  const nsec = (types: string): string => `@ NSEC ns1 SOA NS ${types} NSEC RRSIG\n`;

  it('SOA and ZONEMD must be secure', () => {
    expect(check(SIMPLE + GOOD)).toMatchObject({ kind: 'verified' });
    expect(check(SIMPLE + GOOD, [TYPE.SOA])).toEqual({ kind: 'bogus', type: TYPE.SOA });
    expect(check(SIMPLE + GOOD, [TYPE.ZONEMD])).toEqual({ kind: 'bogus', type: TYPE.ZONEMD });
  });

  it('absence must be proved by a secure NSEC of the apex', () => {
    expect(check(SIMPLE + nsec(''))).toEqual({ kind: 'absent' });
    expect(check(SIMPLE + nsec('ZONEMD'))).toEqual({ kind: 'missing' });
    expect(check(SIMPLE)).toEqual({ kind: 'missing' });
    expect(check(SIMPLE + nsec(''), [TYPE.NSEC])).toEqual({ kind: 'missing' });
    expect(check(SIMPLE + nsec('').replace('@', 'ns1'))).toEqual({ kind: 'missing' });
  });

  it('or by a secure NSEC3 of the apex', () => {
    const salt = Uint8Array.of(0xaa);
    const nsec3 = (owner: Name, types: readonly number[]): RRset => {
      const name = apex.child(toBase32Hex(nsec3Hash(owner, 3, salt)));
      const bitmap = TypeBitmap.of(types).octets;
      const next = new Uint8Array(20);
      const rdata = Uint8Array.of(1, 0, 0, 3, 1, ...salt, 20, ...next, ...bitmap);
      return new RRset(name, TYPE.NSEC3, 3600, [rdata]);
    };
    const verify = (...extra: readonly RRset[]): ZonemdVerdict =>
      verifyZonemd(apex, [...zone(SIMPLE), ...extra], () => true);
    expect(verify(nsec3(apex, [TYPE.SOA]))).toEqual({ kind: 'absent' });
    expect(verify(nsec3(apex, [TYPE.SOA, TYPE.ZONEMD]))).toEqual({ kind: 'missing' });
    expect(verify(nsec3(apex.child('ns1'), [TYPE.A]))).toEqual({ kind: 'missing' });
  });
});

const cases = sharedData('zonemd/zonemd-cases.tar.gz');

describe.skipIf(cases === null)('16 zones by Verisign (skipped without data)', () => {
  const files = cases === null ? new Map<string, string>() : untar(cases);
  const names = [...files.keys()].filter((path) => path.endsWith('/config'));

  it('are all there', () => {
    expect(names).toHaveLength(16);
  });

  it.each(names)('%s', (path) => {
    const config = files.get(path) ?? '';
    const setting = (key: string): string =>
      new RegExp(`^${key}=(.*)$`, 'm').exec(config)?.[1] ?? '';
    const origin = Name.parse(setting('origin'));
    const text = files.get(path.replace(/config$/, setting('zonefile'))) ?? '';
    const file = readZone(text, { origin });
    // a zone of several classes is refused by the reader, and so never verified
    const verified = file.ok && verifyZonemd(origin, file.rrsets, null).kind === 'verified';
    expect(verified ? 'success' : 'failure').toBe(setting('expected_result'));
    if (!file.ok) expect(file.errors.map(({ code }) => code)).toEqual(['class', 'class']);
  });
});

const root2023 = sharedData('root-zone/root-2023110400.zone.gz');

it.skipIf(root2023 === null)(
  'the root of 4 November 2023 has a private hash (skipped without data)',
  () => {
    const file = readZone(latin1(root2023 as Uint8Array));
    if (!file.ok) throw new Error(JSON.stringify(file.errors));
    expect(verifyZonemd(Name.root, file.rrsets, null)).toEqual({ kind: 'unsupported' });
    const rrsets = file.rrsets.filter(({ type }) => type !== TYPE.ZONEMD);
    const made = makeZonemd(Name.root, rrsets, ZONEMD_SHA384);
    expect(verifyZonemd(Name.root, [...rrsets, made], null)).toMatchObject({ kind: 'verified' });
  },
);
