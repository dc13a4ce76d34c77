/** What the parent and the child say of a zone's name servers, when the two differ (RFC 2181 section 5.4.1). */

import { describe, expect, it } from 'vitest';
import { Name } from '../name/name.ts';
import { RRset } from '../rrset.ts';
import {
  addressSet,
  nameSet,
  Pair,
  referral,
  response,
  type Server,
  soaSet,
} from '../testing/pair.ts';
import { parsePrefix } from '../text/address.ts';
import { SECOND } from '../time.ts';
import { RCODE, TYPE } from '../wire/iana.ts';

const ROOT = '198.41.0.4';
const TLD = '192.0.2.1';
const OLD = '192.0.2.53';
const NEW = '192.0.2.54';

const root: Server = (question) => referral(question, 'de', 'a.nic.de', TLD);
const refused: Server = (question) => response(question, { rcode: RCODE.REFUSED });

/** The zone, which names its own server with the address that it gives. */
function leaf(server: string, address: string, ttl = 86_400): Server {
  return (question) =>
    response(question, {
      answer: [addressSet(question.name.toString(), '203.0.113.1', 60)],
      authority: [nameSet('example.de', TYPE.NS, [server], ttl)],
      additional: [addressSet(server, address, ttl)],
    });
}

function tld(ttl = 86_400, server = 'ns.example.de', address: string | null = OLD): Server {
  return (question) =>
    response(question, {
      authoritative: false,
      authority: [nameSet('example.de', TYPE.NS, [server], ttl)],
      additional: address === null ? [] : [addressSet(server, address, ttl)],
    });
}

describe('name servers as parent and child give them', () => {
  it('the servers that the child names come first, those of the parent when they fail', () => {
    const pair = new Pair({
      [ROOT]: root,
      [TLD]: tld(),
      [OLD]: leaf('ns.example.de', NEW),
      [NEW]: refused,
    });
    pair.ask('www.example.de');
    pair.asked.length = 0;
    expect(pair.ask('mail.example.de').answer.rcode).toBe(RCODE.NOERROR);
    expect(pair.asked).toEqual([`${NEW} mail.example.de. 1 udp`, `${OLD} mail.example.de. 1 udp`]);
  });

  it('what the child says counts only in answer to a question for it, where that is the policy', () => {
    const servers = {
      [ROOT]: root,
      [TLD]: tld(),
      [OLD]: leaf('ns.example.de', NEW),
      [NEW]: refused,
    };
    const pair = new Pair(servers, { nsBesideAnswers: false });
    pair.ask('www.example.de');
    pair.asked.length = 0;
    pair.ask('mail.example.de');
    expect(pair.asked).toEqual([`${OLD} mail.example.de. 1 udp`]);
  });

  it('the NS RRset in answer to a question for it is learnt, whatever the policy', () => {
    const zone: Server = (question) =>
      response(question, {
        answer: [
          question.type === TYPE.NS
            ? nameSet('example.de', TYPE.NS, ['ns2.example.de'])
            : addressSet(question.name.toString(), '203.0.113.1', 60),
        ],
        additional: [addressSet('ns2.example.de', NEW)],
      });
    const servers = { [ROOT]: root, [TLD]: tld(), [OLD]: zone, [NEW]: zone };
    const pair = new Pair(servers, { nsBesideAnswers: false });
    pair.ask('example.de', TYPE.NS);
    pair.asked.length = 0;
    pair.ask('www.example.de');
    expect(pair.asked).toEqual([`${NEW} www.example.de. 1 udp`]);
  });

  it('glue from another zone is the last resort when the address of a server leads nowhere', () => {
    const net: Server = (question) => referral(question, 'host.net', 'ns.host.net', OLD);
    const host: Server = (question, ask) =>
      question.name.toString() === 'ns.host.net.'
        ? response(question, { answer: [addressSet('ns.host.net', NEW)] })
        : leaf('ns.host.net', OLD)(question, ask);
    const pair = new Pair({
      [ROOT]: (question, ask) =>
        question.name.isAtOrBelow(Name.parse('net'))
          ? referral(question, 'net', 'a.nic.net', '192.0.2.2')
          : root(question, ask),
      [TLD]: tld(86_400, 'ns.host.net', null),
      '192.0.2.2': net,
      [OLD]: host,
      [NEW]: refused,
    });
    expect(pair.ask('www.example.de').answer.rcode).toBe(RCODE.NOERROR);
    expect(pair.asked.slice(-2)).toEqual([
      `${NEW} www.example.de. 1 udp`,
      `${OLD} www.example.de. 1 udp`,
    ]);
  });
});

