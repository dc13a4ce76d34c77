/**
 * The paths between colos and authoritative servers: where an anycast server is met, how long a round
 * trip takes, and which ones are lost. Everything drawn is keyed: the spread of a path by the path,
 * loss and jitter by the lookup that caused the query and the number of the send (docs/design.md, law 4).
 *
 * Limitations: bandwidth and queueing are not modelled; an exchange over TCP takes two round trips
 * (one to connect) and a lost one is not retransmitted by the transport.
 */

import type { DrawKey } from '../../resolver-core/events.ts';
import type { Micros } from '../../resolver-core/time.ts';
import { exponential } from '../engine/math.ts';
import { fraction, mix, PURPOSE } from '../engine/random.ts';
import type { NetworkPlan, ServerPlan } from '../plan.ts';

/** The nearest site of one server as seen from one colo. */
export interface Path {
  /** Index into the server's sites. */
  readonly site: number;
  /** Without jitter. */
  readonly rtt: Micros;
  /** Share of round trips lost; 1 for a silent site. */
  readonly loss: number;
}

/** The paths of one colo to servers numbered from 0. */
export class Links {
  readonly #seed: number;
  readonly #jitter: Micros;
  readonly #paths: readonly Path[];

  constructor(
    seed: number,
    network: NetworkPlan,
    colo: { readonly index: number; readonly region: string },
    servers: readonly Pick<ServerPlan, 'name' | 'sites'>[],
  ) {
    this.#seed = seed;
    this.#jitter = network.jitter;
    this.#paths = servers.map((server, index) => nearest(seed, network, colo, server, index));
  }

  path(server: number): Path {
    const path = this.#paths[server];
    if (path === undefined) throw new RangeError(`no server ${server}`);
    return path;
  }

  /** Microseconds from send to response; -1 when the query or the response is lost. */
  exchange(server: number, transport: 'udp' | 'tcp', draw: DrawKey, send: number): Micros {
    const { rtt, loss } = this.path(server);
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

/** Of a server's sites, the one with the least round trip; the first of equals. */
function nearest(
  seed: number,
  network: NetworkPlan,
  colo: { readonly index: number; readonly region: string },
  server: Pick<ServerPlan, 'name' | 'sites'>,
  index: number,
): Path {
  const row = network.rtt[network.regions.indexOf(colo.region)];
  if (row === undefined) throw new RangeError(`colo in unknown region ${colo.region}`);
  let best: Path | undefined;
  for (const [number, site] of server.sites.entries()) {
    const base = row[network.regions.indexOf(site.region)];
    if (base === undefined) throw new RangeError(`${server.name} in unknown region ${site.region}`);
    const draw = fraction(mix(seed, PURPOSE.pathSpread, colo.index, index, number));
    const factor = 1 + network.spread * (2 * draw - 1);
    const rtt = Math.max(1, Math.round(base * factor)) + site.delay;
    if (best === undefined || rtt < best.rtt)
      best = { site: number, rtt, loss: site.behaviour === 'silent' ? 1 : site.loss };
  }
  if (best === undefined) throw new RangeError(`${server.name} has no site`);
  return best;
}
