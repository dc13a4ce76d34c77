/**
 * A process to be measured (`contestants.ts`): a live cluster, or an echo of datagrams with Node's own sockets, which is
 * what any server in Node costs at least. It says where it listens, and ends when it is told to.
 */

import { createSocket } from 'node:dgram';
import { asItIs, type Endpoint } from '../../sim/live/asks.ts';
import { LiveCluster } from '../../sim/live/cluster.ts';
import { FRONT_ADDRESS } from '../../sim/live/layout.ts';
import type { Plan } from '../../sim/plan.ts';

export type ToServe = { readonly kind: 'echo' } | { readonly kind: 'cluster'; readonly plan: Plan };

export type FromServe =
  | { readonly kind: 'listening'; readonly targets: readonly Endpoint[] }
  | { readonly kind: 'failed'; readonly reason: string };

const LOOPBACK = '127.0.0.1';

/** A DNS message with QR set goes back to where it came from. */
async function echo(): Promise<readonly Endpoint[]> {
  const socket = createSocket({ type: 'udp4', lookup: asItIs });
  socket.on('message', (packet, { address, port }) => {
    packet[2] = (packet[2] as number) | 0x80;
    socket.send(packet, 0, packet.length, port, address);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(0, LOOPBACK, resolve);
  });
  return [{ address: LOOPBACK, port: socket.address().port }];
}

async function cluster(plan: Plan): Promise<readonly Endpoint[]> {
  const [variant] = plan.variants;
  if (variant === undefined) throw new Error('a plan without variants');
  const live = await LiveCluster.open({
    ...{ plan, variant, at: plan.time.from, speed: 1, beyondLoopback: false },
    front: { address: FRONT_ADDRESS, port: 0 },
    onNotice: (text) => process.stderr.write(`${text}\n`),
  });
  return live.nodes.map(({ own }) => own);
}

function tell(message: FromServe): void {
  process.send?.(message);
}

process.on('message', (what: ToServe) => {
  const opening = what.kind === 'echo' ? echo() : cluster(what.plan);
  opening.then(
    (targets) => tell({ kind: 'listening', targets }),
    (error: unknown) => tell({ kind: 'failed', reason: String(error) }),
  );
});
// Whoever started it is gone.
process.on('disconnect', () => process.exit(0));
