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
import { NameTable } from '../name/name-table.ts';
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
  | Insecurity;

/** Why nothing is validated at and below a name. */
export interface Insecurity {
  readonly kind: 'insecure';
  readonly expiresAt: Micros;
  /** In words, for traces. */
  readonly reason: string;
  /** Extended DNS Error of answers under it (unsupported algorithms, iterations), or null. */
  readonly error: { readonly code: number; readonly text: string } | null;
}

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

/** Servers that the operator names for a zone, used in place of those that its parent delegates to. */
export class FixedServers {
  readonly zone: Name;
  readonly role: 'stub' | 'forward';
  /** When they fail, go on as if they were not given. */
  readonly fallback: boolean;
  /** As given; with `prime`, only where to ask for the zone's NS RRset (RFC 8109). */
  readonly given: readonly NameServer[];
  readonly prime: boolean;
  /** Their answers are not kept. */
  readonly noCache: boolean;
  /** Those to ask: as given, or as the zone's own NS RRset names them. */
  nameServers: readonly NameServer[];
  /** Before this instant of the clock they need no (further) priming. */
  primedUntil: Micros;

  constructor(
    zone: Name,
    role: 'stub' | 'forward',
    fallback: boolean,
    given: readonly NameServer[],
    prime: boolean,
    noCache = false,
  ) {
    this.zone = zone;
    this.role = role;
    this.fallback = fallback;
    this.given = given;
    this.prime = prime;
    this.noCache = noCache;
    this.nameServers = given;
    this.primedUntil = prime ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }

  /** Back to what was given. */
  forget(): void {
    this.nameServers = this.given;
    if (this.prime) this.primedUntil = Number.NEGATIVE_INFINITY;
  }
}

const NOT_FIXED: readonly FixedServers[] = [];

export class ZoneCut {
  readonly name: Name;
  /** The zone that delegated this one; null for the root. */
  parent: ZoneCut | null;
  delegation: Delegation | null = null;
  /** Name servers as the parent gave them, when the child's own NS RRset has taken their place. */
  fromParent: readonly NameServer[] | null = null;
  security: DelegationSecurity | null = null;
  referralProof: ReferralProof | null = null;
  keys: ZoneKeys | null = null;
  /** In the order in which they are tried: forwarders, then servers of the zone. */
  fixed: readonly FixedServers[] = NOT_FIXED;
  /** Spared by the next eviction pass. */
  visited = false;
  /** The next in the order of evictions. */
  later: ZoneCut | null = null;

  constructor(name: Name, parent: ZoneCut | null) {
    this.name = name;
    this.parent = parent;
  }
}

