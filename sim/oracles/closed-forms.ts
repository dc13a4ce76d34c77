/**
 * The closed forms that hold the simulator (docs/oracles.md), each with the standard error of what is
 * measured against it. `rate` is one name's queries per second, `ttl` and `delay` are seconds, and
 * x = rate * ttl.
 *
 * Where a standard error comes from: one name in one cache is a renewal process. A cycle begins with a
 * miss and has N queries; counts per cycle are independent of those of other cycles. A share of
 * n queries, "count J per cycle over N per cycle" = r, then has by the central limit theorem for
 * ratios the variance Var(J - r N) / (E[N] n).
 */

import { exp, pow } from '../engine/math.ts';

// ---- one name, Poisson arrivals ----

/** C1: the hit ratio when a fetch takes no time and hits do not renew the TTL. */
export function hitRatio(x: number): number {
  return x / (1 + x);
}

/** C6: J = 1 and N = 1 + Poisson(x) give r = 1/(1+x) and Var(J - r N) = r^2 x. */
export function hitRatioError(x: number, queries: number): number {
  return Math.sqrt(x / ((1 + x) * (1 + x) * (1 + x) * queries));
}

/** What the error would be if each query hit or missed on its own. */
export function binomialError(x: number, queries: number): number {
  return Math.sqrt(x / ((1 + x) * (1 + x) * queries));
}

/** C4, wrong for us: a clock of whole seconds; stored at floor(t), over when floor(now) >= floor(t0) + ttl. */
export function hitRatioOfWholeSeconds(rate: number, ttl: number): number {
  return 1 - 1 / (rate * (ttl - 1 + 1 / (1 - exp(-rate))));
}

export interface Shares {
  readonly miss: number;
  readonly joined: number;
  readonly hit: number;
}

/** C2: a fetch takes `delay`, queries meanwhile join it, and the TTL begins when the answer is here. */
export function sharesWithDelay(rate: number, ttl: number, delay: number): Shares {
  const perCycle = 1 + rate * (ttl + delay);
  return { miss: 1 / perCycle, joined: (rate * delay) / perCycle, hit: (rate * ttl) / perCycle };
}

/**
 * A cycle has 1 miss, J = Poisson(a) joined and H = Poisson(b) hits, a = rate * delay, b = rate * ttl,
 * independent of each other: Var(J - r (1 + J + H)) = (1 - r)^2 a + r^2 b, and with J and H, a and b
 * exchanged for hits; for misses r^2 (a + b).
 */
export function sharesError(rate: number, ttl: number, delay: number, queries: number): Shares {
  const [a, b] = [rate * delay, rate * ttl];
  const { miss, joined, hit } = sharesWithDelay(rate, ttl, delay);
  const error = (variance: number): number => Math.sqrt(variance / ((1 + a + b) * queries));
  return {
    miss: error(miss * miss * (a + b)),
    joined: error((1 - joined) * (1 - joined) * a + joined * joined * b),
    hit: error((1 - hit) * (1 - hit) * b + hit * hit * a),
  };
}

/**
 * C3, wrong for us: upstream queries per client query when every query that finds nothing asks for itself;
 * `overwrite`: the answers that come later begin the TTL anew.
 */
export function upstreamWithoutJoining(
  rate: number,
  ttl: number,
  delay: number,
  overwrite: boolean,
): number {
  const asked = 1 + rate * delay;
  const longer = overwrite ? delay - (1 - exp(-rate * delay)) / rate : 0;
  return asked / (1 + rate * (delay + ttl + longer));
}

/** C1: upstream queries per second. */
export function upstreamRate(rate: number, ttl: number): number {
  return rate / (1 + rate * ttl);
}

/** Cycles last L = ttl + Exp(rate); a renewal process counted over `seconds` has variance Var L / E[L]^3 * seconds. */
export function upstreamRateError(rate: number, ttl: number, seconds: number): number {
  const mean = ttl + 1 / rate;
  return Math.sqrt(1 / (rate * rate * mean * mean * mean * seconds));
}

/**
 * C7: P(at least k + 1 misses in (0, window)) from an empty cache, k from 0: a miss can come at once,
 * and k TTLs have to pass in which arrivals do not count, so it is P(Poisson(rate (window - k ttl)) > k).
 */
export function missProbabilities(rate: number, ttl: number, window: number): readonly number[] {
  const out: number[] = [];
  for (let k = 0; k * ttl < window; k++) out.push(1 - poissonCdf(rate * (window - k * ttl), k));
  return out;
}

export function mean(tails: readonly number[]): number {
  return tails.reduce((sum, tail) => sum + tail, 0);
}

/** Of a count with tails P(count >= k + 1): E[count^2] = sum of (2 k + 1) P(count >= k + 1). */
export function variance(tails: readonly number[]): number {
  const square = tails.reduce((sum, tail, k) => sum + (2 * k + 1) * tail, 0);
  return square - mean(tails) * mean(tails);
}

/** C8: P(hit) averaged over queries between `from` and `to`, both before one TTL is over, from an empty cache. */
export function coldHitRatio(rate: number, from: number, to: number): number {
  return 1 - (exp(-rate * from) - exp(-rate * to)) / (rate * (to - from));
}

/**
 * Over `names` names: each has N = Poisson(y) queries in the span, y = rate (to - from), and a miss M in
 * it or not. M is 1 when nothing came before `from` and something in it, so E[M] = p = e^-(rate from) -
 * e^-(rate to), E[M N] = e^-(rate from) y, Cov(M, N) = y e^-(rate to). With r = p / y:
 * Var(M - r N) = p (1 - p) + r^2 y - 2 r y e^-(rate to).
 */
