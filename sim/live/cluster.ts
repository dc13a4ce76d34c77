/**
 * A live cluster: every node a thread with sockets of its own, the authoritative servers on another, and on
 * the main one the front address, the clock and what an operator orders.
 *
 *   client -> front (relay) -> node -> other node of the colo, authoritative servers
 *   client -> colo (the kernel, or a relay) -> node
 *
 * A node whose thread ends is replaced by one with empty caches; the others go on, without an answer from it
 * until it is back. A thread that ends again and again is started later and later.
 */

import type { Micros } from '../../resolver-core/time.ts';
import type { Plan, VariantPlan } from '../plan.ts';
import { isLoopback } from './addresses.ts';
import type { Endpoint } from './asks.ts';
import type {
  AuthorityTask,
  FromAuthorities,
  ServerAt,
  ToAuthorities,
} from './authority-thread.ts';
import { Catchment } from './catchment.ts';
import { LiveClock, startingAt } from './clock.ts';
import { NodeCounters, waitingOf } from './counters.ts';
import { checkRoom, coloAddress, nodeAddress, viaAddress } from './layout.ts';
import { ListenError } from './listen-error.ts';
import { CAN_REUSE_PORT } from './listener.ts';
import type { FromNode, NodeTask, ToNode } from './node-thread.ts';
import { OrderError, Orders } from './orders.ts';
import { newRelayCounters, Relay, type RelayCounters, type RelayTarget } from './relay.ts';
import { SharedAnswers } from './shared-answers.ts';
import { Thread } from './thread.ts';
import { lockOwner } from './warm-node.ts';

export interface LiveOptions {
  readonly plan: Plan;
  readonly variant: VariantPlan;
  /** Where the scenario's clock begins, and how fast it goes. */
  readonly at: Micros;
  readonly speed: number;
  /** Port 0: one that is free. */
  readonly front: Endpoint;
  /** The front address need not be loopback. */
  readonly beyondLoopback: boolean;
  /** The kernel spreads a colo's clients over its nodes' sockets where Node has it. */
  readonly reusePort?: boolean;
  /** Told of what happens unasked. */
  readonly onNotice: (text: string) => void;
}

/** One node, its thread and its counts. */
export interface LiveNodeAt {
  /** Indices in the plan. */
  readonly colo: number;
  readonly number: number;
  readonly own: Endpoint;
  readonly counters: NodeCounters;
}

interface Place extends LiveNodeAt {
  thread: Thread<ToNode, FromNode> | null;
  /** Threads that ended unasked within `CRASH_MEMORY`. */
  crashes: number;
  lastCrash: number;
}

/** How it went to start. */
export interface StartFigures {
  /** Client queries that were simulated for the caches, all nodes together. */
  readonly simulated: number;
  /** The scenario's clock at the start: when all that was under way at `at` was over. */
  readonly clock: Micros;
}

/** Ports tried until one is free at all addresses. */
const PORT_TRIES = 8;
/** Milliseconds: what a thread that ended waits for its successor, doubled with each end in a row. */
const FIRST_WAIT = 50;
const LONGEST_WAIT = 10_000;
const CRASH_MEMORY = 30_000;

export class LiveCluster {
  readonly plan: Plan;
  readonly variant: VariantPlan;
  readonly orders: Orders;
  readonly relayCounters: RelayCounters = newRelayCounters();
  readonly spread: 'kernel' | 'relay';
  readonly #options: LiveOptions;
  readonly #catchment: Catchment;
  readonly #places: Place[] = [];
  /** The same by colo and number. */
  readonly #byColo: Place[][] = [];
  readonly #relays: Relay[] = [];
  /** By colo, in cache mode `shared`. */
  readonly #answers: readonly SharedAnswers[];
  /** Addresses of the relay by client group, and the other way round. */
  readonly #viaOf: ReadonlyMap<string, string>;
  readonly #vias: ReadonlyMap<string, string>;
  #authorities: Thread<ToAuthorities, FromAuthorities> | null = null;
  #servers: readonly ServerAt[] = [];
  #clock: LiveClock;
  #port: number;
  #isClosing = false;
  #started: StartFigures = { simulated: 0, clock: 0 };

