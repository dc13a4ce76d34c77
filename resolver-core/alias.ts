/**
 * The part of an answer section that answers (RFC 1034 section 3.6.2, RFC 6672): the RRset wanted, or the
 * alias at the name. What an alias leads to is asked for by itself (RFC 2181 section 5.4.1).
 */

import { MAX_RRSETS_OF_ANY } from './limits.ts';
import type { Question } from './message.ts';
import { Name, NameError } from './name/name.ts';
import { targetsOf } from './rdata.ts';
import { RRset } from './rrset.ts';
import { TYPE } from './wire/iana.ts';

export interface AliasLink {
  /** CNAME RRset; made here from `dname` when that is there (RFC 6672 section 3.1). */
  readonly cname: RRset;
  /** DNAME that the CNAME follows from, or null. */
  readonly dname: RRset | null;
  readonly target: Name;
}

export interface SelectedAnswer {
  readonly links: readonly AliasLink[];
  /** The RRset of the type wanted at the end of the links, if the section has it. */
  readonly final: RRset | null;
  /** The other RRsets of that name, when all were asked for. */
  readonly rest: readonly RRset[];
}

const NO_LINKS: readonly AliasLink[] = [];
const NO_RRSETS: readonly RRset[] = [];
const NOTHING: SelectedAnswer = { links: NO_LINKS, final: null, rest: NO_RRSETS };

/** Of what servers of `zone` said; a DNAME that makes the name too long is itself the end. */
export function selectAnswer(
  section: readonly RRset[],
  { name, type }: Question,
  zone: Name,
): SelectedAnswer {
  const found = firstAt(section, name, type, zone);
  if (found === undefined) return NOTHING;
  if (name.isBelow(found.name)) {
    const link = linkBy(name, found);
    return link === null ? finalOf(found, NO_RRSETS) : { ...NOTHING, links: [link] };
  }
  if (answers(found, type)) {
    return finalOf(found, type === TYPE.ANY ? restAt(section, found) : NO_RRSETS);
  }
  const target = targetsOf(found)[0];
  return target === undefined
    ? NOTHING
    : { ...NOTHING, links: [{ cname: found, dname: null, target }] };
}

function finalOf(final: RRset, rest: readonly RRset[]): SelectedAnswer {
  return { links: NO_LINKS, final, rest };
}

function answers(rrset: RRset, type: number): boolean {
  return rrset.type === type || (type === TYPE.ANY && rrset.type !== TYPE.RRSIG);
}

/**
 * What the section says of a name: a DNAME above it, which leaves nothing beside it (RFC 6672 section
 * 2.4), or else the first of the RRset wanted and of CNAME, which cannot both be there.
 */
function firstAt(
  section: readonly RRset[],
  name: Name,
  type: number,
  zone: Name,
): RRset | undefined {
  let first: RRset | undefined;
  for (const rrset of section) {
    if (rrset.type === TYPE.DNAME && name.isBelow(rrset.name)) {
      if (rrset.name.isAtOrBelow(zone)) return rrset;
    } else if (first === undefined && rrset.name.key === name.key) {
      if (answers(rrset, type) || rrset.type === TYPE.CNAME) first = rrset;
    }
  }
  return first;
}

function restAt(section: readonly RRset[], first: RRset): readonly RRset[] {
  return section
    .slice(0, MAX_RRSETS_OF_ANY)
    .filter(({ name, type }) => name.key === first.name.key && type !== TYPE.RRSIG)
    .filter((rrset) => rrset !== first);
}

/** The alias that a DNAME makes of a name below it, with its CNAME; null when that would be too long. */
export function linkBy(name: Name, dname: RRset): AliasLink | null {
  const target = substitute(name, dname);
  if (target === undefined) return null;
  return { cname: new RRset(name, TYPE.CNAME, dname.ttl, [target.wire]), dname, target };
}

/** RFC 6672 section 2.2; undefined when the result would be too long. */
function substitute(name: Name, dname: RRset): Name | undefined {
  const suffix = targetsOf(dname)[0];
  if (suffix === undefined) return undefined;
  const prefix = name.key.slice(0, name.key.length - dname.name.key.length);
  try {
    return Name.fromWire(Uint8Array.from([...prefix, ...suffix.key, '\0'].map(octetOf)));
  } catch (error) {
    if (error instanceof NameError) return undefined;
    throw error;
  }
}

function octetOf(character: string): number {
  return character.charCodeAt(0);
}
