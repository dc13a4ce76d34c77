/**
 * A closed loop over UDP: so many queries outstanding per socket, and another for each that ends. It says how much
 * a server does when it is asked as much as it can take; it says nothing of response times under a given
 * load (docs/benchmarks.md), since a slow server slows it down.
 *
 * Queries are made beforehand and sent again and again with another id. A response counts when its id is
 * outstanding and its question is that of the query, octet by octet; what else comes is counted apart:
 *
 *   received      in time                      late         after it was given up
 *   lost          given up after `LOST_AFTER`  mismatched   another question, or an id that nobody waits for
 *
 * Limitations: one response per query and datagram; no TCP after TC.
 */

import { createSocket, type Socket } from 'node:dgram';
import { readFileSync } from 'node:fs';

/** Where a server listens. */
export interface Target {
  readonly address: string;
  readonly port: number;
}

export interface ClosedLoop {
  /** Queries, one after another in `octets`, each as long as `lengths` says. */
  readonly octets: Uint8Array;
  readonly lengths: Uint16Array;
  /** The first of them to be asked; then the next, and so on round and round. */
  readonly first: number;
  /** Every target has a socket, and each socket so many outstanding queries. */
  readonly targets: readonly Target[];
  readonly window: number;
  readonly milliseconds: number;
}

export interface LoopCounts {
  sent: number;
  /** In time, of those sent before the end. */
  received: number;
  lost: number;
  late: number;
  mismatched: number;
  /** Of the received ones, by RCODE. */
  readonly rcodes: number[];
  /** From the first query until no more were sent. */
  seconds: number;
  /** CPU time of this thread meanwhile, in seconds; 0 where the system does not tell. */
  cpuSeconds: number;
}

/** Milliseconds after which a query is lost: a cached answer takes less than one, and a busy machine may stall. */
const LOST_AFTER = 1_000;
const CHECK_EVERY = 50;
const IDS = 0x1_0000;

/** What an id stands for, beside the number of a query. */
const FREE = -1;
const GIVEN_UP = -2;

/** Runs one closed loop on this thread to its end. Rejects when a socket cannot be opened. */
export async function runClosedLoop(loop: ClosedLoop): Promise<LoopCounts> {
  const counts: LoopCounts = {
    ...{ sent: 0, received: 0, lost: 0, late: 0, mismatched: 0, seconds: 0, cpuSeconds: 0 },
    rcodes: new Array<number>(16).fill(0),
  };
  const queries = queriesOf(loop);
  const sockets = await Promise.all(
    loop.targets.map((target, i) => {
      const first = loop.first + Math.floor((i * queries.length) / loop.targets.length);
      return LoopSocket.open(target, queries, first, counts);
    }),
  );
  const cpu = threadCpu();
  const began = performance.now();
  for (const socket of sockets) socket.begin(loop.window);
  const check = setInterval(() => {
    for (const socket of sockets) socket.giveUp(performance.now() - LOST_AFTER);
  }, CHECK_EVERY);
  await new Promise((resolve) => setTimeout(resolve, loop.milliseconds));
  for (const socket of sockets) socket.stop();
  counts.seconds = (performance.now() - began) / 1_000;
  counts.cpuSeconds = threadCpu() - cpu;
  await Promise.all(sockets.map((socket) => socket.ended));
  clearInterval(check);
  for (const socket of sockets) socket.close();
  return counts;
}

/** Seconds of CPU time of the calling thread (Linux), or 0. */
function threadCpu(): number {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]) / 1e9;
  } catch {
    return 0;
  }
}

/** A query, and what a response has to have of it. */
interface Query {
  readonly octets: Uint8Array;
  /** Offset behind the question. */
  readonly questionEnd: number;
}

function queriesOf({ octets, lengths }: ClosedLoop): readonly Query[] {
  let at = 0;
  return Array.from(lengths, (length) => {
    const query = octets.slice(at, at + length);
    at += length;
    let end = 12;
    while (query[end] !== 0) end += 1 + (query[end] as number);
    return { octets: query, questionEnd: end + 5 };
  });
}

