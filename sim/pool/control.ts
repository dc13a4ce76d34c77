/**
 * What the main thread and its workers tell each other while they work, in shared memory, since a
 * message costs 60 us and a busy worker reads none: a stop flag, and how far each shard has come.
 */

import type { Micros } from '../../resolver-core/time.ts';

const FIELDS = 3;
const HEADER_OCTETS = 8;

export interface ShardProgress {
  /** Index of the variant under way; the number of variants when all are done. */
  readonly variant: number;
  /** Where its simulated clock stands; 0 before the start. */
  readonly clock: Micros;
  /** Client queries so far, all variants and the warm-up included. */
  readonly queries: number;
}

export class Control {
  /** Handed to workers, from which they make a `Control` of their own. */
  readonly memory: SharedArrayBuffer;
  readonly #flag: Int32Array;
  readonly #fields: Float64Array;

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.#flag = new Int32Array(memory, 0, 1);
    this.#fields = new Float64Array(memory, HEADER_OCTETS);
  }

  static forShards(shards: number): Control {
    const octets = HEADER_OCTETS + shards * FIELDS * Float64Array.BYTES_PER_ELEMENT;
    return new Control(new SharedArrayBuffer(octets));
  }

  /** Asks every shard to end after its present slice. */
  stop(): void {
    Atomics.store(this.#flag, 0, 1);
  }

  get stopped(): boolean {
    return Atomics.load(this.#flag, 0) === 1;
  }

  report(shard: number, progress: ShardProgress): void {
    const at = shard * FIELDS;
    this.#fields[at] = progress.variant;
    this.#fields[at + 1] = progress.clock;
    this.#fields[at + 2] = progress.queries;
  }

  /** For display only: the fields are not read as one. */
  progress(shard: number): ShardProgress {
    const at = shard * FIELDS;
    return {
      variant: this.#fields[at] as number,
      clock: this.#fields[at + 1] as number,
      queries: this.#fields[at + 2] as number,
    };
  }
}
