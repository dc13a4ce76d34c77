import { describe, expect, it } from 'vitest';
import { damaged, SignedWorld } from '../../sim/testing/signed-world.ts';
import { MISS, OUTCOME_HAS_ERRORS, OUTCOME_RCODE_MASK, OUTCOME_STALE } from '../cache/table.ts';
import { RECOMMENDED_SERVE_STALE, type ResolverConfig, type ServeStale } from '../config.ts';
import type { Answer } from '../events.ts';
import { clientResponse } from '../reply.ts';
import {
  addressSet,
  nameSet,
  Pair,
  referral,
  response,
  type Server,
  soaSet,
} from '../testing/pair.ts';
import { HOUR, MILLISECOND, MINUTE, type Micros, SECOND } from '../time.ts';
import { EDE, RCODE, TYPE } from '../wire/iana.ts';

const ROOT = '198.41.0.4';
const LEAF = '192.0.2.53';
const NAME = 'www.example';
const TTL = 300;
/** The servers are asked for as long as the resolution may take. */
const PATIENT = { sendsPerServer: 100 };

const address: Server = (question) =>
  response(question, { answer: [addressSet(NAME, '203.0.113.1', TTL)] });
const nameError: Server = (question) =>
  response(question, { rcode: RCODE.NXDOMAIN, authority: [soaSet('example', TTL)] });
const silent: Server = () => null;
const refuses =
  (rcode: number): Server =>
  (question) =>
    response(question, { rcode, authoritative: false });

/** A world whose one zone behaves as `leaf` says, which tests change. */
class Stage {
  leaf: Server = address;
  readonly pair: Pair;

  constructor(serveStale: Partial<ServeStale> | null = {}, config: Partial<ResolverConfig> = {}) {
    const servers: Record<string, Server> = {
      [ROOT]: (question) => referral(question, 'example', 'ns.example', LEAF),
      [LEAF]: (question, ask) => this.leaf(question, ask),
    };
    const stale = serveStale === null ? null : { ...RECOMMENDED_SERVE_STALE, ...serveStale };
    this.pair = new Pair(servers, { ...config, serveStale: stale }, { questions: 1 });
  }

  /** Fills the cache, lets the answer expire, and makes the servers behave as `leaf`. */
  expire(leaf: Server, after: Micros = 0): void {
    this.pair.ask(NAME);
    this.leaf = leaf;
    this.pair.now += TTL * SECOND + after;
    this.pair.asked.length = 0;
  }

  ask(): Answer {
    return this.pair.ask(NAME);
  }

  probe(): number {
    return this.pair.resolver.probe(0, false, this.pair.now + this.pair.clockOffset);
  }
}

const codes = ({ answer }: Answer): number[] => answer.errors.map(({ code }) => code);
const STALE = { source: 'stale', answer: { rcode: RCODE.NOERROR } };
const FAILED = { answer: { rcode: RCODE.SERVFAIL } };

