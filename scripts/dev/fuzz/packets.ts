/**
 * Packets to try the wire codec with: whole ones of every kind, ones that a hostile writer would send
 * (up to 64 KiB, as dense in names, pointers, records or options as the format allows), and what chance
 * makes of them. Everything follows from a seed.
 */

import type { Edns, Message } from '../../../resolver-core/message.ts';
import type { RRset } from '../../../resolver-core/rrset.ts';
import { readZone } from '../../../resolver-core/text/zonefile.ts';
import { TYPE } from '../../../resolver-core/wire/iana.ts';
import { writeMessage } from '../../../resolver-core/wire/write.ts';
import type { Stream } from '../../../sim/engine/random.ts';

type Octets = readonly number[];

const HEADER = 12;
const LARGEST = 65_535;
/** Offset of the owner of the first record, and of its RDATA when that owner is the root. */
const FIRST_RDATA = HEADER + 11;

/** RRsets of every form of RDATA that the codec knows, and of one that it does not. */
const SAMPLES = `$ORIGIN example.
$TTL 3600
@ SOA ns hostmaster 2026112100 7200 3600 1209600 300
@ RRSIG SOA 13 1 3600 20261201000000 20261101000000 12345 example. ${'QUJD'.repeat(21)}QQ==
@ NS ns
@ NS ns.Example.NET.
@ MX 10 mail
@ DNSKEY 257 3 13 ${'QUJD'.repeat(21)}QQ==
@ RRSIG DNSKEY 8 1 3600 20261201000000 20261101000000 54321 example. ${'QUJD'.repeat(42)}
@ NSEC3PARAM 1 0 5 aabbccdd
@ CAA 0 issue "ca.example.net"
www A 192.0.2.1
www A 192.0.2.2
www RRSIG A 15 2 3600 20261201000000 20261101000000 12345 example. ${'QUJD'.repeat(21)}QQ==
www AAAA 2001:db8::1
a.b.c CNAME www
d DNAME elsewhere.example.net.
txt TXT "one" "two" "${'x'.repeat(200)}"
_443._tcp TLSA 3 1 1 ${'ab'.repeat(32)}
_sip._udp SRV 1 2 5060 sip
sub DS 12345 13 2 ${'cd'.repeat(32)}
sub NSEC t.example. NS DS RRSIG NSEC TYPE65000
0p9mhaveqvm6t7vbl5lop2u3t2rp3tom NSEC3 1 1 12 aabbccdd 2t7b4g4vsa5smi47k61mv5bv1a22bojr A RRSIG
ptr PTR www
naptr NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:a@example.!" .
svc HTTPS 1 . alpn=h2,h3 ipv4hint=192.0.2.1
loc HINFO "PC" "Unix"
odd TYPE65001 \\# 5 0102030405
`;

/** Octets as they come out of honest writers. */
export function honestPackets(draw: Stream): Uint8Array[] {
  const zone = readZone(SAMPLES);
  if (!zone.ok) throw new Error(JSON.stringify(zone.errors));
  return Array.from({ length: 300 }, () => writeMessage(message(zone.rrsets, draw), { id: 1 }));
}

function message(rrsets: readonly RRset[], draw: Stream): Message {
  const chance = (): boolean => below(draw, 2) === 0;
  const section = (): RRset[] => {
    const from = below(draw, rrsets.length);
    return rrsets.slice(from, from + below(draw, 7));
  };
  const edns: Edns = {
    version: 0,
    udpSize: 1232,
    dnssecOk: true,
    extendedErrors: chance() ? [{ code: 6, text: 'www.example/a (keytag=12345)' }] : [],
    options: chance() ? [{ code: 10, data: new Uint8Array(8 * below(draw, 4)) }] : [],
  };
  const { name, type } = rrsets[below(draw, rrsets.length)] as RRset;
  return {
    response: chance(),
    opcode: 0,
    rcode: below(draw, 6),
    authoritative: chance(),
    truncated: chance(),
    recursionDesired: chance(),
    recursionAvailable: chance(),
    authenticatedData: chance(),
    checkingDisabled: chance(),
    question: chance() ? { name, type } : null,
    answer: section(),
    authority: section(),
    additional: section(),
    edns: chance() ? edns : null,
    dnssec: chance(),
  };
}

