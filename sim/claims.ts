/** The part of a Plan that says what is claimed and watched: expectations, alerts, published figures. */

import type { Micros } from '../resolver-core/time.ts';

/** `series` columns or a derived rate of report.json. */
export type MetricName = string;

export interface ExpectationPlan {
  /** The YAML position, `file:line:column`. */
  readonly where: string;
  /** null: every variant. */
  readonly variant: string | null;
  readonly metric: MetricName;
  readonly from: Micros;
  readonly to: Micros;
  readonly filter: {
    readonly zone: string | null;
    /** One of these; null: any. */
    readonly colo: readonly string[] | null;
    /** Any of these; null: all. */
    readonly role: readonly string[] | null;
    readonly slice: string | null;
  };
  /** `each`: every bucket must satisfy it; `span`: the ratio of sums over the span. */
  readonly every: 'span' | 'bucket';
  /** `full`: what it says holds for the scenario as it was written, not at another `--scale`. */
  readonly atScale: 'any' | 'full';
  /** Compare with the same metric of another variant (ratio this / other). */
  readonly relativeTo: string | null;
  /** Or how far it is from the same metric of another variant, this way or that; left out: it is not. */
  readonly differsFrom?: string;
  readonly above: number | null;
  readonly below: number | null;
}

export interface ReferencePlan {
  readonly name: string;
  readonly at: Micros;
}

/** What a monitoring system would watch: it sees what was counted, and changes nothing. */
export interface AlertPlan {
  readonly name: string;
  readonly source: AlertSource;
  /** `colo`: each colo by itself. */
  readonly per: 'all' | 'colo';
  /** One of the two is null. */
  readonly above: number | null;
  readonly below: number | null;
  /** How long the condition has to hold; of a metric whole buckets. */
  readonly span: Micros;
}

/** Where the values of an alert come from. */
export type AlertSource =
  /** The metric over the last `span`; no value with fewer than `minimum` client queries in it. */
  | {
      readonly kind: 'metric';
      readonly metric: MetricName;
      readonly filter: ExpectationPlan['filter'];
      readonly minimum: number;
    }
  /** The age in seconds of the oldest copy of the root zone that a node has, since it was fetched. */
  | { readonly kind: 'age'; readonly of: 'local-root'; readonly colo: readonly string[] | null };

export interface AlertExpectationPlan
  extends Pick<ExpectationPlan, 'where' | 'variant' | 'from' | 'to' | 'atScale'> {
  readonly alert: string;
  /** `never`: nor as a false alarm; `before`: not only as one. */
  readonly fires: { readonly kind: 'never' } | { readonly kind: 'before'; readonly at: Micros };
}

export interface PublishedPlan {
  readonly figure: string;
  /** null: it was told without a number. */
  readonly value: number | null;
  /** Why nothing is set beside it; left out: a variant and a metric are. */
  readonly notSimulated?: string;
  readonly variant: string | null;
  readonly metric: MetricName | null;
  readonly from: Micros;
  readonly to: Micros;
  readonly filter: ExpectationPlan['filter'];
  /** How the buckets of the span become one number; `span` is the ratio of sums. */
  readonly take: 'span' | 'max' | 'min';
  readonly fitted: boolean;
  readonly source: string;
}
