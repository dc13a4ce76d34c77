import { expect, test } from 'vitest';
import { breaches, type SoakResult, soak } from './soak.ts';

const HELD: SoakResult = {
  ...{ sent: 10, answered: 9, kills: 1, replacements: 1, received: 10, accounted: 10, waiting: 0 },
  ...{ resident: [], growth: { slope: 3, within: 2.5 }, exitCode: 0 },
};

test('a live cluster stands ten seconds of honest and mutated queries while nodes are killed', {
  timeout: 120_000,
}, async () => {
  const result = await soak({ seconds: 10, killEvery: 4, words: ['--colos', '1'] });
  expect(breaches(result)).toEqual([]);
  expect(result.received).toBeGreaterThan(1_000);
});

test('what does not hold is told', () => {
  expect(breaches(HELD)).toEqual([]);
  expect(breaches({ ...HELD, accounted: 9 })).toEqual(['10 queries came and 9 are accounted for']);
  expect(breaches({ ...HELD, exitCode: 70 })).toEqual(['the cluster ended with 70']);
  expect(breaches({ ...HELD, replacements: 0 })).toEqual(['1 nodes were killed and 0 replaced']);
  expect(breaches({ ...HELD, growth: { slope: 3, within: 1 } })).toEqual([
    'memory grows by 3.0 MB per minute, give or take 1.0',
  ]);
});
