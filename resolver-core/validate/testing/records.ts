/**
 * Builders of NSEC and NSEC3 RRsets for the tests of denial of existence, and a zone model that
 * makes both chains whole. No signatures: the denial logic takes records that were verified.
 */

import { nsec3Hash } from '../../crypto/nsec3-hash.ts';
import { compareCanonical, compareOctets } from '../../name/canonical.ts';
import { Name } from '../../name/name.ts';
import { TypeBitmap } from '../../rdata.ts';
import { RRset } from '../../rrset.ts';
import { fromBase32Hex, toBase32Hex } from '../../text/encoding.ts';
import { TYPE, typeNumber } from '../../wire/iana.ts';

export const name: (text: string) => Name = Name.parse;

/** Type numbers of `NS DS RRSIG`; '' is the empty bitmap. */
export function types(text: string): number[] {
  if (text === '') return [];
  return text.split(' ').map((mnemonic) => {
    const number = typeNumber(mnemonic);
    if (number === undefined) throw new Error(`no such type: ${mnemonic}`);
    return number;
  });
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

export function nsec(owner: string, next: string, bitmap: string, ttl = 3600): RRset {
  return nsecOfTypes(name(owner), name(next), types(bitmap), ttl);
}

function nsecOfTypes(owner: Name, next: Name, bitmap: readonly number[], ttl: number): RRset {
  const rdata = concat(next.wire, TypeBitmap.of(bitmap).octets);
  return new RRset(owner, TYPE.NSEC, ttl, [rdata]);
}

export interface Nsec3Parameters {
  readonly zone: string;
  readonly flags: number;
  readonly iterations: number;
  readonly salt: Uint8Array;
  readonly hashAlgorithm?: number;
  readonly ttl?: number;
}

/** `ownerHash` and `nextHash` as base 32 with extended hex alphabet. */
export function nsec3(
  parameters: Nsec3Parameters,
  ownerHash: string,
  nextHash: string,
  bitmap: string,
): RRset {
  return nsec3OfTypes(parameters, ownerHash, fromHash(nextHash), types(bitmap));
}

function nsec3OfTypes(
  parameters: Nsec3Parameters,
  ownerHash: string,
  nextHash: Uint8Array,
  bitmap: readonly number[],
): RRset {
  const { iterations, salt, flags, hashAlgorithm = 1, ttl = 3600 } = parameters;
  const fixed = [hashAlgorithm, flags, iterations >> 8, iterations & 0xff, salt.length];
  const rdata = concat(
    Uint8Array.from(fixed),
    salt,
    Uint8Array.of(nextHash.length),
    nextHash,
    TypeBitmap.of(bitmap).octets,
  );
  return new RRset(name(parameters.zone).child(ownerHash), TYPE.NSEC3, ttl, [rdata]);
}

export function fromHash(text: string): Uint8Array {
  const octets = fromBase32Hex(text);
  if (octets === undefined) throw new Error(`no hash: ${text}`);
  return octets;
}

/** A zone as its owner knows it: authoritative names with their types, RRSIG and NSEC left out. */
export class ModelZone {
  readonly apex: Name;
  readonly #nodes: ReadonlyMap<string, ReadonlySet<number>>;

  /** Names below a delegation or a DNAME are occluded and left out. */
  constructor(apex: Name, nodes: readonly (readonly [Name, readonly number[]])[]) {
    this.apex = apex;
    const all = new Map<string, Set<number>>([[apex.key, new Set([TYPE.NS, TYPE.SOA])]]);
    for (const [owner, bitmap] of nodes) {
      if (!all.has(owner.key)) all.set(owner.key, new Set(bitmap));
    }
    const cuts = [...all].filter(([key, bitmap]) => isCut(bitmap) && key !== apex.key);
    for (const [cut] of cuts) {
      for (const key of all.keys()) {
        if (Name.fromKey(key).isBelow(Name.fromKey(cut))) all.delete(key);
      }
    }
    this.#nodes = all;
  }

  /** Types at a name: empty for an empty non-terminal, undefined for a name that does not exist. */
  typesAt(owner: Name): ReadonlySet<number> | undefined {
    const own = this.#nodes.get(owner.key);
    if (own !== undefined) return own;
    const hasDescendant = this.owners().some((other) => other.isBelow(owner));
    return hasDescendant && owner.isBelow(this.apex) ? new Set() : undefined;
  }

  /** Below a delegation or DNAME: not this zone's affair. */
  isOccluded(owner: Name): boolean {
    for (let up = owner; up.isBelow(this.apex); ) {
      up = up.parent;
      const bitmap = this.#nodes.get(up.key);
      if (bitmap !== undefined && up.isBelow(this.apex) && isCut(bitmap)) return true;
    }
    return false;
  }

  closestEncloser(owner: Name): Name {
    let up = owner;
    while (this.typesAt(up) === undefined) up = up.parent;
    return up;
  }

  owners(): Name[] {
    return [...this.#nodes.keys()].map((key) => Name.fromKey(key));
  }

  /** The zone as an opt-out chain shows it: unsigned delegations are not there. */
  withoutUnsignedDelegations(): ModelZone {
    const kept = [...this.#nodes].filter(
      ([, bitmap]) => !bitmap.has(TYPE.NS) || bitmap.has(TYPE.SOA) || bitmap.has(TYPE.DS),
    );
    return new ModelZone(
      this.apex,
      kept.map(([key, bitmap]) => [Name.fromKey(key), [...bitmap]] as const),
    );
  }

  nsecChain(): RRset[] {
    const owners = this.owners().sort(compareCanonical);
    return owners.map((owner, i) => {
      const next = owners[(i + 1) % owners.length] as Name;
      const bitmap = [...(this.typesAt(owner) ?? []), TYPE.RRSIG, TYPE.NSEC];
      return nsecOfTypes(owner, next, bitmap, 3600);
    });
  }

  nsec3Chain(parameters: Omit<Nsec3Parameters, 'zone'>): RRset[] {
    const names = new Map<string, Name>();
    for (const owner of this.owners()) {
      for (let up = owner; up.isAtOrBelow(this.apex); up = up.parent) {
        names.set(up.key, up);
        if (up.key === this.apex.key) break;
      }
    }
    const hashed = [...names.values()]
      .map((owner) => ({ owner, hash: nsec3Hash(owner, parameters.iterations, parameters.salt) }))
      .sort((a, b) => compareOctets(a.hash, b.hash));
    return hashed.map(({ owner, hash }, i) => {
      const next = (hashed[(i + 1) % hashed.length] as { hash: Uint8Array }).hash;
      const own = [...(this.typesAt(owner) ?? [])];
      const zone = this.apex.toString();
      return nsec3OfTypes({ ...parameters, zone }, toBase32Hex(hash), next, own);
    });
  }
}

function isCut(bitmap: ReadonlySet<number>): boolean {
  return (bitmap.has(TYPE.NS) && !bitmap.has(TYPE.SOA)) || bitmap.has(TYPE.DNAME);
}
