/**
 * What is resolved again of a node's past, and when: the last miss of each catalogue question whose
 * answer is still of use (`last-miss.ts`), the contacts on which what is known of the zones hangs
 * (`contacts.ts`), and a first question about the root and each registry, at random before all that.
 *
 * The table is as full as it would be. What it has room for are the entries touched within some time (the
 * characteristic time of Che et al. 2002, which SIEVE comes near to): catalogue questions and names
 * asked once together. Those of which nothing can be of use any more, past their TTL and every stale
 * horizon or never to be asked again, only take room, and are not resolved: save the youngest names asked once,
 * and those that a zone was contacted for.
 *
 * Every draw is named by the seed, its purpose, the colo, the node and what it is for, so variants share
 * their past as far as their settings allow.
 *
 * Limitations: a question is asked at its mean rate; what clients repeat after failures, and what a
 * node refreshes before its time, is not in the rates.
 */

import type { ResolverConfig } from '../../resolver-core/config.ts';
import type { Question } from '../../resolver-core/message.ts';
import type { Name } from '../../resolver-core/name/name.ts';
import { type Micros, SECOND } from '../../resolver-core/time.ts';
import { TYPE } from '../../resolver-core/wire/iana.ts';
import type { Catalogue, Domain } from '../authority/catalogue.ts';
import type { Popularity } from '../clients/popularity.ts';
import type { Questions } from '../cluster/questions.ts';
import { exp, exponential } from '../engine/math.ts';
import { fraction, hashText, mix, PURPOSE } from '../engine/random.ts';
import type { Plan, ZonePlan } from '../plan.ts';
import { type Caller, neededContacts } from './contacts.ts';
import { lastMissAge } from './last-miss.ts';
import type { Lifetime, Lifetimes } from './lifetimes.ts';

/** A question that a node did not have the answer to. Ages are microseconds before now. */
export interface Miss {
  readonly age: Micros;
  readonly question: Question;
  /** -1 for what is not of the catalogue. */
  readonly questionId: number;
  readonly checkingDisabled: boolean;
  /** Queries per microsecond; 0 when nothing is known to follow. */
  readonly rate: number;
  /** No query came after this age. */
  readonly quietFrom: Micros;
  /** A hit followed while it was fresh. */
  readonly isAskedAgain: boolean;
  /** False: all that is left of it is that it takes room. */
  readonly isOfUse: boolean;
}

/** One node before the warm-up. */
export interface Past {
  readonly plan: Plan;
  readonly catalogue: Catalogue;
  readonly questions: Questions;
  readonly popularity: Popularity;
  readonly lifetimes: Lifetimes;
  /** Of the node as it begins. */
  readonly config: ResolverConfig;
  /** How long an answer past its TTL may still be of use. */
  readonly stale: Micros;
  /** Names the node among all of the plan. */
  readonly place: number;
  /** Queries per microsecond whose answers it holds, by question id, and of those with CD. */
  readonly rates: Float64Array;
  readonly unvalidated: Float64Array;
  /** Those for names asked once. */
  readonly oneOffRate: number;
}

/** Of names asked once, so many of those that are fresh are resolved, although nobody will ask for them again. */
const RESOLVED_ONE_OFFS = 1_000;

/** The misses of one node, in no order. */
export function missesOf(past: Past): Miss[] {
  const candidates = lastMisses(past);
  const horizon = horizonOf(past, candidates);
  const misses: Miss[] = [];
  const zones = new Map<string, ZoneCallers>();
  for (const { miss, ttl, owners, touched } of candidates) {
    const isHeld = touched < horizon;
    const isOfUse = isHeld && ttl > 0 && miss.age < ttl + past.stale;
    if (isHeld) misses.push({ ...miss, isOfUse });
    // What is not validated asks nothing about the chain of trust.
    if (miss.checkingDisabled) continue;
    const caller = { rate: miss.rate, ttl, lastMiss: miss.age, isHeld: isOfUse };
    addCaller(past, zones, owners, caller, miss);
  }
  addOneOffs(past, horizon, misses, zones);
  // Contacts of zones that aliases lead to are contacts of the aliases' zones, too: those come last.
  for (const zone of zones.values()) if (zone.isTarget) addContacts(past, zone, misses, zones);
  for (const zone of zones.values()) if (!zone.isTarget) addContacts(past, zone, misses, zones);
  addApexes(past, misses);
  return misses;
}

