import { describe, expect, test } from 'vitest';
import { Name } from '../../resolver-core/name/name.ts';
import { ipv4Text } from '../../resolver-core/text/address.ts';
import { TYPE } from '../../resolver-core/wire/iana.ts';
import type { Plan } from '../plan.ts';
import { FAULT_AT, smallPlan } from '../testing/small-plan.ts';
import { openWorld } from '../world.ts';
import { isLoopback, placeOf } from './addresses.ts';
import { loopbackPlan } from './loopback-plan.ts';

/** The root's first server has both families, its second IPv6 alone; both are at two sites. */
function plan(): Plan {
  const small = smallPlan();
  const [root, ...others] = small.operators;
  if (root === undefined) throw new Error('no operators');
  const at = (region: string) => ({
    name: region,
    region,
    loss: 0,
    delay: 0,
    behaviour: 'answer' as const,
  });
  const sites = [at('europe'), at('america')];
  const servers = [
    { name: 'a.root-servers.net', address: '2001:db8::1', sites },
    { name: 'a.root-servers.net', address: '192.0.2.1', sites },
    { name: 'b.root-servers.net', address: '2001:db8::2', sites },
  ];
  return { ...small, operators: [{ ...root, servers }, ...others] };
}

describe('a plan on loopback', () => {
  test('has one address for each server, which is where routes lead', () => {
    const [root] = loopbackPlan(plan()).operators;
    expect(root?.servers.map(({ name, address }) => [name, placeOf(address)])).toEqual([
      ['a.root-servers.net', { server: 0, site: null }],
      ['b.root-servers.net', { server: 1, site: null }],
    ]);
  });

  test('every address is that of the server with the same place in Authorities.servers', () => {
    const moved = loopbackPlan(smallPlan());
    const { servers } = openWorld(moved).authorities(moved.variants[0] as never);
    for (const { index, address, operator } of servers) {
      if (operator !== 'unreachable') expect(placeOf(address)?.server).toBe(index);
    }
  });

  test('the zones say so: hints and glue are loopback addresses, and there is no AAAA', () => {
    const moved = loopbackPlan(plan());
    const world = openWorld(moved);
    const authorities = world.authorities(moved.variants[0] as never);
    const hints = authorities.rootHints().flatMap(({ addresses }) => addresses);
    expect(hints.length).toBe(2);
    expect(hints.every(isLoopback)).toBe(true);
    const question = { name: Name.parse('de'), type: TYPE.NS };
    const terms = { dnssecOk: false, udpSize: 1232, transport: 'udp' } as const;
    const glue = authorities.respond(0, 0, question, terms, FAULT_AT)?.additional ?? [];
    expect(new Set(glue.map(({ type }) => type))).toEqual(new Set([TYPE.A]));
    for (const { rdata } of glue) {
      expect(rdata.every((octets) => isLoopback(ipv4Text(octets)))).toBe(true);
    }
  });

  test('is the plan in every other respect', () => {
    const { operators: _, ...moved } = loopbackPlan(plan());
    const { operators: __, ...before } = plan();
    expect(moved).toEqual(before);
  });
});
