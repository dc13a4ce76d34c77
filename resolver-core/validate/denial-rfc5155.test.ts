import { describe, expect, test } from 'vitest';
import type { RRset } from '../rrset.ts';
import { TYPE } from '../wire/iana.ts';
import { proveNameError, proveNoData, proveNoDs, proveWildcardAnswer } from './denial.ts';
import { name, nsec3 } from './testing/records.ts';

// RFC 5155 appendix A: SHA-1, opt-out, 12 iterations, salt aabbccdd.
const ZONE = name('example');
const PARAMETERS = {
  zone: 'example',
  flags: 1,
  iterations: 12,
  salt: Uint8Array.of(0xaa, 0xbb, 0xcc, 0xdd),
};
const H = {
  apex: '0p9mhaveqvm6t7vbl5lop2u3t2rp3tom',
  ns1: '2t7b4g4vsa5smi47k61mv5bv1a22bojr',
  xyw: '2vptu5timamqttgl4luu9kg21e0aor3s',
  a: '35mthgpgcu1qg68fab165klnsnk3dpvl',
  xw: 'b4um86eghhds6nea196smvmlo4ors995',
  ai: 'gjeqe526plbf1g8mklp59enfd789njgi',
  yw: 'ji6neoaepv8b5o6k4ev33abha8ht9fgc',
  w: 'k8udemvp1j2f7eg6jebps17vp3n8i58h',
  hash: 'kohar7mbb8dc2ce8a9qvl8hon4k53uhi',
  ns2: 'q04jkcevqvmu85r014c7dkba38o0ji5r',
  wildcard: 'r53bq7cc2uvmubfu5ocmm6pers9tk9en',
  xx: 't644ebqk9bibcna874givr6joj62mlhv',
};
const record = (owner: string, next: string, types: string): RRset =>
  nsec3(PARAMETERS, owner, next, types);

const APEX = record(H.apex, H.ns1, 'MX DNSKEY NS SOA NSEC3PARAM RRSIG');
const NS1 = record(H.ns1, H.xyw, 'A RRSIG');
const XYW = record(H.xyw, H.a, 'MX RRSIG');
const A = record(H.a, H.xw, 'NS DS RRSIG');
const XW = record(H.xw, H.ai, 'MX RRSIG');
const AI = record(H.ai, H.yw, 'A HINFO AAAA RRSIG');
const YW = record(H.yw, H.w, '');
const W = record(H.w, H.hash, '');
const HASH = record(H.hash, H.ns2, 'A RRSIG');
const NS2 = record(H.ns2, H.wildcard, 'A RRSIG');
const WILDCARD = record(H.wildcard, H.xx, 'MX RRSIG');
const XX = record(H.xx, H.apex, 'A HINFO AAAA RRSIG');
const ALL = [APEX, NS1, XYW, A, XW, AI, YW, W, HASH, NS2, WILDCARD, XX];

describe('RFC 5155 appendix B', () => {
  test('B.1: name error takes closest encloser, next closer name and wildcard', () => {
    const qname = name('a.c.x.w.example');
    expect(proveNameError(qname, ZONE, [APEX, XW, A])).toEqual({
      kind: 'proven',
      optOut: true, // the span over the next closer name has the flag: no AD (section 9.2)
      ttl: 3600,
      records: [XW, APEX, A],
    });
    const reason = (records: readonly RRset[]): unknown => proveNameError(qname, ZONE, records);
    expect(reason([XW, A])).toMatchObject({ reason: 'next-closer-not-covered' });
    expect(reason([APEX, XW])).toMatchObject({ reason: 'wildcard-not-denied' });
    // Without the match of x.w.example the apex is the closest encloser known: w.example is not covered.
    expect(reason([APEX, A])).toMatchObject({ reason: 'next-closer-not-covered' });
    expect(reason([A])).toMatchObject({ reason: 'no-closest-encloser' });
  });

  test('B.2: no data takes the NSEC3 at the name', () => {
    const answer = proveNoData(name('ns1.example'), TYPE.MX, ZONE, [NS1]);
    expect(answer).toMatchObject({ kind: 'proven', optOut: false, records: [NS1] });
    expect(proveNoData(name('ns1.example'), TYPE.A, ZONE, ALL)).toMatchObject({
      reason: 'type-exists',
    });
  });

  test('B.2.1: an empty non-terminal has an empty bitmap', () => {
    const answer = proveNoData(name('y.w.example'), TYPE.A, ZONE, [YW]);
    expect(answer).toMatchObject({ kind: 'proven', optOut: false });
    expect(proveNoDs(name('y.w.example'), ZONE, [YW])).toMatchObject({ delegation: 'no' });
    expect(proveNameError(name('y.w.example'), ZONE, ALL)).toMatchObject({ reason: 'name-exists' });
  });

  test('B.3: a referral to an unsigned zone in an opt-out span', () => {
    const child = name('c.example');
    expect(proveNoDs(child, ZONE, [A, APEX])).toMatchObject({
      kind: 'proven',
      delegation: 'opt-out',
      optOut: true,
      records: [APEX, A],
    });
    expect(proveNoDs(child, ZONE, [A])).toMatchObject({ reason: 'no-closest-encloser' });
    expect(proveNoDs(child, ZONE, [APEX])).toMatchObject({ reason: 'next-closer-not-covered' });
    expect(proveNoData(child, TYPE.DS, ZONE, [A, APEX])).toMatchObject({ optOut: true });
    expect(proveNoDs(name('a.example'), ZONE, ALL)).toMatchObject({ reason: 'type-exists' });
  });

  test('B.4: a wildcard expansion takes the cover of the next closer name', () => {
    const ask = (records: readonly RRset[]): unknown =>
      proveWildcardAnswer(name('a.z.w.example'), name('w.example'), ZONE, records);
    expect(ask([NS2])).toMatchObject({ kind: 'proven', optOut: true, records: [NS2] });
    expect(ask(ALL.filter((each) => each !== NS2))).toMatchObject({
      reason: 'next-closer-not-covered',
    });
  });

  test('B.5: wildcard no data takes the closest encloser proof and the NSEC3 at the wildcard', () => {
    const qname = name('a.z.w.example');
    expect(proveNoData(qname, TYPE.AAAA, ZONE, [W, NS2, WILDCARD])).toMatchObject({
      kind: 'proven',
      records: [W, NS2, WILDCARD],
    });
    expect(proveNoData(qname, TYPE.MX, ZONE, ALL)).toMatchObject({ reason: 'type-exists' });
    expect(proveNoData(qname, TYPE.AAAA, ZONE, [W, WILDCARD])).toMatchObject({
      reason: 'next-closer-not-covered',
    });
    expect(proveNoData(qname, TYPE.AAAA, ZONE, [NS2, WILDCARD])).toMatchObject({
      reason: 'no-closest-encloser',
    });
  });

  test('B.6: the NSEC3 of a zone apex does not deny DS', () => {
    expect(proveNoData(ZONE, TYPE.DS, ZONE, [APEX])).toEqual({
      kind: 'unproven',
      reason: 'wrong-side-of-cut',
    });
  });
});
