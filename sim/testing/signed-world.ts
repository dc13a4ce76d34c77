/**
 * A tree of zones with real keys and signatures, and one resolver node that is asked: a test of the
 * validator reads as what each zone is like, what is broken, and what the client got.
 *
 * The root is always there and signed; every other zone is delegated by the deepest zone above it,
 * with glue, and with DS when it is signed. Each zone has one server, which may be another zone's.
 */

import { ZoneCopy } from '../../resolver-core/apps/static-zone.ts';
import type { ResolverConfig } from '../../resolver-core/config.ts';
import type { AnswerSource } from '../../resolver-core/events.ts';
import type { Message, Question } from '../../resolver-core/message.ts';
import { Name } from '../../resolver-core/name/name.ts';
import { type DnsKey, dnsKeysOf } from '../../resolver-core/rdata.ts';
import { ReceivedRrsig, RRset } from '../../resolver-core/rrset.ts';
import { Pair, response } from '../../resolver-core/testing/pair.ts';
import { readZone } from '../../resolver-core/text/zonefile.ts';
import { DAY, HOUR, type Micros, SECOND } from '../../resolver-core/time.ts';
import type { TrustAnchor } from '../../resolver-core/validate/anchors.ts';
import { ALGORITHM, DIGEST, TYPE, typeName } from '../../resolver-core/wire/iana.ts';
import { answerFrom } from '../authority/answer.ts';
import { planPolicy, type SigningPolicy } from '../authority/keyring.ts';
import { Publication, SignedRRsets } from '../authority/publication.ts';
import { hexOctets, ipv4Rdata } from '../authority/records.ts';
import { dsRdata } from '../authority/sign.ts';
import { type DenialPolicy, StaticZone, type ZoneEntry } from '../authority/static-zone.ts';
import { wholeZone } from '../authority/transfer.ts';
import type { KeyPlan, TimelineEvent } from '../plan.ts';

/** 2026-05-05T12:00:00Z. */
export const START: Micros = 1_777_982_400 * SECOND;

export interface ZoneSpec {
  /** A zone file relative to the zone, TTL 300 unless given. SOA, apex NS and delegations are made. */
  readonly records?: string;
  /** false: not signed, and without DS at the parent. */
  readonly signed?: boolean;
  readonly algorithm?: number;
  readonly denial?: 'nsec' | 'nsec3' | 'opt-out';
  readonly iterations?: number;
  /** In place of one KSK and one ZSK; those called `ksk` and `zsk` sign. */
  readonly keys?: readonly KeyPlan[];
  /** From inception to expiration; a quarter is over before a signature is made anew. */
  readonly validity?: Micros;
  /** Nothing is signed after this instant. */
  readonly stoppedAt?: Micros;
  readonly timeline?: readonly TimelineEvent[];
  /** What the parent publishes in place of the DS of the KSK. */
  readonly ds?: (ds: Uint8Array) => readonly Uint8Array[];
  /** The zone whose server has this one, too. */
  readonly servedBy?: string;
  readonly ttl?: Partial<ZoneTtls>;
}

/** Seconds. `delegation` and `ds` are those of the zones below. */
interface ZoneTtls {
  readonly soa: number;
  readonly negative: number;
  readonly delegation: number;
  readonly ds: number;
  readonly dnskey: number;
  readonly nsec: number;
}

const TTLS: ZoneTtls = {
  ...{ soa: 3600, negative: 3600, delegation: 86_400, ds: 86_400, dnskey: 3600, nsec: 3600 },
};

/** Changes what a zone's server says; null is silence. */
export type Edit = (message: Message, question: Question) => Message | null;

interface ServedZone {
  readonly apex: Name;
  readonly address: string;
  readonly publication: Publication;
}

/** What a client got, and what it took. */
export interface Outcome {
  readonly source: AnswerSource;
  readonly rcode: number;
  readonly authenticated: boolean;
  /** Seconds for which it is kept. */
  readonly ttl: number;
  readonly answer: readonly RRset[];
  readonly authority: readonly RRset[];
  /** Of the Extended DNS Errors, like their texts. */
  readonly codes: readonly number[];
  readonly texts: readonly string[];
  /** `zone name TYPE` of each query sent upstream. */
  readonly asked: readonly string[];
}

