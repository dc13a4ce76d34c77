import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_TAGS } from '../limits.ts';
import { Name } from '../name/name.ts';
import { EDE, RCODE, TYPE } from '../wire/iana.ts';
import { DEFAULT_NEGATIVE_ANCHOR } from './nta.ts';
import { BYPASS_CACHE, DISABLE_STATIC, TagNames } from './phases.ts';
import { Policy, type PolicyPorts, type RuleSubject, type Verdict } from './policy.ts';
import { parseRule } from './rule-text.ts';
import type { Rule } from './rules.ts';

const CLOCK = 0;

function rule(text: string): Rule {
  const parsed = parseRule(text);
  if ('kind' in parsed) throw new Error(`${parsed.message} at ${parsed.column}: ${text}`);
  return parsed;
}

function place(colo = 'fra', node = 0, tagNames = new TagNames()): PolicyPorts {
  const draw = () => ({ source: 0, ordinal: 0, attempt: 0 });
  return { colo, node, tagNames, draw, anchorEnded: () => {} };
}

function policyOf(texts: readonly string[], at = place()): Policy {
  const policy = new Policy(at);
  for (const text of texts) policy.change({ kind: 'apply-rule', rule: rule(text) }, CLOCK);
  return policy;
}

function subject(name: string, over: Partial<RuleSubject> & { type?: number } = {}): RuleSubject {
  const question = { name: Name.parse(name), type: over.type ?? TYPE.A };
  return { question, checkingDisabled: false, clientGroup: 'isp', tags: 0, ...over };
}

function preCache(policy: Policy, name: string, over: Parameters<typeof subject>[1] = {}): Verdict {
  return policy.run('pre-cache', subject(name, over), CLOCK);
}

const isRefused = ({ answer }: Verdict): boolean => answer?.rcode === RCODE.REFUSED;

describe('what an override rule matches', () => {
  it('a name by itself, or with all below it', () => {
    const policy = policyOf([
      'phase = pre-cache name = a.example refuse',
      'phase = pre-cache subtree = b.example refuse',
    ]);
    const refused = (name: string): boolean => isRefused(preCache(policy, name));
    expect(['a.example', 'b.example', 'x.b.example', 'y.x.b.example'].map(refused)).toEqual(
      Array(4).fill(true),
    );
    expect(['x.a.example', 'example', 'xb.example', '.'].map(refused)).toEqual(
      Array(4).fill(false),
    );
  });

  it('every name, without a word about names', () => {
    const policy = policyOf(['phase = pre-cache refuse']);
    expect(isRefused(preCache(policy, '.'))).toBe(true);
    expect(isRefused(preCache(policy, 'x.y'))).toBe(true);
  });

  it('a type, or several', () => {
    const policy = policyOf(['phase = pre-cache type = A, TXT refuse']);
    const refused = (type: number): boolean => isRefused(preCache(policy, 'x', { type }));
    expect([TYPE.A, TYPE.TXT, TYPE.AAAA].map(refused)).toEqual([true, true, false]);
  });

  it('the colo and the node that it came into force at', () => {
    const text = ['phase = pre-cache colo = fra, ams node = 1 refuse'];
    const at = (colo: string, node: number): boolean =>
      isRefused(preCache(policyOf(text, place(colo, node)), 'x'));
    expect([at('fra', 1), at('ams', 1), at('fra', 0), at('lhr', 1)]).toEqual([
      ...[true, true, false, false],
    ]);
  });

  it('the group of the client', () => {
    const policy = policyOf(['phase = pre-cache client-group = isp refuse']);
    expect(isRefused(preCache(policy, 'x'))).toBe(true);
    expect(isRefused(preCache(policy, 'x', { clientGroup: 'office' }))).toBe(false);
  });

  it('a tag that the query came with', () => {
    const at = place();
    const policy = policyOf(['phase = pre-cache tag = bad refuse'], at);
    expect(isRefused(preCache(policy, 'x'))).toBe(false);
    expect(isRefused(preCache(policy, 'x', { tags: at.tagNames.bit('bad') }))).toBe(true);
  });

  it('only in its phase', () => {
    const policy = policyOf(['phase = post-cache refuse']);
    expect(isRefused(preCache(policy, 'x'))).toBe(false);
    expect(isRefused(policy.run('post-cache', subject('x'), CLOCK))).toBe(true);
  });
});

