/** IPv4 and IPv6 addresses as text: RFC 1123 section 2.1, RFC 4291 section 2.2, RFC 5952. */

/** Dotted decimal, four octets at `at`. */
export function ipv4Text(octets: Uint8Array, at = 0): string {
  return `${octets[at]}.${octets[at + 1]}.${octets[at + 2]}.${octets[at + 3]}`;
}

/** Strictly four decimal numbers without leading zeros; undefined for anything else. */
export function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  const octets = new Uint8Array(4);
  for (const [i, part] of parts.entries()) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    octets[i] = Number(part);
  }
  return octets;
}

/** The canonical form of RFC 5952, 16 octets at `at`; never with an embedded IPv4 address. */
export function ipv6Text(octets: Uint8Array, at = 0): string {
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) {
    groups.push(((octets[at + i] as number) << 8) | (octets[at + i + 1] as number));
  }
  // RFC 5952 section 4.2: the longest run of at least two zero groups, the first of equals.
  let bestFrom = -1;
  let bestLength = 1;
  for (let from = 0; from < 8; from++) {
    let to = from;
    while (to < 8 && groups[to] === 0) to++;
    if (to - from > bestLength) {
      bestFrom = from;
      bestLength = to - from;
    }
    from = Math.max(from, to - 1);
  }
  const hex = groups.map((group) => group.toString(16));
  if (bestFrom < 0) return hex.join(':');
  return `${hex.slice(0, bestFrom).join(':')}::${hex.slice(bestFrom + bestLength).join(':')}`;
}

/** Any form of RFC 4291 section 2.2, without a zone identifier; undefined for anything else. */
export function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const front = parseGroups(halves[0] as string, halves.length === 1);
  const back = halves.length === 2 ? parseGroups(halves[1] as string, true) : [];
  if (front === undefined || back === undefined) return undefined;
  const missing = 16 - front.length - back.length;
  // RFC 4291 section 2.2: `::` stands for one or more groups.
  if (halves.length === 1 ? missing !== 0 : missing < 2) return undefined;
  const octets = new Uint8Array(16);
  octets.set(front, 0);
  octets.set(back, 16 - back.length);
  return octets;
}

/** Octets of groups between colons; the last may be an IPv4 address when it ends the whole text. */
function parseGroups(text: string, endsText: boolean): number[] | undefined {
  if (text === '') return [];
  const out: number[] = [];
  const groups = text.split(':');
  for (const [i, group] of groups.entries()) {
    if (endsText && i === groups.length - 1 && group.includes('.')) {
      const ipv4 = parseIpv4(group);
      if (ipv4 === undefined) return undefined;
      out.push(...ipv4);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(group)) {
      const value = Number.parseInt(group, 16);
      out.push(value >> 8, value & 0xff);
    } else {
      return undefined;
    }
  }
  return out;
}

/** The addresses whose first `bits` bits are those of `octets` (4 for IPv4, 16 for IPv6). */
export interface AddressPrefix {
  readonly octets: Uint8Array;
  readonly bits: number;
}

/** `192.0.2.0/24`, `2001:db8::/32`, or one address alone; undefined for anything else. */
export function parsePrefix(text: string): AddressPrefix | undefined {
  const [address = '', length, ...rest] = text.split('/');
  const octets = parseIpv4(address) ?? parseIpv6(address);
  if (octets === undefined || rest.length > 0) return undefined;
  if (length === undefined) return { octets, bits: octets.length * 8 };
  if (!/^(0|[1-9]\d{0,2})$/.test(length) || Number(length) > octets.length * 8) return undefined;
  return { octets, bits: Number(length) };
}

/** False for an address of the other family. */
export function isWithin(address: Uint8Array, { octets, bits }: AddressPrefix): boolean {
  if (address.length !== octets.length) return false;
  const whole = bits >> 3;
  for (let i = 0; i < whole; i++) if (address[i] !== octets[i]) return false;
  const rest = bits & 7;
  return rest === 0 || ((address[whole] as number) ^ (octets[whole] as number)) >> (8 - rest) === 0;
}
