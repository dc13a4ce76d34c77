/**
 * Deadlines that all lie the same delay ahead, in a ring: they fall due in the order in which they
 * were set, so only the first needs a place in the event queue. Most are void by then (the answer
 * came), and a void one costs a few nanoseconds instead of two heap operations.
 */

export class DelayLine {
  #times = new Float64Array(64);
  #sequences = new Float64Array(64);
  #items = new Int32Array(64);
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The first entry; meaningless when `size` is 0. */
  get time(): number {
    return this.#times[this.#head] as number;
  }
  get sequence(): number {
    return this.#sequences[this.#head] as number;
  }
  get item(): number {
    return this.#items[this.#head] as number;
  }

  /** Times must not descend. */
  push(time: number, sequence: number, item: number): void {
    if (this.#size === this.#times.length) this.#grow();
    const at = (this.#head + this.#size) & (this.#times.length - 1);
    this.#times[at] = time;
    this.#sequences[at] = sequence;
    this.#items[at] = item;
    this.#size++;
  }

  /** Drops the first entry. */
  shift(): void {
    this.#head = (this.#head + 1) & (this.#times.length - 1);
    this.#size--;
  }

  #grow(): void {
    const old = this.#times.length;
    const times = new Float64Array(old * 2);
    const sequences = new Float64Array(old * 2);
    const items = new Int32Array(old * 2);
    for (let i = 0; i < this.#size; i++) {
      const from = (this.#head + i) & (old - 1);
      times[i] = this.#times[from] as number;
      sequences[i] = this.#sequences[from] as number;
      items[i] = this.#items[from] as number;
    }
    this.#times = times;
    this.#sequences = sequences;
    this.#items = items;
    this.#head = 0;
  }
}
