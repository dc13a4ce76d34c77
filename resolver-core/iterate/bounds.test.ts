/** The bounds of iteration (`limits.ts`), each at its edge: what is within passes, one more is refused. */

import { describe, expect, it } from 'vitest';
import { DEFAULT_CONFIG } from '../config.ts';
import type { Ask } from '../events.ts';
import { Budget, Fetch } from '../fetch.ts';
import {
  EXPLORE_ONE_IN,
  MAX_ADDRESS_LOOKUPS_PER_LOOKUP,
  MAX_ADDRESSES_PER_SERVER,
  MAX_ALIASES,
  MAX_FETCH_DEPTH,
  MAX_NAME_SERVERS,
  MAX_RRSETS_BESIDE,
  MAX_SENDS_PER_SERVER,
  MAX_STEPS_PER_FETCH,
  MIN_TCP_TIMEOUT,
} from '../limits.ts';
import type { Question } from '../message.ts';
import { Name } from '../name/name.ts';
import { NodeState } from '../node.ts';
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
import { MILLISECOND, SECOND } from '../time.ts';
import { RCODE, TYPE } from '../wire/iana.ts';
import { pickServer } from './select.ts';

const ROOT = '198.41.0.4';
const TLD = '192.0.2.1';
const LEAF = '192.0.2.53';
const LEAF6 = '2001:db8::53';

const refer =
  (zone: string, server = TLD): Server =>
  (question) =>
    referral(question, zone, `ns.${zone}`, server);
const address: Server = (question) =>
  response(question, { answer: [addressSet(question.name.toString(), '203.0.113.1')] });
const refuse: Server = (question) => response(question, { rcode: RCODE.REFUSED });
const zoneOf = (question: Question): string => question.name.ancestor(2).toString();
const numberOf = (question: Question): number =>
  Number(question.name.ancestor(2).firstLabel.replaceAll(/\D/g, ''));

function rcodeOf(servers: Readonly<Record<string, Server>>, name: string): number {
  return new Pair({ [ROOT]: refer('de'), ...servers }).ask(name).answer.rcode;
}

describe('fetches', () => {
  it('wait for one another as deep as MAX_FETCH_DEPTH', () => {
    /** Zone i is served by a name in zone i + 1; the last has glue. */
    const nested =
      (depth: number): Server =>
      (question) => {
        const i = numberOf(question);
        const zone = zoneOf(question);
        return i < depth
          ? referral(question, zone, `ns.z${i + 1}.de`)
          : referral(question, zone, `ns.${zone}`, LEAF);
      };
    const rcode = (depth: number) =>
      rcodeOf(
        { [TLD]: nested(depth), [LEAF]: (q) => response(q, { answer: [hereIs(q)] }) },
        'www.z0.de',
      );
    const hereIs = ({ name }: Question): RRset =>
      addressSet(name.toString(), name.firstLabel === 'ns' ? LEAF : '203.0.113.1');
    expect(rcode(MAX_FETCH_DEPTH)).toBe(RCODE.NOERROR);
    expect(rcode(MAX_FETCH_DEPTH + 1)).toBe(RCODE.SERVFAIL);
  });

  it('take MAX_STEPS_PER_FETCH referrals and minimised steps', () => {
    const delegatedAtEveryLabel = (labels: number) => {
      const name = Array.from({ length: labels - 1 }, () => 'a').join('.');
      const pair = new Pair({
        [ROOT]: refer('de'),
        [TLD]: (question, ask) =>
          question.name.labelCount < labels
            ? refer(question.name.toString())(question, ask)
            : address(question, ask),
      });
      return pair.ask(`${name}.de`).answer;
    };
    expect(delegatedAtEveryLabel(MAX_STEPS_PER_FETCH).rcode).toBe(RCODE.NOERROR);
    const refused = delegatedAtEveryLabel(MAX_STEPS_PER_FETCH + 1);
    expect(refused.errors.map(({ text }) => text)).toEqual([
      `more than ${MAX_STEPS_PER_FETCH} steps`,
    ]);
  });

  it('follow MAX_ALIASES aliases', () => {
    const chain =
      (length: number): Server =>
      (question) => {
        const at = Number(question.name.firstLabel.slice(1));
        const owner = question.name.toString();
        const link = nameSet(owner, TYPE.CNAME, [`n${at + 1}.example.de`]);
        const answer = at < length ? [link] : [addressSet(owner, '203.0.113.1')];
        return response(question, { answer });
      };
    const rcode = (length: number) =>
      rcodeOf({ [TLD]: refer('example.de', LEAF), [LEAF]: chain(length) }, 'n0.example.de');
    expect(rcode(MAX_ALIASES)).toBe(RCODE.NOERROR);
    expect(rcode(MAX_ALIASES + 1)).toBe(RCODE.SERVFAIL);
  });
});

