/**
 * Which node of a colo owns which question, where misses are forwarded to owners: one node for all names
 * of a registered domain, which is the label below the registry zone that encloses it, found by
 * consistent hashing (`ring.ts`). Catalogue questions are looked up once; for other names it is worked out.
 */

import type { Question } from '../../resolver-core/message.ts';
import { Name } from '../../resolver-core/name/name.ts';
import { hashText, mix, PURPOSE } from '../engine/random.ts';
import type { Plan } from '../plan.ts';
import { roleNumber } from '../roles.ts';
import type { Questions } from './questions.ts';
import { Ring } from './ring.ts';

/** The hashes by which registered domains are placed on the ring. */
export class DomainHashes {
  readonly #seed: number;
  readonly #registries: ReadonlySet<string>;
  /** By number of the name of a dense question id. */
  readonly ofNames: Uint32Array;

  constructor(plan: Plan, questions: Questions) {
    this.#seed = plan.seed;
    const apexes = plan.zones.map(({ apex }) => Name.parse(apex).key);
    this.#registries = new Set([Name.root.key, ...apexes]);
    this.ofNames = Uint32Array.from(questions.names, ({ name }) => this.of(name));
  }

  /** The same for all names of a registered domain. */
  of(name: Name): number {
    let domain = name;
    for (let at = name; !this.#registries.has(at.key); at = at.parent) domain = at;
    return hashText(this.#seed, domain.key);
  }
}

/** The owners within one colo. */
export class Owners {
  readonly #hashes: DomainHashes;
  readonly #ring: Ring;
  readonly #ofNames: Uint16Array;
  readonly #types: number;

  constructor(plan: Plan, colo: number, nodes: number, hashes: DomainHashes) {
    this.#hashes = hashes;
    const seed = mix(plan.seed, PURPOSE.ring, colo, roleNumber(plan.cluster.role));
    this.#ring = new Ring(seed, [...Array(nodes).keys()]);
    this.#ofNames = Uint16Array.from(hashes.ofNames, (hash) => this.#ring.ownerOf(hash));
    this.#types = plan.traffic.types.length;
  }

  /** The number of the node; `questionId` is dense, or -1. */
  ownerOf({ name }: Question, questionId: number): number {
    if (questionId < 0) return this.#ring.ownerOf(this.#hashes.of(name));
    return this.ownerOfId(questionId);
  }

  /** The owner of a dense question. */
  ownerOfId(questionId: number): number {
    return this.#ofNames[Math.floor(questionId / this.#types)] as number;
  }
}
