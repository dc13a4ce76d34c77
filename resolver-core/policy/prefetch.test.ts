import { describe, expect, it } from 'vitest';
import { SignedWorld } from '../../sim/testing/signed-world.ts';
import { MISS } from '../cache/table.ts';
import type { ResolverConfig } from '../config.ts';
import {
  addressSet,
  nameSet,
  Pair,
  ROUND_TRIP,
  referral,
  response,
  type Server,
} from '../testing/pair.ts';
import { MILLISECOND, type Micros, SECOND } from '../time.ts';
import { RCODE, TYPE } from '../wire/iana.ts';

const ROOT = '198.41.0.4';
const LEAF = '192.0.2.53';
const OTHER = '192.0.2.54';
const NAME = 'www.example';
const TTL = 300;

const address: Server = (question) =>
  response(question, { answer: [addressSet(question.name.toString(), '203.0.113.1', TTL)] });

class Stage {
  leaf: Server = address;
  root: Server = (question) => referral(question, 'example', 'ns.example', LEAF);
  readonly pair: Pair;

  constructor(config: Partial<ResolverConfig> = { prefetch: 0.1 }) {
    const servers: Record<string, Server> = {
      [ROOT]: (question, ask) => this.root(question, ask),
      [LEAF]: (question, ask) => this.leaf(question, ask),
      [OTHER]: address,
    };
    this.pair = new Pair(servers, config, { questions: 2 });
  }

  /** Asks, and `left` before the answer expires hands in a query that the probe did not answer. */
  hitWith(left: Micros, name: string = NAME): void {
    const { expiresAt } = this.pair.ask(name).answer;
    this.pair.asked.length = 0;
    this.pair.now = expiresAt - left - this.pair.clockOffset;
    this.pair.query(name);
  }

  probe(): number {
    return this.pair.resolver.probe(0, false, this.pair.now + this.pair.clockOffset);
  }
}

const TENTH = (TTL * SECOND) / 10;

describe('a hit near the end of the TTL', () => {
  it('starts a refresh from 10 % of the TTL on, to the microsecond', () => {
    const early = new Stage();
    early.hitWith(TENTH + 1);
    expect(early.pair.asked).toEqual([]);
    const due = new Stage();
    due.hitWith(TENTH);
    expect(due.pair.asked).toEqual([`${LEAF} ${NAME}. 1 udp`]);
  });

  it('starts one for what was cached before that was wanted, and none for what was when it is no more', () => {
    for (const [before, after] of [
      [0, 0.1],
      [0.1, 0],
    ] as const) {
      const stage = new Stage({ prefetch: before });
      stage.pair.query(NAME, TYPE.A, false, 0);
      stage.pair.drain();
      stage.pair.resolver.configure({ prefetch: after });
      const { expiresAt } = stage.pair.ask(NAME).answer;
      stage.pair.asked.length = 0;
      stage.pair.now = expiresAt - TENTH - stage.pair.clockOffset;
      expect(stage.probe() === MISS).toBe(after > 0);
      stage.pair.query(NAME, TYPE.A, false, 0);
      expect(stage.pair.asked.length).toBe(after > 0 ? 1 : 0);
    }
  });

  it('is answered from the cache all the same', () => {
    const stage = new Stage();
    stage.hitWith(1 * SECOND);
    const answers = [...stage.pair.answers.values()];
    expect(answers.map(({ source }) => source)).toEqual(['miss', 'hit']);
  });

  it('starts none while prefetch is off', () => {
    const stage = new Stage({ prefetch: 0 });
    stage.hitWith(1);
    expect(stage.pair.asked).toEqual([]);
  });

  it('starts one refresh, however many there are', () => {
    const stage = new Stage();
    stage.hitWith(TENTH);
    stage.pair.query(NAME);
    stage.pair.query(NAME);
    expect(stage.pair.asked).toHaveLength(1);
  });

  it('renews the entry, so that the name does not expire', () => {
    const stage = new Stage();
    stage.hitWith(TENTH);
    stage.pair.drain();
    stage.pair.now += TENTH;
    expect(stage.pair.ask(NAME).source).toBe('hit');
    expect(stage.pair.asked).toHaveLength(1);
  });

  it('leaves the answer when the refresh fails, and tries again after the failure is over', () => {
    const stage = new Stage({ prefetch: 0.1, failureTtl: 5 });
    stage.leaf = address;
    stage.pair.ask(NAME);
    stage.leaf = (question) => response(question, { rcode: RCODE.REFUSED, authoritative: false });
    stage.pair.now += TTL * SECOND - TENTH;
    stage.pair.ask(NAME);
    stage.pair.asked.length = 0;
    stage.pair.now += 5 * SECOND - ROUND_TRIP;
    expect(stage.pair.ask(NAME).source).toBe('hit');
    expect(stage.pair.asked).toEqual([]);
    stage.pair.now += ROUND_TRIP;
    expect(stage.pair.ask(NAME).source).toBe('hit');
    expect(stage.pair.asked).toHaveLength(1);
  });
});

