/** The language of what happens and of what is claimed: events, variants, expectations, figures. */

import { METRICS } from '../../sim/metrics.ts';
import { ROLES } from '../../sim/result.ts';
import type {
  AlertScenario,
  EventScenario,
  ExpectScenario,
  NegativeAnchorScenario,
  PublishedScenario,
  VariantScenario,
} from '../scenario.ts';
import { staticZoneChange } from './apps.ts';
import {
  amount,
  camel,
  domain,
  duration,
  fires,
  flag,
  identifier,
  instant,
  interval,
  list,
  map,
  maybe,
  nodes,
  orJust,
  orOne,
  recordType,
  type Schema,
  shift,
  span,
  text,
  ttl,
  whole,
  word,
} from './values.ts';
import { forwardingChange, resolverChange, route } from './world.ts';

const nta: Schema<NegativeAnchorScenario> = orJust(
  'zone',
  map({
    zone: domain.describe('nothing is validated at and below this name'),
    lifetime: ttl
      .prefault('1h')
      .describe(
        'how long it holds if nothing lifts it, at most a week, from when it reaches the node',
      ),
    recheck: interval
      .prefault('5m')
      .describe('each node looks so often whether the name validates, and lifts the anchor then'),
    explain: flag.prefault('on').describe('answers under it carry EDE 33'),
  }),
);

const selection = {
  nodes: maybe(nodes, 'all of them').describe(
    "how many of each colo's nodes, always the same ones; of a share one at least",
  ),
  colos: list(identifier).prefault([]).describe('only at these colos; none named: all'),
};

const event: Schema<EventScenario> = map({
  at: maybe(instant, 'it has `from` and `to`').describe('when it happens'),
  from: maybe(instant, 'it has `at`').describe('of `restart`, with `to`: the first node restarts'),
  to: maybe(instant, 'it has `at`').describe('the last node restarts; in place of `over`'),
  until: maybe(instant, 'it stays').describe('when it is undone; for acts that can be lifted'),
  mark: maybe(
    word(['fault', 'repair', 'none']),
    'fault in a timeline, and mitigation in a mitigation',
  ).describe('how reports mark the instant'),
  text: maybe(text, 'the act in words, or the name of the mitigation').describe(
    'what reports say of it',
  ),
  zone: maybe(domain, 'where the act is another').describe(
    'the zone of `sign-with`, `resign` and `add`',
  ),
  'sign-with': maybe(identifier, 'another act').describe(
    'an act: from now on, what is signed is signed with this key; which of its copies is a fixed function of owner, type and serial',
  ),
  resign: maybe(
    map({
      owner: maybe(domain, 'all owners').describe('a name, or `apex`'),
      types: list(recordType).prefault([]).describe('RR types; none named: all'),
      'signed-with': maybe(identifier, 'any key').describe('only what was last signed by that key'),
      copy: maybe(
        whole(0, 15, 'copy 0 is the published one'),
        'a fixed function of owner, type and serial',
      ).describe('which copy signs, of keys that have so many; 0 is the published one'),
      over: duration
        .prefault('0s')
        .describe('spread over this long, in the order of hashed owner names'),
    }),
    'another act',
  ).describe('an act: sign RRsets anew'),
  add: maybe(word(['ZONEMD']), 'another act').describe(
    'an act: from now on the root zone has a ZONEMD record (RFC 8976), which its signer makes',
  ),
  operator: maybe(identifier, 'where the act is another').describe(
    'whose sites `isolate`, `resume`, `withdraw` and `reroute` mean',
  ),
  isolate: maybe(orOne(identifier), 'another act').describe(
    'an act that can be lifted: sites get no updates any more, and go on answering with what they have, whose signatures expire one by one',
  ),
  resume: maybe(orOne(identifier), 'another act').describe(
    'an act: sites that were isolated get updates again',
  ),
  withdraw: maybe(orOne(identifier), 'another act').describe(
    'an act that can be lifted: no route leads to these sites; whom they caught meets the next nearest',
  ),
  'withdraw-colo': maybe(orOne(identifier), 'another act').describe(
    'an act that can be lifted: clients are no longer routed to these colos; their new lookups go to the colo nearest to them that is left',
  ),
  reroute: maybe(route, 'another act').describe(
    'an act that can be lifted: colos meet servers at another site, with the round trip that follows',
  ),
  resolver: maybe(resolverChange, 'another act').describe(
    'an act that can be lifted: change settings of all nodes',
  ),
  forwarding: maybe(forwardingChange, 'another act').describe(
    'an act that can be lifted: change how all nodes forward to the owners of names',
  ),
  apps: maybe(
    map({
      'static-zone': maybe(staticZoneChange, 'nothing is changed').describe(
        'the copy of the root zone in every node',
      ),
    }),
    'another act',
  ).describe('an act that can be lifted: change what nodes run beside the resolver'),
  rule: maybe(text, 'another act').describe(
    'an act that can be lifted: an override rule in its text form, such as `phase = validation subtree = de mark-insecure`',
  ),
  nta: maybe(nta, 'another act').describe(
    'an act that can be lifted: a negative trust anchor (RFC 7646)',
  ),
  restart: maybe(orJust('nodes', map(selection)), 'another act').describe(
    'an act: nodes restart, and lose what is in memory; queries under way there are never answered',
  ),
  clock: maybe(
    orJust(
      'skew',
      map({
        skew: shift.describe('how far ahead, or back where it is negative; several add up'),
        ...selection,
      }),
    ),
    'another act',
  ).describe('an act that can be lifted: the clocks of nodes are wrong'),
  role: maybe(word(['resolver', 'origin']), 'the public `resolver`').describe(
    'whose nodes an act is for that is done to nodes',
  ),
  over: maybe(duration, '0s').describe(
    'of `restart`: from the first node of each colo to its last, at even distances; of `rule`, `nta` and `apps`: how long it takes until the last colo has it, and is rid of it; colos follow one another at even distances, in the order in which they are written, those of the file that is extended first',
  ),
});
export const timeline: Schema<readonly EventScenario[]> = list(event.meta({ title: 'event' }));

