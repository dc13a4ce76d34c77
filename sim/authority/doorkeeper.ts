/**
 * Tells what is asked for again from what is asked for once, in constant memory: a table of hashes,
 * in which a newcomer takes the place of whoever was there. Stands before a cache of which things
 * that come once would be most (the doorkeeper of TinyLFU, Einziger and others 2017).
 *
 * It errs in both directions, rarely, so nothing but effort may depend on it.
 */

export class Doorkeeper {
  readonly #seen: Int32Array;

  /** Remembers at most four times `names` names, by 32-bit hashes that are not 0. */
  constructor(names: number) {
    let size = 1;
    while (size < 4 * names) size *= 2;
    this.#seen = new Int32Array(size);
  }

  /** True when a thing of this hash has come before, as far as is remembered. */
  admits(hash: number): boolean {
    const place = hash & (this.#seen.length - 1);
    const known = this.#seen[place] === hash;
    this.#seen[place] = hash;
    return known;
  }
}
