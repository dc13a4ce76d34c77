/**
 * Validates one authoritative response (RFC 4035 section 5, RFC 5155 section 8, RFC 6840): the RRsets
 * that answer, or the proof that there is none, with the keys of the zone they belong to.
 */

import type { AliasLink, SelectedAnswer } from '../alias.ts';
import type { ZoneCut, ZoneKeys } from '../cache/zone-cuts.ts';
import type { Steps } from '../fetch.ts';
import type { ExtendedError, Question } from '../message.ts';
import type { Name } from '../name/name.ts';
import type { NodeState } from '../node.ts';
import { RRset, type Rrsig } from '../rrset.ts';
import { SECOND } from '../time.ts';
import { TYPE } from '../wire/iana.ts';
import { type BogusCause, missingDenial, missingKeys, wildcardDname } from './cause.ts';
import {
  adoptKeys,
  anchoredZone,
  type Bogus,
  delegationSecurity,
  heldCut,
  hiddenCut,
  judgedBogus,
  knownZoneState,
  zoneState,
} from './chain.ts';
import { proveNameError, proveNoData, proveWildcardAnswer } from './denial.ts';
import { keyTagQuestion } from './key-tags.ts';
import { checkRrset, type RrsetVerdict } from './rrset-check.ts';
import { rememberDenial, remembers, rememberWildcard } from './synthesis.ts';

/** What is to be validated: sections already cut down to what concerns the question. */
export interface Candidate {
  readonly kind: 'answer' | 'nodata' | 'nxdomain';
  readonly asked: Question;
  readonly zone: ZoneCut;
  readonly selected: SelectedAnswer;
  readonly soa: RRset | null;
  /** NSEC and NSEC3 RRsets of the authority section. */
  readonly proofs: readonly RRset[];
}

export type Validation =
  | {
      readonly kind: 'secure' | 'insecure';
      /** Seconds: bound by signatures and proofs; the RRsets' own TTLs are for the caller. */
      readonly ttl: number;
      /** Aliases that may be believed; the rest of the chain is to be asked for by itself. */
      readonly links: readonly AliasLink[];
      readonly final: RRset | null;
      readonly rest: readonly RRset[];
      /** False when the name is proven to exist after all: NODATA, whatever the RCODE was. */
      readonly nameError: boolean;
      readonly proofs: readonly RRset[];
      /** SOA of a negative answer that may be believed; null for positive ones. */
      readonly soa: RRset | null;
      /** Extended DNS Error that goes with an insecure answer, or none. */
      readonly errors: readonly ExtendedError[];
    }
  | Bogus;

const NO_ERRORS: readonly ExtendedError[] = [];
const NO_PROOFS: readonly RRset[] = [];
const UNBOUNDED = 0x7fffffff;

/** The validation when nothing needs to be fetched for it, which is nearly always; else null. */
export function validateNow(node: NodeState, candidate: Candidate): Validation | null {
  // An observer wants to hear of the chain even when all of it is cached.
  if (node.observe !== null || candidate.asked.type === TYPE.DNSKEY) return null;
  const zone = zoneOf(node, candidate);
  if (isDeniedFromAbove(node, candidate, zone)) return null;
  const state = knownZoneState(node, zone);
  if (state === null) return null;
  if (state.kind === 'bogus') return state;
  if (state.kind === 'insecure') return insecure(candidate, state.error);
  const validation = judge(node, candidate, zone.name, state.keys);
  if (validation.kind !== 'bogus') return validation;
  return ownZoneSubject(candidate, zone.name) !== null || remembers(node) ? null : validation;
}

function zoneOf(node: NodeState, { zone, asked }: Candidate): ZoneCut {
  return anchoredZone(node, zone, ownSide(asked));
}

/** The name whose zone has the data: DS is on the parent's side of the cut (RFC 4035 section 2.4). */
function ownSide({ name, type }: Question): Name {
  return type === TYPE.DS && !name.isRoot ? name.parent : name;
}

