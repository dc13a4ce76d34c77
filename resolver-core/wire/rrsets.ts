/**
 * Records into RRsets (RFC 2181 section 5): by owner and type, in order of first appearance, with the
 * lowest TTL of their records, without duplicates, each RRSIG on the RRset that it covers.
 *
 * An RRSIG that covers nothing present becomes part of an RRset of type RRSIG. The TTL of an RRSIG
 * lowers that of the RRset it covers (RFC 4034 section 3 wants them equal; RFC 4035 section 5.3.3
 * takes the lower). Used for each section of a message and for a zone file.
 *
 * Duplicates are found by octets; names in RDATA that differ in case only are two records here.
 */

import { MAX_TTL_SECONDS } from '../limits.ts';
import { Name } from '../name/name.ts';
import { ReceivedRrsig, RRset, type Rrsig } from '../rrset.ts';
import { TYPE } from './iana.ts';

interface Group {
  readonly name: Name;
  readonly type: number;
  /** Type covered when `type` is RRSIG, else 0. */
  readonly covered: number;
  ttl: number;
  readonly rdata: Uint8Array[];
  /** The same RDATA as keys, once a list is too slow to search. */
  seen: Set<string> | undefined;
  signatures: Rrsig[] | undefined;
  attached: boolean;
}

/** Groups, or records of a group, up to which a list is searched; a longer one gets an index. */
const SEARCHED = 32;

export class RRsetGrouper {
  readonly #groups: Group[] = [];
  /** Index of the groups, once there are many, and the numbers it gives to owners. */
  #byKey: Map<number, Group> | undefined;
  readonly #owners: Map<string, number> = new Map();
  /** By owner: the group that gathers the RRSIGs that cover nothing. */
  readonly #unattached: Map<string, Group> = new Map();
  #signer: Name = Name.root;

  /** `ttl` in seconds, as an unsigned number; `rdata` well formed for its type, and kept. */
  add(name: Name, type: number, ttl: number, rdata: Uint8Array): void {
    const covered = type === TYPE.RRSIG ? ((rdata[0] as number) << 8) | (rdata[1] as number) : 0;
    let group = this.#groups[this.#groups.length - 1];
    if (
      group === undefined ||
      group.name !== name ||
      group.type !== type ||
      group.covered !== covered
    ) {
      group = this.#groupOf(name, type, covered);
    }
    if (ttl < group.ttl) group.ttl = ttl; // a new group starts at MAX_TTL_SECONDS, the cap
    if (!isDuplicate(group, rdata)) group.rdata.push(rdata);
  }

