/**
 * The state of one resolver node, and the ports through which the world reaches it. Iteration and
 * validation work on this and on nothing else.
 */

import { LocalRoot, type LocalZone } from './apps/local-root.ts';
import { DenialCache } from './cache/denial.ts';
import { ServerTable } from './cache/servers.ts';
import { AnswerTable } from './cache/table.ts';
import { FixedServers, type NameServer, ZoneCut, ZoneCuts } from './cache/zone-cuts.ts';
import type { ResolverConfig } from './config.ts';
import type { DrawKey, Effect } from './events.ts';
import { Budget, type Observe } from './fetch.ts';
import type { Question } from './message.ts';
import { Name } from './name/name.ts';
import { DISABLE_STATIC, type Tags } from './policy/phases.ts';
import type { PolicyPorts } from './policy/policy.ts';
import { epochSeconds, type Micros } from './time.ts';
import { Anchors, type TrustAnchor } from './validate/anchors.ts';
import type { SignatureObserver } from './validate/rrset-check.ts';
import { type Maintenance, TrustPoints } from './validate/trust-points.ts';

/** What the driver hands in. */
export interface ResolverPorts {
  /** Names and addresses of the root servers (RFC 9609). */
  readonly rootHints: readonly { readonly name: Name; readonly addresses: readonly string[] }[];
  /** Without any, nothing can be validated. */
  readonly trustAnchors: readonly TrustAnchor[];
  /** Trust anchors whose keys are kept up to date (RFC 5011), or null: those above stay as they are. */
  readonly maintenance: Maintenance | null;
  /** Names at and below which nothing is validated, whatever their parents say. */
  readonly insecureDomains: readonly Name[];
  /** Zones whose servers the operator names, in place of what their parents delegate to. */
  readonly fixedZones: readonly FixedZone[];
  /** A 32-bit unsigned draw that depends on nothing but its arguments. */
  readonly random: (draw: DrawKey, purpose: number, k: number) => number;
  readonly signatures: SignatureObserver;
  /** Dense question ids in use, from 0. */
  readonly questions: number;
  /** null: override rules and negative trust anchors are not given to the node. */
  readonly policy: PolicyPorts | null;
  /** How it shares what it has in its cache with the other nodes of its colo; null: not at all. */
  readonly peers: Peers | null;
}

export type Peers =
  /** Each question is owned by one node, which is asked before anybody else. */
  | {
      readonly kind: 'owners';
      /** Its own number. */
      readonly self: number;
      /** The number of the owner; `questionId` is dense, or -1. */
      readonly ownerOf: (question: Question, questionId: number) => number;
    }
  /** All have one answer table; everything else is their own. */
  | { readonly kind: 'shared-table'; readonly table: AnswerTable };

/** A zone whose servers are given: its authorities, or forwarders that resolve for us. */
export interface FixedZone {
  readonly zone: Name;
  readonly role: 'stub' | 'forward';
  readonly servers: readonly FixedServer[];
  /** When they fail, go on as if they were not given. */
  readonly fallback: boolean;
  /** The servers are only where to ask for the zone's NS RRset, which is then used (root hints, stub-prime). */
  readonly prime: boolean;
  /** What they answer serves those who wait, and is not kept. */
  readonly noCache: boolean;
}

/** A server with its addresses, or (no addresses) a name to be looked up, or (no name) just addresses. */
export interface FixedServer {
  readonly name: Name | null;
  readonly addresses: readonly string[];
}

/** Purposes of `random`. */
export const DRAW_SERVER_CHOICE = 1;
export const DRAW_FAMILY = 2;

export class NodeState {
  config: ResolverConfig;
  readonly ports: ResolverPorts;
  table: AnswerTable;
  readonly cuts: ZoneCuts;
  readonly denials: DenialCache;
  readonly servers: ServerTable;
  readonly anchors: Anchors;
  readonly trustPoints: TrustPoints | null;
  /** Set when what was judged so far counts no more; the facade then clears it away. */
  isVoid = false;
  /** Some DNAME was found secure and stored: names below one need not be asked for. */
  knowsDnames = false;
  /** What the event at hand asks of the driver; set, as the times, by the facade at each event. */
  effects: Effect[] = [];
  now: Micros = 0;
  clock: Micros = 0;
  /** Of the lookup that is being worked for, set by the facade. */
  budget: Budget = new Budget(0);
  /** The copy of the root zone that is asked first; null without one. */
  #copy: LocalRoot | null = null;
  /** The same for the lookup that is being worked for: null, too, when its tags or the copy's age forbid it. */
  local: LocalRoot | null = null;
  /** There was a copy: zone cuts may hang from what it delegates. */
  #hadCopy = false;
  /** null unless somebody watches. */
  observe: Observe | null = null;

