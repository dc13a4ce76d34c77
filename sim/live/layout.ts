/**
 * Where the parts of a live cluster stand on this machine. All listen on one port, each at an address of its
 * own, so that a capture can be read; the authoritative servers have addresses of 127.64.0.0/10
 * (`addresses.ts`).
 *
 *   127.53.0.1          the front address, unless told
 *   127.53.0.2          the controls (HTTP)
 *   127.53.0.101 …      the relay, one address for each client group
 *   127.53.C.1          colo C, from 1
 *   127.53.C.11 …       its nodes
 */

import type { Plan } from '../plan.ts';

export const FRONT_ADDRESS = '127.53.0.1';
export const CONTROL_ADDRESS = '127.53.0.2';
export const FRONT_PORT = 5300;

const BLOCK = '127.53';
const FIRST_VIA = 101;
const FIRST_NODE = 11;
const LAST = 254;

export const MAX_COLOS: number = LAST;
export const MAX_NODES: number = LAST - FIRST_NODE + 1;

/** Throws a RangeError for a plan that the block has no room for. */
export function checkRoom({ cluster, traffic }: Plan): void {
  const nodes = Math.max(...cluster.colos.map((colo) => colo.nodes));
  if (cluster.colos.length > MAX_COLOS) throw new RangeError(`more than ${MAX_COLOS} colos`);
  if (nodes > MAX_NODES) throw new RangeError(`more than ${MAX_NODES} nodes in a colo`);
  if (traffic.groups.length > LAST - FIRST_VIA) throw new RangeError('too many client groups');
}

/** By their indices in the plan. */
export function coloAddress(colo: number): string {
  return `${BLOCK}.${colo + 1}.1`;
}

export function nodeAddress(colo: number, node: number): string {
  return `${BLOCK}.${colo + 1}.${FIRST_NODE + node}`;
}

/** The relay's address for a client group. */
export function viaAddress(group: number): string {
  return `${BLOCK}.0.${FIRST_VIA + group}`;
}
