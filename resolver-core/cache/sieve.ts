/**
 * SIEVE eviction (Zhang et al., NSDI 2024) over slot numbers: a queue in order of insertion and a
 * hand that walks from the oldest to the newest, sparing (once) every slot that was visited since it
 * last passed. A hit writes one octet and moves nothing.
 */
export class SieveQueue {
  readonly #newer: Int32Array;
  readonly #older: Int32Array;
  readonly #visited: Uint8Array;
  #newest = -1;
  #oldest = -1;
  #hand = -1;

  constructor(capacity: number) {
    this.#newer = new Int32Array(capacity).fill(-1);
    this.#older = new Int32Array(capacity).fill(-1);
    this.#visited = new Uint8Array(capacity);
  }

  visit(slot: number): void {
    this.#visited[slot] = 1;
  }

  /** Adds a slot that is not in the queue, as the newest. */
  insert(slot: number): void {
    this.#visited[slot] = 0;
    this.#older[slot] = this.#newest;
    this.#newer[slot] = -1;
    if (this.#newest >= 0) this.#newer[this.#newest] = slot;
    this.#newest = slot;
    if (this.#oldest < 0) this.#oldest = slot;
  }

  /** Takes the victim out of the queue and returns it; the queue must not be empty. */
  evict(): number {
    let slot = this.#hand >= 0 ? this.#hand : this.#oldest;
    while (this.#visited[slot] === 1) {
      this.#visited[slot] = 0;
      const next = this.#newer[slot] as number;
      slot = next >= 0 ? next : this.#oldest;
    }
    const newer = this.#newer[slot] as number;
    const older = this.#older[slot] as number;
    this.#hand = newer;
    if (newer >= 0) this.#older[newer] = older;
    else this.#newest = older;
    if (older >= 0) this.#newer[older] = newer;
    else this.#oldest = newer;
    return slot;
  }

  clear(): void {
    this.#newest = -1;
    this.#oldest = -1;
    this.#hand = -1;
  }
}
