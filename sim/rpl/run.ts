/**
 * Plays a replay script with one resolver in virtual time: its ranges answer the queries that go out,
 * its steps are the clients, the network and the clock (docs/replay.md).
 *
 * Nothing takes time but TIME_PASSES, and the timeouts of queries that nobody answers while a check
 * waits for its answer: those move `now` and not the clock.
 */

import type {
  Answer,
  Ask,
  Effect,
  ResolverEvent,
  TraceStep,
  Wake,
} from '../../resolver-core/events.ts';
import type { ExtendedError, Message } from '../../resolver-core/message.ts';
import { clientResponse } from '../../resolver-core/reply.ts';
import { Resolver } from '../../resolver-core/resolver.ts';
import { messageText } from '../../resolver-core/text/message.ts';
import { type Micros, SECOND } from '../../resolver-core/time.ts';
import { readTrustAnchorFile } from '../../resolver-core/validate/trust-anchor-file.ts';
import { typeName } from '../../resolver-core/wire/iana.ts';
import { fitMessage } from '../../resolver-core/wire/write.ts';
import { nodeDraws } from '../world.ts';
import { expand } from './macros.ts';
import { answerDifference, type Level, matchesQuery, type Transport } from './match.ts';
import { outsidePurpose } from './purpose.ts';
import { type Entry, type Script, ScriptError, type Step } from './script.ts';
import { type Settings, settingsOf } from './settings.ts';
import { trustPointDifference } from './trust-anchors.ts';

export type Verdict =
  | { readonly kind: 'passed' }
  | { readonly kind: 'skipped'; readonly feature: string }
  | Failure;

export interface Failure {
  readonly kind: 'failed';
  /** Number of the step, or null when the script could not begin. */
  readonly step: number | null;
  readonly line: number;
  /** One line. */
  readonly cause: string;
  /** Messages as text; null where there is none. */
  readonly expected: string | null;
  readonly actual: string | null;
}

/** What is told while a script runs: lines of the network, and the resolver's own steps. */
export interface Watcher {
  network(line: string): void;
  step(step: TraceStep): void;
}

/** Rounds after which a script that still makes traffic is ended (Unbound's testbound: 5000). */
const MAX_ROUNDS = 5000;

/** RFC 1035 section 4.2.1. */
const UDP_OCTETS = 512;

/** Plays one script. */
export function runScript(script: Script, level: Level, watcher?: Watcher): Verdict {
  const feature = outsidePurpose(script);
  if (feature !== null) return { kind: 'skipped', feature };
  let settings: Settings;
  try {
    settings = settingsOf(script);
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
    return failure(null, error.line, error.message, null, null);
  }
  const player = new Player(script, level, settings, watcher);
  try {
    return player.play();
  } catch (error) {
    // A bug of ours in one script says nothing about the others; it fails with the place it happened at.
    const place = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return failure(player.step, player.line, 'the resolver broke down', null, place);
  }
}

interface Pending {
  readonly ask: Ask;
  readonly query: Message;
  readonly due: Micros;
}

interface Client {
  readonly query: Message;
  readonly transport: Transport;
  readonly address: string | null;
}

interface Given {
  readonly client: Client;
  readonly message: Message;
  /** Why it is as it is, told or not. */
  readonly errors: readonly ExtendedError[];
}

class Player {
  readonly #script: Script;
  readonly #level: Level;
  readonly #watcher: Watcher | undefined;
  readonly #tellsErrors: boolean;
  readonly #resolver: Resolver;
  readonly #clients: Client[] = [];
  /** The latest first. */
  #pending: Pending[] = [];
  /** Those whose answer was lost on the way: nothing answers them any more. */
  #lost: Pending[] = [];
  readonly #wakes: Wake[] = [];
  /** Answers that no check has looked for yet. */
  readonly #given: Given[] = [];
  readonly #variables = new Map<string, string>();
  /** The step that is next or being done. */
  step: number | null = null;
  line = 1;
  #now: Micros = 0;
  #clock: Micros = 0;
  #rounds = 0;

