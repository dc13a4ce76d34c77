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
  if (typeof value === 'number') return renderNumber(value, path);
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item === 'number')) {
      return `[${value.map((item) => renderNumber(item, path)).join(',')}]`;
    }
    const items = value.map((item, index) => render(item, inner, `${path}[${index}]`));
    return lines('[', items, ']', indent);
  }
  const fields = Object.entries(value).map(
    ([key, field]) => `${JSON.stringify(key)}: ${render(field, inner, `${path}.${key}`)}`,
  );
  return lines('{', fields, '}', indent);
}

function renderNumber(value: number, path: string): string {
  if (!Number.isFinite(value)) throw new Error(`${path} is ${value}, which JSON cannot hold`);
  return String(value);
}

function lines(open: string, items: readonly string[], close: string, indent: string): string {
  if (items.length === 0) return open + close;
  return `${open}\n${items.map((item) => `${indent}  ${item}`).join(',\n')}\n${indent}${close}`;
}
