/**
 * Answers that were never asked for (RFC 8198): what validated NSEC and NSEC3 records prove of a name
 * that nobody asked about, and what a validated NXDOMAIN says of the names below it (RFC 8020).
 *
 * The records at hand are put before the same proofs that responses are put before (`denial.ts`), so
 * nothing is synthesised that the validator would not believe. Of an opt-out span nothing is synthesised
 * (RFC 8198 section 5.1).
 *
 * A synthesised answer ends with the first of the records that it rests on, of which each denial
 * lives no longer than a negative answer of its zone may (RFC 9077 section 3).
 *
 * Limitations: an alias at a wildcard is not followed here; its question is asked.
 */

import { agedTo, type CachedAnswer } from '../cache/cached-answer.ts';
import type { DenialZone, Span } from '../cache/denial.ts';
import { MAX_NSEC3_HASHES_PER_PROOF } from '../limits.ts';
import type { ExtendedError, Question } from '../message.ts';
import type { Name } from '../name/name.ts';
import type { NodeState } from '../node.ts';
import { soaOf } from '../rdata.ts';
import { RRset } from '../rrset.ts';
import { type Micros, SECOND } from '../time.ts';
import { EDE, RCODE, rcodeName, TYPE } from '../wire/iana.ts';
import { proveNameError, proveNoData, proveNoDs, proveWildcardAnswer } from './denial.ts';
import { nsecClosestEncloser, nsecDeniesName, nsecRecords } from './nsec.ts';
import { usableNsec3 } from './nsec3.ts';
import type { Proven, ProvenNoDs } from './proof.ts';
import { isWildcardExpansion } from './type-bits.ts';

const NO_RRSETS: readonly RRset[] = [];
const NO_SPANS: readonly Span[] = [];
const NO_ERRORS: readonly ExtendedError[] = [];
const SYNTHESISED: readonly ExtendedError[] = [{ code: EDE.SYNTHESISED, text: '' }];

// ---- what is learnt ----

export function remembers({ config }: NodeState): boolean {
  return config.aggressiveNsec || config.aggressiveNsec3;
}

/** Keeps the records of a secure denial by `zone`, which may be believed for `ttl` seconds. */
export function rememberDenial(
  node: NodeState,
  zone: Name,
  proofs: readonly RRset[],
  soa: RRset | null,
  ttl: number,
): void {
  if (zone.isRoot && node.local !== null) return; // the copy of the root zone is not cached
  const { denials, clock, config } = node;
  const fields = soa === null ? undefined : soaOf(soa);
  const held = denials.zoneOf(zone);
  const known = held?.name.equals(zone) === true ? held.soa : null;
  // Records that came without SOA live no longer than those that came with one.
  const negative = fields ?? (known === null ? undefined : soaOf(known.rrset));
  let seconds = Math.min(ttl, config.maxNegativeTtl);
  if (soa !== null) seconds = Math.min(seconds, soa.ttl);
  if (negative !== undefined) seconds = Math.min(seconds, negative.minimum);
  if (seconds <= 0) return;
  const expiresAt = clock + seconds * SECOND;
  for (const rrset of proofs) rememberRecord(node, zone, rrset, expiresAt);
  if (soa?.name.equals(zone) === true) denials.addSoa(zone, soa, expiresAt);
}

function rememberRecord(node: NodeState, zone: Name, rrset: RRset, expiresAt: Micros): void {
  if (rrset.type === TYPE.NSEC) {
    if (!isWildcardExpansion(rrset)) node.denials.addNsec(zone, rrset, expiresAt);
    return;
  }
  // With each record that is held, names are hashed as often as it says.
  const nsec3 = usableNsec3(rrset);
  if (nsec3 === undefined || !rrset.name.parent.equals(zone)) return;
  node.denials.addNsec3(zone, rrset, nsec3.iterations, nsec3.salt, expiresAt);
}

/** Keeps a secure RRset that was made from the wildcard below `closestEncloser`, with the proof that it was due. */
export function rememberWildcard(
  node: NodeState,
  zone: Name,
  rrset: RRset,
  closestEncloser: Name,
  proofs: readonly RRset[],
  ttl: number,
): void {
  rememberDenial(node, zone, proofs, null, ttl);
  const seconds = Math.min(ttl, rrset.ttl, node.config.maxTtl);
  if (seconds <= 0) return;
  const { type, rdata, signatures } = rrset;
  const source = new RRset(closestEncloser.wildcard, type, rrset.ttl, rdata, signatures);
  node.denials.addWildcard(zone, source, node.clock + seconds * SECOND);
}

// ---- what follows from it ----

