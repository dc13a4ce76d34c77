import { describe, expect, it } from 'vitest';
import { isWithin, parseIpv4, parseIpv6, parsePrefix } from './address.ts';

function holds(prefix: string, address: string): boolean | undefined {
  const parsed = parsePrefix(prefix);
  const octets = parseIpv4(address) ?? parseIpv6(address);
  return parsed === undefined || octets === undefined ? undefined : isWithin(octets, parsed);
}

describe('address prefixes (RFC 4632 section 3.1, RFC 4291 section 2.3)', () => {
  it.each([
    ['127.0.0.0/8', '127.255.255.255', true],
    ['127.0.0.0/8', '128.0.0.0', false],
    ['192.0.2.128/25', '192.0.2.127', false],
    ['192.0.2.128/25', '192.0.2.200', true],
    ['192.0.2.1', '192.0.2.1', true],
    ['192.0.2.1', '192.0.2.2', false],
    ['2001:db8::/33', '2001:db8:7fff::1', true],
    ['2001:db8::/33', '2001:db8:8000::1', false],
    ['::/0', '2001:db8::1', true],
    ['::/0', '192.0.2.1', false],
  ])('%s and %s: %s', (prefix, address, within) => {
    expect(holds(prefix, address)).toBe(within);
  });

  it.each(['192.0.2.0/33', '192.0.2.0/', '192.0.2.0/08', '192.0.2.0/8/8', 'example', '::/129'])(
    '%s is none',
    (text) => {
      expect(parsePrefix(text)).toBeUndefined();
    },
  );
});
