/**
 * What a new lookup is for: an alias table (Walker 1977, built after Vose 1991) over the host names of
 * the catalogue (Zipf), its missing names (Zipf with the same exponent) and one last outcome, a
 * name that is asked once; and a table of thresholds for the QTYPE. A draw costs three array reads.
 */

import { pow } from '../engine/math.ts';
import type { TrafficPlan } from '../plan.ts';

/** Draws index i with probability weights[i] / sum, out of two 32-bit draws. */
export class AliasTable {
  /** An index is kept when the second draw lies below its threshold, else its alias is taken. */
  readonly threshold: Uint32Array;
  readonly alias: Int32Array;

  /** Weights are not negative and not all zero. */
  constructor(weights: Float64Array) {
    const n = weights.length;
    let sum = 0;
    for (let i = 0; i < n; i++) sum += weights[i] as number;
    if (!(sum > 0)) throw new RangeError('an alias table needs a positive weight');
    this.threshold = new Uint32Array(n);
    this.alias = new Int32Array(n);
    const scaled = new Float64Array(n);
    const small = new Int32Array(n);
    const large = new Int32Array(n);
    let smalls = 0;
    let larges = 0;
    for (let i = 0; i < n; i++) {
      const value = ((weights[i] as number) / sum) * n;
      scaled[i] = value;
      if (value < 1) small[smalls++] = i;
      else large[larges++] = i;
    }
    while (smalls > 0 && larges > 0) {
      const less = small[--smalls] as number;
      const more = large[larges - 1] as number;
      this.threshold[less] = Math.min(
        0xffffffff,
        Math.floor((scaled[less] as number) * 0x1_0000_0000),
      );
      this.alias[less] = more;
      const rest = (scaled[more] as number) + (scaled[less] as number) - 1;
      scaled[more] = rest;
      if (rest < 1) {
        larges--;
        small[smalls++] = more;
      }
    }
    // What is left is 1 but for rounding: such an index is its own alias.
    while (larges > 0) this.#keep(large[--larges] as number);
    while (smalls > 0) this.#keep(small[--smalls] as number);
  }

  #keep(index: number): void {
    this.threshold[index] = 0xffffffff;
    this.alias[index] = index;
  }

  /** `column` picks the cell (its upper bits count), `accept` decides between it and its alias. */
  pick(column: number, accept: number): number {
    const index = Math.floor(column * this.threshold.length * 2.3283064365386963e-10);
    return accept < (this.threshold[index] as number) ? index : (this.alias[index] as number);
  }
}

/** Weights 1/k^exponent for ranks k = 1 to n, scaled to `total`. */
export function zipfWeights(n: number, exponent: number, total: number): Float64Array {
  const weights = new Float64Array(n);
  let sum = 0;
  for (let k = 1; k <= n; k++) {
    const weight = pow(k, -exponent);
    weights[k - 1] = weight;
    sum += weight;
  }
  for (let i = 0; i < n; i++) weights[i] = ((weights[i] as number) / sum) * total;
  return weights;
}

/** Thresholds of cumulated shares on the 32-bit scale; the last one is never passed. */
function cumulate(shares: readonly number[]): Uint32Array {
  const sum = shares.reduce((a, b) => a + b, 0);
  const thresholds = new Uint32Array(shares.length);
  let running = 0;
  for (const [i, share] of shares.entries()) {
    running += share;
    thresholds[i] = Math.min(0xffffffff, Math.floor((running / sum) * 0x1_0000_0000));
  }
  thresholds[shares.length - 1] = 0xffffffff;
  return thresholds;
}

/** The distribution of lookups over dense question ids (name index x types + type index) and one-off names. */
export class Popularity {
  /** Names with a question id: hosts, then missing names. */
  readonly names: number;
  readonly types: number;
  readonly table: AliasTable;
  /** A draw above thresholds[i] is not of type i or an earlier one. */
  readonly typeThresholds: Uint32Array;

  /** `hosts` and `missing` are how many of either the catalogue really has. */
  constructor(traffic: TrafficPlan, hosts: number, missing: number) {
    const { missing: miss, oneOff } = traffic;
    const missingShare = missing === 0 ? 0 : miss.share;
    const weights = new Float64Array(hosts + missing + 1);
    weights.set(zipfWeights(hosts, traffic.zipf, 1 - missingShare - oneOff.share), 0);
    weights.set(zipfWeights(missing, traffic.zipf, missingShare), hosts);
    weights[hosts + missing] = oneOff.share;
    this.names = hosts + missing;
    this.types = traffic.types.length;
    this.table = new AliasTable(weights);
    this.typeThresholds = cumulate(traffic.types.map((type) => type.share));
  }

  /** The type index for a draw. */
  typeOf(draw: number): number {
    let type = 0;
    while (draw > (this.typeThresholds[type] as number)) type++;
    return type;
  }
}
