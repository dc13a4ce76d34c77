/**
 * Dense question ids: each name that is asked for again and again (hosts, then missing names) times
 * each QTYPE of the traffic, id = name x types + type. Names asked once get no id; they are made
 * from counter-based draws for the lookup that asks.
 */

import type { Question } from '../../resolver-core/message.ts';
import type { Name } from '../../resolver-core/name/name.ts';
import { AliasTable } from '../clients/popularity.ts';
import { mix, PURPOSE } from '../engine/random.ts';
import type { TrafficPlan } from '../plan.ts';
import type { Cells, NameKind } from './cells.ts';

/** A name as the world made it. */
export interface WorldName {
  readonly name: Name;
  /** Apex of its top zone in the plan; `.` when it is under none. */
  readonly zone: string;
  readonly kind: NameKind;
}

export type OneOffKind = 'subdomain' | 'tail' | 'unregistered' | 'junkTld';

/** What the questions need to know of the catalogue. */
export interface NameSource {
  readonly hosts: readonly WorldName[];
  readonly missing: readonly WorldName[];
  /** A name asked once, made from two 32-bit draws. */
  oneOff(kind: OneOffKind, a: number, b: number): WorldName;
}

const ONE_OFF_KINDS: readonly OneOffKind[] = ['subdomain', 'tail', 'unregistered', 'junkTld'];

export class Questions {
  /** Ids run from 0 to count - 1. */
  readonly count: number;
  /** By question id: the number of its cell, without flags. */
  readonly cell: Int32Array;
  readonly #seed: number;
  readonly #source: NameSource;
  readonly #cells: Cells;
  readonly #types: readonly number[];
  /** In the order of their ids: hosts, then missing names. */
  readonly names: readonly WorldName[];
  readonly #questions: (Question | undefined)[];
  readonly #oneOffKinds: AliasTable | null;

  constructor(seed: number, traffic: TrafficPlan, source: NameSource, cells: Cells) {
    this.#seed = seed;
    this.#source = source;
    this.#cells = cells;
    this.#types = traffic.types.map(({ type }) => type);
    this.names = [...source.hosts, ...source.missing];
    const types = this.#types.length;
    this.count = this.names.length * types;
    this.#questions = new Array<Question | undefined>(this.count).fill(undefined);
    this.cell = new Int32Array(this.count);
    for (const [index, { zone, kind }] of this.names.entries()) {
      this.cell.fill(cells.base(zone, kind, false), index * types, (index + 1) * types);
    }
    const { oneOff } = traffic;
    const weights = Float64Array.from(ONE_OFF_KINDS, (kind) => oneOff[kind]);
    this.#oneOffKinds = oneOff.share === 0 ? null : new AliasTable(weights);
  }

  question(id: number): Question {
    const known = this.#questions[id];
    if (known !== undefined) return known;
    const types = this.#types.length;
    const { name } = this.names[Math.floor(id / types)] as WorldName;
    const question: Question = { name, type: this.#types[id % types] as number };
    this.#questions[id] = question;
    return question;
  }

  /** The question of a lookup for a name asked once, and its cell without flags. */
  oneOff(source: number, ordinal: number, type: number): { question: Question; cell: number } {
    if (this.#oneOffKinds === null) throw new Error('the traffic has no names asked once');
    const seed = this.#seed;
    const column = mix(seed, PURPOSE.oneOff, source, ordinal, 0, 0);
    const accept = mix(seed, PURPOSE.oneOff, source, ordinal, 0, 1);
    const kind = ONE_OFF_KINDS[this.#oneOffKinds.pick(column, accept)] as OneOffKind;
    const a = mix(seed, PURPOSE.oneOff, source, ordinal, 0, 2);
    const b = mix(seed, PURPOSE.oneOff, source, ordinal, 0, 3);
    const made = this.#source.oneOff(kind, a, b);
    return {
      question: { name: made.name, type: this.#types[type] as number },
      cell: this.#cells.base(made.zone, made.kind, true),
    };
  }
}
