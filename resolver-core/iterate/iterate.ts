/**
 * Iterative resolution (RFC 1034 section 5.3.3) with QNAME minimisation (RFC 9156): from the closest
 * delegation that is known down to the servers that can answer.
 *
 * Yields queries; judges nothing but where a response leads. Validation is another room.
 */

import { type FixedServers, fixedServersOf, type ZoneCut } from '../cache/zone-cuts.ts';
import type { Failure, Fetch, Steps } from '../fetch.ts';
import { MAX_MINIMISE_COUNT, MAX_STEPS_PER_FETCH } from '../limits.ts';
import type { Message, Question } from '../message.ts';
import type { Name } from '../name/name.ts';
import type { NodeState } from '../node.ts';
import { EDE, TYPE } from '../wire/iana.ts';
import { askZone, type ZoneResponse } from './ask.ts';
import { learnApexNs, learnReferral } from './delegation.ts';
import { fromCopy } from './local.ts';
import { prime } from './prime.ts';
import { minimisedName } from './qname-min.ts';

/** An authoritative response to `asked`, from a server of `zone`. */
export interface Response {
  readonly kind: 'answer' | 'nodata' | 'nxdomain';
  readonly message: Message;
  /** The question that was sent: for NXDOMAIN possibly an ancestor of the name wanted (RFC 8020). */
  readonly asked: Question;
  readonly zone: ZoneCut;
  /** False when what is made of it serves those who wait, and nobody after them. */
  readonly isKept: boolean;
}

/** Resolves one question without following aliases; the whole name is asked for at once unless `minimises`. */
export function* iterate(
  node: NodeState,
  fetch: Fetch,
  question: Question,
  minimises: boolean = node.config.qnameMinimisation,
): Steps<Response | Failure> {
  /** Servers named by the operator that failed, when others may be asked in their place. */
  let passed: FixedServers | null = null;
  let zone = startingZone(node, fetch, question, passed);
  if (node.local !== null) {
    const local = fromCopy(node, question, zone);
    if (local !== null && !('delegation' in local)) return local;
    zone = local ?? zone;
  }
  let settled = zone.name.labelCount;
  let step = 0;
  let walks = minimises;
  for (let i = 0; i < MAX_STEPS_PER_FETCH; i++) {
    const fixed: FixedServers | null = fixedServersOf(zone, passed);
    if (fixed !== null && node.clock >= fixed.primedUntil) yield* prime(node, fetch, zone, fixed);
    // A forwarder resolves for us: it needs to know the whole name.
    const forwarded = fixed?.role === 'forward';
    const name: Name =
      walks && !forwarded ? minimisedName(question.name, settled, step) : question.name;
    const asked = name === question.name ? question : { name, type: TYPE.A };
    const response: ZoneResponse | Failure = yield* askZone(node, fetch, zone, fixed, asked);
    if ('failed' in response) {
      // Some servers know no part of a name, only the whole: asked once in full (RFC 9156 section 2.3).
      if (asked !== question && response.answered && step < MAX_MINIMISE_COUNT) {
        step = MAX_MINIMISE_COUNT;
        continue;
      }
      if (fixed === null || !fixed.fallback) return response;
      passed = fixed;
      zone = startingZone(node, fetch, question, passed);
      settled = zone.name.labelCount;
      step = 0;
      continue;
    }
    const { kind, message } = response;
    if (kind.kind === 'referral') {
      zone = learnReferral(node, fetch, zone, kind.ns, message);
      if (node.config.prefetchKeys && message.authority.some(({ type }) => type === TYPE.DS)) {
        yield { kind: 'prefetch', question: { name: zone.name, type: TYPE.DNSKEY } };
      }
      settled = zone.name.labelCount;
      step = 0;
    } else if (!walks && !forwarded && isOfChild(message, question)) {
      walks = true; // down to the parent, label by label
    } else if (asked === question || (kind.kind === 'nxdomain' && isProven(message))) {
      if (fixed === null) learnApexNs(node, zone, asked, message);
      return { kind: kind.kind, message, asked, zone, isKept: fixed?.noCache !== true };
    } else if (kind.kind === 'nxdomain') {
      // RFC 9156 section 2.3: some servers deny an empty non-terminal.
      step = MAX_MINIMISE_COUNT;
    } else {
      settled = name.labelCount; // the name exists, or owns an alias: no zone cut was shown here
      step++;
    }
  }
  const errors = [{ code: EDE.OTHER, text: `more than ${MAX_STEPS_PER_FETCH} steps` }];
  return { failed: true, errors, lasting: true, answered: true };
}

/** Servers that prove a denial know their empty non-terminals: it holds for the names below (RFC 8020). */
function isProven({ authority }: Message): boolean {
  return authority.some(({ type }) => type === TYPE.NSEC || type === TYPE.NSEC3);
}

/** Servers of both sides of a cut may answer for DS with what the child says of it, which is nothing. */
function isOfChild({ answer, authority }: Message, { name, type }: Question): boolean {
  if (type !== TYPE.DS || answer.length > 0) return false;
  return authority.some((rrset) => rrset.type === TYPE.SOA && rrset.name.key === name.key);
}

/** The closest zone that can be asked; DS is asked of the parent's side of a cut (RFC 4035 section 4.2). */
function startingZone(
  node: NodeState,
  fetch: Fetch,
  question: Question,
  passed: FixedServers | null,
): ZoneCut {
  const from: Name =
    question.type === TYPE.DS && !question.name.isRoot ? question.name.parent : question.name;
  const zone = node.cuts.closest(from, node.clock + fetch.leeway, passed);
  if (node.observe !== null) {
    const found = fixedServersOf(zone, passed);
    let text = `delegation of ${zone.name} cached`;
    if (found !== null) text = `${found.role} zone ${zone.name} of the operator`;
    else if (zone.name.isRoot) text = 'no delegation cached, root hints';
    const name = zone.name.toString();
    node.observe({ kind: 'cache', store: 'delegation', found: !zone.name.isRoot, name, text });
  }
  return zone;
}
