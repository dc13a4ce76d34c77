/**
 * What a node sends to authoritative servers over sockets, and what comes back. Each `ask` ends in exactly
 * one response or in silence. A response counts only when it comes from the address and port that was asked,
 * to the port that asked, with the id and the question of the query (RFC 5452 section 9); everything else is
 * counted and dropped, as is what cannot be read.
 *
 * UDP queries leave from a few sockets with ports of the kernel's choice, drawn per query, with an id that
 * is drawn among those not in use there. Each TCP query has a connection of its own.
 *
 * Limitations: no DNS 0x20, no cookies, no connection reuse (RFC 7766 section 6.2.1).
 */

import { randomFillSync } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { connect } from 'node:net';
import type { Ask } from '../../resolver-core/events.ts';
import type { Message } from '../../resolver-core/message.ts';
import { MILLISECOND } from '../../resolver-core/time.ts';
import { CLASS, OPCODE, RCODE } from '../../resolver-core/wire/iana.ts';
import { readMessage } from '../../resolver-core/wire/read.ts';
import { writeMessage } from '../../resolver-core/wire/write.ts';
import { Framing, framed } from './framing.ts';

/** Where a server listens. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export interface AskCounters {
  udpAsked: number;
  tcpAsked: number;
  responses: number;
  timeouts: number;
  /** Came from elsewhere, or to another question, or too late. */
  unexpected: number;
  malformed: number;
}

export interface AskPorts {
  /** The node's own address, which its queries come from. */
  readonly address: string;
  /** Where a server of the plan is to be found; null: nobody listens there. */
  readonly locate: (address: string) => Endpoint | null;
  /** null: nothing came in time. */
  readonly deliver: (transaction: number, message: Message | null) => void;
  readonly counters: AskCounters;
}

/** Sockets for UDP: with 16 bits of id each, a forger has one in a million per guess. */
const UDP_SOCKETS = 16;
/** Connections to servers at once; further queries are as good as lost. */
const MAX_TCP_ASKS = 500;
const RANDOM_WORDS = 4_096;

interface Pending {
  readonly ask: Ask;
  readonly server: Endpoint;
  timer: NodeJS.Timeout | undefined;
  /** Lets go of what the query holds. */
  release: () => void;
}

export class Asks {
  readonly #ports: AskPorts;
  readonly #sockets: UdpSocket[];
  readonly #pending = new Set<Pending>();
  readonly #random = new Uint16Array(RANDOM_WORDS);
  #randomLeft = 0;
  #connections = 0;

  private constructor(ports: AskPorts) {
    this.#ports = ports;
    this.#sockets = [];
  }

  /** Opens the sockets; rejects with what the system says. */
  static async open(ports: AskPorts): Promise<Asks> {
    const asks = new Asks(ports);
    for (let i = 0; i < UDP_SOCKETS; i++) {
      asks.#sockets.push(
        await UdpSocket.open(ports, (pending, message) => asks.#end(pending, message)),
      );
    }
    return asks;
  }

  /** Queries that are waited for. */
  get inFlight(): number {
    return this.#pending.size;
  }

  send(ask: Ask): void {
    const { counters, locate } = this.#ports;
    if (ask.transport === 'udp') counters.udpAsked++;
    else counters.tcpAsked++;
    const server = locate(ask.server.text);
    const pending: Pending = {
      ask,
      server: server ?? NOWHERE,
      timer: undefined,
      release: () => {},
    };
    this.#pending.add(pending);
    pending.timer = setTimeout(() => this.#end(pending, null), ask.timeout / MILLISECOND);
    if (server === null) return;
    if (ask.transport === 'tcp') this.#connect(pending);
    else this.#sockets[this.#draw() % UDP_SOCKETS]?.send(pending, () => this.#draw());
  }

  /** Forgets what is in flight: nobody is told. */
  forget(): void {
    for (const pending of this.#pending) this.#close(pending);
  }

  close(): void {
    this.forget();
    for (const socket of this.#sockets) socket.close();
  }

  #close(pending: Pending): void {
    clearTimeout(pending.timer);
    pending.release();
    this.#pending.delete(pending);
  }

  #end(pending: Pending, message: Message | null): void {
    const { counters, deliver } = this.#ports;
    if (message === null) counters.timeouts++;
    else counters.responses++;
    this.#close(pending);
    deliver(pending.ask.transaction, message);
  }

  #connect(pending: Pending): void {
    if (this.#connections >= MAX_TCP_ASKS) return;
    const { server, ask } = pending;
    const id = this.#draw();
    const { address: localAddress, counters } = this.#ports;
    const socket = connect({ host: server.address, port: server.port, localAddress });
    const framing = new Framing();
    this.#connections++;
    pending.release = () => socket.destroy();
    socket.on('close', () => {
      this.#connections--;
    });
    // What cannot be reached is silent, as over UDP: the resolver hears of it after its timeout.
    socket.on('error', () => {});
    socket.write(framed(queryOctets(ask, id)));
    socket.on('data', (piece: Uint8Array) => {
      framing.push(piece);
      for (let octets = framing.next(); octets !== null; octets = framing.next()) {
        const message = responseTo(ask, id, octets, counters);
        if (message === null) continue;
        this.#end(pending, message);
        return;
      }
    });
  }

  #draw(): number {
    if (this.#randomLeft === 0) {
      randomFillSync(this.#random);
      this.#randomLeft = RANDOM_WORDS;
    }
    return this.#random[--this.#randomLeft] as number;
  }
}

const NOWHERE: Endpoint = { address: '', port: 0 };

/** One UDP socket, and who waits for what there. */
class UdpSocket {
  readonly #socket: Socket;
  readonly #counters: AskCounters;
  readonly #end: (pending: Pending, message: Message) => void;
  readonly #byId = new Map<number, Pending>();

