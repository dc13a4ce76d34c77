/** The fast path and the slow one give the same octets for the same query, and one never lies for the other. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { CachedAnswer } from './cache/cached-answer.ts';
import { failureOf } from './cache/cached-answer.ts';
import { AnswerTable } from './cache/table.ts';
import { RECOMMENDED_SERVE_STALE, type ResolverConfig } from './config.ts';
import { SLOW } from './fast-path.ts';
import { Name } from './name/name.ts';
import { failureAfter } from './policy/stale.ts';
import { DATA_TYPES, nameOctets, section } from './testing/arbitrary.ts';
import { type PlainQuery, queryOctets, slowResponse } from './testing/octets.ts';
import { Pair } from './testing/pair.ts';
import { SECOND } from './time.ts';

const STORED = 1_700_000_000 * SECOND;
const LIFE = 86_400;

const ede = fc.record({
  code: fc.nat(30),
  text: fc.constantFrom('', 'no SEP matching the DS found for example.', 'é'),
});

interface Case {
  readonly name: Uint8Array;
  readonly entry: CachedAnswer;
  readonly query: Omit<PlainQuery, 'name' | 'type'>;
  /** Upper case where true, letter by letter. */
  readonly upper: readonly boolean[];
  /** Microseconds since it was stored. */
  readonly age: number;
  readonly config: Partial<ResolverConfig>;
}

const cases: fc.Arbitrary<Case> = fc
  .record({
    name: nameOctets,
    type: fc.constantFrom(...DATA_TYPES),
    kind: fc.constantFrom('answer', 'answer', 'denial', 'failure', 'stale'),
    secure: fc.boolean(),
    checkingDisabled: fc.boolean(),
    sections: fc.record({ answer: section, authority: section, additional: section }),
    errors: fc.array(ede, { maxLength: 2 }),
    query: fc.record({
      id: fc.nat(65_535),
      recursionDesired: fc.boolean(),
      authenticData: fc.boolean(),
      checkingDisabled: fc.boolean(),
      edns: fc.option(
        fc.record({
          udpSize: fc.constantFrom(0, 511, 512, 700, 1232, 4096, 65_535),
          dnssecOk: fc.boolean(),
        }),
      ),
    }),
    upper: fc.array(fc.boolean(), { maxLength: 40 }),
    age: fc.oneof(fc.nat(20 * SECOND), fc.nat((LIFE - 1) * SECOND)),
    serveOriginalTtl: fc.boolean(),
    udpSize: fc.constantFrom(1232, 1232, 600, 4096),
  })
  .map(({ name, type, kind, secure, errors, sections, serveOriginalTtl, udpSize, ...rest }) => {
    const question = { name: Name.fromWire(name), type };
    const { checkingDisabled } = rest;
    const answer: CachedAnswer = {
      ...{ question, checkingDisabled, rcode: kind === 'denial' ? 3 : 0 },
      ...{ secure: secure && !checkingDisabled, ...sections, errors },
      ...{ storedAt: STORED, expiresAt: STORED + LIFE * SECOND, failure: null },
    };
    const failure = failureOf(question, checkingDisabled, errors, true, STORED, LIFE);
    const settings = {
      serveStale: { ...RECOMMENDED_SERVE_STALE, recheck: LIFE },
      serveOriginalTtl,
    };
    const expired = { ...answer, storedAt: STORED - 60 * SECOND, expiresAt: STORED - 10 * SECOND };
    const entry =
      kind === 'failure'
        ? failure
        : kind === 'stale'
          ? failureAfter(expired, failure, settings, STORED)
          : answer;
    return { ...rest, name, entry, config: { ...settings, udpSize, validation: true } };
  });

it('gives the octets that handle and writeMessage give, or is slow', () => {
  let fast = 0;
  let runs = 0;
  fc.assert(
    fc.property(cases, ({ name, entry, query, upper, age, config }) => {
      const table = new AnswerTable(4, 0);
      const { resolver } = new Pair({}, config, { peers: { kind: 'shared-table', table } });
      table.store(entry, -1);
      const asked = name.map((octet, i) =>
        upper[i] === true && octet >= 0x61 && octet <= 0x7a ? octet - 0x20 : octet,
      );
      const packet = queryOctets({ ...query, name: asked, type: entry.question.type });
      const out = new Uint8Array(4096).fill(0xaa);
      const clock = STORED + age;
      const slow = slowResponse(resolver, packet, clock);
      // Twice: what was written for one is patched for the next.
      for (const _ of [1, 2]) {
        runs++;
        const length = resolver.fastPath.probeWire(packet, out, clock);
        if (length === SLOW) continue;
        fast++;
        expect(out.slice(0, length)).toEqual(slow);
      }
    }),
    { numRuns: 1_000 },
  );
  // Half of the queries ask for the other kind (CD); of the rest the large ones are slow.
  expect(fast / runs).toBeGreaterThan(0.2);
});
