/**
 * The infrastructure cache: what is known of each upstream server address, its round trip time and
 * its silence. Estimator after Jacobson as Unbound uses it: srtt += d/8, rttvar += (|d|-rttvar)/4,
 * timeout = srtt + 4 rttvar within bounds, doubled by each timeout in a row (RFC 6298 section 5.5).
 */

import type { ServerAddress } from '../events.ts';
import {
  MAX_SERVER_TIMEOUT,
  MAX_SERVERS,
  MIN_SERVER_TIMEOUT,
  SERVER_DOWN_TIME,
} from '../limits.ts';
import type { Micros } from '../time.ts';
import { TYPE } from '../wire/iana.ts';

/** An address together with what is known of it: who holds the one has the other, in the table or not. */
class Server implements ServerAddress {
  readonly index: number;
  readonly text: string;
  readonly family: 4 | 6;
  readonly hash: number;
  /** Spared by the next eviction pass. */
  visited = false;
  /** Microseconds, fractions kept; -1 before the first response. */
  srtt = -1;
  rttvar = 0;
  timeoutsInARow = 0;
  /** One of them was for another type than AAAA. */
  isSilent = false;
  /** When the timeout was last doubled: queries sent before that tell nothing new by their silence. */
  backedOffAt: Micros = Number.NEGATIVE_INFINITY;
  /** Not asked before this instant of `now`. */
  downUntil: Micros = 0;

  constructor(index: number, text: string, family: 4 | 6) {
    this.index = index;
    this.text = text;
    this.family = family;
    this.hash = hashOf(text);
  }
}

export class ServerTable {
  readonly #byText = new Map<string, Server>();
  readonly #initialTimeout: Micros;
  readonly #capacity: number;
  #nextIndex = 0;

  constructor(initialTimeout: Micros, capacity: number = MAX_SERVERS) {
    this.#initialTimeout = initialTimeout;
    this.#capacity = capacity;
  }

  /** Addresses held. */
  get size(): number {
    return this.#byText.size;
  }

  /** The one object for an address, as long as it is held. */
  intern(text: string, family: 4 | 6): ServerAddress {
    const known = this.#byText.get(text);
    if (known !== undefined) {
      known.visited = true;
      return known;
    }
    if (this.#byText.size >= this.#capacity) this.#evict();
    const server = new Server(this.#nextIndex++, text, family);
    this.#byText.set(text, server);
    return server;
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
    state.isSilent = false;
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

  /**
   * A query for `type` sent at `askedAt` was not answered in time. Some servers never answer for AAAA (RFC
   * 4074 section 4.1): that alone does not make them down.
   */
  timedOut(server: ServerAddress, type: number, askedAt: Micros, now: Micros): void {
    const state = this.#state(server);
    if (type !== TYPE.AAAA) state.isSilent = true;
    if (askedAt < state.backedOffAt) return;
    state.backedOffAt = now;
    state.timeoutsInARow++;
    if (state.isSilent && this.timeout(server) >= MAX_SERVER_TIMEOUT) {
      state.downUntil = now + SERVER_DOWN_TIME;
    }
  }

  /** Every address comes from here. */
  #state(server: ServerAddress): Server {
    return server as Server;
  }

  /** Second chance in order of insertion (a Map keeps it); an address met again goes to the end once. */
  #evict(): void {
    for (const [text, server] of this.#byText) {
      this.#byText.delete(text);
      if (!server.visited) return;
      server.visited = false;
      this.#byText.set(text, server);
    }
  }
}

/** FNV-1a: the same for an address wherever and whenever it was first met. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
