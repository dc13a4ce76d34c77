/**
 * The root zone on its way to the nodes: fetched in one place at fixed instants, written as a zone file,
 * and read by the parser of the nodes (`resolver-core/text/zonefile.ts`). What the parser or the check of
 * the digest refuses is no version for anybody.
 *
 * One text is read once by one kind of parser, whoever asks, and nothing is fetched before somebody
 * asks. Of the versions between two changes of which types the zone has, one that was refused stands for
 * all: nothing else in these texts can displease a parser, or leave the digest out.
 */

import { ZoneCopy } from '../../resolver-core/apps/static-zone.ts';
import { type IsSecure, verifyZonemd } from '../../resolver-core/apps/zonemd.ts';
import { Name } from '../../resolver-core/name/name.ts';
import { dnsKeysOf, dsOf } from '../../resolver-core/rdata.ts';
import type { RRset } from '../../resolver-core/rrset.ts';
import { readZone, writeZone, type ZoneFileOptions } from '../../resolver-core/text/zonefile.ts';
import { epochSeconds, type Micros } from '../../resolver-core/time.ts';
import { usableKeys } from '../../resolver-core/validate/algorithms.ts';
import { vouchedFor } from '../../resolver-core/validate/keys.ts';
import { checkRrset } from '../../resolver-core/validate/rrset-check.ts';
import { TYPE } from '../../resolver-core/wire/iana.ts';
import type { StaticZonePlan, TimelineAct } from '../plan.ts';

/** What the nodes of one release of the software make of a text. */
type Reader = Pick<StaticZonePlan, 'unknownTypes' | 'zonemd'>;

/** `refuse`: a parser from before 2021, to which ZONEMD (RFC 8976) is a word that it has never read. */
const PARSERS: Readonly<Record<StaticZonePlan['unknownTypes'], ZoneFileOptions>> = {
  refuse: { unknownTypes: 'refuse', refusedTypes: new Set([TYPE.ZONEMD]) },
  rfc3597: { unknownTypes: 'rfc3597' },
};

/** What all variants and colos of a world share: each text, read. */
export class ReadZones {
  readonly #read = new Map<string, ReadonlyMap<Reader['unknownTypes'], ReadZone>>();

  read(text: string, unknownTypes: Reader['unknownTypes']): ReadZone {
    const known = this.#read.get(text)?.get(unknownTypes);
    if (known !== undefined) return known;
    const file = readZone(text, PARSERS[unknownTypes]);
    const made = file.ok ? { rrsets: file.rrsets, copy: new ZoneCopy(file.rrsets) } : null;
    const others = this.#read.get(text) ?? [];
    this.#read.set(text, new Map([...others, [unknownTypes, made]]));
    return made;
  }
}

/** null: refused. */
type ReadZone = { readonly rrsets: readonly RRset[]; readonly copy: ZoneCopy } | null;

/** Where the versions of one variant come from. */
export interface RootSource {
  /** The whole root zone as it is published at an instant. */
  readonly published: (at: Micros) => readonly RRset[];
  /** DS of the keys that the nodes trust. */
  readonly anchor: RRset;
  readonly timeline: readonly TimelineAct[];
  readonly read: ReadZones;
}

export class RootVersions {
  readonly #source: RootSource;
  /** By instant: the text. */
  readonly #texts = new Map<Micros, string>();
  /** Which of the zone's forms were refused by whom. */
  readonly #refused = new Set<string>();
  readonly #verified = new Map<ZoneCopy, boolean>();

  constructor(source: RootSource) {
    this.#source = source;
  }

  /** The version that was fetched at an instant, as such nodes have it; null when they refuse it. */
  version(at: Micros, reader: Reader): ZoneCopy | null {
    const added = this.#source.timeline.filter((act) => act.kind === 'add' && act.at <= at);
    const form = `${added.length} ${reader.unknownTypes} ${reader.zonemd}`;
    if (this.#refused.has(form)) return null;
    const read = this.#source.read.read(this.#textAt(at), reader.unknownTypes);
    if (read === null || (reader.zonemd && !this.#isWhole(read, at))) {
      this.#refused.add(form);
      return null;
    }
    return read.copy;
  }

  #textAt(at: Micros): string {
    let text = this.#texts.get(at);
    if (text === undefined) {
      text = writeZone(this.#source.published(at));
      this.#texts.set(at, text);
    }
    return text;
  }

  /** RFC 8976 section 4, with the keys that the trust anchor vouches for, when it was fetched. */
  #isWhole({ rrsets, copy }: NonNullable<ReadZone>, at: Micros): boolean {
    let known = this.#verified.get(copy);
    if (known === undefined) {
      const isSecure = securityOf(rrsets, this.#source.anchor, at);
      known = verifyZonemd(Name.root, rrsets, isSecure).kind === 'verified';
      this.#verified.set(copy, known);
    }
    return known;
  }
}

function securityOf(rrsets: readonly RRset[], anchor: RRset, at: Micros): IsSecure {
  const dnskey = rrsets.find(({ name, type }) => type === TYPE.DNSKEY && name.isRoot);
  if (dnskey === undefined) return () => false;
  const keys = usableKeys(dnsKeysOf(dnskey), false);
  const isSigned = (rrset: RRset, by: typeof keys): boolean => {
    const context = {
      signatureTime: epochSeconds(at),
      config: { signatureSkew: null },
      ports: { signatures: { signatureChecked: () => {} } },
      budget: { verifications: 0 },
    };
    return checkRrset(context, rrset, Name.root, by, null).kind === 'secure';
  };
  if (!isSigned(dnskey, vouchedFor(Name.root, dsOf(anchor), keys))) return () => false;
  return (rrset) => isSigned(rrset, keys);
}
