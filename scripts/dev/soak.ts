/**
 * A live cluster under fire: honest and mutated queries at full rate, over UDP and TCP, while nodes are killed
 * at random. It has to stay up, to grow by less than a bound, and to account for every query that came.
 *
 *     npm run soak              two minutes; prints what it saw, exit code 1 when something does not hold
 *     npm run soak -- 600 60    ten, and a kill a minute: the longer, the less growth goes unseen
 *
 * The cluster is a process of its own, asked from here in a closed loop: so many queries are open at a time,
 * and one that nobody answers is given up.
 */

import { createSocket, type Socket } from 'node:dgram';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Name } from '../../resolver-core/name/name.ts';
import { OPCODE, RCODE, TYPE } from '../../resolver-core/wire/iana.ts';
import { writeMessage } from '../../resolver-core/wire/write.ts';
import { planOf } from '../../scenarios/compile.ts';
import { Stream } from '../../sim/engine/random.ts';
import { framed } from '../../sim/live/framing.ts';
import { LiveProcess } from './dialogue.ts';
import { below, hostilePackets, mutated } from './fuzz/packets.ts';

const INCIDENT = fileURLToPath(
  new URL('../../scenarios/library/de-rollover-2026.yaml', import.meta.url),
);
const WORDS = ['de-rollover-2026', '--at', '2026-05-05T21:00Z', '--listen', ':0'];
const SCALE = '0.05';

/**
 * Without these, what is measured is how lazily V8 collects: it lets a heap grow to several times of what is in use
 * before it looks.
 */
const OFTEN_COLLECTED = ['--heap-growing-percent=10', '--max-semi-space-size=4'];

/** Queries open at a time, each on a socket of its own. */
const WINDOW = 256;
/** Milliseconds after which an answer is not waited for any more: mutated queries often have none. */
const PATIENCE = 200;
/**
 * Distinct packets, sent again and again: what caches keep of them, those of the authoritative servers most of all,
 * has its size within the first minute.
 */
const PACKETS = 10_000;
/** Of all queries, those that are mutated, and those for names that do not exist, of so many. */
const MUTATED_SHARE = 0.3;
const MISSING_SHARE = 0.05;
const MISSING_NAMES = 1_000;
/** One TCP connection in so many milliseconds, with a handful of messages, whole or not. */
const TCP_INTERVAL = 50;
const SAMPLE_INTERVAL = 1_000;
/** Samples that are not looked at, and those that are taken together. */
const FIRST_MINUTE = 60;
const BLOCK = 10;
/** Of Student's t at 97.5 %, by degrees of freedom from 1. */
const STUDENT = [12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.1, 2];
/** MB per minute. */
const MAX_GROWTH = 1;

export interface SoakOptions {
  readonly seconds: number;
  /** Mean seconds between two kills. */
  readonly killEvery: number;
  /** Words for `live` beside those of the soak. */
  readonly words: readonly string[];
}

/** MB per minute: the slope, and how far off it may be. */
export interface Growth {
  readonly slope: number;
  readonly within: number;
}

export interface SoakResult {
  readonly sent: number;
  readonly answered: number;
  readonly kills: number;
  /** Of the nodes, as they count. */
  readonly received: number;
  readonly accounted: number;
  readonly waiting: number;
  readonly replacements: number;
  /** Resident memory, MB, once a second. */
  readonly resident: readonly number[];
  /** null: too short to tell. */
  readonly growth: Growth | null;
  /** The process was alive at the end and drained. */
  readonly exitCode: number | null;
}