describe('address lookups', () => {
  /**
   * Eight zones, each an alias into the next, without glue. Seven have four names without addresses
   * (two lookups each) before one that has some (one lookup); the last has only that one.
   */
  const zones =
    (lastNames: readonly string[]): Server =>
    (question) => {
      const i = numberOf(question);
      if (question.name.isAtOrBelow(Name.parse('host.de')))
        return refer('host.de', LEAF)(question, ASK);
      const names = i < 7 ? ['x0', 'x1', 'x2', 'x3', 'good'] : lastNames;
      const authority = [
        nameSet(
          zoneOf(question),
          TYPE.NS,
          names.map((label) => `${label}-${i}.host.de`),
        ),
      ];
      return response(question, { authoritative: false, authority });
    };
  const ASK = null as never as Ask;
  const serve: Server = (question) => {
    const { name, type } = question;
    const owner = name.toString();
    if (name.firstLabel === 'www') {
      const i = numberOf(question);
      return i < 7
        ? response(question, { answer: [nameSet(owner, TYPE.CNAME, [`www.z${i + 1}.de`])] })
        : address(question, ASK);
    }
    const good = name.firstLabel.startsWith('good') && type === TYPE.A;
    if (good) return response(question, { answer: [addressSet(owner, LEAF)] });
    const only6 = name.firstLabel.startsWith('six') && type === TYPE.AAAA;
    const rdata = [Uint8Array.of(0x20, 1, 0x0d, 0xb8, ...new Array(11).fill(0), 0x53)];
    if (only6) return response(question, { answer: [new RRset(name, TYPE.AAAA, 300, rdata)] });
    return response(question, { authority: [soaSet('host.de')] });
  };

  it('are MAX_ADDRESS_LOOKUPS_PER_LOOKUP for all that one client query needs', () => {
    const rcode = (last: string) =>
      rcodeOf({ [TLD]: zones([last]), [LEAF]: serve, [LEAF6]: serve }, 'www.z0.de');
    expect(7 * (2 * 4 + 1) + 1).toBe(MAX_ADDRESS_LOOKUPS_PER_LOOKUP);
    expect(rcode('good')).toBe(RCODE.NOERROR);
    // An address of the other family takes one lookup more.
    expect(rcode('six')).toBe(RCODE.SERVFAIL);
  });
});

