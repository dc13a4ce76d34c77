/**
 * A worker thread of a live cluster as the main thread has it: what it has said so far, by kind, and what is
 * to become of it. Threads say each kind of message once, save when they are started again.
 */

import type { Worker } from 'node:worker_threads';
import { startThread } from '../pool/spawn.ts';
import { errorOf, type Refusal } from './listen-error.ts';

/** What every thread can say beside what only it can. */
interface Said {
  readonly kind: string;
}

interface Waiter<From> {
  readonly kind: string;
  readonly resolve: (message: From) => void;
  readonly reject: (error: Error) => void;
}

export interface ThreadOptions {
  /** A module of this folder, without extension: `./node-worker`. */
  readonly module: string;
  readonly name: string;
  readonly task: unknown;
  /** It is over; `failure` is what was thrown, `unasked` true when nobody told it to end. */
  readonly ended: (unasked: boolean, failure: Error | null) => void;
}

export class Thread<To, From extends Said> {
  readonly #worker: Worker;
  readonly #said = new Map<string, From>();
  #waiters: Waiter<From>[] = [];
  #isEnding = false;
  #isOver = false;

  constructor({ module, name, task, ended }: ThreadOptions) {
    let failure: Error | null = null;
    this.#worker = startThread(`../live/${module}`, { workerData: task, name });
    this.#worker.on('message', (message: From) => this.#onMessage(message));
    this.#worker.on('error', (error: Error) => {
      failure = error;
    });
    this.#worker.on('exit', () => {
      this.#isOver = true;
      this.#reject(failure ?? new Error(`the thread "${name}" ended`));
      ended(!this.#isEnding, failure);
    });
  }

  send(message: To): void {
    this.#worker.postMessage(message);
  }

  /** What it has said of this kind, if it has. */
  heard<Kind extends From['kind']>(kind: Kind): Extract<From, { readonly kind: Kind }> | null {
    return (this.#said.get(kind) ?? null) as Extract<From, { readonly kind: Kind }> | null;
  }

  /** The same, now or later; rejects with `ListenError` when it could not listen, or with why it ended first. */
  said<Kind extends From['kind']>(kind: Kind): Promise<Extract<From, { readonly kind: Kind }>> {
    type Message = Extract<From, { readonly kind: Kind }>;
    const known = this.heard(kind);
    if (known !== null) return Promise.resolve(known);
    if (this.#isOver) return Promise.reject(new Error('the thread is over'));
    return new Promise<Message>((resolve, reject) => {
      this.#waiters.push({ kind, resolve: resolve as (message: From) => void, reject });
    });
  }

  /** Asks it to end with this message, and ends it when it has said `drained`. */
  async drain(message: To): Promise<void> {
    this.#isEnding = true;
    if (!this.#isOver) {
      const drained = this.said('drained').catch(() => null);
      this.send(message);
      await drained;
    }
    await this.#worker.terminate();
  }

  /** Ends it at once; `asked` false: as if it had crashed. */
  async end(asked: boolean): Promise<void> {
    this.#isEnding ||= asked;
    await this.#worker.terminate();
  }

  #onMessage(message: From): void {
    if (message.kind === 'refused') {
      this.#isEnding = true;
      this.#reject(errorOf((message as unknown as { readonly refusal: Refusal }).refusal));
      return;
    }
    this.#said.set(message.kind, message);
    const waiters = this.#waiters.filter(({ kind }) => kind === message.kind);
    this.#waiters = this.#waiters.filter(({ kind }) => kind !== message.kind);
    for (const { resolve } of waiters) resolve(message);
  }

  #reject(error: Error): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const { reject } of waiters) reject(error);
  }
}
