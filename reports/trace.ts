/** A traced lookup as text: what happened, in order, deeper lookups set in; then what broke, and the answer. */

import type { TraceReport } from '../sim/trace.ts';

export function traceText(report: TraceReport, options: { readonly records: boolean }): string {
  const caches = report.cold ? 'empty caches' : 'caches as the traffic left them';
  const cd = report.checkingDisabled ? ' with CD=1' : '';
  const role = report.role === 'resolver' ? '' : `, ${report.role} resolver`;
  const where = `colo ${report.colo}${role}, node ${report.node}`;
  const lines = [
    `${report.question}${cd} at ${report.at}`,
    `${report.scenario}, variant ${report.variant}, seed ${report.seed}; ${where}, ${caches}`,
    '',
  ];
  for (const step of report.steps) {
    const mark = step.ok === null ? ' ' : step.ok ? '+' : '!';
    const indent = '  '.repeat(step.depth);
    lines.push(`${step.ms.toFixed(1).padStart(9)} ms ${mark} ${indent}${step.text}`);
    if (!options.records && step.kind === 'response') continue;
    for (const detail of step.details) lines.push(`${' '.repeat(15)}${indent}    ${detail}`);
  }
  lines.push('');
  if (report.broken !== null) lines.push(`first link that broke: ${report.broken}`);
  const { rcode, authenticated, source, ms, errors, records } = report.answer;
  const ad = authenticated ? ' with AD' : '';
  lines.push(`answer: ${rcode}${ad} after ${ms.toFixed(1)} ms (${source})`);
  for (const error of errors) lines.push(`  ${error}`);
  for (const record of records) lines.push(`  ${record.replaceAll('\t', ' ')}`);
  return `${lines.join('\n')}\n`;
}
