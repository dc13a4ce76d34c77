/**
 * From what the shards counted to the Result (report.json, docs/output.md): merges shards in a fixed
 * order, makes every table, derives the rates from the integers, and judges the expectations.
 *
 * A run that was stopped early gives a partial Result: the variants that every shard has begun to
 * count, and of those the buckets that every shard has finished.
 */

import { formatInstant } from '../resolver-core/text/instant.ts';
import { epochSeconds, type Micros, SECOND } from '../resolver-core/time.ts';
import { judgeExpectations, simulatePublished } from './expect.ts';
import { type ColumnSums, METRICS, metricValue } from './metrics.ts';
import { Monitor } from './monitor.ts';
import type { Plan, VariantPlan } from './plan.ts';
import { evictionsOf, ordersOf } from './price.ts';
import {
  COLUMNS,
  type Column,
  type Mark,
  type PhaseResult,
  type Result,
  type RoleResult,
  type Series,
  type ShardCounts,
  type SignatureCounts,
  type Slice,
  type Totals,
  type VariantResult,
} from './result.ts';
import { placeOf, rolesOf } from './roles.ts';
import { ALL_CELLS, bucketsOf, type CellFilter, SLICES, type Table, Tally } from './tally.ts';

const TOP_TEXTS = 20;

/**
 * The Result of a run. `shards[i]` is what one shard brought home, one entry per variant; neither
 * order matters. Throws when the counts of a complete run contradict each other (our bug).
 */
export function summarise(plan: Plan, shards: readonly (readonly ShardCounts[])[]): Result {
  const all = shards.flat();
  const shardNumbers = new Set(all.map((counts) => counts.shard));
  const variants: { plan: VariantPlan; tally: Tally; parts: readonly ShardCounts[] }[] = [];
  for (const variant of plan.variants) {
    const parts = all
      .filter((counts) => counts.variant === variant.name)
      .sort((a, b) => a.shard - b.shard);
    if (parts.length === 0 || parts.length < shardNumbers.size) continue;
    variants.push({ plan: variant, parts, tally: new Tally(plan, variant.name, parts) });
  }
  const tallies = new Map(variants.map(({ tally }) => [tally.variant, tally]));
  return {
    format: 'zonequake.report/1',
    scenario: plan.name,
    title: plan.title,
    seed: plan.seed,
    scale: plan.scale,
    expectationsLeftOut: plan.expectationsLeftOut,
    digest: digestOf(variants.flatMap(({ parts }) => parts)),
    complete:
      variants.length === plan.variants.length && variants.every(({ tally }) => tally.complete),
    time: {
      from: instant(plan.time.from),
      to: instant(plan.time.to),
      bucketSeconds: plan.time.bucket / SECOND,
    },
    variants: variants.map(({ plan: variant, tally, parts }) => {
      const marks = marksOf(variant);
      const monitor = new Monitor(plan, variant, tally, parts);
      return {
        name: variant.name,
        mitigations: variant.mitigations,
        marks,
        expectations: [...judgeExpectations(plan, variant.name, tallies), ...monitor.verdicts()],
        alerts: monitor.results(marks),
        ...new VariantSummary(plan, variant, tally, parts).tables(),
      };
    }),
    published: plan.published.map((figure) => simulatePublished(plan, figure, tallies)),
  };
}

/** Events of one instant and kind are one mark. */
function marksOf({ timeline }: VariantPlan): Mark[] {
  const marks: (Omit<Mark, 'text'> & { readonly texts: Set<string> })[] = [];
  for (const event of timeline) {
    if (event.mark === undefined) continue;
    const { kind, text } = event.mark;
    const at = instant(event.at);
    const same = marks.find((mark) => mark.at === at && mark.kind === kind);
    if (same === undefined) marks.push({ at, kind, texts: new Set([text]) });
    else same.texts.add(text);
  }
  return marks.map(({ at, kind, texts }) => ({ at, kind, text: [...texts].join('; ') }));
}

/** The tables of one variant. */
class VariantSummary {
  readonly #plan: Plan;
  readonly #variant: VariantPlan;
  readonly #tally: Tally;
  readonly #parts: readonly ShardCounts[];

  constructor(plan: Plan, variant: VariantPlan, tally: Tally, parts: readonly ShardCounts[]) {
    this.#plan = plan;
    this.#variant = variant;
    this.#tally = tally;
    this.#parts = parts;
  }

