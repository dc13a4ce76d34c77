/**
 * A report tells of each role by itself, the public resolver first: sums over roles say little. With one
 * role, its numbers are those of the whole.
 */

import type { Result, RoleResult, VariantResult } from '../sim/result.ts';

/** What a report says of a role in one variant. */
type Told = Pick<RoleResult, 'totals' | 'series' | 'phases' | 'evictions'>;

export interface RolePart {
  /** Of a table with its totals. */
  readonly title: string;
  /** After the title of other tables: ` (origin resolution)`; empty for the first. */
  readonly suffix: string;
  readonly of: (variant: VariantResult) => Told;
}

const TITLES: Readonly<Record<string, string>> = {
  resolver: 'What clients got',
  origin: 'Origin resolution',
  authoritative: 'External queries',
};

/** One part per role that the scenario has. */
export function partsOf({ variants }: Result): readonly RolePart[] {
  const roles = Object.keys(variants[0]?.byRole ?? {});
  return roles.map((role, index): RolePart => {
    const title = TITLES[role] ?? role;
    const suffix = index === 0 ? '' : ` (${title.toLowerCase()})`;
    const isOnly = roles.length === 1;
    return { title, suffix, of: (variant) => (isOnly ? variant : toldOf(variant, role)) };
  });
}

function toldOf({ byRole }: VariantResult, role: string): Told {
  const told = byRole[role];
  if (told === undefined) throw new Error(`variants differ in the role ${role}`);
  return told;
}

/** Zones are counted over all roles. */
export function zonesTitle(result: Result): string {
  return `Failed lookups by zone${partsOf(result).length > 1 ? ', all roles' : ''}`;
}
