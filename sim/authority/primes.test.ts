import { checkPrimeSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { RSA_PRIMES } from './primes.ts';

describe('the pool of primes', () => {
  it('has twelve pairs for 2048 and 1024 bits and six for 1280', () => {
    expect([...RSA_PRIMES].map(([bits, all]) => [bits, all.length])).toEqual([
      [2048, 24],
      [1280, 12],
      [1024, 24],
    ]);
  });

  it('holds primes only, each once, and every pair makes a modulus of full length', () => {
    const seen = new Set<bigint>();
    for (const [bits, all] of RSA_PRIMES) {
      const primes = all.map((hex) => BigInt(`0x${hex}`));
      for (const [i, prime] of primes.entries()) {
        expect(checkPrimeSync(prime, { checks: 5 })).toBe(true);
        seen.add(prime);
        if (i % 2 === 1) {
          expect(((primes[i - 1] as bigint) * prime).toString(2)).toHaveLength(bits);
        }
      }
    }
    expect(seen.size).toBe(60);
  });
});
