/**
 * Delegations made to send a resolver away: NXNSAttack (CVE-2020-12667), compositions of alias chains,
 * fan-out of name servers and minimised steps (CAMP, Duan et al. 2024), and delegations in a circle (iDNS,
 * TsuNAME 2021). However they are put together, one client query costs the bounds of `limits.ts`.
 */

import { describe, expect, it } from 'vitest';
import {
  MAX_ADDRESS_LOOKUPS,
  MAX_ADDRESS_LOOKUPS_PER_LOOKUP,
  MAX_ALIASES,
  MAX_NAME_SERVERS,
  MAX_SENDS_PER_LOOKUP,
} from '../limits.ts';
import type { Question } from '../message.ts';
import { Name } from '../name/name.ts';
import {
  addressSet,
  nameSet,
  Pair,
  referral,
  response,
  type Server,
  soaSet,
} from '../testing/pair.ts';
import { RCODE, TYPE } from '../wire/iana.ts';

const ROOT = '198.41.0.4';
const EVIL = '192.0.2.6';
const VICTIM = '192.0.2.7';

const below = (question: Question, zone: string): boolean =>
  question.name.isAtOrBelow(Name.parse(zone));

/** .evil and .victim, each at one server that also serves what it delegates to itself. */
const root: Server = (question) =>
  below(question, 'victim')
    ? referral(question, 'victim', 'ns.victim', VICTIM)
    : referral(question, 'evil', 'ns.evil', EVIL);

const nothing: Server = (question) =>
  response(question, { rcode: RCODE.NXDOMAIN, authority: [soaSet('victim')] });

function lookUp(evil: Server, name: string): { readonly pair: Pair; readonly rcode: number } {
  const pair = new Pair({ [ROOT]: root, [EVIL]: evil, [VICTIM]: nothing });
  const { rcode } = pair.ask(name).answer;
  expect(pair.resolver.inFlight).toBe(0);
  return { pair, rcode };
}

const sentTo = (pair: Pair, server: string): number =>
  pair.asked.filter((line) => line.startsWith(`${server} `)).length;

/** A delegation of the question's own name to so many name servers of the victim, named after it. */
function fanOut(question: Question, count: number): ReturnType<Server> {
  const label = `${question.name.firstLabel}-${question.name.labelCount}`;
  const names = Array.from({ length: count }, (_, i) => `n${i}-${label}.victim`);
  const authority = [nameSet(question.name.toString(), TYPE.NS, names)];
  return response(question, { authoritative: false, authority });
}

describe('one delegation to many names of a victim (NXNSAttack, CVE-2020-12667)', () => {
  it.each([MAX_NAME_SERVERS, 1000])('%i of them: as many are looked up as the limit', (count) => {
    const { pair, rcode } = lookUp((question) => fanOut(question, count), 'www.evil');
    expect(rcode).toBe(RCODE.SERVFAIL);
    // A and AAAA of each.
    expect(sentTo(pair, VICTIM)).toBe(2 * MAX_ADDRESS_LOOKUPS);
  });

  it('fewer than the limit are all looked up', () => {
    const count = MAX_ADDRESS_LOOKUPS - 1;
    const { pair } = lookUp((question) => fanOut(question, count), 'www.evil');
    expect(sentTo(pair, VICTIM)).toBe(2 * count);
  });
});

