/**
 * One address behind which several nodes stand: the front address, and each colo's where the kernel does not
 * spread clients over sockets. Datagrams are handed on to a node and its responses back, with an id of the
 * relay's own in between; TCP connections are joined end to end. What is inside is not looked at.
 *
 * The node sees the relay, not the client: there is one address of the relay for each client group, so that it
 * knows what the client's group is.
 *
 * Cost: two datagrams in, two out, about 40 us per query; a load test asks the nodes' own addresses.
 *
 * Limitations: after 65,536 younger queries of its group a query is forgotten.
 */

import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { MAX_TCP_CONNECTIONS, TCP_IDLE_TIME } from '../../resolver-core/limits.ts';
import { MILLISECOND } from '../../resolver-core/time.ts';
import { HEADER_OCTETS } from '../../resolver-core/wire/scan.ts';
import { asItIs, type Endpoint } from './asks.ts';
import { ListenError } from './listen-error.ts';

export interface RelayCounters {
  received: number;
  relayed: number;
  /** Responses from nodes that went back. */
  returned: number;
  /** No query by its header. */
  malformed: number;
  /** No node was there. */
  unreached: number;
  /** Responses that nobody waits for. */
  unexpected: number;
  connections: number;
  connectionsRefused: number;
}

export interface RelayTarget {
  readonly endpoint: Endpoint;
  /** The relay's own address for the client's group. */
  readonly via: string;
}

export interface RelayOptions {
  readonly address: string;
  readonly port: number;
  /** The node for a flow; null: none is there. */
  readonly route: (address: string, port: number) => RelayTarget | null;
  /** All that `route` may name. */
  readonly vias: readonly string[];
  readonly counters: RelayCounters;
}

export function newRelayCounters(): RelayCounters {
  return {
    ...{ received: 0, relayed: 0, returned: 0, malformed: 0, unreached: 0, unexpected: 0 },
    ...{ connections: 0, connectionsRefused: 0 },
  };
}

interface Flow {
  readonly address: string;
  readonly port: number;
  readonly id: number;
  readonly node: Endpoint;
}

export class Relay {
  readonly #options: RelayOptions;
  readonly #front: UdpSocket;
  readonly #server: Server;
  readonly #backs = new Map<string, Back>();
  readonly #connections = new Set<Socket>();

  private constructor(options: RelayOptions, front: UdpSocket, server: Server) {
    this.#options = options;
    this.#front = front;
    this.#server = server;
    front.on('message', (octets, { address, port }) => this.#onQuery(octets, address, port));
    // A send that the kernel refuses is a response lost.
    front.on('error', () => {});
    server.on('connection', (socket) => this.#onConnection(socket));
    for (const what of ['drop', 'error']) {
      server.on(what, () => {
        options.counters.connectionsRefused++;
      });
    }
  }

  /** Rejects with `ListenError`, and leaves nothing open then. */
  static async open(options: RelayOptions): Promise<Relay> {
    const { address, port, vias } = options;
    const front = await boundSocket(address, port);
    const server = createServer({ allowHalfOpen: true });
    server.maxConnections = MAX_TCP_CONNECTIONS;
    try {
      await listening(server, address, front.address().port);
    } catch (error) {
      front.close();
      throw error;
    }
    const relay = new Relay(options, front, server);
    try {
      for (const via of vias) {
        const socket = await boundSocket(via, 0);
        relay.#backs.set(via, new Back(socket, front, options.counters));
      }
    } catch (error) {
      relay.close();
      throw error;
    }
    return relay;
  }

  get port(): number {
    return this.#front.address().port;
  }

  /** Takes nothing more; what is under way still goes back. */
  stop(): void {
    this.#front.removeAllListeners('message');
    this.#server.close();
  }

  close(): void {
    this.#front.close();
    this.#server.close();
    for (const back of this.#backs.values()) back.close();
    for (const socket of this.#connections) socket.destroy();
  }

  #onQuery(octets: Uint8Array, address: string, port: number): void {
    const { route, counters } = this.#options;
    counters.received++;
    if (octets.length < HEADER_OCTETS || port === 0) {
      counters.malformed++;
      return;
    }
    const target = route(address, port);
    const back = target === null ? undefined : this.#backs.get(target.via);
    if (target === null || back === undefined) {
      counters.unreached++;
      return;
    }
    counters.relayed++;
    back.send(octets, { address, port, id: idOf(octets), node: target.endpoint });
  }

  #onConnection(client: Socket): void {
    const { route, counters } = this.#options;
    counters.connections++;
    const target = route(client.remoteAddress ?? '', client.remotePort ?? 0);
    if (target === null) {
      counters.unreached++;
      client.destroy();
      return;
    }
    const { endpoint, via } = target;
    const { address: host, port } = endpoint;
    // As at a listener: a client that has ended its half is still answered.
    const node = connect({ host, port, localAddress: via, allowHalfOpen: true });
    for (const [from, to] of [
      [client, node],
      [node, client],
    ] as const) {
      this.#connections.add(from);
      // The node closes idle connections; this is for one that is gone without a word.
      from.setTimeout((2 * TCP_IDLE_TIME) / MILLISECOND, () => from.destroy());
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.#connections.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  }
}

/** The way to the nodes for one client group, and who waits for which id there. */
class Back {
  readonly #socket: UdpSocket;
  readonly #flows: (Flow | null)[] = new Array<Flow | null>(IDS).fill(null);
  #nextId = 0;

  constructor(socket: UdpSocket, front: UdpSocket, counters: RelayCounters) {
    this.#socket = socket;
    socket.on('message', (octets, { address, port }) => {
      const id = octets.length < HEADER_OCTETS ? -1 : idOf(octets);
      const flow = this.#flows[id] ?? null;
      if (flow === null || flow.node.address !== address || flow.node.port !== port) {
        counters.unexpected++;
        return;
      }
      this.#flows[id] = null;
      counters.returned++;
      setId(octets, flow.id);
      front.send(octets, flow.port, flow.address);
    });
    socket.on('error', () => {});
  }

  send(octets: Uint8Array, flow: Flow): void {
    const id = this.#nextId;
    this.#nextId = (id + 1) % IDS;
    this.#flows[id] = flow;
    setId(octets, id);
    this.#socket.send(octets, flow.node.port, flow.node.address);
  }

  close(): void {
    this.#socket.close();
  }
}

/** Ids of a back socket. */
const IDS = 0x1_0000;

function idOf(octets: Uint8Array): number {
  return ((octets[0] as number) << 8) | (octets[1] as number);
}

function setId(octets: Uint8Array, id: number): void {
  octets[0] = id >>> 8;
  octets[1] = id;
}

function boundSocket(address: string, port: number): Promise<UdpSocket> {
  const socket = createSocket({ type: address.includes(':') ? 'udp6' : 'udp4', lookup: asItIs });
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close();
      reject(new ListenError(address, port, error));
    });
    socket.bind({ address, port, exclusive: true }, () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}

function listening(server: Server, address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(new ListenError(address, port, error)));
    server.listen({ host: address, port, exclusive: true }, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}
