/** The project's own scripts, and those of others where they are there. */

import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sharedData, untar } from '../../resolver-core/testing/shared-data.ts';
import { LEVELS, type Level } from './match.ts';
import { parseScript } from './parse.ts';
import { runScript, type Verdict } from './run.ts';
import { ScriptError } from './script.ts';

const OWN = new URL('./scripts/', import.meta.url);

describe('the scripts written for the project', () => {
  for (const name of readdirSync(OWN).sort()) {
    const text = readFileSync(new URL(name, OWN), 'utf8');
    test.each(LEVELS)(`${name} passes at %s`, (level) => {
      expect(runScript(parseScript(text), level)).toEqual({ kind: 'passed' });
    });
  }
});

describe('a script that is not fulfilled fails at its step', () => {
  const text = readFileSync(new URL('referral.rpl', OWN), 'utf8');

  test.each([
    ['another address', '200 IN A 198.51.100.7', '200 IN A 198.51.100.8', 'outcome', 40, /missing/],
    ['another RCODE', 'REPLY QR RD RA NOERROR', 'REPLY QR RD RA NXDOMAIN', 'outcome', 10, /RCODE/],
    ['AD', 'REPLY QR RD RA NOERROR', 'REPLY QR RD RA AD NOERROR', 'outcome', 10, /AD/],
    ['another TTL', '200 IN A 198.51.100.7', '201 IN A 198.51.100.7', 'sets', 40, /missing/],
    ['a flag', 'REPLY QR RD RA NOERROR', 'REPLY QR RA NOERROR', 'sets', 10, /RD/],
    ['an EDE', 'MATCH all ttl', 'MATCH all ttl ede=6', 'sets', 10, /Extended DNS Error/],
  ] as const)('%s is expected', (_, found, replacement, level, step, cause) => {
    const verdict = runScript(parseScript(text.replace(found, replacement)), level);
    expect(verdict).toMatchObject({ kind: 'failed', step, cause: expect.stringMatching(cause) });
  });

  test('TTLs and flags are no matter at outcome', () => {
    const other = text.replace('200 IN A', '201 IN A').replace('QR RD RA', 'QR RA');
    expect(runScript(parseScript(other), 'outcome')).toEqual({ kind: 'passed' });
  });

  test('a query that did not go out is found at sets', () => {
    const late = readFileSync(new URL('forward-timeout.rpl', OWN), 'utf8');
    const other = parseScript(late.replace('qtype\nSECTION', 'qtype TCP\nSECTION'));
    expect(runScript(other, 'sets')).toMatchObject({ kind: 'failed', step: 2 });
    expect(runScript(other, 'outcome')).toEqual({ kind: 'passed' });
  });

  test("Deckard's words for its options are known", () => {
    const header = /server:[\s\S]*CONFIG_END/;
    const deckard = 'stub-addr: 192.0.2.1 # the root\nquery-minimization: off\nCONFIG_END';
    const other = text.replace(header, deckard);
    expect(other).not.toBe(text);
    expect(runScript(parseScript(other), 'sets')).toEqual({ kind: 'passed' });
  });

  test('an answer that no step checks, and at `sets` a query that nobody answers', () => {
    const unchecked = text.replace(/STEP 40 CHECK_ANSWER[\s\S]*?ENTRY_END/, 'STEP 40 TRAFFIC');
    const cause = 'an answer that no step checks';
    expect(runScript(parseScript(unchecked), 'outcome')).toMatchObject({ kind: 'failed', cause });
    const query =
      'STEP 50 QUERY\nENTRY_BEGIN\nREPLY RD\nSECTION QUESTION\nno.example. A\nENTRY_END';
    const unanswered = parseScript(text.replace('SCENARIO_END', `${query}\nSCENARIO_END`));
    expect(runScript(unanswered, 'outcome')).toEqual({ kind: 'passed' });
    expect(runScript(unanswered, 'sets')).toMatchObject({ cause: 'a query that nobody answers' });
  });

  test.each([
    ['RD RA NOERROR', 'AA RD RA NOERROR', 'local zones'],
    ['MATCH all ttl', 'MATCH all ttl server_cookie', 'DNS cookies'],
    ['ADJUST copy_id', 'ADJUST copy_id increment_ecs_scope', 'EDNS client subnets'],
    ['MATCH opcode qtype qname', 'MATCH opcode qtype qcase', 'letter case in queries'],
    ['STEP 20 TIME_PASSES', 'STEP 15 FLUSH_MESSAGE x\nSTEP 20 TIME_PASSES', 'internals of Unbound'],
    ['www.example. IN A\nENTRY_END', 'www.example. CH A\nENTRY_END', 'classes other than IN'],
    ['www.example. IN A\nENTRY_END', 'www.example. AXFR\nENTRY_END', 'zone transfer (AXFR)'],
    ['REPLY RD\n', 'REPLY RD NOTIFY\n', 'opcodes other than QUERY'],
  ])('with %j turned to %j a script is about %s, and skipped', (found, other, feature) => {
    expect(text).toContain(found);
    const verdict = runScript(parseScript(text.replace(found, other)), 'outcome');
    expect(verdict).toEqual({ kind: 'skipped', feature: expect.stringContaining(feature) });
  });

  test('an option that cannot be as it says fails the script', () => {
    const other = text.replace('qname-minimisation: no', 'use-caps-for-id: yes');
    expect(runScript(parseScript(other), 'outcome')).toMatchObject({ kind: 'failed', step: null });
  });

  test('an option that nobody knows fails the script, one outside the purpose skips it', () => {
    const option = (line: string): Verdict => {
      return runScript(parseScript(text.replace('qname-minimisation: no', line)), 'outcome');
    };
    expect(option('qname-minimised: no')).toMatchObject({ kind: 'failed', step: null, line: 3 });
    expect(option('dns64-prefix: 64:ff9b::/96')).toEqual({ kind: 'skipped', feature: 'DNS64' });
    expect(option('access-control: 192.0.2.0/24 refuse')).toMatchObject({ kind: 'skipped' });
    expect(option('access-control: 192.0.2.0/24 allow')).toEqual({ kind: 'passed' });
  });
});

