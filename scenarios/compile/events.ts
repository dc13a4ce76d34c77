/** The timeline, the mitigations and the variants: who does what to which zone or resolver, and when. */

import type {
  ResolverPlan,
  SigningPlan,
  TimelineEvent,
  VariantPlan,
  ZonePlan,
} from '../../sim/plan.ts';
import type { EventScenario, ResignScenario, Scenario } from '../scenario.ts';
import { type Path, valueAt } from '../tree.ts';
import { formatClock, type Window } from '../units.ts';
import type { Context } from './context.ts';

interface World {
  readonly zones: readonly ZonePlan[];
  readonly window: Window;
}

export function compileVariants(scenario: Scenario, world: World, context: Context): VariantPlan[] {
  const base = compileEvents(scenario.timeline, ['timeline'], world, context);
  const mitigations = new Map(
    Object.entries(scenario.mitigations).map(([name, events]) => [
      name,
      compileEvents(events, ['mitigations', name], world, context),
    ]),
  );
  const variants = Object.entries(scenario.variants).map(([name, variant]) => {
    const path: Path = ['variants', name];
    // a variant may be written as the bare list of its mitigations
    const list: Path =
      valueAt(context.tree, path)?.kind === 'list' ? path : [...path, 'mitigations'];
    const own =
      variant.timeline === null
        ? base
        : compileEvents(variant.timeline, [...path, 'timeline'], world, context);
    const added = variant.mitigations.flatMap((mitigation, i) => {
      context.known([...list, i], mitigation, 'mitigation', [...mitigations.keys()]);
      return mitigations.get(mitigation) ?? [];
    });
    // the sort is stable: events of one instant stay in the order in which they were written
    const timeline = [...own, ...added].sort((a, b) => a.at - b.at);
    return { name, mitigations: variant.mitigations, timeline };
  });
  if (variants.length === 0) context.fail(['variants'], 'at least one variant', 'none');
  return variants;
}

function compileEvents(
  events: readonly EventScenario[],
  path: Path,
  world: World,
  context: Context,
): TimelineEvent[] {
  return events.flatMap((event, i) => compileEvent(event, [...path, i], world, context) ?? []);
}

const ACTS = ['sign-with', 'resign', 'resolver'];

function compileEvent(
  event: EventScenario,
  path: Path,
  world: World,
  context: Context,
): TimelineEvent | null {
  const at = context.instant([...path, 'at'], event.at, world.window);
  if (at > world.window.to) {
    const expected = `an instant before the end of the window, ${formatClock(world.window.to)}`;
    context.fail([...path, 'at'], expected);
  }
  const { signWith, resign, resolver } = event;
  const acts = [signWith, resign, resolver].filter((act) => act !== null);
  if (acts.length !== 1) {
    const found = acts.length === 0 ? 'an event in which nothing happens' : 'two events in one';
    context.fail(path, `one of ${ACTS.join(', ')}`, found);
    return null;
  }
  if (resolver !== null) return compileChange(resolver, event.zone, at, path, context);
  const zone = signedZone(event.zone, path, world.zones, context);
  if (zone === null) return null;
  const { apex, signing } = zone;
  if (resign !== null) {
    return compileResign(resign, apex, signing, at, [...path, 'resign'], context);
  }
  const key = signWith as string;
  const keys = signing.keys.map(({ id }) => id);
  context.known([...path, 'sign-with'], key, `key of ${apex}`, keys);
  return { kind: 'sign-with', at, zone: apex, key };
}

function compileChange(
  set: Partial<ResolverPlan>,
  zone: string | null,
  at: number,
  path: Path,
  context: Context,
): TimelineEvent {
  if (zone !== null) {
    context.failKey(
      [...path, 'zone'],
      '"zone" beside "resolver"',
      'an event of all resolver nodes',
    );
  }
  if (Object.keys(set).length === 0) {
    context.fail([...path, 'resolver'], 'at least one setting', 'none');
  }
  return { kind: 'resolver', at, set };
}

function signedZone(
  name: string | null,
  path: Path,
  zones: readonly ZonePlan[],
  context: Context,
): { readonly apex: string; readonly signing: SigningPlan } | null {
  if (name === null) {
    context.fail(path, 'the zone that is signed', '"zone" is missing');
    return null;
  }
  const apexes = zones.map(({ apex }) => apex);
  if (!context.known([...path, 'zone'], name, 'zone', apexes)) return null;
  const zone = zones.find(({ apex }) => apex === name);
  if (zone?.signing) return { apex: zone.apex, signing: zone.signing };
  context.fail([...path, 'zone'], 'a zone with "signing"', `zone ${name}, which is not signed`);
  return null;
}

function compileResign(
  resign: ResignScenario,
  zone: string,
  signing: SigningPlan,
  at: number,
  path: Path,
  context: Context,
): TimelineEvent {
  const { types, signedWith, copy, over } = resign;
  const owner = resign.owner === 'apex' ? zone : resign.owner;
  if (owner !== null && zone !== '.' && owner !== zone && !owner.endsWith(`.${zone}`)) {
    context.fail([...path, 'owner'], `"apex" or a name in ${zone}`);
  }
  if (signedWith !== null) {
    const ids = signing.keys.map(({ id }) => id);
    context.known([...path, 'signed-with'], signedWith, `key of ${zone}`, ids);
  }
  const copies = Math.max(...signing.keys.map((key) => key.copies));
  if (copy !== null && copy >= copies) {
    context.fail([...path, 'copy'], `a copy from 0 (the published one) to ${copies - 1}`);
  }
  return { kind: 'resign', at, zone, select: { owner, types, signedWith }, over, copy };
}
