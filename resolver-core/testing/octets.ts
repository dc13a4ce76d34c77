/**
 * Queries as octets, and the slow way from them to the octets of a response: what the rim does with a
 * query that the fast path leaves to `handle`.
 */

import type { Answer } from '../events.ts';
import { clientResponse } from '../reply.ts';
import type { Resolver } from '../resolver.ts';
import type { Micros } from '../time.ts';
import { readMessage } from '../wire/read.ts';
import { writeMessage } from '../wire/write.ts';
import { FROM_A_CLIENT } from './pair.ts';

export interface PlainQuery {
  readonly id: number;
  /** QNAME in wire form, in any case. */
  readonly name: Uint8Array;
  readonly type: number;
  readonly recursionDesired: boolean;
  readonly authenticData: boolean;
  readonly checkingDisabled: boolean;
  /** null: without OPT. */
  readonly edns: { readonly udpSize: number; readonly dnssecOk: boolean } | null;
}

export function queryOctets(query: PlainQuery): Uint8Array {
  const { id, name, type, edns } = query;
  const flags =
    (query.recursionDesired ? 0x100 : 0) |
    (query.authenticData ? 0x20 : 0) |
    (query.checkingDisabled ? 0x10 : 0);
  const header = [id, flags, 1, 0, 0, edns === null ? 0 : 1].flatMap(u16);
  const question = [...name, ...u16(type), ...u16(1)];
  if (edns === null) return Uint8Array.from([...header, ...question]);
  const opt = [0, 41, edns.udpSize, 0, edns.dnssecOk ? 0x8000 : 0, 0];
  return Uint8Array.from([...header, ...question, 0, ...opt.slice(1).flatMap(u16)]);
}

/** The response by way of events and messages; null when the answer is not at hand. */
export function slowResponse(
  resolver: Resolver,
  packet: Uint8Array,
  clock: Micros,
): Uint8Array | null {
  const read = readMessage(packet);
  if (!read.ok || read.message.question === null) throw new Error('no query');
  const { message, id, questionOctets } = read;
  const effects = resolver.handle(
    {
      kind: 'query',
      client: 0,
      question: read.message.question,
      questionId: -1,
      recursionDesired: message.recursionDesired,
      dnssecOk: message.edns?.dnssecOk ?? false,
      authenticData: message.authenticatedData,
      checkingDisabled: message.checkingDisabled,
      ...FROM_A_CLIENT,
      draw: { source: 0, ordinal: 0, attempt: 0 },
    },
    clock,
    clock,
  );
  const answer = effects.find((effect): effect is Answer => effect.kind === 'answer');
  if (answer === undefined) return null;
  const { config } = resolver;
  const size = Math.max(512, message.edns?.udpSize ?? 512);
  return writeMessage(clientResponse(message, answer, clock, config), {
    ...{
      id,
      questionOctets,
      maxSize: Math.min(size, message.edns === null ? 512 : config.udpSize),
    },
  });
}

function u16(value: number): number[] {
  return [value >>> 8, value & 0xff];
}
