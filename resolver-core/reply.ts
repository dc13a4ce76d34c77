/**
 * The message that a client gets for an answer: flags (RFC 1035 section 4.1.1, RFC 4035 section 3.2,
 * RFC 6840 section 5.8), TTLs as they stand, DNSSEC records only for those who set DO (RFC 4035 section
 * 3.2.1), Extended DNS Errors (RFC 8914). Octets are the driver's business.
 */

import { agedTo } from './cache/cached-answer.ts';
import type { ResolverConfig } from './config.ts';
import type { Answer } from './events.ts';
import type { Message } from './message.ts';
import type { RRset } from './rrset.ts';
import type { Micros } from './time.ts';
import { TYPE } from './wire/iana.ts';

/** The response to `query`, whose question `answer` answers. */
export function clientResponse(
  query: Message,
  { authenticated, answer }: Answer,
  clock: Micros,
  config: ResolverConfig,
): Message {
  const dnssec = query.edns?.dnssecOk ?? false;
  const type = query.question?.type ?? 0;
  const section = (rrsets: readonly RRset[]): readonly RRset[] => {
    const asked = dnssec ? rrsets : rrsets.filter((rrset) => isAsked(rrset, type));
    return config.serveOriginalTtl ? asked : agedTo(asked, answer.storedAt, clock);
  };
  return {
    response: true,
    opcode: query.opcode,
    rcode: answer.rcode,
    authoritative: false,
    truncated: false,
    recursionDesired: query.recursionDesired,
    recursionAvailable: true,
    authenticatedData: authenticated,
    checkingDisabled: query.checkingDisabled,
    question: query.question,
    answer: section(answer.answer),
    authority: section(answer.authority),
    additional: section(answer.additional),
    edns:
      query.edns === null
        ? null
        : {
            version: 0,
            udpSize: config.udpSize,
            dnssecOk: dnssec,
            extendedErrors: answer.errors,
            options: [],
          },
    dnssec,
  };
}

/** Without DO, records that only serve DNSSEC are sent when they were asked for, and not otherwise. */
function isAsked({ type }: RRset, asked: number): boolean {
  if (type !== TYPE.NSEC && type !== TYPE.NSEC3 && type !== TYPE.RRSIG) return true;
  return type === asked || asked === TYPE.ANY;
}
