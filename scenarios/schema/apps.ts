/** The language of apps: the copy of the root zone in every node, and how the nodes come by it. */

import { type Micros, SECOND } from '../../resolver-core/time.ts';
import type { StaticZoneChange, StaticZonePlan } from '../../sim/plan.ts';
import {
  duration,
  flag,
  interval,
  map,
  optional,
  orJust,
  type Schema,
  withDefaults,
  word,
} from './values.ts';

const shownAs = {
  zone: word(['.']).prefault('.').describe('which zone: the root'),
  parser: word(['presentation'])
    .prefault('presentation')
    .describe('in which form it is distributed, and read in each node'),
};
const times = {
  every: duration.prefault('12h').describe('between two fetches; all nodes get what was fetched'),
  first: duration.prefault('0s').describe('when after midnight UTC one of them is'),
};
const settings = {
  'unknown-types': word(['refuse', 'rfc3597']).describe(
    'what the parser makes of ZONEMD and of types without a name: it refuses the whole zone, and nodes keep what they have; or takes them as octets',
  ),
  zonemd: word(['ignored', 'required']).describe(
    '`required`: a version whose digest is not there, or does not verify, is refused (RFC 8976)',
  ),
  'soa-expire': flag.describe('a guard: a copy is not used for longer than its SOA EXPIRE'),
  'max-age': interval.describe('a guard: or for longer than this after it was fetched'),
  'signature-horizon': interval.describe(
    'a guard: or from so long before the first of its signatures ends',
  ),
  fallback: flag.describe(
    'a copy that is not used any more gives way to the root servers (RFC 8806); off: lookups that need it fail (EDE 24)',
  ),
};

interface Said {
  readonly use: boolean;
  readonly unknownTypes: StaticZonePlan['unknownTypes'];
  readonly zonemd: 'ignored' | 'required';
  readonly soaExpire: boolean;
  /** Seconds. */
  readonly maxAge: number | null;
  readonly signatureHorizon: number | null;
  readonly fallback: boolean;
}

function inMicros(seconds: number | null): Micros | null {
  return seconds === null ? null : seconds * SECOND;
}

export const staticZone: Schema<StaticZonePlan> = orJust(
  'use',
  map({
    use: flag.prefault('on').describe('whether nodes have a copy and ask it'),
    ...shownAs,
    ...times,
    ...withDefaults(settings, {
      'unknown-types': 'rfc3597',
      zonemd: 'ignored',
      'soa-expire': 'off',
      'max-age': 'off',
      'signature-horizon': 'off',
      fallback: 'on',
    }),
  }),
).transform(({ use, every, first, unknownTypes, zonemd, soaExpire, fallback, ...ages }) => ({
  ...{ use, every, first, unknownTypes, soaExpire, fallback, zonemd: zonemd === 'required' },
  maxAge: inMicros(ages.maxAge),
  signatureHorizon: inMicros(ages.signatureHorizon),
}));

/** What an event changes of it. */
export const staticZoneChange: Schema<StaticZoneChange> = orJust(
  'use',
  map(
    optional(
      { use: flag.describe('whether nodes have a copy and ask it'), ...settings },
      'it stays',
    ),
  ) as Schema<Partial<Said>>,
).transform(({ zonemd, maxAge, signatureHorizon, ...same }) => ({
  ...same,
  ...(zonemd === undefined ? {} : { zonemd: zonemd === 'required' }),
  ...(maxAge === undefined ? {} : { maxAge: inMicros(maxAge) }),
  ...(signatureHorizon === undefined ? {} : { signatureHorizon: inMicros(signatureHorizon) }),
}));