export interface HostilePacket {
  readonly name: string;
  readonly octets: Uint8Array;
}

/** One of each abuse. */
export function hostilePackets(): HostilePacket[] {
  const root = [0];
  const first = pointer(FIRST_RDATA);
  const longName = [...Array<Octets>(127).fill([1, 97])].flat().concat(0);
  const ladder = [1, 97, 0, ...Array.from({ length: 120 }, (_, i) => pointer(rung(i))).flat()];
  const top = pointer(rung(120));
  const behind = (record: Octets, target: Octets): Uint8Array =>
    filled([1], [...recordOf(root, TYPE.NULL, target)], record);
  return [
    {
      name: 'A records of one owner',
      octets: filled([1], [], recordOf(root, TYPE.A, [1, 2, 3, 4])),
    },
    {
      name: 'owners that all point at a name of 127 labels',
      octets: behind(recordOf(first, TYPE.A, [1, 2, 3, 4]), longName),
    },
    {
      name: 'RDATA that all points at a name of 127 labels',
      octets: behind(recordOf(root, TYPE.NS, first), longName),
    },
    {
      name: 'owners at the top of a ladder of 120 pointers',
      octets: behind(recordOf(top, TYPE.A, [1, 2, 3, 4]), ladder),
    },
    {
      name: 'SOA records of two long names each',
      octets: behind(recordOf(root, TYPE.SOA, [...first, ...first, ...zeros(20)]), longName),
    },
    { name: 'empty TXT records', octets: filled([1], [], recordOf(root, TYPE.TXT, [0])) },
    {
      name: 'one TXT record of 64 KiB of empty strings',
      octets: oneRecord(TYPE.TXT, zeros(65_000)),
    },
    { name: 'one OPT of 16,250 empty options', octets: oneOpt(16_250, []) },
    {
      name: 'one OPT of 8,000 Extended DNS Errors',
      octets: oneOpt(8_000, [0, 15, 0, 4, 0, 6, 97, 98]),
    },
    { name: 'OPT after OPT', octets: filled([0, 0, 1], [], [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0]) },
    { name: 'RRSIGs that cover other types', octets: filled([1], [], rrsig()) },
    {
      name: 'counts of 65,535 records in a packet of 12 octets',
      octets: header(0, [0xffff, 0xffff, 0xffff]),
    },
    { name: '65,535 questions', octets: join([header(0xffff, []), new Uint8Array(60_000)]) },
    {
      name: 'a question that points at itself',
      octets: join([header(1, []), pointer(HEADER), [0, 1, 0, 1]]),
    },
    {
      name: 'two pointers at each other',
      octets: join([header(1, []), pointer(14), pointer(12), [0, 1, 0, 1]]),
    },
    { name: 'zeros only', octets: new Uint8Array(LARGEST) },
    { name: 'ones only', octets: new Uint8Array(LARGEST).fill(0xff) },
    { name: 'pointers only', octets: new Uint8Array(LARGEST).fill(0xc0) },
  ];
}

/** `packet` after a few accidents; `others` are what it may be crossed with. */
export function mutated(
  packet: Uint8Array,
  others: readonly Uint8Array[],
  draw: Stream,
): Uint8Array {
  let octets = packet.slice();
  for (let edits = 1 + below(draw, 4); edits > 0 && octets.length > 0; edits--) {
    octets = accident(octets, others, draw);
  }
  return octets;
}

