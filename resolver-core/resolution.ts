/**
 * How one question is resolved: iterate, validate, follow aliases, and make of it the entry that the
 * answer table keeps. Here iteration and validation meet; neither knows the other.
 *
 * Nothing is stored before it was validated, and a failure never takes the place of a fresh answer.
 */

import { type AliasLink, linkBy, selectAnswer } from './alias.ts';
import { besideOf } from './beside.ts';
import { agedTo, type CachedAnswer, failureOf, isFailure } from './cache/cached-answer.ts';
import { bounded, boundedNegativeTtl, boundedTtl } from './cache/ttl.ts';
import type { Failure, Fetch, Steps } from './fetch.ts';
import { iterate, type Response } from './iterate/iterate.ts';
import { MAX_ALIASES, MAX_PROOF_RRSETS } from './limits.ts';
import type { ExtendedError, Question } from './message.ts';
import type { Name } from './name/name.ts';
import type { NodeState } from './node.ts';
import { soaOf, targetsOf } from './rdata.ts';
import type { RRset } from './rrset.ts';
import { type Micros, SECOND } from './time.ts';
import type { Bogus } from './validate/chain.ts';
import {
  type Candidate,
  type Validation,
  validateNow,
  validateResponse,
} from './validate/response.ts';
import { isElsewhere } from './validate/synthesis.ts';
import { EDE, RCODE, TYPE } from './wire/iana.ts';

type Believed = Exclude<Validation, { kind: 'bogus' }>;

const NO_RRSETS: readonly RRset[] = [];
const NO_ERRORS: readonly ExtendedError[] = [];
/** What 1.1.1.1 said of a failure that came without a cause (`loseBogusCause`). */
const CAUSE_LOST: readonly ExtendedError[] = [{ code: EDE.NO_REACHABLE_AUTHORITY, text: '' }];

/** An alias is the answer to a question for itself; DS is on the parent's side of the cut (RFC 4035 section 3.1.4.1). */
function followsAliases(type: number): boolean {
  switch (type) {
    case TYPE.CNAME:
    case TYPE.DS:
    case TYPE.RRSIG:
    case TYPE.ANY:
      return false;
    default:
      return true;
  }
}

/** The answer to the fetch's question, or its failure; always something that can be stored. */
export function* resolve(node: NodeState, fetch: Fetch): Steps<CachedAnswer> {
  const { question, checkingDisabled } = fetch;
  if (followsAliases(question.type)) {
    const alias = cachedAlias(node, fetch);
    if (alias !== null) return yield* follow(node, fetch, alias);
  } else if (question.type === TYPE.CNAME && node.knowsDnames) {
    const alias = aliasByDname(node, fetch);
    if (alias !== null) return aliasAsAnswer(node, fetch, alias);
  } else if (question.type === TYPE.DS) {
    const known = fetch.isLocal ? null : knownDs(node, fetch);
    if (known !== null) return known;
  }
  let response = yield* iterate(node, fetch, question);
  if ('failed' in response) return unresolved(node, fetch, response);
  let retries = node.config.bogusRetries;
  for (;;) {
    const candidate = candidateOf(response, fetch);
    const validation: Validation = checkingDisabled
      ? unvalidated(candidate)
      : (validateNow(node, candidate) ?? (yield* validateResponse(node, candidate)));
    if (validation.kind !== 'bogus') {
      if (isOfOther(response, validation, question)) {
        const whole = yield* iterate(node, fetch, question, false);
        if ('failed' in whole) return unresolved(node, fetch, whole);
        response = whole;
        continue;
      }
      const entry = conclude(node, fetch, response, validation);
      return 'target' in entry ? yield* follow(node, fetch, entry) : entry;
    }
    const failure = bogus(node, fetch, validation);
    if (retries-- === 0 || validation.because !== null) return failure;
    // Another server may have better data.
    fetch.distrust();
    const other = yield* iterate(node, fetch, question);
    if ('failed' in other) return failure;
    response = other;
  }
}

