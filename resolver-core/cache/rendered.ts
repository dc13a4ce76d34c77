/**
 * Answers of the answer table as octets, made once and given to many clients (`fast-path.ts` makes and
 * patches them). Beside each slot of the table lie at most two forms, for clients with and without DO.
 * What a slot holds anew has no form yet; an entry that goes takes its forms with it.
 *
 * Bounded in octets: where room is short, forms of the slots that a hand passes in turn are dropped, and made
 * again when they are asked for.
 */

import type { Micros } from '../time.ts';
import type { FormObserver } from './table.ts';

/** One form: a whole response, with OPT as its last record. */
export interface Form {
  /** TTLs as they are at the instant from which they count down. */
  readonly octets: Uint8Array;
  /** Where its TTLs stand, that of OPT apart. */
  readonly ttls: Uint16Array;
  /** Where OPT begins. */
  readonly optAt: number;
}

/** What a form takes beside its octets: two typed arrays and three objects (measured on Node 20). */
const FORM_OCTETS = 320;

export class RenderedAnswers implements FormObserver {
  /** By slot: the instant of the clock from which the TTLs of its forms count down; infinite when they do not. */
  readonly since: Float64Array;
  readonly #limit: number;
  /** Two per slot: without and with DNSSEC records. */
  readonly #forms: (Form | undefined)[];
  #octets = 0;
  #hand = 0;

  /** For a table of `capacity` slots; together no more than about `limit` octets. */
  constructor(capacity: number, limit: number) {
    this.since = new Float64Array(capacity);
    this.#limit = limit;
    this.#forms = new Array<Form | undefined>(capacity * 2).fill(undefined);
  }

  /** What the forms that are held take together. */
  get octets(): number {
    return this.#octets;
  }

  get(slot: number, dnssec: boolean): Form | undefined {
    return this.#forms[slot * 2 + (dnssec ? 1 : 0)];
  }

  /**
   * Keeps a form that was not here; `since` is the same for both of a slot. One that is larger than all that
   * may be held is not kept.
   */
  put(slot: number, dnssec: boolean, form: Form, since: Micros): void {
    this.since[slot] = since;
    const size = sizeOf(form);
    if (size > this.#limit) return;
    while (this.#octets + size > this.#limit) {
      this.#dropAt(this.#hand);
      this.#hand = (this.#hand + 1) % this.#forms.length;
    }
    this.#forms[slot * 2 + (dnssec ? 1 : 0)] = form;
    this.#octets += size;
  }

  dropped(slot: number): void {
    this.#dropAt(slot * 2);
    this.#dropAt(slot * 2 + 1);
  }

  cleared(): void {
    this.#forms.fill(undefined);
    this.#octets = 0;
  }

  #dropAt(index: number): void {
    const form = this.#forms[index];
    if (form === undefined) return;
    this.#octets -= sizeOf(form);
    this.#forms[index] = undefined;
  }
}

function sizeOf({ octets, ttls }: Form): number {
  return FORM_OCTETS + octets.length + ttls.length * 2;
}
