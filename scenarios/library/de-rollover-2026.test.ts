/**
 * What must emerge from the .de incident, at a small part of its size, and what must not emerge once its
 * cause is taken out of the YAML. No number here is set anywhere: signatures, clocks and caches do it.
 */

import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { HOUR, MINUTE } from '../../resolver-core/time.ts';
import { rateOf } from '../../sim/clients/audience.ts';
import type { Plan } from '../../sim/plan.ts';
import type { Result, Series, Slice, VariantResult } from '../../sim/result.ts';
import { run } from '../../sim/run.ts';
import { expectedHitRatio } from '../../sim/sizing.ts';
import { planOf } from '../compile.ts';
import { INCIDENT, withFolder } from '../testing/files.ts';

const SCALE = 0.25;
const CHAIN = INCIDENT.replace('de-rollover-2026', 'de-chain-resigned');
/** Buckets of one minute after 17:00. */
const FAULT = 150;
const REPAIR = 375;
/** 20:20, 22:17, 23:45, and the roll-out. */
const ANCHOR = 200;
const RULE = 317;
const LIFTED = 405;
/** 22:45 */
const ORIGIN_RULE = 345;

let result: Result;
/** The same day without the fault: the same draws. */
let quiet: VariantResult;
/** The whole chain signed anew by the pool of three. */
let chain: Result;

const QUIET = `
extends: ${INCIDENT}
timeline: []
variants: { nothing-done: ~, as-it-happened: ~, nta-within-the-hour: ~, non-validating: ~ }
expect: []
published: []
`;

beforeAll(async () => {
  result = await run(planOf(INCIDENT, { scale: SCALE }), { threads: 2 });
  chain = await run(planOf(CHAIN, { scale: SCALE }), { threads: 2 });
  let plan: Plan | undefined;
  await withFolder({ 'quiet.yaml': QUIET }, async (folder) => {
    plan = planOf(join(folder, 'quiet.yaml'), { scale: SCALE });
  });
  if (plan === undefined) throw new Error('the quiet day was not read');
  const [variant] = (await run(plan, { threads: 2 })).variants;
  if (variant === undefined) throw new Error('the quiet day has no variant');
  quiet = variant;
}, 300_000);

