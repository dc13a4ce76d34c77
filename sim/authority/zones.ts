/**
 * The zones of the world, made from the plan and the catalogue when first needed: the root, the
 * registries, and the zone of each domain. Pure data, the same for every variant.
 *
 * A zone may come from a master file (`snapshot.ts`). What the world itself runs takes the place of what
 * the file says about it: the NS RRset of a delegation that is a zone or a domain of the world, and the
 * addresses of its servers. All other delegations lead to addresses where nothing stands.
 *
 * A domain's zone is gone from its hoster (`refused`: the delegation stayed), or never was anywhere
 * (`unreachable`: delegated to an address where nothing stands), or its signer stopped long ago
 * (`expired-signatures`), or its parent publishes the DS of a key that nobody holds (`wrong-ds`).
 *
 * Limitation: a server name under no registry of the plan has its address in the root zone itself.
 */

import { Name } from '../../resolver-core/name/name.ts';
import { type DnsKey, targetsOf } from '../../resolver-core/rdata.ts';
import { RRset } from '../../resolver-core/rrset.ts';
import { readZone } from '../../resolver-core/text/zonefile.ts';
import { DAY, type Micros } from '../../resolver-core/time.ts';
import { DIGEST, TYPE } from '../../resolver-core/wire/iana.ts';
import type { Plan, ServerPlan, SigningPlan, SnapshotPlan, ZonePlan } from '../plan.ts';
import type { Catalogue, Domain, HostTraits } from './catalogue.ts';
import { Generations } from './generations.ts';
import { hostedPolicy, lostKey, planPolicy, type SigningPolicy } from './keyring.ts';
import {
  hexOctets,
  httpsRdata,
  ipv4Rdata,
  ipv6Rdata,
  mxRdata,
  nameRdata,
  type SoaFields,
  txtRdata,
} from './records.ts';
import { type Delegation, RegistryZone } from './registry-zone.ts';
import { dsRdata } from './sign.ts';
import {
  StandingPublication,
  servedData,
  soaFields,
  type WorldBelow,
  withServersOf,
  withZonesOf,
} from './snapshot.ts';
import { type DenialPolicy, StaticZone, type ZoneEntry } from './static-zone.ts';
import { TRAIT, traitDraw } from './traits.ts';
import type { Zone } from './zone.ts';

/** A zone and how it is signed (null: it is not). */
export interface SignedZone {
  readonly zone: Zone;
  readonly policy: SigningPolicy | null;
  /** Instead of being signed: with the signatures that its file has. */
  readonly standing?: StandingPublication;
}

const NO_TYPES: readonly number[] = [];

/** Zones of domains kept per generation: some 2 KB each. */
const KEPT_ZONES = 16_384;
/** How long the signatures of a forgotten signer have been expired when the scenario begins. */
const EXPIRED_FOR: Micros = 30 * DAY;
/** RFC 1912 section 2.2, for zones whose plan does not say. */
const SOA_TIMES = { refresh: 7_200, retry: 3_600, expire: 1_209_600 };

/** RDATA that every host with the type has: one array of octets for all. */
const ALPN = httpsRdata();
const SPF = txtRdata('v=spf1 mx -all');

/** Where `unreachable` domains are delegated to (TEST-NET-1, RFC 5737): nothing stands there. */
const DEAD_ADDRESS = '192.0.2.253';
const DEAD_LABEL = 'ns1';

/** The server that nobody runs, for the list of servers: it stays silent. */
export function deadServer(plan: Plan): ServerPlan {
  const region = plan.network.regions[0] ?? '';
  return {
    name: 'unreachable.invalid',
    address: DEAD_ADDRESS,
    sites: [{ name: region, region, loss: 0, delay: 0, behaviour: 'silent' }],
  };
}

