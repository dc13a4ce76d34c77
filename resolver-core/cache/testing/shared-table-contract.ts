/**
 * What nodes that share one answer table may rely on, whether it is one object in one thread (virtual time)
 * or octets in memory that threads share.
 */

import { describe, expect, it } from 'vitest';
import type { AnswerSource } from '../../events.ts';
import { Name } from '../../name/name.ts';
import type { Peers } from '../../node.ts';
import type { PolicyChange } from '../../policy/policy.ts';
import { parseRule } from '../../policy/rule-text.ts';
import type { Rule } from '../../policy/rules.ts';
import { addressSet, Pair, referral, response, type Server } from '../../testing/pair.ts';
import { SECOND } from '../../time.ts';
import { type CachedAnswer, failureOf } from '../cached-answer.ts';
import { type AnswerTable, MISS, OUTCOME_FAILURE, OUTCOME_STALE } from '../table.ts';

/** Two nodes' tables, which are one: for about `answers` answers and two dense ids. */
export type OpenTables = (answers: number) => readonly [AnswerTable, AnswerTable];

const A = 1;
const CLOCK = 1_700_000_000 * SECOND;

function entry(text: string, over: Partial<CachedAnswer> = {}): CachedAnswer {
  return {
    ...{ question: { name: Name.parse(text), type: A }, checkingDisabled: false, rcode: 0 },
    ...{ secure: false, answer: [addressSet(text, '192.0.2.1')], authority: [], additional: [] },
    ...{ errors: [], storedAt: CLOCK, expiresAt: CLOCK + 300 * SECOND, failure: null, ...over },
  };
}

function addressIn(found: CachedAnswer | undefined): number | undefined {
  return found?.answer[0]?.rdata[0]?.[3];
}

function withAddress(text: string, last: number): CachedAnswer {
  return entry(text, { answer: [addressSet(text, `192.0.2.${last}`)] });
}

