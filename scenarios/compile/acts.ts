/**
 * What an event does. For each act of the language: how it is checked and planned, how it reads in
 * reports, and how it is lifted again where it can be. One more act is one more entry of `ACTS`.
 */

import { MAX_NEGATIVE_ANCHOR_LIFETIME } from '../../resolver-core/limits.ts';
import { parseRule } from '../../resolver-core/policy/rule-text.ts';
import type { Micros } from '../../resolver-core/time.ts';
import { TYPE, typeName } from '../../resolver-core/wire/iana.ts';
import type {
  ForwardingChange,
  NodeSelection,
  ResolverPlan,
  SigningPlan,
  StaticZoneChange,
  TimelineAct,
  ZonePlan,
} from '../../sim/plan.ts';
import { isNodeAct, roleOf } from '../../sim/roles.ts';
import { nearestWord, oneOf, quote } from '../errors.ts';
import type { EventScenario, ResignScenario } from '../scenario.ts';
import type { Path } from '../tree.ts';
import { formatDuration } from '../units.ts';
import { type Act, noZone, type Placed, type Planned, type Stage, type Stages } from './act.ts';
import { WITHDRAW_COLO } from './colo-act.ts';
import type { Context } from './context.ts';
import { SITE_ACTS } from './site-acts.ts';
import { checkCopiedRoot } from './world.ts';

const SIGN_WITH: Act = {
  key: 'sign-with',
  isMeant: ({ signWith }) => signWith !== null,
  plan: ({ signWith, zone }, at, path, { zones }, context) => {
    const signed = signedZone(zone, path, zones, context);
    if (signed === null || signWith === null) return null;
    const keys = signed.signing.keys.map(({ id }) => id);
    context.known([...path, 'sign-with'], signWith, `key of ${signed.apex}`, keys);
    return {
      act: { kind: 'sign-with', at, zone: signed.apex, key: signWith },
      text: `${zoneText(signed.apex)} signed with ${signWith}`,
    };
  },
  lift: null,
};

const RESIGN: Act = {
  key: 'resign',
  isMeant: ({ resign }) => resign !== null,
  plan: ({ resign, zone }, at, path, { zones }, context) => {
    const signed = signedZone(zone, path, zones, context);
    if (signed === null || resign === null) return null;
    return planResign(resign, signed, at, [...path, 'resign'], context);
  },
  lift: null,
};

const ADD: Act = {
  key: 'add',
  isMeant: ({ add }) => add !== null,
  plan: ({ add, zone }, at, path, { zones }, context) => {
    const signed = signedZone(zone, path, zones, context);
    if (signed === null || add === null) return null;
    if (signed.apex !== '.') {
      context.fail([...path, 'zone'], '".", the only zone that is ever had whole');
    }
    return {
      act: { kind: 'add', at, zone: signed.apex, type: TYPE.ZONEMD },
      text: `${add} in ${zoneText(signed.apex)}`,
    };
  },
  lift: null,
};

const RESOLVER: Act = {
  key: 'resolver',
  isMeant: ({ resolver }) => resolver !== null,
  plan: ({ resolver, zone }, at, path, _, context) => {
    noZone('resolver', zone, path, context);
    const set = resolver ?? {};
    if (Object.keys(set).length === 0) {
      context.fail([...path, 'resolver'], 'at least one setting', 'none');
    }
    return { act: { kind: 'resolver', at, set }, text: settingsText(set) };
  },
  lift: (act, at, others, { resolver }) => {
    if (act.kind !== 'resolver') throw new TypeError(`${act.kind} is no change of settings`);
    const sets = others.flatMap(({ act: other }) => (other.kind === 'resolver' ? [other.set] : []));
    return { kind: 'resolver', at, set: without(act.set, resolver, sets) };
  },
};

const FORWARDING: Act = {
  key: 'forwarding',
  isMeant: ({ forwarding }) => forwarding !== null,
  plan: ({ forwarding, zone }, at, path, { mode }, context) => {
    noZone('forwarding', zone, path, context);
    const set = forwarding ?? {};
    if (Object.keys(set).length === 0) {
      context.fail([...path, 'forwarding'], 'at least one setting', 'none');
    }
    if (mode !== 'forwarded') {
      const expected = '"mode: forwarded" of "cluster.cache", without which nothing is forwarded';
      context.failKey([...path, 'forwarding'], '"forwarding"', expected);
    }
    return { act: { kind: 'forwarding', at, set }, text: forwardingText(set) };
  },
  lift: (act, at, others, { forwarding }) => {
    if (act.kind !== 'forwarding') throw new TypeError(`${act.kind} is no change of forwarding`);
    const sets = others.flatMap(({ act: other }) => {
      return other.kind === 'forwarding' ? [other.set] : [];
    });
    return { kind: 'forwarding', at, set: without(act.set, forwarding, sets) };
  },
};

