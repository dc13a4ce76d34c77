import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MINUTE } from '../resolver-core/time.ts';
import type { AlertExpectationPlan, AlertPlan } from './claims.ts';
import type { Plan, TimelineEvent, VariantPlan } from './plan.ts';
import type {
  AlertFiring,
  AlertResult,
  CopySpan,
  Series,
  ShardCounts,
  VariantResult,
} from './result.ts';
import { summarise } from './summarise.ts';
import { plain, shardCounts } from './testing/counts.ts';
import { FAULT_AT, smallPlan } from './testing/small-plan.ts';

const ALL = { zone: null, colo: null, role: null, slice: null };
const BUCKETS = 20;
/** Ten buckets before the fault. */
const FROM = FAULT_AT - 10 * MINUTE;
const SOURCE = { kind: 'metric', metric: 'servfail-rate', filter: ALL, minimum: 0 } as const;
const BELL: AlertPlan = {
  name: 'bell',
  source: SOURCE,
  per: 'all',
  above: 0.25,
  below: null,
  span: 2 * MINUTE,
};
const FAULT: TimelineEvent = {
  ...{ kind: 'sign-with', at: FAULT_AT, zone: 'de', key: '33834' },
  mark: { kind: 'fault', text: 'de signed with 33834' },
};

function mitigation(name: string, minute: number): TimelineEvent {
  const what = { kind: 'resolver', set: { validation: false } } as const;
  return { ...what, at: FROM + minute * MINUTE, mitigation: name };
}

interface Setup {
  readonly alert?: Partial<AlertPlan>;
  readonly variant?: Partial<VariantPlan>;
  readonly plan?: Partial<Plan>;
  readonly expect?: readonly Partial<AlertExpectationPlan>[];
  /** Of ten queries a minute at each colo, those that fail. */
  readonly fra?: (minute: number) => number;
  readonly iad?: (minute: number) => number;
  readonly buckets?: number;
  /** What the nodes of iad have had. */
  readonly copies?: readonly CopySpan[];
}

function report(setup: Setup): VariantResult {
  const {
    alert,
    variant,
    plan,
    fra = () => 0,
    iad = () => 0,
    buckets = BUCKETS,
    copies = [],
  } = setup;
  const variants = [{ name: 'v', mitigations: [], timeline: [FAULT], ...variant }];
  const alertExpectations = (setup.expect ?? []).map(
    (each): AlertExpectationPlan => ({
      ...{ where: 'x.yaml:1:1', variant: null, alert: 'bell', atScale: 'any' },
      ...{ from: FROM, to: FROM + BUCKETS * MINUTE, fires: { kind: 'never' } },
      ...each,
    }),
  );
  const parts = [fra, iad].map(
    (failed, shard): ShardCounts =>
      shardCounts(
        shard,
        'v',
        buckets,
        [
          {
            cell: { colo: shard === 0 ? 'fra' : 'iad' },
            bucket: (i) => plain(10 - failed(i), failed(i)),
          },
        ],
        { complete: buckets === BUCKETS, copies: shard === 1 ? copies : [] },
      ),
  );
  const whole = smallPlan({
    time: { from: FROM, to: FROM + BUCKETS * MINUTE, bucket: MINUTE, warmup: 0 },
    phases: [],
    ...{ variants, alertExpectations, alerts: [{ ...BELL, ...alert }] },
    ...plan,
  });
  const [first] = summarise(
    whole,
    parts.map((part) => [part]),
  ).variants;
  if (first === undefined) throw new Error('no variant');
  return first;
}

function alertOf(setup: Setup): AlertResult {
  const [alert] = report(setup).alerts;
  if (alert === undefined) throw new Error('no alert');
  return alert;
}

/** All fail from one minute up to another. */
const between =
  (from: number, to: number) =>
  (minute: number): number =>
    minute >= from && minute < to ? 10 : 0;

