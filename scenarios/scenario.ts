/**
 * A validated scenario: the second of its three types (located tree, `Scenario`, `Plan`). Units are
 * resolved, keys are in camelCase, words are still words: nothing here is known to exist yet, and
 * instants wait for the window that places them. `schema.ts` makes it, `compile.ts` reads it.
 */

import type { Micros } from '../resolver-core/time.ts';
import type { PublishedPlan } from '../sim/claims.ts';
import type {
  ClientGroupPlan,
  ClientRegionPlan,
  ClusterPlan,
  ForwardingChange,
  HostingPlan,
  NetworkPlan,
  NodeSelection,
  Plan,
  ResolverPlan,
  SigningPlan,
  SitePlan,
  SnapshotPlan,
  StaticZoneChange,
  StaticZonePlan,
  TrafficPlan,
  ZonePlan,
} from '../sim/plan.ts';
import type { Fires, Instant, Span } from './units.ts';

type Named<T> = Readonly<Record<string, T>>;

export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly sources: Plan['sources'];
  readonly seed: number;
  readonly time: {
    readonly from: Instant;
    readonly to: Instant;
    readonly bucket: Micros;
    readonly warmup: Micros;
  };
  readonly phases: Named<Span>;
  readonly operators: Named<OperatorScenario>;
  /** By apex. */
  readonly zones: Named<ZoneScenario>;
  readonly hosting: HostingScenario;
  readonly network: NetworkScenario;
  readonly cluster: ClusterScenario;
  readonly traffic: TrafficScenario;
  /** null: there is none. */
  readonly origin: OriginScenario | null;
  readonly authoritative: AuthoritativeScenario | null;
  readonly timeline: readonly EventScenario[];
  readonly mitigations: Named<readonly EventScenario[]>;
  readonly variants: Named<VariantScenario>;
  /** Instants of that day to which alerts are compared, by what happened. */
  readonly references: Named<Instant>;
  readonly alerts: Named<AlertScenario>;
  readonly expect: readonly ExpectScenario[];
  readonly published: readonly PublishedScenario[];
}

export type AddressFamily = 'ipv4' | 'ipv6';

export interface OperatorScenario {
  /** Host names. */
  readonly servers: readonly string[];
  /** In which every server has an address. */
  readonly families: readonly AddressFamily[];
  readonly sites: readonly SiteScenario[];
  readonly catchments: readonly RouteScenario[];
  readonly behaviour: SitePlan['behaviour'];
  readonly delay: Micros;
  /** null: the network's. */
  readonly loss: number | null;
}

export interface SiteScenario {
  /** null: that of its region. */
  readonly name: string | null;
  readonly region: string;
  /** Host names of those that stand there; empty for all. */
  readonly servers: readonly string[];
}

/** From which colos which addresses of an operator are met at which of its sites. */
export interface RouteScenario {
  /** With the colos of `regions`; both empty: all. */
  readonly colos: readonly string[];
  readonly regions: readonly string[];
  readonly family: AddressFamily | 'both';
  /** Host names; empty for all that stand there. */
  readonly servers: readonly string[];
  /** Name of a site. */
  readonly to: string;
}

export interface ZoneScenario {
  /** null: the closest zone above. */
  readonly parent: string | null;
  readonly operator: string;
  readonly ttl: ZonePlan['ttl'];
  readonly registry: ZonePlan['registry'];
  readonly signing: SigningScenario | null;
  /** A master file, as written; its text is with the loader. */
  readonly snapshot: string | null;
  /** null: re-signed where there is `signing`. */
  readonly serve: SnapshotPlan['serve'] | null;
  /** RDATA of DS records, in hexadecimal. */
  readonly trustAnchor: readonly string[];
}

export interface SigningScenario
  extends Pick<SigningPlan, 'validity' | 'backdate' | 'resignEvery' | 'serialEvery'> {
  /** null: as `validity`. */
  readonly dnskeyValidity: Micros | null;
  /** null: as it comes. */
  readonly apexNsecEnds: Instant | null;
  readonly keys: Named<KeyScenario>;
  /** null: the only key of that role. */
  readonly ksk: string | null;
  readonly zsk: string | null;
  /** null: NSEC. */
  readonly nsec3: {
    readonly iterations: number;
    readonly salt: string;
    readonly optOut: boolean;
  } | null;
}

export interface KeyScenario {
  readonly role: 'ksk' | 'zsk';
  readonly algorithm: number;
  readonly bits: number;
  readonly tag: number | null;
  readonly copies: number;
  readonly publish: Instant | null;
  readonly remove: Instant | null;
}

export interface HostingScenario
  extends Pick<HostingPlan, 'ttl' | 'signing' | 'types' | 'aliases' | 'wildcards'> {
  /** By operator. */
  readonly hosters: Named<{ readonly share: number; readonly tlds: readonly string[] }>;
  readonly broken: {
    readonly expiredSignatures: number;
    readonly wrongDs: number;
    readonly refused: number;
    readonly unreachable: number;
  };
}

export interface NetworkScenario extends Pick<NetworkPlan, 'spread' | 'jitter' | 'udpSize'> {
  /** Each pair of regions once, in either order. */
  readonly rtt: Named<Named<Micros>>;
  readonly loss: number;
}

export interface ClusterScenario extends Omit<ClusterPlan, 'role' | 'colos' | 'staticZone'> {
  readonly apps: { readonly staticZone: StaticZonePlan };
  readonly colos: Named<Omit<ClusterPlan['colos'][number], 'name'>>;
}

