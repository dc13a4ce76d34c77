import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { readTar } from './tar.ts';
import { TAR_END, tarEntry } from './testing/tar-of.ts';

test('files, a long name, and folders which are none', () => {
  const long = 'x'.repeat(120);
  const archive = Buffer.concat([
    tarEntry('folder/', '', '5'),
    tarEntry('a.rpl', 'one', '0', 'folder'),
    tarEntry('././@LongLink', `${long}\0`, 'L'),
    tarEntry('cut', 'two'),
    TAR_END,
  ]);
  const files = [
    { name: 'folder/a.rpl', text: 'one' },
    { name: long, text: 'two' },
  ];
  expect(readTar(archive)).toEqual(files);
  expect(readTar(gzipSync(archive))).toEqual(files);
});

test('what is no archive is refused', () => {
  expect(() => readTar(new Uint8Array(512).fill(65))).toThrow('not a tar archive');
  expect(() => readTar(new Uint8Array(10))).toThrow('not a tar archive');
  expect(() => readTar(tarEntry('a', 'text').subarray(0, 512))).toThrow('cut off');
});
