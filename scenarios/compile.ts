/**
 * A loaded scenario in, a `Plan` out: schema, then every check that needs more than one value, then
 * normalisation. All errors are collected and thrown together, each with its place.
 */

import type { Micros } from '../resolver-core/time.ts';
import type { ExpectationPlan } from '../sim/claims.ts';
import type { PhasePlan, Plan } from '../sim/plan.ts';
import { stagesOf } from './compile/act.ts';
import { compileAlerts, compileReferences } from './compile/alerts.ts';
import { compileExpectations, compilePublished, type Names } from './compile/claims.ts';
import { Context } from './compile/context.ts';
import { compileVariants } from './compile/events.ts';
import { parseNames } from './compile/names.ts';
import { compileOperators } from './compile/operators.ts';
import { checkServed, compileRoles } from './compile/roles.ts';
import { scalePlan } from './compile/scale.ts';
import { compileTraffic } from './compile/traffic.ts';
import { compileCluster, compileHosting, compileNetwork } from './compile/world.ts';
import { compileZones } from './compile/zones.ts';
import { nearestWord, oneOf, ScenarioErrors } from './errors.ts';
import { type LoadedScenario, loadScenario } from './load.ts';
import type { Scenario } from './scenario.ts';
import { parseScenario, type SchemaIssue } from './schema.ts';
import {
  type Path,
  pathText,
  scalarsOf,
  type TreeMap,
  type TreeScalar,
  toPlain,
  valueAt,
  writtenPath,
} from './tree.ts';
import { type Instant, parseDuration, parseInstant, parseShare, type Window } from './units.ts';

export interface CompileOptions {
  /** Instead of the scenario's. */
  readonly seed?: number;
  /** Multiplies rates, catalogue and caches alike; expectations marked `at-scale: full` are dropped unless 1. */
  readonly scale?: number;
}

/** Buckets are rows of every table: a week of minutes fits ten times. */
const MAX_BUCKETS = 100_000;

/** The plan of the scenario in `file`; throws `ScenarioErrors`. */
export function planOf(file: string, options: CompileOptions = {}): Plan {
  return compile(loadScenario(file), options);
}

/** Throws `ScenarioErrors` with everything that is wrong. */
export function compile(loaded: LoadedScenario, options: CompileOptions = {}): Plan {
  const context = new Context(loaded.tree);
  const parsed = parseScenario(toPlain(loaded.tree));
  if (parsed.kind === 'issues') {
    for (const issue of parsed.issues) report(issue, context);
    throw new ScenarioErrors(context.errors);
  }
  const plan = build(parsed.scenario, loaded, options, context);
  if (context.errors.length > 0) throw new ScenarioErrors(context.errors);
  const scaled = scalePlan(plan, options.scale ?? 1);
  checkServed(scaled, context);
  if (context.errors.length > 0) throw new ScenarioErrors(context.errors);
  return scaled;
}

function report({ unknownKey, expected, words, ...issue }: SchemaIssue, context: Context): void {
  const path = writtenPath(context.tree, issue.path);
  const last = path.at(-1);
  const value = valueAt(context.tree, path);
  if (unknownKey) {
    const word = String(last);
    context.failKey(path, `unknown key "${word}"`, oneOf(words), nearestWord(word, words));
  } else if (value === undefined && typeof last === 'string') {
    context.failKey(path.slice(0, -1), `"${last}" is missing`, expected);
  } else {
    const found = value?.kind === 'scalar' ? String(value.value) : '';
    context.fail(path, expected, undefined, nearestWord(found, words));
  }
}

