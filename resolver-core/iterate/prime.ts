/**
 * Priming (RFC 8109): where the operator's addresses are only hints, the zone's NS RRset is asked for
 * there, and the servers that it names are used until it expires. When that fails, the hints are used
 * themselves, and priming is tried again soon.
 */

import type { FixedServers, ZoneCut } from '../cache/zone-cuts.ts';
import type { Fetch, Steps } from '../fetch.ts';
import type { NodeState } from '../node.ts';
import { SECOND } from '../time.ts';
import { TYPE } from '../wire/iana.ts';
import { askZone } from './ask.ts';
import { nameServersOf } from './delegation.ts';

export function* prime(
  node: NodeState,
  fetch: Fetch,
  cut: ZoneCut,
  fixed: FixedServers,
): Steps<void> {
  fixed.nameServers = fixed.given;
  // Until it has succeeded, others go on with the hints.
  fixed.primedUntil = node.clock + node.config.failureTtl * SECOND;
  const response = yield* askZone(node, fetch, cut, fixed, { name: cut.name, type: TYPE.NS });
  if ('failed' in response) return;
  const ns = response.message.answer.find((rrset) => rrset.type === TYPE.NS);
  if (ns === undefined) return;
  fixed.nameServers = nameServersOf(node, cut.name, ns, response.message);
  fixed.primedUntil = node.clock + Math.min(ns.ttl, node.config.maxTtl) * SECOND;
}
