import { describe, expect, it } from 'vitest';
import { Name } from '../name/name.ts';
import type { RrsigFields } from '../rrset.ts';
import { TYPE } from '../wire/iana.ts';
import { canonicalRdata, rrsigLabels, signedData } from './signed-data.ts';

const ascii = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));
const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex');

const FIELDS: RrsigFields = {
  typeCovered: TYPE.A,
  algorithm: 8,
  labels: 1,
  originalTtl: 0x01020304,
  expiration: 0xfffffffe,
  inception: 0x80000001,
  keyTag: 0xbeef,
  signer: Name.parse('X'),
};
/** The RRSIG part for FIELDS with `labels`, up to and with the signer's name. */
const header = (labels: string): string => `000108${labels}01020304fffffffe80000001beef017800`;
const A1 = Uint8Array.of(10, 0, 0, 1);
const A2 = Uint8Array.of(10, 0, 0, 2);

describe('the octets that an RRSIG covers', () => {
  it('are the RRSIG RDATA without the signature, then each record with the original TTL', () => {
    const data = signedData({ name: Name.parse('X'), type: TYPE.A, rdata: [A1] }, FIELDS);
    expect(hex(data)).toBe(`${header('01')}01780000010001010203040004${hex(A1)}`);
  });

  it('have the records in canonical order, and a record that comes twice once', () => {
    const name = Name.parse('x');
    const ordered = signedData({ name, type: TYPE.A, rdata: [A1, A2] }, FIELDS);
    expect(signedData({ name, type: TYPE.A, rdata: [A2, A1, A2.slice()] }, FIELDS)).toEqual(
      ordered,
    );
  });

  it('have a record before every longer one that begins with it (RFC 4034 section 6.3)', () => {
    const name = Name.parse('x');
    const short = A1.subarray(0, 3);
    const record = (rdata: Uint8Array): string =>
      `017800ff00000101020304000${rdata.length}${hex(rdata)}`;
    const data = signedData({ name, type: 65280, rdata: [A1, short] }, FIELDS);
    expect(hex(data)).toBe(header('01') + record(short) + record(A1));
  });

  it('duplicates are found after names are folded (RFC 4034 section 6.3 over 6.2)', () => {
    const name = Name.parse('x');
    const rdata = [ascii('\x01A\x00'), ascii('\x01a\x00')];
    const once = signedData({ name, type: TYPE.NS, rdata: [ascii('\x01a\x00')] }, FIELDS);
    expect(signedData({ name, type: TYPE.NS, rdata }, FIELDS)).toEqual(once);
  });

  it('name the wildcard when the labels field counts fewer labels than the owner has', () => {
    const name = Name.parse('a.b.x');
    const data = signedData({ name, type: TYPE.A, rdata: [A1] }, FIELDS);
    expect(hex(data)).toContain(`${header('01')}012a017800`);
    const root = signedData({ name, type: TYPE.A, rdata: [A1] }, { ...FIELDS, labels: 0 });
    expect(hex(root)).toContain(`${header('00')}012a000001`);
  });

  it('are the same for the wildcard itself and for what it is expanded to', () => {
    const wildcard = signedData({ name: Name.parse('*.x'), type: TYPE.A, rdata: [A1] }, FIELDS);
    const expanded = signedData({ name: Name.parse('a.b.x'), type: TYPE.A, rdata: [A1] }, FIELDS);
    expect(expanded).toEqual(wildcard);
    expect(hex(wildcard)).toContain('012a017800');
  });

  it('do not exist when the labels field counts more labels than the owner has', () => {
    for (const owner of ['x', '*.x']) {
      const records = { name: Name.parse(owner), type: TYPE.A, rdata: [A1] };
      expect(signedData(records, { ...FIELDS, labels: 2 })).toBeUndefined();
    }
  });

  it.each([
    ['.', 0],
    ['*', 0],
    ['com', 1],
    ['*.com', 1],
    ['*.*.com', 2],
    ['a.*.com', 3],
  ])('the labels field of %s is %i (RFC 4034 section 3.1.3)', (owner, labels) => {
    expect(rrsigLabels(Name.parse(owner))).toBe(labels);
  });
});

