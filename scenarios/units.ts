/**
 * The units of the language: durations (`90s`, `1h30m`), shares (`12%`, `0.12`), instants (UTC with
 * a date, a time of day that is unique in the window, `+30m` from its start, `start`) and spans
 * (`19:30..19:45`). Everything comes out as integer microseconds or a plain fraction.
 *
 * Limitations: no time zones but UTC, no months or years, no leap seconds.
 */

import { formatInstant } from '../resolver-core/text/instant.ts';
import { DAY, HOUR, MILLISECOND, MINUTE, type Micros, SECOND } from '../resolver-core/time.ts';

const UNITS: Readonly<Record<string, Micros>> = {
  us: 1,
  ms: MILLISECOND,
  s: SECOND,
  m: MINUTE,
  h: HOUR,
  d: DAY,
};

/** Above this a duration is a slip of the pen: no DNS value may exceed 2^31 seconds (RFC 2181 section 8). */
const LONGEST_DURATION: Micros = 0x7fffffff * SECOND;

/** `1d`, `1h30m`, `0.5s`, `0s`: numbers with units, the largest unit first; undefined when it is none. */
export function parseDuration(text: string): Micros | undefined {
  if (!/^(\d+(\.\d+)?(us|ms|s|m|h|d))+$/.test(text)) return undefined;
  let total = 0;
  let last = Number.POSITIVE_INFINITY;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(us|ms|s|m|h|d)/g)) {
    const size = UNITS[unit as string] as Micros;
    if (size >= last) return undefined;
    last = size;
    total += Number(amount) * size;
  }
  const rounded = Math.round(total);
  return rounded <= LONGEST_DURATION ? rounded : undefined;
}

/** As `parseDuration` reads it: `1h30m`. */
export function formatDuration(duration: Micros): string {
  let rest = duration;
  let text = '';
  for (const [unit, size] of Object.entries(UNITS).reverse()) {
    const many = Math.floor(rest / size);
    rest -= many * size;
    if (many > 0) text += `${many}${unit}`;
  }
  return text === '' ? '0s' : text;
}

/** `-1h`, `+30m` or `30m`; undefined when it is none. */
export function parseShift(text: string): Micros | undefined {
  const sign = text[0] === '-' ? -1 : 1;
  const size = parseDuration(text.replace(/^[+-]/, ''));
  return size === undefined ? undefined : sign * size;
}

/** `12%` or `0.12` as a fraction, 0 to 1; undefined when it is none. */
export function parseShare(value: string | number): number | undefined {
  let share: number;
  if (typeof value === 'number') {
    share = value;
  } else {
    const percent = /^(\d+(?:\.\d+)?)%$/.exec(value);
    if (percent === null) return undefined;
    share = Number(percent[1]) / 100;
  }
  return Number.isFinite(share) && share >= 0 && share <= 1 ? share : undefined;
}

/** An instant as written; `resolveInstant` places it. */
export type Instant =
  | { readonly kind: 'absolute'; readonly at: Micros }
  | { readonly kind: 'time-of-day'; readonly sinceMidnight: Micros }
  /** From the start of the window; may be negative. */
  | { readonly kind: 'relative'; readonly offset: Micros }
  /** The start of the warm-up. */
  | { readonly kind: 'start' };

const ABSOLUTE = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d))?Z$/;
const TIME_OF_DAY = /^(\d\d):(\d\d)(?::(\d\d))?$/;

/** Days from 1970-01-01 to a date of the proleptic Gregorian calendar. */
function daysSince1970(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const leapDays = Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
  return era * 146_097 + yearOfEra * 365 + leapDays + dayOfYear - 719_468;
}

function daysInMonth(year: number, month: number): number {
  const next = month === 12 ? daysSince1970(year + 1, 1, 1) : daysSince1970(year, month + 1, 1);
  return next - daysSince1970(year, month, 1);
}

function clockTime(hour: number, minute: number, second: number): Micros | undefined {
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  return hour * HOUR + minute * MINUTE + second * SECOND;
}

/** Undefined when the text is no instant (also for 30 February). */
export function parseInstant(text: string): Instant | undefined {
  if (text === 'start') return { kind: 'start' };
  const sign = text[0];
  if (sign === '+' || sign === '-') {
    const offset = parseDuration(text.slice(1));
    if (offset === undefined) return undefined;
    return { kind: 'relative', offset: sign === '+' ? offset : -offset };
  }
  const date = ABSOLUTE.exec(text);
  if (date !== null) {
    const [year, month, day, hour, minute, second] = date
      .slice(1)
      .map((digits) => Number(digits ?? 0)) as [number, number, number, number, number, number];
    const time = clockTime(hour, minute, second);
    if (time === undefined || month < 1 || month > 12) return undefined;
    if (day < 1 || day > daysInMonth(year, month)) return undefined;
    return { kind: 'absolute', at: daysSince1970(year, month, day) * DAY + time };
  }
  const time = TIME_OF_DAY.exec(text);
  if (time === null) return undefined;
  const sinceMidnight = clockTime(Number(time[1]), Number(time[2]), Number(time[3] ?? 0));
  return sinceMidnight === undefined ? undefined : { kind: 'time-of-day', sinceMidnight };
}

/** A stretch of the window as written. */
export type Span =
  | { readonly kind: 'between'; readonly from: Instant; readonly to: Instant }
  | { readonly kind: 'phase'; readonly phase: string };

/** `FROM..TO`, or the name of a phase; undefined when one side of `..` is no instant. */
export function parseSpan(text: string): Span | undefined {
  const dots = text.indexOf('..');
  if (dots < 0) return { kind: 'phase', phase: text };
  const from = parseInstant(text.slice(0, dots));
  const to = parseInstant(text.slice(dots + 2));
  return from === undefined || to === undefined ? undefined : { kind: 'between', from, to };
}

/** What is expected of an alert, as written. */
export type Fires =
  | { readonly kind: 'never' }
  | { readonly kind: 'before'; readonly instant: Instant };

/** `never`, or `before INSTANT`. */
export function parseFires(text: string): Fires | undefined {
  if (text === 'never') return { kind: 'never' };
  const instant = text.startsWith('before ') ? parseInstant(text.slice(7).trim()) : undefined;
  return instant === undefined ? undefined : { kind: 'before', instant };
}

export interface Window {
  readonly from: Micros;
  readonly to: Micros;
  readonly warmup: Micros;
}

/** The instant on the scenario's clock, or a phrase that says what was expected instead. */
export function resolveInstant(instant: Instant, window: Window): Micros | string {
  switch (instant.kind) {
    case 'absolute':
      return instant.at;
    case 'relative':
      return window.from + instant.offset;
    case 'start':
      return window.from - window.warmup;
    case 'time-of-day': {
      const found: Micros[] = [];
      const midnight = Math.floor(window.from / DAY) * DAY;
      for (let day = midnight; day <= window.to && found.length < 2; day += DAY) {
        const at = day + instant.sinceMidnight;
        if (at >= window.from && at <= window.to) found.push(at);
      }
      const [first, second] = found;
      if (first === undefined) {
        return `a time of day between ${formatClock(window.from)} and ${formatClock(window.to)}`;
      }
      if (second === undefined) return first;
      return `a date too, since this time of day comes twice: ${formatClock(first)} or ${formatClock(second)}`;
    }
  }
}

/** ISO 8601 in UTC, `2026-05-05T19:30:00Z`. */
export function formatClock(instant: Micros): string {
  return formatInstant(Math.floor(instant / SECOND));
}
