import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Name } from '../name/name.ts';
import { TYPE } from '../wire/iana.ts';
import { PHASES } from './phases.ts';
import { parseRule, type RuleProblem } from './rule-text.ts';
import { ACTIONS_OF, type Match, type Rule } from './rules.ts';

const NO_MATCH: Match = {
  ...{ names: [], subtrees: [], types: [], colos: [], nodes: [], clientGroups: [], tags: [] },
};

function rule(text: string): Rule {
  const parsed = parseRule(text);
  if ('kind' in parsed) throw new Error(`${parsed.message} at ${parsed.column}`);
  return parsed;
}

function problem(text: string): RuleProblem {
  const parsed = parseRule(text);
  if (!('kind' in parsed)) throw new Error(`"${text}" is a rule`);
  return parsed;
}

describe('the text of an override rule', () => {
  it('has the form of the report of 4 October 2023', () => {
    const text = 'phase = pre-cache set-tag rec_disable_static';
    expect(parseRule(text)).toEqual({
      phase: 'pre-cache',
      match: NO_MATCH,
      action: { kind: 'set-tag', tag: 'rec_disable_static' },
      text,
    });
  });

  it('matches on every property, each with any number of values', () => {
    const { match } = rule(
      'phase=pre-cache name = www.example,.  subtree=de,AT. type = A , AAAA,TYPE65 ' +
        'colo = fra, ams-1 node = 0,3 client-group = isp tag = a,b refuse',
    );
    expect(match).toEqual({
      names: [Name.parse('www.example'), Name.root],
      subtrees: [Name.parse('de'), Name.parse('at')],
      types: [TYPE.A, TYPE.AAAA, 65],
      colos: ['fra', 'ams-1'],
      nodes: [0, 3],
      clientGroups: ['isp'],
      tags: ['a', 'b'],
    });
  });

  it('takes "=" and "," in a name as escapes', () => {
    const { names } = rule('phase = pre-cache name = a\\,b.c\\=d refuse').match;
    expect(names).toEqual([Name.parse('a\\,b.c\\=d')]);
  });

  it.each([
    ['refuse', { kind: 'refuse' }],
    ['bypass-cache', { kind: 'bypass-cache' }],
    ['disable-app static-zone', { kind: 'disable-app', app: 'static-zone' }],
    ['answer nodata', { kind: 'answer', with: { kind: 'nodata' } }],
    ['answer nxdomain', { kind: 'answer', with: { kind: 'nxdomain' } }],
  ])('knows the action %s', (text, action) => {
    expect(rule(`phase = pre-cache ${text}`).action).toEqual(action);
  });

  it('has a record behind a TTL, which may contain commas', () => {
    expect(rule('phase = post-cache answer 5m A 192.0.2.1').action).toEqual({
      kind: 'answer',
      with: { kind: 'records', type: TYPE.A, ttl: 300, rdata: [Uint8Array.of(192, 0, 2, 1)] },
    });
    const txt = rule('phase = pre-cache answer 60 TXT "a, b = c"').action;
    expect(txt).toMatchObject({ with: { rdata: [Uint8Array.from([8, ...octets('a, b = c')])] } });
  });

  it('marks zones insecure where answers are validated', () => {
    expect(rule('phase = validation subtree = de mark-insecure')).toMatchObject({
      phase: 'validation',
      match: { subtrees: [Name.parse('de')] },
      action: { kind: 'mark-insecure' },
    });
  });
});

describe('a text that is no rule is refused with its place', () => {
  it.each([
    ['', 1, '', ['phase']],
    ['set-tag x', 1, 'set-tag', ['phase']],
    ['phase pre-cache refuse', 7, 'pre-cache', ['=']],
    ['phase = before refuse', 9, 'before', PHASES],
    ['phase = pre-cache', 18, '', ACTIONS_OF['pre-cache']],
    ['phase = pre-cache drop', 19, 'drop', ACTIONS_OF['pre-cache']],
    ['phase = pre-cache mark-insecure', 19, 'mark-insecure', ACTIONS_OF['pre-cache']],
    ['phase = post-cache bypass-cache', 20, 'bypass-cache', ACTIONS_OF['post-cache']],
    ['phase = pre-cache disable-app static', 31, 'static', ['static-zone']],
    ['phase = pre-cache set-tag', 26, '', []],
    ['phase = pre-cache set-tag ,', 27, ',', []],
    ['phase = pre-cache type = A, AAAAA refuse', 29, 'AAAAA', []],
    ['phase = pre-cache node = x refuse', 26, 'x', []],
    ['phase = pre-cache name = a..b refuse', 26, 'a..b', []],
    ['phase = pre-cache type = A type = AAAA refuse', 28, 'type', []],
    ['phase = pre-cache refuse all', 26, 'all', []],
    ['phase = pre-cache answer servfail', 26, 'servfail', ['nodata', 'nxdomain']],
    ['phase = pre-cache answer 60 A 192.0.2', 31, '192.0.2', []],
    ['phase = pre-cache answer 60 A', 30, '', []],
    ['phase = pre-cache answer 60 CNAME example.', 29, 'CNAME', []],
    ['phase = validation mark-insecure', 20, 'mark-insecure', ['subtree']],
    ['phase = validation subtree = de type = A mark-insecure', 42, 'mark-insecure', []],
  ])('%s', (text, column, word, expected) => {
    expect(problem(text)).toMatchObject({ kind: 'rule-problem', column, word, expected });
  });

  it('with the words that could stand in place of a key', () => {
    const found = problem('phase = pre-cache zone = de refuse');
    expect(found).toMatchObject({ column: 19, word: 'zone' });
    expect(found.expected).toContain('subtree');
  });

  it('whatever it is, and never with a place beyond its end', () => {
    const words = fc.constantFrom(
      ...['phase', '=', ',', 'pre-cache', 'validation', 'subtree', 'type', 'A', 'de', '60', '\\'],
      ...['set-tag', 'answer', 'refuse', 'mark-insecure', '"', ';', '(', '192.0.2.1', 'TXT', '\n'],
    );
    const beginnings = fc.constantFrom(
      '',
      'phase = pre-cache ',
      'phase = pre-cache answer 60 TXT ',
    );
    const texts = fc
      .tuple(beginnings, fc.array(words, { maxLength: 8 }), fc.string({ maxLength: 8 }))
      .map(([beginning, rest, end]) => `${beginning}${rest.join(' ')}${end}`);
    fc.assert(
      fc.property(texts, (text) => {
        const parsed = parseRule(text);
        if (!('kind' in parsed)) return;
        const { column, word } = parsed;
        expect(text.slice(column - 1, column - 1 + word.length)).toBe(word);
        expect(column).toBeLessThanOrEqual(text.length + 1);
      }),
    );
  });
});

function octets(text: string): number[] {
  return [...text].map((each) => each.charCodeAt(0));
}
