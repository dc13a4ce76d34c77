/**
 * Data of others, for tests that skip where it is absent: the folder that the variable
 * ZONEQUAKE_DATA names, or `../shared/data` from the project's root.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

/** A file of that folder, unpacked when its name ends in `.gz`; null where there is none. */
export function sharedData(path: string): Uint8Array | null {
  const folder =
    process.env.ZONEQUAKE_DATA ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));
  try {
    const octets = readFileSync(join(folder, path));
    return path.endsWith('.gz') ? gunzipSync(octets) : octets;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** The text of octets, one character each. */
export function latin1(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('latin1');
}

/**
 * Files of a tar archive by path (POSIX ustar: blocks of 512 octets), as text: no more than the archives
 * of that folder need. Tests of the core import nothing from above, hence not `scripts/cli/tar.ts`.
 */
export function untar(tar: Uint8Array): Map<string, string> {
  const files = new Map<string, string>();
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
    const header = latin1(tar.subarray(at, at + 512));
    const path = header.slice(0, 100).replace(/\0.*$/s, '');
    const size = Number.parseInt(header.slice(124, 136), 8);
    if (!path.endsWith('/')) files.set(path, latin1(tar.subarray(at + 512, at + 512 + size)));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}
