/**
 * Every bound of the core, each with its reason. What a hostile party could reach is tested beside the
 * code that applies it.
 */

// ---- wire: reading messages from anybody ----

/** RFC 1035 section 4.2.2: the length before a message on TCP has 16 bits. */
export const MAX_MESSAGE_OCTETS = 65_535;

/**
 * Compression pointers followed for one name. RFC 1035 section 2.3.4 leaves room for 127 labels, and
 * a pointer that does not lead to a further label is of no use to an honest writer.
 */
export const MAX_POINTER_HOPS = 127;

/**
 * Records of one message. The largest RRset that fits into 64 KiB, A records under a compressed
 * owner, has 4,094; OPT and a few signatures may stand beside it.
 */
export const MAX_RECORDS_PER_MESSAGE = 4_200;

/**
 * Work on all names of one message: one step per octet that a name expands to, and
 * `NAME_WORK_PER_LABEL` per label and per pointer, which is about what they cost. The densest honest
 * 64 KiB (a part of a zone transfer: 3,200 NS records, each 20 octets that expand to two names)
 * takes 380,000 steps. Unbounded, a crafted message of 64 KiB costs dns-packet 760 ms.
 */
export const MAX_NAME_WORK = 524_288;
export const NAME_WORK_PER_LABEL = 8;

/**
 * EDNS options of one message. Some twenty codes are in use, and only Extended DNS Errors come several
 * at a time; 64 KiB of empty ones (16,000) cost 3 ms.
 */
export const MAX_EDNS_OPTIONS = 256;

/**
 * RFC 2181 section 8: a TTL has 31 bits. RFC 8767 section 4: a larger number on the wire is a large
 * positive one, not zero. How long a cache keeps anything is bounded by the cache.
 */
export const MAX_TTL_SECONDS = 0x7fff_ffff;

/** Slots of the compression table of the writer; a suffix that finds no free slot is written out. */
export const COMPRESSION_SLOTS = 1_024;

/** Slots tried for one suffix, so that names chosen to collide cost no more than others. */
export const COMPRESSION_PROBES = 8;

/**
 * Octets that answers written ahead take in one node: 100,000 of them in two forms of 300 octets each. What
 * has no room is written again when it is asked for.
 */
export const MAX_RENDERED_OCTETS = 134_217_728;

/**
 * Octets of an answer that nodes share in memory, with all that is remembered of it: half of what a set holds,
 * and more than a response over UDP with three times the usual proofs.
 */
export const MAX_SHARED_ANSWER = 4_096;

// ---- validation: work that a hostile zone can ask for ----

/**
 * RRSIGs tried per RRset. Unbound's number after KeyTrap (CVE-2023-50387); honest RRsets carry one
 * per algorithm, and one more while keys roll.
 */
export const MAX_SIGNATURES_PER_RRSET = 8;

/**
 * DNSKEYs with the algorithm and key tag of one RRSIG that are tried (CVE-2023-50387). Key tags are
 * not unique (RFC 4034 appendix B), so one is too few; PowerDNS tries 2, Unbound 4.
 */
export const MAX_KEYS_PER_SIGNATURE = 4;

/**
 * NSEC3 iterations above which a zone's denials count as insecure (RFC 9276 section 3.2): the value
 * of Unbound, BIND 9.18 and PowerDNS 4.8. The zone .de uses 15.
 */
export const MAX_NSEC3_ITERATIONS = 150;

/**
 * Names hashed for one denial of existence (CVE-2023-50868). Enough for the longest ip6.arpa name
 * (34 labels, and a wildcard); half of the 127 labels that a name can have.
 */
export const MAX_NSEC3_HASHES_PER_PROOF = 64;

/**
 * Signatures tried with a key for one client lookup, all that it needs included (CVE-2023-50387).
 * Unbound and Knot Resolver allow 32 for one question, PowerDNS 30 for one lookup, BIND 16 for one
 * fetch; a lookup has many questions here, for DS and DNSKEY of each zone and for each alias.
 */
export const MAX_VERIFICATIONS_PER_LOOKUP = 128;

/**
 * SHA-1 computations of NSEC3 for one client lookup (CVE-2023-50868; PowerDNS: 600): one proof of the
 * longest kind under the most iterations.
 */
export const MAX_NSEC3_WORK_PER_LOOKUP: number =
  MAX_NSEC3_HASHES_PER_PROOF * (MAX_NSEC3_ITERATIONS + 1);

// ---- iteration: work for one question ----

/** Aliases followed for one question (BIND `max-query-restarts` and Unbound: 11). */
export const MAX_ALIASES = 11;

/** Fetches that may wait for one another, innermost the deepest (BIND 7, Unbound 5). */
export const MAX_FETCH_DEPTH = 12;

/** Queries sent upstream for one client lookup, those of everything it needed included (BIND 50 and 200, PowerDNS 50). */
export const MAX_SENDS_PER_LOOKUP = 100;

/** Name server names whose addresses are looked up for one client lookup (Unbound: 64 targets; NXNSAttack, CVE-2020-12667). */
export const MAX_ADDRESS_LOOKUPS_PER_LOOKUP = 64;

