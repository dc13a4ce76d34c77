/** Published figures and filters in the language: what they become, and what is refused. */

import { describe, expect, it } from 'vitest';
import type { PublishedPlan } from '../../sim/claims.ts';
import { errorsOver, INCIDENT, planOfFiles } from '../testing/files.ts';

function figure(keys: string): PublishedPlan | undefined {
  const published = `published: [{ figure: f, source: s, ${keys} }]`;
  const files = {
    'names.txt': 'example.com\n',
    'main.yaml': `extends: ${INCIDENT}\nnames: names.txt\ntraffic: { names: 4 }\n${published}`,
  };
  return planOfFiles(files).published[0];
}

const COMPARED = 'variant: no-serve-stale, metric: servfail-rate';

describe('a published figure', () => {
  it('is taken from one colo or several', () => {
    expect(figure(`${COMPARED}, value: 3%, colo: fra`)?.filter.colo).toEqual(['fra']);
    expect(figure(`${COMPARED}, value: 3%, colo: [fra, iad]`)?.filter.colo).toEqual(['fra', 'iad']);
  });

  it('may have been told without a number', () => {
    expect(figure(COMPARED)?.value).toBeNull();
  });

  it('may say why nothing is set beside it', () => {
    const told = figure('value: 3, not-simulated: people decide that');
    expect(told).toMatchObject({ notSimulated: 'people decide that', variant: null, metric: null });
  });
});

describe('refused with its place is a figure', () => {
  it.each([
    ['beside nothing', 'value: 1', 'nothing of both'],
    ['without a variant', 'value: 1, metric: lookups', 'nothing of both'],
    [
      'that is simulated and is not',
      `value: 1, ${COMPARED}, not-simulated: why`,
      '"not-simulated" beside "variant" and "metric"',
    ],
    [
      'at a colo that is none',
      `value: 1, ${COMPARED}, colo: [fra, iaf]`,
      'colo "iaf"; expected one of fra, iad (did you mean "iad"?)',
    ],
  ])('%s', (_, keys, message) => {
    const [first = ''] = errorsOver(`published: [{ figure: f, source: s, ${keys} }]`);
    expect(first).toMatch(/^main\.yaml:2:\d+: /);
    expect(first.replace(/^main\.yaml:2:\d+: /, '').startsWith(message)).toBe(true);
  });
});
