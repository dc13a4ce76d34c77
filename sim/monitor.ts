/**
 * The alerts of a scenario in one variant: when each would have fired (`alerts.ts`), how long before
 * or after what happened, and whether that is what was expected. All of it is made from what a run
 * has counted; nothing of it is there while it runs.
 */

import { formatInstant } from '../resolver-core/text/instant.ts';
import { DAY, epochSeconds, HOUR, MINUTE, type Micros, SECOND } from '../resolver-core/time.ts';
import { further, watch } from './alerts.ts';
import type { AlertExpectationPlan, AlertPlan, AlertSource } from './claims.ts';
import { watchAges } from './copy-ages.ts';
import { boundsText, clock, isRate, metricOf, subjectText } from './expect.ts';
import type { Plan, VariantPlan } from './plan.ts';
import type { AlertLead, AlertResult, Mark, ShardCounts, VariantResult } from './result.ts';
import { placeOf } from './roles.ts';
import { bucketsOf, type Tally } from './tally.ts';

/** A firing as an instant on the clock. */
interface Firing {
  readonly colo: string | null;
  readonly from: Micros;
  readonly to: Micros | null;
  readonly falseAlarm: boolean;
}

interface Monitored {
  readonly plan: AlertPlan;
  /** In order of time, colos in theirs. */
  readonly firings: readonly Firing[];
  readonly extreme: number | null;
}

/** The alerts of one variant, asked for their results and for verdicts. */
export class Monitor {
  readonly #plan: Plan;
  readonly #variant: VariantPlan;
  readonly #tally: Tally;
  /** null: nothing is broken here, so that whatever fires is a false alarm. */
  readonly #fault: Micros | null;
  readonly #monitored: readonly Monitored[];

  /** `parts` are the shards of the tally. */
  constructor(plan: Plan, variant: VariantPlan, tally: Tally, parts: readonly ShardCounts[]) {
    this.#plan = plan;
    this.#variant = variant;
    this.#tally = tally;
    this.#fault = variant.timeline.find(({ mark }) => mark?.kind === 'fault')?.at ?? null;
    this.#monitored = plan.alerts.map((alert) => {
      const { source } = alert;
      const watched =
        source.kind === 'metric'
          ? watchMetric(plan, { ...alert, source }, tally)
          : watchCopies(plan, { ...alert, source }, tally, parts);
      return monitored(alert, watched, this.#fault);
    });
  }

  /** `marks` are those of the variant: what is told of its first fault. */
  results(marks: readonly Mark[]): AlertResult[] {
    return this.#monitored.map(({ plan: alert, firings, extreme }) => {
      const real = firings.filter(({ falseAlarm }) => !falseAlarm);
      const ends = real.map(({ to }) => to ?? Number.POSITIVE_INFINITY);
      const cleared = Math.max(...ends); // -Infinity without firings
      const firedAt = real[0]?.from ?? null;
      return {
        name: alert.name,
        text: alertText(alert),
        firedAt: firedAt === null ? null : instant(firedAt),
        clearedAt: Number.isFinite(cleared) ? instant(cleared) : null,
        falseAlarms: firings.length - real.length,
        extreme,
        leads: firedAt === null ? [] : this.#leads(firedAt, marks),
        firings: firings.map(({ colo, from, to, falseAlarm }) => ({
          ...{ colo, falseAlarm },
          from: instant(from),
          to: to === null ? null : instant(to),
        })),
      };
    });
  }

  /** Of what is finished, in the scenario's order. */
  verdicts(): VariantResult['expectations'] {
    const { alertExpectations, time } = this.#plan;
    return alertExpectations.flatMap((expectation) => {
      const { variant, alert, from, to, fires } = expectation;
      const until = fires.kind === 'never' ? to : Math.min(to, fires.at);
      if (variant !== null && variant !== this.#variant.name) return [];
      if (bucketsOf(time, from, until).end > this.#tally.buckets) return [];
      const firings = this.#monitored.find(({ plan }) => plan.name === alert)?.firings ?? [];
      const fired = firings.find(
        (firing) =>
          // what fires at the instant at which a span ends has seen that span; ages are known before the window
          (from < firing.from || from === time.from) &&
          firing.from <= to &&
          (fires.kind === 'never' || !firing.falseAlarm),
      );
      const passed =
        fires.kind === 'never' ? fired === undefined : fired !== undefined && fired.from < fires.at;
      return {
        text: this.#expectationText(expectation),
        passed,
        actual: null,
        fired: fired === undefined ? null : instant(fired.from),
      };
    });
  }

  /** The fault, the mitigations that answered it, and what the scenario knows of that day. */
  #leads(firedAt: Micros, marks: readonly Mark[]): AlertLead[] {
    const { timeline, mitigations } = this.#variant;
    const fault = this.#fault;
    const happened: { kind: AlertLead['kind']; text: string; at: Micros }[] = [];
    if (fault !== null) {
      const mark = marks.find(({ at, kind }) => kind === 'fault' && at === instant(fault));
      happened.push({ kind: 'fault', text: mark?.text ?? '', at: fault });
    }
    for (const name of mitigations) {
      const begun = timeline.find(({ mitigation }) => mitigation === name);
      // what was there before the fault is no answer to it
      if (begun === undefined || fault === null || begun.at <= fault) continue;
      happened.push({ kind: 'mitigation', text: name, at: begun.at });
    }
    for (const { name, at } of this.#plan.references) {
      happened.push({ kind: 'reference', text: name, at });
    }
    return happened.map(({ kind, text, at }) => ({
      ...{ kind, text, at: instant(at) },
      leadSeconds: epochSeconds(at) - epochSeconds(firedAt),
    }));
  }

  /** `nothing-done: alert servfail-high, 17:00Z..01:00Z, fires before 19:45Z` */
  #expectationText({ alert, from, to, fires }: AlertExpectationPlan): string {
    const plan = this.#plan;
    const how = fires.kind === 'never' ? 'never fires' : `fires before ${clock(plan, fires.at)}`;
    return `${this.#variant.name}: alert ${alert}, ${clock(plan, from)}..${clock(plan, to)}, ${how}`;
  }
}

