/** Acts on the sites of operators, and on the ways that lead to them. */

import type { Micros } from '../../resolver-core/time.ts';
import type { OperatorPlan, RoutePlan, SiteAct, TimelineAct } from '../../sim/plan.ts';
import type { EventScenario } from '../scenario.ts';
import type { Path } from '../tree.ts';
import { type Act, noZone, type Placed, type Planned, type Stage } from './act.ts';
import type { Context } from './context.ts';
import { planRoute, sitesOf } from './operators.ts';

/** Acts that name sites: their keys, and what they are in a plan. */
type SitesAct = Extract<SiteAct, { readonly sites: readonly string[] }>;

const ISOLATE: Act = {
  key: 'isolate',
  isMeant: ({ isolate }) => isolate !== null,
  plan: (event, at, path, stage, context) =>
    planSites(event, 'isolate', { kind: 'isolate', at, lifts: false }, path, stage, context),
  lift: (act, at, others) => liftSites(act, at, others),
};

const RESUME: Act = {
  key: 'resume',
  isMeant: ({ resume }) => resume !== null,
  plan: (event, at, path, stage, context) =>
    planSites(event, 'resume', { kind: 'isolate', at, lifts: true }, path, stage, context),
  lift: null,
};

const WITHDRAW: Act = {
  key: 'withdraw',
  isMeant: ({ withdraw }) => withdraw !== null,
  plan: (event, at, path, stage, context) =>
    planSites(event, 'withdraw', { kind: 'withdraw', at, lifts: false }, path, stage, context),
  lift: (act, at, others) => liftSites(act, at, others),
};

const REROUTE: Act = {
  key: 'reroute',
  isMeant: ({ reroute }) => reroute !== null,
  plan: (event, at, path, stage, context) => {
    const operator = operatorOf(event, 'reroute', path, stage, context);
    if (operator === null || event.reroute === null) return null;
    const route = planRoute(event.reroute, operator, stage.colos, [...path, 'reroute'], context);
    return {
      act: { kind: 'reroute', at, operator: operator.id, route, lifts: false },
      text: routeText(operator.id, route),
    };
  },
  lift: (act, at, others) => {
    if (act.kind !== 'reroute') throw new TypeError(`${act.kind} changes no routes`);
    const text = JSON.stringify(act.route);
    const isHeld = others.some(
      ({ act: other }) =>
        other.kind === 'reroute' &&
        other.operator === act.operator &&
        JSON.stringify(other.route) === text,
    );
    return isHeld ? null : { ...act, at, lifts: true };
  },
};

export const SITE_ACTS: readonly Act[] = [ISOLATE, RESUME, WITHDRAW, REROUTE];

function operatorOf(
  { operator, zone }: EventScenario,
  key: string,
  path: Path,
  { operators }: Stage,
  context: Context,
): OperatorPlan | null {
  noZone(key, zone, path, context);
  if (operator === null) {
    context.fail(path, 'the operator whose sites are meant', '"operator" is missing');
    return null;
  }
  const ids = operators.map(({ id }) => id);
  if (!context.known([...path, 'operator'], operator, 'operator', ids)) return null;
  return operators.find(({ id }) => id === operator) ?? null;
}

function planSites(
  event: EventScenario,
  key: 'isolate' | 'resume' | 'withdraw',
  act: Pick<SitesAct, 'kind' | 'at' | 'lifts'>,
  path: Path,
  stage: Stage,
  context: Context,
): Planned | null {
  const operator = operatorOf(event, key, path, stage, context);
  const sites = event[key];
  if (operator === null || sites === null) return null;
  if (sites.length === 0) context.fail([...path, key], 'at least one site', 'none');
  for (const [i, site] of sites.entries()) {
    context.known([...path, key, i], site, `site of ${operator.id}`, sitesOf(operator));
  }
  const text = `${operator.id}: ${sites.join(', ')} ${WORDS[key]}`;
  return { act: { ...act, operator: operator.id, sites }, text };
}

const WORDS = {
  isolate: 'without updates',
  resume: 'updated again',
  withdraw: 'withdrawn',
} as const;

/** Of the sites of an act that ends, those that no other one means. */
function liftSites(act: TimelineAct, at: Micros, others: readonly Placed[]): SitesAct | null {
  if (act.kind !== 'isolate' && act.kind !== 'withdraw') {
    throw new TypeError(`${act.kind} is no act on sites`);
  }
  const held = others.flatMap(({ act: other }) =>
    other.kind === act.kind && other.operator === act.operator && !other.lifts ? other.sites : [],
  );
  const sites = act.sites.filter((site) => !held.includes(site));
  return sites.length === 0 ? null : { ...act, at, sites, lifts: true };
}

/** `gtld-servers over IPv4 to los-angeles, from sin, hkg` */
function routeText(operator: string, { colos, family, servers, site }: RoutePlan): string {
  const over = family === null ? '' : ` over IPv${family}`;
  const what = servers.length === 0 ? operator : servers.join(', ');
  return `${what}${over} to ${site}${colos.length === 0 ? '' : `, from ${colos.join(', ')}`}`;
}