describe('canonical RDATA (RFC 4034 section 6.2, RFC 6840 section 5.1)', () => {
  const N = '\x02AB\x01C\x00';
  const n = '\x02ab\x01c\x00';
  const fixed = (octets: number): string => 'Z'.repeat(octets);

  it.each([
    ['NS', TYPE.NS, N, n],
    ['MD', 3, N, n],
    ['CNAME', TYPE.CNAME, N, n],
    ['PTR', TYPE.PTR, N, n],
    ['DNAME', TYPE.DNAME, N, n],
    ['SOA', TYPE.SOA, N + N + fixed(20), n + n + fixed(20)],
    ['MINFO', 14, N + N, n + n],
    ['RP', TYPE.RP, N + N, n + n],
    ['MX', TYPE.MX, fixed(2) + N, fixed(2) + n],
    ['AFSDB', TYPE.AFSDB, fixed(2) + N, fixed(2) + n],
    ['KX', TYPE.KX, fixed(2) + N, fixed(2) + n],
    ['PX', 26, fixed(2) + N + N, fixed(2) + n + n],
    ['SRV', TYPE.SRV, fixed(6) + N, fixed(6) + n],
    ['RRSIG', TYPE.RRSIG, `${fixed(18)}${N}SIG`, `${fixed(18)}${n}SIG`],
    ['NXT', 30, `${N}BITS`, `${n}BITS`],
    ['NAPTR', TYPE.NAPTR, `ZZZZ\x01U\x03SIP\x00${N}`, `ZZZZ\x01U\x03SIP\x00${n}`],
    ['A6 with a prefix', 38, `\x78A${N}`, `\x78A${n}`],
  ])('names in %s are folded, other octets are not', (_, type, rdata, expected) => {
    expect(canonicalRdata(type, ascii(rdata))).toEqual(ascii(expected));
  });

  it.each([
    ['NSEC', TYPE.NSEC],
    ['SVCB', TYPE.SVCB],
    ['HTTPS', TYPE.HTTPS],
    ['HINFO', TYPE.HINFO],
    ['TXT', TYPE.TXT],
    ['an unknown type', 65280],
  ])('nothing in %s is folded', (_, type) => {
    expect(canonicalRdata(type, ascii(`\x00\x01${N}`))).toEqual(ascii(`\x00\x01${N}`));
    expect(canonicalRdata(type, ascii(N))).toEqual(ascii(N));
  });

  it('length octets are never folded, even where they look like letters', () => {
    const label = 'Q'.repeat(0x41 - 2);
    const rdata = ascii(`${String.fromCharCode(0x3f)}${label}\x00`);
    expect(canonicalRdata(TYPE.NS, rdata)).toEqual(ascii(`\x3f${label.toLowerCase()}\x00`));
  });

  it('RDATA that does not parse is left as it came', () => {
    const cases: readonly (readonly [number, string])[] = [
      [TYPE.NS, ''],
      [TYPE.NS, '\x05AB'],
      [TYPE.NS, '\x02AB'],
      [TYPE.NS, '\x02AB\xc0\x00'],
      [TYPE.MX, 'Z'],
      [TYPE.SOA, N],
      [TYPE.NAPTR, 'ZZZZ\xffA'],
      [38, '\xffABC'],
      [38, `\x00${fixed(16)}`],
    ];
    for (const [type, text] of cases) {
      const rdata = ascii(text);
      expect(canonicalRdata(type, rdata)).toBe(rdata);
    }
  });

  it('the received octets are not written into', () => {
    const rdata = ascii(N);
    canonicalRdata(TYPE.NS, rdata);
    expect(rdata).toEqual(ascii(N));
  });
});
