import { expect, test } from 'vitest';
import { Name } from './name/name.ts';
import { addressSet, Pair, referral, response, type Server } from './testing/pair.ts';

const LEAF = '192.0.2.2';

/** A node that has these names in its cache; what it asks from now on is in `asked`. */
function warm(...names: readonly string[]): Pair {
  const root: Server = (question) => referral(question, 'de', 'ns.de', LEAF);
  const leaf: Server = (question) =>
    response(question, { answer: [addressSet(question.name.toString(), '203.0.113.1', 300)] });
  const pair = new Pair({ '198.41.0.4': root, [LEAF]: leaf });
  for (const name of names) pair.ask(name);
  pair.asked.length = 0;
  return pair;
}

test('a name is forgotten, and nothing else', () => {
  const pair = warm('www.a.de', 'www.b.de');
  pair.resolver.flush(Name.parse('www.a.de'), false);
  expect(pair.ask('www.b.de').source).toBe('hit');
  expect(pair.ask('www.a.de').source).toBe('miss');
  // the delegation of .de is still known
  expect(pair.asked.every((text) => text.startsWith(LEAF))).toBe(true);
});

test('a zone is forgotten with all below it, its delegation included', () => {
  const pair = warm('www.a.de', 'www.b.de');
  pair.resolver.flush(Name.parse('de'), true);
  expect(pair.ask('www.a.de').source).toBe('miss');
  expect(pair.asked[0]).toContain('198.41.0.4');
  expect(pair.ask('www.b.de').source).toBe('miss');
});

test('all is forgotten below the root', () => {
  const pair = warm('www.a.de', 'www.b.de');
  pair.resolver.flush(Name.root, true);
  expect(pair.resolver.cachedAnswers).toBe(0);
  expect(pair.ask('www.b.de').source).toBe('miss');
});

test('what is under way is for those who wait, and is not kept', () => {
  const pair = warm();
  pair.query('www.a.de');
  pair.resolver.flush(Name.parse('de'), true);
  pair.drain();
  expect(pair.answers.get(0)?.source).toBe('miss');
  expect(pair.ask('www.a.de').source).toBe('miss');
});
