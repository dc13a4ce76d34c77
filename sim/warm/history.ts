/**
 * What is resolved again of a node's past, and when: the last miss of each catalogue question whose
 * answer is still held (`last-miss.ts`), the contacts on which what is known of the zones hangs
 * (`contacts.ts`), a first question about the root and each registry, at random before all that, and the
 * names asked once that still lie in the table.
 *
 * Every draw is named by the seed, its purpose, the colo, the node and what it is for, so variants share
 * their past as far as their settings allow.
 *
 * Limitations: a question is asked at its mean rate; what clients repeat after failures, and what a
 * node refreshes before its time, is not in the rates.
 */

import type { ResolverConfig } from '../../resolver-core/config.ts';
import type { Question } from '../../resolver-core/message.ts';
import { type Micros, SECOND } from '../../resolver-core/time.ts';
import { TYPE } from '../../resolver-core/wire/iana.ts';
import type { Catalogue, Domain } from '../authority/catalogue.ts';
import type { Popularity } from '../clients/popularity.ts';
import type { Questions } from '../cluster/questions.ts';
import { exponential } from '../engine/math.ts';
import { fraction, hashText, mix, PURPOSE } from '../engine/random.ts';
import type { Plan, ZonePlan } from '../plan.ts';
import { type Caller, neededContacts } from './contacts.ts';
import { lastMissAge } from './last-miss.ts';
import type { Lifetimes } from './lifetimes.ts';

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
  /** Queries per microsecond that reach it, by question id. */
  readonly rates: Float64Array;
  /** Those for names asked once. */
  readonly oneOffRate: number;
}

/** More than the table takes, so that it is full, and has begun to choose. */
const OVERFILL = 1.25;

/** The misses of one node, in no order. */
export function missesOf(past: Past): Miss[] {
  const { misses, zones } = lastMisses(past);
  for (const [key, zone] of zones) addContacts(past, key, zone, misses);
  addOneOffs(past, misses);
  addApexes(past, misses);
  return misses;
}

interface ZoneCallers {
  readonly domain: Domain;
  readonly callers: Caller[];
  readonly misses: Miss[];
}

/** The last misses that matter, those that are still held, and the callers of each domain's zone. */
function lastMisses(past: Past): { misses: Miss[]; zones: Map<string, ZoneCallers> } {
  const { plan, questions, rates, config } = past;
  const misses: Miss[] = [];
  const zones = new Map<string, ZoneCallers>();
  const share = config.validation ? plan.traffic.checkingDisabled : 0;
  for (let id = 0; id < questions.count; id++) {
    const rate = rates[id] as number;
    const validated = rate * (1 - share);
    if (validated > 0) addLastMiss(past, id, false, validated, misses, zones);
    if (rate * share > 0) addLastMiss(past, id, true, rate * share, misses, zones);
  }
  return { misses, zones };
}

function addLastMiss(
  past: Past,
  questionId: number,
  checkingDisabled: boolean,
  rate: number,
  misses: Miss[],
  zones: Map<string, ZoneCallers>,
): void {
  const { plan, place, questions, stale } = past;
  const key = checkingDisabled ? questionId + questions.count : questionId;
  const which = mix(plan.seed, PURPOSE.warmMiss, place, key, 0);
  const when = mix(plan.seed, PURPOSE.warmMiss, place, key, 1);
  // Whatever its TTL, it is not fresh, and was not asked for since anything began that matters.
  const longest = longestLife(past);
  const x = rate * longest;
  if (fraction(which) * (1 + x) >= x && exponential(when) / rate > stale + 2 * longest) return;
  const { ttl, owners } = past.lifetimes.of(questionId, checkingDisabled);
  const lastMiss = lastMissAge(rate, ttl, which, when);
  const isHeld = ttl > 0 && lastMiss < ttl + stale;
  const question = questions.question(questionId);
  const quietFrom = Math.max(0, lastMiss - ttl);
  const miss = { age: lastMiss, question, questionId, checkingDisabled, rate, quietFrom };
  if (isHeld) misses.push(miss);
  const seen = new Set<string>();
  for (const owner of owners) {
    const name = past.catalogue.registeredName(owner);
    if (name === undefined || seen.has(name.key)) continue;
    seen.add(name.key);
    let zone = zones.get(name.key);
    if (zone === undefined) {
      const domain = past.catalogue.domain(name);
      if (domain === undefined) continue;
      zone = { domain, callers: [], misses: [] };
      zones.set(name.key, zone);
    }
    zone.callers.push({ rate, ttl, lastMiss, isHeld });
    zone.misses.push(miss);
  }
}

function addContacts(past: Past, key: string, zone: ZoneCallers, misses: Miss[]): void {
  const { plan, place } = past;
  const hash = hashText(place, key);
  const draw = (k: number): number => mix(plan.seed, PURPOSE.warmContact, place, hash, k);
  for (const { age, caller } of neededContacts(livesOf(past, zone.domain), zone.callers, draw)) {
    const of = zone.misses[caller] as Miss;
    misses.push({ ...of, age, rate: 0, quietFrom: age });
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

/** Names asked once, the youngest first, until they are too old to be held or there is no room left. */
function addOneOffs(past: Past, misses: Miss[]): void {
  const { plan, place, questions, popularity, oneOffRate, stale, config } = past;
  if (oneOffRate === 0) return;
  const oldest = stale + config.maxNegativeTtl * SECOND;
  const room = OVERFILL * config.answers - misses.length;
  let age = 0;
  for (let k = 0; k < room; k++) {
    age += exponential(mix(plan.seed, PURPOSE.warmOneOff, place, k, 0)) / oneOffRate;
    if (age >= oldest) return;
    const type = popularity.typeOf(mix(plan.seed, PURPOSE.warmOneOff, place, k, 1));
    const { question } = questions.oneOff(oneOffSource(place), k, type);
    const checkingDisabled =
      config.validation &&
      fraction(mix(plan.seed, PURPOSE.warmOneOff, place, k, 2)) < plan.traffic.checkingDisabled;
    const at = Math.floor(age);
    misses.push({ age: at, question, questionId: -1, checkingDisabled, rate: 0, quietFrom: at });
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
    misses.push({ age, question, ...known });
  }
}

function isRoot({ apex }: ZonePlan): boolean {
  return apex === '.';
}
