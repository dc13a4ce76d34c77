/**
 * One client of a TCP listener: pipelined queries, answered in the order in which answers come (RFC 7766
 * sections 6.2.1 and 7), within bounds. While too many queries are in flight, or the client does not fetch
 * its responses, nothing more is read from it; while nothing comes of it at all it is closed.
 */

import type { Socket } from 'node:net';
import {
  MAX_MESSAGE_OCTETS,
  MAX_TCP_PIPELINED,
  MAX_TCP_UNSENT,
  TCP_IDLE_TIME,
} from '../../resolver-core/limits.ts';
import type { Message } from '../../resolver-core/message.ts';
import { MILLISECOND } from '../../resolver-core/time.ts';
import { Framing, framed } from './framing.ts';
import type { ListenerCounters } from './listener-counters.ts';
import { type Client, type Passed, receive, responseOctets, type WireQuery } from './received.ts';

export interface ConnectionOptions {
  readonly onQuery: (query: WireQuery, reply: (message: Message | null) => void) => void;
  readonly counters: ListenerCounters;
  readonly capture?: (message: Passed) => void;
}

export class TcpConnection {
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #client: Client;
  readonly #self: Client;
  readonly #framing: Framing = new Framing();
  readonly #idle: NodeJS.Timeout;
  #inFlight = 0;
  #isTaking = false;
  /** Nothing more is read, since the client has ended or the listener closes; what is in flight is answered. */
  #isEnding = false;
  #hasEnded = false;

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#client = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
    this.#self = { address: socket.localAddress ?? '', port: socket.localPort ?? 0 };
    this.#idle = setTimeout(() => this.#onIdle(), TCP_IDLE_TIME / MILLISECOND);
    socket.setNoDelay(true);
    socket.on('data', (piece: Uint8Array) => {
      if (this.#isEnding) return;
      this.#framing.push(piece);
      this.#take();
    });
    socket.on('drain', () => this.#take());
    socket.on('end', () => this.drain());
    socket.on('error', () => {
      options.counters.connectionsBroken++;
    });
    socket.on('close', () => clearTimeout(this.#idle));
  }

  /** Reads no more; answers what is in flight, then closes. */
  drain(): void {
    this.#isEnding = true;
    this.#take();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Takes whole messages as long as it may; a reply that comes at once leads here again. */
  #take(): void {
    if (this.#isTaking || this.#socket.destroyed) return;
    this.#isTaking = true;
    while (this.#mayTake()) {
      const octets = this.#framing.next();
      if (octets === null) break;
      this.#idle.refresh();
      this.#options.counters.tcpReceived++;
      this.#receive(octets);
    }
    this.#isTaking = false;
    if (this.#isEnding) this.#endWhenDone();
    else if (this.#mayTake()) this.#socket.resume();
    else this.#socket.pause();
  }

  #mayTake(): boolean {
    return this.#inFlight < MAX_TCP_PIPELINED && this.#socket.writableLength < MAX_TCP_UNSENT;
  }

  #receive(octets: Uint8Array): void {
    const { counters, onQuery, capture } = this.#options;
    capture?.({ transport: 'tcp', from: this.#client, to: this.#self, octets });
    const received = receive(octets, 'tcp', this.#client);
    if (received.kind !== 'query') {
      counters.turned[received.reason]++;
      if (received.kind === 'answer') this.#send(received.octets);
      return;
    }
    const { query } = received;
    this.#inFlight++;
    let isOpen = true;
    onQuery(query, (message) => {
      if (!isOpen) throw new Error('a query is answered once');
      isOpen = false;
      this.#inFlight--;
      if (this.#socket.destroyed) return;
      this.#idle.refresh();
      if (message !== null) this.#send(responseOctets(query, message, MAX_MESSAGE_OCTETS));
      this.#take();
    });
  }

  #send(octets: Uint8Array): void {
    const { counters, capture } = this.#options;
    counters.tcpSent++;
    capture?.({ transport: 'tcp', from: this.#self, to: this.#client, octets });
    this.#socket.write(framed(octets));
  }

  #endWhenDone(): void {
    if (this.#inFlight > 0 || this.#hasEnded || !this.#mayTake()) return;
    this.#hasEnded = true;
    if (this.#framing.buffered > 0) this.#options.counters.connectionsBroken++;
    this.#socket.end();
    // What still comes is thrown away until the client closes, too: unread octets would become a reset.
    this.#socket.resume();
  }

  #onIdle(): void {
    this.#options.counters.connectionsIdle++;
    this.#socket.destroy();
  }
}
