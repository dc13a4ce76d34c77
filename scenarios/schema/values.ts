/**
 * What the language is made of: single values with a meaning, maps with fixed keys, maps of names,
 * lists. The only user of zod. Each part checks its input, turns it into what it means, and can be
 * written down as JSON Schema (`describeSchema`).
 *
 * Convention: the message of an issue is the phrase that says what was expected, except for unknown
 * keys, where it is the list of valid ones. Bounds are there to catch slips and to protect memory;
 * each says why. Defaults are given in the words of the language, so that they can be shown.
 */

import { z } from 'zod';
import { Name, NameError } from '../../resolver-core/name/name.ts';
import { toHex } from '../../resolver-core/text/encoding.ts';
import { parseRdata } from '../../resolver-core/text/presentation.ts';
import type { Micros } from '../../resolver-core/time.ts';
import { ALGORITHM, TYPE, typeNumber } from '../../resolver-core/wire/iana.ts';
import type { NodeSelection } from '../../sim/plan.ts';
import { oneOf } from '../errors.ts';
import {
  type Fires,
  type Instant,
  parseDuration,
  parseFires,
  parseInstant,
  parseShare,
  parseShift,
  parseSpan,
  type Span,
} from '../units.ts';
import type { SchemaNode } from './node.ts';

export type Schema<T> = z.ZodType<T>;
/** One thing that is wrong, as zod says it. */
export type Issue = z.core.$ZodIssue;

type Word = string | number | boolean;
type Shape = Readonly<Record<string, Schema<unknown>>>;
type Camel<S extends string> = S extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : S;
type CamelOf<S extends Shape> = {
  readonly [K in keyof S as Camel<K & string>]: z.output<S[K]>;
};

/**
 * A single value with a meaning: `parse` gives undefined for what is none. Its name stands in the docs
 * and among the definitions of the JSON Schema, which describes by `json` how it is written.
 */
function scalar<T>(
  name: string,
  expected: string,
  json: SchemaNode,
  parse: (value: Word) => T | undefined,
): Schema<T> {
  const error = (): string => expected;
  return z
    .union([z.string(), z.number(), z.boolean()], { error })
    .transform((value, context): T => {
      const parsed = parse(value);
      if (parsed !== undefined) return parsed;
      context.issues.push({ code: 'custom', message: expected, input: value });
      return z.NEVER;
    })
    .meta({ title: name, json });
}

/** A map with exactly these keys, which are kebab-case here and camelCase in what comes out. */
export function map<S extends Shape>(shape: S): Schema<CamelOf<S>> {
  const keys = Object.keys(shape);
  return z
    .strictObject(shape, {
      error: (issue) => (issue.code === 'unrecognized_keys' ? keys.join(' ') : 'a map'),
    })
    .transform((value) => {
      const renamed = Object.entries(value).map(([key, item]) => [camel(key), item]);
      return Object.fromEntries(renamed) as CamelOf<S>;
    });
}

/** As `map`, but every key may be left out, and is then left out of what comes out: it stays as it is. */
export function changes<S extends Shape>(shape: S): Schema<Partial<CamelOf<S>>> {
  const partial: Schema<unknown> = map(optional(shape, 'it stays'));
  return partial as Schema<Partial<CamelOf<S>>>;
}

/** The same keys, each of which may be left out, and is then left out of what comes out; `absent` says what that means. */
export function optional<S extends Shape>(shape: S, absent: string): S {
  const parts = Object.entries(shape).map(([key, schema]) => [
    key,
    z.exactOptional(schema).meta({ ...schema.meta(), absent }),
  ]);
  return Object.fromEntries(parts) as S;
}

/** A map by its `title`, of which one key (`orJust`), a word, says what all others are when they are left out. */
export function withPresets<T>(
  schema: Schema<T>,
  title: string,
  presets: NonNullable<SchemaNode['presets']>,
): Schema<T> {
  return schema.meta({ title, presets });
}

