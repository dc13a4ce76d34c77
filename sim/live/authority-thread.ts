/**
 * What the thread of the authoritative servers does: it listens at the addresses of all of them, and follows
 * the clock that it is told.
 */

import type { MessagePort } from 'node:worker_threads';
import type { Plan, VariantPlan } from '../plan.ts';
import { openWorld } from '../world.ts';
import { type AuthorityServers, openAuthorityServers } from './authority-servers.ts';
import { type ClockSetting, LiveClock } from './clock.ts';
import { ListenError, type Refusal, refusalOf } from './listen-error.ts';
import { newListenerCounters } from './listener-counters.ts';

/** Plain data. */
export interface AuthorityTask {
  readonly plan: Plan;
  readonly variant: VariantPlan;
  readonly port: number;
  readonly clock: ClockSetting;
}

export type ToAuthorities =
  | { readonly kind: 'clock'; readonly clock: ClockSetting }
  | { readonly kind: 'drain' };

export type FromAuthorities =
  | { readonly kind: 'listening'; readonly servers: readonly ServerAt[] }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'drained' };

/** A server, and the loopback address of each of its sites. */
export interface ServerAt {
  /** Absolute, without the final dot. */
  readonly name: string;
  readonly addresses: readonly string[];
}

/** Lets a thread be the authoritative servers; `task` is what it was started with. */
export async function runAuthorities(task: AuthorityTask, port: MessagePort): Promise<void> {
  const { plan, variant } = task;
  const post = (message: FromAuthorities): void => port.postMessage(message);
  const clock = new LiveClock(task.clock);
  const authorities = openWorld(plan).authorities(variant);
  authorities.counting = false;
  let open: AuthorityServers;
  try {
    open = await openAuthorityServers({
      authorities,
      clock: () => clock.at(clock.now()),
      port: task.port,
      udpSize: plan.network.udpSize,
      counters: newListenerCounters(),
    });
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    post({ kind: 'refused', refusal: refusalOf(error) });
    return;
  }
  port.on('message', async (message: ToAuthorities) => {
    if (message.kind === 'clock') {
      clock.set(message.clock);
      return;
    }
    await open.close();
    post({ kind: 'drained' });
    port.close();
  });
  const servers = authorities.servers.map(({ plan: { name } }, server) => ({
    name,
    addresses: open.servers.flatMap((place) => (place.server === server ? place.address : [])),
  }));
  post({ kind: 'listening', servers });
}
