import { afterEach, expect, test } from 'vitest';
import { MILLISECOND, SECOND } from '../../resolver-core/time.ts';
import { LiveClock, startingAt } from './clock.ts';
import { eventually } from './testing/clients.ts';
import { Wakes } from './wakes.ts';

const CLOCK = 1_778_009_400 * SECOND;

let wakes: Wakes | undefined;
afterEach(() => wakes?.clear());

test.each([
  ['now', 1],
  ['clock', 1],
  ['clock', 1.1],
  ['clock', 1_000],
] as const)(
  'a wake for an instant of %s never comes before it, at speed %d',
  async (time, speed) => {
    const clock = new LiveClock(startingAt(CLOCK, speed));
    const dues: number[] = [];
    const late: number[] = [];
    wakes = new Wakes(clock, (timer) => {
      const now = clock.now();
      late.push((time === 'now' ? now : clock.at(now)) - (dues[timer] as number));
    });
    const ahead = time === 'clock' ? 7 * SECOND : 0;
    const from = clock.now();
    for (let timer = 0; timer < 400; timer++) {
      const now = from + 2 * MILLISECOND + timer * 77;
      const at = time === 'now' ? now : clock.at(now);
      dues.push(at);
      wakes.add({ kind: 'wake', timer, time, at: at + ahead }, ahead);
    }
    await eventually(() => (late.length === 400 ? true : null), 'all of them');
    expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
    expect(wakes.size).toBe(0);
  },
);
