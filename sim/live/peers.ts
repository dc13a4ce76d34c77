/**
 * Queries that the nodes of a colo hand to each other, over UDP between their own addresses: a port of its
 * own per node, from which it asks and at which it is asked. The messages are DNS, with what else the
 * owner and the asking node must know in an EDNS option (`forward-option.ts`). Silence is reported after
 * the timeout of the `forward`, or at once when the owner is not there; the resolver then resolves by itself.
 *
 * Only datagrams from the ports of the other nodes count; everything else is counted and dropped.
 *
 * Limitations: UDP alone. An answer that does not fit into a datagram comes without what did not fit, as
 * truncated, and is then as good as none.
 */

import { createSocket, type Socket } from 'node:dgram';
import type { Forward, OwnerAnswer } from '../../resolver-core/events.ts';
import type { Message, Question } from '../../resolver-core/message.ts';
import type { TagNames } from '../../resolver-core/policy/phases.ts';
import { MILLISECOND, type Micros } from '../../resolver-core/time.ts';
import { OPCODE, RCODE } from '../../resolver-core/wire/iana.ts';
import { readMessage } from '../../resolver-core/wire/read.ts';
import { writeMessage } from '../../resolver-core/wire/write.ts';
import { asItIs, type Endpoint } from './asks.ts';
import {
  type ForwardedBy,
  queryOption,
  readQueryOption,
  readResponse,
  responseOption,
} from './forward-option.ts';

/** Largest payload of a UDP datagram over IPv4. */
const MAX_DATAGRAM = 65_507;
const IDS = 0x1_0000;

export interface PeerCounters {
  forwardsSent: number;
  forwardsAnswered: number;
  forwardTimeouts: number;
  forwardsReceived: number;
  forwardsDropped: number;
}

/** A query from another node. */
export interface PeerQuery extends ForwardedBy {
  readonly question: Question;
  readonly dnssecOk: boolean;
  readonly checkingDisabled: boolean;
}

export interface PeerPorts {
  readonly address: string;
  readonly tagNames: TagNames;
  /** What the node's clock shows. */
  readonly clock: () => Micros;
  /** null: the owner was silent. */
  readonly deliver: (transaction: number, answer: OwnerAnswer | null) => void;
  /** `reply` is called once; null gives nothing back. */
  readonly onQuery: (query: PeerQuery, reply: (answer: OwnerAnswer | null) => void) => void;
  readonly counters: PeerCounters;
}

interface Pending {
  readonly forward: Forward;
  readonly timer: NodeJS.Timeout;
}

export class Peers {
  readonly #ports: PeerPorts;
  readonly #socket: Socket;
  /** By the number of the node in its colo; null for one that is not there. */
  #nodes: readonly (Endpoint | null)[] = [];
  readonly #byId = new Map<number, Pending>();
  #nextId = 0;

