/**
 * A resolver node for tests of the engine: a TTL cache over dense question ids (or question text), bounded
 * on demand, that asks one server once for whatever is not there. It knows no DNS.
 */

import { OUTCOME_FAILURE, OUTCOME_HAS_ERRORS } from '../../resolver-core/cache/table.ts';
import type { Effect, ResolverEvent } from '../../resolver-core/events.ts';
import type { ExtendedError } from '../../resolver-core/message.ts';
import { type Micros, SECOND } from '../../resolver-core/time.ts';
import { RCODE } from '../../resolver-core/wire/iana.ts';
import type { ResolverNode } from '../shard.ts';

interface Entry {
  readonly expiresAt: Micros;
  readonly rcode: number;
  readonly errors: readonly ExtendedError[];
}

interface Fetch {
  readonly key: number;
  readonly query: ResolverEvent & { readonly kind: 'query' };
  readonly waiters: number[];
}

export interface ToySettings {
  /** Seconds that an answer lives, and a failure. */
  readonly ttl: number;
  readonly failureTtl: number;
  /** Most entries; the oldest goes first. */
  readonly capacity: number;
  /** What the server asked is called. */
  readonly server: string;
  /** How long it waits for the server. */
  readonly timeout: Micros;
  /** Slots are question ids; what has none is never kept. */
  readonly questions: number;
}

export class ToyNode implements ResolverNode {
  readonly #settings: ToySettings;
  readonly #entries: (Entry | undefined)[];
  readonly #order: number[] = [];
  readonly #fetches = new Map<number, Fetch>();
  readonly #transactions = new Map<number, Fetch>();
  #next = 0;
  /** Answers given by this node to `handle`, for tests that count on their own. */
  answered = 0;

  constructor(settings: ToySettings) {
    this.#settings = settings;
    this.#entries = new Array<Entry | undefined>(settings.questions * 2).fill(undefined);
  }

  probe(questionId: number, checkingDisabled: boolean, clock: Micros): number {
    const slot = questionId * 2 + (checkingDisabled ? 1 : 0);
    const entry = this.#entries[slot];
    return entry !== undefined && clock < entry.expiresAt ? slot : -1;
  }

  outcomeOf(slot: number): number {
    const { rcode, errors } = this.#entries[slot] as Entry;
    return (
      rcode |
      (rcode === RCODE.SERVFAIL ? OUTCOME_FAILURE : 0) |
      (errors.length > 0 ? OUTCOME_HAS_ERRORS : 0)
    );
  }

  errorsOf(slot: number): readonly ExtendedError[] {
    return (this.#entries[slot] as Entry).errors;
  }

  answerAt(): never {
    throw new Error('no other node asks this one');
  }

  configure(): void {}

  handle(event: ResolverEvent, _now: Micros, clock: Micros): readonly Effect[] {
    if (event.kind === 'query') return this.#query(event);
    if (event.kind !== 'response' && event.kind !== 'timeout') {
      throw new Error(
        'this node sets no timers, forwards nothing, has no policy and no clock of its own',
      );
    }
    const fetch = this.#transactions.get(event.transaction);
    if (fetch === undefined) throw new Error(`no transaction ${event.transaction}`);
    this.#transactions.delete(event.transaction);
    this.#fetches.delete(fetch.key);
    return event.kind === 'timeout'
      ? this.#finish(fetch, clock, RCODE.SERVFAIL, [{ code: 22, text: 'nobody there' }])
      : this.#finish(fetch, clock, event.message.rcode, event.message.edns?.extendedErrors ?? []);
  }

  #query(query: ResolverEvent & { readonly kind: 'query' }): readonly Effect[] {
    const { questionId, checkingDisabled, client } = query;
    const key = questionId < 0 ? -1 - client : questionId * 2 + (checkingDisabled ? 1 : 0);
    const running = this.#fetches.get(key);
    if (running !== undefined) {
      running.waiters.push(client);
      return [];
    }
    const fetch: Fetch = { key, query, waiters: [client] };
    const transaction = this.#next++;
    this.#fetches.set(key, fetch);
    this.#transactions.set(transaction, fetch);
    return [
      {
        kind: 'ask',
        transaction,
        server: { index: 0, text: this.#settings.server, family: 4, hash: 0 },
        question: query.question,
        transport: 'udp',
        dnssecOk: true,
        checkingDisabled: true,
        recursionDesired: false,
        udpSize: 1232,
        timeout: this.#settings.timeout,
        draw: query.draw,
        send: 0,
      },
    ];
  }

  #finish(
    fetch: Fetch,
    clock: Micros,
    rcode: number,
    errors: readonly ExtendedError[],
  ): readonly Effect[] {
    const { ttl, failureTtl } = this.#settings;
    const lifetime = rcode === RCODE.SERVFAIL ? failureTtl : ttl;
    const expiresAt = clock + lifetime * SECOND;
    if (fetch.key >= 0 && lifetime > 0) this.#store(fetch.key, { expiresAt, rcode, errors });
    const { question, checkingDisabled } = fetch.query;
    return fetch.waiters.map((client, index): Effect => {
      this.answered++;
      return {
        kind: 'answer',
        unvalidated: false,
        client,
        source: index === 0 ? 'miss' : 'joined',
        authenticated: false,
        answer: {
          question,
          checkingDisabled,
          rcode,
          secure: false,
          answer: [],
          authority: [],
          additional: [],
          errors,
          storedAt: clock,
          expiresAt,
          failure:
            rcode === RCODE.SERVFAIL
              ? { ttl: failureTtl, bogus: false, subject: question.name, stale: null }
              : null,
        },
      };
    });
  }

  #store(slot: number, entry: Entry): void {
    if (this.#entries[slot] === undefined) {
      if (this.#order.length >= this.#settings.capacity) {
        this.#entries[this.#order.shift() as number] = undefined;
      }
      this.#order.push(slot);
    }
    this.#entries[slot] = entry;
  }
}
