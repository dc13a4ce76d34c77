/** What a monitoring system watches, and what of that day it is compared to. */

import { SECOND } from '../../resolver-core/time.ts';
import type { AlertPlan, ReferencePlan } from '../../sim/claims.ts';
import type { AlertScenario, Scenario } from '../scenario.ts';
import { type Path, valueAt } from '../tree.ts';
import type { Window } from '../units.ts';
import { formatDuration } from '../units.ts';
import { compileFilter, type Names } from './claims.ts';
import type { Context } from './context.ts';

export function compileAlerts(scenario: Scenario, names: Names, context: Context): AlertPlan[] {
  return Object.entries(scenario.alerts).map(([name, alert]): AlertPlan => {
    const path: Path = ['alerts', name];
    const { metric, ageOf, for: span, per } = alert;
    if ((metric === null) === (ageOf === null)) {
      context.fail(path, 'either "metric" or "age-of"', metric === null ? 'neither' : 'both');
    }
    if (span > names.window.to - names.window.from) {
      context.fail([...path, 'for'], 'no more than the window of "time"');
    }
    return ageOf === null || metric !== null
      ? { name, per, span, ...metricAlert(alert, path, names, context) }
      : { name, per, span, ...ageAlert(alert, path, names, context) };
  });
}

type Watched = Pick<AlertPlan, 'source' | 'above' | 'below'>;

function metricAlert(alert: AlertScenario, path: Path, names: Names, context: Context): Watched {
  const { metric, above, below, for: span, minimum, olderThan } = alert;
  if ((above === null) === (below === null)) {
    context.fail(path, 'either "above" or "below"', above === null ? 'neither' : 'both');
  }
  if (olderThan !== null) {
    const found = '"older-than" beside "metric"';
    context.failKey([...path, 'older-than'], found, '"above" or "below"');
  }
  if (span === 0 || span % names.bucket !== 0) {
    const each = formatDuration(names.bucket);
    context.fail([...path, 'for'], `whole buckets, of which each is ${each}`);
  }
  const filter = compileFilter(alert, path, names, context);
  return { source: { kind: 'metric', metric: metric ?? '', filter, minimum }, above, below };
}

/** What only metrics have. */
const NOT_OF_AGES = ['above', 'below', 'minimum', 'zone', 'role', 'slice'];

function ageAlert(alert: AlertScenario, path: Path, names: Names, context: Context): Watched {
  const { olderThan, colo } = alert;
  for (const key of NOT_OF_AGES) {
    if (valueAt(context.tree, [...path, key]) === undefined) continue;
    context.failKey(
      [...path, key],
      `"${key}" beside "age-of"`,
      '"older-than", "for", "per" or "colo"',
    );
  }
  if (olderThan === null) context.fail(path, '"older-than" beside "age-of"', 'none');
  compileFilter(alert, path, names, context);
  const above = (olderThan ?? 0) / SECOND;
  return { source: { kind: 'age', of: 'local-root', colo }, above, below: null };
}

export function compileReferences(
  scenario: Scenario,
  window: Window,
  context: Context,
): ReferencePlan[] {
  return Object.entries(scenario.references).map(([name, instant]) => ({
    name,
    at: context.instant(['references', name], instant, window),
  }));
}
