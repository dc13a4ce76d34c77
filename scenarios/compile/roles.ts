/**
 * What colos have beside the public resolver: origin resolution, and the network's own authoritative
 * servers. What a scenario leaves out of them is as for the public resolver.
 */

import { Catalogue } from '../../sim/authority/catalogue.ts';
import { namesServedBy } from '../../sim/authority/served.ts';
import type { ClusterPlan, Plan, RolePlan, ZonePlan } from '../../sim/plan.ts';
import { viewOf } from '../../sim/roles.ts';
import type { OriginScenario, Scenario, TrafficScenario } from '../scenario.ts';
import type { Path } from '../tree.ts';
import type { Context } from './context.ts';
import { compileTraffic, type Place } from './traffic.ts';
import { checkNodes } from './world.ts';

interface Base extends Omit<Place, 'path'> {
  readonly zones: readonly ZonePlan[];
}

/** `pub` is the public resolver. */
export function compileRoles(
  scenario: Scenario,
  pub: RolePlan,
  base: Base,
  context: Context,
): RolePlan[] {
  const { origin, authoritative } = scenario;
  return [
    ...(origin === null ? [] : [compileOrigin(scenario, origin, pub, base, context)]),
    ...(authoritative === null ? [] : [compileAuthoritative(scenario, pub, base, context)]),
  ];
}

function compileOrigin(
  scenario: Scenario,
  { cluster: said, traffic: asked }: OriginScenario,
  { cluster: pub }: RolePlan,
  base: Base,
  context: Context,
): RolePlan {
  const path: Path = ['origin', 'cluster'];
  const chosen = said.colos;
  for (const name of Object.keys(chosen ?? {})) {
    const names = pub.colos.map((colo) => colo.name);
    context.knownKey([...path, 'colos', name], 'colo', names);
  }
  if (chosen !== null && Object.keys(chosen).length === 0) {
    context.fail([...path, 'colos'], 'at least one colo', 'none');
  }
  const cluster: ClusterPlan = {
    role: 'origin',
    colos:
      chosen === null
        ? pub.colos
        : pub.colos.map((colo) => ({ ...colo, nodes: chosen[colo.name]?.nodes ?? 0 })),
    cache: { ...pub.cache, ...said.cache },
    forwarding: { ...pub.forwarding, ...said.forwarding },
    resolver: { ...pub.resolver, ...said.resolver },
    staticZone: said.apps.staticZone ?? pub.staticZone,
  };
  checkNodes(cluster, path, base.zones, context);
  const place = { ...base, colos: cluster.colos, path: ['origin', 'traffic'] };
  return { cluster, traffic: compileTraffic(merged(scenario, asked), place, context) };
}

function compileAuthoritative(
  scenario: Scenario,
  { cluster: pub }: RolePlan,
  base: Base,
  context: Context,
): RolePlan {
  const { operators = [], traffic: asked = scenario.traffic } = scenario.authoritative ?? {};
  const path: Path = ['authoritative'];
  for (const [i, id] of operators.entries()) {
    context.known([...path, 'operators', i], id, 'operator', Object.keys(scenario.operators));
  }
  if (operators.length === 0) context.fail([...path, 'operators'], 'at least one operator', 'none');
  const cluster: ClusterPlan = {
    ...pub,
    role: 'authoritative',
    // What they say is made anew for each question: one in each colo stands for all.
    colos: pub.colos.map((colo) => ({ ...colo, nodes: 1 })),
    cache: { ...pub.cache, mode: 'private', start: 'cold' },
    staticZone: { ...pub.staticZone, use: false },
  };
  const once = { ...scenario.traffic.oneOff, share: 0 };
  const plain = { dnssecOk: 0, checkingDisabled: 0, oneOff: once };
  const traffic = { ...merged(scenario, asked), ...plain };
  const place = { ...base, colos: cluster.colos, path: [...path, 'traffic'] };
  return { cluster, traffic: { ...compileTraffic(traffic, place, context), operators } };
}

function merged({ traffic }: Scenario, said: OriginScenario['traffic']): TrafficScenario {
  return { ...traffic, ...said };
}

/** Says so when nothing that is asked for lies with the operators whose servers are asked. */
export function checkServed(plan: Plan, context: Context): void {
  for (const { cluster, traffic } of plan.roles) {
    if (traffic.operators.length === 0) continue;
    const catalogue = new Catalogue(viewOf(plan, cluster.role));
    if (namesServedBy(catalogue, traffic.operators).hosts.length > 0) continue;
    const expected = 'operators that serve names of the catalogue, of those that are asked for';
    context.fail(['authoritative', 'operators'], expected);
  }
}
