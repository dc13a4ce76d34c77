import { expect, test } from 'vitest';
import { HOUR, MILLISECOND, SECOND } from '../../resolver-core/time.ts';
import { type ClockSetting, LiveClock, monotonic, startingAt } from './clock.ts';

const CLOCK = 1_778_009_400 * SECOND;

/** A setting in which `now` is what the machine's clock is now. */
function setting(over: Partial<ClockSetting> = {}): ClockSetting {
  return { nowOrigin: 0, since: monotonic(), clock: CLOCK, speed: 1, ...over };
}

test('now goes on from the instant at which the clock was started', () => {
  const clock = new LiveClock(startingAt(CLOCK, 1));
  const now = clock.now();
  expect(now).toBeGreaterThanOrEqual(CLOCK - 1000);
  expect(now).toBeLessThan(CLOCK + 60 * SECOND);
  expect(Number.isInteger(now)).toBe(true);
});

test('the clock goes as fast as its speed says, and now does not care', () => {
  const clock = new LiveClock(setting({ speed: 60 }));
  const { since } = clock.setting;
  expect(clock.at(since + 2 * SECOND)).toBe(CLOCK + 120 * SECOND);
  expect(clock.nowOf(CLOCK + 120 * SECOND)).toBe(since + 2 * SECOND);
});

test('a clock that stands shows no later instant ever', () => {
  const clock = new LiveClock(setting({ speed: 0 }));
  expect(clock.at(clock.setting.since + HOUR)).toBe(CLOCK);
  expect(clock.nowOf(CLOCK + 1)).toBe(Number.POSITIVE_INFINITY);
});

test('a change begins now: the speed goes on from what it shows, an instant is shown at once', () => {
  const clock = new LiveClock(setting({ speed: 0 }));
  const faster = clock.changed({ speed: 10 });
  expect(faster).toMatchObject({ clock: CLOCK, speed: 10 });
  const later = clock.changed({ clock: CLOCK + HOUR });
  expect(later).toMatchObject({ clock: CLOCK + HOUR, speed: 0 });
  expect(later.since).toBeGreaterThanOrEqual(clock.setting.since);
});

test('only what shows an earlier instant sets the clock back', () => {
  const clock = new LiveClock(setting({ speed: 0 }));
  expect(clock.set(clock.changed({ speed: 100 }))).toBe(false);
  expect(clock.set(clock.changed({ clock: CLOCK + HOUR }))).toBe(false);
  expect(clock.set(clock.changed({ clock: CLOCK }))).toBe(true);
});

test('a thread that hears late that the clock goes slower again does not see it set back', () => {
  const fast = setting({ speed: 1_000, since: monotonic() - SECOND });
  const thread = new LiveClock(fast);
  // 50 ms before it is heard of, with which the clock was 50 s ahead
  const since = thread.now() - 50 * MILLISECOND;
  expect(thread.set({ ...fast, since, clock: thread.at(since), speed: 1 })).toBe(false);
  expect(thread.at(since)).toBe(thread.setting.clock);
});

test('a jump back is one however fast the clock goes', () => {
  const fast = setting({ speed: 1_000, since: monotonic() - SECOND });
  const clock = new LiveClock(fast);
  const since = clock.now() - 50 * MILLISECOND;
  const jump = (by: number): ClockSetting => ({ ...fast, since, clock: clock.at(since) + by });
  expect(clock.set(jump(-5 * SECOND))).toBe(true);
  expect(clock.set(jump(5 * SECOND))).toBe(false);
  expect(clock.set(jump(-1))).toBe(true);
});
