/**
 * The policy of one node: the override rules and negative trust anchors that are in force, compiled anew
 * with each change to what is looked up on the way of a query. Rules are found by the names they speak
 * of, walking up from the name in question; without rules and anchors nothing is walked, and the node
 * has no policy at all (`NodeState.policy` is null).
 *
 * Several marks and anchors may stand on one name; it is insecure until the last is lifted.
 */

import type { CachedAnswer } from '../cache/cached-answer.ts';
import type { Insecurity } from '../cache/zone-cuts.ts';
import type { DrawKey } from '../events.ts';
import type { Question } from '../message.ts';
import type { Name } from '../name/name.ts';
import type { Micros } from '../time.ts';
import { EDE } from '../wire/iana.ts';
import { type NegativeAnchor, NegativeAnchors } from './nta.ts';
import { APP_TAGS, BYPASS_CACHE, NO_TAGS, type Phase, type TagNames, type Tags } from './phases.ts';
import { type Action, answerWith, overridesCache, type Rule, refusal } from './rules.ts';

/** Something that the control plane does to a node. */
export type PolicyChange =
  /** In force behind all rules that are; one that is already stays where it is. */
  | { readonly kind: 'apply-rule'; readonly rule: Rule }
  /** By its text. */
  | { readonly kind: 'lift-rule'; readonly rule: Rule }
  | { readonly kind: 'apply-anchor'; readonly anchor: NegativeAnchor }
  | { readonly kind: 'lift-anchor'; readonly zone: Name };

/** What a change has made void. */
export interface Voided {
  /** At and below these names; none when the change was none or concerns no validation. */
  readonly zones: readonly Name[];
  /** Everything that is cached there goes (RFC 7646 section 2.2); else only what was judged of it. */
  readonly flush: boolean;
}

/** What the driver hands in for a node that rules and anchors are given to. */
export interface PolicyPorts {
  /** Where the node stands: its colo and its number there, from 0. */
  readonly colo: string;
  readonly node: number;
  /** Shared by all nodes that hand queries to one another. */
  readonly tagNames: TagNames;
  /** Names the draws of a re-check, counted from 0 for each anchor: no client asked for it. */
  readonly draw: (zone: Name, round: number) => DrawKey;
  /** Told of each anchor that ends by itself. */
  readonly anchorEnded: (zone: Name, why: AnchorEnd, now: Micros) => void;
}

/** Its life was over, or a re-check found that its name validates. */
export type AnchorEnd = 'lifetime' | 're-check';

/** What rules look at. */
export interface RuleSubject {
  readonly question: Question;
  readonly checkingDisabled: boolean;
  readonly clientGroup: string;
  readonly tags: Tags;
}

/** What the rules of a phase make of a query. */
export interface Verdict {
  readonly tags: Tags;
  /** The answer that a rule gives; null: go on. */
  readonly answer: CachedAnswer | null;
}

const FOREVER = Number.POSITIVE_INFINITY;
const NOTHING: Voided = { zones: [], flush: false };

const MARKED: Insecurity = {
  kind: 'insecure',
  expiresAt: FOREVER,
  reason: 'marked insecure by an override rule',
  error: null,
};
const ANCHORED: Insecurity = { ...MARKED, reason: 'negative trust anchor' };
const EXPLAINED: Insecurity = {
  ...ANCHORED,
  error: { code: EDE.NEGATIVE_TRUST_ANCHOR, text: '' },
};

/** A rule of this place, with its tags as bits. */
interface Compiled {
  readonly rule: Rule;
  /** Rules are run in this order. */
  readonly order: number;
  readonly asked: Tags;
  /** The tags that its action sets. */
  readonly set: Tags;
}

export class Policy {
  readonly #ports: PolicyPorts;
  readonly #rules: Rule[] = [];
  readonly anchors: NegativeAnchors = new NegativeAnchors();
  /** What is insecure by order of the operator, by `Name.key`. */
  insecure: ReadonlyMap<string, Insecurity> = new Map();
  #phases: ReadonlyMap<Phase, RuleIndex> = new Map();
  /** Rules that change what a client gets though the cache has an answer for it. */
  #overrides = new RuleIndex([]);

  constructor(ports: PolicyPorts) {
    this.#ports = ports;
  }

  get isEmpty(): boolean {
    return this.#rules.length === 0 && this.anchors.all.length === 0;
  }

  /** Throws a RangeError for an anchor of more than a week, and when there are too many tags. */
  change(change: PolicyChange, clock: Micros): Voided {
    const voided = this.#change(change, clock);
    this.#compile();
    return voided;
  }

  #change(change: PolicyChange, clock: Micros): Voided {
    switch (change.kind) {
      case 'apply-rule': {
        const { rule } = change;
        if (this.#indexOf(rule) >= 0) return NOTHING;
        this.#compiled(rule, 0); // throws before anything is changed
        this.#rules.push(rule);
        return this.#voidedBy(rule);
      }
      case 'lift-rule': {
        const at = this.#indexOf(change.rule);
        if (at < 0) return NOTHING;
        const [rule] = this.#rules.splice(at, 1);
        return rule === undefined ? NOTHING : this.#voidedBy(rule);
      }
      case 'apply-anchor':
        this.anchors.add(change.anchor, clock);
        return { zones: [change.anchor.zone], flush: true };
      case 'lift-anchor':
        return this.anchors.remove(change.zone) ? { zones: [change.zone], flush: true } : NOTHING;
    }
  }

