import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exp, exponential, ln, pow } from './math.ts';

const RELATIVE = 1e-14;

function near(actual: number, expected: number): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(RELATIVE * Math.abs(expected));
}

describe('ln, exp and pow', () => {
  it('agree with Math to 1e-14 over their ranges', () => {
    const positive = fc.double({ min: 1e-300, max: 1e300, noNaN: true });
    fc.assert(fc.property(positive, (x) => near(ln(x), Math.log(x))));
    const exponent = fc.double({ min: -700, max: 700, noNaN: true });
    fc.assert(fc.property(exponent, (x) => near(exp(x), Math.exp(x))));
    const base = fc.double({ min: 1, max: 1e7, noNaN: true });
    const power = fc.double({ min: -2, max: 2, noNaN: true });
    fc.assert(fc.property(base, power, (x, y) => near(pow(x, y), x ** y)));
  });

  it('are exact where the result is', () => {
    expect(ln(1)).toBe(0);
    expect(exp(0)).toBe(1);
    expect(pow(7, 1)).toBe(7);
    expect(pow(7, 0)).toBe(1);
  });

  it('give the same bits on every version of Node', () => {
    expect([ln(3), exp(-1.5), pow(10_000, -0.93)]).toStrictEqual([
      1.0986122886681096, 0.22313016014842982, 0.00019054607179632438,
    ]);
  });
});

describe('exponential', () => {
  it('is -ln((draw + 1) / 2^32) to 1e-14', () => {
    const draw = fc.integer({ min: 0, max: 0xffffffff });
    fc.assert(
      fc.property(draw, (n) => {
        expect(Math.abs(exponential(n) + Math.log((n + 1) / 2 ** 32))).toBeLessThan(RELATIVE);
      }),
      { numRuns: 2000 },
    );
  });

  it('is not negative at either end', () => {
    expect(exponential(0xffffffff)).toBe(0);
    expect(exponential(0xfffffffe)).toBeGreaterThan(0);
    near(exponential(0), 32 * Math.LN2);
  });
});
