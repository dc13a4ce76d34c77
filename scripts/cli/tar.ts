/** Reads tar archives (POSIX ustar, and the GNU and pax headers for long names), gzipped or not. */

import { gunzipSync } from 'node:zlib';

export interface TarFile {
  readonly name: string;
  readonly text: string;
}

const BLOCK = 512;
/** Type flags: an ordinary file, in old archives NUL; `L` and `x` say the name of the next. */
const FILE_FLAGS: ReadonlySet<string> = new Set(['0', '\0']);

/** The ordinary files of an archive, in order; throws for octets that are no archive. */
export function readTar(archive: Uint8Array): TarFile[] {
  const octets = archive[0] === 0x1f && archive[1] === 0x8b ? gunzipSync(archive) : archive;
  if (octets.length < BLOCK) throw new Error('not a tar archive');
  const out: TarFile[] = [];
  let longName: string | undefined;
  for (let at = 0; at + BLOCK <= octets.length; ) {
    const header = octets.subarray(at, at + BLOCK);
    if (header[0] === 0) break; // the blocks of zeros at the end
    const size = Number.parseInt(field(header, 124, 12).trim(), 8);
    if (Number.isNaN(size)) throw new Error('not a tar archive');
    const from = at + BLOCK;
    if (from + size > octets.length) throw new Error('a tar archive that was cut off');
    const data = octets.subarray(from, from + size);
    const flag = String.fromCharCode(header[156] as number);
    if (flag === 'L') longName = field(data, 0, size);
    else if (flag === 'x') longName = /\d+ path=(.*)\n/.exec(decode(data))?.[1];
    else {
      if (FILE_FLAGS.has(flag))
        out.push({ name: plain(longName ?? nameOf(header)), text: decode(data) });
      longName = undefined;
    }
    at = from + Math.ceil(size / BLOCK) * BLOCK;
  }
  return out;
}

/** `./a` is `a`: archives of a folder are made either way. */
function plain(name: string): string {
  return name.replace(/^(?:\.\/)+/, '');
}

function nameOf(header: Uint8Array): string {
  const name = field(header, 0, 100);
  const prefix = field(header, 257, 5) === 'ustar' ? field(header, 345, 155) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** Text up to the first NUL. */
function field(octets: Uint8Array, from: number, length: number): string {
  const text = decode(octets.subarray(from, from + length));
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}

function decode(octets: Uint8Array): string {
  return new TextDecoder().decode(octets);
}
