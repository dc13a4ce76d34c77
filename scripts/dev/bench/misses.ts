/**
 * What a miss costs by the number of its upstream exchanges, and what a cached answer weighs: one node
 * of the core with the incident's authorities, no engine and no clients between them.
 */

import type { Effect, ResolverEvent } from '../../../resolver-core/events.ts';
import type { Message, Question } from '../../../resolver-core/message.ts';
import { Resolver } from '../../../resolver-core/resolver.ts';
import { SECOND } from '../../../resolver-core/time.ts';
import { TYPE } from '../../../resolver-core/wire/iana.ts';
import type { Plan } from '../../../sim/plan.ts';
import { nodeConfig, nodeDraws, openWorld } from '../../../sim/world.ts';

export interface MissCost {
  readonly exchanges: number;
  readonly microseconds: number;
  readonly count: number;
}

/** Asks every host once per round; the answer table has one place, so that every question misses. */
export function measureMisses(plan: Plan): MissCost[] {
  const world = openWorld(plan);
  const variant = plan.variants[0];
  if (variant === undefined) throw new Error('the plan has no variant');
  const authorities = world.authorities(variant);
  const open = (answers: number): Resolver =>
    new Resolver(
      { ...nodeConfig(plan), answers },
      {
        rootHints: authorities.rootHints(),
        trustAnchor: authorities.trustAnchor(),
        random: nodeDraws(plan.seed),
        signatures: { signatureChecked: () => {} },
        questions: 0,
      },
    );
  const questions: Question[] = world.catalogue.hosts
    .slice(0, 4000)
    .map(({ name }) => ({ name, type: TYPE.A }));
  let ordinal = 0;
  let clock = plan.time.from;
  /** One lookup to its end; how many exchanges it took. */
  const lookUp = (node: Resolver, question: Question): number => {
    let exchanges = 0;
    let event: ResolverEvent | null = {
      kind: 'query',
      client: 0,
      question,
      questionId: -1,
      dnssecOk: true,
      checkingDisabled: false,
      draw: { source: 1, ordinal: ordinal++, attempt: 0 },
    };
    while (event !== null) {
      const effects: readonly Effect[] = node.handle(event, clock, clock);
      event = null;
      for (const effect of effects) {
        if (effect.kind !== 'ask') continue;
        exchanges++;
        const server = authorities.serverByAddress(effect.server.text);
        const message: Message | null =
          server < 0 ? null : authorities.respond(server, 0, effect.question, QUERY, clock);
        const { transaction } = effect;
        event =
          message === null
            ? { kind: 'timeout', transaction }
            : { kind: 'response', transaction, message };
      }
    }
    return exchanges;
  };
  const nanos = new Map<number, { sum: number; count: number }>();
  const measure = (node: Resolver, question: Question): void => {
    const start = process.hrtime.bigint();
    const exchanges = lookUp(node, question);
    const elapsed = Number(process.hrtime.bigint() - start);
    const cost = nanos.get(exchanges) ?? { sum: 0, count: 0 };
    nanos.set(exchanges, { sum: cost.sum + elapsed, count: cost.count + 1 });
  };
  const node = open(1);
  for (let round = 0; round < 3; round++) for (const question of questions) lookUp(node, question);
  for (let round = 0; round < 10; round++) {
    clock += SECOND;
    for (const question of questions) measure(node, question);
  }
  // Cold: a node that knows nothing, the authorities' memo warm.
  for (let round = 0; round < 3; round++) {
    for (const question of questions.slice(0, 200)) measure(open(16), question);
  }
  return [...nanos]
    .filter(([, { count }]) => count >= 100)
    .sort(([a], [b]) => a - b)
    .map(([exchanges, { sum, count }]) => ({ exchanges, microseconds: sum / count / 1000, count }));
}

const QUERY = { dnssecOk: true, udpSize: 1232, transport: 'udp' } as const;
