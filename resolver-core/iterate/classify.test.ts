import { describe, expect, it } from 'vitest';
import type { Message } from '../message.ts';
import { Name } from '../name/name.ts';
import { RRset } from '../rrset.ts';
import { response } from '../testing/pair.ts';
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

  it('an answer without AA from a server that recurses is lame, unless it resolves for us', () => {
    const cached = message({
      answer: [address],
      authoritative: false,
      recursionAvailable: true,
    });
    expect(classify(cached, asked, zone).kind).toBe('lame');
    expect(classify(cached, asked, zone, true).kind).toBe('answer');
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

  it('NOERROR with AA and no answer is NODATA, NXDOMAIN with AA a name error', () => {
    expect(classify(message({}), asked, zone).kind).toBe('nodata');
    expect(classify(message({ rcode: RCODE.NXDOMAIN }), asked, zone).kind).toBe('nxdomain');
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
