/**
 * The hit ratio of one cell of `cache.ts` on real sockets: listeners, nodes, the queries that nodes hand to
 * each other, shared memory and authoritative servers are those of `zonequake live`, in one thread. The clock is
 * not the machine's: it stands at the instant of an arrival until that query has its answer, so that a fetch takes
 * no time by it, and a day of arrivals as long as its queries.
 */

import { createSocket, type Socket } from 'node:dgram';
import { FrontTable } from '../../resolver-core/cache/front-table.ts';
import type { Name } from '../../resolver-core/name/name.ts';
import { type Micros, SECOND } from '../../resolver-core/time.ts';
import { TYPE } from '../../resolver-core/wire/iana.ts';
import { AliasTable } from '../../sim/clients/popularity.ts';
import { exponential } from '../../sim/engine/math.ts';
import { PURPOSE, Stream } from '../../sim/engine/random.ts';
import { loopbackOf } from '../../sim/live/addresses.ts';
import { Asks, type Endpoint } from '../../sim/live/asks.ts';
import { openAuthorityServers } from '../../sim/live/authority-servers.ts';
import { LiveClock, startingAt } from '../../sim/live/clock.ts';
import { NodeCounters } from '../../sim/live/counters.ts';
import { nodeAddress } from '../../sim/live/layout.ts';
import { type Listener, openListener } from '../../sim/live/listener.ts';
import { newListenerCounters } from '../../sim/live/listener-counters.ts';
import { LiveNode } from '../../sim/live/node.ts';
import { Peers } from '../../sim/live/peers.ts';
import { SharedAnswers } from '../../sim/live/shared-answers.ts';
import { lockOwner } from '../../sim/live/warm-node.ts';
import { zipfRates } from '../../sim/oracles/closed-forms.ts';
import { oneTtlPlan } from '../../sim/oracles/one-ttl.ts';
import type { Plan } from '../../sim/plan.ts';
import { type Colo, DEFAULT_BLOCK, openWorld } from '../../sim/world.ts';
import {
  type CacheCell,
  type CacheFigure,
  type CacheTerms,
  expectedOf,
  misplaced,
  TTL,
  termsOf,
} from './cache.ts';

/** Entries of the table in front where answers are shared: few, so that the shared one is asked, too. */
const FRONT = 64;
/** Milliseconds after which a query is lost, and the figure with it. */
const PATIENCE = 10_000;

export async function measureLive(
  base: Plan,
  cell: CacheCell,
  terms: CacheTerms,
): Promise<CacheFigure> {
  const plan = oneTtlPlan(base, termsOf(cell, terms));
  const live = await LiveColo.open(plan, cell, terms.isKeyWrong);
  const client = new OneClient();
  try {
    const { names, seed, warmupTtls, countedTtls } = terms;
    const table = new AliasTable(zipfRates(names, cell.zipf, 1));
    const stream = new Stream(seed, PURPOSE.arrivals, 0, 0, 0);
    const from = plan.time.from;
    const counted = from + warmupTtls * TTL * SECOND;
    const end = counted + countedTtls * TTL * SECOND;
    let before = 0;
    let queries = 0;
    for (let at = from; ; ) {
      at += Math.ceil((exponential(stream.next()) * TTL * SECOND) / names);
      if (at >= end) break;
      const name = live.names[table.pick(stream.next(), stream.next())] as Name;
      const node = stream.next() % cell.nodes;
      if (at >= counted && queries++ === 0) before = live.hits;
      live.setClock(at);
      await client.ask(live.nodes[node] as Endpoint, name);
    }
    const hitRatio = (live.hits - before) / queries;
    return { world: 'live', cell, queries, hitRatio, expected: expectedOf(cell, terms) };
  } finally {
    client.close();
    await live.close();
  }
}

/** The nodes of a colo, their authoritative servers, and one clock for all. */
class LiveColo {
  readonly names: readonly Name[];
  readonly nodes: Endpoint[] = [];
  readonly #counters: NodeCounters[] = [];
  readonly #clock: LiveClock;
  readonly #closing: (() => Promise<void> | void)[] = [];

  private constructor(plan: Plan, names: readonly Name[]) {
    this.#clock = new LiveClock(startingAt(plan.time.from, 0));
    this.names = names;
  }

