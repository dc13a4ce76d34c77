/**
 * What a response means (RFC 1034 section 5.3.3, RFC 2308): an answer, an alias, one of the two
 * kinds of "no", a referral, or a server that cannot help. Data from outside the zone that was asked
 * is not looked at (RFC 5452 section 6).
 */

import type { Message, Question } from '../message.ts';
import type { Name } from '../name/name.ts';
import type { RRset } from '../rrset.ts';
import { RCODE, TYPE } from '../wire/iana.ts';

export type ResponseKind =
  | { readonly kind: 'answer' }
  | { readonly kind: 'nodata' }
  | { readonly kind: 'nxdomain' }
  | { readonly kind: 'referral'; readonly ns: RRset }
  | { readonly kind: 'lame'; readonly reason: string };

const ANSWER: ResponseKind = { kind: 'answer' };
const NODATA: ResponseKind = { kind: 'nodata' };
const NXDOMAIN: ResponseKind = { kind: 'nxdomain' };

/**
 * `asked` was sent to a server of `zone`, or to one that resolves for us (`forwarded`).
 *
 * Without AA an answer counts when RA is not set either (as in Unbound and BIND): some authoritative
 * servers forget AA, while a recursive resolver that is not our forwarder gives what it has cached.
 */
export function classify(
  message: Message,
  asked: Question,
  zone: Name,
  forwarded = false,
): ResponseKind {
  if (
    message.question === null ||
    message.question.type !== asked.type ||
    message.question.name.key !== asked.name.key
  ) {
    return { kind: 'lame', reason: 'question does not match' };
  }
  // A truncated response is asked for again over TCP; truncated there, it is no response (RFC 7766 section 5).
  if (message.truncated) return { kind: 'lame', reason: 'truncated' };
  if (message.rcode !== RCODE.NOERROR && message.rcode !== RCODE.NXDOMAIN) {
    return { kind: 'lame', reason: 'rcode' };
  }
  const counts = message.authoritative || forwarded || !message.recursionAvailable;
  if (findAnswer(message, asked) !== undefined) {
    return counts ? ANSWER : { kind: 'lame', reason: 'answer without AA' };
  }
  if (message.rcode === RCODE.NXDOMAIN) {
    return counts ? NXDOMAIN : { kind: 'lame', reason: 'NXDOMAIN without AA' };
  }
  const ns = referralOf(message, asked, zone);
  if (ns !== undefined) return { kind: 'referral', ns };
  if (message.authoritative) return NODATA;
  return { kind: 'lame', reason: 'neither an answer nor a referral below the zone' };
}

/** The RRset that starts the answer: of the type asked for, or an alias at (or a DNAME above) the name. */
function findAnswer(message: Message, asked: Question): RRset | undefined {
  for (const rrset of message.answer) {
    if (rrset.name.key === asked.name.key) {
      if (rrset.type === asked.type || rrset.type === TYPE.CNAME) return rrset;
    } else if (rrset.type === TYPE.DNAME && asked.name.isBelow(rrset.name)) {
      return rrset;
    }
  }
  return undefined;
}

/**
 * NS RRset of a referral: owner below the zone asked, and at or above the name asked for. AA beside it
 * is a mistake that some servers make; SOA beside it makes it a NODATA.
 */
function referralOf(message: Message, asked: Question, zone: Name): RRset | undefined {
  if (message.authority.some((rrset) => rrset.type === TYPE.SOA)) return undefined;
  for (const rrset of message.authority) {
    if (
      rrset.type === TYPE.NS &&
      rrset.name.isBelow(zone) &&
      asked.name.isAtOrBelow(rrset.name) &&
      !(asked.type === TYPE.DS && rrset.name.key === asked.name.key)
    ) {
      return rrset;
    }
  }
  return undefined;
}
