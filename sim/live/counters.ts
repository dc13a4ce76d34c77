/**
 * What one node counts, in shared memory: only its thread writes, anybody reads, and the counts outlive the
 * thread. One column per count; the objects that listeners and exchanges count in are views of it.
 *
 * Limitations: columns are read one by one, not all at one instant.
 */

import type { AnswerSource } from '../../resolver-core/events.ts';
import type { AskCounters } from './asks.ts';
import { type ListenerCounters, newListenerCounters } from './listener-counters.ts';
import type { PeerCounters } from './peers.ts';

/** RCODEs and INFO-CODEs (RFC 8914) that are counted each by itself; what is beyond counts as the last. */
export const RCODES = 24;
export const EDE_CODES = 64;

/** How a client's query was answered: exactly one for each answer. */
export interface AnswerCounters extends Record<AnswerSource, number> {
  /** Of `hit`: rendered before, and given without a `handle`. */
  fast: number;
  authenticated: number;
}

export interface FateCounters {
  /** Clients' queries that came before the node could answer. */
  notReady: number;
  /** … that it forgot when it restarted, … */
  lostInRestart: number;
  /** … and that ended with its thread; written by the main thread when there is no other. */
  lostWithThread: number;
  /** Threads that took the place of one that ended. */
  replacements: number;
  /** Restarts that the thread survived. */
  restarts: number;
  /** Answers held, copied here from time to time. */
  cached: number;
}

const NO_ANSWERS: AnswerCounters = {
  ...{ hit: 0, 'forwarded-hit': 0, miss: 0, joined: 0, 'failure-cached': 0, synthesised: 0 },
  ...{ stale: 0, 'static-zone': 0, policy: 0, fast: 0, authenticated: 0 },
};
const NO_ASKS: AskCounters = {
  ...{ udpAsked: 0, tcpAsked: 0, responses: 0, timeouts: 0, unexpected: 0, malformed: 0 },
};
const NO_PEERS: PeerCounters = {
  ...{ forwardsSent: 0, forwardsAnswered: 0, forwardTimeouts: 0 },
  ...{ forwardsReceived: 0, forwardsDropped: 0 },
};
const NO_FATE: FateCounters = {
  ...{ notReady: 0, lostInRestart: 0, lostWithThread: 0, replacements: 0, restarts: 0, cached: 0 },
};

/** Generous: a test holds that everything fits. */
const COLUMNS = 160;

export class NodeCounters {
  readonly memory: SharedArrayBuffer;
  readonly listener: ListenerCounters;
  readonly answers: AnswerCounters;
  readonly asks: AskCounters;
  readonly peers: PeerCounters;
  readonly fate: FateCounters;
  readonly rcodes: Float64Array;
  readonly ede: Float64Array;

  constructor(memory: SharedArrayBuffer = NodeCounters.room()) {
    this.memory = memory;
    let next = 0;
    const columns = (count: number): Float64Array => {
      const at = next;
      next += count;
      return new Float64Array(memory, at * Float64Array.BYTES_PER_ELEMENT, count);
    };
    const { turned, ...listener } = newListenerCounters();
    this.listener = Object.assign(viewOf(listener, columns), { turned: viewOf(turned, columns) });
    this.answers = viewOf(NO_ANSWERS, columns);
    this.asks = viewOf(NO_ASKS, columns);
    this.peers = viewOf(NO_PEERS, columns);
    this.fate = viewOf(NO_FATE, columns);
    this.rcodes = columns(RCODES);
    this.ede = columns(EDE_CODES);
  }

  static room(): SharedArrayBuffer {
    return new SharedArrayBuffer(COLUMNS * Float64Array.BYTES_PER_ELEMENT);
  }
}

/** Every reason for which a node does not answer a query, and how many there were. */
export function droppedBy({ listener, fate }: NodeCounters): Readonly<Record<string, number>> {
  return {
    short: listener.turned.short,
    response: listener.turned.response,
    unanswerable: listener.turned.unanswerable,
    overload: listener.overload,
    'not-ready': fate.notReady,
    restart: fate.lostInRestart,
    'thread-lost': fate.lostWithThread,
  };
}

/** Queries that were answered: by the cache, by the resolver, or turned away with an RCODE. */
export function answeredBy({ listener, answers }: NodeCounters): number {
  const { formerr, notimp, badvers, refused } = listener.turned;
  const { authenticated, fast, ...sources } = answers;
  return sum(Object.values(sources)) + formerr + notimp + badvers + refused;
}

/** What came and is neither answered nor dropped. */
export function waitingOf(counters: NodeCounters): number {
  const { udpReceived, tcpReceived } = counters.listener;
  const dropped = sum(Object.values(droppedBy(counters)));
  return udpReceived + tcpReceived - answeredBy(counters) - dropped;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** An object with the same keys, each of which reads and writes a column. */
function viewOf<Counts extends object>(
  zero: Counts,
  columns: (count: number) => Float64Array,
): Counts {
  const keys = Object.keys(zero);
  const cells = columns(keys.length);
  const view = {};
  for (const [column, key] of keys.entries()) {
    Object.defineProperty(view, key, {
      enumerable: true,
      get: () => cells[column],
      set: (value: number) => {
        cells[column] = value;
      },
    });
  }
  return view as Counts;
}
