/** Override rules and negative trust anchors in the language: what they become, and what is refused. */

import { describe, expect, it } from 'vitest';
import { DEFAULT_NEGATIVE_ANCHOR } from '../../resolver-core/policy/nta.ts';
import { MINUTE } from '../../resolver-core/time.ts';
import type { TimelineEvent } from '../../sim/plan.ts';
import { errorsOfFiles, INCIDENT, planOfFiles } from '../testing/files.ts';

const FROM = Date.UTC(2026, 4, 5, 17) * 1000;

function filesWith(lines: string): Readonly<Record<string, string>> {
  return {
    'names.txt': 'example.com\n',
    'main.yaml': `{ extends: ${INCIDENT}, names: names.txt, traffic: { names: 4 }, expect: [], published: [], timeline: [],
${lines}
}
`,
  };
}

/** What the mitigation `it` does: minutes after the start of the window, and the rest of each act. */
function actsOf(events: string): (readonly [number, object])[] {
  const plan = planOfFiles(filesWith(`mitigations: { it: [${events}] }, variants: { a: [it] }`));
  const timeline = plan.variants.find(({ name }) => name === 'a')?.timeline ?? [];
  return timeline.map((event: TimelineEvent) => {
    const { at, mark: _, mitigation: __, ...rest } = event;
    return [(at - FROM) / MINUTE, rest];
  });
}

const RULE = 'phase = validation subtree = de mark-insecure';

describe('a rule', () => {
  const rule = { kind: 'rule', over: 0, rule: RULE, lifts: false };

  it('comes, and goes when its event ends', () => {
    expect(actsOf(`{ at: +60m, until: +90m, over: 2m, rule: ${RULE} }`)).toEqual([
      [60, { ...rule, over: 2 * MINUTE }],
      [90, { ...rule, over: 2 * MINUTE, lifts: true }],
    ]);
  });

  it('stays while another event holds it', () => {
    const two = `{ at: +60m, until: +90m, rule: ${RULE} }, { at: +70m, until: +120m, rule: ${RULE} }`;
    expect(actsOf(two)).toEqual([
      [60, rule],
      [70, rule],
      [120, { ...rule, lifts: true }],
    ]);
  });
});

describe('a negative trust anchor', () => {
  it('is as the core has it unless something else is said', () => {
    const anchor = { kind: 'nta', over: 0, zone: 'de', anchor: DEFAULT_NEGATIVE_ANCHOR };
    expect(actsOf('{ at: +60m, nta: de }')).toEqual([[60, anchor]]);
    expect(actsOf('{ at: +60m, until: +70m, nta: { zone: de } }')).toEqual([
      [60, anchor],
      [70, { ...anchor, anchor: null }],
    ]);
  });

  it('has a life, re-checks and an explanation of its own', () => {
    const [first, second] = actsOf(
      '{ at: +1m, nta: { zone: ., lifetime: 4h, recheck: off, explain: off } }, { at: +2m, nta: { zone: de, recheck: 90 } }',
    );
    const mute = { lifetime: 14_400, recheck: null, explain: false };
    expect(first?.[1]).toMatchObject({ zone: '.', anchor: mute });
    expect(second?.[1]).toMatchObject({ anchor: { recheck: 90 } });
  });
});

describe('refused with its place is', () => {
  it.each([
    [
      'a rule with a slip, with the column inside it',
      'rule: phase = validation subtree = de mark-insecur',
      /^2:39: "mark-insecur" at column 33 of the rule \(.*\); expected mark-insecure \(did you mean "mark-insecure"\?\)$/,
    ],
    [
      'a rule that ends too early',
      'rule: phase = validation subtree = de',
      /^2:39: nothing at column \d+ of the rule \(not an action\); expected /,
    ],
    [
      'a colo that does not exist',
      'rule: phase = pre-cache colo = frb refuse',
      '2:39: colo "frb"; expected one of fra, iad (did you mean "fra"?)',
    ],
    [
      'a client group that does not exist',
      'rule: phase = pre-cache client-group = hom refuse',
      /^2:39: client group "hom"; expected one of home, mobile, .*\(did you mean "home"\?\)$/,
    ],
    [
      'an anchor for more than a week',
      'nta: { zone: de, lifetime: 8d }',
      '2:60: "8d"; expected more than nothing and at most a week (RFC 7646)',
    ],
    [
      'a re-check that is no interval',
      'nta: { zone: de, recheck: never }',
      '2:59: "never"; expected off, or an interval of whole seconds such as 5m',
    ],
    [
      'an anchor for what is no zone of the scenario, nor below one',
      'nta: { zone: dee }',
      /^2:46: "dee"; expected a name at or below a zone .*de.* \(did you mean "de"\?\)$/,
    ],
    [
      'a mark of what is no zone of the scenario, nor below one',
      'rule: phase = validation subtree = www.example.dee mark-insecure',
      /^2:39: "www.example.dee"; expected a name at or below a zone .* \(did you mean "de"\?\)$/,
    ],
    [
      'a zone beside an anchor',
      'nta: de, zone: de',
      '2:42: "zone" beside "nta"; expected an event of all resolver nodes',
    ],
    [
      'a roll-out of settings',
      'resolver: { validation: off }, over: 5m',
      '2:64: "over" beside "resolver"; expected "over" with what is rolled out (apps, rule, nta, restart)',
    ],
  ])('%s', (_, act, expected) => {
    const lines = `mitigations: { it: [{ at: +60m, ${act} }] }, variants: { a: [it] }`;
    const [error = '', ...others] = errorsOfFiles(filesWith(lines));
    const text = error.replace(/^.*main\.yaml:/, '');
    if (typeof expected === 'string') expect(text).toBe(expected);
    else expect(text).toMatch(expected);
    expect(others).toEqual([]);
  });
});
