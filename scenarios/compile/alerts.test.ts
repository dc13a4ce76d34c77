import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE, SECOND } from '../../resolver-core/time.ts';
import { errorsOver, INCIDENT, planOfFiles } from '../testing/files.ts';

const FROM = Date.UTC(2026, 4, 5, 17) * 1000;
const NOTHING = { zone: null, colo: null, role: null, slice: null };
const BELL = 'bell: { metric: servfail-rate, above: 5%, for: 5m }';

function planWith(lines: string) {
  return planOfFiles({
    'names.txt': 'example.com\n',
    'main.yaml': `extends: ${INCIDENT}\nnames: names.txt\ntraffic: { names: 4 }\npublished: []\n${lines}`,
  });
}

describe('alerts', () => {
  it('watch a metric of some lookups, at all colos together unless they say otherwise', () => {
    const { alerts } = planWith(`
alerts: {
  ${BELL},
  each: { metric: client-queries, below: 100, for: 1h, per: colo, minimum: 200, zone: de, slice: one-off, role: resolver },
  at-fra: { metric: stale-rate, above: 0.1, for: 1m, colo: fra },
}
expect: []`);
    const [bell, each, fra] = alerts.slice(-3);
    expect(bell).toEqual({
      name: 'bell',
      source: { kind: 'metric', metric: 'servfail-rate', filter: NOTHING, minimum: 0 },
      per: 'all',
      above: 0.05,
      below: null,
      span: 5 * MINUTE,
    });
    expect(each).toMatchObject({
      source: {
        ...{ metric: 'client-queries', minimum: 200 },
        filter: { zone: 'de', colo: null, role: ['resolver'], slice: 'oneOff' },
      },
      ...{ per: 'colo', above: null, below: 100, span: HOUR },
    });
    expect(fra).toMatchObject({ source: { filter: { colo: ['fra'] } } });
  });

  it('watch the age of the local root, whatever the bucket', () => {
    const { alerts } = planWith(`
alerts:
  old: { age-of: local-root, older-than: 2d, for: 90s, per: colo }
  old-here: { age-of: local-root, older-than: 36h, for: 0s, colo: fra }
expect: []`);
    expect(alerts.filter(({ source }) => source.kind === 'age')).toEqual([
      {
        ...{ name: 'old', per: 'colo', span: 90 * SECOND, above: 172_800, below: null },
        source: { kind: 'age', of: 'local-root', colo: null },
      },
      {
        ...{ name: 'old-here', per: 'all', span: 0, above: 129_600, below: null },
        source: { kind: 'age', of: 'local-root', colo: ['fra'] },
      },
    ]);
  });

  it('are compared with references, whose provenance is kept', () => {
    const { references, provenance } = planWith(`
references:
  the call: { value: 20:15, published: a log book }
  before: 2026-05-05T12:00Z
expect: []`);
    expect(references).toContainEqual({ name: 'the call', at: FROM + 195 * MINUTE });
    expect(references).toContainEqual({ name: 'before', at: FROM - 5 * HOUR });
    expect(provenance).toContainEqual({
      ...{ path: 'references."the call"', value: '20:15' },
      ...{ provenance: 'published', note: 'a log book' },
    });
  });

  it('can be expected to fire before an instant, or never', () => {
    const { alertExpectations, expectations } = planWith(`
alerts: { ${BELL} }
expect:
  - { variant: nothing-done, alert: bell, fires: before 19:45 }
  - { alert: bell, fires: never, during: 17:00..19:30, at-scale: full }`);
    expect(expectations).toEqual([]);
    expect(alertExpectations).toEqual([
      {
        where: 'main.yaml:8:37',
        ...{ variant: 'nothing-done', alert: 'bell', atScale: 'any' },
        ...{ from: FROM, to: FROM + 8 * HOUR },
        fires: { kind: 'before', at: FROM + 165 * MINUTE },
      },
      {
        where: 'main.yaml:9:14',
        ...{ variant: null, alert: 'bell', atScale: 'full' },
        ...{ from: FROM, to: FROM + 150 * MINUTE },
        fires: { kind: 'never' },
      },
    ]);
  });
});