  static async open(plan: Plan, cell: CacheCell, isKeyWrong: boolean): Promise<LiveColo> {
    const world = openWorld(plan);
    const [variant] = plan.variants;
    if (variant === undefined) throw new Error('a plan without variants');
    const live = new LiveColo(
      plan,
      world.catalogue.hosts.map(({ name }) => name),
    );
    const servers = await openAuthorityServers({
      authorities: world.authorities(variant),
      clock: () => live.#now,
      port: 0,
      udpSize: plan.network.udpSize,
      counters: newListenerCounters(),
    });
    live.#closing.push(() => servers.close());
    const settings = { block: DEFAULT_BLOCK, wire: false };
    const misplace = misplaced(cell.nodes);
    const colo = world.openShard(variant, 0, isKeyWrong ? { ...settings, misplace } : settings);
    const answers = plan.cluster.cache.answers * cell.nodes;
    const memory = cell.mode === 'shared' ? SharedAnswers.room(answers) : null;
    const peers: Endpoint[] = [];
    const opened: LiveNode[] = [];
    for (const [number, resolver] of colo.nodes.entries()) {
      if (memory !== null) {
        const store = new SharedAnswers(memory, lockOwner(number));
        resolver.moveAnswers(new FrontTable(store, FRONT, 0), false);
      }
      const node = await live.#openNode(colo, number, servers.port);
      opened.push(node);
      peers.push({ address: nodeAddress(0, number), port: node.peers.port });
    }
    for (const node of opened) node.peers.setNodes(peers);
    return live;
  }

  async #openNode(colo: Colo, number: number, authorityPort: number): Promise<LiveNode> {
    const { nodes, workshop, upstream } = colo;
    const resolver = nodes[number];
    if (resolver === undefined || workshop === null) throw new Error(`no node ${number}`);
    const address = nodeAddress(0, number);
    const counters = new NodeCounters();
    const locate = (text: string): Endpoint | null => {
      const server = upstream.server(text);
      const site = server < 0 ? -1 : upstream.site(server, this.#now);
      return site < 0 ? null : { address: loopbackOf({ server, site }), port: authorityPort };
    };
    const { tagNames } = workshop;
    const node = await LiveNode.open({
      ...{ resolver, clock: this.#clock, counters, groupOf: () => '' },
      asks: (ports) => Asks.open({ ...ports, address, locate }),
      peers: (ports) => Peers.open({ ...ports, address, tagNames }),
    });
    const listener: Listener = await openListener({
      ...{ address, port: 0, counters: counters.listener },
      fast: (packet, out) => node.fast(packet, out),
      onQuery: (query, reply) => node.query(query, reply),
    });
    this.nodes.push({ address, port: listener.port });
    this.#counters.push(counters);
    this.#closing.push(
      () => listener.close(),
      () => node.close(),
    );
    return node;
  }

  get #now(): Micros {
    return this.#clock.at(this.#clock.now());
  }

  /** The clock stands at `at`. */
  setClock(at: Micros): void {
    this.#clock.set(this.#clock.changed({ clock: at }));
  }

  /** Clients' queries that found a fresh answer, at the node that they reached or at its owner. */
  get hits(): number {
    return this.#counters.reduce(
      (sum, { answers }) => sum + answers.hit + answers['forwarded-hit'],
      0,
    );
  }

  async close(): Promise<void> {
    await Promise.all(this.#closing.map((close) => close()));
  }
}

/** Asks one question at a time. */
class OneClient {
  readonly #socket: Socket = createSocket('udp4');
  #id = 0;
  #answered: (packet: Uint8Array) => void = () => {};

  constructor() {
    this.#socket.on('message', (packet) => this.#answered(packet));
  }

  /** Resolves with the answer being here; rejects when it is none, or does not come. */
  ask({ address, port }: Endpoint, { wire }: Name): Promise<void> {
    const id = this.#id++ & 0xffff;
    const header = [id >>> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    const query = Uint8Array.from([...header, ...wire, 0, TYPE.A, 0, 1]);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('a query on loopback was lost')), PATIENCE);
      this.#answered = (packet) => {
        if (packet[0] !== query[0] || packet[1] !== query[1]) return;
        clearTimeout(timer);
        const rcode = (packet[3] as number) & 15;
        if (rcode === 0) resolve();
        else reject(new Error(`a query that should have an answer got RCODE ${rcode}`));
      };
      this.#socket.send(query, port, address);
    });
  }

  close(): void {
    this.#socket.close();
  }
}
