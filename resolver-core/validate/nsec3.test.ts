import { describe, expect, test } from 'vitest';
import { nsec3Hash } from '../crypto/nsec3-hash.ts';
import {
  MAX_NSEC3_HASHES_PER_PROOF,
  MAX_NSEC3_ITERATIONS,
  MAX_NSEC3_WORK_PER_LOOKUP,
} from '../limits.ts';
import type { Name } from '../name/name.ts';
import { ReceivedRrsig, RRset } from '../rrset.ts';
import { toBase32Hex } from '../text/encoding.ts';
import { EDE, TYPE } from '../wire/iana.ts';
import { proveNameError, proveNoData, proveNoDs } from './denial.ts';
import { covers, selectNsec3 } from './nsec3.ts';
import { fromHash, ModelZone, name, nsec, nsec3 } from './testing/records.ts';

const ZONE = name('zone');
const SALT = Uint8Array.of(0xab);
const PLAIN = { flags: 0, iterations: 0, salt: SALT };

function zoneWith(...nodes: readonly (readonly [string, readonly number[]])[]): ModelZone {
  return new ModelZone(
    ZONE,
    nodes.map(([owner, types]) => [name(owner), types] as const),
  );
}

describe('spans in hash order (RFC 5155 section 1.3)', () => {
  const hash = (first: string): Uint8Array => fromHash(first.padEnd(32, '0'));
  const covered = (owner: string, next: string): boolean[] =>
    ['1', '2', '3', '4', '5'].map((at) =>
      covers({ ownerHash: hash(owner), nextHash: hash(next) }, hash(at)),
    );

  test('owner and next hash are outside', () => {
    expect(covered('2', '4')).toEqual([false, false, true, false, false]);
  });

  test('the last span runs over the end to the start', () => {
    expect(covered('4', '2')).toEqual([true, false, false, false, true]);
  });

  test('the only record covers every hash but its own', () => {
    expect(covered('3', '3')).toEqual([true, true, false, true, true]);
  });
});

describe('which records count (RFC 5155 section 8.2)', () => {
  const chain = zoneWith(['a.zone', [TYPE.A]]);
  const changed = (parameters: Partial<Parameters<ModelZone['nsec3Chain']>[0]>): RRset[] =>
    chain.nsec3Chain({ ...PLAIN, ...parameters });
  const kinds = (proofs: readonly RRset[]): string => selectNsec3(ZONE, proofs).kind;

  test('unknown hash algorithms and flags are passed over', () => {
    expect(kinds(changed({ hashAlgorithm: 2 }))).toBe('none');
    expect(kinds(changed({ flags: 2 }))).toBe('none');
    expect(kinds(changed({ flags: 1 }))).toBe('chain');
    const answer = proveNameError(name('b.zone'), ZONE, [
      ...changed({ hashAlgorithm: 2 }),
      ...changed({}),
    ]);
    expect(answer).toMatchObject({ kind: 'proven' });
  });

  test('records that differ in salt or iterations prove nothing', () => {
    for (const other of [{ salt: new Uint8Array(0) }, { iterations: 1 }]) {
      const mixed = [...changed({}), ...changed(other)];
      expect(proveNameError(name('b.zone'), ZONE, mixed)).toEqual({
        kind: 'unproven',
        reason: 'mixed-parameters',
      });
    }
  });

  test('an owner that is no hash directly below the zone is passed over', () => {
    const parameters = { ...PLAIN, zone: 'zone' };
    const digits = '0'.repeat(32);
    expect(kinds([nsec3(parameters, digits, digits, 'A')])).toBe('chain');
    expect(kinds([nsec3(parameters, `${'0'.repeat(31)}w`, digits, 'A')])).toBe('none');
    expect(kinds([nsec3(parameters, '0'.repeat(31), digits, 'A')])).toBe('none');
    expect(kinds([nsec3(parameters, digits, '0'.repeat(24), 'A')])).toBe('none');
    expect(kinds([nsec3({ ...parameters, zone: 'sub.zone' }, digits, digits, 'A')])).toBe('none');
    expect(kinds([nsec3({ ...parameters, zone: 'other' }, digits, digits, 'A')])).toBe('none');
  });

  test('a record synthesised from a wildcard is passed over', () => {
    const [first] = changed({});
    if (first === undefined) throw new Error('empty chain');
    const signature = new ReceivedRrsig(
      {
        typeCovered: TYPE.NSEC3,
        algorithm: 15,
        labels: 1,
        originalTtl: 60,
        expiration: 0,
        inception: 0,
        keyTag: 1,
        signer: ZONE,
      },
      new Uint8Array(64),
    );
    expect(kinds([new RRset(first.name, TYPE.NSEC3, 60, first.rdata, [signature])])).toBe('none');
  });

  test('a zone with both mechanisms may use either', () => {
    const both = [nsec('zone', 'a.zone', 'NS SOA'), ...changed({})];
    expect(proveNoData(ZONE, TYPE.A, ZONE, both)).toMatchObject({ records: [both[0]] });
    expect(proveNoData(name('a.zone'), TYPE.TXT, ZONE, both)).toMatchObject({ kind: 'proven' });
  });
});

