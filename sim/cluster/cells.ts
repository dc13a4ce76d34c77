/**
 * The numbering of the cells that lookups are counted in (`Cell` of result.ts) within one shard: zone x
 * kind x oneOff x DO x CD, flags in the lowest two bits.
 */

import { CHECKING_DISABLED, DNSSEC_OK } from '../clients/arrivals.ts';
import type { Plan, Role } from '../plan.ts';
import type { Cell } from '../result.ts';

export type NameKind = Cell['kind'];

const KINDS: readonly NameKind[] = ['signed', 'unsigned', 'missing'];
const FLAGS = 4;
const ROOT = '.';

export class Cells {
  /** How many cells there are. */
  readonly count: number;
  /** That of all cells. */
  readonly role: Role;
  readonly #zones: readonly string[];
  readonly #zoneIndex: ReadonlyMap<string, number>;

  constructor(plan: Plan) {
    this.role = plan.cluster.role;
    const apexes = plan.zones.map((zone) => zone.apex);
    this.#zones = apexes.includes(ROOT) ? apexes : [ROOT, ...apexes];
    this.#zoneIndex = new Map(this.#zones.map((apex, index) => [apex, index]));
    this.count = this.#zones.length * KINDS.length * 2 * FLAGS;
  }

  /** The number of the cell without its flags, which are added to it. */
  base(zone: string, kind: NameKind, oneOff: boolean): number {
    const zoneIndex = this.#zoneIndex.get(zone);
    if (zoneIndex === undefined) throw new RangeError(`no zone '${zone}' in the plan`);
    return ((zoneIndex * KINDS.length + KINDS.indexOf(kind)) * 2 + (oneOff ? 1 : 0)) * FLAGS;
  }

  describe(cell: number, colo: string): Cell {
    const base = Math.floor(cell / FLAGS);
    const zoneKind = base >> 1;
    return {
      colo,
      zone: this.#zones[Math.floor(zoneKind / KINDS.length)] as string,
      role: this.role,
      kind: KINDS[zoneKind % KINDS.length] as NameKind,
      oneOff: (base & 1) === 1,
      dnssecOk: (cell & DNSSEC_OK) !== 0,
      checkingDisabled: (cell & CHECKING_DISABLED) !== 0,
    };
  }
}