function unresolved(node: NodeState, fetch: Fetch, { errors, lasting }: Failure): CachedAnswer {
  return lasting ? failed(node, fetch, errors) : momentary(fetch, errors);
}

/**
 * True when a name above the one in question was denied and is proven to exist after all: what is below it
 * nobody has said (RFC 9156 section 2.3).
 */
function isOfOther(response: Response, { nameError }: Believed, question: Question): boolean {
  return response.kind === 'nxdomain' && !nameError && response.asked !== question;
}

function bogus(node: NodeState, fetch: Fetch, { errors: found, because }: Bogus): CachedAnswer {
  const errors = node.config.loseBogusCause ? CAUSE_LOST : found;
  if (because !== null) return { ...failedBecause(node, fetch, because), errors };
  // What was not looked at for want of another lookup's work says nothing about this name.
  const lasting = fetch.depth === 0 || !fetch.budget.isValidationSpent;
  return lasting ? failed(node, fetch, errors, true) : momentary(fetch, errors);
}

/** The secure DS RRset that came with a referral: it is the parent's own data (RFC 4035 section 3.1.4.1). */
function knownDs(
  node: NodeState,
  { question, checkingDisabled, leeway }: Fetch,
): CachedAnswer | null {
  const cut = node.cuts.get(question.name);
  const security = cut?.security ?? null;
  if (security?.kind !== 'ds' || node.clock + leeway >= security.expiresAt) return null;
  const { ds, expiresAt } = security;
  if (ds.signatures.length === 0) return null; // a trust anchor, which is nobody's data
  const ttl = Math.floor((expiresAt - node.clock) / SECOND);
  return {
    ...{ question, checkingDisabled, rcode: RCODE.NOERROR, secure: !checkingDisabled },
    ...{ answer: [ds.withTtl(Math.min(ds.ttl, ttl))], authority: NO_RRSETS, additional: NO_RRSETS },
    ...{ errors: NO_ERRORS, storedAt: node.clock, expiresAt, failure: null },
  };
}

/** A failure, remembered twice as long as the one before it (RFC 9520 section 3.2). */
export function failed(
  node: NodeState,
  fetch: Fetch,
  errors: readonly ExtendedError[],
  bogus = false,
): CachedAnswer {
  const { question, checkingDisabled } = fetch;
  const { failureTtl, failureTtlMax } = node.config;
  const before = node.table.find(question.name, question.type, checkingDisabled);
  let ttl = failureTtl;
  if (before !== undefined && isFailure(before)) {
    const forgotten = before.expiresAt + failureTtlMax * SECOND;
    if (node.clock < forgotten) ttl = Math.min(before.failure.ttl * 2, failureTtlMax);
  }
  return failureOf(question, checkingDisabled, errors, bogus, node.clock, ttl);
}

/** A failure that follows from that of another question: it has the same cause, and ends with it. */
function failedBecause(node: NodeState, fetch: Fetch, cause: CachedAnswer): CachedAnswer {
  const { question, checkingDisabled } = fetch;
  const failure = cause.failure === null ? null : { ...cause.failure, stale: null };
  return { ...cause, question, checkingDisabled, storedAt: node.clock, failure };
}

/** A failure of this moment's circumstances, which says nothing about the name: never fresh. */
export function momentary(
  { question, checkingDisabled }: Pick<Fetch, 'question' | 'checkingDisabled'>,
  errors: readonly ExtendedError[],
): CachedAnswer {
  return failureOf(question, checkingDisabled, errors, false, Number.NEGATIVE_INFINITY, 1);
}

function candidateOf(response: Response, fetch: Fetch): Candidate {
  const { message, asked, zone, kind } = response;
  const selected = selectAnswer(message.answer, fetch.question, zone.name);
  let soa: RRset | null = null;
  let proofs: RRset[] | null = null;
  for (const rrset of message.authority) {
    if (rrset.type === TYPE.SOA) {
      if (fetch.question.name.isAtOrBelow(rrset.name) && rrset.name.isAtOrBelow(zone.name)) {
        soa = rrset;
      }
    } else if (rrset.type === TYPE.NSEC || rrset.type === TYPE.NSEC3) {
      if (proofs === null) proofs = [rrset];
      else if (proofs.length < MAX_PROOF_RRSETS) proofs.push(rrset);
    }
  }
  return { kind, asked, zone, selected, soa, proofs: proofs ?? NO_RRSETS };
}

