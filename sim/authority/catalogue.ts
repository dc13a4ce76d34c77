/**
 * The names of the world: which domains exist below the registries, what each is like, and which
 * host names clients ask for. Everything about a domain is a keyed hash of its name and the seed
 * against the plan's shares.
 *
 * Four roles of domains:
 * - `catalogue`: the plan's list, in order of popularity;
 * - `infrastructure`: where the servers of operators have their names (nic.de, hoster-a.com),
 *   delegated like any other and served by that operator;
 * - `alias-target`: where CNAMEs lead to;
 * - `tail`: every other registered name, millions of them, existing by arithmetic (`labels.ts`).
 *
 * Limitations: the tail is unsigned (the share of signed delegations is met by catalogue names and
 * by the registry's filler hashes, see `registry-zone.ts`) and has no aliases; a registry that uses
 * NSEC3 without opt-out has no tail, since its chain would have to hold the hash of every such
 * name.
 */

import { Name } from '../../resolver-core/name/name.ts';
import { pow } from '../engine/math.ts';
import { hashText } from '../engine/random.ts';
import type { HostingPlan, Plan, ServerPlan, ZonePlan } from '../plan.ts';
import { LabelSet, SHORT_WORDS, wordOf } from './labels.ts';
import { pickShare, TRAIT, traitDraw, traitOf } from './traits.ts';

export type BrokenCause = HostingPlan['broken'][number]['cause'];

/**
 * A name that clients ask for, and what it truly is (a CNAME has the kind of its owner's domain).
 */
export interface Host {
  readonly name: Name;
  /** Apex of the registry that it is under, as the plan writes it; `.` when it is under none. */
  readonly zone: string;
  readonly kind: 'signed' | 'unsigned' | 'missing';
}

export interface Domain {
  readonly name: Name;
  readonly registry: ZonePlan;
  readonly role: 'catalogue' | 'infrastructure' | 'alias-target' | 'tail';
  /** Operator of its servers. */
  readonly operator: string;
  readonly signed: boolean;
  readonly broken: BrokenCause | null;
  /** Any name below the apex exists. */
  readonly wildcard: boolean;
  /** Host names below the apex (the apex is a host, too). */
  readonly hosts: readonly Name[];
  /** Servers of the plan whose names lie in this domain. */
  readonly servers: readonly ServerPlan[];
}

/** What one host name owns. */
export interface HostTraits {
  /** Seconds. */
  readonly ttl: number;
  readonly alias: Name | null;
  readonly aaaa: boolean;
  readonly https: boolean;
  readonly txt: boolean;
  readonly mx: boolean;
}

/** Labels that a domain may have, and by how much a name is asked for less than the apex. */
const LABELS: readonly { readonly label: string; readonly factor: number }[] = [
  { label: 'www', factor: 1 },
  { label: 'api', factor: 3 },
  { label: 'static', factor: 3 },
  { label: 'm', factor: 4 },
  { label: 'cdn', factor: 4 },
  { label: 'img', factor: 5 },
  { label: 'app', factor: 5 },
  { label: 'mail', factor: 6 },
  { label: 'shop', factor: 6 },
  { label: 'login', factor: 8 },
  { label: 'auth', factor: 8 },
  { label: 'blog', factor: 9 },
  { label: 'news', factor: 9 },
  { label: 'media', factor: 10 },
  { label: 'status', factor: 12 },
  { label: 'support', factor: 12 },
];
/** Share of domains that have `www`, and that have each other label. */
const WWW_SHARE = 0.95;
const LABEL_SHARE = 0.12;

/** Asked for and never there; disjoint from LABELS. */
const MISSING_LABELS = [
  'wpad',
  'autodiscover',
  'old',
  'vpn2',
  'ftp1',
  'intranet',
  'test9',
  'isatap',
];
/** Of the names that do not exist, every third is one that the registry does not have. */
const UNREGISTERED_EVERY = 3;

/**
 * TLDs that leak from private networks (RFC 6762 appendix G, RFC 8375 and ICANN's list of
 * collisions).
 */
const JUNK_TLDS = [
  'local',
  'lan',
  'home',
  'internal',
  'corp',
  'localdomain',
  'intranet',
  'private',
];

/**
 * The most popular domains have someone who looks after them: ordinary breakage begins at this
 * rank.
 */
export const BROKEN_FROM_RANK = 16;

/** Host names in each alias target domain: pools of edge servers that many owners share. */
const EDGE_HOSTS = 64;

export class Catalogue {
  /** Host names asked for, most popular first. */
  readonly hosts: readonly Host[];
  /** Names asked for again and again that do not exist. */
  readonly missing: readonly Host[];
  /** Domains of roles other than `tail`, the catalogue's first. */
  readonly domains: readonly Domain[];
  readonly #plan: Plan;
  readonly #zones: ReadonlyMap<string, ZonePlan>;
  readonly #apexes: ReadonlyMap<ZonePlan, Name>;
  readonly #tails: ReadonlyMap<string, LabelSet>;
  readonly #domains: ReadonlyMap<string, Domain>;
  readonly #listed: readonly Domain[];

