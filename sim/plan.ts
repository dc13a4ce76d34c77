/**
 * The Plan: a scenario with every default filled in and every unit resolved. The simulator accepts
 * nothing else, and draws every number that it uses from here. Durations and instants are `Micros`
 * (instants since 1970 on the scenario's clock), shares are fractions from 0 to 1, TTLs are seconds.
 *
 * A plan holds plain data only, so that it can be cloned to a worker thread.
 */

import type { ServeStale } from '../resolver-core/config.ts';
import type { NegativeAnchor } from '../resolver-core/policy/nta.ts';
import type { Micros } from '../resolver-core/time.ts';
import type {
  AlertExpectationPlan,
  AlertPlan,
  ExpectationPlan,
  PublishedPlan,
  ReferencePlan,
} from './claims.ts';

export type Provenance = 'published' | 'derived' | 'assumed' | 'calibrated';

/**
 * What nodes are for: resolution for the public; `origin`, what the network's own servers look up; and
 * `authoritative`, what others ask the network's own authoritative servers.
 */
export type Role = 'resolver' | 'origin' | 'authoritative';

export interface Plan {
  readonly format: 'zonequake.plan/1';
  readonly name: string;
  readonly title: string;
  readonly sources: readonly { readonly title: string; readonly url: string }[];
  readonly seed: number;
  /** Rates, names and caches were multiplied by this; 1 is the scenario as it was written. */
  readonly scale: number;
  /** Expectations that hold at full scale only, and are not judged at this one. */
  readonly expectationsLeftOut: number;
  readonly time: {
    readonly from: Micros;
    readonly to: Micros;
    readonly bucket: Micros;
    /** Traffic before `from` that is simulated and not counted. */
    readonly warmup: Micros;
  };
  readonly phases: readonly PhasePlan[];
  readonly operators: readonly OperatorPlan[];
  /** The root first, then the registries (TLDs). */
  readonly zones: readonly ZonePlan[];
  readonly hosting: HostingPlan;
  /** Registrable domains in order of popularity, in lower-case text without the final dot. */
  readonly catalogue: readonly string[];
  readonly network: NetworkPlan;
  /** The public resolver. */
  readonly cluster: ClusterPlan;
  readonly traffic: TrafficPlan;
  /** What colos have beside it (`roles.ts`). */
  readonly roles: readonly RolePlan[];
  readonly variants: readonly VariantPlan[];
  /** Instants of what happened that day outside of the simulation, to which alerts are compared. */
  readonly references: readonly ReferencePlan[];
  readonly alerts: readonly AlertPlan[];
  readonly expectations: readonly ExpectationPlan[];
  readonly alertExpectations: readonly AlertExpectationPlan[];
  readonly published: readonly PublishedPlan[];
  /** For every number that a scenario or world file set: its path, value, where it comes from, and why. */
  readonly provenance: readonly {
    readonly path: string;
    /** As written. */
    readonly value: string;
    readonly provenance: Provenance;
    readonly note: string;
  }[];
}

export interface PhasePlan {
  readonly name: string;
  readonly from: Micros;
  readonly to: Micros;
}

/** Who runs a set of authoritative servers, and where they are. */
export interface OperatorPlan {
  readonly id: string;
  readonly servers: readonly ServerPlan[];
  /** Where its addresses are met from the start on; of several that fit the last holds, elsewhere the nearest site. */
  readonly catchments: readonly RoutePlan[];
}

/** From which colos which addresses of an operator are met at which of its sites. */
export interface RoutePlan {
  /** By name; empty for all. */
  readonly colos: readonly string[];
  /** null: both. */
  readonly family: 4 | 6 | null;
  /** Host names; empty for all that stand there. */
  readonly servers: readonly string[];
  readonly site: string;
}

export interface ServerPlan {
  /** Host name, absolute, without the final dot: `a.nic.de`. */
  readonly name: string;
  readonly address: string;
  /** Anycast instances; `net/anycast.ts` says which of them a colo meets. */
  readonly sites: readonly SitePlan[];
}

export interface SitePlan {
  /** The operator's other servers have the same name for the same place. */
  readonly name: string;
  readonly region: string;
  /** Share of round trips in which the query or the response is lost. */
  readonly loss: number;
  /** Added to the round trip between the regions. */
  readonly delay: Micros;
  /** What stands there: a server that answers, one that refuses every question, or nothing. */
  readonly behaviour: 'answer' | 'refuse' | 'silent';
}

