import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { RECOMMENDED_SERVE_STALE } from '../../resolver-core/config.ts';
import { STALE_PROFILES } from '../../resolver-core/policy/stale-profiles.ts';
import { HOUR, MINUTE, type Micros } from '../../resolver-core/time.ts';
import type { Plan, TimelineEvent } from '../../sim/plan.ts';
import { INCIDENT, planOfFiles } from '../testing/files.ts';

const FROM = Date.UTC(2026, 4, 5, 17) * 1000;

/** The plan of the incident with these lines, its claims and events left out. */
function planWith(lines: string): Plan {
  return planOfFiles({
    'names.txt': 'example.com\n',
    'main.yaml': `extends: ${INCIDENT}
names: names.txt
traffic: { names: 4 }
expect: []
published: []
${lines}`,
  });
}

function timelineOf(plan: Plan, variant: string): readonly TimelineEvent[] {
  const found = plan.variants.find(({ name }) => name === variant);
  if (found === undefined) throw new Error(`no variant ${variant}`);
  return found.timeline;
}

/** `[minutes after the start of the window, what is set]` of each change of settings. */
function changes(plan: Plan, variant: string): readonly (readonly [number, object])[] {
  return timelineOf(plan, variant).map((event) => {
    if (event.kind !== 'resolver') throw new Error(`a ${event.kind}`);
    return [(event.at - FROM) / MINUTE, event.set];
  });
}

describe('until', () => {
  it('puts back what was there before', () => {
    const plan = planWith(`
timeline: []
mitigations:
  off: [{ at: +1h, until: +2h, resolver: { validation: off, max-ttl: 60 } }]
variants: { a: [off] }
`);
    const { maxTtl } = plan.cluster.resolver;
    expect(changes(plan, 'a')).toEqual([
      [60, { validation: false, maxTtl: 60 }],
      [120, { validation: true, maxTtl }],
    ]);
  });

  it('puts serve-stale back as a whole', () => {
    const plan = planWith(`
cluster: { resolver: { serve-stale: { max-stale: 6h } } }
timeline: []
mitigations:
  quick: [{ at: +1h, until: +2h, resolver: { serve-stale: { client-timeout: 0s } } }]
  off: [{ at: +3h, resolver: { serve-stale: off, prefetch: 10%, aggressive-nsec: all, bogus-retries: 2 } }]
variants: { a: [quick, off] }
`);
    const { serveStale } = plan.cluster.resolver;
    expect(serveStale).toEqual({ ...RECOMMENDED_SERVE_STALE, maxStale: 21_600 });
    const quick = { ...RECOMMENDED_SERVE_STALE, clientTimeout: 0 };
    const off = { serveStale: null, prefetch: 0.1, aggressiveNsec: 'all', bogusRetries: 2 };
    expect(changes(plan, 'a')).toEqual([
      [60, { serveStale: quick }],
      [120, { serveStale }],
      [180, off],
    ]);
  });

  it.each([
    ['unbound', STALE_PROFILES.unbound],
    ['on', STALE_PROFILES.rfc8767],
    ['off', null],
    ['{ profile: bind, max-stale: 6h }', { ...STALE_PROFILES.bind, maxStale: 21_600 }],
    [
      '{ profile: unbound, client-timeout: on-failure }',
      { ...STALE_PROFILES.unbound, clientTimeout: null },
    ],
  ])('serve-stale: %s is that profile, and what is said beside it', (written, serveStale) => {
    const plan = planWith(`
timeline: []
mitigations: { stale: [{ at: +1h, resolver: { serve-stale: ${written} } }] }
variants: { a: [stale] }
`);
    expect(changes(plan, 'a')).toEqual([[60, { serveStale }]]);
  });

  it('leaves what another event has set, whether before or since', () => {
    const plan = planWith(`
timeline:
  - { at: +30m, resolver: { max-ttl: 500 } }
mitigations:
  short: [{ at: +1h, until: +3h, resolver: { max-ttl: 60, max-negative-ttl: 60 } }]
  shorter: [{ at: +2h, until: +4h, resolver: { max-ttl: 30 } }]
variants: { a: [short, shorter], b: [shorter, short] }
`);
    const { maxNegativeTtl } = plan.cluster.resolver;
    const expected = [
      [30, { maxTtl: 500 }],
      [60, { maxTtl: 60, maxNegativeTtl: 60 }],
      [120, { maxTtl: 30 }],
      [180, { maxTtl: 30, maxNegativeTtl }],
      [240, { maxTtl: 500 }],
    ];
    expect(changes(plan, 'a')).toEqual(expected);
    expect(changes(plan, 'b')).toEqual(expected);
  });

  it('of two that end together neither puts back the other', () => {
    const plan = planWith(`
timeline: []
mitigations:
  one: [{ at: +1h, until: +3h, resolver: { max-ttl: 60 } }]
  two: [{ at: +2h, until: +3h, resolver: { max-ttl: 30 } }]
variants: { a: [one, two] }
`);
    const { maxTtl } = plan.cluster.resolver;
    expect(changes(plan, 'a').slice(2)).toEqual([
      [180, { maxTtl }],
      [180, { maxTtl }],
    ]);
  });
});

