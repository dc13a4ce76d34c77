import { describe, expect, it } from 'vitest';
import { RECOMMENDED_SERVE_STALE } from './config.ts';
import type { Answer, ResolverEvent } from './events.ts';
import { MAX_FETCHES } from './limits.ts';
import { Name } from './name/name.ts';
import {
  addressSet,
  FROM_A_CLIENT,
  nameSet,
  Pair,
  referral,
  response,
  type Server,
  soaSet,
} from './testing/pair.ts';
import { SECOND } from './time.ts';
import { EDE, RCODE, TYPE } from './wire/iana.ts';

const ROOT = '198.41.0.4';
const TLD = '192.0.2.1';
const LEAF = '192.0.2.53';
const LEAF2 = '192.0.2.54';

const root: Server = (question) => referral(question, 'de', 'a.nic.de', TLD);
const tld: Server = (question) => referral(question, 'example.de', 'ns.example.de', LEAF);
const leaf: Server = (question) =>
  question.name.toString() === 'www.example.de.' && question.type === TYPE.A
    ? response(question, { answer: [addressSet('www.example.de', '203.0.113.1', 300)] })
    : response(question, { authority: [soaSet('example.de')] });

const world = { [ROOT]: root, [TLD]: tld, [LEAF]: leaf };
/** example.de is served by a name below .net, and no glue comes with its referral. */
const glueless: Readonly<Record<string, Server>> = {
  [ROOT]: (question, ask) =>
    question.name.isAtOrBelow(Name.parse('net'))
      ? referral(question, 'net', 'a.nic.net', '192.0.2.2')
      : root(question, ask),
  [TLD]: (question) => referral(question, 'example.de', 'ns.host.net'),
  '192.0.2.2': (question) => response(question, { answer: [addressSet('ns.host.net', LEAF)] }),
  [LEAF]: leaf,
};

describe('iterative resolution (RFC 1034 section 5.3.3, RFC 9156)', () => {
  it('walks from the root, one label at a time', () => {
    const pair = new Pair(world);
    const answer = pair.ask('www.example.de');
    expect(answer.answer.rcode).toBe(RCODE.NOERROR);
    expect(answer.source).toBe('miss');
    expect(pair.asked).toEqual([
      `${ROOT} de. 1 udp`,
      `${TLD} example.de. 1 udp`,
      `${LEAF} www.example.de. 1 udp`,
    ]);
  });

  it('starts at the closest delegation that is cached', () => {
    const pair = new Pair(world);
    pair.ask('www.example.de');
    pair.asked.length = 0;
    pair.ask('mail.example.de');
    expect(pair.asked).toEqual([`${LEAF} mail.example.de. 1 udp`]);
  });

  it('answers from the cache until the TTL is over, in microseconds', () => {
    const pair = new Pair(world);
    const first = pair.ask('www.example.de').answer;
    pair.now = first.expiresAt - pair.clockOffset - 1;
    expect(pair.ask('www.example.de').source).toBe('hit');
    pair.now += 1;
    expect(pair.ask('www.example.de').source).toBe('miss');
  });

  it('keeps NODATA for the lesser of SOA TTL and MINIMUM (RFC 2308 section 5)', () => {
    const pair = new Pair(world);
    const { answer } = pair.ask('www.example.de', TYPE.AAAA);
    expect(answer.answer).toHaveLength(0);
    expect(answer.expiresAt - answer.storedAt).toBe(60 * SECOND);
  });

  it('does not keep a negative answer without SOA (RFC 2308 section 5)', () => {
    const pair = new Pair({ ...world, [LEAF]: (question) => response(question) });
    const { answer } = pair.ask('www.example.de');
    expect(answer.expiresAt).toBe(answer.storedAt);
  });

  it('takes a proven NXDOMAIN of an ancestor for the names below it (RFC 8020)', () => {
    const proof = nameSet('b.example.de', TYPE.NSEC, ['example.de']);
    const nxdomain: Server = (question) =>
      response(question, { rcode: RCODE.NXDOMAIN, authority: [soaSet('example.de'), proof] });
    const pair = new Pair({ ...world, [LEAF]: nxdomain });
    expect(pair.ask('a.b.c.example.de').answer.rcode).toBe(RCODE.NXDOMAIN);
    expect(pair.asked.at(-1)).toBe(`${LEAF} c.example.de. 1 udp`);
  });

  it('asks for the whole name when one above it is denied without proof (RFC 9156 section 2.3)', () => {
    // Some servers deny an empty non-terminal.
    const broken: Server = (question) =>
      question.name.labelCount === 3
        ? response(question, { rcode: RCODE.NXDOMAIN, authority: [soaSet('example.de')] })
        : response(question, { answer: [addressSet(question.name.toString(), '203.0.113.1')] });
    const pair = new Pair({ ...world, [LEAF]: broken });
    expect(pair.ask('a.b.c.example.de').answer.rcode).toBe(RCODE.NOERROR);
    expect(pair.asked.slice(-2)).toEqual([
      `${LEAF} c.example.de. 1 udp`,
      `${LEAF} a.b.c.example.de. 1 udp`,
    ]);
  });

  it('asks the parent for DS (RFC 4035 section 4.2)', () => {
    const pair = new Pair({
      ...world,
      [TLD]: (question) =>
        question.type === TYPE.DS
          ? response(question, { authority: [soaSet('de')] })
          : tld(question, null as never),
    });
    pair.ask('www.example.de');
    pair.asked.length = 0;
    pair.ask('example.de', TYPE.DS);
    expect(pair.asked).toEqual([`${TLD} example.de. 43 udp`]);
  });
});

