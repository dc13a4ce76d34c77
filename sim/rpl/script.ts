/** A replay script as data: what `parse.ts` reads and `run.ts` plays (docs/replay.md). */

import type { Message } from '../../resolver-core/message.ts';

export interface Script {
  /** What follows SCENARIO_BEGIN. */
  readonly title: string;
  readonly clauses: readonly Clause[];
  readonly files: readonly NamedFile[];
  readonly ranges: readonly Range[];
  readonly steps: readonly Step[];
}

/** One `server:`, `stub-zone:`, ... of the configuration part. */
export interface Clause {
  readonly name: string;
  readonly options: readonly Option[];
  readonly line: number;
}

export interface Option {
  readonly key: string;
  /** The words behind the colon, without quotes and comments. */
  readonly values: readonly string[];
  readonly line: number;
  readonly column: number;
}

/** Contents that the configuration part gives to a file: trust anchors with state, or anything. */
export interface NamedFile {
  readonly kind: 'autotrust' | 'temporary';
  readonly name: string;
  readonly lines: readonly string[];
}

/** Answers of the servers while a step from `first` to `last` is next. */
export interface Range {
  readonly first: number;
  readonly last: number;
  /** Of the server; none: any. */
  readonly addresses: readonly string[];
  readonly entries: readonly Entry[];
}

export interface Entry {
  /** Of ENTRY_BEGIN. */
  readonly line: number;
  readonly match: Match;
  readonly adjust: Adjust;
  /** What queries and answers are compared with. */
  readonly message: Message;
  /** What a server answers: the message, or the packet that HEX_ANSWER has in its place. */
  readonly packet: Message;
  /** Class of the question; 0 when there is none. */
  readonly questionClass: number;
  /** A packet that no reader takes: RDATA without the layout of its type, or hexadecimal that is no message. */
  readonly malformed: boolean;
  /** More than one packet, as in a zone transfer. */
  readonly extraPackets: boolean;
}

export interface Match {
  readonly words: ReadonlySet<string>;
  /** INFO-CODE of an Extended DNS Error that must be there. */
  readonly ede: number | 'any' | null;
  /** SOA serial of an IXFR query. */
  readonly serial: number | null;
}

export interface Adjust {
  readonly words: ReadonlySet<string>;
}

export type Step = { readonly number: number; readonly line: number } & StepAction;

export type StepAction =
  | { readonly kind: 'query'; readonly entry: Entry; readonly address: string | null }
  | { readonly kind: 'check-answer'; readonly entry: Entry; readonly address: string | null }
  | { readonly kind: 'check-out-query'; readonly entry: Entry; readonly address: string | null }
  | { readonly kind: 'reply'; readonly entry: Entry; readonly address: string | null }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'error' }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'traffic' }
  /** Seconds, as a number or as an expression of `macros.ts`. */
  | { readonly kind: 'time-passes'; readonly seconds: string }
  | { readonly kind: 'assign'; readonly variable: string; readonly value: string }
  | {
      readonly kind: 'check-file';
      readonly file: 'autotrust' | 'temporary';
      readonly name: string;
      readonly lines: readonly string[];
    }
  /** Steps that reach into the caches of a resolver: INFRA_RTT, FLUSH_MESSAGE, EXPIRE_MESSAGE. */
  | { readonly kind: 'internal'; readonly word: string };

/** Text that is no script: where, what stands there and what was expected. */
export class ScriptError extends Error {
  override readonly name = 'ScriptError';
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
  readonly found: string;
  readonly expected: string;

  constructor(line: number, column: number, found: string, expected: string) {
    super(`found ${found === '' ? 'nothing' : found}, expected ${expected}`);
    this.line = line;
    this.column = column;
    this.found = found;
    this.expected = expected;
  }
}
