/**
 * What of a response is looked at (RFC 2181 section 5.4.1, RFC 5452 section 6): a server is believed
 * about the zone that it was asked for and about the question that it was asked, and about nothing
 * else that it adds.
 *
 * A message that has nothing to remove is passed on as it is. Signatures are not judged here.
 */

import { MAX_RRSETS_BESIDE } from '../limits.ts';
import type { Message, Question } from '../message.ts';
import type { Name } from '../name/name.ts';
import { targetsOf } from '../rdata.ts';
import type { RRset } from '../rrset.ts';
import { TYPE } from '../wire/iana.ts';
import { type ResponseKind, reachesOut } from './classify.ts';

/**
 * A DS RRset that comes with a referral answers the question for it: the parent has said what it has to
 * say (RFC 4035 section 3.1.4.1), and the child must not be asked.
 */
export function withDsAsAnswer(message: Message, asked: Question): Message {
  if (asked.type !== TYPE.DS || message.answer.length > 0) return message;
  const ds = message.authority.find(
    (rrset) => rrset.type === TYPE.DS && rrset.name.key === asked.name.key,
  );
  return ds === undefined ? message : { ...message, answer: [ds], authority: [], additional: [] };
}

/**
 * Removes what the server of `zone` was not asked for; `kind` is what the response means. Without
 * `nsBeside` the zone's NS RRset counts only in a referral or in answer to a question for it.
 */
export function scrub(
  message: Message,
  asked: Question,
  zone: Name,
  kind: ResponseKind['kind'],
  nsBeside: boolean,
): Message {
  if (isAnswerAlone(message, asked, zone)) return message;
  const answer = kept(message.answer, (rrset) => answers(rrset, asked, zone));
  let ns: RRset | null = null;
  // Beside a SOA, which says all there is to say of a "no", NS serves nothing (RFC 2308 section 2).
  const wantsNs = kind === 'referral' || (nsBeside && !hasSoa(message.authority));
  const authority = kept(message.authority, (rrset) => {
    if (!rrset.name.isAtOrBelow(zone)) return false;
    switch (rrset.type) {
      case TYPE.NS: // one zone speaks: the one that has the name, or the next on the way to it
        if (!wantsNs || ns !== null || !asked.name.isAtOrBelow(rrset.name)) return false;
        if (kind === 'referral' && rrset.name.key === zone.key) return false;
        ns = rrset;
        return true;
      case TYPE.SOA:
        return asked.name.isAtOrBelow(rrset.name);
      case TYPE.DS:
        return kind === 'referral';
      case TYPE.NSEC:
        return !reachesOut(rrset, zone);
      case TYPE.NSEC3:
        return true;
      default:
        return false;
    }
  });
  const additional = kept(
    message.additional,
    (rrset) => rrset.name.isAtOrBelow(zone) && isNamed(rrset, ns, answer),
  );
  const same =
    answer === message.answer &&
    authority === message.authority &&
    additional === message.additional;
  return same ? message : { ...message, answer, authority, additional };
}

/** The most frequent response: nothing but what was asked for. */
function isAnswerAlone(message: Message, asked: Question, zone: Name): boolean {
  if (message.authority.length > 0 || message.additional.length > 0) return false;
  for (const rrset of message.answer) if (!answers(rrset, asked, zone)) return false;
  return true;
}

/**
 * RFC 2181 section 5.4.1: of an answer to an alias only the alias itself is authoritative. What it leads
 * to is asked for by itself, since the server may know it from hearsay or from a zone it has lost.
 */
function answers(rrset: RRset, asked: Question, zone: Name): boolean {
  if (rrset.type === TYPE.DNAME && asked.name.isBelow(rrset.name)) {
    return rrset.name.isAtOrBelow(zone);
  }
  if (rrset.name.key !== asked.name.key || reachesOut(rrset, zone)) return false;
  return rrset.type === asked.type || rrset.type === TYPE.CNAME || asked.type === TYPE.ANY;
}

/** Addresses of the name servers and of the hosts that the rest of the response names. */
function isNamed(rrset: RRset, ns: RRset | null, answer: readonly RRset[]): boolean {
  if (rrset.type !== TYPE.A && rrset.type !== TYPE.AAAA) return false;
  for (const each of answer) {
    if (each.type === rrset.type && each.name.key === rrset.name.key) return false; // said already
  }
  if (ns !== null && isTarget(rrset.name, ns)) return true;
  for (const each of answer) {
    const hasHosts = each.type === TYPE.NS || each.type === TYPE.MX || each.type === TYPE.SRV;
    if (hasHosts && isTarget(rrset.name, each)) return true;
  }
  return false;
}

function hasSoa(section: readonly RRset[]): boolean {
  for (const rrset of section) if (rrset.type === TYPE.SOA) return true;
  return false;
}

/** Looks no further than addresses are kept: a response can name thousands of hosts, with an address for each. */
function isTarget(name: Name, rrset: RRset): boolean {
  const targets = targetsOf(rrset);
  const looked = Math.min(targets.length, MAX_RRSETS_BESIDE);
  for (let i = 0; i < looked; i++) if (targets[i]?.key === name.key) return true;
  return false;
}

/** The RRsets that pass; the very same section when all do. */
function kept(section: readonly RRset[], passes: (rrset: RRset) => boolean): readonly RRset[] {
  let out: RRset[] | null = null;
  for (let i = 0; i < section.length; i++) {
    const rrset = section[i] as RRset;
    const pass = passes(rrset);
    if (!pass && out === null) out = section.slice(0, i);
    else if (pass && out !== null) out.push(rrset);
  }
  return out ?? section;
}