  constructor(config: ResolverConfig, ports: ResolverPorts) {
    this.config = config;
    this.ports = ports;
    const { peers } = ports;
    this.table =
      peers?.kind === 'shared-table'
        ? peers.table
        : new AnswerTable(config.answers, ports.questions);
    this.denials = new DenialCache(config.denials);
    this.servers = new ServerTable(config.initialTimeout);
    this.anchors = new Anchors(ports.trustAnchors, ports.insecureDomains);
    const { maintenance } = ports;
    this.trustPoints = maintenance === null ? null : new TrustPoints(maintenance, this.anchors);
    this.cuts = new ZoneCuts(this.#rootCut(), config.zoneCuts);
    for (const zone of ports.fixedZones) this.#fix(zone);
    if (config.staticZone !== null) this.useCopy(config.staticZone);
  }

  /** Whether a copy of the root zone is asked in place of root servers, unless tags forbid it. */
  get hasCopy(): boolean {
    return this.#copy !== null;
  }

  /** Whether the copy has the answer, usable or not. */
  isInCopy(question: Question): boolean {
    return this.#copy?.answers(question) === true;
  }

  /** From now on this copy of the root zone is asked; null: the root servers are. */
  useCopy(zone: LocalZone | null): void {
    this.#copy = zone === null ? null : new LocalRoot(zone, this.#copy);
    this.#hadCopy ||= zone !== null;
  }

  /** What was judged by the copy counts no more. */
  forgetCopied(): void {
    if (this.#copy !== null) this.#copy = new LocalRoot(this.#copy, null);
  }

  /** A lookup with these tags is worked for. */
  enter(tags: Tags): void {
    const copy = this.#copy;
    this.local = copy === null || (tags & DISABLE_STATIC) !== 0 ? null : copy;
    if (this.local?.fallback === true && !this.local.isUsable(this.clock)) this.local = null;
  }

  /** The zone that a cut hangs from, as the lookup at hand sees it. */
  above(cut: ZoneCut): ZoneCut {
    const parent = cut.parent ?? this.cuts.root;
    if (!this.#hadCopy) return parent;
    const { name } = parent;
    if (name.isRoot) return this.local?.root ?? this.cuts.root;
    if (parent.parent?.name.isRoot !== true) return parent;
    return this.local?.cut(name, this.clock) ?? this.cuts.ensure(name, this.cuts.root);
  }

  /** Seconds since 1970: the instant at which signatures are judged. */
  get signatureTime(): number {
    return this.config.validationDate ?? epochSeconds(this.clock);
  }

  /** Gives a zone the servers that the operator names. */
  #fix({ zone, role, servers, fallback, prime, noCache }: FixedZone): void {
    const nameServers = servers.map(({ name, addresses }) => ({
      name: name ?? zone,
      addresses: addresses.map((text) => this.servers.intern(text, text.includes(':') ? 6 : 4)),
      addressesExpireAt: addresses.length === 0 ? 0 : Number.POSITIVE_INFINITY,
    }));
    this.cuts.fix(new FixedServers(zone, role, fallback, nameServers, prime, noCache));
  }

  #rootCut(): ZoneCut {
    const hints = this.ports.rootHints;
    const nameServers: NameServer[] = hints.map(({ name, addresses }) => ({
      name,
      addresses: addresses.map((text) => this.servers.intern(text, text.includes(':') ? 6 : 4)),
      addressesExpireAt: Number.POSITIVE_INFINITY,
    }));
    const root = new ZoneCut(Name.root, null);
    root.delegation = { rank: 'referral', nameServers, expiresAt: Number.POSITIVE_INFINITY };
    return root;
  }
}