describe('the order of rules', () => {
  it('is that in which they came into force: a rule sees the tags of those before it', () => {
    const set = 'phase = pre-cache subtree = de set-tag bad';
    const refuse = 'phase = pre-cache tag = bad refuse';
    expect(isRefused(preCache(policyOf([set, refuse]), 'a.de'))).toBe(true);
    expect(isRefused(preCache(policyOf([refuse, set]), 'a.de'))).toBe(false);
  });

  it('lets the first that answers end the phase', () => {
    const policy = policyOf([
      'phase = pre-cache answer nodata',
      'phase = pre-cache set-tag late',
      'phase = pre-cache refuse',
    ]);
    expect(preCache(policy, 'x')).toMatchObject({ tags: 0, answer: { rcode: RCODE.NOERROR } });
  });

  it('is not changed by a rule that comes into force again, and is by one that was lifted', () => {
    const texts = ['phase = pre-cache name = x answer nodata', 'phase = pre-cache refuse'];
    const policy = policyOf([...texts, ...texts]);
    expect(isRefused(preCache(policy, 'x'))).toBe(false);
    const first = rule(texts[0] as string);
    policy.change({ kind: 'lift-rule', rule: first }, CLOCK);
    policy.change({ kind: 'apply-rule', rule: first }, CLOCK);
    expect(isRefused(preCache(policy, 'x'))).toBe(true);
  });

  it('does what running them one by one would do', () => {
    const names = fc.constantFrom('.', 'a', 'b.a', 'c.b.a', 'b');
    const matches = fc.oneof(
      fc.constant(''),
      names.map((name) => `name = ${name}`),
      fc.array(names, { minLength: 1, maxLength: 3 }).map((all) => `subtree = ${all.join(',')}`),
      fc.constantFrom('type = A', 'type = TXT', 'tag = t1', 'tag = t2'),
    );
    const actions = fc.constantFrom('set-tag t1', 'set-tag t2', 'refuse', 'bypass-cache');
    const texts = fc.tuple(matches, actions).map((parts) => `phase = pre-cache ${parts.join(' ')}`);
    const lists = fc.uniqueArray(texts, { maxLength: 6 });
    fc.assert(
      fc.property(lists, names, fc.constantFrom(TYPE.A, TYPE.TXT), (all, name, type) => {
        const asked = subject(name, { type });
        const expected = { tags: new Set<string>(), refused: false };
        for (const { match, action } of all.map(rule)) {
          if (expected.refused || !matchesByHand(match, asked, expected.tags)) continue;
          if (action.kind === 'refuse') expected.refused = true;
          else expected.tags.add(action.kind === 'set-tag' ? action.tag : 'bypass_cache');
        }
        const at = place();
        const verdict = policyOf(all, at).run('pre-cache', asked, CLOCK);
        expect(isRefused(verdict)).toBe(expected.refused);
        expect(new Set(at.tagNames.namesOf(verdict.tags))).toEqual(expected.tags);
      }),
    );
  });
});

function matchesByHand(
  { names, subtrees, types, tags }: Rule['match'],
  { question: { name, type } }: RuleSubject,
  set: ReadonlySet<string>,
): boolean {
  const isNamed =
    names.length + subtrees.length === 0 ||
    names.some((each) => each.equals(name)) ||
    subtrees.some((each) => name.isAtOrBelow(each));
  const isOfType = types.length === 0 || types.includes(type);
  return isNamed && isOfType && (tags.length === 0 || tags.some((tag) => set.has(tag)));
}

describe('what an override rule does', () => {
  it('answers with a record for its type and with NODATA for others, as forged (RFC 8914 section 4.5)', () => {
    const policy = policyOf(['phase = pre-cache answer 60 A 192.0.2.1']);
    const { answer } = preCache(policy, 'www.example');
    expect(answer).toMatchObject({
      rcode: RCODE.NOERROR,
      secure: false,
      errors: [{ code: EDE.FORGED_ANSWER }],
    });
    expect(answer?.answer).toMatchObject([
      { name: Name.parse('www.example'), type: TYPE.A, ttl: 60 },
    ]);
    expect(preCache(policy, 'x', { type: TYPE.AAAA }).answer).toMatchObject({
      rcode: RCODE.NOERROR,
      answer: [],
    });
  });

  it('answers NXDOMAIN, and refuses as blocked (RFC 8914 section 4.16)', () => {
    const forged = preCache(policyOf(['phase = pre-cache answer nxdomain']), 'x').answer;
    expect(forged).toMatchObject({ rcode: RCODE.NXDOMAIN, answer: [] });
    const refused = preCache(policyOf(['phase = pre-cache refuse']), 'x').answer;
    expect(refused).toMatchObject({ rcode: RCODE.REFUSED, errors: [{ code: EDE.BLOCKED }] });
  });

  it('switches an app off by the tag that the app looks for', () => {
    const at = place();
    const { tags } = preCache(policyOf(['phase = pre-cache disable-app static-zone'], at), 'x');
    expect(at.tagNames.namesOf(tags)).toEqual(['rec_disable_static']);
  });

  it('overrides the cache when it answers, refuses or bypasses it, and not by a tag', () => {
    const overrides = (action: string): boolean =>
      policyOf([`phase = pre-cache subtree = de ${action}`]).overrides(subject('a.de').question);
    expect(['refuse', 'answer nodata', 'bypass-cache'].map(overrides)).toEqual([true, true, true]);
    expect(['set-tag x', 'disable-app static-zone'].map(overrides)).toEqual([false, false]);
    const late = policyOf(['phase = post-cache refuse']);
    expect(late.overrides(subject('a.de').question)).toBe(false);
  });
});