describe('what is not taken for the name servers of a zone', () => {
  it('hearsay: what stands beside an answer without AA (RFC 2181 section 5.4.1)', () => {
    const pair = new Pair({
      [ROOT]: root,
      [TLD]: tld(),
      [OLD]: (question, ask) => ({
        ...(leaf('ns.example.de', NEW)(question, ask) ?? response(question)),
        authoritative: false,
      }),
      [NEW]: refused,
    });
    pair.ask('www.example.de');
    pair.asked.length = 0;
    pair.ask('mail.example.de');
    expect(pair.asked).toEqual([`${OLD} mail.example.de. 1 udp`]);
  });

  it.each([
    ['names in the zone without addresses', 'ns2.example.de', 86_400],
    ['what is over at once', 'ns.example.net', 0],
  ])('%s: the parent is not asked again for the next name', (_title, server, ttl) => {
    const pair = new Pair({
      [ROOT]: root,
      [TLD]: tld(),
      [OLD]: (question) =>
        response(question, {
          answer: [addressSet(question.name.toString(), '203.0.113.1', 60)],
          authority: [nameSet('example.de', TYPE.NS, [server], ttl)],
        }),
    });
    pair.ask('www.example.de');
    pair.asked.length = 0;
    pair.ask('mail.example.de');
    expect(pair.asked).toEqual([`${OLD} mail.example.de. 1 udp`]);
  });

  it('of two that a referral names, the second: glue goes with the first', () => {
    const servers: Record<string, Server> = {
      [ROOT]: (question) =>
        response(question, {
          authoritative: false,
          authority: [
            nameSet('example.de', TYPE.NS, ['ns.example.de']),
            nameSet('www.example.de', TYPE.NS, ['ns.www.example.de']),
          ],
          additional: [addressSet('ns.example.de', OLD), addressSet('ns.www.example.de', NEW)],
        }),
      [OLD]: leaf('ns.example.de', OLD),
      [NEW]: refused,
    };
    const pair = new Pair(servers, { qnameMinimisation: false });
    expect(pair.ask('a.www.example.de').answer.rcode).toBe(RCODE.NOERROR);
    expect(pair.asked).toEqual([
      `${ROOT} a.www.example.de. 1 udp`,
      `${OLD} a.www.example.de. 1 udp`,
    ]);
  });
});

describe('how long the address of a name server is used', () => {
  it('as long as the answer that gave it, however old that was when it was needed', () => {
    const servers: Record<string, Server> = {
      [ROOT]: (question) =>
        question.name.isAtOrBelow(Name.parse('net'))
          ? referral(question, 'host.net', 'a.host.net', '192.0.2.2')
          : referral(question, question.name.ancestor(2).toString(), 'ns.host.net'),
      '192.0.2.2': (question) =>
        response(question, { answer: [addressSet(question.name.toString(), OLD, 300)] }),
      [OLD]: (question) =>
        response(question, { answer: [addressSet(question.name.toString(), '203.0.113.1', 10)] }),
    };
    const pair = new Pair(servers, { qnameMinimisation: false });
    pair.ask('www.example.de');
    pair.now += 200 * SECOND;
    pair.ask('www.other.de');
    expect(pair.asked.at(-1)).toBe(`${OLD} www.other.de. 1 udp`);
    pair.now += 99 * SECOND;
    pair.asked.length = 0;
    pair.ask('ftp.other.de');
    expect(pair.asked).toEqual([`${OLD} ftp.other.de. 1 udp`]);
    pair.now += 2 * SECOND;
    pair.asked.length = 0;
    pair.ask('mail.other.de');
    expect(pair.asked).toContain('192.0.2.2 ns.host.net. 1 udp');
  });

  it('no longer than an answer may be kept, though glue says so and a later referral has none', () => {
    let glue: string | undefined = OLD;
    const pair = new Pair(
      {
        [ROOT]: (question) =>
          response(question, {
            authoritative: false,
            authority: [nameSet('de', TYPE.NS, ['ns.net'], 500)],
            additional: glue === undefined ? [] : [addressSet('ns.net', glue, 1_000_000)],
          }),
        [OLD]: (question) =>
          response(question, { answer: [addressSet(question.name.toString(), '203.0.113.1', 10)] }),
      },
      { maxTtl: 600 },
    );
    pair.ask('a.de');
    glue = undefined;
    pair.now += 550 * SECOND;
    pair.ask('b.de');
    expect(pair.asked.at(-1)).toBe(`${OLD} b.de. 1 udp`);
    pair.now += 51 * SECOND;
    pair.asked.length = 0;
    pair.ask('c.de');
    expect(pair.asked).not.toContain(`${OLD} c.de. 1 udp`);
  });
});

