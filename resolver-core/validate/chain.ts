/**
 * The chain of trust (RFC 4035 section 5, RFC 6840): whether a zone is secure, insecure or bogus,
 * found out from the trust anchor down. The delegation's security and the zone's keys are cached
 * apart (`cache/zone-cuts.ts`); DS and DNSKEY are asked for by yielding lookups.
 */

import { type CachedAnswer, isFailure } from '../cache/cached-answer.ts';
import type { DelegationSecurity, ZoneCut, ZoneKeys } from '../cache/zone-cuts.ts';
import type { Steps } from '../fetch.ts';
import { MAX_HIDDEN_CUTS } from '../limits.ts';
import type { ExtendedError } from '../message.ts';
import type { Name } from '../name/name.ts';
import type { NodeState } from '../node.ts';
import { dsOf } from '../rdata.ts';
import type { RRset } from '../rrset.ts';
import { type Micros, SECOND } from '../time.ts';
import { EDE, TYPE } from '../wire/iana.ts';
import { selectDs } from './algorithms.ts';
import { missingKeys, nameText } from './cause.ts';
import { proveNoDs } from './denial.ts';
import { judgeKeys } from './keys.ts';
import { checkRrset } from './rrset-check.ts';
import { heldDelegation, rememberDenial, remembers } from './synthesis.ts';

export type ZoneState =
  | { readonly kind: 'secure'; readonly keys: ZoneKeys }
  | { readonly kind: 'insecure'; readonly expiresAt: number; readonly error: ExtendedError | null }
  | Bogus;

export interface Bogus {
  readonly kind: 'bogus';
  readonly errors: readonly ExtendedError[];
  /** The failed lookup that it follows from, whose life it shares; null when it was judged here. */
  readonly because: CachedAnswer | null;
}

const FOREVER = Number.POSITIVE_INFINITY;
const NOT_VALIDATING: ZoneState = { kind: 'insecure', expiresAt: FOREVER, error: null };

/** The state of a zone as far as the caches know it; null when something must be fetched or judged first. */
export function knownZoneState(node: NodeState, cut: ZoneCut): ZoneState | null {
  if (!node.config.validation) return NOT_VALIDATING;
  if (node.anchors.hasNegative) {
    const negative = node.anchors.negativeAbove(cut.name);
    if (negative !== null) return negative;
  }
  let security = cut.security;
  if (security === null || node.clock >= security.expiresAt) {
    security = node.anchors.given(cut.name);
    if (security === null) return null;
    cut.security = security;
  }
  if (security.kind === 'insecure') return security;
  const keys = cut.keys;
  if (keys === null || node.clock >= keys.expiresAt || keys.ds !== security.ds) return null;
  return keys.state;
}

/**
 * The zone whose state counts for `name`, which servers of `zone` spoke of: `zone`, or the deepest trust
 * anchor or insecure domain between the two.
 */
export function anchoredZone(node: NodeState, zone: ZoneCut, name: Name): ZoneCut {
  const at = node.anchors.between(zone.name, name);
  return at === null ? zone : node.cuts.ensure(at, zone);
}

export function judgedBogus(error: ExtendedError): Bogus {
  return { kind: 'bogus', errors: [error], because: null };
}

function follows(failed: CachedAnswer): Bogus {
  return { kind: 'bogus', errors: failed.errors, because: failed };
}

/** The zone's keys could not be had: that is said before the reason (RFC 8914 section 4.10). */
function withoutKeys(zone: Name, failed: CachedAnswer): Bogus {
  const { errors, failure } = failed;
  const isSaid = failure?.bogus === true || errors.some(({ code }) => code === EDE.DNSKEY_MISSING);
  if (isSaid) return follows(failed);
  return { kind: 'bogus', errors: [missingKeys(zone), ...errors], because: failed };
}

/** The state of a zone, fetching DS and DNSKEY RRsets as needed. */
export function* zoneState(node: NodeState, cut: ZoneCut): Steps<ZoneState> {
  const known = knownZoneState(node, cut);
  if (known !== null) return told(node, cut, known);
  const delegated = yield* delegationSecurity(node, cut);
  if (delegated.kind !== 'ds') return told(node, cut, delegated);
  const { ds } = delegated;
  // The DS may have been renewed while the keys live on: then they are judged anew, not fetched.
  let dnskey = cut.keys !== null && node.clock < cut.keys.expiresAt ? cut.keys.rrset : null;
  let goodUntil = cut.keys?.expiresAt ?? 0;
  if (dnskey === null) {
    const question = { name: cut.name, type: TYPE.DNSKEY };
    const answer = (yield { kind: 'lookup', question, checkingDisabled: false }) as CachedAnswer;
    if (isFailure(answer)) return told(node, cut, withoutKeys(cut.name, answer));
    const afterwards = knownZoneState(node, cut);
    if (afterwards !== null) return told(node, cut, afterwards);
    dnskey = answer.answer.find((rrset) => rrset.type === TYPE.DNSKEY) ?? null;
    goodUntil = answer.expiresAt;
  }
  if (dnskey === null) return told(node, cut, judgedBogus(missingKeys(cut.name)));
  return told(node, cut, adoptKeys(node, cut, ds, dnskey, goodUntil));
}

