/** One script of one step is an entry; an answer is the message of another. */

import { describe, expect, test } from 'vitest';
import type { Message } from '../../resolver-core/message.ts';
import { answerDifference, type Level, matchesQuery, type Transport } from './match.ts';
import { parseScript } from './parse.ts';
import type { Entry } from './script.ts';

function entryOf(...lines: readonly string[]): Entry {
  const body = ['ENTRY_BEGIN', ...lines, 'ENTRY_END'].join('\n');
  const [step] = parseScript(`SCENARIO_BEGIN t\nSTEP 1 QUERY\n${body}\nSCENARIO_END\n`).steps;
  if (step?.kind !== 'query') throw new Error('no query');
  return step.entry;
}

const QUESTION = ['SECTION QUESTION', 'www.test. IN A'];
const ADDRESS = 'www.test. 300 IN A 192.0.2.1';
const ANSWER = ['REPLY QR RD RA NOERROR', ...QUESTION, 'SECTION ANSWER', ADDRESS];

/** The answer that these lines say, as a client with or without DO sees it. */
function messageOf(...lines: readonly string[]): Message {
  const { message } = entryOf(...lines);
  return { ...message, dnssec: message.edns?.dnssecOk ?? false };
}

function difference(
  expected: readonly string[],
  actual: readonly string[],
  level: Level = 'sets',
  transport: Transport = 'udp',
): string | undefined {
  return answerDifference(entryOf(...expected), messageOf(...actual), transport, level);
}

function changed(from: string, to: string): readonly string[] {
  const lines = ANSWER.map((line) => line.replace(from, to));
  expect(lines).not.toEqual(ANSWER);
  return lines;
}

describe('an answer under MATCH all', () => {
  test('is as expected at both levels when nothing differs', () => {
    expect(difference(['MATCH all ttl', ...ANSWER], ANSWER, 'outcome')).toBeUndefined();
    expect(difference(['MATCH all ttl', ...ANSWER], ANSWER, 'sets')).toBeUndefined();
  });

  test.each([
    ['RCODE', changed('NOERROR', 'NXDOMAIN'), /RCODE is NXDOMAIN, expected NOERROR/],
    ['AD', changed('RA', 'RA AD'), /AD is set/],
    ['a record', changed('192.0.2.1', '192.0.2.2'), /answer: missing www.test. A 192.0.2.1/],
    ['a record more', [...ANSWER, 'www.test. IN A 192.0.2.2'], /answer: not expected/],
    ['the QNAME', changed('www.test. IN A', 'ftp.test. IN A'), /QNAME is ftp.test./],
    ['the QTYPE', changed('www.test. IN A', 'www.test. IN MX'), /QTYPE is MX, expected A/],
    ['the opcode', changed('QR', 'QR NOTIFY'), /opcode is 4, expected 0/],
  ])('differs at both levels by %s', (_, actual, cause) => {
    expect(difference(['MATCH all', ...ANSWER], actual, 'outcome')).toMatch(cause);
    expect(difference(['MATCH all', ...ANSWER], actual, 'sets')).toMatch(cause);
  });

  test.each([
    ['RA', changed('RD RA', 'RD'), /RA is not set/],
    ['AA', changed('QR', 'QR AA'), /AA is set/],
    ['TC', changed('QR', 'QR TC'), /TC is set/],
    ['CD', changed('QR', 'QR CD'), /CD is set/],
    ['a TTL', changed('300', '299'), /answer: missing www.test. 300 A/],
    [
      'the authority section',
      [...ANSWER, 'SECTION AUTHORITY', 'test. IN NS ns.test.'],
      /authority: not expected test. 3600 NS ns.test./,
    ],
    [
      'the additional section',
      [...ANSWER, 'SECTION ADDITIONAL', 'ns.test. IN A 192.0.2.9'],
      /additional: not expected/,
    ],
    ['DO and with it OPT', changed('RA', 'RA DO'), /has EDNS, expected none/],
  ])('differs at `sets` only by %s', (_, actual, cause) => {
    expect(difference(['MATCH all ttl', ...ANSWER], actual, 'outcome')).toBeUndefined();
    expect(difference(['MATCH all ttl', ...ANSWER], actual, 'sets')).toMatch(cause);
  });

  test('TTLs are no matter without `ttl`, EDNS is none under `all_noedns`', () => {
    expect(difference(['MATCH all', ...ANSWER], changed('300', '299'))).toBeUndefined();
    expect(difference(['MATCH all_noedns', ...ANSWER], changed('RA', 'RA DO'))).toBeUndefined();
  });

  test('the order of records and the case of names are no matter', () => {
    const two = [...ANSWER, 'www.test. 300 IN A 192.0.2.2'];
    const turned = [...ANSWER.slice(0, -1), 'WWW.test. 300 IN A 192.0.2.2', ADDRESS];
    expect(difference(['MATCH all ttl', ...two], turned)).toBeUndefined();
  });

  test('signatures are records of their section, for a client with DO', () => {
    const rrsig = 'www.test. 300 IN RRSIG A 15 2 300 20200101000000 20190101000000 1 test. AAAA';
    const reply = changed('RA', 'RA DO');
    expect(difference(['MATCH all', ...reply, rrsig], reply, 'outcome')).toMatch(/missing .*RRSIG/);
    expect(difference(['MATCH all', ...reply], [...reply, rrsig])).toMatch(/not expected .*RRSIG/);
  });
});

