import { describe, expect, it } from 'vitest';
import type { CachedAnswer } from './cache/cached-answer.ts';
import { RECOMMENDED_SERVE_STALE, type ResolverConfig } from './config.ts';
import type { Answer, AnswerSource, ClientQuery, OwnerAnswer } from './events.ts';
import { Name } from './name/name.ts';
import type { Peers } from './node.ts';
import { DEFAULT_NEGATIVE_ANCHOR } from './policy/nta.ts';
import { BYPASS_CACHE } from './policy/phases.ts';
import { parseRule } from './policy/rule-text.ts';
import type { Rule } from './policy/rules.ts';
import { addressSet, Pair, referral, response, type Server } from './testing/pair.ts';
import { SECOND } from './time.ts';
import { EDE, RCODE, TYPE } from './wire/iana.ts';

const NAME = 'www.example.de';
const LEAF = '192.0.2.2';
const TTL = 300;

function rule(text: string): Rule {
  const parsed = parseRule(text);
  if ('kind' in parsed) throw new Error(parsed.message);
  return parsed;
}

const ownedBy1 = (self: number): Peers => ({ kind: 'owners', self, ownerOf: () => 1 });

/** A node that clients reach, and the one that owns everything. */
class Two {
  leaf: Server = (question) =>
    response(question, { answer: [addressSet(question.name.toString(), '203.0.113.1', TTL)] });
  readonly entry: Pair;
  readonly owner: Pair;

  constructor(config: Partial<ResolverConfig> = {}) {
    const root: Server = (question) => referral(question, 'de', 'ns.de', LEAF);
    const leaf: Server = (question, ask) => this.leaf(question, ask);
    const servers = { '198.41.0.4': root, [LEAF]: leaf };
    this.entry = new Pair(servers, config, { questions: 1, peers: ownedBy1(0) });
    this.owner = new Pair(servers, config, { peers: ownedBy1(1) });
    this.entry.owner = ({ question, checkingDisabled, tags }) => {
      const { owner, entry } = this;
      owner.now = Math.max(owner.now, entry.now);
      const { name, type } = question;
      const from = { tags, forwarded: true };
      const client = owner.query(name.toString(), type, checkingDisabled, -1, from);
      owner.drain();
      return owner.answers.get(client) ?? null;
    };
  }

  /** What clients get that ask at one instant. */
  all(count: number, from: Partial<ClientQuery> = {}): Answer[] {
    const { entry } = this;
    const clients = Array.from({ length: count }, () => entry.query(NAME, TYPE.A, false, 0, from));
    entry.drain();
    entry.now = Math.max(entry.now, this.owner.now);
    return clients.map((client) => entry.answers.get(client) as Answer);
  }

  ask(from: Partial<ClientQuery> = {}): Answer {
    return this.all(1, from)[0] as Answer;
  }

  pass(seconds: number): void {
    this.entry.pass(seconds * SECOND);
    this.owner.pass(seconds * SECOND);
  }
}

const sources = (answers: readonly Answer[]): AnswerSource[] => answers.map(({ source }) => source);

/** An owner that says the same always. */
function saying(answer: Partial<CachedAnswer>, source: AnswerSource = 'hit') {
  return (_: unknown, clock: number): OwnerAnswer => ({
    source,
    answer: {
      ...{ question: { name: Name.parse(NAME), type: TYPE.A }, checkingDisabled: false },
      ...{ rcode: RCODE.NOERROR, secure: true, answer: [addressSet(NAME, '203.0.113.1', TTL)] },
      ...{ authority: [], additional: [], errors: [], failure: null },
      ...{ storedAt: clock, expiresAt: clock + TTL * SECOND },
      ...answer,
    },
  });
}

