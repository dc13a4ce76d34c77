/**
 * What a response means (RFC 1034 section 5.3.3, RFC 2308): an answer, an alias, one of the two
 * kinds of "no", a referral, or a server that cannot help. Data from outside the zone that was asked
 * is not looked at (RFC 5452 section 6).
 */

import { linkBy } from '../alias.ts';
import type { Message, Question } from '../message.ts';
import type { Name } from '../name/name.ts';
import { nsecOf } from '../rdata.ts';
import type { RRset } from '../rrset.ts';
import { RCODE, TYPE } from '../wire/iana.ts';

export type ResponseKind =
  | {
      readonly kind: 'answer' | 'nodata' | 'nxdomain';
      /** Why it is taken only when no other server says better, or null. */
      readonly doubt: Doubt | null;
    }
  | { readonly kind: 'referral'; readonly ns: RRset }
  | { readonly kind: 'lame'; readonly reason: string };

/** From the least to the most that a doubtful response is worth. */
export type Doubt = 'empty' | 'from a cache' | 'unsigned';

const ANSWER: ResponseKind = { kind: 'answer', doubt: null };
const NODATA: ResponseKind = { kind: 'nodata', doubt: null };
const NXDOMAIN: ResponseKind = { kind: 'nxdomain', doubt: null };
const CACHED_ANSWER: ResponseKind = { kind: 'answer', doubt: 'from a cache' };
const CACHED_NODATA: ResponseKind = { kind: 'nodata', doubt: 'from a cache' };
const CACHED_NXDOMAIN: ResponseKind = { kind: 'nxdomain', doubt: 'from a cache' };
const EMPTY: ResponseKind = { kind: 'nodata', doubt: 'empty' };

const OTHER_QUESTION: ResponseKind = { kind: 'lame', reason: 'question does not match' };
const TRUNCATED: ResponseKind = { kind: 'lame', reason: 'truncated' };
const ERROR: ResponseKind = { kind: 'lame', reason: 'rcode' };
const MISDIRECTED: ResponseKind = {
  kind: 'lame',
  reason: 'neither an answer nor a referral below the zone',
};

/**
 * `asked` was sent to a server of `zone`, or to one that resolves for us (`forwarded`).
 *
 * Without AA an answer counts when RA is not set either (as in Unbound and BIND): some authoritative
 * servers forget AA. A recursive resolver that is not our forwarder gives what it has cached, which
 * is better than nothing (Unbound, too, asks such servers last).
 */
export function classify(
  message: Message,
  asked: Question,
  zone: Name,
  forwarded = false,
): ResponseKind {
  const { question, rcode } = message;
  if (question === null || question.type !== asked.type || question.name.key !== asked.name.key) {
    return OTHER_QUESTION;
  }
  // A truncated response is asked for again over TCP; truncated there, it is no response (RFC 7766 section 5).
  if (message.truncated) return TRUNCATED;
  if (rcode === RCODE.YXDOMAIN) return overflows(message, asked, zone) ? ANSWER : ERROR;
  if (rcode !== RCODE.NOERROR && rcode !== RCODE.NXDOMAIN) return ERROR;
  const cached = message.recursionAvailable && !message.authoritative && !forwarded;
  const answer = findAnswer(message, asked, zone);
  if (answer !== undefined) {
    if (isMisplacedReferral(message, answer, zone) && !forwarded) {
      return { kind: 'referral', ns: answer };
    }
    return cached ? CACHED_ANSWER : ANSWER;
  }
  if (rcode === RCODE.NXDOMAIN) return cached ? CACHED_NXDOMAIN : NXDOMAIN;
  return negative(message, asked, zone, forwarded, cached);
}

/** NOERROR without an answer: NODATA, a referral, or neither. */
function negative(
  message: Message,
  asked: Question,
  zone: Name,
  forwarded: boolean,
  cached: boolean,
): ResponseKind {
  const { authority, authoritative } = message;
  const nodata = cached ? CACHED_NODATA : NODATA;
  let ns: RRset | null = null;
  for (const rrset of authority) {
    if (rrset.type === TYPE.SOA && asked.name.isAtOrBelow(rrset.name)) return nodata;
    if (rrset.type !== TYPE.NS || (ns !== null && isOnTheWay(ns, asked, zone))) continue;
    if (ns === null || isOnTheWay(rrset, asked, zone)) ns = rrset;
  }
  if (ns === null) {
    if (authority.length === 0 && message.additional.length === 0) return EMPTY;
    return nodata;
  }
  // Upwards: the server does not have the zone, whatever it claims (RFC 1034 section 4.2.2).
  if (zone.isBelow(ns.name)) return MISDIRECTED;
  if (forwarded) return nodata; // where a forwarder would go next is its own business
  if (isOnTheWay(ns, asked, zone)) return { kind: 'referral', ns };
  if (ns.name.key === zone.key && cached) return CACHED_NODATA;
  return authoritative ? NODATA : MISDIRECTED;
}

/** The RRset that starts the answer: of the type asked for, or an alias at (or a DNAME above) the name. */
function findAnswer(message: Message, asked: Question, zone: Name): RRset | undefined {
  for (const rrset of message.answer) {
    if (reachesOut(rrset, zone)) continue;
    if (rrset.name.key === asked.name.key) {
      const { type } = rrset;
      if (type === asked.type || type === TYPE.CNAME || asked.type === TYPE.ANY) return rrset;
    } else if (isDnameAbove(rrset, asked, zone)) {
      return rrset;
    }
  }
  return undefined;
}

/** An NSEC record that leads out of its zone, as none may (RFC 4034 section 4.1.1). */
export function reachesOut(rrset: RRset, zone: Name): boolean {
  return rrset.type === TYPE.NSEC && nsecOf(rrset)?.next.isAtOrBelow(zone) === false;
}

/** A parent that is asked for the NS RRset of its child may put the delegation into the answer section. */
function isMisplacedReferral(message: Message, answer: RRset, zone: Name): boolean {
  return answer.type === TYPE.NS && !message.authoritative && answer.name.isBelow(zone);
}

/**
 * NS RRset of a referral: owner below the zone asked, and at or above the name asked for. AA beside it
 * is a mistake that some servers make. DS is on the parent's side of the cut (RFC 4035 section 4.2).
 */
function isOnTheWay(rrset: RRset, asked: Question, zone: Name): boolean {
  return (
    rrset.name.isBelow(zone) &&
    asked.name.isAtOrBelow(rrset.name) &&
    !(asked.type === TYPE.DS && rrset.name.key === asked.name.key)
  );
}

/** RFC 6672 section 2.2: a DNAME of the zone makes of the name one that is too long. */
function overflows(message: Message, asked: Question, zone: Name): boolean {
  return message.answer.some(
    (rrset) => isDnameAbove(rrset, asked, zone) && linkBy(asked.name, rrset) === null,
  );
}

function isDnameAbove(rrset: RRset, asked: Question, zone: Name): boolean {
  const isAbove = rrset.type === TYPE.DNAME && asked.name.isBelow(rrset.name);
  return isAbove && rrset.name.isAtOrBelow(zone);
}
