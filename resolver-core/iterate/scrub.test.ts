import { describe, expect, it } from 'vitest';
import { MAX_RRSETS_BESIDE } from '../limits.ts';
import type { Message } from '../message.ts';
import { Name } from '../name/name.ts';
import { RRset } from '../rrset.ts';
import { addressSet, nameSet, response, soaSet } from '../testing/pair.ts';
import { TYPE } from '../wire/iana.ts';
import { scrub, withDsAsAnswer } from './scrub.ts';

const zone = Name.parse('example.de');
const asked = { name: Name.parse('www.example.de'), type: TYPE.A };

/** The owners and types that are left of the three sections. */
function left(
  message: Message,
  kind: 'answer' | 'nodata' | 'referral',
  nsBeside = true,
): string[][] {
  const { answer, authority, additional } = scrub(message, asked, zone, kind, nsBeside);
  return [answer, authority, additional].map((section) =>
    section.map(({ name, type }) => `${name} ${type}`),
  );
}

const www = addressSet('www.example.de', '192.0.2.1');
const ns = nameSet('example.de', TYPE.NS, ['ns.example.de', 'ns.example.net']);
const nsAddress = addressSet('ns.example.de', '192.0.2.53');

describe('what of a response is looked at (RFC 2181 section 5.4.1, RFC 5452 section 6)', () => {
  it('all of it, the very same message, when nothing else is there', () => {
    const message = response(asked, { answer: [www], authority: [ns], additional: [nsAddress] });
    expect(scrub(message, asked, zone, 'answer', true)).toBe(message);
  });

  it('of the answer section, what is of the name and type asked for', () => {
    const others = [
      addressSet('bank.net', '192.0.2.66'),
      nameSet('www.example.de', TYPE.PTR, ['x']),
    ];
    expect(left(response(asked, { answer: [...others, www] }), 'answer')[0]).toEqual([
      'www.example.de. 1',
    ]);
  });

  it('an alias, and not what it leads to, be it in the zone or not', () => {
    const alias = nameSet('www.example.de', TYPE.CNAME, ['web.example.de']);
    const message = response(asked, { answer: [alias, addressSet('web.example.de', '192.0.2.2')] });
    expect(left(message, 'answer')[0]).toEqual(['www.example.de. 5']);
  });

  it('a DNAME above the name, if it is of the zone (RFC 6672 section 3)', () => {
    for (const [owner, kept] of [
      ['example.de', 1],
      ['de', 0],
      ['other.example.de', 0],
    ] as const) {
      const message = response(asked, { answer: [nameSet(owner, TYPE.DNAME, ['x.net'])] });
      expect(left(message, 'answer')[0], owner).toHaveLength(kept);
    }
  });

  it.each([
    ['of another zone', 'example.net'],
    ['of the parent', 'de'],
    ['of a name beside the one asked for', 'mail.example.de'],
  ])('no NS RRset %s', (_title, owner) => {
    const message = response(asked, {
      answer: [www],
      authority: [nameSet(owner, TYPE.NS, ['ns.example.de'])],
      additional: [nsAddress],
    });
    expect(left(message, 'answer').slice(1)).toEqual([[], []]);
  });

  it('one NS RRset: that of the referral', () => {
    const cut = nameSet('www.example.de', TYPE.NS, ['ns.example.de']);
    const message = response(asked, { authoritative: false, authority: [ns, cut] });
    expect(left(message, 'referral')[1]).toEqual(['www.example.de. 2']);
  });

  it('no records in the authority section that have no business there', () => {
    const mx = new RRset(asked.name, TYPE.MX, 60, [Uint8Array.of(0, 1, 0)]);
    const message = response(asked, { answer: [www], authority: [mx, nsAddress, ns] });
    expect(left(message, 'answer')[1]).toEqual(['example.de. 2']);
  });

  it('DS only in a referral', () => {
    const ds = new RRset(asked.name, TYPE.DS, 60, [Uint8Array.of(0, 1, 8, 2, 0)]);
    const message = response(asked, { authority: [ds] });
    expect(left(message, 'nodata')[1]).toHaveLength(0);
    expect(left(message, 'referral')[1]).toHaveLength(1);
  });

  it('no NS RRset beside a SOA, which says all there is to say of a "no" (RFC 2308 section 2)', () => {
    const message = response(asked, { authority: [soaSet('example.de'), ns] });
    expect(left(message, 'nodata')[1]).toEqual(['example.de. 6']);
  });

  it('addresses of names that the rest of the response gives, once', () => {
    const mx = new RRset(asked.name, TYPE.MX, 60, [
      Uint8Array.of(0, 10, ...Name.parse('mx.example.de').wire),
    ]);
    const additional = [
      nsAddress,
      addressSet('mx.example.de', '192.0.2.25'),
      addressSet('ns.example.net', '192.0.2.66'),
      addressSet('else.example.de', '192.0.2.99'),
    ];
    const message = response(
      { ...asked, type: TYPE.MX },
      { answer: [mx], authority: [ns], additional },
    );
    const scrubbed = scrub(message, { ...asked, type: TYPE.MX }, zone, 'answer', true);
    expect(scrubbed.additional.map(({ name }) => name.toString())).toEqual([
      'ns.example.de.',
      'mx.example.de.',
    ]);
    const twice = response(asked, {
      answer: [www],
      authority: [nameSet('example.de', TYPE.NS, ['www.example.de'])],
      additional: [www],
    });
    expect(left(twice, 'answer')[2]).toHaveLength(0);
  });

  it('addresses of the first MAX_RRSETS_BESIDE name servers', () => {
    const names = Array.from({ length: MAX_RRSETS_BESIDE + 1 }, (_, i) => `ns${i}.example.de`);
    const [last, beyond] = names.slice(-2).map((name) => addressSet(name, '192.0.2.53'));
    const message = response(asked, {
      answer: [www],
      authority: [nameSet('example.de', TYPE.NS, names)],
      additional: [beyond as RRset, last as RRset],
    });
    expect(left(message, 'answer')[2]).toEqual([`${names.at(-2)}. 1`]);
  });

  it('no NS RRset that was not asked for, where that is the policy (CVE-2025-11411)', () => {
    const message = response(asked, { answer: [www], authority: [ns], additional: [nsAddress] });
    expect(left(message, 'answer', false)).toEqual([['www.example.de. 1'], [], []]);
  });
});

describe('DS that comes with a referral (RFC 4035 section 3.1.4.1)', () => {
  const question = { name: Name.parse('sub.example.de'), type: TYPE.DS };
  const ds = new RRset(question.name, TYPE.DS, 60, [Uint8Array.of(0, 1, 8, 2, 0)]);
  const authority = [nameSet('sub.example.de', TYPE.NS, ['ns.sub.example.de']), ds];

  it('is the answer to the question for it', () => {
    const message = response(question, { authoritative: false, authority });
    expect(withDsAsAnswer(message, question).answer).toEqual([ds]);
  });

  it('is not the answer to another question', () => {
    const message = response(asked, { authority });
    expect(withDsAsAnswer(message, asked)).toBe(message);
    const other = { name: Name.parse('other.example.de'), type: TYPE.DS };
    expect(withDsAsAnswer(response(other, { authority }), other).answer).toHaveLength(0);
  });
});
