import { expect, test } from 'vitest';
import { Name } from '../name/name.ts';
import { EDE, TYPE } from '../wire/iana.ts';
import { missingDenial, recordText } from './cause.ts';

test('a record is named by owner without final dot and type in lower case', () => {
  expect(recordText(Name.parse('Example.DE'), TYPE.NSEC3)).toBe('example.de/nsec3');
  expect(recordText(Name.root, TYPE.DNSKEY)).toBe('./dnskey');
  expect(recordText(Name.parse('a\\.b.de'), 65_280)).toBe('a\\.b.de/type65280');
});

test('a denial that falls short is EDE 12, one that says the contrary EDE 6', () => {
  const name = Name.parse('www.de');
  expect(missingDenial(name, TYPE.A, 'next-closer-not-covered')).toEqual({
    code: EDE.NSEC_MISSING,
    text: 'no valid denial of existence for www.de/a: no NSEC3 covers the next closer name',
    rrset: null,
    keyTag: null,
  });
  expect(missingDenial(name, TYPE.A, 'type-exists').code).toBe(EDE.DNSSEC_BOGUS);
  expect(missingDenial(name, TYPE.A, 'name-exists').code).toBe(EDE.DNSSEC_BOGUS);
});
