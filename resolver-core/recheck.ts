/**
 * Re-checks of negative trust anchors (RFC 7646 section 2.1): whether a name would validate without its
 * anchor. What is cached was obtained under the anchor, or is what the anchor was set for; so each re-check
 * is made by a resolver of its own, with the trust anchors of the node and nothing cached, whose queries
 * the node sends as its own.
 *
 * Transactions of re-checks count down from -1, those of the node count up.
 */

import { isFailure } from './cache/cached-answer.ts';
import type { Ask, DrawKey, Effect, ResolverEvent } from './events.ts';
import type { Message } from './message.ts';
import type { Name } from './name/name.ts';
import { recheckQuestion } from './policy/nta.ts';
import { NO_TAGS } from './policy/phases.ts';
import type { Micros } from './time.ts';

/** The resolver of one re-check. */
export interface Checker {
  handle(event: ResolverEvent, now: Micros, clock: Micros): readonly Effect[];
}

/** What a step of a re-check comes to. */
export interface Progress {
  readonly asks: readonly Ask[];
  /** The name, once it is found to validate; its anchor has done its work. */
  readonly validates: Name | null;
}

interface Asked {
  readonly checker: Checker;
  readonly zone: Name;
  readonly transaction: number;
}

const NOTHING: Progress = { asks: [], validates: null };

export class Rechecks {
  readonly #asked = new Map<number, Asked>();
  #nextTransaction = -1;

  begin(checker: Checker, zone: Name, draw: DrawKey, now: Micros, clock: Micros): Progress {
    const query = {
      ...{ kind: 'query' as const, client: 0, question: recheckQuestion(zone), questionId: -1 },
      ...{ recursionDesired: true, dnssecOk: true, authenticData: false, checkingDisabled: false },
      ...{ clientGroup: '', tags: NO_TAGS, forwarded: false, draw },
    };
    return this.#take(checker, zone, checker.handle(query, now, clock));
  }

  /** Goes on with a response, or silence (null). */
  resume(transaction: number, message: Message | null, now: Micros, clock: Micros): Progress {
    const asked = this.#asked.get(transaction);
    if (asked === undefined) return NOTHING;
    this.#asked.delete(transaction);
    const { checker, zone } = asked;
    const of = { transaction: asked.transaction };
    const event: ResolverEvent =
      message === null ? { kind: 'timeout', ...of } : { kind: 'response', ...of, message };
    return this.#take(checker, zone, checker.handle(event, now, clock));
  }

  #take(checker: Checker, zone: Name, effects: readonly Effect[]): Progress {
    const asks: Ask[] = [];
    let validates: Name | null = null;
    for (const effect of effects) {
      switch (effect.kind) {
        case 'ask': {
          const transaction = this.#nextTransaction--;
          this.#asked.set(transaction, { checker, zone, transaction: effect.transaction });
          asks.push({ ...effect, transaction });
          break;
        }
        case 'answer':
          if (!isFailure(effect.answer)) validates = zone;
          break;
        default:
          throw new Error(`a re-check has no use for the effect ${effect.kind}`);
      }
    }
    return { asks, validates };
  }
}
