import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Message, Question } from '../../resolver-core/message.ts';
import { Name } from '../../resolver-core/name/name.ts';
import { MINUTE, type Micros } from '../../resolver-core/time.ts';
import { RCODE, TYPE } from '../../resolver-core/wire/iana.ts';
import { writeMessage } from '../../resolver-core/wire/write.ts';
import type { Authorities } from '../authority/authorities.ts';
import type { Plan } from '../plan.ts';
import { FAULT_AT, smallPlan } from '../testing/small-plan.ts';
import { openWorld } from '../world.ts';
import { isLoopback, placeOf } from './addresses.ts';
import { type AuthorityServers, openAuthorityServers } from './authority-servers.ts';
import { type ListenerCounters, newListenerCounters } from './listener-counters.ts';
import { eventually, TcpClient, UdpClient } from './testing/clients.ts';
import { ednsOf, queryMessage, queryOctets, readResponse } from './testing/queries.ts';

const SIGNED = { edns: ednsOf({ dnssecOk: true }), recursionDesired: false };

/** The root's first server refuses at its second site, and its second server is silent. */
function plan(): Plan {
  const whole = smallPlan();
  return {
    ...whole,
    operators: whole.operators.map((operator, first) => ({
      ...operator,
      servers: operator.servers.map((server, number) => {
        const [site] = server.sites;
        if (first > 0 || site === undefined) return server;
        if (number === 0) return { ...server, sites: [site, { ...site, behaviour: 'refuse' }] };
        return { ...server, sites: [{ ...site, behaviour: 'silent' }] };
      }),
    })),
  };
}

let clock: Micros = FAULT_AT - MINUTE;
let authorities: Authorities;
let counters: ListenerCounters;
let open: AuthorityServers;
const clients: { close(): void }[] = [];

beforeAll(async () => {
  const world = openWorld(plan());
  authorities = world.authorities(plan().variants[0] as never);
  counters = newListenerCounters();
  open = await openAuthorityServers({
    authorities,
    clock: () => clock,
    // Every server's second site before the fault, its first after it, and nobody later.
    route: (_, at) => (at < FAULT_AT ? 1 : at < FAULT_AT + 2 * MINUTE ? 0 : -1),
    port: 0,
    udpSize: 1232,
    counters,
  });
});

afterAll(async () => {
  for (const client of clients) client.close();
  await open.close();
});

function endpoint(
  server: number,
  site: number | null = 0,
): { readonly address: string; readonly port: number } {
  const found = open.servers.find((each) => each.server === server && each.site === site);
  if (found === undefined) throw new Error(`site ${site} of server ${server} does not stand`);
  return { address: found.address, port: open.port };
}

function serverOf(operator: string): number {
  return authorities.servers.find((server) => server.operator === operator)?.index ?? -1;
}

async function ask(
  server: number,
  name: string,
  type: number,
  over: Partial<Message> = SIGNED,
  site: number | null = 0,
): Promise<Message> {
  const client = new UdpClient(endpoint(server, site));
  clients.push(client);
  const question: Question = { name: Name.parse(name), type };
  return readResponse(await client.ask(queryOctets(name, 1, { ...over, question }))).message;
}

/** The octets of what a server says in virtual time, asked with DO. */
function said(server: number, question: Question): Uint8Array {
  const terms = { dnssecOk: true, udpSize: 1232, transport: 'udp' } as const;
  const message = authorities.respond(server, 0, question, terms, clock);
  return writeMessage(message as Message, { id: 0 });
}

