/** Settings of one resolver node. Each default has its source. */

import type { LocalZone } from './apps/local-root.ts';
import { MAX_SENDS_PER_SERVER } from './limits.ts';
import type { AddressPrefix } from './text/address.ts';
import { MILLISECOND, type Micros } from './time.ts';
import { DEFAULT_MAINTENANCE, type MaintenanceSettings } from './validate/trust-anchor.ts';

export interface ResolverConfig {
  /** Validate DNSSEC (RFC 4035). Off: every answer is treated as insecure. */
  readonly validation: boolean;
  /** Most answers in the answer table. */
  readonly answers: number;
  /** Most zone cuts (delegation, DS, proof and keys together) that are remembered. */
  readonly zoneCuts: number;
  /** Ask servers for no more of a name than they need to know (RFC 9156). */
  readonly qnameMinimisation: boolean;
  /** Address families in which servers are asked. */
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  /** Addresses that are never asked, whoever names them (Unbound: those of the host itself). */
  readonly neverAsk: readonly AddressPrefix[];
  /**
   * Ask a name server at the address that the glue of another zone gives for it (Unbound and BIND); false:
   * look the address up first, and do so only when that has led nowhere.
   */
  readonly glueAcrossZones: boolean;
  /** Use glue for names in sibling domains (RFC 9471 section 2.2); false: look their addresses up. */
  readonly siblingGlue: boolean;
  /**
   * Take the zone's own NS RRset from beside an answer (RFC 2181 section 5.4.1); false: only from answers
   * to questions for it (Unbound and BIND since CVE-2025-11411 and CVE-2025-40778).
   */
  readonly nsBesideAnswers: boolean;
  /** The instant, in seconds since 1970, at which signatures are judged; null: the clock. */
  readonly validationDate: number | null;
  /** Validate with DSA, too (algorithms 3 and 6); otherwise a zone that has no other is insecure (RFC 9905). */
  readonly legacyAlgorithms: boolean;
  /** Of every algorithm in the DS RRset a signature must be good, against RFC 6840 section 5.11 (Unbound: off). */
  readonly hardenAlgorithmDowngrade: boolean;
  /** How wrong clocks may be when signatures are judged; null: not at all (BIND, Knot Resolver). */
  readonly signatureSkew: SignatureSkew | null;
  /** Hold-downs and intervals of trust anchors that are kept up to date (RFC 5011). */
  readonly maintenance: MaintenanceSettings;
  /** Tell the servers of a trust anchor's zone which of its keys are trusted (RFC 8145; Unbound, BIND: on). */
  readonly signalKeyTags: boolean;
  /** Tell by SERVFAIL which keys of the root are trusted (RFC 8509; Unbound, BIND, Knot Resolver: on). */
  readonly rootKeySentinel: boolean;
  /** How often servers, others first, are asked again for what did not validate (Unbound's val-max-restart: 5). */
  readonly bogusRetries: number;
  /**
   * A flaw: why data is bogus gets lost on the way up, and clients are told EDE 22 without text instead
   * (1.1.1.1 in May 2026: the error was made and never inserted, and a failure without one means that).
   */
  readonly loseBogusCause: boolean;
  /** Answer from validated NSEC records without asking again (RFC 8198; Unbound and BIND: on). */
  readonly aggressiveNsec: boolean;
  /** … and from NSEC3 records without opt-out (Knot Resolver and PowerDNS: on). */
  readonly aggressiveNsec3: boolean;
  /** Most records that are kept for it (PowerDNS: 100,000). */
  readonly denials: number;
  /** What a secure NXDOMAIN says holds for the names below it, too (RFC 8020; Unbound: on). */
  readonly nxdomainCut: boolean;
  /** Say with EDE 29 that an answer was synthesised (RFC 8914 registry; Knot Resolver, PowerDNS: on). */
  readonly explainSynthesis: boolean;
  /** Leave NS and address records out of answers that do not need them. */
  readonly minimalResponses: boolean;
  /** Shortest that an answer is kept, positive and negative, in seconds; 0: as its TTL says. */
  readonly minTtl: number;
  readonly minNegativeTtl: number;
  /** Longest that a positive answer is kept, in seconds (RFC 8767 section 4 allows 7 days). */
  readonly maxTtl: number;
  /** Longest that a negative answer is kept, in seconds (RFC 2308 section 5 advises 1 to 3 hours). */
  readonly maxNegativeTtl: number;
  /** First lifetime of a resolution failure, in seconds (RFC 9520 section 3.2). */
  readonly failureTtl: number;
  /** The lifetime doubles with each failure in a row up to this, in seconds (RFC 9520: at most 300). */
  readonly failureTtlMax: number;
  /** Answer from expired data when fresh ones cannot be had (RFC 8767); null: never. */
  readonly serveStale: ServeStale | null;
  /** A hit starts a refresh when no more than this fraction of the TTL is left; 0: never (Unbound: 0.1). */
  readonly prefetch: number;
  /** Ask for the keys of a zone as soon as its DS is seen (Unbound `prefetch-key`). */
  readonly prefetchKeys: boolean;
  /** Answer with TTLs as they came, neither bounded nor counted down (Unbound `serve-original-ttl`). */
  readonly serveOriginalTtl: boolean;
  /** EDNS requestor's payload size (DNS flag day 2020, RFC 9715). */
  readonly udpSize: number;
  /**
   * The address family of each query is drawn first, IPv4 with this share, where servers of the zone are known in
   * both; the server comes by round trip within it. null: by round trip over both families (Unbound).
   */
  readonly ipv4Share: number | null;
  /** Queries for one question to one server address (RFC 9520 section 3.1: three; Unbound five). */
  readonly sendsPerServer: number;
  /** Retransmission timeout towards a server never heard of (Unbound). */
  readonly initialTimeout: Micros;
  /** After this long a resolution ends in failure (RFC 8767 section 5: 10 to 30 s). */
  readonly resolutionTimeout: Micros;
  /** Hand the tags of a query on to the node that owns the question; false: drop them. */
  readonly propagateTags: boolean;
  /** Longest that an answer of an owner is kept by the node that asked it, in seconds. */
  readonly copyTtl: number;
  /** After this long without an answer from the owner, a node resolves by itself. */
  readonly forwardTimeout: Micros;
  /** A copy of the root zone, asked in place of the root servers and of what is cached from them; null: none. */
  readonly staticZone: LocalZone | null;
}

