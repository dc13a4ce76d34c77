/**
 * `zonequake trace`: one lookup in the world of a scenario, step by step. The caches are those that
 * the colo's own traffic left behind at that instant (the colo is simulated from the start of its
 * warm-up), or empty.
 */

import { agedTo } from '../resolver-core/cache/cached-answer.ts';
import { Name } from '../resolver-core/name/name.ts';
import { formatInstant } from '../resolver-core/text/instant.ts';
import { rrsetLines } from '../resolver-core/text/presentation.ts';
import type { Micros } from '../resolver-core/time.ts';
import { epochSeconds, MINUTE } from '../resolver-core/time.ts';
import { RCODE, rcodeName, typeName } from '../resolver-core/wire/iana.ts';
import { aheadAt } from './cluster/machines.ts';
import { actsInForce, policyChange } from './cluster/policy.ts';
import { coreSettings, forwardingSettings } from './cluster/settings.ts';
import type { Plan, Role } from './plan.ts';
import { shardOf, viewOf } from './roles.ts';
import { type DescribedStep, describe, errorText } from './trace/describe.ts';
import { traceLookup } from './trace/lookup.ts';
import { DEFAULT_BLOCK, openWorld, withColdStart } from './world.ts';

export interface TraceOptions {
  readonly name: string;
  readonly type: number;
  readonly at: Micros;
  readonly variant: string;
  readonly colo: string;
  /** Whose nodes; left out: those of the public resolver. */
  readonly role?: Role;
  /** From 0. */
  readonly node: number;
  /** Empty caches instead of those of the run at `at`. */
  readonly cold: boolean;
  readonly checkingDisabled: boolean;
}

/** What `trace --json` prints. */
export interface TraceReport {
  readonly format: 'zonequake.trace/1';
  readonly scenario: string;
  readonly variant: string;
  readonly seed: number;
  readonly question: string;
  readonly checkingDisabled: boolean;
  /** ISO 8601. */
  readonly at: string;
  readonly colo: string;
  readonly role: Role;
  readonly node: number;
  readonly cold: boolean;
  readonly steps: readonly DescribedStep[];
  /** The first link that broke, in words; null when nothing did. */
  readonly broken: string | null;
  readonly answer: {
    readonly rcode: string;
    readonly authenticated: boolean;
    readonly source: string;
    readonly ms: number;
    readonly errors: readonly string[];
    readonly records: readonly string[];
  };
}

/** How far the colo is simulated between two reports. */
const SLICE: Micros = MINUTE;

/** `onProgress` is told how far the simulation of the colo has come. */
export function trace(
  world: Plan,
  options: TraceOptions,
  onProgress: (progress: { readonly clock: Micros; readonly queries: number }) => void,
): TraceReport {
  const { colo, role = 'resolver', node, at, cold, checkingDisabled } = options;
  const whole = cold ? withColdStart(world) : world;
  const plan = viewOf(whole, role);
  const variant = plan.variants.find(({ name }) => name === options.variant);
  const index = plan.cluster.colos.findIndex(({ name }) => name === colo);
  if (variant === undefined || index < 0) throw new RangeError('no such variant or colo');
  const settings = { block: DEFAULT_BLOCK, wire: false };
  const number = shardOf(plan, index);
  const { shard, nodes, upstream, copies } = openWorld(whole).openShard(variant, number, settings);
  if (nodes[node] === undefined) throw new RangeError(`colo ${colo} has no node ${node}`);
  let clock = at;
  let ahead: readonly Micros[];
  if (cold) {
    const acts = actsInForce(variant.timeline, plan, index, at, []);
    ahead = nodes.map((_, each) => aheadAt(plan, variant.timeline, index, each, at));
    for (const [each, resolver] of nodes.entries()) {
      if (copies !== null) resolver.configure({ staticZone: copies.at(each, at) });
      for (const { act, since } of acts) {
        if (act.kind === 'resolver') resolver.configure(coreSettings(act.set));
        else if (act.kind === 'forwarding') resolver.configure(forwardingSettings(act.set));
        else {
          // nothing is under way here that a change could have an effect on
          const change = policyChange(act, at - since);
          resolver.handle({ kind: 'policy', change }, at, at + (ahead[each] ?? 0));
        }
      }
    }
  } else {
    while (shard.clock < at) {
      shard.advance(Math.min(at, shard.clock + SLICE));
      onProgress({ clock: shard.clock, queries: shard.queries });
    }
    clock = Math.max(at, shard.settle());
    ahead = nodes.map((_, each) => shard.clockOf(each, clock) - clock);
  }
  const question = { name: Name.parse(options.name), type: options.type };
  const query = { node, question, dnssecOk: true, checkingDisabled, at: clock };
  const place = { nodes, upstream, delay: plan.cluster.forwarding.delay, ahead };
  const { steps, answer, elapsed } = traceLookup(place, query);
  let depth = 0;
  const described: DescribedStep[] = [];
  for (const { at: when, node: where, step, site } of steps) {
    const isOwner = where !== node;
    if (step.kind === 'outcome') depth = step.depth;
    described.push(describe(when, depth + (isOwner ? 1 : 0), isOwner, step, site));
    if (step.kind === 'lookup') depth = step.depth;
    else if (step.kind === 'outcome' && step.depth > 0) depth = step.depth - 1;
  }
  const errors = answer.answer.errors.map(errorText);
  return {
    format: 'zonequake.trace/1',
    scenario: plan.name,
    variant: variant.name,
    seed: plan.seed,
    question: `${question.name} ${typeName(question.type)}`,
    checkingDisabled,
    at: formatInstant(epochSeconds(clock)),
    colo,
    role,
    node,
    cold,
    steps: described,
    broken: answer.answer.rcode === RCODE.SERVFAIL ? firstBroken(described, errors) : null,
    answer: {
      rcode: rcodeName(answer.answer.rcode),
      authenticated: answer.authenticated,
      source: answer.source,
      ms: elapsed / 1000,
      errors,
      records: agedTo(
        answer.answer.answer,
        answer.answer.storedAt,
        clock + (ahead[node] ?? 0) + elapsed,
      ).flatMap((rrset) => rrsetLines(rrset, false)),
    },
  };
}

/** The first signature or chain step that failed; else the first server that could not help; else what is remembered. */
function firstBroken(steps: readonly DescribedStep[], errors: readonly string[]): string | null {
  const judged = steps.find(
    ({ ok, kind }) => ok === false && (kind === 'validate' || kind === 'chain'),
  );
  const found = judged ?? steps.find(({ ok, kind }) => ok === false && kind !== 'outcome');
  return found?.text ?? errors[0] ?? null;
}
