/**
 * Messages in the shape of dns-packet 5, for users who have such objects or want them. The core does
 * not use it as a codec: names there are dotted strings, RDLENGTH is not authoritative, names are
 * never compressed and work is unbounded.
 *
 * Limitations, all of that shape: a label with a dot in it becomes two, octets beyond ASCII in names
 * are lost, and types that it does not know carry octets as their data.
 */

import { decode, encode } from 'dns-packet';
import { toOpcode } from 'dns-packet/opcodes.js';
import { toRcode } from 'dns-packet/rcodes.js';
import { toType } from 'dns-packet/types.js';
import type { Message } from '../message.ts';
import type { ReadFailure } from './failure.ts';
import { typeNumber } from './iana.ts';
import { type ReadMessage, readMessage } from './read.ts';
import { writeMessage } from './write.ts';

export interface DnsPacketQuestion {
  readonly name: string;
  /** A mnemonic, `TYPE65`, or dns-packet's own `UNKNOWN_65`. */
  readonly type: string;
  readonly class?: string;
}

/** A record; what else it has depends on its type (`ttl`, `data`, `options`, ...). */
export interface DnsPacketRecord {
  readonly name: string;
  readonly type: string;
  readonly [field: string]: unknown;
}

/** What dns-packet's `decode` returns and its `encode` takes. */
export interface DnsPacket {
  readonly id?: number;
  readonly type?: 'query' | 'response';
  /** The second 16 bits of the header without QR. */
  readonly flags?: number;
  /** Mnemonics that stand above the bits in `flags`; dns-packet itself ignores them. */
  readonly rcode?: string;
  readonly opcode?: string;
  readonly questions?: readonly DnsPacketQuestion[];
  readonly answers?: readonly DnsPacketRecord[];
  readonly authorities?: readonly DnsPacketRecord[];
  readonly additionals?: readonly DnsPacketRecord[];
}

/** Throws dns-packet's own error for a record beyond it (a DNSKEY whose protocol is not 3). */
export function toDnsPacket(message: Message, id: number): DnsPacket {
  const octets = writeMessage(message, { id });
  // The one place of the core with a Buffer: dns-packet reads numbers by its methods.
  return decode(Buffer.from(octets.buffer, octets.byteOffset, octets.length)) as DnsPacket;
}

/**
 * Leaves the packet as it is. Throws dns-packet's own error for data of a wrong shape; a packet
 * that it encodes into something malformed is a failure, as octets from the network would be.
 */
export function fromDnsPacket(packet: DnsPacket): ReadMessage | ReadFailure {
  let flags = packet.flags ?? 0;
  if (packet.rcode !== undefined) flags = (flags & ~0xf) | toRcode(packet.rcode);
  if (packet.opcode !== undefined) flags = (flags & ~0x7800) | (toOpcode(packet.opcode) << 11);
  const copy = {
    id: packet.id,
    type: packet.type,
    flags,
    questions: (packet.questions ?? []).map(withKnownType),
    answers: (packet.answers ?? []).map(withKnownType),
    authorities: (packet.authorities ?? []).map(withKnownType),
    additionals: (packet.additionals ?? []).map(withKnownType),
  };
  return readMessage(encode(copy));
}

/** dns-packet writes type 0 for a mnemonic that it does not know; `UNKNOWN_65` it does. */
function withKnownType<T extends { readonly type: string }>(item: T): T {
  const number = toType(item.type) === 0 ? typeNumber(item.type) : undefined;
  return { ...item, type: number === undefined ? item.type : `UNKNOWN_${number}` };
}