describe('RFC 8767 section 5: the client response timer', () => {
  it('gives the client something stale after 1.8 s, and not before', () => {
    const stage = new Stage({}, PATIENT);
    stage.expire(silent);
    const { pair } = stage;
    const client = pair.query(NAME);
    pair.pass(1800 * MILLISECOND - 1);
    expect(pair.answers.has(client)).toBe(false);
    pair.pass(1);
    expect(pair.answers.get(client)).toMatchObject(STALE);
  });

  it('does not end the resolution, which refreshes the cache', () => {
    const stage = new Stage({ clientTimeout: 30 * MILLISECOND });
    let heard = 0;
    stage.expire((question, ask) => (heard++ === 0 ? null : address(question, ask)));
    const { pair } = stage;
    const client = pair.query(NAME);
    pair.drain();
    expect(heard).toBe(2); // the first query was lost
    expect(pair.answers.get(client)).toMatchObject(STALE);
    expect(stage.ask()).toMatchObject({ source: 'hit', answer: { errors: [] } });
  });

  it('runs for each client from its own query on', () => {
    const stage = new Stage({}, PATIENT);
    stage.expire(silent);
    const { pair } = stage;
    const first = pair.query(NAME);
    pair.pass(1000 * MILLISECOND);
    const second = pair.query(NAME);
    pair.pass(800 * MILLISECOND);
    expect([first, second].map((client) => pair.answers.has(client))).toEqual([true, false]);
    pair.drain();
    expect(pair.answers.get(second)).toMatchObject(STALE);
  });

  it('does nothing when the answer comes in time', () => {
    const stage = new Stage();
    stage.expire(address);
    expect(stage.ask()).toMatchObject({ source: 'miss', answer: { rcode: RCODE.NOERROR } });
    expect(stage.pair.answers.size).toBe(2);
  });

  it('does not run when nothing stale is there', () => {
    const stage = new Stage();
    stage.leaf = silent;
    expect(stage.ask()).toMatchObject({ ...FAILED, source: 'miss' });
    expect(stage.ask()).toMatchObject({ ...FAILED, source: 'failure-cached' });
  });

  it('can be left out: then only the failure counts', () => {
    const stage = new Stage({ clientTimeout: null }, PATIENT);
    stage.expire(silent);
    const { pair } = stage;
    const client = pair.query(NAME);
    pair.pass(1900 * MILLISECOND);
    expect(pair.answers.has(client)).toBe(false);
    pair.drain();
    expect(pair.answers.get(client)).toMatchObject(STALE);
  });

  it('may count only until the first failure (PowerDNS)', () => {
    const stage = new Stage({ clientTimeout: null, atOnceAfterFailure: true });
    stage.expire(refuses(RCODE.REFUSED));
    const { pair } = stage;
    const first = pair.query(NAME);
    expect(pair.answers.has(first)).toBe(false);
    pair.drain();
    expect(pair.answers.get(first)).toMatchObject(STALE);
    pair.now += 30 * SECOND;
    const second = pair.query(NAME);
    expect(pair.answers.get(second)).toMatchObject(STALE);
    stage.leaf = address;
    pair.drain();
    expect(pair.asked).toHaveLength(2);
  });

  it('may be 0: stale at once, and the answer is refreshed behind it', () => {
    const stage = new Stage({ clientTimeout: 0 });
    stage.expire(address);
    const { pair } = stage;
    const client = pair.query(NAME);
    expect(pair.answers.get(client)).toMatchObject(STALE);
    expect(pair.asked).toHaveLength(1);
    pair.query(NAME);
    expect(pair.asked).toHaveLength(1); // one refresh at a time
    pair.drain();
    expect(stage.ask()).toMatchObject({ source: 'hit', answer: { errors: [] } });
  });
});

describe('RFC 8767 section 5: the query resolution timer', () => {
  it('ends in a stale answer', () => {
    const stage = new Stage({ clientTimeout: null }, { ...PATIENT, resolutionTimeout: 1 * SECOND });
    stage.expire(silent);
    const { pair } = stage;
    const client = pair.query(NAME);
    pair.pass(1 * SECOND - 1);
    expect(pair.answers.has(client)).toBe(false);
    pair.pass(1);
    expect(pair.answers.get(client)).toMatchObject(STALE);
  });
});

