/** The price of mitigations, as the terminal and the page show it: rows per variant, and a line per order. */

import type { OrderResult, Result, VariantResult } from '../sim/result.ts';
import type { RolePart } from './roles.ts';
import { count, duration, percent } from './text.ts';

export type PriceRow = readonly [label: string, cell: (variant: VariantResult) => string];

/** True when something was answered past its TTL or unvalidated, or an order stood. */
export function hasPrice({ variants }: Result): boolean {
  return variants.some(
    ({ totals, orders }) => orders.length > 0 || totals.stale > 0 || totals.unvalidated > 0,
  );
}

/** Of one role, without the rows that would be empty for every variant. */
export function priceRows({ variants }: Result, part: RolePart): readonly PriceRow[] {
  const told = variants.map((variant) => part.of(variant));
  const isFirst = part.suffix === '';
  return [
    ...(isFirst || told.some(({ totals }) => totals.unvalidated > 0) ? UNVALIDATED : []),
    ...(told.some(({ totals }) => totals.stale > 0) ? STALE : []),
    ...(told.some(({ evictions }) => evictions.entries > 0) ? EVICTED : []),
  ].map(([label, cell]) => [label, (variant) => cell(part.of(variant))]);
}

type Cell = readonly [label: string, cell: (told: ReturnType<RolePart['of']>) => string];

const UNVALIDATED: readonly Cell[] = [
  ['unvalidated answers', ({ totals }) => percent(totals.unvalidatedRate)],
];

const STALE: readonly Cell[] = [
  ['stale answers', ({ totals }) => percent(totals.staleRate)],
  ['  past their TTL, median', age('p50')],
  ['  p90', age('p90')],
  ['  p99', age('p99')],
  ['  at most', age('max')],
];

const EVICTED: readonly Cell[] = [
  ['evicted cache entries', ({ evictions }) => count(evictions.entries)],
  ['  still fresh', ({ evictions }) => percent(evictions.freshShare)],
  ['  usable as stale', ({ evictions }) => percent(evictions.usableShare)],
  [
    'effective stale horizon',
    ({ evictions: { effectiveStaleHorizonSeconds: horizon } }) =>
      horizon === null ? '-' : duration(horizon),
  ],
];

function age(of: 'p50' | 'p90' | 'p99' | 'max'): Cell[1] {
  return ({ totals: { staleAgeSeconds } }) =>
    staleAgeSeconds === null ? '-' : duration(staleAgeSeconds[of]);
}

/** What a line about an order calls it: its mitigation, or what it says. */
export function orderName({ kind, text, mitigation, role }: OrderResult): string {
  const name = mitigation ?? (kind === 'nta' ? `negative trust anchor for ${text}` : text);
  return role === 'resolver' ? name : `${name} (${role})`;
}

const ENDS: Readonly<Record<OrderResult['endedBy'], string>> = {
  plan: 'lifted as planned',
  lifetime: 'its life was over',
  're-check': 'lifted by its re-check',
  'still-on': 'on to the end',
};

/** `on 1h 28m, 30m of it after the repair, lifted as planned; 5,120 unvalidated answers (3.20 %)` */
export function orderText(order: OrderResult): string {
  const { secondsOn, secondsAfterRepair, endedBy, unvalidated, unvalidatedRate } = order;
  const after =
    secondsAfterRepair === null ? '' : `, ${duration(secondsAfterRepair)} of it after the repair`;
  const cost = `${count(unvalidated)} unvalidated answers (${percent(unvalidatedRate)})`;
  return `on ${duration(secondsOn)}${after}, ${ENDS[endedBy]}; ${cost}`;
}
