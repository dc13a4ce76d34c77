/**
 * How clients go on after a try. The stub resolver of the client asks again by rules of its own, at once;
 * when it gives up, the application or the person on top asks it again after a wait, so often that the number of
 * requests is geometric. A stub that remembers failures answers such a request by itself, and no
 * query is sent. Which node of the colo the next try reaches is drawn anew, as the source port of a
 * new query changes its ECMP hash. All draws are counter-based: a retry never touches the arrival stream
 * (docs/design.md, law 4).
 *
 * Limitations: a stub has one server address, and remembers failures for one lookup alone. An answer that
 * comes after the time of its try is lost, also where the stub would still take it.
 */

import type { Micros } from '../../resolver-core/time.ts';
import { RCODE } from '../../resolver-core/wire/iana.ts';
import { fraction, mix, PURPOSE } from '../engine/random.ts';
import type { ClientGroupPlan } from '../plan.ts';

/** In place of an RCODE: the try that got no answer in time. */
export const TIMEOUT = -1;

/** In place of a wait: the client has given up. */
export const GIVES_UP = -1;

/** A try that ended so is tried again, and a lookup whose tries all did has failed. */
export function isFailure(rcode: number): boolean {
  return rcode === RCODE.SERVFAIL || rcode === RCODE.REFUSED || rcode === TIMEOUT;
}

/** A lookup on its way: its draw key, and how the tries of the present request ended. */
export interface Tried {
  readonly source: number;
  readonly ordinal: number;
  readonly attempt: number;
  failures: number;
  timeouts: number;
}

/**
 * A try has ended with SERVFAIL, REFUSED or TIMEOUT: counts it, and returns how long the client waits
 * before its next query, or GIVES_UP.
 */
export function waitAfter(
  seed: number,
  group: ClientGroupPlan,
  tried: Tried,
  rcode: number,
): Micros {
  const { stub } = group;
  const goesOn =
    rcode === TIMEOUT
      ? ++tried.timeouts < stub.timeouts.length
      : ++tried.failures < stub.failureTries;
  if (goesOn) return 0;
  tried.timeouts = 0;
  tried.failures = 0;
  return waitForRequest(seed, group, tried, rcode === TIMEOUT ? 0 : stub.failureCache);
}

/** How long until the first request that the stub does not answer from memory, if another comes at all. */
function waitForRequest(
  seed: number,
  { requests }: ClientGroupPlan,
  { source, ordinal, attempt }: Tried,
  remembered: Micros,
): Micros {
  const [least, most] = requests.wait;
  let wait = 0;
  for (let k = 0; ; k += 2) {
    const ends = mix(seed, PURPOSE.nextRequest, source, ordinal, attempt, k);
    if (fraction(ends) * requests.mean < 1) return GIVES_UP;
    const draw = mix(seed, PURPOSE.nextRequest, source, ordinal, attempt, k + 1);
    wait += least + Math.floor(fraction(draw) * (most - least + 1));
    if (wait >= remembered) return wait;
  }
}

/** The node that try `attempt` (from 1) reaches. */
export function retryNode(
  seed: number,
  nodes: number,
  source: number,
  ordinal: number,
  attempt: number,
): number {
  return Math.floor(fraction(mix(seed, PURPOSE.retryNode, source, ordinal, attempt)) * nodes);
}
