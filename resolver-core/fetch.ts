/**
 * One fetch: the resolution of one question by one node, which any number of clients and other
 * fetches may wait for (RFC 5452 section 5: one outstanding resolution per question).
 *
 * The work itself is a generator that yields what it wants from the world and is resumed with the
 * result (`fetches.ts` drives it), so iteration and validation read as sequential code.
 */

import type { CachedAnswer } from './cache/cached-answer.ts';
import type { DrawKey, ServerAddress, TraceStep } from './events.ts';
import { MAX_NSEC3_WORK_PER_LOOKUP, MAX_VERIFICATIONS_PER_LOOKUP } from './limits.ts';
import type { ExtendedError, Message, Question } from './message.ts';
import type { Name } from './name/name.ts';
import type { Tags } from './policy/phases.ts';
import type { Micros } from './time.ts';

/** What a resolution wants. */
export type Want =
  | {
      readonly kind: 'ask';
      readonly server: ServerAddress;
      readonly question: Question;
      readonly transport: 'udp' | 'tcp';
      readonly recursionDesired: boolean;
      readonly udpSize: number;
      readonly timeout: Micros;
    }
  /** The answer to another question, fetched or joined when it is not cached. */
  | { readonly kind: 'lookup'; readonly question: Question; readonly checkingDisabled: boolean }
  /** The answer to another question, some time later: not waited for. */
  | { readonly kind: 'prefetch'; readonly question: Question };

/** A response, or silence (null), to an `ask`. */
export interface Reply {
  readonly message: Message | null;
  readonly elapsed: Micros;
}

/** What a generator is resumed with: a `Reply` after `ask`, a `CachedAnswer` after `lookup`; after `prefetch` it looks at nothing. */
export type Resumption = Reply | CachedAnswer;

/** Sequential code of the resolver that waits for the world. */
export type Steps<T> = Generator<Want, T, Resumption>;

/** A failure, with what is known of its cause, most specific first (RFC 8914). */
export interface Failure {
  readonly failed: true;
  readonly errors: readonly ExtendedError[];
  /** False when it says nothing about the name: the work that another lookup may cause was used up. */
  readonly lasting: boolean;
  /** Some server answered, with an error. */
  readonly answered: boolean;
}

/** The work that one client lookup may cause, shared by all fetches that it starts. */
export class Budget {
  /** Instant of `now` at which it ends whatever is missing. */
  readonly deadline: Micros;
  sends = 0;
  addressLookups = 0;
  /** Signatures tried with a key, and SHA-1 computations for NSEC3. */
  verifications = 0;
  nsec3Hashes = 0;
  /** Number of the next draw: draws of one lookup never collide. */
  draws = 0;

  constructor(deadline: Micros) {
    this.deadline = deadline;
  }

  /** True once a signature or a proof was not looked at. */
  get isValidationSpent(): boolean {
    return (
      this.verifications > MAX_VERIFICATIONS_PER_LOOKUP ||
      this.nsec3Hashes > MAX_NSEC3_WORK_PER_LOOKUP
    );
  }
}

export interface Waiter {
  /** The driver's handle of the client query. */
  readonly client: number;
  readonly joined: boolean;
  /** By DO or AD of the query. */
  readonly understandsAd: boolean;
  readonly questionId: number;
  /** When it comes, the client gets a stale answer; `NO_TIMER` when none is here or no timer runs. */
  readonly timer: number;
}

export const NO_TIMER = -1;

const NOBODY: readonly ServerAddress[] = [];

export class Fetch {
  /** Question, CD and tags in one string: what fetches in flight are found by. */
  readonly key: string;
  readonly question: Question;
  readonly checkingDisabled: boolean;
  /** The lookup that started it: every draw of the fetch is keyed by it. */
  readonly draw: DrawKey;
  readonly budget: Budget;
  readonly depth: number;
  /** Of the query that started it: what it needs is asked for with the same. */
  readonly tags: Tags;
  /** What it was judged by has changed meanwhile: it is run out for those who wait, and not stored. */
  isVoid = false;
  /** A local copy of the zone has the answer: it is kept nowhere else. */
  isLocal = false;
  readonly waiters: Waiter[] = [];
  /** Fetches that wait for this one. */
  readonly dependents: Fetch[] = [];
  /** What ends within this time counts as ended: a refresh gains nothing from what goes with the old answer. */
  leeway: Micros = 0;
  /** The fetch that this one waits for. */
  waitingFor: Fetch | null = null;
  /** Set before the first step. */
  steps: Steps<CachedAnswer> | null = null;
  askedAt: Micros = 0;
  /** Who gave the last response of use. */
  answeredBy: ServerAddress | null = null;
  /** Servers whose data did not validate: not asked again. */
  distrusted: readonly ServerAddress[] = NOBODY;
  #lookedUp: Name[] | null = null;

  constructor(
    key: string,
    question: Question,
    checkingDisabled: boolean,
    draw: DrawKey,
    budget: Budget,
    depth: number,
    tags: Tags,
  ) {
    this.key = key;
    this.question = question;
    this.checkingDisabled = checkingDisabled;
    this.draw = draw;
    this.budget = budget;
    this.depth = depth;
    this.tags = tags;
  }

  /** Name server names whose addresses this fetch looked up. */
  get lookups(): number {
    return this.#lookedUp === null ? 0 : this.#lookedUp.length;
  }

  noteLookup(name: Name): void {
    if (this.#lookedUp === null) this.#lookedUp = [name];
    else this.#lookedUp.push(name);
  }

  lookedUp(name: Name): boolean {
    return this.#lookedUp?.some((each) => each.key === name.key) ?? false;
  }

  /** The server that answered last is not to be asked again. */
  distrust(): void {
    if (this.answeredBy !== null) this.distrusted = [...this.distrusted, this.answeredBy];
  }

  /** True when this fetch waits, directly or not, for `other`. */
  waitsFor(other: Fetch): boolean {
    for (let at: Fetch | null = this; at !== null; at = at.waitingFor) {
      if (at === other) return true;
    }
    return false;
  }
}

/** Tells an observer (a trace) what happens; absent in ordinary runs. */
export type Observe = (step: TraceStep) => void;
