/**
 * A zone that came as a master file: served as it stands, with the signatures it came with, or its
 * data alone, for a policy of this world to sign anew.
 *
 * What cannot be served is left out: records outside the zone, and below a cut all but addresses.
 * As it stands, the file's own NSEC or NSEC3 chain proves what is not there, whole or not; of
 * several NSEC3 chains the first counts. Nothing is judged here: a file with a broken chain or stale
 * signatures is served like any other.
 *
 * Limitation: NSEC at a cut is used in proofs, and not found by a question for it.
 */

import { nsec3Hash } from '../../resolver-core/crypto/nsec3-hash.ts';
import { compareCanonical, compareOctets } from '../../resolver-core/name/canonical.ts';
import type { Name } from '../../resolver-core/name/name.ts';
import {
  dnsKeysOf,
  NSEC3_OPT_OUT,
  type Nsec3,
  nsec3Of,
  nsecOf,
  soaOf,
} from '../../resolver-core/rdata.ts';
import { RRset } from '../../resolver-core/rrset.ts';
import { fromBase32Hex } from '../../resolver-core/text/encoding.ts';
import { DIGEST, TYPE } from '../../resolver-core/wire/iana.ts';
import type { Published } from './publication.ts';
import type { SoaFields } from './records.ts';
import type { Delegation } from './registry-zone.ts';
import { dsRdata } from './sign.ts';
import { lastAtOrBefore, StaticZone } from './static-zone.ts';
import type { Denial, Nsec3Link, NsecLink, Zone } from './zone.ts';

/** Types that a publication serves apart from the zone's data. */
const APART: readonly number[] = [TYPE.SOA, TYPE.DNSKEY, TYPE.NSEC, TYPE.NSEC3, TYPE.RRSIG];
/** What would be wrong in a zone that is signed with other keys. */
const OF_THE_SIGNER: readonly number[] = [TYPE.NSEC3PARAM, TYPE.ZONEMD];

/** SOA of a zone file, without its serial. Throws an Error when there is none. */
export function soaFields(apex: Name, rrsets: readonly RRset[]): SoaFields & { ttl: number } {
  const rrset = soaRRset(apex, rrsets);
  const soa = soaOf(rrset);
  if (soa === undefined) throw new Error(`the SOA of ${apex} does not parse`);
  return { ...soa, ttl: rrset.ttl };
}

function soaRRset(apex: Name, rrsets: readonly RRset[]): RRset {
  const found = rrsets.find(({ name, type }) => type === TYPE.SOA && name.equals(apex));
  if (found === undefined) throw new Error(`zone ${apex} has no SOA`);
  return found;
}

/** Names that a zone file delegates. */
export function cutsOf(apex: Name, rrsets: readonly RRset[]): Set<string> {
  const cuts = new Set<string>();
  for (const { name, type } of rrsets) {
    if (type === TYPE.NS && name.isBelow(apex)) cuts.add(name.key);
  }
  return cuts;
}

/** What a zone file holds and a server can serve; with its signatures, or without for a new signer. */
export function servedData(apex: Name, rrsets: readonly RRset[], signed: boolean): RRset[] {
  const cuts = cutsOf(apex, rrsets);
  const out: RRset[] = [];
  for (const rrset of rrsets) {
    const { name, type } = rrset;
    if (APART.includes(type) || !name.isAtOrBelow(apex)) continue;
    if (!signed && OF_THE_SIGNER.includes(type)) continue;
    if (!isServed(rrset, apex, cuts)) continue;
    out.push(signed ? rrset : new RRset(name, type, rrset.ttl, rrset.rdata));
  }
  return out;
}

function isServed({ name, type }: RRset, apex: Name, cuts: ReadonlySet<string>): boolean {
  if (isAddress(type)) return true; // below a cut it is glue
  if (hasCutAbove(name, apex, cuts)) return false;
  return !cuts.has(name.key) || type === TYPE.NS || type === TYPE.DS;
}

function hasCutAbove(name: Name, apex: Name, cuts: ReadonlySet<string>): boolean {
  if (name.labelCount <= apex.labelCount) return false;
  for (let at = name.parent; at.labelCount > apex.labelCount; at = at.parent) {
    if (cuts.has(at.key)) return true;
  }
  return false;
}