export class ZoneStore {
  readonly #plan: Plan;
  readonly #catalogue: Catalogue;
  /** Names of each operator's servers, each once: two of its servers may share one. */
  readonly #serverNames: ReadonlyMap<string, readonly Name[]>;
  /** Addresses by server name, RDATA by type. */
  readonly #addresses: ReadonlyMap<string, ServerAddresses>;
  readonly #planZones: Map<string, SignedZone> = new Map();
  readonly #domainZones: Generations<string, SignedZone> = new Generations(KEPT_ZONES);
  readonly #delegations: Generations<string, Delegation> = new Generations(KEPT_ZONES);

  constructor(plan: Plan, catalogue: Catalogue) {
    this.#plan = plan;
    this.#catalogue = catalogue;
    this.#serverNames = new Map(
      plan.operators.map(({ id, servers }) => [
        id,
        [...new Set(servers.map(({ name }) => name))].map((name) => Name.parse(name)),
      ]),
    );
    this.#addresses = addressesByName(plan);
  }

  /** The root or a registry. */
  planZone(zone: ZonePlan): SignedZone {
    return this.#planZone(zone, zone.apex, NO_TYPES);
  }

  /** The root, with ZONEMD among the types of its apex. */
  rootWithZonemd(root: ZonePlan): SignedZone {
    return this.#planZone(root, `${root.apex} ZONEMD`, [TYPE.ZONEMD]);
  }

  #planZone(zone: ZonePlan, key: string, apexTypes: readonly number[]): SignedZone {
    let made = this.#planZones.get(key);
    if (made === undefined) {
      made = this.#makePlanZone(zone, apexTypes);
      this.#planZones.set(key, made);
    }
    return made;
  }

  #makePlanZone(plan: ZonePlan, apexTypes: readonly number[]): SignedZone {
    if (plan.snapshot !== undefined) return this.#snapshot(plan, plan.snapshot, apexTypes);
    return plan.registry === null ? this.#root(plan, apexTypes) : this.#registry(plan);
  }

  /** The zone of a domain, or undefined where no server has one. */
  domainZone(domain: Domain): SignedZone | undefined {
    if (domain.broken === 'refused' || domain.broken === 'unreachable') return undefined;
    let made = this.#domainZones.get(domain.name.key);
    if (made === undefined) {
      made = this.#domain(domain);
      this.#domainZones.set(domain.name.key, made);
    }
    return made;
  }

  #root(plan: ZonePlan, apexTypes: readonly number[]): SignedZone {
    const apex = Name.parse(plan.apex);
    const entries: ZoneEntry[] = [this.#apexNs(apex, plan)];
    for (const { delegation } of this.#children(plan).values()) {
      entries.push(delegation.ns);
      if (delegation.ds !== undefined) entries.push(delegation.ds);
    }
    for (const [key, addresses] of this.#addresses) {
      const name = Name.fromKey(key);
      const isOrphan = this.#catalogue.zoneOf(name).registry === null;
      const servesZone = this.#plan.zones.some(({ operator }) =>
        this.#serversOf(operator).some((server) => server.equals(name)),
      );
      if (!isOrphan && !servesZone) continue;
      for (const [type, rdata] of addresses) {
        entries.push({ name, type, ttl: plan.ttl.delegation, rdata });
      }
    }
    const soa = { ttl: plan.ttl.soa, ...this.#soa(apex, plan.operator, plan.ttl.negative) };
    const data = { apex, soa, apexTypes, entries, denial: denialPolicy(plan.signing) };
    return { zone: new StaticZone(data), policy: this.#policy(plan) };
  }

  #snapshot(
    plan: ZonePlan,
    { text, serve }: SnapshotPlan,
    apexTypes: readonly number[],
  ): SignedZone {
    const apex = Name.parse(plan.apex);
    const file = readZone(text, { origin: apex });
    if (!file.ok) throw new Error(`the file of zone ${plan.apex} does not parse`);
    const world = this.#worldBelow(plan, apex);
    if (serve === 'as-is') {
      const standing = new StandingPublication(apex, withServersOf(file.rrsets, apex, world));
      return { zone: standing.zone, policy: null, standing };
    }
    const data = servedData(apex, withZonesOf(file.rrsets, apex, world), false);
    const entries = [this.#apexNs(apex, plan), ...data];
    const soa = soaFields(apex, file.rrsets);
    const denial = denialPolicy(plan.signing);
    const zone = new StaticZone({ apex, soa, apexTypes, entries, denial });
    return { zone, policy: this.#policy(plan) };
  }

  /** Zones of the plan and domains below a zone, and the addresses of servers there. */
  #worldBelow(plan: ZonePlan, apex: Name): WorldBelow {
    const delegations = new Map<string, Delegation>();
    if (plan.registry !== null) {
      for (const domain of this.#catalogue.domains) {
        if (!domain.name.parent.equals(apex)) continue;
        delegations.set(domain.name.key, this.#delegation(domain));
      }
    }
    for (const [key, { delegation }] of this.#children(plan)) delegations.set(key, delegation);
    const { ttl } = plan;
    const addresses = new Map<string, ReadonlyMap<number, RRset>>();
    for (const [key, byType] of this.#glue(ttl.delegation)) {
      if (Name.fromKey(key).isBelow(apex)) addresses.set(key, byType);
    }
    for (const { ns } of delegations.values()) {
      for (const target of targetsOf(ns)) {
        const dead = this.#deadGlue(target, TYPE.A, ttl.delegation);
        if (dead !== undefined) addresses.set(target.key, new Map([[dead.type, dead]]));
      }
    }
    return { delegations, addresses };
  }

  #registry(plan: ZonePlan): SignedZone {
    const apex = Name.parse(plan.apex);
    const glue = this.#glue(plan.ttl.delegation);
    const zone = new RegistryZone(
      {
        apex,
        soa: { ttl: plan.ttl.soa, ...this.#soa(apex, plan.operator, plan.ttl.negative) },
        ns: this.#apexNs(apex, plan),
        denial: denialPolicy(plan.signing),
        seed: this.#plan.seed,
        names: plan.registry?.names ?? 0,
        signed: plan.registry?.signed ?? 0,
        children: this.#children(plan),
        delegationOf: (domain) => this.#delegation(domain),
        addressOf: (server, type) =>
          glue.get(server.key)?.get(type) ?? this.#deadGlue(server, type, plan.ttl.delegation),
      },
      this.#catalogue,
    );
    return { zone, policy: this.#policy(plan) };
  }

  #policy({ apex, signing, ttl }: ZonePlan): SigningPolicy | null {
    return signing === null ? null : planPolicy(Name.parse(apex), signing, ttl, this.#plan.seed);
  }

  /** The zones of the plan that this one delegates. */
  #children(parent: ZonePlan): Map<string, { name: Name; delegation: Delegation }> {
    const out = new Map<string, { name: Name; delegation: Delegation }>();
    for (const child of this.#plan.zones) {
      const name = Name.parse(child.apex);
      if (name.isRoot || this.#catalogue.zoneOf(name.parent) !== parent) continue;
      const ns = this.#ns(name, this.#serversOf(child.operator), parent.ttl.delegation);
      out.set(name.key, {
        name,
        delegation: { ns, ds: this.#childDs(name, child, parent.ttl.ds) },
      });
    }
    return out;
  }

  #childDs(name: Name, child: ZonePlan, ttl: number): RRset | undefined {
    const { policy, standing } = this.planZone(child);
    if (standing !== undefined) {
      const rdata = standing.dsRdata();
      return rdata.length === 0 ? undefined : new RRset(name, TYPE.DS, ttl, rdata);
    }
    const ksk = policy?.keys.get(policy.ksk);
    return ksk === undefined ? undefined : this.#ds(name, ksk.copy(0).dnskey, ttl);
  }

  #delegation(domain: Domain): Delegation {
    const known = this.#delegations.get(domain.name.key);
    if (known !== undefined) return known;
    const { ttl } = domain.registry;
    const ns = this.#ns(domain.name, this.#nsNames(domain), ttl.delegation);
    let ds: RRset | undefined;
    if (domain.signed) {
      const policy = this.#hostedPolicy(domain);
      const ksk = domain.broken === 'wrong-ds' ? undefined : policy?.keys.get(policy.ksk);
      const { dnskey } = ksk?.copy(0) ?? lostKey(domain.name);
      ds = this.#ds(domain.name, dnskey, ttl.ds);
    }
    const made = { ns, ds };
    this.#delegations.set(domain.name.key, made);
    return made;
  }

  /**
   * A `refused` or `unreachable` domain may be signed in its parent; then its zone is nowhere to be
   * had.
   */
  #hostedPolicy(domain: Domain): SigningPolicy | null {
    if (!domain.signed) return null;
    const zone = this.domainZone(domain);
    if (zone !== undefined) return zone.policy;
    return hostedPolicy(domain.name, this.#plan.hosting, this.#plan.seed, null);
  }

  #domain(domain: Domain): SignedZone {
    const { hosting, seed, time } = this.#plan;
    const { name } = domain;
    const entries: ZoneEntry[] = [this.#ns(name, this.#nsNames(domain), hosting.ttl.ns)];
    if (domain.wildcard) {
      const { ttl } = this.#catalogue.traits(name.wildcard, domain);
      const rdata = [this.#address(name.wildcard)];
      entries.push({ name: name.wildcard, type: TYPE.A, ttl, rdata });
    }
    // A server's own address takes the place of what a host of that name would have had.
    for (const text of new Set(domain.servers.map((server) => server.name))) {
      const at = Name.parse(text);
      for (const [type, rdata] of this.#addresses.get(at.key) ?? []) {
        entries.push({ name: at, type, ttl: hosting.ttl.ns, rdata });
      }
    }
    const lazy = {
      names: [name, ...domain.hosts],
      rrsetsOf: (host: Name) => this.#hostRRsets(host, domain),
    };
    const stoppedAt =
      domain.broken === 'expired-signatures'
        ? time.from - EXPIRED_FOR - hosting.signing.validity
        : null;
    const soa = { ttl: hosting.ttl.soa, ...this.#soa(name, domain.operator, hosting.ttl.negative) };
    const denial = domain.signed ? hostedDenial(traitDraw(seed, name, TRAIT.denial)) : null;
    const zone = new StaticZone({ apex: name, soa, entries, lazy, denial });
    return { zone, policy: domain.signed ? hostedPolicy(name, hosting, seed, stoppedAt) : null };
  }

  #hostRRsets(host: Name, domain: Domain): RRset[] {
    const traits: HostTraits = this.#catalogue.traits(host, domain);
    const { ttl, alias } = traits;
    if (alias !== null) {
      return [new RRset(host, TYPE.CNAME, this.#plan.hosting.aliases.ttl, [nameRdata(alias)])];
    }
    const out = [new RRset(host, TYPE.A, ttl, [this.#address(host)])];
    if (traits.aaaa) out.push(new RRset(host, TYPE.AAAA, ttl, [this.#address6(host)]));
    if (traits.https) out.push(new RRset(host, TYPE.HTTPS, ttl, [ALPN]));
    if (traits.txt) out.push(new RRset(host, TYPE.TXT, ttl, [SPF]));
    if (traits.mx) out.push(new RRset(host, TYPE.MX, ttl, [mxRdata(10, domain.name)]));
    return out;
  }

  /** In 198.18.0.0/15, the network for benchmarks (RFC 2544). */
  #address(host: Name): Uint8Array {
    const draw = traitDraw(this.#plan.seed, host, TRAIT.address);
    return Uint8Array.of(198, 18 + (draw & 1), draw >>> 8, draw >>> 16);
  }

  /** In 2001:db8::/32, the prefix for documentation (RFC 3849). */
  #address6(host: Name): Uint8Array {
    const out = new Uint8Array(16);
    const view = new DataView(out.buffer);
    view.setUint32(0, 0x20010db8);
    view.setUint32(12, traitDraw(this.#plan.seed, host, TRAIT.address, 1));
    return out;
  }

  /** Addresses of the plan's servers as a registry gives them. */
  #glue(ttl: number): Map<string, Map<number, RRset>> {
    const out = new Map<string, Map<number, RRset>>();
    for (const [key, addresses] of this.#addresses) {
      const name = Name.fromKey(key);
      const byType = new Map<number, RRset>();
      for (const [type, rdata] of addresses) byType.set(type, new RRset(name, type, ttl, rdata));
      out.set(key, byType);
    }
    return out;
  }

  /** The address where nothing stands, under the server name that an `unreachable` domain has. */
  #deadGlue(server: Name, type: number, ttl: number): RRset | undefined {
    if (type !== TYPE.A || server.firstLabel !== DEAD_LABEL) return undefined;
    const isDead = this.#catalogue.domain(server.parent)?.broken === 'unreachable';
    return isDead ? new RRset(server, type, ttl, [ipv4Rdata(DEAD_ADDRESS)]) : undefined;
  }

  #nsNames(domain: Domain): readonly Name[] {
    return domain.broken === 'unreachable'
      ? [domain.name.child(DEAD_LABEL)]
      : this.#serversOf(domain.operator);
  }

  #serversOf(operator: string): readonly Name[] {
    const names = this.#serverNames.get(operator);
    if (names === undefined) throw new Error(`the plan has no operator ${operator}`);
    return names;
  }

  #ns(owner: Name, servers: readonly Name[], ttl: number): RRset {
    return new RRset(owner, TYPE.NS, ttl, servers.map(nameRdata));
  }

  #ds(owner: Name, key: DnsKey, ttl: number): RRset {
    return new RRset(owner, TYPE.DS, ttl, [dsRdata(owner, key, DIGEST.SHA256)]);
  }

  #apexNs(apex: Name, plan: ZonePlan): RRset {
    return this.#ns(apex, this.#serversOf(plan.operator), plan.ttl.ns);
  }

  #soa(apex: Name, operator: string, minimum: number): SoaFields {
    const mname = this.#serversOf(operator)[0];
    if (mname === undefined) throw new Error(`operator ${operator} has no servers`);
    return { mname, rname: apex.child('hostmaster'), ...SOA_TIMES, minimum };
  }
}

type ServerAddresses = ReadonlyMap<number, readonly Uint8Array[]>;

function addressesByName(plan: Plan): Map<string, ServerAddresses> {
  const out = new Map<string, Map<number, Uint8Array[]>>();
  for (const { servers } of plan.operators) {
    for (const { name, address } of servers) {
      const { key } = Name.parse(name);
      const byType = out.get(key) ?? new Map<number, Uint8Array[]>();
      out.set(key, byType);
      const type = address.includes(':') ? TYPE.AAAA : TYPE.A;
      const rdata = type === TYPE.A ? ipv4Rdata(address) : ipv6Rdata(address);
      byType.set(type, [...(byType.get(type) ?? []), rdata]);
    }
  }
  return out;
}

function denialPolicy(signing: SigningPlan | null): DenialPolicy | null {
  if (signing === null) return null;
  const { denial } = signing;
  return denial.kind === 'nsec' ? denial : { ...denial, salt: hexOctets(denial.salt) };
}

/**
 * Half of the signed domains use NSEC, half NSEC3 as RFC 9276 section 3.1 wants it: no iterations,
 * no salt.
 */
function hostedDenial(draw: number): DenialPolicy {
  return (draw & 1) === 0
    ? { kind: 'nsec' }
    : { kind: 'nsec3', iterations: 0, salt: new Uint8Array(0), optOut: false };
}
