import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DATA_TYPES, rdataOf } from '../testing/arbitrary.ts';
import { TYPE, typeName } from '../wire/iana.ts';
import { toHex } from './encoding.ts';
import { genericText, parseRdata, rdataText } from './presentation.ts';

function octetsOf(type: number, text: string): Uint8Array {
  const rdata = parseRdata(type, text);
  if (!(rdata instanceof Uint8Array)) throw new Error(rdata.message);
  return rdata;
}

describe.each([...DATA_TYPES, TYPE.RRSIG].map((type) => [typeName(type), type] as const))(
  '%s',
  (_, type) => {
    test('any RDATA survives its text, and the generic form of RFC 3597', () => {
      fc.assert(
        fc.property(rdataOf(type), (rdata) => {
          const text = rdataText(type, rdata);
          expect(text).toMatch(/^[\x20-\x7e]*$/);
          expect(octetsOf(type, text)).toEqual(rdata);
          expect(octetsOf(type, genericText(rdata))).toEqual(rdata);
        }),
        { numRuns: 40 },
      );
    });
  },
);

describe('text as the RFCs print it', () => {
  const key = 'AQPSKmynfzW4kyBv015MUG2DeIQ3Cbl+BBZH4b/0PY1kxkmvHjcZc8no';
  test.each([
    [TYPE.A, '192.0.2.1'],
    [TYPE.AAAA, '2001:db8::1'],
    [TYPE.NS, 'ns.Example.COM.'],
    [TYPE.SOA, 'ns.example. admin.example. 2017082100 1800 900 604800 86400'],
    [TYPE.HINFO, '"PC Intel" "Unix"'],
    [TYPE.MX, '10 mail.example.'],
    [TYPE.TXT, '"a b" "say \\"x\\"" "\\000\\255" ""'],
    [TYPE.SRV, '0 5 5060 sip.example.'],
    [TYPE.NAPTR, '100 50 "s" "http+I2L" "" _http._tcp.example.'],
    [TYPE.DS, '60485 5 1 2bb183af5f22588179a53b0a98631fad1a292118'],
    [TYPE.DNSKEY, `256 3 5 ${key}`],
    [TYPE.RRSIG, `A 5 3 86400 20030322173103 20030220173103 2642 example.com. ${key}`],
    [TYPE.NSEC, 'host.example.com. A MX RRSIG NSEC TYPE1234'],
    [TYPE.NSEC3, '1 1 12 aabbccdd 2vptu5timamqttgl4luu9kg21e0aor3s A RRSIG'],
    [TYPE.NSEC3, '1 0 0 - 2vptu5timamqttgl4luu9kg21e0aor3s'],
    [TYPE.NSEC3PARAM, '1 0 12 aabbccdd'],
    [TYPE.SSHFP, '2 1 123456789abcdef67890123456789abcdef67890'],
    [TYPE.TLSA, '3 1 1 d2abde240d7cd3ee6b4b28c54df034b9'],
    [TYPE.CSYNC, '66 3 A NS AAAA'],
    [TYPE.ZONEMD, '2018031500 1 1 c68090d90a7aed716bc459f9340e3d7c'],
    [TYPE.CAA, '0 issue "ca1.example.net; account=230123"'],
    [TYPE.URI, '10 1 "ftp://ftp1.example.com/public"'],
    [TYPE.SVCB, '0 foo.example.com.'],
    [TYPE.HTTPS, '1 . alpn="h2,h3-19" port=8443 ipv4hint=192.0.2.1,192.0.2.2'],
    [TYPE.SVCB, '16 foo.example.org. mandatory=alpn,ipv4hint alpn="h2" ipv4hint=192.0.2.1'],
    [TYPE.SVCB, '1 foo.example. ipv6hint=2001:db8::1,2001:db8::53:1'],
    [TYPE.SVCB, '1 foo.example.com. key667="hello\\210qoo"'],
    [TYPE.SVCB, '1 foo.example.org. alpn="f\\\\\\\\oo\\\\,bar,h2"'],
    [TYPE.CDS, '0 0 0 00'],
    [TYPE.CDNSKEY, '0 3 0 AA=='],
    [1234, '\\# 3 abcdef'],
    [1234, '\\# 0'],
  ])('type %i: %s', (type, text) => {
    expect(rdataText(type, octetsOf(type, text))).toBe(text);
  });

  test('RFC 9460 appendix D.2, figure 7: alpn with comma and backslash', () => {
    const rdata = octetsOf(TYPE.SVCB, '16 foo.example.org. alpn=f\\\\\\092oo\\092,bar,h2');
    expect(toHex(rdata).endsWith('0001000c08665c6f6f2c626172026832')).toBe(true);
  });
});

