/** Colos that are withdrawn, in the language. */

import { describe, expect, it } from 'vitest';
import { MINUTE } from '../../resolver-core/time.ts';
import { errorsOfFiles, INCIDENT, planOfFiles } from '../testing/files.ts';

const FROM = Date.UTC(2026, 4, 5, 17) * 1000;

function filesWith(event: string): Readonly<Record<string, string>> {
  return {
    'names.txt': 'example.com\n',
    'main.yaml': `extends: ${INCIDENT}
{ names: names.txt, traffic: { names: 4 }, expect: [], published: [], timeline: [${event}] }
`.replace(/^extends: (.*)\n\{/, '{ extends: $1,'),
  };
}

describe('a colo', () => {
  it('is withdrawn until the last event that says so ends', () => {
    const plan = planOfFiles(
      filesWith(
        '{ at: +60m, until: +90m, withdraw-colo: [fra, iad] }, { at: +70m, withdraw-colo: iad }',
      ),
    );
    const acts = plan.variants[0]?.timeline.filter(({ kind }) => kind === 'withdraw-colo');
    expect(acts?.map(({ at, mark: _, ...rest }) => [(at - FROM) / MINUTE, rest])).toEqual([
      [60, { kind: 'withdraw-colo', colos: ['fra', 'iad'], lifts: false }],
      [70, { kind: 'withdraw-colo', colos: ['iad'], lifts: false }],
      [90, { kind: 'withdraw-colo', colos: ['fra'], lifts: true }],
    ]);
    expect(acts?.[0]?.mark).toEqual({ kind: 'fault', text: 'fra, iad withdrawn from clients' });
  });

  it.each([
    [
      'one that is not there',
      '{ at: +60m, withdraw-colo: frb }',
      /colo "frb"; expected one of .*did you mean "fra"/,
    ],
    ['none', '{ at: +60m, withdraw-colo: [] }', /expected at least one colo/],
    [
      'one of an operator',
      '{ at: +60m, operator: denic, withdraw-colo: fra }',
      /"operator" beside "withdraw-colo"/,
    ],
  ])('%s is refused, with the place', (_title, event, expected) => {
    expect(errorsOfFiles(filesWith(event)).join('\n')).toMatch(expected);
  });
});