describe('a server that has both sides of a zone cut (RFC 4035 section 4.2)', () => {
  const both: Server = (question) =>
    question.name.labelCount === 1
      ? referral(question, 'de', 'a.nic.de', TLD)
      : response(question, { authority: [soaSet('example.de')] });
  const parent: Server = (question) => response(question, { authority: [soaSet('de')] });

  it('is not believed about DS, which the parent is asked for', () => {
    const pair = new Pair({ [ROOT]: both, [TLD]: parent }, { qnameMinimisation: false });
    const { answer } = pair.ask('example.de', TYPE.DS);
    expect(answer.authority[0]?.name.toString()).toBe('de.');
    expect(pair.asked).toEqual([
      `${ROOT} example.de. 43 udp`,
      `${ROOT} de. 1 udp`,
      `${TLD} example.de. 43 udp`,
    ]);
  });
});

describe('joining what is in flight (RFC 5452 section 5)', () => {
  it('sends one query for one question however many ask', () => {
    const pair = new Pair(world);
    const clients = [pair.query('www.example.de'), pair.query('www.example.de')];
    pair.drain();
    expect(clients.map((client) => pair.answers.get(client)?.source)).toEqual(['miss', 'joined']);
    expect(pair.asked).toHaveLength(3);
  });

  it.each([
    [true, 'miss'],
    [false, 'joined'],
  ])('with validation %s, queries with CD=1 and those without: %s', (validation, source) => {
    const pair = new Pair(world, { validation });
    pair.query('www.example.de');
    const other = pair.query('www.example.de', TYPE.A, true);
    pair.drain();
    expect(pair.answers.get(other)?.source).toBe(source);
  });
});

describe('queries without RD (RFC 1034 section 4.3.1)', () => {
  const withoutRecursion = (pair: Pair, name: string): Answer | undefined => {
    const query: ResolverEvent = {
      kind: 'query',
      client: 99,
      question: { name: Name.parse(name), type: TYPE.A },
      questionId: -1,
      recursionDesired: false,
      dnssecOk: true,
      authenticData: false,
      checkingDisabled: false,
      ...FROM_A_CLIENT,
      draw: { source: 2, ordinal: 0, attempt: 0 },
    };
    const [effect] = pair.resolver.handle(query, pair.now, pair.now + pair.clockOffset);
    return effect?.kind === 'answer' ? effect : undefined;
  };

  it('are answered from the cache, and with REFUSED and EDE 20 when nothing is there', () => {
    const pair = new Pair(world);
    const { answer } = withoutRecursion(pair, 'www.example.de') ?? {};
    expect(answer?.rcode).toBe(RCODE.REFUSED);
    expect(answer?.errors.map(({ code }) => code)).toEqual([EDE.NOT_AUTHORITATIVE]);
    expect(pair.asked).toEqual([]);
    pair.ask('www.example.de');
    expect(withoutRecursion(pair, 'www.example.de')).toMatchObject({ source: 'hit' });
  });

  it('do not wait for a fetch that others started', () => {
    const pair = new Pair(world);
    pair.query('www.example.de');
    expect(withoutRecursion(pair, 'www.example.de')?.answer.rcode).toBe(RCODE.REFUSED);
  });

  it('get what is past its TTL where that is allowed, which is then refreshed', () => {
    const pair = new Pair(world, { serveStale: RECOMMENDED_SERVE_STALE });
    pair.now = pair.ask('www.example.de').answer.expiresAt - pair.clockOffset;
    expect(withoutRecursion(pair, 'www.example.de')?.source).toBe('stale');
    expect(pair.resolver.inFlight).toBe(1);
  });
});