describe('a probe', () => {
  it('hands a query in when a refresh is due, and finds the answer again once it runs', () => {
    const stage = new Stage();
    const { pair } = stage;
    pair.query(NAME, TYPE.A, false, 0);
    pair.drain();
    pair.now += TTL * SECOND - TENTH - 100 * MILLISECOND;
    expect(stage.probe()).not.toBe(MISS);
    pair.now += 200 * MILLISECOND;
    expect(stage.probe()).toBe(MISS);
    pair.query(NAME, TYPE.A, false, 0);
    expect(stage.probe()).not.toBe(MISS);
    pair.drain();
    pair.now += TENTH;
    expect(stage.probe()).not.toBe(MISS);
  });

  it('finds an answer to its end while prefetch is off', () => {
    const stage = new Stage({});
    stage.pair.query(NAME, TYPE.A, false, 0);
    stage.pair.drain();
    stage.pair.now += TTL * SECOND - 100 * MILLISECOND;
    expect(stage.probe()).not.toBe(MISS);
    stage.pair.now += 100 * MILLISECOND;
    expect(stage.probe()).toBe(MISS);
  });
});

describe('a refresh takes nothing that ends with the old answer', () => {
  it('asks for the end of a chain anew when that is what expires', () => {
    const stage = new Stage();
    stage.leaf = (question, ask) =>
      question.name.toString() === 'alias.example.'
        ? response(question, { answer: [nameSet('alias.example', TYPE.CNAME, [NAME], 3600)] })
        : address(question, ask);
    stage.hitWith(TENTH, 'alias.example');
    expect(stage.pair.asked).toEqual([`${LEAF} ${NAME}. 1 udp`]);
    stage.pair.drain();
    stage.pair.now += TENTH;
    expect(stage.pair.ask('alias.example').source).toBe('hit');
  });

  it('asks the parent again when the delegation is about to expire, and follows a zone that moved', () => {
    const stage = new Stage();
    const delegated = (to: string): Server => {
      return (question) =>
        response(question, {
          authoritative: false,
          authority: [nameSet('example', TYPE.NS, ['ns.example'], TTL)],
          additional: [addressSet('ns.example', to, TTL)],
        });
    };
    stage.root = delegated(LEAF);
    stage.pair.ask(NAME);
    stage.root = delegated(OTHER);
    stage.pair.now += TTL * SECOND - TENTH / 2;
    stage.pair.asked.length = 0;
    stage.pair.ask(NAME);
    expect(stage.pair.asked).toContain(`${OTHER} ${NAME}. 1 udp`);
  });
});

describe('a refresh of a DS RRset', () => {
  it('asks the parent, though the delegation that came with it is known to be secure', () => {
    const zones = { test: {}, 'example.test': { records: 'www A 203.0.113.1' } };
    const { pair } = new SignedWorld(zones, { prefetch: 0.1 });
    pair.ask('www.example.test');
    const { expiresAt } = pair.ask('example.test', TYPE.DS).answer;
    pair.now = expiresAt - SECOND - pair.clockOffset;
    pair.ask('example.test', TYPE.DS);
    expect(pair.ask('example.test', TYPE.DS).answer.expiresAt).toBeGreaterThan(expiresAt);
  });
});

describe('keys (prefetch-key)', () => {
  const asked = (prefetchKeys: boolean): readonly string[] => {
    const zones = { test: {}, 'example.test': { records: 'www A 203.0.113.1' } };
    return new SignedWorld(zones, { prefetchKeys }).ask('www.example.test').asked;
  };

  it('of a zone are asked for as soon as its DS is seen, and once', () => {
    const order = asked(true);
    const keys = order.indexOf('example.test. example.test. DNSKEY');
    expect(keys).toBeGreaterThan(-1);
    expect(keys).toBeLessThan(order.indexOf('example.test. www.example.test. A'));
    expect([...order].sort()).toEqual([...asked(false)].sort());
  });

  it('are asked for when they are needed otherwise', () => {
    const order = asked(false);
    const keys = order.indexOf('example.test. example.test. DNSKEY');
    expect(keys).toBeGreaterThan(order.indexOf('example.test. www.example.test. A'));
  });
});
