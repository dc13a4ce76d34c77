/**
 * A listener: a UDP socket and a TCP server on the same address and port, on loopback unless
 * told. What comes is sorted by `received.ts`; queries go to `onQuery`, and what it replies goes back.
 *
 *   datagram -> fast(packet, out)  >= 0: those octets go back, and that was all
 *            -> receive()          query -> onQuery(query, reply)       otherwise: answered or dropped, counted
 *
 * Closing drains: nothing more is taken, what is in flight is answered within `DRAIN_TIME`, then the sockets
 * close.
 *
 * Limitations: Do53 alone (no DoT, DoH, DoQ); no rate limits per client; EDNS keepalive (RFC 7828) is not
 * offered.
 */

import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type Server, type Socket as TcpSocket } from 'node:net';
import {
  DRAIN_TIME,
  MAX_TCP_CONNECTIONS,
  MAX_UDP_PENDING,
  MAX_UDP_RESPONSE,
} from '../../resolver-core/limits.ts';
import type { Message } from '../../resolver-core/message.ts';
import { MILLISECOND } from '../../resolver-core/time.ts';
import { isLoopback } from './addresses.ts';
import { ListenError } from './listen-error.ts';
import type { ListenerCounters } from './listener-counters.ts';
import { type Client, type Passed, receive, responseOctets, type WireQuery } from './received.ts';
import { TcpConnection } from './tcp-connection.ts';

export interface ListenerOptions {
  /** IPv4 or IPv6, as text. Anything but loopback needs `beyondLoopback`. */
  readonly address: string;
  /** 0: one that is free for both transports. */
  readonly port: number;
  readonly beyondLoopback?: boolean;
  /**
   * Tried first on every datagram: writes the whole response into `out`, which has room for
   * `MAX_UDP_RESPONSE`, and returns its octets; -1 for everything that it does not want, malformed packets
   * included. Nothing is allocated on this way but what Node allocates per datagram.
   */
  readonly fast?: (packet: Uint8Array, out: Uint8Array) => number;
  /**
   * `reply` is to be called exactly once, at once or later; null sends nothing (a silent server). The
   * response gets the query's id, question, RD and CD, and an OPT if and only if the query had one; over UDP
   * it is cut to what the client takes, with TC.
   */
  readonly onQuery: (query: WireQuery, reply: (message: Message | null) => void) => void;
  readonly counters: ListenerCounters;
  /** Largest response over UDP in octets; `MAX_UDP_RESPONSE` when left out. */
  readonly udpSize?: number;
  /** Told of every message that comes or goes, before it is read or after it was written. */
  readonly capture?: (message: Passed) => void;
  /** Several listeners share the port, and the kernel spreads clients over them (`CAN_REUSE_PORT`). */
  readonly reusePort?: boolean;
}

export interface Listener {
  readonly address: string;
  readonly port: number;
  /** Drains and closes; again: waits for the same. */
  close(): Promise<void>;
}

/** Whether this Node hands SO_REUSEPORT to the kernel: from 22.12 on and 23.1 on. */
export const CAN_REUSE_PORT: boolean = ((): boolean => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12);
})();

/** Ports tried until one is free for TCP and UDP alike. */
const PORT_TRIES = 16;

/** Opens both sockets. Rejects with `ListenError`, and leaves neither open then. */
export async function openListener(options: ListenerOptions): Promise<Listener> {
  const { address, port, beyondLoopback = false } = options;
  if (!beyondLoopback && !isLoopback(address)) throw new RangeError(`${address} is not loopback`);
  for (let left = PORT_TRIES; ; left--) {
    const tcp = new TcpHalf(options);
    const chosen = await tcp.listen(address, port);
    try {
      const udp = await UdpHalf.open(options, chosen);
      let closed: Promise<unknown> | undefined;
      return {
        address,
        port: chosen,
        close: async () => {
          closed ??= Promise.all([udp.close(), tcp.close()]);
          await closed;
        },
      };
    } catch (error) {
      await tcp.close();
      const isTaken = error instanceof ListenError && error.code === 'in-use';
      if (port !== 0 || !isTaken || left <= 1) throw error;
    }
  }
}

/** The UDP socket, and how many queries of it are waiting. */
class UdpHalf {
  readonly #socket: UdpSocket;
  readonly #options: ListenerOptions;
  readonly #udpSize: number;
  readonly #self: Client;
  #out: Uint8Array = new Uint8Array(MAX_UDP_RESPONSE);
  #pending = 0;
  #state: 'open' | 'draining' | 'closed' = 'open';
  #whenDrained: () => void = () => {};