test('the TTL of a proof is the smallest of its three records', () => {
  // A match of the apex, and a narrow span each around the next closer name and the wildcard.
  const [apex, next, wildcard] = ['zone', 'b.zone', '*.zone'].map((each) =>
    toBase32Hex(nsec3Hash(name(each), 0, SALT)),
  ) as [string, string, string];
  const around = (hash: string): [string, string] => [
    `${hash.slice(0, 8)}${'0'.repeat(24)}`,
    `${hash.slice(0, 8)}${'v'.repeat(24)}`,
  ];
  const proof = (ttls: readonly [number, number, number]): unknown =>
    proveNameError(name('b.zone'), ZONE, [
      nsec3({ ...PLAIN, zone: 'zone', ttl: ttls[0] }, apex, around(apex)[1], 'NS SOA'),
      nsec3({ ...PLAIN, zone: 'zone', ttl: ttls[1] }, ...around(next), 'A'),
      nsec3({ ...PLAIN, zone: 'zone', ttl: ttls[2] }, ...around(wildcard), 'A'),
    ]);
  expect(proof([10, 20, 30])).toMatchObject({ kind: 'proven', ttl: 10 });
  expect(proof([20, 10, 30])).toMatchObject({ kind: 'proven', ttl: 10 });
  expect(proof([20, 30, 10])).toMatchObject({ kind: 'proven', ttl: 10 });
});

describe('limits', () => {
  const chain = zoneWith(['a.zone', [TYPE.A]]);

  test('more iterations than the limit make the denial insecure (RFC 9276 section 3.2)', () => {
    const at = (iterations: number): unknown =>
      proveNameError(name('b.zone'), ZONE, chain.nsec3Chain({ ...PLAIN, iterations }));
    expect(at(MAX_NSEC3_ITERATIONS)).toMatchObject({ kind: 'proven' });
    expect(at(MAX_NSEC3_ITERATIONS + 1)).toEqual({
      kind: 'insecure',
      error: {
        code: EDE.UNSUPPORTED_NSEC3_ITERATIONS,
        text: '151 NSEC3 iterations in zone, more than 150',
      },
    });
  });

  test('names hashed for one proof (CVE-2023-50868)', () => {
    const proofs = chain.nsec3Chain(PLAIN);
    const deep = (labels: number): Name => {
      let qname = ZONE;
      for (let i = 0; i < labels; i++) qname = qname.child('b');
      return qname;
    };
    // The name, each ancestor down from it to the apex, the next closer name and the wildcard.
    const most = MAX_NSEC3_HASHES_PER_PROOF - 3;
    expect(proveNameError(deep(most), ZONE, proofs)).toMatchObject({ kind: 'proven' });
    for (const labels of [most + 1, most + 2, most + 3, 120]) {
      expect(proveNameError(deep(labels), ZONE, proofs)).toEqual({
        kind: 'unproven',
        reason: 'too-many-hashes',
      });
    }
  });
});

describe('the hashes of one lookup (CVE-2023-50868)', () => {
  const iterations = 9;
  const proofs = zoneWith(['a.zone', [TYPE.A]]).nsec3Chain({ ...PLAIN, iterations });
  /** The name, the apex, the next closer name (remembered, and paid for again) and the wildcard. */
  const cost = 4 * (iterations + 1);
  const verdict = (spent: number) =>
    proveNameError(name('missing.zone'), ZONE, proofs, { nsec3Hashes: spent });

  test('the last within MAX_NSEC3_WORK_PER_LOOKUP is made, the next is not', () => {
    expect(verdict(MAX_NSEC3_WORK_PER_LOOKUP - cost)).toMatchObject({ kind: 'proven' });
    expect(verdict(MAX_NSEC3_WORK_PER_LOOKUP - cost + 1)).toEqual({
      kind: 'unproven',
      reason: 'too-many-hashes',
    });
  });

  test('one proof after another spends it, remembered hashes included', () => {
    const budget = { nsec3Hashes: 0 };
    for (let i = 1; i <= 3; i++) {
      proveNameError(name('missing.zone'), ZONE, proofs, budget);
      expect(budget.nsec3Hashes).toBe(i * cost);
    }
  });
});

