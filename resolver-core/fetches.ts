/**
 * The fetches of a node: which questions are being resolved, and who waits for whom. A fetch is a
 * generator (`resolution.ts`) that says what it wants and is resumed here with the result. Fetches that
 * want the same question wait for one another; a circle of waiting is a failure.
 *
 * Clients, and what is given to them, are the facade's business (`resolver.ts`).
 */

import { type CachedAnswer, isFailure } from './cache/cached-answer.ts';
import type { DrawKey } from './events.ts';
import { Budget, Fetch, type Resumption, type Want } from './fetch.ts';
import { MAX_FETCH_DEPTH } from './limits.ts';
import type { Message, Question } from './message.ts';
import type { Name } from './name/name.ts';
import type { NodeState } from './node.ts';
import { observeCached, observeLookupEnd } from './observing.ts';
import type { Tags } from './policy/phases.ts';
import { momentary, resolve } from './resolution.ts';
import { synthesise } from './validate/synthesis.ts';
import { EDE } from './wire/iana.ts';

/** Is told what each fetch came to, once; gives the entry that stands. */
export type Ended = (fetch: Fetch, resolved: CachedAnswer) => CachedAnswer;

export class Fetches {
  readonly #node: NodeState;
  readonly #ended: Ended;
  /** In flight, by question. */
  readonly #byKey = new Map<string, Fetch>();
  /** Those whose query is on its way, by transaction. */
  readonly #transactions = new Map<number, Fetch>();
  #nextTransaction = 0;
  /** Those whose lookup has been answered. */
  readonly #ready: { readonly fetch: Fetch; readonly entry: CachedAnswer }[] = [];

  /** The key made last, and what of. */
  #key = '';
  #keyed: Question | null = null;
  #keyedFlags = 0;

  constructor(node: NodeState, ended: Ended) {
    this.#node = node;
    this.#ended = ended;
  }

  /** Fetches under way. */
  get size(): number {
    return this.#byKey.size;
  }

  /** The fetch for a question, if one is under way: with the same tags, which may change what it finds. */
  find(question: Question, checkingDisabled: boolean, tags: Tags): Fetch | undefined {
    return this.#byKey.get(this.#keyFor(question, checkingDisabled, tags));
  }

  /** A new fetch with a budget of its own, to be `run`. */
  begin(question: Question, checkingDisabled: boolean, tags: Tags, draw: DrawKey): Fetch {
    const budget = new Budget(this.#node.now + this.#node.config.resolutionTimeout);
    this.#node.enter(tags);
    return this.#start(question, checkingDisabled, tags, draw, budget, 0);
  }

  /** Those for such names are run out, join nobody any more, and what they come to is not remembered. */
  disown(isConcerned: (name: Name) => boolean): void {
    for (const fetch of this.#byKey.values()) {
      if (isConcerned(fetch.question.name)) this.#disown(fetch);
    }
  }

  /** With those that will go on with what it comes to. */
  #disown(fetch: Fetch): void {
    if (fetch.isVoid) return;
    fetch.isVoid = true;
    this.#byKey.delete(fetch.key);
    for (const dependent of fetch.dependents) this.#disown(dependent);
  }