/**
 * Judges a DNSKEY RRset and, when it is good, makes it the zone's keys, until `goodUntil` at the
 * latest: judging again what was fetched earlier makes it no younger.
 */
export function adoptKeys(
  node: NodeState,
  cut: ZoneCut,
  ds: RRset,
  dnskey: RRset,
  goodUntil: Micros,
): ZoneState {
  const verdict = judgeKeys(node, cut.name, ds, dnskey, goodUntil);
  switch (verdict.kind) {
    case 'secure':
      cut.keys = verdict.keys;
      return verdict.keys.state;
    case 'insecure': {
      const expiresAt = cut.security?.expiresAt ?? node.clock;
      const { error } = verdict;
      cut.security = { kind: 'insecure', expiresAt, reason: error.text, error };
      return cut.security;
    }
    case 'bogus':
      return judgedBogus(verdict.error);
  }
}

/** What the parent says about the zone: DS, or proven to have none, or bogus. */
export function* delegationSecurity(
  node: NodeState,
  cut: ZoneCut,
): Steps<DelegationSecurity | Bogus> {
  if (node.anchors.hasNegative) {
    const negative = node.anchors.negativeAbove(cut.name);
    if (negative !== null) return negative;
  }
  if (cut.security !== null && node.clock < cut.security.expiresAt) return cut.security;
  const parent = anchoredZone(node, node.above(cut), cut.name.parent);
  const above = yield* zoneState(node, parent);
  if (above.kind === 'bogus') return above;
  if (above.kind === 'insecure') {
    const reason = `below the insecure zone ${parent.name}`;
    cut.security = { kind: 'insecure', expiresAt: above.expiresAt, reason, error: above.error };
    return cut.security;
  }
  const fromReferral = judgeReferral(node, cut, parent.name, above.keys);
  if (fromReferral !== null) {
    cut.security = fromReferral;
    return fromReferral;
  }
  // What servers have denied does not stand beside what a copy of the zone says.
  const isCopied = parent === node.local?.root;
  const held = isCopied ? null : heldDelegation(node, parent.name, cut.name);
  if (held !== null && held.delegation !== 'no') {
    cut.security = fromProof(held.delegation, held.expiresAt);
    return cut.security;
  }
  const question = { name: cut.name, type: TYPE.DS };
  const answer = (yield { kind: 'lookup', question, checkingDisabled: false }) as CachedAnswer;
  if (isFailure(answer)) return follows(answer);
  const security = securityFrom(node, cut.name, parent.name, answer);
  if (security === 'no-cut') {
    // The parent denies the cut that it referred us to: data below it belongs to no zone we can check.
    const text = `${nameText(parent.name)} denies the delegation of ${nameText(cut.name)}`;
    return judgedBogus({ code: EDE.DNSSEC_BOGUS, text });
  }
  cut.security = security;
  return security;
}

/**
 * What a validated answer to a DS query says about the delegation; `no-cut` when the name is none.
 * Its zone may be one below `parent` whose servers are the same.
 */
export function securityFrom(
  node: Pick<NodeState, 'config' | 'budget'>,
  child: Name,
  parent: Name,
  answer: CachedAnswer,
): DelegationSecurity | 'no-cut' {
  const { expiresAt } = answer;
  const own = answer.answer.find((rrset) => rrset.name.key === child.key);
  // RFC 1034 section 3.6.2: an alias has nothing beside it. DS behind it is another name's.
  if (own?.type === TYPE.CNAME) return 'no-cut';
  if (own?.type === TYPE.DS && answer.secure) return fromDs(node, child, own, expiresAt);
  const zone = answer.authority.find((rrset) => rrset.type === TYPE.SOA)?.name ?? parent;
  const proof = proveNoDs(child, zone, answer.authority, node.budget);
  if (proof.kind === 'proven') {
    return proof.delegation === 'no' ? 'no-cut' : fromProof(proof.delegation, expiresAt);
  }
  if (answer.secure) return 'no-cut';
  const error = answer.errors[0] ?? null;
  return { kind: 'insecure', expiresAt, reason: 'the parent answered insecurely', error };
}

function fromProof(delegation: 'yes' | 'opt-out', expiresAt: Micros): DelegationSecurity {
  const how = delegation === 'opt-out' ? 'an opt-out span' : 'the type bitmap';
  return { kind: 'insecure', expiresAt, reason: `no DS, proven by ${how}`, error: null };
}

/** A secure DS RRset: insecure when it has nothing that is supported (RFC 4035 section 5.2). */
function fromDs(
  node: Pick<NodeState, 'config'>,
  child: Name,
  ds: RRset,
  expiresAt: Micros,
): DelegationSecurity {
  const selection = selectDs(child, dsOf(ds), node.config.legacyAlgorithms);
  if (selection.kind === 'usable') return { kind: 'ds', ds, expiresAt };
  const { error } = selection;
  return { kind: 'insecure', expiresAt, reason: error.text, error };
}