describe('an alert in a report', () => {
  test('on the age of the local root: at the colo that has the old copy, days before the window', () => {
    const day = 24 * 60 * MINUTE;
    const held = { node: 0, fetched: FROM - 5 * day, from: FROM - 5 * day, until: FROM + day };
    const alert = { source: { kind: 'age', of: 'local-root', colo: null }, per: 'colo' } as const;
    const twoDays = { ...alert, above: 172_800, span: 15 * MINUTE };
    const fault = { ...FAULT, at: FROM - 4 * day };
    const found = alertOf({ alert: twoDays, copies: [held], variant: { timeline: [fault] } });
    expect(found).toMatchObject({
      ...{ firedAt: '2026-05-02T19:35:00Z', clearedAt: null, extreme: 5 * 86_400 + 20 * 60 },
      text: 'age of the local root above 2 d for 15 min, each colo',
    });
    expect(found.firings.map(({ colo }) => colo)).toEqual(['iad']);
    const before = { fires: { kind: 'before', at: FROM + MINUTE } } as const;
    const verdict = (expected: Partial<AlertExpectationPlan>): boolean | undefined =>
      report({ alert: twoDays, copies: [held], variant: { timeline: [fault] }, expect: [expected] })
        .expectations[0]?.passed;
    expect(verdict(before)).toBe(true);
    expect(verdict({})).toBe(false);
  });

  test('fires at the end of the first span beyond the threshold, and is cleared at the end of the first that is not', () => {
    // over all colos half of the answers fail, so that a span of two with one such minute has 25 %
    const alert = alertOf({ fra: between(12, 15) });
    expect(alert).toMatchObject({
      ...{ name: 'bell', firedAt: '2026-05-05T19:34:00Z', clearedAt: '2026-05-05T19:36:00Z' },
      ...{ falseAlarms: 0, extreme: 0.5 },
    });
    expect(alert.firings).toEqual([
      {
        ...{ colo: null, falseAlarm: false },
        ...{ from: '2026-05-05T19:34:00Z', to: '2026-05-05T19:36:00Z' },
      },
    ]);
  });

  test('never: says how near it came', () => {
    expect(alertOf({ fra: between(12, 13) })).toMatchObject({
      ...{ firedAt: null, clearedAt: null, falseAlarms: 0 },
      ...{ extreme: 0.25, leads: [], firings: [] },
    });
    const silent = alertOf({ alert: { source: { ...SOURCE, minimum: 41 } }, fra: () => 10 });
    expect(silent).toMatchObject({ firedAt: null, extreme: null });
  });

  test('still ringing at the end of what was counted: not cleared', () => {
    expect(alertOf({ fra: between(12, 99) })).toMatchObject({ clearedAt: null });
    expect(alertOf({ fra: between(12, 15), buckets: 15 })).toMatchObject({
      ...{ firedAt: '2026-05-05T19:34:00Z', clearedAt: null },
    });
  });

  test('per colo: each by itself, the first fires it, and it is cleared when all are quiet', () => {
    const alert = alertOf({ alert: { per: 'colo' }, fra: between(14, 16), iad: between(12, 13) });
    expect(alert).toMatchObject({
      ...{ firedAt: '2026-05-05T19:33:00Z', clearedAt: '2026-05-05T19:38:00Z' },
      ...{ extreme: 1 },
    });
    expect(alert.firings.map(({ colo, from, to }) => [colo, from.slice(14, 16), to])).toEqual([
      ['iad', '33', '2026-05-05T19:35:00Z'],
      ['fra', '35', '2026-05-05T19:38:00Z'],
    ]);
  });

  test('per colo, of one that the filter names: that one', () => {
    const source = { ...SOURCE, filter: { ...ALL, colo: ['fra'] } };
    const setup = { fra: between(14, 16), iad: between(12, 13) };
    const each = alertOf({ ...setup, alert: { per: 'colo', source } });
    expect(each.firings.map(({ colo }) => colo)).toEqual(['fra']);
    const all = alertOf({ ...setup, alert: { source } });
    expect(all.firings.map(({ colo, from }) => [colo, from])).toEqual([
      [null, each.firings[0]?.from],
    ]);
  });

  test('a threshold to stay above fires below it, and the extreme is the least', () => {
    const source = { ...SOURCE, metric: 'noerror' };
    expect(
      alertOf({ alert: { source, above: null, below: 25 }, fra: between(12, 15) }),
    ).toMatchObject({ ...{ firedAt: '2026-05-05T19:34:00Z', extreme: 20 } });
  });
});

