/**
 * One resolver node on the wall clock: what drives the core where `sim/shard.ts` does in virtual time.
 *
 *   client's query, forwarded query -> handle(query)
 *   effects: ask -> `asks.ts`, forward -> `peers.ts`, wake -> `wakes.ts`, answer -> whoever asked
 *   responses, silence, timers      -> handle(...) again
 *
 * The sockets are the parts' business; this holds who is waiting for what. A restart puts a resolver with
 * nothing in memory in the place of the one that was: what was under way is forgotten, and counted.
 */

import { OUTCOME_HAS_ERRORS, OUTCOME_RCODE_MASK } from '../../resolver-core/cache/table.ts';
import type {
  Answer,
  ClientQuery,
  Effect,
  OwnerAnswer,
  ResolverEvent,
} from '../../resolver-core/events.ts';
import type { ExtendedError, Message } from '../../resolver-core/message.ts';
import type { Name } from '../../resolver-core/name/name.ts';
import { NO_TAGS } from '../../resolver-core/policy/phases.ts';
import { clientResponse } from '../../resolver-core/reply.ts';
import type { Resolver } from '../../resolver-core/resolver.ts';
import type { Micros } from '../../resolver-core/time.ts';
import { FLAG } from '../../resolver-core/wire/scan.ts';
import { sourceOf } from '../cluster/outcomes.ts';
import type { AskPorts, Asks } from './asks.ts';
import type { LiveClock } from './clock.ts';
import { EDE_CODES, type NodeCounters, RCODES } from './counters.ts';
import type { PeerPorts, PeerQuery, Peers } from './peers.ts';
import type { WireQuery } from './received.ts';
import { Wakes } from './wakes.ts';

/** Who is given an answer; null: nobody any more, and none will come. */
type Waiting = (answer: Answer | null) => void;

export interface NodeParts {
  readonly resolver: Resolver;
  readonly clock: LiveClock;
  readonly counters: NodeCounters;
  /** The client group that somebody at an address belongs to. */
  readonly groupOf: (address: string) => string;
  readonly asks: (ports: Pick<AskPorts, 'deliver' | 'counters'>) => Promise<Asks>;
  readonly peers: (
    ports: Pick<PeerPorts, 'deliver' | 'onQuery' | 'clock' | 'counters'>,
  ) => Promise<Peers>;
}

/** Draws of live queries are told apart from those of the virtual run by this source. */
const LIVE_SOURCE = 0x7fff_0000;

export class LiveNode {
  readonly #clock: LiveClock;
  readonly #counters: NodeCounters;
  readonly #groupOf: (address: string) => string;
  readonly #wakes: Wakes;
  readonly #waiting = new Map<number, Waiting>();
  #asks!: Asks;
  #peers!: Peers;
  #resolver: Resolver;
  #nextClient = 0;
  #ordinal = 0;
  /** How far the node's own clock is ahead of the scenario's. */
  #ahead: Micros = 0;

  private constructor({ resolver, clock, counters, groupOf }: NodeParts) {
    this.#resolver = resolver;
    this.#clock = clock;
    this.#counters = counters;
    this.#groupOf = groupOf;
    this.#wakes = new Wakes(clock, (timer) => this.handle({ kind: 'timer', timer }));
  }