function build(
  scenario: Scenario,
  loaded: LoadedScenario,
  options: CompileOptions,
  context: Context,
): Plan {
  const window = compileWindow(scenario.time, context);
  const phases = compilePhases(scenario, window, context);
  const operators = compileOperators(scenario, context);
  const zones = compileZones(scenario, loaded.snapshots, window, context);
  const hosting = compileHosting(scenario, zones, context);
  const catalogue = loaded.names === null ? [] : parseNames(loaded.names, zones, context.errors);
  const network = compileNetwork(scenario, context);
  const cluster = compileCluster(scenario, zones, context);
  const place = { domains: catalogue.length, network, colos: cluster.colos };
  const traffic = compileTraffic(scenario.traffic, { ...place, path: ['traffic'] }, context);
  const roles = compileRoles(
    scenario,
    { cluster, traffic },
    { ...place, zones },
    // What is wrong with what they take from the public resolver has been said.
    context.errors.length === 0 ? context : new Context(loaded.tree),
  );
  const colos = cluster.colos.map(({ name }) => name);
  const variants = compileVariants(
    scenario,
    stagesOf([{ cluster, traffic }, ...roles], {
      operators,
      zones,
      window,
      colos: scenario.cluster.colos,
    }),
    context,
  );
  const names: Names = {
    variants: variants.map(({ name }) => name),
    zones: zones.map(({ apex }) => apex),
    colos,
    roles: [cluster, ...roles.map((each) => each.cluster)].map(({ role }) => role),
    alerts: Object.keys(scenario.alerts),
    phases,
    window,
    bucket: scenario.time.bucket,
  };
  const scale = options.scale ?? 1;
  const isJudged = ({ atScale }: Pick<ExpectationPlan, 'atScale'>): boolean =>
    scale === 1 || atScale === 'any';
  const alerts = compileAlerts(scenario, names, context);
  const claims = compileExpectations(scenario, names, context);
  const expectations = claims.expectations.filter(isJudged);
  const alertExpectations = claims.alertExpectations.filter(isJudged);
  const claimed = claims.expectations.length + claims.alertExpectations.length;
  return {
    format: 'zonequake.plan/1',
    name: scenario.name,
    title: scenario.title,
    sources: scenario.sources,
    seed: options.seed ?? scenario.seed,
    scale,
    expectationsLeftOut: claimed - expectations.length - alertExpectations.length,
    time: { ...window, bucket: scenario.time.bucket },
    phases,
    operators,
    zones,
    hosting,
    catalogue,
    network,
    cluster,
    traffic,
    roles,
    variants,
    references: compileReferences(scenario, window, context),
    alerts,
    expectations,
    alertExpectations,
    published: compilePublished(scenario, names, context),
    provenance: provenanceOf(loaded.tree),
  };
}

function compileWindow(time: Scenario['time'], context: Context): Window {
  const absolute = (key: 'from' | 'to', instant: Instant): Micros => {
    if (instant.kind === 'absolute') return instant.at;
    context.fail(['time', key], 'an instant with a date, such as 2026-05-05T17:00Z');
    return Number.NaN;
  };
  const from = absolute('from', time.from);
  const to = absolute('to', time.to);
  if (Number.isNaN(from + to)) throw new ScenarioErrors(context.errors);
  const { bucket, warmup } = time;
  if (to <= from) context.fail(['time', 'to'], 'an instant after "from"');
  else if (bucket < 1_000_000) context.fail(['time', 'bucket'], 'at least 1s');
  else if ((to - from) % bucket !== 0) {
    context.fail(['time', 'bucket'], 'a duration that divides the window without remainder');
  } else if ((to - from) / bucket > MAX_BUCKETS) {
    context.fail(['time', 'to'], `a window of at most ${MAX_BUCKETS} buckets`);
  }
  if (context.errors.length > 0) throw new ScenarioErrors(context.errors);
  return { from, to, warmup };
}

function compilePhases(scenario: Scenario, window: Window, context: Context): PhasePlan[] {
  return Object.entries(scenario.phases).map(([name, span]) => {
    const { from, to } = context.span(['phases', name], span, window, []);
    return { name, from, to };
  });
}

/** Keys under which no number describes the world: words, spans to report on, and claims. */
const NOT_THE_WORLD = [
  'name',
  'title',
  'sources',
  'extends',
  'names',
  'phases',
  'alerts',
  'expect',
  'published',
];

/** Every number, duration, share and instant that describes the world, with its path. */
export function* numbersOf(tree: TreeMap): Generator<[Path, TreeScalar]> {
  for (const [path, scalar] of scalarsOf(tree)) {
    if (NOT_THE_WORLD.includes(String(path[0]))) continue;
    if (typeof scalar.value === 'number' || isQuantity(scalar.text)) yield [path, scalar];
  }
}

function isQuantity(text: string): boolean {
  return text.split('..').every((part) => {
    const instant = parseInstant(part);
    if (instant !== undefined) return instant.kind !== 'start';
    return parseDuration(part) !== undefined || parseShare(part) !== undefined;
  });
}

function provenanceOf(tree: TreeMap): Plan['provenance'] {
  return [...numbersOf(tree)].flatMap(([path, { text, source }]) =>
    source === null ? [] : { path: pathText(path), value: text, ...source },
  );
}
