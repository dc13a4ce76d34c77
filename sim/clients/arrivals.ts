/**
 * When new lookups reach the cluster and what they ask: one Poisson process per home colo and role, reseeded
 * at the start of every bucket from (seed, role, colo, bucket), so that any shard can draw any bucket and
 * nothing that happens can shift a draw (docs/design.md, law 4). Poisson processes forget, so
 * reseeding at a bucket's edge leaves the process what it was. Each audience of the colo is a Poisson
 * process; together they are one, in which each arrival belongs to an audience by chance, by its share of
 * the rate (superposition; Kingman, Poisson Processes, 1993, sections 2.2 and 5.1).
 *
 * Arrivals come in blocks of one bucket at most, as parallel arrays that the next `fill` reuses; the
 * block size changes nothing but speed. Each arrival takes the same number of draws.
 *
 * Times are those at which a query reaches the node; half a client round trip earlier it was sent.
 *
 * Limitations: within one bucket the rate is constant, that of the bucket's middle.
 */

import type { Micros } from '../../resolver-core/time.ts';
import { exponential } from '../engine/math.ts';
import { PURPOSE, Stream } from '../engine/random.ts';
import type { Plan } from '../plan.ts';
import { roleNumber } from '../roles.ts';
import { type Audience, audiencesOf, dayFactor } from './audience.ts';
import { AliasTable, type Popularity } from './popularity.ts';

/** Bits of `flags`: the DO and CD bits of the query; also the low bits of a cell number. */
export const DNSSEC_OK = 1;
export const CHECKING_DISABLED = 2;

const DRAWS = 6;
/** More than there are buckets and colos. */
const SOURCES_PER_ROLE = 1 << 26;
const NO_SHARES = new AliasTable(Float64Array.of(1));

/** A source of arrivals in order of time; what the engine needs to know of traffic. */
export interface ArrivalSource {
  /** How many arrivals the block holds. */
  readonly length: number;
  /** Who asks, the first word of the draw keys of this block. */
  readonly source: number;
  /** Ordinal of the block's first arrival under `source`; the others follow. */
  readonly firstOrdinal: number;
  /** Microseconds on the clock, ascending. */
  readonly time: Float64Array;
  /** Dense question id, or -1 minus the type index for a name asked once. */
  readonly question: Int32Array;
  readonly flags: Uint8Array;
  /** Index of the node that the first try reaches. */
  readonly node: Uint16Array;
  /** Index of who asks, among the audiences of the colo. */
  readonly audience: Uint16Array;
  /** Draws the next block; false (and length 0) when the window is over. */
  fill(): boolean;
}

export interface PoissonTraffic {
  readonly plan: Plan;
  readonly popularity: Popularity;
  /** Index of the home colo in the plan. */
  readonly colo: number;
  /** Most arrivals per block. */
  readonly block: number;
}

export class PoissonArrivals implements ArrivalSource {
  length = 0;
  source = 0;
  firstOrdinal = 0;
  readonly time: Float64Array;
  readonly question: Int32Array;
  readonly flags: Uint8Array;
  readonly node: Uint16Array;
  readonly audience: Uint16Array;

  readonly #traffic: PoissonTraffic;
  readonly #draws: Uint32Array;
  readonly #audiences: readonly Audience[];
  readonly #nodes: number;
  /** DO and CD shares on a 16-bit scale. */
  readonly #dnssecOk: number;
  readonly #checkingDisabled: number;
  readonly #start: number;

  #stream: Stream | null = null;
  #bucket: number;
  /** Mean gap between arrivals of the open bucket, microseconds, and whose they are. */
  #gap = Number.POSITIVE_INFINITY;
  #shares: AliasTable = NO_SHARES;
  #bucketStart = 0;
  /** Microseconds after the start of the bucket at which the last arrival came, with its fraction. */
  #offset = 0;
  #nextOrdinal = 0;