test('scripts with lines left out, doubled or moved get a verdict or are refused', () => {
  const originals = readdirSync(OWN).map((name) => {
    return readFileSync(new URL(name, OWN), 'utf8').split('\n');
  });
  const change = fc.record({
    how: fc.constantFrom('leave out', 'double', 'move'),
    from: fc.nat(),
    to: fc.nat(),
  });
  const changes = fc.array(change, { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(fc.constantFrom(...originals), changes, (original, made) => {
      const lines = [...original];
      for (const { how, from, to } of made) {
        const taken = lines.splice(from % lines.length, how === 'double' ? 0 : 1);
        const moved = how === 'double' ? lines.slice(from % lines.length).slice(0, 1) : taken;
        if (how !== 'leave out') lines.splice(to % lines.length, 0, ...moved);
      }
      let verdict: Verdict;
      try {
        verdict = runScript(parseScript(lines.join('\n')), 'sets');
      } catch (error) {
        expect(error).toBeInstanceOf(ScriptError);
        return;
      }
      expect(verdict.kind === 'failed' && verdict.cause).not.toBe('the resolver broke down');
    }),
    { numRuns: 300 },
  );
});

/** How many of Unbound's scripts pass at least, of those in purpose, and at most so many are skipped. */
const THRESHOLDS: Readonly<Record<Level, number>> = { outcome: 0.94, sets: 0.85 };
const MOST_SKIPPED = 0.45;

describe("Unbound's scripts", () => {
  const archive = sharedData('rpl/unbound-rpl.tar.gz');
  if (archive === null) {
    test.skip('the shared data are not here', () => {});
    return;
  }
  const scripts = [...untar(archive)].filter(([name]) => name.endsWith('.rpl'));

  const verdicts = (level: Level): Map<string, Verdict['kind']> =>
    new Map(scripts.map(([name, text]) => [stem(name), runScript(parseScript(text), level).kind]));
  const listed = readFileSync(new URL('../../docs/replay.md', import.meta.url), 'utf8').matchAll(
    /^\| `(\w+)` \| (outcome|sets) \| ./gm,
  );
  const documented = [...listed].map(([, name = '', level]) => ({ name, level }));

  test.each(LEVELS)(
    'enough of them pass at %s, and docs/replay.md has a cause for each that fails',
    (level) => {
      const counts = { passed: 0, failed: 0, skipped: 0 };
      const failing: string[] = [];
      for (const [name, kind] of verdicts(level)) {
        counts[kind]++;
        if (kind === 'failed') failing.push(name);
      }
      expect(counts.skipped / scripts.length).toBeLessThanOrEqual(MOST_SKIPPED);
      expect(counts.passed / (counts.passed + counts.failed)).toBeGreaterThanOrEqual(
        THRESHOLDS[level],
      );
      const expected = documented.filter((each) => level === 'sets' || each.level === 'outcome');
      expect(failing.sort()).toEqual(expected.map(({ name }) => name).sort());
    },
  );
});

function stem(path: string): string {
  return path.replace(/^.*\//, '').replace(/\.rpl$/, '');
}
