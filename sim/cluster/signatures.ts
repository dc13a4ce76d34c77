/**
 * The validations of one shard in one variant, by the zone that signed and the key tag. Hears of every
 * RRSIG that a node judges; counts only while it is told to.
 */

import type { Rrsig } from '../../resolver-core/rrset.ts';
import type { SignatureCounts } from '../result.ts';

interface KeyCounts {
  readonly zone: string;
  readonly keyTag: number;
  checked: number;
  failed: number;
  /** RRSIG objects whose identity has been taken down. */
  readonly seen: Set<Rrsig>;
  readonly distinctFailed: Set<string>;
}

export class SignatureTally {
  /** Off during the warm-up. */
  counting = false;
  readonly #keys = new Map<string, Map<number, KeyCounts>>();
  readonly #identityOf: (rrsig: Rrsig) => string | undefined;

  /** `identityOf` names an RRSIG; where it cannot (it came through octets), its signature does. */
  constructor(identityOf: (rrsig: Rrsig) => string | undefined) {
    this.#identityOf = identityOf;
  }

  signatureChecked(rrsig: Rrsig, ok: boolean): void {
    if (!this.counting) return;
    const counts = this.#countsOf(rrsig);
    counts.checked++;
    if (ok) return;
    counts.failed++;
    if (counts.seen.has(rrsig)) return;
    counts.seen.add(rrsig);
    counts.distinctFailed.add(this.#identityOf(rrsig) ?? hashOf(rrsig.signature));
  }

  /** Together with what the authorities handed out; ordered by zone and key tag. */
  result(handedOut: readonly HandedOut[]): SignatureCounts[] {
    const out = new Map<string, SignatureCounts>();
    const keyOf = (zone: string, tag: number): string => `${zone} ${String(tag).padStart(5, '0')}`;
    for (const { zone, keyTag, made } of handedOut) {
      out.set(keyOf(zone, keyTag), {
        zone,
        keyTag,
        made,
        checked: 0,
        failed: 0,
        distinctFailed: [],
      });
    }
    for (const tags of this.#keys.values()) {
      for (const counts of tags.values()) {
        const { zone, keyTag, checked, failed } = counts;
        const key = keyOf(zone, keyTag);
        const made = out.get(key)?.made ?? [];
        const distinctFailed = [...counts.distinctFailed].sort();
        out.set(key, { zone, keyTag, made, checked, failed, distinctFailed });
      }
    }
    return [...out].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, counts]) => counts);
  }

  #countsOf(rrsig: Rrsig): KeyCounts {
    let tags = this.#keys.get(rrsig.signer.key);
    if (tags === undefined) {
      tags = new Map();
      this.#keys.set(rrsig.signer.key, tags);
    }
    let counts = tags.get(rrsig.keyTag);
    if (counts === undefined) {
      const { signer, keyTag } = rrsig;
      const zone = signer.isRoot ? '.' : signer.toString().slice(0, -1);
      counts = {
        zone,
        keyTag,
        checked: 0,
        failed: 0,
        seen: new Set(),
        distinctFailed: new Set(),
      };
      tags.set(keyTag, counts);
    }
    return counts;
  }
}

/** The distinct RRSIGs of one key that a variant's authorities handed out. */
export interface HandedOut {
  readonly zone: string;
  readonly keyTag: number;
  readonly made: readonly string[];
}

/** FNV-1a and a variation on it over octets, 52 bits in all. */
function hashOf(octets: Uint8Array): string {
  let a = 0x811c9dc5;
  let b = 0x050c5d1f;
  for (const octet of octets) {
    a = Math.imul(a ^ octet, 0x01000193);
    b = Math.imul(b ^ octet, 0x85ebca6b) ^ (b >>> 15);
  }
  return ((a >>> 0) * 0x10_0000 + ((b >>> 0) % 0x10_0000)).toString(36);
}
