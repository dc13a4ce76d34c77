/**
 * Keeps one live node in line with the timeline: at each instant of the scenario's clock it has the settings,
 * rules, anchors, clock and copy of the root zone that are in force there, and it has restarted when it should
 * have. What is in force is worked out from the timeline and the instant alone, so that the clock may be
 * set forth and back and the timeline may change: the difference is then told to the node.
 *
 * Limitations: a restart between two instants happens once, however many there were. One that was jumped
 * over happens when the clock has jumped.
 */

import type { LocalZone } from '../../resolver-core/apps/local-root.ts';
import type { Micros } from '../../resolver-core/time.ts';
import { changeBetween, type InForce, inForce, nothingInForce } from '../cluster/in-force.ts';
import { aheadAt, duesOf } from '../cluster/machines.ts';
import type { RootCopies } from '../cluster/root-copies.ts';
import type { Plan, TimelineAct } from '../plan.ts';
import type { AnchorEnded } from '../result.ts';
import type { Workshop } from '../world.ts';
import type { LiveClock } from './clock.ts';
import type { LiveNode } from './node.ts';
import { Wakes } from './wakes.ts';

export interface ConductParts {
  readonly plan: Plan;
  /** Index of the colo in the plan, and number of the node there. */
  readonly colo: number;
  readonly number: number;
  readonly node: LiveNode;
  readonly clock: LiveClock;
  readonly workshop: Workshop;
  /** Where the node comes from: the virtual run at this instant, under this timeline; … */
  readonly since: Micros;
  readonly timeline: readonly TimelineAct[];
  /** … or it was told nothing yet. */
  readonly cold: boolean;
}

export class Conduct {
  readonly #parts: ConductParts;
  readonly #next: Wakes;
  #timeline: readonly TimelineAct[];
  #copies: RootCopies | null;
  #has: InForce;
  #copy: LocalZone | null;
  #ahead: Micros;
  /** Everything up to here has happened. */
  #done: Micros;
  /** Ends of anchors, by the scenario's clock. */
  #ended: AnchorEnded[] = [];
  #endsSeen = 0;

  constructor(parts: ConductParts) {
    const { plan, colo, number, clock, workshop, since, timeline, node, cold } = parts;
    this.#parts = parts;
    this.#timeline = timeline;
    this.#copies = workshop.copiesFor(timeline);
    this.#ended = [...workshop.anchorEnds];
    this.#endsSeen = workshop.anchorEnds.length;
    this.#has = cold ? nothingInForce(plan) : inForce(plan, timeline, colo, since, this.#ended);
    this.#copy = node.resolver.config.staticZone;
    this.#ahead = cold ? 0 : aheadAt(plan, timeline, colo, number, since);
    this.#done = since;
    this.#next = new Wakes(clock, () => this.sync());
  }

  /** From now on this is what happens. */
  setTimeline(timeline: readonly TimelineAct[]): void {
    this.#timeline = timeline;
    this.#copies = this.#parts.workshop.copiesFor(timeline);
    this.sync();
  }

  /** The first word to the node on the wall clock: what waits for an instant of the clock is asked for anew. */
  begin(timeline: readonly TimelineAct[]): void {
    this.#parts.node.clockSet(this.#ahead, false);
    this.setTimeline(timeline);
  }

  /** The scenario's clock goes on by another setting; `back` when it went back. */
  clockSet(back: boolean): void {
    const { clock, node } = this.#parts;
    const at = clock.at(clock.now());
    if (back) {
      this.#done = at;
      this.#takeEnds();
      this.#ended = this.#ended.filter((end) => end.at <= at);
    }
    node.clockSet(this.#ahead, back);
    this.sync();
  }

  /** The node loses what is in memory. */
  restart(): void {
    const { plan, number, node, workshop } = this.#parts;
    node.restart(workshop.openNode(number));
    this.#has = nothingInForce(plan);
    this.#copy = null;
    node.clockSet(this.#ahead, false);
    this.sync();
  }

  /** Makes what is in force of what was, and waits for the next act. */
  sync(): void {
    const { plan, colo, number, clock, node } = this.#parts;
    const at = clock.at(clock.now());
    const since = this.#done;
    this.#done = Math.max(at, since);
    const isRestarted = this.#dues('restart').some((due) => due > since && due <= at);
    if (isRestarted) {
      this.restart();
      return;
    }
    const ahead = aheadAt(plan, this.#timeline, colo, number, at);
    if (ahead !== this.#ahead) {
      const back = ahead < this.#ahead;
      this.#ahead = ahead;
      node.clockSet(ahead, back);
    }
    this.#takeEnds();
    const force = inForce(plan, this.#timeline, colo, at, this.#ended);
    const { configure, policy } = changeBetween(this.#has, force, at);
    this.#has = force;
    if (configure !== null) node.resolver.configure(configure);
    for (const change of policy) node.handle({ kind: 'policy', change });
    this.#renewCopy(at);
    this.#await(at);
  }

  close(): void {
    this.#next.clear();
  }

  #renewCopy(at: Micros): void {
    const { number, node } = this.#parts;
    const copy = this.#copies?.at(number, at) ?? null;
    if (copy === this.#copy) return;
    this.#copy = copy;
    node.resolver.configure({ staticZone: copy });
  }

  /** An anchor that ended by itself is not in force any more, and needs no lift. */
  #takeEnds(): void {
    const { workshop, clock, number } = this.#parts;
    for (const end of workshop.anchorEnds.slice(this.#endsSeen)) {
      if (end.node === number) this.#ended.push({ ...end, at: clock.at(end.at) });
    }
    this.#endsSeen = workshop.anchorEnds.length;
  }

  /** The instants at which acts of this kind, or of all others, do something here. */
  #dues(kind: 'restart' | 'others'): Micros[] {
    const { plan, colo, number } = this.#parts;
    return this.#timeline.flatMap((act) => {
      if ((act.kind === 'restart') !== (kind === 'restart')) return [];
      const dues = duesOf(plan, colo, act);
      return dues.flatMap(({ at, node }) => (kind === 'others' || node === number ? at : []));
    });
  }

  #await(at: Micros): void {
    const { plan } = this.#parts;
    const fetches = this.#copies?.fetches(at, at + 2 * plan.cluster.staticZone.every) ?? [];
    const ahead = [...this.#dues('restart'), ...this.#dues('others'), ...fetches];
    const next = ahead.reduce(
      (least, due) => (due > at ? Math.min(least, due) : least),
      Number.POSITIVE_INFINITY,
    );
    this.#next.clear();
    if (next !== Number.POSITIVE_INFINITY) {
      this.#next.add({ kind: 'wake', timer: 0, time: 'clock', at: next }, 0);
    }
  }
}