class LoopSocket {
  readonly #socket: Socket;
  readonly #queries: readonly Query[];
  readonly #counts: LoopCounts;
  /** By id: number of the query, or one of the two words above. */
  readonly #asked = new Int32Array(IDS).fill(FREE);
  readonly #sentAt = new Float64Array(IDS);
  #next: number;
  #nextId = 0;
  #outstanding = 0;
  #isRunning = false;
  #whenEnded: () => void = () => {};
  /** Nothing is outstanding any more. */
  readonly ended: Promise<void>;

  private constructor(
    socket: Socket,
    queries: readonly Query[],
    first: number,
    counts: LoopCounts,
  ) {
    this.#socket = socket;
    this.#queries = queries;
    this.#counts = counts;
    this.#next = first % queries.length;
    this.ended = new Promise((resolve) => {
      this.#whenEnded = resolve;
    });
    socket.on('message', (packet) => this.#onMessage(packet));
    // A target that is not there: its queries are lost.
    socket.on('error', () => {});
  }

  static open(
    { address, port }: Target,
    queries: readonly Query[],
    first: number,
    counts: LoopCounts,
  ): Promise<LoopSocket> {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.connect(port, address, () => {
        socket.off('error', reject);
        resolve(new LoopSocket(socket, queries, first, counts));
      });
    });
  }

  begin(window: number): void {
    this.#isRunning = true;
    for (let i = 0; i < window; i++) this.#send();
  }

  /** Sends no more; `ended` once the last response is here or given up. */
  stop(): void {
    this.#isRunning = false;
    if (this.#outstanding === 0) this.#whenEnded();
  }

  /** Gives up what was sent before. */
  giveUp(before: number): void {
    if (this.#outstanding === 0) return;
    for (let id = 0; id < IDS; id++) {
      if ((this.#asked[id] as number) < 0 || (this.#sentAt[id] as number) > before) continue;
      this.#asked[id] = GIVEN_UP;
      this.#counts.lost++;
      this.#over();
    }
  }

  close(): void {
    this.#socket.close();
  }

  #send(): void {
    let id = this.#nextId;
    while ((this.#asked[id] as number) >= 0) id = (id + 1) % IDS;
    this.#nextId = (id + 1) % IDS;
    const number = this.#next;
    this.#next = (number + 1) % this.#queries.length;
    const { octets } = this.#queries[number] as Query;
    octets[0] = id >>> 8;
    octets[1] = id;
    this.#asked[id] = number;
    this.#sentAt[id] = performance.now();
    this.#outstanding++;
    this.#counts.sent++;
    // Handed to the kernel at once, unless it has no room: then the octets are copied for it.
    this.#socket.send(this.#socket.getSendQueueCount() > 0 ? octets.slice() : octets);
  }

  #onMessage(packet: Uint8Array): void {
    const id = packet.length < 12 ? -1 : ((packet[0] as number) << 8) | (packet[1] as number);
    const number = id < 0 ? FREE : (this.#asked[id] as number);
    if (number === GIVEN_UP) {
      this.#asked[id] = FREE;
      this.#counts.late++;
      return;
    }
    if (number === FREE || !isResponseTo(this.#queries[number] as Query, packet)) {
      this.#counts.mismatched++;
      return;
    }
    this.#asked[id] = FREE;
    const rcode = (packet[3] as number) & 15;
    if (this.#isRunning) {
      this.#counts.received++;
      this.#counts.rcodes[rcode] = (this.#counts.rcodes[rcode] as number) + 1;
    }
    this.#over();
  }

  /** One is outstanding no more: another takes its place. */
  #over(): void {
    this.#outstanding--;
    if (this.#isRunning) this.#send();
    else if (this.#outstanding === 0) this.#whenEnded();
  }
}

function isResponseTo({ octets, questionEnd }: Query, packet: Uint8Array): boolean {
  if (packet.length < questionEnd || ((packet[2] as number) & 0x80) === 0) return false;
  for (let at = 12; at < questionEnd; at++) if (packet[at] !== octets[at]) return false;
  return true;
}