/** The answer that follows from what was validated; null when the servers must be asked. */
export function synthesise(
  node: NodeState,
  question: Question,
  checkingDisabled: boolean,
): CachedAnswer | null {
  const parentSide = question.type === TYPE.DS && !question.name.isRoot;
  const owner = parentSide ? question.name.parent : question.name;
  if (node.anchors.hasNegative && node.anchors.negativeAbove(owner) !== null) return null;
  if (node.config.nxdomainCut) {
    const below = belowNxdomain(node, question, checkingDisabled);
    if (below !== null) return below;
  }
  if (!remembers(node)) return null;
  const zone = node.denials.zoneOf(owner);
  if (zone === null || isElsewhere(node, zone.name, question.name, parentSide)) return null;
  const { aggressiveNsec, aggressiveNsec3 } = node.config;
  const found =
    (aggressiveNsec ? fromNsec(node, zone, question) : null) ??
    (aggressiveNsec3 ? fromNsec3(node, zone, question) : null);
  if (found === null) return null;
  node.observe?.({
    kind: 'cache',
    store: 'answer',
    found: true,
    name: question.name.toString(),
    text: `${rcodeName(found.rcode)} follows from records of ${zone.name} that were validated`,
  });
  return entryOf(node, question, checkingDisabled, found);
}

/** What was found, with the records that it rests on. */
interface Finding {
  readonly rcode: number;
  /** The RRset that answers; null for a denial. */
  readonly answer: Span | null;
  readonly soa: Span | null;
  readonly proofs: readonly Span[];
}

function fromNsec(node: NodeState, zone: DenialZone, { name, type }: Question): Finding | null {
  const own = zone.nsecAt(name, node.clock);
  if (own === null) return null;
  const [record] = nsecRecords(zone.name, [own.rrset]);
  if (record === undefined) return null;
  if (!nsecDeniesName(record, name)) return denied(node, zone, name, type, [own]);
  const closestEncloser = nsecClosestEncloser(record, name);
  const wildcard = zone.nsecAt(closestEncloser.wildcard, node.clock);
  if (wildcard === null) return null;
  const spans = wildcard === own ? [own] : [own, wildcard];
  return (
    denied(node, zone, name, type, spans) ??
    expanded(node, zone, name, type, closestEncloser, [own])
  );
}

function fromNsec3(node: NodeState, zone: DenialZone, { name, type }: Question): Finding | null {
  const found = closestEncloserSpans(node, zone, name);
  if (found === null) return null;
  const { closestEncloser, spans } = found;
  if (closestEncloser === name) return denied(node, zone, name, type, spans);
  const label = zone.hashLabelOf(closestEncloser.wildcard);
  const wildcard = label === null ? null : zone.nsec3At(label, node.clock);
  if (wildcard === null) return null;
  const all = spans.includes(wildcard) ? spans : [...spans, wildcard];
  return (
    denied(node, zone, name, type, all) ?? expanded(node, zone, name, type, closestEncloser, all)
  );
}

/** The NSEC3 records from that of `name` up to the first that matches (RFC 5155 section 8.3). */
function closestEncloserSpans(
  node: NodeState,
  zone: DenialZone,
  name: Name,
): { readonly closestEncloser: Name; readonly spans: readonly Span[] } | null {
  const spans: Span[] = [];
  const highest = Math.max(zone.name.labelCount, name.labelCount + 1 - MAX_NSEC3_HASHES_PER_PROOF);
  for (let at = name; at.labelCount >= highest; at = at.parent) {
    const label = zone.hashLabelOf(at);
    const span = label === null ? null : zone.nsec3At(label, node.clock);
    if (span === null) return null;
    if (!spans.includes(span)) spans.push(span);
    if (span.rrset.name.firstLabel === label) return { closestEncloser: at, spans };
    if (at.isRoot) return null;
  }
  return null;
}

/**
 * What the records at hand say about a delegation, so that DS need not be asked for: an opt-out span
 * counts here, since all that is concluded is that nothing can be validated below (RFC 5155 section 6).
 */
export function heldDelegation(
  node: NodeState,
  parent: Name,
  child: Name,
): { readonly delegation: ProvenNoDs['delegation']; readonly expiresAt: Micros } | null {
  if (!remembers(node)) return null;
  const zone = node.denials.zoneOf(child.parent);
  if (zone === null || !zone.name.equals(parent)) return null;
  const nsec = zone.nsecAt(child, node.clock);
  const spans =
    nsec !== null ? [nsec] : (closestEncloserSpans(node, zone, child)?.spans ?? NO_SPANS);
  const rrsets = spans.map(({ rrset }) => rrset);
  const proof = proveNoDs(child, parent, rrsets, node.budget);
  if (proof.kind !== 'proven') return null;
  let expiresAt = Number.POSITIVE_INFINITY;
  for (const span of spans) expiresAt = Math.min(expiresAt, span.expiresAt);
  return { delegation: proof.delegation, expiresAt };
}