export class SignedWorld {
  readonly pair: Pair;
  /** How far the resolver's clock is ahead of the authorities'. */
  skew: Micros = 0;
  readonly #zones: readonly ServedZone[];
  readonly #edits: Map<string, Edit> = new Map();
  #asked: string[] = [];

  /** `anchors`: trust anchors beside that of the root; `insecureDomains`: where nothing is validated. */
  constructor(
    specs: Readonly<Record<string, ZoneSpec>>,
    config: Partial<ResolverConfig> = {},
    anchors: readonly TrustAnchor[] = [],
    insecureDomains: readonly Name[] = [],
  ) {
    const builder = new Builder({ '.': {}, ...specs });
    this.#zones = builder.zones();
    const servers = Object.fromEntries(
      [...new Set(this.#zones.map(({ address }) => address))].map((address) => [
        address,
        (question: Question) => this.#respond(address, question),
      ]),
    );
    const root = { zone: Name.root, ds: builder.trustAnchor(), dnskey: null };
    const ports = { trustAnchors: [root, ...anchors], insecureDomains };
    this.pair = new Pair(servers, { validation: true, ...config }, ports, START);
  }

  /** Asks for an answer; with CD=1 if so wanted. */
  ask(name: string, type: number = TYPE.A, checkingDisabled = false): Outcome {
    this.pair.clockOffset = START + this.skew;
    this.#asked = [];
    const { source, authenticated, answer } = this.pair.ask(name, type, checkingDisabled);
    const { rcode, errors, expiresAt, storedAt } = answer;
    return {
      source,
      rcode,
      authenticated,
      ttl: (expiresAt - storedAt) / SECOND,
      answer: answer.answer,
      authority: answer.authority,
      codes: errors.map(({ code }) => code),
      texts: errors.map(({ text }) => text),
      asked: this.#asked,
    };
  }

  /** Lets time pass, all clocks alike. */
  pass(seconds: number): void {
    this.pair.now += seconds * SECOND;
  }

  /** From now on the zone's responses are changed; undefined: no longer. */
  edit(zone: string, edit: Edit | undefined): void {
    const { key } = Name.parse(zone);
    if (edit === undefined) this.#edits.delete(key);
    else this.#edits.set(key, edit);
  }

