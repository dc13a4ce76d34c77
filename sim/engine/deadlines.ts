/**
 * Deadlines that all lie the same delay ahead and are mostly void when they come: only the first of them
 * has a place in the event queue.
 */

import { DelayLine } from './delay-line.ts';
import type { EventQueue } from './queue.ts';

export class Deadlines<Load> {
  readonly #queue: EventQueue<Load>;
  readonly #kind: number;
  readonly #place: number;
  readonly #isWaitedFor: (item: number, sequence: number) => boolean;
  readonly #line = new DelayLine();

  /** Events of `kind` at `place` say that the first is due. */
  constructor(
    queue: EventQueue<Load>,
    kind: number,
    place: number,
    isWaitedFor: (item: number, sequence: number) => boolean,
  ) {
    this.#queue = queue;
    this.#kind = kind;
    this.#place = place;
    this.#isWaitedFor = isWaitedFor;
  }

  /** Instants must not descend. Returns the sequence number by which the deadline is known. */
  set(at: number, item: number): number {
    const sequence = this.#queue.reserve();
    this.#line.push(at, sequence, item);
    if (this.#line.size === 1) this.#schedule();
    return sequence;
  }

  /** Takes the first, which is due, and those behind it that are void; the item, or -1 when it was void. */
  take(): number {
    const line = this.#line;
    const { item, sequence } = line;
    line.shift();
    while (line.size > 0 && !this.#isWaitedFor(line.item, line.sequence)) line.shift();
    if (line.size > 0) this.#schedule();
    return this.#isWaitedFor(item, sequence) ? item : -1;
  }

  #schedule(): void {
    const { time, sequence } = this.#line;
    this.#queue.scheduleAs(sequence, time, this.#kind, this.#place, 0, null);
  }
}
