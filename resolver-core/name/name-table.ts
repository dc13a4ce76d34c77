/**
 * Things found by their name: a hash table by `Name.hash`, for those who look on every miss. Beside a
 * Map of keys it hashes no text, and a name that is not there mostly costs one word.
 *
 * Open addressing with linear probing, load at most one half; it grows, and never shrinks.
 */

import type { Name } from './name.ts';

const SMALLEST = 16;

export class NameTable<T extends { readonly name: Name }> {
  /** Hashes of the names, 0 where free. */
  #hashes: Int32Array = new Int32Array(SMALLEST);
  #items: (T | undefined)[] = new Array<T | undefined>(SMALLEST).fill(undefined);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(name: Name): T | undefined {
    const { hash } = name;
    const hashes = this.#hashes;
    const mask = hashes.length - 1;
    for (let i = hash & mask; ; i = (i + 1) & mask) {
      const found = hashes[i];
      if (found === 0) return undefined;
      if (found !== hash) continue;
      const item = this.#items[i] as T;
      if (item.name === name || item.name.key === name.key) return item;
    }
  }

  /** Adds an item of whose name none is here. */
  add(item: T): void {
    if (2 * (this.#size + 1) > this.#hashes.length) this.#grow();
    this.#place(item);
    this.#size++;
  }

  /** Takes out an item that is here; later members of its run move up, so that no tombstones remain. */
  delete(item: T): void {
    const hashes = this.#hashes;
    const items = this.#items;
    const mask = hashes.length - 1;
    let i = item.name.hash & mask;
    while (items[i] !== item) i = (i + 1) & mask;
    for (let j = (i + 1) & mask; hashes[j] !== 0; j = (j + 1) & mask) {
      const home = (hashes[j] as number) & mask;
      if (((j - home) & mask) >= ((j - i) & mask)) {
        hashes[i] = hashes[j] as number;
        items[i] = items[j];
        i = j;
      }
    }
    hashes[i] = 0;
    items[i] = undefined;
    this.#size--;
  }

  clear(): void {
    this.#hashes.fill(0);
    this.#items.fill(undefined);
    this.#size = 0;
  }

  #place(item: T): void {
    const hashes = this.#hashes;
    const mask = hashes.length - 1;
    let i = item.name.hash & mask;
    while (hashes[i] !== 0) i = (i + 1) & mask;
    hashes[i] = item.name.hash;
    this.#items[i] = item;
  }

  #grow(): void {
    const before = this.#items;
    const size = 2 * before.length;
    this.#hashes = new Int32Array(size);
    this.#items = new Array<T | undefined>(size).fill(undefined);
    for (const item of before) if (item !== undefined) this.#place(item);
  }
}
