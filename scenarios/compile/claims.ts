/** What a scenario claims about its runs: expectations, and published figures to be set beside. */

import type { ExpectationPlan, PhasePlan, PublishedPlan } from '../../sim/plan.ts';
import type { Scenario, ScopeScenario } from '../scenario.ts';
import type { Path } from '../tree.ts';
import type { Window } from '../units.ts';
import type { Context } from './context.ts';

/** The names that claims may use. */
export interface Names {
  readonly variants: readonly string[];
  readonly zones: readonly string[];
  readonly colos: readonly string[];
  readonly phases: readonly PhasePlan[];
  readonly window: Window;
}

/** One per metric: an item of `expect` may bound several. */
export function compileExpectations(
  scenario: Scenario,
  names: Names,
  context: Context,
): ExpectationPlan[] {
  return scenario.expect.flatMap((expectation, i) => {
    const path: Path = ['expect', i];
    const { variant, every, relativeTo, differsFrom, bounds } = expectation;
    if (variant !== null) known('variant', variant, path, names, context);
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
      return {
        where: context.place(at),
        variant,
        metric,
        ...scope,
        every,
        atScale: expectation.atScale,
        relativeTo,
        ...(differsFrom === null ? {} : { differsFrom }),
        above,
        below,
      };
    });
  });
}

export function compilePublished(
  scenario: Scenario,
  names: Names,
  context: Context,
): PublishedPlan[] {
  return scenario.published.map((claim, i) => {
    const path: Path = ['published', i];
    known('variant', claim.variant, path, names, context);
    const { figure, value, variant, metric, take, fitted, source } = claim;
    const scope = compileScope(claim, path, names, context);
    return { figure, value, variant, metric, ...scope, take, fitted, source };
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
  { during, zone, colo, role, slice }: ScopeScenario,
  path: Path,
  names: Names,
  context: Context,
): Pick<ExpectationPlan, 'from' | 'to' | 'filter'> {
  if (zone !== null) context.known([...path, 'zone'], zone, 'zone', names.zones);
  if (colo !== null) context.known([...path, 'colo'], colo, 'colo', names.colos);
  const { from, to } = context.span([...path, 'during'], during, names.window, names.phases);
  return { from, to, filter: { zone, colo, role, slice } };
}
