/**
 * What must emerge from the night of 8 July 2023, at a part of its size and within two hours instead of
 * sixteen: when and where lookups fail, what each route has to do with it, and that nothing does once its cause
 * is taken out.
 */

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE, type Micros } from '../../resolver-core/time.ts';
import { TYPE } from '../../resolver-core/wire/iana.ts';
import { type ColumnSums, METRICS, metricValue } from '../../sim/metrics.ts';
import type { Plan, TimelineEvent, VariantPlan } from '../../sim/plan.ts';
import type { Result, VariantResult } from '../../sim/result.ts';
import { run } from '../../sim/run.ts';
import { shiftedPlan } from '../../sim/shifted-plan.ts';
import { type TraceReport, trace } from '../../sim/trace.ts';
import { planOf } from '../compile.ts';
import { withFolder } from '../testing/files.ts';

const INCIDENT = fileURLToPath(new URL('./stale-region-2023.yaml', import.meta.url));

/** One colo near the site and one far from it; the records of the apexes end half an hour after the first. */
const SMALLER = `
extends: ${INCIDENT}
time: { from: 2023-07-08T20:50Z, to: 2023-07-08T23:00Z, bucket: 5m, warmup: 5m }
phases: { before: ~, one-by-one: ~, plateau: ~, ipv6-only: ~, after: ~ }
zones:
  com: { signing: { apex-nsec-ends: 2023-07-08T21:40Z } }
  net: { signing: { apex-nsec-ends: 2023-07-08T21:40Z } }
cluster: { colos: { kul: ~, sjc: ~, sin: { nodes: 1 }, fra: { nodes: 1 } }, cache: { answers: 200 } }
traffic:
  regions:
    north-america: ~
    europe: { lookups-per-second: 0.01 }
    southeast-asia: { lookups-per-second: 0.01, catchment: { sin: 100%, kul: ~ } }
origin:
  traffic:
    names: 40
    one-off: { share: 20% }
    regions:
      north-america: ~
      europe: { lookups-per-second: 0.4 }
      southeast-asia: { lookups-per-second: 1.2, catchment: { sin: 100%, kul: ~ } }
authoritative: ~
mitigations:
  ipv4-rerouted: [{ at: 22:20, operator: gtld-servers, reroute: { colos: [sin], family: ipv4, to: us-west } }]
  ipv6-rerouted: [{ at: 22:40, operator: gtld-servers, reroute: { colos: [sin], family: ipv6, to: us-west } }]
  site-withdrawn: [{ at: 21:50, operator: gtld-servers, withdraw: singapore }]
references: { incident declared: ~, located: ~ }
alerts: { origin-servfail: ~ }
expect: []
published: []
`;

let plan: Plan;
let result: Result;

beforeAll(async () => {
  await withFolder({ 'main.yaml': SMALLER }, async (folder) => {
    plan = planOf(join(folder, 'main.yaml'));
  });
  const [plain] = plan.variants;
  if (plain === undefined) throw new Error('the scenario has no variants');
  const andFrankfurt = (act: TimelineEvent): TimelineEvent =>
    act.kind === 'isolate' ? { ...act, sites: [...act.sites, 'frankfurt'] } : act;
  const others: readonly VariantPlan[] = [
    { ...plain, name: 'never-isolated', timeline: [] },
    { ...plain, name: 'two-sites', timeline: plain.timeline.map(andFrankfurt) },
  ];
  result = await run({ ...plan, variants: [...plan.variants, ...others] });
}, 120_000);

