/** Servers that `bench throughput` measures, each a process (or a tree of threads in one) with CPU time of its own. */

import { type ChildProcess, fork, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Endpoint } from '../../sim/live/asks.ts';
import type { ResolverName } from '../../sim/live/resolver-kits.ts';
import type { CacheMode, Plan } from '../../sim/plan.ts';
import { workerModule } from '../../sim/pool/spawn.ts';
import { forwarder, LISTEN_ADDRESS } from './forwarders.ts';
import type { FromServe, ToServe } from './serve.ts';

/** A server that runs and can be asked. */
export interface Contestant {
  readonly name: string;
  /** Program and version. */
  readonly about: string;
  readonly targets: readonly Endpoint[];
  /** Seconds of CPU time of the process so far, all threads together. */
  cpuSeconds(): number;
  stop(): Promise<void>;
}

/** A program that is not installed, or does not start. */
export class ContestantError extends Error {
  override readonly name = 'ContestantError';
}

/** Milliseconds in which a process has to say that it listens. */
const PATIENCE = 60_000;

/** From sim/pool. */
const SERVE = '../../scripts/bench/serve';

/** Node's own sockets. */
export function openEcho(): Promise<Contestant> {
  return openOurs('node echo', 'datagrams go back as they came', { kind: 'echo' });
}

/** A live cluster of one colo. */
export function openCluster(name: string, plan: Plan): Promise<Contestant> {
  const { mode } = plan.cluster.cache;
  const nodes = plan.cluster.colos[0]?.nodes ?? 0;
  return openOurs(name, `${nodes} ${nodes === 1 ? 'node' : 'nodes'}, ${mode}`, {
    kind: 'cluster',
    plan,
  });
}

export function clusterName(mode: CacheMode, nodes: number): string {
  return `zonequake ${mode} x${nodes}`;
}

async function openOurs(name: string, about: string, what: ToServe): Promise<Contestant> {
  const { url, execArgv } = workerModule(SERVE);
  const child = fork(fileURLToPath(url), {
    execArgv: [...execArgv],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  try {
    const said = await new Promise<FromServe>((resolve, reject) => {
      const timer = setTimeout(() => reject(new ContestantError(`${name} is silent`)), PATIENCE);
      const clear = (): void => clearTimeout(timer);
      child.once('message', (message: FromServe) => {
        clear();
        resolve(message);
      });
      child.once('exit', (code) => {
        clear();
        reject(new ContestantError(`${name} ended with ${code}`));
      });
      child.send(what);
    });
    if (said.kind === 'failed') throw new ContestantError(`${name}: ${said.reason}`);
    return contestantOf(name, about, said.targets, child, () => {});
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}

/** A real resolver that forwards everything to `upstream`. Rejects with `ContestantError` where it is not installed. */
export async function openResolver(
  resolver: ResolverName,
  upstream: Endpoint,
): Promise<Contestant> {
  const folder = mkdtempSync(join(tmpdir(), 'zonequake-bench-'));
  const clear = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const port = await freePort();
    const { files, command, version } = forwarder(resolver, folder, port, upstream);
    const about = versionOf(version);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const child = spawn(command[0], command.slice(1), { stdio: 'ignore' });
    const target = { address: LISTEN_ADDRESS, port };
    // From here on it is there to be ended, though it may take a while to answer.
    const contestant = contestantOf(resolver, about, [target], child, clear);
    try {
      await untilAnswering(resolver, target, child);
    } catch (error) {
      await contestant.stop();
      throw error;
    }
    return contestant;
  } catch (error) {
    clear();
    throw error;
  }
}

function versionOf([program, ...words]: readonly [string, ...string[]]): string {
  const { error, stdout, stderr } = spawnSync(program, words, { encoding: 'utf8' });
  if (error !== undefined) throw new ContestantError(`${program} is not installed`);
  const [number = ''] = /\d+\.\d+(?:\.\d+)?/.exec(`${stdout}${stderr}`) ?? [];
  return `${program} ${number}`;
}

/** What is to be undone when this process ends before it was. */
const unfinished = new Set<() => void>();

function contestantOf(
  name: string,
  about: string,
  targets: readonly Endpoint[],
  child: ChildProcess,
  clear: () => void,
): Contestant {
  const end = (): void => {
    child.kill('SIGKILL');
    clear();
  };
  unfinished.add(end);
  return {
    ...{ name, about, targets },
    cpuSeconds: () => cpuSecondsOf(child.pid ?? 0),
    stop: async () => {
      unfinished.delete(end);
      if (child.exitCode === null && child.signalCode === null) {
        const ended = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGKILL');
        await ended;
      }
      clear();
    },
  };
}

/** Ends at once, as a command that is interrupted does, every contestant that was not stopped. */
export function endContestants(): void {
  for (const end of unfinished) end();
  unfinished.clear();
}

/** Of all threads of a process (Linux counts nanoseconds); NaN where the system does not tell. */
function cpuSecondsOf(pid: number): number {
  try {
    let sum = 0;
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const text = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8');
      sum += Number(text.split(' ')[0]) / 1e9;
    }
    return sum;
  } catch {
    return Number.NaN;
  }
}

/** A UDP port that was free a moment ago. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, LISTEN_ADDRESS, resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(resolve));
  return port;
}

/** Resolves once the program answers anything at all. */
async function untilAnswering(
  name: string,
  { address, port }: Endpoint,
  child: ChildProcess,
): Promise<void> {
  const socket = createSocket('udp4');
  const query = Uint8Array.of(0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1); // . NS
  const deadline = performance.now() + PATIENCE;
  try {
    let isAnswered = false;
    socket.on('message', () => {
      isAnswered = true;
    });
    while (!isAnswered) {
      const isOver = child.exitCode !== null || child.signalCode !== null;
      if (isOver) throw new ContestantError(`${name} ended at once`);
      if (performance.now() > deadline) throw new ContestantError(`${name} does not answer`);
      socket.send(query, port, address);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  } finally {
    socket.close();
  }
}
