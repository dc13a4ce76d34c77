import { describe, expect, test } from 'vitest';
import { ReceivedRrsig, RRset } from '../rrset.ts';
import { TYPE } from '../wire/iana.ts';
import { proveNameError, proveNoData, proveNoDs, proveWildcardAnswer } from './denial.ts';
import { nsecClosestEncloser, nsecCovers, nsecRecords } from './nsec.ts';
import { name, nsec } from './testing/records.ts';

const ZONE = name('zone');
const APEX_TYPES = 'NS SOA RRSIG NSEC';

function one(owner: string, next: string, types: string): ReturnType<typeof nsecRecords>[number] {
  const record = nsecRecords(ZONE, [nsec(owner, next, types)])[0];
  if (record === undefined) throw new Error('record was not usable');
  return record;
}

describe('spans (RFC 4034 section 6.1 and 4.1.1)', () => {
  test('owner and next name are outside', () => {
    const record = one('b.zone', 'd.zone', 'A');
    const covered = (text: string): boolean => nsecCovers(record, name(text));
    expect(['b.zone', 'a.b.zone', 'c.zone', 'z.c.zone', 'd.zone', 'a.d.zone'].map(covered)).toEqual(
      [false, true, true, true, false, false],
    );
  });

  test('the last record covers all that sorts after its owner', () => {
    const record = one('y.zone', 'zone', 'A');
    expect(nsecCovers(record, name('z.zone'))).toBe(true);
    expect(nsecCovers(record, name('x.zone'))).toBe(false);
    expect(nsecCovers(record, ZONE)).toBe(false);
  });

  test('the only record of a zone covers every name but the apex', () => {
    const record = one('zone', 'zone', APEX_TYPES);
    expect(nsecCovers(record, name('a.zone'))).toBe(true);
    expect(nsecCovers(record, ZONE)).toBe(false);
    const answer = proveNameError(name('a.zone'), ZONE, [nsec('zone', 'zone', APEX_TYPES)]);
    expect(answer).toMatchObject({ kind: 'proven' });
  });

  test('the closest encloser is the longest ancestor shared with owner or next name', () => {
    const encloser = (owner: string, next: string, qname: string): string =>
      nsecClosestEncloser(one(owner, next, 'A'), name(qname)).toString();
    expect(encloser('a.zone', 'z.b.c.zone', 'q.b.c.zone')).toBe('b.c.zone.');
    expect(encloser('a.b.c.zone', 'd.zone', 'q.r.b.c.zone')).toBe('b.c.zone.');
    expect(encloser('a.zone', 'c.zone', 'x.b.zone')).toBe('zone.');
  });
});

describe('records that are no proof', () => {
  const qname = name('m.zone');
  test('of another zone, or leading out of this one', () => {
    expect(nsecRecords(ZONE, [nsec('a.other', 'z.other', 'A')])).toEqual([]);
    expect(nsecRecords(ZONE, [nsec('a.zone', 'z.zoo', 'A')])).toEqual([]);
  });

  test('descending to a name that is not the apex', () => {
    expect(nsecRecords(ZONE, [nsec('x.zone', 'b.zone', 'A')])).toEqual([]);
  });

  test('whose RDATA is no NSEC', () => {
    const broken = new RRset(name('a.zone'), TYPE.NSEC, 60, [Uint8Array.of(9, 1)]);
    expect(proveNoData(name('a.zone'), TYPE.A, ZONE, [broken])).toMatchObject({
      reason: 'no-records',
    });
  });

  test('synthesised from a wildcard', () => {
    const { rdata } = nsec('*.w.zone', 'x.zone', 'A');
    const signed = (labels: number): RRset =>
      new RRset(name('q.w.zone'), TYPE.NSEC, 60, rdata, [
        new ReceivedRrsig(
          {
            typeCovered: TYPE.NSEC,
            algorithm: 15,
            labels,
            originalTtl: 60,
            expiration: 0,
            inception: 0,
            keyTag: 1,
            signer: ZONE,
          },
          new Uint8Array(64),
        ),
      ]);
    expect(nsecRecords(ZONE, [signed(2)])).toEqual([]);
    expect(nsecRecords(ZONE, [signed(3)])).toHaveLength(1);
  });

  test('a name outside the zone is never denied', () => {
    const all = [nsec('zone', 'zone', APEX_TYPES)];
    expect(proveNameError(name('m.other'), ZONE, all)).toMatchObject({ reason: 'out-of-zone' });
    expect(proveNoData(name('m.other'), TYPE.A, ZONE, all)).toMatchObject({
      reason: 'out-of-zone',
    });
    expect(proveNoDs(ZONE, ZONE, all)).toMatchObject({ reason: 'out-of-zone' });
    expect(proveWildcardAnswer(qname, qname, ZONE, all)).toMatchObject({ reason: 'out-of-zone' });
  });
});

