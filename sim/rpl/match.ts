/**
 * Whether a query is the one that an entry answers, and whether an answer is the one that a script
 * expects: everything that its MATCH names (`sets`), or only what a client acts upon (`outcome`).
 *
 * Sections are compared as sets of records; the dialect's own rule that some must come in order is
 * not applied.
 */

import type { Message } from '../../resolver-core/message.ts';
import { soaOf } from '../../resolver-core/rdata.ts';
import type { RRset } from '../../resolver-core/rrset.ts';
import { rcodeName, TYPE, typeName } from '../../resolver-core/wire/iana.ts';
import { recordSet, setDifference } from './records.ts';
import type { Entry } from './script.ts';

export type Level = 'outcome' | 'sets';
export const LEVELS: readonly Level[] = ['outcome', 'sets'];

export type Transport = 'udp' | 'tcp';

/** True when `query`, sent over `transport`, is one that the entry is about. */
export function matchesQuery(entry: Entry, query: Message, transport: Transport): boolean {
  return queryDifference(entry, query, transport) === undefined;
}

/** Why a query is not the entry's; undefined when it is. */
export function queryDifference(
  entry: Entry,
  query: Message,
  transport: Transport,
): string | undefined {
  const { words, serial } = entry.match;
  if (words.has('UDP') && transport !== 'udp') return 'sent over TCP, expected UDP';
  if (words.has('TCP') && transport !== 'tcp') return 'sent over UDP, expected TCP';
  if (words.has('DO') && query.edns?.dnssecOk !== true) return 'DO is not set';
  if (words.has('noedns') && query.edns !== null) return 'has EDNS';
  if (words.has('client_cookie')) return 'has no client cookie';
  const asked = headDifference(entry, query);
  if (asked !== undefined) return asked;
  if (serial !== null && soaSerial(query) !== serial) return `serial is not ${serial}`;
  if (words.has('all')) return wholeDifference(entry.message, query, words.has('ttl'), false);
  return words.has('ednsdata') ? optionsDifference(entry.message, query) : undefined;
}

/** The first difference between the answer that an entry expects and the actual one; undefined: none. */
export function answerDifference(
  entry: Entry,
  actual: Message,
  transport: Transport,
  level: Level,
): string | undefined {
  const { words, ede } = entry.match;
  const head = headDifference(entry, actual);
  if (head !== undefined) return head;
  const all = words.has('all') || words.has('all_noedns');
  const expected = entry.message;
  const flags = all || words.has('flags') || words.has('reply');
  if ((flags || words.has('rcode')) && expected.rcode !== actual.rcode) {
    return `RCODE is ${rcodeName(actual.rcode)}, expected ${rcodeName(expected.rcode)}`;
  }
  if (level === 'outcome') {
    if (flags && expected.authenticatedData !== actual.authenticatedData) {
      return `AD is ${actual.authenticatedData ? 'set' : 'not set'}`;
    }
    return all || words.has('answer')
      ? sectionDifference('answer', expected.answer, actual.answer, actual.dnssec, false)
      : undefined;
  }
  if (words.has('UDP') && transport !== 'udp') return 'answered over TCP, expected UDP';
  if (words.has('TCP') && transport !== 'tcp') return 'answered over UDP, expected TCP';
  if (flags) {
    const flag = flagsDifference(expected, actual);
    if (flag !== undefined) return flag;
  }
  const error = ede === null ? undefined : errorDifference(ede, actual);
  if (error !== undefined) return error;
  if (all) {
    const noEdns = words.has('all_noedns') || ede !== null;
    return wholeDifference(expected, actual, words.has('ttl'), noEdns);
  }
  return chosenSections(entry, actual);
}

/** MATCH answer, authority, additional, ednsdata. */
function chosenSections(entry: Entry, actual: Message): string | undefined {
  const { words } = entry.match;
  const ttl = words.has('ttl');
  for (const section of SECTIONS) {
    if (!words.has(section)) continue;
    const [expected, got] = [entry.message[section], actual[section]];
    const difference = sectionDifference(section, expected, got, actual.dnssec, ttl);
    if (difference !== undefined) return difference;
  }
  return words.has('ednsdata') ? optionsDifference(entry.message, actual) : undefined;
}

