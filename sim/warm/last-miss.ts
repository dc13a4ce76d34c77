/**
 * When a question was last a miss at a cache that has run for long. Queries for it come at random
 * (Poisson) with rate r, and an answer lives for T: a miss is followed by T of hits, then by a wait for
 * the next query, which is the next miss. This renewal process has a period of T + 1/r on average, so
 * that at any instant, with x = rT (Jung et al. 2003; docs/limitations.md),
 *
 * - an answer is fresh with probability x/(1+x), and its age is uniform in (0, T);
 * - else it is past its TTL, for an exponential time of mean 1/r.
 *
 * A cache that keeps what is past its TTL for S holds a stale answer with probability
 * (1-e^(-rS))/(1+x), and nothing with e^(-rS)/(1+x): both follow from the age and are not drawn.
 */

import type { Micros } from '../../resolver-core/time.ts';
import { rateOf } from '../clients/audience.ts';
import { zipfWeights } from '../clients/popularity.ts';
import { exponential } from '../engine/math.ts';
import { fraction } from '../engine/random.ts';
import type { Plan } from '../plan.ts';

/**
 * How long ago the last miss was, out of two 32-bit draws; an answer is fresh when that is less than
 * `ttl`. `rate` is in queries per microsecond, and positive.
 */
export function lastMissAge(rate: number, ttl: Micros, which: number, when: number): Micros {
  const x = rate * ttl;
  const isFresh = fraction(which) * (1 + x) < x;
  return Math.floor(isFresh ? fraction(when) * ttl : ttl + exponential(when) / rate);
}

/** Misses per microsecond of a question that is asked with `rate`. */
export function missRate(rate: number, ttl: Micros): number {
  return rate / (1 + rate * ttl);
}

/** Lookups of the catalogue's questions at one colo, per microsecond, by dense question id. */
export function questionRates(
  plan: Plan,
  colo: number,
  hosts: number,
  missing: number,
): Float64Array {
  const { traffic } = plan;
  const lookups = rateOf(plan, colo) / 1e6;
  const missingShare = missing === 0 ? 0 : traffic.missing.share;
  const names = new Float64Array(hosts + missing);
  names.set(zipfWeights(hosts, traffic.zipf, 1 - missingShare - traffic.oneOff.share), 0);
  names.set(zipfWeights(missing, traffic.zipf, missingShare), hosts);
  const all = traffic.types.reduce((sum, { share }) => sum + share, 0);
  const { types } = traffic;
  const rates = new Float64Array(names.length * types.length);
  for (let id = 0; id < rates.length; id++) {
    const { share } = types[id % types.length] as { share: number };
    rates[id] = (lookups * (names[Math.floor(id / types.length)] as number) * share) / all;
  }
  return rates;
}
