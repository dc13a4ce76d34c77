/** What we use of dns-packet 5, which ships no types. */

declare module 'dns-packet' {
  /** Needs a Buffer. */
  export function decode(octets: Uint8Array): unknown;
  export function encode(packet: unknown): Uint8Array;
}

declare module 'dns-packet/types.js' {
  /** 0 for a mnemonic that it does not know. */
  export function toType(mnemonic: string): number;
}

declare module 'dns-packet/rcodes.js' {
  export function toRcode(mnemonic: string): number;
}

declare module 'dns-packet/opcodes.js' {
  export function toOpcode(mnemonic: string): number;
}
