/**
 * A DNS message as the core sees it: a header and ordered references to immutable RRsets, never
 * octets. Virtual time passes these objects; sockets and replay scripts read and write them at the
 * rim (`wire/read.ts`, `wire/write.ts`).
 */

import type { Name } from './name/name.ts';
import type { RRset } from './rrset.ts';

/** Class is IN; questions of other classes are turned away at the rim. */
export interface Question {
  readonly name: Name;
  readonly type: number;
}

/** One Extended DNS Error (RFC 8914); `text` may be empty. */
export interface ExtendedError {
  readonly code: number;
  readonly text: string;
}

export interface EdnsOption {
  readonly code: number;
  readonly data: Uint8Array;
}

/** OPT pseudo-RR (RFC 6891). The upper octet of the RCODE is joined into `Message.rcode`. */
export interface Edns {
  readonly version: number;
  /** Requestor's UDP payload size in octets. */
  readonly udpSize: number;
  readonly dnssecOk: boolean;
  readonly extendedErrors: readonly ExtendedError[];
  /** Every option but Extended DNS Error, in order. */
  readonly options: readonly EdnsOption[];
}

export interface Message {
  readonly response: boolean;
  readonly opcode: number;
  /** Extended RCODE, 12 bits. */
  readonly rcode: number;
  readonly authoritative: boolean;
  readonly truncated: boolean;
  readonly recursionDesired: boolean;
  readonly recursionAvailable: boolean;
  readonly authenticatedData: boolean;
  readonly checkingDisabled: boolean;
  /** null when the question section was empty. */
  readonly question: Question | null;
  /** In order; signatures travel on the RRset that they cover and are written only when `dnssec` is true. */
  readonly answer: readonly RRset[];
  readonly authority: readonly RRset[];
  /** Without the OPT pseudo-RR. */
  readonly additional: readonly RRset[];
  readonly edns: Edns | null;
  /** True when the signatures on the RRsets are part of the message (the query had DO set). */
  readonly dnssec: boolean;
}
