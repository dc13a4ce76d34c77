/**
 * The language, once: which keys a scenario has, which values they take, and what a value means.
 * `parseScenario` is the only way in. The only user of zod, whose issues are turned into ours here;
 * places are added by `compile.ts`, which has the tree.
 *
 * Convention: the message of an issue is the phrase that says what was expected, except for unknown
 * keys, where it is the list of valid ones. Bounds are there to catch slips and to protect memory;
 * each says why.
 */

import { z } from 'zod';
import { Name, NameError } from '../resolver-core/name/name.ts';
import { toHex } from '../resolver-core/text/encoding.ts';
import { parseRdata } from '../resolver-core/text/presentation.ts';
import { ALGORITHM, TYPE, typeNumber } from '../resolver-core/wire/iana.ts';
import { METRICS } from '../sim/metrics.ts';
import type { Scenario } from './scenario.ts';
import type { Path } from './tree.ts';
import { parseDuration, parseInstant, parseShare, parseSpan } from './units.ts';

export interface SchemaIssue {
  readonly path: Path;
  readonly unknownKey: boolean;
  readonly expected: string;
  /** The valid words, where there is a list of them. */
  readonly words: readonly string[];
}

type Parsed =
  | { readonly kind: 'scenario'; readonly scenario: Scenario }
  | { readonly kind: 'issues'; readonly issues: readonly SchemaIssue[] };

type Word = string | number | boolean;

/** A single value with a meaning: `parse` gives undefined for what is none. */
function scalar<T>(expected: string, parse: (value: Word) => T | undefined) {
  const error = (): string => expected;
  return z
    .union([z.string(), z.number(), z.boolean()], { error })
    .transform((value, context): T => {
      const parsed = parse(value);
      if (parsed !== undefined) return parsed;
      context.issues.push({ code: 'custom', message: expected, input: value });
      return z.NEVER;
    });
}

type Camel<S extends string> = S extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : S;
type CamelKeys<T> = { [K in keyof T as Camel<K & string>]: T[K] };

/** A map with exactly these keys, which are kebab-case here and camelCase in what comes out. */
function map<S extends z.ZodRawShape>(shape: S) {
  const keys = Object.keys(shape);
  return z
    .strictObject(shape, {
      error: (issue) => (issue.code === 'unrecognized_keys' ? keys.join(' ') : 'a map'),
    })
    .transform((value) => {
      const renamed = Object.entries(value).map(([key, item]) => [camel(key), item]);
      return Object.fromEntries(renamed) as CamelKeys<typeof value>;
    });
}

