/** What an act of a scenario is to the compiler: how it is known, planned and lifted, and what it acts upon. */

import type { Micros } from '../../resolver-core/time.ts';
import type {
  CacheMode,
  ForwardingChange,
  OperatorPlan,
  ResolverPlan,
  Role,
  RolePlan,
  StaticZonePlan,
  TimelineAct,
  ZonePlan,
} from '../../sim/plan.ts';
import type { EventScenario } from '../scenario.ts';
import type { Path } from '../tree.ts';
import type { Window } from '../units.ts';
import type { Context } from './context.ts';

/** What the acts upon one role act upon, and what they may speak of. */
export interface Stage {
  readonly role: Role;
  readonly operators: readonly OperatorPlan[];
  readonly zones: readonly ZonePlan[];
  readonly window: Window;
  /** Settings of all nodes before any event. */
  readonly resolver: ResolverPlan;
  readonly mode: CacheMode;
  readonly forwarding: ForwardingChange;
  readonly staticZone: StaticZonePlan;
  /** What rules may speak of. */
  readonly colos: Readonly<Record<string, { readonly region: string }>>;
  readonly clientGroups: readonly string[];
}

/** The public resolver first, then the other roles that there are. */
export type Stages = readonly [Stage, ...Stage[]];

export function stagesOf(
  [first, ...others]: readonly [RolePlan, ...RolePlan[]],
  shared: Pick<Stage, 'operators' | 'zones' | 'window' | 'colos'>,
): Stages {
  const stageOf = ({ cluster, traffic }: RolePlan): Stage => {
    const { role, resolver, cache, forwarding, staticZone } = cluster;
    const { copyTtl, tags } = forwarding;
    const clientGroups = traffic.groups.map(({ name }) => name);
    const { mode } = cache;
    return {
      ...{ ...shared, role, clientGroups },
      ...{ resolver, mode, forwarding: { copyTtl, tags }, staticZone },
    };
  };
  return [stageOf(first), ...others.map(stageOf)];
}

/** An act, from when, and until when it holds. */
export interface Placed {
  readonly act: TimelineAct;
  /** null: it stays. */
  readonly until: Micros | null;
}

export interface Planned {
  readonly act: TimelineAct;
  /** In words, for reports. */
  readonly text: string;
}

export interface Act {
  readonly key: string;
  readonly isMeant: (event: EventScenario) => boolean;
  /** `path` is that of the event; null after an error without which nothing can be said. */
  readonly plan: (
    event: EventScenario,
    at: Micros,
    path: Path,
    stage: Stage,
    context: Context,
  ) => Planned | null;
  /** Undoes an act of its kind at `at`, `others` being those of the variant that then hold; null: it stays. */
  readonly lift:
    | ((
        act: TimelineAct,
        at: Micros,
        others: readonly Placed[],
        stage: Stage,
      ) => TimelineAct | null)
    | null;
}

/** Says so when `zone` stands beside an act of all resolver nodes. */
export function noZone(key: string, zone: string | null, path: Path, context: Context): void {
  if (zone === null) return;
  const expected = 'an event of all resolver nodes';
  context.failKey([...path, 'zone'], `"zone" beside "${key}"`, expected);
}
