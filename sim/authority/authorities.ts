/**
 * Every authoritative server of the world, for one variant: who is asked what at which instant, and
 * what comes back. A server is authoritative for all zones of its operator; a question goes to the
 * deepest of them (DS to the parent's side, RFC 4035 section 3.1.4.1), and is refused when there is
 * none.
 *
 * Messages are kept per question and operator until something in them is signed anew, in a bounded
 * map, so that a question asked again costs a look-up. The first message for a name is not kept: most
 * names of which a message is made are asked once and never again. Memory: some 2 KB for each kept
 * message.
 *
 * All sites of an operator serve the same publication, save those that stand still: these have the one of the
 * instant at which they lost their updates.
 *
 * Limitations: updates reach all sites at once; NSID, cookies and ECS are not answered.
 */

import type { Edns, Message, Question } from '../../resolver-core/message.ts';
import { Name } from '../../resolver-core/name/name.ts';
import { NameTable } from '../../resolver-core/name/name-table.ts';
import { RRset, type Rrsig } from '../../resolver-core/rrset.ts';
import type { Micros } from '../../resolver-core/time.ts';
import { DIGEST, OPCODE, RCODE, TYPE } from '../../resolver-core/wire/iana.ts';
import { fitMessage } from '../../resolver-core/wire/write.ts';
import type { Plan, ServerPlan, TimelineEvent, ZonePlan } from '../plan.ts';
import { answerFrom, type Sections } from './answer.ts';
import type { Catalogue } from './catalogue.ts';
import { Doorkeeper } from './doorkeeper.ts';
import { Generations } from './generations.ts';
import {
  Publication,
  type Published,
  type SignatureIdentity,
  SignedRRsets,
} from './publication.ts';
import { hexOctets } from './records.ts';
import { dsRdata } from './sign.ts';
import { Standstills } from './standstill.ts';
import { wholeZone } from './transfer.ts';
import { deadServer, type SignedZone, ZoneStore } from './zones.ts';

/** Names whose messages are kept per generation. */
const KEPT_NAMES = 16_384;
/**
 * UDP without EDNS (RFC 1035 section 4.2.1), and the least that an OPT can mean (RFC 6891 section
 * 6.2.3).
 */
const PLAIN_UDP_SIZE = 512;

/**
 * What the variants of one shard share: zones, keys, and RRsets with the signatures made so far.
 */
export class AuthorityMemo {
  readonly signed: SignedRRsets = new SignedRRsets();
  #store: { readonly plan: Plan; readonly zones: ZoneStore } | undefined;

  /** The zones of this plan. Throws an Error when the memo has served another plan. */
  zones(plan: Plan, catalogue: Catalogue): ZoneStore {
    this.#store ??= { plan, zones: new ZoneStore(plan, catalogue) };
    if (this.#store.plan !== plan) throw new Error('an AuthorityMemo serves one plan');
    return this.#store.zones;
  }
}

export interface AuthorityServer {
  readonly index: number;
  /** Absolute, without the final dot. */
  readonly name: string;
  readonly address: string;
  /** Operator id; `unreachable` for the address where nothing stands. */
  readonly operator: string;
  readonly plan: ServerPlan;
}

export interface QueryOptions {
  readonly dnssecOk: boolean;
  /** Requestor's payload size in octets; 0 without OPT. */
  readonly udpSize: number;
  readonly transport: 'udp' | 'tcp';
}

/** Distinct RRSIGs handed out under one key tag of one zone. */
export interface HandedOut {
  readonly zone: string;
  readonly keyTag: number;
  /** Identities (`SignatureIdentity.id`), sorted. */
  readonly made: readonly string[];
}

/** A domain that lies with an operator, and what its servers say. */
interface Place {
  readonly name: Name;
  readonly operator: string;
  readonly publication: Published;
}

/** One answer of an operator, full, and as it was last cut for UDP. */
interface KeptMessage {
  readonly operator: string;
  /** DO, OPT and type in one number. */
  readonly form: number;
  readonly from: Micros;
  readonly until: Micros;
  readonly message: Message;
  udpLimit: number;
  udp: Message;
  handedOut: boolean;
}

/** Messages made from one publication: that of the clock, or one that stands still. */
class KeptMessages {
  readonly byName: Generations<string, KeptMessage[]> = new Generations(KEPT_NAMES);
  /** By dense question id: what was last said about it. */
  readonly byId: (KeptMessage | undefined)[];

