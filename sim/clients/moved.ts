/**
 * Colos that are withdrawn, from the side of their clients: while no route leads to a colo, the new lookups of
 * those whom it catches go to the colo nearest to their region (RFC 4786 section 4.4.3). Everybody's
 * arrivals stay the draws of their home colo, so a shard draws those of other homes for itself, and
 * takes what comes to it.
 *
 * Limitations: routes change at once and everywhere; a lookup stays with the colo where it began, tries and
 * all. When no colo is announced any more, the last clients stay where they are. The origin role has no clients
 * that could move: they are in its colo.
 */

import type { Micros } from '../../resolver-core/time.ts';
import { fraction, mix, PURPOSE } from '../engine/random.ts';
import type { Plan, TimelineAct } from '../plan.ts';
import { type ArrivalSource, PoissonArrivals, type PoissonTraffic } from './arrivals.ts';
import { type Audience, audiencesOf, roundTrip } from './audience.ts';

/** What a shard draws: the arrivals, and who they come from. */
export interface Clients {
  readonly source: ArrivalSource;
  readonly audiences: readonly Audience[];
}

/** The clients of one colo in one variant. */
export function clientsOf(traffic: PoissonTraffic, timeline: readonly TimelineAct[]): Clients {
  const { plan, colo } = traffic;
  const own = audiencesOf(plan, colo);
  const announced = new Announcements(plan, timeline);
  if (!announced.change || plan.cluster.role === 'origin') {
    return { source: new PoissonArrivals(traffic), audiences: own };
  }
  const place = plan.cluster.colos[colo];
  if (place === undefined) throw new RangeError(`no colo ${colo}`);
  const audiences: Audience[] = [];
  const homes: Home[] = [];
  for (const home of [colo, ...plan.cluster.colos.keys()]) {
    if (home === colo && homes.length > 0) continue;
    const isOwn = home === colo;
    const here = isOwn ? own : audiencesOf(plan, home);
    if (here.length === 0) continue;
    const first = audiences.length;
    for (const audience of here) {
      const rtt = audience.group.rtt + wayTo(plan, audience.region.name, place.region);
      audiences.push(isOwn ? audience : { ...audience, rtt });
    }
    const regions = here.map(({ region }) => region.name);
    const source = new PoissonArrivals({ ...traffic, colo: home });
    homes.push({ home, regions, first, source, head: 0 });
  }
  return { source: new MovedArrivals(traffic, announced, homes), audiences };
}

/** Which colos are announced when. */
class Announcements {
  /** In order of time: from then on these are withdrawn. */
  readonly #spans: { readonly since: Micros; readonly withdrawn: ReadonlySet<string> }[] = [];
  readonly #plan: Plan;

  constructor(plan: Plan, timeline: readonly TimelineAct[]) {
    this.#plan = plan;
    let withdrawn: ReadonlySet<string> = new Set();
    for (const act of timeline) {
      if (act.kind !== 'withdraw-colo') continue;
      const { at, colos, lifts } = act;
      const before = withdrawn;
      withdrawn = lifts
        ? new Set([...before].filter((name) => !colos.includes(name)))
        : new Set([...before, ...colos]);
      this.#spans.push({ since: at, withdrawn });
    }
  }

  get change(): boolean {
    return this.#spans.length > 0;
  }

