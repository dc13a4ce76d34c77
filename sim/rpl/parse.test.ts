import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TYPE } from '../../resolver-core/wire/iana.ts';
import { parseScript } from './parse.ts';
import { type Entry, ScriptError } from './script.ts';

function errorOf(text: string): ScriptError {
  try {
    parseScript(text);
  } catch (error) {
    if (error instanceof ScriptError) return error;
    throw error;
  }
  throw new Error('the script was taken');
}

function entryOf(...lines: readonly string[]): Entry {
  const body = ['ENTRY_BEGIN', ...lines, 'ENTRY_END'].join('\n');
  const script = parseScript(`SCENARIO_BEGIN t\nSTEP 1 QUERY\n${body}\nSCENARIO_END\n`);
  const [step] = script.steps;
  if (step?.kind !== 'query') throw new Error('no query');
  return step.entry;
}

describe('the configuration part', () => {
  const script = parseScript(
    [
      'server:',
      '  val-override-date: "20070916134226" # a comment',
      "  trust-anchor: 'test. DS 1 8 2 ; 00' ; another",
      'forward-zone: name: "." forward-addr: 2001:db8::1',
      'AUTOTRUST_FILE test',
      '; kept as it is',
      'AUTOTRUST_END',
      'CONFIG_END',
      'SCENARIO_BEGIN A title',
      'SCENARIO_END',
    ].join('\n'),
  );

  test('options with quotes and comments, several on one line', () => {
    const options = script.clauses.map(({ name, options }) => [
      name,
      ...options.map(({ key, values }) => [key, ...values]),
    ]);
    expect(options).toEqual([
      ['server', ['val-override-date', '20070916134226'], ['trust-anchor', 'test. DS 1 8 2 ; 00']],
      ['forward-zone', ['name', '.'], ['forward-addr', '2001:db8::1']],
    ]);
  });

  test('files keep their lines', () => {
    expect(script.files).toEqual([{ kind: 'autotrust', name: 'test', lines: ['; kept as it is'] }]);
    expect(script.title).toBe('A title');
  });
});

test('a range may stand for several addresses, as in Deckard', () => {
  const range = ['RANGE_BEGIN 1 9', 'ADDRESS 192.0.2.1', 'ADDRESS 2001:DB8:0::1', 'RANGE_END'];
  const { ranges } = parseScript(['SCENARIO_BEGIN t', ...range, 'SCENARIO_END'].join('\n'));
  const addresses = ['192.0.2.1', '2001:db8::1'];
  expect(ranges).toEqual([{ first: 1, last: 9, addresses, entries: [] }]);
});

describe('entries', () => {
  test('records without a TTL have 3600, and the class may be left out', () => {
    const { message } = entryOf(
      'SECTION ANSWER',
      'a.test. A 192.0.2.1 ;{id = 1}',
      'b.test. 5 IN A 192.0.2.2',
    );
    expect(message.answer.map(({ ttl }) => ttl)).toEqual([3600, 5]);
  });

  test('an RRSIG goes to the RRset that it covers, in another section if need be', () => {
    const rrsig = 'a.test. IN RRSIG A 8 2 3600 20200101000000 20190101000000 1 test. AAAA';
    const { message } = entryOf(
      'SECTION ANSWER',
      'a.test. A 192.0.2.1',
      'SECTION ADDITIONAL',
      rrsig,
    );
    expect(message.answer[0]?.signatures).toHaveLength(1);
    expect(message.additional).toEqual([]);
  });

  test('flags, RCODE and opcode', () => {
    const { message } = entryOf('REPLY QR AA RD DO NXDOMAIN', 'REPLY NOTIFY');
    expect(message).toMatchObject({ response: true, authoritative: true, opcode: 4, rcode: 3 });
    expect(message.edns?.dnssecOk).toBe(true);
  });

  test('a class other than IN is told', () => {
    const { questionClass, message } = entryOf('SECTION QUESTION', 'version.bind. CH TXT');
    expect(questionClass).toBe(3);
    expect(message.question?.type).toBe(TYPE.TXT);
  });

  test('RDATA that cannot be makes the packet malformed', () => {
    expect(entryOf('SECTION ANSWER', 'a.test. A \\# 3 010203').malformed).toBe(true);
    expect(entryOf('SECTION ANSWER', 'a.test. A \\# 4 01020304').malformed).toBe(false);
  });
});

describe('what is no script is refused with its place', () => {
  test.each([
    ['SCENARIO_BEGIN x\nSTEP 1 JUMP\nSCENARIO_END', 2, 8, 'JUMP'],
    ['SCENARIO_BEGIN x\nSTEP one QUERY', 2, 6, 'one'],
    ['SCENARIO_BEGIN x\nSTEP 2 NOTHING\nSTEP 2 NOTHING', 3, 1, 'STEP 2 NOTHING'],
    ['SCENARIO_BEGIN x\nRANGE_BEGIN 0 1\n  ADDRESS 192.0.2.256\nRANGE_END', 3, 11, '192.0.2.256'],
    ['SCENARIO_BEGIN x\nSTEP 1 REPLY\nENTRY_BEGIN\n  MATCH qname qdate\nENTRY_END', 4, 15, 'qdate'],
    [
      'SCENARIO_BEGIN x\nSTEP 1 QUERY\nENTRY_BEGIN\nSECTION ANSWER\na. IN A 1.2.3\nENTRY_END',
      5,
      9,
      '1.2.3',
    ],
    ['server\n', 1, 1, 'server'],
    ['server:\n  name: "open\n', 2, 9, '"'],
    ['SCENARIO_BEGIN x\n', 2, 1, 'the end'],
  ])('%j', (text, line, column, found) => {
    expect(errorOf(text)).toMatchObject({ line, column, found });
  });

  test('arbitrary text, and scripts with arbitrary damage, give this error or a script', () => {
    const words = fc.constantFrom(
      ...['server:', 'SCENARIO_BEGIN x', 'STEP 1 QUERY', 'ENTRY_BEGIN', 'MATCH all', 'REPLY QR'],
      ...['SECTION ANSWER', 'a. IN A 1.2.3.4', 'ENTRY_END', 'RANGE_BEGIN 0 9', 'RANGE_END'],
      ...['HEX_ANSWER_BEGIN', '00ff', 'HEX_ANSWER_END', 'HEX_EDNSDATA_BEGIN', 'SCENARIO_END'],
      ...['$ORIGIN a.', 'a. IN TXT "', 'a. IN RRSIG A 8 1', '\\# 2 00', 'STEP 3 ASSIGN x = ${1'],
    );
    const line = fc.oneof(
      words,
      fc.string(),
      fc.tuple(words, fc.string()).map((two) => two.join(' ')),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
        const text = lines.join('\n');
        try {
          parseScript(text);
        } catch (error) {
          expect(error).toBeInstanceOf(ScriptError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
