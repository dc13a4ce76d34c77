import { describe, expect, it } from 'vitest';
import { MISS, OUTCOME_RCODE_MASK } from './cache/table.ts';
import { RECOMMENDED_SERVE_STALE, type ResolverConfig } from './config.ts';
import type { Answer, ClientQuery } from './events.ts';
import { Name } from './name/name.ts';
import { DEFAULT_NEGATIVE_ANCHOR } from './policy/nta.ts';
import { BYPASS_CACHE } from './policy/phases.ts';
import { parseRule } from './policy/rule-text.ts';
import type { Rule } from './policy/rules.ts';
import {
  addressSet,
  nameSet,
  Pair,
  ROUND_TRIP,
  referral,
  response,
  type Server,
} from './testing/pair.ts';
import { MINUTE, SECOND } from './time.ts';
import { EDE, RCODE, TYPE } from './wire/iana.ts';

const NAME = 'www.example.de';
const OTHER = 'www.example.org';
const LEAF = '192.0.2.2';
const TTL = 300;

function rule(text: string): Rule {
  const parsed = parseRule(text);
  if ('kind' in parsed) throw new Error(parsed.message);
  return parsed;
}

/** A node with two names in its catalogue: 0 below .de, 1 elsewhere. */
class Node {
  readonly pair: Pair;
  leaf: Server = (question) =>
    response(question, { answer: [addressSet(question.name.toString(), '203.0.113.1', TTL)] });

  constructor(config: Partial<ResolverConfig> = {}) {
    const root: Server = (question) => {
      const zone = question.name.ancestor(Math.min(2, question.name.labelCount));
      return referral(question, zone.toString(), `ns.${zone}`, LEAF);
    };
    const leaf: Server = (question, ask) => this.leaf(question, ask);
    this.pair = new Pair({ '198.41.0.4': root, [LEAF]: leaf }, config, { questions: 2 });
  }

  apply(text: string): void {
    this.pair.change({ kind: 'apply-rule', rule: rule(text) });
  }

  lift(text: string): void {
    this.pair.change({ kind: 'lift-rule', rule: rule(text) });
  }

  ask(name: string, from: Partial<ClientQuery> = {}, type: number = TYPE.A): Answer {
    const id = type === TYPE.A ? [NAME, OTHER].indexOf(name) : -1;
    const client = this.pair.query(name, type, false, id, from);
    this.pair.drain();
    return this.pair.answers.get(client) as Answer;
  }

  /** The RCODE that a probe finds, or MISS. */
  probe(id: number): number {
    const { resolver, now, clockOffset } = this.pair;
    const slot = resolver.probe(id, false, now + clockOffset);
    return slot < 0 ? MISS : resolver.outcomeOf(slot) & OUTCOME_RCODE_MASK;
  }
}

/** A node that has both names in its cache. */
function warm(config: Partial<ResolverConfig> = {}): Node {
  const node = new Node(config);
  node.ask(NAME);
  node.ask(OTHER);
  node.pair.asked.length = 0;
  return node;
}

describe('rules before the cache', () => {
  const REFUSE = 'phase = pre-cache subtree = de refuse';

  it('answer in place of the cache, for probes too, and for no name beside theirs', () => {
    const node = warm();
    expect([node.probe(0), node.probe(1)]).toEqual([RCODE.NOERROR, RCODE.NOERROR]);
    node.apply(REFUSE);
    expect([node.probe(0), node.probe(1)]).toEqual([MISS, RCODE.NOERROR]);
    const { source, answer } = node.ask(NAME);
    expect(source).toBe('policy');
    expect(answer).toMatchObject({ rcode: RCODE.REFUSED, errors: [{ code: EDE.BLOCKED }] });
    expect(node.ask(OTHER).source).toBe('hit');
    expect(node.pair.asked).toEqual([]);
  });

  it('hold for what comes into the cache later', () => {
    const node = new Node();
    const text = 'phase = pre-cache subtree = de client-group = office refuse';
    node.apply(text);
    expect(node.ask(NAME).source).toBe('miss');
    expect(node.probe(0)).toBe(MISS);
    expect(node.ask(NAME).source).toBe('hit');
    expect(node.ask(NAME, { clientGroup: 'office' }).source).toBe('policy');
    node.lift(text);
    expect(node.probe(0)).toBe(RCODE.NOERROR);
  });

  it('leave the cache as it was when they are lifted', () => {
    const node = warm();
    node.apply(REFUSE);
    node.lift(REFUSE);
    expect(node.probe(0)).toBe(RCODE.NOERROR);
    expect(node.ask(NAME).source).toBe('hit');
    expect(node.pair.asked).toEqual([]);
    node.pair.now += TTL * SECOND;
    expect(node.probe(0)).toBe(MISS);
  });

  it('leave probes alone that only set tags', () => {
    const node = warm();
    node.apply('phase = pre-cache set-tag rec_disable_static');
    expect([node.probe(0), node.probe(1)]).toEqual([RCODE.NOERROR, RCODE.NOERROR]);
  });

  it('answer with what they were given', () => {
    const node = warm();
    node.apply(`phase = pre-cache name = ${NAME} answer 60 A 192.0.2.99`);
    const { answer } = node.ask(NAME);
    expect(answer.answer[0]?.rdata).toEqual([Uint8Array.of(192, 0, 2, 99)]);
    expect(node.ask(NAME, {}, TYPE.AAAA).answer).toMatchObject({ rcode: 0, answer: [] });
  });

  it('let the cache be bypassed, and be filled by what is fetched instead', () => {
    const node = warm();
    const bypass = `phase = pre-cache name = ${NAME} bypass-cache`;
    node.apply(bypass);
    node.leaf = (question) =>
      response(question, { answer: [addressSet(NAME, '203.0.113.2', TTL)] });
    const { source, answer } = node.ask(NAME);
    expect(source).toBe('miss');
    expect(answer.answer[0]?.rdata).toEqual([Uint8Array.of(203, 0, 113, 2)]);
    node.lift(bypass);
    node.pair.asked.length = 0;
    expect(node.ask(NAME).answer.answer[0]?.rdata).toEqual([Uint8Array.of(203, 0, 113, 2)]);
    expect(node.pair.asked).toEqual([]);
  });

  it('do not make a prefetch of each hit that they look at', () => {
    const node = warm({ prefetch: 0.1 });
    node.apply('phase = pre-cache subtree = de client-group = office refuse');
    expect(node.ask(NAME).source).toBe('hit');
    expect(node.pair.asked).toEqual([]);
  });

  it('do not bring back stale answers that were switched off meanwhile', () => {
    const node = warm({ serveStale: RECOMMENDED_SERVE_STALE });
    node.pair.now += TTL * SECOND;
    node.leaf = (question) => response(question, { rcode: RCODE.REFUSED });
    expect(node.ask(NAME).source).toBe('stale');
    expect(node.probe(0)).toBe(RCODE.NOERROR);
    node.apply(REFUSE);
    node.pair.resolver.configure({ serveStale: null });
    node.lift(REFUSE);
    expect(node.probe(0)).toBe(MISS);
  });
});

