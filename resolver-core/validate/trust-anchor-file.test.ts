import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Name } from '../name/name.ts';
import { name } from '../testing/arbitrary.ts';
import { newTrustPoint, type TrackedKey, type TrustPoint } from './trust-anchor.ts';
import { readTrustAnchorFile, writeTrustAnchorFile } from './trust-anchor-file.ts';

const seconds = fc.integer({ min: 0, max: 0xffff_ffff });
const octets = (minLength: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength, maxLength: 40 });

const trackedKey: fc.Arbitrary<TrackedKey> = fc.record({
  rdata: octets(1).map((key) => Uint8Array.of(1, 1, 3, 13, ...key)),
  ttl: fc.integer({ min: 0, max: 0x7fff_ffff }),
  state: fc.constantFrom('add-pending', 'valid', 'missing', 'revoked'),
  sightings: fc.nat(250),
  changedAt: seconds,
});

const trustPoint: fc.Arbitrary<TrustPoint> = fc.record({
  zone: name,
  keys: fc.array(trackedKey, { minLength: 1, maxLength: 4 }),
  ds: fc.array(
    octets(20).map((digest) => Uint8Array.of(0, 1, 13, 9, ...digest)),
    { maxLength: 2 },
  ),
  lastQueried: seconds,
  lastSuccess: seconds,
  nextProbe: seconds,
  failures: fc.nat(1000),
  queryInterval: seconds,
  retryInterval: seconds,
  deleted: fc.boolean(),
});

function pointOf(text: string): TrustPoint {
  const read = readTrustAnchorFile(text);
  if (!read.ok) throw new Error(`line ${read.line}: ${read.message}`);
  return read.point;
}

describe('trust anchor file', () => {
  it('reads back what it wrote', () => {
    fc.assert(
      fc.property(trustPoint, (point) => {
        const { zone, ...rest } = pointOf(writeTrustAnchorFile(point));
        const { zone: wrote, ...expected } = point;
        expect(zone.equals(wrote)).toBe(true);
        expect(rest).toEqual(expected);
      }),
    );
  });

  it('is written as Unbound writes it', () => {
    const point: TrustPoint = {
      ...newTrustPoint(Name.parse('example.'), null, null),
      keys: [
        {
          rdata: Uint8Array.of(1, 1, 3, 13, 1, 2, 3),
          ttl: 3600,
          state: 'valid',
          sightings: 0,
          changedAt: 1_257_060_000,
        },
      ],
      lastQueried: 1_257_060_000,
      queryInterval: 5400,
    };
    expect(writeTrustAnchorFile(point).split('\n')).toEqual([
      '; autotrust trust anchor file',
      ';;id: example. 1',
      ';;last_queried: 1257060000 ;;Sun Nov  1 07:20:00 2009',
      ';;last_success: 0 ;;Thu Jan  1 00:00:00 1970',
      ';;next_probe_time: 0 ;;Thu Jan  1 00:00:00 1970',
      ';;query_failed: 0',
      ';;query_interval: 5400',
      ';;retry_time: 0',
      'example.\t3600\tIN\tDNSKEY\t257 3 13 AQID ;{id = 2064 (ksk)} ;;state=2 [  VALID  ] ;;count=0 ' +
        ';;lastchange=1257060000 ;;Sun Nov  1 07:20:00 2009',
      '',
    ]);
  });

  it("takes plain records, on one line or several, as an operator's anchors", () => {
    const point = pointOf(
      '. IN DS 20326 8 2 ( E06D44B8 ; comment\n  0B8F )\n. DNSKEY 257 3 8 AQID\n',
    );
    expect(point.ds).toEqual([Uint8Array.of(0x4f, 0x66, 8, 2, 0xe0, 0x6d, 0x44, 0xb8, 0xb, 0x8f)]);
    expect(point.keys).toMatchObject([{ state: 'valid', changedAt: 0, sightings: 0, ttl: 3600 }]);
    expect(point).toMatchObject({ lastSuccess: 0, nextProbe: 0, deleted: false });
  });

  it('leaves out keys in the states Start and Removed', () => {
    const line = (state: number): string =>
      `x. 1 IN DNSKEY 257 3 13 AQI${state} ;;state=${state}\n`;
    const point = pointOf([0, 1, 2, 3, 4, 5].map(line).join(''));
    expect(point.keys.map(({ state }) => state)).toEqual([
      'add-pending',
      'valid',
      'missing',
      'revoked',
    ]);
  });

  it.each([
    ['', 1, 'no DNSKEY or DS record'],
    ['x. 1 IN DNSKEY 257 3 13\n', 1, 'expected base64'],
    ['\nx. 1 IN A 192.0.2.1\n', 2, 'A is no trust anchor'],
    ['x. 1 IN DNSKEY 257 3 13 AQID\ny. 1 IN DNSKEY 257 3 13 AQID\n', 2, 'records of x. and of y.'],
    [';;query_failed: many\nx. 1 IN DNSKEY 257 3 13 AQID\n', 1, 'query_failed wants a number'],
    ['$ORIGIN x.\n@ 1 IN DNSKEY 257 3 13 AQID\n', 1, 'directives'],
    ['x. 1 IN DNSKEY ( 257 3 13 AQID\n', 1, 'parenthesis'],
    [
      'x. 1 IN DNSKEY 257 3 13 AQID ;;state=2\nx. 1 IN DNSKEY 257 3 13 AQIE ;;state=6\n',
      2,
      'state',
    ],
  ])('refuses %j with the line and what is wrong', (text, line, message) => {
    const read = readTrustAnchorFile(text);
    expect(read).toMatchObject({ ok: false, line });
    if (!read.ok) expect(read.message).toContain(message);
  });
});
