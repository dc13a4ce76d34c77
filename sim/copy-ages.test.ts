/** Ages of what nodes hold grow with the clock, and a restart or a new version ends them. */

import { describe, expect, test } from 'vitest';
import { DAY, HOUR, MINUTE } from '../resolver-core/time.ts';
import { watchAges } from './copy-ages.ts';
import type { CopySpan } from './result.ts';

const held = (node: number, fetched: number, from: number, until: number): CopySpan => {
  return { node, fetched, from, until };
};

describe('an alert on the age of copies', () => {
  test('fires when the oldest is too old for so long, at the exact instant', () => {
    const { firings, extreme } = watchAges([held(0, 0, 0, 5 * DAY)], 2 * DAY, 15 * MINUTE, 5 * DAY);
    expect(firings).toEqual([{ from: 2 * DAY + 15 * MINUTE, to: null }]);
    expect(extreme).toBe(5 * 86_400);
  });

  test('is cleared when the last node with an old copy has lost it or got another', () => {
    const copies = [
      held(0, 0, 0, 3 * DAY), // restarts
      held(0, 3 * DAY, 3 * DAY, 5 * DAY),
      held(1, 0, HOUR, 4 * DAY), // gets a new version
      held(1, 4 * DAY, 4 * DAY, 5 * DAY),
    ];
    expect(watchAges(copies, 2 * DAY, HOUR, 5 * DAY).firings).toEqual([
      { from: 2 * DAY + HOUR, to: 4 * DAY },
    ]);
  });

  test('does not fire at what is over before that long, nor at what is as old and not older', () => {
    const copies = [held(0, 0, 0, 2 * DAY + 10 * MINUTE)];
    expect(watchAges(copies, 2 * DAY, 15 * MINUTE, 5 * DAY).firings).toEqual([]);
    expect(watchAges([held(0, 0, 0, 2 * DAY)], 2 * DAY, 0, 5 * DAY).firings).toEqual([]);
  });

  test('sees nothing beyond the end of what was run, and says how near it came', () => {
    expect(watchAges([held(0, 0, 0, 5 * DAY)], 2 * DAY, 0, DAY)).toEqual({
      ...{ firings: [], extreme: 86_400 },
    });
    expect(watchAges([], 2 * DAY, 0, DAY)).toEqual({ firings: [], extreme: null });
  });
});
