import { describe, expect, it } from 'vitest';
import { SECOND } from '../../resolver-core/time.ts';
import { RCODE } from '../../resolver-core/wire/iana.ts';
import type { ClientGroupPlan } from '../plan.ts';
import { ONE_TRY } from '../testing/toy-world.ts';
import { GIVES_UP, isFailure, retryNode, TIMEOUT, type Tried, waitAfter } from './stub.ts';
import { STUBS, type StubName } from './stub-profiles.ts';

function group(stub: StubName, mean = 1): ClientGroupPlan {
  const wait = [2 * SECOND, 20 * SECOND] as const;
  return { ...ONE_TRY, stub: STUBS[stub], requests: { mean, wait } };
}

/** The waits of one lookup that always ends with `rcode`. */
function waits(of: ClientGroupPlan, rcode: number, ordinal = 0): number[] {
  const out: number[] = [];
  const tried: Tried = { source: 5, ordinal, attempt: 0, failures: 0, timeouts: 0 };
  for (let attempt = 0; ; attempt++) {
    const next: Tried = { ...tried, attempt };
    const wait = waitAfter(1, of, next, rcode);
    if (wait === GIVES_UP) return out;
    out.push(wait);
    tried.failures = next.failures;
    tried.timeouts = next.timeouts;
  }
}

describe('a stub resolver', () => {
  it('is content with NOERROR and NXDOMAIN, and not with SERVFAIL, REFUSED and TIMEOUT', () => {
    expect([RCODE.NOERROR, RCODE.NXDOMAIN].some(isFailure)).toBe(false);
    expect([RCODE.SERVFAIL, RCODE.REFUSED, TIMEOUT].every(isFailure)).toBe(true);
  });

  it.each([
    ['glibc', 2, 2],
    ['musl', 3, 2],
    ['systemd-resolved', 1, 24],
    ['windows', 1, 5],
    ['chrome', 2, 2],
    ['dnsproxy', 1, 1],
  ] as const)(
    '%s asks %i times after failures and %i times after timeouts, at once',
    (name, failures, timeouts) => {
      expect(waits(group(name), RCODE.SERVFAIL)).toEqual(new Array<number>(failures - 1).fill(0));
      expect(waits(group(name), RCODE.REFUSED)).toHaveLength(failures - 1);
      expect(waits(group(name), TIMEOUT)).toEqual(new Array<number>(timeouts - 1).fill(0));
    },
  );

  it('reaches a node that depends on the lookup and the try alone, each as often', () => {
    const counts = [0, 0, 0, 0];
    for (let ordinal = 0; ordinal < 20_000; ordinal++) {
      const node = retryNode(1, 4, 5, ordinal, 1);
      expect(retryNode(1, 4, 5, ordinal, 1)).toBe(node);
      counts[node] = (counts[node] ?? 0) + 1;
    }
    expect(counts).toHaveLength(4);
    for (const count of counts) {
      expect(Math.abs(count - 5000)).toBeLessThan(5 * Math.sqrt(5000 * 0.75));
    }
  });
});

describe('the person on top', () => {
  const N = 20_000;
  const all = (of: ClientGroupPlan): number[][] =>
    Array.from({ length: N }, (_, ordinal) => waits(of, RCODE.SERVFAIL, ordinal));

  it('asks a geometric number of times, each a whole round of the stub', () => {
    const lookups = all(group('musl', 3.5));
    const counts = lookups.map((lookup) => (lookup.length + 1) / 3);
    expect(counts.every(Number.isInteger)).toBe(true);
    // Geometric with mean m: variance m(m-1), and a share 1/m ends after the first.
    const mean = counts.reduce((sum, count) => sum + count, 0) / N;
    expect(Math.abs(mean - 3.5)).toBeLessThan(4 * Math.sqrt((3.5 * 2.5) / N));
    const once = counts.filter((count) => count === 1).length / N;
    expect(Math.abs(once - 1 / 3.5)).toBeLessThan(4 * Math.sqrt(0.25 / N));
  });

  it('waits uniformly between its two waits', () => {
    const seconds = all(group('windows', 2)).flatMap((lookup) =>
      lookup.map((wait) => wait / SECOND),
    );
    expect(Math.min(...seconds.slice(0, 10_000))).toBeGreaterThanOrEqual(2);
    expect(Math.max(...seconds.slice(0, 10_000))).toBeLessThanOrEqual(20);
    for (const [from, to] of [
      [2, 8],
      [8, 14],
      [14, 20],
    ] as const) {
      const count = seconds.filter((wait) => wait >= from && wait < to).length;
      expect(Math.abs(count - seconds.length / 3)).toBeLessThan(
        4 * Math.sqrt(seconds.length / 4.5),
      );
    }
  });

  it('is answered from memory while the stub remembers the failure: fewer queries, none too early', () => {
    const forwarded = all(group('dnsproxy', 3.5));
    const queries = (lookups: number[][]): number =>
      lookups.reduce((sum, lookup) => sum + lookup.length + 1, 0) / N;
    expect(forwarded.flat().every((wait) => wait >= 30 * SECOND)).toBe(true);
    expect(queries(all(group('windows', 3.5)))).toBeGreaterThan(3.4);
    expect(queries(forwarded)).toBeLessThan(2);
    expect(queries(forwarded)).toBeGreaterThan(1.2);
    // What timed out is not remembered.
    expect(waits(group('dnsproxy', 1000), TIMEOUT).some((wait) => wait < 30 * SECOND)).toBe(true);
  });
});
