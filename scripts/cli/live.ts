/**
 * `zonequake live SCENARIO`: the cluster and its authoritative servers on loopback sockets, until SIGINT or
 * SIGTERM. What to ask, and where, goes to stdout; what happens unasked goes to stderr.
 */

import { formatInstant } from '../../resolver-core/text/instant.ts';
import { epochSeconds, type Micros } from '../../resolver-core/time.ts';
import { parseDuration } from '../../scenarios/units.ts';
import { inForce } from '../../sim/cluster/in-force.ts';
import { isLoopback } from '../../sim/live/addresses.ts';
import type { Endpoint } from '../../sim/live/asks.ts';
import { LiveCluster } from '../../sim/live/cluster.ts';
import { Control, type Words } from '../../sim/live/control.ts';
import { CONTROL_ADDRESS, FRONT_ADDRESS, FRONT_PORT } from '../../sim/live/layout.ts';
import { endpoint, ListenError } from '../../sim/live/listen-error.ts';
import { OrderError } from '../../sim/live/orders.ts';
import { type Size, sizedPlan, withFlaw } from '../../sim/live/sized-plan.ts';
import type { CacheMode, Plan } from '../../sim/plan.ts';
import { viewOf } from '../../sim/roles.ts';
import { chosen, instantOf, thePlan } from './choices.ts';
import { EnvironmentError, EXIT, UsageError } from './exit-codes.ts';
import { Interrupts } from './interrupt.ts';

export interface LiveCommandOptions {
  /** undefined: where the scenario's window begins. */
  readonly at: string | undefined;
  readonly speed: number;
  /** undefined: the first. */
  readonly variant: string | undefined;
  readonly cache: string | undefined;
  readonly colos: number | undefined;
  readonly nodes: number | undefined;
  readonly scale: number;
  readonly listen: string | undefined;
  readonly beyondLoopback: boolean;
  readonly loseBogusCause: string | undefined;
}

const MODES: readonly CacheMode[] = ['private', 'forwarded', 'shared'];

/** Runs until a signal comes; the exit code. */
export async function liveCommand(word: string, options: LiveCommandOptions): Promise<number> {
  const plan = livePlan(word, options);
  const variants = plan.variants.map(({ name }) => name);
  const name = chosen('variant', options.variant, variants);
  const variant = plan.variants[variants.indexOf(name)];
  if (variant === undefined) throw new UsageError('the scenario has no variants');
  const at = options.at === undefined ? plan.time.from : instantOf(options.at, plan);
  const { speed, beyondLoopback } = options;
  const front = frontOf(options.listen, beyondLoopback);
  let isReady = false;
  const interrupts: Interrupts = new Interrupts(() => {
    // Before it is ready there is nothing to drain.
    if (!isReady) process.exit(interrupts.exitCode ?? EXIT.interrupted);
    process.stderr.write('zonequake: draining\n');
  });
  const began = performance.now();
  const onNotice = (text: string): void => {
    process.stderr.write(`zonequake: ${text}\n`);
  };
  const start = { plan, variant, at, speed, front, beyondLoopback, onNotice };
  const cluster = await listening(LiveCluster.open(start));
  try {
    const where = { address: CONTROL_ADDRESS, port: cluster.front.port };
    const control = await listening(Control.open(cluster, where, wordsOf(plan)));
    const seconds = (performance.now() - began) / 1000;
    isReady = true;
    process.stdout.write(banner(cluster, where, options.scale, seconds));
    await signalled(interrupts.stop);
    control.close();
  } finally {
    await cluster.close();
    interrupts.release();
  }
  return EXIT.ok;
}

function livePlan(word: string, options: LiveCommandOptions): Plan {
  const { cache, colos, nodes, scale, loseBogusCause } = options;
  const mode = cache === undefined ? undefined : (chosen('cache mode', cache, MODES) as CacheMode);
  const size: Size = {
    ...(colos === undefined ? {} : { colos }),
    ...(nodes === undefined ? {} : { nodes }),
    ...(mode === undefined ? {} : { cache: mode }),
  };
  const whole = thePlan('live', word, undefined, scale);
  // The public resolver alone goes live.
  const plan = viewOf(whole, whole.cluster.role);
  try {
    const sized = sizedPlan(plan, size);
    return loseBogusCause === undefined ? sized : withFlaw(sized, loseBogusCause === 'on');
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message);
    throw error;
  }
}