describe('a question that another node owns', () => {
  it('goes there once for all clients that ask meanwhile, and nothing goes to servers', () => {
    const two = new Two();
    expect(sources(two.all(3))).toEqual(['miss', 'joined', 'joined']);
    expect(two.entry.forwarded).toHaveLength(1);
    expect(two.entry.asked).toEqual([]);
    expect(two.owner.asked.length).toBeGreaterThan(0);
  });

  it('is a hit of the owner for all who wait, when the owner has it', () => {
    const two = new Two({ copyTtl: 0 });
    two.ask();
    expect(sources(two.all(2))).toEqual(['forwarded-hit', 'forwarded-hit']);
  });

  it('is copied for a bounded time', () => {
    const two = new Two({ copyTtl: 10 });
    two.all(2);
    expect(two.ask().source).toBe('forwarded-hit');
    two.pass(9);
    expect(two.ask().source).toBe('hit');
    two.pass(2);
    expect(two.ask().source).toBe('forwarded-hit');
  });

  it('is not copied when the owner had to look for it: nobody may ask for it again', () => {
    const two = new Two({ copyTtl: TTL });
    expect(sources([two.ask(), two.ask(), two.ask()])).toEqual(['miss', 'forwarded-hit', 'hit']);
  });

  it('is copied no longer than the owner has it', () => {
    const two = new Two({ copyTtl: 10 });
    two.ask();
    two.pass(TTL - 5);
    expect(two.ask().source).toBe('forwarded-hit');
    two.pass(6);
    expect(two.ask().source).toBe('miss');
  });

  it('is refreshed before its time by the owner only', () => {
    const two = new Two({ copyTtl: TTL, prefetch: 0.5 });
    two.ask();
    two.ask();
    two.pass(TTL - 10);
    two.owner.asked.length = 0;
    expect(two.ask().source).toBe('hit');
    expect([two.entry.asked, two.owner.asked]).toEqual([[], []]);
    two.entry.resolver.configure({ prefetch: 0.4 });
    expect(two.ask().source).toBe('hit');
    expect(two.entry.asked).toEqual([]);
  });

  it('stays here with CD=1, without RD, and when it asks about the keys of this node', () => {
    const two = new Two({ validation: true });
    two.ask({ checkingDisabled: true });
    two.ask({ recursionDesired: false });
    two.entry.ask('root-key-sentinel-is-ta-20326.example.de');
    expect(two.entry.forwarded).toEqual([]);
  });

  it('is resolved here when the owner is silent, together with who asks meanwhile', () => {
    const two = new Two();
    two.entry.owner = null;
    expect(sources(two.all(2))).toEqual(['miss', 'joined']);
    expect(two.entry.asked.length).toBeGreaterThan(0);
    expect(two.entry.now).toBeGreaterThan(2 * SECOND);
    expect(two.ask().source).toBe('hit');
  });
});

describe('tags and rules', () => {
  const BYPASS = 'phase = pre-cache subtree = de bypass-cache';

  it.each([
    [true, BYPASS_CACHE, 'miss'],
    [false, 0, 'forwarded-hit'],
  ])(
    'propagated %s: the owner gets tags %i, so the query ends as %s',
    (propagateTags, tags, end) => {
      const two = new Two({ propagateTags });
      two.ask();
      two.entry.change({ kind: 'apply-rule', rule: rule(BYPASS) });
      expect(two.ask().source).toBe(end);
      expect(two.entry.forwarded.at(-1)?.tags).toBe(tags);
    },
  );

  it('says in the trace where a query goes, with which tags, and which were dropped', () => {
    const two = new Two({ propagateTags: false });
    two.entry.change({ kind: 'apply-rule', rule: rule(BYPASS) });
    two.entry.resolver.observing = true;
    two.ask();
    const step = { kind: 'forward', owner: 1, tags: [], dropped: ['bypass_cache'] };
    expect(two.entry.steps).toContainEqual(expect.objectContaining(step));
    expect(two.entry.steps).toContainEqual(
      expect.objectContaining({ kind: 'forwarded', owner: 1, source: 'miss' }),
    );
  });

  it('rules before and after the cache are run where the client was, not again at the owner', () => {
    const two = new Two();
    two.owner.change({ kind: 'apply-rule', rule: rule('phase = pre-cache subtree = de refuse') });
    two.owner.change({ kind: 'apply-rule', rule: rule('phase = post-cache subtree = de refuse') });
    expect(two.ask().answer.rcode).toBe(RCODE.NOERROR);
    two.entry.change({ kind: 'apply-rule', rule: rule('phase = pre-cache subtree = de refuse') });
    expect(two.ask().answer.rcode).toBe(RCODE.REFUSED);
  });
});

