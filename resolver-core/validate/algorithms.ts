/**
 * Which DS records of a delegation the validator can use (RFC 4035 section 5.2, RFC 4509 section 3,
 * RFC 6840 section 5.2). A delegation that leaves none is insecure, as if it had no DS.
 *
 * Whether every algorithm among them must have signed is asked in `rrset-check.ts`.
 */

import { isSupportedAlgorithm, isSupportedDigest } from '../crypto/verify.ts';
import type { ExtendedError } from '../message.ts';
import type { Name } from '../name/name.ts';
import type { DnsKey, Ds } from '../rdata.ts';
import { DIGEST, EDE } from '../wire/iana.ts';
import { nameText } from './cause.ts';

export type DsSelection =
  | { readonly kind: 'usable'; readonly ds: readonly Ds[] }
  /** EDE 1 when no algorithm, 2 when no digest type of the remaining DS is supported. */
  | { readonly kind: 'insecure'; readonly error: ExtendedError };

/**
 * The DS records of `zone` to match with its DNSKEYs. `ds` is the whole secure DS RRset, not empty;
 * `legacy` is the setting `legacyAlgorithms`.
 */
export function selectDs(zone: Name, ds: readonly Ds[], legacy: boolean): DsSelection {
  const signable = ds.filter((each) => isSupportedAlgorithm(each.algorithm, legacy));
  if (signable.length === 0) {
    const numbers = listed(ds.map((each) => each.algorithm));
    const text = `no supported DNSKEY algorithm in DS of ${nameText(zone)} (algorithm ${numbers})`;
    return { kind: 'insecure', error: { code: EDE.UNSUPPORTED_DNSKEY_ALGORITHM, text } };
  }
  const usable = signable.filter((each) => isSupportedDigest(each.digestType));
  if (usable.length === 0) {
    const numbers = listed(signable.map((each) => each.digestType));
    const text = `no supported digest type in DS of ${nameText(zone)} (digest type ${numbers})`;
    return { kind: 'insecure', error: { code: EDE.UNSUPPORTED_DS_DIGEST, text } };
  }
  // RFC 4509 section 3: SHA-1 is not looked at beside a stronger digest.
  const stronger = usable.filter((each) => each.digestType !== DIGEST.SHA1);
  return { kind: 'usable', ds: stronger.length > 0 ? stronger : usable };
}

/** The keys that may have signed what is to be believed. */
export function usableKeys(keys: readonly DnsKey[], legacy: boolean): readonly DnsKey[] {
  const usable = (key: DnsKey): boolean => isSupportedAlgorithm(key.algorithm, legacy);
  return keys.every(usable) ? keys : keys.filter(usable);
}

/** The algorithms of `ds`, each once, in the order of their numbers. */
export function algorithmsOf(ds: readonly Ds[]): readonly number[] {
  return [...new Set(ds.map((each) => each.algorithm))].sort((a, b) => a - b);
}

function listed(numbers: readonly number[]): string {
  return [...new Set(numbers)].sort((a, b) => a - b).join(', ');
}
