/**
 * Prefetch: an answer that is asked for near the end of its life is given, and fetched anew behind the
 * client's back, so that popular names do not expire (no RFC; Unbound `prefetch`). The entry stays
 * until the new one is there; while a refresh runs, and for a failure's lifetime after it failed, no other begins.
 */

import { type CachedAnswer, isFailure } from '../cache/cached-answer.ts';
import type { Micros } from '../time.ts';

/** From when on a hit on `entry` starts a refresh: `fraction` of its life before its end. */
export function refreshFrom(entry: CachedAnswer, fraction: number): Micros {
  const { storedAt, expiresAt } = entry;
  if (fraction === 0 || isFailure(entry)) return expiresAt;
  return expiresAt - Math.floor((expiresAt - storedAt) * fraction);
}
