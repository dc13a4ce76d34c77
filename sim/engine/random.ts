/**
 * Randomness of a run (docs/design.md, law 4). Two kinds, both integers only:
 *
 * - `mix`: counter-based draws. A draw is a pure function of the seed, a purpose and who it is for,
 *   so that nothing that happens elsewhere can shift it.
 * - `Stream`: xoshiro128**, for the arrival process, reseeded per bucket.
 *
 * No cryptographic strength is claimed.
 */

/** What a counter-based draw is for; the numbers are part of the replay format and never reused. */
export const PURPOSE = {
  arrivals: 1,
  question: 2,
  node: 3,
  nextRequest: 4,
  serverChoice: 5,
  loss: 6,
  jitter: 7,
  pathSpread: 8,
  trait: 9,
  oneOff: 10,
  signer: 11,
  flags: 12,
  group: 13,
  retryNode: 14,
  movedNode: 16,
  ring: 15,
  warmMiss: 24,
  warmContact: 25,
  warmOneOff: 26,
  warmAgain: 27,
  warmApex: 28,
  nodeOrder: 31,
} as const;

/** Final mixer of MurmurHash3: every input bit reaches every output bit. */
function finalise(h: number): number {
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** A 32-bit unsigned draw for (seed, purpose, a, b, c, d). */
export function mix(seed: number, purpose: number, a: number, b: number, c = 0, d = 0): number {
  let h = finalise(seed ^ Math.imul(purpose, 0x9e3779b1));
  h = finalise(h ^ Math.imul(a, 0x85ebca77));
  h = finalise(h ^ Math.imul(b, 0xc2b2ae3d) ^ 0x27d4eb2f);
  h = finalise(h ^ Math.imul(c, 0x165667b1) ^ Math.imul(d, 0xd3a2646d));
  return h >>> 0;
}

/** `draw` as a fraction in [0, 1): exact, a multiple of 2^-32. */
export function fraction(draw: number): number {
  return draw * 2.3283064365386963e-10;
}

/** FNV-1a with a final mix over a string of octets, seeded; for traits keyed by a name. */
export function hashText(seed: number, text: string): number {
  let h = 0x811c9dc5 ^ seed;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return finalise(h) >>> 0;
}

/** xoshiro128** (Blackman and Vigna 2018). */
export class Stream {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** Seeded by four counter-based draws for (seed, purpose, a, b, c). */
  constructor(seed: number, purpose: number, a: number, b: number, c: number) {
    this.#a = mix(seed, purpose, a, b, c, 1);
    this.#b = mix(seed, purpose, a, b, c, 2);
    this.#c = mix(seed, purpose, a, b, c, 3);
    this.#d = mix(seed, purpose, a, b, c, 4) | 1; // never all zero
  }

  /** The next 32-bit unsigned draw. */
  next(): number {
    const product = Math.imul(this.#b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9);
    const t = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= t;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result >>> 0;
  }

  /** The next `count` draws into `out`, from index 0; the same draws as `next` would give, ten times as fast. */
  fill(out: Uint32Array, count: number): void {
    let a = this.#a;
    let b = this.#b;
    let c = this.#c;
    let d = this.#d;
    for (let i = 0; i < count; i++) {
      const product = Math.imul(b, 5);
      out[i] = Math.imul((product << 7) | (product >>> 25), 9);
      const t = b << 9;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= t;
      d = (d << 11) | (d >>> 21);
    }
    this.#a = a;
    this.#b = b;
    this.#c = c;
    this.#d = d;
  }
}