describe('servers of a zone', () => {
  it('MAX_NAME_SERVERS names are used', () => {
    const withGlueForTheLast =
      (count: number): Server =>
      (question) => {
        const names = Array.from({ length: count }, (_, i) => `ns${i}.example.de`);
        return response(question, {
          authoritative: false,
          authority: [nameSet('example.de', TYPE.NS, names)],
          additional: [addressSet(names.at(-1) as string, LEAF)],
        });
      };
    const rcode = (count: number) =>
      rcodeOf({ [TLD]: withGlueForTheLast(count), [LEAF]: address }, 'www.example.de');
    expect(rcode(MAX_NAME_SERVERS)).toBe(RCODE.NOERROR);
    expect(rcode(MAX_NAME_SERVERS + 1)).toBe(RCODE.SERVFAIL);
  });

  it('MAX_ADDRESSES_PER_SERVER addresses of each are used', () => {
    const outcome = (count: number): number => {
      const octets = Array.from({ length: count }, (_, i) => Uint8Array.of(192, 0, 2, 100 + i));
      const glue = new RRset(Name.parse('ns.example.de'), TYPE.A, 300, octets);
      const servers = Object.fromEntries(
        octets.map((each, i) => [each.join('.'), i === count - 1 ? address : refuse]),
      );
      const tld: Server = (question) => ({
        ...referral(question, 'example.de', 'ns.example.de'),
        additional: [glue],
      });
      return rcodeOf({ [TLD]: tld, ...servers }, 'www.example.de');
    };
    expect(outcome(MAX_ADDRESSES_PER_SERVER)).toBe(RCODE.NOERROR);
    expect(outcome(MAX_ADDRESSES_PER_SERVER + 1)).toBe(RCODE.SERVFAIL);
  });

  it('are asked one question MAX_SENDS_PER_SERVER times', () => {
    const deafFor = (sends: number): number => {
      let heard = 0;
      const leaf: Server = (question, ask) => (heard++ < sends ? null : address(question, ask));
      return rcodeOf({ [TLD]: refer('example.de', LEAF), [LEAF]: leaf }, 'www.example.de');
    };
    expect(deafFor(MAX_SENDS_PER_SERVER - 1)).toBe(RCODE.NOERROR);
    expect(deafFor(MAX_SENDS_PER_SERVER)).toBe(RCODE.SERVFAIL);
  });

  it('have MIN_TCP_TIMEOUT at least to answer over TCP', () => {
    const timeouts: number[] = [];
    const leaf: Server = (question, ask) => {
      if (ask.transport === 'udp') return response(question, { truncated: true });
      timeouts.push(ask.timeout);
      return address(question, ask);
    };
    rcodeOf({ [TLD]: refer('example.de', LEAF), [LEAF]: leaf }, 'www.example.de');
    expect(timeouts).toEqual([MIN_TCP_TIMEOUT]);
  });

  it('one draw in EXPLORE_ONE_IN goes to another than the fastest', () => {
    const fastest = (draw: number): boolean => {
      const node = new NodeState(DEFAULT_CONFIG, {
        ...{ rootHints: [], trustAnchors: [], maintenance: null, insecureDomains: [] },
        ...{ fixedZones: [], random: () => draw, questions: 0, policy: null, peers: null },
        signatures: { signatureChecked: () => {} },
      });
      const [slow, fast] = [LEAF, TLD].map((text) => node.servers.intern(text, 4)) as [
        never,
        never,
      ];
      node.servers.answered(slow, 50 * MILLISECOND);
      node.servers.answered(fast, 10 * MILLISECOND);
      const name = Name.parse('example.de');
      const nameServers = [{ name, addresses: [slow, fast], addressesExpireAt: SECOND }];
      const draws = { source: 0, ordinal: 0, attempt: 0 };
      const question = { name, type: TYPE.A };
      const fetch = new Fetch('', question, false, draws, new Budget(SECOND), 0, 0);
      return pickServer(node, fetch, nameServers, null) === fast;
    };
    const first = 512 - (512 % EXPLORE_ONE_IN) + EXPLORE_ONE_IN; // the upper bits choose the first
    expect(fastest(first)).toBe(false);
    for (let draw = first + 1; draw < first + EXPLORE_ONE_IN; draw++) {
      expect(fastest(draw)).toBe(true);
    }
  });
});

describe('what stands beside an answer', () => {
  it('MAX_RRSETS_BESIDE RRsets of it are kept', () => {
    const kept = (count: number): number => {
      const names = Array.from({ length: count }, (_, i) => `ns${i}.example.de`);
      const authority = [nameSet('example.de', TYPE.NS, names)];
      const additional = names.map((name) => addressSet(name, '192.0.2.9'));
      const servers = {
        [ROOT]: refer('de'),
        [TLD]: refer('example.de', LEAF),
        [LEAF]: ((question, ask) => {
          const message = address(question, ask);
          return message === null ? null : { ...message, authority, additional };
        }) satisfies Server,
      };
      const pair = new Pair(servers, { minimalResponses: false });
      return pair.ask('www.example.de').answer.additional.length;
    };
    expect(kept(MAX_RRSETS_BESIDE)).toBe(MAX_RRSETS_BESIDE);
    expect(kept(MAX_RRSETS_BESIDE + 1)).toBe(MAX_RRSETS_BESIDE);
  });
});
