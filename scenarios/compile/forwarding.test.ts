/** Cache modes and forwarding in the language: what they become, and what is refused. */

import { describe, expect, it } from 'vitest';
import { MILLISECOND, MINUTE, SECOND } from '../../resolver-core/time.ts';
import { errorsOfFiles, INCIDENT, planOfFiles } from '../testing/files.ts';

function filesWith(lines: string): Readonly<Record<string, string>> {
  return {
    'names.txt': 'example.com\n',
    'main.yaml': `{ extends: ${INCIDENT}, names: names.txt, traffic: { names: 4 }, expect: [], published: [], timeline: [],
${lines}
}
`,
  };
}

const FORWARDED = 'cluster: { cache: { mode: forwarded }, forwarding: { tags: drop } }';
const withAct = (act: string): string =>
  `${FORWARDED}, mitigations: { it: [${act}] }, variants: { a: [it] }`;

describe('the mode of a cluster', () => {
  it('is private unless something else is said', () => {
    const { cache, forwarding } = planOfFiles(
      filesWith('cluster: { cache: { mode: ~ }, forwarding: ~ }, variants: { a: [] }'),
    ).cluster;
    expect(cache.mode).toBe('private');
    expect(forwarding).toEqual({
      ...{ copyTtl: 30, tags: 'propagate' },
      ...{ delay: 250, timeout: 2 * SECOND },
    });
  });

  it('stands in the plan, with how queries are forwarded', () => {
    const lines =
      'cluster: { cache: { mode: forwarded }, forwarding: { copy-ttl: 1m, tags: drop, delay: 1ms, timeout: 3s } }, variants: { a: [] }';
    const { cache, forwarding } = planOfFiles(filesWith(lines)).cluster;
    expect(cache.mode).toBe('forwarded');
    expect(forwarding).toEqual({
      ...{ copyTtl: 60, tags: 'drop' },
      ...{ delay: MILLISECOND, timeout: 3 * SECOND },
    });
  });
});

describe('an act on forwarding', () => {
  it('is lifted to what was before, and leaves alone what it did not set', () => {
    const act = '{ at: +60m, until: +90m, forwarding: { tags: propagate } }';
    const plan = planOfFiles(filesWith(withAct(act)));
    const [from, to] = plan.variants.find(({ name }) => name === 'a')?.timeline ?? [];
    expect(from).toMatchObject({ kind: 'forwarding', set: { tags: 'propagate' } });
    expect(to).toMatchObject({ kind: 'forwarding', set: { tags: 'drop' } });
    expect(Object.keys((to as { set: object }).set)).toEqual(['tags']);
    expect((to?.at ?? 0) - (from?.at ?? 0)).toBe(30 * MINUTE);
  });
});

describe('refused with its place is', () => {
  it.each([
    [
      'a mode that does not exist',
      'cluster: { cache: { mode: forward } }, variants: { a: [] }',
      /^2:27: "forward"; expected one of private, forwarded, shared \(did you mean "forwarded"\?\)$/,
    ],
    [
      'a timeout shorter than the way there and back',
      'cluster: { forwarding: { delay: 2ms, timeout: 4ms } }, variants: { a: [] }',
      /^2:\d+: "4ms"; expected more than twice "delay"$/,
    ],
    [
      'an act where nothing is forwarded',
      'mitigations: { it: [{ at: +60m, forwarding: { tags: drop } }] }, cluster: { cache: { mode: ~ }, forwarding: ~ }, variants: { a: [it] }',
      /^2:33: "forwarding"; expected "mode: forwarded" of "cluster.cache"/,
    ],
    [
      'an act that changes nothing',
      withAct('{ at: +60m, forwarding: {} }'),
      /expected at least one setting$/,
    ],
    [
      'an act on what stays as it is',
      withAct('{ at: +60m, forwarding: { delay: 1ms } }'),
      /key "delay".*expected.*copy-ttl.*tags/,
    ],
  ])('%s', (_, lines, expected) => {
    const [error = '', ...others] = errorsOfFiles(filesWith(lines));
    expect(error.replace(/^.*main\.yaml:/, '')).toMatch(expected);
    expect(others).toEqual([]);
  });
});