  private constructor(socket: Socket, ports: PeerPorts) {
    this.#socket = socket;
    this.#ports = ports;
    socket.on('message', (octets, { address, port }) => this.#onMessage(octets, address, port));
    // A send that the kernel refuses is a query lost.
    socket.on('error', () => {});
  }

  static open(ports: PeerPorts): Promise<Peers> {
    const { address } = ports;
    const socket = createSocket({ type: 'udp4', lookup: asItIs });
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ address, port: 0, exclusive: true }, () => {
        socket.off('error', reject);
        resolve(new Peers(socket, ports));
      });
    });
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** Who else there is; a node that comes back has another port. */
  setNodes(nodes: readonly (Endpoint | null)[]): void {
    this.#nodes = nodes;
  }

  /** Queries that are with their owners. */
  get inFlight(): number {
    return this.#byId.size;
  }

  send(forward: Forward): void {
    const { tagNames, counters } = this.#ports;
    counters.forwardsSent++;
    const id = this.#takeId();
    const owner = this.#nodes[forward.owner] ?? null;
    // One that is known to be gone need not be waited for.
    const wait = owner === null ? 0 : forward.timeout / MILLISECOND;
    const timer = setTimeout(() => this.#silent(id), wait);
    this.#byId.set(id, { forward, timer });
    if (owner === null) return;
    const query = messageOf(forward, null);
    const edns = { ...EDNS, dnssecOk: forward.dnssecOk, options: [queryOption(forward, tagNames)] };
    this.#socket.send(writeMessage({ ...query, edns }, { id }), owner.port, owner.address);
  }

  /** Forgets what is in flight: nobody is told. */
  forget(): void {
    for (const { timer } of this.#byId.values()) clearTimeout(timer);
    this.#byId.clear();
  }

  close(): void {
    this.forget();
    this.#socket.close();
  }

  #takeId(): number {
    do {
      this.#nextId = (this.#nextId + 1) % IDS;
    } while (this.#byId.has(this.#nextId));
    return this.#nextId;
  }

  #silent(id: number): void {
    const pending = this.#byId.get(id);
    if (pending === undefined) return;
    this.#byId.delete(id);
    this.#ports.counters.forwardTimeouts++;
    this.#ports.deliver(pending.forward.transaction, null);
  }

  #onMessage(octets: Uint8Array, address: string, port: number): void {
    const from = this.#nodes.findIndex((at) => at?.port === port && at.address === address);
    const read = readMessage(octets);
    if (from < 0 || !read.ok) {
      this.#ports.counters.forwardsDropped++;
      return;
    }
    const { message, id } = read;
    if (message.response) this.#onResponse(message, id, from);
    else this.#onQuery(message, id, { address, port });
  }

  #onResponse(response: Message, id: number, from: number): void {
    const { clock, deliver, counters } = this.#ports;
    const pending = this.#byId.get(id);
    const question = pending?.forward.question;
    const isOurs =
      pending?.forward.owner === from &&
      question !== undefined &&
      response.question?.type === question.type &&
      response.question.name.equals(question.name);
    const answer = isOurs && !response.truncated ? readResponse(response, question, clock()) : null;
    if (pending === undefined || answer === null) {
      counters.forwardsDropped++;
      return;
    }
    clearTimeout(pending.timer);
    this.#byId.delete(id);
    counters.forwardsAnswered++;
    deliver(pending.forward.transaction, answer);
  }

  #onQuery(message: Message, id: number, from: Endpoint): void {
    const { tagNames, onQuery, counters, clock } = this.#ports;
    const by = readQueryOption(message, tagNames);
    const { question, checkingDisabled } = message;
    if (by === null || question === null) {
      counters.forwardsDropped++;
      return;
    }
    counters.forwardsReceived++;
    const dnssecOk = message.edns?.dnssecOk ?? false;
    onQuery({ ...by, question, checkingDisabled, dnssecOk }, (said) => {
      if (said === null) return;
      const { errors } = said.answer;
      const options = [responseOption(said, clock())];
      const edns = { ...EDNS, dnssecOk: true, extendedErrors: errors, options };
      const response = { ...messageOf({ question, checkingDisabled }, said), edns };
      const out = writeMessage(response, { id, maxSize: MAX_DATAGRAM });
      this.#socket.send(out, from.port, from.address);
    });
  }
}

const EDNS = { version: 0, udpSize: 65_535, extendedErrors: [], options: [] } as const;

/** The query, or the response with what the owner says: as it was stored, signatures included. */
function messageOf(
  { question, checkingDisabled }: Pick<Forward, 'question' | 'checkingDisabled'>,
  said: OwnerAnswer | null,
): Message {
  return {
    response: said !== null,
    opcode: OPCODE.QUERY,
    rcode: said?.answer.rcode ?? RCODE.NOERROR,
    authoritative: false,
    truncated: false,
    recursionDesired: true,
    recursionAvailable: said !== null,
    authenticatedData: said?.answer.secure ?? false,
    checkingDisabled,
    question,
    answer: said?.answer.answer ?? [],
    authority: said?.answer.authority ?? [],
    additional: said?.answer.additional ?? [],
    edns: null,
    dnssec: true,
  };
}
