/**
 * Asking the servers of one zone one question until one of them says something of use (RFC 1034
 * section 5.3.3 step 4, RFC 9520 section 3.1, RFC 7766 section 5, RFC 6891 section 7). The servers
 * of the parent are never asked because those of the child fail (RFC 9520 section 3.3).
 */

import type { CachedAnswer } from '../cache/cached-answer.ts';
import type { ZoneCut } from '../cache/zone-cuts.ts';
import type { ServerAddress } from '../events.ts';
import type { Failure, Fetch, Reply, Steps } from '../fetch.ts';
import {
  MAX_ADDRESS_LOOKUPS,
  MAX_ADDRESS_LOOKUPS_PER_LOOKUP,
  MAX_SENDS_PER_LOOKUP,
  MIN_TCP_TIMEOUT,
} from '../limits.ts';
import type { ExtendedError, Message, Question } from '../message.ts';
import type { Name } from '../name/name.ts';
import type { NodeState } from '../node.ts';
import type { Micros } from '../time.ts';
import { EDE, RCODE, rcodeName, TYPE, typeName } from '../wire/iana.ts';
import { classify, type ResponseKind } from './classify.ts';
import { addAddresses } from './delegation.ts';
import { Attempts, pickServer } from './select.ts';

export interface ZoneResponse {
  readonly message: Message;
  readonly kind: Exclude<ResponseKind, { kind: 'lame' }>;
}

/** A response of use from some server of `cut`, or the failure to get one (EDE 22, and 23 when one answered with an error). */
export function* askZone(
  node: NodeState,
  fetch: Fetch,
  cut: ZoneCut,
  question: Question,
): Steps<ZoneResponse | Failure> {
  let attempts: Attempts | null = null;
  let networkError: ExtendedError | null = null;
  /** The server to ask again in another way: over TCP when truncated, without EDNS when not understood. */
  let again: ServerAddress | null = null;
  let transport: 'udp' | 'tcp' = 'udp';
  let { udpSize } = node.config;
  for (;;) {
    const server: ServerAddress | null = again ?? pickServer(node, fetch, cut, attempts);
    if (server === null) {
      if (yield* lookUpAddresses(node, fetch, cut)) continue;
      return unreachable(node, fetch, cut, networkError);
    }
    if (again === null) {
      transport = 'udp';
      udpSize = node.config.udpSize;
    }
    again = null;
    if (isSpent(node, fetch)) return unreachable(node, fetch, cut, networkError);
    const timeout = timeoutFor(node, fetch, server, transport);
    if (node.observe !== null) observeAsk(node, cut, server, question, transport);
    const { message, elapsed } = (yield {
      kind: 'ask',
      server,
      question,
      transport,
      recursionDesired: cut.fixed?.role === 'forward',
      udpSize,
      timeout,
    }) as Reply;
    if (message === null) {
      node.observe?.({ kind: 'timeout', server: server.text, elapsed });
      node.servers.timedOut(server, node.now - elapsed, node.now);
      attempts ??= new Attempts();
      attempts.sent(server);
      continue;
    }
    // A TCP exchange takes more than the one round trip that is estimated.
    if (transport === 'udp') node.servers.answered(server, elapsed);
    if (message.truncated && transport === 'udp') {
      again = server;
      transport = 'tcp';
      continue;
    }
    if (udpSize > 0 && ednsNotUnderstood(message)) {
      again = server;
      udpSize = 0;
      continue;
    }
    const kind = classify(message, question, cut.name, cut.fixed?.role === 'forward');
    if (node.observe !== null) observeResponse(node, message, elapsed, kind);
    if (kind.kind !== 'lame') return { message, kind };
    attempts ??= new Attempts();
    attempts.exclude(server);
    networkError = {
      code: EDE.NETWORK_ERROR,
      text: `${server.text}:53 ${lameText(message, kind.reason)} for ${plain(question)}`,
    };
  }
}

function observeAsk(
  node: NodeState,
  cut: ZoneCut,
  server: ServerAddress,
  question: Question,
  transport: 'udp' | 'tcp',
): void {
  const zone = cut.name.toString();
  const name = serverName(cut, server);
  node.observe?.({ kind: 'ask', server: server.text, serverName: name, zone, question, transport });
}

