/**
 * A bounded map that forgets what was not used lately: two generations, the older one dropped when
 * the younger is full. A use lifts an entry into the younger, so what is used at least once per
 * `capacity` insertions stays. Forgetting never changes a result here, only what has to be made
 * again.
 */
export class Generations<K, V> {
  readonly #capacity: number;
  #young: Map<K, V> = new Map();
  #old: Map<K, V> = new Map();

  /** At most twice `capacity` entries are held. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(key: K): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) {
      this.#old.delete(key);
      this.set(key, old);
    }
    return old;
  }

  set(key: K, value: V): void {
    if (this.#young.size >= this.#capacity && !this.#young.has(key)) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }
}
