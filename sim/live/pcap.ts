/**
 * DNS messages as a capture file: the classic PCAP format with raw IP packets (LINKTYPE_RAW), which tshark,
 * Wireshark and tcpdump read. What was sent over sockets gets the headers that it had on the way: IPv4 (RFC 791)
 * or IPv6 (RFC 8200), UDP (RFC 768) or TCP (RFC 9293) with the length before the message. Pure: octets out.
 *
 * Limitations: of a TCP connection there are the messages alone, no handshake and no acknowledgement; segments are as
 * long as IP allows. Nothing is fragmented.
 */

import { parseIpv4, parseIpv6 } from '../../resolver-core/text/address.ts';
import { type Micros, SECOND } from '../../resolver-core/time.ts';
import type { Passed } from './received.ts';

const MAGIC = 0xa1b2c3d4;
const RAW_IP = 101;
const SNAP_LENGTH = 65_535;
const RECORD_HEADER = 16;

const UDP = { protocol: 17, header: 8 } as const;
const TCP = { protocol: 6, header: 20 } as const;
/** PSH and ACK (RFC 9293 section 3.1). */
const TCP_FLAGS = 0x18;
/** An IPv4 packet has at most 65,535 octets with its header and that of TCP. */
const MAX_SEGMENT = 65_000;
/** TCP connections whose sequence numbers are remembered; then all begin anew. */
const MAX_FLOWS = 65_536;

/** What a capture file begins with. */
export function pcapHeader(): Uint8Array {
  const out = new Uint8Array(24);
  const view = new DataView(out.buffer);
  view.setUint32(0, MAGIC);
  view.setUint16(4, 2);
  view.setUint16(6, 4);
  view.setUint32(16, SNAP_LENGTH);
  view.setUint32(20, RAW_IP);
  return out;
}

/** Makes the records of one capture file, in the order in which messages are given. */
export class PcapRecords {
  /** The next sequence number of each direction of each TCP connection. */
  readonly #sequence: Map<string, number> = new Map();

  /** One record for each packet of the message, passed at that instant. Throws a RangeError for addresses that are none. */
  of(message: Passed, passedAt: Micros): Uint8Array {
    const packets = message.transport === 'udp' ? [datagram(message)] : this.#segments(message);
    const length = packets.reduce((sum, packet) => sum + RECORD_HEADER + packet.length, 0);
    const out = new Uint8Array(length);
    const view = new DataView(out.buffer);
    let at = 0;
    for (const packet of packets) {
      view.setUint32(at, Math.floor(passedAt / SECOND));
      view.setUint32(at + 4, passedAt % SECOND);
      view.setUint32(at + 8, packet.length);
      view.setUint32(at + 12, packet.length);
      out.set(packet, at + RECORD_HEADER);
      at += RECORD_HEADER + packet.length;
    }
    return out;
  }

  #segments(message: Passed): Uint8Array[] {
    const { from, to, octets } = message;
    const stream = new Uint8Array(2 + octets.length);
    new DataView(stream.buffer).setUint16(0, octets.length);
    stream.set(octets, 2);
    const here = `${from.address} ${from.port} ${to.address} ${to.port}`;
    const there = `${to.address} ${to.port} ${from.address} ${from.port}`;
    const out: Uint8Array[] = [];
    for (let at = 0; at < stream.length; at += MAX_SEGMENT) {
      const data = stream.subarray(at, at + MAX_SEGMENT);
      const sequence = this.#sequence.get(here) ?? 1;
      out.push(segment(message, data, sequence, this.#sequence.get(there) ?? 1));
      if (this.#sequence.size >= MAX_FLOWS) this.#sequence.clear();
      this.#sequence.set(here, (sequence + data.length) >>> 0);
    }
    return out;
  }
}

function datagram(message: Passed): Uint8Array {
  const { from, to, octets } = message;
  const { packet, view, at } = ipPacket(message, UDP, octets);
  view.setUint16(at, from.port);
  view.setUint16(at + 2, to.port);
  view.setUint16(at + 4, UDP.header + octets.length);
  // A sum of zero is sent as its other form: zero says that there is none.
  view.setUint16(at + 6, transportSum(packet, at, UDP.protocol) || 0xffff);
  return packet;
}

function segment(
  message: Passed,
  data: Uint8Array,
  sequence: number,
  acknowledged: number,
): Uint8Array {
  const { packet, view, at } = ipPacket(message, TCP, data);
  view.setUint16(at, message.from.port);
  view.setUint16(at + 2, message.to.port);
  view.setUint32(at + 4, sequence);
  view.setUint32(at + 8, acknowledged);
  view.setUint8(at + 12, (TCP.header / 4) << 4);
  view.setUint8(at + 13, TCP_FLAGS);
  view.setUint16(at + 14, 0xffff);
  view.setUint16(at + 16, transportSum(packet, at, TCP.protocol));
  return packet;
}

interface Packet {
  readonly packet: Uint8Array;
  readonly view: DataView;
  /** Where the header of the transport begins. */
  readonly at: number;
}

/** IP header and data, with room for the header of the transport. */
function ipPacket(
  { from, to }: Passed,
  { protocol, header }: typeof UDP | typeof TCP,
  data: Uint8Array,
): Packet {
  const [source, isIpv6] = addressOctets(from.address);
  const [destination] = addressOctets(to.address);
  const at = isIpv6 ? 40 : 20;
  const packet = new Uint8Array(at + header + data.length);
  const view = new DataView(packet.buffer);
  packet.set(data, at + header);
  if (isIpv6) {
    view.setUint32(0, 6 << 28);
    view.setUint16(4, header + data.length);
    view.setUint8(6, protocol);
    view.setUint8(7, 64);
    packet.set(source, 8);
    packet.set(destination, 24);
  } else {
    view.setUint16(0, 0x4500);
    view.setUint16(2, packet.length);
    view.setUint8(8, 64);
    view.setUint8(9, protocol);
    packet.set(source, 12);
    packet.set(destination, 16);
    view.setUint16(10, folded(sumOf(packet, 0, at)));
  }
  return { packet, view, at };
}

function addressOctets(text: string): readonly [octets: Uint8Array, isIpv6: boolean] {
  const four = parseIpv4(text);
  if (four !== undefined) return [four, false];
  const six = parseIpv6(text);
  if (six === undefined) throw new RangeError(`"${text}" is no address`);
  return [six, true];
}

/** Over the addresses, protocol and length (the pseudo-header) and all from `at` on. */
function transportSum(packet: Uint8Array, at: number, protocol: number): number {
  const addresses = at === 40 ? sumOf(packet, 8, 40) : sumOf(packet, 12, 20);
  const length = packet.length - at;
  return folded(addresses + protocol + length + sumOf(packet, at, packet.length));
}

/** The sum of 16-bit words (RFC 1071), the last filled up with zero. */
function sumOf(octets: Uint8Array, from: number, to: number): number {
  let sum = 0;
  for (let at = from; at < to; at += 2) {
    sum += ((octets[at] as number) << 8) | (at + 1 < to ? (octets[at + 1] as number) : 0);
  }
  return sum;
}

function folded(sum: number): number {
  let rest = sum;
  while (rest > 0xffff) rest = (rest & 0xffff) + Math.floor(rest / 0x10000);
  return ~rest & 0xffff;
}
