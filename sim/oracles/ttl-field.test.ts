/**
 * C5: the TTL that clients are told. Hits of Poisson clients come at uniform instants of an entry's life
 * (given how many there are, they are independent), so what is left of it is uniform over (0, T); on
 * the wire stand whole seconds, rounded down.
 */

import { describe, expect, it } from 'vitest';
import type { CachedAnswer } from '../../resolver-core/cache/cached-answer.ts';
import type { ResolverConfig } from '../../resolver-core/config.ts';
import { DEFAULT_CONFIG } from '../../resolver-core/config.ts';
import type { Answer, Effect, ResolverEvent } from '../../resolver-core/events.ts';
import type { ExtendedError, Question } from '../../resolver-core/message.ts';
import { clientResponse } from '../../resolver-core/reply.ts';
import {
  addressSet,
  nameSet,
  Pair,
  response,
  type Server,
} from '../../resolver-core/testing/pair.ts';
import { type Micros, SECOND } from '../../resolver-core/time.ts';
import { TYPE } from '../../resolver-core/wire/iana.ts';
import { readMessage } from '../../resolver-core/wire/read.ts';
import { writeMessage } from '../../resolver-core/wire/write.ts';
import type { ResolverNode } from '../shard.ts';
import { expectOnly, expectOnlyDistribution } from './testing/agreement.ts';
import { openOneTtl } from './testing/one-ttl-world.ts';

/** The TTL of the last record of an answer, as it comes out of the octets of the response. */
function ttlOnWire(answer: Answer, question: Question, clock: Micros): number {
  const query = response(question, { response: false, checkingDisabled: false });
  const sent = clientResponse(query, answer, clock, DEFAULT_CONFIG);
  const read = readMessage(writeMessage(sent, { id: 0 }));
  if (!read.ok) throw new Error('our own response does not parse');
  const last = read.message.answer.at(-1);
  if (last === undefined) throw new Error('no record');
  return last.ttl;
}

/** A node that is asked for the whole of every answer, hits too, and writes down their TTLs. */
class TtlRecorder implements ResolverNode {
  readonly hits: { readonly left: Micros; readonly wire: number }[] = [];
  readonly misses: number[] = [];
  readonly #node: ResolverNode;

  constructor(node: ResolverNode) {
    this.#node = node;
  }

  probe(): number {
    return -1; // the engine then hands in every query
  }

  outcomeOf(slot: number): number {
    return this.#node.outcomeOf(slot);
  }

  errorsOf(slot: number): readonly ExtendedError[] {
    return this.#node.errorsOf(slot);
  }

  answerAt(slot: number): CachedAnswer {
    return this.#node.answerAt(slot);
  }

  configure(set: Partial<ResolverConfig>): void {
    this.#node.configure(set);
  }

  handle(event: ResolverEvent, now: Micros, clock: Micros): readonly Effect[] {
    const effects = this.#node.handle(event, now, clock);
    for (const effect of effects) if (effect.kind === 'answer') this.#record(effect, clock);
    return effects;
  }

  #record(effect: Answer, clock: Micros): void {
    const { question, expiresAt } = effect.answer;
    const wire = ttlOnWire(effect, question, clock);
    if (effect.source === 'hit') this.hits.push({ left: expiresAt - clock, wire });
    else this.misses.push(wire);
  }
}

function record(rate: number, ttl: number, seconds: number): TtlRecorder {
  const recorders: TtlRecorder[] = [];
  const { shard } = openOneTtl({
    ...{ rate, ttl, seconds },
    watch: (node) => {
      const recorder = new TtlRecorder(node);
      recorders.push(recorder);
      return recorder;
    },
  });
  shard.advance(Number.POSITIVE_INFINITY);
  shard.settle();
  const [recorder] = recorders;
  if (recorder === undefined) throw new Error('no node');
  return recorder;
}

const clamp = (p: number): number => Math.min(1, Math.max(0, p));

