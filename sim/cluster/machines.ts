/**
 * The nodes of a colo as machines: they restart and lose what is only in memory, and their clocks may be
 * wrong. Which nodes an act means is a fixed order of each colo's nodes, so that two acts with the same
 * number of nodes mean the same ones.
 *
 * Limitation: a restart takes no time; the node is back at once, with nothing.
 */

import type { CachedAnswer } from '../../resolver-core/cache/cached-answer.ts';
import type { Micros } from '../../resolver-core/time.ts';
import { mix, PURPOSE } from '../engine/random.ts';
import type { NodeSelection, Plan, TimelineAct } from '../plan.ts';
import { roleNumber } from '../roles.ts';
import { arrivalAt } from './policy.ts';

/** An event of a node carries its number in the low bits, and above them how often it was restarted. */
const LIFE_SHIFT = 16;
const NODE_MASK = 0xffff;

/** An instant at which an act does something in a colo. */
export interface Due {
  readonly at: Micros;
  /** The node that it is for; ALL for an act that finds its nodes itself. */
  readonly node: number;
}

export const ALL = 0;

export class Machines {
  /** By node: how far its clock is ahead of the scenario's. */
  readonly skew: Float64Array;
  readonly #lives: Int32Array;

  constructor(nodes: number) {
    this.skew = new Float64Array(nodes);
    this.#lives = new Int32Array(nodes);
  }

  /** Names a node in an event that is void once it has restarted. */
  placeOf(node: number): number {
    return ((this.#lives[node] as number) << LIFE_SHIFT) | node;
  }

  /** The node that such an event is for; -1 when it has restarted since. */
  nodeAt(place: number): number {
    const node = place & NODE_MASK;
    return place >>> LIFE_SHIFT === this.#lives[node] ? node : -1;
  }

  restart(node: number): void {
    this.#lives[node] = (this.#lives[node] as number) + 1;
  }

  setAhead(node: number, by: Micros): void {
    this.skew[node] = (this.skew[node] as number) + by;
  }
}

/** The numbers of the nodes that an act means in a colo (by its index), in their order; none elsewhere. */
export function chosenNodes(plan: Plan, colo: number, select: NodeSelection): readonly number[] {
  const place = plan.cluster.colos[colo];
  if (place === undefined) throw new RangeError(`no colo ${colo}`);
  const { nodes, colos } = select;
  if (colos.length > 0 && !colos.includes(place.name)) return [];
  const role = roleNumber(plan.cluster.role);
  const rank = (node: number): number => mix(plan.seed, PURPOSE.nodeOrder, colo, node, role);
  const ordered = [...Array(place.nodes).keys()].sort((a, b) => rank(a) - rank(b) || a - b);
  if (nodes === null) return ordered;
  const many = nodes.kind === 'count' ? nodes.count : Math.round(nodes.share * place.nodes);
  return ordered.slice(0, Math.max(1, many));
}

/** When an act does something in a colo, and to which node; nothing for one that is not for resolvers. */
export function duesOf(plan: Plan, colo: number, act: TimelineAct): readonly Due[] {
  if (act.kind === 'restart') {
    const nodes = chosenNodes(plan, colo, act);
    const steps = Math.max(1, nodes.length - 1);
    return nodes.map((node, index) => ({
      at: act.at + Math.floor((act.over * index) / steps),
      node,
    }));
  }
  const at = arrivalAt(act, colo, plan.cluster.colos.length);
  return at === null ? [] : [{ at, node: ALL }];
}

/** How far the clock of a node is ahead at `at`. */
export function aheadAt(
  plan: Plan,
  timeline: readonly TimelineAct[],
  colo: number,
  node: number,
  at: Micros,
): Micros {
  let ahead = 0;
  for (const act of timeline) {
    if (act.kind !== 'clock' || act.at > at) continue;
    if (chosenNodes(plan, colo, act).includes(node)) ahead += act.skew;
  }
  return ahead;
}

/** An answer with its instants on a clock that is so far ahead of the one that it was stored by. */
export function inClockOf(answer: CachedAnswer, ahead: Micros): CachedAnswer {
  const { storedAt, expiresAt, failure } = answer;
  const stale = failure?.stale ?? null;
  return {
    ...answer,
    storedAt: storedAt + ahead,
    expiresAt: expiresAt + ahead,
    failure: failure && { ...failure, stale: stale && inClockOf(stale, ahead) },
  };
}
