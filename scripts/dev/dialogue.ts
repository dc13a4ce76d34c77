/**
 * A dialogue with the incident of 5 May 2026: starts `zonequake live`, asks it what one would ask with dig on that
 * evening, applies the override, and asks again. Each thing that is said must be so, else the exit code is 1.
 *
 *     npm run dialogue
 *
 * It asks with dig where that is installed, else with a client of our own.
 */

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Message } from '../../resolver-core/message.ts';
import { Name } from '../../resolver-core/name/name.ts';
import { OPCODE, RCODE, rcodeName, TYPE } from '../../resolver-core/wire/iana.ts';
import { readMessage } from '../../resolver-core/wire/read.ts';
import { writeMessage } from '../../resolver-core/wire/write.ts';
import { planOf } from '../../scenarios/compile.ts';

const EXECUTABLE = fileURLToPath(new URL('../zonequake.mjs', import.meta.url));
const INCIDENT = new URL('../../scenarios/library/de-rollover-2026.yaml', import.meta.url);
/** As `live` has it unless told. */
const SCALE = 0.1;
const OVERRIDE = 'override-rule';

interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** What came back. */
export interface Said {
  readonly rcode: string;
  readonly ad: boolean;
  readonly answers: number;
  readonly ede: readonly number[];
  /** EXTRA-TEXT of all, in one. */
  readonly text: string;
}

/** Asks for A with DO; `cd`: with checking disabled. */
export type AskFor = (name: string, cd: boolean) => Promise<Said>;

// ---- who asks ----

export function withDig({ address, port }: Endpoint): AskFor {
  return async (name, cd) => {
    const words = [`@${address}`, '-p', `${port}`, name, 'A', '+dnssec', '+tries=4', '+time=5'];
    const { stdout } = await promisify(execFile)('dig', cd ? [...words, '+cd'] : words);
    const count = /ANSWER: (\d+)/.exec(stdout)?.[1];
    return {
      rcode: /status: (\w+)/.exec(stdout)?.[1] ?? '',
      ad: /flags:[^;]*\bad\b/.test(stdout),
      answers: Number(count),
      ede: [...stdout.matchAll(/EDE: (\d+)/g)].map(([, code]) => Number(code)),
      text: [...stdout.matchAll(/EDE: \d+ ([^\n]*)/g)].map(([, text]) => text).join('; '),
    };
  };
}

export function withOurClient({ address, port }: Endpoint): AskFor {
  return async (name, cd) => {
    const question = { name: Name.parse(name), type: TYPE.A };
    const edns = { version: 0, udpSize: 1232, dnssecOk: true, extendedErrors: [], options: [] };
    const query: Message = {
      ...{ response: false, opcode: OPCODE.QUERY, rcode: RCODE.NOERROR, authoritative: false },
      ...{ truncated: false, recursionDesired: true, recursionAvailable: false },
      ...{ authenticatedData: false, checkingDisabled: cd, question, edns, dnssec: true },
      ...{ answer: [], authority: [], additional: [] },
    };
    const octets = await exchange(writeMessage(query, { id: 4711 }), { address, port });
    const read = readMessage(octets);
    if (!read.ok) throw new Error(`the response cannot be read: ${read.code}`);
    const { rcode, authenticatedData: ad, answer, edns: opt } = read.message;
    const errors = opt?.extendedErrors ?? [];
    return {
      ...{ rcode: rcodeName(rcode), ad, answers: answer.length },
      ede: errors.map(({ code }) => code),
      text: errors.map(({ text }) => text).join('; '),
    };
  };
}

async function exchange(octets: Uint8Array, { address, port }: Endpoint): Promise<Uint8Array> {
  const socket = createSocket('udp4');
  try {
    return await new Promise<Uint8Array>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('nobody answers')), 20_000);
      socket.once('message', (came) => {
        clearTimeout(timer);
        resolve(came);
      });
      socket.send(octets, port, address);
    });
  } finally {
    socket.close();
  }
}

export async function hasDig(): Promise<boolean> {
  return promisify(execFile)('dig', ['-v']).then(
    () => true,
    () => false,
  );
}

// ---- the cluster ----

