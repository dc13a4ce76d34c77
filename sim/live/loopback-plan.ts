/**
 * The plan as a resolver on this machine can iterate through it: the zones' own records say that each server
 * stands at the loopback address where it does (`addresses.ts`). Anycast becomes the site that one colo meets.
 *
 * Limitations: it is the site of the start, whatever acts change. There is no second address family on loopback, so a server that has both is left with the one.
 */

import { Links } from '../net/link.ts';
import type { Plan, ServerPlan } from '../plan.ts';
import { loopbackOf } from './addresses.ts';

/** `plan` with loopback addresses in place of the operators', as the colo with this index meets them. */
export function loopbackPlan(plan: Plan, colo: number): Plan {
  const where = plan.cluster.colos[colo];
  if (where === undefined) throw new RangeError(`no colo ${colo}`);
  const all = plan.operators.flatMap(({ servers }) => servers);
  const placed = plan.operators.flatMap(({ id, servers }) =>
    servers.map((each) => ({ operator: id, plan: each })),
  );
  const links = new Links(plan, { ...where, index: colo }, placed, []);
  let server = 0;
  const operators = plan.operators.map((operator) => {
    const servers = operator.servers.filter((each) => staysOnLoopback(each, operator.servers));
    return {
      ...operator,
      servers: servers.map((each): ServerPlan => {
        const { site } = links.path(all.indexOf(each), plan.time.from);
        return { ...each, address: loopbackOf({ server: server++, site }) };
      }),
    };
  });
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
