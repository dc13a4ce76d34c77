/**
 * Future events with their payload: an `EventHeap` of keys and slots, and beside it what each slot
 * means, in parallel arrays, so that an event costs no object. Events that are made in the order in which
 * they fall due may wait in a line instead, without the heap. `take` moves the first event into the
 * fields of the queue, to be read before the next call.
 */

import { EventLine } from './event-line.ts';
import { EventHeap } from './heap.ts';

export class EventQueue<Load> {
  readonly #heap = new EventHeap();
  readonly #line = new EventLine<Load>();
  #kinds = new Uint8Array(1024);
  #places = new Int32Array(1024);
  #ids = new Int32Array(1024);
  readonly #loads: (Load | null)[] = [];
  readonly #free: number[] = [];
  #slots = 0;
  #sequence = 0;

  /** The event last taken. */
  time = 0;
  kind = 0;
  place = 0;
  id = 0;
  load: Load | null = null;

  /** When the first event is due; Infinity when there is none. */
  get nextTime(): number {
    return Math.min(this.#heap.nextTime, this.#line.nextTime);
  }

  get size(): number {
    return this.#heap.size + this.#line.size;
  }

  /** A sequence number for an event that is scheduled later with `scheduleAs`, in the order of now. */
  reserve(): number {
    return this.#sequence++;
  }

  /** `kind` below 256; `place` and `id` are the caller's 32-bit words. */
  schedule(time: number, kind: number, place: number, id: number, load: Load | null): void {
    this.scheduleAs(this.#sequence++, time, kind, place, id, load);
  }

  scheduleAs(
    sequence: number,
    time: number,
    kind: number,
    place: number,
    id: number,
    load: Load | null,
  ): void {
    const slot = this.#free.pop() ?? this.#newSlot();
    this.#kinds[slot] = kind;
    this.#places[slot] = place;
    this.#ids[slot] = id;
    this.#loads[slot] = load;
    this.#heap.push(time, sequence, slot);
  }

  /** As `schedule`, for events whose times never descend. */
  scheduleInLine(time: number, kind: number, place: number, id: number, load: Load | null): void {
    this.#line.push(time, this.#sequence++, kind, place, id, load);
  }

  /** Takes the first event out into the fields; false when there is none. */
  take(): boolean {
    if (this.#line.size > 0 && this.#isLineFirst()) {
      this.#line.takeInto(this);
      return true;
    }
    this.time = this.#heap.nextTime;
    const slot = this.#heap.pop();
    if (slot < 0) return false;
    this.kind = this.#kinds[slot] as number;
    this.place = this.#places[slot] as number;
    this.id = this.#ids[slot] as number;
    this.load = this.#loads[slot] as Load | null;
    this.#loads[slot] = null;
    this.#free.push(slot);
    return true;
  }

  #isLineFirst(): boolean {
    const time = this.#line.nextTime;
    const other = this.#heap.nextTime;
    return time < other || (time === other && this.#line.nextSequence < this.#heap.nextSequence);
  }

  #newSlot(): number {
    const slot = this.#slots++;
    if (slot === this.#kinds.length) {
      this.#kinds = grown(this.#kinds, new Uint8Array(slot * 2));
      this.#places = grown(this.#places, new Int32Array(slot * 2));
      this.#ids = grown(this.#ids, new Int32Array(slot * 2));
    }
    return slot;
  }
}

function grown<T extends Uint8Array | Int32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