function camel(key: string): string {
  return key.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function named<T extends z.ZodType>(schema: T) {
  return z.record(z.string(), schema, { error: () => 'a map of names' });
}

function list<T extends z.ZodType>(schema: T) {
  return z.array(schema, { error: () => 'a list' });
}

function word<const T extends readonly string[]>(words: T) {
  return z.enum(words, { error: () => `one of ${words.join(', ')}` });
}

/** null when left out. */
function maybe<T extends z.ZodType>(schema: T) {
  return schema.optional().transform((value): z.output<T> | null => value ?? null);
}

function within(value: Word, least: number, most: number): number | undefined {
  return typeof value === 'number' && value >= least && value <= most ? value : undefined;
}

function whole(least: number, most: number, why = '') {
  const expected = `a whole number from ${least} to ${most}${why === '' ? '' : ` (${why})`}`;
  return scalar(expected, (value) =>
    Number.isInteger(value) ? within(value, least, most) : undefined,
  );
}

const text = scalar('a text', (value) =>
  typeof value === 'string' && value.trim() !== '' ? value : undefined,
);
const identifier = scalar('a name of letters, digits, "-", "_" and "."', (value) =>
  /^[\w.-]{1,63}$/.test(String(value)) ? String(value) : undefined,
);
const duration = scalar('a duration such as 90s, 15m, 13d or 1h30m', (value) =>
  parseDuration(String(value)),
);
const span = scalar('a span such as 19:30..19:45, or the name of a phase', (value) =>
  parseSpan(String(value)),
);
const instant = scalar('an instant such as 2026-05-05T19:30Z, 19:30, +30m or start', (value) =>
  parseInstant(String(value)),
);
const share = scalar('a share such as 12% or 0.12', (value) =>
  typeof value === 'boolean' ? undefined : parseShare(value),
);
const weight = scalar('a weight: a number of at least 0', (value) => within(value, 0, 1e9));
const amount = scalar('a number or a percentage', (value) =>
  typeof value === 'number' ? value : parsePercentage(String(value)),
);
const flag = scalar('on or off', (value) => FLAGS[String(value)]);
const FLAGS: Readonly<Record<string, boolean>> = {
  on: true,
  true: true,
  off: false,
  false: false,
};
const ttl = scalar('a TTL: seconds or a duration, at most 2147483647s', (value) => {
  const seconds = typeof value === 'number' ? value : (parseDuration(String(value)) ?? -1) / 1e6;
  return Number.isInteger(seconds) ? within(seconds, 0, 0x7fffffff) : undefined;
});
const recordType = scalar('an RR type such as NSEC3 or TYPE65534', (value) =>
  typeNumber(String(value)),
);
const algorithm = scalar('a DNSSEC algorithm such as RSASHA256 or 8', (value) => {
  const number = typeof value === 'number' ? value : ALGORITHMS.get(String(value).toUpperCase());
  return number !== undefined && [...ALGORITHMS.values()].includes(number) ? number : undefined;
});
const ALGORITHMS: ReadonlyMap<string, number> = new Map(Object.entries(ALGORITHM));

/** A domain name in lower case without the final dot; `.` for the root. */
const domain = z.string({ error: () => 'a domain name' }).transform((value, context): string => {
  try {
    const name = Name.parse(value);
    return name.isRoot ? '.' : name.toString().replace(/\.$/, '');
  } catch (error) {
    if (!(error instanceof NameError)) throw error;
    const message = `a domain name (RFC 1035 section 2.3.4: this is a ${error.message})`;
    context.issues.push({ code: 'custom', message, input: value });
    return z.NEVER;
  }
});

function parsePercentage(value: string): number | undefined {
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(value);
  return percent === null ? undefined : Number(percent[1]) / 100;
}

const operator = map({
  servers: list(domain),
  sites: list(identifier),
  behaviour: word(['answer', 'refuse', 'silent']).default('answer'),
  delay: duration.default(0),
  loss: maybe(share),
});

const keyPair = map({
  role: word(['ksk', 'zsk']),
  algorithm,
  bits: whole(0, 4096, 'larger RSA keys are refused by resolvers').default(0),
  tag: maybe(whole(0, 0xffff)),
  copies: whole(1, 16, 'one per signing machine').default(1),
  publish: maybe(instant),
  remove: maybe(instant),
});

const hex = scalar('hexadecimal digits, at most 255 octets, or ""', (value) => {
  const digits = String(value).toLowerCase();
  return /^([0-9a-f]{2}){0,255}$/.test(digits) ? digits : undefined;
});

const validity = { validity: duration, backdate: duration, 'resign-every': duration };

const signing = map({
  ...validity,
  'serial-every': duration,
  keys: named(keyPair),
  ksk: maybe(identifier),
  zsk: maybe(identifier),
  nsec3: maybe(
    map({
      iterations: whole(0, 2500, 'RFC 5155 section 10.3 allows no more'),
      salt: hex,
      'opt-out': flag,
    }),
  ),
});

const dsRecord = scalar('a DS record such as "20326 8 2 E06D44B8…"', (value) => {
  const rdata = parseRdata(TYPE.DS, String(value));
  return rdata instanceof Uint8Array ? toHex(rdata) : undefined;
});

const zone = map({
  parent: maybe(domain),
  operator: identifier,
  ttl: map({ soa: ttl, negative: ttl, ns: ttl, delegation: ttl, ds: ttl, dnskey: ttl, nsec: ttl }),
  registry: maybe(map({ names: whole(0, 1e9, 'the largest zone has 160 million'), signed: share })),
  signing: maybe(signing),
  snapshot: maybe(text),
  serve: maybe(word(['as-is', 're-signed'])),
  'trust-anchor': z
    .preprocess((value) => (Array.isArray(value) ? value : [value]), list(dsRecord))
    .optional()
    .transform((value): readonly string[] => value ?? []),
});

const hosting = map({
  hosters: named(map({ share: weight, tlds: list(domain).default([]) })),
  ttl: map({
    ns: ttl,
    dnskey: ttl,
    soa: ttl,
    negative: ttl,
    answers: list(map({ seconds: ttl, share })),
  }),
  signing: map({ algorithms: list(map({ algorithm, share })), ...validity }),
  types: map({ aaaa: share, https: share, txt: share, mx: share }),
  aliases: map({
    share,
    ttl,
    targets: list(map({ domain, share: weight, tlds: list(domain).default([]) })),
  }),
  wildcards: share,
  broken: map({
    'expired-signatures': share.default(0),
    'wrong-ds': share.default(0),
    refused: share.default(0),
    unreachable: share.default(0),
  }),
});

const network = map({
  rtt: named(named(duration)),
  spread: share,
  jitter: duration,
  loss: share,
  'udp-size': whole(512, 65_535, 'RFC 6891 section 6.2.3'),
});

const resolverSettings = {
  validation: flag,
  'max-ttl': ttl,
  'max-negative-ttl': ttl,
  'failure-ttl': ttl,
  'failure-ttl-max': ttl,
};
/** What an event changes. */
const resolverChange = map({
  validation: z.exactOptional(flag),
  'max-ttl': z.exactOptional(ttl),
  'max-negative-ttl': z.exactOptional(ttl),
  'failure-ttl': z.exactOptional(ttl),
  'failure-ttl-max': z.exactOptional(ttl),
});

const MAX_ENTRIES = 1 << 24; // a table of that many words per node still fits in memory

const cluster = map({
  colos: named(
    map({
      region: identifier,
      nodes: whole(1, 256, 'each node has caches of its own'),
      'lookups-per-second': scalar('a rate of lookups per second, from 0 to 1000000', (value) =>
        within(value, 0, 1e6),
      ),
    }),
  ),
  cache: map({ answers: whole(16, MAX_ENTRIES), rrsets: whole(16, MAX_ENTRIES) }),
  resolver: map(resolverSettings),
});

const delayRange = scalar('a range of durations such as 500ms..2s', (value) => {
  const [least, most, ...rest] = String(value).split('..').map(parseDuration);
  if (least === undefined || most === undefined || rest.length > 0 || most < least) {
    return undefined;
  }
  return [least, most] as const;
});

const traffic = map({
  names: whole(1, 10_000_000, 'host names are held in memory'),
  zipf: scalar('a Zipf exponent from 0 to 4', (value) => within(value, 0, 4)),
  types: named(share),
  missing: map({ share, names: whole(0, 10_000_000) }),
  'one-off': map({
    share,
    subdomain: weight,
    tail: weight,
    unregistered: weight,
    'junk-tld': weight,
  }),
  'dnssec-ok': share,
  'checking-disabled': share,
  clients: named(
    map({
      share,
      rtt: duration,
      tries: whole(1, 20, 'each try is a client query'),
      'retry-delay': delayRange,
      timeout: duration,
    }),
  ),
});

const event = map({
  at: instant,
  zone: maybe(domain),
  'sign-with': maybe(identifier),
  resign: maybe(
    map({
      owner: maybe(domain),
      types: list(recordType).default([]),
      'signed-with': maybe(identifier),
      copy: maybe(whole(0, 15, 'copy 0 is the published one')),
      over: duration.default(0),
    }),
  ),
  resolver: maybe(resolverChange),
});
const timeline = list(event);

const variant = z.preprocess(
  (value) => (Array.isArray(value) ? { mitigations: value } : value),
  map({ mitigations: list(identifier).default([]), timeline: maybe(timeline) }),
);

const slice = word(['signed', 'unsigned', 'missing', 'one-off', 'cd', 'do']);
const scope = {
  during: maybe(span),
  zone: maybe(domain),
  colo: maybe(identifier),
  slice: maybe(slice.transform(camel)),
};
const bound = map({ above: maybe(amount), below: maybe(amount) });

const expectation = map({
  ...scope,
  variant: maybe(identifier),
  every: word(['span', 'bucket']).default('span'),
  'relative-to': maybe(identifier),
  'at-scale': word(['any', 'full']).default('any'),
  ...Object.fromEntries(Object.keys(METRICS).map((metric) => [metric, bound.optional()])),
}).transform((value) => {
  const bounds: Record<string, z.output<typeof bound>> = {};
  const given = value as Readonly<Record<string, unknown>>;
  for (const metric of Object.keys(METRICS)) {
    const limits = given[camel(metric)];
    if (limits !== undefined) bounds[metric] = limits as z.output<typeof bound>;
  }
  return { ...value, bounds };
});

const figure = map({
  ...scope,
  figure: text,
  value: amount,
  variant: identifier,
  metric: word(Object.keys(METRICS)),
  take: word(['span', 'max', 'min']).default('span'),
  fitted: flag.default(false),
  source: text,
});

const scenario = map({
  name: scalar('a name of lower-case letters, digits and "-"', (value) =>
    /^[a-z0-9][a-z0-9-]{0,63}$/.test(String(value)) ? String(value) : undefined,
  ),
  title: text,
  sources: list(map({ title: text, url: text })).default([]),
  extends: text.optional(),
  seed: whole(0, 0xffffffff).default(1),
  time: map({
    from: instant,
    to: instant,
    bucket: duration.default(60_000_000),
    warmup: duration,
  }),
  phases: named(span).default({}),
  zones: named(zone),
  operators: named(operator),
  hosting,
  network,
  names: text,
  cluster,
  traffic,
  timeline: timeline.default([]),
  mitigations: named(timeline).default({}),
  variants: named(variant),
  expect: list(expectation).default([]),
  published: list(figure).default([]),
});

/** Checks shape, units and bounds of plain data; says everything that is wrong at once. */
export function parseScenario(value: unknown): Parsed {
  const result = scenario.safeParse(value);
  if (result.success) return { kind: 'scenario', scenario: result.data };
  return { kind: 'issues', issues: result.error.issues.flatMap(issuesOf) };
}

function issuesOf(issue: z.core.$ZodIssue): SchemaIssue[] {
  const path = issue.path as (string | number)[];
  if (issue.code === 'unrecognized_keys') {
    const words = issue.message.split(' ');
    return issue.keys.map((key) => ({
      path: [...path, key],
      unknownKey: true,
      expected: '',
      words,
    }));
  }
  const words = issue.code === 'invalid_value' ? issue.values.map(String) : [];
  return [{ path, unknownKey: false, expected: issue.message, words }];
}