describe('RFC 8767 section 5: the failure recheck timer', () => {
  it('answers stale at once, asking nobody, for 30 s after a failure', () => {
    const stage = new Stage();
    stage.expire(refuses(RCODE.SERVFAIL));
    const { pair } = stage;
    const client = pair.query(NAME);
    while (!pair.answers.has(client)) pair.pass(1);
    const failedAt = pair.now;
    pair.asked.length = 0;
    pair.now = failedAt + 30 * SECOND - 1;
    const again = pair.query(NAME);
    expect(pair.answers.get(again)).toMatchObject(STALE);
    expect(pair.asked).toEqual([]);
    stage.leaf = address;
    pair.now = failedAt + 30 * SECOND;
    expect(stage.ask()).toMatchObject({ source: 'miss', answer: { rcode: RCODE.NOERROR } });
  });

  it('lets a probe find the stale answer meanwhile, and says so', () => {
    const stage = new Stage();
    stage.expire(refuses(RCODE.REFUSED));
    const { pair } = stage;
    expect(stage.probe()).toBe(MISS);
    pair.query(NAME, TYPE.A, false, 0);
    pair.pass(100 * MILLISECOND);
    const slot = stage.probe();
    expect(slot).not.toBe(MISS);
    const outcome = pair.resolver.outcomeOf(slot);
    expect(outcome & OUTCOME_RCODE_MASK).toBe(RCODE.NOERROR);
    expect(outcome & ~OUTCOME_RCODE_MASK).toBe(OUTCOME_STALE | OUTCOME_HAS_ERRORS);
    expect(pair.resolver.errorsOf(slot)).toEqual([{ code: EDE.STALE_ANSWER, text: '' }]);
    pair.now += 30 * SECOND;
    expect(stage.probe()).toBe(MISS);
  });

  it('may be 0: then every client has its try', () => {
    const stage = new Stage({ recheck: 0 });
    stage.expire(refuses(RCODE.REFUSED));
    stage.ask();
    stage.pair.asked.length = 0;
    expect(stage.ask()).toMatchObject(STALE);
    expect(stage.pair.asked).toHaveLength(1);
  });
});

describe('RFC 8767 section 5: the maximum stale timer', () => {
  const HOURS = 3 * HOUR;
  const settings = { maxStale: HOURS / SECOND };

  it('ends the use of an answer, to the microsecond', () => {
    const before = new Stage(settings);
    before.expire(refuses(RCODE.REFUSED), HOURS - MINUTE);
    expect(before.ask()).toMatchObject(STALE);
    const after = new Stage(settings);
    after.expire(refuses(RCODE.REFUSED), HOURS);
    expect(after.ask()).toMatchObject({ ...FAILED, source: 'miss' });
  });

  it('ends what is given at once, before anybody was asked', () => {
    const given = (after: Micros): string | undefined => {
      const stage = new Stage({ ...settings, clientTimeout: 0 });
      stage.expire(silent, after);
      return stage.pair.answers.get(stage.pair.query(NAME))?.source;
    };
    expect([given(HOURS - 1), given(HOURS)]).toEqual(['stale', undefined]);
  });

  it('ends it within the recheck time too', () => {
    const stage = new Stage(settings);
    stage.expire(refuses(RCODE.REFUSED), HOURS - 10 * SECOND);
    const { pair } = stage;
    pair.query(NAME, TYPE.A, false, 0);
    pair.pass(5 * SECOND);
    expect(stage.probe()).not.toBe(MISS);
    pair.now += 5 * SECOND;
    expect(stage.probe()).toBe(MISS);
    expect(stage.ask()).toMatchObject({ ...FAILED, source: 'miss' });
  });

  it('goes on through failure after failure, counted from the end of the TTL', () => {
    const stage = new Stage({ ...settings, recheck: 600 });
    stage.expire(refuses(RCODE.REFUSED));
    const sources: string[] = [];
    for (let at = 0; at < 200; at += 11) {
      sources.push(stage.ask().source);
      stage.pair.now += 11 * MINUTE;
    }
    // 3 h hold 16 rounds of a little more than 11 minutes and the first.
    expect(sources.filter((source) => source === 'stale')).toHaveLength(17);
    expect(sources.slice(0, 17).every((source) => source === 'stale')).toBe(true);
  });

  it('begins anew with each failure if so wanted (Unbound serve-expired-ttl-reset)', () => {
    const stage = new Stage({ ...settings, resetOnFailure: true });
    stage.expire(refuses(RCODE.REFUSED), 5 * HOUR);
    expect(stage.ask()).toMatchObject(STALE);
    stage.pair.now += HOURS - MINUTE;
    stage.leaf = silent;
    expect(stage.ask()).toMatchObject(STALE);
  });
});

