/**
 * The smallest world for tests of the core: one node, servers that are functions, one constant
 * round trip, and a clock. Everything that happens is kept in `asked` and `answers`.
 */

import type { ResolverConfig } from '../config.ts';
import { DEFAULT_CONFIG } from '../config.ts';
import type {
  Answer,
  Ask,
  ClientQuery,
  Effect,
  Forward,
  OwnerAnswer,
  ResolverEvent,
  TraceStep,
  Wake,
} from '../events.ts';
import type { Message, Question } from '../message.ts';
import { Name } from '../name/name.ts';
import type { ResolverPorts } from '../node.ts';
import { NO_TAGS, TagNames } from '../policy/phases.ts';
import type { PolicyChange } from '../policy/policy.ts';
import { Resolver } from '../resolver.ts';
import { RRset } from '../rrset.ts';
import { MILLISECOND, type Micros, SECOND } from '../time.ts';
import { RCODE, TYPE } from '../wire/iana.ts';

/** What a server says; null is silence. */
export type Server = (question: Question, ask: Ask) => Message | null;

export const ROUND_TRIP: Micros = 20 * MILLISECOND;

interface Due {
  readonly at: Micros;
  /** A timer on the clock. */
  readonly byClock?: boolean;
  readonly event: ResolverEvent;
}

/** What a query says of its origin, when it does not matter. */
export const FROM_A_CLIENT: Pick<ClientQuery, 'clientGroup' | 'tags' | 'forwarded'> = {
  clientGroup: 'isp',
  tags: NO_TAGS,
  forwarded: false,
};

export class Pair {
  readonly resolver: Resolver;
  readonly asked: string[] = [];
  /** Negative trust anchors that ended by themselves. */
  readonly anchorEnds: string[] = [];
  readonly steps: TraceStep[] = [];
  /** What it handed to the owner of a question, and who that is; silent unless set. */
  readonly forwarded: Forward[] = [];
  owner: ((forward: Forward, clock: Micros) => OwnerAnswer | null) | null = null;
  readonly answers: Map<number, Answer> = new Map();
  now: Micros = 0;
  /** The clock is `now` plus this. */
  clockOffset: Micros;
  #due: Due[] = [];
  #clients = 0;
  readonly #servers: Readonly<Record<string, Server>>;

  constructor(
    servers: Readonly<Record<string, Server>>,
    config: Partial<ResolverConfig> = {},
    ports: Partial<ResolverPorts> = {},
    clock: Micros = 1_700_000_000 * SECOND,
  ) {
    this.#servers = servers;
    this.clockOffset = clock;
    this.resolver = new Resolver(
      { ...DEFAULT_CONFIG, validation: false, ...config },
      {
        rootHints: [{ name: Name.parse('a.root-servers.net'), addresses: ['198.41.0.4'] }],
        trustAnchors: [],
        maintenance: null,
        insecureDomains: [],
        fixedZones: [],
        random: (draw, purpose, k) => Math.imul(draw.ordinal + purpose, 0x9e3779b1 + k * 2) >>> 0,
        signatures: { signatureChecked: () => {} },
        questions: 0,
        policy: {
          ...{ colo: 'fra', node: 0, tagNames: new TagNames() },
          draw: (zone, round) => ({ source: zone.labelCount, ordinal: round, attempt: 9 }),
          anchorEnded: (zone, why) => this.anchorEnds.push(`${zone} ${why}`),
        },
        peers: null,
        ...ports,
      },
    );
  }

