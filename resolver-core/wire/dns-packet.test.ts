import { decode } from 'dns-packet';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Message } from '../message.ts';
import { Name } from '../name/name.ts';
import { RRset } from '../rrset.ts';
import { parseRdata } from '../text/presentation.ts';
import { type DnsPacket, fromDnsPacket, toDnsPacket } from './dns-packet.ts';
import { TYPE } from './iana.ts';
import { isWellFormed } from './layout.ts';
import { readMessage } from './read.ts';
import { writeMessage } from './write.ts';

/** The subset that dns-packet gets right: host names, types that it knows. */
const RECORDS: readonly (readonly [number, string])[] = [
  [TYPE.A, '192.0.2.1'],
  [TYPE.AAAA, '2001:db8::1'],
  [TYPE.NS, 'ns.example.com.'],
  [TYPE.CNAME, 'www.example.com.'],
  [TYPE.PTR, 'a.b.c.example.net.'],
  [TYPE.SOA, 'ns.example. admin.example. 4294967295 1800 900 604800 86400'],
  [TYPE.MX, '10 mail.example.com.'],
  [TYPE.TXT, '"a" "b c"'],
  [TYPE.SRV, '1 2 3 sip.example.com.'],
  [TYPE.CAA, '0 issue "ca.example"'],
  [TYPE.DNAME, 'other.example.'],
  [TYPE.DS, '60485 8 2 2bb183af5f22588179a53b0a98631fad1a292118'],
  [TYPE.DNSKEY, '257 3 8 AQPSKmynfzW4kyBv015MUG2DeIQ3Cbl+BBZH4b/0PY1kxkmvHjcZc8no'],
  [TYPE.NSEC, 'next.example. A MX RRSIG NSEC TYPE1234'],
  [TYPE.NSEC3, '1 1 12 aabbccdd 2vptu5timamqttgl4luu9kg21e0aor3s A RRSIG'],
  [TYPE.NAPTR, '100 50 "s" "http" "" _http._tcp.example.'],
  [TYPE.HINFO, '"PC" "Unix"'],
  [TYPE.SVCB, '1 . alpn="h2"'],
  [TYPE.ZONEMD, '1 1 1 abcdefabcdefabcdefabcdef'],
];

const rrset = fc
  .record({
    owner: fc.constantFrom('.', 'com', 'example.com', 'www.example.com', 'a.example.net'),
    record: fc.constantFrom(...RECORDS),
    ttl: fc.nat(0x7fff_ffff),
  })
  .map(({ owner, record: [type, text], ttl }) => {
    return new RRset(Name.parse(owner), type, ttl, [parseRdata(type, text) as Uint8Array]);
  });
const section = fc.uniqueArray(rrset, {
  maxLength: 8,
  selector: (one) => `${one.type} ${one.name.key}`,
});

const message: fc.Arbitrary<Message> = fc.record({
  response: fc.boolean(),
  opcode: fc.constantFrom(0, 2, 4, 5),
  rcode: fc.nat(10),
  authoritative: fc.boolean(),
  truncated: fc.boolean(),
  recursionDesired: fc.boolean(),
  recursionAvailable: fc.boolean(),
  authenticatedData: fc.boolean(),
  checkingDisabled: fc.boolean(),
  question: fc.option(
    fc.record({ name: fc.constant(Name.parse('www.example.com')), type: fc.constantFrom(1, 65) }),
  ),
  answer: section,
  authority: section,
  additional: section,
  edns: fc.option(
    fc.constant({ version: 0, udpSize: 1232, dnssecOk: false, extendedErrors: [], options: [] }),
  ),
  dnssec: fc.constant(false),
});

describe('the differential oracle: dns-packet on the subset that it gets right', () => {
  test('what we write, compressed, dns-packet reads; what it writes from that, we read as the original', () => {
    fc.assert(
      fc.property(message, fc.nat(65_535), (original, id) => {
        const back = fromDnsPacket(toDnsPacket(original, id));
        if (!back.ok) throw new Error(back.code);
        expect(back.message).toEqual(original);
        expect(back.id).toBe(id);
      }),
      { numRuns: 200 },
    );
  });

  test('it sees the fields that we meant', () => {
    const answer = RECORDS.slice(0, 9).map(
      ([type, text]) =>
        new RRset(Name.parse('example.com'), type, 60, [parseRdata(type, text) as Uint8Array]),
    );
    const packet = toDnsPacket({ ...MINIMAL, answer }, 7);
    expect(packet).toMatchObject({ id: 7, type: 'response', rcode: 'NOERROR' });
    const data = packet.answers?.map((record) => record.data);
    expect(data?.slice(0, 3)).toEqual(['192.0.2.1', '2001:db8::1', 'ns.example.com']);
    expect(data?.[5]).toMatchObject({ mname: 'ns.example', serial: 0xffff_ffff, minimum: 86_400 });
    expect(data?.[6]).toEqual({ preference: 10, exchange: 'mail.example.com' });
    expect(data?.[8]).toEqual({ priority: 1, weight: 2, port: 3, target: 'sip.example.com' });
  });
});

const MINIMAL: Message = {
  response: true,
  opcode: 0,
  rcode: 0,
  authoritative: false,
  truncated: false,
  recursionDesired: false,
  recursionAvailable: false,
  authenticatedData: false,
  checkingDisabled: false,
  question: null,
  answer: [],
  authority: [],
  additional: [],
  edns: null,
  dnssec: false,
};

describe('packets made by hand', () => {
  const read = (packet: DnsPacket): Message => {
    const result = fromDnsPacket(packet);
    if (!result.ok) throw new Error(result.code);
    return result.message;
  };

  test('rcode and opcode count, though dns-packet ignores them', () => {
    const packet: DnsPacket = { type: 'response', rcode: 'SERVFAIL', opcode: 'NOTIFY' };
    expect(read(packet)).toMatchObject({ response: true, rcode: 2, opcode: 4 });
  });

  test.each([['HTTPS'], ['TYPE65'], ['UNKNOWN_65']])('type %s is 65, not 0', (type) => {
    expect(read({ questions: [{ name: 'example.com', type }] }).question?.type).toBe(65);
  });

  test('the packet is left as it is, frozen or not', () => {
    const record = Object.freeze({ name: 'example.com', type: 'A', ttl: 60, data: '192.0.2.1' });
    const packet: DnsPacket = Object.freeze({ answers: Object.freeze([record]) });
    expect(read(packet).answer[0]?.rdata[0]).toEqual(Uint8Array.of(192, 0, 2, 1));
  });
});

describe('why dns-packet is not the codec: it makes answers of what is malformed', () => {
  test('an A record of 5 octets', () => {
    const octets = writeMessage(
      { ...MINIMAL, answer: [new RRset(Name.root, TYPE.A, 60, [Uint8Array.of(1, 2, 3, 4, 5)])] },
      { id: 0 },
    );
    expect(isWellFormed(TYPE.A, Uint8Array.of(1, 2, 3, 4, 5))).toBe(false);
    expect(readMessage(octets)).toMatchObject({ ok: false, code: 'bad-rdata' });
    expect(decode(Buffer.from(octets))).toMatchObject({ answers: [{ data: '1.2.3.4' }] });
  });
});