function accident(
  octets: Uint8Array<ArrayBuffer>,
  others: readonly Uint8Array[],
  draw: Stream,
): Uint8Array<ArrayBuffer> {
  const at = below(draw, octets.length);
  switch (below(draw, 12)) {
    case 0: // cut
      return octets.slice(0, at);
    case 1: {
      // a piece of another packet in place of the rest
      const other = others[below(draw, others.length)] as Uint8Array;
      const from = below(draw, other.length + 1);
      return join([octets.subarray(0, at), other.subarray(from)]).slice(0, LARGEST);
    }
    case 2: {
      // a piece once more
      const piece = octets.subarray(at, at + 1 + below(draw, 64));
      const whole = [octets.subarray(0, at), piece, octets.subarray(at)];
      return join(whole).slice(0, LARGEST);
    }
    case 3: {
      // a piece lost
      const end = at + 1 + below(draw, 16);
      return join([octets.subarray(0, at), octets.subarray(end)]);
    }
    case 4: // a pointer
      octets[at] = 0xc0 | below(draw, Math.min(64, (octets.length >> 8) + 1));
      return octets;
    case 5: // a count
      octets[4 + below(draw, 8)] = below(draw, 4) === 0 ? 0xff : below(draw, 4);
      return octets;
    case 6: // a length, a type or a border case
      octets[at] = [0, 1, 2, 4, 41, 46, 63, 64, 127, 128, 191, 255][below(draw, 12)] as number;
      return octets;
    case 7:
      octets[at] = (octets[at] as number) ^ (1 << below(draw, 8));
      return octets;
    default:
      octets[at] = below(draw, 256);
      return octets;
  }
}

/** A whole number from 0 up to `bound`, which is not reached. */
export function below(draw: Stream, bound: number): number {
  return draw.next() % bound;
}

function zeros(count: number): Octets {
  return Array<number>(count).fill(0);
}

function pointer(to: number): Octets {
  return [0xc0 | (to >> 8), to & 0xff];
}

/** Offset of a rung of the ladder: rung 0 is a label, each further one points at the one before. */
function rung(i: number): number {
  return i === 0 ? FIRST_RDATA : FIRST_RDATA + 3 + 2 * (i - 1);
}

function recordOf(owner: Octets, type: number, rdata: Octets): Octets {
  const { length } = rdata;
  return [...owner, type >> 8, type & 255, 0, 1, 0, 0, 1, 0, length >> 8, length & 255, ...rdata];
}

function rrsig(): Octets {
  return recordOf([0], TYPE.RRSIG, [0, 2, 13, 0, ...zeros(12), 0, 7, 0, 1, 2, 3, 4]);
}

/** A response header with so many questions, and records in each section. */
function header(questions: number, records: readonly number[]): Uint8Array<ArrayBuffer> {
  const [answer = 0, authority = 0, additional = 0] = records;
  const counts = [questions, answer, authority, additional];
  const u16 = counts.flatMap((count) => [count >> 8, count & 255]);
  return Uint8Array.of(0, 1, 0x80, 0, ...u16);
}

/** As many copies of a record as 64 KiB and the limit of records hold, in the sections wanted. */
function filled(sections: Octets, start: Octets, record: Octets): Uint8Array<ArrayBuffer> {
  const room = Math.floor((LARGEST - HEADER - start.length) / record.length);
  const copies = Math.min(room, 4_190);
  const count = copies + (start.length > 0 ? 1 : 0);
  const counts = sections.map((wanted) => (wanted === 1 ? count : 0));
  return join([header(0, counts), start, Array<Octets>(copies).fill(record).flat()]);
}

function oneRecord(type: number, rdata: Octets): Uint8Array<ArrayBuffer> {
  return join([header(0, [1]), recordOf([0], type, rdata)]);
}

function oneOpt(count: number, option: Octets): Uint8Array<ArrayBuffer> {
  const one = option.length === 0 ? [0, 3, 0, 0] : option;
  const rdata = Array<Octets>(count).fill(one).flat();
  const fixed = [0, 0, TYPE.OPT, 4, 208, 0, 0, 0, 0, rdata.length >> 8, rdata.length & 255];
  return join([header(0, [0, 0, 1]), fixed, rdata]);
}

function join(parts: readonly (Uint8Array | Octets)[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
