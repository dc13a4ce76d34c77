/**
 * When new lookups reach the cluster and what they ask: one Poisson process per (home colo, client
 * group), reseeded at the start of every bucket from (seed, colo, group, bucket), so that any
 * shard can draw any bucket and nothing that happens can shift a draw (docs/design.md, law 4). Poisson
 * processes forget, so reseeding at a bucket's edge leaves the process what it was.
 *
 * Arrivals come in blocks of one bucket at most, as parallel arrays that the next `fill` reuses; the
 * block size changes nothing but speed. Each arrival takes the same number of draws.
 *
 * Times are those at which a query reaches the node; half a client round trip earlier it was sent.
 *
 * Limitations: the rate is constant over the window.
 */

import { exponential } from '../engine/math.ts';
import { PURPOSE, Stream } from '../engine/random.ts';
import type { Plan } from '../plan.ts';
import type { Popularity } from './popularity.ts';

/** Bits of `flags`: the DO and CD bits of the query; also the low bits of a cell number. */
export const DNSSEC_OK = 1;
export const CHECKING_DISABLED = 2;

const DRAWS = 6;

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
  /** Draws the next block; false (and length 0) when the window is over. */
  fill(): boolean;
}

export interface PoissonTraffic {
  readonly plan: Plan;
  readonly popularity: Popularity;
  /** Index of the home colo and of the group in the plan. */
  readonly colo: number;
  readonly group: number;
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

  readonly #traffic: PoissonTraffic;
  readonly #draws: Uint32Array;
  /** Mean gap between arrivals, microseconds. */
  readonly #gap: number;
  readonly #nodes: number;
  /** DO and CD shares on a 16-bit scale. */
  readonly #dnssecOk: number;
  readonly #checkingDisabled: number;
  readonly #start: number;

  #stream: Stream | null = null;
  #bucket: number;
  #bucketStart = 0;
  /** Microseconds after the start of the bucket at which the last arrival came, with its fraction. */
  #offset = 0;
  #nextOrdinal = 0;

  constructor(traffic: PoissonTraffic) {
    const { plan, block } = traffic;
    const colo = plan.cluster.colos[traffic.colo];
    const group = plan.traffic.groups[traffic.group];
    if (colo === undefined || group === undefined) throw new RangeError('no such colo or group');
    this.#traffic = traffic;
    this.time = new Float64Array(block);
    this.question = new Int32Array(block);
    this.flags = new Uint8Array(block);
    this.node = new Uint16Array(block);
    this.#draws = new Uint32Array(block * DRAWS);
    const shares = plan.traffic.groups.reduce((sum, each) => sum + each.share, 0);
    this.#gap = 1e6 / ((colo.lookupsPerSecond * group.share) / shares);
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

  #openBucket(): boolean {
    const { plan, colo, group } = this.#traffic;
    this.#bucket++;
    this.#bucketStart = plan.time.from + this.#bucket * plan.time.bucket;
    if (this.#bucketStart >= plan.time.to || this.#gap === Number.POSITIVE_INFINITY) return false;
    this.#stream = new Stream(plan.seed, PURPOSE.arrivals, colo, group, this.#bucket);
    this.#offset = 0;
    this.#nextOrdinal = 0;
    const streams = plan.cluster.colos.length * plan.traffic.groups.length;
    const stream = colo * plan.traffic.groups.length + group;
    this.source = (Math.imul(this.#bucket, streams) + stream) | 0;
    return true;
  }

  /** Fills the arrays from the open bucket's stream, and closes the bucket when its end is reached. */
  #drawBlock(end: number): void {
    const block = this.time.length;
    const draws = this.#draws;
    (this.#stream as Stream).fill(draws, block * DRAWS);
    const bucketStart = this.#bucketStart;
    const gap = this.#gap;
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
      this.node[length] = Math.floor(
        (draws[d + 5] as number) * this.#nodes * 2.3283064365386963e-10,
      );
      length++;
    }
    this.#offset = offset;
    this.firstOrdinal = this.#nextOrdinal + skipped;
    this.#nextOrdinal += skipped + length;
    this.length = length;
  }
}
