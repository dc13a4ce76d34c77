/**
 * The part of an answer section that answers (RFC 1034 section 3.6.2, RFC 6672): the RRset wanted, or the
 * alias at the name. What an alias leads to is asked for by itself (RFC 2181 section 5.4.1).
 */

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
}

const NO_LINKS: readonly AliasLink[] = [];

/** Of what servers of `zone` said; a DNAME that makes the name too long is itself the end. */
export function selectAnswer(
  section: readonly RRset[],
  { name, type }: Question,
  zone: Name,
): SelectedAnswer {
  const final = find(section, name, type);
  if (final !== undefined) return { links: NO_LINKS, final };
  const dname = section.find((rrset) => {
    return rrset.type === TYPE.DNAME && name.isBelow(rrset.name) && rrset.name.isAtOrBelow(zone);
  });
  if (dname !== undefined) {
    const link = linkBy(name, dname);
    return link === null ? { links: NO_LINKS, final: dname } : { links: [link], final: null };
  }
  const cname = find(section, name, TYPE.CNAME);
  const target = cname === undefined ? undefined : targetsOf(cname)[0];
  if (cname === undefined || target === undefined) return { links: NO_LINKS, final: null };
  return { links: [{ cname, dname: null, target }], final: null };
}

function find(section: readonly RRset[], name: Name, type: number): RRset | undefined {
  for (const rrset of section) {
    if (rrset.type === type && rrset.name.key === name.key) return rrset;
  }
  return undefined;
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
