/** What a monitoring system watches, and what of that day it is compared to. */

import type { AlertPlan, ReferencePlan } from '../../sim/plan.ts';
import type { Scenario } from '../scenario.ts';
import type { Path } from '../tree.ts';
import type { Window } from '../units.ts';
import { formatDuration } from '../units.ts';
import { compileFilter, type Names } from './claims.ts';
import type { Context } from './context.ts';

export function compileAlerts(scenario: Scenario, names: Names, context: Context): AlertPlan[] {
  return Object.entries(scenario.alerts).map(([name, alert]): AlertPlan => {
    const path: Path = ['alerts', name];
    const { metric, above, below, for: span, per, minimum } = alert;
    if ((above === null) === (below === null)) {
      context.fail(path, 'either "above" or "below"', above === null ? 'neither' : 'both');
    }
    const { bucket, window } = names;
    const isWhole = span > 0 && span % bucket === 0;
    if (!isWhole) {
      context.fail([...path, 'for'], `whole buckets, of which each is ${formatDuration(bucket)}`);
    } else if (span > window.to - window.from) {
      context.fail([...path, 'for'], 'no more than the window of "time"');
    }
    const filter = compileFilter(alert, path, names, context);
    return { name, source: { kind: 'metric', metric, filter, minimum }, per, above, below, span };
  });
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
