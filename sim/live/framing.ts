/**
 * Messages out of a TCP stream, however it is cut into pieces: two octets of length before each (RFC 1035
 * section 4.2.2, RFC 7766 section 8). Pure. Memory: the largest message and what one reading brings.
 */

import { MAX_MESSAGE_OCTETS } from '../../resolver-core/limits.ts';

const LENGTH_OCTETS = 2;
/** Room at the start: most messages of a client are short. */
const FIRST_ROOM = 512;

export class Framing {
  #octets: Uint8Array = new Uint8Array(0);
  #from = 0;
  #to = 0;

  /** What came and was not yet given out. */
  get buffered(): number {
    return this.#to - this.#from;
  }

  /** Takes what the stream brings next; a copy. */
  push(piece: Uint8Array): void {
    if (this.#to + piece.length > this.#octets.length) this.#makeRoom(piece.length);
    this.#octets.set(piece, this.#to);
    this.#to += piece.length;
  }

  /** The next whole message, which is the caller's; null when there is none yet. */
  next(): Uint8Array | null {
    if (this.buffered < LENGTH_OCTETS) return null;
    const at = this.#from;
    const length = ((this.#octets[at] as number) << 8) | (this.#octets[at + 1] as number);
    if (this.buffered < LENGTH_OCTETS + length) return null;
    this.#from = at + LENGTH_OCTETS + length;
    return this.#octets.slice(at + LENGTH_OCTETS, this.#from);
  }

  /** Moves what is left to the front, of an array that doubles: dripping octets costs no more than pouring. */
  #makeRoom(more: number): void {
    const kept = this.#octets.subarray(this.#from, this.#to);
    const needed = kept.length + more;
    let size = Math.max(FIRST_ROOM, this.#octets.length);
    while (size < needed) size *= 2;
    // An array that one large message made large does not stay so.
    if (needed < FIRST_ROOM && size > MAX_MESSAGE_OCTETS) size = FIRST_ROOM;
    const octets = size === this.#octets.length ? this.#octets : new Uint8Array(size);
    if (octets === this.#octets) octets.copyWithin(0, this.#from, this.#to);
    else octets.set(kept);
    this.#octets = octets;
    this.#to = kept.length;
    this.#from = 0;
  }
}

/** A message with its length before it, as one piece, so that it leaves in one segment (RFC 7766 section 8). */
export function framed(message: Uint8Array): Uint8Array {
  const out = new Uint8Array(LENGTH_OCTETS + message.length);
  out[0] = message.length >>> 8;
  out[1] = message.length;
  out.set(message, LENGTH_OCTETS);
  return out;
}
