/**
 * The plan as a resolver on this machine can iterate through it: the zones' own records say that each server
 * stands at its loopback address, from which it is wherever routes lead (`addresses.ts`).
 *
 * Limitation: there is no second address family on loopback, so a server that has both is left with the one.
 */

import type { Plan, ServerPlan } from '../plan.ts';
import { loopbackOf } from './addresses.ts';

/** `plan` with loopback addresses in place of the operators'. */
export function loopbackPlan(plan: Plan): Plan {
  let server = 0;
  const operators = plan.operators.map((operator) => ({
    ...operator,
    servers: operator.servers
      .filter((each) => staysOnLoopback(each, operator.servers))
      .map((each) => ({ ...each, address: loopbackOf({ server: server++, site: null }) })),
  }));
  return { ...plan, operators };
}

/** An IPv6 address stands aside where the server has an IPv4 address, too. */
function staysOnLoopback(server: ServerPlan, servers: readonly ServerPlan[]): boolean {
  const hasIpv4 = servers.some(({ name, address }) => name === server.name && isIpv4(address));
  return !hasIpv4 || isIpv4(server.address);
}

function isIpv4(address: string): boolean {
  return !address.includes(':');
}