describe('C5: the TTL of hits is uniform over (0, T)', () => {
  it.each([
    [0.2, 60, 100_000, 32.31],
    [2, 5, 10_000, 2.73],
    [0.5, 300, 40_000, 150.99],
  ])('%f queries per second, TTL %i s', (rate, ttl, seconds, overAll) => {
    const { hits, misses } = record(rate, ttl, seconds);
    const x = rate * ttl;
    expect(hits.length + misses.length).toBeGreaterThan(0.9 * rate * seconds);
    expect(new Set(misses)).toEqual(new Set([ttl]));

    const whole = ttl * SECOND;
    const left = hits.map((hit) => hit.left);
    expectOnlyDistribution('uniform over (0, T)', left, {
      'uniform over (0, T)': (t) => clamp(t / whole),
      'uniform over (0, 2T)': (t) => clamp(t / (2 * whole)),
      'not counted down': (t) => (t < whole ? 0 : 1),
      // What is left is then T less a gap: P(gap >= T - t).
      'as if hits renewed it': (t) => clamp(Math.exp((rate * (t - whole)) / SECOND)),
    });
    // A uniform variate has standard deviation T / sqrt(12).
    expectOnly(
      'T/2',
      { value: average(left) / SECOND, standardError: ttl / Math.sqrt(12 * hits.length) },
      { 'T/2': ttl / 2, T: ttl, 'T less a gap': ttl - 1 / rate },
    );
    // Per cycle one T and Poisson(x) uniform ones: with m their mean, Var(sum - m N) = x (T^2/12 + (T/2 - m)^2).
    const mean = (ttl + (x * ttl) / 2) / (1 + x);
    expect(mean).toBeCloseTo(overAll, 2);
    const n = hits.length + misses.length;
    const variance = x * (ttl ** 2 / 12 + (ttl / 2 - mean) ** 2);
    expectOnly(
      '(T+xT/2)/(1+x)',
      {
        value: average([...left.map((t) => t / SECOND), ...misses]),
        standardError: Math.sqrt(variance / ((1 + x) * n)),
      },
      { '(T+xT/2)/(1+x)': mean, 'xT/2/(1+x)': (x * ttl) / 2 / (1 + x), T: ttl },
    );
  });

  // Steps of a second are told apart when there are more than some 16 T^2 hits.
  it.each([
    [3, 5, 8_000],
    [3, 10, 8_000],
  ])(
    'on the wire in whole seconds, rounded down, within in microseconds: %i queries per second, TTL %i s',
    (rate, ttl, seconds) => {
      const { hits } = record(rate, ttl, seconds);
      const wholeSeconds = (t: number): number => clamp((Math.floor(t) + 1) / ttl);
      expectOnlyDistribution(
        'in microseconds',
        hits.map(({ left }) => left),
        {
          'in microseconds': (t) => clamp(t / (ttl * SECOND)),
          'in whole seconds': (t) => wholeSeconds(t / SECOND),
        },
      );
      expectOnlyDistribution(
        'rounded down',
        hits.map(({ wire }) => wire),
        {
          'rounded down': wholeSeconds,
          'rounded up': (t) => wholeSeconds(t - 1),
          'rounded to the nearest': (t) => clamp((Math.floor(t) + 0.5) / ttl),
        },
      );

      expectOnly(
        '(T-1)/2',
        {
          value: average(hits.map(({ wire }) => wire)),
          standardError: ttl / Math.sqrt(12 * hits.length),
        },
        { '(T-1)/2': (ttl - 1) / 2, 'T/2, rounded to the nearest': ttl / 2 },
      );
    },
  );
});

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe('TTLs count in microseconds and are rounded only on the wire', () => {
  const TTL = 10;
  const address: Server = (question) =>
    question.type === TYPE.A && question.name.labelCount === 1
      ? response(question, {
          answer:
            question.name.key === alias.name.key ? [alias] : [addressSet('name', '192.0.2.1', TTL)],
        })
      : null;
  const alias = nameSet('alias', TYPE.CNAME, ['name'], 3 * TTL);
  const open = (): Pair => new Pair({ '198.41.0.4': address });
  /** Asks at an instant of the clock. */
  const askAt = (pair: Pair, clock: Micros, name: string): Answer => {
    pair.now = clock - pair.clockOffset;
    return pair.ask(name);
  };
  const START = 1_700_000_000 * SECOND;

  it.each([0, 1, 250_000, 999_999])('%i microseconds into a second', (offset) => {
    const pair = open();
    const first = askAt(pair, START + offset, 'name');
    const { storedAt, expiresAt }: CachedAnswer = first.answer;
    expect(expiresAt - storedAt).toBe(TTL * SECOND);
    const { question } = first.answer;
    expect(ttlOnWire(first, question, storedAt)).toBe(TTL);
    for (const [left, onWire] of [
      [TTL * SECOND - 1, TTL - 1],
      [SECOND, 1],
      [SECOND - 1, 0],
      [1, 0],
    ] as const) {
      const hit = askAt(pair, expiresAt - left, 'name');
      expect(hit.source).toBe('hit');
      expect(ttlOnWire(hit, question, expiresAt - left)).toBe(onWire);
    }
    expect(askAt(pair, expiresAt, 'name').source).toBe('miss');
  });

  it('an answer joined from two entries lives exactly as long as the first of them', () => {
    const pair = open();
    const { expiresAt } = askAt(pair, START + 123_456, 'name').answer;
    const joined = askAt(pair, expiresAt - 4_700_000, 'alias');
    expect(joined.answer.expiresAt).toBe(expiresAt);
    const last = askAt(pair, expiresAt - 1, 'alias');
    expect(last.source).toBe('hit');
    expect(ttlOnWire(last, last.answer.question, expiresAt - 1)).toBe(0);
    expect(askAt(pair, expiresAt, 'alias').source).toBe('miss');
  });
});
