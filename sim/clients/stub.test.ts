import { describe, expect, it } from 'vitest';
import { RCODE } from '../../resolver-core/wire/iana.ts';
import { ONE_TRY } from '../testing/toy-world.ts';
import { isFailure, retryDelay, retryNode, TIMEOUT, triesAgain } from './stub.ts';

const GROUP = { ...ONE_TRY, tries: 3, retryDelay: [1000, 1009] as const };

describe('a stub resolver', () => {
  it('tries again after SERVFAIL, REFUSED and TIMEOUT, up to its number of tries', () => {
    for (const rcode of [RCODE.SERVFAIL, RCODE.REFUSED, TIMEOUT]) {
      expect(isFailure(rcode)).toBe(true);
      expect([0, 1, 2].map((attempt) => triesAgain(GROUP, attempt, rcode))).toEqual([
        true,
        true,
        false,
      ]);
    }
  });

  it('is content with NOERROR and NXDOMAIN', () => {
    for (const rcode of [RCODE.NOERROR, RCODE.NXDOMAIN]) {
      expect(isFailure(rcode)).toBe(false);
      expect(triesAgain(GROUP, 0, rcode)).toBe(false);
    }
  });

  it('waits uniformly between its two delays, both included', () => {
    const counts = new Map<number, number>();
    for (let ordinal = 0; ordinal < 20_000; ordinal++) {
      const delay = retryDelay(1, GROUP, 5, ordinal, 0);
      counts.set(delay, (counts.get(delay) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual(Array.from({ length: 10 }, (_, i) => 1000 + i));
    for (const count of counts.values()) {
      expect(Math.abs(count - 2000)).toBeLessThan(5 * Math.sqrt(2000 * 0.9));
    }
  });

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
