/** QNAME minimisation (RFC 9156): which name to ask the servers of a zone for next. */

import { MAX_MINIMISE_COUNT, MINIMISE_ONE_LABEL } from '../limits.ts';
import type { Name } from '../name/name.ts';

/**
 * The name to ask for when `known` labels of `full` are settled and `step` minimised queries were
 * sent for it (from 0): one more label in the first four steps, then the rest spread over the steps
 * that remain (RFC 9156 section 2.3). A label with a leading underscore is never the last alone:
 * it is grouped with those below it.
 */
export function minimisedName(full: Name, known: number, step: number): Name {
  const remaining = full.labelCount - known;
  if (remaining <= 1 || step >= MAX_MINIMISE_COUNT) return full;
  const steps = MAX_MINIMISE_COUNT - step;
  let add = step < MINIMISE_ONE_LABEL ? 1 : Math.floor((remaining + steps - 1) / steps);
  while (add < remaining && startsWithUnderscore(full.ancestor(known + add))) add++;
  return full.ancestor(known + add);
}

function startsWithUnderscore(name: Name): boolean {
  return name.key.charCodeAt(1) === 0x5f;
}