describe('RFC 8767 section 4: what may be stale', () => {
  it('nothing that came with a TTL of 0', () => {
    const stage = new Stage();
    const zero: Server = (question) =>
      response(question, { answer: [addressSet(NAME, '203.0.113.1', 0)] });
    stage.leaf = zero;
    stage.ask();
    stage.leaf = refuses(RCODE.REFUSED);
    expect(stage.ask()).toMatchObject(FAILED);
  });

  it('nothing that a TTL of 0 replaced', () => {
    const stage = new Stage();
    stage.expire((question) =>
      response(question, { answer: [addressSet(NAME, '203.0.113.9', 0)] }),
    );
    expect(stage.ask()).toMatchObject({ source: 'miss', answer: { rcode: RCODE.NOERROR } });
    stage.leaf = refuses(RCODE.REFUSED);
    expect(stage.ask()).toMatchObject(FAILED);
  });

  it.each([RCODE.SERVFAIL, RCODE.REFUSED, RCODE.NOTIMP, RCODE.FORMERR])(
    'what a response with RCODE %i leaves intact',
    (rcode) => {
      const stage = new Stage();
      stage.expire(refuses(rcode));
      expect(stage.ask()).toMatchObject(STALE);
    },
  );

  it('not what NXDOMAIN has refreshed', () => {
    const stage = new Stage();
    stage.expire(nameError);
    expect(stage.ask()).toMatchObject({ source: 'miss', answer: { rcode: RCODE.NXDOMAIN } });
    stage.pair.now += TTL * SECOND;
    stage.leaf = silent;
    expect(stage.ask()).toMatchObject({ source: 'stale', answer: { rcode: RCODE.NXDOMAIN } });
  });

  it('nothing at all while it is off', () => {
    const stage = new Stage(null);
    stage.expire(refuses(RCODE.REFUSED));
    expect(stage.ask()).toMatchObject({ ...FAILED, source: 'miss' });
  });

  it('no failure: one that is remembered is repeated, not stale', () => {
    const stage = new Stage();
    stage.leaf = refuses(RCODE.REFUSED);
    stage.ask();
    stage.pair.now += 6 * SECOND;
    expect(stage.ask()).toMatchObject({ ...FAILED, source: 'miss' });
  });
});

describe('RFC 8767 section 4: the stale answer', () => {
  const ttlOf = (stage: Stage, answer: Answer): number | undefined => {
    const { config } = stage.pair.resolver;
    const question = answer.answer.question;
    const query = { ...response(question), response: false };
    const clock = stage.pair.now + stage.pair.clockOffset;
    return clientResponse(query, answer, clock, config).answer[0]?.ttl;
  };

  it('has a TTL of 30 s, each time it is given', () => {
    const stage = new Stage({ clientTimeout: 0 });
    stage.expire(silent);
    const { pair } = stage;
    const answer = () => pair.answers.get(pair.query(NAME)) as Answer;
    expect(ttlOf(stage, answer())).toBe(30);
    pair.drain();
    pair.now += 10 * SECOND;
    expect(ttlOf(stage, answer())).toBe(30);
  });

  it('has no longer TTL than it came with', () => {
    const stage = new Stage({ answerTtl: 600, clientTimeout: 0 });
    stage.expire(silent);
    expect(ttlOf(stage, stage.pair.answers.get(stage.pair.query(NAME)) as Answer)).toBe(TTL);
  });

  it('carries EDE 3, or 19 for NXDOMAIN, and nothing else (RFC 8914 sections 4.4 and 4.20)', () => {
    const given = (leaf: Server, errors: ServeStale['errors']): number[] => {
      const stage = new Stage({ errors });
      stage.leaf = leaf;
      stage.expire(refuses(RCODE.REFUSED));
      return codes(stage.ask());
    };
    expect(given(address, 'by-rcode')).toEqual([EDE.STALE_ANSWER]);
    expect(given(nameError, 'by-rcode')).toEqual([EDE.STALE_NXDOMAIN_ANSWER]);
    expect(given(nameError, 'stale-answer')).toEqual([EDE.STALE_ANSWER]);
    expect(given(address, 'none')).toEqual([]);
  });
});

