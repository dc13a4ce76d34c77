/**
 * Checks the signatures of one RRset against the keys of its zone (RFC 4035 section 5.3, RFC 4034
 * section 3.1, RFC 5011 section 2.1). Whether those keys may be trusted, and whether a wildcard
 * expansion was due (`proveWildcardAnswer`), is for the caller to find out.
 *
 * Any one valid signature suffices (RFC 6840 section 5.11), unless the caller names algorithms each of
 * which must have a good one (`hardenAlgorithmDowngrade`). When all fail, the cause is that of the
 * failure that says most, in this order: expired, not yet valid, expires before it is valid, key
 * without zone bit, no key, and last what EDE calls just bogus (labels, then arithmetic). So Knot
 * Resolver ranks them: a named check over code 6. An RRSIG of another signer or type counts as
 * absent: were there no other, the cause is a missing signature.
 *
 * Cost with a remembered verdict: some tens of nanoseconds and the returned object.
 *
 * A lookup pays for each verification out of its budget (KeyTrap, CVE-2023-50387), whether the verdict
 * was remembered or not: what one node may do must not depend on what another has done.
 */

import type { SignatureSkew } from '../config.ts';
import { rrsigLabels } from '../crypto/signed-data.ts';
import { verifySignature } from '../crypto/verify.ts';
import {
  MAX_KEYS_PER_SIGNATURE,
  MAX_SIGNATURES_PER_RRSET,
  MAX_VERIFICATIONS_PER_LOOKUP,
} from '../limits.ts';
import type { Name } from '../name/name.ts';
import type { DnsKey } from '../rdata.ts';
import type { RRset, Rrsig } from '../rrset.ts';
import { TYPE } from '../wire/iana.ts';
import { serialLess } from '../wire/serial.ts';
import {
  type BogusCause,
  failedSignature,
  missingSignature,
  type SignatureFailure,
} from './cause.ts';

interface Secure {
  readonly kind: 'secure';
  readonly signature: Rrsig;
  /** When the RRset was synthesised from a wildcard: the closest encloser, to which `*` belongs. */
  readonly wildcard: Name | null;
  /** Seconds since 1970: the last second at which the signature is valid. */
  readonly expiresAt: number;
  /** Seconds: bound on the TTL from now (RFC 4035 section 5.3.3). */
  readonly ttl: number;
}

interface BogusVerdict {
  readonly kind: 'bogus';
  readonly cause: BogusCause;
}

export type RrsetVerdict = Secure | BogusVerdict;

/** Is told of every RRSIG judged, remembered or not: once per check, whatever number of keys it took. */
export interface SignatureObserver {
  signatureChecked(rrsig: Rrsig, ok: boolean): void;
}

/** What a check asks of its node. */
export interface CheckContext {
  /** Seconds since 1970. */
  readonly signatureTime: number;
  readonly config: { readonly signatureSkew: SignatureSkew | null };
  readonly ports: { readonly signatures: SignatureObserver };
  /** Of the lookup that the check is for. */
  readonly budget: { verifications: number };
}

/** DNSKEY protocol field (RFC 4034 section 2.1.2). */
const PROTOCOL_DNSSEC = 3;

/** Rank of failures: a higher one replaces a lower as the cause. */
const RANK: Readonly<Record<SignatureFailure, number>> = {
  'too-much-work': 8,
  expired: 7,
  'not-yet-valid': 6,
  'expired-before-valid': 5,
  'no-zone-key-bit': 4,
  'no-key': 3,
  'bad-labels': 2,
  'bad-signature': 1,
};

/** In place of an algorithm number: any. */
const ANY_ALGORITHM = -1;

/**
 * `zone` is the zone that the RRset belongs to (for DS the parent), `keys` its DNSKEYs. A revoked key
 * counts only for the DNSKEY RRset that it is in. `algorithms`: of each a signature must be good; null
 * when one signature is enough.
 */
export function checkRrset(
  context: CheckContext,
  rrset: RRset,
  zone: Name,
  keys: readonly DnsKey[],
  algorithms: readonly number[] | null,
): RrsetVerdict {
  if (algorithms === null) return checkSignatures(context, rrset, zone, keys, ANY_ALGORITHM);
  let shortest: Secure | null = null;
  for (const algorithm of algorithms) {
    const verdict = checkSignatures(context, rrset, zone, keys, algorithm);
    if (verdict.kind === 'bogus') return verdict;
    if (shortest === null || verdict.expiresAt < shortest.expiresAt) shortest = verdict;
  }
  return shortest ?? { kind: 'bogus', cause: missingSignature(rrset, null) };
}