const APPS: Act = {
  key: 'apps',
  isMeant: ({ apps }) => apps !== null,
  plan: ({ apps, zone, over }, at, path, { zones }, context) => {
    noZone('apps', zone, path, context);
    const set = apps?.staticZone ?? {};
    if (Object.keys(set).length === 0) {
      context.fail([...path, 'apps', 'static-zone'], 'at least one setting', 'none');
    }
    if (set.use === true) checkCopiedRoot(zones, [...path, 'apps', 'static-zone'], context);
    const text = `static-zone ${staticZoneText(set)}`;
    return { act: { kind: 'apps', at, over: over ?? 0, set }, text };
  },
  lift: (act, at, others, { staticZone }) => {
    if (act.kind !== 'apps') throw new TypeError(`${act.kind} is no change of an app`);
    const sets = others.flatMap(({ act: other }) => (other.kind === 'apps' ? [other.set] : []));
    const { every, first, ...start } = staticZone;
    return { ...act, at, set: without<StaticZoneChange>(act.set, start, sets) };
  },
};

const RULE: Act = {
  key: 'rule',
  isMeant: ({ rule }) => rule !== null,
  plan: ({ rule, zone, over }, at, path, stage, context) => {
    noZone('rule', zone, path, context);
    if (rule === null || !isRule(rule, [...path, 'rule'], stage, context)) return null;
    return { act: { kind: 'rule', at, over: over ?? 0, rule, lifts: false }, text: rule };
  },
  lift: (act, at, others) => {
    if (act.kind !== 'rule') throw new TypeError(`${act.kind} is no rule`);
    const isHeld = others.some(
      ({ act: other }) => other.kind === 'rule' && other.rule === act.rule,
    );
    return isHeld ? null : { ...act, at, lifts: true };
  },
};

const NTA: Act = {
  key: 'nta',
  isMeant: ({ nta }) => nta !== null,
  plan: ({ nta, zone: beside, over }, at, path, { zones }, context) => {
    noZone('nta', beside, path, context);
    if (nta === null) return null;
    const { zone, ...anchor } = nta;
    isUnderAZone(zone, [...path, 'nta', 'zone'], zones, context);
    if (anchor.lifetime === 0 || anchor.lifetime > MAX_NEGATIVE_ANCHOR_LIFETIME) {
      context.fail([...path, 'nta', 'lifetime'], 'more than nothing and at most a week (RFC 7646)');
    }
    return {
      act: { kind: 'nta', at, over: over ?? 0, zone, anchor },
      text: `negative trust anchor for ${zoneText(zone)}`,
    };
  },
  lift: (act, at, others) => {
    if (act.kind !== 'nta') throw new TypeError(`${act.kind} is no negative trust anchor`);
    const isHeld = others.some(({ act: other }) => other.kind === 'nta' && other.zone === act.zone);
    return isHeld ? null : { ...act, at, anchor: null };
  },
};

const RESTART: Act = {
  key: 'restart',
  isMeant: ({ restart }) => restart !== null,
  plan: ({ restart, zone, over }, at, path, stage, context) => {
    noZone('restart', zone, path, context);
    if (restart === null) return null;
    const { nodes, colos } = checkedNodes(restart, [...path, 'restart'], stage, context);
    return {
      act: { kind: 'restart', at, over: over ?? 0, nodes, colos },
      text: `${nodesText(restart)} restart`,
    };
  },
  lift: null,
};

const CLOCK: Act = {
  key: 'clock',
  isMeant: ({ clock }) => clock !== null,
  plan: ({ clock, zone }, at, path, stage, context) => {
    noZone('clock', zone, path, context);
    if (clock === null) return null;
    const { skew } = clock;
    if (skew === 0) context.fail([...path, 'clock', 'skew'], 'a shift other than 0');
    const { nodes, colos } = checkedNodes(clock, [...path, 'clock'], stage, context);
    const off = `${formatDuration(Math.abs(skew))} ${skew < 0 ? 'behind' : 'ahead'}`;
    return {
      act: { kind: 'clock', at, skew, nodes, colos },
      text: `clocks of ${nodesText(clock)} ${off}`,
    };
  },
  lift: (act, at) => {
    if (act.kind !== 'clock') throw new TypeError(`${act.kind} sets no clock`);
    return { ...act, at, skew: -act.skew };
  },
};

/** In the order in which messages list them. */
const ACTS: readonly Act[] = [
  ...[SIGN_WITH, RESIGN, ADD, RESOLVER, FORWARDING, APPS],
  ...[RULE, NTA, RESTART, CLOCK],
  ...SITE_ACTS,
  WITHDRAW_COLO,
];

/** Acts that take their time. */
const ROLLED_OUT: readonly Act[] = [APPS, RULE, NTA, RESTART];

