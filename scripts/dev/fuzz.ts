/**
 * `npm run fuzz [-- COUNT [SEED]]`: mutated packets through the wire codec, a million unless told.
 *
 * Of each: reading throws nothing and takes no longer than `MOST` milliseconds; what can be read can be
 * written, and is then read as the same. A packet that takes long is tried again and its fastest
 * time counts, since a garbage collection or another process is not the codec's doing; what is slow
 * every time is a breach. Exit code 1 on a breach, with the packet in hex.
 */

import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { MAX_MESSAGE_OCTETS } from '../../resolver-core/limits.ts';
import { readMessage } from '../../resolver-core/wire/read.ts';
import { messageSize, writeMessage } from '../../resolver-core/wire/write.ts';
import { Stream } from '../../sim/engine/random.ts';
import { below, honestPackets, hostilePackets, mutated } from './fuzz/packets.ts';

/** Milliseconds for one packet of at most 64 KiB. */
export const MOST = 2;

/** Milliseconds from which on a packet is tried again, so that the slowest is not one that was disturbed. */
const SUSPICIOUS = 0.5;

/** How often. */
const TRIES = 12;

/** One packet in so many is a large hostile one: they take a thousand times as long as the others. */
const HOSTILE_ONE_IN = 100;

export interface FuzzResult {
  readonly packets: number;
  readonly octets: number;
  /** Packets that could be read. */
  readonly read: number;
  /** Times of the readings alone, in milliseconds. */
  readonly total: number;
  readonly slowest: number;
  readonly slowestOctets: number;
  /** Packets that took too long at first and not when tried again. */
  readonly disturbed: number;
  readonly breaches: readonly string[];
}

export function fuzz(count: number, seed: number): FuzzResult {
  const draw = new Stream(seed, 0, 0, 0, 0);
  const honest = honestPackets(draw);
  const hostile = hostilePackets().map(({ octets }) => octets);
  const result = { octets: 0, read: 0, total: 0, slowest: 0, slowestOctets: 0, disturbed: 0 };
  const breaches: string[] = [];
  for (let i = 0; i < count; i++) {
    const from = below(draw, HOSTILE_ONE_IN) === 0 ? hostile : honest;
    const packet = mutated(from[below(draw, from.length)] as Uint8Array, honest, draw);
    result.octets += packet.length;
    try {
      let time = readingTime(packet);
      result.total += time;
      if (time > SUSPICIOUS) {
        const again = fastestReading(packet);
        if (again > MOST) breaches.push(described(`took ${again.toFixed(2)} ms`, i, packet));
        else if (time > MOST) result.disturbed++;
        time = again;
      }
      if (time > result.slowest) {
        result.slowest = time;
        result.slowestOctets = packet.length;
      }
      const fault = survives(packet);
      if (fault === 'unreadable') continue;
      result.read++;
      if (fault !== null) breaches.push(described(fault, i, packet));
    } catch (error) {
      breaches.push(described(String(error), i, packet));
    }
  }
  return { packets: count, ...result, breaches };
}

/** Milliseconds. */
export function readingTime(packet: Uint8Array): number {
  const start = performance.now();
  readMessage(packet);
  return performance.now() - start;
}

/** The fastest of several readings, in milliseconds. */
export function fastestReading(packet: Uint8Array): number {
  let fastest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < TRIES; i++) fastest = Math.min(fastest, readingTime(packet));
  return fastest;
}

/** What is wrong with writing what was read; null when nothing is. */
function survives(packet: Uint8Array): 'unreadable' | string | null {
  const first = readMessage(packet);
  if (!first.ok) {
    return first.offset > packet.length ? 'failed behind the end' : 'unreadable';
  }
  // RRSIGs, RDATA and texts of EDE may take more room than before: then the writer truncates.
  if (messageSize(first.message) > MAX_MESSAGE_OCTETS) return null;
  const second = readMessage(writeMessage(first.message, { id: first.id }));
  if (!second.ok) return `was written, and could not be read: ${second.code}`;
  return isDeepStrictEqual(second.message, first.message)
    ? null
    : 'was read otherwise once written';
}

function described(what: string, index: number, packet: Uint8Array): string {
  return `packet ${index} (${packet.length} octets) ${what}: ${Buffer.from(packet).toString('hex').slice(0, 400)}`;
}

function summary(result: FuzzResult, seed: number, seconds: number): string {
  const { packets, octets, read, total, slowest, slowestOctets, disturbed, breaches } = result;
  const per64 = (total * 65_536) / octets;
  return [
    `${packets} packets of ${Math.round(octets / packets)} octets on average, seed ${seed}, ${seconds.toFixed(0)} s`,
    `${read} could be read, were written, and read again as the same`,
    `reading: ${((total * 1000) / packets).toFixed(2)} us each, ${per64.toFixed(3)} ms per 64 KiB`,
    `slowest: ${slowest.toFixed(3)} ms (${slowestOctets} octets); ${disturbed} over ${MOST} ms only at first`,
    `${breaches.length} breaches`,
    ...breaches.slice(0, 10),
  ].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [count = 1_000_000, seed = 1] = process.argv.slice(2).map(Number);
  const start = performance.now();
  const result = fuzz(count, seed);
  console.log(summary(result, seed, (performance.now() - start) / 1000));
  process.exitCode = result.breaches.length === 0 ? 0 : 1;
}
