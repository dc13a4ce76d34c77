/**
 * Who an upstream query is for: the draws that it makes, and where it counts. Queries for clients count
 * with the lookup, in the bucket of its try. Those that no client asked for (re-checks of negative trust
 * anchors) count when they are sent, with the signed names of the zone that they are about.
 */

import type { DrawKey } from '../../resolver-core/events.ts';
import { Name } from '../../resolver-core/name/name.ts';
import { hashText } from '../engine/random.ts';
import type { Plan } from '../plan.ts';
import { shardOf } from '../roles.ts';
import type { Cells } from './cells.ts';

/** In place of a bucket: the one in which each query is sent. */
export const WHEN_SENT = -2;

/** The lookup that a query belongs to, with where its upstream work counts. */
export class LookupKey implements DrawKey {
  readonly source: number;
  readonly ordinal: number;
  readonly attempt: number;
  readonly cell: number;
  readonly bucket: number;
  readonly questionId: number;
  constructor(of: Readonly<LookupKey>) {
    this.source = of.source;
    this.ordinal = of.ordinal;
    this.attempt = of.attempt;
    this.cell = of.cell;
    this.bucket = of.bucket;
    this.questionId = of.questionId;
  }
}

/** Names re-checks of one node. Sources of clients are at least 0, so that no draw is made twice. */
export function recheckKeys(
  plan: Plan,
  cells: Cells,
  colo: number,
  node: number,
): (zone: Name, round: number) => LookupKey {
  const apexes = plan.zones.map(({ apex }) => ({ apex, name: Name.parse(apex) }));
  return (zone, round) => {
    const [top] = apexes
      .filter(({ name }) => zone.isAtOrBelow(name))
      .sort((a, b) => b.name.labelCount - a.name.labelCount);
    return new LookupKey({
      ...{ source: -1 - shardOf(plan, colo), ordinal: hashText(node, zone.key), attempt: round },
      ...{ cell: cells.base(top?.apex ?? '.', 'signed', false), bucket: WHEN_SENT, questionId: -1 },
    });
  };
}
