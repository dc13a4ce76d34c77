import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LabelSet, SHORT_WORDS, wordOf } from './labels.ts';

const OFFSETS = fc.integer({ min: 0, max: 4_294_967_295 });

describe('labels of the tail', () => {
  test('the label of every index below the size is in the set, and of no index at or above it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 400_000_000 }),
        fc.integer({ min: 0, max: 400_000_000 }),
        OFFSETS,
        (size, index, offset) => {
          const all = new LabelSet(500_000_000, offset);
          expect(new LabelSet(size, offset).has(all.label(index))).toBe(index < size);
        },
      ),
    );
  });

  test('two indices never share a label', () => {
    const set = new LabelSet(300_000_000, 77);
    const labels = new Set<string>();
    for (let i = 0; i < 20_000; i++) labels.add(set.label(i * 14_999));
    expect(labels.size).toBe(20_000);
  });

  test('other words are not in the set', () => {
    const set = new LabelSet(SHORT_WORDS, 0);
    for (const label of ['', 'ba', 'bababab', 'babababy', 'bab-baba', 'bababa1a', 'babababax']) {
      expect(set.has(label)).toBe(false);
    }
    expect(set.has('babababa')).toBe(true);
  });

  test('ascending codes are ascending words', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: SHORT_WORDS - 2 }), (code) => {
        expect(wordOf(code) < wordOf(code + 1)).toBe(true);
      }),
    );
  });

  test.each([1_500_000, 30_000])(
    'neighbours of a word in a set of %i have nothing between them',
    (size) => {
      const set = new LabelSet(size, 5);
      fc.assert(
        fc.property(fc.integer({ min: 0, max: SHORT_WORDS - 1 }), (code) => {
          const word = wordOf(code);
          const before = set.before(word);
          const after = set.after(word);
          expect(before === undefined || (before < word && set.has(before))).toBe(true);
          expect(after === undefined || (after > word && set.has(after))).toBe(true);
          const middle = set.has(word) ? word : before;
          if (before !== undefined) expect(set.after(before)).toBe(set.has(word) ? word : after);
          if (after !== undefined) expect(set.before(after)).toBe(middle);
        }),
        { numRuns: 50 },
      );
    },
  );
});