export function* validateResponse(node: NodeState, candidate: Candidate): Steps<Validation> {
  const { asked } = candidate;
  let zone = zoneOf(node, candidate);
  if (isDeniedFromAbove(node, candidate, zone)) {
    const denied = yield* judgeFromAbove(node, candidate);
    if (denied !== null) return denied;
  }
  for (;;) {
    if (asked.type === TYPE.DNSKEY && asked.name.key === zone.name.key) {
      return yield* validateKeys(node, zone, candidate);
    }
    const state = yield* zoneState(node, zone);
    if (state.kind === 'bogus') return state;
    if (state.kind === 'insecure') return insecure(candidate, state.error);
    const validation = judge(node, candidate, zone.name, state.keys);
    if (validation.kind !== 'bogus') return validation;
    const held = heldCut(node, zone, ownSide(asked));
    if (held !== null) {
      zone = held;
      continue;
    }
    // Signed by another zone, or not at all: is there a zone cut that no referral showed?
    const subject = ownZoneSubject(candidate, zone.name);
    if (subject === null) return validation;
    const below = yield* hiddenCut(node, zone, subject);
    if (below === null) return validation;
    if ('kind' in below) return below;
    zone = below;
  }
}

/**
 * A zone above the trust anchor that counts for the name says that there is nothing. Where the operator
 * has validation off, that is worth as little as all the rest.
 */
function isDeniedFromAbove(
  node: NodeState,
  { kind, zone: asked, soa }: Candidate,
  zone: ZoneCut,
): boolean {
  if (kind === 'answer' || zone === asked || soa === null) return false;
  if (!zone.name.isBelow(soa.name)) return false;
  return knownZoneState(node, zone)?.kind !== 'insecure';
}

/**
 * That is believed when it is secure in its own right, as whatever any trust anchor vouches for (RFC 6840
 * appendix C.2; Unbound, for NXDOMAIN); else only who has the keys of the anchor below may say so.
 */
function* judgeFromAbove(node: NodeState, candidate: Candidate): Steps<Validation | null> {
  const { soa } = candidate;
  if (soa === null) return null;
  const zone = anchoredZone(node, candidate.zone, soa.name);
  const state = yield* zoneState(node, zone);
  if (state.kind !== 'secure') return null;
  const validation = judge(node, candidate, zone.name, state.keys);
  return validation.kind === 'secure' ? validation : null;
}

/** The name to search for an unseen zone cut, when nothing in the response is signed by `zone`. */
function ownZoneSubject(candidate: Candidate, zone: Name): Name | null {
  const { selected, soa } = candidate;
  const first = selected.links[0]?.dname ?? selected.links[0]?.cname ?? selected.final ?? soa;
  if (first === null) {
    // A "no" that nobody vouches for.
    const name = ownSide(candidate.asked);
    return candidate.proofs.length === 0 && name.isBelow(zone) ? name : null;
  }
  if (first.name.key === zone.key) return null;
  if (first.signatures.some((rrsig) => rrsig.signer.key === zone.key)) return null;
  // DS is on the parent's side of a cut at its owner, so the cut sought is above it.
  const isDs = candidate.asked.type === TYPE.DS && first.name.key === candidate.asked.name.key;
  const subject = isDs ? first.name.parent : first.name;
  return subject.isBelow(zone) ? subject : null;
}

function insecure(candidate: Candidate, error: ExtendedError | null): Validation {
  const { selected, soa, kind } = candidate;
  const errors = error === null ? NO_ERRORS : [error];
  const nameError = kind === 'nxdomain';
  return {
    kind: 'insecure',
    ttl: UNBOUNDED,
    ...selected,
    nameError,
    proofs: NO_PROOFS,
    soa,
    errors,
  };
}

/** The zone's own DNSKEY RRset is judged by its DS, not by the keys that it brings. */
function* validateKeys(node: NodeState, zone: ZoneCut, candidate: Candidate): Steps<Validation> {
  const { selected } = candidate;
  if (selected.final !== null) node.trustPoints?.see(node, zone, selected.final);
  knownZoneState(node, zone); // installs the trust anchor at the root
  const security = yield* delegationSecurity(node, zone);
  if (security.kind === 'bogus') return security;
  if (security.kind === 'insecure') return insecure(candidate, security.error);
  if (selected.final === null) return judgedBogus(missingKeys(zone.name));
  const state = adoptKeys(node, zone, security.ds, selected.final, Number.POSITIVE_INFINITY);
  if (state.kind === 'bogus') return state;
  if (state.kind === 'insecure') return insecure(candidate, state.error);
  if (node.config.signalKeyTags) {
    const keyTags = node.anchors.keyTags(zone.name);
    if (keyTags.length > 0)
      yield { kind: 'prefetch', question: keyTagQuestion(zone.name, keyTags) };
  }
  const ttl = Math.floor((state.keys.expiresAt - node.clock) / SECOND);
  return {
    ...{ kind: 'secure', ttl, ...selected, nameError: false },
    ...{ proofs: NO_PROOFS, soa: null, errors: NO_ERRORS },
  };
}

