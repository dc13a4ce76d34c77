/** Addresses in scripts: IPv4 or IPv6, in Unbound's options with `@port` and `#name` behind them. */

import { ipv4Text, ipv6Text, parseIpv4, parseIpv6 } from '../../resolver-core/text/address.ts';

/** The one way in which an address is written here; undefined for anything else. */
export function canonicalAddress(text: string): string | undefined {
  const [plain = ''] = text.split(/[@#]/, 1);
  const v4 = parseIpv4(plain);
  if (v4 !== undefined) return ipv4Text(v4);
  const v6 = parseIpv6(plain);
  return v6 === undefined ? undefined : ipv6Text(v6);
}