const mitigation = orJust(
  'name',
  map({
    name: identifier.describe('one of `mitigations`'),
    shift: shift.prefault('0s').describe('moves all its instants: `-1h` is an hour earlier'),
  }),
);

export const variant: Schema<VariantScenario> = orJust(
  'mitigations',
  map({
    mitigations: list(mitigation).prefault([]).describe('names, or maps'),
    timeline: maybe(timeline, 'that of the scenario').describe('in place of that of the scenario'),
  }),
);

const SLICES = ['signed', 'unsigned', 'missing', 'one-off', 'cd', 'do'] as const;
const filter = {
  zone: maybe(domain, 'all zones').describe('only lookups of names under this zone'),
  colo: maybe(orOne(identifier), 'all colos').describe(
    'only lookups at this colo; a list: at any of these',
  ),
  role: maybe(orOne(word(ROLES)), 'all roles').describe(
    'only lookups in this role: public resolution (`resolver`), `origin`, or the `authoritative` servers of the network; a list: in any of these',
  ),
  slice: maybe(
    word(SLICES).transform((value) => camel(value)),
    'all names',
  ).describe('only lookups of this kind'),
};
const scope = {
  during: maybe(span, 'the whole window').describe('a span, or the name of a phase'),
  ...filter,
};
const metric = word(Object.keys(METRICS)).meta({ title: 'metric' });

export const alert: Schema<AlertScenario> = map({
  metric: maybe(metric, '`age-of` is there').describe('what is watched'),
  'age-of': maybe(word(['local-root']), '`metric` is there').describe(
    'what is watched in place of a metric: the oldest copy of the root zone that a node has, from when it was fetched on',
  ),
  'older-than': maybe(duration, '`metric` is there').describe(
    'of `age-of`: it fires above this age',
  ),
  above: maybe(amount, '`below` is there').describe('it fires above this'),
  below: maybe(amount, '`above` is there').describe('it fires below this'),
  for: duration.describe(
    'how long that must have held: the metric is taken over this span, as a ratio of sums, wherever a bucket ends; whole buckets for a metric',
  ),
  per: word(['all', 'colo'])
    .prefault('all')
    .describe('`colo`: each colo by itself, and any of them fires'),
  minimum: whole(0, 1e9)
    .prefault(0)
    .describe('with fewer client queries in the span it does not fire'),
  ...filter,
});

const bounds = map({
  above: maybe(amount, 'no lower bound').describe('what the metric must exceed'),
  below: maybe(amount, 'no upper bound').describe('what the metric must stay under'),
}).meta({ title: 'bounds' });
type Bounds = ExpectScenario['bounds'];

export const expectation: Schema<ExpectScenario> = map({
  variant: maybe(identifier, 'each variant').describe('of which variant'),
  ...scope,
  every: word(['span', 'bucket'])
    .prefault('span')
    .describe('the ratio over the span, or each bucket, of which the worst counts'),
  'relative-to': maybe(identifier, 'the metric itself').describe(
    'the ratio to the same metric of that variant, bucket with bucket',
  ),
  'differs-from': maybe(identifier, 'the metric itself').describe(
    'how far it is from the same metric of that variant, this way or that, bucket with bucket; of rates, `0.1%` is 0.1 percentage points',
  ),
  'at-scale': word(['any', 'full'])
    .prefault('any')
    .describe('`full`: not judged when `--scale` is not 1'),
  alert: maybe(identifier, 'metrics are there').describe('one of `alerts`, in place of metrics'),
  fires: maybe(fires, 'metrics are there').describe(
    'when the alert fires: `before 19:45` and not only as a false alarm, or `never`',
  ),
  ...Object.fromEntries(
    Object.entries(METRICS).map(([metric, { text: meaning }]) => [
      metric,
      maybe(bounds, 'not bounded').describe(meaning),
    ]),
  ),
}).transform((value): ExpectScenario => {
  const given = value as Readonly<Record<string, unknown>>;
  const bounded = Object.keys(METRICS).flatMap((metric) => {
    const limits = given[camel(metric)] as Bounds[string] | null;
    return limits === null ? [] : [[metric, limits] as const];
  });
  return { ...value, bounds: Object.fromEntries(bounded) };
});

export const figure: Schema<PublishedScenario> = map({
  figure: text.describe('what was published, in words'),
  value: maybe(amount, 'it was told without a number').describe('its value'),
  variant: maybe(identifier, '`not-simulated` is there').describe(
    'the variant that it is set beside',
  ),
  metric: maybe(metric, '`not-simulated` is there').describe('the metric that it is set beside'),
  'not-simulated': maybe(text, 'it is set beside a metric').describe(
    'why nothing is set beside it, in place of `variant` and `metric`',
  ),
  ...scope,
  take: word(['span', 'max', 'min'])
    .prefault('span')
    .describe('the ratio over the span, or the largest or least of its buckets'),
  fitted: flag
    .prefault('off')
    .describe('the scenario was calibrated on it, so that it is no agreement'),
  source: text.describe('who says so, where'),
});