  constructor(ids: number) {
    this.byId = new Array<KeptMessage | undefined>(ids).fill(undefined);
  }
}

export class Authorities {
  readonly servers: readonly AuthorityServer[];
  readonly #plan: Plan;
  readonly #catalogue: Catalogue;
  readonly #timeline: readonly TimelineEvent[];
  readonly #memo: AuthorityMemo;
  readonly #zones: ZoneStore;
  /** Dense question ids in use. */
  readonly #ids: number;
  readonly #kept: KeptMessages;
  /** null: no site ever stands still. */
  readonly #standstills: Standstills | null;
  /** By the instant at which sites lost their updates. */
  readonly #keptThen: Map<Micros, KeptMessages> = new Map();
  /** The OPT of every response, without DO and with it. */
  readonly #edns: readonly [Edns, Edns];
  readonly #asked: Doorkeeper = new Doorkeeper(KEPT_NAMES);
  readonly #byAddress: ReadonlyMap<string, number>;
  readonly #publications: WeakMap<SignedZone, Published> = new WeakMap();
  /** Of the catalogue's domains that were asked about, by their names: most questions end at one. */
  readonly #places: NameTable<Place> = new NameTable();
  /** Identities of the RRSIGs handed out, by zone and key tag. */
  readonly #handedOut: Map<string, Map<number, Set<string>>> = new Map();
  /** Whether what is handed out is taken down; off where nobody asks and the run has no end. */
  counting = true;

  /**
   * `timeline` is the variant's, `questions` how many dense ids there are. Throws an Error when two servers
   * of the plan have one address.
   */
  constructor(
    plan: Plan,
    catalogue: Catalogue,
    timeline: readonly TimelineEvent[],
    shared: AuthorityMemo,
    questions = 0,
  ) {
    this.#plan = plan;
    this.#catalogue = catalogue;
    this.#timeline = timeline;
    this.#memo = shared;
    this.#zones = shared.zones(plan, catalogue);
    const opt = { version: 0, udpSize: plan.network.udpSize, extendedErrors: [], options: [] };
    this.#edns = [
      { ...opt, dnssecOk: false },
      { ...opt, dnssecOk: true },
    ];
    this.#ids = questions;
    this.#kept = new KeptMessages(questions);
    this.servers = listServers(plan);
    this.#standstills = timeline.some(({ kind }) => kind === 'isolate')
      ? new Standstills(this.servers, timeline)
      : null;
    this.#byAddress = new Map(this.servers.map(({ address, index }) => [address, index]));
    if (this.#byAddress.size < this.servers.length) {
      throw new Error('two servers of the plan have one address');
    }
  }

  /** Index into `servers`, or -1 where no server of this world stands. */
  serverByAddress(address: string): number {
    return this.#byAddress.get(address) ?? -1;
  }

  /** Root servers as a resolver is configured with them (RFC 9609). */
  rootHints(): { readonly name: Name; readonly addresses: readonly string[] }[] {
    const byName = new Map<string, string[]>();
    const { operator } = this.#root();
    for (const server of this.servers) {
      if (server.operator !== operator) continue;
      byName.set(server.name, [...(byName.get(server.name) ?? []), server.address]);
    }
    return [...byName].map(([name, addresses]) => ({ name: Name.parse(name), addresses }));
  }

