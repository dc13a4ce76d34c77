import { describe, expect, test } from 'vitest';
import type { AlertFiring, AlertResult, Result } from '../sim/result.ts';
import { type AlertRow, alertMarks, alertTable } from './alerts.ts';
import { sampleResult } from './testing/sample.ts';

const AT = '2026-05-05T19:40:00Z';
const QUIET: AlertResult = {
  name: 'bell',
  text: 'servfail-rate above 5 % over 5 min, each colo',
  firedAt: null,
  clearedAt: null,
  falseAlarms: 0,
  extreme: 0.0321,
  leads: [],
  firings: [],
};

function firing(colo: string | null, from = AT, falseAlarm = false): AlertFiring {
  return { colo, from, to: null, falseAlarm };
}

function resultWith(alert: Partial<AlertResult>, to?: string): Result {
  const sample = sampleResult();
  const [first] = sample.variants;
  if (first === undefined) throw new Error('no variant');
  const time = { ...sample.time, to: to ?? sample.time.to };
  return { ...sample, time, variants: [{ ...first, alerts: [{ ...QUIET, ...alert }] }] };
}

function rowOf(alert: Partial<AlertResult>, to?: string): AlertRow {
  const [row] = alertTable(resultWith(alert, to))[0]?.rows ?? [];
  if (row === undefined) throw new Error('no row');
  return row;
}

describe('a row', () => {
  test('never: how near it came, in the unit of the threshold', () => {
    expect(rowOf({})).toMatchObject({ fired: 'never', cleared: '-', notes: 'came to 3.21 %' });
    const count = 'client-queries below 1000 over 5 min';
    expect(rowOf({ text: count, extreme: 12_345 }).notes).toBe('came to 12,345');
    expect(rowOf({ text: 'retry-factor above 2 over 5 min', extreme: 1.5 }).notes).toBe(
      'came to 1.50',
    );
    expect(rowOf({ extreme: null }).notes).toBe('nothing to judge');
  });

  test('fired: how long before what, at which colos, and how often', () => {
    const leads = [
      { kind: 'fault', text: 'de signed anew', at: '2026-05-05T19:30:00Z', leadSeconds: -600 },
      { kind: 'mitigation', text: 'rule', at: AT, leadSeconds: 0 },
      { kind: 'reference', text: 'the call', at: '2026-05-05T20:43:20Z', leadSeconds: 3_800 },
    ] as const;
    const firings = [firing('fra'), firing('iad'), firing('fra', '2026-05-05T20:00:00Z')];
    expect(rowOf({ firedAt: AT, leads, firings })).toEqual({
      variant: 'no-serve-stale',
      ...{ fired: '19:40Z', cleared: 'still on', isFalseAlarm: false },
      notes:
        '10m after the fault; at the instant of rule; 1h 3m before the call; at fra, iad; 3 times',
    });
    expect(rowOf({ firedAt: AT, firings: [firing('fra'), firing('iad', 'later')] }).notes).toBe(
      'first at fra; in all at 2 colos',
    );
    expect(rowOf({ firedAt: AT, clearedAt: AT, firings: [firing(null)] })).toMatchObject({
      ...{ cleared: '19:40Z', notes: '' },
    });
  });

  test('a false alarm says so, beside what came later', () => {
    const noise = firing('iad', '2026-05-05T19:20:00Z', true);
    expect(rowOf({ falseAlarms: 2, firings: [noise, noise] })).toMatchObject({
      ...{ fired: '-', cleared: '-', isFalseAlarm: true },
      notes: 'FALSE ALARM 19:20Z at iad, before any fault, the first of 2',
    });
    expect(rowOf({ firedAt: AT, falseAlarms: 1, firings: [noise, firing('fra')] })).toMatchObject({
      fired: '19:40Z',
      notes: 'FALSE ALARM 19:20Z at iad, before any fault; at fra',
    });
  });

  test('instants have dates where the window is longer than a day', () => {
    const alert = { firedAt: AT, firings: [firing(null)] };
    expect(rowOf(alert, '2026-05-06T19:15:00Z').fired).toBe('19:40Z');
    expect(rowOf(alert, '2026-05-06T19:20:00Z').fired).toBe('2026-05-05T19:40Z');
  });
});

test('an alert that fires at one instant in several variants is one mark', () => {
  const [first] = resultWith({ firedAt: AT }).variants;
  if (first === undefined) throw new Error('no variant');
  const quiet = { ...first, alerts: [QUIET] };
  const marks = alertMarks({ ...sampleResult(), variants: [first, quiet, first] });
  expect(marks).toEqual([{ at: AT, text: 'bell', variants: [0, 2] }]);
});
