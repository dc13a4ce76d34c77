/**
 * Why data is bogus: the Extended DNS Error (RFC 8914) that travels to the client, with the RRset
 * and the key tag it is about. Every text of the validator is made here, and only when something
 * failed. The style is that of 1.1.1.1: `owner/type (keytag=n)`.
 */

import { MAX_VERIFICATIONS_PER_LOOKUP } from '../limits.ts';
import type { Name } from '../name/name.ts';
import type { RRset, Rrsig } from '../rrset.ts';
import { formatInstant } from '../text/instant.ts';
import { EDE, typeName } from '../wire/iana.ts';
import type { UnprovenReason } from './proof.ts';

export interface BogusCause {
  /** INFO-CODE of RFC 8914. */
  readonly code: number;
  readonly text: string;
  /** null when no RRset is at fault but the absence of one. */
  readonly rrset: RRset | null;
  readonly keyTag: number | null;
}

/** A name as the texts show it: no final dot but for the root. */
export function nameText(name: Name): string {
  return name.isRoot ? '.' : name.toString().slice(0, -1);
}

/** `example.de/nsec3`. */
export function recordText(name: Name, type: number): string {
  return `${nameText(name)}/${typeName(type).toLowerCase()}`;
}

/**
 * No RRSIG of the zone, and of `algorithm` unless null, covers the RRset. Where others do, what is missing
 * is not the signature that RFC 8914 section 4.11 means: then it is just bogus.
 */
export function missingSignature(rrset: RRset, algorithm: number | null): BogusCause {
  const wanted = algorithm === null ? 'RRSIG' : `RRSIG of algorithm ${algorithm}`;
  const text = `no ${wanted} found for ${recordText(rrset.name, rrset.type)}`;
  const code = algorithm === null ? EDE.RRSIGS_MISSING : EDE.DNSSEC_BOGUS;
  return { code, text, rrset, keyTag: null };
}

/** The zone has DS, and its servers have no DNSKEY RRset. */
export function missingKeys(zone: Name): BogusCause {
  const text = `no DNSKEY RRset found for ${nameText(zone)}`;
  return { code: EDE.DNSKEY_MISSING, text, rrset: null, keyTag: null };
}

/** What a DNAME at a wildcard means is not defined (RFC 4592 section 4.4). */
export function wildcardDname(rrset: RRset): BogusCause {
  const text = `${recordText(rrset.name, rrset.type)} is made from a wildcard`;
  return { code: EDE.DNSSEC_BOGUS, text, rrset, keyTag: null };
}

/** How one RRSIG failed, the first check of RFC 4035 section 5.3 that it did not pass. */
export type SignatureFailure =
  | 'expired'
  | 'not-yet-valid'
  | 'expired-before-valid'
  | 'no-zone-key-bit'
  | 'no-key'
  | 'bad-labels'
  | 'bad-signature'
  | 'too-much-work';

/** `epochSec`: seconds since 1970, the instant of the check, which places the RRSIG's 32-bit times. */
export function failedSignature(
  failure: SignatureFailure,
  rrset: RRset,
  rrsig: Rrsig,
  epochSec: number,
): BogusCause {
  const { keyTag } = rrsig;
  const subject = `${recordText(rrset.name, rrset.type)} (keytag=${keyTag})`;
  const cause = (code: number, text: string): BogusCause => ({ code, text, rrset, keyTag });
  switch (failure) {
    case 'expired':
      return cause(
        EDE.SIGNATURE_EXPIRED,
        `signature expired for ${subject}, expired ${instant(rrsig.expiration, epochSec)}`,
      );
    case 'not-yet-valid':
      return cause(
        EDE.SIGNATURE_NOT_YET_VALID,
        `signature not yet valid for ${subject}, valid from ${instant(rrsig.inception, epochSec)}`,
      );
    case 'expired-before-valid':
      return cause(
        EDE.SIGNATURE_EXPIRED_BEFORE_VALID,
        `signature expires before it is valid for ${subject}`,
      );
    case 'no-zone-key-bit':
      return cause(EDE.NO_ZONE_KEY_BIT_SET, `DNSKEY without zone key bit signed ${subject}`);
    case 'no-key':
      return cause(EDE.DNSKEY_MISSING, `no DNSKEY found for RRSIG of ${subject}`);
    case 'bad-labels':
      return cause(EDE.DNSSEC_BOGUS, `RRSIG with wrong labels field found for ${subject}`);
    case 'bad-signature':
      return cause(EDE.DNSSEC_BOGUS, `RRSIG with malformed signature found for ${subject}`);
    case 'too-much-work':
      return cause(
        EDE.DNSSEC_BOGUS,
        `more than ${MAX_VERIFICATIONS_PER_LOOKUP} signature verifications at ${subject}`,
      );
  }
}

const REASON_TEXTS: Readonly<Record<UnprovenReason, string>> = {
  'no-records': 'no NSEC or NSEC3 record',
  'out-of-zone': 'the name is outside the zone',
  'mixed-parameters': 'NSEC3 records with different parameters',
  'name-not-denied': 'no record denies the name',
  'no-closest-encloser': 'no NSEC3 matches a closest encloser',
  'next-closer-not-covered': 'no NSEC3 covers the next closer name',
  'wildcard-not-denied': 'no record denies the wildcard',
  'name-exists': 'the name exists',
  'type-exists': 'the type bitmap has the type',
  'wrong-side-of-cut': 'the record is from the other side of the zone cut',
  'ancestor-delegation': 'the record of an ancestor cannot deny names below a zone cut or DNAME',
  'too-many-hashes': 'too many names to hash',
};

/** Reasons that contradict the statement, where all others only fall short of it. */
const CONTRADICTIONS: ReadonlySet<UnprovenReason> = new Set(['name-exists', 'type-exists']);

/** A denial that was needed and did not hold: EDE 12, or 6 when the records say the contrary. */
export function missingDenial(name: Name, type: number, reason: UnprovenReason): BogusCause {
  const code = CONTRADICTIONS.has(reason) ? EDE.DNSSEC_BOGUS : EDE.NSEC_MISSING;
  const text = `no valid denial of existence for ${recordText(name, type)}: ${REASON_TEXTS[reason]}`;
  return { code, text, rrset: null, keyTag: null };
}

/** RFC 4034 section 3.1.5: the instant within 68 years of now that the 32 bits stand for. */
function instant(seconds: number, epochSec: number): string {
  return formatInstant(epochSec + ((seconds - epochSec) | 0));
}
