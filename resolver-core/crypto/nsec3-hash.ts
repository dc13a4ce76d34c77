/**
 * The hash of NSEC3 (RFC 5155 section 5), algorithm 1 (SHA-1), the only one registered:
 * IH(0) = H(name | salt), IH(k) = H(IH(k-1) | salt), the hash is IH(iterations).
 *
 * The last hash of a name is remembered on the name, together with its parameters, so an authority
 * and a resolver that share a `Name` hash it once. How many iterations are too many (RFC 9276) is
 * for the caller to say, before the call: 2,500 of them cost half a millisecond.
 */

import type { Name } from '../name/name.ts';
import { sha1Into } from './sha1.ts';

/** Hash algorithm number of NSEC3 and NSEC3PARAM (RFC 5155 section 11). */
export const NSEC3_SHA1 = 1;

const DIGEST_OCTETS = 20;

/** Iterations and salt, one object for equal values while it is in use. */
export interface Nsec3Params {
  readonly iterations: number;
  readonly salt: Uint8Array;
}

/**
 * A world has few sets of parameters; hostile zones may send any number. The oldest is forgotten:
 * all that depends on an object's identity is whether a hash has to be made again.
 */
const MAX_PARAMS = 64;
const interned: Nsec3Params[] = [];
let latest: Nsec3Params | undefined;

/** 255 octets of name or 20 of hash, then up to 255 of salt. */
const scratch = new Uint8Array(510);

/** The shared object for these parameters, which `Name.hashMemo` is compared with. */
export function nsec3Params(iterations: number, salt: Uint8Array): Nsec3Params {
  if (latest !== undefined && isSame(latest, iterations, salt)) return latest;
  latest = interned.find((params) => isSame(params, iterations, salt));
  if (latest === undefined) {
    latest = { iterations, salt: salt.slice() };
    if (interned.length === MAX_PARAMS) interned.shift();
    interned.push(latest);
  }
  return latest;
}

/** The hashed owner name of `name`, 20 octets. Shared: do not write into it. `salt` has at most 255. */
export function nsec3Hash(name: Name, iterations: number, salt: Uint8Array): Uint8Array {
  const params = nsec3Params(iterations, salt);
  const memo = name.hashMemo;
  if (memo !== undefined && memo.params === params) return memo.hash;
  const { wire } = name;
  scratch.set(wire);
  scratch.set(salt, wire.length);
  sha1Into(scratch, wire.length + salt.length, scratch);
  if (iterations > 0) scratch.set(salt, DIGEST_OCTETS);
  for (let i = 0; i < iterations; i++) sha1Into(scratch, DIGEST_OCTETS + salt.length, scratch);
  const hash = scratch.slice(0, DIGEST_OCTETS);
  name.hashMemo = { params, hash };
  return hash;
}

function isSame(params: Nsec3Params, iterations: number, salt: Uint8Array): boolean {
  if (params.iterations !== iterations || params.salt.length !== salt.length) return false;
  for (let i = 0; i < salt.length; i++) if (params.salt[i] !== salt[i]) return false;
  return true;
}