  /** The keys in a zone's DNSKEY RRset, KSK first. */
  keysOf(zone: string): readonly DnsKey[] {
    const { publication, apex } = this.#zones.find((each) =>
      each.apex.equals(Name.parse(zone)),
    ) as ServedZone;
    const span = { from: 0, until: Number.POSITIVE_INFINITY };
    return dnsKeysOf(publication.rrset(apex, TYPE.DNSKEY, this.#clock, span) as RRset);
  }

  /** The root zone as it is published now, or was so many seconds ago. */
  copyOfRoot(secondsAgo = 0): ZoneCopy {
    const { publication } = this.#zones.find(({ apex }) => apex.isRoot) as ServedZone;
    return new ZoneCopy(wholeZone(publication, this.#clock - secondsAgo * SECOND));
  }

  /** What the root server says. */
  rootSays(name: string, type: number): Message {
    const { publication } = this.#zones.find(({ apex }) => apex.isRoot) as ServedZone;
    const question = { name: Name.parse(name), type };
    const sections = answerFrom(publication, question.name, type, true, this.#clock);
    return response(question, sections);
  }

  get #clock(): Micros {
    return this.pair.now + START;
  }

  #respond(address: string, question: Question): Message | null {
    const from = question.type === TYPE.DS && !question.name.isRoot ? 'parent' : 'self';
    const zone =
      this.#deepest(address, from === 'parent' ? question.name.parent : question.name) ??
      this.#deepest(address, question.name);
    if (zone === undefined) return null;
    const { name, type } = question;
    this.#asked.push(`${zone.apex} ${name} ${typeName(type)}`);
    const message = response(question, answerFrom(zone.publication, name, type, true, this.#clock));
    const edit = this.#edits.get(zone.apex.key);
    return edit === undefined ? message : edit(message, question);
  }

  #deepest(address: string, name: Name): ServedZone | undefined {
    return this.#zones
      .filter((zone) => zone.address === address && name.isAtOrBelow(zone.apex))
      .sort((a, b) => b.apex.labelCount - a.apex.labelCount)[0];
  }
}

// ---- building ----

/** The first server is a root server as `Pair` knows it. */
const ROOT_ADDRESS = '198.41.0.4';

class Builder {
  readonly #specs: ReadonlyMap<string, ZoneSpec>;
  readonly #shared = new SignedRRsets();
  readonly #policies: Map<string, SigningPolicy> = new Map();

  constructor(specs: Readonly<Record<string, ZoneSpec>>) {
    this.#specs = new Map(Object.entries(specs));
    for (const [zone, spec] of this.#specs) {
      if (spec.signed !== false) this.#policies.set(zone, policyOf(Name.parse(zone), spec));
    }
  }

  zones(): ServedZone[] {
    return [...this.#specs.keys()].map((zone) => ({
      apex: Name.parse(zone),
      address: this.#address(zone),
      publication: this.#publication(zone),
    }));
  }

  trustAnchor(): RRset {
    return new RRset(Name.root, TYPE.DS, 86_400, this.#ds('.'));
  }

  #address(zone: string): string {
    const { servedBy } = this.#specs.get(zone) as ZoneSpec;
    if (servedBy !== undefined) return this.#address(servedBy);
    return zone === '.' ? ROOT_ADDRESS : `192.0.2.${1 + [...this.#specs.keys()].indexOf(zone)}`;
  }

  #ds(zone: string): readonly Uint8Array[] {
    const policy = this.#policies.get(zone);
    if (policy === undefined) return [];
    const ksk = policy.keys.get(policy.ksk)?.copy(0);
    if (ksk === undefined) throw new Error(`zone ${zone} has no key ${policy.ksk}`);
    const ds = dsRdata(Name.parse(zone), ksk.dnskey, DIGEST.SHA256);
    return this.#specs.get(zone)?.ds?.(ds) ?? [ds];
  }

