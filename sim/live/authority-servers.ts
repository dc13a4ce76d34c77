/**
 * The mocked authoritative servers on sockets: every site of every server listens on its own loopback
 * address (`addresses.ts`), all on one port, over UDP and TCP; with `route`, each server at one more, where it
 * is the site to which routes lead at that time. What they say is what `Authorities` says in virtual time, at the instant that `clock` gives when a query comes: whoever holds the clock may set it,
 * make it jump, or speed it up.
 *
 * Several of these in one process, one for each variant or behind one clock, share nothing here.
 *
 * Limitations: round trips and loss are those of loopback; a site that is silent in the plan takes TCP
 * connections and says nothing; types that are no data (AXFR) are refused.
 */

import type { Message } from '../../resolver-core/message.ts';
import { isMeta } from '../../resolver-core/refusals.ts';
import type { Micros } from '../../resolver-core/time.ts';
import { RCODE } from '../../resolver-core/wire/iana.ts';
import type { AuthorityNetwork } from '../net/upstream.ts';
import { loopbackOf, type Place } from './addresses.ts';
import { ListenError } from './listen-error.ts';
import { type Listener, type ListenerOptions, openListener } from './listener.ts';
import type { ListenerCounters } from './listener-counters.ts';
import type { WireQuery } from './received.ts';

export interface AuthorityServersOptions {
  /** The servers of one variant. */
  readonly authorities: AuthorityNetwork;
  /** The scenario's time. */
  readonly clock: () => Micros;
  /** 0: one that is free at all addresses. */
  readonly port: number;
  /** Largest response over UDP in octets (`NetworkPlan.udpSize`). */
  readonly udpSize: number;
  /** At which of its sites a server is met at an instant; -1: at none. */
  readonly route?: (server: number, clock: Micros) => number;
  /** Shared by all of them. */
  readonly counters: ListenerCounters;
  readonly capture?: ListenerOptions['capture'];
}

export interface StandingServer extends Place {
  /** Where it listens. */
  readonly address: string;
}

export interface AuthorityServers {
  readonly port: number;
  /** In the order of the plan. */
  readonly servers: readonly StandingServer[];
  /** Drains and closes all. */
  close(): Promise<void>;
}

/** Ports tried until one is free at all addresses. */
const PORT_TRIES = 16;

/** Opens all of them. Rejects with `ListenError`, and leaves none open then. */
export async function openAuthorityServers(
  options: AuthorityServersOptions,
): Promise<AuthorityServers> {
  const servers = options.authorities.servers.flatMap(({ plan }, server) => {
    const sites: (number | null)[] = [...plan.sites.keys()];
    if (options.route !== undefined) sites.unshift(null);
    return sites.map((site) => ({ server, site, address: loopbackOf({ server, site }) }));
  });
  for (let left = PORT_TRIES; ; left--) {
    const open: Listener[] = [];
    const close = async (): Promise<void> => {
      await Promise.all(open.map((listener) => listener.close()));
    };
    try {
      for (const place of servers) {
        open.push(await openOne(place, open[0]?.port ?? options.port, options));
      }
      return { port: open[0]?.port ?? options.port, servers, close };
    } catch (error) {
      await close();
      const isTaken = error instanceof ListenError && error.code === 'in-use';
      if (options.port !== 0 || !isTaken || left <= 1) throw error;
    }
  }
}

function openOne(
  { server, site, address }: StandingServer,
  port: number,
  { authorities, clock, route, counters, udpSize, capture }: AuthorityServersOptions,
): Promise<Listener> {
  const respond = ({ question, message, transport }: WireQuery): Message | null => {
    const dnssecOk = message.edns?.dnssecOk ?? false;
    const terms = { dnssecOk, udpSize: message.edns?.udpSize ?? 0, transport };
    const at = clock();
    const met = site ?? route?.(server, at) ?? -1;
    if (met < 0) return null;
    const said = authorities.respond(server, met, question, terms, at, -1);
    return said !== null && isMeta(question.type) ? refusal(said) : said;
  };
  const onQuery = (query: WireQuery, reply: (message: Message | null) => void): void =>
    reply(respond(query));
  return openListener({
    ...{ address, port, counters, udpSize, onQuery },
    ...(capture === undefined ? {} : { capture }),
  });
}

/** What a server that is there says to a question for no data. */
function refusal(said: Message): Message {
  return {
    ...said,
    ...{ rcode: RCODE.REFUSED, authoritative: false, truncated: false },
    ...{ answer: [], authority: [], additional: [] },
  };
}
