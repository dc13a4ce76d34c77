/**
 * How long the answers to catalogue questions live, and whose zones they touch: found by asking. A
 * resolver of its own, with the settings of a colo's nodes and room for everything, resolves each question
 * that matters, once for all variants that begin with these settings.
 */

import { isFailure } from '../../resolver-core/cache/cached-answer.ts';
import type { Name } from '../../resolver-core/name/name.ts';
import type { Resolver } from '../../resolver-core/resolver.ts';
import type { Micros } from '../../resolver-core/time.ts';
import type { Questions } from '../cluster/questions.ts';
import type { Upstream } from '../net/upstream.ts';
import { resolveAt } from './resolve.ts';

export interface Lifetime {
  /** 0 for what is not kept. */
  readonly ttl: Micros;
  /** The name itself and the aliases that it leads over. */
  readonly owners: readonly Name[];
}

/** Of the lookups that find out: sources of clients are not negative, and re-checks use the next below. */
const SOURCE = -0x2000_0000;

export class Lifetimes {
  readonly #node: Resolver;
  readonly #upstream: Upstream;
  readonly #questions: Questions;
  readonly #at: Micros;
  /** By question id; those of unvalidated answers behind the others. */
  readonly #known: (Lifetime | undefined)[];

  constructor(node: Resolver, upstream: Upstream, questions: Questions, at: Micros) {
    this.#node = node;
    this.#upstream = upstream;
    this.#questions = questions;
    this.#at = at;
    this.#known = new Array<Lifetime | undefined>(questions.count * 2).fill(undefined);
  }

  of(questionId: number, checkingDisabled: boolean): Lifetime {
    const index = checkingDisabled ? questionId + this.#questions.count : questionId;
    const known = this.#known[index];
    if (known !== undefined) return known;
    const question = this.#questions.question(questionId);
    const draw = { source: SOURCE, ordinal: index, attempt: 0 };
    const query = { question, questionId, checkingDisabled, draw };
    const answer = resolveAt(this.#node, this.#upstream, query, this.#at);
    const owners = [question.name];
    for (const { name } of answer.answer) if (name.key !== question.name.key) owners.push(name);
    const isMomentary = isFailure(answer) && answer.storedAt === Number.NEGATIVE_INFINITY;
    const ttl = isMomentary ? 0 : answer.expiresAt - answer.storedAt;
    const found = { ttl, owners };
    this.#known[index] = found;
    return found;
  }
}
