/** Signed zones as master files, made by the authorities of this world: what a snapshot looks like. */

import { compareOctets } from '../../resolver-core/name/canonical.ts';
import type { Name } from '../../resolver-core/name/name.ts';
import type { RRset } from '../../resolver-core/rrset.ts';
import { readZone, writeZone } from '../../resolver-core/text/zonefile.ts';
import { DAY, HOUR, type Micros } from '../../resolver-core/time.ts';
import { TYPE } from '../../resolver-core/wire/iana.ts';
import { planPolicy } from '../authority/keyring.ts';
import { Publication, SignedRRsets, type Span } from '../authority/publication.ts';
import { soaFields } from '../authority/snapshot.ts';
import { type DenialPolicy, StaticZone } from '../authority/static-zone.ts';
import type { Nsec3Link, NsecLink } from '../authority/zone.ts';
import { key } from './signed-world.ts';

export interface SignedFile {
  readonly publication: Publication;
  readonly text: string;
}

/** The zone with these records (SOA and apex NS among them), signed at `clock` for two weeks. */
export function signedFile(
  apex: Name,
  records: string,
  denial: DenialPolicy,
  clock: Micros,
): SignedFile {
  const file = readZone(`$TTL 300\n${records}`, { origin: apex });
  if (!file.ok) throw new Error(JSON.stringify(file.errors));
  const policy = planPolicy(
    apex,
    {
      ...{ keys: [key('ksk', 'ksk'), key('zsk', 'zsk')], ksk: 'ksk', zsk: 'zsk' },
      ...{ validity: 14 * DAY, backdate: HOUR, resignEvery: 7 * DAY, serialEvery: HOUR },
      denial: { kind: 'nsec' },
    },
    { dnskey: 3600, nsec: 300 },
    1,
  );
  const soa = soaFields(apex, file.rrsets);
  const entries = file.rrsets.filter(({ type }) => type !== TYPE.SOA);
  const zone = new StaticZone({ apex, soa, entries, denial });
  const publication = new Publication(zone, policy, [], 1, new SignedRRsets());
  const span: Span = { from: 0, until: Number.POSITIVE_INFINITY };
  const owned = [...entries, ...[TYPE.SOA, TYPE.DNSKEY, TYPE.NSEC3PARAM].map(atApex(apex))];
  const rrsets = owned.flatMap(({ name, type }) => {
    const glue = zone.glue(name, type);
    return glue ?? publication.rrset(name, type, clock, span) ?? [];
  });
  return { publication, text: writeZone([...rrsets, ...chain(publication, clock, span)]) };
}

const atApex =
  (name: Name) =>
  (type: number): { name: Name; type: number } => ({ name, type });

function chain(publication: Publication, clock: Micros, span: Span): RRset[] {
  const { denial, apex } = publication.zone;
  const out: RRset[] = [];
  if (denial?.kind === 'nsec') {
    let link: NsecLink = denial.at(apex);
    do {
      out.push(publication.nsec(link, clock, span));
      link = denial.at(link.next);
    } while (!link.owner.equals(apex));
  } else if (denial?.kind === 'nsec3') {
    const first = denial.at(publication.hash(apex));
    let link: Nsec3Link = first;
    do {
      out.push(publication.nsec3(link, clock, span));
      link = denial.at(link.next);
    } while (compareOctets(link.hash, first.hash) !== 0);
  }
  return out;
}