describe('the authoritative servers on sockets', () => {
  test('every site of every server stands at a loopback address of its own', () => {
    const sites = authorities.servers.flatMap((server) => server.plan.sites);
    const { length } = open.servers;
    expect(length).toBe(sites.length + authorities.servers.length);
    expect(new Set(open.servers.map(({ address }) => address)).size).toBe(length);
    for (const { address, server, site } of open.servers) {
      expect(isLoopback(address)).toBe(true);
      expect(placeOf(address)).toEqual({ server, site });
    }
  });

  test.each([
    ['.', TYPE.DNSKEY],
    ['de', TYPE.DS],
    ['nowhere', TYPE.A],
  ])('say about %s what they say in virtual time', async (name, type) => {
    const message = await ask(0, name, type);
    const question = { name: Name.parse(name), type };
    expect(writeMessage(message, { id: 0 })).toEqual(said(0, question));
  });

  test('say it for the instant that the clock has when they are asked', async () => {
    const apexNsec3 = async (): Promise<readonly number[]> => {
      const { authority } = await ask(serverOf('denic'), 'nobody-has-this-name.de', TYPE.A);
      const tags = authority.flatMap(({ signatures }) => signatures.map(({ keyTag }) => keyTag));
      return [...new Set(tags)];
    };
    clock = FAULT_AT - MINUTE;
    expect(await apexNsec3()).toEqual([32911]);
    clock = FAULT_AT + MINUTE;
    expect(await apexNsec3()).toContain(33834);
    clock = FAULT_AT - MINUTE;
    expect(await apexNsec3()).toEqual([32911]);
  });

  test('a response too large for UDP comes whole over TCP', async () => {
    const question = { name: Name.root, type: TYPE.DNSKEY };
    const small = { ...SIGNED, edns: ednsOf({ dnssecOk: true, udpSize: 512 }) };
    expect((await ask(0, '.', TYPE.DNSKEY, small)).truncated).toBe(true);
    const client = new TcpClient(endpoint(0));
    clients.push(client);
    client.send(writeMessage(queryMessage('.', { ...small, question }), { id: 2 }));
    const { message } = readResponse((await client.messages(1))[0] as Uint8Array);
    expect([message.truncated, message.answer.length]).toEqual([false, 1]);
  });

  test('a site that refuses does, and a silent one says nothing', async () => {
    expect((await ask(0, '.', TYPE.SOA, SIGNED, 1)).rcode).toBe(RCODE.REFUSED);
    const silent = new UdpClient(endpoint(1));
    clients.push(silent);
    const { udpReceived, udpSent } = counters;
    silent.send(queryOctets('.', 1, SIGNED));
    await eventually(() => (counters.udpReceived > udpReceived ? true : null), 'the query');
    expect(counters.udpSent).toBe(udpSent);
  });

  test("a server's own address is the site that routes lead to when it is asked, or nobody", async () => {
    const soa = async (): Promise<number> => (await ask(0, '.', TYPE.SOA, SIGNED, null)).rcode;
    clock = FAULT_AT - MINUTE;
    expect(await soa()).toBe(RCODE.REFUSED);
    clock = FAULT_AT;
    expect(await soa()).toBe(RCODE.NOERROR);
    clock = FAULT_AT + 2 * MINUTE;
    const { udpReceived, udpSent } = counters;
    const client = new UdpClient(endpoint(0, null));
    clients.push(client);
    client.send(queryOctets('.', 1));
    await eventually(() => (counters.udpReceived > udpReceived ? true : null), 'the query');
    expect(counters.udpSent).toBe(udpSent);
    clock = FAULT_AT - MINUTE;
  });

  test.each([TYPE.AXFR, TYPE.IXFR, TYPE.OPT])(
    'type %i, which is no data, is refused',
    async (type) => {
      const { rcode, answer, authority } = await ask(0, '.', type);
      expect([rcode, answer.length, authority.length]).toEqual([RCODE.REFUSED, 0, 0]);
    },
  );

  test('a port in use at one of the addresses: none stays open', async () => {
    const again = openAuthorityServers({
      ...{ authorities, clock: () => clock, port: open.port, udpSize: 1232 },
      counters: newListenerCounters(),
    });
    await expect(again).rejects.toThrow(`127.64.0.1:${open.port}`);
  });
});
