import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Name } from '../../resolver-core/name/name.ts';
import { nsec3Of, nsecOf, soaOf } from '../../resolver-core/rdata.ts';
import { RRset } from '../../resolver-core/rrset.ts';
import { TYPE } from '../../resolver-core/wire/iana.ts';
import {
  base32hex,
  hexOctets,
  ipv4Rdata,
  ipv6Rdata,
  mxRdata,
  nsec3Rdata,
  nsecRdata,
  soaRdata,
} from './records.ts';

const NAME = Name.parse('host.example');

function rrset(type: number, rdata: Uint8Array): RRset {
  return new RRset(NAME, type, 60, [rdata]);
}

describe('RDATA reads back as it was meant', () => {
  test('SOA', () => {
    const times = { refresh: 1, retry: 2, expire: 3, minimum: 4 };
    const rdata = soaRdata({ mname: NAME, rname: NAME, ...times }, 4_000_000_000);
    expect(soaOf(rrset(TYPE.SOA, rdata))).toMatchObject({ serial: 4_000_000_000, ...times });
  });

  test('NSEC and NSEC3, with types of several windows', () => {
    const types = [TYPE.A, TYPE.RRSIG, TYPE.CAA];
    const nsec = nsecOf(rrset(TYPE.NSEC, nsecRdata(NAME, types)));
    expect(nsec?.types.types()).toEqual(types);
    expect(nsec?.next.equals(NAME)).toBe(true);
    const next = new Uint8Array(20).fill(7);
    const fields = { iterations: 300, salt: Uint8Array.of(1, 2) };
    const nsec3 = nsec3Of(rrset(TYPE.NSEC3, nsec3Rdata(fields, 1, next, types)));
    expect(nsec3).toMatchObject({ hashAlgorithm: 1, flags: 1, ...fields, nextHash: next });
    expect(nsec3?.types.types()).toEqual(types);
  });

  test('MX', () => {
    expect([...mxRdata(258, Name.parse('a'))]).toEqual([1, 2, 1, 97, 0]);
  });
});

describe('text forms', () => {
  test('IPv6 addresses with and without a run of zeros', () => {
    expect([...ipv6Rdata('2001:db8::1')]).toEqual([32, 1, 13, 184, ...Array(11).fill(0), 1]);
    expect([...ipv6Rdata('::')]).toEqual(Array(16).fill(0));
    expect(ipv6Rdata('1:2:3:4:5:6:7:8')[15]).toBe(8);
  });

  test.each(['1:2:3', '1:2:3:4:5:6:7:8:9', 'g::', '12345::'])('%s is no IPv6 address', (text) => {
    expect(() => ipv6Rdata(text)).toThrow('IPv6');
  });

  test.each(['1.2.3', '1.2.3.256', '1.2.3.x'])('%s is no IPv4 address', (text) => {
    expect(() => ipv4Rdata(text)).toThrow('IPv4');
  });

  test('base 32 with extended hex alphabet: the vector of RFC 4648 section 10', () => {
    const octets = Uint8Array.from('foobar', (character) => character.charCodeAt(0));
    expect(base32hex(octets)).toBe('cpnmuoj1e8');
  });

  test('hashes sort as octets and as text alike (RFC 5155 section 3.3)', () => {
    const hash = fc.uint8Array({ minLength: 20, maxLength: 20 });
    fc.assert(
      fc.property(hash, hash, (a, b) => {
        const at = a.findIndex((octet, i) => octet !== b[i]);
        const less = at >= 0 && (a[at] as number) < (b[at] as number);
        expect(base32hex(a) < base32hex(b)).toBe(less);
        expect(base32hex(a)).toHaveLength(32);
      }),
    );
  });

  test('hexadecimal, also none', () => {
    expect([...hexOctets('CA12')]).toEqual([0xca, 0x12]);
    expect(hexOctets('')).toHaveLength(0);
    expect(() => hexOctets('abc')).toThrow('hexadecimal');
  });
});
