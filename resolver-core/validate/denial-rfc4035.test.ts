import { describe, expect, test } from 'vitest';
import { TYPE } from '../wire/iana.ts';
import { proveNameError, proveNoData, proveNoDs, proveWildcardAnswer } from './denial.ts';
import { name, nsec } from './testing/records.ts';

// RFC 4035 appendix A, with the bitmaps of its NSEC records.
const ZONE = name('example');
const APEX = nsec('example', 'a.example', 'NS SOA MX RRSIG NSEC DNSKEY');
const A = nsec('a.example', 'ai.example', 'NS DS RRSIG NSEC');
const B = nsec('b.example', 'ns1.example', 'NS RRSIG NSEC');
const NS1 = nsec('ns1.example', 'ns2.example', 'A RRSIG NSEC');
const NS2 = nsec('ns2.example', '*.w.example', 'A RRSIG NSEC');
const WILDCARD = nsec('*.w.example', 'x.w.example', 'MX RRSIG NSEC');
const XW = nsec('x.w.example', 'x.y.w.example', 'MX RRSIG NSEC');
const XYW = nsec('x.y.w.example', 'xx.example', 'MX RRSIG NSEC');
const XX = nsec('xx.example', 'example', 'A HINFO AAAA RRSIG NSEC');
const ALL = [APEX, A, B, NS1, NS2, WILDCARD, XW, XYW, XX];

describe('RFC 4035 appendix B', () => {
  test('B.2: name error takes the cover of the name and of the wildcard', () => {
    const answer = proveNameError(name('ml.example'), ZONE, [B, APEX]);
    expect(answer).toEqual({ kind: 'proven', optOut: false, ttl: 3600, records: [B, APEX] });
    const withoutWildcard = proveNameError(name('ml.example'), ZONE, [B]);
    expect(withoutWildcard).toEqual({ kind: 'unproven', reason: 'wildcard-not-denied' });
    const withoutName = proveNameError(name('ml.example'), ZONE, [APEX]);
    expect(withoutName).toEqual({ kind: 'unproven', reason: 'name-not-denied' });
  });

  test('B.3: no data takes the NSEC at the name', () => {
    const answer = proveNoData(name('ns1.example'), TYPE.MX, ZONE, [NS1]);
    expect(answer).toMatchObject({ kind: 'proven', records: [NS1], nxname: false });
    const present = proveNoData(name('ns1.example'), TYPE.A, ZONE, [NS1]);
    expect(present).toEqual({ kind: 'unproven', reason: 'type-exists' });
  });

  test('B.4: a delegation with DS has no proof that there is none', () => {
    expect(proveNoDs(name('a.example'), ZONE, ALL)).toEqual({
      kind: 'unproven',
      reason: 'type-exists',
    });
  });

  test('B.5: a referral to an unsigned zone takes the NSEC at the cut', () => {
    const answer = proveNoDs(name('b.example'), ZONE, [B]);
    expect(answer).toMatchObject({ kind: 'proven', delegation: 'yes', records: [B] });
  });

  test('B.6: a wildcard expansion takes the cover of the name', () => {
    const ask = (records: typeof ALL): unknown =>
      proveWildcardAnswer(name('a.z.w.example'), name('w.example'), ZONE, records);
    expect(ask([XYW])).toMatchObject({ kind: 'proven', records: [XYW] });
    expect(ask([WILDCARD, XW])).toEqual({ kind: 'unproven', reason: 'name-not-denied' });
  });

  test('B.7: wildcard no data takes the cover of the name and the NSEC at the wildcard', () => {
    const qname = name('a.z.w.example');
    const answer = proveNoData(qname, TYPE.AAAA, ZONE, [XYW, WILDCARD]);
    expect(answer).toMatchObject({ kind: 'proven', records: [XYW, WILDCARD] });
    expect(proveNoData(qname, TYPE.AAAA, ZONE, [XYW])).toMatchObject({
      reason: 'wildcard-not-denied',
    });
    expect(proveNoData(qname, TYPE.AAAA, ZONE, [WILDCARD])).toMatchObject({
      reason: 'name-not-denied',
    });
    expect(proveNoData(qname, TYPE.MX, ZONE, ALL)).toMatchObject({ reason: 'type-exists' });
  });

  test('B.8: the NSEC of a zone apex does not deny DS', () => {
    expect(proveNoData(ZONE, TYPE.DS, ZONE, [APEX])).toEqual({
      kind: 'unproven',
      reason: 'wrong-side-of-cut',
    });
  });

  test('an empty non-terminal has no data and is no name error', () => {
    expect(proveNoData(name('y.w.example'), TYPE.A, ZONE, [XW])).toMatchObject({ kind: 'proven' });
    expect(proveNameError(name('y.w.example'), ZONE, ALL)).toMatchObject({ kind: 'unproven' });
    expect(proveNoDs(name('y.w.example'), ZONE, [XW])).toMatchObject({ delegation: 'no' });
  });

  test('a name after the last owner is covered by the NSEC that leads back to the apex', () => {
    const answer = proveNameError(name('zz.example'), ZONE, ALL);
    expect(answer).toMatchObject({ kind: 'proven', records: [XX, APEX] });
  });
});
