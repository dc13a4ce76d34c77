/**
 * A whole zone as its authority publishes it at an instant, with the signatures then in force: what a
 * zone transfer or a zone file holds (RFC 5936 section 2.2, without the second SOA).
 *
 * Limitation: registries, which have millions of names made when asked for, cannot be had whole.
 */

import type { RRset } from '../../resolver-core/rrset.ts';
import type { Micros } from '../../resolver-core/time.ts';
import { TYPE } from '../../resolver-core/wire/iana.ts';
import type { Published, Span } from './publication.ts';
import { StandingPublication } from './snapshot.ts';
import { StaticZone } from './static-zone.ts';

/** SOA first. Throws a TypeError for a registry. */
export function wholeZone(published: Published, clock: Micros): readonly RRset[] {
  if (published instanceof StandingPublication) return published.rrsets;
  const { successor, zone } = published;
  if (successor !== null && clock >= successor.at) return wholeZone(successor.published, clock);
  const span: Span = { from: 0, until: Number.POSITIVE_INFINITY };
  const rrsets = zoneData(published, clock, span);
  const zonemd = published.rrset(zone.apex, TYPE.ZONEMD, clock, span);
  return zonemd === undefined ? rrsets : [...rrsets, zonemd];
}

/** All but ZONEMD. Narrows `span` to the time for which it stays. */
export function zoneData(published: Published, clock: Micros, span: Span): readonly RRset[] {
  const { zone } = published;
  if (!(zone instanceof StaticZone)) throw new TypeError(`${zone.apex} cannot be had whole`);
  const { apex, denial } = zone;
  const out: RRset[] = [];
  for (const type of [TYPE.SOA, TYPE.DNSKEY]) {
    const rrset = published.rrset(apex, type, clock, span);
    if (rrset !== undefined) out.push(rrset);
  }
  const links = new Map<string, RRset>();
  for (const { name, type } of zone.all()) {
    const cut = name.isAtOrBelow(apex) ? zone.cutAt(name) : undefined;
    const isGlue = !name.isAtOrBelow(apex) || (cut !== undefined && !cut.equals(name));
    const rrset = isGlue ? zone.glue(name, type) : published.rrset(name, type, clock, span);
    if (rrset !== undefined) out.push(rrset);
    if (isGlue || denial === null) continue;
    const link =
      denial.kind === 'nsec'
        ? published.nsec(denial.at(name), clock, span)
        : published.nsec3(denial.at(published.hash(name)), clock, span);
    links.set(link.name.key, link);
  }
  return [...out, ...links.values()];
}
