/**
 * Arrivals of one question at one node with gaps of any distribution, for the engine: production traffic
 * is Poisson only. The gaps are drawn from one stream, which no bucket reseeds: unlike a Poisson
 * process, these remember when the last arrival was.
 */

import type { Micros } from '../../../resolver-core/time.ts';
import type { ArrivalSource } from '../../clients/arrivals.ts';
import { exponential } from '../../engine/math.ts';
import { fraction, PURPOSE, Stream } from '../../engine/random.ts';
import type { Plan } from '../../plan.ts';

/** A gap in mean gaps, out of 32-bit draws. */
export type Gap = (draw: () => number) => number;

export const poissonGap: Gap = (draw) => exponential(draw());
export const erlang2Gap: Gap = (draw) => (exponential(draw()) + exponential(draw())) / 2;
export const fixedGap: Gap = () => 1;

/** Exponential of rate `slow` with probability `share`, else of rate `fast`. */
export function hyperExponentialGap(share: number, slow: number, fast: number): Gap {
  return (draw) => {
    const rate = fraction(draw()) < share ? slow : fast;
    return exponential(draw()) / rate;
  };
}

const BLOCK = 256;

export class RenewalArrivals implements ArrivalSource {
  length = 0;
  readonly source = 0;
  firstOrdinal = 0;
  readonly time: Float64Array = new Float64Array(BLOCK);
  readonly question: Int32Array = new Int32Array(BLOCK);
  readonly flags: Uint8Array = new Uint8Array(BLOCK);
  readonly node: Uint16Array = new Uint16Array(BLOCK);
  readonly audience: Uint16Array = new Uint16Array(BLOCK);
  readonly #gap: Gap;
  readonly #meanGap: Micros;
  readonly #from: Micros;
  readonly #to: Micros;
  readonly #draw: () => number;
  /** Microseconds after the start, with its fraction. */
  #offset = 0;

  /** Arrivals from the start of the plan's warm-up to the end of its window. */
  constructor(plan: Plan, gap: Gap, meanGap: Micros) {
    const stream = new Stream(plan.seed, PURPOSE.arrivals, 0, 0, 0);
    this.#draw = () => stream.next();
    this.#gap = gap;
    this.#meanGap = meanGap;
    this.#from = plan.time.from - plan.time.warmup;
    this.#to = plan.time.to;
  }

  fill(): boolean {
    this.firstOrdinal += this.length;
    this.length = 0;
    while (this.length < BLOCK) {
      this.#offset += this.#gap(this.#draw) * this.#meanGap;
      const at = this.#from + Math.floor(this.#offset);
      if (at >= this.#to) break;
      this.time[this.length++] = at;
    }
    return this.length > 0;
  }
}
