/**
 * The engine: one role in one colo through one variant, in virtual time (docs/design.md). It alone knows the
 * order of things:
 *
 *     while arrivals are left:
 *       the next arrival of the block
 *       every event that is due before it, by (time, sequence)
 *       probe the node that it reaches
 *         a plain hit  -> one counter
 *         anything else -> a try, and `handle(query)`
 *     then until every open lookup has ended
 *
 * Only what is in flight is an event: a response or its timeout, a client's next try or its deadline.
 * Client times are those at the node: a client sent its query half a round trip before it is here, and
 * has its answer half a round trip after it left. A query counts in the bucket in which it is here.
 *
 * Cost: a hit is integers and typed arrays, about 100 ns with its draws; no object is made. A miss
 * costs two or three objects and two heap operations beside what the core does.
 */

import type { CachedAnswer } from '../resolver-core/cache/cached-answer.ts';
import { OUTCOME_AUTHENTICATED, OUTCOME_HAS_ERRORS } from '../resolver-core/cache/table.ts';
import type { ResolverConfig } from '../resolver-core/config.ts';
import type {
  ClientQuery,
  Effect,
  Forward,
  OwnerAnswer,
  ResolverEvent,
} from '../resolver-core/events.ts';
import type { ExtendedError, Message } from '../resolver-core/message.ts';
import { type Micros, SECOND } from '../resolver-core/time.ts';
import { type ArrivalSource, CHECKING_DISABLED, DNSSEC_OK } from './clients/arrivals.ts';
import { type Audience, rateOf } from './clients/audience.ts';
import { retryNode } from './clients/stub.ts';
import type { Try } from './clients/tries.ts';
import type { Cells } from './cluster/cells.ts';
import { COLUMN, Counter, PLAIN_OUTCOMES } from './cluster/counter.ts';
import {
  ARRIVAL,
  ASK_TIMEOUT,
  DEADLINE,
  FORWARD,
  FORWARD_ANSWER,
  FORWARD_TIMEOUT,
  type Load,
  NEXT_TRY,
  RESPONSE,
  ROOT_FETCHED,
  TIMELINE,
  TIMER,
} from './cluster/event-kinds.ts';
import type { EvictionTally } from './cluster/evictions.ts';
import { Exchange } from './cluster/exchange.ts';
import { type Hop, Hops, queryOf } from './cluster/hops.ts';
import { LookupKey } from './cluster/lookup-key.ts';
import { Lookups } from './cluster/lookups.ts';
import { ALL, chosenNodes, duesOf, inClockOf, Machines } from './cluster/machines.ts';
import { columnOf, outcomeOf, PLAIN, SOURCE_COLUMN, sourceOf } from './cluster/outcomes.ts';
import { actsInForce, type ControlAct, policyChange } from './cluster/policy.ts';
import type { Questions } from './cluster/questions.ts';
import type { RootCopies } from './cluster/root-copies.ts';
import { coreSettings, forwardingSettings } from './cluster/settings.ts';
import type { HandedOut, SignatureTally } from './cluster/signatures.ts';
import { watchesAges } from './copy-ages.ts';
import { Digest } from './engine/digest.ts';
import { EventQueue } from './engine/queue.ts';
import type { Upstream } from './net/upstream.ts';
import type { Plan, VariantPlan } from './plan.ts';
import type { AnchorEnded, ShardCounts } from './result.ts';
import { shardOf } from './roles.ts';

/** A resolver node as the engine needs it; `Resolver` of the core is one. */
export interface ResolverNode {
  /** The slot of a fresh answer, or a negative number: then only `handle` knows. Allocates nothing. */
  probe(questionId: number, checkingDisabled: boolean, clock: Micros): number;
  outcomeOf(slot: number): number;
  errorsOf(slot: number): readonly ExtendedError[];
  /** What clients are given from a slot. */
  answerAt(slot: number): CachedAnswer;
  /** Effects in the order in which they are to be performed. */
  handle(event: ResolverEvent, now: Micros, clock: Micros): readonly Effect[];
  configure(set: Partial<ResolverConfig>): void;
}

