/** The language of serve-stale (RFC 8767): a profile, and what is to be otherwise. */

import type { ServeStale } from '../../resolver-core/config.ts';
import { STALE_PROFILES, type StaleProfile } from '../../resolver-core/policy/stale-profiles.ts';
import { MILLISECOND } from '../../resolver-core/time.ts';
import {
  clientTimeout,
  flag,
  map,
  onOffOr,
  optional,
  orJust,
  type Schema,
  ttl,
  withPresets,
} from './values.ts';

const PROFILES = Object.keys(STALE_PROFILES) as readonly StaleProfile[];

const settings = {
  'max-stale': ttl.describe('longest that an answer is used after its TTL'),
  'answer-ttl': ttl.describe('TTL of stale answers; records that never had so much keep theirs'),
  'client-timeout': clientTimeout.describe(
    'a client gets a stale answer when it has waited so long; `0s`: at once, and the answer is refreshed behind it; `on-failure`: only when the resolution has failed',
  ),
  recheck: ttl.describe('after a failure, stale answers are given at once for so long'),
  'at-once-after-failure': flag.describe(
    'once a refresh has failed, no client waits for the next ones',
  ),
  'on-bogus': flag.describe('also when the data that came did not validate'),
};

const profiled: Schema<ServeStale | null> = orJust(
  'profile',
  map({
    profile: onOffOr('profile', PROFILES)
      .prefault('on')
      .describe('whose way of doing it; `on` is `rfc8767`, and `off`: never'),
    ...optional(settings, 'as the profile has it'),
  }),
).transform(({ profile, ...said }): ServeStale | null =>
  profile === 'off' ? null : { ...profileOf(profile), ...said },
);

export const serveStale: Schema<ServeStale | null> = withPresets(
  profiled,
  'serve-stale',
  Object.fromEntries(
    (['on', ...PROFILES] as const).map((word) => [word, inWords(profileOf(word))]),
  ),
);

function profileOf(word: StaleProfile | 'on'): ServeStale {
  return STALE_PROFILES[word === 'on' ? 'rfc8767' : word];
}

/** As a scenario would say it. */
function inWords(stale: ServeStale): Record<keyof typeof settings, string> {
  const onOff = (is: boolean): string => (is ? 'on' : 'off');
  const { clientTimeout: wait } = stale;
  return {
    'max-stale': secondsText(stale.maxStale),
    'answer-ttl': secondsText(stale.answerTtl),
    'client-timeout': wait === null ? 'on-failure' : `${wait / MILLISECOND}ms`,
    recheck: secondsText(stale.recheck),
    'at-once-after-failure': onOff(stale.atOnceAfterFailure),
    'on-bogus': onOff(stale.onBogus),
  };
}

function secondsText(seconds: number): string {
  if (seconds > 0 && seconds % 86_400 === 0) return `${seconds / 86_400}d`;
  return seconds > 0 && seconds % 3600 === 0 ? `${seconds / 3600}h` : `${seconds}s`;
}
