/**
 * What one node makes of its copy of the root zone (`static-zone.ts`): the root and the zones that it
 * delegates, as lookups see them that may use the copy. They stand beside the node's own zone cuts, which
 * know what servers said: nothing from the copy goes in there, and nothing from there is asked for what
 * the copy says.
 *
 * Keys of a delegated zone are data of that zone: they pass to the next copy, to be judged by its DS.
 */

import { ZoneCut } from '../cache/zone-cuts.ts';
import type { Question } from '../message.ts';
import { Name } from '../name/name.ts';
import type { Micros } from '../time.ts';
import type { LocalReferral, ZoneCopy } from './static-zone.ts';

/** A copy, and how long it is to be used. */
export interface LocalZone {
  readonly copy: ZoneCopy;
  /** Instant of the clock from which it is not used any more; infinite without any guard. */
  readonly usableUntil: Micros;
  /** When it is not used any more, ask the root servers (RFC 8806 section 2); false: fail. */
  readonly fallback: boolean;
}

export class LocalRoot {
  readonly copy: ZoneCopy;
  readonly usableUntil: Micros;
  readonly fallback: boolean;
  readonly root: ZoneCut = new ZoneCut(Name.root, null);
  #cuts: Map<string, ZoneCut> = new Map();
  readonly #before: ReadonlyMap<string, ZoneCut>;
  #isSpent = false;

  /** `before` is what the node had until now. */
  constructor({ copy, usableUntil, fallback }: LocalZone, before: LocalRoot | null) {
    this.copy = copy;
    this.usableUntil = usableUntil;
    this.fallback = fallback;
    this.#before = before === null ? new Map() : before.#cuts;
  }

  /** True when the root zone itself has the answer: it is for the copy to give. */
  answers(question: Question): boolean {
    return this.copy.cutFor(question) === null;
  }

  /** The zone that the root delegates at a name, made when it is first asked for. */
  cut(name: Name, clock: Micros): ZoneCut {
    const known = this.#cuts.get(name.key);
    if (known !== undefined) return known;
    const made = new ZoneCut(name, this.root);
    made.keys = this.#before.get(name.key)?.keys ?? null;
    const proof: LocalReferral['proof'] = this.copy.referral(name)?.proof ?? [];
    if (proof.length > 0) made.referralProof = { rrsets: proof, receivedAt: clock };
    this.#cuts.set(name.key, made);
    return made;
  }

  /** False from the end of the copy's use on; what was judged by it then counts no more. */
  isUsable(clock: Micros): boolean {
    if (clock < this.usableUntil) return true;
    if (!this.#isSpent) {
      this.#isSpent = true;
      this.#cuts = new Map();
      this.root.keys = null;
    }
    return false;
  }
}
