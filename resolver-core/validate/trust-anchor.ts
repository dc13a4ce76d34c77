/**
 * Automated updates of a trust point's keys (RFC 5011): a state machine without time or network of its
 * own. Each DNSKEY RRset that the trust point's servers gave is shown to it, with the instant and what
 * the signature check says; it gives the new state and when to ask next.
 *
 * A key in the state Start or Removed is one that is not tracked, so no record is kept of it. Only keys
 * with the SEP bit are added (RFC 5011 section 3); others are trusted only when an operator gave them,
 * until a key with the bit is valid.
 *
 * As Unbound has it, and where the RFC leaves room: a key whose hold-down is over and that was in every
 * valid RRset, two at least, may itself vouch for the RRset it is found in (section 4.2, AddTime); a
 * missing key is forgotten after a year when there are valid ones; intervals are shortened at random by
 * up to a tenth, so that resolvers do not ask in step.
 */

import type { Name } from '../name/name.ts';
import { DnsKey, dnsKeysOf } from '../rdata.ts';
import type { RRset, Rrsig } from '../rrset.ts';

/** States of RFC 5011 section 4 that a tracked key can be in. */
export type KeyState = 'add-pending' | 'valid' | 'missing' | 'revoked';

export interface TrackedKey {
  /** RDATA of the DNSKEY, with the REVOKE bit once it is revoked. */
  readonly rdata: Uint8Array;
  /** Seconds: original TTL of the RRset in which it was first seen. */
  readonly ttl: number;
  readonly state: KeyState;
  /** While pending, how many valid RRsets had it; else 0. */
  readonly sightings: number;
  /**
   * Seconds since 1970 of the last change of state, which hold-downs are counted from; 0: given by an
   * operator and not seen yet.
   */
  readonly changedAt: number;
}

/** All that is known of one trust point. Instants are in seconds since 1970, 0 for never. */
export interface TrustPoint {
  readonly zone: Name;
  /** Newest first. */
  readonly keys: readonly TrackedKey[];
  /** RDATA of the DS that an operator gave, until a key that they vouch for was seen. */
  readonly ds: readonly Uint8Array[];
  /** When a DNSKEY RRset was last received. */
  readonly lastQueried: number;
  /** When one was last received and valid. */
  readonly lastSuccess: number;
  /** When the next is to be asked for. */
  readonly nextProbe: number;
  /** RRsets in a row that were not valid. */
  readonly failures: number;
  /** Seconds, like `retryInterval` (RFC 5011 section 2.3). */
  readonly queryInterval: number;
  readonly retryInterval: number;
  /** Every key was revoked: the zone counts as one without trust anchor (RFC 5011 section 5). */
  readonly deleted: boolean;
}

/** All in seconds. */
export interface MaintenanceSettings {
  /** How long a new key must be seen before it is trusted. */
  readonly addHoldDown: number;
  /** How long a revoked key is remembered. */
  readonly removeHoldDown: number;
  /** How long a missing key is remembered when others are valid; 0: for ever. */
  readonly keepMissing: number;
  /** Shortest time between two probes. */
  readonly shortestInterval: number;
}

const HOUR = 3_600;
const DAY = 24 * HOUR;

/** RFC 5011 sections 2.3 and 2.4; `keepMissing` is Unbound's. */
export const DEFAULT_MAINTENANCE: MaintenanceSettings = {
  addHoldDown: 30 * DAY,
  removeHoldDown: 30 * DAY,
  keepMissing: 366 * DAY,
  shortestInterval: HOUR,
};

/** RFC 5011 section 2.4.1: at least so many valid RRsets must have had a new key. */
export const LEAST_SIGHTINGS = 2;

/** One DNSKEY RRset of the trust point, as received. */
export interface Sighting {
  readonly rrset: RRset;
  /** Seconds since 1970, of the clock that hold-downs are counted on. */
  readonly at: number;
  /** Seconds since 1970 at which signatures are judged. */
  readonly signatureTime: number;
  /** The RRSIG of the RRset that is good and made by one of the keys; null when there is none. */
  readonly signedBy: (keys: readonly DnsKey[]) => Rrsig | null;
  /** The keys of the RRset that DS records vouch for, revoked ones left out. */
  readonly vouchedFor: (ds: readonly Uint8Array[]) => readonly DnsKey[];
  readonly supports: (algorithm: number) => boolean;
  /** 32 random bits. */
  readonly draw: number;
}

/** A trust point as an operator gives it; its keys are trusted once one of them has signed what is seen. */
export function newTrustPoint(zone: Name, ds: RRset | null, dnskey: RRset | null): TrustPoint {
  const keys = (dnskey?.rdata ?? []).map((rdata): TrackedKey => {
    return { rdata, ttl: dnskey?.ttl ?? 0, state: 'valid', sightings: 0, changedAt: 0 };
  });
  return {
    zone,
    keys,
    ds: ds?.rdata ?? [],
    lastQueried: 0,
    lastSuccess: 0,
    nextProbe: 0,
    failures: 0,
    queryInterval: 0,
    retryInterval: 0,
    deleted: false,
  };
}

