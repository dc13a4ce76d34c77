/**
 * Serial number arithmetic on 32 bits (RFC 1982): SOA serials, and the inception and expiration of
 * signatures (RFC 4034 section 3.1.5).
 */

/**
 * Whether `a` precedes `b`. False both ways when they are equal or 2^31 apart, where RFC 1982
 * section 3.2 leaves the order undefined.
 */
export function serialLess(a: number, b: number): boolean {
  const distance = (b - a) >>> 0;
  return distance !== 0 && distance < 0x8000_0000;
}