function unvalidated(candidate: Candidate): Believed {
  const { selected, proofs, soa, kind } = candidate;
  const nameError = kind === 'nxdomain';
  const errors = NO_ERRORS;
  return { kind: 'insecure', ttl: 0x7fffffff, ...selected, nameError, proofs, soa, errors };
}

/** Makes the entry of a response that may be believed; only the aliases where it stops short. */
function conclude(
  node: NodeState,
  fetch: Fetch,
  response: Response,
  validation: Believed,
): CachedAnswer | AliasEntry {
  const { question, checkingDisabled } = fetch;
  const secure = validation.kind === 'secure';
  if (response.kind !== 'answer') return denial(node, fetch, response, validation);
  const { links, final, rest, errors } = validation;
  const { config } = node;
  let ttl = response.isKept ? validation.ttl : 0;
  for (const { cname, dname } of links) {
    ttl = Math.min(ttl, boundedTtl((dname ?? cname).ttl, config));
  }
  const first = links[0];
  if (first !== undefined) {
    const alias = aliasEntry(node, fetch, links, ttl, validation);
    const isKept = ttl > 0 && !fetch.isVoid;
    if (isKept && first.dname !== null && secure) storeDname(node, first.dname, ttl);
    if (question.type === TYPE.CNAME) return aliasAsAnswer(node, fetch, alias);
    if (isKept) storeAlias(node, alias, first, fetch);
    return alias;
  }
  if (final === null) return failed(node, fetch, NO_ERRORS);
  const { ns, additional } = besideOf(node, response.message, response.zone.name, secure);
  const records = rest.length === 0 ? [final] : [final, ...rest];
  for (const rrset of records) ttl = Math.min(ttl, boundedTtl(rrset.ttl, config));
  const authority = ns.length === 0 ? validation.proofs : [...ns, ...validation.proofs];
  // RFC 6672 section 2.2: the DNAME makes of the name one that is too long.
  const overflows = final.type === TYPE.DNAME && question.name.isBelow(final.name);
  return {
    question,
    checkingDisabled,
    rcode: overflows ? RCODE.YXDOMAIN : RCODE.NOERROR,
    secure,
    answer: bounded(records, config),
    authority: bounded(authority, config),
    additional: bounded(additional, config),
    errors,
    storedAt: node.clock,
    expiresAt: node.clock + ttl * SECOND,
    failure: null,
  };
}

function linkRecords(links: readonly AliasLink[]): RRset[] {
  const out: RRset[] = [];
  for (const { cname, dname } of links) {
    if (dname !== null) out.push(dname);
    out.push(cname);
  }
  return out;
}

function denial(
  node: NodeState,
  fetch: Fetch,
  response: Response,
  validation: Believed,
): CachedAnswer {
  const { soa, proofs } = validation;
  const fields = soa === null ? undefined : soaOf(soa);
  const { config } = node;
  let ttl = 0; // RFC 2308 section 5: without SOA not to be cached
  let shown = soa;
  if (soa !== null && fields !== undefined) {
    ttl = boundedNegativeTtl(Math.min(soa.ttl, fields.minimum), config);
    shown = soa.withTtl(ttl);
  } else if (validation.kind === 'secure' && fetch.question.type === TYPE.DS) {
    ttl = config.maxNegativeTtl;
  }
  ttl = response.isKept ? Math.min(ttl, validation.ttl) : 0;
  const secure = validation.kind === 'secure';
  const { ns, additional } = besideOf(node, response.message, response.zone.name, secure);
  return {
    question: fetch.question,
    checkingDisabled: fetch.checkingDisabled,
    rcode: validation.nameError ? RCODE.NXDOMAIN : RCODE.NOERROR,
    secure,
    answer: NO_RRSETS,
    authority: denialSection(shown, bounded(ns, config), bounded(proofs, config)),
    additional: bounded(additional, config),
    errors: validation.errors,
    storedAt: node.clock,
    expiresAt: node.clock + ttl * SECOND,
    failure: null,
  };
}

