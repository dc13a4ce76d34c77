/**
 * Where the process begins and ends: the only place that renders errors and sets the exit code.
 * Run by scripts/zonequake.mjs.
 */

import { ScenarioErrors } from '../../scenarios/errors.ts';
import { EnvironmentError, EXIT, RunFailure, UsageError } from './exit-codes.ts';
import { runProgram } from './program.ts';

/** Says what went wrong on stderr; the exit code. */
function renderFailure(error: unknown): number {
  if (error instanceof ScenarioErrors) {
    process.stderr.write(`${error.message}\n`);
    return EXIT.usage;
  }
  if (error instanceof UsageError) {
    process.stderr.write(`zonequake: ${error.message}\nzonequake --help says more.\n`);
    return EXIT.usage;
  }
  if (error instanceof EnvironmentError) {
    process.stderr.write(`zonequake: ${error.message}\n`);
    return EXIT.environment;
  }
  const failure = error instanceof RunFailure ? error : new Error('unexpected', { cause: error });
  const cause = failure.cause instanceof Error ? failure.cause.stack : String(failure.cause);
  process.stderr.write(`zonequake: this is a bug of ours: ${failure.message}\n${cause}\n`);
  return EXIT.bug;
}

// `zonequake run ... | head` closes the pipe: nobody is left to tell
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.environment);
});

process.exitCode = await runProgram(process.argv.slice(2)).catch(renderFailure);