describe('tags', () => {
  it('have the same bits for all who share their names', () => {
    const tagNames = new TagNames();
    const one = policyOf(['phase = pre-cache set-tag a'], place('fra', 0, tagNames));
    const other = policyOf(['phase = pre-cache set-tag b'], place('fra', 1, tagNames));
    const { tags } = preCache(one, 'x', { tags: preCache(other, 'x').tags });
    expect(tagNames.namesOf(tags)).toEqual(expect.arrayContaining(['a', 'b']));
  });

  it(`are ${MAX_TAGS} at most`, () => {
    const names = new TagNames();
    const own = ['bypass_cache', 'rec_disable_static'];
    const free = Array.from({ length: MAX_TAGS - own.length }, (_, index) => `t${index}`);
    const bits = [...own, ...free].map((name) => names.bit(name));
    expect(new Set(bits).size).toBe(MAX_TAGS);
    expect(bits.slice(0, 2)).toEqual([BYPASS_CACHE, DISABLE_STATIC]);
    expect(Math.max(...bits)).toBeLessThan(0x8000);
    expect(names.bit('t0')).toBe(bits[2]);
    expect(() => names.bit('one more')).toThrow(RangeError);
  });
});

describe('what a change makes void', () => {
  const mark = rule('phase = validation subtree = de, at mark-insecure');
  const anchor = { zone: Name.parse('de'), ...DEFAULT_NEGATIVE_ANCHOR };

  it('what was judged at and below the zones of a mark, when it comes and when it goes', () => {
    const policy = new Policy(place());
    const voided = { zones: [Name.parse('de'), Name.parse('at')], flush: false };
    expect(policy.change({ kind: 'apply-rule', rule: mark }, CLOCK)).toEqual(voided);
    expect(policy.change({ kind: 'apply-rule', rule: mark }, CLOCK).zones).toEqual([]);
    expect(policy.change({ kind: 'lift-rule', rule: mark }, CLOCK)).toEqual(voided);
    expect(policy.change({ kind: 'lift-rule', rule: mark }, CLOCK).zones).toEqual([]);
  });

  it('all that is cached at and below an anchor, when it comes and when it goes (RFC 7646 section 2.2)', () => {
    const policy = new Policy(place());
    const voided = { zones: [anchor.zone], flush: true };
    expect(policy.change({ kind: 'apply-anchor', anchor }, CLOCK)).toEqual(voided);
    expect(policy.change({ kind: 'lift-anchor', zone: anchor.zone }, CLOCK)).toEqual(voided);
    expect(policy.change({ kind: 'lift-anchor', zone: anchor.zone }, CLOCK).zones).toEqual([]);
  });

  it('nothing, by a mark for other colos and by rules of other phases', () => {
    const policy = new Policy(place('lhr'));
    const elsewhere = rule('phase = validation subtree = de colo = fra mark-insecure');
    expect(policy.change({ kind: 'apply-rule', rule: elsewhere }, CLOCK).zones).toEqual([]);
    expect(policy.insecure.size).toBe(0);
    const other = rule('phase = pre-cache subtree = de refuse');
    expect(policy.change({ kind: 'apply-rule', rule: other }, CLOCK).zones).toEqual([]);
  });

  it('leaves a zone insecure until the last mark and anchor on it are gone', () => {
    const policy = policyOf([mark.text, 'phase = validation subtree = de mark-insecure']);
    policy.change({ kind: 'apply-anchor', anchor }, CLOCK);
    const isInsecure = (): boolean => policy.insecure.has(anchor.zone.key);
    policy.change({ kind: 'lift-rule', rule: mark }, CLOCK);
    expect(isInsecure()).toBe(true);
    policy.change({ kind: 'lift-anchor', zone: anchor.zone }, CLOCK);
    expect(isInsecure()).toBe(true);
    expect(policy.isEmpty).toBe(false);
    const last = rule('phase = validation subtree = de mark-insecure');
    policy.change({ kind: 'lift-rule', rule: last }, CLOCK);
    expect(isInsecure()).toBe(false);
    expect(policy.isEmpty).toBe(true);
  });

  it('is explained by EDE 33 when an anchor wants it', () => {
    const errorOf = (explain: boolean): unknown => {
      const policy = new Policy(place());
      policy.change({ kind: 'apply-anchor', anchor: { ...anchor, explain } }, CLOCK);
      const security = policy.insecure.get(anchor.zone.key);
      return security?.kind === 'insecure' ? security.error : undefined;
    };
    expect(errorOf(true)).toEqual({ code: EDE.NEGATIVE_TRUST_ANCHOR, text: '' });
    expect(errorOf(false)).toBeNull();
  });
});
