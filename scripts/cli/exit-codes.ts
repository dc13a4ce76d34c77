/** Every way in which the process ends, and the failures that lead there (docs/output.md). */

export const EXIT = {
  /** All expectations held. */
  ok: 0,
  /** An expectation, objective or threshold failed. */
  failed: 1,
  /** Wrong usage or a wrong scenario; nothing was run or written. */
  usage: 2,
  /** The machine: a folder that cannot be written, a port that is taken, a program that is missing. */
  environment: 3,
  /** A bug of ours. */
  bug: 70,
  /** Interrupted (SIGINT); a partial report was written and says so. */
  interrupted: 130,
  /** The same for SIGTERM. */
  terminated: 143,
} as const;

/** The command line asked for something that there is not. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The machine did not let us. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
}

/** A run broke down: our bug, with what is needed to see it again. */
export class RunFailure extends Error {
  override readonly name = 'RunFailure';

  constructor(command: string, seed: number, cause: unknown) {
    super(`the simulator broke down\n  seed ${seed}\n  command: ${command}`, { cause });
  }
}
