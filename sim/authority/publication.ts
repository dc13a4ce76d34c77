/**
 * What a zone serves at an instant: its records with the signatures in force (`schedule.ts`), the
 * SOA of the serial in force, the DNSKEY RRset of the keys that are published then, and the links
 * of its NSEC or NSEC3 chain.
 *
 * A signed RRset is made once for each identity (zone, owner, type, signing instant, key, copy) and
 * shared by all variants through `SignedRRsets`, so each signature is made and verified once, and
 * only when somebody looks at its octets. What is not signed is the zone's own RRset.
 */

import { makeZonemd, ZONEMD_SHA384 } from '../../resolver-core/apps/zonemd.ts';
import { nsec3Hash } from '../../resolver-core/crypto/nsec3-hash.ts';
import type { Name } from '../../resolver-core/name/name.ts';
import { NSEC3_OPT_OUT } from '../../resolver-core/rdata.ts';
import { RRset, type Rrsig } from '../../resolver-core/rrset.ts';
import { epochSeconds, type Micros } from '../../resolver-core/time.ts';
import { TYPE } from '../../resolver-core/wire/iana.ts';
import { hashText } from '../engine/random.ts';
import type { TimelineEvent } from '../plan.ts';
import { Generations } from './generations.ts';
import type { SigningPolicy } from './keyring.ts';
import { nsec3Rdata, nsecRdata, type Records, soaRdata } from './records.ts';
import { Schedule, type Signing } from './schedule.ts';
import { signRrset } from './sign.ts';
import { zoneData } from './transfer.ts';
import type { Nsec3Link, NsecLink, Zone } from './zone.ts';

/** Owners kept per generation of each zone: about 1 KB for each of their RRsets. */
const KEPT_OWNERS = 16_384;

/** What a signature is, beyond its octets. */
export interface SignatureIdentity {
  /** Apex as the plan writes it. */
  readonly zone: string;
  readonly keyTag: number;
  /** Hash of zone, owner, type, inception, and key and copy or key tag, in hexadecimal. */
  readonly id: string;
  /** The variant's authorities that took it down last, among those that they have handed out. */
  countedBy: object | null;
}

/** The signed RRsets of all zones and variants of one shard. */
export class SignedRRsets {
  readonly #zones: WeakMap<Zone, ZoneSignatures> = new WeakMap();
  readonly #identities: WeakMap<Rrsig, SignatureIdentity> = new WeakMap();

  of(zone: Zone): ZoneSignatures {
    let made = this.#zones.get(zone);
    if (made === undefined) {
      made = new ZoneSignatures(zone, this.#identities);
      this.#zones.set(zone, made);
    }
    return made;
  }

  /** Makes the signatures that a zone came with known, under the key tags that they name. */
  adopt(apex: Name, rrsets: readonly RRset[]): void {
    for (const { name, type, signatures } of rrsets) {
      for (const rrsig of signatures) {
        const subject = `${type} ${apex.key} ${name.key} ${rrsig.inception} ${rrsig.keyTag}`;
        this.#identities.set(rrsig, identity(apexText(apex), subject, rrsig.keyTag));
      }
    }
  }

  /** The identity of a signature of this world; undefined for any other. */
  identityOf(rrsig: Rrsig): SignatureIdentity | undefined {
    return this.#identities.get(rrsig);
  }
}

interface SignedRRset extends Signing {
  readonly rrset: RRset;
}

/** The signed RRsets of one zone, in every variant. */
class ZoneSignatures {
  readonly #apexKey: string;
  readonly #apexText: string;
  readonly #byOwner: Generations<string, SignedRRset[]> = new Generations(KEPT_OWNERS);
  readonly #identities: WeakMap<Rrsig, SignatureIdentity>;

  constructor(zone: Zone, identities: WeakMap<Rrsig, SignatureIdentity>) {
    this.#apexKey = zone.apex.key;
    this.#apexText = apexText(zone.apex);
    this.#identities = identities;
  }

  find(owner: Name, type: number, { at, key, copy }: Signing): RRset | undefined {
    const made = this.#byOwner.get(owner.key);
    if (made === undefined) return undefined;
    // The latest is the likeliest.
    for (let i = made.length - 1; i >= 0; i--) {
      const one = made[i] as SignedRRset;
      if (one.rrset.type === type && one.at === at && one.key === key && one.copy === copy) {
        return one.rrset;
      }
    }
    return undefined;
  }

