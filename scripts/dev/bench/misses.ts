/**
 * What a miss costs by the number of its upstream exchanges, and what a cached answer weighs: nodes of
 * the core with the incident's authorities, no engine and no clients between them.
 */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Effect, ResolverEvent } from '../../../resolver-core/events.ts';
import type { Question } from '../../../resolver-core/message.ts';
import { Name } from '../../../resolver-core/name/name.ts';
import { Resolver } from '../../../resolver-core/resolver.ts';
import { type Micros, SECOND } from '../../../resolver-core/time.ts';
import { TYPE } from '../../../resolver-core/wire/iana.ts';
import type { Authorities } from '../../../sim/authority/authorities.ts';
import type { Plan } from '../../../sim/plan.ts';
import { nodeConfig, nodeDraws, openWorld } from '../../../sim/world.ts';

const QUERY = { dnssecOk: true, udpSize: 1232, transport: 'udp' } as const;

export interface MissCost {
  readonly exchanges: number;
  readonly microseconds: number;
  readonly count: number;
}

/** The authorities of a plan's first variant, and nodes that ask them without any delay. */
class Bench {
  readonly questions: readonly Question[];
  clock: Micros;
  readonly #plan: Plan;
  readonly #authorities: Authorities;
  #ordinal = 0;

  constructor(plan: Plan) {
    const world = openWorld(plan);
    const [variant] = plan.variants;
    if (variant === undefined) throw new Error('the plan has no variant');
    this.#plan = plan;
    this.#authorities = world.authorities(variant);
    this.clock = plan.time.from;
    this.questions = world.catalogue.hosts.map(({ name }) => ({ name, type: TYPE.A }));
  }

  /** A node that knows nothing, with places for so many answers. */
  open(answers: number): Resolver {
    return new Resolver(
      { ...nodeConfig(this.#plan), answers },
      {
        rootHints: this.#authorities.rootHints(),
        trustAnchors: [{ zone: Name.root, ds: this.#authorities.trustAnchor(), dnskey: null }],
        maintenance: null,
        insecureDomains: [],
        fixedZones: [],
        random: nodeDraws(this.#plan.seed),
        signatures: { signatureChecked: () => {} },
        questions: 0,
        policy: null,
        peers: null,
      },
    );
  }

  /** One lookup to its end; how many exchanges it took. */
  lookUp(node: Resolver, question: Question): number {
    const draw = { source: 1, ordinal: this.#ordinal++, attempt: 0 };
    const terms = {
      questionId: -1,
      recursionDesired: true,
      dnssecOk: true,
      authenticData: false,
      checkingDisabled: false,
      ...{ clientGroup: '', tags: 0, forwarded: false },
      draw,
    };
    let exchanges = 0;
    let event: ResolverEvent | null = { kind: 'query', client: 0, question, ...terms };
    while (event !== null) {
      const effects: readonly Effect[] = node.handle(event, this.clock, this.clock);
      event = null;
      for (const effect of effects) {
        if (effect.kind !== 'ask') continue;
        exchanges++;
        const { transaction } = effect;
        const server = this.#authorities.serverByAddress(effect.server.text);
        const message =
          server < 0
            ? null
            : this.#authorities.respond(server, 0, effect.question, QUERY, this.clock);
        event =
          message === null
            ? { kind: 'timeout', transaction }
            : { kind: 'response', transaction, message };
      }
    }
    return exchanges;
  }
}

/** The answer table of the warm node has one place, so that every question misses it. */
export function measureMisses(plan: Plan): MissCost[] {
  const bench = new Bench(plan);
  const nanos = new Map<number, { sum: number; count: number }>();
  const measure = (node: Resolver, question: Question): void => {
    const start = process.hrtime.bigint();
    const exchanges = bench.lookUp(node, question);
    const elapsed = Number(process.hrtime.bigint() - start);
    const cost = nanos.get(exchanges) ?? { sum: 0, count: 0 };
    nanos.set(exchanges, { sum: cost.sum + elapsed, count: cost.count + 1 });
  };
  const node = bench.open(1);
  for (let round = 0; round < 3; round++) {
    for (const question of bench.questions) bench.lookUp(node, question);
  }
  for (let round = 0; round < 20; round++) {
    bench.clock += SECOND;
    for (const question of bench.questions) measure(node, question);
  }
  // Nodes that know nothing; what the authorities have signed and what was verified is there.
  for (let round = 0; round < 3; round++) {
    for (const question of bench.questions.slice(0, 200)) measure(bench.open(16), question);
  }
  return [...nanos]
    .filter(([, { count }]) => count >= 100)
    .sort(([a], [b]) => a - b)
    .map(([exchanges, { sum, count }]) => ({ exchanges, microseconds: sum / count / 1000, count }));
}

export interface AnswerWeight {
  /** Octets per answer, RRsets and zone cuts that only this node holds included. */
  readonly octets: number;
  readonly answers: number;
}

/** More nodes are filled with what two have fetched already: what grows is what a node itself holds. */
export function measureAnswerWeight(plan: Plan): AnswerWeight {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const held = (): number => {
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const bench = new Bench(plan);
  const types = [TYPE.A, TYPE.AAAA, TYPE.HTTPS, TYPE.TXT];
  const questions = bench.questions.flatMap(({ name }) => types.map((type) => ({ name, type })));
  const fill = (): Resolver => {
    const node = bench.open(questions.length * 2);
    for (const question of questions) bench.lookUp(node, question);
    return node;
  };
  const nodes = [fill(), fill()];
  const before = held();
  for (let i = 0; i < 4; i++) nodes.push(fill());
  const grown = held() - before;
  const answers = nodes[0]?.cachedAnswers ?? 0;
  return { octets: grown / 4 / answers, answers };
}
