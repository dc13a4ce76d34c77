import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { INCIDENT, withFiles } from '../../scenarios/testing/files.ts';
import type { Plan } from '../../sim/plan.ts';
import { planCommand } from './plan.ts';

/** The words of the line of a path: value, provenance, note. */
function lineOf(text: string, path: string): string[] {
  const line = text.split('\n').find((each) => each.startsWith(`${path} `));
  if (line === undefined) throw new Error(`no line for ${path}`);
  return line.slice(path.length).trim().split(/ {2,}/);
}

describe('zonequake plan', () => {
  let text: string;
  beforeAll(() => {
    text = planCommand('de-rollover-2026', { json: false });
  });

  it('says of every number where it comes from', () => {
    expect(lineOf(text, 'zones.de.ttl.nsec')).toEqual([
      '2h',
      'published',
      'dig transcripts of de, 2021 and July 2025',
    ]);
    expect(lineOf(text, 'zones.de.signing.keys.33834.bits')).toEqual([
      '1024',
      'assumed',
      'as the key before it',
    ]);
    const unexplained = /^(?:hosting|network|cluster|traffic)\S+ +\d\S* +given$/m;
    expect(unexplained.exec(text)).toBeNull();
  });

  it('shows defaults as such, in the words of the language', () => {
    expect(lineOf(text, 'zones.de.signing.keys.26755.copies')).toEqual(['1', 'default']);
    expect(lineOf(text, 'operators.denic.delay')).toEqual(['0s', 'default']);
    expect(lineOf(text, 'zones.".".parent')).toEqual(['-', 'default', 'the closest zone above']);
    expect(lineOf(text, 'expect[0].every')).toEqual(['span', 'default']);
  });

  it('has the sections in the order of the language', () => {
    const sections = text.split('\n').map((line) => /^[a-z]*/.exec(line)?.[0] ?? '');
    const order = sections.filter((section, index) => section !== sections[index - 1]);
    expect(order.join(' ').trim()).toBe(
      'name title sources extends seed time phases zones operators hosting network names cluster traffic origin authoritative timeline mitigations variants references alerts expect published',
    );
  });

  it('a value that a file leaves to its default is shown with it', () => {
    const files = {
      'names.txt': 'example.com\n',
      'main.yaml': `extends: ${INCIDENT}
names: names.txt
traffic: { names: 4 }
timeline: [{ at: 19:30, zone: de, resign: { types: [SOA] } }]
variants: { late: [{ name: validation-off, shift: 1h }] }
`,
    };
    withFiles(files, (folder) => {
      const own = planCommand(join(folder, 'main.yaml'), { json: false });
      expect(lineOf(own, 'traffic.names')).toEqual(['4', 'given']);
      expect(lineOf(own, 'timeline[0].resign.over')).toEqual(['0s', 'default']);
      expect(lineOf(own, 'variants.late[0].shift')).toEqual(['1h', 'given']);
    });
  });

  it('what a profile says is shown with its values, save those that a file has otherwise', () => {
    const of = (serveStale: string): string => {
      const files = {
        'main.yaml': `extends: ${INCIDENT}\ncluster: { resolver: { serve-stale: ${serveStale} } }\n`,
      };
      return withFiles(files, (folder) => planCommand(join(folder, 'main.yaml'), { json: false }));
    };
    const path = 'cluster.resolver.serve-stale';
    const bind = of('{ profile: bind, max-stale: 6h }');
    expect(lineOf(bind, `${path}.profile`)).toEqual(['bind', 'given']);
    expect(lineOf(bind, `${path}.max-stale`)).toEqual(['6h', 'given']);
    expect(lineOf(bind, `${path}.client-timeout`)).toEqual([
      'on-failure',
      'default',
      'profile bind',
    ]);
    const powerdns = of('powerdns');
    expect(lineOf(powerdns, path)).toEqual(['powerdns', 'given']);
    expect(lineOf(powerdns, `${path}.max-stale`)).toEqual(['12h', 'default', 'profile powerdns']);
    expect(lineOf(of('{ recheck: 1m }'), `${path}.answer-ttl`)).toEqual([
      '30s',
      'default',
      'profile on',
    ]);
    expect(of('off')).not.toContain(`${path}.`);
  });

  it('--json is the plan', () => {
    const plan = JSON.parse(planCommand('de-rollover-2026', { json: true })) as Plan;
    expect(plan.format).toBe('zonequake.plan/1');
    expect(plan.variants.map(({ name }) => name)).toContain('no-serve-stale');
  });
});