function judge(node: NodeState, candidate: Candidate, zone: Name, keys: ZoneKeys): Validation {
  // Nothing signs a signature (RFC 4035 section 2.2).
  const isSignature = candidate.asked.type === TYPE.RRSIG;
  if (isSignature && candidate.selected.final !== null) return insecure(candidate, null);
  return candidate.kind === 'answer'
    ? judgeAnswer(node, candidate, zone, keys)
    : judgeDenial(node, candidate, zone, keys);
}

function judgeAnswer(
  node: NodeState,
  candidate: Candidate,
  zone: Name,
  keys: ZoneKeys,
): Validation {
  const { selected } = candidate;
  const basis: Basis = { ttl: UNBOUNDED, optOut: false, proofs: NO_PROOFS, errors: NO_ERRORS };
  let { links, final, rest } = selected;
  const link = links[0];
  if (link !== undefined) {
    const signed = link.dname ?? link.cname;
    const good = believe(node, candidate, signed, link.cname.name, zone, keys, basis);
    if (!(good instanceof RRset)) return judgedBogus(good);
    links = [linkWithTtl(link, good)];
    if (remembers(node)) rememberBeside(node, candidate, zone, keys, basis);
  }
  if (final !== null) {
    const good = believe(node, candidate, final, final.name, zone, keys, basis);
    if (!(good instanceof RRset)) return judgedBogus(good);
    final = good;
  }
  if (rest.length > 0) {
    const others: RRset[] = [];
    for (const rrset of rest) {
      const good = believe(node, candidate, rrset, rrset.name, zone, keys, basis);
      if (!(good instanceof RRset)) return judgedBogus(good);
      others.push(good);
    }
    rest = others;
  }
  const { ttl, optOut, proofs, errors } = basis;
  const kind = optOut || errors.length > 0 ? 'insecure' : 'secure';
  return { kind, ttl, links, final, rest, nameError: false, proofs, soa: null, errors };
}

/** The link with its signed RRset as `good` has it. */
function linkWithTtl(link: AliasLink, good: RRset): AliasLink {
  if (link.dname === null) return good === link.cname ? link : { ...link, cname: good };
  return good === link.dname ? link : { ...link, dname: good, cname: link.cname.withTtl(good.ttl) };
}

/** What else the servers of an alias's zone prove may be what its target needs, and goes with it. */
function rememberBeside(
  node: NodeState,
  { proofs }: Candidate,
  zone: Name,
  keys: ZoneKeys,
  basis: Basis,
): void {
  if (proofs.length === 0) return;
  const { good, ttl } = secureProofs(node, proofs, zone, keys);
  rememberDenial(node, zone, good, null, ttl);
  basis.ttl = Math.min(basis.ttl, ttl);
  basis.proofs = [...new Set([...basis.proofs, ...good])];
}

/** What the RRsets of an answer that are believed rest on, taken together. */
interface Basis {
  ttl: number;
  /** A proof from an opt-out span: the name may be an unsigned delegation (RFC 5155 section 9.2). */
  optOut: boolean;
  proofs: readonly RRset[];
  /** Of proofs that were not looked at (RFC 9276 section 3.2). */
  errors: readonly ExtendedError[];
}

/**
 * The RRset, with the TTL that it may have (RFC 4035 section 5.3.3), when it may be believed; `basis` then
 * has what that rests on. An answer made from a wildcard needs the proof that nothing closer to `name`
 * exists (RFC 4035 section 5.3.4).
 */