export function sharedTableContract(open: OpenTables): void {
  describe('two nodes with one table', () => {
    const find = (table: AnswerTable, text: string, cd = false): CachedAnswer | undefined =>
      table.find(Name.parse(text), A, cd);

    it('find what either has stored, as it was', () => {
      const [one, other] = open(100);
      const errors = [{ code: 6, text: 'no key' }];
      const stored = entry('a.example', { secure: true, errors, rcode: 3 });
      one.store(stored, -1);
      expect(find(other, 'a.example')).toEqual(stored);
      expect(find(other, 'b.example')).toBeUndefined();
      expect(other.size).toBe(1);
    });

    it('find failures with their causes and what is given in their place', () => {
      const [one, other] = open(100);
      const errors = [{ code: 22, text: '' }];
      const question = { name: Name.parse('a.example'), type: A };
      const failed = failureOf(question, false, errors, true, CLOCK, 5);
      const stale = entry('a.example', { errors: [{ code: 3, text: '' }] });
      const both = { ...failed, failure: { ...failed.failure, stale } } as CachedAnswer;
      one.store(both, -1);
      expect(find(other, 'a.example')).toEqual(both);
      const slot = other.slotOf(question.name, A, false);
      expect(other.outcomeOf(slot) & (OUTCOME_FAILURE | OUTCOME_STALE)).toBe(OUTCOME_STALE);
    });

    it('see at once what takes the place of what they had', () => {
      const [one, other] = open(100);
      one.store(withAddress('a.example', 1), 0);
      expect(addressIn(find(other, 'a.example'))).toBe(1);
      other.store(withAddress('a.example', 2), 0);
      expect(addressIn(find(one, 'a.example'))).toBe(2);
      const slot = one.probe(0, false, CLOCK);
      if (slot !== MISS) expect(addressIn(one.entryAt(slot))).toBe(2);
      one.store(withAddress('a.example', 3), -1);
      expect(addressIn(find(other, 'a.example'))).toBe(3);
      expect(one.size).toBe(1);
    });

    it('keep validated and unvalidated answers, and types, apart', () => {
      const [one, other] = open(100);
      one.store(withAddress('a.example', 1), -1);
      other.store({ ...withAddress('a.example', 2), checkingDisabled: true }, -1);
      expect(addressIn(find(one, 'a.example', true))).toBe(2);
      expect(addressIn(find(other, 'a.example', false))).toBe(1);
      expect(other.find(Name.parse('a.example'), 28, false)).toBeUndefined();
      expect(one.size).toBe(2);
    });

    it('let no probe find what is due for a refresh, though another stored it', () => {
      const [one, other] = open(100);
      one.store(entry('a.example'), -1, CLOCK + 10 * SECOND);
      const slot = other.slotOf(Name.parse('a.example'), A, false);
      expect(other.take(slot, CLOCK + 10 * SECOND - 1)).toBe(true);
      expect(other.take(slot, CLOCK + 10 * SECOND)).toBe(false);
      expect(other.isSlow(slot, CLOCK + 10 * SECOND)).toBe(true);
    });

    it('forget together', () => {
      const [one, other] = open(100);
      one.store(entry('a.example'), 0);
      const slot = other.slotOf(Name.parse('a.example'), A, false);
      expect(slot).not.toBe(MISS);
      other.bind(slot, 0);
      one.clear();
      expect(find(other, 'a.example')).toBeUndefined();
      expect(other.probe(0, false, CLOCK)).toBe(MISS);
      expect([one.size, other.size]).toEqual([0, 0]);
    });

    it('are bounded, and keep what is asked for', () => {
      const [one, other] = open(64);
      one.store(entry('popular.example'), -1);
      let asked = 0;
      for (let i = 0; i < 2_000; i++) {
        (i % 2 === 0 ? one : other).store(entry(`n${i}.example`), -1);
        if (find(i % 3 === 0 ? one : other, 'popular.example') !== undefined) asked++;
      }
      expect(asked).toBe(2_000);
      expect(one.size).toBe(other.size);
      expect(one.size).toBeLessThanOrEqual(128);
      expect(one.size).toBeGreaterThan(32);
    });

    it('review as one: what it changes is changed for all', () => {
      const [one, other] = open(100);
      one.store(withAddress('a.example', 1), -1);
      one.store(withAddress('b.example', 1), -1);
      find(other, 'a.example');
      const revise = (each: CachedAnswer): CachedAnswer =>
        `${each.question.name}` === 'a.example.' ? { ...each, rcode: 5 } : each;
      one.review(null, revise, ({ expiresAt }) => expiresAt);
      expect(find(other, 'a.example')?.rcode).toBe(5);
      expect(find(one, 'a.example')?.rcode).toBe(5);
      expect(find(other, 'b.example')?.rcode).toBe(0);
    });
  });

  describe('two resolvers with one table', () => {
    const LEAF = '192.0.2.53';

    function nodes(): readonly [Pair, Pair] {
      const root: Server = (question) => referral(question, 'de', 'ns.de', LEAF);
      const leaf: Server = (question) =>
        response(question, { answer: [addressSet(question.name.toString(), '203.0.113.1', 60)] });
      const [one, other] = open(100).map((table): Pair => {
        const peers: Peers = { kind: 'shared-table', table };
        return new Pair({ '198.41.0.4': root, [LEAF]: leaf }, {}, { questions: 1, peers });
      }) as [Pair, Pair];
      return [one, other];
    }

    const ask = (node: Pair): AnswerSource | undefined => {
      const client = node.query('www.beispiel.de', A, false, 0);
      node.drain();
      return node.answers.get(client)?.source;
    };
    const probe = (node: Pair): number =>
      node.resolver.probe(0, false, node.now + node.clockOffset);
    const change = (node: Pair, kind: PolicyChange['kind'], text: string): void =>
      node.change({ kind, rule: parseRule(text) as Rule } as PolicyChange);

    it('one gives what the other has found', () => {
      const [one, other] = nodes();
      expect([ask(one), ask(other)]).toEqual(['miss', 'hit']);
      expect(other.asked).toEqual([]);
    });

    it('one resolves anew when what the other found has expired, for both', () => {
      const [one, other] = nodes();
      ask(one);
      for (const node of [one, other]) node.pass(61 * SECOND);
      expect([ask(other), ask(one)]).toEqual(['miss', 'hit']);
    });

    it('no probe finds what a rule of any of them overrides, until the last such rule is lifted', () => {
      const [one, other] = nodes();
      ask(one);
      ask(other);
      const text = 'phase = pre-cache subtree = de refuse';
      change(one, 'apply-rule', text);
      change(other, 'apply-rule', text);
      expect([probe(one), probe(other)]).toEqual([MISS, MISS]);
      for (const node of [one, other]) change(node, 'lift-rule', text);
      // The first query finds it again where the table is more than one object.
      for (const node of [one, other]) expect(ask(node)).toBe('hit');
      for (const node of [one, other]) expect(probe(node)).not.toBe(MISS);
    });
  });
}
