import { describe, expect, it } from 'vitest';
import type { CachedAnswer } from '../../resolver-core/cache/cached-answer.ts';
import {
  DEFAULT_CONFIG,
  RECOMMENDED_SERVE_STALE,
  type ResolverConfig,
} from '../../resolver-core/config.ts';
import { Name } from '../../resolver-core/name/name.ts';
import { HOUR, MINUTE, type Micros } from '../../resolver-core/time.ts';
import { EvictionTally } from './evictions.ts';

const FROM: Micros = 100 * HOUR;
const WINDOW = { from: FROM, to: FROM + HOUR, bucket: MINUTE, warmup: 0 };
const PLAIN = DEFAULT_CONFIG;
const STALE = { ...DEFAULT_CONFIG, serveStale: { ...RECOMMENDED_SERVE_STALE, maxStale: 7200 } };

/** An answer with a TTL of an hour that expires at an instant. */
function answer(expiresAt: Micros, over: Partial<CachedAnswer> = {}): CachedAnswer {
  return {
    question: { name: Name.parse('a.example'), type: 1 },
    ...{ checkingDisabled: false, rcode: 0, secure: false },
    ...{ answer: [], authority: [], additional: [], errors: [] },
    ...{ storedAt: expiresAt - HOUR, expiresAt, failure: null },
    ...over,
  };
}

function failure(stale: CachedAnswer | null, storedAt: Micros): CachedAnswer {
  const detail = { ttl: 5, bogus: true, subject: Name.root, stale };
  return answer(storedAt + MINUTE, { rcode: 2, storedAt, failure: detail });
}

const EMPTY = answer(Number.NEGATIVE_INFINITY, { storedAt: Number.NEGATIVE_INFINITY });

function evict(
  tally: EvictionTally,
  evicted: CachedAnswer,
  isBound: boolean,
  at: Micros,
  config: ResolverConfig,
): void {
  tally.at = at;
  tally.clock = at;
  tally.count(evicted, isBound, config);
}

describe('EvictionTally', () => {
  it('tells fresh answers from stale ones, from useless ones, and from what is no answer', () => {
    const tally = new EvictionTally(WINDOW);
    evict(tally, answer(FROM + MINUTE), true, FROM, STALE);
    evict(tally, answer(FROM - MINUTE), true, FROM, STALE);
    evict(tally, failure(answer(FROM - HOUR), FROM - MINUTE), true, FROM, STALE);
    evict(tally, answer(FROM - 2 * HOUR), true, FROM, STALE);
    evict(tally, answer(FROM - MINUTE), true, FROM, PLAIN);
    evict(tally, failure(null, FROM - MINUTE), true, FROM, STALE);
    evict(tally, EMPTY, true, FROM, STALE);
    expect(tally.result()).toMatchObject({ fresh: 1, usable: 2, expired: 2, failures: 2 });
  });

  it('keeps times since the TTL was over and since something was stored, also through a failure', () => {
    const tally = new EvictionTally(WINDOW);
    evict(tally, failure(answer(FROM - HOUR), FROM - MINUTE), true, FROM, STALE);
    evict(tally, answer(FROM + MINUTE), true, FROM, STALE);
    const { pastExpiry, sinceStored } = tally.result();
    expect([...pastExpiry]).toEqual([3600, 1]);
    expect([...sinceStored]).toEqual([60, 1, 3540, 1]);
  });

  it('takes no answer for usable while it is fresh, beyond the maximum stale, nor without serve-stale', () => {
    const tally = new EvictionTally(WINDOW);
    evict(tally, answer(FROM - HOUR), true, FROM, STALE);
    evict(tally, answer(FROM - 9 * HOUR), true, FROM, STALE);
    evict(tally, answer(FROM + HOUR), true, FROM, STALE); // never came to be stale
    evict(tally, answer(FROM - HOUR), true, FROM, PLAIN);
    expect([...tally.result().usableFor]).toEqual([0, 1, 3600, 1, 7200, 1]);
  });

  it('keeps no times of names that are asked for once', () => {
    const tally = new EvictionTally(WINDOW);
    evict(tally, answer(FROM - MINUTE), false, FROM, STALE);
    const { usable, pastExpiry, usableFor, sinceStored } = tally.result();
    expect([usable, ...pastExpiry, ...usableFor, ...sinceStored]).toEqual([1]);
  });

  it('counts copies of what another node owns apart', () => {
    const tally = new EvictionTally(WINDOW);
    tally.countCopy();
    tally.at = FROM;
    tally.countCopy();
    expect(tally.result()).toMatchObject({ copies: 1, fresh: 0, usable: 0, expired: 0 });
  });

  it('counts what happens within the window', () => {
    const tally = new EvictionTally(WINDOW);
    for (const at of [FROM - 1, FROM, FROM + HOUR - 1, FROM + HOUR]) {
      evict(tally, answer(0), true, at, STALE);
    }
    expect(tally.result().expired).toBe(2);
  });
});
