/**
 * Expressions of replay scripts: `${time}`, `${timeout}`, `$name`, `${ctime N}`, `${range LOW N HIGH}`
 * and arithmetic from left to right, in numbers of seconds.
 */

import { epochSeconds, type Micros } from '../../resolver-core/time.ts';
import { calendarText } from './calendar.ts';

export interface MacroWorld {
  readonly clock: Micros;
  /** Seconds until the next timer. */
  readonly timeout: number;
  readonly variables: ReadonlyMap<string, string>;
}

/** `text` with every `${...}` and `$name` replaced; null when one means nothing. */
export function expand(text: string, world: MacroWorld): string | null {
  let out = '';
  for (let at = 0; at < text.length; ) {
    if (text[at] !== '$') {
      out += text[at++];
      continue;
    }
    if (text[at + 1] === '{') {
      const end = closing(text, at + 2);
      const value = end < 0 ? null : evaluate(text.slice(at + 2, end), world);
      if (value === null) return null;
      out += value;
      at = end + 1;
    } else {
      const name = /^[A-Za-z0-9_]+/.exec(text.slice(at + 1))?.[0] ?? '';
      const value = world.variables.get(name);
      if (value === undefined) return null;
      out += value;
      at += 1 + name.length;
    }
  }
  return out;
}

/** Offset of the brace that closes the one before `from`; -1 when there is none. */
function closing(text: string, from: number): number {
  let depth = 0;
  for (let i = from; i < text.length; i++) {
    if (text[i] === '{') depth++;
    else if (text[i] === '}' && depth-- === 0) return i;
  }
  return -1;
}

function evaluate(inner: string, world: MacroWorld): string | null {
  const text = expand(inner, world)?.trim();
  if (text === undefined) return null;
  if (text === 'time') return String(epochSeconds(world.clock));
  if (text === 'timeout') return String(world.timeout);
  const [word, ...rest] = text.split(/\s+/);
  if (word === 'ctime') {
    const seconds = arithmetic(rest.join(' '));
    return seconds === null ? null : calendarText(seconds);
  }
  if (word === 'range') return inRange(rest);
  const value = arithmetic(text);
  return value === null ? null : String(value);
}

/** The middle number, when it lies between the others. */
function inRange(words: readonly string[]): string | null {
  const [low, value, high] = words.map(Number);
  if (low === undefined || value === undefined || high === undefined) return null;
  return low <= value && value <= high ? String(value) : null;
}

function arithmetic(text: string): number | null {
  const tokens = text.match(/\d+(\.\d+)?|[-+*/]|\S/g) ?? [];
  let value = Number(tokens[0] ?? Number.NaN);
  for (let i = 1; i + 1 < tokens.length; i += 2) {
    const right = Number(tokens[i + 1]);
    if (tokens[i] === '+') value += right;
    else if (tokens[i] === '-') value -= right;
    else if (tokens[i] === '*') value *= right;
    else if (tokens[i] === '/') value /= right;
    else return null;
  }
  return Number.isFinite(value) && tokens.length % 2 === 1 ? value : null;
}