  /**
   * Throws an Error when a domain of the plan is not one label below a zone of the plan, or there
   * are too few hosts.
   */
  constructor(plan: Plan) {
    this.#plan = plan;
    this.#apexes = new Map(plan.zones.map((zone) => [zone, Name.parse(zone.apex)]));
    this.#zones = new Map(plan.zones.map((zone) => [this.apexOf(zone).key, zone]));
    this.#tails = new Map(
      plan.zones.map((zone) => [
        this.apexOf(zone).key,
        new LabelSet(tailSize(zone), hashText(plan.seed, zone.apex)),
      ]),
    );
    const domains = new Map<string, Domain>();
    const servers = serversByDomain(plan, (name) => this.registeredName(name));
    const listed = plan.catalogue.map((text, rank) => {
      const domain = this.#make(this.#registered(text), 'catalogue', rank, servers);
      domains.set(domain.name.key, domain);
      return domain;
    });
    for (const target of plan.hosting.aliases.targets) {
      const name = this.#registered(target.domain);
      if (!domains.has(name.key)) {
        domains.set(name.key, this.#make(name, 'alias-target', 0, servers));
      }
    }
    for (const { name } of servers.values()) {
      if (!domains.has(name.key)) {
        domains.set(name.key, this.#make(name, 'infrastructure', 0, servers));
      }
    }
    this.#listed = listed;
    this.#domains = domains;
    this.domains = [...domains.values()];
    this.hosts = this.#rankHosts();
    this.missing = this.#missingHosts();
  }

  /** Deepest zone of the plan at or above `name`; the root when there is no other. */
  zoneOf(name: Name): ZonePlan {
    for (let at = name; ; at = at.parent) {
      const zone = this.#zones.get(at.key);
      if (zone !== undefined) return zone;
      if (at.isRoot) throw new Error('the plan has no root zone');
    }
  }

  /** The apex of a zone of the plan. */
  apexOf(zone: ZonePlan): Name {
    const apex = this.#apexes.get(zone);
    if (apex === undefined) throw new Error(`${zone.apex} is no zone of the plan`);
    return apex;
  }

  /**
   * The name at or above `name` that a registry would delegate; undefined at registries and where
   * there is none.
   */
  registeredName(name: Name): Name | undefined {
    const zone = this.zoneOf(name);
    if (zone.registry === null) return undefined;
    const labels = this.apexOf(zone).labelCount + 1;
    return name.labelCount < labels ? undefined : name.ancestor(labels);
  }

  /** The registered domain with exactly this name, or undefined. */
  domain(name: Name): Domain | undefined {
    const known = this.#domains.get(name.key);
    if (known !== undefined || name.isRoot) return known;
    if (this.#tails.get(name.parent.key)?.has(name.firstLabel) !== true) return undefined;
    if (this.#zones.has(name.key)) return undefined;
    return this.#make(name, 'tail', BROKEN_FROM_RANK, NO_SERVERS);
  }

  /** True for the name of a domain of another role than `tail`. */
  lists(name: Name): boolean {
    return this.#domains.has(name.key);
  }

  /** Registered names outside the catalogue of the registry at `apex`. */
  tail(apex: Name): LabelSet {
    return this.#tails.get(apex.key) ?? EMPTY_TAIL;
  }

  /** What `name`, the apex or a host of `domain`, owns. */
  traits(name: Name, domain: Domain): HostTraits {
    const { seed, hosting } = this.#plan;
    const has = (trait: number, share: number): boolean => traitOf(seed, name, trait) < share;
    const ttl = pickShare(hosting.ttl.answers, traitOf(seed, name, TRAIT.ttl));
    if (ttl === undefined) throw new Error('hosting.ttl.answers is empty');
    return {
      ttl: ttl.seconds,
      alias: this.#alias(name, domain),
      aaaa: has(TRAIT.aaaa, hosting.types.aaaa),
      https: has(TRAIT.https, hosting.types.https),
      txt: has(TRAIT.txt, hosting.types.txt),
      mx: has(TRAIT.mx, hosting.types.mx),
    };
  }

  /** A name asked for once, made from two 32-bit draws. */
  oneOff(kind: 'subdomain' | 'tail' | 'unregistered' | 'junkTld', a: number, b: number): Host {
    switch (kind) {
      case 'subdomain': {
        const domain = this.#asked(a);
        const kindOf = domain.wildcard ? existing(domain) : 'missing';
        return host(domain.name.child(`x${b.toString(36)}`), domain.registry.apex, kindOf);
      }
      case 'tail': {
        const { registry } = this.#skewed(a);
        const apex = this.apexOf(registry);
        const labels = this.tail(apex);
        if (labels.size === 0) return this.oneOff('unregistered', a, b);
        const name = apex.child(labels.label(b % labels.size));
        const domain = this.domain(name);
        if (domain === undefined) throw new Error(`${name} is not registered`);
        const kindOf = existing(domain);
        return host((b & 0x100) === 0 ? name : name.child('www'), registry.apex, kindOf);
      }
      case 'unregistered':
        return this.#unregistered(a, b);
      case 'junkTld': {
        const tld = JUNK_TLDS[a % JUNK_TLDS.length] as string;
        const label = `${wordOf(b % SHORT_WORDS)}${(a >>> 16).toString(36)}`;
        const name = (a & 0x8000) === 0 ? Name.root.child(label) : Name.parse(`${label}.${tld}`);
        return host(name, '.', 'missing');
      }
    }
  }

  /** A label with a digit and a hyphen: never one of the tail's, and no catalogue's habit. */
  #unregistered(a: number, b: number): Host {
    const { registry } = this.#skewed(a);
    const label = `${wordOf(b % SHORT_WORDS)}-${(a % 46_656).toString(36)}`;
    return host(this.apexOf(registry).child(label), registry.apex, 'missing');
  }

  #registered(text: string): Name {
    const name = Name.parse(text);
    if (this.registeredName(name)?.equals(name) !== true) {
      throw new Error(`${text} is not one label below a registry of the plan`);
    }
    return name;
  }

  #make(
    name: Name,
    role: Domain['role'],
    rank: number,
    servers: ReadonlyMap<string, ServersOfDomain>,
  ): Domain {
    const { seed, hosting } = this.#plan;
    const registry = this.zoneOf(name.parent);
    const own = servers.get(name.key);
    const mayBreak = (role === 'catalogue' || role === 'tail') && own === undefined;
    const maySign = registry.signing !== null && role !== 'tail';
    let broken = mayBreak && rank >= BROKEN_FROM_RANK ? this.#brokenCause(name) : null;
    const needsSigning = broken === 'expired-signatures' || broken === 'wrong-ds';
    if (needsSigning && !maySign) broken = null;
    const signed =
      maySign &&
      (needsSigning || traitOf(seed, name, TRAIT.signed) < (registry.registry?.signed ?? 0));
    const wildcard =
      role === 'catalogue' && traitOf(seed, name, TRAIT.wildcard) < hosting.wildcards;
    return {
      name,
      registry,
      role,
      operator: own?.operator ?? this.#hoster(name, registry),
      signed,
      broken,
      wildcard,
      hosts: this.#hostNames(name, role),
      servers: own?.servers ?? [],
    };
  }