describe('failures and stale answers', () => {
  const refused: Server = (question) => response(question, { rcode: RCODE.REFUSED });
  const STALE = { serveStale: RECOMMENDED_SERVE_STALE };

  it('a failure is copied with its cause, and ends with that of the owner', () => {
    const two = new Two();
    two.leaf = refused;
    const first = two.ask();
    expect(first.answer.errors.length).toBeGreaterThan(0);
    expect(two.ask().source).toBe('failure-cached');
    const again = two.ask();
    expect([again.source, again.answer.errors]).toEqual(['failure-cached', first.answer.errors]);
    expect(two.entry.forwarded).toHaveLength(2);
    expect(again.answer.expiresAt).toBe(first.answer.expiresAt);
  });

  it('a stale answer is given by the owner each time, and never copied', () => {
    const two = new Two({ ...STALE, copyTtl: TTL });
    two.ask();
    two.pass(TTL + 1);
    two.leaf = refused;
    for (let i = 2; i < 5; i++) {
      const { source, answer } = two.ask();
      expect([source, answer.errors[0]?.code]).toEqual(['stale', EDE.STALE_ANSWER]);
      expect(two.entry.forwarded).toHaveLength(i);
    }
    expect(two.entry.asked).toEqual([]);
  });

  it('what is stale here is given once the owner has been silent, and the resolution goes on', () => {
    const two = new Two({ ...STALE, copyTtl: 5 });
    two.ask();
    two.ask();
    two.pass(6);
    two.entry.owner = null;
    const before = two.entry.now;
    const { source, answer } = two.ask();
    expect([source, answer.rcode]).toEqual(['stale', RCODE.NOERROR]);
    expect(two.entry.now - before).toBeGreaterThanOrEqual(2 * SECOND);
    expect(two.ask().source).toBe('hit');
  });
});

describe('policy and copies', () => {
  const ANCHOR = { zone: Name.parse('de'), ...DEFAULT_NEGATIVE_ANCHOR };

  it('a negative trust anchor that comes or goes flushes them (RFC 7646 section 2.2)', () => {
    const two = new Two();
    two.ask();
    two.entry.change({ kind: 'apply-anchor', anchor: ANCHOR });
    expect(two.ask().source).toBe('forwarded-hit');
    expect(two.ask().source).toBe('hit');
    two.entry.change({ kind: 'lift-anchor', zone: ANCHOR.zone });
    expect(two.ask().source).toBe('forwarded-hit');
  });

  it('what was on its way when an anchor came is given, and not kept', () => {
    const two = new Two();
    const client = two.entry.query(NAME, TYPE.A, false, 0);
    two.entry.change({ kind: 'apply-anchor', anchor: ANCHOR });
    two.entry.drain();
    expect(two.entry.answers.get(client)?.answer.rcode).toBe(RCODE.NOERROR);
    expect(two.ask().source).toBe('forwarded-hit');
  });

  it('a copied answer that is secure has AD, but not while its zone is marked insecure', () => {
    const two = new Two({ validation: true });
    two.entry.owner = saying({ secure: true });
    const MARK = rule('phase = validation subtree = de mark-insecure');
    const seen = [two.ask(), two.ask()];
    two.entry.change({ kind: 'apply-rule', rule: MARK });
    seen.push(two.ask());
    two.entry.change({ kind: 'lift-rule', rule: MARK });
    seen.push(two.ask());
    expect(sources(seen)).toEqual(['forwarded-hit', 'hit', 'hit', 'hit']);
    expect(seen.map(({ authenticated }) => authenticated)).toEqual([true, true, false, true]);
  });

  it('a mark voids copied failures', () => {
    const two = new Two({ validation: true });
    const failure = { ttl: 5, bogus: true, subject: Name.parse(NAME), stale: null };
    const failed = { rcode: RCODE.SERVFAIL, secure: false, answer: [], failure };
    two.entry.owner = saying(failed, 'failure-cached');
    two.ask();
    expect(two.ask().source).toBe('failure-cached');
    const text = 'phase = validation subtree = de mark-insecure';
    two.entry.change({ kind: 'apply-rule', rule: rule(text) });
    two.ask();
    expect(two.entry.forwarded).toHaveLength(2);
  });
});
