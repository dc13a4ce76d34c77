/**
 * Stub resolvers that are in use, each with one server address: after what time a query is sent again, how
 * many queries end in SERVFAIL or REFUSED before it gives up, and how long it remembers that.
 */

import { SECOND } from '../../resolver-core/time.ts';
import type { StubPlan } from '../plan.ts';

function stub(timeouts: readonly number[], failureTries: number, failureCache: number): StubPlan {
  const ahead = timeouts.map((seconds) => seconds * SECOND);
  return { timeouts: ahead, failureTries, failureCache: failureCache * SECOND };
}

export type StubName =
  | 'glibc'
  | 'musl'
  | 'systemd-resolved'
  | 'windows'
  | 'chrome'
  | 'dnsproxy'
  | 'edge-server'
  | 'recursive-resolver';

export const STUBS: Readonly<Record<StubName, StubPlan>> = {
  /** resolv.conf(5): timeout 5, attempts 2; a SERVFAIL moves on to the next server, round by round. */
  glibc: stub([5, 5], 2, 0),
  /** res_msend.c: two attempts within 5 s; a SERVFAIL is sent again at once, twice. */
  musl: stub([2.5, 2.5], 3, 0),
  /** 24 attempts within 120 s; a SERVFAIL is returned (issue 7147) and cached for 10 s (resolved-dns-cache.c). */
  'systemd-resolved': stub(new Array<number>(24).fill(5), 1, 10),
  /** Microsoft KB 2834226: again after 1, 1, 2 and 4 s, ends 2 s later; stops at a server failure. */
  windows: stub([1, 1, 2, 4, 2], 1, 0),
  /** Chromium's own resolver: 2 attempts, 1 s until the next; a SERVFAIL begins it at once. */
  chrome: stub([1, 1], 2, 0),
  /** A forwarder in the home, AdGuard's dnsproxy: waits 10 s, returns SERVFAIL and caches it for 30 s. */
  dnsproxy: stub([10], 1, 30),
  /** A server that fetches from an origin: asks twice within 4 s, and takes a failure for an answer. Assumed. */
  'edge-server': stub([2, 2], 1, 0),
  /** A resolver at an authoritative server: again after 0.8, 1.6 and 3.2 s, and at most three times in all. Assumed. */
  'recursive-resolver': stub([0.8, 1.6, 3.2], 3, 0),
};
