import { describe, expect, it } from 'vitest';
import type { ResolverConfig } from '../config.ts';
import type { Message, Question } from '../message.ts';
import { Name } from '../name/name.ts';
import { clientResponse } from '../reply.ts';
import { addressSet, nameSet, Pair, referral, response, soaSet } from '../testing/pair.ts';
import { SECOND } from '../time.ts';
import { TYPE } from '../wire/iana.ts';

const ROOT = '198.41.0.4';
const LEAF = '192.0.2.53';

/** A zone whose positive answers live 300 s and whose SOA has a TTL of 3600 s and a MINIMUM of 60 s. */
function pairWith(config: Partial<ResolverConfig>): Pair {
  return new Pair(
    {
      [ROOT]: (question) => referral(question, 'example', 'ns.example', LEAF),
      [LEAF]: (question) =>
        question.type !== TYPE.A
          ? response(question, { authority: [soaSet('example', 60, 3600)] })
          : response(question, {
              answer: [addressSet('www.example', '203.0.113.1', 300)],
              authority: [nameSet('example', TYPE.NS, ['ns.example'], 86_400)],
            }),
    },
    config,
  );
}

/** TTLs that a client sees, and for how long the answer is kept, in seconds. */
function seen(pair: Pair, type: number): { ttls: number[]; life: number } {
  const answer = pair.ask('www.example', type);
  const { question, storedAt, expiresAt } = answer.answer;
  const query = { ...response(question), response: false };
  const clock = pair.now + pair.clockOffset;
  const message = clientResponse(query, answer, clock, pair.resolver.config);
  const ttls = [...message.answer, ...message.authority].map(({ ttl }) => ttl);
  return { ttls, life: (expiresAt - storedAt) / SECOND };
}

describe('bounds on TTLs (RFC 8767 section 4, RFC 2308 section 5)', () => {
  it('are for each RRset by itself, and clients see them (cache-max-ttl, cache-min-ttl)', () => {
    const all = { minimalResponses: false };
    expect(seen(pairWith(all), TYPE.A)).toEqual({ ttls: [300, 86_400], life: 300 });
    expect(seen(pairWith({ ...all, maxTtl: 1000 }), TYPE.A)).toEqual({
      ...{ ttls: [300, 1000], life: 300 },
    });
    expect(seen(pairWith({ ...all, maxTtl: 100 }), TYPE.A)).toEqual({
      ttls: [100, 100],
      life: 100,
    });
    expect(seen(pairWith({ ...all, minTtl: 900 }), TYPE.A)).toEqual({
      ...{ ttls: [900, 86_400], life: 900 },
    });
  });

  it('of negative answers apply to the lesser of SOA TTL and MINIMUM (cache-max-negative-ttl, cache-min-negative-ttl)', () => {
    expect(seen(pairWith({}), TYPE.AAAA)).toEqual({ ttls: [60], life: 60 });
    expect(seen(pairWith({ maxTtl: 20, minTtl: 20 }), TYPE.AAAA)).toEqual({ ttls: [60], life: 60 });
    expect(seen(pairWith({ maxNegativeTtl: 40 }), TYPE.AAAA)).toEqual({ ttls: [40], life: 40 });
    expect(seen(pairWith({ minNegativeTtl: 90 }), TYPE.AAAA)).toEqual({ ttls: [90], life: 90 });
  });

  it('keep data with a TTL of 0 when there is a least TTL, and otherwise not', () => {
    const zero = (config: Partial<ResolverConfig>): string => {
      const pair = new Pair(
        {
          [ROOT]: (question) =>
            response(question, { answer: [addressSet('www.example', '203.0.113.1', 0)] }),
        },
        config,
      );
      pair.ask('www.example');
      return pair.ask('www.example').source;
    };
    expect(zero({})).toBe('miss');
    expect(zero({ minTtl: 5 })).toBe('hit');
  });
});

describe('answers of servers that are given with no-cache', () => {
  it('serve those who wait, and nobody after them', () => {
    const forwarder = {
      ...({ zone: Name.root, role: 'forward', fallback: false, prime: false } as const),
      servers: [{ name: null, addresses: [LEAF] }],
    };
    const sourcesWith = (noCache: boolean): string[] => {
      const answer = (question: Question): Message =>
        response(question, { answer: [addressSet('www.example', '203.0.113.1')] });
      const pair = new Pair({ [LEAF]: answer }, {}, { fixedZones: [{ ...forwarder, noCache }] });
      const clients = [pair.query('www.example'), pair.query('www.example')];
      pair.drain();
      clients.push(pair.query('www.example'));
      pair.drain();
      return clients.map((client) => pair.answers.get(client)?.source ?? '');
    };
    expect(sourcesWith(true)).toEqual(['miss', 'joined', 'miss']);
    expect(sourcesWith(false)).toEqual(['miss', 'joined', 'hit']);
  });
});

describe('TTLs as they came (serve-original-ttl)', () => {
  it('are neither counted down nor bounded, and the answer still expires', () => {
    const pair = pairWith({ serveOriginalTtl: true, maxTtl: 100, minTtl: 50 });
    expect(seen(pair, TYPE.A)).toEqual({ ttls: [300], life: 300 });
    pair.now += 200 * SECOND;
    expect(seen(pair, TYPE.A).ttls).toEqual([300]);
    pair.now += 100 * SECOND;
    expect(pair.ask('www.example').source).toBe('miss');
  });

  it('are counted down otherwise (RFC 1035 section 7.4)', () => {
    const pair = pairWith({});
    pair.ask('www.example');
    pair.now += 200 * SECOND;
    expect(seen(pair, TYPE.A).ttls[0]).toBeLessThanOrEqual(100);
  });
});