/** The root or a registry zone (a TLD). */
export interface ZonePlan {
  /** `.`, `de`, `co.uk`: absolute, without the final dot except for the root. */
  readonly apex: string;
  readonly operator: string;
  readonly ttl: {
    readonly soa: number;
    /** SOA MINIMUM (RFC 2308 section 4). */
    readonly negative: number;
    readonly ns: number;
    readonly delegation: number;
    readonly ds: number;
    readonly dnskey: number;
    readonly nsec: number;
  };
  /** null for the root, whose delegations are the other zones of the plan. */
  readonly registry: {
    /** How many delegations exist in all; those of the catalogue are among them. */
    readonly names: number;
    /** Share of delegations that have a DS. */
    readonly signed: number;
  } | null;
  /** null: the zone is not signed, and its parent proves so; or it is a snapshot served as it is. */
  readonly signing: SigningPlan | null;
  /** The zone's data come from a master file, not from rules. */
  readonly snapshot?: SnapshotPlan;
}

/** A zone given as a master file. */
export interface SnapshotPlan {
  /** The file's text, one character per octet. */
  readonly text: string;
  /** With the signatures that it has, or without, to be signed by `signing`. */
  readonly serve: 'as-is' | 're-signed';
  /** RDATA of the DS records that resolvers trust, in hexadecimal; empty but for a root served as it is. */
  readonly trustAnchor: readonly string[];
}

export interface SigningPlan {
  readonly keys: readonly KeyPlan[];
  /** Ids of keys that sign at the start: the first KSK signs DNSKEY, the ZSK everything else. */
  readonly ksk: string;
  readonly zsk: string;
  /** From the (back-dated) inception to the expiration. */
  readonly validity: Micros;
  /** The same for the DNSKEY RRset; left out: the same. */
  readonly dnskeyValidity?: Micros;
  /** How far the inception is set before the instant of signing. */
  readonly backdate: Micros;
  /** Every RRset is signed anew once in this period, each at a phase of its own (staggered). */
  readonly resignEvery: Micros;
  /** An instant at which a signature over the NSEC or NSEC3 of the apex ends; left out: whatever it comes to. */
  readonly apexNsecEnds?: Micros;
  /** A new serial, hence a new SOA and a signature over it, this often. */
  readonly serialEvery: Micros;
  readonly denial:
    | { readonly kind: 'nsec' }
    | {
        readonly kind: 'nsec3';
        readonly iterations: number;
        /** Hexadecimal, empty for none. */
        readonly salt: string;
        readonly optOut: boolean;
      };
}

export interface KeyPlan {
  readonly id: string;
  readonly role: 'ksk' | 'zsk';
  readonly algorithm: number;
  /** RSA modulus size; 0 for curves. */
  readonly bits: number;
  /** Key tag that the key must have; null for whatever it comes to. */
  readonly tag: number | null;
  /** How many distinct key pairs carry this id and tag, one per HSM; only the first is ever in the DNSKEY RRset. */
  readonly copies: number;
  /** In the DNSKEY RRset from and until (null: always). */
  readonly publishedFrom: Micros | null;
  readonly publishedUntil: Micros | null;
}