test('what a report says of an alert follows from the series in it', () => {
  const row = fc.array(fc.integer({ min: 0, max: 10 }), { minLength: BUCKETS, maxLength: BUCKETS });
  const rates = ({ columns }: Series, span: number) =>
    columns.SERVFAIL.map((_, last) => {
      const sum = (column: readonly number[]) =>
        column.slice(last + 1 - span, last + 1).reduce((total, count) => total + count, 0);
      return last + 1 < span ? null : sum(columns.SERVFAIL) / sum(columns.clientQueries);
    });
  const spans = fc.integer({ min: 1, max: BUCKETS });
  fc.assert(
    fc.property(row, row, spans, fc.integer({ min: 0, max: 9 }), (fra, iad, span, tenths) => {
      for (const per of ['all', 'colo'] as const) {
        const { alerts, series, byColo } = report({
          alert: { per, above: tenths / 10, span: span * MINUTE },
          fra: (minute) => fra[minute] ?? 0,
          iad: (minute) => iad[minute] ?? 0,
        });
        const parts = per === 'all' ? [series] : Object.values(byColo).map((part) => part.series);
        const rings = parts.map((part) =>
          rates(part, span).map((rate) => rate !== null && rate > tenths / 10),
        );
        const firings = rings
          .flatMap((part) => part.flatMap((on, i) => (on && part[i - 1] !== true ? [i + 1] : [])))
          .sort((a, b) => a - b);
        const from = ({ from: at }: AlertFiring) => (Date.parse(at) * 1000 - FROM) / MINUTE;
        expect(alerts[0]?.firings.map(from)).toEqual(firings);
        const real = firings.find((bucket) => FROM + bucket * MINUTE > FAULT_AT);
        const firedAt = alerts[0]?.firedAt ?? null;
        expect(firedAt === null ? undefined : (Date.parse(firedAt) * 1000 - FROM) / MINUTE).toBe(
          real,
        );
      }
    }),
    { numRuns: 40 },
  );
});

describe('false alarms', () => {
  test('what fires before the first fault is one, and tells of no lead', () => {
    expect(alertOf({ fra: between(3, 6), plan: { references: [] } })).toMatchObject({
      ...{ firedAt: null, clearedAt: null, falseAlarms: 1, leads: [] },
      firings: [{ from: '2026-05-05T19:25:00Z', to: '2026-05-05T19:27:00Z', falseAlarm: true }],
    });
  });

  test('at the instant of the fault nothing of it has been seen; a bucket later it has', () => {
    expect(alertOf({ fra: between(8, 10) }).falseAlarms).toBe(1);
    expect(alertOf({ fra: between(9, 11) })).toMatchObject({
      ...{ firedAt: '2026-05-05T19:31:00Z', falseAlarms: 0 },
    });
  });

  test('the first firing after the fault counts, also when there was a false alarm', () => {
    expect(alertOf({ fra: (i) => between(3, 6)(i) + between(12, 15)(i) })).toMatchObject({
      ...{ firedAt: '2026-05-05T19:34:00Z', falseAlarms: 1 },
    });
  });

  test('an alert that has rung since before the fault does not tell of it', () => {
    expect(alertOf({ fra: between(3, 99) })).toMatchObject({
      ...{ firedAt: null, clearedAt: null, falseAlarms: 1 },
      firings: [{ to: null }],
    });
  });

  test('where nothing is broken, whatever fires is one', () => {
    expect(alertOf({ variant: { timeline: [] }, fra: between(12, 15) }).falseAlarms).toBe(1);
  });

  test('a fault before the window is a fault', () => {
    const early = { ...FAULT, at: FROM - MINUTE };
    expect(alertOf({ variant: { timeline: [early] }, fra: between(3, 6) })).toMatchObject({
      ...{ firedAt: '2026-05-05T19:25:00Z', falseAlarms: 0 },
    });
  });
});

