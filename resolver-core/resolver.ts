/**
 * One resolver node without IO: the facade over caches, iteration and validation.
 *
 * The drive loop, whole:
 *
 *     slot = resolver.probe(questionId, cd, clock)           an answer: done, nothing allocated
 *     (on a socket: resolver.fastPath.probeWire(packet, out, clock))
 *     for (effect of resolver.handle(query, now, clock))     else hand the query in
 *       ask    -> send it; later handle({ kind: 'response' | 'timeout', transaction }, now, clock)
 *       forward-> hand it to the owner; later handle({ kind: 'forwarded' | 'timeout', transaction }, …)
 *       wake   -> later handle({ kind: 'timer', timer }, now, clock)
 *       answer -> give it to the client
 *       observe-> show it (only while `observing`)
 *
 * Every `ask` and `forward` is followed by exactly one response or timeout, every query by exactly one answer.
 * Override rules and negative trust anchors come as events of kind `policy`, at any time (`policing.ts`).
 * A driver that hands in trust points to be kept up to date begins with the effects of `start`.
 *
 * Here clients are answered: from the answer table, past its TTLs where that is allowed, or when a
 * fetch ends (`fetches.ts`).
 */

import { type CachedAnswer, emptied, isFailure, spentAnswer } from './cache/cached-answer.ts';
import type { AnswerTable, EvictionObserver } from './cache/table.ts';
import { MISS } from './cache/table.ts';
import type { ResolverConfig } from './config.ts';
import type {
  AnswerSource,
  ClientQuery,
  Effect,
  OwnerAnswer,
  ResolverEvent,
  TraceStep,
} from './events.ts';
import { FastPath } from './fast-path.ts';
import { type Fetch, NO_TIMER } from './fetch.ts';
import { Fetches } from './fetches.ts';
import { copyOf, type Forwarding, Forwards, isCopied } from './forwards.ts';
import { MAX_FETCHES, MAX_RECHECK_ENTRIES } from './limits.ts';
import type { ExtendedError, Message, Question } from './message.ts';
import type { Name } from './name/name.ts';
import { NodeState, type ResolverPorts } from './node.ts';
import { observeQuery } from './observing.ts';
import { POLICY_TIMER, Policing } from './policing.ts';
import { BYPASS_CACHE, NO_TAGS, type Phase } from './policy/phases.ts';
import { refreshFrom } from './policy/prefetch.ts';
import { allowsStale, isAtOnce, staleAnswerOf } from './policy/stale.ts';
import { isMeta, refused, tooMuchAtOnce } from './refusals.ts';
import { insteadOf, remember, store } from './storing.ts';
import type { Micros } from './time.ts';
import { isSentinel, judgeSentinel } from './validate/sentinel.ts';
import { synthesise } from './validate/synthesis.ts';
import type { TrustPoint } from './validate/trust-anchor.ts';
import type { TrustPoints } from './validate/trust-points.ts';
import { TYPE } from './wire/iana.ts';

/** What can be changed while a node runs; the sizes of its stores cannot. */
export type ResolverSettings = Omit<
  ResolverConfig,
  'answers' | 'zoneCuts' | 'denials' | 'initialTimeout'
>;

/** `timer` of the probes of trust points. */
const PROBE_TIMER = 0;

/** In place of the number of an owner: this node. */
const SELF = -1;

export class Resolver {
  readonly #node: NodeState;
  readonly #fetches: Fetches;
  readonly #forwards: Forwards;
  /** Fetches whose clients may get something stale before they end, by timer. */
  readonly #clientTimers = new Map<number, Fetch>();
  #nextTimer = POLICY_TIMER + 1;
  /** Instant of the clock for which a wake was last asked for. */
  #probeAt: Micros = -1;
  /** null until somebody asks in octets. */
  #fastPath: FastPath | null = null;
  /** null until a rule or a negative trust anchor is given. */
  #policing: Policing | null = null;

  constructor(config: ResolverConfig, ports: ResolverPorts) {
    this.#node = new NodeState(config, ports);
    this.#fetches = new Fetches(this.#node, (fetch, resolved) => this.#ended(fetch, resolved));
    this.#forwards = new Forwards(this.#node);
  }

  /**
   * Slot of an answer to a catalogue question (fresh, or stale while a failure is remembered, or that
   * failure), or MISS: then only `handle` knows. Allocates nothing.
   */
  probe(questionId: number, checkingDisabled: boolean, clock: Micros): number {
    const { config, table } = this.#node;
    return table.probe(questionId, checkingDisabled && config.validation, clock);
  }