function variant(name: string, of: Result = result): VariantResult {
  const found = of.variants.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no variant ${name}`);
  return found;
}

function zone(
  of: VariantResult,
  name: string,
): Slice & { bySlice: Readonly<Record<string, Slice>> } {
  const found = of.byZone[name];
  if (found === undefined) throw new Error(`no zone ${name}`);
  return found;
}

function slice(of: VariantResult, name: string, part: string): Series {
  const found = zone(of, name).bySlice[part];
  if (found === undefined) throw new Error(`no slice ${part} of ${name}`);
  return found.series;
}

function sum(series: Series, column: keyof Series['columns'], from: number, to: number): number {
  return series.columns[column].slice(from, to).reduce((total, value) => total + value, 0);
}

/** Share of lookups that failed, over buckets. */
function failed(series: Series, from: number, to: number): number {
  return sum(series, 'failedLookups', from, to) / sum(series, 'lookups', from, to);
}

function servfails(of: VariantResult, name: string, from: number, to: number): number {
  const { series } = zone(of, name);
  return sum(series, 'SERVFAIL', from, to) / sum(series, 'clientQueries', from, to);
}

describe('the .de incident of 5 May 2026', () => {
  it('holds every expectation that applies at this scale', () => {
    for (const { name, expectations } of result.variants) {
      const broken = expectations.filter(({ passed }) => !passed).map(({ text }) => text);
      expect(broken, name).toEqual([]);
    }
    const held = result.variants.flatMap(({ expectations }) => expectations);
    expect(held.length).toBeGreaterThan(15);
  });

  it.each(['unsigned', 'missing'])(
    '%s names fail as their cached proofs of "no DS" run out (7200 s), and not at once',
    (part) => {
      const series = slice(variant('no-serve-stale'), 'de', part);
      const before = failed(series, 0, FAULT);
      const quarter = failed(series, FAULT, FAULT + 15);
      const secondHour = failed(series, FAULT + 60, FAULT + 120);
      const later = failed(series, FAULT + 180, REPAIR);
      expect(quarter).toBeLessThan(0.5);
      expect(secondHour).toBeGreaterThan(quarter);
      expect(later).toBeGreaterThan(secondHour);
      expect(later).toBeGreaterThan(0.9);
      // Over within the lives of the failure caches, at most a minute.
      expect(failed(series, REPAIR + 2, 480)).toBeLessThan(before + 0.02);
    },
  );

  it('has failed at most by chance before an answer is older than the proofs that were alive', () => {
    // What 7200 s of proofs protect: two hours on, none of those made before the fault is left.
    const series = slice(variant('no-serve-stale'), 'de', 'unsigned');
    const twoHours = FAULT + (2 * HOUR) / MINUTE;
    expect(failed(series, twoHours + 5, REPAIR)).toBeGreaterThan(0.9);
    expect(failed(series, FAULT, FAULT + 5)).toBeLessThan(0.2);
  });

  it('spares signed names: the old signatures over their DS stay good', () => {
    const series = slice(variant('no-serve-stale'), 'de', 'signed');
    const before = failed(series, 0, FAULT);
    expect(failed(series, FAULT, REPAIR)).toBeLessThan(before + 0.05);
    expect(sum(series, 'lookups', FAULT, REPAIR)).toBeGreaterThan(500);
  });

  it('spares queries with CD=1', () => {
    const series = slice(variant('no-serve-stale'), 'de', 'cd');
    expect(failed(series, FAULT, REPAIR)).toBeLessThan(0.05);
    expect(sum(series, 'lookups', FAULT, REPAIR)).toBeGreaterThan(500);
  });

  it('spares names without a link into .de', () => {
    for (const name of ['nl', 'se', 'fr', 'ch', 'uk']) {
      const rate = servfails(variant('no-serve-stale'), name, FAULT, REPAIR);
      // Bounded caches are shared with .de, so that not every draw of the cache is the same.
      expect(Math.abs(rate - servfails(quiet, name, FAULT, REPAIR)), name).toBeLessThan(0.001);
    }
  });

  it('says EDE 6 with the RRset and key tag 33834 on the SERVFAILs of .de', () => {
    const during = variant('no-serve-stale').phases.find(({ name }) => name === 'during');
    const { ede, edeTexts } = zone(variant('no-serve-stale'), 'de').totals;
    expect(ede['6'] ?? 0).toBeGreaterThan(
      0.9 * sum(zone(variant('no-serve-stale'), 'de').series, 'SERVFAIL', FAULT + 10, REPAIR),
    );
    const top = edeTexts[0]?.text ?? '';
    expect(top).toMatch(
      /^RRSIG with malformed signature found for [0-9a-v]{32}\.de\/nsec3 \(keytag=33834\)$/,
    );
    expect(during?.totals.ede['22'] ?? 0).toBeLessThan(ede['6'] ?? 0);
  });

  it('of the signatures made with the tag two in three fail (apex aside), one in three verifies', () => {
    const counts = variant('no-serve-stale', chain).totals.signatures?.byKeyTag['de/33834'];
    const made = counts?.made ?? 0;
    const share = (counts?.distinctFailed ?? 0) / made;
    expect(made).toBeGreaterThan(100);
    // Standard error of a share of 2/3 among `made`.
    expect(Math.abs(share - 2 / 3)).toBeLessThan(4 * Math.sqrt(2 / 9 / made));
  });

  it('fails hash range by hash range when the apex is good and the chain is signed anew', () => {
    const series = slice(variant('no-serve-stale', chain), 'de', 'unsigned');
    const end = failed(series, REPAIR - 30, REPAIR);
    expect(end).toBeGreaterThan(failed(series, FAULT, FAULT + 30));
    expect(end).toBeLessThan(
      failed(slice(variant('no-serve-stale'), 'de', 'unsigned'), REPAIR - 30, REPAIR),
    );
  });

  it('keeps most NOERROR answers with stale data, of which less and less is fresh', () => {
    const of = zone(variant('nothing-done'), 'de').series;
    const without = zone(variant('non-validating'), 'de').series;
    for (let from = FAULT; from < REPAIR; from += 15) {
      const share = sum(of, 'NOERROR', from, from + 15) / sum(without, 'NOERROR', from, from + 15);
      expect(share).toBeGreaterThan(0.9);
    }
    const fresh = [FAULT - 30, FAULT + 15, FAULT + 45, FAULT + 75, FAULT + 105].map((from) => {
      const all = sum(of, 'NOERROR', from, from + 30);
      return (all - sum(of, 'staleNoerror', from, from + 30)) / all;
    });
    expect(fresh).toEqual([...fresh].sort((a, b) => b - a));
    expect(fresh[0]).toBeGreaterThan(0.95);
    expect(fresh[4]).toBeLessThan(0.5);
  });

  it('fails at once for what was not asked for lately, and more and more until the rule', () => {
    const of = variant('as-it-happened');
    // The quiet day has the same broken domains.
    const excess = (from: number, to: number): number =>
      servfails(of, 'de', from, to) - servfails(quiet, 'de', from, to);
    expect(Math.abs(excess(0, FAULT))).toBeLessThan(0.0001);
    const [atOnce, firstHour, thirdHour] = [
      excess(FAULT, FAULT + 15),
      excess(FAULT + 15, FAULT + 60),
      excess(FAULT + 120, RULE),
    ];
    expect(atOnce).toBeGreaterThan(0.001);
    expect(firstHour).toBeGreaterThan(atOnce);
    expect(thirdHour).toBeGreaterThan(firstHour + 0.01);
    // worse throughout without stale answers
    for (let from = FAULT; from < RULE; from += 15) {
      const worse = servfails(variant('no-serve-stale'), 'de', from, from + 15);
      expect(worse).toBeGreaterThan(servfails(of, 'de', from, from + 15));
    }
  });

  it('hits as often as the closed form of its sizing says (docs/sizing.md)', () => {
    const plan = planOf(INCIDENT, { scale: SCALE });
    const caches = plan.cluster.colos[0]?.nodes ?? 0;
    const { names, missing, oneOff } = plan.traffic;
    const expected = expectedHitRatio(plan, {
      ...{ lookupsPerSecond: rateOf(plan, 0), caches, names, missingNames: missing.names },
      oneOff: oneOff.share,
    });
    const before = variant('non-validating').phases.find(({ name }) => name === 'before');
    // the form knows of no failures and no aliases that are cached once for many
    expect(Math.abs((before?.totals.cacheHitRatio ?? 0) - expected)).toBeLessThan(0.03);
  });

  it('puts EDE 3 on stale answers, and 19 on those that say NXDOMAIN', () => {
    const { stale, staleNoerror, ede } = zone(variant('nothing-done'), 'de').totals;
    expect(stale).toBeGreaterThan(1000);
    expect(ede['3']).toBe(staleNoerror);
    expect((ede['3'] ?? 0) + (ede['19'] ?? 0)).toBe(stale);
  });

  it('is over within minutes of the rule, which costs AD for as long as it is on', () => {
    const of = variant('as-it-happened');
    const before = servfails(of, 'de', 0, FAULT);
    expect(servfails(of, 'de', RULE + 5, LIFTED)).toBeLessThan(before + 0.02);
    const { series, totals } = zone(of, 'de');
    expect(sum(series, 'authenticated', RULE + 2, LIFTED)).toBe(0);
    const ad = (from: number, to: number): number =>
      sum(series, 'authenticated', from, to) / sum(series, 'clientQueries', from, to);
    expect(ad(LIFTED + 15, 480)).toBeGreaterThan(0.5 * ad(0, FAULT));
    expect(totals.unvalidated).toBeGreaterThan(1000);
    expect(zone(variant('nothing-done'), 'de').totals.unvalidated).toBe(0);
  });

  it('counts more failed answers than failed lookups: clients ask again, and volume grows', () => {
    const { series } = zone(variant('as-it-happened'), 'de');
    const factor = (from: number, to: number): number =>
      sum(series, 'clientQueries', from, to) / sum(series, 'lookups', from, to);
    const during = [FAULT + 60, RULE] as const;
    expect(factor(0, FAULT)).toBeLessThan(1.1);
    expect(factor(...during) - 1).toBeGreaterThan(1.5 * (factor(0, FAULT) - 1));
    const answers = sum(series, 'SERVFAIL', ...during) / sum(series, 'clientQueries', ...during);
    expect(failed(series, ...during)).toBeLessThan(0.6 * answers);
    const { totals } = zone(variant('as-it-happened'), 'de');
    expect(totals.triesPerFailedLookup).toBeGreaterThan(3);
  });

  it('is cut short by a negative trust anchor within the hour', () => {
    const of = variant('nta-within-the-hour');
    const late = servfails(of, 'de', ANCHOR + 5, REPAIR);
    expect(late).toBeLessThan(servfails(of, 'de', 0, FAULT) + 0.02);
    expect(late).toBeLessThan(servfails(variant('as-it-happened'), 'de', ANCHOR + 5, RULE));
  });

  it('goes on at the origin resolver whatever the public one is told, until it has a rule of its own', () => {
    const at = (name: string): Slice => {
      const found = variant(name).byRole.origin;
      if (found === undefined) throw new Error('no origin resolver');
      return found;
    };
    // of all that it is asked, a third is for de
    const stale = (name: string, from: number, to: number): number =>
      sum(at(name).series, 'stale', from, to) / sum(at(name).series, 'clientQueries', from, to);
    expect(stale('nothing-done', 0, FAULT)).toBeLessThan(0.01);
    expect(stale('as-it-happened', RULE + 3, ORIGIN_RULE)).toBeGreaterThan(0.15);
    expect(stale('as-it-happened', ORIGIN_RULE + 3, LIFTED)).toBeLessThan(0.01);
    // to the last answer as if nothing were done
    expect(at('nta-within-the-hour')).toEqual(at('nothing-done'));
    for (const column of ['SERVFAIL', 'stale', 'upstreamQueries'] as const) {
      const [rule, nothing] = ['as-it-happened', 'nothing-done'].map((name) =>
        at(name).series.columns[column].slice(0, ORIGIN_RULE),
      );
      expect(rule).toEqual(nothing);
    }
  });

  it('is not felt without validation', () => {
    const of = variant('non-validating');
    const before = servfails(of, 'de', 0, FAULT);
    expect(Math.abs(servfails(of, 'de', FAULT, REPAIR) - before)).toBeLessThan(0.01);
    expect(of.totals.authenticated).toBe(0);
    expect(of.totals.ede['6'] ?? 0).toBe(0);
    expect(of.totals.signatures?.checked).toBe(0);
  });

  it('is gone when the fault is taken out of the YAML', () => {
    const before = servfails(quiet, 'de', 0, FAULT);
    expect(Math.abs(servfails(quiet, 'de', FAULT, REPAIR) - before)).toBeLessThan(0.01);
    for (const part of ['unsigned', 'missing', 'signed', 'cd']) {
      const of = slice(quiet, 'de', part);
      expect(Math.abs(failed(of, FAULT, REPAIR) - failed(of, 0, FAULT)), part).toBeLessThan(0.03);
    }
    expect(quiet.totals.signatures?.byKeyTag['de/33834']).toBeUndefined();
    expect(quiet.totals.ede['6'] ?? 0).toBe(0);
    expect(quiet.totals.edeTexts.filter(({ text }) => text.includes('33834'))).toEqual([]);
  });

  it('asks the same in every variant, and differs only through causes', () => {
    const lookups = result.variants.map(({ series }) => series.columns.lookups);
    for (const each of lookups) expect(each).toEqual(lookups[0]);
    expect(quiet.series.columns.lookups).toEqual(lookups[0]);
    // Until the fault the day is the quiet one, byte for byte.
    const until = (of: VariantResult): number[] => of.series.columns.SERVFAIL.slice(0, FAULT);
    expect(until(variant('no-serve-stale'))).toEqual(until(quiet));
  });
});
