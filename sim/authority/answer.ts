/**
 * What an authoritative server says about a question in one of its zones: RFC 1034 section 4.3.2
 * with wildcards (RFC 4592), DNAME (RFC 6672), DNSSEC (RFC 4035 section 3.1) and NSEC3 (RFC 5155
 * section 7.2). Minimal responses: no NS beside an answer, addresses only where a referral needs
 * them (RFC 9471).
 *
 * Limitations: ANY is answered with one RRset (RFC 8482 section 4.1); no DNAME below a wildcard.
 */

import { MAX_NAME_OCTETS, Name } from '../../resolver-core/name/name.ts';
import { targetsOf } from '../../resolver-core/rdata.ts';
import { RRset } from '../../resolver-core/rrset.ts';
import type { Micros } from '../../resolver-core/time.ts';
import { RCODE, TYPE } from '../../resolver-core/wire/iana.ts';
import { Proof } from './denial.ts';
import type { Published, Span } from './publication.ts';

export interface Sections extends Readonly<Span> {
  readonly rcode: number;
  readonly authoritative: boolean;
  readonly answer: readonly RRset[];
  readonly authority: readonly RRset[];
  readonly additional: readonly RRset[];
}

/** CNAME and DNAME steps followed inside one zone for one answer; a resolver asks on from there. */
const MAX_ALIASES = 8;
/** Types that an ANY query is answered with: the first that is there. */
const ANY_ORDER = [TYPE.A, TYPE.AAAA, TYPE.CNAME, TYPE.MX, TYPE.TXT, TYPE.SOA, TYPE.NS, TYPE.DS];

/**
 * The answer of `publication` at `clock` to a question at or below its apex, and for how long it
 * holds.
 */
export function answerFrom(
  publication: Published,
  name: Name,
  type: number,
  dnssecOk: boolean,
  clock: Micros,
): Sections {
  return new Answer(publication, dnssecOk, clock).to(name, type);
}

class Answer {
  readonly #publication: Published;
  readonly #clock: Micros;
  readonly #proof: Proof;
  readonly #span: Span = { from: 0, until: Number.POSITIVE_INFINITY };
  readonly #answer: RRset[] = [];
  readonly #authority: RRset[] = [];
  readonly #additional: RRset[] = [];
  #rcode: number = RCODE.NOERROR;
  #authoritative = true;

  constructor(publication: Published, dnssecOk: boolean, clock: Micros) {
    this.#publication = publication;
    this.#clock = clock;
    this.#proof = new Proof(publication, dnssecOk, clock, this.#span, this.#authority);
  }

  to(name: Name, type: number): Sections {
    let at: Name | undefined = name;
    for (let aliases = 0; at !== undefined && aliases <= MAX_ALIASES; aliases++) {
      at = this.#step(at, type, aliases === 0);
    }
    return {
      rcode: this.#rcode,
      authoritative: this.#authoritative,
      answer: this.#answer,
      authority: this.#authority,
      additional: this.#additional,
      from: this.#span.from,
      until: this.#span.until,
    };
  }