describe('ghost domains (Jiang et al., NDSS 2012; CVE-2022-30699)', () => {
  const gone: Server = (question) =>
    response(question, { rcode: RCODE.NXDOMAIN, authority: [soaSet('de')] });

  it('a child does not prolong its own delegation', () => {
    let delegated = true;
    const pair = new Pair({
      [ROOT]: root,
      [TLD]: (question, ask) => (delegated ? tld(300) : gone)(question, ask),
      [OLD]: leaf('ns.example.de', OLD),
    });
    pair.ask('www.example.de');
    delegated = false;
    for (let i = 0; i < 4; i++) {
      pair.now += 70 * SECOND;
      expect(pair.ask('www.example.de').answer.rcode).toBe(RCODE.NOERROR);
    }
    pair.now += 70 * SECOND;
    expect(pair.ask('www.example.de').answer.rcode).toBe(RCODE.NXDOMAIN);
  });

  it('a zone does not outlive the delegation of the zone above it', () => {
    let delegated = true;
    const pair = new Pair({
      [ROOT]: root,
      [TLD]: (question, ask) => (delegated ? tld(300) : gone)(question, ask),
      [OLD]: (question) => referral(question, 'sub.example.de', 'ns.sub.example.de', NEW),
      [NEW]: (question) =>
        response(question, { answer: [addressSet(question.name.toString(), '203.0.113.1', 60)] }),
    });
    expect(pair.ask('www.sub.example.de').answer.rcode).toBe(RCODE.NOERROR);
    delegated = false;
    pair.now += 299 * SECOND;
    expect(pair.ask('www.sub.example.de').answer.rcode).toBe(RCODE.NOERROR);
    pair.now += 61 * SECOND;
    expect(pair.ask('www.sub.example.de').answer.rcode).toBe(RCODE.NXDOMAIN);
  });
});

describe('responses that can be doubted', () => {
  const two: Server = (question) =>
    response(question, {
      authoritative: false,
      authority: [nameSet('example.de', TYPE.NS, ['ns1.example.de', 'ns2.example.de'])],
      additional: [addressSet('ns1.example.de', OLD), addressSet('ns2.example.de', NEW)],
    });
  const good = leaf('ns1.example.de', OLD);
  const fromCache: Server = (question, ask) => ({
    ...(good(question, ask) ?? response(question)),
    answer: [addressSet('www.example.de', '203.0.113.2')],
    authoritative: false,
    recursionAvailable: true,
  });
  const empty: Server = (question) => response(question);
  const addressOf = (servers: Record<string, Server>): string | undefined => {
    const pair = new Pair({ [ROOT]: root, [TLD]: two, ...servers });
    return pair.ask('www.example.de').answer.answer[0]?.rdata[0]?.join('.');
  };

  it.each([
    ['from the cache of a recursive resolver', fromCache],
    ['with nothing in it', empty],
  ])('one %s counts less than a plain one', (_title, doubtful) => {
    expect(addressOf({ [OLD]: doubtful, [NEW]: good })).toBe('203.0.113.1');
    expect(addressOf({ [OLD]: good, [NEW]: doubtful })).toBe('203.0.113.1');
  });

  it('is taken when nobody says better', () => {
    expect(addressOf({ [OLD]: fromCache, [NEW]: refused })).toBe('203.0.113.2');
    expect(addressOf({ [OLD]: fromCache, [NEW]: empty })).toBe('203.0.113.2');
    expect(addressOf({ [OLD]: empty, [NEW]: fromCache })).toBe('203.0.113.2');
  });

  it('two that have nothing in them are believed, a third is not asked', () => {
    const three: Server = (question) =>
      response(question, {
        authoritative: false,
        authority: [
          nameSet('example.de', TYPE.NS, ['ns1.example.de', 'ns2.example.de', 'ns3.example.de']),
        ],
        additional: [OLD, NEW, '192.0.2.55'].map((address, i) =>
          addressSet(`ns${i + 1}.example.de`, address),
        ),
      });
    const servers = { [ROOT]: root, [TLD]: three, [OLD]: empty, [NEW]: empty, '192.0.2.55': empty };
    const pair = new Pair(servers);
    expect(pair.ask('www.example.de').answer.rcode).toBe(RCODE.NOERROR);
    expect(pair.asked).toHaveLength(4);
  });
});

