import { describe, expect, test } from 'vitest';
import { DAY, HOUR, MINUTE, type Micros } from '../resolver-core/time.ts';
import { TYPE } from '../resolver-core/wire/iana.ts';
import type { Plan, TimelineEvent } from './plan.ts';
import { FixedInTime, shiftedPlan } from './shifted-plan.ts';
import { FAULT_AT, REPAIR_AT, smallPlan } from './testing/small-plan.ts';

/** No duration of a plan is as long, and no instant as early: the year 2000. */
const FIRST_INSTANT: Micros = 946_684_800 * 1_000_000;
const BY = 200 * DAY + 7 * HOUR + 13 * MINUTE;

/** With an instant wherever a plan may have one. */
function fullPlan(): Plan {
  const small = smallPlan();
  const filter = { zone: null, colo: null, role: null, slice: null };
  const span = { variant: null, from: FAULT_AT, to: REPAIR_AT };
  const where = 'x.yaml:1:1';
  const every: readonly TimelineEvent[] = [
    ...(small.variants[0]?.timeline ?? []),
    { kind: 'add', at: FAULT_AT, zone: '.', type: TYPE.ZONEMD },
    { kind: 'restart', at: FAULT_AT, over: HOUR, nodes: null, colos: [] },
    { kind: 'rule', at: FAULT_AT, over: HOUR, rule: 'phase = pre-cache', lifts: false },
  ];
  return {
    ...small,
    zones: small.zones.map((zone) => ({
      ...zone,
      signing: zone.signing && {
        ...zone.signing,
        apexNsecEnds: FAULT_AT + DAY,
        keys: zone.signing.keys.map((key) => ({
          ...key,
          publishedFrom: FAULT_AT - DAY,
          publishedUntil: REPAIR_AT,
        })),
      },
    })),
    variants: small.variants.map((variant) => ({ ...variant, timeline: every })),
    references: [{ name: 'noticed', at: FAULT_AT }],
    expectations: [
      {
        ...{ ...span, where, metric: 'servfail-rate', filter, every: 'span', atScale: 'any' },
        ...{ relativeTo: null, above: 0, below: null },
      },
    ],
    alertExpectations: [
      { ...span, where, atScale: 'any', alert: 'a', fires: { kind: 'before', at: REPAIR_AT } },
    ],
    published: [
      {
        ...{ ...span, variant: 'fault', figure: 'f', value: 1, metric: 'servfail-rate', filter },
        ...{ take: 'max', fitted: false, source: 's' },
      },
    ],
  };
}

/** Every number of a plan, by its path. */
function numbersOf(value: unknown, path = ''): Map<string, number> {
  if (typeof value === 'number') return new Map([[path, value]]);
  if (typeof value !== 'object' || value === null) return new Map();
  return new Map(
    Object.entries(value).flatMap(([key, part]) => [...numbersOf(part, `${path}/${key}`)]),
  );
}

describe('a plan on another day', () => {
  const before = numbersOf(fullPlan());
  const after = numbersOf(shiftedPlan(fullPlan(), BY));

  test('every instant is later by the same time, and there are some of every kind', () => {
    const instants = [...before].filter(([, value]) => value >= FIRST_INSTANT);
    expect(instants.filter(([path, value]) => after.get(path) !== value + BY)).toEqual([]);
    const kinds = new Set(instants.map(([path]) => path.replace(/\/\d+/g, '')));
    expect([...kinds].sort()).toEqual([
      '/alertExpectations/fires/at',
      '/alertExpectations/from',
      '/alertExpectations/to',
      '/expectations/from',
      '/expectations/to',
      '/phases/from',
      '/phases/to',
      '/published/from',
      '/published/to',
      '/references/at',
      '/time/from',
      '/time/to',
      '/variants/timeline/at',
      '/zones/signing/apexNsecEnds',
      '/zones/signing/keys/publishedFrom',
      '/zones/signing/keys/publishedUntil',
    ]);
  });

  test('everything else stays, but for what goes by the time of day', () => {
    const others = [...before].filter(([, value]) => value < FIRST_INSTANT);
    const changed = others.filter(([path, value]) => after.get(path) !== value);
    expect(changed.map(([path]) => path).filter((path) => !path.endsWith('/utcOffset'))).toEqual([
      '/cluster/staticZone/first',
    ]);
    expect(after.size).toBe(before.size);
  });

  test('the local time of day and the phase of the fetches of the root come with it', () => {
    const [plan, moved] = [fullPlan(), shiftedPlan(fullPlan(), BY)];
    const hour = ({ traffic, time }: Plan): number =>
      (time.from + (traffic.regions[0]?.utcOffset ?? 0)) % DAY;
    expect(hour(moved)).toBe(hour(plan));
    const phase = ({ cluster: { staticZone }, time }: Plan): number =>
      (time.from - staticZone.first) % staticZone.every;
    expect(phase(moved)).toBe(phase(plan));
  });

  test('there and back is the same', () => {
    expect(numbersOf(shiftedPlan(shiftedPlan(fullPlan(), BY), -BY))).toEqual(before);
  });

  test('a zone with the signatures of its file is refused', () => {
    const small = smallPlan();
    const snapshot = { text: '', serve: 'as-is', trustAnchor: [] } as const;
    const zones = small.zones.map((zone) => ({ ...zone, snapshot }));
    expect(() => shiftedPlan({ ...small, zones }, BY)).toThrow(FixedInTime);
  });
});
