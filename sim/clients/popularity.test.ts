import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Stream } from '../engine/random.ts';
import { toyPlan } from '../testing/toy-world.ts';
import { AliasTable, Popularity, zipfWeights } from './popularity.ts';

/** Standard errors that a count may be away from its expectation; 5 over some thousand counts. */
const TOLERANCE = 5;

describe('AliasTable', () => {
  it('holds exactly the weights that it was made from, to a part in 2^31', () => {
    const weight = fc.double({ min: 0, max: 100, noNaN: true });
    fc.assert(
      fc.property(fc.array(weight, { minLength: 1, maxLength: 50 }), (list) => {
        fc.pre(list.some((each) => each > 1e-3));
        const { threshold, alias } = new AliasTable(Float64Array.from(list));
        const share = new Float64Array(list.length);
        for (const [index, limit] of threshold.entries()) {
          const kept = (limit + (limit === 0xffffffff ? 1 : 0)) / 2 ** 32;
          share[index] = (share[index] as number) + kept / list.length;
          const other = alias[index] as number;
          share[other] = (share[other] as number) + (1 - kept) / list.length;
        }
        const sum = list.reduce((a, b) => a + b, 0);
        for (const [index, each] of list.entries()) {
          expect(share[index]).toBeCloseTo(each / sum, 8);
        }
      }),
    );
  });

  it('is refused without a positive weight', () => {
    expect(() => new AliasTable(new Float64Array(3))).toThrow(RangeError);
  });
});

describe('Popularity', () => {
  it('asks for the names at Zipf frequencies, and for names once at their share', () => {
    const plan = toyPlan({ rate: 1, seconds: 1, names: 500, zipf: 0.95, oneOff: 0.1 });
    const { table, names } = new Popularity(plan.traffic, 500, 0);
    const n = 400_000;
    const draws = new Uint32Array(2 * n);
    new Stream(3, 1, 0, 0, 0).fill(draws, 2 * n);
    const seen = new Float64Array(names + 1);
    for (let i = 0; i < n; i++) {
      const index = table.pick(draws[2 * i] as number, draws[2 * i + 1] as number);
      seen[index] = (seen[index] as number) + 1;
    }
    const expected = [...zipfWeights(500, 0.95, 0.9), 0.1];
    for (const [index, share] of expected.entries()) {
      const error = Math.sqrt(n * share * (1 - share));
      expect(Math.abs((seen[index] as number) - n * share)).toBeLessThan(TOLERANCE * error);
    }
    // Another exponent would not pass.
    const wrong = (zipfWeights(500, 1.05, 0.9)[0] as number) * n;
    expect(Math.abs((seen[0] as number) - wrong)).toBeGreaterThan(20 * Math.sqrt(wrong));
  });

  it('splits names over types by their shares, whatever these sum to', () => {
    const { traffic } = toyPlan({ rate: 1, seconds: 1 });
    const types = [
      { type: 1, share: 3 },
      { type: 28, share: 1 },
    ];
    const popularity = new Popularity({ ...traffic, types }, 1, 0);
    expect(popularity.typeOf(0)).toBe(0);
    expect(popularity.typeOf(0.75 * 2 ** 32)).toBe(0);
    expect(popularity.typeOf(0.75 * 2 ** 32 + 1)).toBe(1);
    expect(popularity.typeOf(0xffffffff)).toBe(1);
  });
});
