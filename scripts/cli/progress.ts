/**
 * How far a run is, on stderr: one line that is drawn again on a terminal, a plain line now and
 * then elsewhere (logs). Shows the simulated clock, since that is what people know of an incident.
 */

import { formatInstant } from '../../resolver-core/text/instant.ts';
import { epochSeconds } from '../../resolver-core/time.ts';
import type { Progress } from '../../sim/run.ts';

export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const BAR_WIDTH = 24;
/** A plain line comes at the start, and after each of these shares. */
const PLAIN_STEP = 0.1;
const CLEAR_LINE = '\r\u001b[2K';

export class ProgressReporter {
  readonly #stream: ProgressStream;
  readonly #name: string;
  readonly #milliseconds: () => number;
  readonly #start: number;
  #nextPlain = 0;
  #drawn = false;

  /** `milliseconds` is a monotonic clock, for the rate of queries. */
  constructor(stream: ProgressStream, name: string, milliseconds: () => number) {
    this.#stream = stream;
    this.#name = name;
    this.#milliseconds = milliseconds;
    this.#start = milliseconds();
  }

  update(progress: Progress): void {
    if (this.#stream.isTTY === true) {
      const line = `${bar(progress.share)} ${this.#text(progress)}`;
      this.#stream.write(`${CLEAR_LINE}${line.slice(0, (this.#stream.columns ?? 80) - 1)}`);
      this.#drawn = true;
    } else if (progress.share >= this.#nextPlain) {
      while (progress.share >= this.#nextPlain) this.#nextPlain += PLAIN_STEP;
      this.#stream.write(`${this.#name}: ${this.#text(progress)}\n`);
    }
  }

  /** Removes the line from a terminal. */
  end(): void {
    if (this.#drawn) this.#stream.write(CLEAR_LINE);
    this.#drawn = false;
  }

  #text({ share, variant, clock, queries }: Progress): string {
    const seconds = (this.#milliseconds() - this.#start) / 1000;
    const rate = seconds > 0 ? ` ${Math.round(queries / seconds / 1000)}k queries/s` : '';
    const time = formatInstant(epochSeconds(clock)).replace('T', ' ').slice(0, 16);
    return `${String(Math.floor(share * 100)).padStart(3)}% ${variant} ${time}Z${rate}`;
  }
}

function bar(share: number): string {
  const full = Math.min(BAR_WIDTH, Math.max(0, Math.round(share * BAR_WIDTH)));
  return `[${'#'.repeat(full)}${'-'.repeat(BAR_WIDTH - full)}]`;
}
