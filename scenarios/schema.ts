/**
 * The language, once: which keys a scenario has, which values they take, what they mean, and what they
 * are when left out. Checks, messages, the JSON Schema for editors and the tables of the docs all come
 * from here. `parseScenario` is the only way in; places are added by `compile.ts`, which has the tree.
 */

import type { Scenario } from './scenario.ts';
import type { SchemaNode } from './schema/node.ts';
import { alert, expectation, figure, timeline, variant } from './schema/story.ts';
import {
  describeSchema,
  duration,
  type Issue,
  instant,
  list,
  map,
  maybe,
  named,
  type Schema,
  scenarioName,
  span,
  text,
  whole,
} from './schema/values.ts';
import {
  authoritative,
  cluster,
  hosting,
  network,
  operator,
  origin,
  traffic,
  zone,
} from './schema/world.ts';
import type { Path } from './tree.ts';

export interface SchemaIssue {
  readonly path: Path;
  readonly unknownKey: boolean;
  readonly expected: string;
  /** The valid words, where there is a list of them. */
  readonly words: readonly string[];
}

type Parsed =
  | { readonly kind: 'scenario'; readonly scenario: Scenario }
  | { readonly kind: 'issues'; readonly issues: readonly SchemaIssue[] };

const source = map({
  title: text.describe('what it is'),
  url: text.describe('where it is'),
});

const time = map({
  from: instant.describe('start of the counted window; with a date'),
  to: instant.describe('its end; with a date'),
  bucket: duration.prefault('1m').describe('the unit of the series'),
  warmup: duration.describe('simulated before `from`, and not counted'),
});

/** Keys in the order in which they tell the story. */
const scenario: Schema<Scenario> = map({
  name: scenarioName.describe('the name in reports'),
  title: text.describe('one line'),
  sources: list(source).prefault([]).describe('what the scenario was built from'),
  extends: maybe(text, 'the file stands alone').describe(
    'what this file takes from another, where it does not say so itself: a path that counts from this file, or the name of a shipped world or scenario',
  ),
  seed: whole(0, 0xffffffff).prefault(1).describe('of all draws; `--seed` replaces it'),
  time: time.describe('what is simulated, and what is counted'),
  phases: named(span).prefault({}).describe('spans with totals of their own'),
  zones: named(zone).describe('the root (`"."`) and the registries, by apex'),
  operators: named(operator).describe('who runs authoritative servers, by id'),
  hosting: hosting.describe('the zones below the registries, made from rules'),
  network: network.describe('how messages travel'),
  names: text.describe(
    'a file with the domains that clients ask for; the path counts from the file that says it',
  ),
  cluster: cluster.describe('the resolver'),
  traffic: traffic.describe('what clients ask'),
  origin: maybe(origin, 'there is none').describe(
    'origin resolution: a resolver beside the public one, which the servers of the network ask',
  ),
  authoritative: maybe(authoritative, 'they are not looked at').describe(
    'what is asked from outside of the authoritative servers that the network has in its colos',
  ),
  timeline: timeline.prefault([]).describe('what happens in every variant'),
  mitigations: named(timeline).prefault({}).describe('what could be done about it, by name'),
  variants: named(variant).describe('what is done in each run, by name'),
  references: named(instant)
    .prefault({})
    .describe('what happened that day outside of the simulation, such as when somebody noticed'),
  alerts: named(alert).prefault({}).describe('what a monitoring system watches, by name'),
  expect: list(expectation).prefault([]).describe('what must come out'),
  published: list(figure)
    .prefault([])
    .describe('what was published, to be set beside what came out'),
});

/** Checks shape, units and bounds of plain data; says everything that is wrong at once. */
export function parseScenario(value: unknown): Parsed {
  const result = scenario.safeParse(value);
  if (result.success) return { kind: 'scenario', scenario: result.data };
  return { kind: 'issues', issues: result.error.issues.flatMap(issuesOf) };
}

/** What `parseScenario` takes. */
export function describeLanguage(): SchemaNode {
  return describeSchema(scenario);
}

function issuesOf(issue: Issue): SchemaIssue[] {
  const path = issue.path as (string | number)[];
  if (issue.code === 'unrecognized_keys') {
    const words = issue.message.split(' ');
    return issue.keys.map((key) => ({
      path: [...path, key],
      unknownKey: true,
      expected: '',
      words,
    }));
  }
  const words = issue.code === 'invalid_value' ? issue.values.map(String) : [];
  return [{ path, unknownKey: false, expected: issue.message, words }];
}