function denialSection(
  soa: RRset | null,
  ns: readonly RRset[],
  proofs: readonly RRset[],
): readonly RRset[] {
  if (ns.length > 0) return soa === null ? [...ns, ...proofs] : [soa, ...ns, ...proofs];
  return soa === null ? proofs : [soa, ...proofs];
}

// ---- aliases ----

/** An answer that is only the chain so far; what it leads to is a question of its own. */
interface AliasEntry {
  readonly records: readonly RRset[];
  readonly target: Name;
  readonly length: number;
  readonly secure: boolean;
  readonly proofs: readonly RRset[];
  /** Why the alias is insecure, where there is more to say than that. */
  readonly errors: readonly ExtendedError[];
  readonly expiresAt: Micros;
}

function aliasEntry(
  node: NodeState,
  fetch: Fetch,
  links: readonly AliasLink[],
  ttl: number,
  { kind, proofs, errors }: Believed,
): AliasEntry {
  const secure = kind === 'secure';
  const last = links[links.length - 1] as AliasLink;
  return {
    records: bounded(linkRecords(links), node.config),
    target: last.target,
    length: links.length,
    secure,
    proofs: fetch.checkingDisabled ? NO_RRSETS : proofs,
    errors,
    expiresAt: node.clock + ttl * SECOND,
  };
}

/** The alias that the table knows for the name in question, as an entry of type CNAME. */
function cachedAlias(node: NodeState, fetch: Fetch): AliasEntry | null {
  const { question } = fetch;
  const entry = knownAlias(node, fetch, question.name, TYPE.CNAME);
  if (entry === null) return node.knowsDnames ? aliasByDname(node, fetch) : null;
  const cname = entry.answer[entry.answer.length - 1];
  if (cname === undefined || cname.type !== TYPE.CNAME) return null;
  const target = targetsOf(cname)[0];
  if (target === undefined) return null;
  node.observe?.({
    kind: 'cache',
    store: 'alias',
    found: true,
    name: question.name.toString(),
    text: `alias to ${target} cached`,
  });
  const { secure, authority: proofs, errors, storedAt, expiresAt } = entry;
  const records = asTheyStand(node, entry.answer, storedAt);
  return { records, target, length: 1, secure, proofs, errors, expiresAt };
}

function knownAlias(
  node: NodeState,
  { checkingDisabled, leeway }: Fetch,
  name: Name,
  type: number,
): CachedAnswer | null {
  const entry = node.table.find(name, type, checkingDisabled);
  if (entry === undefined || isFailure(entry)) return null;
  return node.clock + leeway < entry.expiresAt ? entry : null;
}

/** RFC 6672 section 5.3.1: a DNAME that was found secure holds for all names below its owner. */
function aliasByDname(node: NodeState, fetch: Fetch): AliasEntry | null {
  const { name } = fetch.question;
  for (let at = name; !at.isRoot; at = at.parent) {
    const entry = knownAlias(node, fetch, at.parent, TYPE.DNAME);
    if (entry === null || !entry.secure) continue;
    if (isElsewhere(node, at.parent, name, false)) return null;
    const [dname] = asTheyStand(node, entry.answer, entry.storedAt);
    const link = dname?.type === TYPE.DNAME ? linkBy(name, dname) : null;
    if (link === null) return null;
    const { errors, expiresAt } = entry;
    const records = linkRecords([link]);
    return { records, target: link.target, length: 1, secure: true, proofs: [], errors, expiresAt };
  }
  return null;
}

