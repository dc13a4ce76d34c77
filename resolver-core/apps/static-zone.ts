/**
 * A copy of the root zone as a resolver holds it (RFC 8806 in spirit; the static-zone app of 1.1.1.1): all
 * RRsets of one version with the signatures that they came with, immutable, and shared by all nodes that
 * have the version. It says what a root server with this version would say (RFC 1034 section 4.3.2, RFC
 * 4035 section 3.1); whether that is still worth anything is for the validator to find out.
 *
 * Limitations: a denial is proved by NSEC, as the root does it; no wildcards and no aliases, of which the
 * root has none. When a copy ends is not decided here (`local-root.ts`).
 */

import type { Message, Question } from '../message.ts';
import { compareCanonical } from '../name/canonical.ts';
import type { Name } from '../name/name.ts';
import { type Soa, soaOf, targetsOf } from '../rdata.ts';
import type { RRset } from '../rrset.ts';
import { OPCODE, RCODE, TYPE } from '../wire/iana.ts';

/** What a copy says about a question of which the zone itself knows the answer. */
export interface LocalAnswer {
  readonly kind: 'answer' | 'nodata' | 'nxdomain';
  readonly message: Message;
}

/** A delegation as a root server refers to it. */
export interface LocalReferral {
  readonly ns: RRset;
  /** DS, or the NSEC that should prove that there is none. */
  readonly proof: readonly RRset[];
  readonly message: Message;
}

const NO_RRSETS: readonly RRset[] = [];

export class ZoneCopy {
  readonly soa: Soa;
  /** Seconds since 1970 at which the first of its signatures ends; infinite without any. */
  readonly firstExpiration: number;
  readonly #soaRRset: RRset;
  /** By owner and type; glue, too. */
  readonly #owners: Map<string, Map<number, RRset>> = new Map();
  /** Owners, and the names between them and the root. */
  readonly #names: Set<string> = new Set();
  readonly #cuts: Set<string> = new Set();
  /** In canonical order. */
  readonly #nsecs: readonly RRset[];
  /** Positive answers given so far: DS RRsets are asked for again and again. */
  readonly #given: Map<RRset, LocalAnswer> = new Map();

  /** Throws an Error when the root's SOA is not among the RRsets. */
  constructor(rrsets: readonly RRset[]) {
    const soa = rrsets.find(({ name, type }) => type === TYPE.SOA && name.isRoot);
    const fields = soa === undefined ? undefined : soaOf(soa);
    if (soa === undefined || fields === undefined) throw new Error('no root zone: it has no SOA');
    this.soa = fields;
    this.#soaRRset = soa.withTtl(Math.min(soa.ttl, fields.minimum));
    let firstExpiration = Number.POSITIVE_INFINITY;
    for (const rrset of rrsets) {
      this.#add(rrset);
      for (const { expiration } of rrset.signatures) {
        if (expiration < firstExpiration) firstExpiration = expiration;
      }
    }
    this.firstExpiration = firstExpiration;
    const nsecs = rrsets.filter(({ type }) => type === TYPE.NSEC);
    this.#nsecs = nsecs.sort((a, b) => compareCanonical(a.name, b.name));
  }

  #add(rrset: RRset): void {
    const { name, type } = rrset;
    const known = this.#owners.get(name.key);
    if (known === undefined) this.#owners.set(name.key, new Map([[type, rrset]]));
    else known.set(type, rrset);
    if (type === TYPE.NS && !name.isRoot) this.#cuts.add(name.key);
    for (let at = name; !this.#names.has(at.key); at = at.parent) {
      this.#names.add(at.key);
      if (at.isRoot) break;
    }
  }

  /** The delegation that a question is referred to; null when the zone answers it by itself. */
  cutFor({ name, type }: Question): Name | null {
    let found: Name | null = null;
    for (let at = name; !at.isRoot; at = at.parent) if (this.#cuts.has(at.key)) found = at;
    return found !== null && type === TYPE.DS && found.equals(name) ? null : found;
  }

  /** What a root server refers to for the delegation at `cut`; null when there is none. */
  referral(cut: Name): LocalReferral | null {
    const ns = this.#get(cut, TYPE.NS);
    if (ns === undefined || !this.#cuts.has(cut.key)) return null;
    const proof = this.#get(cut, TYPE.DS) ?? this.#get(cut, TYPE.NSEC);
    const additional: RRset[] = [];
    for (const server of targetsOf(ns)) {
      for (const type of [TYPE.A, TYPE.AAAA]) {
        const address = this.#get(server, type);
        if (address !== undefined) additional.push(address);
      }
    }
    const proofs = proof === undefined ? NO_RRSETS : [proof];
    const question = { name: cut, type: TYPE.NS };
    const message = said(question, RCODE.NOERROR, NO_RRSETS, [ns, ...proofs], additional);
    return { ns, proof: proofs, message: { ...message, authoritative: false } };
  }

  /** The answer to a question that leads to no delegation (`cutFor`). */
  answer(question: Question): LocalAnswer {
    const { name, type } = question;
    const found = this.#get(name, type);
    if (found !== undefined) return this.#positive(question, found);
    if (this.#names.has(name.key)) {
      const message = said(question, RCODE.NOERROR, NO_RRSETS, this.#denial([name]));
      return { kind: 'nodata', message };
    }
    let encloser = name.parent;
    while (!this.#names.has(encloser.key)) encloser = encloser.parent;
    const authority = this.#denial([name, encloser.wildcard]);
    return { kind: 'nxdomain', message: said(question, RCODE.NXDOMAIN, NO_RRSETS, authority) };
  }

  #positive(question: Question, found: RRset): LocalAnswer {
    let given = this.#given.get(found);
    if (given === undefined) {
      const message = said(question, RCODE.NOERROR, [found], NO_RRSETS);
      given = { kind: 'answer', message };
      this.#given.set(found, given);
    }
    return given;
  }

  #get(name: Name, type: number): RRset | undefined {
    return this.#owners.get(name.key)?.get(type);
  }

  /** SOA, and the NSEC records that lie at or before these names. */
  #denial(names: readonly Name[]): RRset[] {
    const out = new Set([this.#soaRRset]);
    for (const name of names) {
      const nsec = this.#nsecAt(name);
      if (nsec !== undefined) out.add(nsec);
    }
    return [...out];
  }

  #nsecAt(name: Name): RRset | undefined {
    let low = 0;
    let high = this.#nsecs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareCanonical((this.#nsecs[middle] as RRset).name, name) <= 0) low = middle + 1;
      else high = middle;
    }
    return this.#nsecs[low === 0 ? this.#nsecs.length - 1 : low - 1];
  }
}

function said(
  question: Question,
  rcode: number,
  answer: readonly RRset[],
  authority: readonly RRset[],
  additional: readonly RRset[] = NO_RRSETS,
): Message {
  // No spread: one of these is made for every name without a TLD.
  return {
    response: true,
    opcode: OPCODE.QUERY,
    rcode,
    authoritative: true,
    truncated: false,
    recursionDesired: false,
    recursionAvailable: false,
    authenticatedData: false,
    checkingDisabled: false,
    question,
    answer,
    authority,
    additional,
    edns: null,
    dnssec: true,
  };
}