describe('servers that cannot help', () => {
  const two: Server = (question) =>
    response(question, {
      authoritative: false,
      authority: [nameSet('example.de', TYPE.NS, ['ns1.example.de', 'ns2.example.de'])],
      additional: [addressSet('ns1.example.de', LEAF), addressSet('ns2.example.de', LEAF2)],
    });

  it('asks another server when one refuses, and remembers nothing against the answer', () => {
    const refused: Server = (question) => response(question, { rcode: RCODE.REFUSED });
    for (const bad of [LEAF, LEAF2]) {
      const good = bad === LEAF ? LEAF2 : LEAF;
      const pair = new Pair({ ...world, [TLD]: two, [bad]: refused, [good]: leaf });
      expect(pair.ask('www.example.de').answer.rcode).toBe(RCODE.NOERROR);
    }
  });

  it('fails with EDE 22 at the delegation and EDE 23 for the last error', () => {
    const refused: Server = (question) => response(question, { rcode: RCODE.REFUSED });
    const pair = new Pair({ ...world, [LEAF]: refused });
    const { answer } = pair.ask('www.example.de');
    expect(answer.rcode).toBe(RCODE.SERVFAIL);
    expect(answer.errors).toEqual([
      { code: EDE.NO_REACHABLE_AUTHORITY, text: 'at delegation example.de.' },
      { code: EDE.NETWORK_ERROR, text: `${LEAF}:53 rcode=REFUSED for www.example.de. A` },
    ]);
  });

  it('asks a silent server three times and no more (RFC 9520 section 3.1)', () => {
    const pair = new Pair({ ...world, [LEAF]: () => null });
    const { answer } = pair.ask('www.example.de');
    expect(answer.rcode).toBe(RCODE.SERVFAIL);
    expect(pair.asked.filter((line) => line.startsWith(LEAF))).toHaveLength(3);
    expect(answer.errors.map((error) => error.code)).toEqual([EDE.NO_REACHABLE_AUTHORITY]);
  });

  it('ends a resolution in time whatever the servers do', () => {
    const many = Array.from({ length: 12 }, (_, i) => `192.0.2.${100 + i}`);
    const silent: Server = (question) =>
      response(question, {
        authoritative: false,
        authority: [
          nameSet(
            'example.de',
            TYPE.NS,
            many.map((_, i) => `ns${i}.example.de`),
          ),
        ],
        additional: many.map((address, i) => addressSet(`ns${i}.example.de`, address)),
      });
    const pair = new Pair({ ...world, [TLD]: silent });
    pair.ask('www.example.de');
    expect(pair.now).toBeLessThanOrEqual(10 * SECOND);
  });

  it('retries over TCP when truncated (RFC 7766 section 5)', () => {
    const truncating: Server = (question, ask) =>
      ask.transport === 'udp' ? response(question, { truncated: true }) : leaf(question, ask);
    const pair = new Pair({ ...world, [LEAF]: truncating });
    expect(pair.ask('www.example.de').answer.rcode).toBe(RCODE.NOERROR);
    expect(pair.asked.at(-1)).toBe(`${LEAF} www.example.de. 1 tcp`);
  });

  it('retries without EDNS on FORMERR without OPT (RFC 6891 section 7)', () => {
    const old: Server = (question, ask) =>
      ask.udpSize > 0
        ? response(question, { rcode: RCODE.FORMERR, edns: null })
        : leaf(question, ask);
    const pair = new Pair({ ...world, [LEAF]: old });
    expect(pair.ask('www.example.de').answer.rcode).toBe(RCODE.NOERROR);
  });

  it('looks up the addresses of name servers that come without glue', () => {
    const pair = new Pair(glueless);
    expect(pair.ask('www.example.de').answer.rcode).toBe(RCODE.NOERROR);
  });

  it('does not use glue for names outside the zone that was asked (RFC 5452 section 6)', () => {
    const pair = new Pair({
      ...world,
      [TLD]: (question) => referral(question, 'example.de', 'ns.host.net', '192.0.2.66'),
    });
    pair.ask('www.example.de');
    expect(pair.asked.some((line) => line.startsWith('192.0.2.66'))).toBe(false);
  });
});