  /**
   * The DS RRset of the KSK that signs the root at the start, or what the plan gives for a root that is
   * served as it is. Throws an Error when the root is not signed.
   */
  trustAnchor(): RRset {
    const root = this.#root();
    if (root.snapshot?.serve === 'as-is') {
      return new RRset(Name.root, TYPE.DS, root.ttl.ds, root.snapshot.trustAnchor.map(hexOctets));
    }
    const { policy } = this.#zones.planZone(root);
    const ksk = policy?.keys.get(policy.ksk);
    if (ksk === undefined) throw new Error('the root zone of the plan is not signed');
    const ds = dsRdata(Name.root, ksk.copy(0).dnskey, DIGEST.SHA256);
    return new RRset(Name.root, TYPE.DS, root.ttl.ds, [ds]);
  }

  /**
   * What the server says at `clock`, or null when nothing comes back. `questionId` is the dense id of
   * the question where it has one, by which the answer is found sooner.
   */
  respond(
    server: number,
    siteIndex: number,
    question: Question,
    options: QueryOptions,
    clock: Micros,
    questionId = -1,
  ): Message | null {
    const asked = this.servers[server];
    const site = asked?.plan.sites[siteIndex];
    if (asked === undefined || site === undefined) {
      throw new RangeError(`no site ${siteIndex} of server ${server}`);
    }
    switch (site.behaviour) {
      case 'silent':
        return null;
      case 'refuse':
        return this.#message(question, options, REFUSAL);
      case 'answer': {
        const at = this.publishedAt(server, siteIndex, clock);
        const kept = at === clock ? this.#kept : this.#keptAt(at);
        return this.#deliver(
          questionId < 0
            ? this.#answer(kept, asked.operator, question, options, at)
            : this.#answerById(kept, asked.operator, question, options, at, questionId),
          options,
        );
      }
    }
  }

  /** The instant whose publication a site has at `clock`: that one, unless it gets no updates. */
  publishedAt(server: number, site: number, clock: Micros): Micros {
    return this.#standstills?.publishedAt(server, site, clock) ?? clock;
  }

  /** What sites say that have stood still since `at`. */
  #keptAt(at: Micros): KeptMessages {
    let kept = this.#keptThen.get(at);
    if (kept === undefined) {
      kept = new KeptMessages(this.#ids);
      this.#keptThen.set(at, kept);
    }
    return kept;
  }

  /** Distinct RRSIGs that this variant has handed out, by zone and key tag. */
  signatureCounts(): HandedOut[] {
    return [...this.#handedOut]
      .flatMap(([zone, tags]) =>
        [...tags].map(([keyTag, made]) => ({ zone, keyTag, made: [...made].sort() })),
      )
      .sort((a, b) => (a.zone === b.zone ? a.keyTag - b.keyTag : a.zone < b.zone ? -1 : 1));
  }

  /** All that a zone of the plan holds as it is published at `clock`; not counted as handed out. */
  wholeZone(apex: Name, clock: Micros): readonly RRset[] {
    const plan = this.#catalogue.zoneOf(apex);
    return wholeZone(this.#published(this.#zones.planZone(plan)), clock);
  }

  /** What a signature is, for those who count failures; undefined when it is not of this world. */
  identityOf(rrsig: Rrsig): SignatureIdentity | undefined {
    return this.#memo.signed.identityOf(rrsig);
  }

  #root(): ZonePlan {
    return this.#catalogue.zoneOf(Name.root);
  }

  /** Catalogue questions are asked again and again: kept in an array, and without a trial period. */
  #answerById(
    { byId }: KeptMessages,
    operator: string,
    question: Question,
    options: QueryOptions,
    clock: Micros,
    questionId: number,
  ): KeptMessage {
    const form = formOf(question, options);
    const kept = byId[questionId];
    if (
      kept !== undefined &&
      kept.form === form &&
      kept.operator === operator &&
      clock >= kept.from &&
      clock < kept.until
    ) {
      return kept;
    }
    const made = this.#make(operator, question, options, form, clock);
    byId[questionId] = made;
    return made;
  }

  #answer(
    { byName }: KeptMessages,
    operator: string,
    question: Question,
    options: QueryOptions,
    clock: Micros,
  ): KeptMessage {
    const form = formOf(question, options);
    const { key, hash } = question.name;
    // Nothing is kept for a name that comes for the first time.
    if (!this.#asked.admits(hash)) return this.#make(operator, question, options, form, clock);
    const list = byName.get(key);
    let stale = -1;
    if (list !== undefined) {
      for (let i = 0; i < list.length; i++) {
        const kept = list[i] as KeptMessage;
        if (kept.form !== form || kept.operator !== operator) continue;
        if (clock >= kept.from && clock < kept.until) return kept;
        stale = i;
      }
    }
    const made = this.#make(operator, question, options, form, clock);
    if (list === undefined) byName.set(key, [made]);
    else if (stale >= 0) list[stale] = made;
    else list.push(made);
    return made;
  }

  #make(
    operator: string,
    question: Question,
    options: QueryOptions,
    form: number,
    clock: Micros,
  ): KeptMessage {
    const publication = this.#publicationFor(operator, question);
    const sections =
      publication === undefined
        ? REFUSAL
        : answerAt(publication, question, options.dnssecOk, clock);
    const message = this.#message(question, options, sections);
    const { from, until } = sections;
    // No spread: one of these is made for every name that is asked once.
    return {
      operator,
      form,
      from,
      until,
      message,
      udpLimit: -1,
      udp: message,
      handedOut: false,
    };
  }

  /** The message as it leaves by this transport: whole, or cut with TC (RFC 2181 section 9). */
  #deliver(kept: KeptMessage, options: QueryOptions): Message {
    let sent = kept.message;
    if (options.transport === 'udp') {
      const offered = hasOpt(options) ? Math.max(options.udpSize, PLAIN_UDP_SIZE) : PLAIN_UDP_SIZE;
      const limit = Math.min(offered, this.#plan.network.udpSize);
      if (kept.udpLimit !== limit) {
        kept.udpLimit = limit;
        kept.udp = fitMessage(kept.message, limit);
        if (kept.udp !== kept.message) this.#countSignatures(kept.udp);
      }
      sent = kept.udp;
    }
    if (sent === kept.message && !kept.handedOut) {
      kept.handedOut = true;
      this.#countSignatures(sent);
    }
    return sent;
  }

  #countSignatures(message: Message): void {
    if (!message.dnssec || !this.counting) return;
    for (const section of [message.answer, message.authority, message.additional]) {
      for (const rrset of section) for (const rrsig of rrset.signatures) this.#count(rrsig);
    }
  }

  #count(rrsig: Rrsig): void {
    const identity = this.identityOf(rrsig);
    if (identity === undefined) return;
    if (identity.countedBy === this) return;
    identity.countedBy = this;
    const { zone, keyTag, id } = identity;
    let tags = this.#handedOut.get(zone);
    if (tags === undefined) {
      tags = new Map();
      this.#handedOut.set(zone, tags);
    }
    let made = tags.get(keyTag);
    if (made === undefined) {
      made = new Set();
      tags.set(keyTag, made);
    }
    made.add(id);
  }

  #publicationFor(operator: string, { name, type }: Question): Published | undefined {
    if (type !== TYPE.DS) {
      for (let at = name; !at.isRoot; at = at.parent) {
        const place = this.#places.get(at);
        if (place?.operator === operator) return place.publication;
      }
    }
    const parentSide =
      type === TYPE.DS && !name.isRoot ? this.#zoneFor(operator, name.parent) : undefined;
    const zone = parentSide ?? this.#zoneFor(operator, name);
    if (zone === undefined) return undefined;
    const publication = this.#published(zone);
    this.#place(operator, zone, publication);
    return publication;
  }

  #published(zone: SignedZone): Published {
    let publication = this.#publications.get(zone);
    if (publication === undefined) {
      publication = this.#publish(zone);
      this.#publications.set(zone, publication);
    }
    return publication;
  }

  #place(operator: string, { zone }: SignedZone, publication: Published): void {
    const { apex } = zone;
    // Of the domains of the tail there are millions.
    if (!this.#catalogue.lists(apex) || this.#places.get(apex) !== undefined) return;
    this.#places.add({ name: apex, operator, publication });
  }

  #publish({ zone, policy, standing }: SignedZone): Published {
    const { signed } = this.#memo;
    if (standing === undefined) {
      const { seed } = this.#plan;
      const added = this.#timeline.find(
        (act) => act.kind === 'add' && Name.parse(act.zone).equals(zone.apex),
      );
      const successor = added === undefined ? null : this.#withZonemd(added.at);
      return new Publication(zone, policy, this.#timeline, seed, signed, null, successor);
    }
    signed.adopt(zone.apex, standing.rrsets);
    return standing;
  }

  /** The root as it is from `at` on. */
  #withZonemd(at: Micros): NonNullable<Published['successor']> {
    const { zone, policy } = this.#zones.rootWithZonemd(this.#root());
    const { signed } = this.#memo;
    const { seed } = this.#plan;
    const published = new Publication(zone, policy, this.#timeline, seed, signed, at);
    return { at, published };
  }

  /** The deepest zone at or above `name` that the operator serves. */
  #zoneFor(operator: string, name: Name): SignedZone | undefined {
    const registered = this.#catalogue.registeredName(name);
    const domain = registered === undefined ? undefined : this.#catalogue.domain(registered);
    if (domain?.operator === operator) {
      const zone = this.#zones.domainZone(domain);
      if (zone !== undefined) return zone;
    }
    for (let at = name; ; at = at.parent) {
      const plan = this.#catalogue.zoneOf(at);
      if (plan.operator === operator) return this.#zones.planZone(plan);
      at = at.ancestor(this.#catalogue.apexOf(plan).labelCount);
      if (at.isRoot) return undefined;
    }
  }

  #message(question: Question, options: QueryOptions, sections: Sections): Message {
    return {
      response: true,
      opcode: OPCODE.QUERY,
      rcode: sections.rcode,
      authoritative: sections.authoritative,
      truncated: false,
      recursionDesired: false,
      recursionAvailable: false,
      authenticatedData: false,
      checkingDisabled: false,
      question,
      answer: sections.answer,
      authority: sections.authority,
      additional: sections.additional,
      edns: hasOpt(options) ? this.#edns[options.dnssecOk ? 1 : 0] : null,
      dnssec: options.dnssecOk,
    };
  }
}

