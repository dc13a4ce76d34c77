/**
 * Warm start: the caches of a colo as after a long time of ordinary traffic, what is stale and what is known
 * of zones included, without simulating that time. A sparse history is drawn (`history.ts`): the
 * misses of the past on which something hangs that is still held. They are then really resolved, in order of
 * time, at the nodes, by the authorities as they were at those instants (`resolve.ts`). So nothing here
 * has a verdict: what is signed, valid and alive is what it was.
 *
 * An answer may turn out to live shorter than its question's usual TTL, when it leads to an alias's target
 * that others have asked for: the queries that then found nothing are drawn, and resolved as well.
 *
 * Where misses are forwarded, each question has its past at its owner, and copies are left to the warm-up; of
 * a table that the nodes share, each has its part of the past.
 *
 * Settings that the timeline changes at or before the beginning hold for all of the past. Of rules and
 * anchors, the past knows nothing.
 */

import type { ResolverConfig } from '../../resolver-core/config.ts';
import type { Resolver } from '../../resolver-core/resolver.ts';
import { type Micros, SECOND } from '../../resolver-core/time.ts';
import type { Catalogue } from '../authority/catalogue.ts';
import { rateOf } from '../clients/audience.ts';
import type { Popularity } from '../clients/popularity.ts';
import type { Questions } from '../cluster/questions.ts';
import { coreSettings } from '../cluster/settings.ts';
import { exponential } from '../engine/math.ts';
import { EventQueue } from '../engine/queue.ts';
import { hashText, mix, PURPOSE } from '../engine/random.ts';
import type { Upstream } from '../net/upstream.ts';
import type { Plan, VariantPlan } from '../plan.ts';
import { shardOf } from '../roles.ts';
import { type Miss, missesOf } from './history.ts';
import { questionRates } from './last-miss.ts';
import { Lifetimes } from './lifetimes.ts';
import { resolveAt } from './resolve.ts';

export interface WarmParts {
  readonly plan: Plan;
  readonly variant: VariantPlan;
  readonly colo: number;
  readonly catalogue: Catalogue;
  readonly questions: Questions;
  readonly popularity: Popularity;
  /** With nothing in their caches. */
  readonly nodes: readonly Resolver[];
  /** To authorities whose answers are not counted. */
  readonly upstream: Upstream;
  /** A node beside those of the colo. */
  readonly openScratch: (config: ResolverConfig) => Resolver;
  readonly memo: PastMemo;
  /** The only node that answers of a dense question are found at; null: every node finds its own. */
  readonly holderOf: ((questionId: number) => number) | null;
  /** Gives a node the copy of the root zone that it had at an instant. */
  readonly renewCopy: (node: number, at: Micros) => void;
}

/** What variants that begin alike share of a colo's past, by what they begin with. */
export class PastMemo {
  readonly lifetimes: Map<string, Lifetimes> = new Map();
  /** Of each node. */
  readonly misses: Map<string, readonly (readonly Miss[])[]> = new Map();
}

/** Nodes of a colo at most, for numbers that name a node of the plan. */
const PLACES_PER_COLO = 256;
/** With and without CD, and what of aliases, keys and proofs is kept beside. */
const ENTRIES_PER_QUESTION = 8;

/** Fills the caches of a colo's nodes as they are at the beginning of the warm-up. Returns the questions resolved. */
export function warmUp(parts: WarmParts): number {
  const { plan, variant, nodes } = parts;
  const start = plan.time.from - plan.time.warmup;
  for (const node of nodes) configure(node, variant, start);
  const queue = new EventQueue<Miss>();
  for (const [index, misses] of missesFor(parts, start).entries()) {
    for (const miss of misses) queue.schedule(start - miss.age, 0, index, 0, miss);
  }
  let resolved = 0;
  while (queue.take()) {
    const { time, place: index, load: miss } = queue;
    if (miss === null) continue;
    relive(parts, queue, index, miss, time, start);
    resolved++;
  }
  return resolved;
}