describe('circles and chains', () => {
  it('ends when two zones wait for the addresses of each other', () => {
    const pair = new Pair({
      [ROOT]: root,
      [TLD]: (question) =>
        question.name.isAtOrBelow(Name.parse('a.de'))
          ? referral(question, 'a.de', 'ns.b.de')
          : referral(question, 'b.de', 'ns.a.de'),
    });
    const { answer } = pair.ask('www.a.de');
    expect(answer.rcode).toBe(RCODE.SERVFAIL);
    expect(pair.resolver.inFlight).toBe(0);
  });

  it('puts the alias before what it leads to, and lives as long as the shorter of the two', () => {
    const pair = new Pair({
      ...world,
      [LEAF]: (question) =>
        question.name.toString() === 'alias.example.de.'
          ? response(question, {
              answer: [nameSet('alias.example.de', TYPE.CNAME, ['www.example.de'], 3600)],
            })
          : leaf(question, null as never),
    });
    const { answer } = pair.ask('alias.example.de');
    expect(answer.answer.map((rrset) => rrset.type)).toEqual([TYPE.CNAME, TYPE.A]);
    expect(answer.expiresAt - pair.clockOffset - pair.now).toBe(300 * SECOND);
  });

  it('asks only for the end of a chain whose alias is still cached', () => {
    const pair = new Pair({
      ...world,
      [LEAF]: (question) =>
        question.name.toString() === 'alias.example.de.'
          ? response(question, {
              answer: [nameSet('alias.example.de', TYPE.CNAME, ['www.example.de'], 3600)],
            })
          : leaf(question, null as never),
    });
    pair.ask('alias.example.de');
    pair.now += 301 * SECOND;
    pair.asked.length = 0;
    pair.ask('alias.example.de');
    expect(pair.asked).toEqual([`${LEAF} www.example.de. 1 udp`]);
  });

  it('fails on an alias loop', () => {
    const pair = new Pair({
      ...world,
      [LEAF]: (question) =>
        response(question, {
          answer: [
            question.name.toString() === 'a.example.de.'
              ? nameSet('a.example.de', TYPE.CNAME, ['b.example.de'])
              : nameSet('b.example.de', TYPE.CNAME, ['a.example.de']),
          ],
        }),
    });
    expect(pair.ask('a.example.de').answer.rcode).toBe(RCODE.SERVFAIL);
    expect(pair.resolver.inFlight).toBe(0);
  });

  it('follows eleven aliases and not twelve', () => {
    const chain = (length: number): Pair =>
      new Pair({
        ...world,
        [LEAF]: (question) => {
          const at = Number(question.name.firstLabel.slice(1));
          return at < length
            ? response(question, {
                answer: [nameSet(`n${at}.example.de`, TYPE.CNAME, [`n${at + 1}.example.de`])],
              })
            : response(question, { answer: [addressSet(`n${at}.example.de`, '203.0.113.1')] });
        },
      });
    expect(chain(11).ask('n0.example.de').answer.rcode).toBe(RCODE.NOERROR);
    expect(chain(12).ask('n0.example.de').answer.rcode).toBe(RCODE.SERVFAIL);
  });
});

describe('failure caching (RFC 9520 section 3.2)', () => {
  const broken = {
    ...world,
    [LEAF]: ((question) => response(question, { rcode: RCODE.SERVFAIL })) as Server,
  };

  it('answers from the failure for 5 s with the same cause, then tries again', () => {
    const pair = new Pair(broken);
    const first = pair.ask('www.example.de');
    pair.now += 5 * SECOND - 1;
    const second = pair.ask('www.example.de');
    expect(second.source).toBe('failure-cached');
    expect(second.answer.errors).toEqual(first.answer.errors);
    pair.now += 1;
    expect(pair.ask('www.example.de').source).toBe('miss');
  });

  it('doubles up to 60 s', () => {
    const pair = new Pair(broken);
    const lives: number[] = [];
    for (let i = 0; i < 6; i++) {
      const { answer } = pair.ask('www.example.de');
      lives.push(answer.failure?.ttl ?? 0);
      pair.now = answer.expiresAt - pair.clockOffset;
    }
    expect(lives).toEqual([5, 10, 20, 40, 60, 60]);
  });

  it('begins anew after a success', () => {
    let down = true;
    const pair = new Pair({
      ...world,
      [LEAF]: (question, ask) => (down ? null : leaf(question, ask)),
    });
    pair.ask('www.example.de');
    pair.now += 61 * SECOND;
    down = false;
    expect(pair.ask('www.example.de').answer.rcode).toBe(RCODE.NOERROR);
    down = true;
    pair.now += 301 * SECOND;
    expect(pair.ask('www.example.de').answer.failure?.ttl).toBe(5);
  });
});

