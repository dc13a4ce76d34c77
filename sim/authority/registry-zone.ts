/**
 * The zone of a registry: an apex and millions of delegations, of which only those asked for are
 * ever made. Pure functions of the catalogue and the seed, so the order of asking changes nothing.
 *
 * NSEC3 (RFC 5155): the chain holds the true hashes of the apex and of the catalogue's delegations
 * (with opt-out: of the signed ones) and, for all the names that nobody lists, filler hashes: one
 * in each of 2^k equal cells of the hash space, at a place given by a keyed function. So the
 * neighbours of any hash are found in the cell, the next cell and a sorted list. 2^k is the power
 * of two nearest below the number of such names.
 *
 * NSEC (RFC 4034): the labels of the tail sort by arithmetic (`labels.ts`), so the chain is exact.
 *
 * Limitation: filler hashes belong to no name. Under opt-out that cannot be told from outside,
 * since names of the tail are unsigned; without opt-out a registry with NSEC3 has no tail
 * (`catalogue.ts`).
 */

import { nsec3Hash } from '../../resolver-core/crypto/nsec3-hash.ts';
import { compareOctets } from '../../resolver-core/name/canonical.ts';
import type { Name } from '../../resolver-core/name/name.ts';
import { RRset } from '../../resolver-core/rrset.ts';
import { TYPE } from '../../resolver-core/wire/iana.ts';
import { hashText, mix, PURPOSE } from '../engine/random.ts';
import type { Catalogue, Domain } from './catalogue.ts';
import { Generations } from './generations.ts';
import { base32hex, nsec3ParamRdata, type SoaFields } from './records.ts';
import { countAtOrBefore, type DenialPolicy } from './static-zone.ts';
import { TRAIT } from './traits.ts';
import type { Denial, Nsec3Link, NsecLink, Zone } from './zone.ts';

/** What a registry publishes for one delegation, not signed. */
export interface Delegation {
  readonly ns: RRset;
  readonly ds: RRset | undefined;
}

export interface RegistryZoneData {
  readonly apex: Name;
  readonly soa: SoaFields & { readonly ttl: number };
  readonly ns: RRset;
  readonly denial: DenialPolicy | null;
  readonly seed: number;
  /** Delegations in all, and the share of them that has a DS. */
  readonly names: number;
  readonly signed: number;
  /** Registries below this one, by the key of their apex. */
  readonly children: ReadonlyMap<string, { readonly name: Name; readonly delegation: Delegation }>;
  readonly delegationOf: (domain: Domain) => Delegation;
  readonly addressOf: (server: Name, type: number) => RRset | undefined;
}

const HASH_OCTETS = 20;
/**
 * 2^28 cells are more names than any registry has; a cell is then 16 of the 2^32 leading values.
 */
const MAX_CELL_BITS = 28;
/** Filler links kept per generation: some 300 octets each. */
const KEPT_FILLERS = 16_384;
const SIGNED_FILLER: readonly number[] = [TYPE.NS, TYPE.DS, TYPE.RRSIG];
const UNSIGNED_FILLER: readonly number[] = [TYPE.NS];

export class RegistryZone implements Zone {
  readonly apex: Name;
  readonly soa: SoaFields & { readonly ttl: number };
  readonly denial: Denial | null;
  readonly #data: RegistryZoneData;
  readonly #catalogue: Catalogue;
  /** Ancestors of registries more than one label down. */
  readonly #between: ReadonlySet<string>;
  readonly #apexRecords: ReadonlyMap<number, RRset>;

  constructor(data: RegistryZoneData, catalogue: Catalogue) {
    this.apex = data.apex;
    this.soa = data.soa;
    this.#data = data;
    this.#catalogue = catalogue;
    const between = new Set<string>();
    for (const { name } of data.children.values()) {
      for (let at = name.parent; at.labelCount > data.apex.labelCount; at = at.parent) {
        between.add(at.key);
      }
    }
    this.#between = between;
    const apexRecords = new Map([[TYPE.NS as number, data.ns]]);
    if (data.denial?.kind === 'nsec3') {
      const rdata = [nsec3ParamRdata(data.denial)];
      apexRecords.set(TYPE.NSEC3PARAM, new RRset(data.apex, TYPE.NSEC3PARAM, 0, rdata));
    }
    this.#apexRecords = apexRecords;
    this.denial =
      data.denial === null
        ? null
        : data.denial.kind === 'nsec'
          ? this.#nsec()
          : this.#nsec3(data.denial);
  }