  /** Opens the sockets towards servers and other nodes. */
  static async open(parts: NodeParts): Promise<LiveNode> {
    const node = new LiveNode(parts);
    const { counters } = parts;
    node.#asks = await parts.asks({
      deliver: (transaction, message) =>
        node.handle(
          message === null
            ? { kind: 'timeout', transaction }
            : { kind: 'response', transaction, message },
        ),
      counters: counters.asks,
    });
    node.#peers = await parts.peers({
      deliver: (transaction, answer) =>
        node.handle(
          answer === null
            ? { kind: 'timeout', transaction }
            : { kind: 'forwarded', transaction, answer },
        ),
      onQuery: (query, reply) => node.#forwarded(query, reply),
      clock: () => node.clock,
      counters: counters.peers,
    });
    return node;
  }

  get peers(): Peers {
    return this.#peers;
  }

  get resolver(): Resolver {
    return this.#resolver;
  }

  /** What the node's own clock shows. */
  get clock(): Micros {
    return this.#clock.at(this.#clock.now()) + this.#ahead;
  }

  /** Clients' and other nodes' queries that have no answer yet. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** A client's query; `reply` is called once, with null when the node restarts meanwhile. */
  query(query: WireQuery, reply: (message: Message | null) => void): void {
    const { message, question, client } = query;
    this.#ask(
      {
        question,
        recursionDesired: message.recursionDesired,
        dnssecOk: message.edns?.dnssecOk ?? false,
        authenticData: message.authenticatedData,
        checkingDisabled: message.checkingDisabled,
        clientGroup: this.#groupOf(client.address),
        tags: NO_TAGS,
        forwarded: false,
      },
      (answer) => {
        if (answer === null) {
          this.#counters.fate.lostInRestart++;
          reply(null);
          return;
        }
        this.#count(answer);
        reply(clientResponse(message, answer, this.clock, this.#resolver.config));
      },
    );
  }

  /** What a listener tries first (`listener.ts`): the octets of a cached answer. */
  fast(packet: Uint8Array, out: Uint8Array): number {
    const { fastPath } = this.#resolver;
    const length = fastPath.probeWire(packet, out, this.clock);
    if (length < 0) return length;
    const { answers } = this.#counters;
    const { outcome } = fastPath;
    answers.fast++;
    answers[sourceOf(outcome)]++;
    if (((out[3] as number) & FLAG.AD) !== 0) answers.authenticated++;
    this.#countRcode(outcome & OUTCOME_RCODE_MASK);
    if ((outcome & OUTCOME_HAS_ERRORS) !== 0) {
      this.#countErrors(this.#resolver.errorsOf(fastPath.slot));
    }
    return length;
  }

  #forwarded(query: PeerQuery, reply: (answer: OwnerAnswer | null) => void): void {
    const flags = { recursionDesired: true, authenticData: false, forwarded: true };
    this.#ask({ ...query, ...flags }, reply);
  }

  #ask(
    query: Omit<ClientQuery, 'kind' | 'client' | 'questionId' | 'draw'>,
    waiting: Waiting,
  ): void {
    const client = this.#nextClient++;
    this.#waiting.set(client, waiting);
    const draw = { source: LIVE_SOURCE, ordinal: this.#ordinal++, attempt: 0 };
    this.handle({ kind: 'query', client, questionId: -1, draw, ...query });
  }

  /** Hands an event to the resolver and does what it asks for. */
  handle(event: ResolverEvent): void {
    const now = this.#clock.now();
    const clock = this.#clock.at(now) + this.#ahead;
    for (const effect of this.#resolver.handle(event, now, clock)) this.#perform(effect);
  }

  #perform(effect: Effect): void {
    switch (effect.kind) {
      case 'ask':
        this.#asks.send(effect);
        break;
      case 'forward':
        this.#peers.send(effect);
        break;
      case 'wake':
        this.#wakes.add(effect, this.#ahead);
        break;
      case 'answer': {
        const waiting = this.#waiting.get(effect.client);
        this.#waiting.delete(effect.client);
        waiting?.(effect);
        break;
      }
      case 'observe':
        throw new Error('a live node is observed');
    }
  }

  /** The scenario's clock, or the node's own, was set. */
  clockSet(ahead: Micros, back: boolean): void {
    this.#ahead = ahead;
    this.#wakes.clockSet();
    this.handle({ kind: 'clock', back });
  }

  /** Forgets what is cached of a name, or of all at and below it. */
  flush(name: Name, below: boolean): void {
    this.#resolver.flush(name, below);
  }

  /** A resolver with nothing in memory takes the place of this one. */
  restart(resolver: Resolver): void {
    this.#counters.fate.restarts++;
    this.#asks.forget();
    this.#peers.forget();
    this.#wakes.clear();
    this.#resolver = resolver;
    const lost = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const waiting of lost) waiting(null);
  }

  close(): void {
    this.#asks.close();
    this.#peers.close();
    this.#wakes.clear();
  }

  #count({ source, authenticated, answer }: Answer): void {
    const { answers } = this.#counters;
    answers[source]++;
    if (authenticated) answers.authenticated++;
    this.#countRcode(answer.rcode);
    this.#countErrors(answer.errors);
  }

  #countRcode(rcode: number): void {
    const { rcodes } = this.#counters;
    const place = Math.min(rcode, RCODES - 1);
    rcodes[place] = (rcodes[place] as number) + 1;
  }

  #countErrors(errors: readonly ExtendedError[]): void {
    const { ede } = this.#counters;
    for (const { code } of errors) {
      const place = Math.min(code, EDE_CODES - 1);
      ede[place] = (ede[place] as number) + 1;
    }
  }
}
