import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Message } from '../../resolver-core/message.ts';
import { Name } from '../../resolver-core/name/name.ts';
import { RRset } from '../../resolver-core/rrset.ts';
import { OPCODE, RCODE, TYPE } from '../../resolver-core/wire/iana.ts';
import { type Received, receive, responseOctets, type WireQuery } from './received.ts';
import { ednsOf, queryMessage, queryOctets, readResponse } from './testing/queries.ts';

const CLIENT = { address: '127.0.0.1', port: 5353 };

function received(octets: Uint8Array): Received {
  return receive(octets, 'udp', CLIENT);
}

/** What is sent to octets that are turned away. */
function answered(octets: Uint8Array): { readonly reason: string; readonly message: Message } {
  const said = received(octets);
  if (said.kind !== 'answer') throw new Error(`it was not answered: ${said.kind}`);
  return { reason: said.reason, message: readResponse(said.octets).message };
}

function queryOf(octets: Uint8Array, transport: 'udp' | 'tcp' = 'udp'): WireQuery {
  const said = receive(octets, transport, CLIENT);
  if (said.kind !== 'query') throw new Error(`no query: ${said.reason}`);
  return said.query;
}

function patched(octets: Uint8Array, changes: Readonly<Record<number, number>>): Uint8Array {
  const out = octets.slice();
  for (const [at, octet] of Object.entries(changes)) out[Number(at)] = octet;
  return out;
}

/** The OPT of a query with one, cut off, to be put behind another. */
function optOctets(octets: Uint8Array): Uint8Array {
  return octets.slice(-11);
}

const PLAIN = queryOctets('www.example.', 0x1234);
const WITH_OPT = queryOctets('www.example.', 0x1234, { edns: ednsOf() });

describe('what is dropped', () => {
  test.each([0, 1, 11])('%i octets: too short for a header', (length) => {
    expect(received(PLAIN.slice(0, length))).toEqual({ kind: 'drop', reason: 'short' });
  });

  test('a response, so that two servers never answer each other', () => {
    expect(received(patched(PLAIN, { 2: 0x81 }))).toEqual({ kind: 'drop', reason: 'response' });
  });
});

describe('what is answered and not handed on', () => {
  test.each([
    ['a name that runs past the end', PLAIN.slice(0, 18)],
    ['two questions (RFC 9619)', patched(PLAIN, { 5: 2 })],
    ['no question', patched(PLAIN, { 5: 0 })],
    ['counts that promise more than there is', patched(PLAIN, { 7: 9 })],
    [
      'a second OPT (RFC 6891 section 6.1.1)',
      Uint8Array.from([...patched(WITH_OPT, { 11: 2 }), ...optOctets(WITH_OPT)]),
    ],
    [
      'an OPT whose owner is not the root (RFC 6891 section 6.1.2)',
      Uint8Array.from([...patched(PLAIN, { 11: 1 }), 1, 97, ...optOctets(WITH_OPT)]),
    ],
    [
      'an option that runs past its OPT',
      Uint8Array.from([...patched(WITH_OPT, { [WITH_OPT.length - 1]: 4 }), 0, 10, 0, 9]),
    ],
  ])('FORMERR, and a header alone: %s', (_, octets) => {
    const said = received(octets);
    expect(said).toMatchObject({ kind: 'answer', reason: 'formerr' });
    if (said.kind !== 'answer') return;
    expect([...said.octets]).toEqual([0x12, 0x34, 0x81, RCODE.FORMERR, ...Array(8).fill(0)]);
  });

  test.each([1, 2, OPCODE.NOTIFY, OPCODE.UPDATE, 15])(
    'NOTIMP: OPCODE %i, which comes back',
    (opcode) => {
      const { reason, message } = answered(patched(PLAIN, { 2: (opcode << 3) | 1 }));
      expect([reason, message.rcode, message.opcode]).toEqual(['notimp', RCODE.NOTIMP, opcode]);
      expect(message.recursionDesired).toBe(true);
    },
  );

  test('BADVERS, by an OPT of version 0: EDNS version 1 (RFC 6891 section 6.1.3)', () => {
    const { reason, message } = answered(
      queryOctets('www.example.', 1, { edns: ednsOf({ version: 1 }) }),
    );
    expect([reason, message.rcode, message.edns?.version]).toEqual(['badvers', RCODE.BADVERS, 0]);
    expect(message.question?.name.toString()).toBe('www.example.');
  });

  test.each([
    ['CH', 3],
    ['ANY', 255],
    ['NONE', 254],
  ])('REFUSED, with the question as it came: class %s', (_, number) => {
    const octets = patched(PLAIN, { [PLAIN.length - 1]: number });
    const said = received(octets);
    expect(said).toMatchObject({ kind: 'answer', reason: 'refused' });
    if (said.kind !== 'answer') return;
    expect(said.octets[3]).toBe(RCODE.REFUSED);
    expect([...said.octets.subarray(12)]).toEqual([...octets.subarray(12)]);
  });

  test('has an OPT if and only if the query had one (RFC 6891 section 7)', () => {
    const chaos = (octets: Uint8Array, end: number): Uint8Array =>
      patched(octets, { [end - 1]: 3 });
    expect(answered(chaos(PLAIN, PLAIN.length)).message.edns).toBeNull();
    expect(answered(chaos(WITH_OPT, WITH_OPT.length - 11)).message.edns).not.toBeNull();
  });
});

