/** Servers that the operator names: stub zones, forwarders, and hints that need priming (RFC 8109). */

import { describe, expect, it } from 'vitest';
import { Name } from '../name/name.ts';
import type { FixedZone } from '../node.ts';
import { addressSet, nameSet, Pair, referral, response, type Server } from '../testing/pair.ts';
import { SECOND } from '../time.ts';
import { RCODE, TYPE } from '../wire/iana.ts';

const ROOT = '198.41.0.4';
const TLD = '192.0.2.1';
const LEAF = '192.0.2.53';
const STUB = '10.0.0.1';
const FORWARD = '10.0.0.2';

const answer: Server = (question) =>
  response(question, { answer: [addressSet(question.name.toString(), '203.0.113.1', 60)] });
const resolved: Server = (question, ask) => ({
  ...(answer(question, ask) ?? response(question)),
  authoritative: false,
  recursionAvailable: true,
});
const refused: Server = (question) => response(question, { rcode: RCODE.REFUSED });

const world = {
  [ROOT]: ((question) => referral(question, 'de', 'a.nic.de', TLD)) satisfies Server,
  [TLD]: ((question) => referral(question, 'example.de', 'ns.example.de', LEAF)) satisfies Server,
  [LEAF]: answer,
};

function fixed(zone: string, role: FixedZone['role'], over: Partial<FixedZone> = {}): FixedZone {
  const addresses = [role === 'stub' ? STUB : FORWARD];
  return {
    zone: Name.parse(zone),
    role,
    servers: [{ name: null, addresses }],
    fallback: false,
    prime: false,
    noCache: false,
    ...over,
  };
}

function pairOf(fixedZones: readonly FixedZone[], servers: Record<string, Server> = {}): Pair {
  return new Pair(
    { ...world, [STUB]: answer, [FORWARD]: resolved, ...servers },
    {},
    { fixedZones },
  );
}

describe('servers that the operator names', () => {
  it('a stub zone is asked of its servers, without RD', () => {
    const asks: boolean[] = [];
    const pair = pairOf([fixed('example.de', 'stub')], {
      [STUB]: (question, ask) => {
        asks.push(ask.recursionDesired);
        return answer(question, ask);
      },
    });
    expect(pair.ask('www.example.de').answer.rcode).toBe(RCODE.NOERROR);
    expect(pair.asked).toEqual([`${STUB} www.example.de. 1 udp`]);
    expect(asks).toEqual([false]);
  });

  it('a forwarder is asked for the whole name, with RD', () => {
    const pair = pairOf([fixed('.', 'forward')], {
      [FORWARD]: (question, ask) => (ask.recursionDesired ? resolved(question, ask) : null),
    });
    expect(pair.ask('a.b.example.de').answer.rcode).toBe(RCODE.NOERROR);
    expect(pair.asked).toEqual([`${FORWARD} a.b.example.de. 1 udp`]);
  });

  it('the deepest zone counts, and below a stub zone delegations are followed', () => {
    const zones = [fixed('.', 'forward'), fixed('example.de', 'stub')];
    const pair = pairOf(zones, {
      [STUB]: (question) => referral(question, 'sub.example.de', 'ns.sub.example.de', LEAF),
    });
    pair.ask('www.sub.example.de');
    pair.ask('mail.sub.example.de');
    pair.ask('www.example.com');
    expect(pair.asked).toEqual([
      `${STUB} sub.example.de. 1 udp`,
      `${LEAF} www.sub.example.de. 1 udp`,
      `${LEAF} mail.sub.example.de. 1 udp`,
      `${FORWARD} www.example.com. 1 udp`,
    ]);
  });

  it('nobody else is asked when they fail, unless the operator allows it', () => {
    for (const role of ['stub', 'forward'] as const) {
      for (const fallback of [true, false]) {
        const pair = pairOf([fixed('example.de', role, { fallback })], {
          [STUB]: refused,
          [FORWARD]: refused,
        });
        const { rcode } = pair.ask('www.example.de').answer;
        expect(rcode).toBe(fallback ? RCODE.NOERROR : RCODE.SERVFAIL);
        expect(pair.asked.at(-1)?.startsWith(LEAF)).toBe(fallback);
      }
    }
  });

  it('of a zone that has both, forwarders are asked before its own servers', () => {
    const zones = [fixed('example.de', 'stub'), fixed('example.de', 'forward', { fallback: true })];
    const pair = pairOf(zones, { [FORWARD]: refused });
    expect(pair.ask('www.example.de').answer.rcode).toBe(RCODE.NOERROR);
    expect(pair.asked).toEqual([
      `${FORWARD} www.example.de. 1 udp`,
      `${STUB} www.example.de. 1 udp`,
    ]);
  });

  it('a server without address is looked up by its name', () => {
    const servers = [{ name: Name.parse('ns.example.de'), addresses: [] }];
    const pair = pairOf([fixed('corp', 'stub', { servers })], {
      [LEAF]: (question) =>
        response(question, { answer: [addressSet(question.name.toString(), STUB)] }),
    });
    pair.ask('www.corp');
    expect(pair.asked.at(-1)).toBe(`${STUB} www.corp. 1 udp`);
  });
});

describe('priming (RFC 8109)', () => {
  const hints = [fixed('.', 'stub', { prime: true })];
  const primer: Server = (question, ask) =>
    question.type === TYPE.NS
      ? response(question, {
          answer: [nameSet('.', TYPE.NS, ['a.root-servers.net'], 3600)],
          additional: [addressSet('a.root-servers.net', ROOT, 3600)],
        })
      : refused(question, ask);

  it('asks the hints for the NS RRset, and then the servers that it names, until it expires', () => {
    const pair = pairOf(hints, { [STUB]: primer });
    pair.ask('www.example.de');
    expect(pair.asked.slice(0, 2)).toEqual([`${STUB} . 2 udp`, `${ROOT} de. 1 udp`]);
    pair.asked.length = 0;
    pair.ask('www.example.com');
    expect(pair.asked[0]).toBe(`${ROOT} com. 1 udp`);
    pair.now += 3601 * SECOND;
    pair.asked.length = 0;
    pair.ask('www.example.com');
    expect(pair.asked[0]).toBe(`${STUB} . 2 udp`);
  });

  it('starts with the hints again when all is forgotten', () => {
    const pair = pairOf(hints, { [STUB]: primer });
    pair.ask('www.example.de');
    pair.resolver.configure({ validation: true });
    pair.asked.length = 0;
    pair.ask('www.example.de');
    expect(pair.asked[0]).toBe(`${STUB} . 2 udp`);
  });

  it('goes on with the hints when it fails, and tries again after a while', () => {
    const pair = pairOf(hints, {
      [STUB]: (question, ask) =>
        question.type === TYPE.NS
          ? refused(question, ask)
          : referral(question, 'de', 'a.nic.de', TLD),
    });
    expect(pair.ask('www.example.de').answer.rcode).toBe(RCODE.NOERROR);
    expect(pair.asked.slice(0, 2)).toEqual([`${STUB} . 2 udp`, `${STUB} de. 1 udp`]);
    pair.asked.length = 0;
    pair.ask('www.example.org');
    expect(pair.asked).not.toContain(`${STUB} . 2 udp`);
    pair.now += 6 * SECOND;
    pair.ask('www.example.net');
    expect(pair.asked).toContain(`${STUB} . 2 udp`);
  });
});
