/** `zonequake rpl PATH...`: plays replay scripts and says which of them our resolver passes. */

import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Level } from '../../sim/rpl/match.ts';
import { parseScript } from '../../sim/rpl/parse.ts';
import { runScript, type Verdict, type Watcher } from '../../sim/rpl/run.ts';
import { type Script, ScriptError } from '../../sim/rpl/script.ts';
import { type Topic, topicOf } from '../../sim/rpl/topics.ts';
import { describe } from '../../sim/trace/describe.ts';
import { EnvironmentError, EXIT, UsageError } from './exit-codes.ts';
import { readTar } from './tar.ts';

export interface RplFlags {
  readonly level: Level;
  readonly report?: string | undefined;
  readonly verbose: boolean;
}

export interface RplResult {
  readonly stdout: string;
  readonly code: number;
}

interface Source {
  readonly name: string;
  readonly text: string;
}

interface Played {
  readonly file: string;
  readonly title: string;
  readonly topic: Topic;
  readonly verdict: Verdict;
}

/** Plays every script at the paths; throws `UsageError` for one that is no script. */
export function rplCommand(paths: readonly string[], flags: RplFlags): RplResult {
  const scripts = paths.flatMap(sourcesOf).map(parsed);
  if (scripts.length === 0) throw new UsageError(`no script (*.rpl) at ${paths.join(', ')}`);
  let log = '';
  const watcher = flags.verbose ? logger((line) => (log += `${line}\n`)) : undefined;
  const played = scripts.map(({ name, script }): Played => {
    if (watcher !== undefined) log += `\n${name}: ${script.title}\n`;
    const verdict = runScript(script, flags.level, watcher);
    return { file: name, title: script.title, topic: topicOf(script), verdict };
  });
  if (flags.report !== undefined) writeReport(flags.report, flags.level, played);
  const failed = played.some(({ verdict }) => verdict.kind === 'failed');
  return { stdout: log + reportText(played), code: failed ? EXIT.failed : EXIT.ok };
}

/** Scripts at a path: a file, the *.rpl of a folder and those below, or of a tar archive. */
function sourcesOf(path: string): Source[] {
  try {
    if (statSync(path).isDirectory()) {
      const names = readdirSync(path, { recursive: true, encoding: 'utf8' }).sort();
      return names.filter(isScript).map((name) => textAt(join(path, name)));
    }
    if (!/\.(tar|tar\.gz|tgz)$/.test(path)) return [textAt(path)];
    const files = readTar(readFileSync(path)).filter(({ name }) => isScript(name));
    return files.map(({ name, text }) => ({ name: `${path}/${name}`, text }));
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${error instanceof Error ? error.message : error}`);
  }
}

function isScript(name: string): boolean {
  return name.endsWith('.rpl');
}

function textAt(name: string): Source {
  return { name, text: readFileSync(name, 'utf8') };
}

function parsed({ name, text }: Source): { readonly name: string; readonly script: Script } {
  try {
    return { name, script: parseScript(text) };
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
    throw new UsageError(`${name}:${error.line}:${error.column}: ${error.message}`);
  }
}

function logger(print: (line: string) => void): Watcher {
  return {
    network: (line) => print(`  ${line}`),
    step: (step) => {
      const { text, details } = describe(0, 0, false, step);
      print(`      ${text}`);
      for (const line of details) print(`        ${line}`);
    },
  };
}

function reportText(played: readonly Played[]): string {
  const lines: string[] = [];
  for (const { file, verdict } of played) {
    if (verdict.kind !== 'failed') continue;
    const { step, line, cause, expected, actual } = verdict;
    const where = step === null ? `line ${line}` : `step ${step} (line ${line})`;
    lines.push(`FAILED ${file}, ${where}: ${cause}`);
    if (expected !== null) lines.push(...block('expected', expected));
    if (actual !== null) lines.push(...block('actual', actual));
    lines.push('');
  }
  lines.push(...topicLines(played), ...skipLines(played));
  const { passed, failed, skipped } = countsOf(played);
  lines.push(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  return `${lines.join('\n')}\n`;
}

function block(title: string, text: string): string[] {
  return [
    `  ${title}:`,
    ...text
      .trimEnd()
      .split('\n')
      .map((line) => `    ${line}`.trimEnd()),
  ];
}

function topicLines(played: readonly Played[]): string[] {
  const topics = [...new Set(played.map(({ topic }) => topic))].sort();
  const lines = topics.map((topic) => {
    const counts = countsOf(played.filter((one) => one.topic === topic));
    const { passed, failed, skipped } = counts;
    return `${topic.padEnd(26)} ${passed} passed, ${failed} failed, ${skipped} skipped`;
  });
  return [...lines, ''];
}

function skipLines(played: readonly Played[]): string[] {
  const counts = new Map<string, number>();
  for (const { verdict } of played) {
    if (verdict.kind !== 'skipped') continue;
    counts.set(verdict.feature, (counts.get(verdict.feature) ?? 0) + 1);
  }
  if (counts.size === 0) return [];
  const order = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const lines = order.map(([feature, count]) => `  ${String(count).padStart(3)}  ${feature}`);
  return ['skipped, outside the purpose:', ...lines, ''];
}

function countsOf(played: readonly Played[]): { passed: number; failed: number; skipped: number } {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { verdict } of played) counts[verdict.kind]++;
  return counts;
}

function writeReport(path: string, level: Level, played: readonly Played[]): void {
  const report = { format: 'zonequake.rpl/1', level, ...countsOf(played), scripts: played };
  try {
    writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`);
  } catch (error) {
    throw new EnvironmentError(
      `cannot write ${path}: ${error instanceof Error ? error.message : error}`,
    );
  }
}
