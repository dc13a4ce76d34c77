/**
 * Asking the servers of one zone one question until one of them says something of use (RFC 1034
 * section 5.3.3 step 4, RFC 9520 section 3.1, RFC 7766 section 5, RFC 6891 section 7). The servers
 * of the parent are never asked because those of the child fail (RFC 9520 section 3.3).
 *
 * A response that can be doubted is kept, and taken when nobody says better.
 */

import type { FixedServers, NameServer, ZoneCut } from '../cache/zone-cuts.ts';
import type { ServerAddress } from '../events.ts';
import type { Failure, Fetch, Reply, Steps, Want } from '../fetch.ts';
import { MAX_DOUBTFUL_RESPONSES, MIN_TCP_TIMEOUT } from '../limits.ts';
import type { ExtendedError, Message, Question } from '../message.ts';
import type { NodeState } from '../node.ts';
import type { Micros } from '../time.ts';
import { EDE, RCODE, rcodeName, typeName } from '../wire/iana.ts';
import { glueElsewhere, isSpent, lookUpAddresses } from './addresses.ts';
import { classify, type Doubt, type ResponseKind } from './classify.ts';
import { scrub, withDsAsAnswer } from './scrub.ts';
import { Attempts, pickServer } from './select.ts';
import { isExpectedSigned, lacksSignatures } from './signed.ts';

export interface ZoneResponse {
  readonly message: Message;
  readonly kind: Exclude<ResponseKind, { kind: 'lame' }>;
}

const NO_SERVERS: readonly NameServer[] = [];
/** The zone's own servers, those that its parent names, and what glue elsewhere says of them. */
const RESORTS = 3;

/**
 * A response of use from some server of `cut`, or the failure to get one (EDE 22, and 23 when one answered
 * with an error). `fixed` are servers to ask in place of those that the delegation names.
 */
export function* askZone(
  node: NodeState,
  fetch: Fetch,
  cut: ZoneCut,
  fixed: FixedServers | null,
  question: Question,
): Steps<ZoneResponse | Failure> {
  const forwarded = fixed?.role === 'forward';
  let resort = 0;
  let attempts: Attempts | null = fetch.distrusted.length === 0 ? null : without(fetch.distrusted);
  /** Nobody was asked yet but those whose data did not validate; they are, when there are no others. */
  let isSparing = attempts !== null;
  let networkError: ExtendedError | null = null;
  let doubtful: ZoneResponse | null = null;
  let doubts = 0;
  /** The server to ask again in another way: over TCP when truncated, without EDNS when not understood. */
  let again: ServerAddress | null = null;
  let transport: 'udp' | 'tcp' = 'udp';
  let { udpSize } = node.config;
  for (;;) {
    const server: ServerAddress | null =
      again ?? pickServer(node, fetch, serversOf(node, cut, fixed, resort), attempts);
    if (server === null) {
      const at = resort;
      if (yield* lookUpAddresses(node, fetch, () => serversOf(node, cut, fixed, at))) continue;
      if (++resort < RESORTS) continue;
      if (!isSparing) return doubtful ?? unreachable(node, fetch, cut, networkError);
      isSparing = false;
      attempts = null;
      resort = 0;
      continue;
    }
    isSparing = false;
    if (again === null) {
      transport = 'udp';
      udpSize = node.config.udpSize;
    }
    again = null;
    if (isSpent(node, fetch)) return doubtful ?? unreachable(node, fetch, cut, networkError);
    const timeout = timeoutFor(node, fetch, server, transport);
    if (node.observe !== null) observeAsk(node, cut, server, question, transport);
    const want = askOf(server, question, transport, forwarded, udpSize, timeout);
    const { message, elapsed } = (yield want) as Reply;
    if (message === null) {
      noteSilence(node, server, question, elapsed);
      attempts ??= new Attempts();
      attempts.sent(server);
      continue;
    }
    // A TCP exchange takes more than the one round trip that is estimated.
    if (transport === 'udp') node.servers.answered(server, elapsed);
    const isCut = message.truncated && transport === 'udp';
    if (isCut || (udpSize > 0 && ednsNotUnderstood(message))) {
      again = server;
      if (isCut) transport = 'tcp';
      else udpSize = 0;
      continue;
    }
    fetch.answeredBy = server;
    const response = understand(node, cut, question, message, forwarded);
    if (node.observe !== null) observeResponse(node, message, elapsed, response.kind);
    if (isUseful(response)) {
      const worth = worthOf(response);
      // The second server to say nothing at all will be right (Unbound, too, asks twice).
      if (worth === CERTAIN || (worth === NOTHING && worth === worthOf(doubtful))) return response;
      if (worth > worthOf(doubtful)) doubtful = response;
      if (++doubts === MAX_DOUBTFUL_RESPONSES) return doubtful ?? response;
    } else {
      networkError = networkErrorOf(server, question, response);
    }
    attempts ??= new Attempts();
    attempts.exclude(server);
  }
}

