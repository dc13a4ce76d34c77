/**
 * Where the world's authoritative servers stand on this machine: each site of each server has an address of
 * 127.64.0.0/10 of its own, whatever its address in the plan is (an IPv6 one, too), and each server one more
 * for itself, wherever routes lead. A pure function of the plan, through the order of `Authorities.servers`:
 * what a person reads in a capture can be found again.
 */

import { parseIpv4, parseIpv6 } from '../../resolver-core/text/address.ts';

/** First octets: 127 and 64 + the upper bits of the server's index; 127.0 to 127.63 are left to others. */
const FIRST = 127;
const SECOND = 64;
const MAX_SERVERS = (128 - SECOND) * 256;
/** The last octet is the site's index and 1, or this for the server itself. */
const ANYCAST = 255;
const MAX_SITES = 254;

/** One site of one server, by their indices in `Authorities.servers` and `ServerPlan.sites`. */
export interface Place {
  readonly server: number;
  /** null: the one to which routes lead. */
  readonly site: number | null;
}

/** Throws a RangeError for a place that the block has no room for. */
export function loopbackOf({ server, site }: Place): string {
  const last = site === null ? ANYCAST : site + 1;
  if (server < 0 || server >= MAX_SERVERS || last < 1 || (site ?? 0) >= MAX_SITES) {
    throw new RangeError(`no loopback address for site ${site} of server ${server}`);
  }
  return `${FIRST}.${SECOND + (server >>> 8)}.${server & 255}.${last}`;
}

/** The place that an address stands for; undefined for an address that is none's, though no such place may be in the plan. */
export function placeOf(address: string): Place | undefined {
  const octets = parseIpv4(address);
  if (octets === undefined) return undefined;
  const [first = 0, second = 0, third = 0, last = 0] = octets;
  if (first !== FIRST || second < SECOND || second >= 128 || last < 1) return undefined;
  const site = last === ANYCAST ? null : last - 1;
  return { server: ((second - SECOND) << 8) | third, site };
}

/** 127.0.0.0/8 or ::1. */
export function isLoopback(address: string): boolean {
  const four = parseIpv4(address);
  if (four !== undefined) return four[0] === 127;
  const six = parseIpv6(address);
  return six?.every((octet, at) => octet === (at === 15 ? 1 : 0)) ?? false;
}