  #groupOf(name: Name, type: number, covered: number): Group {
    const known = this.#find(name, type, covered);
    if (known !== undefined) return known;
    const group: Group = {
      name,
      type,
      covered,
      ttl: MAX_TTL_SECONDS,
      rdata: [],
      seen: undefined,
      signatures: undefined,
      attached: false,
    };
    this.#groups.push(group);
    if (this.#byKey !== undefined) {
      this.#byKey.set(this.#key(name, type, covered), group);
    } else if (this.#groups.length > SEARCHED) {
      this.#byKey = new Map();
      for (const one of this.#groups) {
        this.#byKey.set(this.#key(one.name, one.type, one.covered), one);
      }
    }
    return group;
  }

  /** 17 bits for the type, those of signatures by what they cover; the rest is the owner's number. */
  #key(name: Name, type: number, covered: number): number {
    let owner = this.#owners.get(name.key);
    if (owner === undefined) {
      owner = this.#owners.size;
      this.#owners.set(name.key, owner);
    }
    return owner * 0x2_0000 + (type === TYPE.RRSIG ? 0x1_0000 + covered : type);
  }

  #find(name: Name, type: number, covered: number): Group | undefined {
    if (this.#byKey !== undefined) return this.#byKey.get(this.#key(name, type, covered));
    for (const group of this.#groups) {
      if (group.type === type && group.covered === covered && group.name.equals(name)) return group;
    }
    return undefined;
  }

  /** The RRsets; call once. */
  finish(): RRset[] {
    for (const group of this.#groups) if (group.type === TYPE.RRSIG) this.#attach(group);
    const out: RRset[] = [];
    for (const group of this.#groups) {
      if (group.attached) continue;
      out.push(new RRset(group.name, group.type, group.ttl, group.rdata, group.signatures));
    }
    return out;
  }

  /** Hands the RRSIGs to the RRset that they cover, else to the first such group of their owner. */
  #attach(group: Group): void {
    const covered =
      group.covered === TYPE.RRSIG ? undefined : this.#find(group.name, group.covered, 0);
    if (covered === undefined) {
      const first = this.#unattached.get(group.name.key);
      if (first === undefined) {
        this.#unattached.set(group.name.key, group);
        return;
      }
      first.rdata.push(...group.rdata);
      first.ttl = Math.min(first.ttl, group.ttl);
    } else {
      covered.signatures = group.rdata.map((rdata) => this.#rrsig(rdata));
      covered.ttl = Math.min(covered.ttl, group.ttl);
    }
    group.attached = true;
  }

  #rrsig(rdata: Uint8Array): ReceivedRrsig {
    if (!startsWith(rdata, SIGNER_OFFSET, this.#signer.wire)) {
      this.#signer = Name.fromWire(rdata, SIGNER_OFFSET);
    }
    return rrsigWithSigner(rdata, this.#signer);
  }
}

/** Octets before the signer's name (RFC 4034 section 3.1). */
export const SIGNER_OFFSET = 18;

/** An RRSIG from its RDATA, which must be well formed. */
export function rrsigOf(rdata: Uint8Array): ReceivedRrsig {
  return rrsigWithSigner(rdata, Name.fromWire(rdata, SIGNER_OFFSET));
}

function rrsigWithSigner(rdata: Uint8Array, signer: Name): ReceivedRrsig {
  return new ReceivedRrsig(
    {
      typeCovered: ((rdata[0] as number) << 8) | (rdata[1] as number),
      algorithm: rdata[2] as number,
      labels: rdata[3] as number,
      originalTtl: u32(rdata, 4),
      expiration: u32(rdata, 8),
      inception: u32(rdata, 12),
      keyTag: ((rdata[16] as number) << 8) | (rdata[17] as number),
      signer,
    },
    rdata.slice(SIGNER_OFFSET + signer.key.length + 1),
  );
}

/** The RDATA of an RRSIG; asks for its signature. */
export function rrsigRdata(rrsig: Rrsig): Uint8Array {
  const signer = rrsig.signer.wire;
  const { signature } = rrsig;
  const rdata = new Uint8Array(SIGNER_OFFSET + signer.length + signature.length);
  rdata[0] = rrsig.typeCovered >>> 8;
  rdata[1] = rrsig.typeCovered;
  rdata[2] = rrsig.algorithm;
  rdata[3] = rrsig.labels;
  putU32(rdata, 4, rrsig.originalTtl);
  putU32(rdata, 8, rrsig.expiration);
  putU32(rdata, 12, rrsig.inception);
  rdata[16] = rrsig.keyTag >>> 8;
  rdata[17] = rrsig.keyTag;
  rdata.set(signer, SIGNER_OFFSET);
  rdata.set(signature, SIGNER_OFFSET + signer.length);
  return rdata;
}

/** True when the RDATA is already there; remembers it when the group keeps a set. */
function isDuplicate(group: Group, rdata: Uint8Array): boolean {
  if (group.seen === undefined) {
    if (group.rdata.length < SEARCHED) {
      for (const one of group.rdata) if (equal(one, rdata)) return true;
      return false;
    }
    group.seen = new Set(group.rdata.map(octetKey));
  }
  const before = group.seen.size;
  return group.seen.add(octetKey(rdata)).size === before;
}

function octetKey(octets: Uint8Array): string {
  let key = '';
  for (let i = 0; i < octets.length; i++) key += String.fromCharCode(octets[i] as number);
  return key;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && startsWith(a, 0, b);
}

function startsWith(octets: Uint8Array, at: number, prefix: Uint8Array): boolean {
  for (let i = 0; i < prefix.length; i++) if (octets[at + i] !== prefix[i]) return false;
  return true;
}

function u32(octets: Uint8Array, at: number): number {
  return (
    (((octets[at] as number) << 24) |
      ((octets[at + 1] as number) << 16) |
      ((octets[at + 2] as number) << 8) |
      (octets[at + 3] as number)) >>>
    0
  );
}

function putU32(octets: Uint8Array, at: number, value: number): void {
  octets[at] = value >>> 24;
  octets[at + 1] = value >>> 16;
  octets[at + 2] = value >>> 8;
  octets[at + 3] = value;
}