describe('finding the servers of a zone', () => {
  const shortGlue: Server = (question) =>
    response(question, {
      authoritative: false,
      authority: [nameSet('example.de', TYPE.NS, ['ns.example.de'], 86_400)],
      additional: [addressSet('ns.example.de', LEAF, 300)],
    });

  it('goes back to the parent when the glue has died before the NS data', () => {
    const pair = new Pair({ ...world, [TLD]: shortGlue });
    pair.ask('www.example.de');
    pair.now += 301 * SECOND;
    expect(pair.ask('mail.example.de').answer.rcode).toBe(RCODE.NOERROR);
    expect(pair.asked).toContain(`${TLD} example.de. 1 udp`);
  });

  it('uses addresses with a TTL of 0 for the resolution that found them (RFC 1034 section 3.2.1)', () => {
    const glue: Server = (question) => {
      const referred = shortGlue(question, null as never);
      if (referred === null) return null;
      return { ...referred, additional: [addressSet('ns.example.de', LEAF, 0)] };
    };
    const pair = new Pair({ ...world, [TLD]: glue });
    expect(pair.ask('www.example.de').answer.rcode).toBe(RCODE.NOERROR);
  });

  it('gives looked-up addresses to a delegation that was learnt anew meanwhile', () => {
    const pair = new Pair(glueless);
    const clients = [pair.query('www.example.de'), pair.query('mail.example.de')];
    pair.drain();
    for (const client of clients)
      expect(pair.answers.get(client)?.answer.rcode).toBe(RCODE.NOERROR);
  });

  it('asks for the whole name once when servers know no part of it (RFC 9156 section 2.3)', () => {
    const picky: Server = (question, ask) =>
      question.name.labelCount < 4
        ? response(question, { rcode: RCODE.REFUSED })
        : leaf(question, ask);
    const pair = new Pair({ ...world, [LEAF]: picky });
    expect(pair.ask('a.b.example.de').answer.rcode).toBe(RCODE.NOERROR);
  });

  it('takes a referral with AA for a referral, unless there is a SOA', () => {
    const odd: Server = (question) => ({
      ...referral(question, 'example.de', 'ns.example.de', LEAF),
      authoritative: true,
    });
    expect(new Pair({ ...world, [TLD]: odd }).ask('www.example.de').answer.answer).toHaveLength(1);
  });

  it('does not take a truncated response over TCP for an answer (RFC 7766 section 5)', () => {
    const truncating: Server = (question) => response(question, { truncated: true });
    expect(new Pair({ ...world, [LEAF]: truncating }).ask('www.example.de').answer.rcode).toBe(
      RCODE.SERVFAIL,
    );
  });

  it('leaves time for two round trips over TCP, however well the server is known', () => {
    const truncating: Server = (question, ask) =>
      ask.transport === 'udp' && question.name.firstLabel === 'www'
        ? response(question, { truncated: true })
        : leaf(question, ask);
    const pair = new Pair({ ...world, [LEAF]: truncating });
    for (let i = 0; i < 40; i++) pair.ask(`n${i}.example.de`);
    expect(pair.ask('www.example.de').answer.rcode).toBe(RCODE.NOERROR);
  });
});

