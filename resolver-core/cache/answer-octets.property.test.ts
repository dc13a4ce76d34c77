import fc from 'fast-check';
import { expect, it } from 'vitest';
import { name, section } from '../testing/arbitrary.ts';
import { answerOctets, keyOctets, readAnswer } from './answer-octets.ts';
import type { CachedAnswer } from './cached-answer.ts';

const instant = fc.oneof(
  fc.integer({ min: -1, max: 2 ** 51 }),
  fc.constantFrom(Number.NEGATIVE_INFINITY, 0.5),
);

const plain: fc.Arbitrary<CachedAnswer> = fc.record({
  question: fc.record({ name, type: fc.nat(65_535) }),
  checkingDisabled: fc.boolean(),
  rcode: fc.nat(0xfff),
  secure: fc.boolean(),
  answer: section,
  authority: section,
  additional: section,
  errors: fc.array(fc.record({ code: fc.nat(65_535), text: fc.constantFrom('', 'why', 'é "x"') }), {
    maxLength: 3,
  }),
  storedAt: instant,
  expiresAt: instant,
  failure: fc.constant(null),
});

const entry: fc.Arbitrary<CachedAnswer> = fc
  .tuple(
    plain,
    fc.option(fc.record({ ttl: fc.nat(60), bogus: fc.boolean(), subject: name })),
    fc.option(plain),
  )
  .map(([one, failure, other]) => {
    const stale = other === null ? null : { ...other, checkingDisabled: one.checkingDisabled };
    return failure === null ? one : { ...one, failure: { ...failure, stale } };
  });

it('an entry comes back from its octets as it was', () => {
  fc.assert(
    fc.property(entry, instant, (one, quickUntil) => {
      const octets = answerOctets(one, quickUntil) as Uint8Array;
      // Where it lies in a larger piece of memory does not matter.
      const within = new Uint8Array(octets.length + 7);
      within.set(octets, 7);
      const back = readAnswer(within.subarray(7), one.checkingDisabled);
      expect(back).toEqual({ entry: one, quickUntil });
    }),
    { numRuns: 300 },
  );
});

it('two questions have one key when name, type and validation are the same, and only then', () => {
  const question = fc.tuple(name, fc.constantFrom(1, 28, 256), fc.boolean());
  fc.assert(
    fc.property(question, question, (one, other) => {
      const [a, b] = [one, other].map(([owner, type, cd]) =>
        keyOctets({ name: owner, type }, cd).join(),
      );
      const isSame = one[0].equals(other[0]) && one[1] === other[1] && one[2] === other[2];
      expect(a === b).toBe(isSame);
    }),
  );
});
