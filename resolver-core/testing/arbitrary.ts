/**
 * fast-check generators of names, RDATA and messages as the codec promises to keep them: RRsets
 * unique by owner and type within a section, without duplicates, signatures on what they cover.
 */

import fc from 'fast-check';
import type { Edns, Message } from '../message.ts';
import { Name } from '../name/name.ts';
import { TypeBitmap } from '../rdata.ts';
import { ReceivedRrsig, RRset } from '../rrset.ts';
import { TYPE } from '../wire/iana.ts';
import { type Field, layoutOf } from '../wire/layout.ts';

/** Few labels, so that names share suffixes; some odd ones, so that octets are not text. */
const label: fc.Arbitrary<readonly number[]> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom('a', 'b', 'ns', 'www', 'example', 'com', 'net').map(octetsOf),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom('Example', 'COM', 'a.b', '*', '@', 'x"y\\', '(;)').map(octetsOf),
  },
  { weight: 1, arbitrary: fc.array(fc.nat(255), { minLength: 1, maxLength: 63 }) },
);

/** Uncompressed wire form, case mixed. */
export const nameOctets: fc.Arbitrary<Uint8Array> = fc
  .array(label, { maxLength: 5 })
  .map((labels) => labels.flatMap((octets) => [octets.length, ...octets]))
  .filter((octets) => octets.length < 255)
  .map((octets) => Uint8Array.from([...octets, 0]));

export const name: fc.Arbitrary<Name> = nameOctets.map((octets) => Name.fromWire(octets));

/** Every type with a layout, and some without; RRSIG comes as signatures. */
export const DATA_TYPES: readonly number[] = [
  ...Object.values(TYPE).filter((type) => layoutOf(type) !== undefined && type !== TYPE.RRSIG),
  TYPE.NULL,
  TYPE.LOC,
  1234,
  65_280,
];

const some = (minLength: number, maxLength = 40): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength, maxLength });

const counted = (octets: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> =>
  octets.map((one) => Uint8Array.of(one.length, ...one));

const concatenated = (parts: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]));

function fieldOctets(field: Field): fc.Arbitrary<Uint8Array> {
  switch (field) {
    case 'u8':
    case 'algorithm':
      return some(1, 1);
    case 'u16':
    case 'type':
      return some(2, 2);
    case 'u32':
    case 'seconds':
    case 'time':
    case 'ipv4':
      return some(4, 4);
    case 'ipv6':
      return fc.oneof(
        some(16, 16),
        fc
          .array(fc.constantFrom(0, 0, 1), { minLength: 16, maxLength: 16 })
          .map((octets) => Uint8Array.from(octets)),
      );
    case 'compressed-name':
    case 'decompressed-name':
    case 'name':
      return nameOctets;
    case 'string':
    case 'salt':
      return counted(some(0));
    case 'strings':
      return fc.array(counted(some(0)), { minLength: 1, maxLength: 4 }).map(concatenated);
    case 'hash':
      return counted(some(1));
    case 'tag':
      return counted(
        fc
          .constantFrom('issue', 'issuewild', 'x', '\u0000')
          .map((text) => Uint8Array.from(octetsOf(text))),
      );
    case 'hex':
    case 'base64':
      return some(1);
    case 'text':
      return some(0);
    case 'bitmap':
      return fc
        .array(fc.oneof(fc.constantFrom(1, 2, 6, 46, 47, 257), fc.nat(65_535)), { maxLength: 8 })
        .map((types) => TypeBitmap.of(types).octets);
    case 'svc-params':
      return svcParams;
  }
}

const svcParams: fc.Arbitrary<Uint8Array> = fc
  .uniqueArray(
    fc.tuple(
      fc.oneof(fc.nat(9), fc.nat(65_535)),
      fc.oneof(some(0), counted(some(1)), some(2, 2), some(4, 4), some(16, 16)),
    ),
    { maxLength: 5, selector: ([key]) => key },
  )
  .map((params) =>
    Uint8Array.from(
      params
        .sort(([a], [b]) => a - b)
        .flatMap(([key, value]) => [key >> 8, key & 255, 0, value.length, ...value]),
    ),
  );

/** Well-formed RDATA of a type. */
export function rdataOf(type: number): fc.Arbitrary<Uint8Array> {
  const layout = layoutOf(type);
  if (layout === undefined) return some(0);
  return fc.tuple(...layout.fields.map(fieldOctets)).map(concatenated);
}

const u32: fc.Arbitrary<number> = fc.nat(0xffff_ffff);

function rrsigCovering(typeCovered: number): fc.Arbitrary<ReceivedRrsig> {
  return fc
    .record({
      algorithm: fc.nat(255),
      labels: fc.nat(127),
      originalTtl: u32,
      expiration: u32,
      inception: u32,
      keyTag: fc.nat(65_535),
      signer: name,
      signature: some(1, 70),
    })
    .map(({ signature, ...fields }) => new ReceivedRrsig({ typeCovered, ...fields }, signature));
}

const rrset: fc.Arbitrary<RRset> = fc.constantFrom(...DATA_TYPES).chain((type) =>
  fc
    .tuple(
      name,
      fc.nat(0x7fff_ffff),
      fc.uniqueArray(rdataOf(type), { minLength: 1, maxLength: 4, selector: String }),
      fc.uniqueArray(rrsigCovering(type), {
        maxLength: 2,
        selector: (one) => String(one.signature),
      }),
    )
    .map(([owner, ttl, rdata, signatures]) => new RRset(owner, type, ttl, rdata, signatures)),
);

export const section: fc.Arbitrary<RRset[]> = fc.uniqueArray(rrset, {
  maxLength: 6,
  selector: (one) => `${one.type} ${one.name.key}`,
});

const edns: fc.Arbitrary<Edns> = fc.record({
  version: fc.nat(255),
  udpSize: fc.nat(65_535),
  dnssecOk: fc.boolean(),
  extendedErrors: fc.array(
    fc.record({
      code: fc.nat(65_535),
      text: fc.string({ unit: 'grapheme' }).filter((text) => !text.endsWith('\u0000')),
    }),
    { maxLength: 2 },
  ),
  options: fc.array(
    fc.record({ code: fc.nat(65_535).filter((code) => code !== 15), data: some(0) }),
    { maxLength: 3 },
  ),
});

/** Messages that come back as they are from writing and reading. */
export const message: fc.Arbitrary<Message> = fc
  .record({
    response: fc.boolean(),
    opcode: fc.nat(15),
    rcode: fc.nat(15),
    authoritative: fc.boolean(),
    truncated: fc.boolean(),
    recursionDesired: fc.boolean(),
    recursionAvailable: fc.boolean(),
    authenticatedData: fc.boolean(),
    checkingDisabled: fc.boolean(),
    question: fc.option(fc.record({ name, type: fc.nat(65_535) })),
    answer: section,
    authority: section,
    additional: section,
    edns: fc.option(edns),
    extendedRcode: fc.nat(255),
  })
  .map(({ extendedRcode, ...fields }) => {
    const sets = [...fields.answer, ...fields.authority, ...fields.additional];
    return {
      ...fields,
      rcode: fields.edns === null ? fields.rcode : fields.rcode | (extendedRcode << 4),
      dnssec: (fields.edns?.dnssecOk ?? false) || sets.some((set) => set.signatures.length > 0),
    };
  });

function octetsOf(text: string): number[] {
  return Array.from(text, (character) => character.charCodeAt(0));
}
