/**
 * What an operator orders while a live cluster runs, laid over the timeline of its variant: mitigations of the
 * scenario applied or lifted out of their time, and rules rolled out by hand. The result is a timeline like any
 * other; what is in force follows from it and from the clock.
 *
 * Limitations: only what acts on resolvers can be ordered, nothing that the authorities would have to do.
 */

import { parseRule } from '../../resolver-core/policy/rule-text.ts';
import type { Micros } from '../../resolver-core/time.ts';
import type { Plan, TimelineAct, TimelineEvent, VariantPlan } from '../plan.ts';
import { isNodeAct } from '../roles.ts';

/** An order that cannot be carried out, in words for who gave it. */
export class OrderError extends Error {
  override readonly name = 'OrderError';
}

interface Order {
  /** null: given by hand. */
  readonly mitigation: string | null;
  readonly acts: readonly TimelineAct[];
}

export class Orders {
  readonly #plan: Plan;
  readonly #variant: VariantPlan;
  /** Mitigations of the variant that the operator has taken out. */
  readonly #lifted = new Set<string>();
  #orders: Order[] = [];

  constructor(plan: Plan, variant: VariantPlan) {
    this.#plan = plan;
    this.#variant = variant;
  }

  /** Everything that happens, in order of time; of one instant, orders last. */
  get timeline(): readonly TimelineAct[] {
    const own = this.#variant.timeline.filter(
      ({ mitigation }) => mitigation === undefined || !this.#lifted.has(mitigation),
    );
    const ordered = this.#orders.flatMap(({ acts }) => acts);
    return [...own, ...ordered].sort((a, b) => a.at - b.at);
  }

  /** Names of the mitigations that can be ordered. */
  get mitigations(): readonly string[] {
    const names = this.#plan.variants.flatMap(({ mitigations }) => mitigations);
    return [...new Set(names)];
  }

  /** All that a mitigation does, at once. Throws `OrderError`. */
  apply(mitigation: string, at: Micros): void {
    const events = this.#eventsOf(mitigation);
    const stays = events.filter((event, index) => !isEnd(event, events.slice(0, index)));
    const foreign = stays.find((event) => !isNodeAct(event));
    if (foreign !== undefined) {
      throw new OrderError(
        `"${mitigation}" is not for resolvers alone (${foreign.kind}); start with a variant that has it`,
      );
    }
    this.#drop(mitigation);
    this.#orders.push({ mitigation, acts: stays.map((event) => ({ ...event, at })) });
  }

  /** From now on it is as if it had not been. Throws `OrderError`. */
  lift(mitigation: string): void {
    this.#eventsOf(mitigation);
    this.#drop(mitigation);
    this.#lifted.add(mitigation);
  }

  /** Rolls a rule out from colo to colo within `over`, or lifts it. Throws `OrderError`. */
  rule(rule: string, lifts: boolean, at: Micros, over: Micros): void {
    const read = parseRule(rule);
    if ('column' in read) throw new OrderError(`column ${read.column}: ${read.message}`);
    if (lifts && !this.timeline.some((act) => act.kind === 'rule' && act.rule === rule)) {
      throw new OrderError('no such rule is in force; its text must be the same');
    }
    this.#orders.push({ mitigation: null, acts: [{ kind: 'rule', at, over, rule, lifts }] });
  }

  /** The clock was set back: what was ordered stays in force. */
  clockSet(at: Micros): void {
    this.#orders = this.#orders.map(({ mitigation, acts }) => ({
      mitigation,
      acts: acts.map((act) => ({ ...act, at: Math.min(act.at, at) })),
    }));
  }

  #drop(mitigation: string): void {
    this.#orders = this.#orders.filter((order) => order.mitigation !== mitigation);
  }

  /** As they are in the first variant that has the mitigation. */
  #eventsOf(mitigation: string): readonly TimelineEvent[] {
    const variant = this.#plan.variants.find((each) => each.mitigations.includes(mitigation));
    if (variant === undefined) {
      throw new OrderError(
        `no mitigation is called "${mitigation}"; there are ${this.mitigations.join(', ') || 'none'}`,
      );
    }
    const events = variant.timeline.filter((event) => event.mitigation === mitigation);
    if (events.length > 0) return events;
    throw new OrderError(`"${mitigation}" does nothing to the nodes of this cluster`);
  }
}

/** True for what only ends something that the same mitigation began. */
function isEnd(event: TimelineEvent, before: readonly TimelineEvent[]): boolean {
  if (event.mark?.kind === 'lift') return true;
  if (event.kind === 'rule' && event.lifts) {
    return before.some((each) => each.kind === 'rule' && each.rule === event.rule);
  }
  if (event.kind === 'nta' && event.anchor === null) {
    return before.some((each) => each.kind === 'nta' && each.zone === event.zone);
  }
  return false;
}