describe('one client lookup and the work that it may cause', () => {
  it('is bounded in queries and time, however delegations lead on (NXNSAttack, CVE-2020-12667)', () => {
    let serial = 0;
    const evil: Server = (question) =>
      response(question, {
        authoritative: false,
        authority: [
          nameSet(
            question.name.ancestor(2).toString(),
            TYPE.NS,
            Array.from({ length: 5 }, () => `ns.e${serial++}.de`),
          ),
        ],
      });
    const pair = new Pair({ ...world, [TLD]: evil });
    const { answer } = pair.ask('www.victim.de');
    expect(answer.rcode).toBe(RCODE.SERVFAIL);
    expect(pair.asked.length).toBeLessThanOrEqual(100);
    expect(pair.now).toBeLessThanOrEqual(11 * SECOND);
    expect(pair.resolver.inFlight).toBe(0);
  });

  it('leaves no mark on names that it could not get to', () => {
    // n0 … n11 lead to www, itself an alias: too deep from n0, and good when asked for directly.
    const chain: Server = (question, ask) => {
      const at = /^n(\d+)$/.exec(question.name.firstLabel)?.[1];
      const next = at === undefined ? undefined : Number(at) < 11 ? `n${Number(at) + 1}` : 'alias';
      if (next !== undefined) {
        const owner = question.name.toString();
        return response(question, { answer: [nameSet(owner, TYPE.CNAME, [`${next}.example.de`])] });
      }
      return question.name.firstLabel === 'alias'
        ? response(question, {
            answer: [nameSet('alias.example.de', TYPE.CNAME, ['www.example.de'])],
          })
        : leaf(question, ask);
    };
    const pair = new Pair({ ...world, [LEAF]: chain });
    expect(pair.ask('n0.example.de').answer.rcode).toBe(RCODE.SERVFAIL);
    expect(pair.ask('alias.example.de').answer.rcode).toBe(RCODE.NOERROR);
  });

  it('costs no stack, however many wait for one another', () => {
    const chain: Server = (question) => {
      const at = Number(question.name.firstLabel.slice(1));
      if (at === 3000) return null;
      const owner = question.name.toString();
      return response(question, {
        answer: [nameSet(owner, TYPE.CNAME, [`n${at + 1}.example.de`])],
      });
    };
    const pair = new Pair({ ...world, [LEAF]: chain });
    pair.ask('n3000.example.de');
    pair.now += 60 * SECOND;
    const clients = Array.from({ length: 3000 }, (_, i) => pair.query(`n${3000 - i}.example.de`));
    pair.drain();
    for (const client of clients)
      expect(pair.answers.get(client)?.answer.rcode).toBe(RCODE.SERVFAIL);
  });

  it('is refused when as many resolutions are under way as may be, and nothing is remembered of it', () => {
    const pair = new Pair({ [ROOT]: () => null });
    for (let i = 0; i < MAX_FETCHES; i++) pair.query(`n${i}.example`);
    expect(pair.answers.size).toBe(0);
    const client = pair.query('one-more.example');
    expect(pair.answers.get(client)?.answer.rcode).toBe(RCODE.SERVFAIL);
    expect([pair.resolver.inFlight, pair.resolver.cachedAnswers]).toEqual([MAX_FETCHES, 0]);
  });

  it.each([TYPE.OPT, TYPE.AXFR])(
    'refuses QTYPE %i, and asks nobody (RFC 6895 section 3.1)',
    (type) => {
      const pair = new Pair(world);
      const { answer } = pair.ask('www.example.de', type);
      expect([answer.rcode, answer.errors[0]?.code]).toEqual([RCODE.REFUSED, EDE.NOT_SUPPORTED]);
      expect(pair.asked).toHaveLength(0);
    },
  );

  it('does not store what was judged under settings that changed meanwhile', () => {
    const pair = new Pair(world);
    const client = pair.query('www.example.de');
    pair.resolver.configure({ validation: true });
    pair.drain();
    expect(pair.answers.get(client)?.answer.rcode).toBe(RCODE.NOERROR);
    expect(pair.resolver.cachedAnswers).toBe(0);
  });

  it('keeps no alias with a TTL of 0, nor one that was judged under other settings', () => {
    let ttl = 0;
    const alias: Server = (question, ask) =>
      question.name.toString() === 'web.example.de.'
        ? response(question, {
            answer: [nameSet('web.example.de', TYPE.CNAME, ['www.example.de'], ttl)],
          })
        : leaf(question, ask);
    const pair = new Pair({ ...world, [LEAF]: alias });
    expect(pair.ask('web.example.de').answer.answer).toHaveLength(2);
    expect(pair.resolver.cachedAnswers).toBe(1);
    ttl = 300;
    pair.query('web.example.de');
    pair.resolver.configure({ validation: true });
    pair.resolver.configure({ validation: false });
    pair.drain();
    expect(pair.resolver.cachedAnswers).toBe(1);
    pair.ask('web.example.de');
    expect(pair.resolver.cachedAnswers).toBe(3);
  });
});
