/**
 * What override rules and negative trust anchors do to a running node: which queries they answer, what a
 * change of theirs makes void, and when anchors end. A node that was never given any has none of this.
 *
 * A mark or an anchor takes nothing away from what is known of zones: validation asks first whether a
 * name is insecure by order (`validate/anchors.ts`), so when the last order is lifted all is as it was.
 * Of what is cached under it,
 *   - failures, bogus answers and the recheck time of stale ones end at once, in both directions;
 *   - answers that were found secure lose AD while it stands, and have it again afterwards;
 *   - everything goes when it is an anchor that comes or goes (RFC 7646 section 2.2).
 * Fetches under way there are run out for those who wait, and what they find is not kept.
 *
 * Limitations: a failure of another zone, for want of a name server whose name lies there, is kept to its
 * end. Each change looks at every entry of the answer table once.
 */

import { type CachedAnswer, emptied, isFailure } from './cache/cached-answer.ts';
import type { EntryView } from './cache/table.ts';
import type { ClientQuery } from './events.ts';
import type { Message, Question } from './message.ts';
import type { Name } from './name/name.ts';
import type { NodeState } from './node.ts';
import type { Phase } from './policy/phases.ts';
import {
  type AnchorEnd,
  Policy,
  type PolicyChange,
  type PolicyPorts,
  type Verdict,
  type Voided,
} from './policy/policy.ts';
import { refreshFrom } from './policy/prefetch.ts';
import { type Checker, type Progress, Rechecks } from './recheck.ts';
import type { Micros } from './time.ts';
import { TYPE } from './wire/iana.ts';

/** `timer` of the ends and re-checks of negative trust anchors. */
export const POLICY_TIMER = 1;

const LONG_AGO = Number.NEGATIVE_INFINITY;

/** What is being resolved for clients. */
interface WorkUnderWay {
  /** For such names it is run out, joined by nobody any more, and what it comes to is not kept. */
  disown(isConcerned: (name: Name) => boolean): void;
}

export class Policing implements EntryView {
  readonly #node: NodeState;
  readonly #ports: PolicyPorts;
  readonly #work: WorkUnderWay;
  readonly #openChecker: () => Checker;
  readonly #policy: Policy;
  readonly #rechecks = new Rechecks();
  /** Instant of the clock for which a wake was last asked for. */
  #wakeAt: Micros = LONG_AGO;

  /** Each checker has nothing cached, the trust anchors of the node, and no policy. */
  constructor(node: NodeState, ports: PolicyPorts, work: WorkUnderWay, openChecker: () => Checker) {
    this.#node = node;
    this.#ports = ports;
    this.#work = work;
    this.#openChecker = openChecker;
    this.#policy = new Policy(ports);
  }

  /** Throws a RangeError where `Policy.change` does. */
  change(change: PolicyChange): void {
    const node = this.#node;
    const voided = this.#policy.change(change, node.clock);
    node.anchors.declareInsecure(this.#policy.insecure);
    this.#review(voided);
    this.#schedule();
  }

  /** Other entries are there now, to be seen as those before them. */
  tableChanged(): void {
    this.#review({ zones: [], flush: false });
  }

  /** What the rules of a phase make of a client's query. */
  run(phase: Phase, query: ClientQuery): Verdict {
    return this.#policy.run(phase, query, this.#node.clock);
  }

  // ---- what is cached ----

  overrides(question: Question): boolean {
    return this.#policy.overrides(question);
  }

  isCovered({ question, answer, checkingDisabled }: CachedAnswer): boolean {
    const { anchors } = this.#node;
    if (!anchors.hasNegative || checkingDisabled) return false;
    // DS is the parent's own data.
    const isDs = question.type === TYPE.DS && !question.name.isRoot;
    const isNegative = (name: Name): boolean => anchors.negativeAbove(name) !== null;
    if (isNegative(isDs ? question.name.parent : question.name)) return true;
    return answer.some(({ name }) => !name.equals(question.name) && isNegative(name));
  }

  #review({ zones, flush }: Voided): void {
    const { table, anchors } = this.#node;
    // What another anchor, positive or negative, speaks of below is no business of these.
    const isConcerned = (name: Name): boolean =>
      zones.some((zone) => name.isAtOrBelow(zone) && anchors.between(zone, name) === null);
    const revised = (entry: CachedAnswer): CachedAnswer => {
      if (zones.length === 0 || !(flush || restsOnJudgement(entry))) return entry;
      if (!namesOf(entry).some(isConcerned)) return entry;
      return flush || !isFailure(entry) ? emptied(entry) : { ...entry, expiresAt: LONG_AGO };
    };
    const view = this.#policy.isEmpty ? null : this;
    table.review(view, revised, (entry) => this.#quickUntil(entry), this);
    if (zones.length > 0) this.#work.disown(isConcerned);
  }

  /** Until when a probe may find an entry that no rule overrides any more. */
  #quickUntil(entry: CachedAnswer): Micros {
    const { prefetch, serveStale } = this.#node.config;
    if (entry.failure?.stale != null && serveStale === null) return LONG_AGO;
    return refreshFrom(entry, prefetch);
  }

  // ---- negative trust anchors ----

  /** Lifts the anchors whose life is over, and begins the re-checks that are due. */
  wake(): void {
    const { now, clock } = this.#node;
    const { anchors } = this.#policy;
    for (const zone of anchors.over(clock)) this.#end(zone, 'lifetime');
    for (const { zone, round } of anchors.takeRechecks(clock)) {
      const draw = this.#ports.draw(zone, round);
      this.#take(this.#rechecks.begin(this.#openChecker(), zone, draw, now, clock));
    }
    this.#schedule();
  }

  /** The clock was set: what is due is due at another instant of the driver's. */
  clockSet(): void {
    this.#wakeAt = LONG_AGO;
    this.#schedule();
  }

  /** Goes on with the re-check that a transaction belongs to. */
  resume(transaction: number, message: Message | null): void {
    const { now, clock } = this.#node;
    this.#take(this.#rechecks.resume(transaction, message, now, clock));
  }

  #take({ asks, validates }: Progress): void {
    for (const ask of asks) {
      // Servers are numbered by each node for itself.
      const server = this.#node.servers.intern(ask.server.text, ask.server.family);
      this.#node.effects.push({ ...ask, server });
    }
    if (validates !== null && this.#policy.anchors.has(validates)) this.#end(validates, 're-check');
  }

  #end(zone: Name, why: AnchorEnd): void {
    this.change({ kind: 'lift-anchor', zone });
    this.#ports.anchorEnded(zone, why, this.#node.now);
  }

  #schedule(): void {
    const { dueAt } = this.#policy.anchors;
    if (dueAt === this.#wakeAt || dueAt === Number.POSITIVE_INFINITY) return;
    this.#wakeAt = dueAt;
    const at = Math.max(dueAt, this.#node.clock);
    this.#node.effects.push({ kind: 'wake', timer: POLICY_TIMER, time: 'clock', at });
  }
}

/** The names that an entry speaks of: what was asked for, what it came to, and whose failure it is. */
function namesOf({ question, answer, failure }: CachedAnswer): readonly Name[] {
  const names = [question.name, ...answer.map(({ name }) => name)];
  return failure === null ? names : [...names, failure.subject];
}

/**
 * True for failures, and for what is known of DS without being secure: chains of trust are built from that,
 * and one that was obtained under a mark says nothing when the mark is gone.
 */
function restsOnJudgement(entry: CachedAnswer): boolean {
  return isFailure(entry) || (entry.question.type === TYPE.DS && !entry.secure);
}