function variant(name: string, of: Result = result): VariantResult {
  const found = of.variants.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no variant ${name}`);
  return found;
}

/** A metric at a colo between two instants, `HH:MM` of that evening. */
function at(name: string, metric: string, colo: string, from: string, to: string): number {
  const { series } = variant(name).byColo[colo] ?? variant(name);
  const bucket = (text: string): number =>
    (Date.parse(`2023-07-08T${text}Z`) - Date.parse(series.from)) / 1000 / series.bucketSeconds;
  const sums = Object.fromEntries(
    Object.entries(series.columns).map(([column, counts]) => [
      column,
      counts.slice(bucket(from), bucket(to)).reduce((sum, count) => sum + count, 0),
    ]),
  );
  const definition = METRICS[metric];
  if (definition === undefined) throw new Error(`no metric ${metric}`);
  return metricValue(definition, sums as unknown as ColumnSums) ?? 0;
}

const failing = (name: string, colo: string, from: string, to: string): number =>
  at(name, 'servfail-rate', colo, from, to);

/** After the start of the window: the beginning of the first bucket in which a lookup failed. */
function onset(of: Result, name: string, colo: string): Micros | null {
  const { series } = variant(name, of).byColo[colo] ?? variant(name, of);
  const first = series.columns.SERVFAIL.findIndex((count) => count > 0);
  return first < 0 ? null : first * series.bucketSeconds * 1_000_000;
}

describe('a site that stands still', () => {
  it('breaks nothing until its first signatures end, then single names, then most at once', () => {
    expect(failing('nothing-done', 'sin', '20:50', '21:10')).toBe(0);
    const single = failing('nothing-done', 'sin', '21:10', '21:40');
    expect(single).toBeLessThan(0.02);
    expect(failing('nothing-done', 'sin', '21:45', '22:20')).toBeGreaterThan(0.05);
  });

  it('breaks lookups in its region, and in no other', () => {
    expect(onset(result, 'nothing-done', 'sin')).toBeGreaterThanOrEqual(20 * MINUTE);
    expect(onset(result, 'nothing-done', 'fra')).toBeNull();
  });

  it('is the cause: without it nothing fails anywhere', () => {
    expect(onset(result, 'never-isolated', 'sin')).toBeNull();
  });

  it('breaks a second region when a second site does', () => {
    expect(failing('two-sites', 'fra', '21:50', '23:00')).toBeGreaterThan(0.05);
    expect(failing('two-sites', 'fra', '20:50', '21:10')).toBe(0);
  });
});

describe('what was done', () => {
  it('helps with IPv4 for the most part, and with IPv6 for good', () => {
    const before = failing('as-it-happened', 'sin', '21:50', '22:20');
    expect(failing('as-it-happened', 'sin', '22:25', '22:40')).toBeLessThan(before / 4);
    expect(failing('as-it-happened', 'sin', '22:45', '23:00')).toBe(0);
    expect(failing('nothing-done', 'sin', '22:45', '23:00')).toBeGreaterThan(before / 2);
  });

  it('makes the way longer, while most answers go on coming from the cache', () => {
    const trip = (name: string): number => at(name, 'upstream-round-trip', 'sin', '22:45', '23:00');
    expect(trip('as-it-happened')).toBeGreaterThan(trip('nothing-done'));
    expect(at('as-it-happened', 'cache-hit-ratio', 'sin', '22:45', '23:00')).toBeGreaterThan(0.5);
  });
});

describe('what would have helped', () => {
  it('is to ask other servers for what does not validate', () => {
    const without = failing('nothing-done', 'sin', '21:45', '23:00');
    expect(failing('retry-other-authority', 'sin', '21:45', '23:00')).toBeLessThan(without / 3);
  });

  it('is to withdraw the site: whom it caught meets the next nearest', () => {
    expect(failing('site-withdrawn-at-alert', 'sin', '22:00', '23:00')).toBe(0);
  });
});

describe('two days earlier', () => {
  it('everything happens two days earlier, and again three days after the updates ceased', async () => {
    const [plain] = plan.variants;
    const moved = shiftedPlan({ ...plan, variants: plan.variants.slice(0, 1) }, -2 * DAY);
    const early = await run(moved);
    const [before = 0, after = 0] = [
      onset(result, plain?.name ?? '', 'sin') ?? 0,
      onset(early, plain?.name ?? '', 'sin') ?? 0,
    ];
    expect(early.time.from).toBe('2023-07-06T20:50:00Z');
    expect(after).toBeGreaterThanOrEqual(20 * MINUTE);
    expect(Math.abs(after - before)).toBeLessThan(HOUR);
  }, 60_000);
});

describe('a trace', () => {
  const traced = (colo: string): TraceReport =>
    trace(
      plan,
      {
        ...{ name: 'mallowlabs.com', type: TYPE.A, at: plan.time.from + HOUR },
        ...{ variant: 'nothing-done', colo, node: 0, role: 'origin' },
        ...{ cold: true, checkingDisabled: false },
      },
      () => {},
    );

  it('shows the signature that has ended at one site, and at another the one that took its place', () => {
    const [sin, fra] = [traced('sin'), traced('fra')];
    expect(sin.answer.rcode).toBe('SERVFAIL');
    expect(sin.broken).toContain('signature expired');
    expect(fra.answer.rcode).toBe('NOERROR');
  }, 60_000);
});
