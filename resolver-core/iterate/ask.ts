/**
 * Asking the servers of one zone one question until one of them says something of use (RFC 1034
 * section 5.3.3 step 4, RFC 9520 section 3.1, RFC 7766 section 5, RFC 6891 section 7). The servers
 * of the parent are never asked because those of the child fail (RFC 9520 section 3.3).
 */

import type { CachedAnswer } from '../cache/cached-answer.ts';
import type { NameServer, ZoneCut } from '../cache/zone-cuts.ts';
import type { ServerAddress } from '../events.ts';
import { type Failure, type Fetch, failure, type Reply, type Steps } from '../fetch.ts';
import { MAX_ADDRESS_LOOKUPS, MAX_SENDS_PER_FETCH } from '../limits.ts';
import type { ExtendedError, Message, Question } from '../message.ts';
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
      return unreachable(cut, networkError);
    }
    if (again === null) {
      transport = 'udp';
      udpSize = node.config.udpSize;
    }
    again = null;
    const timeout = timeoutFor(node, fetch, server);
    if (timeout <= 0 || fetch.sends >= MAX_SENDS_PER_FETCH) return unreachable(cut, networkError);
    if (node.observe !== null) observeAsk(node, cut, server, question, transport);
    const { message, elapsed } = (yield {
      kind: 'ask',
      server,
      question,
      transport,
      udpSize,
      timeout,
    }) as Reply;
    if (message === null) {
      node.observe?.({ kind: 'timeout', server: server.text, elapsed });
      node.servers.timedOut(server, node.now);
      attempts ??= new Attempts();
      attempts.sent(server);
      continue;
    }
    node.servers.answered(server, elapsed);
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
    const kind = classify(message, question, cut.name);
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

/** The server's retransmission timeout, cut to what is left of the resolution's time. */
function timeoutFor(node: NodeState, fetch: Fetch, server: ServerAddress): Micros {
  const left = fetch.startedAt + node.config.resolutionTimeout - node.now;
  const timeout = node.servers.timeout(server);
  return Math.min(timeout, left);
}

/**
 * Looks up the addresses of one name server that has none; true when it is worth to try again.
 * Not validated (as in Unbound and BIND): a wrong address leads to data that does not validate.
 */
function* lookUpAddresses(node: NodeState, fetch: Fetch, cut: ZoneCut): Steps<boolean> {
  for (const server of cut.delegation?.nameServers ?? []) {
    if (node.clock < server.addressesExpireAt && server.addresses.length > 0) continue;
    if (fetch.lookedUp(server.name) || fetch.lookups >= MAX_ADDRESS_LOOKUPS) continue;
    fetch.noteLookup(server.name);
    const answer = (yield {
      kind: 'lookup',
      question: { name: server.name, type: TYPE.A },
      checkingDisabled: true,
    }) as CachedAnswer;
    if (takeAddresses(node, server, answer)) return true;
  }
  return false;
}

function takeAddresses(node: NodeState, server: NameServer, answer: CachedAnswer): boolean {
  server.addresses = [];
  server.addressesExpireAt = 0;
  for (const rrset of answer.answer) if (rrset.type === TYPE.A) addAddresses(node, server, rrset);
  if (server.addresses.length === 0) return false;
  server.addressesExpireAt = answer.expiresAt;
  return true;
}

function unreachable(cut: ZoneCut, networkError: ExtendedError | null): Failure {
  const error = {
    code: EDE.NO_REACHABLE_AUTHORITY,
    text: `at delegation ${cut.name}`,
  };
  return failure(networkError === null ? [error] : [error, networkError]);
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
