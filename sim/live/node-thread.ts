/**
 * What the thread of one node does, from its first message to its last (`cluster.ts` is the other side):
 *
 *   here                                      main thread
 *   opens its sockets            listening ->
 *   takes its caches             loaded    ->
 *                                          <- start     the clock, the timeline
 *   answers                      started   ->
 *                                          <- peers     where the other nodes are
 *                                          <- clock, timeline, restart, flush
 *                                          <- drain
 *   ends                         drained   ->
 *
 * Sockets come first, so that a port that is taken is known before the caches are.
 */

import type { MessagePort } from 'node:worker_threads';
import { SLOW } from '../../resolver-core/fast-path.ts';
import { Name } from '../../resolver-core/name/name.ts';
import type { Micros } from '../../resolver-core/time.ts';
import type { TimelineAct } from '../plan.ts';
import { loopbackOf } from './addresses.ts';
import { Asks, type Endpoint } from './asks.ts';
import { Catchment } from './catchment.ts';
import { type ClockSetting, LiveClock } from './clock.ts';
import { Conduct } from './conduct.ts';
import { NodeCounters } from './counters.ts';
import { ListenError, type Refusal, refusalOf } from './listen-error.ts';
import { type Listener, openListener } from './listener.ts';
import { LiveNode } from './node.ts';
import { Peers } from './peers.ts';
import type { WireQuery } from './received.ts';
import { type TakenNode, type Taking, takeNode } from './warm-node.ts';

/** What a node's thread begins with; plain data. */
export interface NodeTask extends Taking {
  /** Its own address, and its colo's where the kernel spreads clients over sockets (null: it does not). */
  readonly own: Endpoint;
  readonly shared: Endpoint | null;
  /** Where the authoritative servers listen, each at its loopback address. */
  readonly authorityPort: number;
  /** Addresses of relays, with the client group that each stands for. */
  readonly vias: ReadonlyMap<string, string>;
  /** Of a `NodeCounters`. */
  readonly counters: SharedArrayBuffer;
}

export type ToNode =
  | {
      readonly kind: 'start';
      readonly clock: ClockSetting;
      readonly timeline: readonly TimelineAct[];
    }
  | { readonly kind: 'peers'; readonly nodes: readonly (Endpoint | null)[] }
  | { readonly kind: 'clock'; readonly clock: ClockSetting }
  | { readonly kind: 'timeline'; readonly timeline: readonly TimelineAct[] }
  | { readonly kind: 'restart' }
  | { readonly kind: 'flush'; readonly name: string; readonly below: boolean }
  | { readonly kind: 'drain' };

export type FromNode =
  | { readonly kind: 'listening' }
  | { readonly kind: 'loaded'; readonly at: Micros; readonly queries: number }
  | { readonly kind: 'started'; readonly peerPort: number }
  | { readonly kind: 'drained' }
  /** Its sockets could not be opened. */
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** How often what is held is written down for those who read the counters, in milliseconds. */
const GAUGE_INTERVAL = 500;

export class NodeThread {
  readonly #task: NodeTask;
  readonly #post: (message: FromNode) => void;
  readonly #counters: NodeCounters;
  #listeners: Listener[] = [];
  #taken: TakenNode | null = null;
  #clock: LiveClock | null = null;
  #node: LiveNode | null = null;
  #conduct: Conduct | null = null;
  #gauge: NodeJS.Timeout | undefined;

  constructor(task: NodeTask, post: (message: FromNode) => void) {
    this.#task = task;
    this.#post = post;
    this.#counters = new NodeCounters(task.counters);
  }

  /** Opens the sockets and takes the caches. */
  async open(): Promise<void> {
    const { own, shared } = this.#task;
    try {
      this.#listeners = await this.#listen(own, shared);
    } catch (error) {
      if (!(error instanceof ListenError)) throw error;
      this.#post({ kind: 'refused', refusal: refusalOf(error) });
      return;
    }
    this.#post({ kind: 'listening' });
    this.#taken = takeNode(this.#task);
    this.#post({ kind: 'loaded', at: this.#taken.at, queries: this.#taken.queries });
  }

