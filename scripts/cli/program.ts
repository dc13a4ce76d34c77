/** The command line as commander sees it: commands, options and their values. Its only user. */

import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { nearestWord } from '../../scenarios/errors.ts';
import { RESOLVERS, type ResolverName } from '../../sim/live/resolver-kits.ts';
import { LEVELS, type Level } from '../../sim/rpl/match.ts';
import type { BenchCacheOptions } from './bench-cache.ts';
import type { BenchThroughputOptions } from './bench-throughput.ts';
import type { CtlRequest } from './ctl.ts';
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
  addLive(program, (result) => {
    code = result;
  });
  addCtl(program);
  addBench(program, (result) => {
    code = result;
  });
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
  readonly colo?: string;
  readonly variant?: string;
  readonly for?: ResolverName;
  readonly out?: string;
  readonly rebase: boolean;
  readonly port?: number;
  readonly resolverPort?: number;
  readonly pcap?: string;
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
    .option('--colo <name>', 'where anycast servers are met from (default: the first colo)')
    .option('--for <resolver>', `configure one: ${RESOLVERS.join(', ')}`, oneOf(RESOLVERS))
    .option('--out <folder>', 'write its configuration, root hints and trust anchor there')
    .option('--rebase', 'move the scenario in time, so that its instant is now', false)
    .option('--port <number>', 'of the servers (default: 53 with --for, else a free one)', port)
    .option('--resolver-port <number>', 'on which the resolver is to listen', port)
    .option('--pcap <file>', 'record every message there')
    .action(async (file: string, flags: AuthoritiesFlags) => {
      const { authoritiesCommand } = await import('./authorities.ts');
      const { at, variant, colo, for: name, out, rebase, port, resolverPort, pcap } = flags;
      const options = { at, variant, colo, resolver: name, out, rebase, port, resolverPort, pcap };
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
    .option('--level <level>', 'what is compared: outcome, sets', oneOf(LEVELS), 'outcome')
    .option('--report <file>', 'write the results there as JSON')
    .option('--verbose', 'tell every query, answer and step of the resolver', false)
    .action(async (paths: string[], options: RplOptions) => {
      const { rplCommand } = await import('./rpl.ts');
      const { stdout, code } = rplCommand(paths, options);
      process.stdout.write(stdout);
      done(code);
    });
}

interface LiveFlags {
  readonly at?: string;
  readonly speed: number;
  readonly variant?: string;
  readonly cache?: string;
  readonly colos?: number;
  readonly nodes?: number;
  readonly scale: number;
  readonly listen?: string;
  readonly beyondLoopback: boolean;
  readonly loseBogusCause?: string;
}

function addLive(program: Command, done: (code: number) => void): void {
  program
    .command('live')
    .description(
      'the cluster and its authoritative servers on loopback sockets, until a signal comes',
    )
    .argument('<file>', 'a scenario file, or a name from the library')
    .option('--at <instant>', 'where the clock begins, and whose caches the nodes have')
    .option(
      '--speed <factor>',
      "seconds of the scenario's clock per second; 0: it stands",
      speed,
      1,
    )
    .option('--variant <name>', 'this variant (default: the first)')
    .option('--cache <mode>', 'private, forwarded or shared, in place of the scenario')
    .option('--colos <number>', 'only the first so many colos', wholeNumber(1, 254))
    .option('--nodes <number>', 'so many nodes in each colo', wholeNumber(1, 244))
    .option('--scale <factor>', 'multiply rates, names and caches', scaleFactor, 0.1)
    .option('--listen <address>', 'the front address (default: 127.53.0.1:5300)')
    .option('--beyond-loopback', 'the front address may be one that others reach', false)
    .addOption(
      new Option(
        '--lose-bogus-cause <state>',
        'the EDE flaw of 2026, whatever the scenario says',
      ).choices(['on', 'off']),
    )
    .action(async (file: string, flags: LiveFlags) => {
      const { liveCommand } = await import('./live.ts');
      const { at, variant, cache, colos, nodes, listen, loseBogusCause } = flags;
      const given = { at, variant, cache, colos, nodes, listen, loseBogusCause };
      done(await liveCommand(file, { ...flags, ...given }));
    });
}

function addCtl(program: Command): void {
  const ctl = program.command('ctl').description('the controls of a live cluster');
  const add = (
    words: string,
    description: string,
    requestOf: (words: readonly string[], flags: CtlFlags) => CtlRequest,
  ): Command =>
    ctl
      .command(words)
      .description(description)
      .option('--control <url>', 'where it listens (default: http://127.53.0.2:5300)')
      .action(async (...args: unknown[]) => {
        const { CONTROL_URL, ctlCommand } = await import('./ctl.ts');
        const given = args.filter((arg): arg is string => typeof arg === 'string');
        const flags = args.at(-2) as CtlFlags;
        const { control = CONTROL_URL } = flags;
        process.stdout.write(await ctlCommand(control, requestOf(given, flags)));
      });
  const post = (path: string, body: CtlRequest['body']): CtlRequest => ({ path, body });
  add('time', 'what the clock shows, and what there is', () => ({ path: '/', body: null }));
  add('metrics', 'all counts, as OpenMetrics text', () => ({ path: '/metrics', body: null }));
  add('jump <instant>', 'set the clock; back empties the caches', ([at]) => post('/clock', { at }));
  add('speed <factor>', 'how fast the clock goes; 0: it stands', ([factor]) =>
    post('/clock', { speed: speed(factor ?? '') }),
  );
  add('apply <mitigation>', 'all that it does, at once', ([name]) =>
    post('/mitigations/apply', { name }),
  );
  add('lift <mitigation>', 'as if it had not been', ([name]) =>
    post('/mitigations/lift', { name }),
  );
  add('rule <text>', 'roll out an override rule', ([rule], { over, lift }) =>
    post('/rules', { rule, over, lift }),
  )
    .option('--over <duration>', 'from the first colo to the last')
    .option('--lift', 'take it back', false);
  add('flush <name>', 'forget what is cached of a name', ([name], { below }) =>
    post('/flush', { name, below }),
  ).option('--below', 'and of all names below it; of "." that is everything', false);
  add('restart <node>', 'fra/0 loses what is in its memory', ([node]) =>
    post('/nodes/restart', { node }),
  );
  add('kill <node>', 'end the thread of fra/0; another takes its place', ([node]) =>
    post('/nodes/kill', { node }),
  );
}

interface CtlFlags {
  readonly control?: string;
  readonly over?: string;
  readonly lift?: boolean;
  readonly below?: boolean;
}

interface BenchFlags {
  readonly minutes?: number;
  readonly json: boolean;
}

const WORLDS = ['virtual', 'live', 'both'] as const;

function addBench(program: Command, done: (code: number) => void): void {
  const bench = program.command('bench').description('what things cost');
  bench
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
  bench
    .command('cache')
    .description('hit ratios by cache mode, nodes, popularity and room, beside the closed forms')
    .option('--names <number>', 'names that are asked for', wholeNumber(16, 100_000), 500)
    .option('--seed <number>', 'of arrivals and nodes', wholeNumber(0, 0xffffffff), 1)
    .option('--world <world>', 'virtual time, sockets, both', oneOf(WORLDS), 'both')
    .option('--wrong-key', 'who owns a name depends on who asks: the check must fail', false)
    .option('--json', 'as JSON', false)
    .action(async (flags: BenchCacheOptions) => {
      const { benchCacheCommand } = await import('./bench-cache.ts');
      done(await benchCacheCommand(flags, (text) => process.stdout.write(text)));
    });
  bench
    .command('throughput')
    .description('cached answers per second over UDP, of our nodes and of real resolvers in turn')
    .option('--rounds <number>', 'in each of which all take turns', wholeNumber(1, 1_000), 5)
    .option('--seconds <number>', 'of each turn', seconds, 2)
    .option('--names <number>', 'names that are asked for', wholeNumber(1, 100_000), 1_000)
    .option('--window <number>', 'queries outstanding per socket', wholeNumber(1, 10_000), 64)
    .option('--threads <number>', 'threads of load', wholeNumber(1, 64), 1)
    .option(
      '--against <resolvers>',
      `which of ${RESOLVERS.join(', ')} (default: all that are installed)`,
      someOf(RESOLVERS),
      [],
    )
    .option('--json', 'as JSON', false)
    .option('--quiet', 'no progress on stderr', false)
    .action(async (flags: BenchThroughputOptions) => {
      const { benchThroughputCommand } = await import('./bench-throughput.ts');
      const { text, code } = await benchThroughputCommand(flags);
      process.stdout.write(text);
      done(code);
    });
}

function oneOf<Word extends string>(words: readonly Word[]): (text: string) => Word {
  return (text) => {
    const known = words.find((one) => one === text);
    if (known !== undefined) return known;
    throw new InvalidArgumentError(`Expected one of ${words.join(', ')}.`);
  };
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

function speed(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value <= 100_000) return value;
  throw new InvalidArgumentError('Expected a number from 0 to 100000.');
}

function someOf<Word extends string>(words: readonly Word[]): (text: string) => readonly Word[] {
  return (text) => text.split(',').map(oneOf(words));
}

function seconds(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 0.05 && value <= 3_600) return value;
  throw new InvalidArgumentError('Expected a number of seconds from 0.05 to 3600.');
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
