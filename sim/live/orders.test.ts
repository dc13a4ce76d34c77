import { describe, expect, test } from 'vitest';
import { HOUR } from '../../resolver-core/time.ts';
import type { VariantPlan } from '../plan.ts';
import { FAULT_AT } from '../testing/small-plan.ts';
import { OrderError, Orders } from './orders.ts';
import { livePlan, OVERRIDE } from './testing/live-plan.ts';

const PLAN = livePlan('private', 1);
const [FAULT, OVERRIDDEN] = PLAN.variants as [VariantPlan, VariantPlan];
const NOW = FAULT_AT + HOUR;

describe('what an operator orders', () => {
  test('a mitigation begins at once, and what would have ended it is left out', () => {
    const orders = new Orders(PLAN, FAULT);
    orders.apply('override', NOW);
    const added = orders.timeline.filter((act) => act.kind === 'rule');
    expect(added).toEqual([expect.objectContaining({ rule: OVERRIDE, at: NOW, lifts: false })]);
  });

  test('applied twice it is there once', () => {
    const orders = new Orders(PLAN, FAULT);
    orders.apply('override', NOW);
    orders.apply('override', NOW + 1);
    expect(orders.timeline.filter(({ kind }) => kind === 'rule')).toHaveLength(1);
  });

  test('lifted, it is as if it had not been, in the timeline of the variant, too', () => {
    const orders = new Orders(PLAN, OVERRIDDEN);
    expect(orders.timeline).toEqual(OVERRIDDEN.timeline);
    orders.lift('override');
    expect(orders.timeline).toEqual(FAULT.timeline);
  });

  test('a rule by hand is lifted by its text', () => {
    const orders = new Orders(PLAN, FAULT);
    const rule = 'phase = pre-cache name = a.de refuse';
    expect(() => orders.rule(rule, true, NOW, 0)).toThrow('no such rule is in force');
    orders.rule(rule, false, NOW, HOUR);
    orders.rule(rule, true, NOW + 1, 0);
    const acts = orders.timeline.filter(({ kind }) => kind === 'rule');
    expect(acts).toMatchObject([
      { rule, lifts: false, over: HOUR },
      { rule, lifts: true, over: 0 },
    ]);
  });

  test('orders of a future that is none any more hold from now on', () => {
    const orders = new Orders(PLAN, FAULT);
    orders.apply('override', NOW);
    orders.clockSet(NOW - HOUR);
    expect(orders.timeline.find(({ kind }) => kind === 'rule')?.at).toBe(NOW - HOUR);
  });

  test('what is for nodes of another role alone is refused', () => {
    const empty = { ...FAULT, name: 'origin', mitigations: ['origin-override'] };
    const orders = new Orders({ ...PLAN, variants: [...PLAN.variants, empty] }, FAULT);
    expect(() => orders.apply('origin-override', NOW)).toThrow('does nothing to the nodes');
  });

  test('what cannot be done is refused in words', () => {
    const orders = new Orders(PLAN, FAULT);
    expect(() => orders.apply('overide', NOW)).toThrow(OrderError);
    expect(() => orders.apply('overide', NOW)).toThrow('there are override');
    expect(() => orders.rule('phase = nowhere', false, NOW, 0)).toThrow(/column \d+/);
  });

  test('a mitigation that needs the authorities is refused', () => {
    const resign = { ...FAULT.timeline[0], mitigation: 'resign' } as (typeof FAULT.timeline)[0];
    const variant = { name: 'resigned', mitigations: ['resign'], timeline: [resign] };
    const orders = new Orders({ ...PLAN, variants: [...PLAN.variants, variant] }, FAULT);
    expect(() => orders.apply('resign', NOW)).toThrow('not for resolvers alone (sign-with)');
  });
});