describe('input is more liberal than output', () => {
  test.each([
    [TYPE.TXT, 'plain', '"plain"'],
    [TYPE.SOA, 'a. b. 1 1h 15m 1w 1d', 'a. b. 1 3600 900 604800 86400'],
    [TYPE.DS, '1 RSASHA256 2 AB CD', '1 8 2 abcd'],
    [
      TYPE.RRSIG,
      'A 8 0 60 1048354263 1045762263 1 . AA==',
      'A 8 0 60 20030322173103 20030220173103 1 . AA==',
    ],
    [TYPE.A, '\\# 4 C0000201', '192.0.2.1'],
    [TYPE.NSEC, '. TYPE1 soa', '. A SOA'],
    [TYPE.SVCB, '1 . port="53" alpn=dot', '1 . alpn="dot" port=53'],
    [TYPE.AAAA, '::ffff:192.0.2.1', '::ffff:c000:201'],
    [TYPE.MX, '1 ( mail )', '1 mail.'],
  ])('type %i: %s', (type, text, canonical) => {
    expect(rdataText(type, octetsOf(type, text))).toBe(canonical);
  });
});

describe('refused, with the token at fault', () => {
  test.each([
    [TYPE.A, '192.0.2.256', 'an IPv4 address', '192.0.2.256'],
    [TYPE.A, '192.0.2.1 x', 'behind the RDATA', 'x'],
    [TYPE.A, '', 'missing an IPv4 address', undefined],
    [TYPE.AAAA, '1::2::3', 'an IPv6 address', '1::2::3'],
    [TYPE.MX, '65536 a.', 'up to 65535', '65536'],
    [TYPE.MX, '1 a..b', 'a domain name', 'a..b'],
    [TYPE.NS, `${'a'.repeat(64)}.`, 'a domain name', `${'a'.repeat(64)}.`],
    [TYPE.TXT, `"${'a'.repeat(256)}"`, 'at most 255', 'a'.repeat(256)],
    [TYPE.TXT, 'a\\256', 'a string', 'a\\256'],
    [TYPE.DS, '1 8 2 abc', 'hexadecimal', 'abc'],
    [TYPE.DS, '1 8 2', 'hexadecimal', undefined],
    [TYPE.DNSKEY, '256 3 8 A===', 'base64', 'A==='],
    [TYPE.RRSIG, 'A 8 0 60 20030230173103 1 1 . AA==', 'YYYYMMDDHHmmSS', '20030230173103'],
    [TYPE.NSEC, '. A WHAT', 'a record type', 'WHAT'],
    [TYPE.NSEC3, '1 0 0 - z', 'base32hex', 'z'],
    [TYPE.CAA, '0 a-b "x"', 'a tag', 'a-b'],
    [TYPE.SVCB, '1 . port=70000', 'SvcParam', 'port=70000'],
    [TYPE.SVCB, '1 . port=1 port=2', 'SvcParam', 'port=1'],
    [TYPE.A, '\\# 5 0102030405', 'not RDATA of A', '0102030405'],
    [TYPE.A, '\\# 3 01020304', '4 octets, not 3', '3'],
    [1234, 'x', '\\# length hex', 'x'],
    [TYPE.TXT, '"open', 'unclosed-quote', undefined],
    [TYPE.TXT, 'a\nb', 'more than one line', undefined],
  ])('type %i: %s', (type, text, message, token) => {
    const problem = parseRdata(type, text);
    if (problem instanceof Uint8Array) throw new Error('accepted');
    expect(problem.message).toContain(message);
    expect(problem.token?.text).toBe(token);
  });
});

test('RDATA without the layout of its type is printed in the generic form', () => {
  expect(rdataText(TYPE.A, Uint8Array.of(1, 2))).toBe('\\# 2 0102');
  expect(rdataText(TYPE.NS, Uint8Array.of(5, 97))).toBe('\\# 2 0561');
});
