import { describe, expect, it } from 'vitest';
import { MINUTE } from '../resolver-core/time.ts';
import type { Plan } from './plan.ts';
import { type Progress, type RunOptions, run } from './run.ts';
import { FAULT_AT, smallPlan } from './testing/small-plan.ts';

/** The small world around the fault, in few minutes and two variants. */
function shortPlan(overrides: Partial<Plan> = {}): Plan {
  const plan = smallPlan();
  const [from, to] = [FAULT_AT - MINUTE, FAULT_AT + MINUTE];
  return {
    ...plan,
    time: { from, to, bucket: MINUTE, warmup: MINUTE },
    phases: [{ name: 'during', from: FAULT_AT, to }],
    variants: plan.variants.filter(({ name }) => name !== 'non-validating'),
    ...overrides,
  };
}

describe('run', () => {
  it('gives the same Result for every block size, through octets, and on worker threads', async () => {
    const plain = await run(shortPlan());
    expect(plain.complete).toBe(true);
    expect(plain.variants.map(({ name }) => name)).toEqual(['fault', 'no-fault']);
    expect(plain.variants[0]?.totals.upstream.bogus).toBeGreaterThan(0);
    const others: RunOptions[] = [
      { block: 1 },
      { block: 64 },
      { block: 512 },
      { wire: true },
      { threads: 2 },
    ];
    for (const options of others) {
      const other = await run(shortPlan(), options);
      expect(JSON.stringify(other), JSON.stringify(options)).toBe(JSON.stringify(plain));
    }
  }, 30_000);

  it('leaves names without a link into the faulted zone as they are, byte for byte', async () => {
    // With unbounded caches; .nl is served from outside .de, and its names lead nowhere else.
    const plan = smallPlan();
    const hosting = { ...plan.hosting, aliases: { ...plan.hosting.aliases, share: 0 } };
    const cluster = {
      ...plan.cluster,
      cache: { mode: 'private', answers: 1e5, rrsets: 1e5, start: 'cold' } as const,
    };
    const { variants } = await run(shortPlan({ hosting, cluster }));
    const [fault, noFault] = variants;
    expect(fault?.byZone.de).not.toEqual(noFault?.byZone.de);
    expect(fault?.byZone.nl).toEqual(noFault?.byZone.nl);
    expect(fault?.byZone.nl?.totals.clientQueries).toBeGreaterThan(100);
  });

  it('runs the variants that it is asked for, and refuses unknown ones', async () => {
    const plan = shortPlan();
    const { variants, complete } = await run(plan, { variants: ['no-fault'] });
    expect(variants.map(({ name }) => name)).toEqual(['no-fault']);
    expect(complete).toBe(true);
    await expect(run(plan, { variants: ['nofault'] })).rejects.toThrow(
      "no variant is called 'nofault'; there are: fault, no-fault",
    );
  });

  it.each([1, 2])(
    'stops between slices and gives a partial Result, %i thread(s)',
    async (threads) => {
      const stop = new AbortController();
      const plan = shortPlan();
      const long = { ...plan, time: { ...plan.time, to: plan.time.from + 2000 * MINUTE } };
      const seen: Progress[] = [];
      const onProgress = (progress: Progress): void => {
        seen.push(progress);
        if (progress.clock > long.time.from + 5 * MINUTE) stop.abort();
      };
      const result = await run(long, { threads }, { onProgress, stop: stop.signal });
      expect(result.complete).toBe(false);
      const buckets = result.variants[0]?.series.columns.clientQueries.length ?? 0;
      expect(buckets).toBeLessThan(2000);
      const last = seen.at(-1);
      expect(last?.share).toBeLessThan(0.5);
      expect(last?.queries).toBeGreaterThan(0);
      expect(last?.variant).toBe('fault');
    },
  );

  it('gives a Result without buckets when it is stopped before it begins', async () => {
    const stop = AbortSignal.abort();
    const result = await run(shortPlan(), {}, { stop });
    expect(result.complete).toBe(false);
    expect(result.variants[0]?.series.columns.lookups).toEqual([]);
  });

  it.each([1, 2])('names shard, colo and seed of a failure, %i thread(s)', async (threads) => {
    const plan = shortPlan();
    const [group] = plan.traffic.groups;
    if (group === undefined) throw new Error('the small plan has a group');
    const impatient = {
      ...plan.traffic,
      groups: [{ ...group, stub: { ...group.stub, timeouts: [1] } }],
    };
    await expect(run({ ...plan, traffic: impatient }, { threads })).rejects.toThrow(
      /shard [01] \(colo (fra|iad), resolver\), variant fault, seed 1, .*: group home gives up/,
    );
  });
});
