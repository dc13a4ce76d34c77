/**
 * Trust anchors (RFC 4033 section 2) and the names below which nothing is validated: where a chain of
 * trust begins, and where it is cut off by the operator.
 *
 * An anchor is kept as a DS RRset, one given as DNSKEY by the digest of its key: from there on all
 * chains are built alike.
 */

import type { DelegationSecurity, Insecurity } from '../cache/zone-cuts.ts';
import { digestDs } from '../crypto/verify.ts';
import { Name } from '../name/name.ts';
import { dnsKeysOf, dsOf } from '../rdata.ts';
import { RRset } from '../rrset.ts';
import { DIGEST, TYPE } from '../wire/iana.ts';

/** A trust anchor as configured: DS, DNSKEY, or both. */
export interface TrustAnchor {
  readonly zone: Name;
  readonly ds: RRset | null;
  readonly dnskey: RRset | null;
}

const FOREVER = Number.POSITIVE_INFINITY;

const NO_ANCHOR: DelegationSecurity = {
  kind: 'insecure',
  expiresAt: FOREVER,
  reason: 'no trust anchor at or above it',
  error: null,
};

const DECLARED_INSECURE: DelegationSecurity = {
  kind: 'insecure',
  expiresAt: FOREVER,
  reason: 'declared insecure by the operator',
  error: null,
};

export class Anchors {
  readonly #given = new Map<string, DelegationSecurity>();
  /** Names of the anchors and of the insecure domains. */
  readonly #names: Name[] = [];
  #belowRoot = false;
  /** What the operator holds insecure for a while (`policy/`), whatever is given. */
  #negative: ReadonlyMap<string, Insecurity> = new Map();
  #negativeNames: readonly Name[] = [];
  /** False: `negativeAbove` has nothing to say about any name. */
  hasNegative = false;

  constructor(anchors: readonly TrustAnchor[], insecureDomains: readonly Name[]) {
    for (const anchor of anchors) this.set(anchor.zone, anchor);
    for (const name of insecureDomains) this.#put(name, DECLARED_INSECURE);
  }

  /** Replaces the anchors of a zone; with null it is as if there had never been any (RFC 5011 section 5). */
  set(zone: Name, anchor: TrustAnchor | null): void {
    if (this.#given.get(zone.key) === DECLARED_INSECURE) return;
    if (anchor === null) {
      this.#remove(zone);
      return;
    }
    const ds = dsRdata(anchor);
    if (ds.length === 0) this.#put(zone, NO_ANCHOR);
    else this.#put(zone, { kind: 'ds', ds: new RRset(zone, TYPE.DS, 0, ds), expiresAt: FOREVER });
  }

  /** What is given for exactly this zone, to be taken before anything its parent says; null when nothing is. */
  given(zone: Name): DelegationSecurity | null {
    return this.#given.get(zone.key) ?? (zone.isRoot ? NO_ANCHOR : null);
  }

  /** Key tags of a zone's anchors. */
  keyTags(zone: Name): readonly number[] {
    const security = this.given(zone);
    return security?.kind === 'ds' ? dsOf(security.ds).map(({ keyTag }) => keyTag) : [];
  }

  /**
   * The deepest name at or above `name`, and below `above`, that is an anchor or declared insecure;
   * null when there is none: then what the zone `above` is worth counts.
   */
  between(above: Name, name: Name): Name | null {
    let best: Name | null = null;
    if (this.#belowRoot) best = deepest(this.#names, above, name, best);
    if (this.hasNegative) best = deepest(this.#negativeNames, above, name, best);
    return best;
  }

  /** Replaces what is held insecure for a while, by `Name.key`. */
  declareInsecure(negative: ReadonlyMap<string, Insecurity>): void {
    this.#negative = negative;
    this.#negativeNames = [...negative.keys()].map((key) => Name.fromKey(key));
    this.hasNegative = negative.size > 0;
  }

  /**
   * What is held insecure at or above `name`, with no trust anchor below it (RFC 7646 section 1.1); null
   * when nothing is. At one name it goes before a trust anchor.
   */
  negativeAbove(name: Name): Insecurity | null {
    for (let at = name; ; at = at.parent) {
      const negative = this.#negative.get(at.key);
      if (negative !== undefined) return negative;
      if (at.isRoot || this.#given.has(at.key)) return null;
    }
  }

  /** The trust anchors as they are now. */
  get anchors(): readonly TrustAnchor[] {
    return [...this.#given.values()].flatMap((security) =>
      security.kind === 'ds' ? [{ zone: security.ds.name, ds: security.ds, dnskey: null }] : [],
    );
  }

  #remove(zone: Name): void {
    if (!this.#given.delete(zone.key)) return;
    this.#names.splice(
      this.#names.findIndex((each) => each.equals(zone)),
      1,
    );
  }

  #put(zone: Name, security: DelegationSecurity): void {
    if (!this.#given.has(zone.key)) this.#names.push(zone);
    this.#given.set(zone.key, security);
    if (!zone.isRoot) this.#belowRoot = true;
  }
}

/** Of `names`, and `best`, the deepest at or above `name` and below `above`. */
function deepest(names: readonly Name[], above: Name, name: Name, best: Name | null): Name | null {
  let found = best;
  for (const each of names) {
    if (!each.isBelow(above) || !name.isAtOrBelow(each)) continue;
    if (found === null || each.isBelow(found)) found = each;
  }
  return found;
}

function dsRdata({ zone, ds, dnskey }: TrustAnchor): Uint8Array[] {
  const out = ds === null ? [] : [...ds.rdata];
  // Beside DS with SHA-1 only, a stronger digest would put those out of use (RFC 4509 section 3).
  const isWeak = out.length > 0 && out.every((each) => each[3] === DIGEST.SHA1);
  const digestType = isWeak ? DIGEST.SHA1 : DIGEST.SHA256;
  for (const key of dnskey === null ? [] : dnsKeysOf(dnskey)) {
    const digest = digestDs(zone, key.rdata, digestType);
    if (digest === undefined) continue;
    out.push(
      Uint8Array.of(key.keyTag >>> 8, key.keyTag & 255, key.algorithm, digestType, ...digest),
    );
  }
  return out;
}