  private constructor(
    socket: Socket,
    counters: AskCounters,
    end: (pending: Pending, message: Message) => void,
  ) {
    this.#socket = socket;
    this.#counters = counters;
    this.#end = end;
    socket.on('message', (octets, { address, port }) => this.#onMessage(octets, address, port));
    // A send that the kernel refuses is a query lost.
    socket.on('error', () => {});
  }

  static open(
    { address, counters }: AskPorts,
    end: (pending: Pending, message: Message) => void,
  ): Promise<UdpSocket> {
    const socket = createSocket({ type: address.includes(':') ? 'udp6' : 'udp4', lookup: asItIs });
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ address, port: 0, exclusive: true }, () => {
        socket.off('error', reject);
        resolve(new UdpSocket(socket, counters, end));
      });
    });
  }

  send(pending: Pending, draw: () => number): void {
    let id = draw();
    while (this.#byId.has(id)) id = (id + 1) & 0xffff;
    this.#byId.set(id, pending);
    pending.release = () => this.#byId.delete(id);
    const { address, port } = pending.server;
    this.#socket.send(queryOctets(pending.ask, id), port, address);
  }

  close(): void {
    this.#socket.close();
  }

  #onMessage(octets: Uint8Array, address: string, port: number): void {
    const id = octets.length < 2 ? -1 : ((octets[0] as number) << 8) | (octets[1] as number);
    const pending = this.#byId.get(id);
    if (pending?.server.address !== address || pending.server.port !== port) {
      this.#counters.unexpected++;
      return;
    }
    const message = responseTo(pending.ask, id, octets, this.#counters);
    if (message !== null) this.#end(pending, message);
  }
}

/** Only addresses are ever sent to: Node's own way over a look-up costs a turn of the loop each. */
export function asItIs(
  address: string,
  _: unknown,
  found: (error: null, address: string, family: number) => void,
): void {
  found(null, address, address.includes(':') ? 6 : 4);
}

/** The message in `octets` when it answers the query; else null, counted. */
function responseTo(
  { question }: Ask,
  id: number,
  octets: Uint8Array,
  counters: AskCounters,
): Message | null {
  const read = readMessage(octets);
  if (!read.ok) {
    counters.malformed++;
    return null;
  }
  const { message, questionClass } = read;
  const asked = message.question;
  const isOurs = message.response && read.id === id && message.opcode === OPCODE.QUERY;
  if (
    isOurs &&
    asked !== null &&
    questionClass === CLASS.IN &&
    asked.type === question.type &&
    asked.name.equals(question.name)
  ) {
    return message;
  }
  counters.unexpected++;
  return null;
}

function queryOctets(ask: Ask, id: number): Uint8Array {
  const { question, checkingDisabled, recursionDesired, udpSize, dnssecOk } = ask;
  const message: Message = {
    response: false,
    opcode: OPCODE.QUERY,
    rcode: RCODE.NOERROR,
    authoritative: false,
    truncated: false,
    recursionDesired,
    recursionAvailable: false,
    authenticatedData: false,
    checkingDisabled,
    question,
    answer: [],
    authority: [],
    additional: [],
    edns: udpSize === 0 ? null : { version: 0, udpSize, dnssecOk, extendedErrors: [], options: [] },
    dnssec: dnssecOk,
  };
  return writeMessage(message, { id });
}
