import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Name } from '../name/name.ts';
import type { RRset } from '../rrset.ts';
import { message as arbitraryMessage } from '../testing/arbitrary.ts';
import { TYPE } from '../wire/iana.ts';
import { rrsetLines } from './presentation.ts';
import { readZone, writeZone, type ZoneFileError, type ZoneFileOptions } from './zonefile.ts';

const example: ZoneFileOptions = { origin: Name.parse('example') };

function rrsetsOf(text: string, options: ZoneFileOptions = example): readonly RRset[] {
  const zone = readZone(text, options);
  if (!zone.ok) throw new Error(JSON.stringify(zone.errors));
  return zone.rrsets;
}

const linesOf = (text: string, options: ZoneFileOptions = example): string[] =>
  rrsetsOf(text, options).flatMap((rrset) =>
    rrsetLines(rrset, true).map((line) => line.replaceAll('\t', ' ')),
  );

function errorsOf(text: string, options: ZoneFileOptions = example): readonly ZoneFileError[] {
  const zone = readZone(text, options);
  return zone.ok ? [] : zone.errors;
}

describe('RFC 1035 section 5', () => {
  test('the example of section 5.3', () => {
    const text = `
@   IN  SOA     VENERA      Action\\.domains (
                                 20     ; SERIAL
                                 7200   ; REFRESH
                                 600    ; RETRY
                                 3600000; EXPIRE
                                 60)    ; MINIMUM

        NS      A.ISI.EDU.
        NS      VENERA
        MX      10      VENERA
A       A       26.3.0.103
VENERA  A       10.1.0.52
        A       128.9.0.32
`;
    const lines = linesOf(`$TTL 1d\n${text}`, { origin: Name.parse('ISI.EDU') });
    expect(lines).toEqual([
      'isi.edu. 86400 IN SOA VENERA.isi.edu. Action\\.domains.isi.edu. 20 7200 600 3600000 60',
      'isi.edu. 86400 IN NS A.ISI.EDU.',
      'isi.edu. 86400 IN NS VENERA.isi.edu.',
      'isi.edu. 86400 IN MX 10 VENERA.isi.edu.',
      'a.isi.edu. 86400 IN A 26.3.0.103',
      'venera.isi.edu. 86400 IN A 10.1.0.52',
      'venera.isi.edu. 86400 IN A 128.9.0.32',
    ]);
  });

  test('TTL and class stand in either order, or not at all', () => {
    const text = ['a 60 IN A', 'b IN 60 A', 'c 60 A', 'd in A', 'e CLASS1 1m TYPE1', 'f A'];
    expect(linesOf(text.map((line) => `${line} 192.0.2.1`).join('\n'))).toEqual(
      [...'abcdef'].map((name) => `${name}.example. 60 IN A 192.0.2.1`),
    );
  });

  test('without a TTL: $TTL first (RFC 2308 section 4), else the last one stated', () => {
    const a = 'A 192.0.2.1';
    expect(rrsetsOf(`a 60 ${a}\nb ${a}\n$TTL 2h\nc ${a}`).map((rrset) => rrset.ttl)).toEqual([
      60, 60, 7200,
    ]);
  });

  test('$ORIGIN may be relative; names without a dot at the end are relative to it', () => {
    const text = '$ORIGIN sub\na 60 CNAME b\n@ 60 CNAME c.\n$ORIGIN other.\na 60 CNAME @';
    expect(linesOf(text)).toEqual([
      'a.sub.example. 60 IN CNAME b.sub.example.',
      'sub.example. 60 IN CNAME c.',
      'a.other. 60 IN CNAME other.',
    ]);
  });

  test('an indented entry has the owner of the one before, also across $ORIGIN', () => {
    expect(linesOf('a 60 A 192.0.2.1\n$ORIGIN other.\n\tA 192.0.2.2\n')).toEqual([
      'a.example. 60 IN A 192.0.2.1',
      'a.example. 60 IN A 192.0.2.2',
    ]);
  });

  test('quotes hold white space, semicolons and parentheses; escapes hold quotes', () => {
    expect(linesOf('a 60 TXT "x ; (y)" z\\;z "\\"" ; comment "')).toEqual([
      'a.example. 60 IN TXT "x ; (y)" "z;z" "\\""',
    ]);
  });

  test('line ends may be CR LF, and the last one may be missing', () => {
    expect(linesOf('a 60 A 192.0.2.1\r\nb 60 A 192.0.2.2')).toHaveLength(2);
  });

  test('owners may be escaped, wildcards, or numbers', () => {
    expect(
      linesOf('a\\.b 60 A 192.0.2.1\n* A 192.0.2.1\n1 A 192.0.2.1\n\\065 A 192.0.2.1'),
    ).toEqual([
      'a\\.b.example. 60 IN A 192.0.2.1',
      '*.example. 60 IN A 192.0.2.1',
      '1.example. 60 IN A 192.0.2.1',
      'a.example. 60 IN A 192.0.2.1',
    ]);
  });

  test('RRSIGs are attached to what they cover', () => {
    const sig = 'RRSIG A 8 1 60 20170903050000 20170821040000 15768 . AA==';
    const rrsets = rrsetsOf(`a 60 ${sig}\na 60 A 192.0.2.1\nb 60 ${sig}`);
    expect(rrsets.map((rrset) => [rrset.type, rrset.signatures.length])).toEqual([
      [TYPE.A, 1],
      [TYPE.RRSIG, 0],
    ]);
  });
});