interface Candidate extends Lifetime {
  readonly miss: Miss;
  /** How long ago it was last asked for, about, while it was fresh. */
  readonly touched: Micros;
}

interface ZoneCallers {
  readonly domain: Domain;
  readonly callers: Caller[];
  readonly misses: Miss[];
  /** Aliases lead here. */
  isTarget: boolean;
}

/** The last miss of every catalogue question, as far back as anything can matter. */
function lastMisses(past: Past): Candidate[] {
  const { plan, questions, rates, unvalidated, config } = past;
  const out: Candidate[] = [];
  const share = config.validation ? plan.traffic.checkingDisabled : 0;
  for (let id = 0; id < questions.count; id++) {
    for (const checkingDisabled of [false, true]) {
      const rate = (checkingDisabled ? unvalidated : rates)[id] as number;
      const part = rate * (checkingDisabled ? share : 1 - share);
      const candidate = part > 0 ? lastMiss(past, id, checkingDisabled, part) : null;
      if (candidate !== null) out.push(candidate);
    }
  }
  return out;
}

function lastMiss(
  past: Past,
  questionId: number,
  checkingDisabled: boolean,
  rate: number,
): Candidate | null {
  const { plan, place, questions, stale } = past;
  const key = checkingDisabled ? questionId + questions.count : questionId;
  const draw = (k: number): number => mix(plan.seed, PURPOSE.warmMiss, place, key, k);
  const [which, when] = [draw(0), draw(1)];
  // Whatever its TTL, it is not fresh, and was not asked for since anything began that matters.
  const longest = longestLife(past);
  const x = rate * longest;
  if (fraction(which) * (1 + x) >= x && exponential(when) / rate > stale + 2 * longest) return null;
  const lifetime = past.lifetimes.of(questionId, checkingDisabled);
  const { ttl } = lifetime;
  const age = lastMissAge(rate, ttl, which, when);
  const isAskedAgain = fraction(draw(2)) < 1 - exp(-Math.min(700, rate * Math.min(age, ttl)));
  const quietFrom = Math.max(0, age - ttl);
  const question = questions.question(questionId);
  const miss = { age, question, questionId, checkingDisabled, rate, quietFrom, isAskedAgain };
  return { ...lifetime, miss: { ...miss, isOfUse: true }, touched: isAskedAgain ? quietFrom : age };
}

/** How far back the table reaches: to where it is full, or to where nothing is of use any more. */
function horizonOf(past: Past, candidates: readonly Candidate[]): Micros {
  const { oneOffRate, config, stale } = past;
  const furthest = stale + longestLife(past);
  const touched = candidates.map((each) => each.touched).sort((a, b) => a - b);
  for (const [count, age] of touched.entries()) {
    if (age >= furthest) break;
    const room = config.answers - count;
    // Between two of them there are only names asked once.
    if (room <= oneOffRate * age) return Math.max(touched[count - 1] ?? 0, room / oneOffRate);
  }
  const room = config.answers - touched.length;
  return oneOffRate > 0 ? Math.min(furthest, Math.max(room, 0) / oneOffRate) : furthest;
}

function addCaller(
  { catalogue }: Past,
  zones: Map<string, ZoneCallers>,
  owners: readonly Name[],
  caller: Caller,
  miss: Miss,
): void {
  const seen = new Set<string>();
  for (const owner of owners) {
    const name = catalogue.registeredName(owner);
    if (name === undefined || seen.has(name.key)) continue;
    seen.add(name.key);
    let zone = zones.get(name.key);
    if (zone === undefined) {
      const domain = catalogue.domain(name);
      if (domain === undefined) continue;
      zone = { domain, callers: [], misses: [], isTarget: false };
      zones.set(name.key, zone);
    }
    if (seen.size > 1) zone.isTarget = true;
    zone.callers.push(caller);
    zone.misses.push(miss);
  }
  // Other contacts of an alias's zone are made by its other questions, which touch no other zone.
  const source = zones.get(catalogue.registeredName(owners[0] as Name)?.key ?? '');
  if (seen.size > 1) source?.callers.splice(-1, 1, { ...caller, rate: 0 });
}

