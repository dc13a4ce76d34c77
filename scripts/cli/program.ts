/** The command line as commander sees it: commands, options and their values. Its only user. */

import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { nearestWord } from '../../scenarios/errors.ts';
import { RESOLVERS, type ResolverName } from '../../sim/live/resolver-kits.ts';
import { LEVELS, type Level } from '../../sim/rpl/match.ts';
import { EXIT, UsageError } from './exit-codes.ts';
import { Interrupts } from './interrupt.ts';
import type { Reporter } from './run.ts';
import { version } from './version.ts';

/** Runs what `words` ask for; the exit code. Throws `UsageError` for words that mean nothing. */
export async function runProgram(words: readonly string[]): Promise<number> {
  let code: number = EXIT.ok;
  const program = new Command('zonequake')
    .description('Rehearses DNS incidents on a simulated anycast resolver cluster.')
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .showSuggestionAfterError()
    .helpCommand(false);
  addRun(program, (result) => {
    code = result;
  });
  addList(program);
  addValidate(program, (result) => {
    code = result;
  });
  addPlan(program);
  addTrace(program);
  addAuthorities(program);
  addRpl(program, (result) => {
    code = result;
  });
  addBench(program);
  program.version(version(), '--version', 'print the version');
  try {
    if (words.length === 0) program.outputHelp();
    else await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw new UsageError(error.message.replace(/^error: /, ''));
  }
  return code;
}

interface RunFlags {
  readonly variant: readonly string[];
  readonly seed?: number;
  readonly threads?: number;
  readonly scale: number;
  readonly wire: boolean;
  readonly block?: number;
  readonly out?: string;
  readonly reporter: readonly Reporter[];
  readonly json: boolean;
  readonly quiet: boolean;
}

function addRun(program: Command, done: (code: number) => void): void {
  program
    .command('run')
    .description('simulate scenarios and judge their expectations')
    .argument('<files...>', 'scenario files, folders of them, or names from the library')
    .option('--variant <name>', 'only this variant; may be repeated', collect, [])
    .option('--seed <number>', "instead of the scenario's seed", wholeNumber(0, 0xffffffff))
    .option(
      '--threads <number>',
      'worker threads; the report does not depend on it',
      wholeNumber(1, 256),
    )
    .option('--scale <factor>', 'multiply rates, names and caches', scaleFactor, 1)
    .option('--wire', 'send every simulated message as octets', false)
    .option('--block <number>', 'arrivals drawn at once', wholeNumber(1, 65_536))
    .option(
      '--out <folder>',
      'write report.json, report.html, run.json, junit.xml and series.csv there',
    )
    .option('--reporter <names>', 'what to print: terminal, html, json, junit, csv', reporters, [
      'terminal',
    ])
    .option('--json', 'the same as --reporter json', false)
    .option('--quiet', 'no progress on stderr', false)
    .action(async (files: string[], flags: RunFlags) => {
      const { runCommand } = await import('./run.ts');
      const { variant, seed, threads, scale, wire, block, out, quiet } = flags;
      done(
        await runCommand(files, {
          ...{ variants: variant, seed, threads, scale, wire, block, out, quiet },
          reporters: flags.json ? ['json'] : flags.reporter,
        }),
      );
    });
}

function addList(program: Command): void {
  program
    .command('list')
    .description('the incident library')
    .option('--json', 'as JSON', false)
    .action(async (flags: { readonly json: boolean }) => {
      const { listCommand } = await import('./list.ts');
      process.stdout.write(listCommand(flags));
    });
}

function addValidate(program: Command, done: (code: number) => void): void {
  program
    .command('validate')
    .description('check scenarios without running them')
    .argument('<files...>', 'scenario files, folders of them, or names from the library')
    .option('--json', 'as JSON', false)
    .action(async (files: string[], flags: { readonly json: boolean }) => {
      const { validateCommand } = await import('./validate.ts');
      const { valid, stdout, stderr } = validateCommand(files, flags);
      process.stdout.write(stdout);
      process.stderr.write(stderr);
      done(valid ? EXIT.ok : EXIT.usage);
    });
}

function addPlan(program: Command): void {
  program
    .command('plan')
    .description('a scenario with every default filled in, and where each number comes from')
    .argument('<file>', 'a scenario file, or a name from the library')
    .option('--json', 'the plan as the simulator gets it', false)
    .action(async (file: string, flags: { readonly json: boolean }) => {
      const { planCommand } = await import('./plan.ts');
      process.stdout.write(planCommand(file, flags));
    });
}

interface TraceFlags {
  readonly at: string;
  readonly variant?: string;
  readonly colo?: string;
  readonly role?: string;
  readonly node?: number;
  readonly seed?: number;
  readonly cold: boolean;
  readonly cd: boolean;
  readonly records: boolean;
  readonly json: boolean;
  readonly quiet: boolean;
}

