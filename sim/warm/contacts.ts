/**
 * Which misses of the past a zone's infrastructure hangs on. What a node knows of a zone (delegation, DS
 * or the proof that there is none, keys) is fetched by the first miss below the zone after it has run
 * out: the zone's misses are contacts, and each kind of data is a renewal process on them. Its age now is
 * about uniform in its TTL when there are many contacts, and mostly beyond it when there are few.
 *
 * The misses of a zone are those of its questions (`last-miss.ts`). The last one of each is drawn, so is
 * known; between it and one TTL before it there was none. What came before is taken as Poisson with the
 * questions' miss rates together. On these contacts the renewals are run from a beginning at random,
 * long enough ago, and of the whole chain only those contacts are returned on which something depends
 * that is alive now, or was when an answer was fetched that is still held: the history is sparse.
 *
 * The lives decide which contacts are worth making. What they bring is for the resolver to find out.
 */

import type { Micros } from '../../resolver-core/time.ts';
import { exponential } from '../engine/math.ts';
import { fraction } from '../engine/random.ts';
import { missRate } from './last-miss.ts';

/** A question whose misses are contacts of a zone. Ages are microseconds before now. */
export interface Caller {
  /** Queries per microsecond. */
  readonly rate: number;
  readonly ttl: Micros;
  readonly lastMiss: Micros;
  /** The answer is still held, so its last miss is part of the history anyway. */
  readonly isHeld: boolean;
}

export interface Contact {
  readonly age: Micros;
  /** Index of the caller. */
  readonly caller: number;
}

/** Among the lives. */
const DELEGATION = 0;
const SECURITY = 1;

/**
 * The contacts that are needed, oldest first, without those that are the last miss of a caller that is
 * held. `lives` are the TTLs of what is known of the zone: the delegation, DS or proof, the keys, as far as there are any; `draw` gives the k-th 32-bit draw.
 */
export function neededContacts(
  lives: readonly Micros[],
  callers: readonly Caller[],
  draw: (k: number) => number,
): Contact[] {
  if (callers.length === 0 || lives.length === 0) return [];
  const longest = Math.max(...lives);
  const held = callers.filter(({ isHeld }) => isHeld).map(({ lastMiss }) => lastMiss);
  const window = held.reduce((oldest, age) => Math.max(oldest, age), longest);
  const contacts = new ContactProcess(callers, draw);
  const chain: Contact[] = [];
  /** By life: the contacts of `chain` that renewed it. */
  const renewals: number[][] = lives.map(() => []);
  const runsOut = lives.map(() => window + fraction(draw(0)) * longest);
  /** When the delegation was renewed: with a proof, which is kept until the one in force has run out. */
  let pending = Number.POSITIVE_INFINITY;
  for (;;) {
    const contact = contacts.next(Math.max(...runsOut));
    if (contact === null) break;
    for (const [i, life] of lives.entries()) {
      if ((runsOut[i] as number) < contact.age) continue;
      let made = contact.age;
      if (i === DELEGATION) pending = made;
      if (i === SECURITY) {
        if (pending - life < made) made = pending;
        pending = Number.POSITIVE_INFINITY;
      }
      runsOut[i] = made - life;
      renewals[i]?.push(chain.length);
    }
    chain.push(contact);
  }
  const needed = dependedOn(lives, chain, renewals, held);
  return chain.filter(({ age, caller }, index) => {
    const { isHeld, lastMiss } = callers[caller] as Caller;
    return needed.has(index) && !(isHeld && age === lastMiss);
  });
}

/**
 * The links of the chain that matter: those in force now, and those without which something would be fetched
 * too late before such a link for the link to be made. `held` are the ages of misses that happen anyway.
 */
function dependedOn(
  lives: readonly Micros[],
  chain: readonly Contact[],
  renewals: readonly (readonly number[])[],
  held: readonly Micros[],
): Set<number> {
  const needed = new Set<number>();
  /** By life: the age of the needed link that was made last before what is looked at; now, at first. */
  const next = lives.map(() => 0);
  const misses = [...chain.entries()].map(([link, { age }]) => ({ age, link }));
  const events = [{ age: 0, link: -1 }, ...held.map((age) => ({ age, link: -1 })), ...misses];
  for (const { age, link } of events.sort((a, b) => a.age - b.age)) {
    if (link >= 0 && !needed.has(link)) continue;
    for (const [i, links] of renewals.entries()) {
      const life = lives[i] as number;
      const inForce = lastBefore(links, chain, age);
      const made = chain[inForce]?.age;
      if (made === undefined || made - age >= life || needed.has(inForce)) continue;
      if (age - (next[i] as number) >= life) continue;
      needed.add(inForce);
      next[i] = made;
    }
  }
  return needed;
}

