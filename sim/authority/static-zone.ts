/**
 * A zone given by its RRsets: the root, the zones of domains, and zones of tests. The chains of
 * NSEC (RFC 4034 section 4) and NSEC3 (RFC 5155 section 7.1) are made from the names when first
 * needed.
 *
 * An NS RRset below the apex makes a delegation; addresses at or below a delegation, and addresses
 * outside the zone, are glue. Limitation: a zone is as its builder made it, there are no updates.
 */

import { nsec3Hash } from '../../resolver-core/crypto/nsec3-hash.ts';
import { compareCanonical, compareOctets } from '../../resolver-core/name/canonical.ts';
import type { Name } from '../../resolver-core/name/name.ts';
import { NameTable } from '../../resolver-core/name/name-table.ts';
import { RRset, type Rrsig } from '../../resolver-core/rrset.ts';
import { TYPE } from '../../resolver-core/wire/iana.ts';
import {
  base32hex,
  type Nsec3Fields,
  nsec3ParamRdata,
  type Records,
  type SoaFields,
} from './records.ts';
import type { Denial, Nsec3Link, NsecLink, Zone } from './zone.ts';

/** One RRset of a zone. */
export interface ZoneEntry extends Records {
  readonly name: Name;
  readonly type: number;
  /** Of a zone that is served with the signatures that it came with. */
  readonly signatures?: readonly Rrsig[];
}

/** How a signed zone denies what it does not hold. */
export type DenialPolicy =
  | { readonly kind: 'nsec' }
  | ({ readonly kind: 'nsec3'; readonly optOut: boolean } & Nsec3Fields);

/** Owners whose RRsets are made when one of them is first asked for: most hosts never are. */
export interface LazyOwners {
  readonly names: readonly Name[];
  /** What a name owns; neither NS nor DS, and the same at every call. */
  readonly rrsetsOf: (name: Name) => readonly RRset[];
}

export interface StaticZoneData {
  readonly apex: Name;
  readonly soa: SoaFields & { readonly ttl: number };
  /** Types at the apex beside SOA and DNSKEY whose records are made when the zone is published; none when left out. */
  readonly apexTypes?: readonly number[];
  /** Without SOA, DNSKEY, NSEC3PARAM, NSEC and NSEC3. One entry for each name and type. */
  readonly entries: readonly ZoneEntry[];
  /** Further owners; an entry takes the place of what one of them would have of its type. */
  readonly lazy?: LazyOwners;
  /** null: not signed. */
  readonly denial: DenialPolicy | null;
}

/** An owner name: its RRsets by type; none for an empty non-terminal. */
class Node {
  readonly name: Name;
  readonly #given: Map<number, RRset> = new Map();
  /** Until they are made. */
  #lazy: LazyOwners | null = null;

  constructor(name: Name) {
    this.name = name;
  }

