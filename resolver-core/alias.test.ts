import { describe, expect, it } from 'vitest';
import { selectAnswer } from './alias.ts';
import { MAX_RRSETS_OF_ANY } from './limits.ts';
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
  it('is the alias alone: what it leads to may be hearsay (RFC 2181 section 5.4.1)', () => {
    for (const target of ['b.example.de', 'victim.net']) {
      const section = [a(target), cname('www.example.de', target)];
      const { links, final } = selectAnswer(section, question, zone);
      expect(links.map((link) => link.target.toString())).toEqual([`${target}.`]);
      expect(final).toBeNull();
    }
  });

  it('is whichever comes first of an alias and the data beside it, which cannot both be (RFC 1034 section 3.6.2)', () => {
    const [data, alias] = [a('www.example.de'), cname('www.example.de', 'b.example.de')];
    expect(selectAnswer([data, alias], question, zone).final).toBe(data);
    expect(selectAnswer([alias, data], question, zone)).toMatchObject({ final: null });
  });

  it('is all that a name has when all was asked for, up to a bound (Unbound: 24)', () => {
    const all = { ...question, type: TYPE.ANY };
    const many = Array.from({ length: MAX_RRSETS_OF_ANY + 1 }, (_, i) => {
      return new RRset(question.name, 1000 + i, 60, [Uint8Array.of(1)]);
    });
    const { final, rest } = selectAnswer(many, all, zone);
    expect([final, ...rest]).toEqual(many.slice(0, MAX_RRSETS_OF_ANY));
    const alias = cname('www.example.de', 'b.example.de');
    expect(selectAnswer([alias], all, zone)).toMatchObject({ links: [], final: alias });
  });

  it('makes the CNAME of a DNAME by itself (RFC 6672 section 3.1)', () => {
    const section = [dname('example.de', 'example.net'), cname('www.example.de', 'evil.net')];
    const [link] = selectAnswer(section, question, zone).links;
    expect(link?.target.toString()).toBe('www.example.net.');
    expect(link?.dname).toBe(section[0]);
  });

  it('ends in the DNAME when the substitution is longer than a name may be (RFC 6672 section 2.2)', () => {
    const long = Name.parse(Array(4).fill('x'.repeat(60)).join('.'));
    const section = [new RRset(zone, TYPE.DNAME, 60, [long.wire])];
    const deep = { name: Name.parse(`${'y'.repeat(60)}.example.de`), type: TYPE.A };
    expect(selectAnswer(section, deep, zone)).toMatchObject({ links: [], final: section[0] });
  });
});