describe('leads', () => {
  test('over the fault, each mitigation that answers it, and each reference, in seconds', () => {
    const variant = {
      mitigations: ['prepared', 'answer'],
      timeline: [
        mitigation('prepared', 0),
        { ...FAULT, at: FAULT_AT + 500_000 },
        { ...mitigation('answer', 16), at: FROM + 16 * MINUTE + 30_000_000 },
        mitigation('answer', 18),
      ],
    };
    const references = [{ name: 'somebody called', at: FROM + 20 * MINUTE }];
    const { leads } = alertOf({ variant, plan: { references }, fra: between(12, 99) });
    expect(leads).toEqual([
      {
        ...{ kind: 'fault', text: 'de signed with 33834', at: '2026-05-05T19:30:00Z' },
        leadSeconds: -240,
      },
      {
        ...{ kind: 'mitigation', text: 'answer', at: '2026-05-05T19:36:30Z' },
        leadSeconds: 150,
      },
      {
        ...{ kind: 'reference', text: 'somebody called', at: '2026-05-05T19:40:00Z' },
        leadSeconds: 360,
      },
    ]);
  });
});

describe('expectations', () => {
  const early = (minute: number) => ({ kind: 'before', at: FROM + minute * MINUTE }) as const;
  const verdicts = (expectation: Partial<AlertExpectationPlan>, setup: Setup = {}) =>
    report({ fra: between(12, 15), ...setup, expect: [expectation] }).expectations;

  test('before an instant: not at it', () => {
    expect(verdicts({ fires: early(14) })[0]).toMatchObject({ passed: false, actual: null });
    expect(verdicts({ fires: early(15) })).toEqual([
      {
        text: 'v: alert bell, 19:20Z..19:40Z, fires before 19:35Z',
        ...{ passed: true, actual: null, fired: '2026-05-05T19:34:00Z' },
      },
    ]);
  });

  test('a false alarm is no firing, and none is never', () => {
    const noise = { fra: between(3, 6) };
    expect(verdicts({ fires: early(15) }, noise)[0]).toMatchObject({ passed: false, fired: null });
    expect(verdicts({}, noise)).toEqual([
      {
        text: 'v: alert bell, 19:20Z..19:40Z, never fires',
        ...{ passed: false, actual: null, fired: '2026-05-05T19:25:00Z' },
      },
    ]);
    expect(verdicts({}, { fra: () => 0 })[0]).toMatchObject({ passed: true, fired: null });
  });

  test('what fires at the end of a span belongs to it, and what fires at its beginning does not', () => {
    const at = (from: number, to: number) => ({
      from: FROM + from * MINUTE,
      to: FROM + to * MINUTE,
    });
    expect(verdicts(at(10, 14))[0]?.passed).toBe(false);
    expect(verdicts(at(10, 13))[0]?.passed).toBe(true);
    expect(verdicts(at(14, 20))[0]?.passed).toBe(true);
  });

  test('of other variants, and of what a stopped run has not finished: no verdict', () => {
    expect(verdicts({ variant: 'w' })).toEqual([]);
    expect(verdicts({ variant: 'v' })).toHaveLength(1);
    expect(verdicts({}, { buckets: 19 })).toEqual([]);
    expect(verdicts({ fires: early(15) }, { buckets: 19 })).toHaveLength(1);
    expect(verdicts({ fires: early(20) }, { buckets: 19 })).toEqual([]);
  });
});

test.each([
  [{}, 'servfail-rate above 25 % over 2 min'],
  [
    {
      per: 'colo',
      source: { ...SOURCE, filter: { ...ALL, zone: 'de', slice: 'cd' }, minimum: 200 },
    },
    'servfail-rate of de/cd above 25 % over 2 min, each colo, of 200 client queries or more',
  ],
  [
    { above: null, below: 30, source: { ...SOURCE, metric: 'client-queries' } },
    'client-queries below 30 over 2 min',
  ],
] satisfies [Partial<AlertPlan>, string][])('%j reads: %s', (alert, text) => {
  expect(alertOf({ alert }).text).toBe(text);
});
