import { expect, test } from 'vitest';
import { Name } from '../name/name.ts';
import { DnsKey, type Ds } from '../rdata.ts';
import { ALGORITHM, DIGEST, EDE } from '../wire/iana.ts';
import { algorithmsOf, selectDs, usableKeys } from './algorithms.ts';

const ZONE = Name.parse('example.de');
const ds = (algorithm: number, digestType: number): Ds => ({
  keyTag: 1,
  algorithm,
  digestType,
  digest: new Uint8Array(32),
});

test('DS with an unsupported algorithm or digest type are passed over (RFC 4035 section 5.2)', () => {
  const good = ds(ALGORITHM.RSASHA256, DIGEST.SHA256);
  const answer = selectDs(ZONE, [ds(100, DIGEST.SHA256), good, ds(ALGORITHM.RSASHA256, 3)], false);
  expect(answer).toEqual({ kind: 'usable', ds: [good] });
});

test('SHA-1 is used only where no stronger digest is (RFC 4509 section 3)', () => {
  const weak = ds(ALGORITHM.RSASHA256, DIGEST.SHA1);
  const strong = ds(ALGORITHM.ECDSAP256SHA256, DIGEST.SHA384);
  expect(selectDs(ZONE, [weak, strong], false)).toEqual({ kind: 'usable', ds: [strong] });
  expect(selectDs(ZONE, [weak], false)).toEqual({ kind: 'usable', ds: [weak] });
});

test('a SHA-1 DS stays when the stronger digest belongs to an algorithm that is not supported', () => {
  const weak = ds(ALGORITHM.RSASHA256, DIGEST.SHA1);
  expect(selectDs(ZONE, [weak, ds(ALGORITHM.DSA, DIGEST.SHA256)], false)).toEqual({
    kind: 'usable',
    ds: [weak],
  });
});

test('no supported algorithm makes the delegation insecure with EDE 1', () => {
  expect(selectDs(ZONE, [ds(200, DIGEST.SHA256), ds(ALGORITHM.DSA, DIGEST.SHA1)], false)).toEqual({
    kind: 'insecure',
    error: {
      code: EDE.UNSUPPORTED_DNSKEY_ALGORITHM,
      text: 'no supported DNSKEY algorithm in DS of example.de (algorithm 3, 200)',
    },
  });
});

test('no supported digest type makes the delegation insecure with EDE 2', () => {
  expect(selectDs(ZONE, [ds(ALGORITHM.RSASHA256, 100)], false)).toEqual({
    kind: 'insecure',
    error: {
      code: EDE.UNSUPPORTED_DS_DIGEST,
      text: 'no supported digest type in DS of example.de (digest type 100)',
    },
  });
});

test('DSA counts only where it is asked for (RFC 9905)', () => {
  const dsa = ds(ALGORITHM.DSA, DIGEST.SHA256);
  expect(selectDs(ZONE, [dsa], false).kind).toBe('insecure');
  expect(selectDs(ZONE, [dsa], true)).toEqual({ kind: 'usable', ds: [dsa] });
  const keys = [ALGORITHM.DSA, ALGORITHM.RSASHA256, 200].map((algorithm) => {
    return new DnsKey(Uint8Array.of(1, 0, 3, algorithm, 1));
  });
  expect(usableKeys(keys, false)).toEqual([keys[1]]);
  expect(usableKeys(keys, true)).toEqual([keys[0], keys[1]]);
});

test('the algorithms of a DS RRset are told once each', () => {
  const all = [8, 13, 8, 5].map((algorithm) => ds(algorithm, DIGEST.SHA256));
  expect(algorithmsOf(all)).toEqual([5, 8, 13]);
});
