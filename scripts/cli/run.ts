/**
 * `zonequake run FILE...`: simulates scenarios, prints reports, judges expectations, and writes the
 * files of `--out`. Every scenario is read and checked before the first one runs.
 */

import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import {
  htmlReport,
  junitReport,
  readPageAssets,
  reportJson,
  seriesCsv,
  terminalReport,
} from '../../reports/index.ts';
import { planOf } from '../../scenarios/compile.ts';
import { nearestWord, type ScenarioError, ScenarioErrors } from '../../scenarios/errors.ts';
import type { Plan } from '../../sim/plan.ts';
import type { Result } from '../../sim/result.ts';
import { shardsOf } from '../../sim/roles.ts';
import { run } from '../../sim/run.ts';
import { EXIT, RunFailure, UsageError } from './exit-codes.ts';
import { Interrupts } from './interrupt.ts';
import { scenarioFilesOf } from './library.ts';
import { prepareFolder, writeFiles } from './output.ts';
import { ProgressReporter } from './progress.ts';
import { version } from './version.ts';

export type Reporter = 'terminal' | 'html' | 'json' | 'junit' | 'csv';

export interface RunCommandOptions {
  /** Empty for all. */
  readonly variants: readonly string[];
  readonly seed: number | undefined;
  readonly threads: number | undefined;
  readonly scale: number;
  readonly wire: boolean;
  readonly block: number | undefined;
  readonly out: string | undefined;
  readonly reporters: readonly Reporter[];
  readonly quiet: boolean;
}

interface Job {
  /** As it was asked for, for the command that reproduces the run. */
  readonly word: string;
  readonly plan: Plan;
}

/** The exit code. */
export async function runCommand(
  words: readonly string[],
  options: RunCommandOptions,
): Promise<number> {
  const jobs = readJobs(words, options);
  const folders = jobs.map(({ plan }) => outFolder(plan, jobs.length, options));
  for (const folder of folders) if (folder !== null) prepareFolder(folder);
  const interrupts = new Interrupts(() => {
    process.stderr.write('\nstopping; once more to end at once\n');
  });
  try {
    let held = true;
    for (const [index, job] of jobs.entries()) {
      const result = await runJob(job, options, folders[index] ?? null, interrupts.stop);
      held &&= allHeld(result);
      if (interrupts.exitCode !== null) return interrupts.exitCode;
    }
    return held ? EXIT.ok : EXIT.failed;
  } finally {
    interrupts.release();
  }
}

function readJobs(words: readonly string[], options: RunCommandOptions): Job[] {
  const errors: ScenarioError[] = [];
  const jobs: Job[] = [];
  const { scale, seed } = options;
  for (const word of words) {
    const files = scenarioFilesOf(word);
    for (const file of files) {
      try {
        const plan = planOf(file, seed === undefined ? { scale } : { scale, seed });
        checkVariants(plan, options.variants);
        jobs.push({ word: files.length === 1 ? word : file, plan });
      } catch (error) {
        if (!(error instanceof ScenarioErrors)) throw error;
        errors.push(...error.errors);
      }
    }
  }
  if (errors.length > 0) throw new ScenarioErrors(errors);
  const twin = jobs.find(({ plan }, i) =>
    jobs.slice(0, i).some((job) => job.plan.name === plan.name),
  );
  if (twin !== undefined && options.out !== undefined) {
    throw new UsageError(`two scenarios are called "${twin.plan.name}" and would share a folder`);
  }
  return jobs;
}

function checkVariants(plan: Plan, wanted: readonly string[]): void {
  const names = plan.variants.map(({ name }) => name);
  for (const name of wanted) {
    if (names.includes(name)) continue;
    const near = nearestWord(name, names);
    const hint = near === null ? `it has ${names.join(', ')}` : `did you mean "${near}"?`;
    throw new UsageError(`scenario ${plan.name} has no variant "${name}"; ${hint}`);
  }
}