function askOf(
  server: ServerAddress,
  question: Question,
  transport: 'udp' | 'tcp',
  recursionDesired: boolean,
  udpSize: number,
  timeout: Micros,
): Want {
  return { kind: 'ask', server, question, transport, recursionDesired, udpSize, timeout };
}

function noteSilence(
  node: NodeState,
  server: ServerAddress,
  question: Question,
  elapsed: Micros,
): void {
  node.observe?.({ kind: 'timeout', server: server.text, elapsed });
  node.servers.timedOut(server, question.type, node.now - elapsed, node.now);
}

function without(servers: readonly ServerAddress[]): Attempts {
  const attempts = new Attempts();
  for (const server of servers) attempts.exclude(server);
  return attempts;
}

function serversOf(
  node: NodeState,
  cut: ZoneCut,
  fixed: FixedServers | null,
  resort: number,
): readonly NameServer[] {
  if (fixed !== null) {
    if (resort === 0) return fixed.nameServers;
    return resort === 1 ? fixed.given : NO_SERVERS;
  }
  if (resort === 0) return cut.delegation?.nameServers ?? NO_SERVERS;
  if (resort === 1) return cut.fromParent ?? NO_SERVERS;
  return glueElsewhere(node, cut);
}

interface Understood {
  readonly message: Message;
  readonly kind: ResponseKind;
}

/** What a message means, and what of it is looked at. */
function understand(
  node: NodeState,
  cut: ZoneCut,
  question: Question,
  received: Message,
  forwarded: boolean,
): Understood {
  const message = withDsAsAnswer(received, question);
  const kind = classify(message, question, cut.name, forwarded);
  if (kind.kind === 'lame') return { message, kind };
  const scrubbed = scrub(message, question, cut.name, kind.kind, node.config.nsBesideAnswers);
  const lacking =
    kind.kind !== 'referral' &&
    kind.doubt === null &&
    !forwarded &&
    isExpectedSigned(node, cut) &&
    lacksSignatures(message, cut);
  return { message: scrubbed, kind: lacking ? { kind: kind.kind, doubt: 'unsigned' } : kind };
}

function isUseful(response: Understood): response is ZoneResponse {
  return response.kind.kind !== 'lame';
}

const CERTAIN = 4;
const NOTHING = 1;
const WORTH: Readonly<Record<Doubt, number>> = { empty: NOTHING, 'from a cache': 2, unsigned: 3 };

/** By what a response is preferred to another; 0 for none. */
function worthOf(response: ZoneResponse | null): number {
  if (response === null) return 0;
  const { kind } = response;
  return kind.kind === 'referral' || kind.doubt === null ? CERTAIN : WORTH[kind.doubt];
}

function networkErrorOf(
  server: ServerAddress,
  question: Question,
  { message, kind }: Understood,
): ExtendedError {
  const reason = kind.kind === 'lame' ? kind.reason : '';
  const text = `${server.text}:53 ${lameText(message, reason)} for ${plain(question)}`;
  return { code: EDE.NETWORK_ERROR, text };
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
  const doubt = 'doubt' in kind && kind.doubt !== null ? `, but ${kind.doubt}` : '';
  const verdict = kind.kind === 'lame' ? `lame: ${lameText(message, kind.reason)}` : kind.kind;
  node.observe?.({ kind: 'response', message, elapsed, verdict: verdict + doubt });
}

/** RFC 6891 section 7: FORMERR or NOTIMP without OPT. */
function ednsNotUnderstood(message: Message): boolean {
  return (
    message.edns === null && (message.rcode === RCODE.FORMERR || message.rcode === RCODE.NOTIMP)
  );
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