  /** Cached answers from octets to octets, for drivers with sockets: what it gives `handle` need not see. */
  get fastPath(): FastPath {
    this.#fastPath ??= new FastPath(this.#node);
    return this.#fastPath;
  }

  /** RCODE and flags of a slot that `probe` gave: the OUTCOME bits of `cache/table.ts`. */
  outcomeOf(slot: number): number {
    return this.#node.table.outcomeOf(slot);
  }

  errorsOf(slot: number): readonly ExtendedError[] {
    return this.answerAt(slot).errors;
  }

  /** What clients are given from a slot that `probe` gave. */
  answerAt(slot: number): CachedAnswer {
    const entry = this.#node.table.entryAt(slot);
    return entry.failure?.stale ?? entry;
  }

  /** Takes room in the answer table, as what is of no use any more does: for drivers that begin with a used one. */
  occupy(question: Question, checkingDisabled: boolean, clock: Micros): void {
    const spent = spentAnswer(question, checkingDisabled && this.config.validation, clock);
    this.#node.table.occupy(spent);
  }

  /** Fetches, and questions that are with their owners. */
  get inFlight(): number {
    return this.#fetches.size + this.#forwards.size;
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
      ? (step: TraceStep) => this.#node.effects.push({ kind: 'observe', step })
      : null;
  }

  /** Who is told of what the answer table has no room for. */
  set evictions(observer: EvictionObserver) {
    this.#node.table.evictions = observer;
  }

  /**
   * Changes settings. A change of what is validated voids what was judged under the old setting; how stale
   * answers are given, and when hits refresh, holds for what is cached already, too.
   */
  configure(set: Partial<ResolverSettings>): void {
    const before = this.#node.config;
    const config = { ...before, ...set };
    this.#node.config = config;
    if (config.staticZone !== before.staticZone) this.#node.useCopy(config.staticZone);
    if (config.validation !== before.validation) this.#void();
    if (config.serveStale !== before.serveStale) this.#node.table.hideStale();
    if (config.prefetch !== before.prefetch) {
      this.#node.table.reschedule((entry) => refreshFrom(entry, config.prefetch));
    }
  }

  /**
   * Forgets what is cached of a name, or of all at and below it: answers, delegations, keys, proofs. What is
   * being fetched of them is run out for those who wait and not kept.
   */
  flush(name: Name, below: boolean): void {
    if (name.isRoot && below) {
      this.#void();
      return;
    }
    const isConcerned = (each: Name): boolean =>
      below ? each.isAtOrBelow(name) : each.equals(name);
    const { table, cuts, denials } = this.#node;
    table.replace((entry) => (isConcerned(entry.question.name) ? emptied(entry) : entry));
    cuts.forget(isConcerned);
    denials.clear();
    this.#disown(isConcerned);
  }

  /** From now on answers are kept in `table`; `bring`: those that are held go along. */
  moveAnswers(table: AnswerTable, bring: boolean): void {
    const before = this.#node.table;
    this.#node.table = table;
    this.#fastPath = null;
    if (bring) before.pourInto(table);
    this.#policing?.tableChanged();
  }

