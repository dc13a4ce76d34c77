/** A capture file that grows while messages pass: what a listener's `capture` is given. */

import { createWriteStream, type WriteStream } from 'node:fs';
import type { Micros } from '../../resolver-core/time.ts';
import { PcapRecords, pcapHeader } from './pcap.ts';
import type { Passed } from './received.ts';

export class CaptureFile {
  readonly #stream: WriteStream;
  readonly #records: PcapRecords = new PcapRecords();
  readonly #clock: () => Micros;
  /** Rejects, with the error of the system, when the file cannot be opened or written. */
  readonly failed: Promise<never>;

  /** `clock` gives the instants that the file says. */
  constructor(path: string, clock: () => Micros) {
    this.#stream = createWriteStream(path);
    this.#clock = clock;
    this.failed = new Promise((_, reject) => {
      this.#stream.on('error', reject);
    });
    // Whoever waits for it learns of it, be it at the end.
    this.failed.catch(() => {});
    this.#stream.write(pcapHeader());
  }

  readonly capture = (message: Passed): void => {
    this.#stream.write(this.#records.of(message, this.#clock()));
  };

  /** Ends when everything is in the file; rejects as `failed` does. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#stream.end(() => resolve());
    });
    await Promise.race([closed, this.failed]);
  }
}
