/**
 * The records that prove what a zone does not hold: NSEC (RFC 4035 section 3.1.3, with RFC 7129's
 * reasons) and NSEC3 (RFC 5155 section 7.2), put into the authority section, each once.
 *
 * Nothing is added for queries without DO, nor by zones that are not signed.
 */

import type { Name } from '../../resolver-core/name/name.ts';
import type { RRset } from '../../resolver-core/rrset.ts';
import type { Micros } from '../../resolver-core/time.ts';
import type { Published, Span } from './publication.ts';
import type { Denial, Nsec3Link } from './zone.ts';

type Nsec3Denial = Denial & { readonly kind: 'nsec3' };

export class Proof {
  /** False when there is nothing to prove: DO not set, or the zone not signed. */
  readonly isWanted: boolean;
  readonly #publication: Published;
  readonly #clock: Micros;
  readonly #span: Span;
  readonly #authority: RRset[];
  readonly #denial: Denial | null;

  /** Records go to the end of `authority`; `span` is narrowed to the time for which they stay. */
  constructor(
    publication: Published,
    dnssecOk: boolean,
    clock: Micros,
    span: Span,
    authority: RRset[],
  ) {
    this.#publication = publication;
    this.#clock = clock;
    this.#span = span;
    this.#authority = authority;
    this.#denial = dnssecOk ? publication.zone.denial : null;
    this.isWanted = this.#denial !== null;
  }

  /** `name` exists and the type does not (RFC 5155 sections 7.2.3 and 7.2.4). */
  noData(name: Name): void {
    const denial = this.#denial;
    if (denial?.kind === 'nsec') this.#nsec(name);
    if (denial?.kind === 'nsec3') this.#matchOrOptOut(denial, name);
  }

  /** Neither `name` nor a wildcard that would stand for it exists (RFC 5155 section 7.2.2). */
  nameError(name: Name, encloser: Name): void {
    const denial = this.#denial;
    if (denial?.kind === 'nsec') {
      this.#nsec(name);
      this.#nsec(encloser.wildcard);
    }
    if (denial?.kind === 'nsec3') {
      const provable = this.#closestEncloser(denial, name, encloser);
      this.#nsec3(denial.at(this.#publication.hash(provable.wildcard)));
    }
  }

  /**
   * The answer came from the wildcard at `encloser`: `name` itself does not exist (RFC 5155 section
   * 7.2.6).
   */
  expanded(name: Name, encloser: Name): void {
    const denial = this.#denial;
    if (denial?.kind === 'nsec') this.#nsec(name);
    if (denial?.kind === 'nsec3') {
      const nextCloser = name.ancestor(encloser.labelCount + 1);
      this.#nsec3(denial.at(this.#publication.hash(nextCloser)));
    }
  }

  /** The wildcard stands for `name` and does not own the type (RFC 5155 section 7.2.5). */
  wildcardNoData(name: Name, encloser: Name): void {
    const denial = this.#denial;
    const { wildcard } = encloser;
    if (denial?.kind === 'nsec') {
      this.#nsec(name);
      this.#nsec(wildcard);
    }
    if (denial?.kind === 'nsec3') {
      this.#closestEncloser(denial, name, encloser);
      this.#nsec3(denial.at(this.#publication.hash(wildcard)));
    }
  }

  /** The NSEC RRset of `name`: data like any other for those who ask for it (RFC 4034 section 4). */
  ownNsec(name: Name): RRset | undefined {
    const { denial } = this.#publication.zone;
    if (denial?.kind !== 'nsec') return undefined;
    const link = denial.at(name);
    if (!link.owner.equals(name)) return undefined;
    return this.#publication.nsec(link, this.#clock, this.#span);
  }

  /** The delegation `cut` has no DS (RFC 5155 section 7.2.7). */
  insecureDelegation(cut: Name): void {
    this.noData(cut);
  }

  /**
   * The NSEC3 of a name, or, where opt-out left it out of the chain, the proof of its closest
   * encloser.
   */
  #matchOrOptOut(denial: Nsec3Denial, name: Name): void {
    const match = denial.link(this.#publication.hash(name));
    if (match !== undefined) this.#nsec3(match);
    else this.#closestEncloser(denial, name, name.parent);
  }

  /**
   * Closest provable encloser (RFC 5155 section 7.2.1), from `from` upwards: its NSEC3, and the one
   * over the next closer name.
   */
  #closestEncloser(denial: Nsec3Denial, name: Name, from: Name): Name {
    for (let encloser = from; ; encloser = encloser.parent) {
      const match = denial.link(this.#publication.hash(encloser));
      if (match === undefined) continue; // ends at the apex, which is always in the chain
      this.#nsec3(match);
      const nextCloser = name.ancestor(encloser.labelCount + 1);
      this.#nsec3(denial.at(this.#publication.hash(nextCloser)));
      return encloser;
    }
  }

  #nsec(name: Name): void {
    if (this.#denial?.kind !== 'nsec') return;
    this.#add(this.#publication.nsec(this.#denial.at(name), this.#clock, this.#span));
  }

  #nsec3(link: Nsec3Link): void {
    this.#add(this.#publication.nsec3(link, this.#clock, this.#span));
  }

  #add(rrset: RRset): void {
    if (!this.#authority.some((other) => isSame(other, rrset))) this.#authority.push(rrset);
  }
}

function isSame(a: RRset, b: RRset): boolean {
  return a.type === b.type && a.name.equals(b.name);
}
