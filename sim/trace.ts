/**
 * `zonequake trace`: one lookup in the world of a scenario, step by step. The caches are those that
 * the colo's own traffic left behind at that instant (the colo is simulated from the start of its
 * warm-up), or empty.
 */

import { Name } from '../resolver-core/name/name.ts';
import { formatInstant } from '../resolver-core/text/instant.ts';
import { rrsetLines } from '../resolver-core/text/presentation.ts';
import type { Micros } from '../resolver-core/time.ts';
import { epochSeconds } from '../resolver-core/time.ts';
import { rcodeName, typeName } from '../resolver-core/wire/iana.ts';
import { openColo } from './colo.ts';
import type { Plan } from './plan.ts';
import { type DescribedStep, describe, errorText } from './trace/describe.ts';
import { traceLookup } from './trace/lookup.ts';

export interface TraceOptions {
  readonly name: string;
  readonly type: number;
  readonly at: Micros;
  readonly variant: string;
  readonly colo: string;
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

/** `onClock` is told how far the simulation of the colo has come. */
export function trace(
  plan: Plan,
  options: TraceOptions,
  onClock: (clock: Micros) => void,
): TraceReport {
  const { variant, colo, node, at, cold, checkingDisabled } = options;
  const opened = openColo(plan, variant, colo);
  if (!cold) opened.shard.advanceQuietly(at, onClock);
  const question = { name: Name.parse(options.name), type: options.type };
  const resolver = opened.nodes[node];
  if (resolver === undefined) throw new RangeError(`colo ${colo} has no node ${node}`);
  const clock = cold ? at : Math.max(at, opened.shard.settle());
  const query = { question, dnssecOk: true, checkingDisabled, at: clock };
  const { steps, answer, elapsed } = traceLookup(resolver, opened.upstream, query);
  let depth = 0;
  const described: DescribedStep[] = [];
  for (const { at: when, step } of steps) {
    if (step.kind === 'outcome') depth = step.depth;
    described.push(describe(when, depth, step));
    if (step.kind === 'lookup') depth = step.depth;
    else if (step.kind === 'outcome' && step.depth > 0) depth = step.depth - 1;
  }
  return {
    format: 'zonequake.trace/1',
    scenario: plan.name,
    variant,
    seed: plan.seed,
    question: `${question.name} ${typeName(question.type)}`,
    checkingDisabled,
    at: formatInstant(epochSeconds(clock)),
    colo,
    node,
    cold,
    steps: described,
    broken: answer.answer.rcode === 2 ? firstBroken(described) : null,
    answer: {
      rcode: rcodeName(answer.answer.rcode),
      authenticated: answer.authenticated,
      source: answer.source,
      ms: elapsed / 1000,
      errors: answer.answer.errors.map(errorText),
      records: answer.answer.answer.flatMap((rrset) => rrsetLines(rrset, false)),
    },
  };
}

/** The first signature or chain step that failed; else the first server that could not help. */
function firstBroken(steps: readonly DescribedStep[]): string | null {
  const judged = steps.find(
    ({ ok, kind }) => ok === false && (kind === 'validate' || kind === 'chain'),
  );
  const found = judged ?? steps.find(({ ok }) => ok === false);
  return found?.text ?? null;
}
