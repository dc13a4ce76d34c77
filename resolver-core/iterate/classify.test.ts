import { describe, expect, it } from 'vitest';
import type { Message } from '../message.ts';
import { Name } from '../name/name.ts';
import { RRset } from '../rrset.ts';
import { nameSet, response, soaSet } from '../testing/pair.ts';
import { RCODE, TYPE } from '../wire/iana.ts';
import { classify } from './classify.ts';

const zone = Name.parse('de');
const asked = { name: Name.parse('www.example.de'), type: TYPE.A };
const ns = (owner: string): RRset =>
  new RRset(Name.parse(owner), TYPE.NS, 86_400, [Name.parse('ns.example.net').wire]);
const address = new RRset(asked.name, TYPE.A, 60, [Uint8Array.of(192, 0, 2, 1)]);

const message = (over: Partial<Message>): Message => response(asked, over);

describe('what a response means (RFC 1034 section 5.3.3)', () => {
  it('an RRset of the type, or an alias at the name, with AA is an answer', () => {
    expect(classify(message({ answer: [address] }), asked, zone).kind).toBe('answer');
    const alias = new RRset(asked.name, TYPE.CNAME, 60, [Name.parse('x.net').wire]);
    expect(classify(message({ answer: [alias] }), asked, zone).kind).toBe('answer');
  });

  it('what a server gives from its cache is taken only when nobody says better', () => {
    const cache = { authoritative: false, recursionAvailable: true };
    const doubt = 'from a cache';
    const answer = message({ ...cache, answer: [address] });
    expect(classify(answer, asked, zone)).toEqual({ kind: 'answer', doubt });
    expect(classify(answer, asked, zone, true)).toEqual({ kind: 'answer', doubt: null });
    const nodata = message({ ...cache, authority: [soaSet('example.de')] });
    expect(classify(nodata, asked, zone)).toEqual({ kind: 'nodata', doubt });
    const nxdomain = message({ ...cache, rcode: RCODE.NXDOMAIN });
    expect(classify(nxdomain, asked, zone)).toEqual({ kind: 'nxdomain', doubt });
  });

  it('an answer without AA from a server that does not recurse is an answer', () => {
    const forgetful = message({ answer: [address], authoritative: false });
    expect(classify(forgetful, asked, zone).kind).toBe('answer');
  });

  it('NS below the zone and at or above the name, without AA, is a referral', () => {
    const referral = message({ authoritative: false, authority: [ns('example.de')] });
    expect(classify(referral, asked, zone)).toMatchObject({ kind: 'referral' });
  });

  it.each([
    ['upward', '.'],
    ['to the zone itself', 'de'],
    ['sideways', 'other.de'],
    ['below the name', 'x.www.example.de'],
  ])('a referral %s is lame', (_title, owner) => {
    const referral = message({ authoritative: false, authority: [ns(owner)] });
    expect(classify(referral, asked, zone).kind).toBe('lame');
  });

  it('a DS query is not referred to the child itself (RFC 4035 section 4.2)', () => {
    const ds = { name: Name.parse('example.de'), type: TYPE.DS };
    const referral = message({
      question: ds,
      authoritative: false,
      authority: [ns('example.de')],
    });
    expect(classify(referral, ds, zone).kind).toBe('lame');
  });

  it('a parent may put the delegation that it was asked for into the answer section', () => {
    const question = { name: Name.parse('example.de'), type: TYPE.NS };
    const over = { question, answer: [ns('example.de')] };
    expect(classify(message({ ...over, authoritative: false }), question, zone).kind).toBe(
      'referral',
    );
    expect(classify(message(over), question, zone).kind).toBe('answer');
  });

  it('SOA without an answer is NODATA, with or without AA (RFC 2308 section 2.2)', () => {
    for (const authoritative of [true, false]) {
      const nodata = message({
        authoritative,
        authority: [soaSet('example.de'), ns('example.de')],
      });
      expect(classify(nodata, asked, zone).kind).toBe('nodata');
    }
  });

  it('an NSEC record that leads out of its zone is none (RFC 4034 section 4.1.1)', () => {
    const question = { name: Name.parse('example.de'), type: TYPE.NSEC };
    const leading = (next: string): RRset =>
      new RRset(question.name, TYPE.NSEC, 60, [Uint8Array.of(...Name.parse(next).wire, 0, 1, 2)]);
    const kindOf = (nsec: RRset): string =>
      classify(response(question, { answer: [nsec] }), question, zone).kind;
    expect(kindOf(leading('a.example.de'))).toBe('answer');
    expect(kindOf(leading('a.example.net'))).toBe('nodata');
  });

  it('everything at the name answers a question for all types (RFC 1035 section 3.2.3)', () => {
    const all = { ...asked, type: TYPE.ANY };
    expect(classify(response(all, { answer: [address] }), all, zone).kind).toBe('answer');
  });

  it('NXDOMAIN with AA is a name error', () => {
    expect(classify(message({ rcode: RCODE.NXDOMAIN }), asked, zone).kind).toBe('nxdomain');
  });

  it('a response with nothing in it is a NODATA that may be a mistake', () => {
    expect(classify(message({}), asked, zone)).toEqual({ kind: 'nodata', doubt: 'empty' });
  });

  it('where a forwarder would go next is its own business, unless it points upwards', () => {
    const over = { authoritative: false, recursionAvailable: true };
    const below = message({ ...over, authority: [ns('example.de')] });
    expect(classify(below, asked, zone, true).kind).toBe('nodata');
    const above = message({ ...over, authority: [ns('.')] });
    expect(classify(above, asked, zone, true).kind).toBe('lame');
  });

  it('YXDOMAIN is an answer when a DNAME of the zone makes the name too long (RFC 6672 section 2.2)', () => {
    const dname = (owner: string, target: string): RRset => nameSet(owner, TYPE.DNAME, [target]);
    const long = Array(4).fill('x'.repeat(59)).join('.');
    const deep = { name: Name.parse(`${'y'.repeat(30)}.example.de`), type: TYPE.A };
    const kindOf = (answer: RRset): string =>
      classify(response(deep, { rcode: RCODE.YXDOMAIN, answer: [answer] }), deep, zone).kind;
    expect(kindOf(dname('example.de', long))).toBe('answer');
    expect(kindOf(dname('example.de', 'short'))).toBe('lame');
    expect(kindOf(dname('.', long))).toBe('lame');
  });

  it.each([RCODE.SERVFAIL, RCODE.REFUSED, RCODE.FORMERR, RCODE.NOTIMP])(
    'RCODE %i is no help',
    (rcode) => {
      expect(classify(message({ rcode }), asked, zone).kind).toBe('lame');
    },
  );

  it('a response to another question is no help (RFC 5452 section 9)', () => {
    const other = message({ question: { name: asked.name, type: TYPE.AAAA }, answer: [address] });
    expect(classify(other, asked, zone).kind).toBe('lame');
  });
});
