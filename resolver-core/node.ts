/**
 * The state of one resolver node, and the ports through which the world reaches it. Iteration and
 * validation work on this and on nothing else.
 */

import { ServerTable } from './cache/servers.ts';
import { AnswerTable } from './cache/table.ts';
import { type NameServer, ZoneCut, ZoneCuts } from './cache/zone-cuts.ts';
import type { ResolverConfig } from './config.ts';
import type { DrawKey } from './events.ts';
import type { Observe } from './fetch.ts';
import { Name } from './name/name.ts';
import type { RRset } from './rrset.ts';
import type { Micros } from './time.ts';
import type { SignatureObserver } from './validate/rrset-check.ts';

/** What the driver hands in. */
export interface ResolverPorts {
  /** Names and addresses of the root servers (RFC 9609). */
  readonly rootHints: readonly { readonly name: Name; readonly addresses: readonly string[] }[];
  /** DS RRset of the root (RFC 5011 is not kept here), or null: nothing can be validated. */
  readonly trustAnchor: RRset | null;
  /** A 32-bit unsigned draw that depends on nothing but its arguments. */
  readonly random: (draw: DrawKey, purpose: number, k: number) => number;
  readonly signatures: SignatureObserver;
  /** Dense question ids in use, from 0. */
  readonly questions: number;
}

/** Purposes of `random`. */
export const DRAW_SERVER_CHOICE = 1;

export class NodeState {
  config: ResolverConfig;
  readonly ports: ResolverPorts;
  readonly table: AnswerTable;
  readonly cuts: ZoneCuts;
  readonly servers: ServerTable;
  /** Set by the facade at each event. */
  now: Micros = 0;
  clock: Micros = 0;
  /** null unless somebody watches. */
  observe: Observe | null = null;

  constructor(config: ResolverConfig, ports: ResolverPorts) {
    this.config = config;
    this.ports = ports;
    this.table = new AnswerTable(config.answers, ports.questions);
    this.servers = new ServerTable(config.initialTimeout);
    this.cuts = new ZoneCuts(this.#rootCut(), config.zoneCuts);
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