/** The servers that the operator names for `cut`, when those named by `passed` have failed. */
export function fixedServersOf(cut: ZoneCut, passed: FixedServers | null): FixedServers | null {
  const { fixed } = cut;
  if (fixed.length === 0) return null;
  if (passed === null) return fixed[0] ?? null;
  if (cut.name.isBelow(passed.zone)) return null;
  return fixed[fixed.indexOf(passed) + 1] ?? null;
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

/**
 * True when the delegations above a cut are alive, too. Else the cut may be one that its parent has
 * taken back: a child that keeps itself known must not outlive the zone it hangs from (ghost domains;
 * Unbound since CVE-2022-30699).
 */
function hangsTogether(cut: ZoneCut, clock: Micros): boolean {
  for (let at = cut.parent; at !== null; at = at.parent) {
    const { delegation } = at;
    if (delegation !== null && clock >= delegation.expiresAt && at.fixed.length === 0) return false;
  }
  return true;
}

/**
 * The bounded store of zone cuts. The root and those with fixed servers stand beside the bound, and are
 * never evicted.
 */
export class ZoneCuts {
  readonly root: ZoneCut;
  readonly #cuts = new NameTable<ZoneCut>();
  readonly #capacity: number;
  /** Ends of the queue for eviction, in which all of `#cuts` stand. */
  #first: ZoneCut | null = null;
  #last: ZoneCut | null = null;
  readonly #fixed: ZoneCut[] = [];
  /** How many of `#cuts` are never evicted. */
  #kept = 0;

  constructor(root: ZoneCut, capacity: number) {
    this.root = root;
    this.#capacity = Math.max(1, capacity);
  }

  get(name: Name): ZoneCut | undefined {
    if (name.isRoot) return this.root;
    const cut = this.#cuts.get(name);
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
    if (this.#cuts.size - this.#kept >= this.#capacity) this.#evict();
    const cut = new ZoneCut(name, parent);
    this.#add(cut);
    return cut;
  }

  #add(cut: ZoneCut): void {
    this.#cuts.add(cut);
    this.#queue(cut);
  }

  #queue(cut: ZoneCut): void {
    cut.later = null;
    if (this.#last === null) this.#first = cut;
    else this.#last.later = cut;
    this.#last = cut;
  }

  /** Gives a zone servers that no referral replaces; forwarders come before servers of the zone. */
  fix(servers: FixedServers): void {
    const cut = this.ensure(servers.zone, this.root);
    if (cut.fixed.length === 0) {
      this.#fixed.push(cut);
      if (cut !== this.root) this.#kept++;
    }
    const first = cut.fixed.filter((each) => each.role === 'forward');
    const rest = cut.fixed.filter((each) => each.role === 'stub');
    cut.fixed =
      servers.role === 'forward' ? [...first, servers, ...rest] : [...first, ...rest, servers];
  }

  /**
   * The deepest cut at or above `name` whose servers are known; at worst the root. `passed` are fixed
   * servers that have failed, and those of deeper zones with them.
   */
  closest(name: Name, clock: Micros, passed: FixedServers | null): ZoneCut {
    if (this.#fixed.length > 0) return this.#closestOrFixed(name, clock, passed);
    for (let at = name; !at.isRoot; at = at.parent) {
      const cut = this.#cuts.get(at);
      if (cut !== undefined && isUsable(cut, clock) && hangsTogether(cut, clock)) {
        cut.visited = true;
        return cut;
      }
    }
    return this.root;
  }

  /** A forwarder resolves all below its zone; below a stub zone, delegations are followed. */
  #closestOrFixed(name: Name, clock: Micros, passed: FixedServers | null): ZoneCut {
    let learnt: ZoneCut | null = null;
    for (let at = name; ; at = at.parent) {
      const cut = this.get(at);
      if (cut !== undefined) {
        const fixed = fixedServersOf(cut, passed);
        if (fixed !== null) return fixed.role === 'forward' ? cut : (learnt ?? cut);
        if (isUsable(cut, clock) && hangsTogether(cut, clock)) learnt ??= cut;
      }
      if (at.isRoot) return learnt ?? this.root;
    }
  }

  /** Forgets everything but the root's hints and the servers that the operator named. */
  clear(): void {
    this.#cuts.clear();
    this.#first = null;
    this.#last = null;
    for (const cut of [this.root, ...this.#fixed]) {
      cut.security = null;
      cut.keys = null;
      cut.referralProof = null;
      for (const servers of cut.fixed) servers.forget();
      if (cut === this.root) continue;
      cut.parent = this.root; // what it hung from is forgotten
      cut.delegation = null;
      cut.fromParent = null;
      this.#add(cut);
    }
  }

  /** Forgets what is known of such zones. */
  forget(isConcerned: (name: Name) => boolean): void {
    for (let cut = this.#first; cut !== null; cut = cut.later) {
      if (!isConcerned(cut.name)) continue;
      cut.delegation = null;
      cut.fromParent = null;
      cut.security = null;
      cut.referralProof = null;
      cut.keys = null;
    }
  }

  /** Second chance in order of insertion; a cut that was used goes to the end once. */
  #evict(): void {
    for (let cut = this.#first; cut !== null; cut = this.#first) {
      this.#first = cut.later;
      if (this.#first === null) this.#last = null;
      if (!cut.visited && cut.fixed.length === 0) {
        this.#cuts.delete(cut);
        return;
      }
      cut.visited = false;
      this.#queue(cut);
    }
  }
}
