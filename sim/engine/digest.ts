/**
 * A running fingerprint over everything that happens in a run: two runs agree in it when they did
 * the same things at the same times (docs/design.md, law 4). Two 32-bit words, a multiplication each
 * per step. No cryptographic strength is claimed.
 */

export class Digest {
  #a = 0x811c9dc5 | 0;
  #b = 0x050c5d1f | 0;

  /** Takes in a time and two words; times may exceed 32 bits, of which the low ones count. */
  add(time: number, x: number, y: number): void {
    const a = Math.imul(this.#a ^ (time | 0), 0x01000193);
    const b = Math.imul(this.#b ^ x, 0x85ebca6b);
    this.#a = (a ^ (b >>> 15)) + y;
    this.#b = (b << 13) | (b >>> 19);
    this.#a |= 0;
  }

  /** Both words, unsigned. */
  words(): [number, number] {
    return [this.#a >>> 0, (this.#b ^ (this.#a >>> 16)) >>> 0];
  }
}