describe('compositions (CAMP)', () => {
  it('delegations to delegations: the bound of address lookups holds for all of them together', () => {
    // Names of five zones each, of five names each, ten deep: 5^10 if nothing bounded them.
    const evil: Server = (question) => {
      if (question.name.labelCount < 2) return response(question, { authority: [soaSet('evil')] });
      const label = question.name.firstLabel;
      const names = [0, 1, 2, 3, 4].map((i) => `ns.${label}${i}.evil`);
      const zone = question.name.ancestor(2).toString();
      return response(question, {
        authoritative: false,
        authority: [nameSet(zone, TYPE.NS, names)],
      });
    };
    const { pair, rcode } = lookUp(evil, 'www.z.evil');
    expect(rcode).toBe(RCODE.SERVFAIL);
    expect(pair.asked.length).toBeLessThan(MAX_ADDRESS_LOOKUPS_PER_LOOKUP);
  });

  it('aliases, each to a zone with a fan-out of its own', () => {
    // t0 is an alias of a name in a zone with one good server … which is an alias again.
    const evil: Server = (question) => {
      const at = Number(question.name.firstLabel.slice(1));
      if (question.name.labelCount < 2 || Number.isNaN(at)) {
        return response(question, { authority: [soaSet('evil')] });
      }
      const target = at < MAX_ALIASES ? `t${at + 1}.evil` : 'x.t99.evil';
      return response(question, {
        answer: [nameSet(question.name.toString(), TYPE.CNAME, [target])],
      });
    };
    const fanned: Server = (question, ask) =>
      below(question, 't99.evil') ? fanOut(question, 20) : evil(question, ask);
    const { pair, rcode } = lookUp(fanned, 't0.evil');
    expect(rcode).toBe(RCODE.SERVFAIL);
    expect(sentTo(pair, VICTIM)).toBeLessThanOrEqual(2 * MAX_ADDRESS_LOOKUPS);
    expect(pair.asked.length).toBeLessThanOrEqual(MAX_SENDS_PER_LOOKUP);
  });

  it('names of many labels, delegated at every one, with a fan-out at the end', () => {
    const deep = `${Array.from({ length: 60 }, (_, i) => `l${i}`).join('.')}.evil`;
    const evil: Server = (question) =>
      question.name.labelCount < 55
        ? referral(question, question.name.toString(), `ns.${question.name}`, EVIL)
        : fanOut(question, 20);
    const { pair, rcode } = lookUp(evil, deep);
    expect(rcode).toBe(RCODE.SERVFAIL);
    expect(sentTo(pair, VICTIM)).toBe(2 * MAX_ADDRESS_LOOKUPS);
    expect(pair.asked.length).toBeLessThanOrEqual(MAX_SENDS_PER_LOOKUP);
  });

  it('aliases to names delegated at each label: as many queries as the limit, and none more', () => {
    // c0 is an alias of c1 and so on to c10, each eight labels down: 1 + 11 x (1 + 8) queries.
    const name = (i: number, labels: number): string =>
      `${Array.from({ length: labels }, (_, k) => `l${k}`).join('.')}.c${i}.evil`;
    const chain =
      (last: number): Server =>
      (question) => {
        const i = Number(question.name.ancestor(2).firstLabel.slice(1));
        const owner = question.name.toString();
        if (question.name.labelCount < 2 + (i === 10 ? last : 8)) {
          return referral(question, owner, `ns.${owner}`, EVIL);
        }
        const answer =
          i === 10
            ? addressSet(owner, '203.0.113.1')
            : nameSet(owner, TYPE.CNAME, [name(i + 1, i === 9 ? last : 8)]);
        return response(question, { answer: [answer] });
      };
    expect(1 + 11 * (1 + 8)).toBe(MAX_SENDS_PER_LOOKUP);
    const within = lookUp(chain(8), name(0, 8));
    expect(within.rcode).toBe(RCODE.NOERROR);
    expect(within.pair.asked).toHaveLength(MAX_SENDS_PER_LOOKUP);
    const beyond = lookUp(chain(9), name(0, 8));
    expect(beyond.rcode).toBe(RCODE.SERVFAIL);
    expect(beyond.pair.asked).toHaveLength(MAX_SENDS_PER_LOOKUP);
  });
});

describe('delegations in a circle (TsuNAME, iDNS)', () => {
  /** zone i of n is served by a name in zone i + 1, the last one by a name in the first. */
  const circle =
    (n: number): Server =>
    (question) => {
      if (question.name.labelCount < 2) return response(question, { authority: [soaSet('evil')] });
      const zone = question.name.ancestor(2);
      const next = (Number(zone.firstLabel.slice(1)) + 1) % n;
      return referral(question, zone.toString(), `ns.z${next}.evil`);
    };

  it.each([1, 2, 3, 10, 30])('of %i zones ends at once, and is remembered', (n) => {
    const { pair, rcode } = lookUp(circle(n), 'www.z0.evil');
    expect(rcode).toBe(RCODE.SERVFAIL);
    expect(pair.asked.length).toBeLessThanOrEqual(2 + 2 * n);
    expect(pair.asked.length).toBeLessThanOrEqual(MAX_SENDS_PER_LOOKUP);
    const before = pair.asked.length;
    expect(pair.ask('www.z0.evil').source).toBe('failure-cached');
    expect(pair.asked.length).toBe(before);
  });
});
