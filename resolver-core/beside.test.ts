import { describe, expect, it } from 'vitest';
import { addressSet, nameSet, Pair, response, type Server } from './testing/pair.ts';
import { TYPE } from './wire/iana.ts';

const ns = nameSet('example', TYPE.NS, ['ns.example']);
const address = addressSet('ns.example', '192.0.2.53');

const server: Server = (question) =>
  question.type === TYPE.A
    ? response(question, {
        answer: [addressSet(question.name.toString(), '203.0.113.1')],
        authority: [ns],
        additional: [address],
      })
    : response(question, { answer: [ns], additional: [address] });

/** What stands beside the answer to a question of a type. */
function beside(minimalResponses: boolean, type: number): (readonly number[])[] {
  const pair = new Pair({ '198.41.0.4': server }, { minimalResponses, qnameMinimisation: false });
  const { authority, additional } = pair.ask('example', type).answer;
  return [authority, additional].map((section) => section.map((rrset) => rrset.type));
}

describe('what stands beside an answer (RFC 1034 section 4.3.2)', () => {
  it('is nothing while answers are minimal', () => {
    expect(beside(true, TYPE.A)).toEqual([[], []]);
    expect(beside(false, TYPE.A)).toEqual([[TYPE.NS], [TYPE.A]]);
  });

  it.each([TYPE.NS, TYPE.ANY])(
    'are the addresses of the name servers that were asked for, by QTYPE %i (RFC 8109 section 4)',
    (type) => {
      expect(beside(true, type)).toEqual([[], [TYPE.A]]);
    },
  );
});
