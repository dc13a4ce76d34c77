import { describe, expect, test } from 'vitest';
import { HOUR, MINUTE, SECOND } from '../../resolver-core/time.ts';
import type { TimelineAct } from '../plan.ts';
import { FAULT_AT, smallPlan } from '../testing/small-plan.ts';
import { changeBetween, inForce, nothingInForce } from './in-force.ts';

const PLAN = smallPlan();
const RULE = 'phase = pre-cache name = a.de refuse';
const OTHER = 'phase = pre-cache name = b.de refuse';

function rule(at: number, text = RULE, lifts = false): TimelineAct {
  return { kind: 'rule', at, over: 0, rule: text, lifts };
}

function anchor(at: number, lifetime: number | null): TimelineAct {
  const held = lifetime === null ? null : { lifetime, recheck: null, explain: false };
  return { kind: 'nta', at, over: 0, zone: 'de', anchor: held } as TimelineAct;
}

function at(timeline: readonly TimelineAct[], instant: number) {
  return inForce(PLAN, timeline, 0, instant, []);
}

describe('what is in force', () => {
  test('a rule from when it came until it is lifted', () => {
    const timeline = [rule(FAULT_AT), rule(FAULT_AT + HOUR, RULE, true)];
    expect([...at(timeline, FAULT_AT - 1).rules.keys()]).toEqual([]);
    expect([...at(timeline, FAULT_AT).rules.keys()]).toEqual([RULE]);
    expect([...at(timeline, FAULT_AT + HOUR).rules.keys()]).toEqual([]);
  });

  test('settings as they were last set, and as the plan has them before', () => {
    const timeline: TimelineAct[] = [
      { kind: 'resolver', at: FAULT_AT, set: { validation: false } },
    ];
    expect(at(timeline, FAULT_AT - 1).settings.validation).toBe(true);
    expect(at(timeline, FAULT_AT).settings.validation).toBe(false);
  });

  test('an anchor for as long as it lives', () => {
    const timeline = [anchor(FAULT_AT, 3_600)];
    expect(at(timeline, FAULT_AT + HOUR - 1).anchors.size).toBe(1);
    expect(at(timeline, FAULT_AT + HOUR).anchors.size).toBe(0);
  });
});

describe('what makes one of another', () => {
  test('nothing, where nothing differs', () => {
    const timeline = [rule(FAULT_AT), anchor(FAULT_AT, 36_000)];
    const here = at(timeline, FAULT_AT);
    expect(changeBetween(here, at(timeline, FAULT_AT + MINUTE), FAULT_AT + MINUTE)).toEqual({
      ...{ configure: null, policy: [] },
    });
  });

  test('forth and back: what comes is applied, what has not happened yet is lifted', () => {
    const timeline = [rule(FAULT_AT), anchor(FAULT_AT, 36_000)];
    const before = at(timeline, FAULT_AT - 1);
    const after = at(timeline, FAULT_AT);
    const kinds = (from: typeof before, to: typeof before): string[] =>
      changeBetween(from, to, FAULT_AT).policy.map(({ kind }) => kind);
    expect(kinds(before, after)).toEqual(['apply-rule', 'apply-anchor']);
    expect(kinds(after, before)).toEqual(['lift-rule', 'lift-anchor']);
  });

  test('a rule that another replaces is lifted first', () => {
    const policy = changeBetween(at([rule(0)], 1), at([rule(0, OTHER)], 1), 1).policy;
    expect(policy).toMatchObject([
      { kind: 'lift-rule', rule: { text: RULE } },
      { kind: 'apply-rule', rule: { text: OTHER } },
    ]);
  });

  test('an anchor has left what is left of its life', () => {
    const timeline = [anchor(FAULT_AT, 3_600)];
    const late = FAULT_AT + 10 * MINUTE;
    const { policy } = changeBetween(nothingInForce(PLAN), at(timeline, late), late);
    expect(policy).toMatchObject([{ kind: 'apply-anchor', anchor: { lifetime: 3_000 } }]);
  });

  test('only settings that differ are set', () => {
    const timeline: TimelineAct[] = [{ kind: 'resolver', at: SECOND, set: { maxTtl: 60 } }];
    const { configure } = changeBetween(nothingInForce(PLAN), at(timeline, SECOND), SECOND);
    expect(configure).toEqual({ maxTtl: 60 });
  });
});
