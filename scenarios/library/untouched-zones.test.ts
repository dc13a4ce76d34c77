/**
 * Law 4 (docs/design.md): variants see the same lookups and the same draws, so that with unbounded caches
 * the counters of zones that no chain, CNAME target or name server links to de are the same bytes with
 * and without the fault. The incident at a twentieth of its size, five minutes before the fault to
 * a quarter of an hour after it; in de, and only there, denials live for five minutes, so that it is felt soon.
 */

import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { MINUTE } from '../../resolver-core/time.ts';
import type { Plan } from '../../sim/plan.ts';
import type { Column, Result, VariantResult } from '../../sim/result.ts';
import { run } from '../../sim/run.ts';
import { planOf } from '../compile.ts';
import { INCIDENT, withFiles } from '../testing/files.ts';

const SCENARIO = `
extends: ${INCIDENT}
zones: { de: { ttl: { nsec: 5m, negative: 5m } } }
variants:
  nothing-done: ~
  as-it-happened: ~
  nta-within-the-hour: ~
  non-validating: ~
  no-serve-stale: ~
  stale: []
  stale-without-fault: { timeline: [] }
  plain: [serve-stale-off]
  plain-without-fault: { mitigations: [serve-stale-off], timeline: [] }
expect: []
published: []
`;
/** See the head of worlds/internet-small.yaml. */
const UNTOUCHED = ['nl', 'se', 'fr', 'ch', 'uk'] as const;
/** Buckets before the fault. */
const FAULT = 5;

/**
 * `aliases` is the share of host names that are CNAMEs into the two CDNs that all zones share; `maxTtl`, in
 * seconds, the longest that anything positive is kept.
 */
function plan(aliases: number, maxTtl: number): Plan {
  const made = withFiles({ 'main.yaml': SCENARIO }, (folder) =>
    planOf(join(folder, 'main.yaml'), { scale: 0.05 }),
  );
  const { cluster, hosting, time } = made;
  const from = time.from + (150 - FAULT) * MINUTE;
  return {
    ...made,
    phases: [],
    hosting: { ...hosting, aliases: { ...hosting.aliases, share: aliases } },
    time: { ...time, from, to: from + 20 * MINUTE, warmup: 7 * MINUTE },
    cluster: {
      ...cluster,
      cache: { ...cluster.cache, answers: 1 << 17, rrsets: 1 << 16, start: 'cold' }, // more than there are
      resolver: { ...cluster.resolver, maxTtl: Math.min(maxTtl, cluster.resolver.maxTtl) },
    },
  };
}

type Columns = Readonly<Partial<Record<Column, readonly number[]>>>;

function columns(of: VariantResult, zone: string): Columns {
  const found = of.byZone[zone];
  if (found === undefined) throw new Error(`no zone ${zone}`);
  return found.series.columns;
}

function pairs(result: Result): readonly (readonly [string, VariantResult, VariantResult])[] {
  const named = (name: string): VariantResult => {
    const found = result.variants.find((each) => each.name === name);
    if (found === undefined) throw new Error(`no variant ${name}`);
    return found;
  };
  return ['stale', 'plain'].map((name) => [name, named(name), named(`${name}-without-fault`)]);
}

const sum = (counts: readonly number[] = []): number =>
  counts.reduce((total, count) => total + count, 0);

function expectFelt(result: Result): void {
  for (const [name, faulted, quiet] of pairs(result)) {
    const [with_, without] = [columns(faulted, 'de'), columns(quiet, 'de')];
    expect(sum(with_.SERVFAIL), name).toBeGreaterThan(sum(without.SERVFAIL) + 100);
    expect(sum(with_.stale) > 0, name).toBe(name === 'stale');
    for (const column of ['SERVFAIL', 'upstreamQueries'] as const) {
      expect(with_[column]?.slice(0, FAULT)).toEqual(without[column]?.slice(0, FAULT));
    }
  }
}

describe('zones that share nothing with de that expires', () => {
  let result: Result;
  beforeAll(async () => {
    result = await run(plan(0, Number.POSITIVE_INFINITY));
  }, 60_000);

  it('have the same bytes in every column, with serve-stale on and off', () => {
    for (const [name, faulted, quiet] of pairs(result)) {
      for (const zone of UNTOUCHED) {
        const [with_, without] = [columns(faulted, zone), columns(quiet, zone)];
        expect(sum(with_.lookups), zone).toBeGreaterThan(10);
        for (const column of Object.keys(with_) as Column[]) {
          const counts = JSON.stringify(with_[column]);
          expect(counts, `${name} ${zone} ${column}`).toBe(JSON.stringify(without[column]));
        }
      }
    }
  });

  it('while de feels the fault', () => {
    expectFelt(result);
  });
});

describe('zones that share CDNs and the root with de, all of it for five minutes at most', () => {
  // Keys of the root, name servers of a CDN: who needs them first after they expired asks for them, for all.
  const SHARED_WORK: readonly string[] = [
    'upstreamQueries',
    'upstreamTimeouts',
    'upstreamBogus',
  ].concat(['upstreamMs']);
  let result: Result;
  beforeAll(async () => {
    result = await run(plan(0.25, 300));
  }, 60_000);

  it('have the same bytes in all that clients get, and share the work of asking with others', () => {
    const given = (of: VariantResult, zone: string): string =>
      JSON.stringify(
        Object.entries(columns(of, zone)).filter(([column]) => !SHARED_WORK.includes(column)),
      );
    for (const [name, faulted, quiet] of pairs(result)) {
      for (const zone of UNTOUCHED) {
        expect(given(faulted, zone), `${name} ${zone}`).toBe(given(quiet, zone));
        const [with_, without] = [columns(faulted, zone), columns(quiet, zone)];
        const moved = Math.abs(sum(with_.upstreamQueries) - sum(without.upstreamQueries));
        expect(moved, `${name} ${zone}`).toBeLessThan(0.02 * sum(without.upstreamQueries) + 3);
      }
    }
  });

  it('while de feels the fault', () => {
    expectFelt(result);
  });
});
