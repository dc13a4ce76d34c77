/**
 * One colo's way to the authoritative servers in virtual time: what becomes of one query that a node
 * sends. The answer is made at once, for the instant at which the query reaches the server, so
 * that an exchange is a single future event.
 *
 * With `wire` every query and response goes through its octets, as on a socket; nothing may differ.
 */

import type { Ask } from '../../resolver-core/events.ts';
import type { Message, Question } from '../../resolver-core/message.ts';
import type { Micros } from '../../resolver-core/time.ts';
import { OPCODE, RCODE } from '../../resolver-core/wire/iana.ts';
import { readMessage } from '../../resolver-core/wire/read.ts';
import { writeMessage } from '../../resolver-core/wire/write.ts';
import type { Plan, TimelineAct } from '../plan.ts';
import { Links, type PlacedServer } from './link.ts';

export interface QueryTerms {
  readonly dnssecOk: boolean;
  /** EDNS requestor's payload size; 0 for a query without OPT. */
  readonly udpSize: number;
  readonly transport: 'udp' | 'tcp';
}

/** What of a query says what is answered. */
export type Asked = Pick<Ask, 'question' | 'checkingDisabled' | keyof QueryTerms>;

/** The authoritative servers of one variant, as a colo needs them; `Authorities` is one. */
export interface AuthorityNetwork {
  readonly servers: readonly PlacedServer[];
  /** Index into `servers`, or -1 where nobody listens. */
  serverByAddress(address: string): number;
  /** The instant whose publication a site has at `clock`. */
  publishedAt(server: number, site: number, clock: Micros): Micros;
  /**
   * null: no response comes. `site` is an index into the server's sites, `questionId` the dense id of
   * the question or -1.
   */
  respond(
    server: number,
    site: number,
    question: Question,
    terms: QueryTerms,
    clock: Micros,
    questionId: number,
  ): Message | null;
}

/** One instance of an anycast server. */
export interface MetSite {
  readonly name: string;
  /** null: it gets updates. */
  readonly standsSince: Micros | null;
}

export class Upstream {
  readonly #authorities: AuthorityNetwork;
  readonly #links: Links;
  readonly #wire: boolean;

  /** `timeline` is that of the variant. */
  constructor(
    plan: Plan,
    timeline: readonly TimelineAct[],
    colo: number,
    authorities: AuthorityNetwork,
    wire: boolean,
  ) {
    const where = plan.cluster.colos[colo];
    if (where === undefined) throw new RangeError(`no colo ${colo}`);
    this.#authorities = authorities;
    const place = { index: colo, name: where.name, region: where.region };
    this.#links = new Links(plan, place, authorities.servers, timeline);
    this.#wire = wire;
  }

  /**
   * The site at which a query meets the server at an address that is sent at `clock`, and since when it gets no
   * updates; null where a server stands at one site only, or nowhere.
   */
  siteAt(address: string, clock: Micros): MetSite | null {
    const index = this.#authorities.serverByAddress(address);
    const sites = this.#authorities.servers[index]?.plan.sites ?? [];
    const met = sites.length < 2 ? -1 : this.#links.path(index, clock).site;
    const site = sites[met];
    if (site === undefined) return null;
    const published = this.#authorities.publishedAt(index, met, clock);
    return { name: site.name, standsSince: published < clock ? published : null };
  }

  /** The server at an address, or -1. */
  server(address: string): number {
    return this.#authorities.serverByAddress(address);
  }

  /** The site of a server that this colo reaches at `clock`, as an index into its sites; -1 for none. */
  site(server: number, clock: Micros): number {
    return this.#links.path(server, clock).site;
  }

  /** Microseconds until the response is back to a query sent at `clock`; -1 when one of both is lost. */
  delay(ask: Ask, server: number, clock: Micros): Micros {
    const { transport, draw, send } = ask;
    return server < 0 ? -1 : this.#links.exchange(server, transport, draw, send, clock);
  }

  /**
   * What the server answers to a query that reaches it at `clock`; null for nothing. `questionId` is
   * the dense id of what is asked, or -1.
   */
  response(ask: Asked, server: number, clock: Micros, questionId: number): Message | null {
    const question = this.#wire ? questionOf(throughOctets(queryOf(ask))) : ask.question;
    const site = this.site(server, clock);
    // Its way was withdrawn while it was under way.
    if (site < 0) return null;
    const message = this.#authorities.respond(server, site, question, ask, clock, questionId);
    return this.#wire && message !== null ? throughOctets(message) : message;
  }
}

function queryOf(ask: Asked): Message {
  return {
    response: false,
    opcode: OPCODE.QUERY,
    rcode: RCODE.NOERROR,
    authoritative: false,
    truncated: false,
    recursionDesired: false,
    recursionAvailable: false,
    authenticatedData: false,
    checkingDisabled: ask.checkingDisabled,
    question: ask.question,
    answer: [],
    authority: [],
    additional: [],
    edns:
      ask.udpSize === 0
        ? null
        : {
            version: 0,
            udpSize: ask.udpSize,
            dnssecOk: ask.dnssecOk,
            extendedErrors: [],
            options: [],
          },
    dnssec: ask.dnssecOk,
  };
}

function questionOf(query: Message): Question {
  if (query.question === null) throw new Error('the question was lost on the way through octets');
  return query.question;
}

function throughOctets(message: Message): Message {
  const read = readMessage(writeMessage(message, { id: 0 }));
  if (!read.ok) throw new Error(`a message of our own does not parse: ${JSON.stringify(read)}`);
  return read.message;
}