/** Lookups that one slice is meant to hold. */
const LOOKUPS_PER_SLICE = 5_000;

/** Everything a colo is made of in one variant. */
export interface ShardParts {
  /** Plan and variant as the role of the shard sees them. */
  readonly plan: Plan;
  readonly variant: VariantPlan;
  /** Index of the colo in the plan. */
  readonly colo: number;
  readonly source: ArrivalSource;
  /** Whose arrivals these are. */
  readonly audiences: readonly Audience[];
  readonly nodes: readonly ResolverNode[];
  /** The copies of the root zone that nodes have; null: never any. */
  readonly copies: RootCopies | null;
  /** Puts a node with nothing in memory in the place of one of `nodes`. */
  readonly reopen: (node: number) => void;
  readonly upstream: Upstream;
  readonly cells: Cells;
  readonly questions: Questions;
  /** Where the nodes report the signatures that they check. */
  readonly signatures: SignatureTally;
  /** Where the nodes report what their caches have no room for. */
  readonly evictions: EvictionTally;
  /** Where the nodes report negative trust anchors that end by themselves. */
  readonly anchorEnds: readonly AnchorEnded[];
  /** What the authorities have handed out so far, asked for at the end. */
  readonly handedOut: () => readonly HandedOut[];
}

export class Shard {
  readonly #parts: ShardParts;
  readonly #plan: Plan;
  readonly #audiences: readonly Audience[];
  readonly #nodes: readonly ResolverNode[];
  readonly #counter: Counter;
  readonly #queue = new EventQueue<Load>();
  readonly #digest = new Digest();
  readonly #lookups: Lookups;
  readonly #exchange: Exchange;
  readonly #hops: Hops;
  readonly #machines: Machines;
  /** The next arrival of the block. */
  #head = 0;
  #clock: Micros;
  #events = 0;
  #queries = 0;

