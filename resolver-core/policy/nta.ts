/**
 * Negative trust anchors (RFC 7646): names at and below which the operator has validation switched off for
 * a while, until they are lifted, their life is over, or a re-check finds that the name validates again.
 *
 * A re-check asks for NSEC at the name (as BIND does: the answer, or the proof that there is none, is
 * signed by the zone itself) with empty caches and without negative anchors. Any answer that is not a
 * failure lifts the anchor (RFC 7646 section 2.1). Here is the schedule; the asking is the facade's
 * business (`resolver.ts`).
 *
 * Limitations: no draws: all nodes that were given an anchor at one instant check again at one instant.
 */

import { MAX_NEGATIVE_ANCHOR_LIFETIME } from '../limits.ts';
import type { Question } from '../message.ts';
import type { Name } from '../name/name.ts';
import { type Micros, SECOND } from '../time.ts';
import { TYPE } from '../wire/iana.ts';

export interface NegativeAnchor {
  readonly zone: Name;
  /** Seconds, at most a week. */
  readonly lifetime: number;
  /** Seconds between re-checks; null: none (BIND's `-force`). */
  readonly recheck: number | null;
  /** Say with EDE 33 that an answer was not validated because of it. */
  readonly explain: boolean;
}

/** As BIND has it: an hour, every five minutes, explained (9.21). */
export const DEFAULT_NEGATIVE_ANCHOR: Omit<NegativeAnchor, 'zone'> = {
  lifetime: 3600,
  recheck: 300,
  explain: true,
};

/** A re-check that is due. */
export interface Recheck {
  readonly zone: Name;
  /** Counted from 0 for each anchor. */
  readonly round: number;
}

/** What a re-check asks for. */
export function recheckQuestion(zone: Name): Question {
  return { name: zone, type: TYPE.NSEC };
}

interface Held {
  readonly anchor: NegativeAnchor;
  readonly endsAt: Micros;
  recheckAt: Micros;
  rounds: number;
}

const NEVER = Number.POSITIVE_INFINITY;

export class NegativeAnchors {
  readonly #held = new Map<string, Held>();

  /**
   * Puts an anchor in place of any for the same name, with a life that begins now. Throws a RangeError when
   * that is longer than a week.
   */
  add(anchor: NegativeAnchor, clock: Micros): void {
    const { zone, lifetime, recheck } = anchor;
    if (!(lifetime > 0 && lifetime <= MAX_NEGATIVE_ANCHOR_LIFETIME)) {
      throw new RangeError(`a negative trust anchor lives up to a week, not ${lifetime} s`);
    }
    if (recheck !== null && !(recheck > 0)) {
      throw new RangeError(`a negative trust anchor is not checked every ${recheck} s`);
    }
    const endsAt = clock + lifetime * SECOND;
    const recheckAt = recheck === null ? NEVER : clock + recheck * SECOND;
    this.#held.set(zone.key, { anchor, endsAt, recheckAt, rounds: 0 });
  }

  /** False when there was none. */
  remove(zone: Name): boolean {
    return this.#held.delete(zone.key);
  }

  has(zone: Name): boolean {
    return this.#held.has(zone.key);
  }

  get all(): readonly NegativeAnchor[] {
    return [...this.#held.values()].map(({ anchor }) => anchor);
  }

  /** When the next anchor ends or is checked again; infinity when there is none. */
  get dueAt(): Micros {
    let first = NEVER;
    for (const { endsAt, recheckAt } of this.#held.values()) {
      first = Math.min(first, endsAt, recheckAt);
    }
    return first;
  }

  /** The names of anchors whose life is over; they are still here. */
  over(clock: Micros): readonly Name[] {
    return [...this.#held.values()]
      .filter(({ endsAt }) => clock >= endsAt)
      .map(({ anchor }) => anchor.zone);
  }

  /** The re-checks that are due, taken: each next one is an interval from now. */
  takeRechecks(clock: Micros): readonly Recheck[] {
    const out: Recheck[] = [];
    for (const held of this.#held.values()) {
      if (clock < held.recheckAt) continue;
      held.recheckAt = clock + (held.anchor.recheck ?? NEVER) * SECOND;
      out.push({ zone: held.anchor.zone, round: held.rounds++ });
    }
    return out;
  }
}
