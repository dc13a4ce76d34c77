/** What a scenario claims about its runs: expectations, and published figures to be set beside. */

import type { Micros } from '../../resolver-core/time.ts';
import type { AlertExpectationPlan, ExpectationPlan, PublishedPlan } from '../../sim/claims.ts';
import { METRICS } from '../../sim/metrics.ts';
import type { PhasePlan, Role } from '../../sim/plan.ts';
import type { ExpectScenario, FilterScenario, Scenario, ScopeScenario } from '../scenario.ts';
import { type Path, valueAt } from '../tree.ts';
import type { Window } from '../units.ts';
import type { Context } from './context.ts';

/** The names that claims may use. */
export interface Names {
  readonly variants: readonly string[];
  readonly zones: readonly string[];
  readonly colos: readonly string[];
  readonly roles: readonly Role[];
  readonly alerts: readonly string[];
  readonly phases: readonly PhasePlan[];
  readonly window: Window;
  readonly bucket: Micros;
}

interface Claims {
  readonly expectations: readonly ExpectationPlan[];
  readonly alertExpectations: readonly AlertExpectationPlan[];
}

export function compileExpectations(scenario: Scenario, names: Names, context: Context): Claims {
  const expectations: ExpectationPlan[] = [];
  const alertExpectations: AlertExpectationPlan[] = [];
  for (const [i, expectation] of scenario.expect.entries()) {
    const path: Path = ['expect', i];
    const { alert, fires, variant } = expectation;
    if (variant !== null) known('variant', variant, path, names, context);
    if (alert === null && fires === null) {
      expectations.push(...compileMetrics(expectation, path, names, context));
    } else {
      alertExpectations.push(...compileAlert(expectation, path, names, context));
    }
  }
  return { expectations, alertExpectations };
}

/** One per metric: an item of `expect` may bound several. */
function compileMetrics(
  expectation: ExpectScenario,
  path: Path,
  names: Names,
  context: Context,
): ExpectationPlan[] {
  const { variant, every, atScale, relativeTo, differsFrom, bounds } = expectation;
  if (relativeTo !== null) known('relative-to', relativeTo, path, names, context);
  if (differsFrom !== null) known('differs-from', differsFrom, path, names, context);
  if (relativeTo !== null && differsFrom !== null) {
    const found = '"differs-from" beside "relative-to"';
    context.failKey([...path, 'differs-from'], found, 'one of the two');
  }
  const scope = compileScope(expectation, path, names, context);
  const metrics = Object.entries(bounds);
  if (metrics.length === 0) {
    context.fail(path, 'a metric with a bound, such as servfail-rate: { below: 4% }', 'none');
  }
  return metrics.map(([metric, { above, below }]): ExpectationPlan => {
    const at: Path = [...path, metric];
    if (above === null && below === null) context.fail(at, '"above", "below" or both', 'neither');
    if (above !== null && below !== null && above >= below) {
      context.fail([...at, 'above'], 'less than "below"');
    }
    const where = context.place(at);
    const apart = differsFrom === null ? {} : { differsFrom };
    return { where, variant, metric, ...scope, every, atScale, relativeTo, ...apart, above, below };
  });
}

/** What an alert has itself, or what only values have. */
const NOT_OF_ALERTS = [
  ...['zone', 'colo', 'role', 'slice', 'every', 'relative-to', 'differs-from'],
  ...Object.keys(METRICS),
];

function compileAlert(
  expectation: ExpectScenario,
  path: Path,
  names: Names,
  context: Context,
): AlertExpectationPlan[] {
  const { variant, alert, fires, during, atScale } = expectation;
  for (const key of NOT_OF_ALERTS) {
    if (valueAt(context.tree, [...path, key]) === undefined) continue;
    context.failKey([...path, key], `"${key}" beside "alert"`, 'it in an item of its own');
  }
  if (alert === null) {
    context.failKey([...path, 'fires'], '"fires" without "alert"', 'the name of an alert, too');
    return [];
  }
  context.known([...path, 'alert'], alert, 'alert', names.alerts);
  const { from, to } = context.span([...path, 'during'], during, names.window, names.phases);
  if (fires === null) {
    context.failKey([...path, 'alert'], '"alert" without "fires"', 'fires: before 19:45, or never');
    return [];
  }
  const where = context.place([...path, 'alert']);
  const base = { where, variant, alert, from, to, atScale };
  if (fires.kind === 'never') return [{ ...base, fires }];
  const at = context.instant([...path, 'fires'], fires.instant, names.window);
  if (at <= from || at > to) context.fail([...path, 'fires'], 'an instant within "during"');
  return [{ ...base, fires: { kind: 'before', at } }];
}

export function compilePublished(
  scenario: Scenario,
  names: Names,
  context: Context,
): PublishedPlan[] {
  return scenario.published.map((claim, i) => {
    const path: Path = ['published', i];
    const { figure, value, variant, metric, take, fitted, source, notSimulated } = claim;
    const isCompared = variant !== null && metric !== null;
    if (variant !== null) known('variant', variant, path, names, context);
    if (isCompared === (notSimulated !== null)) {
      const found = isCompared
        ? '"not-simulated" beside "variant" and "metric"'
        : 'nothing of both';
      context.fail(path, '"variant" and "metric", or "not-simulated"', found);
    }
    const scope = compileScope(claim, path, names, context);
    const why = notSimulated === null ? {} : { notSimulated };
    return { figure, value, ...why, variant, metric, ...scope, take, fitted, source };
  });
}

function known(
  key: 'variant' | 'relative-to' | 'differs-from',
  variant: string,
  path: Path,
  names: Names,
  context: Context,
): void {
  context.known([...path, key], variant, 'variant', names.variants);
}

function compileScope(
  scope: ScopeScenario,
  path: Path,
  names: Names,
  context: Context,
): Pick<ExpectationPlan, 'from' | 'to' | 'filter'> {
  const filter = compileFilter(scope, path, names, context);
  const { during } = scope;
  const { from, to } = context.span([...path, 'during'], during, names.window, names.phases);
  return { from, to, filter };
}

/** Says so when a filter names what is not there. */
export function compileFilter(
  { zone, colo, role, slice }: FilterScenario,
  path: Path,
  names: Names,
  context: Context,
): ExpectationPlan['filter'] {
  if (zone !== null) context.known([...path, 'zone'], zone, 'zone', names.zones);
  const knownEach = (
    key: 'colo' | 'role',
    given: readonly string[] | null,
    all: readonly string[],
  ): void => {
    const isList = valueAt(context.tree, [...path, key])?.kind === 'list';
    for (const [i, each] of (given ?? []).entries()) {
      context.known([...path, key, ...(isList ? [i] : [])], each, key, all);
    }
  };
  knownEach('colo', colo, names.colos);
  knownEach('role', role, names.roles);
  return { zone, colo, role, slice };
}
