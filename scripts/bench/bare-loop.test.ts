import { expect, it } from 'vitest';
import { BareLoop } from './bare-loop.ts';

it('begins in its steady state: one query in ten misses', () => {
  const loop = new BareLoop();
  const nanoseconds = loop.run(100_000);
  const early = loop.missRatio;
  loop.run(400_000);
  expect(nanoseconds).toBeGreaterThan(0);
  expect(Math.abs(early - 0.1)).toBeLessThan(0.005);
  expect(Math.abs(loop.missRatio - 0.1)).toBeLessThan(0.002);
});