export async function soak({ seconds, killEvery, words }: SoakOptions): Promise<SoakResult> {
  const live = await LiveProcess.start([...WORDS, '--scale', SCALE, ...words], OFTEN_COLLECTED);
  const draw = new Stream(1, 0, 0, 0, 0);
  const load = new Load(live.front, draw);
  const resident: number[] = [];
  let kills = 0;
  const until = performance.now() + seconds * 1000;
  const status = (await (await fetch(live.control)).json()) as { nodes: { node: string }[] };
  await load.start();
  try {
    while (performance.now() < until) {
      await pause(SAMPLE_INTERVAL);
      resident.push(sum(await metrics(live), 'process_resident_memory_bytes') / 1_000_000);
      const isDue = draw.next() / 2 ** 32 < SAMPLE_INTERVAL / 1000 / killEvery;
      // Even a short one kills one.
      const isLate =
        kills === 0 && resident.length === Math.floor(Math.min(seconds, killEvery) / 2);
      if (!isDue && !isLate) continue;
      const node = status.nodes[below(draw, status.nodes.length)]?.node;
      await fetch(`${live.control}/nodes/kill`, { method: 'POST', body: JSON.stringify({ node }) });
      kills++;
    }
  } finally {
    load.stop();
  }
  const last = await settled(live);
  const exitCode = await live.stop();
  const accounted = ['answers', 'turned_away', 'dropped'].reduce(
    (total, name) => total + sum(last, `zonequake_${name}_total`),
    0,
  );
  return {
    ...{ sent: load.sent, answered: load.answered, kills, resident, exitCode, accounted },
    received: sum(last, 'zonequake_queries_total'),
    waiting: sum(last, 'zonequake_waiting'),
    replacements: sum(last, 'zonequake_node_replacements_total'),
    growth: growthOf(resident),
  };
}

/** The counts once nothing waits any more: the longest resolution takes ten seconds. */
async function settled(live: LiveProcess): Promise<string> {
  for (let left = 150; ; left--) {
    const text = await metrics(live);
    if (left === 0 || sum(text, 'zonequake_waiting') === 0) return text;
    await pause(100);
  }
}

async function metrics(live: LiveProcess): Promise<string> {
  return (await fetch(`${live.control}/metrics`)).text();
}

