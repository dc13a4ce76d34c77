/**
 * The answers of a colo in memory that its nodes' threads share (cache mode `shared`): a bounded store of
 * octets (`answer-octets.ts`) that any of them reads and writes at any time.
 *
 * Memory is cut into sets of 32 chunks of 256 octets; the hash of a question says in which set its entry lies, and an entry
 * takes as many chunks of it as it needs. Each set has a lock, and makes room by SIEVE (`cache/sieve.ts`), the
 * queue of which is the order of the stamps that entries get when they come.
 *
 * Why locks, and no sequence locks: JavaScript's memory model promises nothing about plain reads beside plain
 * writes, so a reader of one could see anything, and hundreds of octets by Atomics cost more than taking a
 * lock. What is read and written between taking a lock and giving it back is ordered by the two Atomics, so
 * that nothing can be torn. Versions and marks of use are looked at without the lock, by Atomics alone; the small
 * tables in front (`front-table.ts`) need no more than that for a hit.
 *
 * A thread that is killed may take a lock with it: nobody waits for one longer than `NAPS` allows, and whoever
 * started the thread calls `release`, which empties the set.
 *
 * Limitations: an entry of more than `MAX_SHARED_ANSWER` octets is not held. Sets fill unevenly: one may push out
 * what another had room for.
 */

import {
  answerOctets,
  type HeldAnswer,
  keyOctets,
  readAnswer,
} from '../../resolver-core/cache/answer-octets.ts';
import type { CachedAnswer } from '../../resolver-core/cache/cached-answer.ts';
import type { AnswerStore, Place } from '../../resolver-core/cache/front-table.ts';
import { questionHash } from '../../resolver-core/cache/table.ts';
import { MAX_SHARED_ANSWER } from '../../resolver-core/limits.ts';
import type { Question } from '../../resolver-core/message.ts';
import type { Micros } from '../../resolver-core/time.ts';

const CHUNKS = 32;
const CHUNK_OCTETS = 256;
/** Of answers that take two chunks, a set has room for so many. */
const ANSWERS_PER_SET = 16;

/** Words at the beginning: counts of what happened. */
const EVICTED = 0;
const TOO_LARGE = 1;
const BUSY = 2;
const GLOBAL_WORDS = 16;

/** Words of a set. The lock holds the number of its owner, 0 when it is free. */
const LOCK = 0;
/** The stamp that the hand of SIEVE looks for next, and the one that the next entry gets. */
const HAND = 1;
const STAMP = 5;
/** Bits by chunk: in use; the first of an entry; asked for since the hand passed. */
const USED = 2;
const HEADS = 3;
const VISITED = 4;
/** By chunk, of those that are the first of an entry: hash of the question, version, octets of key and form … */
const HASH = 8;
const VERSION = HASH + CHUNKS;
const LENGTH = VERSION + CHUNKS;
/** … and of all, the next of the same entry. */
const NEXT = LENGTH + CHUNKS;
/** Of the first: when it came, in entries of the set. */
const CAME = NEXT + CHUNKS;
const SET_WORDS = CAME + CHUNKS;
/** With the last stamp a set begins anew, empty. */
const LAST_STAMP = 0x7fff_ffff;

/** Tries to take a lock before a nap: an entry is written in 1 to 5 us. */
const SPINS = 500;
/** Naps of a millisecond: long enough for a thread that lost its core to come back. */
const NAPS = 20;

export interface SharedAnswerCounts {
  readonly evicted: number;
  readonly tooLarge: number;
  /** Times that a lock could not be had. */
  readonly busy: number;
}

export class SharedAnswers implements AnswerStore {
  readonly memory: SharedArrayBuffer;
  readonly #owner: number;
  readonly #sets: number;
  readonly #words: Int32Array;
  readonly #octets: Uint8Array;

