/**
 * A resolver node under watch: everything that goes in and comes out is held against what the world
 * truly is. It knows the seam (events, effects, probe) and nothing of how the node works.
 */

import type { CachedAnswer } from '../../resolver-core/cache/cached-answer.ts';
import { OUTCOME_AUTHENTICATED } from '../../resolver-core/cache/table.ts';
import type { ResolverConfig } from '../../resolver-core/config.ts';
import type {
  Answer,
  Ask,
  ClientQuery,
  Effect,
  ResolverEvent,
} from '../../resolver-core/events.ts';
import type { ExtendedError, Question } from '../../resolver-core/message.ts';
import type { Name } from '../../resolver-core/name/name.ts';
import { type Micros, SECOND } from '../../resolver-core/time.ts';
import { RCODE } from '../../resolver-core/wire/iana.ts';
import type { Catalogue } from '../authority/catalogue.ts';
import type { ResolverNode } from '../shard.ts';

/** Upstream queries that one client query may set off (MAX_SENDS_PER_FETCH holds for each fetch of it). */
const MAX_ASKS_PER_QUERY = 50;

/** How often each rule was put to the test: a rule that never applies checks nothing. */
export interface Watched {
  readonly breaches: Set<string>;
  queries: number;
  answers: number;
  authenticated: number;
  authenticatedHits: number;
  failures: number;
  brokenZones: number;
}

export class CheckedNode implements ResolverNode {
  readonly #node: ResolverNode;
  readonly #catalogue: Catalogue;
  readonly #questionOf: (id: number) => Question;
  readonly #watched: Watched;
  /** Queries in work, by client. */
  readonly #open: Map<number, ClientQuery[]> = new Map();
  readonly #transactions: Set<number> = new Set();
  readonly #asks: Map<string, number> = new Map();

  constructor(
    node: ResolverNode,
    catalogue: Catalogue,
    questionOf: (id: number) => Question,
    watched: Watched,
  ) {
    this.#node = node;
    this.#catalogue = catalogue;
    this.#questionOf = questionOf;
    this.#watched = watched;
  }

  /** Queries without an answer and transactions without an end; none when all is over. */
  get pending(): number {
    let pending = this.#transactions.size;
    for (const queries of this.#open.values()) pending += queries.length;
    return pending;
  }

  probe(questionId: number, checkingDisabled: boolean, clock: Micros): number {
    const slot = this.#node.probe(questionId, checkingDisabled, clock);
    if (slot >= 0 && (this.#node.outcomeOf(slot) & OUTCOME_AUTHENTICATED) !== 0) {
      this.#watched.authenticatedHits++;
      const { name } = this.#questionOf(questionId);
      this.#rule(!checkingDisabled && this.#mayBeSecure(name), `AD in a hit on ${name}`);
    }
    return slot;
  }

  outcomeOf(slot: number): number {
    return this.#node.outcomeOf(slot);
  }

  errorsOf(slot: number): readonly ExtendedError[] {
    return this.#node.errorsOf(slot);
  }

  answerAt(slot: number): CachedAnswer {
    return this.#node.answerAt(slot);
  }

  configure(set: Partial<ResolverConfig>): void {
    this.#node.configure(set);
  }

  handle(event: ResolverEvent, now: Micros, clock: Micros): readonly Effect[] {
    if (event.kind === 'query') {
      this.#watched.queries++;
      this.#open.set(event.client, [...(this.#open.get(event.client) ?? []), event]);
    } else if (event.kind === 'response' || event.kind === 'timeout') {
      const { transaction } = event;
      this.#rule(this.#transactions.delete(transaction), `${event.kind} to no transaction`);
    }
    const effects = this.#node.handle(event, now, clock);
    for (const effect of effects) {
      if (effect.kind === 'ask') this.#asked(effect);
      else if (effect.kind === 'answer') this.#answered(effect, clock);
      else if (effect.kind === 'forward') this.#begun(effect.transaction);
    }
    return effects;
  }

  #begun(transaction: number): void {
    this.#rule(!this.#transactions.has(transaction), `transaction ${transaction} is used twice`);
    this.#transactions.add(transaction);
  }

  #asked({ transaction, draw, question }: Ask): void {
    this.#begun(transaction);
    const key = `${draw.source} ${draw.ordinal} ${draw.attempt}`;
    const asks = (this.#asks.get(key) ?? 0) + 1;
    this.#asks.set(key, asks);
    this.#rule(asks <= MAX_ASKS_PER_QUERY, `${asks} upstream queries, last for ${question.name}`);
  }

  #answered({ client, source, authenticated, answer }: Answer, clock: Micros): void {
    this.#watched.answers++;
    const { question, rcode, errors, expiresAt, storedAt } = answer;
    const subject = `${question.name} type ${question.type}`;
    const queries = this.#open.get(client) ?? [];
    const query = queries.find(
      (each) =>
        each.question.type === question.type &&
        each.question.name.equals(question.name) &&
        each.checkingDisabled === answer.checkingDisabled,
    );
    this.#rule(query !== undefined, `an answer about ${subject} that was not asked for`);
    if (query === undefined) return;
    const left = queries.filter((each) => each !== query);
    if (left.length === 0) this.#open.delete(client);
    else this.#open.set(client, left);

    if (source === 'hit' || source === 'failure-cached') {
      this.#rule(clock < expiresAt, `${subject} is answered past its time`);
    }
    const age = clock - storedAt;
    const fresh = answer.answer.every(({ ttl }) => age <= ttl * SECOND);
    this.#rule(fresh, `${subject} is answered with a record past its TTL`);

    if (rcode === RCODE.SERVFAIL) {
      this.#watched.failures++;
      this.#rule(errors.length > 0, `${subject} fails without a cause`);
      this.#rule(answer.answer.length === 0, `${subject} fails and has an answer`);
    }
    if (authenticated) this.#authenticated(query, answer.answer, subject);
    if (!query.checkingDisabled && this.#isBroken(question.name)) {
      this.#watched.brokenZones++;
      this.#rule(rcode === RCODE.SERVFAIL, `${subject} is answered though its zone is broken`);
    }
  }

  #authenticated(
    query: ClientQuery,
    records: readonly { readonly name: Name }[],
    subject: string,
  ): void {
    this.#watched.authenticated++;
    this.#rule(query.dnssecOk, `AD for a client without DO, about ${subject}`);
    this.#rule(!query.checkingDisabled, `AD with CD=1, about ${subject}`);
    for (const { name } of [query.question, ...records]) {
      this.#rule(this.#mayBeSecure(name), `AD for ${name}, about ${subject}`);
    }
  }

  /** False for names in zones that are not signed or whose signatures are no good, and in opt-out spans. */
  #mayBeSecure(name: Name): boolean {
    const registered = this.#catalogue.registeredName(name);
    if (registered === undefined) return true; // the root and the registries themselves are signed
    const domain = this.#catalogue.domain(registered);
    if (domain !== undefined) return domain.signed && domain.broken === null;
    const denial = this.#catalogue.zoneOf(registered).signing?.denial;
    return denial?.kind === 'nsec' || denial?.optOut === false;
  }

  /** True where every response is bogus: signatures that ran out, or a DS that matches nothing. */
  #isBroken(name: Name): boolean {
    const registered = this.#catalogue.registeredName(name);
    const domain = registered === undefined ? undefined : this.#catalogue.domain(registered);
    return domain?.broken === 'expired-signatures' || domain?.broken === 'wrong-ds';
  }

  #rule(holds: boolean, breach: string): void {
    if (!holds) this.#watched.breaches.add(breach);
  }
}
