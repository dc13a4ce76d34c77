/** Operators, their servers and sites: checked, and planned, with an address for each server and family. */

import { ipv6Text } from '../../resolver-core/text/address.ts';
import type { OperatorPlan } from '../../sim/plan.ts';
import type { AddressFamily, Scenario } from '../scenario.ts';
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
    if (operator.sites.length === 0)
      context.fail([...path, 'sites'], 'at least one region', 'none');
    for (const [i, region] of operator.sites.entries()) {
      context.known([...path, 'sites', i], region, 'region', regions);
    }
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
        sites: operator.sites.map((region) => ({
          region,
          loss: operator.loss ?? network.loss,
          delay: operator.delay,
          behaviour: operator.behaviour,
        })),
      })),
    );
    return { id, servers };
  });
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