describe('whatever begins and ends', () => {
  const change = fc.record({
    at: fc.integer({ min: 0, max: 8 }),
    length: fc.option(fc.integer({ min: 1, max: 8 })),
    key: fc.constantFrom('max-ttl', 'max-negative-ttl'),
    seconds: fc.integer({ min: 0, max: 99 }),
  });

  it('at every instant the setting that began last, of those that have not ended, holds', () => {
    const lists = fc.array(fc.array(change, { minLength: 1, maxLength: 6 }), {
      minLength: 12,
      maxLength: 12,
    });
    const property = fc.property(lists, (all) => {
      const mitigations = all.map((list, i) => {
        const events = list.map(({ at, length, key, seconds }) => {
          const until = length === null ? '' : `, until: +${at + length}m`;
          return `{ at: +${at}m${until}, resolver: { ${key}: ${seconds} } }`;
        });
        return `  m${i}: [${events.join(', ')}]`;
      });
      const variants = all.map((_, i) => `  v${i}: [m${i}]`);
      const plan = planWith(
        `timeline: []\nmitigations:\n${mitigations.join('\n')}\nvariants:\n${variants.join('\n')}\n`,
      );
      for (const [i, list] of all.entries()) expectModel(plan, `v${i}`, list);
    });
    fc.assert(property, { numRuns: 10 });
  });

  function expectModel(
    plan: Plan,
    variant: string,
    list: readonly { at: number; length: number | null; key: string; seconds: number }[],
  ): void {
    const { maxTtl, maxNegativeTtl } = plan.cluster.resolver;
    for (let minute = 0; minute <= 17; minute++) {
      const expected: Record<string, number> = {
        'max-ttl': maxTtl,
        'max-negative-ttl': maxNegativeTtl,
      };
      const inForce = list.filter(
        ({ at, length }) => at <= minute && (length === null || at + length > minute),
      );
      for (const { key, seconds } of inForce.toSorted((a, b) => a.at - b.at))
        expected[key] = seconds;
      const sets = changes(plan, variant).filter(([at]) => at <= minute);
      const actual = Object.assign({ maxTtl, maxNegativeTtl }, ...sets.map(([, set]) => set));
      expect(actual).toEqual({
        maxTtl: expected['max-ttl'],
        maxNegativeTtl: expected['max-negative-ttl'],
      });
    }
  }
});

describe('marks', () => {
  let plan: Plan;
  beforeAll(() => {
    plan = planWith(`
timeline:
  - { at: +1h, until: +2h, resolver: { max-ttl: 60 } }
  - { at: +3h, mark: repair, text: mended, resolver: { max-ttl: 90 } }
  - { at: +4h, mark: none, resolver: { max-ttl: 100 } }
mitigations:
  off: [{ at: +30m, until: +90m, resolver: { validation: off } }]
  quiet: [{ at: +30m, until: +90m, mark: none, resolver: { validation: off } }]
variants: { a: [off], b: [quiet] }
`);
  });

  const marks = (variant: string) =>
    timelineOf(plan, variant).map(({ at, mitigation, mark }) => [
      (at - FROM) / HOUR,
      mitigation ?? null,
      mark?.kind ?? null,
      mark?.text ?? null,
    ]);

  it('a timeline has faults and, where they end, repairs; a mitigation is lifted', () => {
    expect(marks('a')).toEqual([
      [0.5, 'off', 'mitigation', 'off'],
      [1, null, 'fault', 'max-ttl 60s'],
      [1.5, 'off', 'lift', 'off'],
      [2, null, 'repair', 'max-ttl 60s'],
      [3, null, 'repair', 'mended'],
      [4, null, null, null],
    ]);
  });

  it('settings read as they are written, serve-stale in short', () => {
    const written = planWith(`
timeline:
  - { at: +1h, resolver: { serve-stale: { max-stale: 6h }, prefetch: 10%, aggressive-nsec: nsec } }
  - { at: +2h, resolver: { bogus-retries: 2, nxdomain-cut: on, serve-stale: off, lose-bogus-cause: on } }
variants: { a: [] }
`);
    expect(timelineOf(written, 'a').map(({ mark }) => mark?.text)).toEqual([
      'serve-stale on, prefetch 10%, aggressive-nsec nsec',
      'serve-stale off, nxdomain-cut on, bogus-retries 2, lose-bogus-cause on',
    ]);
  });

  it('none where the scenario wants none', () => {
    expect(marks('b').filter(([, mitigation]) => mitigation === 'quiet')).toEqual([
      [0.5, 'quiet', null, null],
      [1.5, 'quiet', null, null],
    ]);
  });
});

describe('shift', () => {
  it('moves a mitigation with its end, in one variant', () => {
    const plan = planWith(`
timeline: []
mitigations:
  off: [{ at: 20:00, until: 21:00, resolver: { validation: off } }]
variants:
  then: [off]
  earlier: [{ name: off, shift: -1h }]
  later: { mitigations: [{ name: off, shift: 30m }] }
`);
    const times = (variant: string): Micros[] =>
      timelineOf(plan, variant).map(({ at }) => (at - FROM) / HOUR);
    expect(times('then')).toEqual([3, 4]);
    expect(times('earlier')).toEqual([2, 3]);
    expect(times('later')).toEqual([3.5, 4.5]);
    const { mitigations } = plan.variants.at(-1) ?? {};
    expect(mitigations).toEqual(['off']);
  });
});
