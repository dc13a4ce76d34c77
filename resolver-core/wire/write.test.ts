import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ExtendedError, Message } from '../message.ts';
import { Name } from '../name/name.ts';
import { ReceivedRrsig, RRset, Rrsig } from '../rrset.ts';
import { message as arbitraryMessage } from '../testing/arbitrary.ts';
import { EDE, TYPE } from './iana.ts';
import { type ReadMessage, readMessage } from './read.ts';
import { fitMessage, fitsIn, messageSize, writeMessage } from './write.ts';

const EMPTY: Message = {
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
const EDNS = { version: 0, udpSize: 1232, dnssecOk: true, extendedErrors: [], options: [] };

const named = (text: string): Name => Name.parse(text);
const address = (last: number): Uint8Array => Uint8Array.of(192, 0, 2, last);

function read(octets: Uint8Array): ReadMessage {
  const result = readMessage(octets);
  if (!result.ok) throw new Error(`${result.code} at ${result.offset}`);
  return result;
}

function rrsig(type: number, signer = 'example'): ReceivedRrsig {
  const fields = { typeCovered: type, algorithm: 13, labels: 1, originalTtl: 60 };
  return new ReceivedRrsig(
    { ...fields, expiration: 2, inception: 1, keyTag: 7, signer: named(signer) },
    new Uint8Array(64).fill(9),
  );
}

/** 13 name servers with glue, as a root server refers to a TLD. */
function referral(): Message {
  const servers = [...'abcdefghijklm'].map((letter) => named(`${letter}.gtld-servers.net`));
  return {
    ...EMPTY,
    question: { name: named('www.example.com'), type: TYPE.A },
    authority: [
      new RRset(
        named('com'),
        TYPE.NS,
        172_800,
        servers.map((one) => one.wire),
      ),
    ],
    additional: servers.flatMap((one, i) => [
      new RRset(one, TYPE.A, 172_800, [address(i)]),
      new RRset(one, TYPE.AAAA, 172_800, [new Uint8Array(16).fill(i)]),
    ]),
    edns: EDNS,
  };
}

describe('round trip', () => {
  test('every message is read back as it was written, and its size is what was announced', () => {
    fc.assert(
      fc.property(arbitraryMessage, fc.nat(65_535), (message, id) => {
        const octets = writeMessage(message, { id });
        const back = read(octets);
        expect(back.message).toEqual(message);
        expect(back).toMatchObject({ id, trailingOctets: 0, otherClassRecords: 0 });
        expect(messageSize(message)).toBe(octets.length);
      }),
      { numRuns: 300 },
    );
  });

  test('compression never makes a message larger', () => {
    fc.assert(
      fc.property(arbitraryMessage, (message) => {
        expect(messageSize(message)).toBeLessThanOrEqual(uncompressedSize(message));
      }),
      { numRuns: 200 },
    );
  });

  test('without dnssec, signatures are not written', () => {
    const signed = new RRset(named('example'), TYPE.A, 60, [address(1)], [rrsig(TYPE.A)]);
    const back = read(writeMessage({ ...EMPTY, answer: [signed] }, { id: 0 })).message;
    expect(back.answer[0]?.signatures).toEqual([]);
    expect(back.dnssec).toBe(false);
  });
});

/** RFC 1035 section 4.1 without section 4.1.4. */
function uncompressedSize(message: Message): number {
  const bare = { ...message, answer: [], authority: [], additional: [] };
  let size = messageSize(bare);
  for (const rrset of [...message.answer, ...message.authority, ...message.additional]) {
    const fixed = rrset.name.wire.length + 10;
    for (const rdata of rrset.rdata) size += fixed + rdata.length;
    if (!message.dnssec) continue;
    for (const one of rrset.signatures) {
      size += fixed + 18 + one.signer.wire.length + one.signature.length;
    }
  }
  return size;
}

describe('compression (RFC 1035 section 4.1.4, RFC 3597 section 4)', () => {
  test('a root referral of 39 records takes 840 octets', () => {
    expect(messageSize(referral())).toBe(840);
  });

  test.each([
    ['NS', TYPE.NS, []],
    ['MX', TYPE.MX, [0, 1]],
  ])('names in RDATA of %s are compressed', (_, type, before) => {
    const target = Uint8Array.of(...before, ...named('www.example').wire);
    const rrset = new RRset(named('www.example'), type, 60, [target]);
    const size = messageSize({ ...EMPTY, answer: [rrset] });
    expect(size).toBe(12 + 13 + 10 + before.length + 2);
  });

  test.each([
    ['SRV', TYPE.SRV, [0, 1, 0, 1, 0, 1]],
    ['DNAME', TYPE.DNAME, []],
    ['NSEC', TYPE.NSEC, []],
    ['SVCB', TYPE.SVCB, [0, 1]],
    ['TYPE1234', 1234, []],
  ])('names in RDATA of %s are not', (_, type, before) => {
    const target = Uint8Array.of(...before, ...named('www.example').wire);
    const rrset = new RRset(named('www.example'), type, 60, [target]);
    expect(messageSize({ ...EMPTY, answer: [rrset] })).toBe(12 + 13 + 10 + target.length);
  });

  test('the signer of an RRSIG is not compressed (RFC 4034 section 3.1.7)', () => {
    const rrset = new RRset(named('example'), TYPE.A, 60, [address(1)], [rrsig(TYPE.A)]);
    const size = messageSize({ ...EMPTY, answer: [rrset], dnssec: true });
    expect(size).toBe(12 + 9 + 10 + 4 + (2 + 10 + 18 + 9 + 64));
  });

  test('RDATA keeps its case: a name is not compressed against one in another case', () => {
    const mixed = Uint8Array.of(7, ...[...'Example'].map((c) => c.charCodeAt(0)), 0);
    const rrset = new RRset(named('example'), TYPE.NS, 60, [mixed]);
    const back = read(writeMessage({ ...EMPTY, answer: [rrset] }, { id: 0 })).message;
    expect(back.answer[0]?.rdata[0]).toEqual(mixed);
  });

  test('beyond offset 16383 names are written out, and can be read', () => {
    const rrsets = Array.from(
      { length: 2_000 },
      (_, i) => new RRset(named(`host${i}.example`), TYPE.A, 60, [address(i & 255)]),
    );
    const message = { ...EMPTY, answer: rrsets };
    const octets = writeMessage(message, { id: 0 });
    expect(octets.length).toBeGreaterThan(0x4000);
    expect(read(octets).message).toEqual(message);
  });

  test('malformed RDATA, as a fault injects it, is written as it is', () => {
    const broken = Uint8Array.of(5, 97);
    const octets = writeMessage(
      { ...EMPTY, answer: [new RRset(named('example'), TYPE.NS, 60, [broken])] },
      { id: 0 },
    );
    expect(octets.subarray(-2)).toEqual(broken);
    expect(readMessage(octets)).toMatchObject({ ok: false });
  });
});

test('questionOctets are echoed, and owners are compressed against them (0x20)', () => {
  const message = {
    ...EMPTY,
    question: { name: named('example'), type: TYPE.A },
    answer: [new RRset(named('example'), TYPE.A, 60, [address(1)])],
  };
  const questionOctets = Uint8Array.of(7, ...Buffer.from('eXaMpLe'), 0, 0, 1, 0, 1);
  const octets = writeMessage(message, { id: 0, questionOctets });
  expect(read(octets).questionOctets).toEqual(questionOctets);
  expect(read(octets).message).toEqual(message);
  expect(octets.length).toBe(messageSize(message));
  expect(() => writeMessage(message, { id: 0, questionOctets: octets })).toThrow(RangeError);
});

test('an extended RCODE needs EDNS (RFC 6891 section 6.1.3)', () => {
  expect(() => writeMessage({ ...EMPTY, rcode: 16 }, { id: 0 })).toThrow(RangeError);
  expect(read(writeMessage({ ...EMPTY, rcode: 23, edns: EDNS }, { id: 0 })).message.rcode).toBe(23);
});

describe('truncation', () => {
  const tight = (message: Message, maxSize: number): Message => {
    const octets = writeMessage(message, { id: 0, maxSize });
    expect(octets.length).toBeLessThanOrEqual(maxSize);
    return read(octets).message;
  };

  test('whatever the limit, the result fits, is readable, and is what fitMessage says', () => {
    fc.assert(
      fc.property(arbitraryMessage, fc.integer({ min: 0, max: 1_500 }), (message, maxSize) => {
        const octets = writeMessage(message, { id: 0, maxSize });
        const { edns } = message;
        const bare = { ...message, answer: [], authority: [], additional: [] };
        const least = messageSize({
          ...bare,
          edns: edns === null ? null : { ...edns, extendedErrors: [] },
        });
        expect(octets.length).toBeLessThanOrEqual(Math.max(maxSize, least));
        const fitted = fitMessage(message, maxSize);
        const signed = [...fitted.answer, ...fitted.authority, ...fitted.additional].some(
          (rrset) => rrset.signatures.length > 0,
        );
        const dnssec = signed || (fitted.edns?.dnssecOk ?? false);
        expect(read(octets).message).toEqual({ ...fitted, dnssec });
        expect(fitsIn(message, maxSize)).toBe(messageSize(message) <= maxSize);
        if (fitsIn(message, maxSize)) expect(fitted).toBe(message);
      }),
      { numRuns: 300 },
    );
  });

  test('the text of Extended DNS Errors goes first, without TC', () => {
    const error: ExtendedError = { code: EDE.DNSSEC_BOGUS, text: 'x'.repeat(200) };
    const message = { ...referral(), edns: { ...EDNS, extendedErrors: [error] } };
    const back = tight(message, 900);
    expect(back.edns?.extendedErrors).toEqual([{ code: EDE.DNSSEC_BOGUS, text: '' }]);
    expect(back.truncated).toBe(false);
    expect(back.additional).toHaveLength(26);
  });

  test('then the options, with TC (RFC 8914 section 3), before any record', () => {
    const error: ExtendedError = { code: EDE.DNSSEC_BOGUS, text: 'x' };
    const message = { ...referral(), edns: { ...EDNS, extendedErrors: [error] } };
    const back = tight(message, 840);
    expect(back.edns?.extendedErrors).toEqual([]);
    expect(back.truncated).toBe(true);
    expect(back.additional).toHaveLength(26);
  });

  test('additional records go without TC (RFC 2181 section 9)', () => {
    const back = tight(referral(), 512);
    expect(back.truncated).toBe(false);
    expect(back.authority[0]?.rdata).toHaveLength(13);
    expect(back.additional.length).toBeGreaterThan(0);
    expect(back.additional.length).toBeLessThan(26);
    expect(back.edns).toEqual(EDNS);
  });

  test('glue below the delegated zone is not optional (RFC 9471 section 3.1)', () => {
    const message = referral();
    const authority = [
      new RRset(named('net'), TYPE.NS, 60, [...(message.authority[0]?.rdata ?? [])]),
    ];
    expect(tight({ ...message, authority }, 512).truncated).toBe(true);
    expect(tight({ ...message, authority, authoritative: true }, 512).truncated).toBe(false);
  });

  test('an answer RRset that does not fit goes whole, with its signatures and all behind it', () => {
    const large = new RRset(
      named('example'),
      TYPE.A,
      60,
      Array.from({ length: 40 }, (_, i) => address(i)),
      [rrsig(TYPE.A)],
    );
    const alias = new RRset(named('www.example'), TYPE.CNAME, 60, [named('example').wire]);
    const back = tight(
      { ...EMPTY, answer: [alias, large], authority: [alias], edns: EDNS, dnssec: true },
      512,
    );
    expect(back.truncated).toBe(true);
    expect(back.answer).toEqual([alias]);
    expect(back.authority).toEqual([]);
    expect(back.edns).toEqual(EDNS);
  });

  test('without a limit, 65535 octets is the limit', () => {
    const texts = Array.from({ length: 300 }, (_, i) => {
      const rdata = new Uint8Array(256).fill(i & 255);
      rdata[0] = 255;
      rdata[1] = i >> 8;
      return rdata;
    });
    const message = { ...EMPTY, answer: [new RRset(named('example'), TYPE.TXT, 60, texts)] };
    expect(messageSize(message)).toBeGreaterThan(65_535);
    expect(tight(message, 65_535)).toEqual({ ...EMPTY, truncated: true });
    expect(read(writeMessage(message, { id: 0 })).message.truncated).toBe(true);
  });
});

test('fitsIn decides small responses without asking for a signature', () => {
  class LazyRrsig extends Rrsig {
    get signature(): Uint8Array {
      throw new Error('asked to sign');
    }
    get signatureOctets(): number {
      return 64;
    }
  }
  const lazy = new LazyRrsig(rrsig(TYPE.A));
  const rrset = new RRset(named('example'), TYPE.A, 60, [address(1)], [lazy]);
  const message = { ...EMPTY, answer: [rrset], dnssec: true };
  expect(fitsIn(message, 512)).toBe(true);
  expect(() => fitsIn(message, 100)).toThrow('asked to sign');
});