function addTrace(program: Command): void {
  program
    .command('trace')
    .description('one lookup, step by step: who was asked, what came, where the chain broke')
    .argument('<file>', 'a scenario file, or a name from the library')
    .argument('<name>', 'the domain name to look up')
    .argument('[type]', 'the RR type', 'A')
    .requiredOption('--at <instant>', 'when: 2026-05-05T21:00Z, 21:00, +2h from the start')
    .option('--variant <name>', 'in this variant (default: the first)')
    .option('--colo <name>', 'in this colo (default: the first)')
    .option('--role <name>', 'there by the public resolver, or by origin (default: resolver)')
    .option('--node <number>', 'at this node, from 0 (default: 0)', wholeNumber(0, 65_535))
    .option('--seed <number>', "instead of the scenario's seed", wholeNumber(0, 0xffffffff))
    .option('--cold', 'with empty caches', false)
    .option('--cd', 'the client sets CD=1', false)
    .option('--records', 'print the records of every response', false)
    .option('--json', 'as JSON', false)
    .option('--quiet', 'no progress on stderr', false)
    .action(async (file: string, name: string, type: string, flags: TraceFlags) => {
      const { traceCommand } = await import('./trace.ts');
      const { at, variant, colo, role, node, seed, cold, cd, records, json, quiet } = flags;
      const where = { variant, colo, role, node, seed };
      const how = { cold, checkingDisabled: cd, records, json, quiet };
      process.stdout.write(traceCommand(file, name, type, { at, ...where, ...how }));
    });
}

interface AuthoritiesFlags {
  readonly at?: string;
  readonly variant?: string;
  readonly for?: ResolverName;
  readonly out?: string;
  readonly rebase: boolean;
  readonly port?: number;
  readonly resolverPort?: number;
}

function addAuthorities(program: Command): void {
  program
    .command('authorities')
    .description(
      'the mocked authoritative servers on loopback, for real resolvers to resolve through',
    )
    .argument('<file>', 'a scenario file, or a name from the library')
    .option('--at <instant>', 'when to begin: 21:00, +2h (default: the start of the window)')
    .option('--variant <name>', 'in this variant (default: the first)')
    .option('--for <resolver>', `configure one: ${RESOLVERS.join(', ')}`, resolver)
    .option('--out <folder>', 'write its configuration, root hints and trust anchor there')
    .option('--rebase', 'move the scenario in time, so that its instant is now', false)
    .option('--port <number>', 'of the servers (default: 53 with --for, else a free one)', port)
    .option('--resolver-port <number>', 'on which the resolver is to listen', port)
    .action(async (file: string, flags: AuthoritiesFlags) => {
      const { authoritiesCommand } = await import('./authorities.ts');
      const { at, variant, for: name, out, rebase, port, resolverPort } = flags;
      const options = { at, variant, resolver: name, out, rebase, port, resolverPort };
      const interrupts = new Interrupts(() => {});
      const say = (text: string): void => {
        process.stdout.write(text);
      };
      await authoritiesCommand(file, options, interrupts.stop, say).finally(() =>
        interrupts.release(),
      );
    });
}

interface RplOptions {
  readonly level: Level;
  readonly report?: string;
  readonly verbose: boolean;
}

function addRpl(program: Command, done: (code: number) => void): void {
  program
    .command('rpl')
    .description('play replay scripts of Unbound and Deckard against the resolver')
    .argument('<paths...>', 'scripts, folders of them, or tar archives')
    .option('--level <level>', 'what is compared: outcome, sets', level, 'outcome')
    .option('--report <file>', 'write the results there as JSON')
    .option('--verbose', 'tell every query, answer and step of the resolver', false)
    .action(async (paths: string[], options: RplOptions) => {
      const { rplCommand } = await import('./rpl.ts');
      const { stdout, code } = rplCommand(paths, options);
      process.stdout.write(stdout);
      done(code);
    });
}

interface BenchFlags {
  readonly minutes?: number;
  readonly json: boolean;
}

function addBench(program: Command): void {
  program
    .command('bench')
    .description('what things cost')
    .command('sim')
    .description('a simulated client query, beside the least that it could cost')
    .argument('[file]', 'a scenario file, or a name from the library', 'de-rollover-2026')
    .option(
      '--minutes <number>',
      "simulated minutes of each variant, after its warm-up, in place of the scenario's window",
      wholeNumber(1, 100_000),
    )
    .option('--json', 'as JSON', false)
    .action(async (file: string, flags: BenchFlags) => {
      const { benchSimCommand } = await import('./bench.ts');
      process.stdout.write(await benchSimCommand(file, flags));
    });
}

function resolver(text: string): ResolverName {
  const known = RESOLVERS.find((one) => one === text);
  if (known !== undefined) return known;
  throw new InvalidArgumentError(`Expected one of ${RESOLVERS.join(', ')}.`);
}

function level(text: string): Level {
  const known = LEVELS.find((one) => one === text);
  if (known !== undefined) return known;
  throw new InvalidArgumentError(`Expected one of ${LEVELS.join(', ')}.`);
}

function port(text: string): number {
  return wholeNumber(1, 65_535)(text);
}

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
  };
}

function scaleFactor(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 0.01 && value <= 100) return value;
  throw new InvalidArgumentError('Expected a number from 0.01 to 100.');
}

const REPORTERS: readonly Reporter[] = ['terminal', 'html', 'json', 'junit', 'csv'];

function reporters(text: string): Reporter[] {
  return text.split(',').map((word) => {
    const reporter = REPORTERS.find((known) => known === word);
    if (reporter !== undefined) return reporter;
    const near = nearestWord(word, REPORTERS);
    const hint = near === null ? '' : ` (Did you mean ${near}?)`;
    throw new InvalidArgumentError(`Expected some of ${REPORTERS.join(', ')}.${hint}`);
  });
}