/** The zones below the registries, made from rules: every trait of a domain is a keyed hash of its name. */
export interface HostingPlan {
  readonly hosters: readonly {
    readonly operator: string;
    /** Relative weight among the hosters of a domain's TLD. */
    readonly share: number;
    /** TLDs whose domains it hosts; empty for all. */
    readonly tlds: readonly string[];
  }[];
  readonly ttl: {
    /** Of the NS RRset at the child's apex, and its DNSKEY. */
    readonly ns: number;
    readonly dnskey: number;
    readonly soa: number;
    readonly negative: number;
    /** Of address and other answers. */
    readonly answers: readonly { readonly seconds: number; readonly share: number }[];
  };
  /** How signed child zones are signed. */
  readonly signing: {
    readonly algorithms: readonly { readonly algorithm: number; readonly share: number }[];
    readonly validity: Micros;
    readonly backdate: Micros;
    readonly resignEvery: Micros;
  };
  /** Share of host names that own the type (otherwise NODATA); A is owned by all that are no alias. */
  readonly types: {
    readonly aaaa: number;
    readonly https: number;
    readonly txt: number;
    readonly mx: number;
  };
  /** Share of host names that are a CNAME, and where to: the domains of the targets. */
  readonly aliases: {
    readonly share: number;
    readonly targets: readonly {
      readonly domain: string;
      readonly share: number;
      readonly tlds: readonly string[];
    }[];
    readonly ttl: number;
  };
  /** Share of domains with a wildcard at the apex: any name below exists. */
  readonly wildcards: number;
  /** Domains that are broken for ordinary reasons; shares of all domains. */
  readonly broken: readonly {
    readonly cause: 'expired-signatures' | 'wrong-ds' | 'refused' | 'unreachable';
    readonly share: number;
  }[];
}

export interface NetworkPlan {
  /** Round trips between regions, in `regions` order; symmetric. */
  readonly regions: readonly string[];
  readonly rtt: readonly (readonly Micros[])[];
  /** Each path's round trip is the matrix value times a factor between 1-spread and 1+spread, keyed by path. */
  readonly spread: number;
  /** Each exchange adds an exponential delay with this mean. */
  readonly jitter: Micros;
  /** Largest UDP response that passes unfragmented; larger ones come truncated as the authority's EDNS limit says. */
  readonly udpSize: number;
}

/** Nodes with caches, settings and traffic of their own. */
export interface RolePlan {
  /** Its colos are those of the public resolver; nodes may be none in some of them. */
  readonly cluster: ClusterPlan;
  readonly traffic: TrafficPlan;
}

export interface ClusterPlan {
  readonly role: Role;
  readonly colos: readonly {
    readonly name: string;
    readonly region: string;
    readonly nodes: number;
  }[];
  readonly cache: {
    readonly mode: CacheMode;
    /** Entries of the answer table per node. */
    readonly answers: number;
    /** Entries of the RRset and infrastructure caches per node. */
    readonly rrsets: number;
    /** How they are at the start of the warm-up: empty, or as after a long time of this traffic (`warm/`). */
    readonly start: 'cold' | 'warm';
  };
  /** Has an effect in mode `forwarded` only. */
  readonly forwarding: ForwardingPlan;
  readonly resolver: ResolverPlan;
  readonly staticZone: StaticZonePlan;
}

/**
 * How the nodes of a colo share answers: not at all; a miss is handed to the node that owns the registered
 * domain; or all use one table, as large as all of theirs together.
 */
export type CacheMode = 'private' | 'forwarded' | 'shared';

export interface ForwardingPlan {
  /** Most seconds that an owner's answer is kept by the node that asked it. */
  readonly copyTtl: number;
  /** Whether the owner gets the tags that rules have set on a query. */
  readonly tags: 'propagate' | 'drop';
  /** One way from node to node. */
  readonly delay: Micros;
  /** After this long without an answer a node resolves by itself. */
  readonly timeout: Micros;
}

/** The app that has a copy of the root zone in every node, and how the nodes come by it (`cluster/root-copies.ts`). */
export interface StaticZonePlan {
  readonly use: boolean;
  /** Between two fetches of the zone, and when on the first day of the epoch one of them was. */
  readonly every: Micros;
  readonly first: Micros;
  /** What the parser makes of ZONEMD and of types without a name: `refuse` the whole zone, or take them. */
  readonly unknownTypes: 'refuse' | 'rfc3597';
  /** Versions whose digest cannot be verified are refused (RFC 8976). */
  readonly zonemd: boolean;
  /** The copy is not used any more when its SOA EXPIRE is over … */
  readonly soaExpire: boolean;
  /** … or so long after it was fetched … */
  readonly maxAge: Micros | null;
  /** … or so long before the first of its signatures ends; null: however old it is. */
  readonly signatureHorizon: Micros | null;
  /** Then the root servers are asked (RFC 8806); otherwise lookups that need it fail. */
  readonly fallback: boolean;
}

/** What of it can be changed while nodes run. */
export type StaticZoneChange = Partial<Omit<StaticZonePlan, 'every' | 'first'>>;

