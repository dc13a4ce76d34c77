/**
 * The infrastructure cache: what is known of each upstream server address, its round trip time and
 * its silence. Estimator after Jacobson as Unbound uses it: srtt += d/8, rttvar += (|d|-rttvar)/4,
 * timeout = srtt + 4 rttvar within bounds, doubled by each timeout in a row (RFC 6298 section 5.5).
 */

import type { ServerAddress } from '../events.ts';
import { MAX_SERVER_TIMEOUT, MIN_SERVER_TIMEOUT, SERVER_DOWN_TIME } from '../limits.ts';
import type { Micros } from '../time.ts';

interface ServerState {
  /** Microseconds, fractions kept; -1 before the first response. */
  srtt: number;
  rttvar: number;
  timeoutsInARow: number;
  /** When the timeout was last doubled: queries sent before that tell nothing new by their silence. */
  backedOffAt: Micros;
  /** Not asked before this instant of `now`. */
  downUntil: Micros;
}

export class ServerTable {
  readonly #byText = new Map<string, ServerAddress>();
  readonly #states: ServerState[] = [];
  readonly #initialTimeout: Micros;

  constructor(initialTimeout: Micros) {
    this.#initialTimeout = initialTimeout;
  }

  /** The one object for an address. */
  intern(text: string, family: 4 | 6): ServerAddress {
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    const address: ServerAddress = { index: this.#states.length, text, family, hash: hashOf(text) };
    this.#byText.set(text, address);
    this.#states.push({
      srtt: -1,
      rttvar: 0,
      timeoutsInARow: 0,
      backedOffAt: Number.NEGATIVE_INFINITY,
      downUntil: 0,
    });
    return address;
  }

  /** Smoothed round trip, or -1 for a server never heard of. */
  roundTrip(server: ServerAddress): number {
    return this.#state(server).srtt;
  }

  /** The score to choose by: the round trip, made worse by timeouts in a row. */
  score(server: ServerAddress): number {
    const state = this.#state(server);
    return state.timeoutsInARow === 0 ? state.srtt : this.timeout(server);
  }

  isDown(server: ServerAddress, now: Micros): boolean {
    return this.#state(server).downUntil > now;
  }

  /** How long to wait for the next response of this server. */
  timeout(server: ServerAddress): Micros {
    const state = this.#state(server);
    let base = state.srtt < 0 ? this.#initialTimeout : Math.floor(state.srtt + 4 * state.rttvar);
    if (base < MIN_SERVER_TIMEOUT) base = MIN_SERVER_TIMEOUT;
    for (let i = 0; i < state.timeoutsInARow && base < MAX_SERVER_TIMEOUT; i++) base *= 2;
    return Math.min(base, MAX_SERVER_TIMEOUT);
  }

  answered(server: ServerAddress, elapsed: Micros): void {
    const state = this.#state(server);
    state.timeoutsInARow = 0;
    state.downUntil = 0;
    if (state.srtt < 0) {
      state.srtt = elapsed;
      state.rttvar = elapsed / 2;
      return;
    }
    const error = elapsed - state.srtt;
    state.srtt += error / 8;
    state.rttvar += ((error < 0 ? -error : error) - state.rttvar) / 4;
  }

  /** A query sent at `askedAt` was not answered in time. */
  timedOut(server: ServerAddress, askedAt: Micros, now: Micros): void {
    const state = this.#state(server);
    if (askedAt < state.backedOffAt) return;
    state.backedOffAt = now;
    state.timeoutsInARow++;
    if (this.timeout(server) >= MAX_SERVER_TIMEOUT) state.downUntil = now + SERVER_DOWN_TIME;
  }

  #state(server: ServerAddress): ServerState {
    return this.#states[server.index] as ServerState;
  }
}

/** FNV-1a: the same for an address wherever and whenever it was first met. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
