/**
 * `zonequake plan FILE`: the scenario with every default filled in and where each number comes from,
 * one value a line; `--json` prints the plan itself, in which every name and instant is resolved.
 */

import { printable } from '../../reports/text.ts';
import { compile } from '../../scenarios/compile.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { type Setting, settingsOf } from '../../scenarios/settings.ts';
import { UsageError } from './exit-codes.ts';
import { scenarioFilesOf } from './library.ts';

/** Columns to which path, value and provenance are filled up; longer ones push the rest aside. */
const WIDTHS = [52, 22, 10] as const;

/** What goes to stdout. Throws `ScenarioErrors`, also for what only shows when it is planned. */
export function planCommand(word: string, options: { readonly json: boolean }): string {
  const [file, ...others] = scenarioFilesOf(word);
  if (file === undefined || others.length > 0) {
    throw new UsageError(`plan takes one scenario, and "${word}" is ${others.length + 1}`);
  }
  const loaded = loadScenario(file);
  const plan = compile(loaded);
  if (options.json) return `${JSON.stringify(plan, null, 2)}\n`;
  return settingsOf(loaded)
    .map((setting) => `${line(setting)}\n`)
    .join('');
}

function line({ path, value, provenance, note }: Setting): string {
  const cells = [path, value, provenance].map((cell, i) => printable(cell).padEnd(WIDTHS[i] ?? 0));
  return `${cells.join('  ')}  ${printable(note)}`.trimEnd();
}
