/** When alerts would have fired, as the terminal and the page show it: a row per alert and variant. */

import type { AlertLead, AlertResult, Result } from '../sim/result.ts';
import type { SharedMark } from './marks.ts';
import { count, decimal, duration, percent } from './text.ts';

export interface AlertRow {
  readonly variant: string;
  /** An instant, `never`, or `-` where there were only false alarms. */
  readonly fired: string;
  readonly cleared: string;
  /** How long before what, where, and how often; or how near it came. */
  readonly notes: string;
  readonly isFalseAlarm: boolean;
}

/** With what each alert watches; none when there is none. */
export function alertTable({ variants, time }: Result): readonly {
  readonly name: string;
  readonly text: string;
  readonly rows: readonly AlertRow[];
}[] {
  const isShort = Date.parse(time.to) - Date.parse(time.from) <= 86_400_000;
  // the age of something may have told long before the window
  const clock = (at: string): string =>
    at.slice(isShort && at >= time.from ? 11 : 0).replace(/:00Z$/, 'Z');
  return (variants[0]?.alerts ?? []).map(({ name, text }, index) => ({
    ...{ name, text },
    rows: variants.flatMap((variant) => {
      const alert = variant.alerts[index];
      return alert === undefined ? [] : [{ variant: variant.name, ...rowOf(alert, clock) }];
    }),
  }));
}

/** The first firing of each alert in each variant, as a mark. */
export function alertMarks({ variants }: Result): Omit<SharedMark, 'kind'>[] {
  const marks = new Map<string, { at: string; text: string; variants: number[] }>();
  for (const [index, { alerts }] of variants.entries()) {
    for (const { name, firedAt } of alerts) {
      if (firedAt === null) continue;
      const key = `${firedAt} ${name}`;
      const known = marks.get(key);
      if (known === undefined) marks.set(key, { at: firedAt, text: name, variants: [index] });
      else known.variants.push(index);
    }
  }
  return [...marks.values()];
}

type Clock = (at: string) => string;

function rowOf(alert: AlertResult, clock: Clock): Omit<AlertRow, 'variant'> {
  const { firedAt, clearedAt, falseAlarms, leads } = alert;
  const isFalseAlarm = falseAlarms > 0;
  const notes = [
    ...(isFalseAlarm ? [falseAlarmText(alert, clock)] : []),
    ...leads.map(leadText),
    ...(firedAt === null ? [] : whereText(alert, firedAt)),
    ...(firedAt === null && !isFalseAlarm ? [nearText(alert)] : []),
  ];
  return {
    fired: firedAt === null ? (isFalseAlarm ? '-' : 'never') : clock(firedAt),
    cleared: firedAt === null ? '-' : clearedAt === null ? 'still on' : clock(clearedAt),
    notes: notes.join('; '),
    isFalseAlarm,
  };
}

function falseAlarmText({ firings, falseAlarms }: AlertResult, clock: Clock): string {
  const first = firings.find(({ falseAlarm }) => falseAlarm);
  const where = first === undefined || first.colo === null ? '' : ` at ${first.colo}`;
  const often = falseAlarms === 1 ? '' : `, the first of ${falseAlarms}`;
  const at = first === undefined ? '' : clock(first.from);
  return `FALSE ALARM ${at}${where}, before any fault${often}`;
}

function leadText({ kind, text, leadSeconds }: AlertLead): string {
  const what = kind === 'fault' ? 'the fault' : text;
  if (leadSeconds === 0) return `at the instant of ${what}`;
  return `${duration(Math.abs(leadSeconds))} ${leadSeconds > 0 ? 'before' : 'after'} ${what}`;
}

/** At which colos, and how often where that is more than once each. */
function whereText({ firings }: AlertResult, firedAt: string): string[] {
  const real = firings.filter(({ falseAlarm }) => !falseAlarm);
  const colos = new Set(real.map(({ colo }) => colo));
  const first = real.flatMap(({ colo, from }) => (from === firedAt && colo !== null ? [colo] : []));
  const isAll = first.length === colos.size || first.length === 0;
  return [
    ...(first.length === 0 ? [] : [`${isAll ? '' : 'first '}at ${first.join(', ')}`]),
    ...(isAll ? [] : [`in all at ${colos.size} colos`]),
    ...(real.length > colos.size ? [`${real.length} times`] : []),
  ];
}

function nearText({ text, extreme }: AlertResult): string {
  if (extreme === null) return 'nothing to judge';
  return `came to ${shownAs(text, extreme)}`;
}

/** The text says what the value is: an age, a rate, or a number of something. */
function shownAs(text: string, value: number): string {
  if (text.startsWith('age of ')) return duration(value);
  if (text.includes(' %')) return percent(value);
  return (Number.isInteger(value) ? count : decimal)(value);
}
