/**
 * When an RRset of a zone was last signed, and with which key: a pure function of owner, type and
 * instant, given the zone's policy and the variant's timeline.
 *
 * - Every RRset is signed anew once per period, at a phase that is a keyed hash of owner and type:
 *   incremental re-signing, whose signatures expire one by one. That of the apex's NSEC or NSEC3, which proves
 *   every opt-out delegation insecure, may be given.
 * - SOA changes, and is signed, at every serial; DNSKEY whenever a key comes or goes.
 * - `resign` events sign what they select, spread over a span in the order of hashed owner names.
 * - `sign-with` events change the key with which everything is signed from then on.
 *
 * Which copy (HSM) of a key signs is a keyed hash of owner, type and serial, unless an event pins
 * it.
 */

import { nsec3Hash } from '../../resolver-core/crypto/nsec3-hash.ts';
import { Name } from '../../resolver-core/name/name.ts';
import { type Micros, SECOND } from '../../resolver-core/time.ts';
import { TYPE } from '../../resolver-core/wire/iana.ts';
import { fraction, hashText, mix, PURPOSE } from '../engine/random.ts';
import type { TimelineEvent } from '../plan.ts';
import type { SigningPolicy } from './keyring.ts';
import { base32hex } from './records.ts';
import { TRAIT, traitDraw } from './traits.ts';
import type { Zone } from './zone.ts';

/** One act of signing an RRset. */
export interface Signing {
  readonly at: Micros;
  readonly key: string;
  readonly copy: number;
}

/** The signing in force at an instant, and when the next one may come. */
export interface SigningSpan extends Signing {
  readonly until: Micros;
}

type ResignEvent = TimelineEvent & { readonly kind: 'resign' };
type SignWithEvent = TimelineEvent & { readonly kind: 'sign-with' };

interface Resign {
  readonly event: ResignEvent;
  readonly owner: Name | null;
  /** Owner of the NSEC3 RR that belongs to `owner`. */
  readonly hashedOwner: Name | null;
}

/** The latest natural signing and the one after it. */
interface Periodic {
  readonly at: Micros;
  readonly until: Micros;
}

export class Schedule {
  readonly #zone: Zone;
  readonly #policy: SigningPolicy;
  readonly #seed: number;
  readonly #resigns: readonly Resign[];
  readonly #signWith: readonly SignWithEvent[];
  /** Instants at which the DNSKEY RRset changes, ascending. */
  readonly #keyChanges: readonly Micros[];
  /** Who has the NSEC or NSEC3 of the apex. */
  readonly #apexOwners: readonly Name[];
  /** When the types at the apex changed; null: never. */
  readonly #apexChange: Micros | null;