describe('refused, with what was expected', () => {
  it.each([
    [
      'an unknown metric',
      'alerts: { a: { metric: servfail-rat, above: 5%, for: 5m } }',
      /^2:24: "servfail-rat"; expected one of .* \(did you mean "servfail-rate"\?\)$/,
    ],
    [
      'neither a metric nor an age',
      'alerts: { a: { above: 5%, for: 5m } }',
      '2:14: neither; expected either "metric" or "age-of"',
    ],
    [
      'a bound that an age does not have',
      'alerts: { a: { age-of: local-root, older-than: 2d, above: 5, for: 5m } }',
      '2:52: "above" beside "age-of"; expected "older-than", "for", "per" or "colo"',
    ],
    [
      'an age without a limit',
      'alerts: { a: { age-of: local-root, for: 5m } }',
      '2:14: none; expected "older-than" beside "age-of"',
    ],
    [
      'the age of something else',
      'alerts: { a: { age-of: local-rot, older-than: 2d, for: 5m } }',
      '2:24: "local-rot"; expected local-root (did you mean "local-root"?)',
    ],
    [
      'an age as the bound of a metric',
      'alerts: { a: { metric: servfail-rate, above: 5%, older-than: 2d, for: 5m } }',
      '2:50: "older-than" beside "metric"; expected "above" or "below"',
    ],
    [
      'no bound',
      'alerts: { a: { metric: servfail-rate, for: 5m } }',
      '2:14: neither; expected either "above" or "below"',
    ],
    [
      'two bounds',
      'alerts: { a: { metric: servfail-rate, above: 5%, below: 7%, for: 5m } }',
      '2:14: both; expected either "above" or "below"',
    ],
    [
      'a span that cuts a bucket',
      'alerts: { a: { metric: servfail-rate, above: 5%, for: 90s } }',
      '2:55: "90s"; expected whole buckets, of which each is 1m',
    ],
    [
      'a span of nothing',
      'alerts: { a: { metric: servfail-rate, above: 5%, for: 0s } }',
      '2:55: "0s"; expected whole buckets, of which each is 1m',
    ],
    [
      'a span that never fits',
      'alerts: { a: { metric: servfail-rate, above: 5%, for: 9h } }',
      '2:55: "9h"; expected no more than the window of "time"',
    ],
    [
      'no span',
      'alerts: { a: { metric: servfail-rate, above: 5% } }',
      '2:11: "for" is missing; expected a duration such as 90s, 15m, 13d or 1h30m',
    ],
    [
      'an unknown colo',
      'alerts: { a: { metric: servfail-rate, above: 5%, for: 5m, colo: far } }',
      /^2:65: colo "far"; expected one of fra, .* \(did you mean "fra"\?\)$/,
    ],
    [
      'an unknown way to look',
      'alerts: { a: { metric: servfail-rate, above: 5%, for: 5m, per: node } }',
      '2:64: "node"; expected one of all, colo',
    ],
    [
      'a reference that comes twice',
      'references: { call: 2026-05-32T00:00Z }',
      '2:21: "2026-05-32T00:00Z"; expected an instant such as 2026-05-05T19:30Z, 19:30, +30m or start',
    ],
    [
      'an unknown alert',
      `alerts: { ${BELL} }\nexpect: [{ alert: bel, fires: never }]`,
      /^3:19: alert "bel"; expected (?:one of .*)?bell \(did you mean "bell"\?\)$/,
    ],
    [
      'an alert of which nothing is expected',
      `alerts: { ${BELL} }\nexpect: [{ alert: bell }]`,
      '3:12: "alert" without "fires"; expected fires: before 19:45, or never',
    ],
    [
      'a firing of nothing',
      'expect: [{ fires: never }]',
      '2:12: "fires" without "alert"; expected the name of an alert, too',
    ],
    [
      'a metric beside an alert',
      `alerts: { ${BELL} }\nexpect: [{ alert: bell, fires: never, servfail-rate: { below: 1% } }]`,
      '3:39: "servfail-rate" beside "alert"; expected it in an item of its own',
    ],
    [
      'what the alert says itself',
      `alerts: { ${BELL} }\nexpect: [{ alert: bell, fires: never, zone: de }]`,
      '3:39: "zone" beside "alert"; expected it in an item of its own',
    ],
    [
      'a firing that is none',
      `alerts: { ${BELL} }\nexpect: [{ alert: bell, fires: after 19:45 }]`,
      '3:32: "after 19:45"; expected never, or before and an instant, such as before 19:45',
    ],
    [
      'an instant that the span has not',
      `alerts: { ${BELL} }\nexpect: [{ alert: bell, fires: before 20:00, during: 17:00..19:30 }]`,
      '3:32: "before 20:00"; expected an instant within "during"',
    ],
  ])('%s', (_, lines, expected) => {
    const [first = ''] = errorsOver(lines);
    expect(first.replace(/^main\.yaml:/, '')).toEqual(
      typeof expected === 'string' ? expected : expect.stringMatching(expected),
    );
  });
});
