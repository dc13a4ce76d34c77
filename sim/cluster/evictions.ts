/**
 * What the answer tables of one colo have no room for within the counted window: in which state an entry
 * has to go, how long after its TTL, and how long after it was stored. One object serves all nodes.
 *
 * Times are kept of questions of the catalogue alone: a name that is asked for once is of no use to
 * anybody who comes later, fresh or stale. Copies of what another node owns are counted apart: what is
 * stale is given by the owner.
 */

import { type CachedAnswer, isFailure } from '../../resolver-core/cache/cached-answer.ts';
import type { ResolverConfig } from '../../resolver-core/config.ts';
import { allowsStale } from '../../resolver-core/policy/stale.ts';
import { type Micros, SECOND } from '../../resolver-core/time.ts';
import type { Plan } from '../plan.ts';
import type { EvictionCounts } from '../result.ts';
import { ValueCounts } from './values.ts';

const PAST_EXPIRY = 0;
const USABLE_FOR = 1;
const SINCE_STORED = 2;

export class EvictionTally {
  /** When it is, and what the clock of the node shows that is at work; set at each event. */
  at: Micros = Number.NEGATIVE_INFINITY;
  clock: Micros = Number.NEGATIVE_INFINITY;
  readonly #time: Plan['time'];
  readonly #values = new ValueCounts(3);
  #fresh = 0;
  #usable = 0;
  #expired = 0;
  #failures = 0;
  #copies = 0;

  constructor(time: Plan['time']) {
    this.#time = time;
  }

  /** An entry has to go; `isBound` when its question is one of the catalogue. */
  count(evicted: CachedAnswer, isBound: boolean, config: ResolverConfig): void {
    if (!this.#isCounted) return;
    const { clock } = this;
    const given = evicted.failure?.stale ?? evicted;
    // What was flushed holds nothing, and was stored at no time.
    if (isFailure(given) || !Number.isFinite(given.storedAt)) {
      this.#failures++;
      return;
    }
    const isFresh = clock < given.expiresAt;
    if (isFresh) this.#fresh++;
    else if (allowsStale(evicted, config, clock)) this.#usable++;
    else this.#expired++;
    if (!isBound) return;
    const { serveStale } = config;
    const past = seconds(clock - given.expiresAt);
    this.#values.add(SINCE_STORED, seconds(clock - evicted.storedAt), 1);
    if (!isFresh) this.#values.add(PAST_EXPIRY, past, 1);
    if (serveStale !== null) this.#values.add(USABLE_FOR, Math.min(past, serveStale.maxStale), 1);
  }

  /** A node has no room for what another one owns. */
  countCopy(): void {
    if (this.#isCounted) this.#copies++;
  }

  get #isCounted(): boolean {
    return this.at >= this.#time.from && this.at < this.#time.to;
  }

  result(): EvictionCounts {
    return {
      copies: this.#copies,
      fresh: this.#fresh,
      usable: this.#usable,
      expired: this.#expired,
      failures: this.#failures,
      pastExpiry: this.#rows(PAST_EXPIRY),
      usableFor: this.#rows(USABLE_FOR),
      sinceStored: this.#rows(SINCE_STORED),
    };
  }

  #rows(row: number): Float64Array {
    const out: number[] = [];
    this.#values.each(row, (value, count) => out.push(value, count));
    return Float64Array.from(out);
  }
}

function seconds(span: Micros): number {
  return Math.max(0, Math.floor(span / SECOND));
}