/** Of links from old to new, the last that was made before `age`; -1 for none. */
function lastBefore(links: readonly number[], chain: readonly Contact[], age: Micros): number {
  let low = 0;
  let high = links.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const made = (chain[links[middle] as number] as Contact).age;
    if (made > age) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? -1 : (links[low - 1] as number);
}

/** Misses per microsecond, one in thirty years: what is left when rates were added and taken away again. */
const LEAST_RATE = 1e-15;

/** The contacts of a zone in order of time, asked for from the oldest to the newest. */
class ContactProcess {
  readonly #callers: readonly Caller[];
  readonly #draw: (k: number) => number;
  #draws = 1;
  /** Callers by the age at which their unknown misses end, oldest first; those before `#closed` have. */
  readonly #byEnd: readonly number[];
  #closed = 0;
  /** Misses per microsecond of those still open. */
  #rate = 0;
  /** Callers by their last miss, oldest first; those before `#passed` are older than what is asked for. */
  readonly #byLast: readonly number[];
  #passed = 0;
  /** By caller: its last contact. */
  readonly #used: Float64Array;

  constructor(callers: readonly Caller[], draw: (k: number) => number) {
    this.#callers = callers;
    this.#draw = draw;
    const indices = callers.map((_, index) => index);
    this.#byEnd = [...indices].sort((a, b) => this.#endOf(b) - this.#endOf(a) || a - b);
    this.#byLast = [...indices].sort((a, b) => this.#lastOf(b) - this.#lastOf(a) || a - b);
    this.#used = new Float64Array(callers.length).fill(Number.POSITIVE_INFINITY);
    for (const { rate, ttl } of callers) this.#rate += missRate(rate, ttl);
  }

  /** The first contact that is at most `age` old; null when there was none until now. Ages fall from call to call. */
  next(age: Micros): Contact | null {
    let at = age;
    for (;;) {
      this.#closeUntil(at);
      while (this.#lastOf(this.#byLast[this.#passed]) > age) this.#passed++;
      const known = this.#byLast[this.#passed];
      const end = this.#byEnd[this.#closed];
      const boundary = Math.max(this.#lastOf(known), this.#endOf(end), 0);
      const mean = this.#rate > LEAST_RATE ? 1 / this.#rate : Number.POSITIVE_INFINITY;
      const next = Math.floor(at - exponential(this.#draw(this.#draws++)) * mean);
      if (next > boundary) {
        const caller = this.#openCaller(next);
        if (caller >= 0) return this.#contact(next, caller);
        at = next;
      } else if (known !== undefined && boundary === this.#lastOf(known)) {
        this.#passed++;
        return this.#contact(boundary, known);
      } else if (boundary <= 0) {
        return null;
      } else {
        at = boundary;
      }
    }
  }

  #contact(age: Micros, caller: number): Contact {
    this.#used[caller] = age;
    return { age, caller };
  }

  #closeUntil(age: Micros): void {
    for (; this.#closed < this.#byEnd.length; this.#closed++) {
      const index = this.#byEnd[this.#closed] as number;
      if (this.#endOf(index) < age) break;
      const { rate, ttl } = this.#callers[index] as Caller;
      this.#rate -= missRate(rate, ttl);
    }
  }

  /** One of those that may have missed at `age`, by their rates, unless it was fresh; -1 for none. */
  #openCaller(age: Micros): number {
    let rest = fraction(this.#draw(this.#draws++)) * this.#rate;
    for (let i = this.#closed; i < this.#byEnd.length; i++) {
      const index = this.#byEnd[i] as number;
      const { rate, ttl } = this.#callers[index] as Caller;
      rest -= missRate(rate, ttl);
      if (rest < 0 && (this.#used[index] as number) - age > ttl) return index;
    }
    return -1;
  }

  #lastOf(index: number | undefined): number {
    return this.#callers[index ?? -1]?.lastMiss ?? Number.NEGATIVE_INFINITY;
  }

  #endOf(index: number | undefined): number {
    const caller = this.#callers[index ?? -1];
    return caller === undefined ? Number.NEGATIVE_INFINITY : caller.lastMiss + caller.ttl;
  }
}
