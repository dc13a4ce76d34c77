/**
 * The trust points of a node whose keys are kept up to date (RFC 5011): their states, when each is to be
 * asked for next, and what follows for the node's trust anchors. Whatever DNSKEY RRset of a trust point
 * comes in is shown to it, asked for by a probe or by the validation of somebody's answer.
 *
 * A probe that brings no DNSKEY RRset changes no state, only the instant of the next (as in Unbound): a
 * network that is away says nothing about keys.
 */

import type { ZoneCut } from '../cache/zone-cuts.ts';
import { isSupportedAlgorithm } from '../crypto/verify.ts';
import type { DrawKey } from '../events.ts';
import type { Name } from '../name/name.ts';
import type { NodeState } from '../node.ts';
import { DnsKey, dnsKeysOf, dsOf } from '../rdata.ts';
import { RRset, type Rrsig } from '../rrset.ts';
import { epochSeconds, type Micros, SECOND } from '../time.ts';
import { TYPE } from '../wire/iana.ts';
import { selectDs } from './algorithms.ts';
import type { Anchors, TrustAnchor } from './anchors.ts';
import { vouchedFor } from './keys.ts';
import { checkRrset } from './rrset-check.ts';
import { retryAt, type Sighting, sight, type TrustPoint, trustedKeys } from './trust-anchor.ts';

/** What the driver hands in for trust points that are kept up to date. */
export interface Maintenance {
  /** As new, or as a run before this one left them. */
  readonly points: readonly TrustPoint[];
  /** Names the draws of the probe with this number, counted from 0: no client asked for it. */
  readonly draw: (probe: number) => DrawKey;
}

/** A probe that is due. */
export interface Probe {
  readonly zone: Name;
  readonly draw: DrawKey;
}

/** Purpose of `ResolverPorts.random`. */
const DRAW_PROBE_TIME = 2;

interface Kept {
  point: TrustPoint;
  /** Seconds since 1970. */
  dueAt: number;
}

export class TrustPoints {
  readonly #kept = new Map<string, Kept>();
  readonly #drawOf: (probe: number) => DrawKey;
  #probes = 0;
  #draw: DrawKey;
  /** Sightings since the last probe: draws of one probe never collide. */
  #sightings = 0;

  constructor({ points, draw }: Maintenance, anchors: Anchors) {
    this.#drawOf = draw;
    this.#draw = draw(0);
    for (const point of points) {
      const dueAt = point.deleted ? Number.POSITIVE_INFINITY : point.nextProbe;
      this.#kept.set(point.zone.key, { point, dueAt });
      anchors.set(point.zone, anchorOf(point));
    }
  }

  /** The states, as another run can take them up. */
  get points(): readonly TrustPoint[] {
    return [...this.#kept.values()].map(({ point }) => point);
  }

  /** The keys of a trust point that are trusted now; none when the zone is no trust point. */
  trustedKeys(zone: Name): readonly DnsKey[] {
    const kept = this.#kept.get(zone.key);
    return kept === undefined ? [] : trustedKeys(kept.point).map((rdata) => new DnsKey(rdata));
  }

  /** When the next probe is due on the clock; infinity when there will be none. */
  get dueAt(): Micros {
    let first = Number.POSITIVE_INFINITY;
    for (const { dueAt } of this.#kept.values()) first = Math.min(first, dueAt * SECOND);
    return first;
  }

  /** The probes that are due now; each is taken to fail until its trust point has seen something. */
  due({ clock, config, ports }: NodeState): readonly Probe[] {
    const at = epochSeconds(clock);
    const out: Probe[] = [];
    for (const kept of this.#kept.values()) {
      if (kept.dueAt > at) continue;
      this.#draw = this.#drawOf(this.#probes++);
      this.#sightings = 0;
      const random = ports.random(this.#draw, DRAW_PROBE_TIME, this.#sightings++);
      kept.dueAt = retryAt(kept.point, at, random, config.maintenance);
      out.push({ zone: kept.point.zone, draw: this.#draw });
    }
    return out;
  }

  /**
   * Shows a DNSKEY RRset that the zone's servers gave to the zone's trust point, if it is one. When
   * its anchors change for it, the zone's keys are judged anew; when it has none left, all that is
   * below it is.
   */
  see(node: NodeState, cut: ZoneCut, rrset: RRset): void {
    const kept = this.#kept.get(cut.name.key);
    if (kept === undefined || kept.point.deleted) return;
    const before = kept.point;
    const { maintenance } = node.config;
    const draw = node.ports.random(this.#draw, DRAW_PROBE_TIME, this.#sightings++);
    const point = sight(before, sightingOf(node, cut.name, rrset, draw), kept.dueAt, maintenance);
    kept.point = point;
    if (point.deleted) kept.dueAt = Number.POSITIVE_INFINITY;
    else if (point.lastSuccess === epochSeconds(node.clock)) kept.dueAt = point.nextProbe;
    if (isSameAnchor(before, point)) return;
    node.anchors.set(cut.name, anchorOf(point));
    cut.security = null;
    if (point.deleted) node.isVoid = true;
  }
}

function sightingOf(node: NodeState, zone: Name, rrset: RRset, draw: number): Sighting {
  const { legacyAlgorithms } = node.config;
  return {
    rrset,
    at: epochSeconds(node.clock),
    signatureTime: node.signatureTime,
    signedBy: (keys: readonly DnsKey[]): Rrsig | null => {
      const verdict = checkRrset(node, rrset, zone, keys, null);
      return verdict.kind === 'secure' ? verdict.signature : null;
    },
    vouchedFor: (rdata: readonly Uint8Array[]): readonly DnsKey[] => {
      const ds = dsOf(new RRset(zone, TYPE.DS, 0, rdata));
      const selection = selectDs(zone, ds, legacyAlgorithms);
      return selection.kind === 'usable' ? vouchedFor(zone, selection.ds, dnsKeysOf(rrset)) : [];
    },
    supports: (algorithm: number): boolean => isSupportedAlgorithm(algorithm, legacyAlgorithms),
    draw,
  };
}

/** The anchor that a trust point is now; null for one that is deleted. */
function anchorOf(point: TrustPoint): TrustAnchor | null {
  const { zone, ds, deleted } = point;
  if (deleted) return null;
  return {
    zone,
    ds: new RRset(zone, TYPE.DS, 0, ds),
    dnskey: new RRset(zone, TYPE.DNSKEY, 0, trustedKeys(point)),
  };
}

function isSameAnchor(a: TrustPoint, b: TrustPoint): boolean {
  if (a.ds !== b.ds || a.deleted !== b.deleted) return false;
  const before = trustedKeys(a);
  const after = trustedKeys(b);
  return before.length === after.length && before.every((rdata) => after.includes(rdata));
}
