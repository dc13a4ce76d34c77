/**
 * Base16, base32hex and base64 (RFC 4648), in plain ECMAScript. Decoders give undefined for text
 * that is not the encoding of anything; white space is for the caller to take out.
 */

const HEX = '0123456789abcdef';
/** RFC 4648 section 7, in the lower case in which resolvers print NSEC3 owners. */
const BASE32HEX = '0123456789abcdefghijklmnopqrstuv';
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Value of each ASCII character in an alphabet, 255 when it has none. */
function valuesOf(alphabet: string, foldCase: boolean): Uint8Array {
  const values = new Uint8Array(128).fill(255);
  for (let i = 0; i < alphabet.length; i++) {
    values[alphabet.charCodeAt(i)] = i;
    if (foldCase) values[alphabet.toUpperCase().charCodeAt(i)] = i;
  }
  return values;
}

const hexValues = valuesOf(HEX, true);
const base32Values = valuesOf(BASE32HEX, true);
const base64Values = valuesOf(BASE64, false);

/** Lower case. */
export function toHex(octets: Uint8Array): string {
  let text = '';
  for (let i = 0; i < octets.length; i++) {
    const octet = octets[i] as number;
    text += (HEX[octet >> 4] as string) + (HEX[octet & 0xf] as string);
  }
  return text;
}

/** Either case. */
export function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0) return undefined;
  return decode(text, hexValues, 4, text.length);
}

/** Lower case, without padding (RFC 5155 section 3.3). */
export function toBase32Hex(octets: Uint8Array): string {
  return encode(octets, BASE32HEX, 5);
}

/** Either case, without padding; the bits left over are zero. */
export function fromBase32Hex(text: string): Uint8Array | undefined {
  return decode(text, base32Values, 5, text.length);
}

/** With padding. */
export function toBase64(octets: Uint8Array): string {
  const text = encode(octets, BASE64, 6);
  return text + '='.repeat((4 - (text.length % 4)) % 4);
}

/** With padding, which is required; the bits left over are zero. */
export function fromBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined;
  let end = text.length;
  while (end > text.length - 2 && text[end - 1] === '=') end--;
  return decode(text, base64Values, 6, end);
}

function encode(octets: Uint8Array, alphabet: string, bitsPerDigit: number): string {
  let text = '';
  let pending = 0;
  let bits = 0;
  for (let i = 0; i < octets.length; i++) {
    pending = ((pending << 8) | (octets[i] as number)) & 0xffff;
    bits += 8;
    while (bits >= bitsPerDigit) {
      bits -= bitsPerDigit;
      text += alphabet[(pending >> bits) & ((1 << bitsPerDigit) - 1)] as string;
    }
  }
  if (bits > 0) {
    text += alphabet[(pending << (bitsPerDigit - bits)) & ((1 << bitsPerDigit) - 1)] as string;
  }
  return text;
}

function decode(
  text: string,
  values: Uint8Array,
  bitsPerDigit: number,
  length: number,
): Uint8Array | undefined {
  const octets = new Uint8Array((length * bitsPerDigit) >> 3);
  let pending = 0;
  let bits = 0;
  let at = 0;
  for (let i = 0; i < length; i++) {
    const value = values[text.charCodeAt(i)];
    if (value === undefined || value === 255) return undefined;
    pending = ((pending << bitsPerDigit) | value) & 0xffff;
    bits += bitsPerDigit;
    if (bits >= 8) {
      bits -= 8;
      octets[at++] = pending >> bits;
    }
  }
  // A whole digit too many, or bits that say something, encode nothing (RFC 4648 section 3.5).
  const leftover = pending & ((1 << bits) - 1);
  return bits >= bitsPerDigit || leftover !== 0 ? undefined : octets;
}
