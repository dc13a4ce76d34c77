/**
 * The part of an answer section that answers (RFC 1034 section 3.6.2, RFC 6672): the chain of CNAME
 * and DNAME from the name asked for to the RRset wanted, as far as it lies in the zone that was
 * asked. What the servers of one zone say of another zone's names is left out (RFC 5452 section 6).
 */

import { MAX_ALIASES } from './limits.ts';
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

/** Walks `section` from the question; aliases are followed only to names at or below `zone`. */
export function selectAnswer(
  section: readonly RRset[],
  question: Question,
  zone: Name,
): SelectedAnswer {
  let name = question.name;
  let links: AliasLink[] | null = null;
  for (let i = 0; i <= MAX_ALIASES; i++) {
    const final = find(section, name, question.type);
    if (final !== undefined) return { links: links ?? NO_LINKS, final };
    const link = linkAt(section, name, zone);
    if (link === undefined) break;
    if (links === null) links = [link];
    else links.push(link);
    if (!link.target.isAtOrBelow(zone)) break;
    name = link.target;
  }
  return { links: links ?? NO_LINKS, final: null };
}

function find(section: readonly RRset[], name: Name, type: number): RRset | undefined {
  for (const rrset of section) {
    if (rrset.type === type && rrset.name.key === name.key) return rrset;
  }
  return undefined;
}

function linkAt(section: readonly RRset[], name: Name, zone: Name): AliasLink | undefined {
  const dname = section.find((rrset) => {
    return rrset.type === TYPE.DNAME && name.isBelow(rrset.name) && rrset.name.isAtOrBelow(zone);
  });
  if (dname !== undefined) {
    const target = substitute(name, dname);
    if (target === undefined) return undefined;
    return { cname: new RRset(name, TYPE.CNAME, dname.ttl, [target.wire]), dname, target };
  }
  const cname = find(section, name, TYPE.CNAME);
  const target = cname === undefined ? undefined : targetsOf(cname)[0];
  return cname === undefined || target === undefined ? undefined : { cname, dname: null, target };
}

/** RFC 6672 section 2.2; undefined when the result would be too long. */
export function substitute(name: Name, dname: RRset): Name | undefined {
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
