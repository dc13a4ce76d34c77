import { describe, expect, it } from 'vitest';
import { MILLISECOND, MINUTE, SECOND } from '../resolver-core/time.ts';
import { RCODE } from '../resolver-core/wire/iana.ts';
import { COUNT_COLUMNS, type ShardCounts } from './result.ts';
import { ONE_TRY, runToy, type ToyWorld, toyPlan, toyShard } from './testing/toy-world.ts';

type Sums = Record<(typeof COUNT_COLUMNS)[number], number>;

const WIDTH = COUNT_COLUMNS.length;

function sums(counts: ShardCounts, bucket?: number): Sums {
  const out = Object.fromEntries(COUNT_COLUMNS.map((name) => [name, 0])) as Sums;
  const stride = counts.cells.length * WIDTH;
  counts.counts.forEach((count, index) => {
    if (bucket !== undefined && Math.floor(index / stride) !== bucket) return;
    out[COUNT_COLUMNS[index % WIDTH] as keyof Sums] += count;
  });
  return out;
}

/** Several names, nodes, groups, failures, retries and timeouts on a cache too small for them. */
const BUSY: ToyWorld = {
  rate: 150,
  seconds: 300,
  warmup: 90,
  names: 300,
  zipf: 0.9,
  oneOff: 0.05,
  nodes: 3,
  dnssecOk: 0.3,
  checkingDisabled: 0.05,
  groups: [
    {
      name: 'patient',
      share: 2,
      rtt: 15 * MILLISECOND,
      stub: { timeouts: [2 * SECOND, 2 * SECOND], failureTries: 2, failureCache: SECOND },
      requests: { mean: 1.5, wait: [300 * MILLISECOND, 900 * MILLISECOND] },
    },
    {
      name: 'hasty',
      share: 1,
      rtt: 30 * MILLISECOND,
      stub: {
        timeouts: [120 * MILLISECOND, 150 * MILLISECOND],
        failureTries: 2,
        failureCache: 0,
      },
      requests: { mean: 1, wait: [0, 0] },
    },
  ],
  site: { loss: 0.1, delay: 40 * MILLISECOND },
  rcode: ({ name }) => {
    const kind = name.key.length % 7;
    return kind === 3 ? RCODE.SERVFAIL : kind === 4 ? RCODE.NXDOMAIN : RCODE.NOERROR;
  },
  node: { ttl: 20, failureTtl: 5, capacity: 100, timeout: 200 * MILLISECOND },
};