/** What of it can be changed while nodes run. */
export type ForwardingChange = Partial<Pick<ForwardingPlan, 'copyTtl' | 'tags'>>;

/** Settings of the core, one set for all nodes; `resolver-core/config.ts` documents each. */
export interface ResolverPlan {
  readonly validation: boolean;
  readonly maxTtl: number;
  readonly maxNegativeTtl: number;
  readonly failureTtl: number;
  readonly failureTtlMax: number;
  readonly serveStale: ServeStale | null;
  readonly prefetch: number;
  /** From nothing, from NSEC, or from NSEC3 records, too. */
  readonly aggressiveNsec: 'off' | 'nsec' | 'all';
  readonly nxdomainCut: boolean;
  readonly bogusRetries: number;
  readonly ipv4Share: number | null;
  readonly loseBogusCause: boolean;
  readonly qnameMinimisation: boolean;
}

export interface TrafficPlan {
  /** Host names of the catalogue that are asked for. */
  readonly names: number;
  /** Of them only those whose domains these operators serve; empty: all. */
  readonly operators: readonly string[];
  /** Zipf exponent over them. */
  readonly zipf: number;
  readonly types: readonly { readonly type: number; readonly share: number }[];
  /** Share of lookups for names of the catalogue's domains that do not exist, again and again the same few. */
  readonly missing: { readonly share: number; readonly names: number };
  /** Share of lookups for names asked once and never again, by what they are. */
  readonly oneOff: {
    readonly share: number;
    /** Relative weights: a fresh label below a catalogue domain; a registered domain outside the catalogue; a name that the registry does not have; a TLD that does not exist. */
    readonly subdomain: number;
    readonly tail: number;
    readonly unregistered: number;
    readonly junkTld: number;
  };
  readonly dnssecOk: number;
  readonly checkingDisabled: number;
  readonly regions: readonly ClientRegionPlan[];
  /** In every region alike. */
  readonly groups: readonly ClientGroupPlan[];
}

/** The clients of one region of the network. */
export interface ClientRegionPlan {
  readonly name: string;
  /** New lookups per second, the mean over a day. */
  readonly lookupsPerSecond: number;
  /** The rate at each of 24 full hours of local time, in means of the day; linear in between. */
  readonly day: readonly number[];
  /** Local time minus UTC. */
  readonly utcOffset: Micros;
  /** Which colos catch its clients; the shares come to 1. */
  readonly catchment: readonly { readonly colo: string; readonly share: number }[];
}

export interface ClientGroupPlan {
  readonly name: string;
  readonly share: number;
  /** Round trip between a client and a colo of its region. */
  readonly rtt: Micros;
  readonly stub: StubPlan;
  /** What the application or the person asks of the stub before giving up: a geometric number. */
  readonly requests: {
    /** At least 1. */
    readonly mean: number;
    /** Between a request that failed and the next: uniform between the two. */
    readonly wait: readonly [Micros, Micros];
  };
}

/** A stub resolver (`clients/stub.ts`). */
export interface StubPlan {
  /** How long each query waits for its answer before it counts as TIMEOUT; after the last the stub gives up. */
  readonly timeouts: readonly Micros[];
  /** Queries that end in SERVFAIL or REFUSED before the stub gives up. */
  readonly failureTries: number;
  /** How long SERVFAIL and REFUSED are remembered. */
  readonly failureCache: Micros;
}

export interface VariantPlan {
  readonly name: string;
  readonly mitigations: readonly string[];
  /** What happens, in order of time; mitigations included. */
  readonly timeline: readonly TimelineEvent[];
}

/** Which RRsets of a zone a signing event touches. */
export interface SignatureSelection {
  /** Owner name, absolute text; null for any. `apex` NSEC3 is owner = the zone itself. */
  readonly owner: string | null;
  /** RR types; empty for any. */
  readonly types: readonly number[];
  /** Only RRsets whose latest signature was made with this key id; null for any. */
  readonly signedWith: string | null;
}

export type TimelineEvent = TimelineAct & EventOrigin;

/** What a reader of a report is told about an event. */
export interface EventOrigin {
  /** The mitigation that it is part of; left out for the timeline of the scenario itself. */
  readonly mitigation?: string;
  /** How reports mark its instant; left out where they do not. */
  readonly mark?: { readonly kind: MarkKind; readonly text: string };
}

