/**
 * How long records are kept: their TTLs within the bounds that are set (RFC 8767 section 4, RFC 2308
 * section 5). A bound changes the TTL that clients see, as if the record had come with it (Unbound);
 * what a signature allows bounds the life of the whole answer, elsewhere.
 */

import type { ResolverConfig } from '../config.ts';
import type { RRset } from '../rrset.ts';

export type TtlBounds = Pick<
  ResolverConfig,
  'minTtl' | 'maxTtl' | 'minNegativeTtl' | 'maxNegativeTtl' | 'serveOriginalTtl'
>;

/** TTL in seconds of an RRset that came with `ttl`. */
export function boundedTtl(ttl: number, bounds: TtlBounds): number {
  if (bounds.serveOriginalTtl) return ttl;
  return Math.max(Math.min(ttl, bounds.maxTtl), bounds.minTtl);
}

/** TTL in seconds of a negative answer whose SOA, or proof, allows `ttl`. */
export function boundedNegativeTtl(ttl: number, bounds: TtlBounds): number {
  if (bounds.serveOriginalTtl) return ttl;
  return Math.max(Math.min(ttl, bounds.maxNegativeTtl), bounds.minNegativeTtl);
}

/** RRsets with their TTLs within the bounds; not copied when they are. */
export function bounded(rrsets: readonly RRset[], bounds: TtlBounds): readonly RRset[] {
  for (const { ttl } of rrsets) {
    if (ttl === boundedTtl(ttl, bounds)) continue;
    return rrsets.map((rrset) => rrset.withTtl(boundedTtl(rrset.ttl, bounds)));
  }
  return rrsets;
}
