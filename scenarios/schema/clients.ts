/** The language of clients: a stub resolver by name or by numbers, and the application or person on top. */

import { STUBS, type StubName } from '../../sim/clients/stub-profiles.ts';
import type { ClientGroupPlan, StubPlan } from '../../sim/plan.ts';
import {
  delayRange,
  duration,
  map,
  number,
  optional,
  orJust,
  orOne,
  type Schema,
  share,
  whole,
  word,
} from './values.ts';

const numbers = {
  timeouts: orOne(duration).describe(
    'how long each query waits for its answer; after the last the stub gives up',
  ),
  'failure-tries': whole(1, 20, 'each try is a client query').describe(
    'queries, at once one after the other, that end in SERVFAIL or REFUSED before the stub gives up',
  ),
  'failure-cache': duration.describe('how long the stub repeats such a failure by itself'),
};

const stub: Schema<StubPlan> = orJust(
  'profile',
  map({
    profile: word(Object.keys(STUBS) as StubName[])
      .prefault('glibc')
      .describe('whose way of doing it'),
    ...optional(numbers, 'as the profile has it'),
  }),
)
  .transform(({ profile, ...said }): StubPlan => ({ ...STUBS[profile], ...said }))
  .meta({ title: 'stub' });

export const clients: Schema<Omit<ClientGroupPlan, 'name'>> = map({
  share: share.describe('of lookups'),
  rtt: duration.describe(
    'round trip between client and a colo of its region; to another one the way between the regions is added',
  ),
  stub: stub.prefault('glibc').describe('the resolver on the client: a profile, or a map'),
  requests: map({
    mean: number('a number of requests from 1 to 10', 1, 10).describe(
      'how often the stub is asked for what fails, the first time included; geometric',
    ),
    wait: delayRange.describe('between a request that failed and the next'),
  })
    .prefault({ mean: 1, wait: '0s..0s' })
    .describe('what the application or the person does when the stub has given up'),
});
