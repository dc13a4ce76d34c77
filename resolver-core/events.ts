/**
 * What goes into a resolver node and what comes out of it: the whole seam between the core and a
 * driver (virtual time, sockets, replay scripts). The core never calls out; the driver performs
 * the effects and feeds the results back as events.
 */

import type { CachedAnswer } from './cache/cached-answer.ts';
import type { ExtendedError, Message, Question } from './message.ts';
import type { Tags } from './policy/phases.ts';
import type { PolicyChange } from './policy/policy.ts';
import type { RRset } from './rrset.ts';
import type { Micros } from './time.ts';

/** An upstream server address as a node knows it: one object per address (`cache/servers.ts`). */
export interface ServerAddress {
  /** Another for each address that a resolver has met, from 0 on. */
  readonly index: number;
  /** `192.0.2.1` or `2001:db8::1`. */
  readonly text: string;
  readonly family: 4 | 6;
  /** Of the text: an order of servers that does not depend on who was met first. */
  readonly hash: number;
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
  /**
   * RD; without it the client gets what is at hand (RFC 1034 section 4.3.1). Nothing is asked for its sake,
   * but what it was given is refreshed as for any other (Unbound).
   */
  readonly recursionDesired: boolean;
  readonly dnssecOk: boolean;
  /** AD in a query: the client understands AD in the answer, without DO (RFC 6840 section 5.7). */
  readonly authenticData: boolean;
  readonly checkingDisabled: boolean;
  /** What override rules match clients by. */
  readonly clientGroup: string;
  /** Tags that it comes with: 0, unless it comes from a node that has set some. */
  readonly tags: Tags;
  /** Handed on by another node, which has run the rules of the phases around its cache. */
  readonly forwarded: boolean;
  readonly draw: DrawKey;
}

export type ResolverEvent =
  | ClientQuery
  | { readonly kind: 'response'; readonly transaction: number; readonly message: Message }
  | { readonly kind: 'timeout'; readonly transaction: number }
  /** What the owner of a question says to a `forward`. */
  | { readonly kind: 'forwarded'; readonly transaction: number; readonly answer: OwnerAnswer }
  /** The instant of a `wake` effect has come. */
  | { readonly kind: 'timer'; readonly timer: number }
  /** The control plane applies or lifts an override rule or a negative trust anchor. */
  | { readonly kind: 'policy'; readonly change: PolicyChange }
  /**
   * The clock of the node was set: from now on it differs from `now` by something else. When it went back,
   * what is cached says nothing any more. Wakes by the clock are asked for anew.
   */
  | { readonly kind: 'clock'; readonly back: boolean };

/** Send one query to one server. Exactly one `response` or `timeout` event must follow. */
export interface Ask {
  readonly kind: 'ask';
  readonly transaction: number;
  readonly server: ServerAddress;
  readonly question: Question;
  readonly transport: 'udp' | 'tcp';
  readonly dnssecOk: boolean;
  readonly checkingDisabled: boolean;
  /** RD: set towards a forwarder, which resolves for us. */
  readonly recursionDesired: boolean;
  /** EDNS requestor's payload size, or 0 for a query without OPT. */
  readonly udpSize: number;
  /** After this long the driver delivers `timeout`. */
  readonly timeout: Micros;
  /** The lookup that started the fetch, and the number of this send within it. */
  readonly draw: DrawKey;
  readonly send: number;
}

/**
 * Hand a client's query to the node that owns the question, which gets it as a query with `forwarded` set
 * and these tags. Exactly one `forwarded` or `timeout` event must follow; silence makes this node resolve
 * the question by itself.
 */
export interface Forward {
  readonly kind: 'forward';
  readonly transaction: number;
  /** Its number in the colo. */
  readonly owner: number;
  readonly question: Question;
  readonly questionId: number;
  readonly checkingDisabled: boolean;
  readonly dnssecOk: boolean;
  readonly tags: Tags;
  readonly clientGroup: string;
  readonly draw: DrawKey;
  /** After this long the driver delivers `timeout`. */
  readonly timeout: Micros;
}

/** How a client query was answered (docs/output.md has the table). */
export type AnswerSource =
  | 'hit'
  /** The node that owns the question had it fresh. */
  | 'forwarded-hit'
  | 'miss'
  | 'joined'
  | 'failure-cached'
  | 'synthesised'
  | 'stale'
  /** From a local copy of the zone. */
  | 'static-zone'
  /** By an override rule. */
  | 'policy';

/** What an owner tells the node that asked it. */
export type OwnerAnswer = Pick<Answer, 'source' | 'answer'>;

/** The final answer to one client query. */
export interface Answer {
  readonly kind: 'answer';
  readonly client: number;
  readonly source: AnswerSource;
  /** AD: everything in it is secure, and the client said (by DO or AD) that it understands. */
  readonly authenticated: boolean;
  /** Not found secure, of names of which nothing is validated by order of the operator. */
  readonly unvalidated: boolean;
  /** RCODE, RRsets and errors; its TTLs count from `storedAt`. */
  readonly answer: CachedAnswer;
}

/** Deliver `timer` once `at` has come, of `now` for what a client waits for, of the clock for what TTLs and hold-downs rule. */
export interface Wake {
  readonly kind: 'wake';
  readonly timer: number;
  readonly time: 'now' | 'clock';
  readonly at: Micros;
}

export type Effect =
  | Ask
  | Forward
  | Answer
  | Wake
  | { readonly kind: 'observe'; readonly step: TraceStep };

/** One step of a lookup as told to an observer (`zonequake trace`), in the order in which things happen. */
export type TraceStep =
  | {
      readonly kind: 'query';
      readonly question: Question;
      readonly checkingDisabled: boolean;
      /** It came from another node. */
      readonly forwarded: boolean;
      /** Those that it came with, and those that rules have set, by name. */
      readonly tags: readonly string[];
    }
  | {
      readonly kind: 'cache';
      readonly store: 'answer' | 'failure' | 'delegation' | 'alias' | 'static-zone';
      readonly found: boolean;
      readonly name: string;
      readonly text: string;
    }
  /** The resolution needs the answer to another question first; `depth` from 1. */
  | { readonly kind: 'lookup'; readonly question: Question; readonly depth: number }
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
  /** The node that owns the question is asked; its tags by name. */
  | {
      readonly kind: 'forward';
      readonly owner: number;
      readonly question: Question;
      readonly tags: readonly string[];
      readonly dropped: readonly string[];
    }
  | {
      readonly kind: 'forwarded';
      readonly owner: number;
      readonly source: AnswerSource;
      readonly elapsed: Micros;
    }
  /** The signatures of one RRset were checked; those it carries say by which keys and for which time. */
  | {
      readonly kind: 'validate';
      readonly rrset: RRset;
      /** null when a signature is good, else the Extended DNS Error that says why none is. */
      readonly error: ExtendedError | null;
      readonly text: string;
    }
  | {
      readonly kind: 'chain';
      readonly zone: string;
      readonly state: 'secure' | 'insecure' | 'bogus';
      readonly text: string;
      readonly ds: RRset | null;
      readonly dnskey: RRset | null;
    }
  /** The end of a lookup that another waited for (depth from 1), or of the client's (0). */
  | {
      readonly kind: 'outcome';
      readonly question: Question;
      readonly depth: number;
      readonly source: AnswerSource | null;
      readonly authenticated: boolean;
      readonly answer: CachedAnswer;
    };
