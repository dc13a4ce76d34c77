/** Tar archives for tests (POSIX ustar). */

const BLOCK = 512;

/** One header and its data; `flag` is the type of the file. */
export function tarEntry(name: string, text: string, flag = '0', prefix = ''): Uint8Array {
  const octets = new Uint8Array(BLOCK + Math.ceil(text.length / BLOCK) * BLOCK);
  const put = (at: number, value: string): void => octets.set(new TextEncoder().encode(value), at);
  put(0, name);
  put(124, `${text.length.toString(8).padStart(11, '0')} `);
  put(156, flag);
  put(257, 'ustar');
  put(345, prefix);
  put(BLOCK, text);
  return octets;
}

/** Ends an archive. */
export const TAR_END: Uint8Array = new Uint8Array(2 * BLOCK);

export function tarOf(files: Readonly<Record<string, string>>): Uint8Array {
  const entries = Object.entries(files).map(([name, text]) => tarEntry(name, text));
  return new Uint8Array(Buffer.concat([...entries, TAR_END]));
}