  /**
   * `timeline` may hold events of other zones; at `apexChange`, other types are at the apex. Throws an
   * Error when an event names a key that the zone lacks.
   */
  constructor(
    zone: Zone,
    policy: SigningPolicy,
    timeline: readonly TimelineEvent[],
    seed: number,
    apexChange: Micros | null = null,
  ) {
    this.#zone = zone;
    this.#policy = policy;
    this.#seed = seed;
    const resigns: Resign[] = [];
    const signWith: SignWithEvent[] = [];
    for (const event of timeline) {
      if (event.kind !== 'sign-with' && event.kind !== 'resign') continue;
      if (!Name.parse(event.zone).equals(zone.apex)) continue;
      if (event.kind === 'sign-with') {
        if (!policy.keys.has(event.key))
          throw new Error(`zone ${zone.apex} has no key ${event.key}`);
        signWith.push(event);
      } else {
        const owner = event.select.owner === null ? null : Name.parse(event.select.owner);
        resigns.push({ event, owner, hashedOwner: owner === null ? null : this.#hashed(owner) });
      }
    }
    this.#resigns = resigns;
    this.#signWith = signWith.sort((a, b) => a.at - b.at);
    this.#apexOwners = [zone.apex, this.#hashed(zone.apex) ?? zone.apex];
    this.#apexChange = apexChange;
    const changes = new Set<Micros>();
    for (const key of policy.keys.values()) {
      if (key.publishedFrom !== null) changes.add(key.publishedFrom);
      if (key.publishedUntil !== null) changes.add(key.publishedUntil);
    }
    this.#keyChanges = [...changes].sort((a, b) => a - b);
  }

  /** Serial in force at an instant: Unix time rounded down to the serial period. */
  serial(clock: Micros): number {
    const every = this.#policy.serialEvery;
    return Math.floor((Math.floor(this.#stopped(clock) / every) * every) / SECOND);
  }

  /** The signing of (owner, type) that is in force at `clock`. */
  at(owner: Name, type: number, clock: Micros): SigningSpan {
    const seen = this.#stopped(clock);
    const natural = this.#natural(owner, type, seen);
    const { at, key, copy } = this.#last(owner, type, seen, natural.at);
    const stopped = seen < clock;
    const until = stopped
      ? Number.POSITIVE_INFINITY
      : this.#next(owner, type, clock, natural.until);
    return { at, key, copy, until };
  }

  #stopped(clock: Micros): Micros {
    const { stoppedAt } = this.#policy;
    return stoppedAt === null ? clock : Math.min(clock, stoppedAt);
  }

  /** The signing in force; `natural` is the latest of the periodic ones. */
  #last(owner: Name, type: number, clock: Micros, natural: Micros): Signing {
    let at = natural;
    let pinned: number | null = null;
    for (const resign of this.#resigns) {
      const { event } = resign;
      if (event.at > clock || !selects(resign, owner, type)) continue;
      const instant = this.#instant(event, owner);
      if (instant > clock || instant < at) continue;
      const wanted = event.select.signedWith;
      if (wanted !== null && this.#keyBefore(owner, type, event.at) !== wanted) continue;
      at = instant;
      pinned = event.copy;
    }
    const key = this.#keyAt(type, at);
    if (pinned !== null && pinned < this.#copies(key)) return { at, key, copy: pinned };
    return { at, key, copy: this.#copy(owner, type, at, key) };
  }

  /** The key of the signing in force just before an event at `at`. */
  #keyBefore(owner: Name, type: number, at: Micros): string {
    const clock = at - 1;
    return this.#last(owner, type, clock, this.#natural(owner, type, clock).at).key;
  }

  /** When the next signing may come; `natural` is the next of the periodic ones. */
  #next(owner: Name, type: number, clock: Micros, natural: Micros): Micros {
    let until = natural;
    for (const resign of this.#resigns) {
      if (!selects(resign, owner, type)) continue;
      const instant = this.#instant(resign.event, owner);
      if (instant > clock && instant < until) until = instant;
    }
    return until;
  }

  #natural(owner: Name, type: number, clock: Micros): Periodic {
    const { resignEvery, serialEvery, apexNsecEnds, validity, backdate } = this.#policy;
    if (type === TYPE.SOA) {
      const at = Math.floor(clock / serialEvery) * serialEvery;
      return { at, until: at + serialEvery };
    }
    const seconds = Math.max(1, Math.floor(resignEvery / SECOND));
    const period = seconds * SECOND;
    const isApexDenial =
      (type === TYPE.NSEC || type === TYPE.NSEC3) &&
      this.#apexOwners.some((each) => each.equals(owner));
    const phase =
      isApexDenial && apexNsecEnds !== null
        ? Math.floor((apexNsecEnds - validity + backdate) / SECOND) * SECOND
        : (traitDraw(this.#seed, owner, TRAIT.resign, type) % seconds) * SECOND;
    let at = Math.floor((clock - phase) / period) * period + phase;
    let until = at + period;
    if (type === TYPE.DNSKEY) {
      for (const change of this.#keyChanges) {
        if (change <= clock) at = Math.max(at, change);
        else until = Math.min(until, change);
      }
    }
    const change = this.#apexChange;
    if (change !== null && isApexDenial && at < change) at = change;
    return { at, until };
  }

  /** When an event signs this owner, in whole seconds. */
  #instant(event: ResignEvent, owner: Name): Micros {
    if (event.over === 0) return event.at;
    const offset = Math.floor((event.over / SECOND) * this.#order(owner)) * SECOND;
    return event.at + offset;
  }

  /**
   * Place of an owner in the order of hashed owner names, in [0, 1); zones with NSEC have an order
   * of their own.
   */
  #order(owner: Name): number {
    const { denial } = this.#zone;
    if (denial?.kind !== 'nsec3') return fraction(hashText(this.#seed ^ TRAIT.order, owner.key));
    const { apex } = this.#zone;
    const isHashed = owner.firstLabel.length === 32 && owner.labelCount === apex.labelCount + 1;
    const label = isHashed ? owner.firstLabel : this.#hashed(owner)?.firstLabel;
    let value = 0;
    for (const character of (label ?? '').slice(0, 6)) {
      value = value * 32 + Number.parseInt(character, 32);
    }
    return value / 0x40000000; // six characters of five bits
  }

  #hashed(owner: Name): Name | null {
    const { denial, apex } = this.#zone;
    if (denial?.kind !== 'nsec3') return null;
    return apex.child(base32hex(nsec3Hash(owner, denial.params.iterations, denial.params.salt)));
  }

  #keyAt(type: number, at: Micros): string {
    const role = type === TYPE.DNSKEY ? 'ksk' : 'zsk';
    let key = this.#policy[role];
    for (const event of this.#signWith) {
      if (event.at <= at && this.#policy.keys.get(event.key)?.role === role) key = event.key;
    }
    return key;
  }

  #copies(key: string): number {
    return this.#policy.keys.get(key)?.copies ?? 1;
  }

  #copy(owner: Name, type: number, at: Micros, key: string): number {
    const copies = this.#copies(key);
    if (copies === 1) return 0;
    const hashed = hashText(this.#seed ^ TRAIT.copy, owner.key);
    return mix(this.#seed, PURPOSE.signer, hashed, type, this.serial(at)) % copies;
  }
}

function selects(resign: Resign, owner: Name, type: number): boolean {
  const { types } = resign.event.select;
  if (types.length > 0 && !types.includes(type)) return false;
  if (resign.owner === null || owner.equals(resign.owner)) return true;
  return type === TYPE.NSEC3 && resign.hashedOwner !== null && owner.equals(resign.hashedOwner);
}