/** `lift`: a mitigation ends. */
export type MarkKind = 'fault' | 'mitigation' | 'repair' | 'lift';

export type TimelineAct =
  /** From now on what is signed anew is signed with this key (its copies chosen by owner, type and serial). */
  | { readonly kind: 'sign-with'; readonly at: Micros; readonly zone: string; readonly key: string }
  /** Sign these RRsets anew, all at `at`, or spread over `over` in the order of their (hashed) owner names. */
  | {
      readonly kind: 'resign';
      readonly at: Micros;
      readonly zone: string;
      readonly select: SignatureSelection;
      readonly over: Micros;
      /** Which copy of the key signs, of keys that have it; null for the usual choice by owner, type and serial. */
      readonly copy: number | null;
    }
  /** From now on the root has a record of this type at its apex: ZONEMD (RFC 8976), which its signer makes. */
  | { readonly kind: 'add'; readonly at: Micros; readonly zone: string; readonly type: number }
  | SiteAct
  | ColoAct
  | NodeAct;

/** What is done to resolver nodes, those of one role. */
export type NodeAct = (
  | /** Change settings of all of them. */
  { readonly kind: 'resolver'; readonly at: Micros; readonly set: Partial<ResolverPlan> }
  /** Change how all of them forward. */
  | { readonly kind: 'forwarding'; readonly at: Micros; readonly set: ForwardingChange }
  /** Change an app of all of them, rolled out like policy. */
  | {
      readonly kind: 'apps';
      readonly at: Micros;
      readonly over: Micros;
      readonly set: StaticZoneChange;
    }
  /** Some restart one after another within `over`, and lose what is in memory (`cluster/machines.ts`). */
  | ({ readonly kind: 'restart'; readonly at: Micros; readonly over: Micros } & NodeSelection)
  /** The clocks of some are put ahead by `skew`, or back where it is negative; several add up. */
  | ({ readonly kind: 'clock'; readonly at: Micros; readonly skew: Micros } & NodeSelection)
  | PolicyAct
) & {
  /** Left out: the public resolver. */
  readonly role?: 'origin';
};

/** What befalls sites of an operator, or the ways that lead to them; with `lifts` it is over. */
export type SiteAct =
  /** They get no updates any more, and go on answering with what they had. */
  | {
      readonly kind: 'isolate';
      readonly at: Micros;
      readonly operator: string;
      readonly sites: readonly string[];
      readonly lifts: boolean;
    }
  /** No route leads to them. */
  | {
      readonly kind: 'withdraw';
      readonly at: Micros;
      readonly operator: string;
      readonly sites: readonly string[];
      readonly lifts: boolean;
    }
  /** This route holds before all others. */
  | {
      readonly kind: 'reroute';
      readonly at: Micros;
      readonly operator: string;
      readonly route: RoutePlan;
      readonly lifts: boolean;
    };

/** Clients are no longer routed to these colos (`clients/moved.ts`); with `lifts` they are again. */
export interface ColoAct {
  readonly kind: 'withdraw-colo';
  readonly at: Micros;
  readonly colos: readonly string[];
  readonly lifts: boolean;
}

/** Some of each colo's nodes. */
export interface NodeSelection {
  /** A share is rounded to whole nodes, one at least; null: all. */
  readonly nodes:
    | { readonly kind: 'count'; readonly count: number }
    | { readonly kind: 'share'; readonly share: number }
    | null;
  /** By name; empty for all. */
  readonly colos: readonly string[];
}

/** What the control plane does to the nodes, rolled out from colo to colo within `over` (`cluster/policy.ts`). */
export type PolicyAct =
  /** An override rule, by its text (`resolver-core/policy/rule-text.ts`), comes into force or is lifted. */
  | {
      readonly kind: 'rule';
      readonly at: Micros;
      readonly over: Micros;
      readonly rule: string;
      readonly lifts: boolean;
    }
  /** A negative trust anchor is set, or, when it is null, lifted. */
  | {
      readonly kind: 'nta';
      readonly at: Micros;
      readonly over: Micros;
      readonly zone: string;
      readonly anchor: Omit<NegativeAnchor, 'zone'> | null;
    };