function checkSignatures(
  context: CheckContext,
  rrset: RRset,
  zone: Name,
  keys: readonly DnsKey[],
  algorithm: number,
): Secure | BogusVerdict {
  const { signatureTime: epochSec } = context;
  const labels = rrsigLabels(rrset.name);
  let tried = 0;
  let failure: SignatureFailure | undefined;
  let failed: Rrsig | undefined;
  if (rrset.name.isAtOrBelow(zone)) {
    for (const rrsig of rrset.signatures) {
      if (rrsig.typeCovered !== rrset.type || !rrsig.signer.equals(zone)) continue;
      if (algorithm !== ANY_ALGORITHM && rrsig.algorithm !== algorithm) continue;
      if (tried++ === MAX_SIGNATURES_PER_RRSET) break;
      const found = judge(context, rrset, rrsig, labels, keys, epochSec);
      context.ports.signatures.signatureChecked(rrsig, found === undefined);
      if (found === undefined) return secure(context, rrset, rrsig, labels, epochSec);
      if (failure === undefined || RANK[found] > RANK[failure]) {
        failure = found;
        failed = rrsig;
      }
      if (found === 'too-much-work') break;
    }
  }
  const cause =
    failure === undefined || failed === undefined
      ? missingSignature(rrset, algorithm === ANY_ALGORITHM ? null : algorithm)
      : failedSignature(failure, rrset, failed, epochSec);
  return { kind: 'bogus', cause };
}

/** The first check of RFC 4035 section 5.3.1 that the RRSIG fails, undefined when it is good. */
function judge(
  context: CheckContext,
  rrset: RRset,
  rrsig: Rrsig,
  labels: number,
  keys: readonly DnsKey[],
  epochSec: number,
): SignatureFailure | undefined {
  if (rrsig.labels > labels || rrsig.labels < rrsig.signer.labelCount) return 'bad-labels';
  const time = judgeTime(rrsig, epochSec, context.config.signatureSkew);
  if (time !== undefined) return time;
  const { budget } = context;
  let candidates = 0;
  let withoutZoneBit = false;
  for (const key of keys) {
    if (key.keyTag !== rrsig.keyTag || key.algorithm !== rrsig.algorithm) continue;
    if (key.protocol !== PROTOCOL_DNSSEC) continue;
    if (key.isRevoked && rrset.type !== TYPE.DNSKEY) continue;
    if (!key.isZoneKey) {
      withoutZoneBit = true;
      continue;
    }
    if (candidates++ === MAX_KEYS_PER_SIGNATURE) break;
    if (budget.verifications++ >= MAX_VERIFICATIONS_PER_LOOKUP) return 'too-much-work';
    if (verifySignature(rrset, rrsig, key)) return undefined;
  }
  if (candidates > 0) return 'bad-signature';
  return withoutZoneBit ? 'no-zone-key-bit' : 'no-key';
}

/** Serial numbers are compared modulo 2^32, so the clock may be past them. */
function judgeTime(
  { inception, expiration }: Rrsig,
  epochSec: number,
  skew: SignatureSkew | null,
): SignatureFailure | undefined {
  if (serialLess(expiration, inception)) return 'expired-before-valid';
  if (serialLess(expiration, epochSec)) {
    const late = (epochSec - expiration) >>> 0;
    if (late > tolerance(inception, expiration, skew)) return 'expired';
  } else if (serialLess(epochSec, inception)) {
    const early = (inception - epochSec) >>> 0;
    if (early > tolerance(inception, expiration, skew)) return 'not-yet-valid';
  }
  return undefined;
}

/** Seconds by which the clock may be wrong, for a signature of this lifetime. */
function tolerance(inception: number, expiration: number, skew: SignatureSkew | null): number {
  if (skew === null) return 0;
  const share = Math.floor(((expiration - inception) >>> 0) * skew.fraction);
  return Math.min(Math.max(share, skew.min), skew.max);
}

/** A signature past its end that is tolerated lives as long as the tolerance lasts. */
function secure(
  { config: { signatureSkew: skew } }: CheckContext,
  rrset: RRset,
  rrsig: Rrsig,
  labels: number,
  epochSec: number,
): Secure {
  const { inception, expiration } = rrsig;
  const isOver = serialLess(expiration, epochSec);
  const end = isOver ? expiration + tolerance(inception, expiration, skew) : expiration;
  const remaining = (end - epochSec) >>> 0;
  return {
    kind: 'secure',
    signature: rrsig,
    wildcard: rrsig.labels < labels ? rrset.name.ancestor(rrsig.labels) : null,
    expiresAt: epochSec + remaining,
    ttl: Math.min(rrset.ttl, rrsig.originalTtl, remaining),
  };
}