/** The alias itself was asked for. */
function aliasAsAnswer(node: NodeState, fetch: Fetch, alias: AliasEntry): CachedAnswer {
  const { question, checkingDisabled } = fetch;
  const { secure, records, proofs, errors, expiresAt } = alias;
  return {
    question,
    checkingDisabled,
    rcode: RCODE.NOERROR,
    secure,
    answer: records,
    authority: proofs,
    additional: NO_RRSETS,
    errors,
    storedAt: node.clock,
    expiresAt,
    failure: null,
  };
}

/** For names below it that are yet to be asked for; `ttl` is what its signatures leave of it. */
function storeDname(node: NodeState, dname: RRset, ttl: number): void {
  node.knowsDnames = true;
  node.table.store(
    {
      question: { name: dname.name, type: TYPE.DNAME },
      checkingDisabled: false,
      rcode: RCODE.NOERROR,
      secure: true,
      answer: bounded([dname], node.config),
      authority: NO_RRSETS,
      additional: NO_RRSETS,
      errors: NO_ERRORS,
      storedAt: node.clock,
      expiresAt: node.clock + ttl * SECOND,
      failure: null,
    },
    -1,
  );
}

function storeAlias(node: NodeState, alias: AliasEntry, first: AliasLink, fetch: Fetch): void {
  const { question, checkingDisabled } = fetch;
  node.table.store(
    {
      question: { name: question.name, type: TYPE.CNAME },
      checkingDisabled,
      rcode: RCODE.NOERROR,
      secure: alias.secure,
      answer: bounded(linkRecords([first]), node.config),
      authority: alias.proofs,
      additional: NO_RRSETS,
      errors: alias.errors,
      storedAt: node.clock,
      expiresAt: alias.expiresAt,
      failure: null,
    },
    -1,
  );
}

/** RRsets that were stored at `storedAt`, with the TTLs that are left. */
function asTheyStand(
  node: NodeState,
  rrsets: readonly RRset[],
  storedAt: Micros,
): readonly RRset[] {
  return node.config.serveOriginalTtl ? rrsets : agedTo(rrsets, storedAt, node.clock);
}

/** Resolves what an alias leads to, and joins the two (RFC 1034 section 3.6.2: the alias comes first). */
function* follow(node: NodeState, fetch: Fetch, alias: AliasEntry): Steps<CachedAnswer> {
  const { question, checkingDisabled } = fetch;
  const answer = (yield {
    kind: 'lookup',
    question: { name: alias.target, type: question.type },
    checkingDisabled,
  }) as CachedAnswer;
  if (isFailure(answer)) return failedBecause(node, fetch, answer);
  let further = 0;
  for (const { type } of answer.answer) if (type === TYPE.CNAME) further++;
  if (alias.length + further > MAX_ALIASES) {
    return failed(node, fetch, [{ code: EDE.OTHER, text: `more than ${MAX_ALIASES} aliases` }]);
  }
  const { storedAt } = answer;
  const authority = asTheyStand(node, answer.authority, storedAt);
  return {
    question,
    checkingDisabled,
    rcode: answer.rcode,
    secure: alias.secure && answer.secure,
    answer: joined(alias.records, asTheyStand(node, answer.answer, storedAt)),
    authority: alias.proofs.length === 0 ? authority : [...alias.proofs, ...authority],
    additional: asTheyStand(node, answer.additional, storedAt),
    errors: alias.errors.length === 0 ? answer.errors : [...alias.errors, ...answer.errors],
    storedAt: node.clock,
    expiresAt: Math.min(alias.expiresAt, answer.expiresAt),
    failure: null,
  };
}

/** One DNAME may serve several steps of a chain; it is said once. */
function joined(records: readonly RRset[], further: readonly RRset[]): readonly RRset[] {
  const out = [...records];
  for (const rrset of further) if (!isSaid(rrset, records)) out.push(rrset);
  return out;
}

function isSaid(dname: RRset, records: readonly RRset[]): boolean {
  if (dname.type !== TYPE.DNAME) return false;
  return records.some((each) => each.type === TYPE.DNAME && each.name.key === dname.name.key);
}
