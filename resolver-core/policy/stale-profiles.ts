/**
 * Serve-stale as resolvers do it once it is switched on (it is off by default in all of them), from
 * their manuals and from what they were measured to do: Unbound 1.26, BIND 9.18, Knot Resolver 5.6 and
 * PowerDNS Recursor 4.8 in front of authorities that died or turned bogus. docs/scenario-reference.md
 * has the table with the sources.
 *
 * Limitations: how long a resolver tries before it gives up is no part of this. BIND leaves the TTL of a
 * stale denial as it was; here it is cut like any other. PowerDNS counts extensions that were asked for.
 */

import { RECOMMENDED_SERVE_STALE, type ServeStale } from '../config.ts';
import { MILLISECOND } from '../time.ts';

export type StaleProfile =
  | 'rfc8767'
  | 'big-pineapple'
  | 'unbound'
  | 'bind'
  | 'knot-resolver'
  | 'powerdns';

export const STALE_PROFILES: Readonly<Record<StaleProfile, ServeStale>> = {
  rfc8767: RECOMMENDED_SERVE_STALE,
  /** 1.1.1.1: its timers are not published; stale also where validation fails, EDE 3 and 19 are. */
  'big-pineapple': RECOMMENDED_SERVE_STALE,
  /** `serve-expired`, `ede-serve-expired`; since 1.22 a bogus answer leaves the expired one. */
  unbound: { ...RECOMMENDED_SERVE_STALE, recheck: 5, errors: 'stale-answer' },
  /** `stale-cache-enable`, `stale-answer-enable`; `stale-answer-client-timeout` is off. */
  bind: { ...RECOMMENDED_SERVE_STALE, clientTimeout: null, onBogus: false },
  /** The module `serve_stale`. */
  'knot-resolver': {
    ...RECOMMENDED_SERVE_STALE,
    answerTtl: 1,
    clientTimeout: 3_000 * MILLISECOND,
    recheck: 0,
    onBogus: false,
  },
  /** `serve-stale-extensions` = 1440, each of 30 s. */
  powerdns: {
    ...RECOMMENDED_SERVE_STALE,
    maxStale: 1440 * 30,
    clientTimeout: null,
    atOnceAfterFailure: true,
    onBogus: false,
    errors: 'none',
  },
};
