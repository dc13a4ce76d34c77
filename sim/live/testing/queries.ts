/** Queries as clients send them, for the tests of what listens. */

import type { Edns, Message } from '../../../resolver-core/message.ts';
import { Name } from '../../../resolver-core/name/name.ts';
import { OPCODE, RCODE, TYPE } from '../../../resolver-core/wire/iana.ts';
import { readMessage } from '../../../resolver-core/wire/read.ts';
import { writeMessage } from '../../../resolver-core/wire/write.ts';

export function queryMessage(name: string, over: Partial<Message> = {}): Message {
  return {
    response: false,
    opcode: OPCODE.QUERY,
    rcode: RCODE.NOERROR,
    authoritative: false,
    truncated: false,
    recursionDesired: true,
    recursionAvailable: false,
    authenticatedData: false,
    checkingDisabled: false,
    question: { name: Name.parse(name), type: TYPE.A },
    answer: [],
    authority: [],
    additional: [],
    edns: null,
    dnssec: false,
    ...over,
  };
}

export function ednsOf(over: Partial<Edns> = {}): Edns {
  const options: Edns['options'] = [];
  return { version: 0, udpSize: 1232, dnssecOk: false, extendedErrors: [], options, ...over };
}

export function queryOctets(name: string, id: number, over: Partial<Message> = {}): Uint8Array {
  return writeMessage(queryMessage(name, over), { id });
}

/** Reads a response of ours, which must be one. */
export function readResponse(octets: Uint8Array): {
  readonly id: number;
  readonly message: Message;
} {
  const read = readMessage(octets);
  if (!read.ok) throw new Error(`a response of ours does not parse: ${JSON.stringify(read)}`);
  if (!read.message.response) throw new Error('no response');
  return read;
}
