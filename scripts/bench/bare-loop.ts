/**
 * The least that a simulator of caches can do for a query, as a yardstick for the engine: an arrival,
 * a name, a node, the look at one word, a counter, and for a miss one event a round trip later. No
 * clients, no policies, no messages, no validation. What it does in a second is the ceiling of this
 * machine; how far the engine stays below it travels better than any number of seconds.
 *
 * 1e6 names with Zipf(1), 16 nodes, a million queries in a simulated second, and a TTL of 71.6 s: one
 * query in ten misses, and some 3800 events are pending. Caches begin as they are in the long run.
 */

import { AliasTable, zipfWeights } from '../../sim/clients/popularity.ts';
import { exponential } from '../../sim/engine/math.ts';
import { fraction, Stream } from '../../sim/engine/random.ts';

const NAMES = 1_000_000;
const NODES = 16;
/** Mean gap between arrivals, round trip and TTL, in microseconds. */
const GAP = 1;
const ROUND_TRIP = 38_000;
const TTL = 71_600_000;
const BLOCK = 256;
const DRAWS = 4;
/** A power of two, well above what is pending. */
const RING = 1 << 16;
/** Counters are kept per bucket of so many microseconds. */
const BUCKET = 1_000_000;

export class BareLoop {
  readonly #stream = new Stream(1, 0, 0, 0, 0);
  readonly #draws = new Uint32Array(BLOCK * DRAWS);
  readonly #names = new AliasTable(zipfWeights(NAMES, 1, 1));
  /** By name and node: until when it is fresh, in simulated milliseconds. */
  readonly #expires = new Int32Array(NAMES * NODES);
  readonly #key = new Int32Array(BLOCK);
  readonly #at = new Float64Array(BLOCK);
  /** What is in flight, in the order in which it comes back. */
  readonly #dueAt = new Float64Array(RING);
  readonly #dueKey = new Int32Array(RING);
  #head = 0;
  #tail = 0;
  #time = 0;
  /** Hits and misses of each bucket. */
  readonly #counts = new Uint32Array(2 * 4096);

  constructor() {
    this.#fillCaches();
  }

  /** Lets so many queries come, in whole blocks; nanoseconds of CPU time for each. */
  run(queries: number): number {
    const blocks = Math.ceil(queries / BLOCK);
    const before = process.cpuUsage();
    for (let block = 0; block < blocks; block++) {
      this.#draw();
      this.#answer();
    }
    const { user, system } = process.cpuUsage(before);
    return ((user + system) * 1000) / (blocks * BLOCK);
  }

  /** Of all queries so far. */
  get missRatio(): number {
    let misses = 0;
    let queries = 0;
    for (const [index, count] of this.#counts.entries()) {
      queries += count;
      if (index % 2 === 1) misses += count;
    }
    return misses / queries;
  }

  /** Fresh with probability x / (1 + x) for x = rate times TTL, at an age that is uniform. */
  #fillCaches(): void {
    const weights = zipfWeights(NAMES, 1, 1);
    const draws = new Uint32Array(NODES);
    for (let name = 0; name < NAMES; name++) {
      const x = ((weights[name] as number) / GAP / NODES) * TTL;
      this.#stream.fill(draws, NODES);
      for (let node = 0; node < NODES; node++) {
        // Given that it is fresh, the draw is uniform below the threshold.
        const share = (fraction(draws[node] as number) * (1 + x)) / x;
        if (share < 1) this.#expires[name * NODES + node] = Math.floor((share * TTL) / 1000);
      }
    }
  }

  /** One block of arrivals, and a look at the words that they need, so that the waits overlap. */
  #draw(): void {
    const draws = this.#draws;
    const keys = this.#key;
    const at = this.#at;
    const names = this.#names;
    const expires = this.#expires;
    this.#stream.fill(draws, BLOCK * DRAWS);
    let time = this.#time;
    for (let i = 0, d = 0; i < BLOCK; i++, d += DRAWS) {
      time += exponential(draws[d] as number) * GAP;
      at[i] = time;
      const name = names.pick(draws[d + 1] as number, draws[d + 2] as number);
      keys[i] = name * NODES + ((draws[d + 3] as number) >>> 28);
    }
    this.#time = time;
    let sum = 0;
    for (let i = 0; i < BLOCK; i++) sum = (sum + (expires[keys[i] as number] as number)) | 0;
    // Used, so that the loop above cannot be left out; no sum of times is this one.
    if (sum === 0x7fffffff) this.#time += 0;
  }

  #answer(): void {
    const { length } = this.#counts;
    for (let i = 0; i < BLOCK; i++) {
      const at = this.#at[i] as number;
      this.#runDue(at);
      const key = this.#key[i] as number;
      const miss = (this.#expires[key] as number) * 1000 <= at ? 1 : 0;
      const counter = (Math.floor(at / BUCKET) * 2 + miss) % length;
      this.#counts[counter] = (this.#counts[counter] as number) + 1;
      if (miss === 1) {
        this.#dueAt[this.#tail & (RING - 1)] = at + ROUND_TRIP;
        this.#dueKey[this.#tail & (RING - 1)] = key;
        this.#tail++;
      }
    }
  }

  /** What has come back by now is stored. */
  #runDue(now: number): void {
    while (this.#head < this.#tail) {
      const due = this.#dueAt[this.#head & (RING - 1)] as number;
      if (due > now) return;
      this.#expires[this.#dueKey[this.#head & (RING - 1)] as number] = Math.floor(
        (due + TTL) / 1000,
      );
      this.#head++;
    }
  }
}