describe('ancestor traps (RFC 5155 section 8.3, RFC 6840 section 4.1)', () => {
  const below = name('www.b.zone');
  for (const [title, types] of [
    ['a delegation', [TYPE.NS]],
    ['a signed delegation', [TYPE.NS, TYPE.DS]],
    ['DNAME', [TYPE.A, TYPE.DNAME]],
  ] as const) {
    test(`${title} is no closest encloser`, () => {
      const proofs = zoneWith(['b.zone', types]).nsec3Chain(PLAIN);
      const refused = { kind: 'unproven', reason: 'ancestor-delegation' };
      expect(proveNameError(below, ZONE, proofs)).toEqual(refused);
      expect(proveNoData(below, TYPE.A, ZONE, proofs)).toEqual(refused);
      expect(proveNoDs(below, ZONE, proofs)).toEqual(refused);
    });
  }

  test('the parent side of a cut denies DS only, the child side all but DS', () => {
    const parent = zoneWith(['b.zone', [TYPE.NS]]).nsec3Chain(PLAIN);
    const cut = name('b.zone');
    expect(proveNoData(cut, TYPE.DS, ZONE, parent)).toMatchObject({ kind: 'proven' });
    expect(proveNoData(cut, TYPE.A, ZONE, parent)).toMatchObject({ reason: 'wrong-side-of-cut' });
    const child = new ModelZone(cut, []).nsec3Chain(PLAIN);
    expect(proveNoData(cut, TYPE.A, cut, child)).toMatchObject({ kind: 'proven' });
    expect(proveNoData(cut, TYPE.DS, cut, child)).toMatchObject({ reason: 'wrong-side-of-cut' });
  });
});

describe('compact denial (RFC 9824)', () => {
  test('by NSEC3 says that the name does not exist', () => {
    const proofs = zoneWith(['gone.zone', [TYPE.NXNAME]]).nsec3Chain(PLAIN);
    const qname = name('gone.zone');
    expect(proveNoData(qname, TYPE.A, ZONE, proofs)).toMatchObject({ nxname: true });
    expect(proveNameError(qname, ZONE, proofs)).toMatchObject({ kind: 'proven' });
  });
});

describe('the anatomy of an insecure referral from .de', () => {
  const DE = {
    zone: 'de',
    flags: 1,
    iterations: 15,
    salt: Uint8Array.of(0xca, 0x12, 0xb7, 0x4a, 0xdb, 0x90, 0x59, 0x1a),
    ttl: 7200,
  };
  const de = name('de');
  const child = name('example.de');
  const apexTypes = 'NS SOA RRSIG DNSKEY NSEC3PARAM';
  // H(de) = tjlb7qbo..., as published by the zone; H(example.de) = jnrjng87...
  const apex = nsec3(DE, 'tjlb7qbojvmlf1s6gdriru7vsms1lg16', `tjlb8${'0'.repeat(27)}`, apexTypes);
  const span = nsec3(DE, `jnrj${'0'.repeat(28)}`, `jnrk${'0'.repeat(28)}`, 'NS DS RRSIG');

  test('is the apex record and the record over the delegation', () => {
    expect(proveNoDs(child, de, [apex, span])).toEqual({
      kind: 'proven',
      delegation: 'opt-out',
      optOut: true,
      ttl: 7200,
      records: [apex, span],
    });
  });

  test('either record alone proves nothing', () => {
    expect(proveNoDs(child, de, [apex])).toMatchObject({ reason: 'next-closer-not-covered' });
    expect(proveNoDs(child, de, [span])).toMatchObject({ reason: 'no-closest-encloser' });
  });

  test('without the opt-out flag it denies the delegation itself', () => {
    const closed = [
      nsec3({ ...DE, flags: 0 }, 'tjlb7qbojvmlf1s6gdriru7vsms1lg16', '0'.repeat(32), apexTypes),
      nsec3({ ...DE, flags: 0 }, `jnrj${'0'.repeat(28)}`, `jnrk${'0'.repeat(28)}`, 'NS DS'),
    ];
    expect(proveNoDs(child, de, closed)).toMatchObject({ delegation: 'no', optOut: false });
  });
});