  /** Voids what was judged so far. */
  #void(): void {
    this.#disown(() => true);
    this.#node.table.clear();
    this.#node.cuts.clear();
    this.#node.denials.clear();
    this.#node.forgetCopied();
    this.#node.isVoid = false;
  }

  #disown(isConcerned: (name: Name) => boolean): void {
    this.#fetches.disown(isConcerned);
    this.#forwards.disown(isConcerned);
  }

  /** The trust points that are kept up to date (RFC 5011), to be handed to another run of this node. */
  get trustPoints(): readonly TrustPoint[] {
    return this.#node.trustPoints?.points ?? [];
  }

  /** What is to be done before anything happens: the timer of the first probe of a trust point. */
  start(now: Micros, clock: Micros): readonly Effect[] {
    this.#node.effects = [];
    this.#node.now = now;
    this.#node.clock = clock;
    if (this.#node.trustPoints !== null) this.#schedule(this.#node.trustPoints);
    return this.#node.effects;
  }

  handle(event: ResolverEvent, now: Micros, clock: Micros): readonly Effect[] {
    this.#node.effects = [];
    this.#node.now = now;
    this.#node.clock = clock;
    switch (event.kind) {
      case 'query':
        this.#begin(this.#checksFor(event) ? event : { ...event, checkingDisabled: false });
        break;
      case 'response':
        this.#resume(event.transaction, event.message);
        break;
      case 'timeout':
        this.#silence(event.transaction);
        break;
      case 'forwarded':
        this.#told(event.transaction, event.answer);
        break;
      case 'timer':
        if (event.timer === PROBE_TIMER) this.#probeTrustPoints();
        else if (event.timer === POLICY_TIMER) this.#policing?.wake();
        else this.#clientTimedOut(event.timer);
        break;
      case 'policy':
        this.#policing ??= this.#openPolicing();
        this.#policing.change(event.change);
        break;
      case 'clock':
        this.#clockSet(event.back);
        break;
    }
    this.#fetches.runReady();
    if (this.#node.trustPoints !== null) {
      this.#schedule(this.#node.trustPoints);
      if (this.#node.isVoid) this.#void();
    }
    return this.#node.effects;
  }

  /** What waits for an instant of the clock has to be waited for anew. */
  #clockSet(back: boolean): void {
    if (back) this.#void();
    this.#probeAt = -1;
    this.#policing?.clockSet();
  }

  #resume(transaction: number, message: Message | null): void {
    if (transaction >= 0) this.#fetches.resume(transaction, message);
    else this.#policing?.resume(transaction, message);
  }

  #openPolicing(): Policing {
    const { policy } = this.#node.ports;
    if (policy === null) throw new Error('this node takes no rules and no anchors');
    const disown = (isConcerned: (name: Name) => boolean): void => this.#disown(isConcerned);
    return new Policing(this.#node, policy, { disown }, () => this.#openChecker());
  }

  /** A resolver with the trust anchors of this one, without policy, and with nothing cached. */
  #openChecker(): Resolver {
    const { config, ports, anchors } = this.#node;
    const entries = MAX_RECHECK_ENTRIES;
    const sizes = { answers: entries, zoneCuts: entries, denials: entries };
    const off = { serveStale: null, prefetch: 0, signalKeyTags: false };
    return new Resolver(
      { ...config, ...sizes, ...off },
      {
        ...ports,
        ...{ trustAnchors: anchors.anchors, maintenance: null, policy: null },
        ...{ questions: 0, peers: null },
      },
    );
  }

  /** Sees to it that the next probe of a trust point is made when it is due; one under way may change that. */
  #schedule(trustPoints: TrustPoints): void {
    const { dueAt, points } = trustPoints;
    if (dueAt === this.#probeAt || dueAt === Number.POSITIVE_INFINITY) return;
    if (points.some(({ zone }) => this.#isProbed(dnskeyOf(zone)))) return;
    this.#probeAt = dueAt;
    const at = Math.max(dueAt, this.#node.clock);
    this.#node.effects.push({ kind: 'wake', timer: PROBE_TIMER, time: 'clock', at });
  }

  /** Asks for the DNSKEY RRset of each trust point that is due, whatever is cached of it. */
  #probeTrustPoints(): void {
    const node = this.#node;
    for (const { zone, draw } of node.trustPoints?.due(node) ?? []) {
      const question = dnskeyOf(zone);
      if (this.#isProbed(question)) continue; // somebody is asking already
      this.#fetches.run(this.#fetches.begin(question, false, NO_TAGS, draw));
    }
  }

  #isProbed(question: Question): boolean {
    return this.#fetches.find(question, false, NO_TAGS) !== undefined;
  }

  /** False for CD where nothing is validated: it changes nothing, and those answers are for all. */
  #checksFor({ checkingDisabled }: ClientQuery): boolean {
    return this.#node.config.validation || !checkingDisabled;
  }

  #begin(query: ClientQuery): void {
    const ruled = this.#ruled('pre-cache', query);
    if (ruled !== null) this.#query(ruled);
  }

  /** The query with the tags that the rules of a phase set; null when one of them has answered it. */
  #ruled(phase: Phase, query: ClientQuery): ClientQuery | null {
    if (this.#policing === null || query.forwarded) return query;
    const { tags, answer } = this.#policing.run(phase, query);
    if (answer !== null) {
      this.#answer(query.client, 'policy', false, answer);
      return null;
    }
    return tags === query.tags ? query : { ...query, tags };
  }

  #query(query: ClientQuery): void {
    const { question, checkingDisabled, client } = query;
    const node = this.#node;
    const { table, clock } = node;
    // Answers to a sentinel are judged one by one: `probe` must not find them.
    const questionId = isSentinel(question) ? -1 : query.questionId;
    if (node.observe !== null) observeQuery(node, query);
    if (node.hasCopy && this.#isForCopy(query)) {
      // Nobody else is asked for it, so that it does not matter whether recursion is desired.
      this.#fetchFor({ ...query, recursionDesired: true }, query.questionId, MISS, undefined);
      return;
    }
    let slot = questionId < 0 ? MISS : table.slotOfId(questionId, checkingDisabled);
    if (slot < 0) slot = table.slotOf(question.name, question.type, checkingDisabled);
    const held = slot < 0 ? undefined : table.entryAt(slot);
    const isBypassed = (query.tags & BYPASS_CACHE) !== 0;
    if (held !== undefined && clock < held.expiresAt && !isBypassed) {
      if (questionId >= 0) table.bind(slot, questionId);
      this.#answerFrom(held, query);
      if (node.config.prefetch > 0 && !isFailure(held) && table.isSlow(slot, clock)) {
        table.setQuick(slot, held.expiresAt);
        this.#refresh(query, held.expiresAt - clock);
      }
      return;
    }
    const made = isBypassed ? null : synthesise(node, question, checkingDisabled);
    if (made !== null) {
      this.#answer(client, 'synthesised', understandsAd(query), made);
      return;
    }
    const ruled = this.#ruled('post-cache', query);
    if (ruled === null) return;
    const owner = this.#ownerOf(ruled, questionId);
    if (owner === SELF) this.#fetchFor(ruled, questionId, slot, isBypassed ? undefined : held);
    else this.#forward(ruled, questionId, owner);
  }

  /** The local copy of the root zone has the answer, and nothing forbids to ask it. */
  #isForCopy({ question, tags }: ClientQuery): boolean {
    this.#node.enter(tags);
    return !isMeta(question.type) && this.#node.local?.answers(question) === true;
  }

  /** Nothing fresh is at hand for the query; `held` is what there is, in its slot. */
  #fetchFor(
    query: ClientQuery,
    questionId: number,
    slot: number,
    held: CachedAnswer | undefined,
  ): void {
    const { question, checkingDisabled, client, tags } = query;
    const node = this.#node;
    const hasStale = allowsStale(held, node.config, node.clock);
    const running = this.#fetches.find(question, checkingDisabled, tags);
    const isFull = running === undefined && this.inFlight >= MAX_FETCHES;
    const mayWait = query.recursionDesired && !isFull;
    if (held !== undefined && hasStale && (!mayWait || isAtOnce(held, node.config))) {
      if (questionId >= 0) node.table.bind(slot, questionId);
      this.#answerFrom(held, query);
      this.#refresh(query, 0);
      return;
    }
    if (running !== undefined && mayWait) {
      this.#wait(running, query, questionId, true, hasStale);
      return;
    }
    if (isMeta(question.type) || !mayWait) {
      const isRefused = isMeta(question.type) || !isFull;
      const answer = isRefused ? refused(query) : tooMuchAtOnce(query);
      this.#answer(client, 'miss', understandsAd(query), answer);
      return;
    }
    const fetch = this.#fetches.begin(question, checkingDisabled, tags, query.draw);
    this.#wait(fetch, query, questionId, false, hasStale);
    this.#fetches.run(fetch);
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
      this.#node.effects.push({
        kind: 'wake',
        timer,
        time: 'now',
        at: this.#node.now + clientTimeout,
      });
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
    const { question, checkingDisabled, tags, draw } = query;
    if (this.inFlight >= MAX_FETCHES || this.#ownerOf(query, query.questionId) !== SELF) return;
    if (this.#fetches.find(question, checkingDisabled, tags) !== undefined) return;
    const fetch = this.#fetches.begin(question, checkingDisabled, tags, draw);
    fetch.leeway = leeway;
    this.#fetches.run(fetch);
  }

  // ---- questions that other nodes own ----

  /** The node to ask for the answer; `SELF` when this one is to find it. */
  #ownerOf(query: ClientQuery, questionId: number): number {
    const { peers } = this.#node.ports;
    if (peers?.kind !== 'owners' || query.forwarded) return SELF;
    const { question, checkingDisabled, recursionDesired } = query;
    // Nobody shares what is not validated, and a sentinel asks about this node.
    if (checkingDisabled || !recursionDesired || isMeta(question.type)) return SELF;
    if (questionId < 0 && isSentinel(question)) return SELF;
    const owner = peers.ownerOf(question, questionId);
    return owner === peers.self ? SELF : owner;
  }

  #forward(query: ClientQuery, questionId: number, owner: number): void {
    if (this.#forwards.join(query, questionId)) return;
    if (this.inFlight < MAX_FETCHES) this.#forwards.begin(query, questionId, owner);
    else this.#answer(query.client, 'miss', false, tooMuchAtOnce(query));
  }

  /** What the owner of a question says, to all who wait for it; of some a copy is kept. */
  #told(transaction: number, { source, answer }: OwnerAnswer): void {
    const { owner, questionId, waiters, sentAt, isVoid } = this.#forwards.take(transaction);
    const node = this.#node;
    const elapsed = node.now - sentAt;
    node.observe?.({ kind: 'forwarded', owner, source, elapsed });
    if (isCopied(source) && !isVoid) {
      const copy = copyOf(answer, node.clock, node.config.copyTtl);
      store(node, copy, questionId, copy.expiresAt);
    }
    for (const { client, joined, understandsAd } of waiters) {
      const how =
        source === 'hit' ? 'forwarded-hit' : source === 'miss' && joined ? 'joined' : source;
      this.#answer(client, how, understandsAd, answer);
    }
  }

  /** Nothing came back, from a server or from another node. */
  #silence(transaction: number): void {
    if (!this.#forwards.isForward(transaction)) this.#resume(transaction, null);
    else this.#resolveInstead(this.#forwards.take(transaction));
  }

  /** The owner is silent: this node resolves, and what is stale here may be given now (RFC 8767 section 5). */
  #resolveInstead({ query, owner, waiters, sentAt }: Forwarding): void {
    const node = this.#node;
    const { question, checkingDisabled, tags, draw } = query;
    node.observe?.({ kind: 'timeout', server: `node ${owner}`, elapsed: node.now - sentAt });
    const { table, config, clock } = node;
    const held = table.find(question.name, question.type, checkingDisabled);
    const isWaitOver = config.serveStale?.clientTimeout != null && (tags & BYPASS_CACHE) === 0;
    const isPast = held !== undefined && (isFailure(held) || clock >= held.expiresAt);
    const stale = isWaitOver && isPast ? staleAnswerOf(held, config, clock) : null;
    const running = this.#fetches.find(question, checkingDisabled, tags);
    const isFull = running === undefined && this.inFlight >= MAX_FETCHES;
    const instead = stale ?? (isFull ? tooMuchAtOnce(query) : null);
    if (instead !== null) {
      const source = stale === null ? 'miss' : 'stale';
      for (const { client, understandsAd } of waiters) {
        this.#answer(client, source, understandsAd, instead);
      }
    }
    if (isFull) return;
    const fetch = running ?? this.#fetches.begin(question, checkingDisabled, tags, draw);
    if (instead === null) {
      for (const waiter of waiters) {
        fetch.waiters.push(running === undefined ? waiter : { ...waiter, joined: true });
      }
    }
    if (running === undefined) this.#fetches.run(fetch);
  }

  // ---- the ends of fetches ----

  /** What a fetch came to, given to those who wait for it; the entry that stands. */
  #ended(fetch: Fetch, resolved: CachedAnswer): CachedAnswer {
    const { isLocal } = fetch;
    const hasFailed = isFailure(resolved);
    const entry = hasFailed && !isLocal ? insteadOf(this.#node, resolved) : resolved;
    if (!fetch.isVoid && !isLocal) remember(this.#node, fetch, entry, hasFailed);
    const stale = entry.failure?.stale ?? null;
    const found = isLocal && !hasFailed ? 'static-zone' : 'miss';
    for (const { client, joined, understandsAd, timer } of fetch.waiters) {
      if (timer !== NO_TIMER) this.#clientTimers.delete(timer);
      const source = stale !== null ? 'stale' : joined ? 'joined' : found;
      this.#answer(client, source, understandsAd, stale ?? entry);
    }
    return entry;
  }

  #answer(client: number, source: AnswerSource, understandsAd: boolean, found: CachedAnswer): void {
    const answer = this.#node.config.rootKeySentinel ? judgeSentinel(this.#node, found) : found;
    const isCovered = this.#policing?.isCovered(answer) === true;
    // RFC 4035 section 3.2.3, RFC 6840 section 5.8: AD only for clients that can make use of it.
    const authenticated = answer.secure && understandsAd && !isCovered;
    const unvalidated = isCovered && !answer.secure && !isFailure(answer);
    this.#node.effects.push({ kind: 'answer', client, source, authenticated, unvalidated, answer });
    const { question } = answer;
    this.#node.observe?.({ kind: 'outcome', question, depth: 0, source, authenticated, answer });
  }
}

/** RFC 6840 section 5.7. */
function understandsAd(query: ClientQuery): boolean {
  return query.dnssecOk || query.authenticData;
}

function dnskeyOf(zone: Name): Question {
  return { name: zone, type: TYPE.DNSKEY };
}
