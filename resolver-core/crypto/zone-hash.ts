/** The hash algorithms of ZONEMD (RFC 8976 section 2.2.3), over octets that come piece by piece. */

import { createHash } from 'node:crypto';

const HASHES: ReadonlyMap<number, { readonly name: string; readonly octets: number }> = new Map([
  [1, { name: 'sha384', octets: 48 }],
  [2, { name: 'sha512', octets: 64 }],
]);

/** Length in octets of a digest by this Hash Algorithm; undefined for one that is not supported. */
export function zoneHashOctets(algorithm: number): number | undefined {
  return HASHES.get(algorithm)?.octets;
}

/** The digest of all `pieces`. Throws a RangeError for an algorithm that is not supported. */
export function zoneHash(algorithm: number, pieces: Iterable<Uint8Array>): Uint8Array {
  const known = HASHES.get(algorithm);
  if (known === undefined) throw new RangeError(`no ZONEMD hash algorithm ${algorithm}`);
  const hash = createHash(known.name);
  for (const piece of pieces) hash.update(piece);
  return new Uint8Array(hash.digest());
}
