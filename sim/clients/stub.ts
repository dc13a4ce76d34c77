/**
 * How a stub resolver goes on after a try: it gives up, or asks again after a wait. Which node of the colo
 * the next try reaches is drawn anew, as the source port of a new query changes its ECMP hash. All
 * draws are counter-based: a retry never touches the arrival stream (docs/design.md, law 4).
 */

import type { Micros } from '../../resolver-core/time.ts';
import { RCODE } from '../../resolver-core/wire/iana.ts';
import { fraction, mix, PURPOSE } from '../engine/random.ts';
import type { ClientGroupPlan } from '../plan.ts';

/** In place of an RCODE: the try that got no answer in time. */
export const TIMEOUT = -1;

/** A try that ended so is tried again, and a lookup whose tries all did has failed. */
export function isFailure(rcode: number): boolean {
  return rcode === RCODE.SERVFAIL || rcode === RCODE.REFUSED || rcode === TIMEOUT;
}

/** Whether try `attempt` (from 0), ended with `rcode`, is followed by another. */
export function triesAgain(group: ClientGroupPlan, attempt: number, rcode: number): boolean {
  return isFailure(rcode) && attempt + 1 < group.tries;
}

/** Wait between the answer of try `attempt` and the next try: uniform, both ends included. */
export function retryDelay(
  seed: number,
  group: ClientGroupPlan,
  source: number,
  ordinal: number,
  attempt: number,
): Micros {
  const [least, most] = group.retryDelay;
  const draw = mix(seed, PURPOSE.retryDelay, source, ordinal, attempt);
  return least + Math.floor(fraction(draw) * (most - least + 1));
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
