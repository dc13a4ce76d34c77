/**
 * Checks the signatures of one RRset against the keys of its zone (RFC 4035 section 5.3, RFC 4034
 * section 3.1, RFC 5011 section 2.1). Whether those keys may be trusted, and whether a wildcard
 * expansion was due (`proveWildcardAnswer`), is for the caller to find out.
 *
 * Any one valid signature suffices (RFC 6840 section 5.11). When all fail, the cause is that of the
 * failure that says most, in this order: expired, not yet valid, expires before it is valid, key
 * without zone bit, no key, and last what EDE calls just bogus (labels, then arithmetic). So Knot
 * Resolver ranks them: a named check over code 6. An RRSIG of another signer or type counts as
 * absent: were there no other, the cause is a missing signature.
 *
 * Cost with a remembered verdict: some tens of nanoseconds and the returned object.
 *
 * Limitations: no skew is allowed at either end of the signature's time (as BIND and Knot Resolver).
 */

import { rrsigLabels } from '../crypto/signed-data.ts';
import { verifySignature } from '../crypto/verify.ts';
import { MAX_KEYS_PER_SIGNATURE, MAX_SIGNATURES_PER_RRSET } from '../limits.ts';
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

export type RrsetVerdict =
  | {
      readonly kind: 'secure';
      readonly signature: Rrsig;
      /** When the RRset was synthesised from a wildcard: the closest encloser, to which `*` belongs. */
      readonly wildcard: Name | null;
      /** Seconds since 1970: the last second at which the signature is valid. */
      readonly expiresAt: number;
      /** Seconds: bound on the TTL from now (RFC 4035 section 5.3.3). */
      readonly ttl: number;
    }
  | { readonly kind: 'bogus'; readonly cause: BogusCause };

/** Is told of every RRSIG judged, remembered or not: once per check, whatever number of keys it took. */
export interface SignatureObserver {
  signatureChecked(rrsig: Rrsig, ok: boolean): void;
}

/** DNSKEY protocol field (RFC 4034 section 2.1.2). */
const PROTOCOL_DNSSEC = 3;

/** Rank of failures: a higher one replaces a lower as the cause. */
const RANK: Readonly<Record<SignatureFailure, number>> = {
  expired: 7,
  'not-yet-valid': 6,
  'expired-before-valid': 5,
  'no-zone-key-bit': 4,
  'no-key': 3,
  'bad-labels': 2,
  'bad-signature': 1,
};

/**
 * `zone` is the zone that the RRset belongs to (for DS the parent), `keys` its DNSKEYs; `epochSec`
 * the clock in seconds since 1970. A revoked key counts only for the DNSKEY RRset that it is in.
 */
export function checkRrset(
  rrset: RRset,
  zone: Name,
  keys: readonly DnsKey[],
  epochSec: number,
  counters: SignatureObserver,
): RrsetVerdict {
  const labels = rrsigLabels(rrset.name);
  let tried = 0;
  let failure: SignatureFailure | undefined;
  let failed: Rrsig | undefined;
  if (rrset.name.isAtOrBelow(zone)) {
    for (const rrsig of rrset.signatures) {
      if (rrsig.typeCovered !== rrset.type || !rrsig.signer.equals(zone)) continue;
      if (tried++ === MAX_SIGNATURES_PER_RRSET) break;
      const found = judge(rrset, rrsig, labels, keys, epochSec);
      counters.signatureChecked(rrsig, found === undefined);
      if (found === undefined) return secure(rrset, rrsig, labels, epochSec);
      if (failure === undefined || RANK[found] > RANK[failure]) {
        failure = found;
        failed = rrsig;
      }
    }
  }
  const cause =
    failure === undefined || failed === undefined
      ? missingSignature(rrset)
      : failedSignature(failure, rrset, failed, epochSec);
  return { kind: 'bogus', cause };
}

/** The first check of RFC 4035 section 5.3.1 that the RRSIG fails, undefined when it is good. */
function judge(
  rrset: RRset,
  rrsig: Rrsig,
  labels: number,
  keys: readonly DnsKey[],
  epochSec: number,
): SignatureFailure | undefined {
  if (rrsig.labels > labels || rrsig.labels < rrsig.signer.labelCount) return 'bad-labels';
  // Serial numbers are compared modulo 2^32, so the clock may be past them.
  if (serialLess(rrsig.expiration, rrsig.inception)) return 'expired-before-valid';
  if (serialLess(rrsig.expiration, epochSec)) return 'expired';
  if (serialLess(epochSec, rrsig.inception)) return 'not-yet-valid';
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
    if (verifySignature(rrset, rrsig, key)) return undefined;
  }
  if (candidates > 0) return 'bad-signature';
  return withoutZoneBit ? 'no-zone-key-bit' : 'no-key';
}

function secure(rrset: RRset, rrsig: Rrsig, labels: number, epochSec: number): RrsetVerdict {
  const remaining = (rrsig.expiration - epochSec) >>> 0;
  return {
    kind: 'secure',
    signature: rrsig,
    wildcard: rrsig.labels < labels ? rrset.name.ancestor(rrsig.labels) : null,
    expiresAt: epochSec + remaining,
    ttl: Math.min(rrset.ttl, rrsig.originalTtl, remaining),
  };
}
