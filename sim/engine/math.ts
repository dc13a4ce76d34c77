/**
 * Our own logarithm, exponential and power: results must be the same octets on every version of
 * Node, and `Math.log`, `Math.exp` and `Math.pow` promise no such thing (docs/design.md, law 4). Only
 * + - * / and integer operations are used, which IEEE 754 defines exactly.
 *
 * Method and coefficients after fdlibm (Sun Microsystems 1993, e_log.c and e_exp.c); `ln` and `exp`
 * stay below one unit in the last place. `pow` is exp(y ln x): its relative error grows with
 * |y ln x|, about 1e-16 times that. Arguments must be finite, and normal numbers.
 */

const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

const cell = new Float64Array(1);
const words = new Int32Array(cell.buffer);
cell[0] = 1;
/** Where the word with sign and exponent lies: 1 on little-endian machines. */
const HIGH = words[1] === 0x3ff00000 ? 1 : 0;

/** Natural logarithm of x > 0. */
export function ln(x: number): number {
  cell[0] = x;
  let high = words[HIGH] as number;
  let exponent = (high >> 20) - 1023;
  high &= 0xfffff;
  // Bring the mantissa into [sqrt(2)/2, sqrt(2)).
  const above = (high + 0x95f64) & 0x100000;
  words[HIGH] = high | (above ^ 0x3ff00000);
  exponent += above >> 20;
  const f = (cell[0] as number) - 1;
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const even = w * (0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373));
  const odd =
    z *
    (0.6666666666666735 +
      w * (0.2857142874366239 + w * (0.1818357216161805 + w * 0.14798198605116586)));
  const r = even + odd;
  const half = 0.5 * f * f;
  if (exponent === 0) return f - (half - s * (half + r));
  return exponent * LN2_HIGH - (half - (s * (half + r) + exponent * LN2_LOW) - f);
}

/** e to the x, for x from -700 to 700. */
export function exp(x: number): number {
  const k = Math.floor(Math.LOG2E * x + 0.5);
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW;
  const r = high - low;
  const t = r * r;
  const c =
    r -
    t *
      (0.16666666666666602 +
        t *
          (-0.0027777777777015593 +
            t * (6.613756321437934e-5 + t * (-1.6533902205465252e-6 + t * 4.1381367970572385e-8))));
  const y = 1 - (low - (r * c) / (2 - c) - high);
  return y * powerOfTwo(k);
}

/** x to the y, for x > 0 and |y ln x| below 700. */
export function pow(x: number, y: number): number {
  if (y === 0) return 1;
  if (y === 1) return x;
  return exp(y * ln(x));
}

function powerOfTwo(k: number): number {
  words[HIGH] = (k + 1023) << 20;
  words[1 - HIGH] = 0;
  return cell[0] as number;
}

/** Intervals of the table below: [0.5, 1) in this many equal steps. */
const STEPS = 128;
/** For each step, a factor that takes its middle to 1, and the negated logarithm of the factor's inverse. */
const toOne = new Float64Array(STEPS);
const minusLn = new Float64Array(STEPS);
for (let i = 0; i < STEPS; i++) {
  toOne[i] = (2 * STEPS) / (STEPS + i + 0.5);
  minusLn[i] = ln(toOne[i] as number);
}

/**
 * An exponential variate of mean 1 out of a 32-bit unsigned draw: -ln((draw + 1) / 2^32), from 0 to
 * 22.2. By table, since arrivals need one each: the draw is scaled into [0.5, 1), the step's factor
 * brings it within 1/256 of 1, and six terms of the series do the rest.
 */
export function exponential(draw: number): number {
  if (draw === 0xffffffff) return 0;
  const zeros = Math.clz32(draw + 1);
  const bits = (draw + 1) << zeros; // in [2^31, 2^32) as unsigned
  const step = (bits >>> 24) & (STEPS - 1);
  const r = (bits >>> 0) * 2.3283064365386963e-10 * (toOne[step] as number) - 1;
  const series = r * (1 - r * (1 / 2 - r * (1 / 3 - r * (1 / 4 - r * (1 / 5 - r * (1 / 6))))));
  return zeros * Math.LN2 + (minusLn[step] as number) - series;
}