describe('ancestor traps (RFC 6840 section 4.1)', () => {
  const apex = nsec('zone', 'a.zone', APEX_TYPES);
  const below = name('www.b.zone');
  for (const [title, types] of [
    ['NS without SOA', 'NS RRSIG NSEC'],
    ['DNAME', 'A DNAME RRSIG NSEC'],
  ] as const) {
    test(`${title} cannot deny names below it`, () => {
      const trap = [apex, nsec('b.zone', 'c.zone', types)];
      expect(proveNameError(below, ZONE, trap)).toMatchObject({ kind: 'unproven' });
      expect(proveNoData(below, TYPE.A, ZONE, trap)).toMatchObject({ kind: 'unproven' });
      expect(proveNoDs(below, ZONE, trap)).toMatchObject({ kind: 'unproven' });
      expect(proveWildcardAnswer(below, name('b.zone'), ZONE, trap)).toMatchObject({
        kind: 'unproven',
      });
    });
  }

  test('a delegation does not show empty non-terminals below it', () => {
    const trap = [nsec('b.zone', 'x.www.b.zone', 'NS RRSIG NSEC')];
    expect(proveNoData(below, TYPE.A, ZONE, trap)).toMatchObject({ kind: 'unproven' });
  });

  test('an owner with records of its own does deny names below it', () => {
    const plain = [apex, nsec('b.zone', 'c.zone', 'A RRSIG NSEC')];
    expect(proveNameError(below, ZONE, plain)).toMatchObject({ kind: 'proven' });
  });

  test('a delegation denies names beside it', () => {
    const cut = [apex, nsec('b.zone', 'd.zone', 'NS RRSIG NSEC')];
    expect(proveNameError(name('c.zone'), ZONE, cut)).toMatchObject({ kind: 'proven' });
  });

  test('the parent side of a cut denies DS only', () => {
    const cut = [nsec('b.zone', 'c.zone', 'NS RRSIG NSEC')];
    expect(proveNoData(name('b.zone'), TYPE.A, ZONE, cut)).toMatchObject({
      reason: 'wrong-side-of-cut',
    });
    expect(proveNoData(name('b.zone'), TYPE.DS, ZONE, cut)).toMatchObject({ kind: 'proven' });
  });

  test('the child side of a cut denies all but DS', () => {
    const apexOfChild = [nsec('b.zone', 'b.zone', APEX_TYPES)];
    const child = name('b.zone');
    expect(proveNoData(child, TYPE.A, child, apexOfChild)).toMatchObject({ kind: 'proven' });
    expect(proveNoData(child, TYPE.DS, child, apexOfChild)).toMatchObject({
      reason: 'wrong-side-of-cut',
    });
    // Even when taken for a record of the parent.
    expect(proveNoDs(child, ZONE, [nsec('b.zone', 'c.zone', APEX_TYPES)])).toMatchObject({
      reason: 'wrong-side-of-cut',
    });
  });

  test('the root may deny its own DS', () => {
    const root = [nsec('.', 'aaa', APEX_TYPES)];
    expect(proveNoData(name('.'), TYPE.DS, name('.'), root)).toMatchObject({ kind: 'proven' });
  });
});

describe('type bitmaps', () => {
  test('CNAME stands for every type', () => {
    const alias = [nsec('b.zone', 'c.zone', 'CNAME RRSIG NSEC')];
    expect(proveNoData(name('b.zone'), TYPE.A, ZONE, alias)).toMatchObject({
      reason: 'type-exists',
    });
  });

  test('ANY is denied only where nothing but the denial itself is', () => {
    const full = [nsec('b.zone', 'c.zone', 'A RRSIG NSEC')];
    const bare = [nsec('b.zone', 'c.zone', 'RRSIG NSEC')];
    const ask = (proofs: RRset[]): unknown => proveNoData(name('b.zone'), TYPE.ANY, ZONE, proofs);
    expect(ask(full)).toMatchObject({ reason: 'type-exists' });
    expect(ask(bare)).toMatchObject({ kind: 'proven' });
  });

  test('a name with an alias is no zone cut', () => {
    const alias = [nsec('b.zone', 'c.zone', 'CNAME RRSIG NSEC')];
    expect(proveNoDs(name('b.zone'), ZONE, alias)).toMatchObject({ delegation: 'no' });
  });
});

describe('compact denial (RFC 9824)', () => {
  const qname = name('missing.zone');
  const record = nsec('missing.zone', '\\000.missing.zone', 'RRSIG NSEC NXNAME', 300);

  test('is NODATA that says the name does not exist', () => {
    expect(proveNoData(qname, TYPE.A, ZONE, [record])).toEqual({
      kind: 'proven',
      optOut: false,
      ttl: 300,
      records: [record],
      nxname: true,
    });
  });

  test('is a name error when the response code was restored', () => {
    expect(proveNameError(qname, ZONE, [record])).toMatchObject({ kind: 'proven' });
    expect(proveNameError(name('other.zone'), ZONE, [record])).toMatchObject({ kind: 'unproven' });
  });

  test('of an empty non-terminal lacks NXNAME', () => {
    const ent = nsec('missing.zone', '\\000.missing.zone', 'RRSIG NSEC');
    expect(proveNoData(qname, TYPE.A, ZONE, [ent])).toMatchObject({ nxname: false });
    expect(proveNameError(qname, ZONE, [ent])).toMatchObject({ reason: 'name-exists' });
  });
});

test('the TTL of a proof is the smallest of the records used', () => {
  const proofs = [
    nsec('x.zone', 'z.zone', 'A', 5),
    nsec('zone', 'a.zone', APEX_TYPES, 60),
    nsec('b.zone', 'd.zone', 'A', 90),
  ];
  expect(proveNameError(name('c.zone'), ZONE, proofs)).toMatchObject({ ttl: 60 });
});