/** `zonequake live` as a process of its own. */
export class LiveProcess {
  readonly front: Endpoint;
  readonly control: string;
  /** What it printed when it was ready. */
  readonly banner: string;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, banner: string) {
    const [, address = '', port] = /^([\d.]+):(\d+)$/m.exec(banner) ?? [];
    this.#process = process;
    this.banner = banner;
    this.front = { address, port: Number(port) };
    this.control = /^control (\S+)$/m.exec(banner)?.[1] ?? '';
  }

  /** `flags` are those of Node. */
  static start(words: readonly string[], flags: readonly string[] = []): Promise<LiveProcess> {
    const child = spawn(process.execPath, [...flags, EXECUTABLE, 'live', ...words]);
    let banner = '';
    let errors = '';
    return new Promise((resolve, reject) => {
      child.stderr.on('data', (piece) => {
        errors += String(piece);
      });
      child.stdout.on('data', (piece) => {
        banner += String(piece);
        if (/^try: .*\n/m.test(banner)) resolve(new LiveProcess(child, banner));
      });
      child.on('error', reject);
      child.on('exit', (code) => reject(new Error(`live ended with ${code}: ${errors}`)));
    });
  }

  async ctl(...words: readonly string[]): Promise<string> {
    const args = [EXECUTABLE, 'ctl', ...words, '--control', this.control];
    return (await promisify(execFile)(process.execPath, args)).stdout;
  }

  /** Lets it drain; its exit code. */
  async stop(): Promise<number | null> {
    const ended = new Promise<number | null>((resolve) => this.#process.on('exit', resolve));
    this.#process.kill('SIGTERM');
    return ended;
  }
}

// ---- what is said ----

export interface Line {
  readonly text: string;
  readonly holds: boolean;
}

/** The names of the world outside and inside .de, the most popular first. */
function namesOfTheWorld(): { readonly outside: string[]; readonly inside: string[] } {
  const { catalogue } = planOf(fileURLToPath(INCIDENT), { scale: SCALE });
  return {
    outside: catalogue.filter((name) => !name.endsWith('.de')),
    inside: catalogue.filter((name) => name.endsWith('.de')),
  };
}

/** Asks for names until one is answered so; null when none is. */
async function firstThat(
  names: readonly string[],
  ask: AskFor,
  isSo: (said: Said) => boolean,
): Promise<{ readonly name: string; readonly said: Said } | null> {
  for (const name of names) {
    const said = await ask(name, false);
    if (isSo(said)) return { name, said };
  }
  return null;
}

/** The whole of it; one line for each thing that is said. */
export async function* dialogue(ask: AskFor, live: LiveProcess): AsyncGenerator<Line> {
  const { outside, inside } = namesOfTheWorld();
  const line = (name: string, flags: string, said: Said | null, holds: boolean): Line => {
    const told = said === null ? 'no name is answered so' : textOf(said);
    return { text: `dig ${name} A${flags}: ${told}`, holds };
  };
  const secure = await firstThat(outside, ask, ({ rcode, ad }) => rcode === 'NOERROR' && ad);
  yield line(secure?.name ?? '(outside .de)', '', secure?.said ?? null, secure !== null);

  const known = await firstThat(inside, ask, ({ ede }) => ede.includes(3));
  const isServed = known?.said.rcode === 'NOERROR' && known.said.answers > 0;
  yield line(known?.name ?? '(known, .de)', '', known?.said ?? null, isServed);

  // From the end of the catalogue: names so rare that nobody has asked for them.
  const unknown = await firstThat(inside.toReversed(), ask, ({ ede }) => ede.includes(6));
  const { name = '(unknown, .de)', said = null } = unknown ?? {};
  const isBogus = said?.rcode === 'SERVFAIL' && said.text.includes('keytag=33834');
  yield line(name, '', said, isBogus);
  if (unknown === null) return;

  const unchecked = await ask(name, true);
  yield line(name, ' +cd', unchecked, unchecked.rcode === 'NOERROR' && unchecked.answers > 0);

  yield { text: `zonequake ctl apply ${OVERRIDE}`, holds: true };
  await live.ctl('apply', OVERRIDE);
  let mended = await ask(name, false);
  // The nodes hear of it one after another.
  for (let left = 50; left > 0 && mended.rcode !== 'NOERROR'; left--)
    mended = await ask(name, false);
  yield line(name, '', mended, mended.rcode === 'NOERROR' && !mended.ad);
}

function textOf({ rcode, ad, answers, ede, text }: Said): string {
  const errors = ede.length === 0 ? '' : `, EDE ${ede.join(' ')} ${text}`.trimEnd();
  return `${rcode}${ad ? ' AD' : ''}, ${answers} answers${errors}`;
}

async function main(): Promise<number> {
  const live = await LiveProcess.start(['de-rollover-2026', '--at', '2026-05-05T21:00Z']);
  let failed = 0;
  try {
    const ask = (await hasDig()) ? withDig(live.front) : withOurClient(live.front);
    for await (const { text, holds } of dialogue(ask, live)) {
      process.stdout.write(`${holds ? '+' : '!'} ${text}\n`);
      if (!holds) failed++;
    }
  } finally {
    await live.stop();
  }
  return failed === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main();