export function coldHitRatioError(rate: number, from: number, to: number, names: number): number {
  const y = rate * (to - from);
  const p = exp(-rate * from) - exp(-rate * to);
  const r = p / y;
  const variancePerName = p * (1 - p) + r * r * y - 2 * r * y * exp(-rate * to);
  return Math.sqrt(variancePerName / names) / y;
}

/** P(Poisson(m) <= k). */
export function poissonCdf(m: number, k: number): number {
  let term = exp(-m);
  let sum = term;
  for (let i = 1; i <= k; i++) {
    term *= m / i;
    sum += term;
  }
  return sum;
}

// ---- one name, renewal arrivals (Jung, Berger and Balakrishnan 2003) ----

/** Arrivals of mean gap 1, by M(t) = mean number of arrivals in (0, t] after an arrival, and its derivative. */
export interface RenewalFunction {
  readonly mean: (t: number) => number;
  readonly density: (t: number) => number;
}

export const POISSON: RenewalFunction = { mean: (t) => t, density: () => 1 };

/** Gaps are two exponentials of mean 1/2, one after the other. */
export const ERLANG_2: RenewalFunction = {
  mean: (t) => t - 0.25 + exp(-4 * t) / 4,
  density: (t) => 1 - exp(-4 * t),
};

/** Gaps are exponential of rate `slow` with probability `share`, else of rate `fast`. */
export function hyperExponential(share: number, slow: number, fast: number): RenewalFunction {
  const nu = share * fast + (1 - share) * slow;
  const c = (share * (1 - share) * (slow - fast) * (slow - fast)) / (nu * nu);
  return {
    mean: (t) => t + c * (1 - exp(-nu * t)),
    density: (t) => 1 + c * nu * exp(-nu * t),
  };
}

/** h = M(T) / (1 + M(T)), with T in mean gaps. */
export function renewalHitRatio(arrivals: RenewalFunction, t: number): number {
  return hitRatio(arrivals.mean(t));
}

/**
 * As C6 with V, the variance of the arrivals in (0, T], in place of x: sqrt(V / ((1 + M)^3 n)). The second
 * factorial moment of a renewal process is 2 * integral over (0, T) of M(T - u) dM(u), here by Simpson's rule.
 */
export function renewalHitRatioError(
  arrivals: RenewalFunction,
  t: number,
  queries: number,
): number {
  const steps = 400;
  let sum = 0;
  for (let i = 0; i <= steps; i++) {
    const u = (t * i) / steps;
    const weight = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2;
    sum += weight * arrivals.mean(t - u) * arrivals.density(u);
  }
  const m = arrivals.mean(t);
  const v = (2 * sum * t) / (3 * steps) + m - m * m;
  const perCycle = 1 + m;
  return Math.sqrt(v / (perCycle * perCycle * perCycle * queries));
}

// ---- many names ----

/** Rate of each of `names` names under a Zipf law, together `rate`. */
export function zipfRates(names: number, exponent: number, rate: number): Float64Array {
  const rates = Float64Array.from({ length: names }, (_, k) => pow(k + 1, -exponent));
  const sum = rates.reduce((a, b) => a + b, 0);
  return rates.map((each) => (rate * each) / sum);
}

/** C9: entries alive in the steady state, over `nodes` caches that share nothing. */
export function liveEntries(rates: Float64Array, ttl: number, nodes = 1): number {
  return sumOver(rates, (rate) => nodes * hitRatio((rate * ttl) / nodes));
}

/** At one instant each name is alive in each cache or not, independently: the variance is the sum of p (1 - p). */
export function liveEntriesError(rates: Float64Array, ttl: number, nodes = 1): number {
  const variances = sumOver(rates, (rate) => {
    const p = hitRatio((rate * ttl) / nodes);
    return nodes * p * (1 - p);
  });
  return Math.sqrt(variances);
}

/** Hit ratio of all queries: each name's share times x / (nodes + x). */
export function zipfHitRatio(rates: Float64Array, ttl: number, nodes = 1): number {
  const total = rates.reduce((a, b) => a + b, 0);
  return sumOver(rates, (rate) => (rate / total) * hitRatio((rate * ttl) / nodes));
}

/**
 * Per name and cache, with r the miss ratio of all queries: Z = misses - r * queries has per cycle
 * Y = 1 - r (1 + Poisson(x)) and the cycle lasts L = ttl + Exp(rate). Over time s, Var Z = s Var(Y - m L) / E[L]
 * with m = E[Y] / E[L], and Var(Y - m L) = r^2 x + m^2 / rate^2. The names' variances add up.
 */
export function zipfHitRatioError(
  rates: Float64Array,
  ttl: number,
  nodes: number,
  seconds: number,
): number {
  const r = 1 - zipfHitRatio(rates, ttl, nodes);
  const total = rates.reduce((a, b) => a + b, 0);
  const perSecond = sumOver(rates, (all) => {
    const rate = all / nodes;
    const x = rate * ttl;
    const length = ttl + 1 / rate;
    const m = (1 - r * (1 + x)) / length;
    return (nodes * (r * r * x + (m * m) / (rate * rate))) / length;
  });
  return Math.sqrt(perSecond / seconds) / total;
}

function sumOver(values: Float64Array, of: (value: number) => number): number {
  let sum = 0;
  for (const value of values) sum += of(value);
  return sum;
}
