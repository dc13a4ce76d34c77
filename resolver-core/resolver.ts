/**
 * One resolver node without IO: the facade over caches, iteration and validation.
 *
 * The drive loop, whole:
 *
 *     slot = resolver.probe(questionId, cd, clock)           a fresh answer: done, nothing allocated
 *     for (effect of resolver.handle(query, now, clock))     else hand the query in
 *       ask    -> send it; later handle({ kind: 'response' | 'timeout', transaction }, now, clock)
 *       answer -> give it to the client
 *       observe-> show it (only while `observing`)
 *
 * Every `ask` is followed by exactly one response or timeout, every query by exactly one answer.
 *
 * Inside, a fetch is a generator (`resolution.ts`) that is resumed here; fetches that want the same
 * question wait for one another, and a circle of waiting is a failure.
 */

import { type CachedAnswer, isFailure } from './cache/cached-answer.ts';
import type { ResolverConfig } from './config.ts';
import type {
  AnswerSource,
  ClientQuery,
  DrawKey,
  Effect,
  ResolverEvent,
  TraceStep,
} from './events.ts';
import { Budget, Fetch, type Resumption, type Want } from './fetch.ts';
import { MAX_FETCH_DEPTH, MAX_FETCHES } from './limits.ts';
import type { ExtendedError, Message, Question } from './message.ts';
import { NodeState, type ResolverPorts } from './node.ts';
import { momentary, resolve } from './resolution.ts';
import { type Micros, SECOND } from './time.ts';
import { EDE, RCODE, rcodeName, TYPE, typeName } from './wire/iana.ts';

/** What can be changed while a node runs; the sizes of its stores cannot. */
export type ResolverSettings = Omit<ResolverConfig, 'answers' | 'zoneCuts' | 'initialTimeout'>;

export class Resolver {
  readonly #node: NodeState;
  /** Fetches in flight, by question. */
  readonly #fetches = new Map<string, Fetch>();
  /** Fetches whose query is on its way, by transaction. */
  readonly #transactions = new Map<number, Fetch>();
  #nextTransaction = 0;
  /** Fetches whose lookup has been answered. */
  readonly #ready: { readonly fetch: Fetch; readonly entry: CachedAnswer }[] = [];
  /** Counts the changes of settings that void what was judged before. */
  #epoch = 0;
  #effects: Effect[] = [];

  constructor(config: ResolverConfig, ports: ResolverPorts) {
    this.#node = new NodeState(config, ports);
  }

  /** Slot of a fresh answer (or remembered failure) to a catalogue question, or MISS. Allocates nothing. */
  probe(questionId: number, checkingDisabled: boolean, clock: Micros): number {
    return this.#node.table.probe(questionId, checkingDisabled, clock);
  }

  /** RCODE and flags of a slot that `probe` gave: the OUTCOME bits of `cache/table.ts`. */
  outcomeOf(slot: number): number {
    return this.#node.table.outcomeOf(slot);
  }

  errorsOf(slot: number): readonly ExtendedError[] {
    return this.#node.table.entryAt(slot).errors;
  }

  /** Fetches under way. */
  get inFlight(): number {
    return this.#fetches.size;
  }

  /** Answers held, fresh or not. */
  get cachedAnswers(): number {
    return this.#node.table.size;
  }

  get config(): ResolverConfig {
    return this.#node.config;
  }

  /** While true, `observe` effects tell what happens. */
  set observing(on: boolean) {
    this.#node.observe = on
      ? (step: TraceStep) => this.#effects.push({ kind: 'observe', step })
      : null;
  }

  /** Changes settings; a change of what is validated voids what was judged under the old setting. */
  configure(set: Partial<ResolverSettings>): void {
    const before = this.#node.config;
    this.#node.config = { ...before, ...set };
    if (this.#node.config.validation !== before.validation) {
      this.#epoch++;
      this.#fetches.clear(); // those under way are run out, and join nobody any more
      this.#node.table.clear();
      this.#node.cuts.clear();
    }
  }

  handle(event: ResolverEvent, now: Micros, clock: Micros): readonly Effect[] {
    this.#effects = [];
    this.#node.now = now;
    this.#node.clock = clock;
    switch (event.kind) {
      case 'query':
        this.#query(event);
        break;
      case 'response':
        this.#resume(event.transaction, event.message);
        break;
      case 'timeout':
        this.#resume(event.transaction, null);
        break;
      case 'timer':
        break;
    }
    // Resumed in turn, so that a chain of fetches that wait for one another costs no stack.
    for (let next = this.#ready.shift(); next !== undefined; next = this.#ready.shift()) {
      this.#run(next.fetch, next.entry);
    }
    return this.#effects;
  }

