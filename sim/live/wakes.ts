/**
 * The `wake` effects of a node as timers of the machine. Those for an instant of `now` stand whatever
 * happens to the scenario's clock; those for an instant of the clock are void once that is set, and the
 * resolver asks for them anew.
 */

import type { Wake } from '../../resolver-core/events.ts';
import { MILLISECOND, type Micros } from '../../resolver-core/time.ts';
import type { LiveClock } from './clock.ts';

/** The longest that a timer of Node can wait, in milliseconds. */
const LONGEST_WAIT = 0x7fff_ffff;

export class Wakes {
  readonly #clock: LiveClock;
  readonly #wake: (timer: number) => void;
  readonly #timers = new Set<{ readonly time: Wake['time']; handle: NodeJS.Timeout }>();

  constructor(clock: LiveClock, wake: (timer: number) => void) {
    this.#clock = clock;
    this.#wake = wake;
  }

  /** Timers that are running. */
  get size(): number {
    return this.#timers.size;
  }

  /** `ahead`: how far the node's clock is ahead of the scenario's. */
  add({ time, timer, at }: Wake, ahead: Micros): void {
    const due = time === 'now' ? at : this.#clock.nowOf(at - ahead);
    if (due === Number.POSITIVE_INFINITY) return;
    // Timers of Node end up to a millisecond early, very long ones much earlier; and who is woken before the
    // time finds nothing to do, and does not ask again.
    const isDue = (): boolean => {
      const now = this.#clock.now();
      return time === 'now' ? now >= at : this.#clock.at(now) + ahead >= at;
    };
    const wait = (): NodeJS.Timeout => {
      const left = Math.ceil((due - this.#clock.now()) / MILLISECOND);
      return setTimeout(() => (isDue() ? end() : again()), Math.min(left, LONGEST_WAIT));
    };
    const running = { time, handle: wait() };
    const again = (): void => {
      running.handle = wait();
    };
    const end = (): void => {
      this.#timers.delete(running);
      this.#wake(timer);
    };
    this.#timers.add(running);
  }

  /** The scenario's clock was set. */
  clockSet(): void {
    this.#drop((time) => time === 'clock');
  }

  clear(): void {
    this.#drop(() => true);
  }

  #drop(isVoid: (time: Wake['time']) => boolean): void {
    for (const running of this.#timers) {
      if (!isVoid(running.time)) continue;
      clearTimeout(running.handle);
      this.#timers.delete(running);
    }
  }
}