const LIFTABLE: readonly string[] = ACTS.filter(({ lift }) => lift !== null).map(({ key }) => key);

/** The act of an event; null after an error. */
export function planAct(
  event: EventScenario,
  at: Micros,
  path: Path,
  stages: Stages,
  context: Context,
): Planned | null {
  const [meant, ...others] = ACTS.filter(({ isMeant }) => isMeant(event));
  if (meant === undefined || others.length > 0) {
    const found = meant === undefined ? 'an event in which nothing happens' : 'two events in one';
    context.fail(path, `one of ${ACTS.map(({ key }) => key).join(', ')}`, found);
    return null;
  }
  if (event.until !== null && meant.lift === null) {
    const expected = `"until" with what can be lifted (${LIFTABLE.join(', ')})`;
    context.failKey([...path, 'until'], `"until" beside "${meant.key}"`, expected);
  }
  if (event.over !== null && !ROLLED_OUT.includes(meant)) {
    const expected = `"over" with what is rolled out (${ROLLED_OUT.map(({ key }) => key).join(', ')})`;
    context.failKey([...path, 'over'], `"over" beside "${meant.key}"`, expected);
  }
  if (event.operator !== null && !SITE_ACTS.includes(meant)) {
    const expected = `"operator" with ${SITE_ACTS.map(({ key }) => key).join(', ')}`;
    context.failKey([...path, 'operator'], `"operator" beside "${meant.key}"`, expected);
  }
  const role = event.role ?? 'resolver';
  if (event.role !== null) {
    const roles = stages.map((stage) => stage.role).filter((each) => each !== 'authoritative');
    context.known([...path, 'role'], role, 'role', roles);
  }
  const stage = stages.find((each) => each.role === role) ?? stages[0];
  const planned = meant.plan(event, at, path, stage, context);
  if (planned === null || event.role === null) return planned;
  const { act, text } = planned;
  if (!isNodeAct(act)) {
    context.failKey([...path, 'role'], `"role" beside "${meant.key}"`, 'an act upon nodes');
  } else if (role === 'origin') {
    return { act: { ...act, role }, text: `${text} (origin)` };
  }
  return planned;
}

/** What undoes `lifted` when it ends, so that of what else holds then nothing is undone. */
export function liftOf(lifted: Placed, all: readonly Placed[], stages: Stages): TimelineAct | null {
  const { act, until } = lifted;
  if (until === null) return null;
  const lift = ACTS.find(({ key }) => key === act.kind)?.lift ?? null;
  if (lift === null) return null;
  const role = roleOf(act);
  const others = all
    .filter((other) => roleOf(other.act) === role)
    .filter((other) => other.act.at <= until && (other.until === null || other.until > until))
    .sort((a, b) => a.act.at - b.act.at);
  const stage = stages.find((each) => each.role === role) ?? stages[0];
  const lifts = lift(act, until, others, stage);
  return lifts !== null && isNodeAct(lifts) && role === 'origin' ? { ...lifts, role } : lifts;
}

/** What `set` changed as it is without it: as at the start, or as others that hold have set it. */
function without<T extends object>(
  set: Partial<T>,
  start: T,
  others: readonly Partial<T>[],
): Partial<T> {
  const inForce: T = Object.assign({}, start, ...others);
  const back = Object.entries(inForce).filter(([key]) => key in set);
  return Object.fromEntries(back) as Partial<T>;
}

/** Says so when a selection speaks of a colo that does not exist. */
function checkedNodes(
  select: NodeSelection,
  path: Path,
  stage: Stage,
  context: Context,
): NodeSelection {
  for (const [i, colo] of select.colos.entries()) {
    context.known([...path, 'colos', i], colo, 'colo', Object.keys(stage.colos));
  }
  return select;
}

/** `30% of the nodes in fra` */
function nodesText({ nodes, colos }: NodeSelection): string {
  const many =
    nodes === null
      ? 'all nodes'
      : nodes.kind === 'share'
        ? `${percentText(nodes.share)} of the nodes`
        : `${nodes.count} of the nodes`;
  return colos.length === 0 ? many : `${many} in ${colos.join(', ')}`;
}

/** Says so when a text is no rule, or speaks of a colo or client group that does not exist. */
function isRule(text: string, path: Path, stage: Stage, context: Context): boolean {
  const rule = parseRule(text);
  if ('column' in rule) {
    const { word, column, message, expected } = rule;
    const what = word === '' ? 'nothing' : quote(word);
    const wanted = expected.length === 0 ? 'an override rule' : oneOf(expected);
    const found = `${what} at column ${column} of the rule (${message})`;
    context.fail(path, wanted, found, nearestWord(word, expected));
    return false;
  }
  const { colos, clientGroups, subtrees } = rule.match;
  const validated = rule.phase === 'validation' ? subtrees : [];
  return [
    ...validated.map((name) => isUnderAZone(`${name}`, path, stage.zones, context)),
    ...colos.map((colo) => context.known(path, colo, 'colo', Object.keys(stage.colos))),
    ...clientGroups.map((name) => context.known(path, name, 'client group', stage.clientGroups)),
  ].every((isKnown) => isKnown);
}

