/**
 * Which site of an anycast server a colo meets (RFC 4786), from when on: that of the last route that holds for it,
 * else the nearest. Routes are the catchments that the plan gives and what acts of the timeline change; a site
 * that is withdrawn is met by nobody, whatever routes say.
 *
 * Limitations: a change is there everywhere at once, and no packet is lost on the way to it but those whose site
 * is gone. Of two ways to a site there is one.
 */

import type { Micros } from '../../resolver-core/time.ts';
import type { OperatorPlan, RoutePlan, ServerPlan, TimelineAct } from '../plan.ts';

/** From an instant on, a colo meets a server at this site. */
export interface Met {
  readonly from: Micros;
  /** Index into the server's sites; -1: nowhere. */
  readonly site: number;
}

/** In order of time; the first holds since ever. `roundTrips` has those to each of the server's sites. */
export function sitesMet(
  colo: string,
  operator: Pick<OperatorPlan, 'id' | 'catchments'>,
  server: Pick<ServerPlan, 'name' | 'address' | 'sites'>,
  roundTrips: readonly Micros[],
  timeline: readonly TimelineAct[],
): readonly Met[] {
  const withdrawn = new Set<string>();
  const reroutes: RoutePlan[] = [];
  const siteNow = (): number => {
    const isThere = (site: number): boolean => {
      const name = server.sites[site]?.name;
      return name !== undefined && !withdrawn.has(name);
    };
    for (const route of [...operator.catchments, ...reroutes].reverse()) {
      const site = fits(route, colo, server)
        ? server.sites.findIndex(({ name }) => name === route.site)
        : -1;
      if (isThere(site)) return site;
    }
    let best = -1;
    for (const [site, roundTrip] of roundTrips.entries()) {
      const isNearer = best < 0 || roundTrip < (roundTrips[best] as Micros);
      if (isNearer && isThere(site)) best = site;
    }
    return best;
  };
  const met: Met[] = [{ from: Number.NEGATIVE_INFINITY, site: siteNow() }];
  for (const act of timeline) {
    if (act.kind === 'withdraw' && act.operator === operator.id) {
      for (const site of act.sites) {
        if (act.lifts) withdrawn.delete(site);
        else withdrawn.add(site);
      }
    } else if (act.kind === 'reroute' && act.operator === operator.id) {
      if (!act.lifts) reroutes.push(act.route);
      else reroutes.splice(lastIndexOf(reroutes, act.route), 1);
    } else continue;
    const site = siteNow();
    if (met.at(-1)?.site !== site) met.push({ from: act.at, site });
  }
  return met;
}

function fits(
  { colos, family, servers }: RoutePlan,
  colo: string,
  { name, address }: Pick<ServerPlan, 'name' | 'address'>,
): boolean {
  if (colos.length > 0 && !colos.includes(colo)) return false;
  if (servers.length > 0 && !servers.includes(name)) return false;
  return family === null || family === (address.includes(':') ? 6 : 4);
}

function lastIndexOf(routes: readonly RoutePlan[], wanted: RoutePlan): number {
  const text = JSON.stringify(wanted);
  const at = routes.map((route) => JSON.stringify(route)).lastIndexOf(text);
  if (at < 0) throw new Error('a route ends that never began');
  return at;
}
