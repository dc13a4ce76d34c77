/** What the words of a command line choose: one scenario, a variant or a colo by name, an instant. */

import { planOf } from '../../scenarios/compile.ts';
import { nearestWord } from '../../scenarios/errors.ts';
import { parseInstant, resolveInstant } from '../../scenarios/units.ts';
import type { Plan } from '../../sim/plan.ts';
import { UsageError } from './exit-codes.ts';
import { scenarioFilesOf } from './library.ts';

/**
 * The plan of the one scenario that `word` stands for; `seed` in place of its own, rates and names multiplied by
 * `scale`. Throws `UsageError` and `ScenarioErrors`.
 */
export function thePlan(command: string, word: string, seed?: number, scale = 1): Plan {
  const [file, ...others] = scenarioFilesOf(word);
  if (file === undefined || others.length > 0) {
    throw new UsageError(`${command} takes one scenario, and "${word}" is ${others.length + 1}`);
  }
  return planOf(file, seed === undefined ? { scale } : { seed, scale });
}

/** One of the known names, the first unless told; throws `UsageError` with the nearest. */
export function chosen(what: string, wanted: string | undefined, known: readonly string[]): string {
  if (wanted === undefined) return known[0] as string;
  if (known.includes(wanted)) return wanted;
  const near = nearestWord(wanted, known);
  const hint = near === null ? `there are ${known.join(', ')}` : `did you mean "${near}"?`;
  throw new UsageError(`no ${what} is called "${wanted}"; ${hint}`);
}

/** An instant of the scenario's window, warm-up included; throws `UsageError`. */
export function instantOf(text: string, plan: Plan): number {
  const instant = parseInstant(text);
  const { from, to, warmup } = plan.time;
  if (instant === undefined) {
    throw new UsageError(`--at "${text}" is no instant; 2026-05-05T21:00Z, 21:00 and +2h are some`);
  }
  const at = resolveInstant(instant, { from, to, warmup });
  if (typeof at === 'string') throw new UsageError(`--at "${text}": ${at}`);
  if (at < from - warmup || at > to) {
    throw new UsageError(`--at "${text}" lies outside the scenario's window`);
  }
  return at;
}