  #publication(zone: string): Publication {
    const spec = this.#specs.get(zone) as ZoneSpec;
    const apex = Name.parse(zone);
    const ttl = { ...TTLS, ...spec.ttl };
    const policy = this.#policies.get(zone) ?? null;
    const mname = serverName(zone);
    const entries: ZoneEntry[] = [
      { name: apex, type: TYPE.NS, ttl: ttl.delegation, rdata: [mname.wire] },
    ];
    if (zone !== '.') entries.push(this.#addressOf(zone));
    for (const child of this.#specs.keys()) {
      if (child !== '.' && this.#parent(child) === zone)
        entries.push(...this.#delegation(child, ttl));
    }
    const file = readZone(`$TTL 300\n${spec.records ?? ''}`, { origin: apex });
    if (!file.ok) throw new Error(JSON.stringify(file.errors));
    const soa = {
      ...{ ttl: ttl.soa, mname, rname: Name.parse('hostmaster.invalid') },
      ...{ refresh: 7200, retry: 3600, expire: 604_800, minimum: ttl.negative },
    };
    const denial = policy === null ? null : denialOf(spec);
    const data = new StaticZone({ apex, soa, entries: [...entries, ...file.rrsets], denial });
    return new Publication(data, policy, spec.timeline ?? [], 1, this.#shared);
  }

  #parent(zone: string): string {
    let parent = '.';
    for (const other of this.#specs.keys()) {
      const above = Name.parse(other);
      if (!Name.parse(zone).isBelow(above)) continue;
      if (above.labelCount > Name.parse(parent).labelCount) parent = other;
    }
    return parent;
  }

  #addressOf(zone: string): ZoneEntry {
    const rdata = [ipv4Rdata(this.#address(zone))];
    return { name: serverName(zone), type: TYPE.A, ttl: 86_400, rdata };
  }

  #delegation(child: string, ttl: ZoneTtls): ZoneEntry[] {
    const name = Name.parse(child);
    const ns = { name, type: TYPE.NS, ttl: ttl.delegation, rdata: [serverName(child).wire] };
    const ds = this.#ds(child);
    const signed = ds.length > 0 ? [{ name, type: TYPE.DS, ttl: ttl.ds, rdata: ds }] : [];
    return [ns, this.#addressOf(child), ...signed];
  }
}

function serverName(zone: string): Name {
  return zone === '.' ? Name.parse('a.root-servers.net') : Name.parse(`ns.${zone}`);
}

export function key(id: string, role: 'ksk' | 'zsk', over: Partial<KeyPlan> = {}): KeyPlan {
  return {
    ...{ id, role, algorithm: ALGORITHM.ECDSAP256SHA256, bits: 0, tag: null, copies: 1 },
    ...{ publishedFrom: null, publishedUntil: null },
    ...over,
  };
}

function policyOf(apex: Name, spec: ZoneSpec): SigningPolicy {
  const algorithm = spec.algorithm ?? ALGORITHM.ECDSAP256SHA256;
  const kind = { algorithm, bits: algorithm < ALGORITHM.ECDSAP256SHA256 ? 1024 : 0 };
  const keys = spec.keys ?? [key('ksk', 'ksk', kind), key('zsk', 'zsk', kind)];
  const validity = spec.validity ?? 14 * DAY;
  const plan = {
    ...{ keys, ksk: 'ksk', zsk: 'zsk', validity, backdate: HOUR },
    ...{ resignEvery: validity / 4, serialEvery: HOUR, denial: { kind: 'nsec' as const } },
  };
  const { dnskey, nsec } = { ...TTLS, ...spec.ttl };
  const policy = planPolicy(apex, plan, { dnskey, nsec }, 1);
  return { ...policy, stoppedAt: spec.stoppedAt ?? null };
}

function denialOf({ denial, iterations }: ZoneSpec): DenialPolicy {
  if (denial === undefined || denial === 'nsec') return { kind: 'nsec' };
  const salt = hexOctets('ca12b74adb90591a');
  return { kind: 'nsec3', optOut: denial === 'opt-out', iterations: iterations ?? 0, salt };
}

// ---- faults on the way ----

/** An edit that passes every RRset of a response through `change`; null takes it out. */
export function eachRRset(change: (rrset: RRset) => RRset | null): Edit {
  const section = (rrsets: readonly RRset[]): RRset[] =>
    rrsets.map(change).filter((rrset) => rrset !== null);
  return (message) => ({
    ...message,
    answer: section(message.answer),
    authority: section(message.authority),
    additional: section(message.additional),
  });
}

/** Takes the RRsets of these types out. */
export function without(...types: readonly number[]): Edit {
  return eachRRset((rrset) => (types.includes(rrset.type) ? null : rrset));
}

/** Takes the signatures off the RRsets of these types; off all without types. */
export function unsigned(...types: readonly number[]): Edit {
  return eachRRset((rrset) =>
    types.length === 0 || types.includes(rrset.type)
      ? new RRset(rrset.name, rrset.type, rrset.ttl, rrset.rdata)
      : rrset,
  );
}

/** Damages the signatures of the RRsets of these types. */
export function damaged(...types: readonly number[]): Edit {
  return eachRRset((rrset) => {
    if (!types.includes(rrset.type)) return rrset;
    const signatures = rrset.signatures.map((rrsig) => {
      const octets = rrsig.signature.slice();
      octets[0] = (octets[0] as number) ^ 1;
      return new ReceivedRrsig(rrsig, octets);
    });
    return new RRset(rrset.name, rrset.type, rrset.ttl, rrset.rdata, signatures);
  });
}
