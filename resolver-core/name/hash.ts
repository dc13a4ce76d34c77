/**
 * The hash by which tables find names: FNV-1a over the lower-cased wire form without the root label
 * (length octets included), with MurmurHash3's final mix. Whoever has octets instead of a `Name` can
 * compute it on the way (`wire/query-scan.ts`).
 */

export const HASH_BASIS: number = 0x811c9dc5 | 0;

/** Takes in one more octet. */
export function hashWith(hash: number, octet: number): number {
  return Math.imul(hash ^ octet, 0x01000193);
}

/** The end of it: 32 bits as a signed number, never 0. */
export function finishHash(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  return h === 0 ? 1 : h | 0;
}