/** The timers of RFC 8767 section 5, and where implementations differ. */
export interface ServeStale {
  /** Longest that an answer is used after it expired, in seconds (maximum stale timer). */
  readonly maxStale: number;
  /** TTL of stale answers in seconds; RRsets that never had so much keep what they had. */
  readonly answerTtl: number;
  /**
   * A client gets a stale answer when it has waited so long (client response timer). 0: at once, and
   * the answer is refreshed behind it; null: only when the resolution has failed.
   */
  readonly clientTimeout: Micros | null;
  /** Once a refresh has failed, the next ones are waited for by nobody, as with a timeout of 0 (PowerDNS). */
  readonly atOnceAfterFailure: boolean;
  /** After a failure, stale answers are given at once for so long, in seconds (failure recheck timer). */
  readonly recheck: number;
  /** True: a failure makes the answer usable for another `maxStale`, even one that was past it. */
  readonly resetOnFailure: boolean;
  /** True: also when data came that did not validate (1.1.1.1, Unbound since 1.22); false: then it is gone. */
  readonly onBogus: boolean;
  /** Extended DNS Error in stale answers: none, always 3 (Unbound), or 19 for NXDOMAIN (RFC 8914). */
  readonly errors: 'none' | 'stale-answer' | 'by-rcode';
}

/** What RFC 8767 section 5 recommends. */
export const RECOMMENDED_SERVE_STALE: ServeStale = {
  maxStale: 86_400,
  answerTtl: 30,
  clientTimeout: 1_800 * MILLISECOND,
  atOnceAfterFailure: false,
  recheck: 30,
  resetOnFailure: false,
  onBogus: true,
  errors: 'by-rcode',
};

/** Seconds that a signature is good before its inception and after its expiration. */
export interface SignatureSkew {
  /** Of the signature's lifetime (Unbound: 0.1), but … */
  readonly fraction: number;
  /** … at least this (Unbound: 3600) and … */
  readonly min: number;
  /** … at most this (Unbound: 86400). */
  readonly max: number;
}

export const DEFAULT_CONFIG: ResolverConfig = {
  validation: true,
  legacyAlgorithms: false,
  hardenAlgorithmDowngrade: false,
  signatureSkew: null,
  maintenance: DEFAULT_MAINTENANCE,
  signalKeyTags: false,
  rootKeySentinel: true,
  qnameMinimisation: true,
  ipv4: true,
  ipv6: true,
  neverAsk: [],
  glueAcrossZones: false,
  siblingGlue: true,
  nsBesideAnswers: true,
  validationDate: null,
  bogusRetries: 0,
  loseBogusCause: false,
  aggressiveNsec: false,
  aggressiveNsec3: false,
  denials: 100_000,
  nxdomainCut: false,
  explainSynthesis: false,
  minimalResponses: true,
  minTtl: 0,
  minNegativeTtl: 0,
  answers: 100_000,
  zoneCuts: 50_000,
  maxTtl: 86_400,
  maxNegativeTtl: 10_800,
  failureTtl: 5,
  failureTtlMax: 60,
  serveStale: null,
  prefetch: 0,
  prefetchKeys: false,
  serveOriginalTtl: false,
  udpSize: 1232,
  ipv4Share: null,
  sendsPerServer: MAX_SENDS_PER_SERVER,
  initialTimeout: 376 * MILLISECOND,
  resolutionTimeout: 10_000 * MILLISECOND,
  propagateTags: true,
  copyTtl: 30,
  // Longer than the client response timer, after which an owner answers with what is stale.
  forwardTimeout: 2_000 * MILLISECOND,
  staticZone: null,
};
