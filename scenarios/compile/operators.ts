/** Operators, their servers and sites: checked, and planned, with an address for each server and family. */

import { ipv6Text } from '../../resolver-core/text/address.ts';
import type { OperatorPlan, RoutePlan, ServerPlan } from '../../sim/plan.ts';
import { quote } from '../errors.ts';
import type {
  AddressFamily,
  OperatorScenario,
  RouteScenario,
  Scenario,
  SiteScenario,
} from '../scenario.ts';
import type { Path } from '../tree.ts';
import type { Context } from './context.ts';

/**
 * Addresses come from the networks that are kept for measurements: 198.18.0.0/15 (RFC 2544), one /24 per operator,
 * and 2001:2::/48 (RFC 5180), one /64 each.
 */
export function compileOperators(scenario: Scenario, context: Context): OperatorPlan[] {
  const { network } = scenario;
  const regions = regionsOf(network.rtt);
  const owners = new Map<string, string>();
  return Object.entries(scenario.operators).map(([id, operator], index) => {
    const path: Path = ['operators', id];
    if (index > 511) context.failKey(path, 'one more operator', 'at most 512 of them');
    if (operator.servers.length === 0 || operator.servers.length > 254) {
      context.fail([...path, 'servers'], '1 to 254 servers', `${operator.servers.length} of them`);
    }
    checkSites(operator, path, regions, context);
    const families = new Set(operator.families);
    if (families.size !== operator.families.length || families.size === 0) {
      context.fail([...path, 'families'], 'ipv4, ipv6 or both');
    }
    for (const [i, name] of operator.servers.entries()) {
      const owner = owners.get(name);
      if (owner !== undefined) {
        const found = `server ${JSON.stringify(name)} a second time`;
        context.fail([...path, 'servers', i], `a name that ${owner} does not have`, found);
      }
      owners.set(name, id);
    }
    const servers = [...families].flatMap((family) =>
      operator.servers.map((name, i) => ({
        name,
        address: addressOf(family, index, i),
        sites: operator.sites
          .filter(({ servers }) => servers.length === 0 || servers.includes(name))
          .map((site) => ({
            name: nameOf(site),
            region: site.region,
            loss: operator.loss ?? network.loss,
            delay: operator.delay,
            behaviour: operator.behaviour,
          })),
      })),
    );
    const catchments = operator.catchments.map((route, i) => {
      const at: Path = [...path, 'catchments', i];
      return planRoute(route, { id, servers }, scenario.cluster.colos, at, context);
    });
    return { id, servers, catchments };
  });
}

function nameOf({ name, region }: SiteScenario): string {
  return name ?? region;
}

function checkSites(
  { servers, sites }: OperatorScenario,
  path: Path,
  regions: readonly string[],
  context: Context,
): void {
  const seen = new Set<string>();
  for (const [i, site] of sites.entries()) {
    const at: Path = [...path, 'sites', i];
    context.known([...at, 'region'], site.region, 'region', regions);
    for (const [k, server] of site.servers.entries()) {
      context.known([...at, 'servers', k], server, 'server', servers);
    }
    const name = nameOf(site);
    if (seen.has(name)) {
      const key = site.name === null ? 'region' : 'name';
      context.fail([...at, key], 'a name that no other site has', `site ${quote(name)} again`);
    }
    seen.add(name);
  }
  const isNowhere = (server: string): boolean =>
    sites.every(({ servers: there }) => there.length > 0 && !there.includes(server));
  if (sites.length === 0) context.fail([...path, 'sites'], 'at least one region', 'none');
  else {
    for (const [i, server] of servers.entries()) {
      if (!isNowhere(server)) continue;
      const expected = 'a server that stands at some site';
      context.fail([...path, 'servers', i], expected, `server ${quote(server)}, which does not`);
    }
  }
}

/** Names of an operator's sites, in the order in which its servers have them. */
export function sitesOf({ servers }: Pick<OperatorPlan, 'servers'>): string[] {
  return [...new Set(servers.flatMap(({ sites }) => sites.map(({ name }) => name)))];
}

/** A route, with the colos of its regions by name. */
export function planRoute(
  route: RouteScenario,
  operator: Pick<OperatorPlan, 'id' | 'servers'>,
  colos: Readonly<Record<string, { readonly region: string }>>,
  path: Path,
  context: Context,
): RoutePlan {
  const { servers, to } = route;
  const names = Object.keys(colos);
  for (const [i, colo] of route.colos.entries()) {
    context.known([...path, 'colos', i], colo, 'colo', names);
  }
  const settled = [...new Set(Object.values(colos).map(({ region }) => region))];
  for (const [i, region] of route.regions.entries()) {
    context.known([...path, 'regions', i], region, 'region with a colo', settled);
  }
  const family = route.family === 'both' ? null : route.family === 'ipv4' ? 4 : 6;
  const serverNames = [...new Set(operator.servers.map(({ name }) => name))];
  const areKnown = servers.map((server, i) =>
    context.known([...path, 'servers', i], server, `server of ${operator.id}`, serverNames),
  );
  const isSite = context.known([...path, 'to'], to, `site of ${operator.id}`, sitesOf(operator));
  const isMeant = ({ name, address }: ServerPlan): boolean =>
    (servers.length === 0 || servers.includes(name)) &&
    (family === null || family === (address.includes(':') ? 6 : 4));
  const meant = operator.servers.filter(isMeant);
  if (meant.length === 0 && areKnown.every((isKnown) => isKnown)) {
    const found = `no address of ${operator.id} in ${route.family}`;
    context.fail([...path, 'family'], 'a family in which the operator has addresses', found);
  } else if (isSite && !meant.some(({ sites }) => sites.some(({ name }) => name === to))) {
    context.fail([...path, 'to'], 'a site at which one of these servers stands');
  }
  const fromRegions = names.filter((colo) => route.regions.includes(colos[colo]?.region ?? ''));
  return { colos: [...new Set([...route.colos, ...fromRegions])], family, servers, site: to };
}

function addressOf(family: AddressFamily, operator: number, server: number): string {
  if (family === 'ipv4') return `198.${18 + (operator >> 8)}.${operator & 0xff}.${server + 1}`;
  const octets = Uint8Array.of(0x20, 1, 0, 2, 0, 0, operator >> 8, operator, 0, 0, 0, 0, 0, 0, 0);
  return ipv6Text(Uint8Array.of(...octets, server + 1));
}

/** Regions in the order in which the round trips name them. */
export function regionsOf(rtt: Scenario['network']['rtt']): string[] {
  const regions = new Set<string>();
  for (const [from, row] of Object.entries(rtt)) {
    regions.add(from);
    for (const to of Object.keys(row)) regions.add(to);
  }
  return [...regions];
}