const SECTIONS = ['answer', 'authority', 'additional'] as const;

/** Opcode, QNAME and QTYPE, where the entry asks for them; `all` and `question` ask for all three. */
function headDifference(entry: Entry, message: Message): string | undefined {
  const { words } = entry.match;
  const expected = entry.message;
  const all = words.has('all') || words.has('all_noedns') || words.has('question');
  if ((words.has('opcode') || words.has('all')) && expected.opcode !== message.opcode) {
    return `opcode is ${message.opcode}, expected ${expected.opcode}`;
  }
  const [wanted, got] = [expected.question, message.question];
  if (wanted === null || got === null) {
    const asks = all || words.has('qname') || words.has('qtype') || words.has('subdomain');
    return wanted === got || !asks ? undefined : 'one has a question and the other has none';
  }
  if ((all || words.has('qtype')) && wanted.type !== got.type) {
    return `QTYPE is ${typeName(got.type)}, expected ${typeName(wanted.type)}`;
  }
  if ((all || words.has('qname')) && !wanted.name.equals(got.name)) {
    return `QNAME is ${got.name}, expected ${wanted.name}`;
  }
  if (words.has('subdomain') && !got.name.isAtOrBelow(wanted.name)) {
    return `QNAME is ${got.name}, expected one at or below ${wanted.name}`;
  }
  return undefined;
}

function flagsDifference(expected: Message, actual: Message): string | undefined {
  for (const [name, flag] of FLAGS) {
    if (expected[flag] !== actual[flag]) return `${name} is ${actual[flag] ? 'set' : 'not set'}`;
  }
  return undefined;
}

const FLAGS = [
  ['QR', 'response'],
  ['AA', 'authoritative'],
  ['TC', 'truncated'],
  ['RD', 'recursionDesired'],
  ['RA', 'recursionAvailable'],
  ['AD', 'authenticatedData'],
  ['CD', 'checkingDisabled'],
] as const;

function wholeDifference(
  expected: Message,
  actual: Message,
  ttls: boolean,
  ignoreEdns: boolean,
): string | undefined {
  const flags = flagsDifference(expected, actual);
  if (flags !== undefined) return flags;
  if (expected.rcode !== actual.rcode) return `RCODE is ${rcodeName(actual.rcode)}`;
  for (const name of SECTIONS) {
    const [wanted, got] = [expected[name], actual[name]];
    const difference = sectionDifference(name, wanted, got, actual.dnssec, ttls);
    if (difference !== undefined) return difference;
  }
  if (ignoreEdns) return undefined;
  const [wanted, got] = [expected.edns?.dnssecOk ?? false, actual.edns?.dnssecOk ?? false];
  return wanted === got ? undefined : `DO is ${got ? 'set' : 'not set'}`;
}

function sectionDifference(
  name: string,
  expected: readonly RRset[],
  actual: readonly RRset[],
  signed: boolean,
  ttls: boolean,
): string | undefined {
  return setDifference(name, recordSet(expected, true, ttls), recordSet(actual, signed, ttls));
}

function errorDifference(ede: number | 'any', { edns }: Message): string | undefined {
  const codes = (edns?.extendedErrors ?? []).map((error) => error.code);
  if (ede === 'any' ? codes.length > 0 : codes.includes(ede)) return undefined;
  const got = codes.length === 0 ? 'none' : codes.join(', ');
  return `Extended DNS Error is ${got}, expected ${ede}`;
}

function optionsDifference(expected: Message, actual: Message): string | undefined {
  const text = ({ edns }: Message): string =>
    JSON.stringify([
      edns?.options.map(({ code, data }) => [code, ...data]) ?? [],
      edns?.extendedErrors ?? [],
    ]);
  return text(expected) === text(actual) ? undefined : 'EDNS options differ';
}

function soaSerial(query: Message): number | undefined {
  const soa = query.authority.find((rrset) => rrset.type === TYPE.SOA);
  return soa === undefined ? undefined : soaOf(soa)?.serial;
}