/** RDATA of the keys that vouch for the zone now. */
export function trustedKeys(point: TrustPoint): readonly Uint8Array[] {
  return point.keys.filter(isTrusted).map((key) => key.rdata);
}

/** RFC 5011 section 4.2: a missing key is still a trust anchor. */
function isTrusted(key: TrackedKey): boolean {
  return key.state === 'valid' || key.state === 'missing';
}

/** When to ask again, in seconds since 1970, after a probe was sent at `at`: unless it succeeds. */
export function retryAt(
  point: TrustPoint,
  at: number,
  draw: number,
  settings: MaintenanceSettings,
): number {
  return at + jittered(Math.max(point.retryInterval, settings.shortestInterval), draw);
}

/**
 * The trust point after a DNSKEY RRset was seen. `nextProbe` is when to ask again if it is not valid.
 * A trust point that never saw a valid one is left as it is by those that are not (but a revocation
 * counts); one that is deleted stays so.
 */
export function sight(
  before: TrustPoint,
  sighting: Sighting,
  nextProbe: number,
  settings: MaintenanceSettings,
): TrustPoint {
  if (before.deleted) return before;
  const { at } = sighting;
  const found = dnsKeysOf(sighting.rrset);
  const keys = before.keys.map((key) => revBit(key, found, sighting));
  const point: TrustPoint = { ...before, keys };
  // A new key counts from here on if the RRset has it: one that lacks it ends its wait (section 2.4.1).
  const waited = keys.map((key) => (isIn(found, key) ? addTime(key, at, settings) : key));
  const ripe = { ...point, keys: waited };
  const signature = validSignature(ripe, sighting);
  if (signature !== null) return succeed(ripe, found, signature, sighting, settings);
  // RFC 5011 section 5: the last key is revoked. One that has waited long enough did not sign this RRset.
  if (before.keys.length > 0 && point.ds.length === 0 && !keys.some(isTrusted)) {
    return { ...point, deleted: true, lastQueried: at, lastSuccess: at, nextProbe: 0 };
  }
  if (point.lastSuccess === 0) return point;
  return { ...point, lastQueried: at, nextProbe, failures: point.failures + 1 };
}

/** AddTime (RFC 5011 section 4.1): the key was in every valid RRset for the whole hold-down. */
function addTime(key: TrackedKey, at: number, settings: MaintenanceSettings): TrackedKey {
  if (key.state !== 'add-pending' || key.sightings < LEAST_SIGHTINGS) return key;
  // RFC 5011 section 2.4.1: or the TTL of the first RRset that had it, whichever is longer.
  if (at < key.changedAt + Math.max(settings.addHoldDown, key.ttl)) return key;
  return { ...key, state: 'valid', sightings: 0, changedAt: at };
}

/**
 * RevBit (RFC 5011 section 2.1): seen with the REVOKE bit in an RRset that it signed itself. Nobody
 * else needs to have signed it, and nothing else of the RRset is believed for it.
 */
function revBit(key: TrackedKey, found: readonly DnsKey[], sighting: Sighting): TrackedKey {
  if (!isTrusted(key)) return key;
  const revoked = found.find((each) => each.isRevoked && isSameKey(each.rdata, key.rdata));
  if (revoked === undefined || sighting.signedBy([revoked]) === null) return key;
  return { ...key, rdata: revoked.rdata, state: 'revoked', sightings: 0, changedAt: sighting.at };
}

/** Without the REVOKE bit. */
function isIn(found: readonly DnsKey[], key: TrackedKey): boolean {
  return found.some((each) => !each.isRevoked && isSameKey(each.rdata, key.rdata));
}

function validSignature(point: TrustPoint, sighting: Sighting): Rrsig | null {
  if (point.ds.length > 0) {
    const vouched = sighting.vouchedFor(point.ds);
    const signature = vouched.length === 0 ? null : sighting.signedBy(vouched);
    if (signature !== null) return signature;
  }
  const trusted = trustedKeys(point).map((rdata) => new DnsKey(rdata));
  const usable = trusted.filter((key) => sighting.supports(key.algorithm));
  return usable.length === 0 ? null : sighting.signedBy(usable);
}