  /** One name; the next one when it is an alias that stays in the zone. */
  #step(name: Name, type: number, isFirst: boolean): Name | undefined {
    const { zone } = this.#publication;
    const cut = zone.cutAt(name);
    if (cut !== undefined && !(type === TYPE.DS && cut.equals(name))) {
      if (isFirst) this.#refer(cut);
      return undefined;
    }
    if (zone.exists(name)) {
      const alias = this.#at(name, name, type);
      if (alias !== 'no-data') return alias;
      this.#negative(RCODE.NOERROR);
      this.#proof.noData(name);
      return undefined;
    }
    let encloser = name.parent;
    while (!zone.exists(encloser)) encloser = encloser.parent;
    const dname = this.#get(encloser, TYPE.DNAME);
    if (dname !== undefined) return this.#substitute(name, dname);
    return this.#synthesise(name, type, encloser);
  }

  #synthesise(name: Name, type: number, encloser: Name): Name | undefined {
    const { wildcard } = encloser;
    if (!this.#publication.zone.exists(wildcard)) {
      this.#negative(RCODE.NXDOMAIN);
      this.#proof.nameError(name, encloser);
      return undefined;
    }
    const alias = this.#at(wildcard, name, type);
    if (alias === 'no-data') {
      this.#negative(RCODE.NOERROR);
      this.#proof.wildcardNoData(name, encloser);
      return undefined;
    }
    this.#proof.expanded(name, encloser);
    return alias;
  }

  /**
   * Puts what stands at `owner` into the answer, under `name`; the target of an alias inside the
   * zone.
   */
  #at(owner: Name, name: Name, type: number): Name | undefined | 'no-data' {
    const found = type === TYPE.ANY ? this.#any(owner) : this.#get(owner, type);
    if (found !== undefined) {
      this.#answer.push(renamed(found, name));
      return undefined;
    }
    const alias = this.#get(owner, TYPE.CNAME);
    if (alias === undefined) return 'no-data';
    this.#answer.push(renamed(alias, name));
    const target = targetsOf(alias)[0];
    if (target?.isAtOrBelow(this.#publication.zone.apex) !== true) return undefined;
    return this.#answer.some((rrset) => rrset.name.equals(target)) ? undefined : target;
  }

  #any(owner: Name): RRset | undefined {
    for (const type of ANY_ORDER) {
      const found = this.#get(owner, type);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** RFC 6672 section 3: the DNAME, and the CNAME that it means for this name, not signed. */
  #substitute(name: Name, dname: RRset): Name | undefined {
    this.#answer.push(dname);
    const target = targetsOf(dname)[0];
    if (target === undefined) throw new Error(`DNAME at ${dname.name} has no target`);
    const prefix = name.key.slice(0, name.key.length - dname.name.key.length);
    if (prefix.length + target.key.length + 1 > MAX_NAME_OCTETS) {
      this.#rcode = RCODE.YXDOMAIN;
      return undefined;
    }
    const alias = Name.fromKey(prefix + target.key);
    this.#answer.push(new RRset(name, TYPE.CNAME, dname.ttl, [alias.wire]));
    return alias.isAtOrBelow(this.#publication.zone.apex) ? alias : undefined;
  }

  #refer(cut: Name): void {
    const ns = this.#get(cut, TYPE.NS);
    if (ns === undefined) throw new Error(`delegation ${cut} has no NS`);
    this.#authoritative = false;
    this.#authority.push(ns);
    const ds = this.#proof.isWanted ? this.#get(cut, TYPE.DS) : undefined;
    if (ds !== undefined) this.#authority.push(ds);
    else this.#proof.insecureDelegation(cut);
    for (const target of targetsOf(ns)) {
      this.#address(target, TYPE.A);
      this.#address(target, TYPE.AAAA);
    }
  }

  /** Address of a server named at or below this zone: glue, or the zone's own record. */
  #address(server: Name, type: number): void {
    const { zone } = this.#publication;
    const glue = zone.glue(server, type);
    if (glue !== undefined) {
      this.#additional.push(glue);
    } else if (server.isAtOrBelow(zone.apex) && zone.cutAt(server) === undefined) {
      const own = this.#get(server, type);
      if (own !== undefined) this.#additional.push(own);
    }
  }

  #negative(rcode: number): void {
    this.#rcode = rcode;
    this.#authority.push(this.#publication.negativeSoa(this.#clock, this.#span));
  }

  #get(name: Name, type: number): RRset | undefined {
    if (type === TYPE.NSEC) return this.#proof.ownNsec(name);
    return this.#publication.rrset(name, type, this.#clock, this.#span);
  }
}

/** A wildcard's RRset under the name that was asked for, with the wildcard's own signatures. */
function renamed(rrset: RRset, name: Name): RRset {
  return rrset.name === name || rrset.name.equals(name)
    ? rrset
    : new RRset(name, rrset.type, rrset.ttl, rrset.rdata, rrset.signatures);
}