/** DIR for one scenario, DIR/<name> for several. */
function outFolder(plan: Plan, jobs: number, { out }: RunCommandOptions): string | null {
  if (out === undefined) return null;
  return jobs === 1 ? out : join(out, plan.name);
}

async function runJob(
  { word, plan }: Job,
  options: RunCommandOptions,
  folder: string | null,
  stop: AbortSignal,
): Promise<Result> {
  const command = reproduce(word, plan, options);
  const threads = options.threads ?? Math.min(availableParallelism(), shardsOf(plan).length);
  const start = performance.now();
  const result = await simulate(plan, options, threads, stop, command);
  const wallSeconds = (performance.now() - start) / 1000;
  for (const reporter of options.reporters) {
    process.stdout.write(render(result, reporter));
    if (reporter === 'terminal') process.stdout.write(`\nAgain: ${command}\n`);
  }
  if (folder !== null) {
    writeFiles(folder, {
      'report.json': reportJson(result),
      'run.json': runJson(result, { threads, wallSeconds, command }),
      'report.html': htmlReport(result, readPageAssets()),
      'junit.xml': junitReport(result),
      'series.csv': seriesCsv(result),
    });
  }
  return result;
}

async function simulate(
  plan: Plan,
  options: RunCommandOptions,
  threads: number,
  stop: AbortSignal,
  command: string,
): Promise<Result> {
  const { variants, wire, block, quiet } = options;
  const progress = new ProgressReporter(process.stderr, plan.name, () => performance.now());
  try {
    return await run(
      plan,
      {
        threads,
        wire,
        ...(block === undefined ? {} : { block }),
        ...(variants.length === 0 ? {} : { variants }),
      },
      { stop, ...(quiet ? {} : { onProgress: (now) => progress.update(now) }) },
    );
  } catch (error) {
    throw new RunFailure(command, plan.seed, error);
  } finally {
    progress.end();
  }
}

function render(result: Result, reporter: Reporter): string {
  switch (reporter) {
    case 'terminal':
      return terminalReport(result, {
        colour: process.stdout.isTTY === true && !process.env.NO_COLOR,
        unicode: process.env.TERM !== 'dumb',
        width: Math.max(80, process.stdout.columns ?? 100),
      });
    case 'json':
      return reportJson(result);
    case 'html':
      return htmlReport(result, readPageAssets());
    case 'junit':
      return junitReport(result);
    case 'csv':
      return seriesCsv(result);
  }
}

function allHeld(result: Result): boolean {
  return result.variants.every(({ expectations }) => expectations.every(({ passed }) => passed));
}

/** Everything about a run that the next run will not repeat (docs/output.md). */
function runJson(
  result: Result,
  facts: { readonly threads: number; readonly wallSeconds: number; readonly command: string },
): string {
  const queries = result.variants.reduce((sum, { totals }) => sum + totals.clientQueries, 0);
  const { threads, wallSeconds, command } = facts;
  const run = {
    format: 'zonequake.run/1',
    scenario: result.scenario,
    finished: new Date().toISOString(),
    complete: result.complete,
    command,
    threads,
    wallSeconds: Number(wallSeconds.toFixed(3)),
    queriesPerSecond: Math.round(queries / Math.max(wallSeconds, 0.001)),
    versions: {
      zonequake: version(),
      node: process.versions.node,
      openssl: process.versions.openssl,
    },
    platform: `${process.platform} ${process.arch}`,
  };
  return `${JSON.stringify(run, null, 2)}\n`;
}

/** The command line that gives the same report.json; the number of threads does not matter. */
function reproduce(word: string, plan: Plan, options: RunCommandOptions): string {
  const parts = ['zonequake run', shellWord(word), `--seed ${plan.seed}`];
  for (const variant of options.variants) parts.push(`--variant ${variant}`);
  if (options.scale !== 1) parts.push(`--scale ${options.scale}`);
  if (options.wire) parts.push('--wire');
  if (options.block !== undefined) parts.push(`--block ${options.block}`);
  return parts.join(' ');
}

function shellWord(word: string): string {
  return /^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
