import { describe, expect, it } from 'vitest';
import { MAX_DOUBTFUL_RESPONSES } from '../limits.ts';
import { Name } from '../name/name.ts';
import { DEFAULT_NEGATIVE_ANCHOR } from '../policy/nta.ts';
import { ReceivedRrsig, RRset } from '../rrset.ts';
import {
  addressSet,
  nameSet,
  Pair,
  referral,
  response,
  type Server,
  soaSet,
} from '../testing/pair.ts';
import { TYPE } from '../wire/iana.ts';

const ROOT = '198.41.0.4';
const TLD = '192.0.2.1';
const PLAIN = '192.0.2.53';
const SIGNED = '192.0.2.54';
const zone = Name.parse('example.de');

function withSignature({ name, type, rdata, ttl }: RRset): RRset {
  const fields = {
    typeCovered: type,
    algorithm: 15,
    labels: name.labelCount,
    originalTtl: ttl,
    expiration: 2_000_000_000,
    inception: 1_000_000_000,
    keyTag: 1,
    signer: zone,
  };
  return new RRset(name, type, ttl, rdata, [new ReceivedRrsig(fields, new Uint8Array(64))]);
}

const plain: Server = (question) =>
  response(question, { answer: [addressSet(question.name.toString(), '203.0.113.1')] });
const signed: Server = (question, ask) => {
  const message = plain(question, ask);
  return message === null ? null : { ...message, answer: message.answer.map(withSignature) };
};
const ds = new RRset(zone, TYPE.DS, 300, [Uint8Array.of(0, 1, 15, 2, ...new Uint8Array(32))]);

/** Which servers of the zone are asked for addresses; the referral says what `proof` says of DS. */
function asked(
  first: Server,
  second: Server,
  proof: readonly RRset[],
  negative: Name | null = null,
): string[] {
  const pair = new Pair(
    {
      [ROOT]: (question) => referral(question, 'de', 'a.nic.de', TLD),
      [TLD]: (question) =>
        response(question, {
          authoritative: false,
          authority: [
            nameSet('example.de', TYPE.NS, ['ns1.example.de', 'ns2.example.de']),
            ...proof,
          ],
          additional: [addressSet('ns1.example.de', PLAIN), addressSet('ns2.example.de', SIGNED)],
        }),
      [PLAIN]: first,
      [SIGNED]: second,
    },
    { validation: true },
  );
  if (negative !== null) {
    const anchor = { zone: negative, ...DEFAULT_NEGATIVE_ANCHOR };
    pair.change({ kind: 'apply-anchor', anchor });
  }
  pair.ask('www.example.de');
  return pair.asked
    .filter((line) => line.endsWith(' www.example.de. 1 udp'))
    .map((line) => line.split(' ')[0] as string);
}

describe('servers that leave out signatures (RFC 4035 section 3.1)', () => {
  it('are asked together with others, and the response with signatures is taken', () => {
    // Which of the two comes first depends on their names only: one of these worlds meets each order.
    const either = [asked(plain, signed, [ds]), asked(signed, plain, [ds])];
    expect(either.map((servers) => servers.length).sort()).toEqual([1, 2]);
  });

  it('are each asked once when all leave them out', () => {
    expect(asked(plain, plain, [ds]).sort()).toEqual([PLAIN, SIGNED]);
  });

  it('are as good as others in a zone that nobody vouches for', () => {
    expect(asked(plain, plain, [])).toHaveLength(1);
  });

  it('are as good as others at and below a negative trust anchor (RFC 7646 section 1.1)', () => {
    expect(asked(plain, plain, [ds], zone)).toHaveLength(1);
    expect(asked(plain, plain, [ds], Name.parse('de'))).toHaveLength(1);
    expect(asked(plain, plain, [ds], Name.parse('org'))).toHaveLength(2);
  });

  it('are asked MAX_DOUBTFUL_RESPONSES times, however many they are', () => {
    const askedOf = (count: number): number => {
      const addresses = Array.from({ length: count }, (_, i) => `192.0.2.${100 + i}`);
      const names = addresses.map((_, i) => `ns${i}.example.de`);
      const pair = new Pair(
        {
          [ROOT]: (question) => referral(question, 'de', 'a.nic.de', TLD),
          [TLD]: (question) =>
            response(question, {
              authoritative: false,
              authority: [nameSet('example.de', TYPE.NS, names), ds],
              additional: addresses.map((address, i) => addressSet(`ns${i}.example.de`, address)),
            }),
          ...Object.fromEntries(addresses.map((address) => [address, plain])),
        },
        { validation: true },
      );
      pair.ask('www.example.de');
      return pair.asked.filter((line) => line.endsWith(' www.example.de. 1 udp')).length;
    };
    expect(askedOf(MAX_DOUBTFUL_RESPONSES)).toBe(MAX_DOUBTFUL_RESPONSES);
    expect(askedOf(MAX_DOUBTFUL_RESPONSES + 1)).toBe(MAX_DOUBTFUL_RESPONSES);
  });

  it('may say of a zone below that it has none', () => {
    const below: Server = (question) =>
      response(question, { authority: [soaSet('www.example.de')] });
    expect(asked(below, below, [ds])).toHaveLength(1);
  });
});