describe('the engine', () => {
  it('gives the same counts and digest for every block size, on a bounded cache', () => {
    const [one, ...others] = [1, 64, 512].map((block) => runToy({ ...BUSY, block }));
    expect(one?.work.events).toBeGreaterThan(10_000);
    for (const other of others) expect(other).toEqual(one);
    expect(runToy({ ...BUSY, seed: 2 }).digest).not.toEqual(one?.digest);
  });

  it('gives the same however it is cut into slices', () => {
    const whole = runToy(BUSY);
    const shard = toyShard(BUSY);
    let slices = 1;
    while (!shard.advance(shard.clock + 777_777)) slices++;
    expect(slices).toBeGreaterThan(500);
    expect(shard.finish(true)).toEqual(whole);
  });

  it('counts each client query in one answer and one cache column, in each bucket', () => {
    const counts = runToy(BUSY);
    for (let bucket = 0; bucket < 5; bucket++) {
      const s = sums(counts, bucket);
      expect(s.clientQueries).toBeGreaterThan(9_000);
      expect(s.NOERROR + s.NXDOMAIN + s.SERVFAIL + s.REFUSED + s.TIMEOUT).toBe(s.clientQueries);
      expect(s.hits + s.misses + s.joined + s.failureCached).toBe(s.clientQueries);
      expect(s.lookups + s.retries).toBe(s.clientQueries);
      for (const column of [
        'SERVFAIL',
        'TIMEOUT',
        'NXDOMAIN',
        'joined',
        'failureCached',
      ] as const) {
        expect(s[column]).toBeGreaterThan(0);
      }
    }
    const all = sums(counts);
    expect(all.lookups - 45_000).toBeLessThan(4 * Math.sqrt(45_000));
    let latencies = 0;
    for (let row = 3; row < counts.latency.length; row += 4) latencies += counts.latency[row] ?? 0;
    expect(latencies).toBe(all.clientQueries - all.TIMEOUT);
  });

  it('keeps names asked once, DO and CD in cells of their own', () => {
    const counts = runToy(BUSY);
    const lookups = (wanted: (cell: ShardCounts['cells'][number]) => boolean): number =>
      counts.counts.reduce((sum, count, index) => {
        const cell = counts.cells[Math.floor(index / WIDTH) % counts.cells.length];
        const isLookups = COUNT_COLUMNS[index % WIDTH] === 'lookups';
        return isLookups && cell !== undefined && wanted(cell) ? sum + count : sum;
      }, 0);
    const n = lookups(() => true);
    const close = (count: number, share: number): void => {
      expect(Math.abs(count - share * n)).toBeLessThan(4 * Math.sqrt(n * share * (1 - share)));
    };
    close(
      lookups((cell) => cell.oneOff),
      0.05,
    );
    close(
      lookups((cell) => cell.dnssecOk),
      0.3,
    );
    close(
      lookups((cell) => cell.checkingDisabled),
      0.05,
    );
    expect(lookups((cell) => cell.kind === 'missing' && !cell.oneOff)).toBe(0);
    expect(lookups((cell) => cell.zone !== 'de')).toBe(0);
  });

  it('has a client try as often as its group does when nobody answers, and fail then', () => {
    const group = { ...ONE_TRY, stub: { ...ONE_TRY.stub, failureTries: 4 } };
    const world: ToyWorld = {
      rate: 2,
      seconds: 300,
      names: 5,
      groups: [group],
      site: { behaviour: 'silent' },
    };
    const s = sums(runToy(world));
    expect(s.failedLookups).toBe(s.lookups);
    expect(s.triesOfFailedLookups).toBe(4 * s.lookups);
    expect(s.clientQueries).toBe(4 * s.lookups);
    expect(s.recoveredLookups).toBe(0);
    expect(s.SERVFAIL).toBe(s.clientQueries);
    expect(s.upstreamTimeouts).toBe(s.upstreamQueries);
    expect(s.upstreamQueries).toBe(s.misses);
  });

  it('counts TIMEOUT for an answer that comes too late, though the cache is filled by it', () => {
    const timeouts = [100 * MILLISECOND, 100 * MILLISECOND];
    const group = { ...ONE_TRY, rtt: 20 * MILLISECOND, stub: { ...ONE_TRY.stub, timeouts } };
    // The answer leaves the node after 90 ms, inside the deadline, and would arrive after it.
    const world: ToyWorld = {
      rate: 0.1,
      seconds: 6000,
      groups: [group],
      site: { delay: 90 * MILLISECOND },
      node: { ttl: 1 },
    };
    const late = sums(runToy(world));
    expect(late.TIMEOUT).toBeGreaterThanOrEqual(late.misses);
    expect(late.TIMEOUT).toBeLessThanOrEqual(late.misses + late.joined);
    expect(late.retries).toBe(late.TIMEOUT);
    expect(late.hits).toBeGreaterThanOrEqual(late.retries);
    expect(late.failedLookups).toBe(0);
    expect(late.recoveredLookups).toBe(late.retries);
    const inTime = sums(runToy({ ...world, site: { delay: 79 * MILLISECOND } }));
    expect(inTime.TIMEOUT).toBe(0);
    expect(inTime.recoveredLookups).toBe(0);
    // Later than the deadline itself: the retry joins the fetch that the first try began.
    const later = sums(runToy({ ...world, site: { delay: 150 * MILLISECOND } }));
    expect(later.TIMEOUT).toBeGreaterThan(500);
    expect(later.joined).toBeGreaterThanOrEqual(later.retries);
    expect(later.failedLookups).toBe(0);
  });

  it('counts a query in the bucket in which it is sent, a lookup in that of its first try', () => {
    const group = { ...ONE_TRY, stub: { ...ONE_TRY.stub, timeouts: [MINUTE, MINUTE] } };
    const counts = runToy({
      rate: 1,
      seconds: 180,
      warmup: 60,
      groups: [group],
      site: { behaviour: 'silent' },
      node: { timeout: 10 * MINUTE },
    });
    const buckets = [0, 1, 2].map((bucket) => sums(counts, bucket));
    const [first, second, third] = buckets as [Sums, Sums, Sums];
    // The retries of the warm-up's lookups come in the first bucket.
    expect(first.retries).toBeGreaterThan(30);
    expect(Math.abs(second.retries - first.lookups)).toBeLessThanOrEqual(1);
    // Those sent after the end are run out and count in the last bucket.
    expect(Math.abs(third.retries - second.lookups - third.lookups)).toBeLessThanOrEqual(1);
    for (const each of buckets) expect(each.failedLookups).toBe(each.lookups);
  });

  it('brings home the buckets that it has finished when it is stopped', () => {
    const whole = runToy(BUSY);
    const shard = toyShard(BUSY);
    const { from } = toyPlan(BUSY).time;
    expect(shard.advance(from + 2.5 * MINUTE)).toBe(false);
    const part = shard.finish(false);
    expect(part.complete).toBe(false);
    expect(part.counts.length).toBe(2 * part.cells.length * WIDTH);
    expect(sums(part, 0)).toEqual(sums(whole, 0));
    expect(sums(part, 1)).toEqual(sums(whole, 1));
    const early = toyShard(BUSY);
    early.advance(from - MINUTE);
    expect(early.finish(false).counts).toHaveLength(0);
  });

  it('refuses a client that gives up before an answer can reach it', () => {
    const group = { ...ONE_TRY, rtt: SECOND, stub: { ...ONE_TRY.stub, timeouts: [SECOND] } };
    expect(() => toyShard({ rate: 1, seconds: 1, groups: [group] })).toThrow(RangeError);
  });
});