  tables(): Omit<VariantResult, 'name' | 'mitigations' | 'marks' | 'expectations' | 'alerts'> {
    const plan = this.#plan;
    const table = this.#tally.table(ALL_CELLS);
    if (this.#tally.complete) checkIdentities(this.#tally.variant, table);
    const named = (names: readonly string[], key: 'colo' | 'slice') =>
      Object.fromEntries(names.map((name) => [name, this.#slice({ ...ALL_CELLS, [key]: name })]));
    const zones = this.#names(
      plan.zones.map((zone) => zone.apex),
      'zone',
    );
    return {
      totals: {
        ...this.#totals(table, ALL_CELLS, plan.time.from, plan.time.to),
        signatures: signaturesOf(this.#parts, zones),
      },
      phases: this.#phases(table, ALL_CELLS),
      orders: ordersOf(plan, this.#variant, this.#parts, (role) =>
        this.#tally.table({ ...ALL_CELLS, role: [role] }),
      ),
      evictions: evictionsOf(this.#parts),
      series: this.#series(table),
      byColo: named(
        this.#names(
          plan.cluster.colos.map((colo) => colo.name),
          'colo',
        ),
        'colo',
      ),
      byZone: Object.fromEntries(
        zones.map((zone) => [
          zone,
          {
            ...this.#slice({ ...ALL_CELLS, zone }),
            bySlice: Object.fromEntries(
              Object.keys(SLICES).map((slice) => [
                slice,
                this.#slice({ ...ALL_CELLS, zone, slice }),
              ]),
            ),
          },
        ]),
      ),
      byRole: Object.fromEntries(
        this.#names(rolesOf(plan), 'role').map((role) => [role, this.#role(role)]),
      ),
      bySlice: named(Object.keys(SLICES), 'slice'),
    };
  }

  #role(role: string): RoleResult {
    const filter = { ...ALL_CELLS, role: [role] };
    const parts = this.#parts.filter(({ shard }) => placeOf(this.#plan, shard).role === role);
    return {
      ...this.#slice(filter),
      phases: this.#phases(this.#tally.table(filter), filter),
      evictions: evictionsOf(parts),
    };
  }

  #phases(table: Table, filter: CellFilter): PhaseResult[] {
    return this.#plan.phases.map(({ name, from, to }) => ({
      name,
      from: instant(from),
      to: instant(to),
      totals: this.#totals(table, filter, from, to),
    }));
  }

  /** The plan's names in its order, then whatever else was counted, in text order. */
  #names(planned: readonly string[], key: 'colo' | 'zone' | 'role'): string[] {
    const others = new Set(this.#tally.cells.map((cell) => cell[key]));
    for (const name of planned) others.delete(name);
    return [...planned, ...[...others].sort()];
  }

  #slice(filter: CellFilter): Slice {
    const table = this.#tally.table(filter);
    const { from, to } = this.#plan.time;
    return { totals: this.#totals(table, filter, from, to), series: this.#series(table) };
  }

  #series(table: Table): Series {
    const columns = {} as Record<Column, readonly number[]>;
    for (const column of COLUMNS) columns[column] = table.column(column);
    return {
      from: instant(this.#plan.time.from),
      bucketSeconds: this.#plan.time.bucket / SECOND,
      columns,
    };
  }

  #totals(table: Table, filter: CellFilter, from: Micros, to: Micros): Totals {
    const span = bucketsOf(this.#plan.time, from, to);
    const sums = table.sums(span);
    const errors = this.#tally.errors(filter, span);
    return {
      clientQueries: sums.clientQueries,
      lookups: sums.lookups,
      failedLookups: sums.failedLookups,
      recoveredLookups: sums.recoveredLookups,
      retries: sums.retries,
      triesPerFailedLookup: rate('tries-per-failed-lookup', sums),
      answers: {
        NOERROR: sums.NOERROR,
        NXDOMAIN: sums.NXDOMAIN,
        SERVFAIL: sums.SERVFAIL,
        REFUSED: sums.REFUSED,
        TIMEOUT: sums.TIMEOUT,
      },
      authenticated: sums.authenticated,
      stale: sums.stale,
      staleNoerror: sums.staleNoerror,
      staleWaited: sums.staleWaited,
      unvalidated: sums.unvalidated,
      staleAgeSeconds: this.#tally.staleAge(filter, from, to),
      ede: Object.fromEntries([...errors.byCode].map(([code, count]) => [String(code), count])),
      edeTexts: topTexts(errors.byText),
      cache: cacheOf(sums),
      upstream: {
        queries: sums.upstreamQueries,
        bogus: sums.upstreamBogus,
        timeouts: sums.upstreamTimeouts,
      },
      signatures: null,
      servfailRate: rate('servfail-rate', sums),
      noerrorRate: rate('noerror-rate', sums),
      nxdomainRate: rate('nxdomain-rate', sums),
      staleRate: rate('stale-rate', sums),
      unvalidatedRate: rate('unvalidated-rate', sums),
      failedLookupRate: rate('failed-lookup-rate', sums),
      recoveredLookupRate: rate('recovered-lookup-rate', sums),
      cacheHitRatio: rate('cache-hit-ratio', sums),
      retryFactor: rate('retry-factor', sums),
      latencyMs: this.#tally.latency(filter, from, to),
    };
  }
}