/** The RRset is valid: the transitions of RFC 5011 section 4.1, and the next probe. */
function succeed(
  point: TrustPoint,
  found: readonly DnsKey[],
  signature: Rrsig,
  sighting: Sighting,
  settings: MaintenanceSettings,
): TrustPoint {
  const { at, draw } = sighting;
  const seen = found.filter(
    (key) => key.isSecureEntryPoint && !key.isRevoked && sighting.supports(key.algorithm),
  );
  let keys: TrackedKey[] = [];
  for (const key of point.keys) {
    const isSeen = seen.some((each) => isSameKey(each.rdata, key.rdata));
    const next = isSecureEntryPoint(key) ? transition(key, isSeen, at, settings) : key;
    if (next !== null) keys.push(next);
  }
  const vouched = point.ds.length === 0 ? [] : sighting.vouchedFor(point.ds);
  for (const key of seen) {
    if (point.keys.some((each) => isSameKey(each.rdata, key.rdata))) continue;
    const isVouchedFor = vouched.includes(key);
    keys.unshift(newKey(key.rdata, signature.originalTtl, isVouchedFor, at));
  }
  keys = settle(keys, at, settings);
  const intervals = intervalsOf(signature, sighting, settings);
  return {
    ...point,
    keys,
    ds: keys.some(isTrusted) ? [] : point.ds,
    lastQueried: at,
    lastSuccess: at,
    nextProbe: at + jittered(intervals.queryInterval, draw),
    failures: 0,
    ...intervals,
  };
}

/** NewKey: pending, unless a DS of the operator's vouches for it. */
function newKey(rdata: Uint8Array, ttl: number, isVouchedFor: boolean, at: number): TrackedKey {
  return isVouchedFor
    ? { rdata, ttl, state: 'valid', sightings: 0, changedAt: at }
    : { rdata, ttl, state: 'add-pending', sightings: 1, changedAt: at };
}

/**
 * What becomes of a key that a valid RRset has (without the REVOKE bit) or lacks; null when it is
 * forgotten.
 */
function transition(
  key: TrackedKey,
  isSeen: boolean,
  at: number,
  settings: MaintenanceSettings,
): TrackedKey | null {
  switch (key.state) {
    case 'add-pending':
      // KeyRem: to Start. It waits from the beginning when it comes back.
      return isSeen ? addTime({ ...key, sightings: key.sightings + 1 }, at, settings) : null;
    case 'valid':
      if (!isSeen) return { ...key, state: 'missing', changedAt: at }; // KeyRem
      return key.changedAt === 0 ? { ...key, changedAt: at } : key;
    case 'missing':
      return isSeen ? { ...key, state: 'valid', changedAt: at } : key; // KeyPres
    case 'revoked':
      if (isSeen) return { ...key, changedAt: at }; // it is not to come back as a new key
      return at >= key.changedAt + settings.removeHoldDown ? null : key; // RemTime: to Removed
  }
}

/** Given keys without SEP bit make way for those that have it, long missing keys for valid ones. */
function settle(
  keys: readonly TrackedKey[],
  at: number,
  { keepMissing }: MaintenanceSettings,
): TrackedKey[] {
  const isEntry = (key: TrackedKey): boolean => isSecureEntryPoint(key) && key.state === 'valid';
  let settled = [...keys];
  const isGiven = (key: TrackedKey): boolean => !isSecureEntryPoint(key) && isTrusted(key);
  if (!settled.some(isEntry) && settled.some(isGiven)) {
    // Trusted by the operator's word, which was for a key that may be rolled before any hold-down ends.
    settled = settled.map((key) => {
      if (key.state !== 'add-pending') return key;
      return { ...key, state: 'valid', sightings: 0, changedAt: at };
    });
  }
  if (!settled.some(isEntry)) return settled;
  return settled.filter((key) => {
    if (!isSecureEntryPoint(key)) return false;
    return key.state !== 'missing' || keepMissing === 0 || at < key.changedAt + keepMissing;
  });
}

/** RFC 5011 section 2.3. */
function intervalsOf(
  { originalTtl }: Rrsig,
  { rrset, signatureTime }: Sighting,
  { shortestInterval }: MaintenanceSettings,
): Pick<TrustPoint, 'queryInterval' | 'retryInterval'> {
  let life = Number.POSITIVE_INFINITY;
  for (const rrsig of rrset.signatures) {
    const left = (rrsig.expiration - signatureTime) | 0;
    if (left > 0) life = Math.min(life, left);
  }
  const part = (longest: number, divisor: number): number =>
    Math.max(
      shortestInterval,
      Math.min(longest, Math.floor(originalTtl / divisor), Math.floor(life / divisor)),
    );
  return { queryInterval: part(15 * DAY, 2), retryInterval: part(DAY, 10) };
}

/** Nine to ten tenths of an interval. */
function jittered(interval: number, draw: number): number {
  const tenth = Math.floor(interval / 10);
  return interval - tenth + (tenth === 0 ? 0 : draw % tenth);
}

const REVOKE = 0x80;
const SEP = 0x01;

function isSecureEntryPoint({ rdata }: TrackedKey): boolean {
  return ((rdata[1] as number) & SEP) !== 0;
}

/** True for the same key, revoked or not: the flag is part of its RDATA. */
function isSameKey(a: Uint8Array, b: Uint8Array): boolean {
  if (a === b) return true;
  if (a.length !== b.length || a[0] !== b[0]) return false;
  if (((a[1] as number) | REVOKE) !== ((b[1] as number) | REVOKE)) return false;
  for (let i = 2; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
