/**
 * The paths between colos and authoritative servers: how long a round trip takes to where an anycast server is
 * met, and which ones are lost. Everything drawn is keyed: the spread of a path by the path,
 * loss and jitter by the lookup that caused the query and the number of the send (docs/design.md, law 4).
 *
 * Limitations: bandwidth and queueing are not modelled; an exchange over TCP takes two round trips
 * (one to connect) and a lost one is not retransmitted by the transport.
 */

import type { DrawKey } from '../../resolver-core/events.ts';
import type { Micros } from '../../resolver-core/time.ts';
import { exponential } from '../engine/math.ts';
import { fraction, mix, PURPOSE } from '../engine/random.ts';
import type { NetworkPlan, Plan, ServerPlan, SitePlan, TimelineAct } from '../plan.ts';
import { sitesMet } from './anycast.ts';

/** One server as it is met from one colo, from an instant on. */
export interface Path {
  readonly from: Micros;
  /** Index into the server's sites; -1: nowhere. */
  readonly site: number;
  /** Without jitter. */
  readonly rtt: Micros;
  /** Share of round trips lost; 1 for a silent site, and for none. */
  readonly loss: number;
}

/** A server of the world, and who runs it. */
export interface PlacedServer {
  /** Id of the operator. */
  readonly operator: string;
  readonly plan: ServerPlan;
}

/** The paths of one colo to servers numbered from 0, in one variant. */
export class Links {
  readonly #seed: number;
  readonly #jitter: Micros;
  /** By server, in order of time. */
  readonly #paths: readonly (readonly Path[])[];

  constructor(
    plan: Pick<Plan, 'seed' | 'network' | 'operators'>,
    colo: { readonly index: number; readonly name: string; readonly region: string },
    servers: readonly PlacedServer[],
    timeline: readonly TimelineAct[],
  ) {
    const { seed, network, operators } = plan;
    this.#seed = seed;
    this.#jitter = network.jitter;
    this.#paths = servers.map((server, index) => {
      const roundTrips = server.plan.sites.map((_, site) =>
        roundTrip(seed, network, colo, server.plan, index, site),
      );
      const { operator: id } = server;
      const operator = operators.find((each) => each.id === id) ?? { id, catchments: [] };
      const met = sitesMet(colo.name, operator, server.plan, roundTrips, timeline);
      return met.map(({ from, site }) => {
        const there = server.plan.sites[site];
        const isSilent = there === undefined || there.behaviour === 'silent';
        return { from, site, rtt: roundTrips[site] ?? 0, loss: isSilent ? 1 : there.loss };
      });
    });
  }

  /** Where a query to the server goes that is sent at `clock`. */
  path(server: number, clock: Micros): Path {
    const paths = this.#paths[server];
    if (paths === undefined) throw new RangeError(`no server ${server}`);
    let at = paths.length - 1;
    while (at > 0 && (paths[at] as Path).from > clock) at--;
    return paths[at] as Path;
  }

  /** Microseconds from send to response; -1 when the query or the response is lost. */
  exchange(
    server: number,
    transport: 'udp' | 'tcp',
    draw: DrawKey,
    send: number,
    clock: Micros,
  ): Micros {
    const { rtt, loss } = this.path(server, clock);
    const { source, ordinal, attempt } = draw;
    if (loss > 0) {
      const lost = mix(this.#seed, PURPOSE.loss, source, ordinal, attempt, send);
      if (fraction(lost) < loss) return -1;
    }
    let delay = 0;
    if (this.#jitter > 0) {
      const bits = mix(this.#seed, PURPOSE.jitter, source, ordinal, attempt, send);
      delay = Math.floor(exponential(bits) * this.#jitter);
    }
    return (transport === 'tcp' ? 2 * rtt : rtt) + delay;
  }
}

/** From a colo to a site of a server, without jitter. */
function roundTrip(
  seed: number,
  network: NetworkPlan,
  colo: { readonly index: number; readonly region: string },
  server: Pick<ServerPlan, 'name' | 'sites'>,
  index: number,
  number: number,
): Micros {
  const row = network.rtt[network.regions.indexOf(colo.region)];
  if (row === undefined) throw new RangeError(`colo in unknown region ${colo.region}`);
  const site = server.sites[number] as SitePlan;
  const base = row[network.regions.indexOf(site.region)];
  if (base === undefined) throw new RangeError(`${server.name} in unknown region ${site.region}`);
  const draw = fraction(mix(seed, PURPOSE.pathSpread, colo.index, index, number));
  const factor = 1 + network.spread * (2 * draw - 1);
  return Math.max(1, Math.round(base * factor)) + site.delay;
}
