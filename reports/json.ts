/**
 * report.json: a Result as text, the same bytes for the same Result. Keys stand in the order in which
 * `sim/summarise.ts` builds them; a list of numbers (one column of a series) takes one line, so that
 * a difference between two reports reads as a difference between columns.
 */

import type { Result } from '../sim/result.ts';

/** report.json, with a final line feed. Throws on a number that JSON cannot hold (our bug). */
export function reportJson(result: Result): string {
  return `${render(result, '', 'result')}\n`;
}

function render(value: unknown, indent: string, path: string): string {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new Error(`${path} is ${value}, which JSON cannot hold`);
  }
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const items = value.map((item, index) => render(item, inner, `${path}[${index}]`));
    if (value.every((item) => typeof item === 'number')) return `[${items.join(', ')}]`;
    return lines('[', items, ']', indent);
  }
  const fields = Object.entries(value).map(
    ([key, field]) => `${JSON.stringify(key)}: ${render(field, inner, `${path}.${key}`)}`,
  );
  return lines('{', fields, '}', indent);
}

function lines(open: string, items: readonly string[], close: string, indent: string): string {
  if (items.length === 0) return open + close;
  return `${open}\n${items.map((item) => `${indent}  ${item}`).join(',\n')}\n${indent}${close}`;
}