describe('addresses that are not asked', () => {
  const both: Server = (question) =>
    response(question, {
      authoritative: false,
      authority: [nameSet('example.de', TYPE.NS, ['ns.example.de'])],
      additional: [
        addressSet('ns.example.de', '127.0.0.1'),
        new RRset(Name.parse('ns.example.de'), TYPE.AAAA, 300, [
          Uint8Array.of(0x20, 1, 0x0d, 0xb8, ...new Array(11).fill(0), 0x53),
        ]),
      ],
    });
  const localhost = parsePrefix('127.0.0.0/8');
  const asked = (over: object): boolean[] => {
    const good = leaf('ns.example.de', OLD);
    const pair = new Pair(
      { [ROOT]: root, [TLD]: both, '127.0.0.1': good, '2001:db8::53': good },
      over,
    );
    for (let i = 0; i < 4; i++) pair.ask(`www${i}.example.de`);
    return ['127.0.0.1', '2001:db8::53'].map((address) =>
      pair.asked.some((line) => line.startsWith(`${address} `)),
    );
  };

  it('are those of a family that is not used', () => {
    expect(asked({ ipv4: true, ipv6: true, nsBesideAnswers: false })).toContain(true);
    expect(asked({ ipv6: false, nsBesideAnswers: false })).toEqual([true, false]);
  });

  it('are those that the operator rules out', () => {
    const neverAsk = localhost === undefined ? [] : [localhost];
    expect(asked({ neverAsk, nsBesideAnswers: false })).toEqual([false, true]);
  });
});

describe('glue (RFC 9471)', () => {
  const siblings = {
    [ROOT]: root,
    [TLD]: ((question) =>
      question.name.toString() === 'ns.other.de.'
        ? response(question, { answer: [addressSet('ns.other.de', NEW)] })
        : tld(86_400, 'ns.other.de', OLD)(question, null as never)) satisfies Server,
    [OLD]: leaf('ns.other.de', OLD),
    [NEW]: leaf('ns.other.de', NEW),
  };

  it('for a name in a sibling domain is used, unless the operator wants it looked up', () => {
    const used = (siblingGlue: boolean): string | undefined => {
      const pair = new Pair(siblings, { siblingGlue });
      pair.ask('www.example.de');
      return pair.asked.at(-1);
    };
    expect(used(true)).toBe(`${OLD} www.example.de. 1 udp`);
    expect(used(false)).toBe(`${NEW} www.example.de. 1 udp`);
  });

  it('of one zone serves another that names the same server, if that is the policy', () => {
    const host: Server = (question, ask) =>
      question.name.toString() === 'ns.host.de.'
        ? response(question, { answer: [addressSet('ns.host.de', NEW)] })
        : leaf('ns.host.de', OLD)(question, ask);
    const servers = {
      [ROOT]: root,
      [TLD]: ((question) =>
        question.name.isAtOrBelow(Name.parse('host.de'))
          ? referral(question, 'host.de', 'ns.host.de', OLD)
          : referral(question, 'example.de', 'ns.host.de')) satisfies Server,
      [OLD]: host,
      [NEW]: host,
    };
    const used = (glueAcrossZones: boolean): string[] => {
      const pair = new Pair(servers, { glueAcrossZones, nsBesideAnswers: false });
      pair.ask('www.host.de');
      pair.asked.length = 0;
      pair.ask('www.example.de');
      return pair.asked.slice(1);
    };
    expect(used(true)).toEqual([`${OLD} www.example.de. 1 udp`]);
    expect(used(false)).toEqual([`${OLD} ns.host.de. 1 udp`, `${NEW} www.example.de. 1 udp`]);
  });
});