describe('rules behind the cache', () => {
  const SHED = 'phase = post-cache subtree = de refuse';

  it('see only what the cache has no answer for', () => {
    const node = warm();
    node.apply(SHED);
    expect(node.probe(0)).toBe(RCODE.NOERROR);
    expect(node.ask(NAME).source).toBe('hit');
    expect(node.ask('new.example.de').source).toBe('policy');
    expect(node.ask('new.example.org').source).toBe('miss');
  });
});

describe('phases run once, at the node that the client reached', () => {
  it('and not again where a query is handed on', () => {
    const node = warm();
    node.apply('phase = pre-cache refuse');
    node.apply('phase = post-cache refuse');
    expect(node.ask(NAME, { forwarded: true }).source).toBe('hit');
    expect(node.ask('new.example.de', { forwarded: true }).source).toBe('miss');
  });

  it('though their tags count there, when they came along', () => {
    const node = warm();
    expect(node.ask(NAME, { forwarded: true, tags: BYPASS_CACHE }).source).toBe('miss');
    expect(node.ask(NAME, { forwarded: true }).source).toBe('hit');
  });

  it('and what a query needs is asked for with its tags', () => {
    const node = new Node();
    const { pair } = node;
    node.leaf = (question) =>
      question.name.equals(Name.parse(NAME))
        ? response(question, { answer: [nameSet(NAME, TYPE.CNAME, ['target.example.de'])] })
        : response(question, { answer: [addressSet('target.example.de', '203.0.113.1', TTL)] });
    pair.query(NAME, TYPE.A, false, -1, { tags: 4 });
    const sent = (): number => pair.asked.filter((line) => line.includes('target')).length;
    while (sent() === 0) pair.pass(ROUND_TRIP / 4);
    const joins = pair.query('target.example.de', TYPE.A, false, -1, { tags: 4 });
    const apart = pair.query('target.example.de');
    pair.drain();
    expect(pair.answers.get(joins)?.source).toBe('joined');
    expect(pair.answers.get(apart)?.source).toBe('miss');
    expect(sent()).toBe(2);
  });

  it.each([true, false])(
    'and its tags go with what it hands on, unless they are to be dropped (%s)',
    (propagateTags) => {
      const peers = { kind: 'owners', self: 0, ownerOf: () => 1 } as const;
      const pair = new Pair({}, { propagateTags }, { peers });
      pair.change({
        kind: 'apply-rule',
        rule: rule('phase = pre-cache subtree = de bypass-cache'),
      });
      pair.query(NAME, TYPE.A, false, -1, { tags: 4 });
      const tags = propagateTags ? 4 | BYPASS_CACHE : 0;
      expect(pair.forwarded.map((forward) => forward.tags)).toEqual([tags]);
    },
  );

  it('and queries with other tags do not wait for one another', () => {
    const node = new Node();
    const { pair } = node;
    pair.query(NAME);
    pair.query(NAME, TYPE.A, false, -1, { tags: 4 });
    const joined = pair.query(NAME, TYPE.A, false, -1, { tags: 4 });
    pair.drain();
    expect(pair.answers.get(joined)?.source).toBe('joined');
    expect(pair.asked.filter((line) => line.includes(NAME)).length).toBe(2);
  });
});

describe('a node that was given no policy', () => {
  it('says so when it is given a rule', () => {
    const pair = new Pair({}, {}, { policy: null });
    const change = { kind: 'apply-rule', rule: rule('phase = pre-cache refuse') } as const;
    expect(() => pair.change(change)).toThrow('takes no rules');
  });
});

describe('the timer of negative trust anchors', () => {
  const zone = Name.parse('de');

  it('wakes for the end of the first to end, and only once for one instant', () => {
    const { pair } = new Node();
    const wakes: number[] = [];
    const give = (lifetime: number, at: Name): void => {
      const anchor = { zone: at, ...DEFAULT_NEGATIVE_ANCHOR, recheck: null, lifetime };
      const event = { kind: 'policy', change: { kind: 'apply-anchor', anchor } } as const;
      for (const effect of pair.resolver.handle(event, 0, 0)) {
        if (effect.kind === 'wake') wakes.push(effect.at);
      }
    };
    give(600, zone);
    give(60, Name.parse('org'));
    give(900, Name.parse('com'));
    expect(wakes).toEqual([10 * MINUTE, MINUTE]);
  });
});