/** NODATA or NXDOMAIN, when the records prove it and the zone's SOA is at hand. */
function denied(
  node: NodeState,
  zone: DenialZone,
  name: Name,
  type: number,
  spans: readonly Span[],
): Finding | null {
  const { soa } = zone;
  if (soa === null || node.clock >= soa.expiresAt) return null;
  const rrsets = spans.map(({ rrset }) => rrset);
  const noData = proveNoData(name, type, zone.name, rrsets);
  if (noData.kind === 'proven') return findingOf(RCODE.NOERROR, null, soa, spans, noData);
  const nameError = proveNameError(name, zone.name, rrsets);
  if (nameError.kind !== 'proven') return null;
  return findingOf(RCODE.NXDOMAIN, null, soa, spans, nameError);
}

/** The RRset of the wildcard below `closestEncloser`, when it is at hand and due. */
function expanded(
  node: NodeState,
  zone: DenialZone,
  name: Name,
  type: number,
  closestEncloser: Name,
  spans: readonly Span[],
): Finding | null {
  const source = zone.wildcardAt(closestEncloser.wildcard, type, node.clock);
  if (source === null) return null;
  const rrsets = spans.map(({ rrset }) => rrset);
  const proof = proveWildcardAnswer(name, closestEncloser, zone.name, rrsets);
  if (proof.kind !== 'proven') return null;
  return findingOf(RCODE.NOERROR, source, null, spans, proof);
}

function findingOf(
  rcode: number,
  answer: Span | null,
  soa: Span | null,
  spans: readonly Span[],
  { optOut, records }: Proven,
): Finding | null {
  if (optOut) return null;
  return { rcode, answer, soa, proofs: spans.filter(({ rrset }) => records.includes(rrset)) };
}

function entryOf(
  node: NodeState,
  question: Question,
  checkingDisabled: boolean,
  { rcode, answer, soa, proofs }: Finding,
): CachedAnswer {
  const { clock, config } = node;
  let expiresAt = Number.POSITIVE_INFINITY;
  const aged = ({ rrset, expiresAt: end }: Span): RRset => {
    expiresAt = Math.min(expiresAt, end);
    return rrset.withTtl(Math.min(rrset.ttl, Math.floor((end - clock) / SECOND)));
  };
  const denials = proofs.map(aged);
  const source = answer === null ? null : aged(answer);
  const { name, type } = question;
  return {
    question,
    checkingDisabled,
    rcode,
    secure: !checkingDisabled, // who wants no validation is not told of any
    answer:
      source === null
        ? NO_RRSETS
        : [new RRset(name, type, source.ttl, source.rdata, source.signatures)],
    authority: soa === null ? denials : [aged(soa), ...denials],
    additional: NO_RRSETS,
    errors: config.explainSynthesis ? SYNTHESISED : NO_ERRORS,
    storedAt: clock,
    expiresAt,
    failure: null,
  };
}

/**
 * Between the zone and the name something else counts: another trust anchor, a domain declared
 * insecure, or servers that the operator named.
 */
export function isElsewhere(node: NodeState, zone: Name, name: Name, isDs: boolean): boolean {
  const lowest = isDs ? name.parent : name;
  if (node.anchors.between(zone, lowest) !== null) return true;
  for (let at = lowest; at.labelCount > zone.labelCount; at = at.parent) {
    if ((node.cuts.get(at)?.fixed.length ?? 0) > 0) return true;
  }
  return false;
}

// ---- RFC 8020 ----

/** A secure NXDOMAIN of a name above, kept for the type in question or for the one that is asked on the way. */
function belowNxdomain(
  node: NodeState,
  question: Question,
  checkingDisabled: boolean,
): CachedAnswer | null {
  for (let at = question.name.parent; !at.isRoot; at = at.parent) {
    const found =
      nxdomainAt(node, at, question.type, checkingDisabled) ??
      nxdomainAt(node, at, TYPE.A, checkingDisabled);
    if (found === null) continue;
    if (isElsewhere(node, at, question.name, question.type === TYPE.DS)) return null;
    const { storedAt, authority, errors } = found;
    return {
      ...found,
      question,
      authority: agedTo(authority, storedAt, node.clock),
      errors: node.config.explainSynthesis ? [...SYNTHESISED, ...errors] : errors,
      storedAt: node.clock,
    };
  }
  return null;
}

function nxdomainAt(
  node: NodeState,
  name: Name,
  type: number,
  checkingDisabled: boolean,
): CachedAnswer | null {
  const entry = node.table.find(name, type, checkingDisabled);
  if (entry === undefined || node.clock >= entry.expiresAt) return null;
  // With an alias in front, it is the alias's target that does not exist.
  const isCut = entry.rcode === RCODE.NXDOMAIN && entry.secure && entry.answer.length === 0;
  return isCut ? entry : null;
}
