/**
 * junit.xml, in the dialect that CI servers agree on: a suite is a scenario, a case is an expectation
 * in a variant. Times are left out, since the file must not differ between two runs.
 */

import type { Result, VariantResult } from '../sim/result.ts';

/** One `testsuites` element with one suite, with a final line feed. */
export function junitReport(result: Result): string {
  const cases = result.variants.flatMap((variant) =>
    variant.expectations.map((expectation) => ({ variant: variant.name, ...expectation })),
  );
  const failures = cases.filter((each) => !each.passed).length;
  const counts = `tests="${cases.length}" failures="${failures}"`;
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="${escapeXml(result.scenario)}" ${counts}>`,
    '    <properties>',
    `      <property name="seed" value="${result.seed}"/>`,
    `      <property name="digest" value="${result.digest}"/>`,
    `      <property name="complete" value="${result.complete}"/>`,
    '    </properties>',
  ];
  for (const each of cases) {
    const attributes = `classname="${escapeXml(`${result.scenario}.${each.variant}`)}" name="${escapeXml(each.text)}"`;
    if (each.passed) {
      lines.push(`    <testcase ${attributes}/>`);
      continue;
    }
    const message = `${each.text}; ${actualText(each)}`;
    lines.push(
      `    <testcase ${attributes}>`,
      `      <failure message="${escapeXml(message)}"/>`,
      '    </testcase>',
    );
  }
  lines.push('  </testsuite>', '</testsuites>', '');
  return lines.join('\n');
}

/** What there was in place of what was expected. */
function actualText({ actual, fired }: VariantResult['expectations'][number]): string {
  if (fired !== undefined) return fired === null ? 'it did not' : `it fired at ${fired}`;
  return `actual ${actual ?? 'nothing to judge'}`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

/** XML 1.0 has no way to write most control characters, not even as a reference. */
function escapeXml(text: string): string {
  return text
    .replace(/[&<>"]/g, (character) => ENTITIES[character] ?? '')
    .replace(/\p{Cc}/gu, '\u{fffd}');
}
