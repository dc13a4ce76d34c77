/**
 * Which copy of the root zone each node of a colo has at each instant: the last version that it has
 * accepted since it was started or its app switched on, whatever was refused since. A function of the
 * plan and the instant; nothing is kept between instants but what was found out.
 *
 * A version reaches all nodes when it is fetched. A node that starts takes the latest there is at once. At the
 * beginning of the history, one period before the first act that has to do with all this, all nodes have been
 * running.
 *
 * Limitation: the age of a copy, like the time of its guards, is that of the scenario's clock.
 */

import type { LocalZone } from '../../resolver-core/apps/local-root.ts';
import type { ZoneCopy } from '../../resolver-core/apps/static-zone.ts';
import { type Micros, SECOND } from '../../resolver-core/time.ts';
import type { Plan, StaticZonePlan, TimelineAct } from '../plan.ts';
import type { CopySpan } from '../result.ts';
import { duesOf } from './machines.ts';
import { arrivalAt } from './policy.ts';
import type { RootVersions } from './root-versions.ts';

/** From when on the app is set how. */
interface Setting {
  readonly since: Micros;
  readonly set: StaticZonePlan;
}

/** Acts on which it depends what nodes have. */
const MATTERS: readonly TimelineAct['kind'][] = ['add', 'apps', 'restart'];

/** What a node has, and how long nothing can change that. */
interface Held {
  readonly from: Micros;
  readonly until: Micros;
  readonly zone: LocalZone | null;
}

/** A version, and when it was fetched. */
interface Loaded {
  readonly copy: ZoneCopy;
  readonly fetched: Micros;
  readonly set: StaticZonePlan;
}

export class RootCopies {
  readonly #versions: RootVersions;
  readonly #every: Micros;
  readonly #phase: Micros;
  /** In order of time. */
  readonly #settings: readonly Setting[];
  /** By node: when it was started, in order of time. */
  readonly #starts: readonly (readonly Micros[])[];
  readonly #beginning: Micros;
  readonly #held: (Held | undefined)[] = [];

  constructor(plan: Plan, timeline: readonly TimelineAct[], colo: number, versions: RootVersions) {
    const { colos, staticZone } = plan.cluster;
    this.#versions = versions;
    this.#every = staticZone.every;
    this.#phase = staticZone.first % staticZone.every;
    const start = plan.time.from - plan.time.warmup;
    const first = timeline.reduce(
      (least, { kind, at }) => (MATTERS.includes(kind) ? Math.min(least, at) : least),
      start,
    );
    this.#beginning = this.#fetchBefore(first - staticZone.every);
    this.#settings = settingsOf(timeline, staticZone, colo, colos.length, this.#beginning);
    const starts = Array.from({ length: colos[colo]?.nodes ?? 0 }, (): Micros[] => []);
    for (const act of timeline) {
      if (act.kind !== 'restart') continue;
      for (const { at, node } of duesOf(plan, colo, act)) starts[node]?.push(at);
    }
    this.#starts = starts.map((each) => each.sort((a, b) => a - b));
  }

