import { describe, expect, it } from 'vitest';
import { MINUTE } from '../resolver-core/time.ts';
import type { Plan } from '../sim/plan.ts';
import type { Result } from '../sim/result.ts';
import { summarise } from '../sim/summarise.ts';
import { plain, shardCounts } from '../sim/testing/counts.ts';
import { FAULT_AT, smallPlan } from '../sim/testing/small-plan.ts';
import { seriesCsv } from './csv.ts';
import { chartData } from './html/data.ts';
import { terminalReport } from './terminal.ts';

const TERMINAL = { colour: false, unicode: false, width: 80 };
const BUCKETS = 4;

/** Public resolution and, with `roles`, an origin resolver that fails a quarter of what it is asked. */
function result(roles: Plan['roles']): Result {
  const [from, to] = [FAULT_AT, FAULT_AT + BUCKETS * MINUTE];
  const plan = smallPlan({
    time: { from, to, bucket: MINUTE, warmup: 0 },
    phases: [{ name: 'all', from, to }],
    variants: [{ name: 'v', mitigations: [], timeline: [] }],
    roles,
  });
  const pub = shardCounts(0, 'v', BUCKETS, [{ cell: {}, bucket: () => plain(100, 1) }]);
  const origin = shardCounts(2, 'v', BUCKETS, [
    { cell: { role: 'origin' }, bucket: () => plain(30, 10) },
  ]);
  return summarise(plan, [[pub], ...(roles.length === 0 ? [] : [[origin]])]);
}

function origin(): Plan['roles'] {
  const { cluster, traffic } = smallPlan();
  return [{ cluster: { ...cluster, role: 'origin' }, traffic }];
}

/** A section of the terminal report, from its title to the next empty line. */
function section(report: string, title: string): string {
  const from = report.split('\n\n').find((each) => each.startsWith(title));
  if (from === undefined) throw new Error(`no section ${title}`);
  return from;
}

describe('a report of several roles', () => {
  const both = result(origin());
  const text = terminalReport(both, TERMINAL);

  it('has a table for each, the public resolver first, with its own numbers', () => {
    const titles = text.split('\n\n').map((each) => each.split(/ {2}|,|\n/)[0]);
    expect(titles.slice(1, 7)).toEqual([
      ...['What clients got', 'Origin resolution', 'SERVFAIL rate over time'],
      ...[
        'SERVFAIL rate over time (origin resolution)',
        'By phase',
        'By phase (origin resolution)',
      ],
    ]);
    expect(section(text, 'What clients got')).toMatch(/SERVFAIL +0\.99 %/);
    expect(section(text, 'Origin resolution')).toMatch(/SERVFAIL +25\.0 %/);
    expect(section(text, 'By phase (origin resolution)')).toMatch(/all: SERVFAIL +25\.0 %/);
  });

  it('says that zones are counted over all of them', () => {
    expect(text).toContain('Failed lookups by zone, all roles');
    expect(both.variants[0]?.byZone.de?.totals.failedLookups).toBe(4 * 11);
  });

  it('tells of the public resolver what a report without the other one tells', () => {
    const alone = terminalReport(result([]), TERMINAL);
    for (const title of ['What clients got', 'SERVFAIL rate over time,', 'By phase ']) {
      expect(section(text, title)).toBe(section(alone, title));
    }
    expect(alone).not.toContain('Origin resolution');
    expect(alone).not.toContain('all roles');
  });

  it('has a row for each in series.csv, and a choice for each in the charts', () => {
    const head = 'scenario,seed,variant,zone,colo,role,slice,'.split(',').indexOf('role');
    const rows = seriesCsv(both)
      .split('\n')
      .map((line) => line.split(','));
    const count = (role: string): number => rows.filter((row) => row[head] === role).length;
    expect([count('resolver'), count('origin')]).toEqual([BUCKETS, BUCKETS]);
    const names = chartData(both).scopes.map(({ name }) => name);
    expect(names.slice(0, 3)).toEqual([
      ...['all names', 'all names, role resolver', 'all names, role origin'],
    ]);
    expect(chartData(result([])).scopes.map(({ name }) => name)).not.toContain(
      'all names, role resolver',
    );
  });
});
