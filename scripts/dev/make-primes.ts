/**
 * Makes `sim/authority/primes.ts`, once: the primes of every RSA key that a simulated authority can
 * have. Run with `node --import tsx scripts/dev/make-primes.ts > sim/authority/primes.ts`. Another
 * run gives other primes, hence other keys, tags and signatures: golden files would change.
 */

import { generatePrimeSync } from 'node:crypto';

/** Modulus bits and how many key pairs of that size. */
const POOL = [
  [2048, 12],
  [1280, 6],
  [1024, 12],
] as const;
const HEX_PER_LINE = 64;
/**
 * No prime less one may share a factor with these. 65537 is the usual exponent. The key tag of a key
 * is (but for one carry) its RDATA modulo 65535 = 3 * 5 * 17 * 257: a wanted tag settles what the
 * exponent is modulo each of the four, and where that is 0 it must still fit the primes.
 */
const FACTORS = [3n, 5n, 17n, 257n, 65537n];

const seen = new Set<bigint>();

/** A new prime whose two top bits are set, so that the product of two has the full length. */
function makePrime(bits: number): bigint {
  for (;;) {
    const prime = generatePrimeSync(bits, { bigint: true });
    const hasTopBits = prime >> BigInt(bits - 2) === 3n;
    if (hasTopBits && !seen.has(prime) && FACTORS.every((factor) => (prime - 1n) % factor !== 0n)) {
      seen.add(prime);
      return prime;
    }
  }
}

const out: string[] = [
  '/**',
  ' * A pool of primes for the RSA keys of simulated authorities, made once by',
  ' * `scripts/dev/make-primes.ts`. Fixed, so that a key is the same in every run and on every machine.',
  ' * No p - 1 has the factor 3, 5, 17 or 257, so that an exponent can be found for every key tag.',
  ' *',
  ' * TEST MATERIAL. These primes are public: a key made of them keeps no secret and protects nothing.',
  ' * Never use one outside a simulation.',
  ' */',
  '',
  '/** Modulus size in bits to primes, each in hexadecimal; neighbours (0 and 1, 2 and 3, ...) make a pair. */',
  'export const RSA_PRIMES: ReadonlyMap<number, readonly string[]> = new Map([',
];
for (const [bits, pairs] of POOL) {
  out.push('  [', `    ${bits},`, `    split(${bits / 8},`, '      `');
  for (let i = 0; i < pairs * 2; i++) {
    const hex = makePrime(bits / 2).toString(16);
    for (let at = 0; at < hex.length; at += HEX_PER_LINE) {
      out.push(hex.slice(at, at + HEX_PER_LINE));
    }
  }
  out.push('`', '),', '  ],');
}
out.push(
  ']);',
  '',
  '/** Cuts a block of hexadecimal digits into numbers of equal length. */',
  'function split(digits: number, block: string): readonly string[] {',
  "  const all = block.replaceAll(/\\s/g, '');",
  '  const out: string[] = [];',
  '  for (let at = 0; at < all.length; at += digits) out.push(all.slice(at, at + digits));',
  '  return out;',
  '}',
  '',
);
process.stdout.write(out.join('\n'));