describe('Extended DNS Errors', () => {
  const option = ['HEX_EDNSDATA_BEGIN', '00 0f 00 02 00 06', 'HEX_EDNSDATA_END'];
  const told = [...changed('RA', 'RA DO'), ...option];
  const silent = changed('RA', 'RA DO');

  test('`ede=N` wants that code, `ede=any` one of any code', () => {
    expect(difference(['MATCH all ede=6', ...silent], told)).toBeUndefined();
    expect(difference(['MATCH all ede=any', ...silent], told)).toBeUndefined();
    expect(difference(['MATCH all ede=7', ...silent], told)).toMatch(/is 6, expected 7/);
    expect(difference(['MATCH all ede=any', ...silent], silent)).toMatch(/is none, expected any/);
  });

  test('one that is not asked for is a difference under `all`, at `sets`', () => {
    expect(difference(['MATCH all', ...silent], told)).toMatch(/is 6, expected none/);
    expect(difference(['MATCH all', ...silent], told, 'outcome')).toBeUndefined();
  });
});

describe('a query', () => {
  const asks = (match: string, query: readonly string[], transport: Transport = 'udp'): boolean =>
    matchesQuery(
      entryOf(`MATCH ${match}`, 'REPLY QR AA NXDOMAIN', ...QUESTION),
      messageOf(...query),
      transport,
    );
  const other = ['SECTION QUESTION', 'a.www.test. IN TXT'];

  test.each([
    ['opcode', QUESTION, true],
    ['opcode', ['REPLY NOTIFY', ...QUESTION], false],
    ['qname qtype', QUESTION, true],
    ['qname', other, false],
    ['qtype', other, false],
    ['subdomain', other, true],
    ['subdomain', ['SECTION QUESTION', 'test. IN A'], false],
    ['qname', ['SECTION QUESTION', 'WWW.test. IN A'], true],
    ['question', ['SECTION QUESTION', 'www.test. IN TXT'], false],
    ['DO', QUESTION, false],
    ['DO', ['REPLY DO', ...QUESTION], true],
    ['noedns', ['REPLY DO', ...QUESTION], false],
    ['noedns', QUESTION, true],
  ] as const)('under MATCH %s: %j is %s', (match, query, matches) => {
    expect(asks(match, query)).toBe(matches);
  });

  test('is told apart by its transport where the entry says so', () => {
    expect([asks('UDP', QUESTION, 'udp'), asks('UDP', QUESTION, 'tcp')]).toEqual([true, false]);
    expect([asks('TCP', QUESTION, 'udp'), asks('TCP', QUESTION, 'tcp')]).toEqual([false, true]);
  });

  test('is told apart by the serial that it states (RFC 1995)', () => {
    const ixfr = [...QUESTION, 'SECTION AUTHORITY', 'test. IN SOA a. b. 7 1 1 1 1'];
    expect([asks('serial=7', ixfr), asks('serial=8', ixfr)]).toEqual([true, false]);
  });
});
