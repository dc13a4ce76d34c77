/**
 * Sites that get no updates: from when to when, and what instant's publication they answer with meanwhile. Nobody
 * tells them so: they sign nothing, and what they have expires signature by signature.
 */

import type { Micros } from '../../resolver-core/time.ts';
import type { ServerPlan, TimelineAct } from '../plan.ts';

/** A time in which a site stood still. */
interface Standstill {
  readonly from: Micros;
  readonly until: Micros;
}

/** Every standstill of the timeline: by server number, then by the index of the site there. */
export class Standstills {
  readonly #spans: readonly (readonly (readonly Standstill[])[])[];

  constructor(
    servers: readonly { readonly operator: string; readonly plan: ServerPlan }[],
    timeline: readonly TimelineAct[],
  ) {
    this.#spans = servers.map(({ operator, plan }) =>
      plan.sites.map(({ name }) => standstillsOf(operator, name, timeline)),
    );
  }

  /** The instant whose publication the site has at `clock`: that very one, unless it stands still. */
  publishedAt(server: number, site: number, clock: Micros): Micros {
    for (const { from, until } of this.#spans[server]?.[site] ?? []) {
      if (from <= clock && clock < until) return from;
    }
    return clock;
  }
}

function standstillsOf(
  operator: string,
  site: string,
  timeline: readonly TimelineAct[],
): readonly Standstill[] {
  const spans: Standstill[] = [];
  let from: Micros | null = null;
  for (const act of timeline) {
    if (act.kind !== 'isolate' || act.operator !== operator || !act.sites.includes(site)) continue;
    if (!act.lifts) from ??= act.at;
    else if (from !== null) {
      spans.push({ from, until: act.at });
      from = null;
    }
  }
  if (from !== null) spans.push({ from, until: Number.POSITIVE_INFINITY });
  return spans;
}
