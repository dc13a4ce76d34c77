/**
 * Alerts on the age of what nodes hold: the copy of the root zone, since it was fetched. Between two
 * fetches an age grows with the clock, so that the instants are exact, and those before the window are told
 * as well: what a monitoring system says days before anybody notices is what it is for.
 *
 * Limitation: a copy that a guard keeps from being used has an age all the same.
 */

import { type Micros, SECOND } from '../resolver-core/time.ts';
import type { Plan } from './plan.ts';
import type { CopySpan } from './result.ts';

/** Whether some alert asks for ages. */
export function watchesAges({ alerts }: Pick<Plan, 'alerts'>): boolean {
  return alerts.some(({ source }) => source.kind === 'age');
}

export interface AgeFiring {
  readonly from: Micros;
  /** null: the oldest copy is too old still where what is known ends. */
  readonly to: Micros | null;
}

/** When some node has had a copy older than `limit` for `span` without a break; up to `end`. */
export function watchAges(
  copies: readonly CopySpan[],
  limit: Micros,
  span: Micros,
  end: Micros,
): { readonly firings: readonly AgeFiring[]; readonly extreme: number | null } {
  let extreme: number | null = null;
  const tooOld: { from: Micros; to: Micros }[] = [];
  for (const { fetched, from, until } of copies) {
    const to = Math.min(until, end);
    if (to <= from) continue;
    extreme = Math.max(extreme ?? 0, Math.floor((to - fetched) / SECOND));
    const since = Math.max(from, fetched + limit);
    if (since < to) tooOld.push({ from: since, to });
  }
  const firings = united(tooOld)
    .filter(({ from, to }) => to - from >= span)
    .map(({ from, to }) => ({ from: from + span, to: to < end ? to : null }));
  return { firings, extreme };
}

/** Spans that touch or overlap become one; in order of time. */
function united(spans: readonly { from: Micros; to: Micros }[]): { from: Micros; to: Micros }[] {
  const out: { from: Micros; to: Micros }[] = [];
  for (const { from, to } of [...spans].sort((a, b) => a.from - b.from)) {
    const last = out.at(-1);
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
    else out.push({ from, to });
  }
  return out;
}
