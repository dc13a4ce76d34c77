/**
 * A zone as data: pure lookups, no signatures and no time. Two implementations: `StaticZone`
 * (explicit RRsets) and `RegistryZone` (millions of delegations, made when asked for). What changes
 * with the clock (SOA serial, DNSKEY, signatures) is added by `publication.ts`; what a server says
 * about a question is `answer.ts`.
 */

import type { Name } from '../../resolver-core/name/name.ts';
import type { RRset } from '../../resolver-core/rrset.ts';
import type { Nsec3Fields, SoaFields } from './records.ts';

export interface Zone {
  readonly apex: Name;
  readonly soa: SoaFields & { readonly ttl: number };
  /** null: the zone is not signed. */
  readonly denial: Denial | null;
  /** The topmost delegation at or above `name` (which is at or below the apex), or undefined. */
  cutAt(name: Name): Name | undefined;
  /** True for owner names, delegations and empty non-terminals; asked for no name below a cut. */
  exists(name: Name): boolean;
  /** RRset at a name not below a cut, not signed; without SOA, DNSKEY, NSEC and NSEC3. */
  records(name: Name, type: number): RRset | undefined;
  /** Addresses that the zone holds without authority for them (RFC 9471). */
  glue(name: Name, type: number): RRset | undefined;
}

export type Denial =
  | {
      readonly kind: 'nsec';
      /** The link whose owner is `name` or comes last before it in canonical order. */
      readonly at: (name: Name) => NsecLink;
    }
  | {
      readonly kind: 'nsec3';
      readonly params: Nsec3Fields;
      readonly optOut: boolean;
      /**
       * The link whose owner hash is `hash` or comes last before it, around the end of the circle.
       */
      readonly at: (hash: Uint8Array) => Nsec3Link;
      /** The link of this owner hash, if it is one of the chain's. */
      readonly link: (hash: Uint8Array) => Nsec3Link | undefined;
    };

export interface NsecLink {
  readonly owner: Name;
  readonly next: Name;
  readonly types: readonly number[];
}

export interface Nsec3Link {
  readonly hash: Uint8Array;
  /** Owner of the NSEC3 RR: the hash as a label below the apex (RFC 5155 section 3). */
  readonly owner: Name;
  readonly next: Uint8Array;
  readonly types: readonly number[];
}