  async onMessage(message: ToNode): Promise<void> {
    switch (message.kind) {
      case 'start':
        await this.#start(message.clock, message.timeline);
        break;
      case 'peers':
        this.#node?.peers.setNodes(message.nodes);
        break;
      case 'clock': {
        const back = this.#clock?.set(message.clock) === true;
        this.#conduct?.clockSet(back);
        break;
      }
      case 'timeline':
        this.#conduct?.setTimeline(message.timeline);
        break;
      case 'restart':
        this.#conduct?.restart();
        break;
      case 'flush':
        this.#node?.flush(Name.parse(message.name), message.below);
        break;
      case 'drain':
        await this.#drain();
        break;
    }
  }

  async #listen(own: Endpoint, shared: Endpoint | null): Promise<Listener[]> {
    const counters = this.#counters.listener;
    const onQuery = (query: WireQuery, reply: Parameters<LiveNode['query']>[1]): void => {
      // What comes before the start waits in the kernel while the caches are made, or is lost.
      if (this.#node !== null) {
        this.#node.query(query, reply);
        return;
      }
      this.#counters.fate.notReady++;
      reply(null);
    };
    const fast = (packet: Uint8Array, out: Uint8Array): number =>
      this.#node?.fast(packet, out) ?? SLOW;
    const handlers = { onQuery, fast, counters };
    const first = await openListener({ ...own, ...handlers });
    if (shared === null) return [first];
    try {
      return [first, await openListener({ ...shared, ...handlers, reusePort: true })];
    } catch (error) {
      await first.close();
      throw error;
    }
  }

  async #start(setting: ClockSetting, timeline: readonly TimelineAct[]): Promise<void> {
    const { plan, variant, colo, number, cold, own, vias, authorityPort } = this.#task;
    const taken = this.#taken;
    if (taken === null) throw new Error('a node starts when it has its caches');
    const clock = new LiveClock(setting);
    const catchment = new Catchment(plan);
    const { upstream, workshop } = taken;
    const { tagNames } = workshop;
    const { address } = own;
    const locate = (text: string): Endpoint | null => {
      const server = upstream.server(text);
      const site = server < 0 ? -1 : upstream.site(server, clock.at(clock.now()));
      return site < 0 ? null : { address: loopbackOf({ server, site }), port: authorityPort };
    };
    const node = await LiveNode.open({
      resolver: taken.resolver,
      clock,
      counters: this.#counters,
      groupOf: (client) => vias.get(client) ?? catchment.of(client).group,
      asks: (ports) => Asks.open({ ...ports, address, locate }),
      peers: (ports) => Peers.open({ ...ports, address, tagNames }),
    });
    const from = { since: taken.at, timeline: variant.timeline, cold };
    this.#conduct = new Conduct({ plan, colo, number, node, clock, workshop, ...from });
    this.#conduct.begin(timeline);
    this.#clock = clock;
    this.#node = node;
    this.#gauge = setInterval(() => {
      this.#counters.fate.cached = node.resolver.cachedAnswers;
    }, GAUGE_INTERVAL);
    this.#post({ kind: 'started', peerPort: node.peers.port });
  }

  async #drain(): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.close()));
    clearInterval(this.#gauge);
    this.#conduct?.close();
    this.#node?.close();
    this.#post({ kind: 'drained' });
  }
}

/** Lets a thread be a node; `task` is what it was started with. */
export function runNode(task: NodeTask, port: MessagePort): void {
  const thread = new NodeThread(task, (message) => port.postMessage(message));
  // One after another, in the order in which they came; what fails ends the thread, and the main one sees it.
  let last = thread.open();
  port.on('message', (message: ToNode) => {
    last = last.then(() => thread.onMessage(message));
    if (message.kind === 'drain') last = last.then(() => port.close());
  });
}