  #hoster(name: Name, registry: ZonePlan): string {
    const { seed, hosting } = this.#plan;
    const serving = hosting.hosters.filter(
      ({ tlds }) => tlds.length === 0 || tlds.includes(registry.apex),
    );
    const hoster = pickShare(serving, traitOf(seed, name, TRAIT.hoster));
    if (hoster === undefined) throw new Error(`no hoster serves domains below ${registry.apex}`);
    return hoster.operator;
  }

  #brokenCause(name: Name): BrokenCause | null {
    let draw = traitOf(this.#plan.seed, name, TRAIT.broken);
    for (const { cause, share } of this.#plan.hosting.broken) {
      if (draw < share) return cause;
      draw -= share;
    }
    return null;
  }

  #hostNames(name: Name, role: Domain['role']): Name[] {
    const { seed, hosting } = this.#plan;
    if (role === 'tail') return [name.child('www')];
    const out: Name[] = [];
    if (role === 'catalogue') {
      LABELS.forEach(({ label }, i) => {
        const share = label === 'www' ? WWW_SHARE : LABEL_SHARE;
        if (traitOf(seed, name, TRAIT.label, i) < share) out.push(name.child(label));
      });
    }
    if (hosting.aliases.targets.some(({ domain }) => Name.parse(domain).equals(name))) {
      for (let i = 0; i < EDGE_HOSTS; i++) out.push(name.child(`e${i}`));
    }
    return out;
  }

  /**
   * CNAMEs stand below the apex of catalogue domains only, and never at or in the domain that they
   * lead to.
   */
  #alias(name: Name, domain: Domain): Name | null {
    const { seed, hosting } = this.#plan;
    if (domain.role !== 'catalogue' || name.labelCount === domain.name.labelCount) return null;
    const targets = hosting.aliases.targets.filter(
      ({ tlds }) => tlds.length === 0 || tlds.includes(domain.registry.apex),
    );
    if (targets.some((target) => Name.parse(target.domain).equals(domain.name))) return null;
    if (traitOf(seed, name, TRAIT.alias) >= hosting.aliases.share) return null;
    const target = pickShare(targets, traitOf(seed, name, TRAIT.aliasTarget));
    if (target === undefined) return null;
    const edge = traitDraw(seed, name, TRAIT.aliasTarget, 1) % EDGE_HOSTS;
    return Name.parse(target.domain).child(`e${edge}`);
  }

  #rankHosts(): Host[] {
    const scored: { readonly host: Host; readonly score: number }[] = [];
    const factors = new Map(LABELS.map(({ label, factor }) => [label, factor]));
    this.#listed.forEach((domain, rank) => {
      for (const name of [domain.name, ...domain.hosts]) {
        const isApex = name.labelCount === domain.name.labelCount;
        const factor = isApex ? 1 : factors.get(name.firstLabel);
        if (factor === undefined) continue; // an edge host: asked for through its aliases
        const score = (rank + 1) * factor;
        scored.push({ host: host(name, domain.registry.apex, existing(domain)), score });
      }
    });
    scored.sort((x, y) => x.score - y.score); // stable: equal scores stay in order of rank
    const wanted = this.#plan.traffic.names;
    if (scored.length < wanted) {
      throw new Error(
        `the catalogue has ${scored.length} host names, the traffic asks for ${wanted}`,
      );
    }
    return scored.slice(0, wanted).map((entry) => entry.host);
  }

  #missingHosts(): Host[] {
    const { seed, traffic } = this.#plan;
    const below = this.#listed.filter((domain) => !domain.wildcard);
    const seen = new Set<string>();
    const out: Host[] = [];
    for (let draw = 0; out.length < traffic.missing.names; draw++) {
      const a = traitDraw(seed, Name.root, TRAIT.missing, 2 * draw);
      const b = traitDraw(seed, Name.root, TRAIT.missing, 2 * draw + 1);
      let made: Host;
      if (out.length % UNREGISTERED_EVERY === 0 || below.length === 0) {
        made = this.#unregistered(a, b);
      } else {
        const domain = below[skew(a, below.length)] as Domain;
        const label = MISSING_LABELS[b % MISSING_LABELS.length] as string;
        // When the plain labels run out, numbered ones follow.
        const numbered = draw < 4 * traffic.missing.names ? label : `${label}-${draw}`;
        made = host(domain.name.child(numbered), domain.registry.apex, 'missing');
      }
      if (seen.has(made.name.key)) continue;
      seen.add(made.name.key);
      out.push(made);
    }
    return out;
  }

  /**
   * A domain that traffic is for: the host of rank k with a weight of about 1/k, as fresh labels are mostly
   * made by machines, below names that are busy anyway.
   */
  #asked(draw: number): Domain {
    const { hosts } = this;
    if (hosts.length === 0) return this.#skewed(draw);
    const rank = Math.floor(pow(hosts.length + 1, draw / 4_294_967_296)) - 1;
    const registered = this.registeredName((hosts[rank] as Host).name);
    return (registered && this.#domains.get(registered.key)) ?? this.#skewed(draw);
  }

  #skewed(draw: number): Domain {
    const domain = this.#listed[skew(draw, this.#listed.length)];
    if (domain === undefined) throw new Error('the catalogue is empty');
    return domain;
  }
}