  constructor(script: Script, level: Level, settings: Settings, watcher: Watcher | undefined) {
    this.#script = script;
    this.#level = level;
    this.#watcher = watcher;
    this.#tellsErrors = settings.tellsErrors;
    this.#resolver = new Resolver(settings.config, {
      ...settings.ports,
      random: nodeDraws(0),
      signatures: { signatureChecked: () => {} },
      questions: 0,
      policy: null,
      peers: null,
    });
    if (watcher !== undefined) this.#resolver.observing = true;
  }

  play(): Verdict {
    for (const effect of this.#resolver.start(this.#now, this.#clock)) this.#perform(effect);
    for (const step of this.#script.steps) {
      this.step = step.number;
      this.line = step.line;
      const failed = this.#reach(step) ?? null;
      if (failed !== null) return failed;
    }
    return this.#leftOver() ?? { kind: 'passed' };
  }

  /** An answer that no step has checked; at `sets` a query, too, that nobody has answered. */
  #leftOver(): Failure | null {
    const { number, line } = this.#script.steps.at(-1) ?? { number: null, line: 1 };
    const [unchecked] = this.#given;
    if (unchecked !== undefined) {
      return failure(number, line, 'an answer that no step checks', null, textOf(unchecked));
    }
    const [unanswered] = this.#pending;
    if (unanswered === undefined || this.#level === 'outcome') return null;
    return failure(number, line, 'a query that nobody answers', null, sentText(unanswered));
  }

  /** Lets traffic flow while `step` is next, then does it. */
  #reach(step: Step): Failure | null {
    for (;;) {
      if (this.#rounds++ > MAX_ROUNDS) {
        return failure(step.number, step.line, `more than ${MAX_ROUNDS} rounds`, null, null);
      }
      if (step.kind === 'check-out-query' && this.#wentOut(step.entry, step.address)) return null;
      if (step.kind === 'check-answer' && this.#isGiven(step.entry, step.address)) return null;
      if (this.#answerFromRanges(step.number)) continue;
      if (step.kind === 'check-answer' && this.#candidate(step.entry) === undefined) {
        if (this.#loseOne()) continue;
      }
      return this.#do(step);
    }
  }

  #do(step: Step): Failure | null {
    this.#watcher?.network(`STEP ${step.number} ${step.kind}`);
    switch (step.kind) {
      case 'query':
        this.#query(step.entry, step.address);
        return null;
      case 'check-answer':
        return this.#wrongAnswer(step, step.entry);
      case 'check-out-query':
        return this.#level === 'outcome' ? null : this.#noSuchQuery(step, step.entry);
      case 'reply':
      case 'timeout':
      case 'error':
        return this.#network(step);
      case 'time-passes':
        return this.#timePasses(step, step.seconds);
      case 'assign':
        return this.#assign(step, step.variable, step.value);
      case 'check-file':
        return this.#wrongTrustPoint(step, step.name, step.lines);
      case 'internal':
      case 'nothing':
      case 'traffic':
        return null;
    }
  }

  // ---- clients ----

  #query(entry: Entry, address: string | null): void {
    const query = entry.message;
    const { question } = query;
    if (question === null) throw new Error('a query without a question is outside the purpose');
    const transport = entry.match.words.has('TCP') ? 'tcp' : 'udp';
    const client = this.#clients.push({ query, transport, address }) - 1;
    this.#watcher?.network(`client asks ${question.name} ${typeName(question.type)}`);
    this.#handle({
      kind: 'query',
      client,
      question,
      questionId: -1,
      recursionDesired: query.recursionDesired,
      dnssecOk: query.edns?.dnssecOk ?? false,
      authenticData: query.authenticatedData,
      checkingDisabled: query.checkingDisabled,
      ...{ clientGroup: '', tags: 0, forwarded: false },
      draw: { source: 0, ordinal: client, attempt: 0 },
    });
  }

  /** Whether an answer as expected is there; it is then taken. */
  #isGiven(entry: Entry, address: string | null): boolean {
    const at = this.#given.findIndex(({ client, message }) => {
      if (address !== null && client.address !== address) return false;
      return answerDifference(entry, message, client.transport, this.#level) === undefined;
    });
    if (at >= 0) this.#given.splice(at, 1);
    return at >= 0;
  }

  /** The answer that a check is most likely about. */
  #candidate(entry: Entry): Given | undefined {
    const { question } = entry.message;
    const same = this.#given.find(({ message }) => {
      if (question === null || message.question === null) return false;
      return question.type === message.question.type && question.name.equals(message.question.name);
    });
    return same ?? this.#given[0];
  }

  #wrongAnswer(step: Step, entry: Entry): Failure {
    const given = this.#candidate(entry);
    const expected = messageText(entry.message);
    if (given === undefined) {
      return failure(step.number, step.line, 'no answer', expected, null);
    }
    const { message, client } = given;
    const cause = answerDifference(entry, message, client.transport, this.#level);
    const text = cause ?? 'answered at another address';
    return failure(step.number, step.line, text, expected, textOf(given));
  }

  // ---- the network ----

  #wentOut(entry: Entry, address: string | null): boolean {
    const found = this.#pending.find(({ ask, query }) => {
      if (address !== null && ask.server.text !== address) return false;
      return matchesQuery(entry, query, ask.transport);
    });
    if (found === undefined) return false;
    if (entry.adjust.words.has('copy_id')) this.#respond(found, entry);
    return true;
  }

  #noSuchQuery(step: Step, entry: Entry): Failure {
    const expected = messageText(entry.message);
    const actual = this.#pending.map(sentText);
    const text = actual.length === 0 ? null : actual.join('\n');
    return failure(step.number, step.line, 'no such query went out', expected, text);
  }

  /** Answers one pending query that an entry of a range matches; false when there is none. */
  #answerFromRanges(step: number): boolean {
    for (const pending of this.#pending) {
      const entry = this.#rangeEntry(step, pending);
      if (entry === undefined) continue;
      this.#respond(pending, entry);
      return true;
    }
    return false;
  }

  /** Ranges that stand later in the script go first, entries in their order. */
  #rangeEntry(step: number, { ask, query }: Pending): Entry | undefined {
    for (const { first, last, addresses, entries } of this.#script.ranges.toReversed()) {
      if (step < first || step > last) continue;
      if (addresses.length > 0 && !addresses.includes(ask.server.text)) continue;
      const entry = entries.find((one) => matchesQuery(one, query, ask.transport));
      if (entry !== undefined) return entry;
    }
    return undefined;
  }

  #respond(pending: Pending, entry: Entry): void {
    const { ask } = pending;
    this.#pending = this.#pending.filter((one) => one !== pending);
    if (entry.malformed || entry.adjust.words.has('do_not_answer')) {
      // No reader takes a packet that is no message: the query stays without an answer.
      const what = entry.malformed ? 'what is no message' : 'nothing';
      this.#watcher?.network(`${ask.server.text} answers ${what} (line ${entry.line})`);
      this.#lost.push(pending);
      return;
    }
    this.#watcher?.network(`${ask.server.text} answers from line ${entry.line}`);
    const copied = entry.adjust.words.has('copy_query');
    const message = copied ? { ...entry.packet, question: ask.question } : entry.packet;
    this.#handle({ kind: 'response', transaction: ask.transaction, message });
  }

  /** TIMEOUT and ERROR are for the query that went out last, REPLY for the last with its question. */
  #network(step: Extract<Step, { kind: 'reply' | 'timeout' | 'error' }>): Failure | null {
    const asked = step.kind === 'reply' ? step.entry.message.question : null;
    const same = this.#pending.find(({ ask: { question } }) => {
      return asked?.type === question.type && asked.name.equals(question.name);
    });
    const latest = same ?? this.#pending[0];
    if (latest === undefined) {
      if (this.#level === 'outcome') return null;
      return failure(step.number, step.line, 'no query is outstanding', null, null);
    }
    if (step.kind === 'reply') this.#respond(latest, step.entry);
    else this.#timeOut(latest);
    return null;
  }

  /** Time passes for the network until the first query or timer is over; false when there is none. */
  #loseOne(): boolean {
    let first: Pending | undefined;
    for (const pending of [...this.#pending, ...this.#lost]) {
      if (first === undefined || pending.due <= first.due) first = pending;
    }
    const wake = this.#firstWake('now');
    if (wake !== undefined && (first === undefined || wake.at <= first.due)) {
      this.#now = Math.max(this.#now, wake.at);
      this.#fire(wake);
      return true;
    }
    if (first === undefined) return false;
    this.#now = Math.max(this.#now, first.due);
    this.#timeOut(first);
    return true;
  }

  #timeOut(pending: Pending): void {
    const { ask } = pending;
    this.#pending = this.#pending.filter((one) => one !== pending);
    this.#lost = this.#lost.filter((one) => one !== pending);
    this.#watcher?.network(`${ask.server.text} does not answer`);
    this.#handle({ kind: 'timeout', transaction: ask.transaction });
  }

  // ---- time ----

  #timePasses(step: Step, text: string): Failure | null {
    const seconds = Number(this.#expand(text) ?? Number.NaN);
    if (Number.isNaN(seconds))
      return failure(step.number, step.line, `no time: ${text}`, null, null);
    const elapsed = Math.round(seconds * SECOND);
    this.#now += elapsed;
    this.#clock += elapsed;
    for (;;) {
      const wake = this.#dueWake();
      if (wake === undefined) return null;
      if (this.#rounds++ > MAX_ROUNDS) {
        return failure(step.number, step.line, `more than ${MAX_ROUNDS} timers`, null, null);
      }
      this.#fire(wake);
    }
  }

  #dueWake(): Wake | undefined {
    const [byNow, byClock] = [this.#firstWake('now'), this.#firstWake('clock')];
    if (byNow !== undefined && byNow.at <= this.#now) return byNow;
    return byClock !== undefined && byClock.at <= this.#clock ? byClock : undefined;
  }

  #firstWake(time: Wake['time']): Wake | undefined {
    let first: Wake | undefined;
    for (const wake of this.#wakes) {
      if (wake.time === time && (first === undefined || wake.at < first.at)) first = wake;
    }
    return first;
  }

  #fire(wake: Wake): void {
    this.#wakes.splice(this.#wakes.indexOf(wake), 1);
    this.#handle({ kind: 'timer', timer: wake.timer });
  }

  #assign(step: Step, variable: string, value: string): Failure | null {
    const text = this.#expand(value);
    if (text === null) return failure(step.number, step.line, `no value: ${value}`, null, null);
    this.#variables.set(variable, text);
    return null;
  }

  #expand(text: string): string | null {
    const next = this.#firstWake('clock');
    const timeout = next === undefined ? 0 : Math.max(0, (next.at - this.#clock) / SECOND);
    return expand(text, { clock: this.#clock, timeout, variables: this.#variables });
  }

  #wrongTrustPoint(step: Step, name: string, lines: readonly string[]): Failure | null {
    const text = this.#expand(lines.join('\n'));
    const file = text === null ? null : readTrustAnchorFile(text);
    if (file === null || !file.ok) {
      const cause = file === null ? 'an expression without value' : file.message;
      return failure(step.number, step.line, cause, lines.join('\n'), null);
    }
    const actual = this.#resolver.trustPoints.find(({ zone }) => zone.equals(file.point.zone));
    if (actual === undefined) {
      return failure(step.number, step.line, `no trust point of ${name}`, text, null);
    }
    const difference = trustPointDifference(file.point, actual);
    if (difference === null) return null;
    const { cause, expected } = difference;
    return failure(step.number, step.line, cause, expected, difference.actual);
  }

  // ---- the resolver ----

  #handle(event: ResolverEvent): void {
    for (const effect of this.#resolver.handle(event, this.#now, this.#clock))
      this.#perform(effect);
  }

  #perform(effect: Effect): void {
    switch (effect.kind) {
      case 'ask':
        this.#send(effect);
        return;
      case 'answer':
        this.#give(effect);
        return;
      case 'wake':
        this.#wakes.push(effect);
        return;
      case 'observe':
        this.#watcher?.step(effect.step);
        return;
    }
  }

  #send(ask: Ask): void {
    const { question, server } = ask;
    this.#watcher?.network(`to ${server.text}: ${question.name} ${typeName(question.type)}`);
    this.#pending.unshift({ ask, query: queryOf(ask), due: this.#now + ask.timeout });
  }

  #give(answer: Answer): void {
    const client = this.#clients[answer.client];
    if (client === undefined) throw new Error('an answer to nobody');
    const { config } = this.#resolver;
    const whole = clientResponse(client.query, answer, this.#clock, config);
    const told = this.#tellsErrors ? whole : withoutErrors(whole);
    const size = Math.min(client.query.edns?.udpSize ?? UDP_OCTETS, config.udpSize);
    const message = client.transport === 'udp' ? fitMessage(told, size) : told;
    this.#given.push({ client, message, errors: answer.answer.errors });
  }
}

