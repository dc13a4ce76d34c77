/**
 * What mitigations cost beside what they mend: how long each override rule and negative trust anchor
 * stood, also after the repair, what was answered unvalidated meanwhile, and what caches had no room for.
 *
 * An order (a rule or an anchor) stands from its first node to its last. The plan says when it is lifted;
 * what a node lifted by itself comes from the shards.
 *
 * Limitation: unvalidated answers are told apart by time alone. Where two orders stand in one bucket, each
 * has the answers of both.
 */

import { Name } from '../resolver-core/name/name.ts';
import { parseRule } from '../resolver-core/policy/rule-text.ts';
import { formatInstant } from '../resolver-core/text/instant.ts';
import { epochSeconds, type Micros, SECOND } from '../resolver-core/time.ts';
import { AgeCounts } from './ages.ts';
import { arrivalAt, isPolicy } from './cluster/policy.ts';
import { METRICS, metricValue } from './metrics.ts';
import type { EventOrigin, NodeAct, Plan, PolicyAct, Role, VariantPlan } from './plan.ts';
import type {
  Ages,
  AnchorEnded,
  EvictionCounts,
  EvictionResult,
  OrderResult,
  ShardCounts,
} from './result.ts';
import { placeOf, viewOf } from './roles.ts';
import type { Table } from './tally.ts';

type Order = Extract<NodeAct, PolicyAct> & EventOrigin;
type EndedBy = OrderResult['endedBy'];

/** When an order was gone from all nodes, and why from the last of them. */
interface End {
  readonly at: Micros;
  readonly by: EndedBy;
}

/** The orders of a variant that stand within its window. `tableOf` has the counts of a role. */
export function ordersOf(
  plan: Plan,
  { timeline }: VariantPlan,
  parts: readonly ShardCounts[],
  tableOf: (role: Role) => Table,
): OrderResult[] {
  const repaired = lastRepair(timeline);
  const acts = timeline.filter((event): event is Order => isPolicy(event));
  return acts.flatMap((order, index): OrderResult[] => {
    if (isLift(order)) return [];
    const role = order.role ?? 'resolver';
    const table = tableOf(role);
    const finished = plan.time.from + table.buckets * plan.time.bucket;
    const end = endOf(plan, order, acts.slice(index + 1), parts);
    const from = Math.max(order.at, plan.time.from);
    const isCutOff = end.at > finished;
    const until = isCutOff ? finished : end.at;
    if (until <= from) return [];
    const first = Math.floor((from - plan.time.from) / plan.time.bucket);
    const last = Math.ceil((until - plan.time.from) / plan.time.bucket);
    const sums = table.sums({ first, end: last });
    const marks = unvalidates(order);
    return [
      {
        role,
        kind: order.kind,
        text: order.kind === 'rule' ? order.rule : order.zone,
        mitigation: order.mitigation ?? null,
        from: instant(from),
        until: instant(until),
        endedBy: isCutOff ? 'still-on' : end.by,
        secondsOn: (until - from) / SECOND,
        secondsAfterRepair:
          repaired === null ? null : Math.max(0, until - Math.max(from, repaired)) / SECOND,
        unvalidated: marks ? sums.unvalidated : 0,
        unvalidatedRate: marks ? metricValue(UNVALIDATED_RATE, sums) : 0,
      },
    ];
  });
}

const UNVALIDATED_RATE = METRICS['unvalidated-rate'] as (typeof METRICS)[string];

function isLift(order: Order): boolean {
  return order.kind === 'rule' ? order.lifts : order.anchor === null;
}

/** True for anchors, and rules that mark a zone insecure: under others everything is validated as ever. */
function unvalidates(order: Order): boolean {
  if (order.kind === 'nta') return true;
  const rule = parseRule(order.rule);
  return !('column' in rule) && rule.action.kind === 'mark-insecure';
}

function lastRepair(timeline: VariantPlan['timeline']): Micros | null {
  const repairs = timeline.filter(({ mark }) => mark?.kind === 'repair').map(({ at }) => at);
  return repairs.length === 0 ? null : Math.max(...repairs);
}

/** The end of an order is that in the colo where it stands longest. */
function endOf(
  plan: Plan,
  order: Order,
  later: readonly Order[],
  parts: readonly ShardCounts[],
): End {
  const { colos } = viewOf(plan, order.role ?? 'resolver').cluster;
  const next = later.find((other) => isSameOrder(order, other));
  let last: End = { at: Number.NEGATIVE_INFINITY, by: 'plan' };
  for (const { shard, anchorEnds } of parts) {
    const { role, colo } = placeOf(plan, shard);
    if (role !== (order.role ?? 'resolver')) continue;
    const begins = arrivalAt(order, colo, colos.length) as Micros;
    const lifted = next === undefined ? null : arrivalAt(next, colo, colos.length);
    const planned: End = { at: lifted ?? Number.POSITIVE_INFINITY, by: 'plan' };
    const own = order.kind === 'nta' ? ownEnds(order.zone, begins, planned.at, anchorEnds) : [];
    const ended = new Set(own.map(({ node }) => node)).size;
    const isGone = ended === colos[colo]?.nodes;
    const end = isGone ? (own.at(-1) ?? planned) : planned;
    if (end.at > last.at) last = end;
  }
  return last;
}

/** What ended by itself between the instants at which an anchor was given to a colo and taken from it. */
function ownEnds(
  zone: string,
  begins: Micros,
  lifted: Micros,
  ends: readonly AnchorEnded[],
): readonly (End & { readonly node: number })[] {
  const text = `${Name.parse(zone)}`;
  return ends
    .filter((end) => end.zone === text && end.at > begins && end.at <= lifted)
    .map(({ node, at, why }) => ({ node, at, by: why }));
}

/** True when `other` lifts an order, or takes its place. */
function isSameOrder(order: Order, other: Order): boolean {
  if (order.role !== other.role) return false;
  if (order.kind === 'rule') {
    return other.kind === 'rule' && other.lifts && other.rule === order.rule;
  }
  return other.kind === 'nta' && other.zone === order.zone;
}

/** What the answer caches of all shards had no room for. */
export function evictionsOf(parts: readonly ShardCounts[]): EvictionResult {
  const all = parts.map(({ evictions }) => evictions);
  const sum = (of: (counts: EvictionCounts) => number): number =>
    all.reduce((total, counts) => total + of(counts), 0);
  const [fresh, usable] = [sum((counts) => counts.fresh), sum((counts) => counts.usable)];
  const [expired, failures] = [sum((counts) => counts.expired), sum((counts) => counts.failures)];
  const copies = sum((counts) => counts.copies);
  const entries = fresh + usable + expired + failures + copies;
  const share = (count: number): number | null => (entries === 0 ? null : count / entries);
  const ages = (of: (counts: EvictionCounts) => Float64Array): Ages | null => agesOf(all.map(of));
  return {
    ...{ entries, fresh, usable, expired, failures, copies },
    freshShare: share(fresh),
    usableShare: share(usable),
    pastExpirySeconds: ages((counts) => counts.pastExpiry),
    sinceStoredSeconds: ages((counts) => counts.sinceStored),
    effectiveStaleHorizonSeconds: ages((counts) => counts.usableFor)?.p50 ?? null,
  };
}

function agesOf(rows: readonly Float64Array[]): Ages | null {
  const ages = new AgeCounts();
  for (const pairs of rows) {
    for (let i = 0; i < pairs.length; i += 2) ages.add(pairs[i] as number, pairs[i + 1] as number);
  }
  return ages.summary();
}

function instant(at: Micros): string {
  return formatInstant(epochSeconds(at));
}
