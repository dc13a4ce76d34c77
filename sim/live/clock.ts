/**
 * The two times of a live cluster (docs/design.md, "The seam"), the same on all of its threads. `now` is the
 * machine's monotonic clock, moved so that it goes on from the virtual run that the caches were taken from;
 * `clock` is the scenario's time, which may stand still, run faster, and be set.
 */

import { MILLISECOND, type Micros } from '../../resolver-core/time.ts';

/** How the scenario's clock goes from an instant on; plain data, the same for every thread. */
export interface ClockSetting {
  /** Added to the machine's monotonic clock it is `now`. */
  readonly nowOrigin: Micros;
  /** At this `now` … */
  readonly since: Micros;
  /** … the scenario's clock shows this, and from there … */
  readonly clock: Micros;
  /** … it goes this many times as fast as `now`; 0: it stands still. */
  readonly speed: number;
}

/** Microseconds of a clock that never goes back and that all threads of the machine share. */
export function monotonic(): Micros {
  return Number(process.hrtime.bigint() / 1000n);
}

/** Asking `performance` is ten times as cheap as asking `process.hrtime`. */
const THREAD_ORIGIN: Micros = monotonic() - Math.floor(performance.now() * MILLISECOND);

/** The setting of a clock that shows `clock` at once, with `now` equal to it. */
export function startingAt(clock: Micros, speed: number): ClockSetting {
  return { nowOrigin: clock - monotonic(), since: clock, clock, speed };
}

export class LiveClock {
  #setting: ClockSetting;
  /** `now` minus what `performance` says. */
  #offset: Micros;

  constructor(setting: ClockSetting) {
    this.#setting = setting;
    this.#offset = setting.nowOrigin + THREAD_ORIGIN;
  }

  get setting(): ClockSetting {
    return this.#setting;
  }

  now(): Micros {
    return Math.floor(performance.now() * MILLISECOND) + this.#offset;
  }

  /** What the scenario's clock shows at a `now`. */
  at(now: Micros): Micros {
    const { since, clock, speed } = this.#setting;
    return clock + Math.floor((now - since) * speed);
  }

  /** The `now` at which the scenario's clock will show an instant; infinite when it stands still. */
  nowOf(clock: Micros): Micros {
    const { since, clock: from, speed } = this.#setting;
    return speed === 0 ? Number.POSITIVE_INFINITY : since + Math.ceil((clock - from) / speed);
  }

  /**
   * Goes on by another setting; true when that sets the scenario's clock back: at the instant from which it
   * holds, however late it is heard of.
   */
  set(setting: ClockSetting): boolean {
    const before = this.at(setting.since);
    this.#setting = setting;
    this.#offset = setting.nowOrigin + THREAD_ORIGIN;
    return setting.clock < before;
  }

  /** The setting with another speed, or another time, from `now` on. */
  changed(change: { readonly clock?: Micros; readonly speed?: number }): ClockSetting {
    const now = this.now();
    const { nowOrigin, speed } = this.#setting;
    const clock = change.clock ?? this.at(now);
    return { nowOrigin, since: now, clock, speed: change.speed ?? speed };
  }
}