  /** The instants in a span at which a version is fetched. */
  fetches(from: Micros, to: Micros): Micros[] {
    const out: Micros[] = [];
    for (let at = this.#fetchBefore(from); at < to; at += this.#every) if (at >= from) out.push(at);
    return out;
  }

  /** What the node has at an instant; null: nothing, or its app is off. */
  at(node: number, at: Micros): LocalZone | null {
    const held = this.#held[node];
    if (held !== undefined && held.from <= at && at < held.until) return held.zone;
    const zone = this.#find(node, at);
    const same = held?.zone ?? null;
    const found: Held = {
      from: at,
      until: this.#nextChange(node, at),
      zone: zone !== null && same !== null && isSame(zone, same) ? same : zone,
    };
    this.#held[node] = found;
    return found.zone;
  }

  /** What every node has had from the beginning of the history until an instant, node by node. */
  history(to: Micros): CopySpan[] {
    const out: CopySpan[] = [];
    for (const node of this.#starts.keys()) {
      for (let from = this.#beginning; from < to; ) {
        const until = Math.min(to, this.#nextChange(node, from));
        const fetched = this.#load(node, from)?.fetched;
        const last = out.at(-1);
        if (fetched !== undefined) {
          if (last?.node === node && last.fetched === fetched && last.until === from) {
            out[out.length - 1] = { ...last, until };
          } else out.push({ node, fetched, from, until });
        }
        from = until;
      }
    }
    return out;
  }

  #find(node: number, at: Micros): LocalZone | null {
    const loaded = this.#load(node, at);
    return loaded === null ? null : guarded(loaded);
  }

  #load(node: number, at: Micros): Loaded | null {
    const { set } = this.#settingAt(at);
    if (!set.use) return null;
    const since = Math.max(this.#beginning, this.#switchedOn(at), lastOf(this.#starts[node], at));
    const first = this.#fetchBefore(since);
    for (let fetched = this.#fetchBefore(at); fetched >= first; fetched -= this.#every) {
      const loaded = Math.max(fetched, since);
      const copy = this.#versions.version(fetched, this.#settingAt(loaded).set);
      if (copy !== null) return { copy, fetched, set };
    }
    return null;
  }

  #fetchBefore(at: Micros): Micros {
    return Math.floor((at - this.#phase) / this.#every) * this.#every + this.#phase;
  }

  #settingAt(at: Micros): Setting {
    let found = this.#settings[0] as Setting;
    for (const setting of this.#settings) if (setting.since <= at) found = setting;
    return found;
  }

  /** When the app was last switched on; in the setting of `at` it is. */
  #switchedOn(at: Micros): Micros {
    let since = Number.NEGATIVE_INFINITY;
    let isOn = false;
    for (const setting of this.#settings) {
      if (setting.since > at) break;
      if (setting.set.use && !isOn) since = setting.since;
      isOn = setting.set.use;
    }
    return since;
  }

  #nextChange(node: number, at: Micros): Micros {
    let next = this.#fetchBefore(at) + this.#every;
    for (const { since } of this.#settings) if (since > at) next = Math.min(next, since);
    for (const start of this.#starts[node] ?? []) if (start > at) next = Math.min(next, start);
    return next;
  }
}

/** True when the app is on at some time of the variant. */
export function usesCopies(plan: Plan, timeline: readonly TimelineAct[]): boolean {
  return (
    plan.cluster.staticZone.use ||
    timeline.some((act) => act.kind === 'apps' && act.set.use === true)
  );
}

function settingsOf(
  timeline: readonly TimelineAct[],
  start: StaticZonePlan,
  colo: number,
  colos: number,
  beginning: Micros,
): Setting[] {
  const changes = timeline.flatMap((act) =>
    act.kind === 'apps' ? [{ since: arrivalAt(act, colo, colos) as Micros, set: act.set }] : [],
  );
  const out: Setting[] = [{ since: beginning, set: start }];
  for (const { since, set } of changes.sort((a, b) => a.since - b.since)) {
    out.push({ since, set: { ...(out.at(-1) as Setting).set, ...set } });
  }
  return out;
}

/** A copy, until a guard ends its use. */
function guarded({ copy, fetched, set }: Loaded): LocalZone {
  const { soaExpire, maxAge, signatureHorizon, fallback } = set;
  let usableUntil = Number.POSITIVE_INFINITY;
  if (soaExpire) usableUntil = fetched + copy.soa.expire * SECOND;
  if (maxAge !== null) usableUntil = Math.min(usableUntil, fetched + maxAge);
  if (signatureHorizon !== null) {
    usableUntil = Math.min(usableUntil, copy.firstExpiration * SECOND - signatureHorizon);
  }
  return { copy, usableUntil, fallback };
}

function isSame(a: LocalZone, b: LocalZone): boolean {
  return a.copy === b.copy && a.usableUntil === b.usableUntil && a.fallback === b.fallback;
}

/** The last of ascending instants that is not after `at`. */
function lastOf(instants: readonly Micros[] | undefined, at: Micros): Micros {
  return instants?.findLast((each) => each <= at) ?? Number.NEGATIVE_INFINITY;
}