function believe(
  node: NodeState,
  candidate: Candidate,
  rrset: RRset,
  name: Name,
  zone: Name,
  keys: ZoneKeys,
  basis: Basis,
): RRset | BogusCause {
  const verdict = check(node, rrset, zone, keys);
  if (verdict.kind === 'bogus') return verdict.cause;
  if (verdict.wildcard !== null) {
    // What a DNAME at a wildcard means is not defined (RFC 4592 section 4.4).
    if (rrset.type === TYPE.DNAME) return wildcardDname(rrset);
    const { good, ttl, cause } = secureProofs(node, candidate.proofs, zone, keys);
    const proof = proveWildcardAnswer(name, verdict.wildcard, zone, good, node.budget);
    if (proof.kind === 'unproven') return cause ?? missingDenial(name, rrset.type, proof.reason);
    if (proof.kind === 'insecure') {
      basis.errors = [proof.error];
    } else {
      basis.ttl = Math.min(basis.ttl, ttl, proof.ttl);
      basis.optOut ||= proof.optOut;
      basis.proofs = [...new Set([...basis.proofs, ...good])];
      if (remembers(node) && !proof.optOut) {
        const bound = Math.min(verdict.ttl, ttl, proof.ttl);
        rememberWildcard(node, zone, rrset, verdict.wildcard, good, bound);
      }
    }
  }
  if (verdict.ttl < basis.ttl) basis.ttl = verdict.ttl;
  return rrset.withTtl(verdict.ttl);
}

function judgeDenial(
  node: NodeState,
  candidate: Candidate,
  zone: Name,
  keys: ZoneKeys,
): Validation {
  const { asked, kind, selected } = candidate;
  const { good, ttl, cause } = secureProofs(node, candidate.proofs, zone, keys);
  let { soa } = candidate;
  let bound = ttl;
  if (soa !== null) {
    const verdict = check(node, soa, zone, keys);
    if (verdict.kind === 'secure') {
      bound = Math.min(bound, verdict.ttl);
      soa = soa.withTtl(verdict.ttl);
    } else {
      // For DS only the proof counts (RFC 4035 section 5.2); elsewhere the SOA says how long "no" holds.
      if (asked.type !== TYPE.DS) return judgedBogus(cause ?? verdict.cause);
      soa = null;
    }
  }
  const { name, type } = asked;
  let nameError = kind === 'nxdomain';
  let proof = nameError
    ? proveNameError(name, zone, good, node.budget)
    : proveNoData(name, type, zone, good, node.budget);
  if (proof.kind === 'unproven' && nameError) {
    // Some servers call an empty non-terminal a name that does not exist; the records know better.
    const noData = proveNoData(name, type, zone, good, node.budget);
    if (noData.kind === 'proven' && !noData.optOut) {
      proof = noData;
      nameError = false;
    }
  }
  if (proof.kind === 'unproven') {
    return judgedBogus(cause ?? missingDenial(name, type, proof.reason));
  }
  if (proof.kind === 'insecure') return insecure({ ...candidate, soa }, proof.error);
  const state = proof.optOut ? 'insecure' : 'secure'; // RFC 5155 section 9.2
  bound = Math.min(bound, proof.ttl);
  if (remembers(node)) rememberDenial(node, zone, good, soa, bound);
  return {
    ...{ kind: state, ttl: bound, ...selected, nameError },
    ...{ proofs: good, soa, errors: NO_ERRORS },
  };
}

/** The records among `proofs` that are secure, the bound on their TTL, and the first cause among the others. */
function secureProofs(
  node: NodeState,
  proofs: readonly RRset[],
  zone: Name,
  keys: ZoneKeys,
): { good: RRset[]; ttl: number; cause: BogusCause | null } {
  const good: RRset[] = [];
  let ttl = UNBOUNDED;
  let cause: BogusCause | null = null;
  for (const rrset of proofs) {
    const verdict = check(node, rrset, zone, keys);
    if (verdict.kind === 'secure') {
      good.push(rrset.withTtl(verdict.ttl));
      if (verdict.ttl < ttl) ttl = verdict.ttl;
    } else {
      cause ??= verdict.cause;
    }
  }
  return { good, ttl, cause };
}

function check(node: NodeState, rrset: RRset, zone: Name, keys: ZoneKeys): RrsetVerdict {
  const verdict = checkRrset(node, rrset, zone, keys.keys, keys.algorithms);
  if (node.observe !== null) {
    const error = verdict.kind === 'bogus' ? verdict.cause : null;
    const text = verdict.kind === 'bogus' ? verdict.cause.text : signatureText(verdict.signature);
    node.observe({ kind: 'validate', rrset, error, text });
  }
  return verdict;
}

function signatureText(rrsig: Rrsig): string {
  return `signed by ${rrsig.signer} (keytag=${rrsig.keyTag})`;
}