  #indexOf(rule: Rule): number {
    return this.#rules.findIndex(({ text }) => text === rule.text);
  }

  #voidedBy(rule: Rule): Voided {
    if (rule.action.kind !== 'mark-insecure' || !this.#isHere(rule)) return NOTHING;
    return { zones: rule.match.subtrees, flush: false };
  }

  /**
   * Runs the rules of a phase in the order in which they came into force: each sees the tags of those
   * before it, and the first that answers ends it.
   */
  run(phase: Phase, subject: RuleSubject, clock: Micros): Verdict {
    let { tags } = subject;
    const index = this.#phases.get(phase);
    if (index === undefined) return { tags, answer: null };
    const { question, checkingDisabled } = subject;
    for (const { rule, asked, set } of index.about(question)) {
      const { tags: names, clientGroups } = rule.match;
      if (names.length > 0 && (tags & asked) === 0) continue;
      if (clientGroups.length > 0 && !clientGroups.includes(subject.clientGroup)) continue;
      const { action } = rule;
      if (action.kind === 'refuse') {
        return { tags, answer: refusal(question, checkingDisabled, clock) };
      }
      if (action.kind === 'answer') {
        return { tags, answer: answerWith(action.with, question, checkingDisabled, clock) };
      }
      tags |= set;
    }
    return { tags, answer: null };
  }

  /** True when a rule before the cache may change what clients get for a question. */
  overrides(question: Question): boolean {
    return this.#overrides.about(question).length > 0;
  }

  #compile(): void {
    const byPhase = new Map<Phase, Compiled[]>();
    const marked = new Map<string, Insecurity>();
    for (const [order, rule] of this.#rules.entries()) {
      if (!this.#isHere(rule)) continue;
      if (rule.action.kind === 'mark-insecure') {
        for (const zone of rule.match.subtrees) marked.set(zone.key, MARKED);
        continue;
      }
      const list = byPhase.get(rule.phase) ?? [];
      byPhase.set(rule.phase, [...list, this.#compiled(rule, order)]);
    }
    for (const { zone, explain } of this.anchors.all) {
      marked.set(zone.key, explain ? EXPLAINED : ANCHORED);
    }
    this.insecure = marked;
    this.#phases = new Map([...byPhase].map(([phase, rules]) => [phase, new RuleIndex(rules)]));
    const first = byPhase.get('pre-cache') ?? [];
    this.#overrides = new RuleIndex(first.filter(({ rule }) => overridesCache(rule)));
  }

  /** Throws a RangeError when there are too many tags. */
  #compiled(rule: Rule, order: number): Compiled {
    const { tagNames } = this.#ports;
    let asked = 0;
    for (const tag of rule.match.tags) asked |= tagNames.bit(tag);
    return { rule, order, asked, set: setBy(rule.action, tagNames) };
  }

  /** Colo and node of a rule are known when it comes into force. */
  #isHere({ match: { colos, nodes } }: Rule): boolean {
    const { colo, node } = this.#ports;
    return (
      (colos.length === 0 || colos.includes(colo)) && (nodes.length === 0 || nodes.includes(node))
    );
  }
}

/** The tags that an action sets. */
function setBy(action: Action, tagNames: TagNames): Tags {
  switch (action.kind) {
    case 'set-tag':
      return tagNames.bit(action.tag);
    case 'disable-app':
      return APP_TAGS[action.app];
    case 'bypass-cache':
      return BYPASS_CACHE;
    default:
      return NO_TAGS;
  }
}

const NONE: readonly Compiled[] = [];

/** Rules by the names they speak of. */
class RuleIndex {
  /** Rules about all names. */
  readonly #anywhere: readonly Compiled[];
  readonly #exact = new Map<string, Compiled[]>();
  readonly #subtrees = new Map<string, Compiled[]>();

  constructor(rules: readonly Compiled[]) {
    const put = (map: Map<string, Compiled[]>, name: Name, compiled: Compiled): void => {
      const list = map.get(name.key);
      if (list === undefined) map.set(name.key, [compiled]);
      else list.push(compiled);
    };
    const anywhere: Compiled[] = [];
    for (const compiled of rules) {
      const { names, subtrees } = compiled.rule.match;
      if (names.length + subtrees.length === 0) anywhere.push(compiled);
      for (const name of names) put(this.#exact, name, compiled);
      for (const name of subtrees) put(this.#subtrees, name, compiled);
    }
    this.#anywhere = anywhere;
  }

  /** The rules that match name and type of a question, in their order. */
  about({ name, type }: Question): readonly Compiled[] {
    const found = new Set(this.#anywhere);
    for (const compiled of this.#exact.get(name.key) ?? NONE) found.add(compiled);
    if (this.#subtrees.size > 0) {
      for (let at = name; ; at = at.parent) {
        for (const compiled of this.#subtrees.get(at.key) ?? NONE) found.add(compiled);
        if (at.isRoot) break;
      }
    }
    if (found.size === 0) return NONE;
    return [...found]
      .filter(({ rule: { match } }) => match.types.length === 0 || match.types.includes(type))
      .sort((a, b) => a.order - b.order);
  }
}