/** What each node missed. */
function missesFor(parts: WarmParts, start: Micros): readonly (readonly Miss[])[] {
  const { plan, colo, nodes, questions, popularity, catalogue, holderOf, memo } = parts;
  const stale = staleHorizon(parts);
  const key = `${stale} ${beginningOf(parts, start)}`;
  const known = memo.misses.get(key);
  if (known !== undefined) return known;
  const lifetimes = lifetimesFor(parts, start);
  const rates = questionRates(plan, colo, catalogue.hosts.length, catalogue.missing.length);
  const lookups = rateOf(plan, colo) / 1e6 / nodes.length;
  const oneOffRate = lookups * plan.traffic.oneOff.share;
  const found = nodes.map((node, index) => {
    const place = shardOf(plan, colo) * PLACES_PER_COLO + index;
    const { config } = node;
    const given = { plan, catalogue, questions, popularity, lifetimes, config, stale, place };
    const each = rates.map((rate) => rate / nodes.length);
    const held = rates.map((rate, id) => (holderOf?.(id) === index ? rate : 0));
    const own = holderOf === null ? each : held;
    // Nobody hands on a question with CD to its owner.
    const unvalidated = plan.cluster.cache.mode === 'forwarded' ? each : own;
    return missesOf({ ...given, rates: own, unvalidated, oneOffRate });
  });
  memo.misses.set(key, found);
  return found;
}

/** Resolves a miss at `at`, and schedules the next one if there was another that is not known yet. */
function relive(
  { plan, colo, nodes, upstream, questions, renewCopy }: WarmParts,
  queue: EventQueue<Miss>,
  index: number,
  miss: Miss,
  at: Micros,
  start: Micros,
): void {
  const node = nodes[index] as Resolver;
  const { question, questionId, checkingDisabled, rate } = miss;
  if (!miss.isOfUse) {
    node.occupy(question, checkingDisabled, at);
    return;
  }
  const place = shardOf(plan, colo) * PLACES_PER_COLO + index;
  const key = checkingDisabled ? questionId + questions.count : questionId;
  const instant = Math.floor(at / SECOND) | 0;
  const ordinal = hashText(mix(place, question.type, key, instant), question.name.key);
  // Between the sources of re-checks and those that find out lifetimes.
  const draw = { source: -0x1000_0000 - place, ordinal, attempt: 0 };
  const query = { question, questionId, checkingDisabled, draw };
  renewCopy(index, at);
  const { expiresAt } = resolveAt(node, upstream, query, at);
  if (rate === 0) return;
  const bits = mix(plan.seed, PURPOSE.warmAgain, place, key, instant);
  const next = Math.max(at, expiresAt) + 1 + Math.floor(exponential(bits) / rate);
  if (next < start - miss.quietFrom) {
    queue.schedule(next, 0, index, 0, miss);
    return;
  }
  // What the table spares is what it would.
  if (miss.isAskedAgain) node.probe(questionId, checkingDisabled, at);
}

/** What the timeline has set before the beginning. */
function configure(node: Resolver, variant: VariantPlan, start: Micros): void {
  for (const event of variant.timeline) {
    if (event.kind === 'resolver' && event.at <= start) node.configure(coreSettings(event.set));
  }
}

/** The longest that an answer past its TTL can be of use in the variant. */
function staleHorizon({ variant, nodes }: WarmParts): Micros {
  let seconds = nodes[0]?.config.serveStale?.maxStale ?? 0;
  for (const event of variant.timeline) {
    if (event.kind !== 'resolver') continue;
    seconds = Math.max(seconds, event.set.serveStale?.maxStale ?? 0);
  }
  return seconds * SECOND;
}

function lifetimesFor(parts: WarmParts, start: Micros): Lifetimes {
  const { memo, nodes, questions, upstream } = parts;
  const key = beginningOf(parts, start);
  let found = memo.lifetimes.get(key);
  if (found !== undefined) return found;
  const config = nodes[0]?.config;
  if (config === undefined) throw new RangeError('a colo without nodes');
  const entries = questions.count * ENTRIES_PER_QUESTION;
  // Whatever was asked before, each question has its own life.
  const apart = { aggressiveNsec: false, aggressiveNsec3: false, nxdomainCut: false };
  const plain = { serveStale: null, prefetch: 0, answers: entries, zoneCuts: entries };
  const scratch = parts.openScratch({ ...config, ...apart, ...plain });
  found = new Lifetimes(scratch, upstream, questions, start);
  memo.lifetimes.set(key, found);
  return found;
}

/** The same for variants whose nodes are set alike when their caches are filled. */
function beginningOf({ variant }: WarmParts, start: Micros): string {
  return JSON.stringify(variant.timeline.filter(({ at }) => at <= start));
}
