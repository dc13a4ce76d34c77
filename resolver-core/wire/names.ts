/**
 * Names in a message, with compression (RFC 1035 section 4.1.4): expanded under hard bounds.
 *
 * Pointers lead strictly backwards from the start of the run of labels that they end, so no chain
 * of them can loop; hops per name and work per message are bounded besides. Cost: about 5 ns per
 * octet of a name seen for the first time, one map lookup for a pointer to a name already read.
 */

import { MAX_NAME_WORK, MAX_POINTER_HOPS, NAME_WORK_PER_LABEL } from '../limits.ts';
import { MAX_NAME_OCTETS, Name } from '../name/name.ts';
import { failure, type ReadFailure, type ReadFailureCode } from './failure.ts';

const HEADER_OCTETS = 12;

/** Filled and emptied within one call. */
const scratch = new Uint8Array(MAX_NAME_OCTETS);

/** Reads the names of one message, and keeps its account of work. */
export class NameReader {
  readonly octets: Uint8Array;
  /** Offset behind the name last read, where it stands in the message. */
  end: number;
  /** Why the last call failed. */
  failure: ReadFailure | undefined;
  #work: number;
  readonly #names: Map<number, Name>;

  constructor(octets: Uint8Array) {
    this.octets = octets;
    this.end = 0;
    this.failure = undefined;
    this.#work = MAX_NAME_WORK;
    this.#names = new Map();
  }

  /** The name at `at`; undefined on failure. Pointers to one place give one `Name` object. */
  name(at: number): Name | undefined {
    const first = this.octets[at] as number;
    if (first === 0) {
      this.end = at + 1;
      return Name.root;
    }
    let start = at;
    if (first >= 0xc0) {
      start = ((first & 0x3f) << 8) | (this.octets[at + 1] as number);
      const known = this.#names.get(start);
      if (known !== undefined) {
        this.end = at + 2;
        return known;
      }
    }
    const length = this.expand(at, scratch, 0);
    if (length < 0) return undefined;
    const name = length === 1 ? Name.root : Name.fromKey(foldedKey(length - 1));
    this.#names.set(start, name);
    return name;
  }

  /**
   * Expands the name at `start` into `out` from `to` on, case kept, root label included. Returns its
   * length in octets, or -1 on failure; `out` has room for 255 octets behind `to`.
   */
  expand(start: number, out: Uint8Array, to: number): number {
    const octets = this.octets;
    let at = start;
    let runStart = start;
    let length = 0;
    let hops = 0;
    let labels = 0;
    let end = -1;
    for (;;) {
      if (at >= octets.length) return this.#fail('truncated', at);
      const label = octets[at] as number;
      if (label === 0) break;
      if (label < 0x40) {
        if (at + label >= octets.length) return this.#fail('truncated', at);
        if (length + label + 2 > MAX_NAME_OCTETS) return this.#fail('name-too-long', start);
        for (let i = 0; i <= label; i++) out[to + length + i] = octets[at + i] as number;
        length += label + 1;
        labels++;
        at += label + 1;
      } else if (label >= 0xc0) {
        if (at + 1 >= octets.length) return this.#fail('truncated', at);
        const target = ((label & 0x3f) << 8) | (octets[at + 1] as number);
        if (target >= runStart) return this.#fail('pointer-not-backward', at);
        if (target < HEADER_OCTETS) return this.#fail('pointer-into-header', at);
        if (++hops > MAX_POINTER_HOPS) return this.#fail('pointer-hops', start);
        if (end < 0) end = at + 2;
        at = target;
        runStart = target;
      } else {
        return this.#fail('label-type', at);
      }
    }
    out[to + length] = 0;
    this.end = end < 0 ? at + 1 : end;
    this.#work -= length + (labels + hops) * NAME_WORK_PER_LABEL;
    if (this.#work < 0) return this.#fail('name-work', start);
    return length + 1;
  }

  #fail(code: ReadFailureCode, offset: number): -1 {
    this.failure = failure(code, offset);
    return -1;
  }
}

/** ASCII folding; length octets are at most 63 and never letters. */
function foldedKey(length: number): string {
  for (let i = 0; i < length; i++) {
    const octet = scratch[i] as number;
    if (octet >= 0x41 && octet <= 0x5a) scratch[i] = octet + 0x20;
  }
  return octetsKey(scratch, length);
}

function octetsKey(octets: Uint8Array, length: number): string {
  return String.fromCharCode.apply(null, octets.subarray(0, length) as unknown as number[]);
}
