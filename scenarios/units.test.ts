import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE, SECOND } from '../resolver-core/time.ts';
import {
  formatClock,
  formatDuration,
  parseDuration,
  parseInstant,
  parseShare,
  parseShift,
  parseSpan,
  resolveInstant,
  type Window,
} from './units.ts';

describe('durations', () => {
  it.each([
    ['90s', 90 * SECOND],
    ['15m', 15 * MINUTE],
    ['13d', 13 * DAY],
    ['1h30m', 90 * MINUTE],
    ['13d1h', 13 * DAY + HOUR],
    ['0.5s', SECOND / 2],
    ['0s', 0],
  ])('%s is read', (text, micros) => {
    expect(parseDuration(text)).toBe(micros);
  });

  it.each(['13d1h', '1h30m', '500ms', '1us', '0s'])('%s is written as it is read', (text) => {
    expect(formatDuration(parseDuration(text) ?? -1)).toBe(text);
  });

  it.each(['', '90', 's', '30m1h', '1h1h', '-1h', '1 h', '1h 30m', '1e3s', '10000000d', '1w'])(
    '%s is refused',
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );
});

describe('shares', () => {
  it.each([
    ['12%', 0.12],
    [0.12, 0.12],
    ['100%', 1],
    [0, 0],
  ])('%s is read', (value, share) => {
    expect(parseShare(value)).toBe(share);
  });

  it.each(['101%', '12', '-1%', '%', 1.5, -0.1, Number.NaN, Number.POSITIVE_INFINITY])(
    '%s is refused',
    (value) => {
      expect(parseShare(value)).toBeUndefined();
    },
  );
});

const FROM = Date.UTC(2026, 4, 5, 17) * 1000;
const NIGHT: Window = { from: FROM, to: FROM + 8 * HOUR, warmup: 2 * HOUR };

describe('instants', () => {
  const resolve = (text: string, window: Window): number | string | undefined => {
    const instant = parseInstant(text);
    return instant && resolveInstant(instant, window);
  };

  it.each([
    ['2026-05-05T19:30Z', FROM + 150 * MINUTE],
    ['2026-05-05T19:30:15Z', FROM + 150 * MINUTE + 15 * SECOND],
    ['+30m', FROM + 30 * MINUTE],
    ['-1h', FROM - HOUR],
    ['start', FROM - 2 * HOUR],
    ['19:30', FROM + 150 * MINUTE],
    ['00:30', FROM + 450 * MINUTE],
    ['01:00', FROM + 480 * MINUTE],
  ])('%s is placed in the window', (text, at) => {
    expect(resolve(text, NIGHT)).toBe(at);
  });

  it.each(['2026-02-29T00:00Z', '2026-13-01T00:00Z', '2026-05-05T24:00Z', '2026-05-05', '7:30'])(
    '%s is none',
    (text) => {
      expect(parseInstant(text)).toBeUndefined();
    },
  );

  it('a time of day outside the window names the window', () => {
    expect(resolve('12:00', NIGHT)).toBe(
      'a time of day between 2026-05-05T17:00:00Z and 2026-05-06T01:00:00Z',
    );
  });

  it('a time of day that comes twice asks for the date', () => {
    expect(resolve('19:30', { ...NIGHT, to: FROM + 2 * DAY })).toBe(
      'a date too, since this time of day comes twice: 2026-05-05T19:30:00Z or 2026-05-06T19:30:00Z',
    );
  });

  it('with a date are those of the calendar', () => {
    const minutes = fc.integer({ min: 0, max: 253_402_300_740 / 60 - 1 });
    fc.assert(
      fc.property(minutes, (minute) => {
        const text = new Date(minute * 60_000).toISOString().replace(':00.000Z', 'Z');
        expect(parseInstant(text)).toEqual({ kind: 'absolute', at: minute * MINUTE });
        expect(formatClock(minute * MINUTE)).toBe(text.replace('Z', ':00Z'));
      }),
    );
  });
});

describe('shifts', () => {
  it('are durations with a sign or without', () => {
    expect(['-1h', '+30m', '30m', '--1h', '-', '1', ''].map(parseShift)).toEqual([
      -HOUR,
      30 * MINUTE,
      30 * MINUTE,
      ...[undefined, undefined, undefined, undefined],
    ]);
  });
});

describe('spans', () => {
  it('are two instants, or the name of a phase', () => {
    expect(parseSpan('19:30..+4h')).toEqual({
      kind: 'between',
      from: { kind: 'time-of-day', sinceMidnight: 19 * HOUR + 30 * MINUTE },
      to: { kind: 'relative', offset: 4 * HOUR },
    });
    expect(parseSpan('during')).toEqual({ kind: 'phase', phase: 'during' });
    expect(parseSpan('19:30..late')).toBeUndefined();
  });
});