const REFUSAL: Sections = {
  rcode: RCODE.REFUSED,
  authoritative: false,
  answer: [],
  authority: [],
  additional: [],
  from: Number.NEGATIVE_INFINITY,
  until: Number.POSITIVE_INFINITY,
};

/** What is published at `clock`, as long as it is. */
function answerAt(
  publication: Published,
  { name, type }: Question,
  dnssecOk: boolean,
  clock: Micros,
): Sections {
  const { successor } = publication;
  if (successor === null) return answerFrom(publication, name, type, dnssecOk, clock);
  const isOver = clock >= successor.at;
  const published = isOver ? successor.published : publication;
  const said = answerFrom(published, name, type, dnssecOk, clock);
  return isOver
    ? { ...said, from: Math.max(said.from, successor.at) }
    : { ...said, until: Math.min(said.until, successor.at) };
}

/** DO, OPT and type in one number. */
function formOf({ type }: Question, options: QueryOptions): number {
  return type * 4 + (options.dnssecOk ? 2 : 0) + (hasOpt(options) ? 1 : 0);
}

/** DO lives in the OPT record, so it implies one. */
function hasOpt({ dnssecOk, udpSize }: QueryOptions): boolean {
  return dnssecOk || udpSize > 0;
}

function listServers(plan: Plan): AuthorityServer[] {
  const out: AuthorityServer[] = [];
  const add = (operator: string, server: ServerPlan): void => {
    const { name, address } = server;
    out.push({ index: out.length, name, address, operator, plan: server });
  };
  for (const { id, servers } of plan.operators) for (const server of servers) add(id, server);
  if (plan.hosting.broken.some(({ cause }) => cause === 'unreachable')) {
    add('unreachable', deadServer(plan));
  }
  return out;
}