describe('what is handed on', () => {
  test('a query of class IN, with id, question, transport and client', () => {
    const query = queryOf(PLAIN);
    expect(query).toMatchObject({ id: 0x1234, transport: 'udp', client: CLIENT });
    expect(query.question.name.toString()).toBe('www.example.');
  });

  test('though octets follow its last record', () => {
    expect(received(Uint8Array.from([...PLAIN, 1, 2, 3])).kind).toBe('query');
  });
});

const BIG = new RRset(
  Name.parse('www.example'),
  TYPE.TXT,
  60,
  Array.from({ length: 20 }, (_, i) => Uint8Array.of(99, ...new Uint8Array(99).fill(97 + i))),
);

function response(over: Partial<Message> = {}): Message {
  return { ...queryMessage('www.example.'), response: true, recursionDesired: false, ...over };
}

describe('a response', () => {
  test('has the id, RD and CD of its query, and the question in the case in which it came', () => {
    const asked = patched(queryOctets('www.example.', 7, { checkingDisabled: true }), { 13: 0x57 });
    const octets = responseOctets(queryOf(asked), response(), 1232);
    expect([...octets.subarray(12)]).toEqual([...asked.subarray(12)]);
    const { id, message } = readResponse(octets);
    expect(id).toBe(7);
    expect([message.recursionDesired, message.checkingDisabled]).toEqual([true, true]);
  });

  test('has an OPT if and only if its query had one', () => {
    const withOpt = response({ edns: ednsOf() });
    expect(readResponse(responseOctets(queryOf(PLAIN), withOpt, 1232)).message.edns).toBeNull();
    const { edns } = readResponse(responseOctets(queryOf(WITH_OPT), response(), 1232)).message;
    expect(edns?.udpSize).toBe(1232);
  });

  test.each([
    ['without EDNS', null, 512],
    ['that offers less than may be', 100, 512],
    ['that offers 900', 900, 900],
    ['that offers more than the server sends', 4096, 1232],
  ])('over UDP to a client %s is cut to %s -> %i octets, with TC', (_, offered, most) => {
    const edns = offered === null ? null : ednsOf({ udpSize: offered });
    const query = queryOf(queryOctets('www.example.', 7, { edns }));
    const octets = responseOctets(query, response({ answer: [BIG] }), 1232);
    expect(octets.length).toBeLessThanOrEqual(most);
    expect(readResponse(octets).message.truncated).toBe(true);
  });

  test('over TCP is whole', () => {
    const octets = responseOctets(queryOf(PLAIN, 'tcp'), response({ answer: [BIG] }), 1232);
    expect(readResponse(octets).message).toMatchObject({ truncated: false });
    expect(octets.length).toBeGreaterThan(2000);
  });
});

describe('any octets', () => {
  const SEEDS = [
    PLAIN,
    WITH_OPT,
    queryOctets('.', 1, { edns: ednsOf({ version: 9 }) }),
    queryOctets(`${'a.'.repeat(126)}a`, 2),
  ];
  const mutated = fc
    .tuple(
      fc.constantFrom(...SEEDS),
      fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { maxLength: 6 }),
      fc.nat(300),
      fc.uint8Array({ maxLength: 40 }),
    )
    .map(([seed, changes, cut, tail]) => {
      const octets = Uint8Array.from([
        ...seed.slice(0, Math.max(0, seed.length - (cut % 20))),
        ...tail,
      ]);
      for (const [at, octet] of changes) if (octets.length > 0) octets[at % octets.length] = octet;
      return octets;
    });

  test('are dropped, answered with no more octets than came and an OPT, or handed on and answerable', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 80 })), (octets) => {
        const said = received(octets);
        seen.add(said.kind === 'query' ? 'query' : said.reason);
        if (said.kind === 'drop') return;
        if (said.kind === 'answer') {
          expect(said.octets.length).toBeLessThanOrEqual(octets.length);
          expect([...said.octets.subarray(0, 2)]).toEqual([...octets.subarray(0, 2)]);
          readResponse(said.octets);
          return;
        }
        const { query } = said;
        const reply = { ...response(), question: query.question };
        const { message } = readResponse(responseOctets(query, reply, 1232));
        expect(message.question?.name.equals(query.question.name)).toBe(true);
      }),
      { numRuns: 3000, seed: 7 },
    );
    expect([...seen].sort()).toEqual(
      expect.arrayContaining([
        'badvers',
        'formerr',
        'notimp',
        'query',
        'refused',
        'response',
        'short',
      ]),
    );
  });
});