/** What the world has below a zone: delegations by name, and addresses of servers by name and type. */
export interface WorldBelow {
  readonly delegations: ReadonlyMap<string, Delegation>;
  readonly addresses: ReadonlyMap<string, ReadonlyMap<number, RRset>>;
}

/**
 * A zone file in which delegations that are zones of the world lead to its servers. Nothing that is
 * signed is touched: DS stays, and what the file does not delegate stays so.
 */
export function withServersOf(
  rrsets: readonly RRset[],
  apex: Name,
  { delegations, addresses }: WorldBelow,
): RRset[] {
  const cuts = cutsOf(apex, rrsets);
  const isGlue = (name: Name): boolean => hasCutAbove(name, apex, cuts);
  const kept = rrsets.filter(({ name, type }) => {
    if (type === TYPE.NS) return name.equals(apex) || !delegations.has(name.key);
    return !isAddress(type) || !isGlue(name) || !addresses.has(name.key);
  });
  const led = [...delegations].filter(([key]) => cuts.has(key)).map(([, { ns }]) => ns);
  return [...kept, ...led, ...addressesIn(addresses).filter(({ name }) => isGlue(name))];
}

/** A zone file with all that the world has below its apex, to be signed anew; without the apex NS. */
export function withZonesOf(
  rrsets: readonly RRset[],
  apex: Name,
  { delegations, addresses }: WorldBelow,
): RRset[] {
  const kept = rrsets.filter(({ name, type }) => {
    if (type !== TYPE.NS && type !== TYPE.DS) return !isAddress(type) || !addresses.has(name.key);
    return !name.equals(apex) && !delegations.has(name.key);
  });
  const made = [...delegations.values()].flatMap(({ ns, ds }) =>
    ds === undefined ? ns : [ns, ds],
  );
  return [...kept, ...made, ...addressesIn(addresses)];
}

function addressesIn(addresses: WorldBelow['addresses']): RRset[] {
  return [...addresses.values()].flatMap((byType) => [...byType.values()]);
}

function isAddress(type: number): boolean {
  return type === TYPE.A || type === TYPE.AAAA;
}

/** A zone file, served as it stands. */
export class StandingPublication implements Published {
  readonly zone: Zone;
  readonly successor = null;
  /** All that the file holds. */
  readonly rrsets: readonly RRset[];
  /** By owner: SOA, DNSKEY, NSEC and NSEC3. */
  readonly #apart: Map<string, Map<number, RRset>> = new Map();
  readonly #negativeSoa: RRset;
  readonly #apex: Name;

  /** Throws an Error for a file without SOA. */
  constructor(apex: Name, rrsets: readonly RRset[]) {
    this.#apex = apex;
    this.rrsets = rrsets;
    const soa = soaFields(apex, rrsets);
    for (const rrset of rrsets) {
      if (APART.includes(rrset.type) && rrset.type !== TYPE.RRSIG) this.#keep(rrset);
    }
    const entries = servedData(apex, rrsets, true);
    const denial = nsecDenial(rrsets) ?? nsec3Denial(apex, rrsets);
    this.zone = new StandingZone(new StaticZone({ apex, soa, entries, denial: null }), denial);
    const { name, type, ttl, rdata, signatures } = soaRRset(apex, rrsets);
    this.#negativeSoa = new RRset(name, type, Math.min(ttl, soa.minimum), rdata, signatures);
  }

