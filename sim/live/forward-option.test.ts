import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CachedAnswer } from '../../resolver-core/cache/cached-answer.ts';
import { Name } from '../../resolver-core/name/name.ts';
import { TagNames } from '../../resolver-core/policy/phases.ts';
import { SECOND } from '../../resolver-core/time.ts';
import { RCODE, TYPE } from '../../resolver-core/wire/iana.ts';
import {
  FORWARD_OPTION,
  queryOption,
  readQueryOption,
  readResponse,
  responseOption,
} from './forward-option.ts';
import { ednsOf, queryMessage } from './testing/queries.ts';

const QUESTION = { name: Name.parse('www.example.de'), type: TYPE.A };
const CLOCK = 1_778_009_400 * SECOND;

function withOption(data: Uint8Array, over: Parameters<typeof queryMessage>[1] = {}) {
  const options = [{ code: FORWARD_OPTION, data }];
  return queryMessage('www.example.de', { edns: ednsOf({ options }), ...over });
}

function answer(over: Partial<CachedAnswer> = {}): CachedAnswer {
  return {
    ...{ question: QUESTION, checkingDisabled: false, rcode: RCODE.NOERROR, secure: true },
    ...{ answer: [], authority: [], additional: [], errors: [] },
    ...{ storedAt: CLOCK - 7 * SECOND, expiresAt: CLOCK + 53 * SECOND, failure: null },
    ...over,
  };
}

describe('a query from node to node', () => {
  test('carries group and tags by name: their bits may differ on the other side', () => {
    const here = new TagNames();
    const there = new TagNames();
    there.bit('other');
    const tags = here.bit('mine') | here.bit('rec_disable_static');
    const { data } = queryOption({ clientGroup: 'home', tags }, here);
    const read = readQueryOption(withOption(data), there);
    expect(read?.clientGroup).toBe('home');
    expect(there.namesOf(read?.tags ?? 0)).toEqual(['rec_disable_static', 'mine']);
  });

  test('has a code for local use (RFC 6891 section 9)', () => {
    expect(FORWARD_OPTION).toBeGreaterThanOrEqual(65_001);
    expect(FORWARD_OPTION).toBeLessThanOrEqual(65_534);
  });

  test('is none of ours without the option, cut short, or of another version', () => {
    const names = new TagNames();
    const { data } = queryOption({ clientGroup: 'home', tags: names.bit('mine') }, names);
    expect(readQueryOption(queryMessage('www.example.de'), names)).toBeNull();
    expect(readQueryOption(withOption(data.subarray(0, 1)), names)).toBeNull();
    expect(readQueryOption(withOption(data.subarray(0, data.length - 1)), names)).toBeNull();
    expect(readQueryOption(withOption(data.with(0, 9)), names)).toBeNull();
  });

  test('more tags than there are bits make it none of ours, whatever the octets are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (data) => {
        const read = readQueryOption(withOption(data), new TagNames());
        expect(read === null || Number.isInteger(read.tags)).toBe(true);
      }),
    );
    const many = [1, 0, ...Array.from({ length: 20 }, (_, i) => [1, 65 + i]).flat()];
    expect(readQueryOption(withOption(Uint8Array.from(many)), new TagNames())).toBeNull();
  });
});

describe('a response from node to node', () => {
  test('says how old the answer is and how long it lives, by the clock of the node that asked', () => {
    const { data } = responseOption({ source: 'hit', answer: answer() }, CLOCK);
    const ahead = 3_600 * SECOND;
    const read = readResponse(withOption(data, { response: true }), QUESTION, CLOCK + ahead);
    expect(read).toMatchObject({
      source: 'hit',
      answer: {
        ...{ secure: true, failure: null, rcode: RCODE.NOERROR },
        storedAt: answer().storedAt + ahead,
        expiresAt: answer().expiresAt + ahead,
      },
    });
  });

  test('carries what is remembered of a failure', () => {
    const failure = { ttl: 40, bogus: true, subject: Name.parse('de'), stale: null };
    const said = { source: 'failure-cached', answer: answer({ failure, secure: false }) } as const;
    const { data } = responseOption(said, CLOCK);
    const read = readResponse(withOption(data, { response: true }), QUESTION, CLOCK);
    expect(read?.source).toBe('failure-cached');
    expect(read?.answer.failure).toMatchObject({ ttl: 40, bogus: true, stale: null });
    expect(`${read?.answer.failure?.subject}`).toBe('de.');
  });

  test('is none of ours, or an answer, whatever the octets are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (data) => {
        const read = readResponse(withOption(data, { response: true }), QUESTION, CLOCK);
        expect(read === null || !Number.isNaN(read.answer.expiresAt)).toBe(true);
      }),
    );
  });
});
