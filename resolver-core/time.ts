/**
 * The two times of the core (both handed in by the driver, never read from the machine).
 *
 * `now` is the driver's monotonic time: round trips, retransmission and other timers are measured
 * on it. `clock` is the time that the simulated world believes in: TTLs, signature windows, failure
 * caching. They run together in virtual time and apart under a live server with a scaled clock.
 */

/** Microseconds, always an integer. As an instant on the clock: microseconds since 1970-01-01T00:00Z. */
export type Micros = number;

export const MILLISECOND: Micros = 1_000;
export const SECOND: Micros = 1_000_000;
export const MINUTE: Micros = 60 * SECOND;
export const HOUR: Micros = 60 * MINUTE;
export const DAY: Micros = 24 * HOUR;

/** Whole seconds since 1970 of an instant: what an RRSIG's inception and expiration are compared with. */
export function epochSeconds(clock: Micros): number {
  return Math.floor(clock / SECOND);
}