  #keep(rrset: RRset): void {
    const { key } = rrset.name;
    const known = this.#apart.get(key);
    if (known === undefined) this.#apart.set(key, new Map([[rrset.type, rrset]]));
    else known.set(rrset.type, rrset);
  }

  rrset(name: Name, type: number): RRset | undefined {
    return this.#apart.get(name.key)?.get(type) ?? this.zone.records(name, type);
  }

  negativeSoa(): RRset {
    return this.#negativeSoa;
  }

  nsec(link: NsecLink): RRset {
    return this.#link(link.owner, TYPE.NSEC);
  }

  nsec3(link: Nsec3Link): RRset {
    return this.#link(link.owner, TYPE.NSEC3);
  }

  hash(name: Name): Uint8Array {
    const { denial, apex } = this.zone;
    if (denial?.kind !== 'nsec3') throw new Error(`zone ${apex} has no NSEC3 chain`);
    return nsec3Hash(name, denial.params.iterations, denial.params.salt);
  }

  /** DS RDATA for the secure entry points that sign the DNSKEY RRset: what a parent publishes for this zone. */
  dsRdata(): Uint8Array[] {
    const keys = this.rrset(this.#apex, TYPE.DNSKEY);
    if (keys === undefined) return [];
    const signers = new Set(keys.signatures.map(({ keyTag }) => keyTag));
    return dnsKeysOf(keys)
      .filter((key) => key.isSecureEntryPoint && signers.has(key.keyTag))
      .map((key) => dsRdata(this.#apex, key, DIGEST.SHA256));
  }

  #link(owner: Name, type: number): RRset {
    const found = this.#apart.get(owner.key)?.get(type);
    if (found === undefined) throw new Error(`no link of the chain at ${owner}`);
    return found;
  }
}

/** The lookups of a zone, with the chain that its file has. */
class StandingZone implements Zone {
  readonly apex: Name;
  readonly soa: Zone['soa'];
  readonly denial: Denial | null;
  readonly #data: StaticZone;

  constructor(data: StaticZone, denial: Denial | null) {
    this.apex = data.apex;
    this.soa = data.soa;
    this.denial = denial;
    this.#data = data;
  }

  cutAt(name: Name): Name | undefined {
    return this.#data.cutAt(name);
  }

  exists(name: Name): boolean {
    return this.#data.exists(name);
  }

  records(name: Name, type: number): RRset | undefined {
    return this.#data.records(name, type);
  }

  glue(name: Name, type: number): RRset | undefined {
    return this.#data.glue(name, type);
  }
}

function nsecDenial(rrsets: readonly RRset[]): Denial | null {
  const links: NsecLink[] = [];
  for (const rrset of rrsets) {
    const nsec = rrset.type === TYPE.NSEC ? nsecOf(rrset) : undefined;
    if (nsec !== undefined) {
      links.push({ owner: rrset.name, next: nsec.next, types: nsec.types.types() });
    }
  }
  if (links.length === 0) return null;
  links.sort((a, b) => compareCanonical(a.owner, b.owner));
  return {
    kind: 'nsec',
    at: (name) => lastAtOrBefore(links, (link) => compareCanonical(link.owner, name)),
  };
}

function nsec3Denial(apex: Name, rrsets: readonly RRset[]): Denial | null {
  const links: Nsec3Link[] = [];
  let params: Nsec3 | undefined;
  for (const rrset of rrsets) {
    const nsec3 = rrset.type === TYPE.NSEC3 ? nsec3Of(rrset) : undefined;
    const hash = nsec3 && fromBase32Hex(rrset.name.firstLabel);
    if (nsec3 === undefined || hash === undefined || !rrset.name.parent.equals(apex)) continue;
    params ??= nsec3;
    if (!hasSameHash(params, nsec3)) continue;
    const { nextHash, types } = nsec3;
    links.push({ hash, owner: rrset.name, next: nextHash, types: types.types() });
  }
  if (params === undefined) return null;
  links.sort((a, b) => compareOctets(a.hash, b.hash));
  const at = (hash: Uint8Array): Nsec3Link =>
    lastAtOrBefore(links, (link) => compareOctets(link.hash, hash));
  const { iterations, salt, flags } = params;
  return {
    kind: 'nsec3',
    params: { iterations, salt },
    optOut: (flags & NSEC3_OPT_OUT) !== 0,
    at,
    link: (hash) => {
      const found = at(hash);
      return compareOctets(found.hash, hash) === 0 ? found : undefined;
    },
  };
}

function hasSameHash(a: Nsec3, b: Nsec3): boolean {
  return a.iterations === b.iterations && compareOctets(a.salt, b.salt) === 0;
}