  cutAt(name: Name): Name | undefined {
    const labels = this.apex.labelCount;
    if (name.labelCount === labels) return undefined;
    const child = name.ancestor(labels + 1);
    if (this.#domainAt(child) !== undefined) return child;
    if (this.#data.children.size === 0) return undefined;
    let found: Name | undefined;
    for (let at = name; at.labelCount > labels; at = at.parent) {
      if (this.#data.children.has(at.key)) found = at;
    }
    return found;
  }

  exists(name: Name): boolean {
    return (
      name.equals(this.apex) ||
      this.#data.children.has(name.key) ||
      this.#between.has(name.key) ||
      (name.labelCount === this.apex.labelCount + 1 && this.#domainAt(name) !== undefined)
    );
  }

  records(name: Name, type: number): RRset | undefined {
    if (name.equals(this.apex)) return this.#apexRecords.get(type);
    if (type !== TYPE.NS && type !== TYPE.DS) return undefined;
    const delegation = this.#delegation(name);
    return type === TYPE.NS ? delegation?.ns : delegation?.ds;
  }

  glue(name: Name, type: number): RRset | undefined {
    return name.isBelow(this.apex) ? this.#data.addressOf(name, type) : undefined;
  }

  /** A name that both the plan's zones and its domains claim is the zone's. */
  #domainAt(name: Name): Domain | undefined {
    return this.#data.children.has(name.key) || this.#between.has(name.key)
      ? undefined
      : this.#catalogue.domain(name);
  }

  #delegation(name: Name): Delegation | undefined {
    const child = this.#data.children.get(name.key);
    if (child !== undefined) return child.delegation;
    if (name.labelCount !== this.apex.labelCount + 1) return undefined;
    const domain = this.#domainAt(name);
    return domain === undefined ? undefined : this.#data.delegationOf(domain);
  }

  /** Every name that is known without being asked for, the apex first, with its types. */
  #knownOwners(): { readonly name: Name; readonly types: readonly number[] }[] {
    const apexTypes = [...this.#apexRecords.keys(), TYPE.SOA, TYPE.DNSKEY];
    const out = [{ name: this.apex, types: apexTypes }];
    for (const { name, delegation } of this.#data.children.values()) {
      out.push({ name, types: delegation.ds === undefined ? [TYPE.NS] : [TYPE.NS, TYPE.DS] });
      for (let at = name.parent; this.#between.has(at.key); at = at.parent) {
        if (!out.some((other) => other.name.equals(at))) out.push({ name: at, types: [] });
      }
    }
    for (const domain of this.#catalogue.domains) {
      if (!domain.name.parent.equals(this.apex) || this.#domainAt(domain.name) === undefined)
        continue;
      out.push({ name: domain.name, types: domain.signed ? [TYPE.NS, TYPE.DS] : [TYPE.NS] });
    }
    return out;
  }

  #nsec3(policy: DenialPolicy & { readonly kind: 'nsec3' }): Denial {
    const { iterations, salt, optOut } = policy;
    let chain: Nsec3Chain | undefined;
    const made = (): Nsec3Chain => {
      if (chain !== undefined) return chain;
      const kept = this.#knownOwners().filter(
        ({ types }) => !optOut || !types.includes(TYPE.NS) || types.length > 1,
      );
      const { names, signed, seed } = this.#data;
      const fillers = Math.max(0, Math.round(optOut ? names * signed : names) - kept.length);
      const owners = kept.map(({ name, types }) => ({
        hash: nsec3Hash(name, iterations, salt),
        types: types.length > 1 ? [...types, TYPE.RRSIG] : types,
      }));
      chain = new Nsec3Chain(this.apex, owners, {
        count: fillers,
        key: hashText(seed, this.apex.key),
        signed: optOut ? 1 : signed,
      });
      return chain;
    };
    return {
      kind: 'nsec3',
      params: { iterations, salt },
      optOut,
      at: (hash) => made().at(hash),
      link: (hash) => {
        const found = made().at(hash);
        return compareOctets(found.hash, hash) === 0 ? found : undefined;
      },
    };
  }

  #nsec(): Denial {
    let labels: readonly string[] | undefined;
    const listed = (): readonly string[] => {
      if (labels !== undefined) return labels;
      const owners = this.#knownOwners().slice(1);
      if (this.#between.size > 0) throw new Error(`${this.apex} has registries two labels down`);
      labels = owners.map(({ name }) => name.firstLabel).sort();
      return labels;
    };
    return { kind: 'nsec', at: (name) => this.#nsecAt(name, listed()) };
  }

  #nsecAt(name: Name, listed: readonly string[]): NsecLink {
    const labels = this.apex.labelCount;
    const tail = this.#catalogue.tail(this.apex);
    let owner = this.apex;
    if (name.labelCount > labels) {
      const child = name.ancestor(labels + 1);
      if (this.exists(child)) owner = child;
      else {
        const before = greater(
          listed.findLast((label) => label < child.firstLabel),
          tail.before(child.firstLabel),
        );
        if (before !== undefined) owner = this.apex.child(before);
      }
    }
    // Every label is above the empty string, which stands for the apex.
    const from = owner.labelCount === labels ? '' : owner.firstLabel;
    const after = lesser(
      listed.find((label) => label > from),
      tail.after(from),
    );
    const next = after === undefined ? this.apex : this.apex.child(after);
    return { owner, next, types: this.#nsecTypes(owner) };
  }

  #nsecTypes(owner: Name): number[] {
    const types = owner.equals(this.apex)
      ? [...this.#apexRecords.keys(), TYPE.SOA, TYPE.DNSKEY]
      : this.#delegation(owner)?.ds === undefined
        ? [TYPE.NS]
        : [TYPE.NS, TYPE.DS];
    return [...types, TYPE.RRSIG, TYPE.NSEC];
  }
}

interface HashedOwner {
  readonly hash: Uint8Array;
  readonly types: readonly number[];
}

/** The owner hashes that nobody lists. */
interface Fillers {
  /** Of which the power of two nearest below is made. */
  readonly count: number;
  readonly key: number;
  /** Share of them that has a DS. */
  readonly signed: number;
}

/** The circle of owner hashes: the listed ones and one filler in each cell. */
class Nsec3Chain {
  readonly #apex: Name;
  readonly #listed: readonly ChainLink[];
  readonly #fillers: Fillers;
  readonly #cellBits: number;
  readonly #cells: number;
  /** Fillers by cell: making one costs more than the rest of an answer. */
  readonly #made: Generations<number, ChainLink> = new Generations(KEPT_FILLERS);

  /** `listed` holds at least the apex. */
  constructor(apex: Name, listed: readonly HashedOwner[], fillers: Fillers) {
    this.#apex = apex;
    this.#fillers = fillers;
    this.#listed = listed
      .toSorted((a, b) => compareOctets(a.hash, b.hash))
      .map(({ hash, types }) => new ChainLink(this, apex, hash, types));
    let bits = 0;
    while (bits < MAX_CELL_BITS && 1 << (bits + 1) <= fillers.count) bits++;
    this.#cellBits = bits;
    this.#cells = fillers.count === 0 ? 0 : 1 << bits;
  }

  /** The link whose owner hash is `hash` or comes last before it, around the circle. */
  at(hash: Uint8Array): Nsec3Link {
    const count = countAtOrBefore(this.#listed, (owner) => compareOctets(owner.hash, hash));
    const listed = this.#listed[count === 0 ? this.#listed.length - 1 : count - 1] as ChainLink;
    if (this.#cells === 0) return listed;
    const cell = this.#cellOf(hash);
    let filler = this.#filler(cell);
    if (compareOctets(filler.hash, hash) > 0) {
      filler = this.#filler((cell + this.#cells - 1) % this.#cells);
    }
    const fillerWraps = compareOctets(filler.hash, hash) > 0;
    const listedWraps = count === 0;
    const fillerIsNearer =
      fillerWraps === listedWraps ? compareOctets(filler.hash, listed.hash) > 0 : listedWraps;
    return fillerIsNearer ? filler : listed;
  }

  /** The owner hash that comes first after `hash`, around the circle. */
  after(hash: Uint8Array): Uint8Array {
    const count = countAtOrBefore(this.#listed, (owner) => compareOctets(owner.hash, hash));
    const listedWraps = count === this.#listed.length;
    const listed = (this.#listed[listedWraps ? 0 : count] as ChainLink).hash;
    if (this.#cells === 0) return listed;
    const cell = this.#cellOf(hash);
    let filler = this.#filler(cell).hash;
    if (compareOctets(filler, hash) <= 0) filler = this.#filler((cell + 1) % this.#cells).hash;
    const fillerWraps = compareOctets(filler, hash) <= 0;
    const fillerIsNearer =
      fillerWraps === listedWraps ? compareOctets(filler, listed) < 0 : listedWraps;
    return fillerIsNearer ? filler : listed;
  }

  #cellOf(hash: Uint8Array): number {
    return this.#cellBits === 0 ? 0 : leadingBits(hash) >>> (32 - this.#cellBits);
  }

  #filler(cell: number): ChainLink {
    let made = this.#made.get(cell);
    if (made === undefined) {
      const hash = this.#fillerHash(cell);
      made = new ChainLink(this, this.#apex, hash, this.#fillerTypes(hash));
      this.#made.set(cell, made);
    }
    return made;
  }

  #fillerHash(cell: number): Uint8Array {
    const out = new Uint8Array(HASH_OCTETS);
    const view = new DataView(out.buffer);
    for (let word = 0; word < HASH_OCTETS / 4; word++) {
      view.setUint32(4 * word, mix(this.#fillers.key, PURPOSE.trait, cell, TRAIT.filler, word));
    }
    if (this.#cellBits > 0) {
      const shift = 32 - this.#cellBits;
      view.setUint32(0, ((cell << shift) | (leadingBits(out) >>> this.#cellBits)) >>> 0);
    }
    return out;
  }

  #fillerTypes(hash: Uint8Array): readonly number[] {
    const { key, signed } = this.#fillers;
    const draw = mix(key, PURPOSE.trait, leadingBits(hash), TRAIT.signed);
    return draw / 4_294_967_296 < signed ? SIGNED_FILLER : UNSIGNED_FILLER;
  }
}

/** One owner hash of a chain; what follows from it is found out when first asked for. */
class ChainLink implements Nsec3Link {
  readonly hash: Uint8Array;
  readonly types: readonly number[];
  readonly #chain: Nsec3Chain;
  readonly #apex: Name;
  #owner: Name | undefined;
  #next: Uint8Array | undefined;

  constructor(chain: Nsec3Chain, apex: Name, hash: Uint8Array, types: readonly number[]) {
    this.hash = hash;
    this.types = types;
    this.#chain = chain;
    this.#apex = apex;
  }

  get owner(): Name {
    this.#owner ??= this.#apex.child(base32hex(this.hash));
    return this.#owner;
  }

  get next(): Uint8Array {
    this.#next ??= this.#chain.after(this.hash);
    return this.#next;
  }
}

function leadingBits(octets: Uint8Array): number {
  const [a = 0, b = 0, c = 0, d = 0] = octets;
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}

function greater(a: string | undefined, b: string | undefined): string | undefined {
  return a === undefined || (b !== undefined && b > a) ? b : a;
}

function lesser(a: string | undefined, b: string | undefined): string | undefined {
  return a === undefined || (b !== undefined && b < a) ? b : a;
}
