/**
 * From DS to DNSKEY (RFC 4035 section 5.2): which keys of a zone the parent vouches for, and whether
 * one of them signed the zone's DNSKEY RRset.
 */

import { ZoneKeys } from '../cache/zone-cuts.ts';
import { digestDs } from '../crypto/verify.ts';
import { MAX_DS_DIGESTS, MAX_KEYS_PER_SIGNATURE } from '../limits.ts';
import type { ExtendedError } from '../message.ts';
import { compareOctets } from '../name/canonical.ts';
import type { Name } from '../name/name.ts';
import type { NodeState } from '../node.ts';
import { type DnsKey, type Ds, dnsKeysOf, dsOf } from '../rdata.ts';
import type { RRset } from '../rrset.ts';
import { type Micros, SECOND } from '../time.ts';
import { EDE } from '../wire/iana.ts';
import { algorithmsOf, selectDs, usableKeys } from './algorithms.ts';
import { nameText } from './cause.ts';
import { checkRrset } from './rrset-check.ts';

export type KeysVerdict =
  | { readonly kind: 'secure'; readonly keys: ZoneKeys }
  /** No DS of a kind that is supported: the zone counts as unsigned. */
  | { readonly kind: 'insecure'; readonly error: ExtendedError }
  | { readonly kind: 'bogus'; readonly error: ExtendedError };

/** Judges the DNSKEY RRset of `zone`, good until `goodUntil` at the latest, under its secure DS RRset. */
export function judgeKeys(
  node: NodeState,
  zone: Name,
  ds: RRset,
  dnskey: RRset,
  goodUntil: Micros,
): KeysVerdict {
  const { legacyAlgorithms, hardenAlgorithmDowngrade, maxTtl } = node.config;
  const selection = selectDs(zone, dsOf(ds), legacyAlgorithms);
  if (selection.kind === 'insecure') return selection;
  const keys = usableKeys(dnsKeysOf(dnskey), legacyAlgorithms);
  let vouched: readonly DnsKey[] = vouchedFor(zone, selection.ds, keys);
  // RFC 5011 section 4.2: a key that is missing from the RRset is still a trust anchor, and may sign it.
  if (vouched.length === 0 && node.trustPoints !== null) {
    vouched = usableKeys(node.trustPoints.trustedKeys(zone), legacyAlgorithms);
  }
  if (vouched.length === 0)
    return { kind: 'bogus', error: noMatchingKey(zone, selection.ds, keys) };
  const algorithms = hardenAlgorithmDowngrade ? algorithmsOf(selection.ds) : null;
  const verdict = checkRrset(node, dnskey, zone, vouched, algorithms);
  const text =
    verdict.kind === 'bogus'
      ? verdict.cause.text
      : `signed by keytag=${verdict.signature.keyTag}, which the DS vouches for`;
  const error = verdict.kind === 'bogus' ? verdict.cause : null;
  node.observe?.({ kind: 'validate', rrset: dnskey, error, text });
  if (verdict.kind === 'bogus') return { kind: 'bogus', error: verdict.cause };
  const ttl = Math.min(verdict.ttl, maxTtl);
  const expiresAt = Math.min(goodUntil, node.clock + ttl * SECOND);
  return { kind: 'secure', keys: new ZoneKeys(keys, dnskey, ds, algorithms, expiresAt) };
}

/** The keys that a DS names; digests are made for the pairs whose tags agree, and not for ever. */
export function vouchedFor(zone: Name, ds: readonly Ds[], keys: readonly DnsKey[]): DnsKey[] {
  const out: DnsKey[] = [];
  let digests = 0;
  for (const key of keys) {
    if (key.isRevoked) continue;
    for (const each of ds) {
      if (each.keyTag !== key.keyTag || each.algorithm !== key.algorithm) continue;
      if (digests++ === MAX_DS_DIGESTS) return out;
      const digest = digestDs(zone, key.rdata, each.digestType);
      if (digest === undefined || compareOctets(digest, each.digest) !== 0) continue;
      out.push(key);
      break;
    }
  }
  return out;
}

function noMatchingKey(zone: Name, ds: readonly Ds[], keys: readonly DnsKey[]): ExtendedError {
  const wanted = tags(ds.map((each) => each.keyTag));
  const found = tags(keys.map((key) => key.keyTag));
  const text = `no DNSKEY of ${nameText(zone)} matches its DS (keytag=${wanted}; DNSKEY has ${found})`;
  return { code: EDE.DNSKEY_MISSING, text };
}

function tags(values: readonly number[]): string {
  const distinct = [...new Set(values)].slice(0, MAX_KEYS_PER_SIGNATURE * 4);
  return distinct.sort((a, b) => a - b).join(',') || 'none';
}
