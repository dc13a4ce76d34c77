/**
 * The same plan on another day: every instant of it moved by the same time, so that what happened then happens
 * now. Durations stay; so do names, keys and the seed.
 *
 * Limitation: what recurs by the calendar (the phases at which a zone is signed anew, its serials) keeps its
 * period, and lies elsewhere relative to what was moved. So the causes are the same, the octets are not.
 */

import { DAY, type Micros } from '../resolver-core/time.ts';
import type { AlertExpectationPlan } from './claims.ts';
import type { Plan, SigningPlan, TimelineEvent, ZonePlan } from './plan.ts';

/** A zone with signatures that are not ours to make again. */
export class FixedInTime extends Error {
  override readonly name = 'FixedInTime';

  constructor(zone: string) {
    super(`zone ${zone} is served with the signatures of its file, which cannot be moved in time`);
  }
}

/** `plan`, `by` microseconds later. Throws `FixedInTime` when a zone is served as it is in its file. */
export function shiftedPlan(plan: Plan, by: Micros): Plan {
  const { time, cluster, traffic } = plan;
  const { staticZone } = cluster;
  return {
    ...plan,
    time: { ...time, ...shiftedSpan(time, by) },
    phases: plan.phases.map((phase) => ({ ...phase, ...shiftedSpan(phase, by) })),
    zones: plan.zones.map((zone) => shiftedZone(zone, by)),
    cluster: {
      ...cluster,
      staticZone: { ...staticZone, first: modulo(staticZone.first + by, staticZone.every) },
    },
    traffic: {
      ...traffic,
      regions: traffic.regions.map((region) => ({
        ...region,
        utcOffset: modulo(region.utcOffset - by, DAY),
      })),
    },
    variants: plan.variants.map((variant) => ({
      ...variant,
      timeline: variant.timeline.map((event): TimelineEvent => ({ ...event, at: event.at + by })),
    })),
    references: plan.references.map((each) => ({ ...each, at: each.at + by })),
    expectations: plan.expectations.map((each) => ({ ...each, ...shiftedSpan(each, by) })),
    alertExpectations: plan.alertExpectations.map((each) => shiftedAlert(each, by)),
    published: plan.published.map((each) => ({ ...each, ...shiftedSpan(each, by) })),
  };
}

interface Span {
  readonly from: Micros;
  readonly to: Micros;
}

function shiftedSpan({ from, to }: Span, by: Micros): Span {
  return { from: from + by, to: to + by };
}

function shiftedZone(zone: ZonePlan, by: Micros): ZonePlan {
  if (zone.snapshot?.serve === 'as-is') throw new FixedInTime(zone.apex);
  return zone.signing === null ? zone : { ...zone, signing: shiftedSigning(zone.signing, by) };
}

function shiftedSigning(signing: SigningPlan, by: Micros): SigningPlan {
  const moved = (at: Micros | null): Micros | null => (at === null ? null : at + by);
  const { apexNsecEnds } = signing;
  return {
    ...signing,
    ...(apexNsecEnds === undefined ? {} : { apexNsecEnds: apexNsecEnds + by }),
    keys: signing.keys.map((key) => ({
      ...key,
      publishedFrom: moved(key.publishedFrom),
      publishedUntil: moved(key.publishedUntil),
    })),
  };
}

function shiftedAlert(alert: AlertExpectationPlan, by: Micros): AlertExpectationPlan {
  const { fires } = alert;
  return {
    ...alert,
    ...shiftedSpan(alert, by),
    fires: fires.kind === 'before' ? { ...fires, at: fires.at + by } : fires,
  };
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}