describe('a refresh that ends bogus', () => {
  const RECORDS = 'www A 203.0.113.1';
  const world = (serveStale: Partial<ServeStale>): SignedWorld =>
    new SignedWorld(
      { test: {}, 'example.test': { records: RECORDS } },
      { serveStale: { ...RECOMMENDED_SERVE_STALE, ...serveStale } },
    );

  it('leaves the answer that was validated, with AD (1.1.1.1, Unbound since 1.22)', () => {
    const tried = world({});
    expect(tried.ask('www.example.test')).toMatchObject({ authenticated: true, ttl: 300 });
    tried.edit('example.test', damaged(TYPE.A));
    tried.pass(300);
    const stale = { rcode: RCODE.NOERROR, source: 'stale', authenticated: true, codes: [3] };
    expect(tried.ask('www.example.test')).toMatchObject(stale);
    expect(tried.ask('www.example.test')).toMatchObject({ ...stale, asked: [] });
  });

  it('is a failure like any other when it is the chain that broke', () => {
    const tried = world({});
    tried.ask('www.example.test');
    tried.edit('test', damaged(TYPE.DS));
    tried.pass(90_000); // delegation, DS and keys are over as well
    expect(tried.ask('www.example.test').rcode).toBe(RCODE.SERVFAIL);
    const longer = world({ maxStale: 200_000 });
    longer.ask('www.example.test');
    longer.edit('test', damaged(TYPE.DS));
    longer.pass(90_000);
    expect(longer.ask('www.example.test')).toMatchObject({ source: 'stale', authenticated: true });
  });

  it('takes the place of the answer where implementations have it so', () => {
    const tried = world({ onBogus: false });
    tried.ask('www.example.test');
    tried.edit('example.test', damaged(TYPE.A));
    tried.pass(300);
    const bogus = { rcode: RCODE.SERVFAIL, codes: [EDE.DNSSEC_BOGUS] };
    expect(tried.ask('www.example.test')).toMatchObject(bogus);
    tried.edit('example.test', () => null);
    tried.pass(60);
    expect(tried.ask('www.example.test').rcode).toBe(RCODE.SERVFAIL);
  });

  it('is no bogus answer when the servers were silent', () => {
    const tried = world({ onBogus: false });
    tried.ask('www.example.test');
    tried.edit('example.test', () => null);
    tried.pass(300);
    expect(tried.ask('www.example.test')).toMatchObject({ source: 'stale', authenticated: true });
  });
});

describe('serve stale and what else goes on', () => {
  it('answers clients only: what waits for the name gets the failure, without asking again', () => {
    const stage = new Stage();
    stage.expire((question) =>
      question.name.toString() === 'alias.example.'
        ? response(question, { answer: [nameSet('alias.example', TYPE.CNAME, [NAME])] })
        : null,
    );
    expect(stage.ask()).toMatchObject(STALE);
    stage.pair.asked.length = 0;
    expect(stage.pair.ask('alias.example')).toMatchObject({ ...FAILED, source: 'miss' });
    expect(stage.pair.asked).toEqual([`${LEAF} alias.example. 1 udp`]);
  });

  it('is over at once when it is switched off', () => {
    const stage = new Stage();
    stage.expire(refuses(RCODE.REFUSED));
    const { pair } = stage;
    pair.query(NAME, TYPE.A, false, 0);
    pair.pass(100 * MILLISECOND);
    expect(stage.probe()).not.toBe(MISS);
    pair.resolver.configure({ serveStale: null });
    expect(stage.probe()).toBe(MISS);
    expect(pair.answers.get(pair.query(NAME))).toMatchObject(FAILED);
  });

  it('takes a shorter maximum at once, while a failure is remembered, too', () => {
    const stage = new Stage();
    stage.expire(refuses(RCODE.REFUSED));
    const { pair } = stage;
    pair.query(NAME, TYPE.A, false, 0);
    pair.pass(100 * MILLISECOND);
    const set = (maxStale: number): void =>
      pair.resolver.configure({ serveStale: { ...RECOMMENDED_SERVE_STALE, maxStale } });
    set(3600);
    expect(pair.answers.get(pair.query(NAME))).toMatchObject(STALE);
    set(0);
    expect(stage.probe()).toBe(MISS);
    expect(pair.answers.get(pair.query(NAME))).toMatchObject(FAILED);
  });
});