  private constructor(options: LiveOptions, port: number) {
    const { plan, variant, at, speed, reusePort = CAN_REUSE_PORT } = options;
    this.plan = plan;
    this.variant = variant;
    this.#options = options;
    this.orders = new Orders(plan, variant);
    this.spread = reusePort ? 'kernel' : 'relay';
    this.#catchment = new Catchment(plan);
    this.#clock = new LiveClock(startingAt(at, speed));
    this.#port = port;
    this.#answers = sharedAnswersOf(plan);
    const vias = plan.traffic.groups.map(({ name }, group) => [name, viaAddress(group)] as const);
    this.#viaOf = new Map(vias);
    this.#vias = new Map(vias.map(([name, via]) => [via, name]));
  }

  /** Rejects with `ListenError` when a port is taken, with nothing left open. */
  static async open(options: LiveOptions): Promise<LiveCluster> {
    checkRoom(options.plan);
    const { address } = options.front;
    if (!options.beyondLoopback && !isLoopback(address)) {
      throw new RangeError(`${address} is not loopback`);
    }
    const { port } = options.front;
    for (let left = PORT_TRIES; ; left--) {
      const cluster = new LiveCluster(options, port);
      try {
        await cluster.#open();
        return cluster;
      } catch (error) {
        await cluster.#abandon();
        const isTaken = error instanceof ListenError && error.code === 'in-use';
        if (port !== 0 || !isTaken || left <= 1) throw error;
      }
    }
  }