function observeResponse(
  node: NodeState,
  message: Message,
  elapsed: Micros,
  kind: ResponseKind,
): void {
  const verdict = kind.kind === 'lame' ? `lame: ${lameText(message, kind.reason)}` : kind.kind;
  node.observe?.({ kind: 'response', message, elapsed, verdict });
}

/** RFC 6891 section 7: FORMERR or NOTIMP without OPT. */
function ednsNotUnderstood(message: Message): boolean {
  return (
    message.edns === null && (message.rcode === RCODE.FORMERR || message.rcode === RCODE.NOTIMP)
  );
}

/** True when the lookup that all this is for has no more time or queries. */
function isSpent(node: NodeState, { budget }: Fetch): boolean {
  return node.now >= budget.deadline || budget.sends >= MAX_SENDS_PER_LOOKUP;
}

/** The server's retransmission timeout, cut to what is left of the lookup's time. */
function timeoutFor(
  node: NodeState,
  { budget }: Fetch,
  server: ServerAddress,
  transport: 'udp' | 'tcp',
): Micros {
  const udp = node.servers.timeout(server);
  const wanted = transport === 'tcp' ? Math.max(2 * udp, MIN_TCP_TIMEOUT) : udp;
  return Math.min(wanted, budget.deadline - node.now);
}

/**
 * Looks up the addresses of one name server that has none; true when it is worth to try again.
 * Not validated (as in Unbound and BIND): a wrong address leads to data that does not validate.
 */
function* lookUpAddresses(node: NodeState, fetch: Fetch, cut: ZoneCut): Steps<boolean> {
  for (const { name, addresses, addressesExpireAt } of cut.delegation?.nameServers ?? []) {
    if (node.clock < addressesExpireAt && addresses.length > 0) continue;
    if (fetch.lookedUp(name) || fetch.lookups >= MAX_ADDRESS_LOOKUPS) continue;
    fetch.noteLookup(name);
    for (const type of [TYPE.A, TYPE.AAAA]) {
      if (isSpent(node, fetch)) return false;
      if (fetch.budget.addressLookups++ >= MAX_ADDRESS_LOOKUPS_PER_LOOKUP) return false;
      const question = { name, type };
      const answer = (yield { kind: 'lookup', question, checkingDisabled: true }) as CachedAnswer;
      if (takeAddresses(node, cut, name, answer)) return true;
    }
  }
  return false;
}

/** Gives the addresses to the name server of the cut as it is now: it may have been learnt anew meanwhile. */
function takeAddresses(node: NodeState, cut: ZoneCut, name: Name, answer: CachedAnswer): boolean {
  for (const server of cut.delegation?.nameServers ?? []) {
    if (server.name.key !== name.key) continue;
    server.addresses = [];
    for (const rrset of answer.answer) addAddresses(node, server, rrset);
    if (server.addresses.length === 0) server.addressesExpireAt = 0;
  }
  return answer.answer.some((rrset) => rrset.type === TYPE.A || rrset.type === TYPE.AAAA);
}

function unreachable(
  node: NodeState,
  fetch: Fetch,
  cut: ZoneCut,
  networkError: ExtendedError | null,
): Failure {
  const error = { code: EDE.NO_REACHABLE_AUTHORITY, text: `at delegation ${cut.name}` };
  return {
    failed: true,
    errors: networkError === null ? [error] : [error, networkError],
    // What ended for want of another lookup's time or queries says nothing about this name.
    lasting: fetch.depth === 0 || !isSpent(node, fetch),
    answered: networkError !== null,
  };
}

function lameText(message: Message, reason: string): string {
  return reason === 'rcode' ? `rcode=${rcodeName(message.rcode)}` : reason;
}

function plain(question: Question): string {
  return `${question.name} ${typeName(question.type)}`;
}

function serverName(cut: ZoneCut, address: ServerAddress): string {
  for (const server of cut.delegation?.nameServers ?? []) {
    if (server.addresses.includes(address)) return server.name.toString();
  }
  return '';
}