function withoutErrors(message: Message): Message {
  return message.edns === null
    ? message
    : { ...message, edns: { ...message.edns, extendedErrors: [] } };
}

/** An answer, with the errors behind it though its client was not told. */
function textOf({ message, errors }: Given): string {
  const told = message.edns?.extendedErrors.length ?? 0;
  if (told > 0 || errors.length === 0) return messageText(message);
  const causes = errors.map(({ code, text }) => `;; not told: EDE ${code} (${text})\n`);
  return messageText(message) + causes.join('');
}

function sentText({ ask, query }: Pending): string {
  return `to ${ask.server.text}:\n${messageText(query)}`;
}

function queryOf(ask: Ask): Message {
  const { question, checkingDisabled, recursionDesired, udpSize, dnssecOk } = ask;
  const none: Message['answer'] = [];
  return {
    response: false,
    opcode: 0,
    rcode: 0,
    authoritative: false,
    truncated: false,
    recursionDesired,
    recursionAvailable: false,
    authenticatedData: false,
    checkingDisabled,
    question,
    answer: none,
    authority: none,
    additional: none,
    edns: udpSize === 0 ? null : { version: 0, udpSize, dnssecOk, extendedErrors: [], options: [] },
    dnssec: false,
  };
}

function failure(
  step: number | null,
  line: number,
  cause: string,
  expected: string | null,
  actual: string | null,
): Failure {
  return { kind: 'failed', step, line, cause, expected, actual };
}
