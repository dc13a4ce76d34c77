import { expect, test } from 'vitest';
import { Name } from '../name/name.ts';
import type { Ds } from '../rdata.ts';
import { ALGORITHM, DIGEST, EDE } from '../wire/iana.ts';
import { selectDs } from './algorithms.ts';

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