  private constructor(socket: UdpSocket, options: ListenerOptions, port: number) {
    this.#socket = socket;
    this.#options = options;
    this.#self = { address: options.address, port };
    this.#udpSize = options.udpSize ?? MAX_UDP_RESPONSE;
    socket.on('message', (packet, { address, port }) => this.#onMessage(packet, address, port));
    socket.on('error', () => {
      options.counters.sendErrors++;
    });
  }

  static async open(options: ListenerOptions, port: number): Promise<UdpHalf> {
    const { address, reusePort = false } = options;
    const socket = createSocket(udpOptions(address.includes(':') ? 'udp6' : 'udp4', reusePort));
    await new Promise<void>((resolve, reject) => {
      socket.once('error', (error) => {
        socket.close();
        reject(new ListenError(address, port, error));
      });
      socket.bind({ address, port, exclusive: true }, () => {
        socket.removeAllListeners('error');
        resolve();
      });
    });
    return new UdpHalf(socket, options, port);
  }

  async close(): Promise<void> {
    this.#state = 'draining';
    if (this.#pending > 0) {
      const drained = new Promise<void>((resolve) => {
        this.#whenDrained = resolve;
      });
      await within(DRAIN_TIME, drained);
    }
    this.#state = 'closed';
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
  }

  #onMessage(packet: Uint8Array, address: string, port: number): void {
    const { fast, counters, capture } = this.#options;
    counters.udpReceived++;
    if (capture !== undefined) {
      capture({ transport: 'udp', from: { address, port }, to: this.#self, octets: packet });
    }
    if (this.#state !== 'open') {
      counters.overload++;
      return;
    }
    if (port === 0) {
      counters.turned.unanswerable++;
      return;
    }
    if (fast !== undefined) {
      const length = fast(packet, this.#out);
      if (length >= 0) {
        counters.fast++;
        this.#sendFast(length, port, address);
        return;
      }
    }
    this.#receive(packet, address, port);
  }

  #sendFast(length: number, port: number, address: string): void {
    const { counters, capture } = this.#options;
    counters.udpSent++;
    if (capture !== undefined) {
      const octets = this.#out.subarray(0, length);
      capture({ transport: 'udp', from: this.#self, to: { address, port }, octets });
    }
    this.#socket.send(this.#out, 0, length, port, address);
    // The kernel has taken it, unless it had no room: then these octets are waiting to be sent.
    if (this.#socket.getSendQueueCount() > 0) this.#out = new Uint8Array(MAX_UDP_RESPONSE);
  }

  #receive(packet: Uint8Array, address: string, port: number): void {
    const { counters, onQuery } = this.#options;
    const received = receive(packet, 'udp', { address, port });
    if (received.kind !== 'query') {
      counters.turned[received.reason]++;
      if (received.kind === 'answer') this.#send(received.octets, port, address);
      return;
    }
    if (this.#pending >= MAX_UDP_PENDING) {
      counters.overload++;
      return;
    }
    this.#pending++;
    const { query } = received;
    let isOpen = true;
    onQuery(query, (message) => {
      if (!isOpen) throw new Error('a query is answered once');
      isOpen = false;
      this.#pending--;
      if (message !== null && this.#state !== 'closed') {
        this.#send(responseOctets(query, message, this.#udpSize), port, address);
      }
      if (this.#pending === 0) this.#whenDrained();
    });
  }

  #send(octets: Uint8Array, port: number, address: string): void {
    const { counters, capture } = this.#options;
    counters.udpSent++;
    capture?.({ transport: 'udp', from: this.#self, to: { address, port }, octets });
    this.#socket.send(octets, 0, octets.length, port, address);
  }
}

/** The types of Node 20 do not know `reusePort`, and its code ignores it. */
function udpOptions(type: 'udp4' | 'udp6', reusePort: boolean): Parameters<typeof createSocket>[0] {
  const options = {
    type,
    reusePort,
    // Only addresses are ever sent to: Node's own way over a look-up costs a turn of the loop each.
    lookup: (
      address: string,
      _: unknown,
      found: (error: null, address: string, family: number) => void,
    ) => found(null, address, type === 'udp4' ? 4 : 6),
  };
  return options;
}

/** The TCP server and its connections. */
class TcpHalf {
  readonly #server: Server;
  readonly #options: ListenerOptions;
  readonly #connections: Set<TcpConnection> = new Set();

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#onConnection(socket));
    this.#server.maxConnections = MAX_TCP_CONNECTIONS;
    this.#server.on('drop', () => {
      options.counters.connectionsRefused++;
    });
  }

  /** The port; rejects with `ListenError`. */
  listen(address: string, port: number): Promise<number> {
    const { reusePort = false } = this.#options;
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error) => reject(new ListenError(address, port, error)));
      const where = { host: address, port, exclusive: true, reusePort };
      this.#server.listen(where, () => {
        const bound = this.#server.address();
        this.#server.removeAllListeners('error');
        this.#server.on('error', () => {
          this.#options.counters.connectionsRefused++;
        });
        resolve(typeof bound === 'object' && bound !== null ? bound.port : port);
      });
    });
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    for (const connection of this.#connections) connection.drain();
    await within(DRAIN_TIME, closed);
    for (const connection of this.#connections) connection.destroy();
    await closed;
  }

  #onConnection(socket: TcpSocket): void {
    this.#options.counters.connections++;
    const connection = new TcpConnection(socket, this.#options);
    this.#connections.add(connection);
    socket.on('close', () => this.#connections.delete(connection));
  }
}

/** Ends with the promise, or after so many microseconds. */
async function within(time: number, promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, time / MILLISECOND);
  });
  await Promise.race([promise, late]);
  clearTimeout(timer);
}