  #query(query: ClientQuery): void {
    const { question, checkingDisabled, client, questionId } = query;
    const node = this.#node;
    const understandsAd = query.dnssecOk || query.authenticData;
    if (node.observe !== null) this.#observeQuery(query);
    const cached = node.table.find(question.name, question.type, checkingDisabled);
    if (cached !== undefined && node.clock < cached.expiresAt) {
      if (questionId >= 0) node.table.bind(cached, questionId);
      this.#answer(client, isFailure(cached) ? 'failure-cached' : 'hit', understandsAd, cached);
      return;
    }
    const key = keyOf(question, checkingDisabled);
    const running = this.#fetches.get(key);
    if (running !== undefined) {
      running.waiters.push({ client, joined: true, understandsAd, questionId });
      return;
    }
    if (isMeta(question.type) || this.#fetches.size >= MAX_FETCHES) {
      const refusal = isMeta(question.type) ? REFUSED_TYPE : TOO_MUCH_AT_ONCE;
      const answer = { ...momentary(query, refusal.errors), rcode: refusal.rcode };
      this.#answer(client, 'miss', understandsAd, answer);
      return;
    }
    const budget = new Budget(node.now + node.config.resolutionTimeout);
    const fetch = this.#start(key, question, checkingDisabled, query.draw, budget, 0);
    fetch.waiters.push({ client, joined: false, understandsAd, questionId });
    this.#run(fetch, undefined);
  }

  #start(
    key: string,
    question: Question,
    checkingDisabled: boolean,
    draw: DrawKey,
    budget: Budget,
    depth: number,
  ): Fetch {
    const node = this.#node;
    const epoch = this.#epoch;
    const fetch = new Fetch(key, question, checkingDisabled, draw, budget, depth, epoch);
    fetch.steps = resolve(node, fetch);
    this.#fetches.set(key, fetch);
    return fetch;
  }

  #resume(transaction: number, message: Message | null): void {
    const fetch = this.#transactions.get(transaction);
    if (fetch === undefined) return; // a transaction that is over: late or forged
    this.#transactions.delete(transaction);
    this.#run(fetch, { message, elapsed: this.#node.now - fetch.askedAt });
  }

  /** Resumes a fetch until it waits for the world or is done. */
  #run(fetch: Fetch, resumption: Resumption | undefined): void {
    const { steps } = fetch;
    if (steps === null) throw new Error('a fetch was resumed that never began');
    this.#node.budget = fetch.budget;
    let next = resumption;
    for (;;) {
      // The first `next` of a generator takes no value.
      const result = steps.next(next as Resumption);
      if (result.done === true) {
        this.#finish(fetch, result.value);
        return;
      }
      const want = result.value;
      if (want.kind === 'ask') {
        const transaction = this.#nextTransaction++;
        this.#transactions.set(transaction, fetch);
        fetch.askedAt = this.#node.now;
        this.#effects.push({
          kind: 'ask',
          transaction,
          server: want.server,
          question: want.question,
          transport: want.transport,
          dnssecOk: want.udpSize > 0,
          // RFC 6840 section 5.9: what comes back is judged here, not upstream.
          checkingDisabled: true,
          recursionDesired: want.recursionDesired,
          udpSize: want.udpSize,
          timeout: want.timeout,
          draw: fetch.draw,
          send: fetch.budget.sends++,
        });
        return;
      }
      const found = this.#lookUp(fetch, want);
      if (found === null) return;
      next = found;
    }
  }

  /** The answer to a lookup of `fetch` when it is at hand; else starts or joins a fetch for it and returns null. */
  #lookUp(fetch: Fetch, want: LookupWant): CachedAnswer | null {
    const node = this.#node;
    const { question, checkingDisabled } = want;
    const cached = node.table.find(question.name, question.type, checkingDisabled);
    if (cached !== undefined && node.clock < cached.expiresAt) {
      this.#observeCached(cached);
      return cached;
    }
    const key = keyOf(question, checkingDisabled);
    const running = this.#fetches.get(key);
    if (running !== undefined) {
      if (running.waitsFor(fetch)) return circumstance(want, 'cyclic dependency');
      running.dependents.push(fetch);
      fetch.waitingFor = running;
      return null;
    }
    if (fetch.depth >= MAX_FETCH_DEPTH) {
      return circumstance(want, `more than ${MAX_FETCH_DEPTH} dependent lookups`);
    }
    const { draw, budget, depth } = fetch;
    const child = this.#start(key, question, checkingDisabled, draw, budget, depth + 1);
    this.#node.observe?.({ kind: 'lookup', question, depth: child.depth });
    child.dependents.push(fetch);
    fetch.waitingFor = child;
    this.#run(child, undefined);
    return null;
  }

  #finish(fetch: Fetch, resolved: CachedAnswer): void {
    if (this.#fetches.get(fetch.key) === fetch) this.#fetches.delete(fetch.key);
    const entry = isFailure(resolved) ? this.#freshInsteadOf(resolved) : resolved;
    let questionId = -1;
    for (const waiter of fetch.waiters) questionId = Math.max(questionId, waiter.questionId);
    const { table, clock } = this.#node;
    // A TTL of 0 and a failure of circumstances serve those who wait, and nobody after them.
    if (fetch.epoch === this.#epoch && clock < entry.expiresAt) table.store(entry, questionId);
    for (const waiter of fetch.waiters) {
      this.#answer(waiter.client, waiter.joined ? 'joined' : 'miss', waiter.understandsAd, entry);
    }
    if (fetch.depth > 0) this.#observeLookupEnd(fetch, entry);
    for (const dependent of fetch.dependents) {
      dependent.waitingFor = null;
      this.#ready.push({ fetch: dependent, entry });
    }
  }

  /** An alias may have become known meanwhile, from another fetch: a failure does not take its place. */
  #freshInsteadOf(failure: CachedAnswer): CachedAnswer {
    const { question, checkingDisabled } = failure;
    const held = this.#node.table.find(question.name, question.type, checkingDisabled);
    if (held === undefined || isFailure(held)) return failure;
    return this.#node.clock < held.expiresAt ? held : failure;
  }

  #answer(
    client: number,
    source: AnswerSource,
    understandsAd: boolean,
    answer: CachedAnswer,
  ): void {
    // RFC 4035 section 3.2.3, RFC 6840 section 5.8: AD only for clients that can make use of it.
    const authenticated = answer.secure && understandsAd;
    this.#effects.push({ kind: 'answer', client, source, authenticated, answer });
    const { question } = answer;
    this.#node.observe?.({ kind: 'outcome', question, depth: 0, source, authenticated, answer });
  }

  #observeLookupEnd(fetch: Fetch, answer: CachedAnswer): void {
    const { question, depth } = fetch;
    const authenticated = answer.secure;
    const source = null;
    this.#node.observe?.({ kind: 'outcome', question, depth, source, authenticated, answer });
  }

  #observeQuery(query: ClientQuery): void {
    const { observe, table, clock } = this.#node;
    const { question, checkingDisabled } = query;
    observe?.({ kind: 'query', question, checkingDisabled });
    const cached = table.find(question.name, question.type, checkingDisabled);
    if (cached === undefined || clock >= cached.expiresAt) {
      const name = question.name.toString();
      const text = cached === undefined ? 'nothing cached' : 'expired';
      observe?.({ kind: 'cache', store: 'answer', found: false, name, text });
    } else {
      this.#observeCached(cached);
    }
  }

  #observeCached(cached: CachedAnswer): void {
    const seconds = Math.floor((cached.expiresAt - this.#node.clock) / SECOND);
    this.#node.observe?.({
      kind: 'cache',
      store: isFailure(cached) ? 'failure' : 'answer',
      found: true,
      name: cached.question.name.toString(),
      text: `${typeName(cached.question.type)} ${rcodeName(cached.rcode)} cached for ${seconds} s more`,
    });
  }
}

/** What in-flight fetches are told apart by. */
function keyOf(question: Question, checkingDisabled: boolean): string {
  return question.name.key + String.fromCharCode(question.type, checkingDisabled ? 1 : 0);
}

type LookupWant = Extract<Want, { kind: 'lookup' }>;

function circumstance(want: LookupWant, text: string): CachedAnswer {
  return momentary(want, [{ code: EDE.OTHER, text }]);
}

/**
 * Types that are no data of a name: asked for all data or for signatures alone, a resolver may say less
 * (RFC 8482); transfers, OPT and their like are no questions for it (RFC 6895 section 3.1).
 */
function isMeta(type: number): boolean {
  return (
    type === TYPE.RRSIG || type === TYPE.SIG || type === TYPE.OPT || (type >= 128 && type <= 255)
  );
}

const REFUSED_TYPE = {
  rcode: RCODE.REFUSED,
  errors: [{ code: EDE.NOT_SUPPORTED, text: 'query type is not resolved' }],
};
const TOO_MUCH_AT_ONCE = {
  rcode: RCODE.SERVFAIL,
  errors: [{ code: EDE.OTHER, text: `more than ${MAX_FETCHES} resolutions under way` }],
};