  /** Memory from `room`. `owner` is another positive number for each thread. */
  constructor(memory: SharedArrayBuffer, owner: number) {
    const perSet = SET_WORDS * 4 + CHUNKS * CHUNK_OCTETS;
    this.memory = memory;
    this.#owner = owner;
    this.#sets = Math.floor((memory.byteLength - GLOBAL_WORDS * 4) / perSet);
    const words = GLOBAL_WORDS + this.#sets * SET_WORDS;
    this.#words = new Int32Array(memory, 0, words);
    this.#octets = new Uint8Array(memory, words * 4);
  }

  /** Memory for about so many answers of up to 512 octets. */
  static room(answers: number): SharedArrayBuffer {
    const sets = Math.max(1, Math.ceil(answers / ANSWERS_PER_SET));
    return new SharedArrayBuffer(GLOBAL_WORDS * 4 + sets * (SET_WORDS * 4 + CHUNKS * CHUNK_OCTETS));
  }

  get size(): number {
    let size = 0;
    for (let set = 0; set < this.#sets; set++) {
      size += bitsOf(Atomics.load(this.#words, baseOf(set) + HEADS));
    }
    return size;
  }

  get counts(): SharedAnswerCounts {
    const [evicted, tooLarge, busy] = [EVICTED, TOO_LARGE, BUSY].map((index) =>
      Atomics.load(this.#words, index),
    ) as [number, number, number];
    return { evicted, tooLarge, busy };
  }

  get(question: Question, checkingDisabled: boolean): (HeldAnswer & Place) | null {
    const key = keyOctets(question, checkingDisabled);
    const hash = questionHash(question.name.hash, question.type, checkingDisabled);
    const set = this.#setOf(hash);
    const base = baseOf(set);
    if (!this.#lock(base)) return null;
    const head = this.#find(set, hash, key);
    if (head < 0) {
      this.#unlock(base);
      return null;
    }
    const octets = this.#read(set, head);
    const version = Atomics.load(this.#words, base + VERSION + head);
    Atomics.or(this.#words, base + VISITED, 1 << head);
    this.#unlock(base);
    const held = readAnswer(octets.subarray(key.length), checkingDisabled);
    return { ...held, cell: set * CHUNKS + head, version };
  }

  put(entry: CachedAnswer, quickUntil: Micros): Place | null {
    return this.#put(entry, quickUntil, null);
  }

  isCurrent(cell: number, version: number): boolean {
    const base = baseOf(Math.floor(cell / CHUNKS));
    const head = cell % CHUNKS;
    if (Atomics.load(this.#words, base + VERSION + head) !== version) return false;
    const bit = 1 << head;
    if ((Atomics.load(this.#words, base + VISITED) & bit) === 0) {
      Atomics.or(this.#words, base + VISITED, bit);
    }
    return true;
  }

  review(
    revise: (entry: CachedAnswer) => CachedAnswer,
    quickUntil: (entry: CachedAnswer) => Micros,
  ): void {
    for (let set = 0; set < this.#sets; set++) {
      for (const { octets, ...place } of this.#all(set)) {
        const checkingDisabled = octets[2] === 1;
        const { entry } = readAnswer(octets.subarray(keyLength(octets)), checkingDisabled);
        const revised = revise(entry);
        if (revised !== entry) this.#put(revised, quickUntil(revised), place);
      }
    }
  }

  clear(): void {
    for (let set = 0; set < this.#sets; set++) {
      const base = baseOf(set);
      if (!this.#lock(base)) continue; // whoever has it writes what is newer than this
      this.#empty(base);
      this.#unlock(base);
    }
  }

  /** Gives back what a thread that is no more had locked, and what it may have left half written. */
  release(owner: number): void {
    for (let set = 0; set < this.#sets; set++) {
      const base = baseOf(set);
      if (Atomics.load(this.#words, base + LOCK) !== owner) continue;
      this.#empty(base);
      this.#unlock(base);
    }
  }

  /** Every entry of a set. */
  #all(set: number): readonly (Place & { readonly octets: Uint8Array })[] {
    const base = baseOf(set);
    if (!this.#lock(base)) return [];
    const out: (Place & { readonly octets: Uint8Array })[] = [];
    const heads = Atomics.load(this.#words, base + HEADS);
    for (let head = 0; head < CHUNKS; head++) {
      if ((heads & (1 << head)) === 0) continue;
      const version = Atomics.load(this.#words, base + VERSION + head);
      out.push({ cell: set * CHUNKS + head, version, octets: this.#read(set, head) });
    }
    this.#unlock(base);
    return out;
  }

  /** `only`: nothing is done unless that version is still there. */
  #put(entry: CachedAnswer, quickUntil: Micros, only: Place | null): Place | null {
    const { question, checkingDisabled } = entry;
    const key = keyOctets(question, checkingDisabled);
    const form = answerOctets(entry, quickUntil);
    const length = key.length + (form?.length ?? 0);
    const hash = questionHash(question.name.hash, question.type, checkingDisabled);
    const set = this.#setOf(hash);
    const base = baseOf(set);
    if (!this.#lock(base)) return null;
    const before = this.#find(set, hash, key);
    const isOther = only !== null && !(before >= 0 && this.#isAt(only, set, before));
    let place: Place | null = null;
    if (!isOther) {
      if (before >= 0) this.#free(base, before);
      if (form === null || length > MAX_SHARED_ANSWER) Atomics.add(this.#words, TOO_LARGE, 1);
      else place = this.#write(set, hash, key, form);
    }
    this.#unlock(base);
    return place;
  }

  #isAt({ cell, version }: Place, set: number, head: number): boolean {
    const held = Atomics.load(this.#words, baseOf(set) + VERSION + head);
    return cell === set * CHUNKS + head && version === held;
  }

  // ---- within the lock of a set ----

  #write(set: number, hash: number, key: Uint8Array, form: Uint8Array): Place {
    const base = baseOf(set);
    const words = this.#words;
    const value = new Uint8Array(key.length + form.length);
    value.set(key);
    value.set(form, key.length);
    const chunks = Math.ceil(value.length / CHUNK_OCTETS);
    this.#makeRoom(base, chunks);
    let head = -1;
    let last = -1;
    let used = words[base + USED] as number;
    for (let at = 0; at < value.length; at += CHUNK_OCTETS) {
      const chunk = lowestFree(used);
      used |= 1 << chunk;
      const to = (set * CHUNKS + chunk) * CHUNK_OCTETS;
      this.#octets.set(value.subarray(at, at + CHUNK_OCTETS), to);
      if (last < 0) head = chunk;
      else words[base + NEXT + last] = chunk;
      last = chunk;
    }
    words[base + USED] = used;
    words[base + HASH + head] = hash;
    words[base + LENGTH + head] = value.length;
    words[base + CAME + head] = this.#stamp(base);
    Atomics.and(words, base + VISITED, ~(1 << head));
    Atomics.or(words, base + HEADS, 1 << head);
    const version = Atomics.add(words, base + VERSION + head, 1) + 1;
    return { cell: set * CHUNKS + head, version: version | 0 };
  }

  /** Lets entries go until so many chunks are free. */
  #makeRoom(base: number, chunks: number): void {
    const words = this.#words;
    if (words[base + STAMP] === LAST_STAMP) this.#empty(base);
    while (CHUNKS - bitsOf(words[base + USED] as number) < chunks) {
      const head = this.#underHand(base);
      if (head < 0) {
        words[base + HAND] = 0;
        continue;
      }
      words[base + HAND] = (words[base + CAME + head] as number) + 1;
      const isSpared = (Atomics.and(words, base + VISITED, ~(1 << head)) & (1 << head)) !== 0;
      if (isSpared) continue;
      this.#free(base, head);
      Atomics.add(words, EVICTED, 1);
    }
  }

  /** Of the entries that came no earlier than the hand says, the first; -1 when there is none. */
  #underHand(base: number): number {
    const words = this.#words;
    const heads = Atomics.load(words, base + HEADS);
    const hand = words[base + HAND] as number;
    let found = -1;
    let earliest = LAST_STAMP;
    for (let head = 0; head < CHUNKS; head++) {
      const came = words[base + CAME + head] as number;
      if ((heads & (1 << head)) === 0 || came < hand || came >= earliest) continue;
      found = head;
      earliest = came;
    }
    return found;
  }

  #stamp(base: number): number {
    const stamp = this.#words[base + STAMP] as number;
    this.#words[base + STAMP] = stamp + 1;
    return stamp;
  }

  #free(base: number, head: number): void {
    const words = this.#words;
    const chunks = Math.ceil((words[base + LENGTH + head] as number) / CHUNK_OCTETS);
    let used = words[base + USED] as number;
    for (let chunk = head, left = chunks; left > 0; left--) {
      used &= ~(1 << chunk);
      chunk = words[base + NEXT + chunk] as number;
    }
    words[base + USED] = used;
    Atomics.and(words, base + HEADS, ~(1 << head));
    Atomics.add(words, base + VERSION + head, 1);
  }

  #empty(base: number): void {
    const words = this.#words;
    words[base + USED] = 0;
    words[base + STAMP] = 0;
    words[base + HAND] = 0;
    Atomics.store(words, base + HEADS, 0);
    for (let chunk = 0; chunk < CHUNKS; chunk++) Atomics.add(words, base + VERSION + chunk, 1);
  }

  /** The first chunk of the entry with a key, or -1. */
  #find(set: number, hash: number, key: Uint8Array): number {
    const base = baseOf(set);
    const heads = Atomics.load(this.#words, base + HEADS);
    for (let head = 0; head < CHUNKS; head++) {
      if ((heads & (1 << head)) === 0 || this.#words[base + HASH + head] !== hash) continue;
      if (this.#hasKey(set, head, key)) return head;
    }
    return -1;
  }

  #hasKey(set: number, head: number, key: Uint8Array): boolean {
    let chunk = head;
    for (let i = 0; i < key.length; i++) {
      if (i === CHUNK_OCTETS) chunk = this.#words[baseOf(set) + NEXT + chunk] as number;
      const at = (set * CHUNKS + chunk) * CHUNK_OCTETS + (i % CHUNK_OCTETS);
      if (this.#octets[at] !== key[i]) return false;
    }
    return true;
  }

  #read(set: number, head: number): Uint8Array {
    const base = baseOf(set);
    const out = new Uint8Array(this.#words[base + LENGTH + head] as number);
    for (let at = 0, chunk = head; at < out.length; at += CHUNK_OCTETS) {
      const from = (set * CHUNKS + chunk) * CHUNK_OCTETS;
      const length = Math.min(CHUNK_OCTETS, out.length - at);
      out.set(this.#octets.subarray(from, from + length), at);
      chunk = this.#words[base + NEXT + chunk] as number;
    }
    return out;
  }

  #setOf(hash: number): number {
    return (hash >>> 0) % this.#sets;
  }

  #lock(base: number): boolean {
    const words = this.#words;
    for (let nap = 0; nap <= NAPS; nap++) {
      for (let spin = 0; spin < SPINS; spin++) {
        if (Atomics.compareExchange(words, base + LOCK, 0, this.#owner) === 0) return true;
      }
      Atomics.wait(words, base + LOCK, Atomics.load(words, base + LOCK), 1);
    }
    Atomics.add(words, BUSY, 1);
    return false;
  }

  #unlock(base: number): void {
    Atomics.store(this.#words, base + LOCK, 0);
  }
}

function baseOf(set: number): number {
  return GLOBAL_WORDS + set * SET_WORDS;
}

/** Octets of the key at the beginning of a value: type, validated or not, and a name. */
function keyLength(octets: Uint8Array): number {
  let at = 3;
  while (octets[at] !== 0) at += 1 + (octets[at] as number);
  return at + 1;
}

function lowestFree(used: number): number {
  return 31 - Math.clz32(~used & -~used);
}

function bitsOf(word: number): number {
  let v = word - ((word >>> 1) & 0x5555_5555);
  v = (v & 0x3333_3333) + ((v >>> 2) & 0x3333_3333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}
