import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE } from '../../resolver-core/time.ts';
import type { NodeSelection, Plan, TimelineAct } from '../plan.ts';
import { smallPlan } from '../testing/small-plan.ts';
import { ALL, aheadAt, chosenNodes, duesOf, Machines } from './machines.ts';

function planOf(nodes: number): Plan {
  const small = smallPlan();
  const colos = small.cluster.colos.map((colo) => ({ ...colo, nodes }));
  return { ...small, cluster: { ...small.cluster, colos } };
}

const PLAN = planOf(10);
const some = (nodes: NodeSelection['nodes'], colos: readonly string[] = []): NodeSelection => ({
  nodes,
  colos,
});
const share = (part: number): NodeSelection => some({ kind: 'share', share: part });
const count = (many: number): NodeSelection => some({ kind: 'count', count: many });

describe('the nodes that an act means', () => {
  it('are a share rounded to whole nodes, one at least, or a number of them', () => {
    expect(chosenNodes(PLAN, 0, share(0.3))).toHaveLength(3);
    expect(chosenNodes(PLAN, 0, share(0.07))).toHaveLength(1);
    expect(chosenNodes(PLAN, 0, share(0.01))).toHaveLength(1);
    expect(chosenNodes(PLAN, 0, count(4))).toHaveLength(4);
    expect(chosenNodes(PLAN, 0, count(99))).toHaveLength(10);
    expect([...chosenNodes(PLAN, 0, some(null))].sort()).toEqual([...Array(10).keys()]);
  });

  it('are the same for every act, in an order that each colo has for itself', () => {
    const [few, more] = [chosenNodes(PLAN, 0, count(2)), chosenNodes(PLAN, 0, share(0.5))];
    expect(more.slice(0, 2)).toEqual(few);
    expect(chosenNodes(PLAN, 1, some(null))).not.toEqual(chosenNodes(PLAN, 0, some(null)));
    expect(chosenNodes({ ...PLAN, seed: 2 }, 0, some(null))).not.toEqual(
      chosenNodes(PLAN, 0, some(null)),
    );
  });

  it('are none at colos that are not listed', () => {
    const select = some(null, ['iad']);
    expect(chosenNodes(PLAN, 0, select)).toEqual([]);
    expect(chosenNodes(PLAN, 1, select)).toHaveLength(10);
  });
});

describe('a rolling restart', () => {
  const restart = (nodes: number): TimelineAct => ({
    ...{ kind: 'restart', at: HOUR, over: 30 * MINUTE },
    ...count(nodes),
  });

  it('reaches the first node at once and the last at the end, at even distances', () => {
    const dues = duesOf(PLAN, 0, restart(4));
    expect(dues.map(({ at }) => at / MINUTE)).toEqual([60, 70, 80, 90]);
    expect(dues.map(({ node }) => node)).toEqual(chosenNodes(PLAN, 0, count(4)));
  });

  it('of one node is at once', () => {
    expect(duesOf(PLAN, 0, restart(1))).toMatchObject([{ at: HOUR }]);
  });
});

describe('clocks', () => {
  const clock = (at: number, skew: number, nodes: number): TimelineAct => ({
    ...{ kind: 'clock', at, skew },
    ...count(nodes),
  });

  it('are off by the sum of what was done to them', () => {
    const acts = [clock(0, HOUR, 2), clock(1, MINUTE, 1), clock(2, -HOUR, 2)];
    const [first, second, third] = chosenNodes(PLAN, 0, some(null)) as [number, number, number];
    const ahead = (node: number, at: number): number => aheadAt(PLAN, acts, 0, node, at);
    expect([ahead(first, 0), ahead(first, 1), ahead(first, 2)]).toEqual([
      HOUR,
      HOUR + MINUTE,
      MINUTE,
    ]);
    expect([ahead(second, 1), ahead(second, 2), ahead(third, 1)]).toEqual([HOUR, 0, 0]);
  });

  it('are set once in each colo', () => {
    expect(duesOf(PLAN, 0, clock(5, HOUR, 2))).toEqual([{ at: 5, node: ALL }]);
  });
});

describe('an event of a node', () => {
  it('is void once the node has restarted', () => {
    const machines = new Machines(3);
    const [before, other] = [machines.placeOf(2), machines.placeOf(1)];
    machines.restart(2);
    expect(machines.nodeAt(before)).toBe(-1);
    expect(machines.nodeAt(other)).toBe(1);
    expect(machines.nodeAt(machines.placeOf(2))).toBe(2);
    for (let i = 0; i < 40_000; i++) machines.restart(2);
    expect(machines.nodeAt(machines.placeOf(2))).toBe(2);
  });
});
