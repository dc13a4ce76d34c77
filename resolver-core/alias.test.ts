import { describe, expect, it } from 'vitest';
import { selectAnswer } from './alias.ts';
import { Name } from './name/name.ts';
import { RRset } from './rrset.ts';
import { TYPE } from './wire/iana.ts';

const zone = Name.parse('example.de');
const question = { name: Name.parse('www.example.de'), type: TYPE.A };
const cname = (owner: string, target: string): RRset =>
  new RRset(Name.parse(owner), TYPE.CNAME, 60, [Name.parse(target).wire]);
const dname = (owner: string, target: string): RRset =>
  new RRset(Name.parse(owner), TYPE.DNAME, 60, [Name.parse(target).wire]);
const a = (owner: string): RRset =>
  new RRset(Name.parse(owner), TYPE.A, 60, [Uint8Array.of(192, 0, 2, 1)]);

describe('the part of an answer that answers', () => {
  it('follows a chain inside the zone, whatever the order of the section', () => {
    const section = [
      a('c.example.de'),
      cname('b.example.de', 'c.example.de'),
      cname('www.example.de', 'b.example.de'),
    ];
    const { links, final } = selectAnswer(section, question, zone);
    expect(links.map((link) => link.target.toString())).toEqual(['b.example.de.', 'c.example.de.']);
    expect(final?.name.toString()).toBe('c.example.de.');
  });

  it('does not believe the servers of a zone about names outside it (RFC 5452 section 6)', () => {
    const section = [cname('www.example.de', 'victim.net'), a('victim.net')];
    const { links, final } = selectAnswer(section, question, zone);
    expect(links).toHaveLength(1);
    expect(final).toBeNull();
  });

  it('makes the CNAME of a DNAME by itself (RFC 6672 section 3.1)', () => {
    const section = [dname('example.de', 'example.net'), cname('www.example.de', 'evil.net')];
    const [link] = selectAnswer(section, question, zone).links;
    expect(link?.target.toString()).toBe('www.example.net.');
    expect(link?.dname).toBe(section[0]);
  });

  it('has no link where the substitution is longer than a name may be', () => {
    const long = Name.parse(Array(4).fill('x'.repeat(60)).join('.'));
    const section = [new RRset(zone, TYPE.DNAME, 60, [long.wire])];
    const deep = { name: Name.parse(`${'y'.repeat(60)}.example.de`), type: TYPE.A };
    expect(selectAnswer(section, deep, zone).links).toHaveLength(0);
  });

  it('ends in a loop of aliases', () => {
    const section = [
      cname('www.example.de', 'b.example.de'),
      cname('b.example.de', 'www.example.de'),
    ];
    expect(selectAnswer(section, question, zone).final).toBeNull();
  });
});