  get front(): Endpoint {
    return { address: this.#options.front.address, port: this.#port };
  }

  get nodes(): readonly LiveNodeAt[] {
    return this.#places;
  }

  get servers(): readonly ServerAt[] {
    return this.#servers;
  }

  get started(): StartFigures {
    return this.#started;
  }

  /** The scenario's time. */
  get clock(): Micros {
    return this.#clock.at(this.#clock.now());
  }

  get speed(): number {
    return this.#clock.setting.speed;
  }

  coloAt(colo: number): Endpoint {
    return { address: coloAddress(colo), port: this.#port };
  }

  /** Sets the scenario's clock, or how fast it goes. */
  setClock(change: { readonly clock?: Micros; readonly speed?: number }): void {
    const clock = this.#clock.changed(change);
    this.#clock.set(clock);
    this.#authorities?.send({ kind: 'clock', clock });
    this.#tellAll({ kind: 'clock', clock });
    if (change.clock === undefined) return;
    this.orders.clockSet(change.clock);
    this.ordered();
  }

  /** `orders` have changed: every node is told. */
  ordered(): void {
    this.#tellAll({ kind: 'timeline', timeline: this.orders.timeline });
  }

  /** Throws `OrderError` when there is no such node. */
  restart(colo: string, number: number): void {
    this.#placeOf(colo, number).thread?.send({ kind: 'restart' });
  }

  /** Ends the thread of a node, as a crash would; another takes its place. */
  async kill(colo: string, number: number): Promise<void> {
    await this.#placeOf(colo, number).thread?.end(false);
  }

  /** Every node forgets what it has cached of a name, or of all at and below it. */
  flush(name: string, below: boolean): void {
    this.#tellAll({ kind: 'flush', name, below });
  }

  /** Takes nothing more, answers what is under way, and ends. */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const relay of this.#relays) relay.stop();
    await Promise.all(this.#places.map(({ thread }) => thread?.drain({ kind: 'drain' })));
    await this.#authorities?.drain({ kind: 'drain' });
    for (const relay of this.#relays) relay.close();
  }

  // ---- the start ----

  async #open(): Promise<void> {
    const { at, front, speed } = this.#options;
    const route = (address: string, port: number): RelayTarget | null =>
      this.#route(this.#catchment.of(address).colo, address, port);
    await this.#openRelay(front.address, route);
    this.#port = this.#relays[0]?.port ?? front.port;
    const { plan, variant } = this;
    if (this.spread === 'relay') {
      for (const colo of plan.cluster.colos.keys()) {
        await this.#openRelay(coloAddress(colo), (...flow) => this.#route(colo, ...flow));
      }
    }
    const clock = this.#clock.setting;
    this.#authorities = this.#openAuthorities({ plan, variant, port: this.#port, clock });
    for (const [colo, { nodes }] of plan.cluster.colos.entries()) {
      for (let number = 0; number < nodes; number++) this.#addPlace(colo, number);
    }
    for (const place of this.#places) this.#spawn(place, at, false);
    const threads = this.#places.flatMap(({ thread }) => thread ?? []);
    // Whatever fails first is what is told; the others are ended by it.
    const [{ servers }] = await Promise.all([
      this.#authorities.said('listening'),
      ...threads.map((thread) => thread.said('listening')),
    ]);
    this.#servers = servers;
    const loaded = await Promise.all(threads.map((thread) => thread.said('loaded')));
    const latest = loaded.reduce((last, each) => Math.max(last, each.at), at);
    this.#started = {
      simulated: loaded.reduce((sum, { queries }) => sum + queries, 0),
      clock: latest,
    };
    this.#clock.set(startingAt(latest, speed));
    this.#authorities.send({ kind: 'clock', clock: this.#clock.setting });
    await Promise.all(this.#places.map((place) => this.#start(place)));
  }

  async #openRelay(address: string, route: (address: string, port: number) => RelayTarget | null) {
    const vias = [...this.#vias.keys()];
    const counters = this.relayCounters;
    this.#relays.push(await Relay.open({ address, port: this.#port, route, vias, counters }));
  }

  #openAuthorities(task: AuthorityTask): Thread<ToAuthorities, FromAuthorities> {
    return new Thread<ToAuthorities, FromAuthorities>({
      module: './authority-worker',
      name: 'authorities',
      task,
      ended: (unasked, failure) => {
        if (!unasked || this.#isClosing) return;
        this.#options.onNotice(`the authoritative servers ended: ${failure?.stack ?? 'killed'}`);
        this.#replaceAuthoritiesLater(task);
      },
    });
  }

  #replaceAuthoritiesLater(task: AuthorityTask): void {
    setTimeout(() => this.#replaceAuthorities(task), LONGEST_WAIT).unref();
  }

  #replaceAuthorities(task: AuthorityTask): void {
    if (this.#isClosing) return;
    const thread = this.#openAuthorities({ ...task, clock: this.#clock.setting });
    this.#authorities = thread;
    thread.said('listening').catch(async (error: Error) => {
      // Of an end has been told.
      if (this.#isClosing || !(error instanceof ListenError)) return;
      this.#options.onNotice(`the authoritative servers could not be replaced: ${error.message}`);
      await thread.end(true);
      this.#replaceAuthoritiesLater(task);
    });
  }

  #addPlace(colo: number, number: number): void {
    const own = { address: nodeAddress(colo, number), port: this.#port };
    const counters = new NodeCounters();
    const fresh = { thread: null, crashes: 0, lastCrash: 0 };
    const place: Place = { colo, number, own, counters, ...fresh };
    this.#places.push(place);
    const there = this.#byColo[colo] ?? [];
    this.#byColo[colo] = there;
    there[number] = place;
  }

  #spawn(place: Place, at: Micros, cold: boolean): void {
    const { plan, variant } = this;
    const { colo, number, own, counters } = place;
    const task: NodeTask = {
      ...{ plan, variant, colo, number, at, cold, own },
      answers: this.#answers[colo]?.memory ?? null,
      shared: this.spread === 'kernel' ? this.coloAt(colo) : null,
      authorityPort: this.#port,
      vias: this.#vias,
      counters: counters.memory,
    };
    place.thread = new Thread<ToNode, FromNode>({
      module: './node-worker',
      name: `node ${colo}/${number}`,
      task,
      ended: (unasked, failure) => this.#onEnd(place, unasked, failure),
    });
  }

  /** Lets a node that has its caches answer, and tells all of them where it is. */
  async #start({ thread, colo }: Place): Promise<void> {
    if (thread === null) return;
    await thread.said('loaded');
    thread.send({ kind: 'start', clock: this.#clock.setting, timeline: this.orders.timeline });
    await thread.said('started');
    this.#tellPeers(colo);
  }

  async #abandon(): Promise<void> {
    this.#isClosing = true;
    await Promise.all(this.#places.map(({ thread }) => thread?.end(true)));
    await this.#authorities?.end(true);
    for (const relay of this.#relays) relay.close();
  }

  // ---- while it runs ----

  #onEnd(place: Place, unasked: boolean, failure: Error | null): void {
    const { colo, number, counters } = place;
    place.thread = null;
    // Nobody else writes there any more: what was under way is lost.
    counters.fate.lostWithThread += waitingOf(counters);
    this.#answers[colo]?.release(lockOwner(number));
    if (!unasked || this.#isClosing) return;
    const name = `${this.plan.cluster.colos[colo]?.name}/${number}`;
    const why = failure === null ? 'it was killed' : (failure.stack ?? failure.message);
    this.#options.onNotice(`node ${name} ended and is replaced: ${why}`);
    this.#tellPeers(colo);
    this.#replaceLater(place);
  }

  #replaceLater(place: Place): void {
    const now = performance.now();
    place.crashes = now - place.lastCrash < CRASH_MEMORY ? place.crashes + 1 : 0;
    place.lastCrash = now;
    let wait = FIRST_WAIT;
    for (let i = 0; i < place.crashes && wait < LONGEST_WAIT; i++) wait *= 2;
    // A cluster that is closed meanwhile does not keep the process.
    setTimeout(() => this.#replace(place), Math.min(wait, LONGEST_WAIT)).unref();
  }

  async #replace(place: Place): Promise<void> {
    if (this.#isClosing) return;
    place.counters.fate.replacements++;
    this.#spawn(place, this.clock, true);
    const { thread } = place;
    try {
      await this.#start(place);
    } catch (error) {
      if (this.#isClosing) return;
      const why = error instanceof Error ? error.message : error;
      this.#options.onNotice(`a node could not be replaced: ${why}`);
      // One that ended has been seen to by `#onEnd`; one that could not listen waits for words.
      if (!(error instanceof ListenError)) return;
      await thread?.end(true);
      this.#replaceLater(place);
    }
  }

  /** Threads hear things in order: what comes before their start is in it, and what comes after it is heard then. */
  #tellAll(message: ToNode): void {
    for (const { thread } of this.#places) thread?.send(message);
  }

  #tellPeers(colo: number): void {
    const there = this.#places.filter((place) => place.colo === colo);
    const nodes = there.map(({ thread, own }) => {
      const started = thread?.heard('started') ?? null;
      return started === null ? null : { address: own.address, port: started.peerPort };
    });
    for (const { thread } of there) thread?.send({ kind: 'peers', nodes });
  }

  /** The node of a colo that a flow reaches. */
  #route(colo: number, address: string, port: number): RelayTarget | null {
    const number = this.#catchment.nodeOf(colo, address, port);
    const place = this.#byColo[colo]?.[number];
    const via = this.#viaOf.get(this.#catchment.of(address).group);
    if (place === undefined || place.thread === null || via === undefined) return null;
    return { endpoint: place.own, via };
  }

  #placeOf(colo: string, number: number): Place {
    const index = this.plan.cluster.colos.findIndex(({ name }) => name === colo);
    const place = this.#byColo[index]?.[number];
    if (place !== undefined) return place;
    const names = this.#places.map(
      (each) => `${this.plan.cluster.colos[each.colo]?.name}/${each.number}`,
    );
    throw new OrderError(`there is no node ${colo}/${number}; there are ${names.join(', ')}`);
  }
}

/** The memory of each colo whose nodes share their answers: as large as all of theirs together. */
function sharedAnswersOf({ cluster }: Plan): SharedAnswers[] {
  const { mode, answers } = cluster.cache;
  if (mode !== 'shared') return [];
  return cluster.colos.map(
    ({ nodes }) => new SharedAnswers(SharedAnswers.room(answers * nodes), MAIN_OWNER),
  );
}

/** No node's: the main thread takes no locks. */
const MAIN_OWNER = 0x7fff_ffff;
