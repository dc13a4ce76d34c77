/**
 * Validated denials, kept for aggressive use (RFC 8198): NSEC and NSEC3 records, the wildcard RRsets
 * that answers were made from, and the SOA that each negative answer needs, per zone.
 *
 * Each kind lies in canonical order (NSEC3 in the order of its hashes, which base32hex keeps), so that
 * the one record that can match or cover a name is found in O(log n). What the records prove is asked in
 * `validate/synthesis.ts`. Bounded over all zones together: the oldest goes, spared once when it was
 * used. Nothing is allocated before the first record comes.
 *
 * Limitations: NSEC3 records of one zone have one set of parameters; others empty its store.
 */

import { type Nsec3Params, nsec3Hash, nsec3Params } from '../crypto/nsec3-hash.ts';
import { canonicalKey } from '../name/canonical.ts';
import type { Name } from '../name/name.ts';
import type { RRset } from '../rrset.ts';
import { toBase32Hex } from '../text/encoding.ts';
import type { Micros } from '../time.ts';

/** A secure RRset, and how long it may be used. */
export interface Span {
  readonly rrset: RRset;
  readonly expiresAt: Micros;
}

class Held implements Span {
  readonly zone: DenialZone;
  readonly spans: Spans;
  readonly key: string;
  rrset: RRset;
  expiresAt: Micros;
  /** Spared by the next eviction. */
  visited = false;

  constructor(zone: DenialZone, spans: Spans, key: string, rrset: RRset, expiresAt: Micros) {
    this.zone = zone;
    this.spans = spans;
    this.key = key;
    this.rrset = rrset;
    this.expiresAt = expiresAt;
  }
}

/** Records in the order of their keys. */
class Spans {
  readonly #sorted: Held[] = [];

  /** The last record whose key is not after `key`. */
  floor(key: string): Held | undefined {
    return this.#sorted[this.#after(key) - 1];
  }

  get last(): Held | undefined {
    return this.#sorted[this.#sorted.length - 1];
  }

  insert(held: Held): void {
    this.#sorted.splice(this.#after(held.key), 0, held);
  }

  remove(held: Held): void {
    this.#sorted.splice(this.#after(held.key) - 1, 1);
  }

  /** Takes everything out. */
  drain(): readonly Held[] {
    return this.#sorted.splice(0);
  }

  get isEmpty(): boolean {
    return this.#sorted.length === 0;
  }

  /** Where the first record after `key` is. */
  #after(key: string): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sorted[middle] as Held).key <= key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** What is known of one zone. */
export class DenialZone {
  readonly name: Name;
  /** The SOA of negative answers. */
  soa: Span | null = null;
  readonly nsec: Spans = new Spans();
  readonly nsec3: Spans = new Spans();
  readonly wildcards: Spans = new Spans();
  params: Nsec3Params | null = null;

  constructor(name: Name) {
    this.name = name;
  }

  /** The NSEC record that matches `name`, or else may cover it. */
  nsecAt(name: Name, clock: Micros): Span | null {
    return fresh(this.nsec.floor(canonicalKey(name)), clock);
  }

  /** The first label of the NSEC3 record that would match `name`; null while no record is held. */
  hashLabelOf(name: Name): string | null {
    if (this.params === null) return null;
    return toBase32Hex(nsec3Hash(name, this.params.iterations, this.params.salt));
  }

  /** The NSEC3 record that matches the hash, or else may cover it: the last one's span goes round. */
  nsec3At(hashLabel: string, clock: Micros): Span | null {
    return fresh(this.nsec3.floor(hashLabel) ?? this.nsec3.last, clock);
  }

  /** The RRset at a wildcard. */
  wildcardAt(wildcard: Name, type: number, clock: Micros): Span | null {
    const key = wildcardKey(wildcard, type);
    const held = this.wildcards.floor(key);
    return held?.key === key ? fresh(held, clock) : null;
  }

  get isEmpty(): boolean {
    return this.nsec.isEmpty && this.nsec3.isEmpty && this.wildcards.isEmpty;
  }
}

function fresh(held: Held | undefined, clock: Micros): Held | null {
  if (held === undefined || clock >= held.expiresAt) return null;
  held.visited = true;
  return held;
}

/** One wildcard's types lie together. */
function wildcardKey(wildcard: Name, type: number): string {
  return canonicalKey(wildcard) + String.fromCharCode(0, type);
}

/** The bounded store. All that is added must have been found secure with the keys of `zone`. */
export class DenialCache {
  readonly #zones = new Map<string, DenialZone>();
  readonly #held = new Set<Held>();
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = Math.max(1, capacity);
  }

  /** Records held, expired ones included. */
  get size(): number {
    return this.#held.size;
  }

  /** The deepest zone at or above `name` of which something is known. */
  zoneOf(name: Name): DenialZone | null {
    if (this.#zones.size === 0) return null;
    for (let at = name; ; at = at.parent) {
      const zone = this.#zones.get(at.key);
      if (zone !== undefined) return zone;
      if (at.isRoot) return null;
    }
  }

  /** Of a zone of which records are held; without any it is of no use. */
  addSoa(zone: Name, soa: RRset, expiresAt: Micros): void {
    const at = this.#zones.get(zone.key);
    if (at !== undefined) at.soa = { rrset: soa, expiresAt };
  }

  addNsec(zone: Name, nsec: RRset, expiresAt: Micros): void {
    const at = this.#zone(zone);
    this.#put(at, at.nsec, canonicalKey(nsec.name), nsec, expiresAt);
  }

  addNsec3(
    zone: Name,
    nsec3: RRset,
    iterations: number,
    salt: Uint8Array,
    expiresAt: Micros,
  ): void {
    const at = this.#zone(zone);
    const params = nsec3Params(iterations, salt);
    if (at.params !== params) {
      for (const held of at.nsec3.drain()) this.#held.delete(held);
      at.params = params;
    }
    this.#put(at, at.nsec3, nsec3.name.firstLabel, nsec3, expiresAt);
  }

  /** `rrset` is owned by the wildcard itself. */
  addWildcard(zone: Name, rrset: RRset, expiresAt: Micros): void {
    const at = this.#zone(zone);
    this.#put(at, at.wildcards, wildcardKey(rrset.name, rrset.type), rrset, expiresAt);
  }

  clear(): void {
    this.#zones.clear();
    this.#held.clear();
  }

  #zone(name: Name): DenialZone {
    let zone = this.#zones.get(name.key);
    if (zone === undefined) {
      zone = new DenialZone(name);
      this.#zones.set(name.key, zone);
    }
    return zone;
  }

  #put(zone: DenialZone, spans: Spans, key: string, rrset: RRset, expiresAt: Micros): void {
    const known = spans.floor(key);
    if (known?.key === key) {
      known.rrset = rrset;
      known.expiresAt = expiresAt;
      return;
    }
    const held = new Held(zone, spans, key, rrset, expiresAt);
    spans.insert(held);
    this.#held.add(held);
    if (this.#held.size > this.#capacity) this.#evict();
  }

  /** Second chance in order of insertion (a Set keeps it). */
  #evict(): void {
    for (const held of this.#held) {
      this.#held.delete(held);
      if (held.visited) {
        held.visited = false;
        this.#held.add(held);
        continue;
      }
      held.spans.remove(held);
      if (held.zone.isEmpty) this.#zones.delete(held.zone.name.key);
      return;
    }
  }
}
