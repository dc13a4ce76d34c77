/**
 * When a measurement and a closed form agree: within four standard errors of the measurement, which a
 * correct simulator leaves once in 16,000 seeds. The standard error is derived beside each formula
 * (`closed-forms.ts`) from the sample size, never fitted.
 *
 * Every check is handed the right formula together with plausible wrong ones, and must tell them
 * apart: a tolerance that the wrong formula meets, too, would be a test that cannot fail.
 */

import { expect } from 'vitest';

export interface Measured {
  readonly value: number;
  readonly standardError: number;
}

/** Most standard errors between a measurement and a formula that agree. */
const TOLERANCE = 4;

/** The same tail as `TOLERANCE` (6.3e-5) of Kolmogorov's distribution, P(K > k) = 2 exp(-2 k^2). */
const KOLMOGOROV_TOLERANCE = 2.28;

/**
 * Expects that of all claims the one called `right` agrees with what was measured, and no other. A claim
 * has one value per measurement and agrees when all of them do.
 */
export function expectOnly(
  right: string,
  measured: Measured | readonly Measured[],
  claims: Readonly<Record<string, number | readonly number[]>>,
): void {
  const measurements = [measured].flat();
  expectNear(right, claims, TOLERANCE, (claim) => {
    const values = [claim].flat();
    if (values.length !== measurements.length) throw new RangeError('a claim lacks values');
    return Math.max(
      ...measurements.map(
        ({ value, standardError }, i) => Math.abs(value - (values[i] as number)) / standardError,
      ),
    );
  });
}

/**
 * The same for distributions: of all distribution functions the one called `right` is that of the
 * sample, by Kolmogorov and Smirnov's test (for one with steps it is stricter than it need be to accept).
 */
export function expectOnlyDistribution(
  right: string,
  sample: readonly number[],
  claims: Readonly<Record<string, (x: number) => number>>,
): void {
  const sorted = Float64Array.from(sample).sort();
  expectNear(right, claims, KOLMOGOROV_TOLERANCE, (cdf) => kolmogorov(sorted, cdf));
}

function expectNear<Claim>(
  right: string,
  claims: Readonly<Record<string, Claim>>,
  tolerance: number,
  distance: (claim: Claim) => number,
): void {
  const distances = Object.entries(claims).map(([name, claim]) => [name, distance(claim)] as const);
  for (const [name, far] of distances) {
    if (Number.isNaN(far)) throw new RangeError(`${name} is no number`);
  }
  const near = distances.filter(([, far]) => far <= tolerance).map(([name]) => name);
  const told = distances.map(([name, far]) => `${name} is ${far.toFixed(2)} away`).join(', ');
  expect(near, told).toEqual([right]);
}

/** sqrt(n) times the largest distance between the sample's steps and the distribution function. */
function kolmogorov(sorted: Float64Array, cdf: (x: number) => number): number {
  const n = sorted.length;
  let largest = 0;
  for (let i = 0; i < n; ) {
    const x = sorted[i] as number;
    let next = i + 1;
    while (next < n && sorted[next] === x) next++;
    // Below x the sample's function is i / n, at x it is next / n.
    largest = Math.max(largest, Math.abs(cdf(x) - next / n), Math.abs(cdf(x - STEP) - i / n));
    i = next;
  }
  return Math.sqrt(n) * largest;
}

/** Samples are whole numbers: just below one is half a unit below. */
const STEP = 0.5;