  /** Hands in a query without waiting for its answer; returns the client's handle. */
  query(
    name: string,
    type: number = TYPE.A,
    checkingDisabled = false,
    questionId = -1,
    from: Partial<ClientQuery> = {},
  ): number {
    const client = this.#clients++;
    this.#take(
      this.resolver.handle(
        {
          kind: 'query',
          client,
          question: { name: Name.parse(name), type },
          questionId,
          recursionDesired: true,
          dnssecOk: true,
          authenticData: false,
          checkingDisabled,
          ...FROM_A_CLIENT,
          ...from,
          draw: { source: 1, ordinal: client, attempt: 0 },
        },
        this.now,
        this.now + this.clockOffset,
      ),
    );
    return client;
  }

  /** Applies or lifts a rule or a negative trust anchor. */
  change(change: PolicyChange): void {
    const clock = this.now + this.clockOffset;
    this.#take(this.resolver.handle({ kind: 'policy', change }, this.now, clock));
  }

  /** Sets the clock of the node by so much ahead, or back where it is negative. */
  setClock(by: Micros): void {
    this.clockOffset += by;
    const event = { kind: 'clock', back: by < 0 } as const;
    this.#take(this.resolver.handle(event, this.now, this.now + this.clockOffset));
  }

  /** Begins as a driver does that has trust points. */
  start(): void {
    this.#take(this.resolver.start(this.now, this.now + this.clockOffset));
  }

  /** Runs until nothing is on its way; timers on the clock come round for ever, and are left. */
  drain(): void {
    while (this.#due.some(({ byClock }) => !byClock)) this.#step();
  }

  /** Lets time pass, with all that is due in it. */
  pass(duration: Micros): void {
    const until = this.now + duration;
    while (this.#due.some(({ at }) => at <= until)) this.#step();
    this.now = until;
  }

  #step(): void {
    this.#due.sort((a, b) => a.at - b.at);
    const { at, event } = this.#due.shift() as Due;
    this.now = Math.max(this.now, at);
    this.#take(this.resolver.handle(event, this.now, this.now + this.clockOffset));
  }

  /** Asks and waits. */
  ask(name: string, type: number = TYPE.A, checkingDisabled = false): Answer {
    const client = this.query(name, type, checkingDisabled);
    this.drain();
    return this.answers.get(client) as Answer;
  }

  #take(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind === 'answer') this.answers.set(effect.client, effect);
      else if (effect.kind === 'observe') this.steps.push(effect.step);
      else if (effect.kind === 'wake') this.#wake(effect);
      else if (effect.kind === 'forward') this.#forward(effect);
      else this.#send(effect);
    }
  }

  #wake({ timer, time, at }: Wake): void {
    const due = time === 'now' ? at : at - this.clockOffset;
    this.#due.push({ at: due, byClock: time === 'clock', event: { kind: 'timer', timer } });
  }

  #forward(effect: Forward): void {
    this.forwarded.push(effect);
    const { transaction, timeout } = effect;
    const answer = this.owner?.(effect, this.now + this.clockOffset) ?? null;
    this.#due.push(
      answer === null
        ? { at: this.now + timeout, byClock: false, event: { kind: 'timeout', transaction } }
        : {
            at: this.now + ROUND_TRIP,
            byClock: false,
            event: { kind: 'forwarded', transaction, answer },
          },
    );
  }

  #send(ask: Ask): void {
    this.asked.push(
      `${ask.server.text} ${ask.question.name} ${ask.question.type} ${ask.transport}`,
    );
    const message = this.#servers[ask.server.text]?.(ask.question, ask) ?? null;
    const delay = ask.transport === 'tcp' ? 2 * ROUND_TRIP : ROUND_TRIP; // one to connect
    const arrives = message !== null && delay < ask.timeout;
    this.#due.push({
      at: this.now + (arrives ? delay : ask.timeout),
      event: arrives
        ? { kind: 'response', transaction: ask.transaction, message }
        : { kind: 'timeout', transaction: ask.transaction },
    });
  }
}

/** A response to `question`; authoritative unless said otherwise. */
export function response(question: Question, over: Partial<Message> = {}): Message {
  return {
    response: true,
    opcode: 0,
    rcode: RCODE.NOERROR,
    authoritative: true,
    truncated: false,
    recursionDesired: false,
    recursionAvailable: false,
    authenticatedData: false,
    checkingDisabled: true,
    question,
    answer: [],
    authority: [],
    additional: [],
    edns: { version: 0, udpSize: 1232, dnssecOk: true, extendedErrors: [], options: [] },
    dnssec: true,
    ...over,
  };
}

export function addressSet(owner: string, address: string, ttl = 300): RRset {
  const octets = Uint8Array.from(address.split('.').map(Number));
  return new RRset(Name.parse(owner), TYPE.A, ttl, [octets]);
}

export function nameSet(owner: string, type: number, targets: string[], ttl = 86_400): RRset {
  const rdata = targets.map((target) => Name.parse(target).wire);
  return new RRset(Name.parse(owner), type, ttl, rdata);
}

export function soaSet(owner: string, minimum = 60, ttl = 3600): RRset {
  const names = [...Name.parse(`ns.${owner}`).wire, ...Name.parse(`admin.${owner}`).wire];
  const numbers = [1, 7200, 3600, 604_800, minimum].flatMap((value) => [
    (value >>> 24) & 255,
    (value >>> 16) & 255,
    (value >>> 8) & 255,
    value & 255,
  ]);
  return new RRset(Name.parse(owner), TYPE.SOA, ttl, [Uint8Array.from([...names, ...numbers])]);
}

/** A referral to `zone` at one server with glue. */
export function referral(question: Question, zone: string, server: string, glue?: string): Message {
  return response(question, {
    authoritative: false,
    authority: [nameSet(zone, TYPE.NS, [server])],
    additional: glue === undefined ? [] : [addressSet(server, glue, 86_400)],
  });
}
