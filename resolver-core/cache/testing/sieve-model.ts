/** SIEVE as its paper tells it (Zhang et al., NSDI 2024, algorithm 1): a list, a hand, one bit each. Slow and plain. */

export class SieveModel<T> {
  /** From the oldest to the newest. */
  readonly #queue: T[] = [];
  readonly #visited = new Set<T>();
  /** What the hand points at; null: it begins at the oldest. */
  #hand: T | null = null;

  get size(): number {
    return this.#queue.length;
  }

  visit(item: T): void {
    this.#visited.add(item);
  }

  insert(item: T): void {
    this.#queue.push(item);
  }

  evict(): T {
    let at = this.#hand === null ? 0 : this.#queue.indexOf(this.#hand);
    while (this.#visited.delete(this.#queue[at] as T)) at = (at + 1) % this.#queue.length;
    const [victim] = this.#queue.splice(at, 1) as [T];
    this.#hand = this.#queue[at] ?? null;
    return victim;
  }

  clear(): void {
    this.#queue.length = 0;
    this.#visited.clear();
    this.#hand = null;
  }
}
