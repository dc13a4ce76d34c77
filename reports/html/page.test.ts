import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Result } from '../../sim/result.ts';
import { sampleResult, stoppedResult } from '../testing/sample.ts';
import { readPageAssets } from './assets.ts';
import { chartData } from './data.ts';
import { escapeText, html, jsonForScript } from './markup.ts';
import { htmlReport } from './page.ts';

const ASSETS = readPageAssets();

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

describe('report.html', () => {
  const page = htmlReport(sampleResult(), ASSETS);
  const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(page)?.[1] ?? '';
  const decoded = policy.replaceAll('&#39;', "'");

  test('its policy allows the script and the style that it carries, and nothing else', () => {
    const scripts = [...page.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(
      ([, text = '']) => text,
    );
    const styles = [...page.matchAll(/<style>([\s\S]*?)<\/style>/g)].map(([, text = '']) => text);
    expect(scripts).toHaveLength(1);
    expect(styles).toHaveLength(1);
    expect(decoded).toBe(
      `default-src 'none'; style-src ${hashOf(styles[0] ?? '')}; script-src ${hashOf(scripts[0] ?? '')}; base-uri 'none'; form-action 'none'`,
    );
  });

  test('needs no other file: no element loads anything', () => {
    const markup = page.replace(/<script>[\s\S]*?<\/script>/, '');
    expect(markup).not.toMatch(/\s(?:src|href)=/);
    expect(markup).not.toMatch(/@import|url\(/);
  });

  test('what a scenario or a packet names cannot become markup', () => {
    const evil = '</script><img src=x onerror=alert(1)>"\'&';
    const sample = sampleResult();
    const result: Result = {
      ...sample,
      title: evil,
      scenario: evil,
      variants: sample.variants.map((variant) => ({
        ...variant,
        name: evil,
        totals: { ...variant.totals, edeTexts: [{ text: evil, count: 1 }] },
        phases: variant.phases.map((phase) => ({ ...phase, name: evil })),
        marks: variant.marks.map((mark) => ({ ...mark, text: evil })),
        alerts: variant.alerts.map((alert) => ({
          ...alert,
          ...{ name: evil, text: evil },
          leads: alert.leads.map((lead) => ({ ...lead, text: evil })),
          firings: alert.firings.map((firing) => ({ ...firing, colo: evil })),
        })),
      })),
    };
    const text = htmlReport(result, ASSETS);
    expect(text).not.toContain('<img');
    expect(text.match(/<\/script>/g)).toHaveLength(2);
  });

  test('has a row for each alert and variant', () => {
    expect(page).toContain('servfail: servfail-rate above 50 % over 10 min, each colo');
    expect(page).toContain('20m after the fault; 20m before somebody called; at fra');
    expect(page).toContain('<td class="failed">FALSE ALARM 19:25Z at fra, before any fault');
  });

  test('says when the run was stopped', () => {
    expect(htmlReport(stoppedResult(), ASSETS)).toContain('Incomplete: the run was stopped');
    expect(page).not.toContain('Incomplete');
  });
});

describe('markup', () => {
  test('escaped text has none of the five characters, and reads back as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const escaped = escapeText(text);
        expect(escaped).not.toMatch(/[<>"']/);
        expect(
          escaped.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code))),
        ).toBe(text);
      }),
    );
  });

  test('a template escapes text and keeps markup', () => {
    expect(html`<p>${'<b>'}${html`<i>`}${[html`x`, html`y`]}${1}</p>`.text).toBe(
      '<p>&#60;b&#62;<i>xy1</p>',
    );
  });

  test('JSON in a data block cannot end it, and reads back as it was', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (value) => {
        const text = jsonForScript(['</script>\u2028\u2029', ...value]);
        expect(text).not.toMatch(/[<\u2028\u2029]/);
        expect(JSON.parse(text)).toEqual(['</script>\u2028\u2029', ...value]);
      }),
    );
  });
});

describe('chart data', () => {
  const sample = sampleResult();
  const data = chartData(sample);

  test('a rate is the ratio of the two columns of its bucket, null where nothing was asked', () => {
    const { columns } = sample.variants[0]?.series ?? { columns: null };
    const values = data.scopes[0]?.values.servfail?.[0] ?? [];
    expect(values).toHaveLength(columns?.SERVFAIL.length ?? -1);
    columns?.clientQueries.forEach((queries, bucket) => {
      const expected = queries === 0 ? null : (columns.SERVFAIL[bucket] ?? 0) / queries;
      if (expected === null) expect(values[bucket]).toBeNull();
      else expect(values[bucket]).toBeCloseTo(expected, 4);
    });
  });

  test('has a value per variant and bucket in every scope', () => {
    for (const { values } of data.scopes) {
      for (const { id } of data.metrics) {
        expect(values[id]?.map((line) => line.length)).toEqual(
          data.variants.map(() => data.time.length),
        );
      }
    }
  });

  test('a mark knows the variants that have it, unless all have it', () => {
    const kinds = data.marks.map(({ kind, variants }) => [kind, variants]);
    expect(kinds).toEqual([
      ['fault', null],
      ['mitigation', [1]],
      ['repair', null],
      ['lift', [1]],
      ['alert', [0]],
    ]);
    const window = [data.time[0] ?? 0, (data.time.at(-1) ?? 0) + sample.time.bucketSeconds];
    expect(data.marks.every(({ at }) => at >= (window[0] ?? 0) && at <= (window[1] ?? 0))).toBe(
      true,
    );
  });

  test('no chart of what never occurs', () => {
    const none = sample.variants.every(({ totals }) => totals.stale === 0);
    expect(data.metrics.some(({ id }) => id === 'stale')).toBe(!none);
    expect(data.metrics.some(({ id }) => id === 'queries')).toBe(true);
  });
});
