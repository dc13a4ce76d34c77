/**
 * One resolver node without IO: the facade over caches, iteration and validation.
 *
 * The drive loop, whole:
 *
 *     slot = resolver.probe(questionId, cd, clock)           an answer: done, nothing allocated
 *     for (effect of resolver.handle(query, now, clock))     else hand the query in
 *       ask    -> send it; later handle({ kind: 'response' | 'timeout', transaction }, now, clock)
 *       wake   -> later handle({ kind: 'timer', timer }, now, clock)
 *       answer -> give it to the client
 *       observe-> show it (only while `observing`)
 *
 * Every `ask` is followed by exactly one response or timeout, every query by exactly one answer.
 * A driver that hands in trust points to be kept up to date begins with the effects of `start`.
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
import { Budget, Fetch, NO_TIMER, type Resumption, type Want } from './fetch.ts';
import { MAX_FETCH_DEPTH, MAX_FETCHES } from './limits.ts';
import type { ExtendedError, Message, Question } from './message.ts';
import type { Name } from './name/name.ts';
import { NodeState, type ResolverPorts } from './node.ts';
import { refreshFrom } from './policy/prefetch.ts';
import { allowsStale, failureAfter, isAtOnce, staleAnswerOf } from './policy/stale.ts';
import { momentary, resolve } from './resolution.ts';
import { type Micros, SECOND } from './time.ts';
import { isSentinel, judgeSentinel } from './validate/sentinel.ts';
import { synthesise } from './validate/synthesis.ts';
import type { TrustPoint } from './validate/trust-anchor.ts';
import type { TrustPoints } from './validate/trust-points.ts';
import { EDE, RCODE, rcodeName, TYPE, typeName } from './wire/iana.ts';

/** What can be changed while a node runs; the sizes of its stores cannot. */
export type ResolverSettings = Omit<
  ResolverConfig,
  'answers' | 'zoneCuts' | 'denials' | 'initialTimeout'
>;