/** `127.0.0.1:5300`, `127.0.0.1`, `:5300`, `[::1]:5300`. */
function frontOf(text: string | undefined, beyondLoopback: boolean): Endpoint {
  if (text === undefined) return { address: FRONT_ADDRESS, port: FRONT_PORT };
  const [, six, four, port] = /^(?:\[([0-9a-fA-F:]+)\]|([\d.]*))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const address = six ?? (four === '' ? FRONT_ADDRESS : four);
  const number = port === undefined ? FRONT_PORT : Number(port);
  if (address === undefined || number > 65_535) {
    throw new UsageError(`--listen "${text}" is no address; 127.0.0.1:5300 and :5300 are some`);
  }
  if (!beyondLoopback && !isLoopback(address)) {
    throw new UsageError(`--listen ${address} is not loopback; add --beyond-loopback to mean it`);
  }
  return { address, port: number };
}

/** Throws `EnvironmentError` for a port that is taken. */
async function listening<Output>(opening: Promise<Output>): Promise<Output> {
  try {
    return await opening;
  } catch (error) {
    if (error instanceof ListenError) throw new EnvironmentError(error.message);
    throw error;
  }
}

function signalled(stop: AbortSignal): Promise<void> {
  if (stop.aborted) return Promise.resolve();
  return new Promise((resolve) => stop.addEventListener('abort', () => resolve(), { once: true }));
}

function wordsOf(plan: Plan): Words {
  return {
    instant: (text): Micros => {
      try {
        return instantOf(text, plan);
      } catch (error) {
        if (error instanceof UsageError) throw new OrderError(error.message);
        throw error;
      }
    },
    duration: (text): Micros => {
      const duration = parseDuration(text);
      if (duration !== undefined) return duration;
      throw new OrderError(`"${text}" is no duration; 90s and 15m are some`);
    },
  };
}

function banner(cluster: LiveCluster, control: Endpoint, scale: number, seconds: number): string {
  const { plan, variant, front, spread, started, nodes, servers, clock, speed } = cluster;
  const { address, port } = front;
  const colos = plan.cluster.colos.map(({ name }, colo) => {
    const at = cluster.coloAt(colo);
    const own = nodes.flatMap((node) => (node.colo === colo ? node.own.address : []));
    return `colo ${name} ${endpoint(at.address, at.port)}, ${spread} to nodes ${own.join(' ')}`;
  });
  const authorities = servers.map(
    ({ name, addresses }) => `authority ${name} ${addresses.join(' ')}`,
  );
  const force = inForce(plan, variant.timeline, 0, clock, []);
  const flaw = force.settings.loseBogusCause === true;
  const simulated = started.simulated.toLocaleString('en');
  const example = plan.catalogue[0] ?? '.';
  return `${[
    endpoint(address, port),
    `scenario ${plan.name}, variant ${variant.name}, scale ${scale}, cache ${plan.cluster.cache.mode}`,
    `clock ${formatInstant(epochSeconds(clock))}, speed ${speed}`,
    `caches of that instant, from ${simulated} simulated queries; ready after ${seconds.toFixed(1)} s`,
    `front ${endpoint(address, port)}, relay: a client's address decides on its colo and group, address and port on the node`,
    ...colos,
    ...authorities,
    flaw
      ? 'EDE flaw of 2026 (lose-bogus-cause): on; what is bogus is told as EDE 22. --lose-bogus-cause off mends it'
      : 'EDE flaw of 2026 (lose-bogus-cause): off; what is bogus is told with its cause',
    `control http://${endpoint(control.address, control.port)}`,
    `try: dig @${address} -p ${port} ${example} +dnssec`,
  ].join('\n')}\n`;
}