/** Of all samples of a metric. */
function sum(text: string, name: string): number {
  const lines = text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return lines.reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/**
 * By least squares over means of `BLOCK` seconds after the first minute, and how far the truth may lie from that
 * (95 %): garbage collection and nodes that begin anew make memory go up and down, and few blocks tell little.
 */
function growthOf(resident: readonly number[]): Growth | null {
  const blocks: number[] = [];
  for (let from = FIRST_MINUTE; from + BLOCK <= resident.length; from += BLOCK) {
    blocks.push(meanOf(resident.slice(from, from + BLOCK)));
  }
  const freedom = blocks.length - 2;
  if (freedom < 1) return null;
  const middle = (blocks.length - 1) / 2;
  const mean = meanOf(blocks);
  const spread = blocks.reduce((total, _, i) => total + (i - middle) * (i - middle), 0);
  const perBlock = blocks.reduce((total, y, i) => total + (i - middle) * (y - mean), 0) / spread;
  const missed = blocks.map((y, i) => y - mean - perBlock * (i - middle));
  const variance = missed.reduce((total, y) => total + y * y, 0) / freedom;
  const perMinute = 60 / BLOCK;
  const quantile = STUDENT[Math.min(freedom, STUDENT.length) - 1] as number;
  return {
    slope: perBlock * perMinute,
    within: quantile * Math.sqrt(variance / spread) * perMinute,
  };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}

/** Queries in a closed loop. */
class Load {
  sent = 0;
  answered = 0;
  readonly #server: { readonly address: string; readonly port: number };
  readonly #draw: Stream;
  readonly #names: readonly string[];
  readonly #hostile: readonly Uint8Array[];
  readonly #honest: Uint8Array[] = [];
  readonly #packets: readonly Uint8Array[];
  readonly #sockets: Socket[] = [];
  #tcp: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(server: { readonly address: string; readonly port: number }, draw: Stream) {
    this.#server = server;
    this.#draw = draw;
    this.#names = planOf(INCIDENT, { scale: Number(SCALE) }).catalogue;
    this.#hostile = hostilePackets().map(({ octets }) => octets);
    for (let i = 0; i < 300; i++) this.#honest.push(this.#query());
    this.#packets = Array.from({ length: PACKETS }, () => this.#made());
  }

  async start(): Promise<void> {
    for (let i = 0; i < WINDOW; i++) this.#sockets.push(this.#loop());
    this.#tcp = setInterval(() => this.#connect(), TCP_INTERVAL);
  }

  stop(): void {
    this.#isOver = true;
    clearInterval(this.#tcp);
    for (const socket of this.#sockets) socket.close();
  }

  /** One query after another. */
  #loop(): Socket {
    const socket = createSocket('udp4');
    const { address, port } = this.#server;
    let timer: NodeJS.Timeout | undefined;
    const next = (): void => {
      if (this.#isOver) return;
      this.sent++;
      timer = setTimeout(next, PATIENCE);
      socket.send(this.#packet(), port, address);
    };
    socket.on('message', () => {
      this.answered++;
      clearTimeout(timer);
      next();
    });
    next();
    return socket;
  }

  /** A connection that says some things, and may break off in the middle of the last. */
  #connect(): void {
    const socket = connect({ host: this.#server.address, port: this.#server.port });
    socket.on('error', () => {}); // the node may be gone
    socket.on('data', () => {
      this.answered++;
    });
    for (let left = 1 + below(this.#draw, 4); left > 0; left--) {
      const message = framed(this.#packet());
      const length = below(this.#draw, 10) === 0 ? below(this.#draw, message.length) : undefined;
      socket.write(message.subarray(0, length));
      this.sent++;
    }
    setTimeout(() => socket.destroy(), PATIENCE);
  }

  #packet(): Uint8Array {
    return this.#packets[below(this.#draw, PACKETS)] as Uint8Array;
  }

  #made(): Uint8Array {
    const draw = this.#draw;
    if (draw.next() / 2 ** 32 >= MUTATED_SHARE) return this.#query();
    const hostile = below(draw, 20) === 0;
    const from = hostile ? this.#hostile : this.#honest;
    const packet = mutated(from[below(draw, from.length)] as Uint8Array, this.#honest, draw);
    return packet.subarray(0, 8_000); // what one datagram on loopback takes
  }

  #query(): Uint8Array {
    const draw = this.#draw;
    // Popular names come first, and are asked for most.
    const rank = Math.floor((draw.next() / 2 ** 32) ** 3 * this.#names.length);
    const name = this.#names[rank] ?? 'com';
    const isMissing = draw.next() / 2 ** 32 < MISSING_SHARE;
    const asked = isMissing ? `x${below(draw, MISSING_NAMES)}.${name.split('.').at(-1)}` : name;
    const type = [TYPE.A, TYPE.A, TYPE.AAAA, TYPE.MX, TYPE.NS, TYPE.DS][below(draw, 6)] as number;
    const question = { name: Name.parse(asked), type };
    const dnssecOk = below(draw, 3) === 0;
    const edns = { version: 0, udpSize: 1232, dnssecOk, extendedErrors: [], options: [] };
    return writeMessage(
      {
        ...{ response: false, opcode: OPCODE.QUERY, rcode: RCODE.NOERROR, authoritative: false },
        ...{ truncated: false, recursionDesired: true, recursionAvailable: false },
        ...{ authenticatedData: false, checkingDisabled: below(draw, 20) === 0, question },
        ...{ answer: [], authority: [], additional: [], dnssec: false },
        edns: below(draw, 4) === 0 ? null : edns,
      },
      { id: draw.next() & 0xffff },
    );
  }
}

/** What does not hold, in words. */
export function breaches(result: SoakResult): string[] {
  const { received, accounted, waiting, kills, replacements, growth, exitCode } = result;
  const out: string[] = [];
  if (exitCode !== 0) out.push(`the cluster ended with ${exitCode}`);
  if (waiting !== 0) out.push(`${waiting} queries still wait`);
  if (received !== accounted + waiting) {
    out.push(`${received} queries came and ${accounted} are accounted for`);
  }
  if (replacements !== kills) out.push(`${kills} nodes were killed and ${replacements} replaced`);
  if (growth !== null && growth.slope - growth.within >= MAX_GROWTH) {
    const { slope, within } = growth;
    out.push(
      `memory grows by ${slope.toFixed(1)} MB per minute, give or take ${within.toFixed(1)}`,
    );
  }
  return out;
}

async function main(): Promise<number> {
  const [seconds = 120, killEvery = 10] = process.argv.slice(2).map(Number);
  const result = await soak({ seconds, killEvery, words: [] });
  const { resident, ...figures } = result;
  process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
  process.stdout.write(`resident MB: ${resident.map((value) => value.toFixed(0)).join(' ')}\n`);
  const broken = breaches(result);
  for (const text of broken) process.stdout.write(`! ${text}\n`);
  return broken.length === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main();
