/**
 * Events whose times never descend, in a ring: what takes the same time always, such as the way from node
 * to node, comes in the order in which it was sent. A push and a take are a few writes and reads.
 */

/** Where an event goes when it is taken. */
interface Taken<Load> {
  time: number;
  kind: number;
  place: number;
  id: number;
  load: Load | null;
}

/** Numbers per event: time, sequence, kind, place, id. */
const WIDTH = 5;

export class EventLine<Load> {
  #numbers = new Float64Array(64 * WIDTH);
  #loads: (Load | null)[] = new Array<Load | null>(64).fill(null);
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** When the first event is due; Infinity when there is none. */
  get nextTime(): number {
    return this.#size === 0
      ? Number.POSITIVE_INFINITY
      : (this.#numbers[this.#head * WIDTH] as number);
  }

  /** The sequence number of the first event; meaningless when there is none. */
  get nextSequence(): number {
    return this.#numbers[this.#head * WIDTH + 1] as number;
  }

  push(
    time: number,
    sequence: number,
    kind: number,
    place: number,
    id: number,
    load: Load | null,
  ): void {
    if (this.#size === this.#loads.length) this.#grow();
    const index = (this.#head + this.#size++) & (this.#loads.length - 1);
    const numbers = this.#numbers;
    const at = index * WIDTH;
    numbers[at] = time;
    numbers[at + 1] = sequence;
    numbers[at + 2] = kind;
    numbers[at + 3] = place;
    numbers[at + 4] = id;
    this.#loads[index] = load;
  }

  /** Takes the first event out; there must be one. */
  takeInto(to: Taken<Load>): void {
    const numbers = this.#numbers;
    const at = this.#head * WIDTH;
    to.time = numbers[at] as number;
    to.kind = numbers[at + 2] as number;
    to.place = numbers[at + 3] as number;
    to.id = numbers[at + 4] as number;
    to.load = this.#loads[this.#head] as Load | null;
    this.#loads[this.#head] = null;
    this.#head = (this.#head + 1) & (this.#loads.length - 1);
    this.#size--;
  }

  #grow(): void {
    const size = this.#loads.length;
    const numbers = new Float64Array(size * 2 * WIDTH);
    const loads = new Array<Load | null>(size * 2).fill(null);
    const split = this.#head * WIDTH;
    numbers.set(this.#numbers.subarray(split));
    numbers.set(this.#numbers.subarray(0, split), size * WIDTH - split);
    for (let i = 0; i < size; i++) loads[i] = this.#loads[(this.#head + i) & (size - 1)] ?? null;
    this.#numbers = numbers;
    this.#loads = loads;
    this.#head = 0;
  }
}
