/** Restarts and clocks in the language: what they become, and what is refused. */

import { describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../resolver-core/time.ts';
import { errorsOfFiles, INCIDENT, planOfFiles } from '../testing/files.ts';

const FROM = Date.UTC(2026, 4, 5, 17) * 1000;

function filesWith(event: string): Readonly<Record<string, string>> {
  return {
    'names.txt': 'example.com\n',
    'main.yaml': `{ extends: ${INCIDENT}, names: names.txt, traffic: { names: 4 }, expect: [], published: [],
timeline: [{ at: +60m, ${event} }], mitigations: {}, variants: { a: [] }
}
`,
  };
}

const actsOf = (event: string): readonly object[] =>
  planOfFiles(filesWith(event)).variants.find(({ name }) => name === 'a')?.timeline ?? [];

const AT = FROM + HOUR;
const THIRTY_PERCENT = { kind: 'share', share: 0.3 };

describe('a restart', () => {
  const restart = { kind: 'restart', at: AT, over: 0, nodes: null, colos: [] };

  it('is of a share or a number of nodes, at once or spread, everywhere or at some colos', () => {
    expect(actsOf('restart: 30%')).toEqual([
      {
        ...{ ...restart, nodes: THIRTY_PERCENT },
        mark: { kind: 'fault', text: '30% of the nodes restart' },
      },
    ]);
    expect(actsOf('over: 2h, restart: { nodes: 2, colos: [fra] }')).toEqual([
      {
        ...{ ...restart, over: 2 * HOUR, nodes: { kind: 'count', count: 2 }, colos: ['fra'] },
        mark: { kind: 'fault', text: '2 of the nodes in fra restart' },
      },
    ]);
    expect(actsOf('restart: {}')).toMatchObject([{ nodes: null, mark: { text: /^all nodes/ } }]);
  });
});

describe('a clock', () => {
  it('is put ahead, and back when its act ends', () => {
    const clock = { kind: 'clock', at: AT, skew: 15 * DAY, nodes: THIRTY_PERCENT, colos: [] };
    const text = 'clocks of 30% of the nodes 15d ahead';
    expect(actsOf('until: +90m, clock: { skew: +15d, nodes: 30% }')).toEqual([
      { ...clock, mark: { kind: 'fault', text } },
      { ...clock, at: AT + 30 * MINUTE, skew: -15 * DAY, mark: { kind: 'repair', text } },
    ]);
  });

  it('may be behind, and is that of all nodes unless something else is said', () => {
    expect(actsOf('clock: -10m')).toMatchObject([
      { skew: -10 * MINUTE, nodes: null, mark: { text: 'clocks of all nodes 10m behind' } },
    ]);
  });
});

describe('refused is', () => {
  it.each([
    [
      'no node',
      'restart: 0',
      '2:33: "0"; expected a number of nodes, or a share of them such as 30%',
    ],
    [
      'more than all of them',
      'restart: 101%',
      '2:33: "101%"; expected a number of nodes, or a share of them such as 30%',
    ],
    [
      'a colo that does not exist',
      'restart: { colos: [fr] }',
      '2:43: colo "fr"; expected one of fra, iad',
    ],
    [
      'a restart that ends',
      'until: +90m, restart: 1',
      /^2:\d+: "until" beside "restart"; expected "until" with what can be lifted/,
    ],
    ['a clock that is right', 'clock: 0s', '2:31: "0s"; expected a shift other than 0'],
    [
      'a clock that takes its time',
      'over: 5m, clock: +5m',
      '2:24: "over" beside "clock"; expected "over" with what is rolled out (apps, rule, nta, restart)',
    ],
    [
      'a zone beside a clock',
      'zone: de, clock: +5m',
      '2:24: "zone" beside "clock"; expected an event of all resolver nodes',
    ],
  ])('%s', (_, event, expected) => {
    const [error = '', ...others] = errorsOfFiles(filesWith(event));
    const text = error.replace(/^.*main\.yaml:/, '');
    if (typeof expected === 'string') expect(text).toBe(expected);
    else expect(text).toMatch(expected);
    expect(others).toEqual([]);
  });
});