function addContacts(
  past: Past,
  zone: ZoneCallers,
  misses: Miss[],
  zones: ReadonlyMap<string, ZoneCallers>,
): void {
  const { plan, place, catalogue } = past;
  const { key } = zone.domain.name;
  const hash = hashText(place, key);
  const draw = (k: number): number => mix(plan.seed, PURPOSE.warmContact, place, hash, k);
  for (const { age, caller } of neededContacts(livesOf(past, zone.domain), zone.callers, draw)) {
    const of = zone.misses[caller] as Miss;
    const miss = { ...of, age, rate: 0, quietFrom: age, isAskedAgain: false, isOfUse: true };
    misses.push(miss);
    const source = catalogue.registeredName(of.question.name)?.key ?? key;
    if (source === key) continue;
    zones.get(source)?.callers.push({ rate: 0, ttl: 0, lastMiss: age, isHeld: true });
    zones.get(source)?.misses.push(miss);
  }
}

/** TTLs of what a node knows of a domain's zone, as far as the plan tells. */
function livesOf({ plan, config }: Past, { registry, signed }: Domain): Micros[] {
  const bounded = (ttl: number): Micros => Math.min(ttl, config.maxTtl) * SECOND;
  const { ttl } = registry;
  const lives = [bounded(ttl.delegation)];
  if (!config.validation || registry.signing === null) return lives;
  if (signed) return [...lives, bounded(ttl.ds), bounded(plan.hosting.ttl.dnskey)];
  const negative = Math.min(ttl.nsec, ttl.soa, ttl.negative, config.maxNegativeTtl);
  return [...lives, negative * SECOND];
}

function longestLife({ config }: Past): Micros {
  return Math.max(config.maxTtl, config.maxNegativeTtl) * SECOND;
}

/** Names asked once, the youngest first. */
function addOneOffs(
  past: Past,
  horizon: Micros,
  misses: Miss[],
  zones: Map<string, ZoneCallers>,
): void {
  const { plan, place, questions, popularity, oneOffRate, config } = past;
  if (oneOffRate === 0) return;
  const share = config.validation ? plan.traffic.checkingDisabled : 0;
  let sum = 0;
  for (let k = 0; ; k++) {
    const draw = (n: number): number => mix(plan.seed, PURPOSE.warmOneOff, place, k, n);
    sum += exponential(draw(0)) / oneOffRate;
    if (sum >= horizon) return;
    const age = Math.floor(sum);
    const { question } = questions.oneOff(oneOffSource(place), k, popularity.typeOf(draw(1)));
    const checkingDisabled = fraction(draw(2)) < share;
    const isOfUse = k < RESOLVED_ONE_OFFS && age < config.maxNegativeTtl * SECOND;
    const asked = { rate: 0, quietFrom: age, isAskedAgain: false, isOfUse };
    const miss = { age, question, questionId: -1, checkingDisabled, ...asked };
    misses.push(miss);
    const caller = { rate: 0, ttl: 0, lastMiss: age, isHeld: isOfUse };
    addCaller(past, zones, [question.name], caller, miss);
  }
}

/** Sources of clients are not negative; those of re-checks and of `lifetimes.ts` lie elsewhere. */
export function oneOffSource(place: number): number {
  return -0x4000_0000 + place;
}

/** When the root and the registries were first asked: so that what is known of them was not all fetched at once. */
function addApexes(past: Past, misses: Miss[]): void {
  const { plan, place, config, catalogue } = past;
  const oldest = misses.reduce((age, miss) => Math.max(age, miss.age), 0);
  for (const zone of plan.zones) {
    const draw = fraction(mix(plan.seed, PURPOSE.warmApex, place, hashText(0, zone.apex)));
    // The root before all others, whose first contacts would be its own.
    const life = Math.min(config.maxTtl, isRoot(zone) ? zone.ttl.dnskey : zone.ttl.delegation);
    const age = oldest + Math.floor((draw + (isRoot(zone) ? 1 : 0)) * life * SECOND);
    const isSigned = config.validation && zone.signing !== null;
    const question = { name: catalogue.apexOf(zone), type: isSigned ? TYPE.DNSKEY : TYPE.NS };
    const known = { questionId: -1, checkingDisabled: false, rate: 0, quietFrom: age };
    const what = { isAskedAgain: false, isOfUse: true };
    misses.push({ age, question, ...known, ...what });
  }
}

function isRoot({ apex }: ZonePlan): boolean {
  return apex === '.';
}
