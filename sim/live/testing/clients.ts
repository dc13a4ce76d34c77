/** Clients on real sockets, for the tests of what listens. Every wait ends: with what was waited for, or an error. */

import { createSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import { Framing, framed } from '../framing.ts';

const PATIENCE = 20_000;

/** Resolves with `ready()` once that is not null; rejects when it takes too long. */
export async function eventually<T>(ready: () => T | null, what: string): Promise<T> {
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    const found = ready();
    if (found !== null) return found;
    if (Date.now() > deadline) throw new Error(`in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export class UdpClient {
  readonly #socket = createSocket('udp4');
  readonly #server: Endpoint;
  readonly received: Uint8Array[] = [];

  constructor(server: Endpoint) {
    this.#server = server;
    this.#socket.on('message', (octets) => this.received.push(octets));
  }

  send(octets: Uint8Array): void {
    this.#socket.send(octets, this.#server.port, this.#server.address);
  }

  /** What comes next after the sending. */
  async ask(octets: Uint8Array): Promise<Uint8Array> {
    const before = this.received.length;
    this.send(octets);
    return eventually(() => this.received[before] ?? null, 'a datagram');
  }

  close(): void {
    this.#socket.close();
  }
}

export class TcpClient {
  readonly socket: Socket;
  readonly received: Uint8Array[] = [];
  /** The server has ended, or the connection is gone. */
  isOver = false;

  constructor({ address, port }: Endpoint) {
    const framing = new Framing();
    this.socket = connect({ host: address, port, allowHalfOpen: true });
    this.socket.on('data', (piece: Uint8Array) => {
      framing.push(piece);
      for (let next = framing.next(); next !== null; next = framing.next())
        this.received.push(next);
    });
    const over = (): void => {
      this.isOver = true;
    };
    this.socket.on('end', over).on('close', over).on('error', over);
  }

  send(...messages: readonly Uint8Array[]): void {
    for (const message of messages) this.socket.write(framed(message));
  }

  messages(count: number): Promise<readonly Uint8Array[]> {
    return eventually(
      () => (this.received.length >= count ? this.received : null),
      `${count} messages, of which ${this.received.length} came`,
    );
  }

  over(): Promise<true> {
    return eventually(() => (this.isOver ? true : null), 'the end of the connection');
  }

  close(): void {
    this.socket.destroy();
  }
}