describe('parsers that do not know a type', () => {
  const zonemd = 'ZONEMD 2023110400 1 1 abcdef';
  const generic = 'TYPE63 \\# 9 7895f5580101abcdef';
  const refusedTypes = new Set([TYPE.ZONEMD]);
  const codes = (text: string, options: ZoneFileOptions): string[] =>
    errorsOf(`example. 60 ${text}`, options).map((error) => error.code);

  test('a refused type is unknown by name', () => {
    expect(codes(zonemd, {})).toEqual([]);
    expect(codes(zonemd, { refusedTypes })).toEqual(['unknown-type']);
  });

  test('RFC 3597 gives it another name, which a parser may know or refuse', () => {
    expect(codes(generic, { refusedTypes })).toEqual([]);
    expect(codes(generic, { refusedTypes, unknownTypes: 'refuse' })).toEqual(['unknown-type']);
    expect(codes(generic, { unknownTypes: 'refuse' })).toEqual([]);
    expect(codes('TYPE1234 \\# 0', { unknownTypes: 'refuse' })).toEqual(['unknown-type']);
  });

  test('so it is in a bitmap', () => {
    expect(codes('NSEC . SOA ZONEMD', { refusedTypes })).toEqual(['bad-rdata']);
    expect(codes('NSEC . SOA TYPE63', { refusedTypes })).toEqual([]);
  });
});

describe('errors have line and column', () => {
  test.each<[string, string, number, number]>([
    ['a 60 A 192.0.2.300', 'bad-rdata', 1, 8],
    ['a 60 A 192.0.2.1\nb 60 A', 'bad-rdata', 2, 6],
    ['a 60 A (\n 192.0.2.1\n x )', 'bad-rdata', 3, 2],
    ['a 60 WHAT x', 'unknown-type', 1, 6],
    ['a 60 OPT \\# 0', 'unknown-type', 1, 6],
    ['a 60 TYPE128 \\# 0', 'unknown-type', 1, 6],
    ['a 60 CH A 192.0.2.1', 'class', 1, 6],
    ['a 60 IN', 'no-type', 1, 6],
    ['a A 192.0.2.1', 'no-ttl', 1, 3],
    [' A 192.0.2.1', 'no-owner', 1, 2],
    ['a..b 60 A 192.0.2.1', 'bad-owner', 1, 1],
    ['\n$INCLUDE file', 'unknown-directive', 2, 1],
    ['$TTL x', 'bad-directive', 1, 6],
    ['$ORIGIN', 'bad-directive', 1, 1],
    ['a 60 TXT "x\ny"', 'unclosed-quote', 1, 10],
    ['a 60 A ( 192.0.2.1', 'unclosed-parenthesis', 1, 8],
    ['a 60 A ( ( 192.0.2.1 ) )', 'unclosed-parenthesis', 1, 8],
    ['a 60 A ) 192.0.2.1', 'unopened-parenthesis', 1, 8],
    ['a 60 TXT x\\\n', 'bad-escape', 1, 11],
    ['a 60 A \u0001', 'bad-rdata', 1, 8],
  ])('%j: %s at %i:%i', (text, code, line, column) => {
    expect(errorsOf(text)).toEqual([{ code, line, column, message: expect.any(String) }]);
  });

  test('one bad record does not hide the next, up to twenty', () => {
    expect(errorsOf('a 60 X\nb 60 A 192.0.2.1\nc 60 Y').map((error) => error.line)).toEqual([1, 3]);
    expect(errorsOf('a 60 X\n'.repeat(100))).toHaveLength(20);
  });

  test('no text is a throw', () => {
    const piece = fc.constantFrom(
      'a',
      ' ',
      '\n',
      '"',
      '(',
      ')',
      ';',
      '\\',
      '1',
      '$TTL',
      'TXT',
      'A',
      '\t',
      '\u0000',
      'é',
      '=',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const zone = readZone(pieces.join(''), example);
        expect(zone.ok || zone.errors.length > 0).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

test('whatever RRsets are written are read again', () => {
  fc.assert(
    fc.property(arbitraryMessage, ({ answer }) => {
      const rrsets = answer.filter(({ type }) => type !== 0);
      expect(rrsetsOf(writeZone(rrsets), {})).toEqual(rrsets);
    }),
    { numRuns: 150 },
  );
});

const projectRoot = join(dirname(fileURLToPath(import.meta.url)), '../..');
const rootZone = join(
  process.env.ZONEQUAKE_DATA ?? join(projectRoot, '../shared/data'),
  'root-zone/root-2017082100-signed.zone.gz',
);

describe.skipIf(!existsSync(rootZone))(
  'the root zone of 21 August 2017 (skipped without data)',
  () => {
    const rrsets = existsSync(rootZone)
      ? rrsetsOf(gunzipSync(readFileSync(rootZone)).toString('latin1'), {})
      : [];
    const count = (type: number): number =>
      rrsets.reduce((sum, rrset) => sum + (rrset.type === type ? rrset.rdata.length : 0), 0);

    test('every record is there, and every RRSIG is attached', () => {
      expect(
        [TYPE.NS, TYPE.A, TYPE.AAAA, TYPE.DS, TYPE.NSEC, TYPE.DNSKEY, TYPE.SOA].map(count),
      ).toEqual([7376, 4348, 3774, 2772, 1548, 3, 1]);
      expect(rrsets.reduce((sum, rrset) => sum + rrset.signatures.length, 0)).toBe(2950);
      expect(count(TYPE.RRSIG)).toBe(0);
    });

    test('written and read again it is the same, and written once more the same text', () => {
      const text = writeZone(rrsets);
      const again = rrsetsOf(text, {});
      expect(again.length).toBe(rrsets.length);
      expect(writeZone(again)).toBe(text);
      const sample = (all: readonly RRset[]): RRset[] => all.filter((_, i) => i % 50 === 0);
      expect(sample(again)).toEqual(sample(rrsets));
    });
  },
);