  constructor(traffic: PoissonTraffic) {
    const { plan, block } = traffic;
    const colo = plan.cluster.colos[traffic.colo];
    if (colo === undefined) throw new RangeError(`no colo ${traffic.colo}`);
    this.#traffic = traffic;
    this.time = new Float64Array(block);
    this.question = new Int32Array(block);
    this.flags = new Uint8Array(block);
    this.node = new Uint16Array(block);
    this.audience = new Uint16Array(block);
    this.#draws = new Uint32Array(block * DRAWS);
    this.#audiences = audiencesOf(plan, traffic.colo);
    this.#nodes = colo.nodes;
    this.#dnssecOk = Math.round(plan.traffic.dnssecOk * 65536);
    this.#checkingDisabled = Math.round(plan.traffic.checkingDisabled * 65536);
    this.#start = plan.time.from - plan.time.warmup;
    this.#bucket = Math.floor(-plan.time.warmup / plan.time.bucket) - 1;
  }

  fill(): boolean {
    this.length = 0;
    const { time } = this.#traffic.plan;
    while (this.length === 0) {
      if (this.#stream === null && !this.#openBucket()) return false;
      this.#drawBlock(Math.min(time.to, this.#bucketStart + time.bucket));
    }
    return true;
  }

  /** Opens the next bucket in which anyone asks; false when the window is over. */
  #openBucket(): boolean {
    const { plan, colo } = this.#traffic;
    const { bucket, from, to } = plan.time;
    let rate = 0;
    while (rate === 0) {
      this.#bucket++;
      this.#bucketStart = from + this.#bucket * bucket;
      if (this.#bucketStart >= to) return false;
      rate = this.#setRates(this.#bucketStart + bucket / 2);
    }
    const { role, colos } = plan.cluster;
    this.#stream = new Stream(plan.seed, PURPOSE.arrivals, colo, this.#bucket, roleNumber(role));
    this.#offset = 0;
    this.#nextOrdinal = 0;
    const first = roleNumber(role) * SOURCES_PER_ROLE;
    this.source = (first + Math.imul(this.#bucket, colos.length) + colo) | 0;
    return true;
  }

  /** The rates of all audiences as they are at an instant; returns their sum. */
  #setRates(at: Micros): number {
    const rates = this.#audiences.map(({ rate, region }) => rate * dayFactor(region, at));
    const sum = rates.reduce((total, rate) => total + rate, 0);
    if (sum === 0) return 0;
    this.#gap = 1e6 / sum;
    this.#shares = new AliasTable(Float64Array.from(rates));
    return sum;
  }

  /** Fills the arrays from the open bucket's stream, and closes the bucket when its end is reached. */
  #drawBlock(end: number): void {
    const block = this.time.length;
    const draws = this.#draws;
    (this.#stream as Stream).fill(draws, block * DRAWS);
    const bucketStart = this.#bucketStart;
    const gap = this.#gap;
    const shares = this.#shares;
    const audiences = this.#audiences.length;
    const nodes = this.#nodes;
    const { popularity } = this.#traffic;
    const { names, types, table } = popularity;
    let offset = this.#offset;
    // Of the first, partial bucket of the warm-up only what lies inside the window arrives.
    let skipped = 0;
    let length = 0;
    for (let i = 0, d = 0; i < block; i++, d += DRAWS) {
      offset += exponential(draws[d] as number) * gap;
      const at = bucketStart + Math.floor(offset);
      if (at >= end) {
        this.#stream = null;
        break;
      }
      if (at < this.#start) {
        skipped++;
        continue;
      }
      this.time[length] = at;
      const name = table.pick(draws[d + 1] as number, draws[d + 2] as number);
      const type = popularity.typeOf(draws[d + 3] as number);
      this.question[length] = name === names ? -1 - type : name * types + type;
      const bits = draws[d + 4] as number;
      this.flags[length] =
        ((bits & 0xffff) < this.#dnssecOk ? DNSSEC_OK : 0) |
        (bits >>> 16 < this.#checkingDisabled ? CHECKING_DISABLED : 0);
      // One draw for both: what is left of it below the node's share is as uniform as it was.
      const place = draws[d + 5] as number;
      this.node[length] = Math.floor(place * nodes * 2.3283064365386963e-10);
      const who = Math.imul(place, nodes) >>> 0;
      this.audience[length] = shares.pick(who, Math.imul(who, audiences) >>> 0);
      length++;
    }
    this.#offset = offset;
    this.firstOrdinal = this.#nextOrdinal + skipped;
    this.#nextOrdinal += skipped + length;
    this.length = length;
  }
}