/** Below a zone that does not exist nothing is ever validated: a slip of the pen. */
function isUnderAZone(
  text: string,
  path: Path,
  zones: readonly ZonePlan[],
  context: Context,
): boolean {
  const name = text.replace(/\.$/, '');
  const isRootWhole = zones.some(({ apex, snapshot }) => apex === '.' && snapshot !== undefined);
  if (name === '' || isRootWhole) return true;
  const apexes = zones.map(({ apex }) => apex).filter((apex) => apex !== '.');
  if (apexes.some((apex) => name === apex || name.endsWith(`.${apex}`))) return true;
  const expected = `a name at or below a zone of the scenario (${apexes.join(', ')})`;
  const top = name.slice(name.lastIndexOf('.') + 1);
  context.fail(path, expected, quote(name), nearestWord(top, apexes));
  return false;
}

interface SignedZone {
  readonly apex: string;
  readonly signing: SigningPlan;
}

function signedZone(
  name: string | null,
  path: Path,
  zones: readonly ZonePlan[],
  context: Context,
): SignedZone | null {
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

function planResign(
  resign: ResignScenario,
  { apex, signing }: SignedZone,
  at: Micros,
  path: Path,
  context: Context,
): Planned {
  const { types, signedWith, copy, over } = resign;
  const owner = resign.owner === 'apex' ? apex : resign.owner;
  if (owner !== null && apex !== '.' && owner !== apex && !owner.endsWith(`.${apex}`)) {
    context.fail([...path, 'owner'], `"apex" or a name in ${apex}`);
  }
  if (signedWith !== null) {
    const ids = signing.keys.map(({ id }) => id);
    context.known([...path, 'signed-with'], signedWith, `key of ${apex}`, ids);
  }
  const copies = Math.max(...signing.keys.map((key) => key.copies));
  if (copy !== null && copy >= copies) {
    context.fail([...path, 'copy'], `a copy from 0 (the published one) to ${copies - 1}`);
  }
  const what = types.length === 0 ? '' : `${types.map(typeName).join(', ')} of `;
  return {
    act: { kind: 'resign', at, zone: apex, select: { owner, types, signedWith }, over, copy },
    text: `${what}${zoneText(owner ?? apex)} signed anew`,
  };
}

function zoneText(apex: string): string {
  return apex === '.' ? 'the root' : apex;
}

/** `validation off, max-ttl 60s` */
function settingsText(set: Partial<ResolverPlan>): string {
  return Object.entries(set)
    .map(([key, value]) => {
      const word = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      return `${word} ${valueText(key, value)}`;
    })
    .join(', ');
}

/** `off`, `unknown-types rfc3597, max-age 2d` */
function staticZoneText({
  use,
  unknownTypes,
  maxAge,
  signatureHorizon,
  ...is
}: StaticZoneChange): string {
  const onOff = (is: boolean): string => (is ? 'on' : 'off');
  const length = (age: Micros | null): string => (age === null ? 'off' : formatDuration(age));
  return [
    ...(use === undefined ? [] : [onOff(use)]),
    ...(unknownTypes === undefined ? [] : [`unknown-types ${unknownTypes}`]),
    ...(is.zonemd === undefined ? [] : [`zonemd ${is.zonemd ? 'required' : 'ignored'}`]),
    ...(is.soaExpire === undefined ? [] : [`soa-expire ${onOff(is.soaExpire)}`]),
    ...(maxAge === undefined ? [] : [`max-age ${length(maxAge)}`]),
    ...(signatureHorizon === undefined ? [] : [`signature-horizon ${length(signatureHorizon)}`]),
    ...(is.fallback === undefined ? [] : [`fallback ${onOff(is.fallback)}`]),
  ].join(', ');
}

/** `tags propagate, copy-ttl 10s` */
function forwardingText({ tags, copyTtl }: ForwardingChange): string {
  return [
    ...(tags === undefined ? [] : [`tags ${tags}`]),
    ...(copyTtl === undefined ? [] : [`copy-ttl ${copyTtl}s`]),
  ].join(', ');
}

function valueText(key: string, value: ResolverPlan[keyof ResolverPlan]): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'number') return value ? 'on' : 'off';
  if (key === 'prefetch' || key === 'ipv4Share') return percentText(value);
  return key === 'bogusRetries' ? `${value}` : `${value}s`;
}

function percentText(share: number): string {
  return `${Number((share * 100).toPrecision(3))}%`;
}
