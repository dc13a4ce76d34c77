/**
 * What a node knows of each zone cut: the delegation, the DS RRset or the proof that there is none,
 * and the zone's keys. They live and die apart, each with its own TTL bounded by its signature
 * (docs/design.md): an answer below a broken TLD can still be fetched anew as long as the proofs
 * obtained earlier live.
 *
 * Data of referrals is credible enough to find servers and never returned as an answer (RFC 2181
 * section 5.4.1); a referral does not replace unexpired NS data of the child itself, and the child's
 * does not outlive the parent's (ghost domains).
 */

import type { ServerAddress } from '../events.ts';
import type { Name } from '../name/name.ts';
import type { DnsKey } from '../rdata.ts';
import type { RRset } from '../rrset.ts';
import type { Micros } from '../time.ts';

/** One name server of a delegation with the addresses that are known for it. */
export interface NameServer {
  readonly name: Name;
  /** Empty until glue or a lookup gives some. */
  addresses: readonly ServerAddress[];
  /** Addresses are used before this instant of the clock. */
  addressesExpireAt: Micros;
}

/** Credibility of NS data, low to high. */
export type NsRank = 'referral' | 'authoritative';

export interface Delegation {
  readonly rank: NsRank;
  readonly nameServers: readonly NameServer[];
  readonly expiresAt: Micros;
}

/** Whether the parent vouches for the zone's keys. */
export type DelegationSecurity =
  | { readonly kind: 'ds'; readonly ds: RRset; readonly expiresAt: Micros }
  | {
      readonly kind: 'insecure';
      readonly expiresAt: Micros;
      /** Why, in words, for traces. */
      readonly reason: string;
      /** Extended DNS Error of answers under it (unsupported algorithms, iterations), or null. */
      readonly error: { readonly code: number; readonly text: string } | null;
    };

/** What came with a referral about DS, not yet judged. */
export interface ReferralProof {
  /** DS, NSEC and NSEC3 RRsets of the referral's authority section. */
  readonly rrsets: readonly RRset[];
  readonly receivedAt: Micros;
}

/** The keys of a zone that were found good under its DS. */
export class ZoneKeys {
  readonly keys: readonly DnsKey[];
  readonly rrset: RRset;
  /** The DS RRset that vouches for them. */
  readonly ds: RRset;
  /** Of each, a good signature is asked for; null when one signature is enough. */
  readonly algorithms: readonly number[] | null;
  readonly expiresAt: Micros;
  /** This zone's state as long as keys and DS live; made once, since every validation asks for it. */
  readonly state: { readonly kind: 'secure'; readonly keys: ZoneKeys };

  constructor(
    keys: readonly DnsKey[],
    rrset: RRset,
    ds: RRset,
    algorithms: readonly number[] | null,
    expiresAt: Micros,
  ) {
    this.keys = keys;
    this.rrset = rrset;
    this.ds = ds;
    this.algorithms = algorithms;
    this.expiresAt = expiresAt;
    this.state = { kind: 'secure', keys: this };
  }
}

/** How the servers of a zone were given by the operator. */
export interface Fixed {
  readonly role: 'stub' | 'forward';
  readonly fallback: boolean;
  readonly prime: boolean;
}

export class ZoneCut {
  readonly name: Name;
  /** The zone that delegated this one; null for the root. */
  parent: ZoneCut | null;
  delegation: Delegation | null = null;
  security: DelegationSecurity | null = null;
  referralProof: ReferralProof | null = null;
  keys: ZoneKeys | null = null;
  /** Set when the operator names the servers: no referral replaces them. */
  fixed: Fixed | null = null;
  /** Spared by the next eviction pass. */
  visited = false;

  constructor(name: Name, parent: ZoneCut | null) {
    this.name = name;
    this.parent = parent;
  }
}

/**
 * True when the servers of a cut can be found: its NS data are alive, and some name server has an
 * address or a name that can be looked up without asking the zone itself.
 */
export function isUsable(cut: ZoneCut, clock: Micros): boolean {
  const { delegation } = cut;
  if (delegation === null || clock >= delegation.expiresAt) return false;
  for (const server of delegation.nameServers) {
    if (clock < server.addressesExpireAt || !server.name.isAtOrBelow(cut.name)) return true;
  }
  return false;
}

/** The bounded store of zone cuts. The root is never evicted. */
export class ZoneCuts {
  readonly root: ZoneCut;
  readonly #cuts = new Map<string, ZoneCut>();
  readonly #capacity: number;
  readonly #pinned: ZoneCut[] = [];

  constructor(root: ZoneCut, capacity: number) {
    this.root = root;
    this.#capacity = capacity;
  }

  get(name: Name): ZoneCut | undefined {
    if (name.isRoot) return this.root;
    const cut = this.#cuts.get(name.key);
    if (cut !== undefined) cut.visited = true;
    return cut;
  }

  /** The cut for `name`, made if there is none; `parent` is recorded as the zone that delegates it. */
  ensure(name: Name, parent: ZoneCut): ZoneCut {
    const known = this.get(name);
    if (known !== undefined) {
      if (known !== this.root) known.parent = parent;
      return known;
    }
    if (this.#cuts.size >= this.#capacity) this.#evict();
    const cut = new ZoneCut(name, parent);
    this.#cuts.set(name.key, cut);
    return cut;
  }

  /** The cut for `name`, never to be evicted or forgotten. */
  pin(name: Name): ZoneCut {
    const cut = this.ensure(name, this.root);
    this.#pinned.push(cut);
    return cut;
  }

  /** The deepest cut at or above `name` whose delegation is alive; at worst the root. */
  closest(name: Name, clock: Micros): ZoneCut {
    for (let at = name; !at.isRoot; at = at.parent) {
      const cut = this.#cuts.get(at.key);
      if (cut !== undefined && isUsable(cut, clock)) {
        cut.visited = true;
        return cut;
      }
    }
    return this.root;
  }

  /** Forgets everything but the root's hints. */
  clear(): void {
    this.#cuts.clear();
    for (const cut of [this.root, ...this.#pinned]) {
      cut.security = null;
      cut.keys = null;
      if (cut !== this.root) this.#cuts.set(cut.name.key, cut);
    }
  }

  /** Second chance in order of insertion (a Map keeps it); a cut that was used goes to the end once. */
  #evict(): void {
    for (const [key, cut] of this.#cuts) {
      this.#cuts.delete(key);
      if (!cut.visited && cut.fixed === null) return;
      cut.visited = false;
      this.#cuts.set(key, cut);
    }
  }
}