/** What colos have beside the public resolver; what is left out is as there. */
export interface OriginScenario {
  readonly cluster: {
    /** null: all, with as many nodes. */
    readonly colos: Named<{ readonly nodes: number }> | null;
    readonly cache: Partial<ClusterPlan['cache']>;
    readonly forwarding: Partial<ClusterPlan['forwarding']>;
    readonly resolver: Partial<ResolverPlan>;
    readonly apps: { readonly staticZone: StaticZonePlan | null };
  };
  readonly traffic: Partial<TrafficScenario> & Pick<TrafficScenario, 'regions' | 'clients'>;
}

/** Questions from outside to the network's own authoritative servers. */
export interface AuthoritativeScenario {
  readonly operators: readonly string[];
  readonly traffic: OriginScenario['traffic'];
}

export interface TrafficScenario
  extends Omit<TrafficPlan, 'types' | 'regions' | 'groups' | 'operators'> {
  /** By type mnemonic. */
  readonly types: Named<number>;
  /** 24 factors; null: the same at all hours. */
  readonly day: readonly number[] | null;
  readonly regions: Named<RegionScenario>;
  readonly clients: Named<Omit<ClientGroupPlan, 'name'>>;
}

export interface RegionScenario extends Pick<ClientRegionPlan, 'lookupsPerSecond' | 'utcOffset'> {
  /** Shares by colo; null: the nearest. */
  readonly catchment: Named<number> | null;
}

export interface EventScenario {
  /** null: it is `from` that says when. */
  readonly at: Instant | null;
  /** The span of an act that takes its time, in place of `at` and `over`. */
  readonly from: Instant | null;
  readonly to: Instant | null;
  /** null: it stays. */
  readonly until: Instant | null;
  /** null: what the list makes of it. */
  readonly mark: 'fault' | 'repair' | 'none' | null;
  readonly text: string | null;
  readonly zone: string | null;
  readonly signWith: string | null;
  readonly resign: ResignScenario | null;
  readonly operator: string | null;
  /** Names of sites. */
  readonly isolate: readonly string[] | null;
  readonly resume: readonly string[] | null;
  readonly withdraw: readonly string[] | null;
  readonly withdrawColo: readonly string[] | null;
  readonly reroute: RouteScenario | null;
  /** A type that the zone has from then on. */
  readonly add: 'ZONEMD' | null;
  readonly resolver: Partial<ResolverPlan> | null;
  readonly forwarding: ForwardingChange | null;
  readonly apps: { readonly staticZone: StaticZoneChange | null } | null;
  /** Text of an override rule. */
  readonly rule: string | null;
  readonly nta: NegativeAnchorScenario | null;
  readonly restart: NodeSelection | null;
  readonly clock: ClockScenario | null;
  /** Whose nodes the act is for; null: the public resolver's. */
  readonly role: 'resolver' | 'origin' | null;
  /** How long it takes to roll out a rule or an anchor, or to restart nodes; null: no time. */
  readonly over: Micros | null;
}

export interface ClockScenario extends NodeSelection {
  /** How far clocks are put ahead; negative is back. */
  readonly skew: Micros;
}

export interface NegativeAnchorScenario {
  readonly zone: string;
  /** Seconds. */
  readonly lifetime: number;
  /** Seconds; null: never. */
  readonly recheck: number | null;
  readonly explain: boolean;
}

export interface ResignScenario {
  /** `apex`, `below-apex`, or an owner name; null for any. */
  readonly owner: string | null;
  readonly types: readonly number[];
  readonly signedWith: string | null;
  readonly copy: number | null;
  readonly over: Micros;
}

export interface VariantScenario {
  readonly mitigations: readonly {
    readonly name: string;
    /** Of all its instants; negative is earlier. */
    readonly shift: Micros;
  }[];
  /** Instead of the scenario's; null: the scenario's. */
  readonly timeline: readonly EventScenario[] | null;
}

/** Which lookups a figure is taken from. */
export interface FilterScenario {
  readonly zone: string | null;
  readonly colo: readonly string[] | null;
  readonly role: readonly string[] | null;
  readonly slice: string | null;
}

export interface ScopeScenario extends FilterScenario {
  readonly during: Span | null;
}

export interface AlertScenario extends FilterScenario {
  readonly metric: string | null;
  /** In place of a metric. */
  readonly ageOf: 'local-root' | null;
  readonly olderThan: Micros | null;
  readonly above: number | null;
  readonly below: number | null;
  readonly for: Micros;
  readonly per: 'all' | 'colo';
  readonly minimum: number;
}

export interface ExpectScenario extends ScopeScenario {
  readonly variant: string | null;
  readonly every: 'span' | 'bucket';
  readonly relativeTo: string | null;
  readonly differsFrom: string | null;
  readonly atScale: 'any' | 'full';
  /** The name of an alert, in place of metrics. */
  readonly alert: string | null;
  readonly fires: Fires | null;
  /** By metric. */
  readonly bounds: Named<{ readonly above: number | null; readonly below: number | null }>;
}

export interface PublishedScenario
  extends ScopeScenario,
    Pick<PublishedPlan, 'figure' | 'value' | 'variant' | 'metric' | 'take' | 'fitted' | 'source'> {
  readonly notSimulated: string | null;
}