/** The same keys, each with what it is, in the words of the language, when it is left out. */
export function withDefaults<S extends Shape>(
  shape: S,
  defaults: Readonly<Record<keyof S, Word>>,
): S {
  const entries = Object.entries(shape).map(([key, schema]) => [
    key,
    schema.prefault(defaults[key]).meta({ ...schema.meta() }),
  ]);
  return Object.fromEntries(entries) as S;
}

export function camel(key: string): string {
  return key.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

export function named<T>(schema: Schema<T>): Schema<Readonly<Record<string, T>>> {
  return z.record(z.string(), schema, { error: () => 'a map of names' });
}

export function list<T>(schema: Schema<T>): Schema<readonly T[]> {
  return z.array(schema, { error: () => 'a list' });
}

export function word<const T extends readonly string[]>(words: T): Schema<T[number]> {
  return z.enum(words, { error: () => oneOf(words) });
}

/** null when left out; `absent` says what that means. */
export function maybe<T>(schema: Schema<T>, absent: string): Schema<T | null> {
  return schema
    .optional()
    .transform((value): T | null => value ?? null)
    .meta({ absent });
}

/** A map, or just what stands under its `key`; where `map` is a list, just one item. */
export function orJust<T>(key: string, schema: Schema<T>): Schema<T> {
  const isMap = (value: unknown): boolean =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  return z
    .preprocess((value) => (isMap(value) ? value : { [key]: value }), schema)
    .meta({ just: key });
}

/** A list, or just its only item. */
export function orOne<T>(schema: Schema<T>): Schema<readonly T[]> {
  return z
    .preprocess((value) => (Array.isArray(value) ? value : [value]), list(schema))
    .meta({ just: 'items' });
}

function within(value: Word, least: number, most: number): number | undefined {
  return typeof value === 'number' && value >= least && value <= most ? value : undefined;
}

export function whole(least: number, most: number, why = ''): Schema<number> {
  const expected = `a whole number from ${least} to ${most}${why === '' ? '' : ` (${why})`}`;
  const json: SchemaNode = { type: 'integer', minimum: least, maximum: most };
  return scalar('whole number', expected, json, (value) =>
    Number.isInteger(value) ? within(value, least, most) : undefined,
  );
}

export function number(expected: string, least: number, most: number): Schema<number> {
  const json: SchemaNode = { type: 'number', minimum: least, maximum: most };
  return scalar('number', expected, json, (value) => within(value, least, most));
}

/** A text that `pattern` matches, also where YAML takes it for a number. */
function matching(name: string, expected: string, pattern: RegExp): Schema<string> {
  const json: SchemaNode = { type: ['string', 'number'], pattern: pattern.source };
  return scalar(name, expected, json, (value) =>
    pattern.test(String(value)) ? String(value) : undefined,
  );
}

const DURATION = '(\\d+(\\.\\d+)?(us|ms|s|m|h|d))+';
const INSTANT = `(start|[+-]${DURATION}|\\d\\d:\\d\\d(:\\d\\d)?|\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d(:\\d\\d)?Z)`;
const PERCENTAGE: SchemaNode = { type: 'string', pattern: '^\\d+(\\.\\d+)?%$' };

function written(pattern: string): SchemaNode {
  return { type: 'string', pattern: `^${pattern}$` };
}

export const text: Schema<string> = scalar(
  'text',
  'a text',
  { type: 'string', pattern: '\\S' },
  (value) => (typeof value === 'string' && value.trim() !== '' ? value : undefined),
);
export const identifier: Schema<string> = matching(
  'identifier',
  'a name of letters, digits, "-", "_" and "."',
  /^[\w.-]{1,63}$/,
);
export const scenarioName: Schema<string> = matching(
  'scenario name',
  'a name of lower-case letters, digits and "-"',
  /^[a-z0-9][a-z0-9-]{0,63}$/,
);
export const duration: Schema<Micros> = scalar(
  'duration',
  'a duration such as 90s, 15m, 13d or 1h30m',
  written(DURATION),
  (value) => parseDuration(String(value)),
);
export const clientTimeout: Schema<Micros | null> = scalar(
  'duration or on-failure',
  'a duration such as 1800ms, or on-failure',
  written(`(on-failure|${DURATION})`),
  (value) => (value === 'on-failure' ? null : parseDuration(String(value))),
);
export const interval: Schema<number | null> = scalar(
  'interval or off',
  'off, or an interval of whole seconds such as 5m',
  { anyOf: [{ enum: ['off', false] }, { type: 'integer', minimum: 1 }, written(DURATION)] },
  (value) => {
    if (value === 'off' || value === false) return null;
    const seconds = typeof value === 'number' ? value : (parseDuration(String(value)) ?? -1) / 1e6;
    return Number.isInteger(seconds) ? within(seconds, 1, 0x7fffffff) : undefined;
  },
);
export const shift: Schema<Micros> = scalar(
  'shift',
  'a shift in time such as -1h or +30m',
  written(`[+-]?${DURATION}`),
  (value) => parseShift(String(value)),
);
export const span: Schema<Span> = scalar(
  'span',
  'a span such as 19:30..19:45, or the name of a phase',
  { type: 'string' },
  (value) => parseSpan(String(value)),
);
export const instant: Schema<Instant> = scalar(
  'instant',
  'an instant such as 2026-05-05T19:30Z, 19:30, +30m or start',
  written(INSTANT),
  (value) => parseInstant(String(value)),
);
export const fires: Schema<Fires> = scalar(
  'firing',
  'never, or before and an instant, such as before 19:45',
  written(`(never|before ${INSTANT})`),
  (value) => parseFires(String(value)),
);
export const share: Schema<number> = scalar(
  'share',
  'a share such as 12% or 0.12',
  { anyOf: [PERCENTAGE, { type: 'number', minimum: 0, maximum: 1 }] },
  parseShareValue,
);
function parseShareValue(value: Word): number | undefined {
  return typeof value === 'boolean' ? undefined : parseShare(value);
}
export const shareOrOff: Schema<number | null> = scalar(
  'share or off',
  'off, or a share such as 80%',
  { anyOf: [{ enum: ['off', false] }, PERCENTAGE, { type: 'number', minimum: 0, maximum: 1 }] },
  (value) => (value === 'off' || value === false ? null : parseShareValue(value)),
);
export const nodes: Schema<NonNullable<NodeSelection['nodes']>> = scalar(
  'nodes',
  'a number of nodes, or a share of them such as 30%',
  { anyOf: [PERCENTAGE, { type: 'integer', minimum: 1 }] },
  (value) => {
    if (typeof value === 'number' && Number.isInteger(value) && value > 0) {
      return { kind: 'count', count: value };
    }
    const share = parsePercentage(String(value)) ?? 0;
    return share > 0 && share <= 1 ? { kind: 'share', share } : undefined;
  },
);
export const weight: Schema<number> = scalar(
  'weight',
  'a weight: a number of at least 0',
  { type: 'number', minimum: 0, maximum: 1e9 },
  (value) => within(value, 0, 1e9),
);
export const amount: Schema<number> = scalar(
  'amount',
  'a number or a percentage',
  { anyOf: [PERCENTAGE, { type: 'number' }] },
  (value) => (typeof value === 'number' ? value : parsePercentage(String(value))),
);
const FLAGS: ReadonlyMap<string, boolean> = new Map([
  ['on', true],
  ['true', true],
  ['off', false],
  ['false', false],
]);
export const flag: Schema<boolean> = scalar(
  'on or off',
  'on or off',
  { enum: ['on', 'off', true, false] },
  (value) => FLAGS.get(String(value)),
);
export const ttl: Schema<number> = scalar(
  'TTL',
  'a TTL: seconds or a duration, at most 2147483647s',
  { anyOf: [{ type: 'integer', minimum: 0, maximum: 0x7fffffff }, written(DURATION)] },
  (value) => {
    const seconds = typeof value === 'number' ? value : (parseDuration(String(value)) ?? -1) / 1e6;
    return Number.isInteger(seconds) ? within(seconds, 0, 0x7fffffff) : undefined;
  },
);
export const recordType: Schema<number> = scalar(
  'RR type',
  'an RR type such as NSEC3 or TYPE65534',
  written('[A-Za-z0-9-]+'),
  (value) => typeNumber(String(value)),
);
const ALGORITHMS: ReadonlyMap<string, number> = new Map(Object.entries(ALGORITHM));
export const algorithm: Schema<number> = scalar(
  'algorithm',
  'a DNSSEC algorithm such as RSASHA256 or 8',
  { anyOf: [written('[A-Za-z0-9_]+'), { enum: [...ALGORITHMS.values()] }] },
  (value) => {
    const code = typeof value === 'number' ? value : ALGORITHMS.get(String(value).toUpperCase());
    return code !== undefined && [...ALGORITHMS.values()].includes(code) ? code : undefined;
  },
);
/** One of these words, on or off. */
export function onOffOr<const T extends string>(
  name: string,
  words: readonly T[],
): Schema<T | 'on' | 'off'> {
  const all = ['on', 'off', ...words] as const;
  const json: SchemaNode = { enum: [...all, true, false] };
  return scalar(name, oneOf(all), json, (value) => {
    const isOn = FLAGS.get(String(value));
    if (isOn !== undefined) return isOn ? 'on' : 'off';
    return words.find((each) => each === value);
  });
}
export const delayRange: Schema<readonly [Micros, Micros]> = scalar(
  'range of durations',
  'a range of durations such as 500ms..2s',
  written(`${DURATION}\\.\\.${DURATION}`),
  (value) => {
    const [least, most, ...rest] = String(value).split('..').map(parseDuration);
    if (least === undefined || most === undefined || rest.length > 0 || most < least) {
      return undefined;
    }
    return [least, most] as const;
  },
);
export const hex: Schema<string> = scalar(
  'hexadecimal digits',
  'hexadecimal digits, at most 255 octets, or ""',
  { type: ['string', 'number'], pattern: '^([0-9a-fA-F]{2}){0,255}$' },
  (value) => {
    const digits = String(value).toLowerCase();
    return /^([0-9a-f]{2}){0,255}$/.test(digits) ? digits : undefined;
  },
);
export const dsRecord: Schema<string> = scalar(
  'DS record',
  'a DS record such as "20326 8 2 E06D44B8…"',
  written('\\s*\\d+\\s+\\S+\\s+\\S+\\s[\\sA-Za-z0-9()]+'),
  (value) => {
    const rdata = parseRdata(TYPE.DS, String(value));
    return rdata instanceof Uint8Array ? toHex(rdata) : undefined;
  },
);

/** In lower case without the final dot; `.` for the root. */
export const domain: Schema<string> = z
  .string({ error: () => 'a domain name' })
  .transform((value, context): string => {
    try {
      const name = Name.parse(value);
      return name.isRoot ? '.' : name.toString().replace(/\.$/, '');
    } catch (error) {
      if (!(error instanceof NameError)) throw error;
      const message = `a domain name (RFC 1035 section 2.3.4: this is a ${error.message})`;
      context.issues.push({ code: 'custom', message, input: value });
      return z.NEVER;
    }
  })
  .meta({ title: 'domain name', json: { type: 'string' } });

function parsePercentage(value: string): number | undefined {
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(value);
  return percent === null ? undefined : Number(percent[1]) / 100;
}

/** How input for `schema` is written down, as JSON Schema (2020-12) and a little more (`SchemaNode`). */
export function describeSchema(schema: Schema<unknown>): SchemaNode {
  const node = z.toJSONSchema(schema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      const { json } = jsonSchema as { readonly json?: SchemaNode };
      if (json === undefined) return;
      for (const key of ['json', 'anyOf', 'type'])
        delete (jsonSchema as SchemaNode & Record<string, unknown>)[key];
      Object.assign(jsonSchema, json);
    },
  });
  return node as SchemaNode;
}