/** Fetches under way at once in one node; more client questions fail (BIND recursive-clients 1000, Unbound 1024 to 4096 per thread). */
export const MAX_FETCHES = 10_000;

/** Referrals and minimised steps of one fetch (Knot Resolver: 100 iterations; a name has 127 labels). */
export const MAX_STEPS_PER_FETCH = 100;

/** Name server names whose addresses are looked up in one fetch (Knot Resolver: 5 without an address). */
export const MAX_ADDRESS_LOOKUPS = 5;

/** Records of an NS RRset that are used (Unbound keeps 20, BIND and PowerDNS 13). */
export const MAX_NAME_SERVERS = 20;

/** Queries for one question to one server address (RFC 9520 section 3.1: two retries). */
export const MAX_SENDS_PER_SERVER = 3;

/** Addresses of one name server that are used (BIND: 20 glue addresses). */
export const MAX_ADDRESSES_PER_SERVER = 16;

/** Shortest wait for a response over TCP in microseconds (Unbound: 3 s for authorities). */
export const MIN_TCP_TIMEOUT = 3_000_000;

/** RFC 9156 section 2.3: labels are added in at most this many steps … */
export const MAX_MINIMISE_COUNT = 10;
/** … the first of which add one label each. */
export const MINIMISE_ONE_LABEL = 4;

/** Shortest and longest retransmission timeout in microseconds (Unbound: 50 ms, and one probe at a time from 12 s on). */
export const MIN_SERVER_TIMEOUT = 50_000;
export const MAX_SERVER_TIMEOUT = 12_000_000;

/** Servers asked one question in the hope of a response that cannot be doubted (Unbound: 4 for one with signatures). */
export const MAX_DOUBTFUL_RESPONSES = 4;

/** Server addresses with their round trip times that are held (Unbound: 10,000 by default). */
export const MAX_SERVERS = 100_000;

/** A server whose timeout reached the maximum is left alone for so long, in microseconds (PowerDNS throttles for 60 s). */
export const SERVER_DOWN_TIME = 60_000_000;

/** One query in so many goes to a server other than the fastest, to keep its estimate alive (Knot Resolver: 5 %). */
export const EXPLORE_ONE_IN = 20;

/** Labels between a zone and a name of it that are searched for an unseen zone cut (each costs a DS query). */
export const MAX_HIDDEN_CUTS = 8;

// ---- validation: work for one response ----

/** DS digests computed for one DNSKEY RRset (KeyTrap, CVE-2023-50387; Unbound: 4 failed matches, PowerDNS 8 DS). */
export const MAX_DS_DIGESTS = 8;

/** RRsets of an answer to a question for all types that are validated and kept (Unbound: 24; CVE-2023-50387 made each cost). */
export const MAX_RRSETS_OF_ANY = 24;

/** NS RRsets, and address RRsets, of one response that are kept beside its answer: the addresses of 13 name servers in both families. */
export const MAX_RRSETS_BESIDE = 26;

/** NSEC and NSEC3 RRsets of one response that are looked at; an honest denial has at most four. */
export const MAX_PROOF_RRSETS = 16;

// ---- policy ----

/** Tags of override rules in use at once: with CD they fit beside the type into one 16-bit unit of the key of a fetch. */
export const MAX_TAGS = 15;

/** Entries in each cache of a re-check of a negative trust anchor: the chain from the root to one name. */
export const MAX_RECHECK_ENTRIES = 256;

/** Longest life of a negative trust anchor in seconds (RFC 7646 section 2: no longer than a week; BIND). */
export const MAX_NEGATIVE_ANCHOR_LIFETIME = 604_800;

// ---- listening: what strangers may hold of a server on sockets ----

/** Octets of a response over UDP without EDNS, and the least that an OPT can mean (RFC 1035 section 4.2.1, RFC 6891 section 6.2.3). */
export const PLAIN_UDP_SIZE = 512;

/** Largest response over UDP, whatever a client offers: what passes everywhere unfragmented (Unbound, BIND, Knot Resolver; RFC 9715). */
export const MAX_UDP_RESPONSE = 1_232;

/** Queries over UDP that one listener has taken and not yet answered; more are dropped (as many as there are fetches). */
export const MAX_UDP_PENDING = 10_000;

/** TCP connections of one listener; more are closed at once (BIND `tcp-clients`). */
export const MAX_TCP_CONNECTIONS = 150;

/** Queries in flight on one TCP connection; then nothing more is read from it (Knot Resolver `net.tcp_pipeline`). */
export const MAX_TCP_PIPELINED = 100;

/** Octets of responses that a TCP client has not fetched; then nothing more is read from it: two of the largest messages. */
export const MAX_TCP_UNSENT = 131_072;

/** A TCP connection without a whole query or a response in this time, in microseconds, is closed (RFC 7766 section 6.2.3; Knot Resolver). */
export const TCP_IDLE_TIME = 10_000_000;

/** What is in flight when a listener closes gets this long, in microseconds: a stub resolver waits no longer (resolv.conf(5)). */
export const DRAIN_TIME = 5_000_000;