/** What became of an alert, at each colo or (null) at all together. */
type Watches = readonly {
  readonly colo: string | null;
  readonly extreme: number | null;
  readonly ringing: readonly { readonly from: Micros; readonly to: Micros | null }[];
}[];

type AlertOn<Kind extends AlertSource['kind']> = AlertPlan & {
  readonly source: Extract<AlertSource, { kind: Kind }>;
};

/** null: all together. */
function colosOf(plan: Plan, { per, source }: AlertPlan): readonly (string | null)[] {
  const colo = source.kind === 'metric' ? source.filter.colo : source.colo;
  const one = colo ?? plan.cluster.colos.map(({ name }) => name);
  return per === 'colo' ? one : [null];
}

function watchMetric(plan: Plan, alert: AlertOn<'metric'>, tally: Tally): Watches {
  const { time } = plan;
  const { metric, filter, minimum } = alert.source;
  const bound = {
    ...{ metric: metricOf(metric), above: alert.above, below: alert.below, minimum },
    span: alert.span / time.bucket,
  };
  const at = (buckets: number): Micros => time.from + buckets * time.bucket;
  return colosOf(plan, alert).map((colo) => {
    const table = tally.table({ ...filter, colo: colo === null ? filter.colo : [colo] });
    const { ringing, extreme } = watch(bound, table.each());
    const instants = ringing.map(({ from, to }) => ({
      from: at(from),
      to: to === null ? null : at(to),
    }));
    return { colo, extreme, ringing: instants };
  });
}

function watchCopies(
  plan: Plan,
  alert: AlertOn<'age'>,
  tally: Tally,
  parts: readonly ShardCounts[],
): Watches {
  const { time, cluster } = plan;
  const end = tally.complete ? time.to : time.from + tally.buckets * time.bucket;
  return colosOf(plan, alert).map((colo) => {
    const only = colo === null ? alert.source.colo : [colo];
    const copies = parts
      .filter(
        ({ shard }) =>
          only?.includes(cluster.colos[placeOf(plan, shard).colo]?.name ?? '') !== false,
      )
      .flatMap((part) => part.copies);
    const limit = (alert.above ?? 0) * SECOND;
    const { firings, extreme } = watchAges(copies, limit, alert.span, end);
    return { colo, extreme, ringing: firings };
  });
}

function monitored(alert: AlertPlan, watches: Watches, fault: Micros | null): Monitored {
  let extreme: number | null = null;
  for (const { extreme: value } of watches) {
    if (value !== null) extreme = further(alert, extreme, value);
  }
  const firings = watches.flatMap(({ colo, ringing }) =>
    // at the instant of the fault nothing of it has been seen
    ringing.map(
      ({ from, to }): Firing => ({
        ...{ colo, from, to },
        falseAlarm: fault === null || from <= fault,
      }),
    ),
  );
  // the sort is stable
  return { plan: alert, extreme, firings: firings.sort((a, b) => a.from - b.from) };
}

/**
 * `servfail-rate of de above 5 % over 5 min, each colo, of 200 client queries or more`, or
 * `age of the local root above 2 d for 15 min, each colo`
 */
function alertText({ source, per, above, below, span }: AlertPlan): string {
  const each = per === 'colo' ? ['each colo'] : [];
  const long = spanText(span);
  if (source.kind === 'age') {
    const where = source.colo === null ? '' : ` at ${source.colo}`;
    return [
      `age of the local root${where} above ${spanText((above ?? 0) * SECOND)} for ${long}`,
      ...each,
    ].join(', ');
  }
  const { metric, filter, minimum } = source;
  const bounds = boundsText({ above, below }, isRate(metric) ? ' %' : '');
  return [
    `${metric}${subjectText(filter)} ${bounds} over ${long}`,
    ...each,
    ...(minimum > 0 ? [`of ${minimum} client queries or more`] : []),
  ].join(', ');
}

/** In the largest unit of which it is whole, minutes at most where it is less than a day. */
function spanText(span: Micros): string {
  if (span > 0 && span % DAY === 0) return `${span / DAY} d`;
  if (span > DAY && span % HOUR === 0) return `${span / HOUR} h`;
  return span % MINUTE === 0 ? `${span / MINUTE} min` : `${span / SECOND} s`;
}

function instant(at: Micros): string {
  return formatInstant(epochSeconds(at));
}
