/** The timeline, the mitigations and the variants: who does what to which zone or resolver, and when. */

import type { Micros } from '../../resolver-core/time.ts';
import type { EventOrigin, MarkKind, TimelineEvent, VariantPlan } from '../../sim/plan.ts';
import type { EventScenario, Scenario, VariantScenario } from '../scenario.ts';
import type { Path } from '../tree.ts';
import { formatClock, type Instant } from '../units.ts';
import type { Placed, Stages } from './act.ts';
import { liftOf, planAct } from './acts.ts';
import type { Context } from './context.ts';

/** An event as written: not yet part of a mitigation, nor shifted. */
interface Event extends Placed {
  readonly mark: EventScenario['mark'];
  /** What reports say of it; null: what the act or its mitigation is called. */
  readonly text: string | null;
  readonly actText: string;
}

/** An event of a variant. */
interface VariantEvent extends Event {
  readonly mitigation: string | null;
}

export function compileVariants(
  scenario: Scenario,
  stages: Stages,
  context: Context,
): VariantPlan[] {
  const base = compileEvents(scenario.timeline, ['timeline'], stages, context);
  const mitigations = new Map(
    Object.entries(scenario.mitigations).map(([name, events]) => [
      name,
      compileEvents(events, ['mitigations', name], stages, context),
    ]),
  );
  const variants = Object.entries(scenario.variants).map(([name, variant]): VariantPlan => {
    const path: Path = ['variants', name];
    const own =
      variant.timeline === null
        ? base
        : compileEvents(variant.timeline, [...path, 'timeline'], stages, context);
    const events = [
      ...own.map((event) => ({ ...event, mitigation: null })),
      ...compileMitigations(variant, mitigations, [...path, 'mitigations'], stages, context),
    ];
    return {
      name,
      mitigations: variant.mitigations.map((mitigation) => mitigation.name),
      timeline: timelineOf(events, stages),
    };
  });
  if (variants.length === 0) context.fail(['variants'], 'at least one variant', 'none');
  return variants;
}

function compileEvents(
  events: readonly EventScenario[],
  path: Path,
  stages: Stages,
  context: Context,
): Event[] {
  return events.flatMap((event, i) => compileEvent(event, [...path, i], stages, context) ?? []);
}

function compileEvent(
  event: EventScenario,
  path: Path,
  stages: Stages,
  context: Context,
): Event | null {
  const instantOf = (key: 'at' | 'from' | 'to' | 'until', instant: Instant): Micros => {
    const at = context.instant([...path, key], instant, stages[0].window);
    if (at > stages[0].window.to) {
      const end = formatClock(stages[0].window.to);
      context.fail([...path, key], `an instant before the end of the window, ${end}`);
    }
    return at;
  };
  const begins = whenOf(event, path, context);
  if (begins === null) return null;
  const at = instantOf(begins.key, begins.instant);
  const until = event.until === null ? null : instantOf('until', event.until);
  if (until !== null && until <= at) context.fail([...path, 'until'], 'an instant after "at"');
  let { over } = event;
  if (event.to !== null) {
    over = instantOf('to', event.to) - at;
    if (over <= 0) context.fail([...path, 'to'], 'an instant after "from"');
  }
  const planned = planAct({ ...event, over }, at, path, stages, context);
  if (planned === null) return null;
  const { mark, text } = event;
  return { act: planned.act, until, mark, text, actText: planned.text };
}

/** The key that says when an event begins; null after an error. */
function whenOf(
  { at, from, to, over, restart }: EventScenario,
  path: Path,
  context: Context,
): { readonly key: 'at' | 'from'; readonly instant: Instant } | null {
  const isSpan = from !== null || to !== null;
  if (at !== null && !isSpan) return { key: 'at', instant: at };
  if (at !== null || from === null || to === null) {
    const found = at !== null ? '"at" and a span' : isSpan ? 'half a span' : '"at" is missing';
    context.fail(path, '"at", or "from" and "to"', found);
    return null;
  }
  if (over !== null)
    context.failKey([...path, 'over'], '"over" beside "from" and "to"', 'one of both');
  if (restart === null) {
    context.failKey([...path, 'from'], '"from" and "to"', '"at", save for "restart"');
    return null;
  }
  return { key: 'from', instant: from };
}

function compileMitigations(
  variant: VariantScenario,
  mitigations: ReadonlyMap<string, readonly Event[]>,
  path: Path,
  stages: Stages,
  context: Context,
): VariantEvent[] {
  return variant.mitigations.flatMap(({ name, shift }, i) => {
    context.known([...path, i, 'name'], name, 'mitigation', [...mitigations.keys()]);
    const events = (mitigations.get(name) ?? []).map((event) => ({
      ...event,
      act: { ...event.act, at: event.act.at + shift },
      until: event.until === null ? null : event.until + shift,
      mitigation: name,
    }));
    if (shift !== 0) checkShift(events, shift, [...path, i, 'shift'], stages, context);
    return events;
  });
}

/** Nothing may be moved out of what is simulated; what lay before it may stay there. */
function checkShift(
  events: readonly VariantEvent[],
  shift: Micros,
  path: Path,
  [{ window }]: Stages,
  context: Context,
): void {
  const start = window.from - window.warmup;
  for (const { act, until, mitigation } of events) {
    for (const at of [act.at, until]) {
      if (at === null) continue;
      const leaves = at > window.to || (at < start && at - shift >= start);
      if (!leaves) continue;
      const expected = `a shift that leaves ${mitigation} between ${formatClock(start)} and ${formatClock(window.to)}, not at ${formatClock(at)}`;
      context.fail(path, expected);
      return;
    }
  }
}

/** The events in order of time, and what lifts them. */
function timelineOf(events: readonly VariantEvent[], stages: Stages): TimelineEvent[] {
  const all = events.flatMap((event): TimelineEvent[] => {
    const lift = liftOf(event, events, stages);
    const ends = event.mitigation === null ? 'repair' : 'lift';
    const begun = { ...event.act, ...originOf(event, event.mark ?? begins(event)) };
    return lift === null ? [begun] : [begun, { ...lift, ...originOf(event, ends) }];
  });
  // the sort is stable: events of one instant stay in the order in which they were written
  return all.sort((a, b) => a.at - b.at);
}

function begins({ mitigation }: VariantEvent): MarkKind {
  return mitigation === null ? 'fault' : 'mitigation';
}

function originOf(event: VariantEvent, kind: MarkKind | 'none'): EventOrigin {
  const { mitigation, mark, text, actText } = event;
  const isMarked = kind !== 'none' && mark !== 'none';
  return {
    ...(mitigation === null ? {} : { mitigation }),
    ...(isMarked ? { mark: { kind, text: text ?? mitigation ?? actText } } : {}),
  };
}