/** `timer` of the probes of trust points. */
const PROBE_TIMER = 0;

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
  /** Fetches whose clients may get something stale before they end, by timer. */
  readonly #clientTimers = new Map<number, Fetch>();
  #nextTimer = PROBE_TIMER + 1;
  /** Instant of the clock for which a wake was last asked for. */
  #probeAt: Micros = -1;

  constructor(config: ResolverConfig, ports: ResolverPorts) {
    this.#node = new NodeState(config, ports);
  }

  /**
   * Slot of an answer to a catalogue question (fresh, or stale while a failure is remembered, or that
   * failure), or MISS: then only `handle` knows. Allocates nothing.
   */
  probe(questionId: number, checkingDisabled: boolean, clock: Micros): number {
    const { config, table } = this.#node;
    return table.probe(questionId, checkingDisabled && config.validation, clock);
  }

  /** RCODE and flags of a slot that `probe` gave: the OUTCOME bits of `cache/table.ts`. */
  outcomeOf(slot: number): number {
    return this.#node.table.outcomeOf(slot);
  }

  errorsOf(slot: number): readonly ExtendedError[] {
    const entry = this.#node.table.entryAt(slot);
    return (entry.failure?.stale ?? entry).errors;
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
    if (this.#node.config.validation !== before.validation) this.#void();
    if (this.#node.config.serveStale === null) this.#node.table.hideStale();
  }

  /** Voids what was judged so far. */
  #void(): void {
    this.#epoch++;
    this.#fetches.clear(); // those under way are run out, and join nobody any more
    this.#node.table.clear();
    this.#node.cuts.clear();
    this.#node.denials.clear();
    this.#node.isVoid = false;
  }

  /** The trust points that are kept up to date (RFC 5011), to be handed to another run of this node. */
  get trustPoints(): readonly TrustPoint[] {
    return this.#node.trustPoints?.points ?? [];
  }

  /** What is to be done before anything happens: the timer of the first probe of a trust point. */
  start(now: Micros, clock: Micros): readonly Effect[] {
    this.#effects = [];
    this.#node.now = now;
    this.#node.clock = clock;
    if (this.#node.trustPoints !== null) this.#schedule(this.#node.trustPoints);
    return this.#effects;
  }

  handle(event: ResolverEvent, now: Micros, clock: Micros): readonly Effect[] {
    this.#effects = [];
    this.#node.now = now;
    this.#node.clock = clock;
    switch (event.kind) {
      case 'query':
        this.#query(this.#checksFor(event) ? event : { ...event, checkingDisabled: false });
        break;
      case 'response':
        this.#resume(event.transaction, event.message);
        break;
      case 'timeout':
        this.#resume(event.transaction, null);
        break;
      case 'timer':
        if (event.timer === PROBE_TIMER) this.#probeTrustPoints();
        else this.#clientTimedOut(event.timer);
        break;
    }
    // Resumed in turn, so that a chain of fetches that wait for one another costs no stack.
    for (let next = this.#ready.shift(); next !== undefined; next = this.#ready.shift()) {
      this.#run(next.fetch, next.entry);
    }
    if (this.#node.trustPoints !== null) {
      this.#schedule(this.#node.trustPoints);
      if (this.#node.isVoid) this.#void();
    }
    return this.#effects;
  }

  /** Sees to it that the next probe of a trust point is made when it is due; one under way may change that. */
  #schedule(trustPoints: TrustPoints): void {
    const { dueAt, points } = trustPoints;
    if (dueAt === this.#probeAt || dueAt === Number.POSITIVE_INFINITY) return;
    if (points.some(({ zone }) => this.#fetches.has(dnskeyKey(zone)))) return;
    this.#probeAt = dueAt;
    const at = Math.max(dueAt, this.#node.clock);
    this.#effects.push({ kind: 'wake', timer: PROBE_TIMER, time: 'clock', at });
  }

  /** Asks for the DNSKEY RRset of each trust point that is due, whatever is cached of it. */
  #probeTrustPoints(): void {
    const node = this.#node;
    for (const { zone, draw } of node.trustPoints?.due(node) ?? []) {
      const question = { name: zone, type: TYPE.DNSKEY };
      const key = dnskeyKey(zone);
      if (this.#fetches.has(key)) continue; // somebody is asking already
      const budget = new Budget(node.now + node.config.resolutionTimeout);
      this.#run(this.#start(key, question, false, draw, budget, 0), undefined);
    }
  }

  /** False for CD where nothing is validated: it changes nothing, and those answers are for all. */
  #checksFor({ checkingDisabled }: ClientQuery): boolean {
    return this.#node.config.validation || !checkingDisabled;
  }

  #query(query: ClientQuery): void {
    const { question, checkingDisabled, client } = query;
    const node = this.#node;
    const { table, clock } = node;
    // Answers to a sentinel are judged one by one: `probe` must not find them.
    const questionId = isSentinel(question) ? -1 : query.questionId;
    if (node.observe !== null) this.#observeQuery(query);
    const slot = table.slotOf(question.name, question.type, checkingDisabled);
    const held = slot < 0 ? undefined : table.entryAt(slot);
    if (held !== undefined && clock < held.expiresAt) {
      if (questionId >= 0) table.bind(slot, questionId);
      this.#answerFrom(held, query);
      if (node.config.prefetch > 0 && !isFailure(held) && table.isSlow(slot, clock)) {
        table.setQuick(slot, held.expiresAt);
        this.#refresh(query, held.expiresAt - clock);
      }
      return;
    }
    const made = synthesise(node, question, checkingDisabled);
    if (made !== null) {
      this.#answer(client, 'synthesised', understandsAd(query), made);
      return;
    }
    const hasStale = allowsStale(held, node.config, clock);
    const key = keyOf(question, checkingDisabled);
    const running = this.#fetches.get(key);
    const isFull = running === undefined && this.#fetches.size >= MAX_FETCHES;
    const mayWait = query.recursionDesired && !isFull;
    if (held !== undefined && hasStale && (!mayWait || isAtOnce(held, node.config))) {
      if (questionId >= 0) table.bind(slot, questionId);
      this.#answerFrom(held, query);
      this.#refresh(query, 0);
      return;
    }
    if (running !== undefined && mayWait) {
      this.#wait(running, query, questionId, true, hasStale);
      return;
    }
    if (isMeta(question.type) || !mayWait) {
      const refusal = isMeta(question.type)
        ? REFUSED_TYPE
        : isFull
          ? TOO_MUCH_AT_ONCE
          : NOT_AT_HAND;
      const answer = { ...momentary(query, refusal.errors), rcode: refusal.rcode };
      this.#answer(client, 'miss', understandsAd(query), answer);
      return;
    }
    const budget = new Budget(node.now + node.config.resolutionTimeout);
    const fetch = this.#start(key, question, checkingDisabled, query.draw, budget, 0);
    this.#wait(fetch, query, questionId, false, hasStale);
    this.#run(fetch, undefined);
  }

  /** Answers from an entry of the table: fresh, a failure, or past its TTL where that is allowed. */
  #answerFrom(held: CachedAnswer, query: ClientQuery): void {
    const { config, clock } = this.#node;
    const isFresh = !isFailure(held) && clock < held.expiresAt;
    const stale = isFresh ? null : staleAnswerOf(held, config, clock);
    const source = stale !== null ? 'stale' : isFresh ? 'hit' : 'failure-cached';
    this.#answer(query.client, source, understandsAd(query), stale ?? held);
  }

  /** Lets a client wait for a fetch; with something stale at hand, no longer than the client response timer. */
  #wait(
    fetch: Fetch,
    query: ClientQuery,
    questionId: number,
    joined: boolean,
    hasStale: boolean,
  ): void {
    const { client } = query;
    const clientTimeout = hasStale ? (this.#node.config.serveStale?.clientTimeout ?? null) : null;
    let timer = NO_TIMER;
    if (clientTimeout !== null) {
      timer = this.#nextTimer++;
      this.#clientTimers.set(timer, fetch);
      this.#effects.push({ kind: 'wake', timer, time: 'now', at: this.#node.now + clientTimeout });
    }
    fetch.waiters.push({ client, joined, understandsAd: understandsAd(query), questionId, timer });
  }

  /** RFC 8767 section 5: the client gets a stale answer, and the resolution goes on. */
  #clientTimedOut(timer: number): void {
    const fetch = this.#clientTimers.get(timer);
    if (fetch === undefined) return; // it was answered in time
    this.#clientTimers.delete(timer);
    const { config, table, clock } = this.#node;
    const { question, checkingDisabled, waiters } = fetch;
    const slot = table.slotOf(question.name, question.type, checkingDisabled);
    const held = slot < 0 ? undefined : table.entryAt(slot);
    if (held === undefined || clock < held.expiresAt) return;
    const stale = staleAnswerOf(held, config, clock);
    const at = waiters.findIndex((each) => each.timer === timer);
    const waiter = waiters[at];
    if (stale === null || waiter === undefined) return;
    waiters.splice(at, 1);
    if (waiter.questionId >= 0) table.bind(slot, waiter.questionId);
    this.#answer(waiter.client, 'stale', waiter.understandsAd, stale);
  }

  /** Fetches anew what a client was just given, without anything that ends within `leeway`. */
  #refresh(query: ClientQuery, leeway: Micros): void {
    const { question, checkingDisabled, draw } = query;
    const key = keyOf(question, checkingDisabled);
    if (this.#fetches.has(key) || this.#fetches.size >= MAX_FETCHES) return;
    const budget = new Budget(this.#node.now + this.#node.config.resolutionTimeout);
    const fetch = this.#start(key, question, checkingDisabled, draw, budget, 0);
    fetch.leeway = leeway;
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
      if (want.kind === 'prefetch') {
        this.#prefetch(fetch, want.question);
        next = undefined;
        continue;
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
    const leeway = cached === undefined || isFailure(cached) ? 0 : fetch.leeway;
    if (cached !== undefined && node.clock + leeway < cached.expiresAt) {
      this.#observeCached(cached);
      return cached;
    }
    const made = synthesise(node, question, checkingDisabled);
    if (made !== null) return made;
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
    child.leeway = fetch.leeway;
    this.#node.observe?.({ kind: 'lookup', question, depth: child.depth });
    child.dependents.push(fetch);
    fetch.waitingFor = child;
    this.#run(child, undefined);
    return null;
  }

  /** Starts a fetch on behalf of another that does not wait for it. */
  #prefetch({ draw, budget, depth }: Fetch, question: Question): void {
    const { table, clock } = this.#node;
    const cached = table.find(question.name, question.type, false);
    const key = keyOf(question, false);
    if ((cached !== undefined && clock < cached.expiresAt) || this.#fetches.has(key)) return;
    if (depth >= MAX_FETCH_DEPTH) return;
    this.#run(this.#start(key, question, false, draw, budget, depth + 1), undefined);
  }

  #finish(fetch: Fetch, resolved: CachedAnswer): void {
    if (this.#fetches.get(fetch.key) === fetch) this.#fetches.delete(fetch.key);
    const entry = isFailure(resolved) ? this.#insteadOf(resolved) : resolved;
    if (fetch.epoch === this.#epoch) this.#remember(fetch, entry, isFailure(resolved));
    const stale = entry.failure?.stale ?? null;
    for (const { client, joined, understandsAd, timer } of fetch.waiters) {
      if (timer !== NO_TIMER) this.#clientTimers.delete(timer);
      const source = stale !== null ? 'stale' : joined ? 'joined' : 'miss';
      this.#answer(client, source, understandsAd, stale ?? entry);
    }
    if (fetch.depth > 0) this.#observeLookupEnd(fetch, entry);
    for (const dependent of fetch.dependents) {
      dependent.waitingFor = null;
      this.#ready.push({ fetch: dependent, entry });
    }
  }

  /** Puts into the table what came of a fetch; `failed` tells whether anything new came. */
  #remember(fetch: Fetch, entry: CachedAnswer, failed: boolean): void {
    const { table, clock, config } = this.#node;
    let questionId = -1;
    for (const waiter of fetch.waiters) questionId = Math.max(questionId, waiter.questionId);
    if (clock < entry.expiresAt) {
      let quickUntil = refreshFrom(entry, config.prefetch);
      // A refresh that failed is not tried again by the next hit.
      if (failed) quickUntil = Math.max(quickUntil, clock + config.failureTtl * SECOND);
      table.store(entry, questionId, Math.min(quickUntil, entry.expiresAt));
      return;
    }
    // A TTL of 0 and a failure of circumstances serve those who wait, and nobody after them. But data
    // with a TTL of 0 are an answer: what they replace is not to be given any more (RFC 8767 section 4).
    if (config.serveStale === null || isFailure(entry)) return;
    const { name, type } = entry.question;
    if (table.find(name, type, entry.checkingDisabled) !== undefined)
      table.store(entry, questionId);
  }

  /**
   * What stands after a failure. A fresh answer does: an alias may have become known meanwhile, from
   * another fetch, and a refresh may begin early.
   */
  #insteadOf(failure: CachedAnswer): CachedAnswer {
    const { table, clock, config } = this.#node;
    const { question, checkingDisabled } = failure;
    const held = table.find(question.name, question.type, checkingDisabled);
    if (held !== undefined && !isFailure(held) && clock < held.expiresAt) return held;
    return failureAfter(held, failure, config, clock);
  }

  #answer(client: number, source: AnswerSource, understandsAd: boolean, found: CachedAnswer): void {
    const answer = this.#node.config.rootKeySentinel ? judgeSentinel(this.#node, found) : found;
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

/** RFC 6840 section 5.7. */
function understandsAd(query: ClientQuery): boolean {
  return query.dnssecOk || query.authenticData;
}

/** What in-flight fetches are told apart by. */
function keyOf(question: Question, checkingDisabled: boolean): string {
  return question.name.key + String.fromCharCode(question.type, checkingDisabled ? 1 : 0);
}

function dnskeyKey(name: Name): string {
  return keyOf({ name, type: TYPE.DNSKEY }, false);
}

type LookupWant = Extract<Want, { kind: 'lookup' }>;

function circumstance(want: LookupWant, text: string): CachedAnswer {
  return momentary(want, [{ code: EDE.OTHER, text }]);
}

/**
 * Types that are no data of a name: transfers, OPT and their like are no questions for a resolver (RFC
 * 6895 section 3.1). ANY is answered with what the servers give, which may be less than all (RFC 8482).
 */
function isMeta(type: number): boolean {
  return type === TYPE.SIG || type === TYPE.OPT || (type >= 128 && type < TYPE.ANY);
}

const REFUSED_TYPE = {
  rcode: RCODE.REFUSED,
  errors: [{ code: EDE.NOT_SUPPORTED, text: 'query type is not resolved' }],
};
/** RFC 8914 section 4.21: what a resolver says to a query without RD. */
const NOT_AT_HAND = {
  rcode: RCODE.REFUSED,
  errors: [{ code: EDE.NOT_AUTHORITATIVE, text: 'not at hand, and recursion is not desired' }],
};
const TOO_MUCH_AT_ONCE = {
  rcode: RCODE.SERVFAIL,
  errors: [{ code: EDE.OTHER, text: `more than ${MAX_FETCHES} resolutions under way` }],
};
