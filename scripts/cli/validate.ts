/** `zonequake validate FILE...`: refuses wrong scenarios with file, line and column, without running any. */

import { planOf } from '../../scenarios/compile.ts';
import { renderError, type ScenarioError, ScenarioErrors } from '../../scenarios/errors.ts';
import { scenarioFilesOf } from './library.ts';

interface Verdict {
  readonly file: string;
  readonly valid: boolean;
  /** What a valid scenario has. */
  readonly summary: string;
  readonly errors: readonly ScenarioError[];
}

export interface Validation {
  readonly valid: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Every file is looked at, also after a wrong one. */
export function validateCommand(
  words: readonly string[],
  options: { readonly json: boolean },
): Validation {
  const verdicts = words.flatMap(scenarioFilesOf).map(validate);
  const valid = verdicts.every((verdict) => verdict.valid);
  if (options.json) {
    return { valid, stdout: `${JSON.stringify(verdicts, null, 2)}\n`, stderr: '' };
  }
  const lines = (wanted: boolean): string =>
    verdicts
      .filter((verdict) => verdict.valid === wanted)
      .flatMap(({ file, summary, errors }) =>
        wanted ? `${file}: valid, ${summary}\n` : errors.map((error) => `${renderError(error)}\n`),
      )
      .join('');
  return { valid, stdout: lines(true), stderr: lines(false) };
}

function validate(file: string): Verdict {
  try {
    const plan = planOf(file);
    const counts = [
      `${plan.variants.length} variants`,
      `${plan.expectations.length + plan.alertExpectations.length} expectations`,
      `${plan.catalogue.length} domains`,
    ];
    return { file, valid: true, summary: counts.join(', '), errors: [] };
  } catch (error) {
    if (!(error instanceof ScenarioErrors)) throw error;
    return { file, valid: false, summary: '', errors: error.errors };
  }
}