  constructor(parts: ShardParts) {
    const { plan } = parts;
    this.#parts = parts;
    this.#plan = plan;
    this.#audiences = parts.audiences;
    this.#nodes = parts.nodes;
    this.#counter = new Counter(plan, parts.cells, this.#audiences);
    this.#lookups = new Lookups(
      plan.seed,
      this.#audiences,
      this.#counter,
      this.#queue,
      this.#digest,
    );
    this.#machines = new Machines(parts.nodes.length);
    this.#exchange = new Exchange(
      this.#machines,
      parts.upstream,
      parts.questions,
      this.#counter,
      this.#queue,
      this.#digest,
    );
    this.#hops = new Hops(plan.cluster.forwarding.delay, this.#queue);
    this.#clock = plan.time.from - plan.time.warmup;
    parts.source.fill();
    for (const [index, event] of parts.variant.timeline.entries()) {
      for (const { at, node } of duesOf(plan, parts.colo, event)) {
        // Before the beginning there is nothing in memory that a restart could lose.
        if (event.kind === 'restart' && at < this.#clock) continue;
        this.#queue.schedule(Math.max(at, this.#clock), TIMELINE, node, index, null);
      }
    }
    for (const at of parts.copies?.fetches(this.#clock, plan.time.to) ?? []) {
      this.#queue.schedule(at, ROOT_FETCHED, ALL, 0, null);
    }
  }

  /** Everything before this instant has happened. */
  get clock(): Micros {
    return this.#clock;
  }

  /** Client queries so far, the warm-up included. */
  get queries(): number {
    return this.#queries;
  }

  /** What was in flight and came to its end so far, the warm-up included. */
  get events(): number {
    return this.#events + this.#lookups.timeouts;
  }

  /** What the clock of a node shows. */
  clockOf(node: number, at: Micros): Micros {
    return at + (this.#machines.skew[node] as number);
  }

  /**
   * Lets everything before `until` happen. True when there is nothing left: the window is over and
   * every lookup has ended (those open at the end of the window are run out).
   */
  advance(until: Micros): boolean {
    const { source } = this.#parts;
    while (source.length > 0) {
      const at = source.time[this.#head] as Micros;
      if (at >= until) break;
      if (at >= this.#counter.spanEnd) this.#counter.openSpan(at);
      this.#serve(source, Math.min(until, this.#counter.spanEnd));
    }
    while (this.#queue.nextTime < until && !this.#idle()) this.#runNext();
    this.#clock = until;
    return this.#idle();
  }

  /**
   * Ends what is open without further arrivals: lookups, retries included, and fetches that nobody
   * waits for any more. Returns the instant at which the last of it was over.
   */
  settle(): Micros {
    let last = this.#clock;
    while (this.#isOpen()) {
      if (!this.#runNext()) {
        const { variant } = this.#parts;
        throw new Error(
          `${this.#lookups.tries.open} client queries of variant ${variant.name} got no answer`,
        );
      }
      last = this.#queue.time;
    }
    return last;
  }

  /** Settles, and returns what was counted; `complete` when `advance` has said that nothing is left. */
  finish(complete: boolean): ShardCounts {
    const { plan, variant, colo } = this.#parts;
    const reached = Math.max(0, this.#clock - plan.time.from);
    this.settle();
    const place = plan.cluster.colos[colo];
    if (place === undefined) throw new RangeError(`no colo ${colo}`);
    const buckets = complete ? undefined : Math.floor(reached / plan.time.bucket);
    return {
      shard: shardOf(plan, colo),
      variant: variant.name,
      complete,
      ...this.#counter.result(place.name, buckets),
      signatures: this.#parts.signatures.result(this.#parts.handedOut()),
      evictions: this.#parts.evictions.result(),
      anchorEnds: this.#parts.anchorEnds,
      copies: (watchesAges(plan) ? this.#parts.copies?.history(plan.time.to) : null) ?? [],
      digest: this.#digest.words(),
      work: { events: this.events, queries: this.#queries },
    };
  }

  #idle(): boolean {
    return !this.#isOpen() && this.#parts.source.length === 0;
  }

  #isOpen(): boolean {
    return this.#lookups.tries.open > 0 || this.#exchange.inFlight > 0 || this.#hops.open > 0;
  }

  /** Serves the arrivals of the block that come before `stop`; refills the block when it is used up. */
  #serve(source: ArrivalSource, stop: Micros): void {
    const { time, question, flags, node, audience, length } = source;
    const { plain } = this.#counter;
    const cells = this.#parts.questions.cell;
    const nodes = this.#nodes;
    const { skew } = this.#machines;
    const cellCount = this.#parts.cells.count;
    const queue = this.#queue;
    let due = queue.nextTime;
    let index = this.#head;
    for (; index < length; index++) {
      const at = time[index] as Micros;
      if (at >= stop) break;
      while (due <= at) {
        this.#runNext();
        due = queue.nextTime;
      }
      const id = question[index] as number;
      const bits = flags[index] as number;
      let slot = -1;
      if (id >= 0) {
        const number = node[index] as number;
        const reached = nodes[number] as ResolverNode;
        slot = reached.probe(id, (bits & CHECKING_DISABLED) !== 0, at + (skew[number] as number));
        if (slot >= 0) {
          const outcome = reached.outcomeOf(slot);
          const plainOutcome = PLAIN[outcome] as number;
          if (plainOutcome >= 0) {
            const counted =
              ((audience[index] as number) * cellCount + (cells[id] as number) + bits) *
                PLAIN_OUTCOMES +
              plainOutcome;
            plain[counted] = (plain[counted] as number) + 1;
            this.#digest.add(at, id, outcome);
            this.#queries++;
            continue;
          }
        }
      }
      this.#begin(source, index, slot);
      due = queue.nextTime;
    }
    this.#head = index;
    if (index === length) {
      source.fill();
      this.#head = 0;
    }
  }

  /** A lookup whose first try is no plain hit. */
  #begin(source: ArrivalSource, index: number, slot: number): void {
    const opened = this.#lookups.tries.take();
    const at = source.time[index] as Micros;
    const id = source.question[index] as number;
    const flags = source.flags[index] as number;
    const { questions } = this.#parts;
    opened.audience = source.audience[index] as number;
    opened.source = source.source;
    opened.ordinal = source.firstOrdinal + index;
    opened.attempt = 0;
    opened.failures = 0;
    opened.timeouts = 0;
    opened.node = source.node[index] as number;
    opened.flags = flags;
    opened.questionId = Math.max(-1, id);
    if (id >= 0) {
      opened.question = questions.question(id);
      opened.cell = (questions.cell[id] as number) + flags;
    } else {
      const made = questions.oneOff(opened.source, opened.ordinal, -1 - id);
      opened.question = made.question;
      opened.cell = made.cell + flags;
    }
    opened.firstBucket = this.#counter.bucketOf(at);
    this.#counter.add(opened.firstBucket, opened.cell, COLUMN.lookups);
    this.#send(opened, at, slot);
  }

  /** A try reaches its node; `slot` is what `probe` said. */
  #send(sent: Try, at: Micros, slot: number): void {
    const counter = this.#counter;
    sent.sent = at;
    sent.bucket = counter.bucketOf(at);
    sent.state = 'open';
    this.#queries++;
    counter.add(sent.bucket, sent.cell, COLUMN.clientQueries);
    const node = this.#nodes[sent.node] as ResolverNode;
    if (slot >= 0) {
      const outcome = node.outcomeOf(slot);
      this.#digest.add(at, sent.questionId, outcome);
      const column = columnOf(outcome);
      const errors = (outcome & OUTCOME_HAS_ERRORS) !== 0 ? node.errorsOf(slot) : NO_ERRORS;
      // As the core does in its answers: AD only for clients that can make use of it (RFC 6840 5.8).
      const shown = (sent.flags & DNSSEC_OK) !== 0 ? outcome : outcome & ~OUTCOME_AUTHENTICATED;
      const clock = this.clockOf(sent.node, at);
      const age = column === COLUMN.cacheStale ? clock - node.answerAt(slot).expiresAt : 0;
      this.#lookups.answered(sent, at, column, shown, errors, age, false);
      return;
    }
    this.#digest.add(at, ARRIVAL, sent.ordinal);
    const { attempt } = sent;
    const query: ClientQuery = {
      kind: 'query',
      client: sent.handle,
      question: sent.question,
      questionId: sent.questionId,
      recursionDesired: true,
      dnssecOk: (sent.flags & DNSSEC_OK) !== 0,
      authenticData: false,
      checkingDisabled: (sent.flags & CHECKING_DISABLED) !== 0,
      clientGroup: this.#audiences[sent.audience]?.group.name ?? '',
      tags: 0,
      forwarded: false,
      draw: new LookupKey(sent),
    };
    this.#handle(sent.node, query, at, false);
    if (sent.state === 'open' && sent.attempt === attempt) this.#lookups.setDeadline(sent, at);
  }

  /** One event at one node, and what follows from it; `waited` is false when nothing was waited for. */
  #handle(node: number, event: ResolverEvent, at: Micros, waited = true): void {
    const { signatures, evictions } = this.#parts;
    const clock = this.clockOf(node, at);
    signatures.counting = at >= this.#plan.time.from;
    evictions.at = at;
    evictions.clock = clock;
    for (const effect of (this.#nodes[node] as ResolverNode).handle(event, at, clock)) {
      switch (effect.kind) {
        case 'ask':
          this.#exchange.ask(node, effect, at);
          break;
        case 'forward':
          this.#hops.send(node, effect, at);
          break;
        case 'answer': {
          if (effect.client < 0) {
            this.#hops.reply(this.#hops.get(-1 - effect.client), effect, at);
            break;
          }
          const { source } = effect;
          const { errors, failure, expiresAt } = effect.answer;
          const answered = this.#lookups.tries.get(effect.client);
          if (source === 'miss' && failure?.bogus === true) {
            this.#counter.add(answered.bucket, answered.cell, COLUMN.upstreamBogus);
          }
          const column = SOURCE_COLUMN[source];
          const outcome = outcomeOf(effect);
          this.#lookups.answered(answered, at, column, outcome, errors, clock - expiresAt, waited);
          break;
        }
        case 'wake': {
          const due = effect.time === 'clock' ? effect.at - clock + at : effect.at;
          this.#queue.schedule(due, TIMER, this.#machines.placeOf(node), effect.timer, null);
          break;
        }
        case 'observe':
          throw new Error('a node is observed in a run');
      }
    }
  }

  /** Runs the first event; false when there is none. */
  #runNext(): boolean {
    const queue = this.#queue;
    if (!queue.take()) return false;
    const { time, kind, place, id } = queue;
    if (kind !== DEADLINE && kind !== FORWARD_TIMEOUT) {
      this.#events++;
      this.#digest.add(time, (kind << 16) | place, id);
    }
    switch (kind) {
      case RESPONSE: {
        this.#exchange.inFlight--;
        const message = queue.load as Message;
        this.#deliver(place, { kind: 'response', transaction: id, message }, time);
        break;
      }
      case ASK_TIMEOUT:
        this.#exchange.inFlight--;
        this.#deliver(place, { kind: 'timeout', transaction: id }, time);
        break;
      case TIMER:
        this.#deliver(place, { kind: 'timer', timer: id }, time);
        break;
      case NEXT_TRY:
        this.#tryAgain(this.#lookups.tries.get(id), time);
        break;
      case DEADLINE:
        this.#lookups.runDeadline(place, time);
        break;
      case FORWARD:
        this.#reachOwner(place, this.#hops.get(id), time);
        break;
      case FORWARD_ANSWER:
        this.#returnToEntry(this.#hops.get(id), queue.load as OwnerAnswer, time);
        break;
      case FORWARD_TIMEOUT:
        this.#ownerWasSilent(time);
        break;
      case TIMELINE:
        this.#apply(id, place, time);
        break;
      case ROOT_FETCHED:
        this.#renewCopies(time);
        break;
      default:
        throw new Error(`no event is of kind ${kind}`);
    }
    return true;
  }

  /** A query from another node: what a probe finds goes back at once. */
  #reachOwner(owner: number, hop: Hop, at: Micros): void {
    const node = this.#nodes[owner] as ResolverNode;
    const { questionId, checkingDisabled, tags } = hop.forward as Forward;
    hop.arrivedAt = at;
    hop.isAtOwner = true;
    if (questionId >= 0 && tags === 0) {
      const slot = node.probe(questionId, checkingDisabled, this.clockOf(owner, at));
      if (slot >= 0) {
        const source = sourceOf(node.outcomeOf(slot));
        this.#hops.reply(hop, { source, answer: node.answerAt(slot) }, at);
        return;
      }
    }
    this.#handle(owner, queryOf(hop), at, false);
  }

  #returnToEntry(hop: Hop, answer: OwnerAnswer, at: Micros): void {
    const { entry, waited } = hop;
    const { transaction, owner } = hop.forward as Forward;
    if (!this.#hops.end(hop)) return;
    const ahead = this.clockOf(entry, at) - this.clockOf(owner, at);
    const shown = ahead === 0 ? answer : { ...answer, answer: inClockOf(answer.answer, ahead) };
    this.#handle(entry, { kind: 'forwarded', transaction, answer: shown }, at, waited);
  }

  #ownerWasSilent(at: Micros): void {
    const hop = this.#hops.takeSilent();
    if (hop === null) return;
    const { entry } = hop;
    const { transaction } = hop.forward as Forward;
    if (hop.isLost) this.#hops.end(hop);
    this.#events++;
    this.#digest.add(at, (FORWARD_TIMEOUT << 16) | entry, transaction);
    this.#handle(entry, { kind: 'timeout', transaction }, at);
  }

  /** To the node that an event was meant for, unless it has restarted since. */
  #deliver(place: number, event: ResolverEvent, at: Micros): void {
    const node = this.#machines.nodeAt(place);
    if (node >= 0) this.#handle(node, event, at);
  }

  #apply(index: number, node: number, at: Micros): void {
    const { plan, variant, colo } = this.#parts;
    const event = variant.timeline[index];
    switch (event?.kind) {
      case 'resolver':
      case 'forwarding':
      case 'rule':
      case 'nta':
        for (const each of this.#nodes.keys()) this.#give(each, event, 0, at);
        break;
      case 'apps':
        this.#renewCopies(at);
        break;
      case 'restart':
        this.#restart(node, at);
        break;
      case 'clock':
        for (const each of chosenNodes(plan, colo, event)) {
          this.#machines.setAhead(each, event.skew);
          this.#handle(each, { kind: 'clock', back: event.skew < 0 }, at);
        }
        break;
      default:
        throw new Error(`timeline entry ${index} is not for resolvers`);
    }
  }

  /** The control plane tells a node what has been in force for `elapsed`. */
  #give(node: number, act: ControlAct, elapsed: Micros, at: Micros): void {
    const given = this.#nodes[node] as ResolverNode;
    if (act.kind === 'resolver') given.configure(coreSettings(act.set));
    else if (act.kind === 'forwarding') given.configure(forwardingSettings(act.set));
    else this.#handle(node, { kind: 'policy', change: policyChange(act, elapsed) }, at);
  }

  /** A node loses what is in memory, and is given again what is in force. */
  #restart(node: number, at: Micros): void {
    const { plan, variant, colo, anchorEnds, reopen } = this.#parts;
    reopen(node);
    this.#machines.restart(node);
    this.#exchange.forget(node);
    this.#lookups.lost(node);
    this.#hops.lost(node);
    const ended = anchorEnds.filter((end) => end.node === node);
    for (const { act, since } of actsInForce(variant.timeline, plan, colo, at, ended)) {
      this.#give(node, act, at - since, at);
    }
    this.#renewCopy(node, at);
  }

  #renewCopies(at: Micros): void {
    for (const node of this.#nodes.keys()) this.#renewCopy(node, at);
  }

  /** Gives a node the copy of the root zone that it has from now on. */
  #renewCopy(node: number, at: Micros): void {
    const { copies } = this.#parts;
    if (copies !== null) this.#nodes[node]?.configure({ staticZone: copies.at(node, at) });
  }

  #tryAgain(again: Try, at: Micros): void {
    const { seed } = this.#plan;
    again.attempt++;
    again.node = retryNode(seed, this.#nodes.length, again.source, again.ordinal, again.attempt);
    this.#counter.add(this.#counter.bucketOf(at), again.cell, COLUMN.retries);
    let slot = -1;
    if (again.questionId >= 0) {
      const node = this.#nodes[again.node] as ResolverNode;
      const clock = this.clockOf(again.node, at);
      slot = node.probe(again.questionId, (again.flags & CHECKING_DISABLED) !== 0, clock);
    }
    this.#send(again, at, slot);
  }
}

/** Simulated time that holds some ten milliseconds of work. */
export function sliceOf(plan: Plan, colo: number): Micros {
  return Math.ceil(LOOKUPS_PER_SLICE / Math.max(1, rateOf(plan, colo))) * SECOND;
}

const NO_ERRORS: readonly ExtendedError[] = [];
