/**
 * The output of the writer, and name compression in it (RFC 1035 section 4.1.4).
 *
 * Suffixes already written lie in a small hash table of offsets; they match octet by octet, case
 * included, so that no RDATA changes its case. Table and probes are bounded: a suffix without a slot
 * is written out in full, which is always correct. Cost: about 5 ns per octet of a name.
 */

import { COMPRESSION_PROBES, COMPRESSION_SLOTS } from '../limits.ts';

/** Offsets behind this do not fit into a pointer. */
const POINTER_LIMIT = 0x4000;
const MAX_LABELS = 127;

export class Output {
  octets: Uint8Array = new Uint8Array(4_096);
  at = 0;
  readonly #offsets = new Uint16Array(COMPRESSION_SLOTS);
  readonly #hashes = new Int32Array(COMPRESSION_SLOTS);
  readonly #starts = new Int32Array(MAX_LABELS + 1);
  readonly #labelHashes = new Int32Array(MAX_LABELS + 1);

  /** Empties the output; `at` is where writing begins. */
  reset(at: number): void {
    this.at = at;
    this.#offsets.fill(0);
  }

  /** Makes room for `count` more octets. */
  reserve(count: number): void {
    const needed = this.at + count;
    if (needed <= this.octets.length) return;
    const grown = new Uint8Array(Math.max(needed, this.octets.length * 2));
    grown.set(this.octets);
    this.octets = grown;
  }

  u8(value: number): void {
    this.octets[this.at++] = value;
  }

  u16(value: number): void {
    this.octets[this.at++] = value >>> 8;
    this.octets[this.at++] = value;
  }

  u32(value: number): void {
    this.u16(value >>> 16);
    this.u16(value & 0xffff);
  }

  /** `source` from `from` up to `to`. */
  copy(source: Uint8Array, from: number, to: number): void {
    const { octets } = this;
    if (to - from > 32) {
      octets.set(source.subarray(from, to), this.at);
      this.at += to - from;
    } else {
      for (let i = from; i < to; i++) octets[this.at++] = source[i] as number;
    }
  }

  /**
   * Writes the name at `from`, compressed. Returns the offset under which the whole name can be
   * pointed at from now on, or 0 when there is none (the root, or too far into the message). The
   * name is well formed.
   */
  name(wire: Uint8Array, from: number): number {
    const starts = this.#starts;
    let labels = 0;
    let end = from;
    while (wire[end] !== 0) {
      starts[labels++] = end;
      end += (wire[end] as number) + 1;
    }
    this.#hash(wire, labels, end);
    const hashes = this.#labelHashes;
    let target = 0;
    let own = 0;
    for (; own < labels; own++) {
      target = this.#find(hashes[own] as number, wire, starts[own] as number);
      if (target !== 0) break;
    }
    const begin = this.at;
    for (let i = 0; i < own; i++) {
      this.#remember(hashes[i] as number, begin + (starts[i] as number) - from);
    }
    this.copy(wire, from, own < labels ? (starts[own] as number) : end);
    if (target !== 0) this.u16(0xc000 | target);
    else this.octets[this.at++] = 0;
    if (own === 0) return target;
    return begin < POINTER_LIMIT ? begin : 0;
  }

  /** Hashes every suffix, from the right (FNV-1a over the octets, length octets included). */
  #hash(wire: Uint8Array, labels: number, end: number): void {
    let hash = 0x811c9dc5 | 0;
    let at = end - 1;
    for (let i = labels - 1; i >= 0; i--) {
      const start = this.#starts[i] as number;
      for (; at >= start; at--) hash = Math.imul(hash ^ (wire[at] as number), 0x01000193);
      this.#labelHashes[i] = hash;
    }
  }

  #find(hash: number, wire: Uint8Array, from: number): number {
    let slot = slotOf(hash);
    for (let i = 0; i < COMPRESSION_PROBES; i++) {
      const offset = this.#offsets[slot] as number;
      if (offset === 0) return 0;
      if (this.#hashes[slot] === hash && this.#sameName(offset, wire, from)) return offset;
      slot = (slot + 1) & (COMPRESSION_SLOTS - 1);
    }
    return 0;
  }

  #remember(hash: number, offset: number): void {
    if (offset >= POINTER_LIMIT) return;
    let slot = slotOf(hash);
    for (let i = 0; i < COMPRESSION_PROBES; i++) {
      if (this.#offsets[slot] === 0) {
        this.#offsets[slot] = offset;
        this.#hashes[slot] = hash;
        return;
      }
      slot = (slot + 1) & (COMPRESSION_SLOTS - 1);
    }
  }

  /** Whether the name written at `offset`, pointers followed, is the one at `from`. */
  #sameName(offset: number, wire: Uint8Array, from: number): boolean {
    const { octets } = this;
    let at = offset;
    let other = from;
    for (;;) {
      const label = octets[at] as number;
      if (label >= 0xc0) {
        at = ((label & 0x3f) << 8) | (octets[at + 1] as number);
        continue;
      }
      if (label !== wire[other]) return false;
      if (label === 0) return true;
      for (let i = 1; i <= label; i++) if (octets[at + i] !== wire[other + i]) return false;
      at += label + 1;
      other += label + 1;
    }
  }
}

function slotOf(hash: number): number {
  return (hash ^ (hash >>> 15)) & (COMPRESSION_SLOTS - 1);
}