  add(rrset: RRset, { at, key, copy }: Signing): void {
    const { name, type } = rrset;
    const made = this.#byOwner.get(name.key);
    if (made === undefined) this.#byOwner.set(name.key, [{ at, key, copy, rrset }]);
    else {
      const before = made.filter((one) => one.rrset.type === type);
      if (before.length === MAX_SIGNINGS) made.splice(made.indexOf(before[0] as SignedRRset), 1);
      made.push({ at, key, copy, rrset });
    }
    for (const rrsig of rrset.signatures) {
      const subject = `${type} ${this.#apexKey} ${name.key} ${rrsig.inception} ${key} ${copy}`;
      this.#identities.set(rrsig, identity(this.#apexText, subject, rrsig.keyTag));
    }
  }
}

function identity(zone: string, subject: string, keyTag: number): SignatureIdentity {
  const words = [hashText(1, subject), hashText(2, subject)];
  const id = words.map((word) => word.toString(16).padStart(8, '0')).join('');
  return { zone, keyTag, id, countedBy: null };
}

/** As the plan writes it. */
function apexText(apex: Name): string {
  return apex.isRoot ? '.' : apex.toString().slice(0, -1);
}

/**
 * Signings of one owner and type that are remembered at a time: every variant is near the same
 * instant.
 */
const MAX_SIGNINGS = 16;

/** The span of the clock over which something that was looked up stays as it is. */
export interface Span {
  from: Micros;
  /** Exclusive. */
  until: Micros;
}

/** A zone as it is served: what `answer.ts` and `denial.ts` ask for. */
export interface Published {
  readonly zone: Zone;
  /** The RRset at a name that is not below a cut. Narrows `span` to the time for which it stays. */
  rrset(name: Name, type: number, clock: Micros, span: Span): RRset | undefined;
  /** SOA with the TTL of negative answers (RFC 2308 section 3). */
  negativeSoa(clock: Micros, span: Span): RRset;
  nsec(link: NsecLink, clock: Micros, span: Span): RRset;
  nsec3(link: Nsec3Link, clock: Micros, span: Span): RRset;
  /** The hash of a name under this zone's NSEC3 parameters. */
  hash(name: Name): Uint8Array;
  /** What takes its place, and from when on. */
  readonly successor: { readonly at: Micros; readonly published: Published } | null;
}

/** A zone that is signed, and signed anew, by a policy of this world. */
export class Publication implements Published {
  readonly zone: Zone;
  readonly #policy: SigningPolicy | null;
  readonly #schedule: Schedule | null;
  readonly #signatures: ZoneSignatures;
  /** SOA of a zone that is not signed. */
  #unsignedSoa: RRset | undefined;
  readonly successor: Published['successor'];
  /** From when on the apex has a ZONEMD record; null: it has none. */
  readonly #zonemdFrom: Micros | null;
  /** The one last made, and for how long it stays. */
  #zonemd: { readonly span: Span; readonly rrset: RRset } | undefined;
  /** The SOA last made for negative answers, and the one that it was made from. */
  #negative: { readonly of: RRset; readonly soa: RRset } | undefined;

  /** `timeline` may hold events of other zones; `zonemdFrom` is for a zone with ZONEMD among its apex types. */
  constructor(
    zone: Zone,
    policy: SigningPolicy | null,
    timeline: readonly TimelineEvent[],
    seed: number,
    shared: SignedRRsets,
    zonemdFrom: Micros | null = null,
    successor: Published['successor'] = null,
  ) {
    this.zone = zone;
    this.#policy = policy;
    this.#zonemdFrom = zonemdFrom;
    this.successor = successor;
    this.#schedule =
      policy === null ? null : new Schedule(zone, policy, timeline, seed, zonemdFrom);
    this.#signatures = shared.of(zone);
  }

  rrset(name: Name, type: number, clock: Micros, span: Span): RRset | undefined {
    const isApex = name.equals(this.zone.apex);
    if (isApex && type === TYPE.SOA) return this.soa(clock, span);
    if (isApex && type === TYPE.DNSKEY) {
      return this.#policy === null
        ? undefined
        : this.#publish(name, type, clock, span, this.#dnskey);
    }
    if (isApex && type === TYPE.ZONEMD && this.#zonemdFrom !== null) {
      return this.#digest(clock, span);
    }
    const records = this.zone.records(name, type);
    // Only the apex NS is authoritative; at a cut the parent's NS is not signed (RFC 4035 section
    // 2.2).
    if (records === undefined || this.#schedule === null || (type === TYPE.NS && !isApex)) {
      return records;
    }
    return this.#publish(name, type, clock, span, () => records);
  }