  get rrsets(): ReadonlyMap<number, RRset> {
    if (this.#lazy !== null) {
      for (const rrset of this.#lazy.rrsetsOf(this.name)) {
        if (!this.#given.has(rrset.type)) this.#given.set(rrset.type, rrset);
      }
      this.#lazy = null;
    }
    return this.#given;
  }

  /** False when there is one of this type. */
  give(rrset: RRset): boolean {
    if (this.#given.has(rrset.type)) return false;
    this.#given.set(rrset.type, rrset);
    return true;
  }

  giveLater(lazy: LazyOwners): void {
    this.#lazy = lazy;
  }
}

export class StaticZone implements Zone {
  readonly apex: Name;
  readonly soa: SoaFields & { readonly ttl: number };
  readonly denial: Denial | null;
  readonly #nodes: NameTable<Node> = new NameTable();
  /** All of `#nodes`. */
  readonly #owners: Node[] = [];
  readonly #cuts: Set<string> = new Set();
  readonly #glue: Map<string, Node> = new Map();
  readonly #apexTypes: readonly number[];

  /**
   * Throws an Error for two entries of one name and type, and for records outside the zone that are
   * no addresses.
   */
  constructor(data: StaticZoneData) {
    this.apex = data.apex;
    this.soa = data.soa;
    this.#apexTypes = data.apexTypes ?? [];
    for (const entry of data.entries) {
      if (entry.type === TYPE.NS && entry.name.isBelow(data.apex)) this.#cuts.add(entry.name.key);
    }
    this.#node(data.apex);
    for (const entry of data.entries) this.#add(entry);
    if (data.denial?.kind === 'nsec3') {
      const rdata = [nsec3ParamRdata(data.denial)];
      this.#add({ name: data.apex, type: TYPE.NSEC3PARAM, ttl: 0, rdata });
    }
    for (const name of data.lazy?.names ?? []) this.#node(name).giveLater(data.lazy as LazyOwners);
    this.denial = data.denial === null ? null : this.#chain(data.denial);
  }

  cutAt(name: Name): Name | undefined {
    if (this.#cuts.size === 0) return undefined;
    let found: Name | undefined;
    for (let at = name; at.labelCount > this.apex.labelCount; at = at.parent) {
      if (this.#cuts.has(at.key)) found = at;
    }
    return found;
  }

  exists(name: Name): boolean {
    return this.#nodes.get(name) !== undefined;
  }

  records(name: Name, type: number): RRset | undefined {
    return this.#nodes.get(name)?.rrsets.get(type);
  }

  glue(name: Name, type: number): RRset | undefined {
    return this.#glue.get(name.key)?.rrsets.get(type);
  }

  /** All that the zone holds, glue included; as `records`, not signed. */
  *all(): Generator<RRset> {
    for (const node of this.#owners) yield* node.rrsets.values();
    for (const node of this.#glue.values()) yield* node.rrsets.values();
  }

  /** Types at a name: what an NSEC bitmap says, without RRSIG and the chain's own type. */
  #types(node: Node): number[] {
    const types = [...node.rrsets.keys()];
    if (node.name.equals(this.apex)) types.push(TYPE.SOA, TYPE.DNSKEY, ...this.#apexTypes);
    return types;
  }

  #add(entry: ZoneEntry): void {
    const { name, type } = entry;
    const cut = name.isAtOrBelow(this.apex) ? this.cutAt(name) : undefined;
    const isAddress = type === TYPE.A || type === TYPE.AAAA;
    const atCut = cut?.equals(name) === true && (type === TYPE.NS || type === TYPE.DS);
    const isGlue = !name.isAtOrBelow(this.apex) || (cut !== undefined && !atCut);
    if (isGlue && !isAddress)
      throw new Error(`${name} type ${type} lies outside zone ${this.apex}`);
    const node = isGlue ? this.#glueNode(name) : this.#node(name);
    if (!node.give(new RRset(name, type, entry.ttl, entry.rdata, entry.signatures))) {
      throw new Error(`${name} type ${type} is given twice`);
    }
  }

  /** The node of a name, the empty non-terminals above it made too. */
  #node(name: Name): Node {
    const known = this.#nodes.get(name);
    if (known !== undefined) return known;
    if (name.labelCount > this.apex.labelCount) this.#node(name.parent);
    const node = new Node(name);
    this.#nodes.add(node);
    this.#owners.push(node);
    return node;
  }

  #glueNode(name: Name): Node {
    const known = this.#glue.get(name.key);
    if (known !== undefined) return known;
    const node = new Node(name);
    this.#glue.set(name.key, node);
    return node;
  }

  #chain(policy: DenialPolicy): Denial {
    if (policy.kind === 'nsec') {
      let links: readonly NsecLink[] | undefined;
      return {
        kind: 'nsec',
        at: (name) => {
          links ??= this.#nsecLinks();
          return lastAtOrBefore(links, (link) => compareCanonical(link.owner, name));
        },
      };
    }
    let links: readonly Nsec3Link[] | undefined;
    const at = (hash: Uint8Array): Nsec3Link => {
      links ??= this.#nsec3Links(policy, policy.optOut);
      return lastAtOrBefore(links, (link) => compareOctets(link.hash, hash));
    };
    return {
      kind: 'nsec3',
      params: { iterations: policy.iterations, salt: policy.salt },
      optOut: policy.optOut,
      at,
      link: (hash) => {
        const found = at(hash);
        return compareOctets(found.hash, hash) === 0 ? found : undefined;
      },
    };
  }

  #nsecLinks(): NsecLink[] {
    const nodes = this.#owners.filter((node) => this.#types(node).length > 0);
    nodes.sort((a, b) => compareCanonical(a.name, b.name));
    return nodes.map((node, i) => ({
      owner: node.name,
      next: (nodes[(i + 1) % nodes.length] as Node).name,
      types: [...this.#types(node), TYPE.RRSIG, TYPE.NSEC],
    }));
  }

  /**
   * With opt-out the unsigned delegations are left out, and the empty non-terminals above only
   * such.
   */
  #nsec3Links(params: Nsec3Fields, optOut: boolean): Nsec3Link[] {
    const kept = new Map<string, Node>();
    for (const node of this.#owners) {
      const types = this.#types(node);
      const isUnsignedCut = this.#cuts.has(node.name.key) && !node.rrsets.has(TYPE.DS);
      if (types.length === 0 || (optOut && isUnsignedCut)) continue;
      for (let at = node.name; at.labelCount >= this.apex.labelCount; at = at.parent) {
        kept.set(at.key, this.#nodes.get(at) as Node);
        if (at.isRoot) break;
      }
    }
    const owners = [...kept.values()].map((node) => {
      const types = this.#types(node);
      const isUnsignedCut = this.#cuts.has(node.name.key) && !node.rrsets.has(TYPE.DS);
      if (types.length > 0 && !isUnsignedCut) types.push(TYPE.RRSIG);
      return { hash: nsec3Hash(node.name, params.iterations, params.salt), types };
    });
    owners.sort((a, b) => compareOctets(a.hash, b.hash));
    return owners.map(({ hash, types }, i) => ({
      hash,
      owner: this.apex.child(base32hex(hash)),
      next: (owners[(i + 1) % owners.length] as { hash: Uint8Array }).hash,
      types,
    }));
  }
}

/** In a list sorted as `compare` (item against what is sought): how many items are not after it. */
export function countAtOrBefore<T>(items: readonly T[], compare: (item: T) => number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(items[middle] as T) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The last item that is not after what is sought; around the circle, the last of all. */
export function lastAtOrBefore<T>(items: readonly T[], compare: (item: T) => number): T {
  const count = countAtOrBefore(items, compare);
  return items[count === 0 ? items.length - 1 : count - 1] as T;
}