function cacheOf(sums: ColumnSums): Totals['cache'] {
  return {
    hits: sums.hits,
    forwardedHits: sums.forwardedHits,
    sharedHits: sums.sharedHits,
    staticZone: sums.staticZone,
    stale: sums.cacheStale,
    failureCached: sums.failureCached,
    joined: sums.joined,
    synthesised: sums.synthesised,
    policy: sums.policy,
    misses: sums.misses,
    authoritative: sums.authoritative,
  };
}

function rate(name: string, sums: ColumnSums): number | null {
  const metric = METRICS[name];
  if (metric === undefined) throw new Error(`no metric is called '${name}'`);
  return metricValue(metric, sums);
}

function topTexts(byText: ReadonlyMap<string, number>): Totals['edeTexts'] {
  return [...byText]
    .sort(([textA, a], [textB, b]) => b - a || (textA < textB ? -1 : 1))
    .slice(0, TOP_TEXTS)
    .map(([text, count]) => ({ text, count }));
}

/** Signatures by `<zone>/<tag>`; identities are united, since two shards may be handed the same RRSIG. */
function signaturesOf(
  parts: readonly ShardCounts[],
  zones: readonly string[],
): NonNullable<Totals['signatures']> {
  interface Sum {
    readonly zone: string;
    readonly keyTag: number;
    readonly made: Set<string>;
    readonly distinctFailed: Set<string>;
    checked: number;
    failed: number;
  }
  const byKeyTag = new Map<string, Sum>();
  const sumOf = ({ zone, keyTag }: SignatureCounts): Sum => {
    const key = `${zone}/${keyTag}`;
    const known = byKeyTag.get(key);
    if (known !== undefined) return known;
    const sum: Sum = {
      zone,
      keyTag,
      made: new Set(),
      distinctFailed: new Set(),
      checked: 0,
      failed: 0,
    };
    byKeyTag.set(key, sum);
    return sum;
  };
  for (const counts of parts.flatMap((part) => part.signatures)) {
    const sum = sumOf(counts);
    for (const identity of counts.made) sum.made.add(identity);
    for (const identity of counts.distinctFailed) sum.distinctFailed.add(identity);
    sum.checked += counts.checked;
    sum.failed += counts.failed;
  }
  const rank = new Map(zones.map((zone, index) => [zone, index]));
  const rankOf = (zone: string): number => rank.get(zone) ?? zones.length;
  const ordered = [...byKeyTag].sort(
    ([, a], [, b]) =>
      rankOf(a.zone) - rankOf(b.zone) ||
      (a.zone < b.zone ? -1 : a.zone > b.zone ? 1 : a.keyTag - b.keyTag),
  );
  return {
    checked: ordered.reduce((total, [, sum]) => total + sum.checked, 0),
    failed: ordered.reduce((total, [, sum]) => total + sum.failed, 0),
    byKeyTag: Object.fromEntries(
      ordered.map(([key, sum]) => [
        key,
        {
          made: sum.made.size,
          checked: sum.checked,
          failed: sum.failed,
          distinctFailed: sum.distinctFailed.size,
        },
      ]),
    ),
  };
}

/** Every client query has one answer and one cache outcome, in the bucket in which it was sent. */
function checkIdentities(variant: string, table: Table): void {
  for (let bucket = 0; bucket < table.buckets; bucket++) {
    const sums = table.sums({ first: bucket, end: bucket + 1 });
    const answers = sums.NOERROR + sums.NXDOMAIN + sums.SERVFAIL + sums.REFUSED + sums.TIMEOUT;
    const outcomes = Object.values(cacheOf(sums)).reduce((total, count) => total + count, 0);
    if (answers !== sums.clientQueries || outcomes !== sums.clientQueries) {
      throw new Error(
        `variant ${variant}, bucket ${bucket}: ${sums.clientQueries} client queries, ` +
          `${answers} answers, ${outcomes} cache outcomes`,
      );
    }
  }
}

/** FNV-1a over the words of the shards' digests, twice with different beginnings: 16 hexadecimal digits. */
function digestOf(parts: readonly ShardCounts[]): string {
  let high = 0x811c9dc5;
  let low = 0x050c5d1f;
  for (const word of parts.flatMap((part) => part.digest)) {
    for (let shift = 0; shift < 32; shift += 8) {
      const octet = (word >>> shift) & 0xff;
      high = Math.imul(high ^ octet, 0x01000193);
      low = Math.imul(low ^ octet ^ 0x5c, 0x01000193);
    }
  }
  return [high, low].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}

function instant(at: Micros): string {
  return formatInstant(epochSeconds(at));
}