  /** The colo that a client of a region meets whose home is `home`. */
  met(region: string, home: number, at: Micros): number {
    const withdrawn = this.#spans.findLast(({ since }) => since <= at)?.withdrawn;
    const { colos } = this.#plan.cluster;
    if (withdrawn === undefined || !withdrawn.has(colos[home]?.name ?? '')) return home;
    let nearest = home;
    let least = Number.POSITIVE_INFINITY;
    for (const [index, { name, nodes, region: where }] of colos.entries()) {
      if (nodes === 0 || withdrawn.has(name)) continue;
      const away = wayTo(this.#plan, region, where);
      if (away < least) {
        least = away;
        nearest = index;
      }
    }
    return nearest;
  }
}

/** Clients are as near to a colo of their own region as they can be. */
function wayTo(plan: Plan, region: string, to: string): Micros {
  return region === to ? 0 : roundTrip(plan, region, to);
}

/** One home colo, and how far its arrivals have been looked at. */
interface Home {
  /** Index in the plan. */
  readonly home: number;
  /** By audience of the home: where it is. */
  readonly regions: readonly string[];
  /** Of its audiences among all. */
  readonly first: number;
  readonly source: ArrivalSource;
  head: number;
}

/** The arrivals of several homes that reach one colo; a block is a run of one home's. */
class MovedArrivals implements ArrivalSource {
  length = 0;
  source = 0;
  firstOrdinal = 0;
  readonly time: Float64Array;
  readonly question: Int32Array;
  readonly flags: Uint8Array;
  readonly node: Uint16Array;
  readonly audience: Uint16Array;
  readonly #seed: number;
  readonly #colo: number;
  readonly #nodes: number;
  readonly #announced: Announcements;
  readonly #homes: Home[];

  constructor({ plan, colo, block }: PoissonTraffic, announced: Announcements, homes: Home[]) {
    this.#seed = plan.seed;
    this.#colo = colo;
    this.#nodes = plan.cluster.colos[colo]?.nodes ?? 0;
    this.#announced = announced;
    this.#homes = homes;
    this.time = new Float64Array(block);
    this.question = new Int32Array(block);
    this.flags = new Uint8Array(block);
    this.node = new Uint16Array(block);
    this.audience = new Uint16Array(block);
  }

  fill(): boolean {
    this.length = 0;
    let next: Home | undefined;
    let others = Number.POSITIVE_INFINITY;
    for (const home of this.#homes) {
      const at = this.#seek(home);
      const least = next === undefined ? Number.POSITIVE_INFINITY : this.#time(next);
      if (at < least) {
        others = least;
        next = home;
      } else others = Math.min(others, at);
    }
    if (next === undefined) return false;
    this.#take(next, others);
    return true;
  }

  /** The instant of the home's next arrival that comes here; infinite when there is none. */
  #seek(home: Home): Micros {
    const { source } = home;
    for (;;) {
      if (home.head >= source.length) {
        home.head = 0;
        if (!source.fill()) return Number.POSITIVE_INFINITY;
      }
      if (this.#comes(home)) return this.#time(home);
      home.head++;
    }
  }

  #time({ source, head }: Home): Micros {
    return head < source.length ? (source.time[head] as Micros) : Number.POSITIVE_INFINITY;
  }

  #comes({ home, regions, source, head }: Home): boolean {
    const region = regions[source.audience[head] as number] as string;
    return this.#announced.met(region, home, source.time[head] as Micros) === this.#colo;
  }

  /** Copies from the home's block while no other home is before it. */
  #take(from: Home, others: Micros): void {
    const { source, first, home } = from;
    const isOwn = home === this.#colo;
    this.source = source.source;
    this.firstOrdinal = source.firstOrdinal + from.head;
    let length = 0;
    do {
      const { head } = from;
      this.time[length] = source.time[head] as Micros;
      this.question[length] = source.question[head] as number;
      this.flags[length] = source.flags[head] as number;
      this.audience[length] = first + (source.audience[head] as number);
      this.node[length] = isOwn ? (source.node[head] as number) : this.#nodeFor(from);
      length++;
      from.head++;
    } while (from.head < source.length && this.#time(from) < others && this.#comes(from));
    this.length = length;
  }

  /** The home has other nodes, and not as many. */
  #nodeFor({ source, head }: Home): number {
    const ordinal = source.firstOrdinal + head;
    const draw = mix(this.#seed, PURPOSE.movedNode, source.source, ordinal, this.#colo, 0);
    return Math.floor(fraction(draw) * this.#nodes);
  }
}
