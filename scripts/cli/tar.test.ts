import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { readTar } from './tar.ts';

/** One file of a ustar archive. */
function file(name: string, text: string, flag = '0', prefix = ''): Uint8Array {
  const octets = new Uint8Array(512 + Math.ceil(text.length / 512) * 512);
  const put = (at: number, value: string): void => octets.set(new TextEncoder().encode(value), at);
  put(0, name);
  put(124, `${text.length.toString(8).padStart(11, '0')} `);
  put(156, flag);
  put(257, 'ustar');
  put(345, prefix);
  put(512, text);
  return octets;
}

const END = new Uint8Array(1024);

test('files, a long name, and folders which are none', () => {
  const long = 'x'.repeat(120);
  const archive = Buffer.concat([
    file('folder/', '', '5'),
    file('a.rpl', 'one', '0', 'folder'),
    file('././@LongLink', `${long}\0`, 'L'),
    file('cut', 'two'),
    END,
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
});