interface ServersOfDomain {
  readonly name: Name;
  readonly operator: string;
  readonly servers: ServerPlan[];
}

const NO_SERVERS: ReadonlyMap<string, ServersOfDomain> = new Map();
const EMPTY_TAIL = new LabelSet(0, 0);

/** Server names by the registered domain that they lie in; the first operator there serves it. */
function serversByDomain(
  plan: Plan,
  registeredName: (name: Name) => Name | undefined,
): Map<string, ServersOfDomain> {
  const out = new Map<string, ServersOfDomain>();
  for (const operator of plan.operators) {
    for (const server of operator.servers) {
      const name = registeredName(Name.parse(server.name));
      if (name === undefined) continue;
      const known = out.get(name.key);
      if (known === undefined)
        out.set(name.key, { name, operator: operator.id, servers: [server] });
      else known.servers.push(server);
    }
  }
  return out;
}

function tailSize(zone: ZonePlan): number {
  if (zone.registry === null) return 0;
  const denial = zone.signing?.denial;
  return denial?.kind === 'nsec3' && !denial.optOut ? 0 : zone.registry.names;
}

function existing(domain: Domain): 'signed' | 'unsigned' {
  return domain.signed ? 'signed' : 'unsigned';
}

function host(name: Name, zone: string, kind: Host['kind']): Host {
  return { name, zone, kind };
}

/** An index below `count`, small ones more often: the square of a uniform fraction. */
function skew(draw: number, count: number): number {
  const uniform = draw / 4_294_967_296;
  return Math.floor(uniform * uniform * count);
}