/** The DS or the proof that came with a referral, if it stands; null when the parent must be asked. */
function judgeReferral(
  node: NodeState,
  cut: ZoneCut,
  parent: Name,
  keys: ZoneKeys,
): DelegationSecurity | null {
  const proof = cut.referralProof;
  cut.referralProof = null;
  if (proof === null) return null;
  const good: RRset[] = [];
  let ttl = node.config.maxTtl;
  for (const rrset of proof.rrsets) {
    const verdict = checkRrset(node, rrset, parent, keys.keys, keys.algorithms);
    if (verdict.kind === 'bogus') {
      observeCheck(node, rrset, verdict.cause.text, verdict.cause);
      continue;
    }
    observeCheck(node, rrset, 'in the referral', null);
    // A wildcard makes no delegation (RFC 4592 section 4.2), and nothing proves that one was due.
    if (verdict.wildcard !== null) continue;
    const expiresAt =
      proof.receivedAt + Math.min(verdict.ttl, rrset.ttl, node.config.maxTtl) * SECOND;
    if (rrset.type === TYPE.DS) {
      return node.clock < expiresAt ? fromDs(node, cut.name, rrset, expiresAt) : null;
    }
    ttl = Math.min(ttl, verdict.ttl);
    good.push(rrset);
  }
  const proven = proveNoDs(cut.name, parent, good, node.budget);
  if (proven.kind !== 'proven' || proven.delegation === 'no') return null;
  const expiresAt = proof.receivedAt + Math.min(ttl, proven.ttl) * SECOND;
  if (node.clock >= expiresAt) return null;
  if (remembers(node)) {
    rememberDenial(node, parent, good, null, Math.floor((expiresAt - node.clock) / SECOND));
  }
  return fromProof(proven.delegation, expiresAt);
}

/** An insecure delegation between `zone` and `name` that the records at hand show; null when they show none. */
export function heldCut(node: NodeState, zone: ZoneCut, name: Name): ZoneCut | null {
  if (!remembers(node)) return null;
  const last = Math.min(name.labelCount, zone.name.labelCount + MAX_HIDDEN_CUTS);
  for (let labels = zone.name.labelCount + 1; labels <= last; labels++) {
    const child = name.ancestor(labels);
    const held = heldDelegation(node, zone.name, child);
    if (held === null || held.delegation === 'no') continue;
    const cut = node.cuts.ensure(child, zone);
    cut.security = fromProof(held.delegation, held.expiresAt);
    return cut;
  }
  return null;
}

/**
 * A zone cut between `zone` and `name` that no referral showed, because the same servers have both
 * sides: found by asking for DS label by label (RFC 4035 section 5.2). null when there is none.
 */
export function* hiddenCut(
  node: NodeState,
  zone: ZoneCut,
  name: Name,
): Steps<ZoneCut | null | Bogus> {
  const first = zone.name.labelCount + 1;
  const last = Math.min(name.labelCount, zone.name.labelCount + MAX_HIDDEN_CUTS);
  for (let labels = first; labels <= last; labels++) {
    const child = name.ancestor(labels);
    const question = { name: child, type: TYPE.DS };
    const answer = (yield { kind: 'lookup', question, checkingDisabled: false }) as CachedAnswer;
    if (isFailure(answer)) return follows(answer);
    const security = securityFrom(node, child, zone.name, answer);
    if (security === 'no-cut') continue;
    const cut = node.cuts.ensure(child, zone);
    cut.security = security;
    return cut;
  }
  return null;
}

/** Tells an observer what the state of a zone is and why. */
function told(node: NodeState, cut: ZoneCut, state: ZoneState): ZoneState {
  if (node.observe === null) return state;
  const known = node.anchors.negativeAbove(cut.name) ?? cut.security;
  const security = known !== null && node.clock < known.expiresAt ? known : null;
  const ds = security?.kind === 'ds' ? security.ds : null;
  const dnskey = state.kind === 'secure' ? state.keys.rrset : null;
  let text: string;
  if (state.kind === 'bogus') text = state.errors[0]?.text ?? 'bogus';
  else if (state.kind === 'secure') text = `keys good for ${left(node, state.keys.expiresAt)}`;
  else if (security?.kind !== 'insecure') text = 'nothing is validated';
  else text = `${security.reason}; good for ${left(node, security.expiresAt)}`;
  node.observe({ kind: 'chain', zone: cut.name.toString(), state: state.kind, text, ds, dnskey });
  return state;
}

function left(node: NodeState, expiresAt: Micros): string {
  return expiresAt === FOREVER ? 'ever' : `${Math.floor((expiresAt - node.clock) / SECOND)} s more`;
}

function observeCheck(
  node: NodeState,
  rrset: RRset,
  text: string,
  error: ExtendedError | null,
): void {
  node.observe?.({ kind: 'validate', rrset, error, text });
}