  /** A response, or silence (null). */
  resume(transaction: number, message: Message | null): void {
    const fetch = this.#transactions.get(transaction);
    if (fetch === undefined) return; // a transaction that is over: late or forged
    this.#transactions.delete(transaction);
    this.run(fetch, { message, elapsed: this.#node.now - fetch.askedAt });
  }

  /** Those that have been answered, in turn: a chain of fetches that wait for one another costs no stack. */
  runReady(): void {
    for (let next = this.#ready.shift(); next !== undefined; next = this.#ready.shift()) {
      this.run(next.fetch, next.entry);
    }
  }

  /** The key of a question, which is looked for and then, when it is not found, begun: it is made once. */
  #keyFor(question: Question, checkingDisabled: boolean, tags: Tags): string {
    const flags = flagsOf(checkingDisabled, tags);
    if (question !== this.#keyed || flags !== this.#keyedFlags) {
      this.#keyed = question;
      this.#keyedFlags = flags;
      this.#key = question.name.key + String.fromCharCode(question.type, flags);
    }
    return this.#key;
  }

  #start(
    question: Question,
    checkingDisabled: boolean,
    tags: Tags,
    draw: DrawKey,
    budget: Budget,
    depth: number,
  ): Fetch {
    const key = this.#keyFor(question, checkingDisabled, tags);
    const fetch = new Fetch(key, question, checkingDisabled, draw, budget, depth, tags);
    fetch.steps = resolve(this.#node, fetch);
    fetch.isLocal = this.#node.local?.answers(question) === true;
    this.#byKey.set(key, fetch);
    return fetch;
  }

  /** Resumes a fetch until it waits for the world or is done. */
  run(fetch: Fetch, resumption?: Resumption): void {
    const { steps } = fetch;
    if (steps === null) throw new Error('a fetch was resumed that never began');
    this.#node.budget = fetch.budget;
    this.#node.enter(fetch.tags);
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
        this.#node.effects.push({
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
    const isLocal = node.local?.answers(question) === true;
    const cached = isLocal
      ? undefined
      : node.table.find(question.name, question.type, checkingDisabled);
    const leeway = cached === undefined || isFailure(cached) ? 0 : fetch.leeway;
    if (cached !== undefined && node.clock + leeway < cached.expiresAt) {
      observeCached(node, cached);
      return cached;
    }
    const made = isLocal ? null : synthesise(node, question, checkingDisabled);
    if (made !== null) return made;
    const { draw, budget, depth, tags } = fetch;
    const running = this.find(question, checkingDisabled, tags);
    if (running !== undefined) {
      if (running.waitsFor(fetch)) return circumstance(want, 'cyclic dependency');
      running.dependents.push(fetch);
      fetch.waitingFor = running;
      return null;
    }
    if (fetch.depth >= MAX_FETCH_DEPTH) {
      return circumstance(want, `more than ${MAX_FETCH_DEPTH} dependent lookups`);
    }
    const child = this.#start(question, checkingDisabled, tags, draw, budget, depth + 1);
    child.leeway = fetch.leeway;
    this.#node.observe?.({ kind: 'lookup', question, depth: child.depth });
    child.dependents.push(fetch);
    fetch.waitingFor = child;
    this.run(child);
    return null;
  }

  /** Starts a fetch on behalf of another that does not wait for it. */
  #prefetch({ tags, draw, budget, depth }: Fetch, question: Question): void {
    const { table, clock } = this.#node;
    const cached = table.find(question.name, question.type, false);
    if (cached !== undefined && clock < cached.expiresAt) return;
    if (depth >= MAX_FETCH_DEPTH || this.find(question, false, tags) !== undefined) return;
    this.run(this.#start(question, false, tags, draw, budget, depth + 1));
  }

  #finish(fetch: Fetch, resolved: CachedAnswer): void {
    if (this.#byKey.get(fetch.key) === fetch) this.#byKey.delete(fetch.key);
    const entry = this.#ended(fetch, resolved);
    if (fetch.depth > 0) observeLookupEnd(this.#node, fetch, entry);
    for (const dependent of fetch.dependents) {
      dependent.waitingFor = null;
      this.#ready.push({ fetch: dependent, entry });
    }
  }
}

/** What in-flight fetches are told apart by beside their questions. */
function flagsOf(checkingDisabled: boolean, tags: Tags): number {
  return (tags << 1) | (checkingDisabled ? 1 : 0);
}

type LookupWant = Extract<Want, { kind: 'lookup' }>;

function circumstance(want: LookupWant, text: string): CachedAnswer {
  return momentary(want, [{ code: EDE.OTHER, text }]);
}
