/** A stub resolver on real sockets, for the tests of a live cluster: one question, its response in words. */

import { createSocket } from 'node:dgram';
import type { Message } from '../../../resolver-core/message.ts';
import { Name } from '../../../resolver-core/name/name.ts';
import { rcodeName, TYPE, typeNumber } from '../../../resolver-core/wire/iana.ts';
import { readMessage } from '../../../resolver-core/wire/read.ts';
import type { Endpoint } from '../asks.ts';
import { ednsOf, queryOctets } from './queries.ts';

export interface Asked {
  readonly rcode: string;
  readonly ad: boolean;
  readonly ede: readonly number[];
  readonly texts: string;
  readonly message: Message;
}

/** A busy machine loses no datagram on loopback, but may be slow; a node that is away loses them. */
const TRIES = 4;
const TIMEOUT = 5_000;

/** Asks with DO and EDNS; `flags` may have `cd`. Rejects when nobody answers. */
export async function askResolver(
  { address, port }: Endpoint,
  name: string,
  type = 'A',
  flags: { readonly cd?: boolean } = {},
): Promise<Asked> {
  const { cd = false } = flags;
  const question = { name: Name.parse(name), type: typeNumber(type) ?? TYPE.A };
  const id = (Math.random() * 0x1_0000) | 0;
  const edns = ednsOf({ dnssecOk: true });
  const query = queryOctets(name, id, { question, edns, checkingDisabled: cd });
  const socket = createSocket('udp4');
  try {
    for (let left = TRIES; left > 0; left--) {
      const octets = await new Promise<Uint8Array | null>((resolve) => {
        const timer = setTimeout(() => resolve(null), TIMEOUT);
        socket.once('message', (came) => {
          clearTimeout(timer);
          resolve(came);
        });
        socket.send(query, port, address);
      });
      if (octets === null) continue;
      const read = readMessage(octets);
      if (!read.ok || read.id !== id) throw new Error('the response is not to the query');
      const { message } = read;
      const errors = message.edns?.extendedErrors ?? [];
      return {
        rcode: rcodeName(message.rcode),
        ad: message.authenticatedData,
        ede: errors.map(({ code }) => code),
        texts: errors.map(({ text }) => text).join('; '),
        message,
      };
    }
  } finally {
    socket.close();
  }
  throw new Error(`nobody answered ${name} ${type}`);
}
