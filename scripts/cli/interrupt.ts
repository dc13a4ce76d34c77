/** Ctrl-C and SIGTERM: the first asks the run to stop and report what it has, the second ends at once. */

import { EXIT } from './exit-codes.ts';

const CODES = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated } as const;

export class Interrupts {
  readonly #stop: AbortController = new AbortController();
  readonly #onFirst: () => void;
  #code: number | null = null;

  constructor(onFirst: () => void) {
    this.#onFirst = onFirst;
    process.on('SIGINT', this.#onSignal);
    process.on('SIGTERM', this.#onSignal);
  }

  get stop(): AbortSignal {
    return this.#stop.signal;
  }

  /** The exit code that the first signal asks for; null when there was none. */
  get exitCode(): number | null {
    return this.#code;
  }

  /** Signals do again what they do by default. */
  release(): void {
    process.off('SIGINT', this.#onSignal);
    process.off('SIGTERM', this.#onSignal);
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    if (this.#code !== null) process.exit(this.#code);
    this.#code = CODES[signal as keyof typeof CODES];
    this.#onFirst();
    this.#stop.abort();
  };
}