  soa(clock: Micros, span: Span): RRset {
    const { apex } = this.zone;
    if (this.#schedule !== null) return this.#publish(apex, TYPE.SOA, clock, span, this.#soa);
    if (this.#unsignedSoa === undefined) {
      const { ttl, rdata } = this.#soa(clock);
      this.#unsignedSoa = new RRset(apex, TYPE.SOA, ttl, rdata);
    }
    return this.#unsignedSoa;
  }

  negativeSoa(clock: Micros, span: Span): RRset {
    const of = this.soa(clock, span);
    const ttl = Math.min(of.ttl, this.zone.soa.minimum);
    if (ttl === of.ttl) return of;
    if (this.#negative?.of !== of) {
      const soa = new RRset(of.name, of.type, ttl, of.rdata, of.signatures);
      this.#negative = { of, soa };
    }
    return this.#negative.soa;
  }

  nsec(link: NsecLink, clock: Micros, span: Span): RRset {
    return this.#publish(link.owner, TYPE.NSEC, clock, span, () => ({
      ttl: this.#policy?.nsecTtl ?? 0,
      rdata: [nsecRdata(link.next, link.types)],
    }));
  }

  nsec3(link: Nsec3Link, clock: Micros, span: Span): RRset {
    const { denial, apex } = this.zone;
    if (denial?.kind !== 'nsec3') throw new Error(`zone ${apex} has no NSEC3 chain`);
    return this.#publish(link.owner, TYPE.NSEC3, clock, span, () => ({
      ttl: this.#policy?.nsecTtl ?? 0,
      rdata: [nsec3Rdata(denial.params, denial.optOut ? NSEC3_OPT_OUT : 0, link.next, link.types)],
    }));
  }

  hash(name: Name): Uint8Array {
    const { denial, apex } = this.zone;
    if (denial?.kind !== 'nsec3') throw new Error(`zone ${apex} has no NSEC3 chain`);
    return nsec3Hash(name, denial.params.iterations, denial.params.salt);
  }

  /** `recordsAt` gives the content at the instant of signing. */
  #publish(
    name: Name,
    type: number,
    clock: Micros,
    span: Span,
    recordsAt: (at: Micros) => Records,
  ): RRset {
    if (this.#schedule === null) throw new Error(`zone ${this.zone.apex} is not signed`);
    const signing = this.#schedule.at(name, type, clock);
    span.from = Math.max(span.from, signing.at);
    span.until = Math.min(span.until, signing.until);
    const known = this.#signatures.find(name, type, signing);
    if (known !== undefined) return known;
    const rrset = this.#sign(name, type, recordsAt(signing.at), signing);
    this.#signatures.add(rrset, signing);
    return rrset;
  }

  #sign(name: Name, type: number, records: Records, signing: Signing): RRset {
    const policy = this.#policy;
    const key = policy?.keys.get(signing.key);
    if (policy === null || key === undefined) throw new Error(`no key ${signing.key}`);
    const inception = epochSeconds(signing.at - policy.backdate);
    const validity = type === TYPE.DNSKEY ? policy.dnskeyValidity : policy.validity;
    const expiration = epochSeconds(signing.at - policy.backdate + validity);
    const { ttl, rdata } = records;
    const rrsig = signRrset({ name, type, rdata }, key.copy(signing.copy), {
      signer: this.zone.apex,
      inception,
      expiration,
      originalTtl: ttl,
    });
    return new RRset(name, type, ttl, rdata, [rrsig]);
  }

  /** RFC 8976 section 3: made of all the rest as it stands, hence anew whenever something is signed anew. */
  #digest(clock: Micros, span: Span): RRset {
    let made = this.#zonemd;
    if (made === undefined || clock < made.span.from || clock >= made.span.until) {
      const stays: Span = { from: 0, until: Number.POSITIVE_INFINITY };
      const { apex } = this.zone;
      const records = makeZonemd(apex, zoneData(this, clock, stays), ZONEMD_SHA384);
      // With the SOA whose serial it carries.
      const signing = this.#schedule?.at(apex, TYPE.SOA, clock);
      if (signing === undefined) throw new Error(`zone ${apex} is not signed`);
      made = { span: stays, rrset: this.#sign(apex, TYPE.ZONEMD, records, signing) };
      this.#zonemd = made;
    }
    span.from = Math.max(span.from, made.span.from);
    span.until = Math.min(span.until, made.span.until);
    return made.rrset;
  }

  readonly #soa = (at: Micros): Records => {
    const { soa } = this.zone;
    return { ttl: soa.ttl, rdata: [soaRdata(soa, this.#schedule?.serial(at) ?? UNSIGNED_SERIAL)] };
  };

  readonly #dnskey = (at: Micros): Records => {
    const policy = this.#policy as SigningPolicy;
    const rdata: Uint8Array[] = [];
    for (const { publishedFrom, publishedUntil, copy } of policy.keys.values()) {
      const isPublished =
        (publishedFrom === null || publishedFrom <= at) &&
        (publishedUntil === null || at < publishedUntil);
      if (isPublished) rdata.push(copy(0).dnskey.rdata);
    }
    return { ttl: policy.dnskeyTtl, rdata };
  };
}

/** Zones that are not signed do not change in this world, so one serial is enough for them. */
const UNSIGNED_SERIAL = 1;
