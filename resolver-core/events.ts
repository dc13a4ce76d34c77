/**
 * What goes into a resolver node and what comes out of it: the whole seam between the core and a
 * driver (virtual time, sockets, replay scripts). The core never calls out; the driver performs
 * the effects and feeds the results back as events.
 */

import type { ExtendedError, Message, Question } from './message.ts';
import type { Micros } from './time.ts';

/** An upstream server address as the core knows it, interned by `Resolver.addresses`. */
export interface ServerAddress {
  /** Dense per resolver; index into the infrastructure tables. */
  readonly index: number;
  /** `192.0.2.1` or `2001:db8::1`. */
  readonly text: string;
  readonly family: 4 | 6;
}

/** Identifies a lookup across nodes and retries, for counter-based draws: nothing else names a query. */
export interface DrawKey {
  /** Two 32-bit words: who asks (home colo and client group) and the ordinal of the lookup. */
  readonly source: number;
  readonly ordinal: number;
  /** Try of that lookup, from 0. */
  readonly attempt: number;
}

export interface ClientQuery {
  readonly kind: 'query';
  /** The driver's handle, returned in the answer effect. */
  readonly client: number;
  readonly question: Question;
  /** Dense question id of the catalogue, or -1 (then the question is found by hash). */
  readonly questionId: number;
  readonly dnssecOk: boolean;
  readonly checkingDisabled: boolean;
  readonly draw: DrawKey;
}

export type ResolverEvent =
  | ClientQuery
  | { readonly kind: 'response'; readonly transaction: number; readonly message: Message }
  | { readonly kind: 'timeout'; readonly transaction: number }
  | { readonly kind: 'timer'; readonly token: number };

/** Send one query to one server. Exactly one `response` or `timeout` event must follow. */
export interface Ask {
  readonly kind: 'ask';
  readonly transaction: number;
  readonly server: ServerAddress;
  readonly question: Question;
  readonly transport: 'udp' | 'tcp';
  readonly dnssecOk: boolean;
  readonly checkingDisabled: boolean;
  /** EDNS requestor's payload size, or 0 for a query without OPT. */
  readonly udpSize: number;
  /** After this long the driver delivers `timeout`. */
  readonly timeout: Micros;
  /** The lookup that started the fetch, and the number of this send within it. */
  readonly draw: DrawKey;
  readonly send: number;
}

/** The final answer to one client query. */
export interface Answer {
  readonly kind: 'answer';
  readonly client: number;
  readonly outcome: AnswerOutcome;
}

/** How a client query was answered: one value for each way (docs/output.md has the table). */
export type AnswerSource = 'hit' | 'miss' | 'joined' | 'failure-cached';

export interface AnswerOutcome {
  readonly source: AnswerSource;
  readonly rcode: number;
  readonly authenticated: boolean;
  readonly errors: readonly ExtendedError[];
  /** The message to send, its TTLs as they stand now; null where only the outcome was asked for. */
  readonly entry: number;
}

export type Effect =
  | Ask
  | { readonly kind: 'wake'; readonly at: Micros; readonly token: number }
  | Answer
  | { readonly kind: 'observe'; readonly step: TraceStep };

/** One step of a lookup as told to an observer (`zonequake trace`). */
export type TraceStep =
  | { readonly kind: 'query'; readonly question: Question; readonly for: string }
  | {
      readonly kind: 'cache';
      readonly store:
        | 'answer'
        | 'failure'
        | 'delegation'
        | 'ds'
        | 'no-ds-proof'
        | 'dnskey'
        | 'alias';
      readonly found: boolean;
      readonly name: string;
      readonly text: string;
    }
  | {
      readonly kind: 'ask';
      readonly server: string;
      readonly serverName: string;
      readonly zone: string;
      readonly question: Question;
      readonly transport: 'udp' | 'tcp';
    }
  | {
      readonly kind: 'response';
      readonly message: Message;
      readonly elapsed: Micros;
      readonly verdict: string;
    }
  | { readonly kind: 'timeout'; readonly server: string; readonly elapsed: Micros }
  | {
      readonly kind: 'validate';
      readonly subject: string;
      readonly ok: boolean;
      readonly text: string;
    }
  | {
      readonly kind: 'chain';
      readonly zone: string;
      readonly state: 'secure' | 'insecure' | 'bogus';
      readonly text: string;
    }
  | {
      readonly kind: 'outcome';
      readonly rcode: number;
      readonly authenticated: boolean;
      readonly errors: readonly ExtendedError[];
      readonly text: string;
    };
